//! Which XSOAR server is meant, and the key to it.

use std::path::Path;

use super::settings::{Rank, Setting, Settings, is_masked, names};
use super::{Surroundings, proof};
use crate::error::Error;
use crate::secret::Secret;
use crate::xsoar::{Key, KeyKind, Server};

const URL: &str = "xsoar-url";
const KEY_FILE: &str = "xsoar-key-file";
const KEY_ID: &str = "xsoar-key-id";
const KEY_TYPE: &str = "xsoar-key-type";

/// The server, where one is named.
pub fn maybe_server(
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<Option<Server>, Error> {
    match settings.strongest(URL) {
        Some(_) => server(settings, surroundings).map(Some),
        None => Ok(None),
    }
}

/// The server with its key.
pub fn server(settings: &Settings, surroundings: &Surroundings) -> Result<Server, Error> {
    let Some(url) = settings.strongest(URL) else {
        let what = "no XSOAR server is named (`--xsoar-url`, `DEMISTO_BASE_URL`, `xsoar_url`)";
        return Err(Error::usage(what).hint(ADDRESS));
    };
    let kind = kind(settings)?;
    let key = Key::new(secret(settings, surroundings)?, kind).ok_or_else(|| {
        Error::usage("the API key or its id is nothing that a header can carry")
            .hint("both are one word: copy them again from XSOAR")
    })?;
    Server::new(url.text(), key).map_err(|problem| {
        let (origin, shown) = (&url.origin, url.shown(": "));
        Error::usage(format!("{origin} {problem}{shown}")).hint(ADDRESS)
    })
}

const ADDRESS: &str = "such as `https://xsoar.example`, `https://xsoar.example/acc_TENANT`, or `https://api-FQDN` of XSOAR 8";

/// The key of the strongest rank that has one.
fn secret(settings: &Settings, surroundings: &Surroundings) -> Result<Secret, Error> {
    for rank in Rank::ALL {
        let file = settings.at(KEY_FILE, rank);
        let key = settings.at(names::XSOAR_KEY, rank);
        match (file, key) {
            (Some(file), Some(key)) => {
                let what = format!("{} and {} name two keys", file.origin, key.origin);
                return Err(Error::usage(what).hint("leave one of them out"));
            }
            (Some(file), None) => {
                not_both_from_stdin(settings, file)?;
                let path = Path::new(file.text());
                return proof::secret("API key", path, &file.origin, surroundings);
            }
            (None, Some(key)) if !is_masked(key.text()) => {
                return Ok(Secret::new(key.text().to_owned()));
            }
            (None, _) => {}
        }
    }
    let what = "there is no API key (`--xsoar-key-file`, `DEMISTO_API_KEY`, `xsoar_key`)";
    Err(Error::usage(what)
        .hint("XSOAR makes one under Settings → API Keys; it is never taken from the command line"))
}

/// Standard input is read once.
fn not_both_from_stdin(settings: &Settings, file: &Setting) -> Result<(), Error> {
    let stdin = |setting: &&Setting| setting.text() == "-";
    let other = settings.strongest("client-secret-file").filter(stdin);
    match other.filter(|_| stdin(&file)) {
        None => Ok(()),
        Some(other) => {
            let what = format!(
                "{} and {} both read standard input",
                other.origin, file.origin
            );
            Err(Error::usage(what).hint("put one of the two into a file"))
        }
    }
}

fn kind(settings: &Settings) -> Result<KeyKind, Error> {
    let id = settings.strongest(KEY_ID).map(|id| id.text().to_owned());
    let Some(named) = settings.strongest(KEY_TYPE) else {
        return Ok(id.map_or(KeyKind::Plain, KeyKind::Standard));
    };
    let origin = &named.origin;
    match (named.text(), id) {
        ("standard", Some(id)) => Ok(KeyKind::Standard(id)),
        ("advanced", Some(id)) => Ok(KeyKind::Advanced(id)),
        ("standard" | "advanced", None) => {
            let what = format!("{origin} is of XSOAR 8, whose keys have an id");
            Err(Error::usage(what).hint("give it as `--xsoar-key-id` or `XSIAM_AUTH_ID`"))
        }
        _ => {
            let shown = named.shown(", not ");
            let what = format!("{origin} must be `standard` or `advanced`{shown}");
            Err(Error::usage(what))
        }
    }
}
