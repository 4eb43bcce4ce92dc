//! Where a run tells afterwards how it went.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::table::{self, CommandRow, OptionRow, Verb};
use super::{Configured, arguments};
use crate::error::Error;
use crate::sink::StatusFile;
use crate::status::Asked;

/// What else is a file's name; a status in its place would destroy it.
const OTHERS: [&OptionRow; 7] = [
    &table::OUTPUT,
    &table::CONFIG,
    &table::CLIENT_SECRET_FILE,
    &table::CLIENT_CERTIFICATE,
    &table::FEDERATED_TOKEN_FILE,
    &table::CA_FILE,
    &table::XSOAR_KEY_FILE,
];

impl Configured<'_> {
    /// The file of the status, if there is to be one.
    pub(crate) fn status_file(&self) -> Result<Option<StatusFile>, Error> {
        file(&self.settings)
    }

    /// Where this run's status is wanted, if it has one.
    pub(crate) fn status(&self) -> Result<Option<Asked>, Error> {
        asked(self.words.row, &self.settings, self.problem.is_some())
    }
}

/// Where the status of a command line is wanted that is wrong in other ways, as far as it can be understood.
pub(crate) fn status_of(arguments: &[OsString]) -> Option<Asked> {
    let (row, settings) = arguments::gist(arguments)?;
    asked(row, &settings, true).ok().flatten()
}

fn asked(
    row: &'static CommandRow,
    settings: &Settings,
    only_a_status: bool,
) -> Result<Option<Asked>, Error> {
    let tells = match row.verb {
        Verb::Fetch => true,
        // What only says what it would do writes nothing.
        Verb::Push => !settings.is_on(&table::DRY_RUN),
        _ => false,
    };
    let asked = |file| Asked {
        file,
        command: row.name,
        only_a_status,
    };
    Ok(if tells {
        file(settings)?.map(asked)
    } else {
        None
    })
}

fn file(settings: &Settings) -> Result<Option<StatusFile>, Error> {
    let Some(status) = settings.strongest(&table::STATUS) else {
        return Ok(None);
    };
    let origin = &status.origin;
    let Some(file) = StatusFile::new(PathBuf::from(status.text())) else {
        let what = format!("{origin} is standard output, which holds the result alone");
        return Err(Error::usage(what).hint(OWN));
    };
    for row in OTHERS {
        for other in settings.every(row) {
            if file.is_at(Path::new(other.text())) {
                let what = format!("{origin} and {} are the same file", other.origin);
                return Err(Error::usage(what).hint(OWN));
            }
        }
    }
    Ok(Some(file))
}

const OWN: &str = "give the status a file of its own, such as `/run/xsoar/status.json`";
