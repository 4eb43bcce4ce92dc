//! What was set, where, and which of several settings of one thing counts.

use std::fmt;
use std::rc::Rc;

use crate::error::printable;
use crate::secret::Secret;

/// Settings that come from the file or the environment alone.
pub mod names {
    /// The application's secret.
    pub const CLIENT_SECRET: &str = "client-secret";
    /// The thumbprint of the application's certificate.
    pub const THUMBPRINT: &str = "certificate-thumbprint";
    /// The certificate's private key.
    pub const PRIVATE_KEY: &str = "private-key";
    /// `true` or `false`.
    pub const USE_MANAGED_IDENTITIES: &str = "use-managed-identities";
    /// Counts only with the above.
    pub const MANAGED_IDENTITIES_CLIENT_ID: &str = "managed-identities-client-id";
    /// The API key of an XSOAR server.
    pub const XSOAR_KEY: &str = "xsoar-key";
    /// The file's `proxy: true` or `false`.
    pub const USE_PROXY: &str = "use-proxy";
}

/// Where a setting comes from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The command line.
    CommandLine,
    /// An environment variable.
    Environment,
    /// The configuration file.
    File,
}

impl Rank {
    /// Every rank, the strongest first.
    pub const ALL: [Self; 3] = [Self::CommandLine, Self::Environment, Self::File];
}

/// A setting's place, for messages: `--tenant-id`, `AZURE_TENANT_ID`, or a key of a file.
#[derive(Clone, Debug)]
pub struct Origin {
    /// How strong it is.
    pub rank: Rank,
    /// The option, variable or key as the user wrote it.
    pub words: Rc<str>,
}

impl Origin {
    /// What stands there, as a message may end with it, behind `before`. Of the configuration file
    /// nothing: it holds secrets, and one may have got under a wrong key.
    #[must_use]
    pub fn shown(&self, before: &str, text: &str) -> String {
        match self.rank {
            Rank::File => String::new(),
            Rank::CommandLine | Rank::Environment => format!("{before}`{}`", printable(text)),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// One value that was set. It may hold a secret, whatever it is for.
#[derive(Debug)]
pub struct Setting {
    /// The value; empty for an option that takes none.
    pub value: Secret,
    /// Where it was set.
    pub origin: Origin,
}

impl Setting {
    /// The value's text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.value.expose()
    }

    /// The value as a message may end with it.
    #[must_use]
    pub fn shown(&self, before: &str) -> String {
        self.origin.shown(before, self.text())
    }
}

/// Everything that was set, by name and rank, in the order in which it was given.
#[derive(Debug, Default)]
pub struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    /// Adds a value.
    pub fn add(&mut self, name: &'static str, value: Secret, origin: Origin) {
        self.0.push((name, Setting { value, origin }));
    }

    /// The strongest setting of a name.
    #[must_use]
    pub fn strongest(&self, name: &str) -> Option<&Setting> {
        Rank::ALL.iter().find_map(|&rank| self.at(name, rank))
    }

    /// The setting of a name at one rank.
    #[must_use]
    pub fn at(&self, name: &str, rank: Rank) -> Option<&Setting> {
        self.all(name, rank).next()
    }

    /// A switch that is on at one rank: in the file it may be `false`.
    #[must_use]
    pub fn on(&self, name: &str, rank: Rank) -> Option<&Setting> {
        self.at(name, rank)
            .filter(|setting| setting.text() != "false")
    }

    /// Whether a switch is on: the strongest rank that has it decides.
    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        self.strongest(name)
            .is_some_and(|setting| setting.text() != "false")
    }

    /// Every setting of a name at one rank.
    pub fn all(&self, name: &str, rank: Rank) -> impl Iterator<Item = &Setting> {
        self.0
            .iter()
            .filter(move |(n, s)| *n == name && s.origin.rank == rank)
            .map(|(_, s)| s)
    }

    /// Each setting with its places, the strongest first, and never its value. Which of them counts is for
    /// those to say who use it: an identity, say, is one of a rank's as a whole.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &self.0 {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let told = names.into_iter().map(|name| {
            let mut places: Vec<&str> = Vec::new();
            for setting in Rank::ALL.iter().flat_map(|&rank| self.all(name, rank)) {
                if !places.contains(&&*setting.origin.words) {
                    places.push(&setting.origin.words);
                }
            }
            match places.as_slice() {
                [first, others @ ..] if !others.is_empty() => {
                    format!("{name} by {first} (also {})", others.join(", "))
                }
                _ => format!("{name} by {}", places.concat()),
            }
        });
        told.collect()
    }

    /// Every setting of a name at the strongest rank that has one.
    #[must_use]
    pub fn strongest_all(&self, name: &str) -> Vec<&Setting> {
        let rank = self.strongest(name).map(|setting| setting.origin.rank);
        rank.map(|rank| self.all(name, rank).collect())
            .unwrap_or_default()
    }
}

/// The items of a list: separated by commas, without blanks around them, without empty ones.
pub fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// As XSOAR shows a password that it does not give away: asterisks or dots.
#[must_use]
pub fn is_masked(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| matches!(c, '*' | '•' | '●'))
}
