//! What was set, where, and which of several settings of one thing counts.

use std::fmt;
use std::rc::Rc;

use super::table::OptionRow;
use crate::error::{Error, escaped};
use crate::redact::without_user;
use crate::secret::Secret;
use crate::words::{Word, any_of, nearest};

/// Where a setting comes from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    CommandLine,
    Environment,
    File,
}

impl Rank {
    /// Every rank, the strongest first.
    pub(crate) const ALL: [Self; 3] = [Self::CommandLine, Self::Environment, Self::File];
}

/// A setting's place, for messages: `--tenant-id`, `AZURE_TENANT_ID`, or a key of a file.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) rank: Rank,
    /// The option, variable or key as the user wrote it.
    pub(crate) place: Rc<str>,
}

impl Origin {
    /// What stands there, as a message may end with it, behind `before`. Of the configuration file
    /// nothing: it holds secrets, and one may have got under a wrong key.
    pub(crate) fn shown(&self, before: &str, text: &str) -> String {
        match self.rank {
            Rank::File => String::new(),
            Rank::CommandLine | Rank::Environment => {
                format!("{before}`{}`", escaped(&without_user(text)))
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// One value that was set. It may hold a secret, whatever it is for.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Empty for an option that takes none.
    value: Secret,
    pub(crate) origin: Origin,
}

impl Setting {
    pub(crate) fn text(&self) -> &str {
        self.value.expose()
    }

    /// The value as a message may end with it.
    pub(crate) fn shown(&self, before: &str) -> String {
        self.origin.shown(before, self.text())
    }

    /// One of the words that are possible.
    pub(crate) fn word<T: Word>(&self) -> Result<T, Error> {
        T::parse(self.text()).ok_or_else(|| self.no_word(T::WORDS))
    }

    pub(crate) fn no_word(&self, words: &[&str]) -> Error {
        let (origin, shown) = (&self.origin, self.shown(", not "));
        let meant = nearest(self.text(), words.iter().copied());
        Error::usage(format!("{origin} must be {}{shown}", any_of(words)))
            .maybe_hint(meant.map(|meant| format!("did you mean `{meant}`?")))
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = &str> {
        items(self.text())
    }
}

/// Everything that was set, in the order in which it was given, each by the row of its option.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    pub(crate) fn add(&mut self, row: &OptionRow, value: Secret, origin: Origin) {
        self.0.push((row.name, Setting { value, origin }));
    }

    /// Takes back what was set at one rank.
    pub(crate) fn remove(&mut self, row: &OptionRow, rank: Rank) {
        self.0
            .retain(|(name, setting)| *name != row.name || setting.origin.rank != rank);
    }

    /// The strongest setting.
    pub(crate) fn strongest(&self, row: &OptionRow) -> Option<&Setting> {
        Rank::ALL.iter().find_map(|&rank| self.at(row, rank))
    }

    /// The strongest setting's word.
    pub(crate) fn word<T: Word>(&self, row: &OptionRow) -> Result<Option<T>, Error> {
        self.strongest(row).map(Setting::word).transpose()
    }

    pub(crate) fn at(&self, row: &OptionRow, rank: Rank) -> Option<&Setting> {
        self.all(row, rank).next()
    }

    /// A switch that is on at one rank: in the file it may be `false`.
    pub(crate) fn on(&self, row: &OptionRow, rank: Rank) -> Option<&Setting> {
        self.at(row, rank)
            .filter(|setting| setting.text() != "false")
    }

    /// Whether a switch is on: the strongest rank that has it decides.
    pub(crate) fn is_on(&self, row: &OptionRow) -> bool {
        self.strongest(row)
            .is_some_and(|setting| setting.text() != "false")
    }

    /// Every setting of a row at one rank.
    pub(crate) fn all(&self, row: &OptionRow, rank: Rank) -> impl Iterator<Item = &Setting> {
        self.of(row.name)
            .filter(move |setting| setting.origin.rank == rank)
    }

    /// Every setting of a row at the strongest rank that has one.
    pub(crate) fn strongest_all(&self, row: &OptionRow) -> Vec<&Setting> {
        let rank = self.strongest(row).map(|setting| setting.origin.rank);
        rank.map(|rank| self.all(row, rank).collect())
            .unwrap_or_default()
    }

    /// Every setting of a row, whatever its rank.
    pub(crate) fn every(&self, row: &OptionRow) -> impl Iterator<Item = &Setting> {
        self.of(row.name)
    }

    fn of(&self, name: &'static str) -> impl Iterator<Item = &Setting> {
        self.0
            .iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, setting)| setting)
    }

    /// Each setting with its places, the strongest first, and never its value. Which of them counts is for
    /// those to say who use it: an identity, say, is one of a rank's as a whole.
    pub(crate) fn overview(&self) -> Vec<String> {
        let mut names: Vec<&'static str> = Vec::new();
        for (name, _) in &self.0 {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let lines = names.into_iter().map(|name| {
            let mut settings: Vec<_> = self.of(name).collect();
            settings.sort_by_key(|setting| setting.origin.rank);
            let mut places: Vec<&str> = Vec::new();
            for setting in settings {
                if !places.contains(&&*setting.origin.place) {
                    places.push(&setting.origin.place);
                }
            }
            match places.as_slice() {
                [first, others @ ..] if !others.is_empty() => {
                    format!("{name} by {first} (also {})", others.join(", "))
                }
                _ => format!("{name} by {}", places.concat()),
            }
        });
        lines.collect()
    }
}

/// The items of a list: separated by commas, without blanks around them, without empty ones.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// As XSOAR shows a password that it does not give away: asterisks or dots.
pub(crate) fn is_masked(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '*' | '•' | '●'))
}
