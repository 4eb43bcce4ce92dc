//! What becomes of what is read: format, names of variables, shape, and where to.

use std::path::PathBuf;

use super::credential::{Place, credential, one_version};
use super::settings::{Rank, Setting};
use super::table::{OptionRow, Verb};
use super::{Configured, table};
use crate::cloud::Cloud;
use crate::credentials::{Credential, Decode, Dialect, Json, Shape};
use crate::error::{Error, Exit};
use crate::fetch::Output;
use crate::sink::{Attributes, Owner, Permissions, Sink, Tree};
use crate::variables::{Naming, is_identifier, is_kept_by_shells};
use crate::words::{Word, words};

words! {
    /// What `--format` can be; each verb knows some.
    pub(crate) enum Format {
        Xsoar = "xsoar",
        Jsonl = "jsonl",
        Dotenv = "dotenv",
        Shell = "shell",
        Files = "files",
    }
}

impl Format {
    /// Whether there are variables in it.
    fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Dotenv => Some(Dialect::Dotenv),
            Self::Shell => Some(Dialect::Shell),
            Self::Xsoar | Self::Jsonl | Self::Files => None,
        }
    }
}

impl Configured<'_> {
    /// The `--format`; `None`: the verb's own way.
    pub(crate) fn format(&self) -> Result<Option<Format>, Error> {
        let words = self.words.row.formats;
        let setting = self.settings.strongest(&table::FORMAT);
        let Some(setting) = setting.filter(|_| !words.is_empty()) else {
            return Ok(None);
        };
        match Format::parse(setting.text()) {
            Some(format) if words.contains(&setting.text()) => Ok(Some(format)),
            // A file that several commands share may have what `fetch` alone can do.
            Some(_) if setting.origin.rank == Rank::File => Ok(None),
            _ => Err(setting.no_word(words)),
        }
    }

    /// Whether the report of `check` is JSON, too.
    pub(crate) fn is_jsonl(&self) -> bool {
        let format = self.settings.word(&table::FORMAT);
        matches!(format, Ok(Some(Format::Jsonl)))
    }

    /// How variables are named, where the verb or the format has any.
    pub(crate) fn naming(
        &self,
        cloud: &Cloud,
        format: Option<Format>,
    ) -> Result<Option<Naming>, Error> {
        let dialect = format.and_then(Format::dialect);
        if dialect.is_none() && self.verb() != Verb::Exec {
            return self.no_naming().map(|()| None);
        }
        Ok(Some(Naming {
            prefix: self.prefix()?,
            exact: self.exact_names(cloud, dialect)?,
        }))
    }

    fn no_naming(&self) -> Result<(), Error> {
        self.none_given(
            &[&table::PREFIX, &table::ENV],
            "names variables, and there are none here",
            "the formats `dotenv` and `shell` have variables, and so has `exec`",
        )
    }

    fn prefix(&self) -> Result<String, Error> {
        let Some(setting) = self.settings.strongest(&table::PREFIX) else {
            return Ok(String::new());
        };
        if is_identifier(setting.text()) {
            return Ok(setting.text().to_owned());
        }
        let (origin, shown) = (&setting.origin, setting.shown(": "));
        let what = format!("{origin} cannot begin a variable's name{shown}");
        Err(Error::usage(what).hint(NAME))
    }

    /// The variables of `--env`.
    fn exact_names(
        &self,
        cloud: &Cloud,
        dialect: Option<Dialect>,
    ) -> Result<Vec<(String, Credential)>, Error> {
        let mut exact: Vec<(String, Credential)> = Vec::new();
        for setting in self.settings.strongest_all(&table::ENV) {
            let origin = &setting.origin;
            for item in setting.items() {
                let (name, credential) = variable(setting, item, cloud)?;
                if dialect == Some(Dialect::Shell) && is_kept_by_shells(&name) {
                    let what = format!("{origin} names `{name}`, which a shell keeps for itself");
                    return Err(Error::usage(what));
                }
                match exact.iter().find(|(other, _)| *other == name) {
                    None => exact.push((name, credential)),
                    Some((_, other)) if other.key() == credential.key() => {
                        one_version(other, &credential)?;
                    }
                    Some((_, other)) => {
                        let what =
                            format!("{origin} gives `{name}` to `{other}` and to `{credential}`");
                        return Err(Error::usage(what));
                    }
                }
            }
        }
        Ok(exact)
    }

    /// Users and passwords.
    pub(crate) fn shape(&self) -> Shape {
        let user_tag = self.settings.strongest(&table::USER_TAG);
        Shape {
            user_tag: user_tag.map(|setting| setting.text().to_owned()),
            json_value: self.settings.is_on(&table::JSON_VALUE),
        }
    }

    /// What `fetch` writes, and where to.
    pub(crate) fn output(
        &self,
        format: Option<Format>,
        naming: Option<Naming>,
    ) -> Result<Output, Error> {
        let format = format.unwrap_or(Format::Xsoar);
        let decode = self.decode_of_files(format)?;
        let naming = naming.unwrap_or_default();
        Ok(match format {
            Format::Xsoar => Output::Documents(Json::Array, self.sink()?),
            Format::Jsonl => Output::Documents(Json::Lines, self.sink()?),
            Format::Dotenv => Output::Variables(Dialect::Dotenv, naming, self.sink()?),
            Format::Shell => Output::Variables(Dialect::Shell, naming, self.sink()?),
            Format::Files => Output::Files(decode, self.tree()?),
        })
    }

    /// Files alone can have any bytes.
    fn decode_of_files(&self, format: Format) -> Result<Option<Decode>, Error> {
        let Some(setting) = self.settings.strongest(&table::DECODE) else {
            return Ok(None);
        };
        let decode = setting.word()?;
        let origin = &setting.origin;
        if format != Format::Files {
            if origin.rank == Rank::File {
                return Ok(None);
            }
            let what = format!("{origin} belongs to `get` and to the format `files`");
            return Err(Error::usage(what)
                .hint("other formats carry text, and what is decoded may be any bytes"));
        }
        if self.settings.is_on(&table::JSON_VALUE) {
            let what = format!("{origin} and `--json-value` exclude each other");
            return Err(Error::usage(what));
        }
        Ok(Some(decode))
    }

    /// One file, or standard output, and what it is to be like.
    pub(crate) fn sink(&self) -> Result<Sink, Error> {
        let Some(output) = self.settings.strongest(&table::OUTPUT) else {
            return self.stdout();
        };
        let sink = Sink::new(PathBuf::from(output.text()), self.attributes()?);
        if sink == Sink::Stdout {
            return self.stdout();
        }
        Ok(sink)
    }

    /// Standard output is what it is. What a file says of another output does not matter then.
    fn stdout(&self) -> Result<Sink, Error> {
        self.none_given(
            &[&table::MODE, &table::OWNER, &table::IF_CHANGED],
            "is for a file, and the result goes to standard output",
            "name the file with `--output FILE`",
        )?;
        Ok(Sink::Stdout)
    }

    /// Refuses an argument that has nothing to act on.
    fn none_given(
        &self,
        rows: &[&OptionRow],
        cause: &str,
        hint: &'static str,
    ) -> Result<(), Error> {
        let mut given = rows
            .iter()
            .filter_map(|row| self.settings.at(row, Rank::CommandLine));
        match given.next() {
            Some(stray) => Err(Error::usage(format!("{} {cause}", stray.origin)).hint(hint)),
            None => Ok(()),
        }
    }

    /// A directory, and what it is to be like.
    fn tree(&self) -> Result<Tree, Error> {
        let output = self.settings.strongest(&table::OUTPUT);
        let tree = match output {
            Some(output) => Tree::new(PathBuf::from(output.text()), self.attributes()?),
            None => None,
        };
        tree.ok_or_else(|| {
            Error::usage("the format `files` needs a directory").hint("give it as `--output DIR`")
        })
    }

    fn attributes(&self) -> Result<Attributes, Error> {
        let permissions = self.settings.strongest(&table::MODE).map(|setting| {
            Permissions::parse(setting.text()).ok_or_else(|| {
                let (origin, shown) = (&setting.origin, setting.shown(": "));
                Error::usage(format!("{origin} is not a file mode{shown}"))
                    .hint("a mode has three or four octal digits, at most 0777, such as `0640`")
            })
        });
        let owner = self.settings.strongest(&table::OWNER).map(|setting| {
            Owner::parse(setting.text(), &self.deadline).map_err(|nobody| {
                let (origin, shown) = (&setting.origin, setting.shown(" to "));
                let operation = format!("{origin} cannot be set{shown}");
                Error::new(Exit::Usage, operation, nobody.cause).hint(nobody.hint)
            })
        });
        Ok(Attributes {
            permissions: permissions.transpose()?,
            owner: owner.transpose()?,
            if_changed: self.settings.is_on(&table::IF_CHANGED),
        })
    }
}

/// `NAME=VAULT/SECRET`.
fn variable(setting: &Setting, item: &str, cloud: &Cloud) -> Result<(String, Credential), Error> {
    let origin = &setting.origin;
    let Some((name, word)) = item.split_once('=') else {
        return Err(Error::usage(format!(
            "{origin} is not NAME=VAULT/SECRET{}",
            origin.shown(": ", item)
        ))
        .hint("such as `--env PGPASSWORD=kv-prod/db-password`"));
    };
    if !is_identifier(name) {
        let shown = origin.shown(": ", name);
        return Err(
            Error::usage(format!("{origin} has an invalid variable name{shown}")).hint(NAME),
        );
    }
    Ok((
        name.to_owned(),
        credential(Place::Setting(origin), word, cloud)?,
    ))
}

const NAME: &str = "a name has letters, digits and `_`, and does not begin with a digit";
