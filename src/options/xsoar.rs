//! Which XSOAR server is meant, and the key to it.

use std::path::Path;

use super::proof::COPY;
use super::settings::{Rank, Setting, is_masked};
use super::{Configured, table};
use crate::error::{Error, Exit};
use crate::secret::Secret;
use crate::text::{odd_character, surrounded};
use crate::words::words;
use crate::xsoar::{Key, KeyKind, Server};

words! {
    /// What `--xsoar-key-type` can be.
    pub(crate) enum KeyType {
        Standard = "standard",
        Advanced = "advanced",
    }
}

impl Configured<'_> {
    /// The server, where one is named.
    pub(crate) fn maybe_server(&self) -> Result<Option<Server>, Error> {
        match self.settings.strongest(&table::XSOAR_URL) {
            Some(_) => self.server().map(Some),
            None => Ok(None),
        }
    }

    /// The server with its key.
    pub(crate) fn server(&self) -> Result<Server, Error> {
        if self.settings.strongest(&table::XSOAR_URL).is_none() {
            return Err(no_server());
        }
        let kind = self.key_kind()?;
        let (rank, key) = self.key()?;
        let url = self.url(rank)?;
        let around = surrounded(key.expose());
        let key = Key::new(key, kind).ok_or_else(|| {
            Error::usage("the API key or its id has characters that an HTTP header cannot carry")
                .hint("both are one word: copy them again from XSOAR")
                .maybe_hint(around)
        })?;
        Server::new(url.text(), key).map_err(|problem| {
            let (origin, shown) = (&url.origin, url.shown(": "));
            Error::usage(format!("{origin} {problem}{shown}")).hint(ADDRESS)
        })
    }

    /// Where the key goes. A stray variable must not send a key from elsewhere, and every secret after it, to
    /// another server.
    fn url(&self, key: Rank) -> Result<&Setting, Error> {
        let url = self.settings.strongest(&table::XSOAR_URL);
        let url = url.ok_or_else(no_server)?;
        if url.origin.rank != Rank::Environment || key == Rank::Environment {
            return Ok(url);
        }
        let in_file = self.settings.at(&table::XSOAR_URL, Rank::File);
        if let Some(url) = in_file.filter(|_| key == Rank::File) {
            return Ok(url);
        }
        let what = format!(
            "{} names the XSOAR server{}, while the API key does not come from the environment",
            url.origin,
            url.shown(" ")
        );
        Err(Error::usage(what).hint("if it is meant, give it as `--xsoar-url`"))
    }

    /// The key of the strongest rank that has one, and which that is.
    fn key(&self) -> Result<(Rank, Secret), Error> {
        for rank in Rank::ALL {
            let file = self.settings.at(&table::XSOAR_KEY_FILE, rank);
            let key = self.settings.at(&table::XSOAR_KEY, rank);
            match (file, key) {
                (Some(file), Some(key)) => {
                    let what = format!("{} and {} name two keys", file.origin, key.origin);
                    return Err(Error::usage(what).hint("leave one of them out"));
                }
                (Some(file), None) => {
                    self.not_both_from_stdin(file)?;
                    let path = Path::new(file.text());
                    let key = self.secret_file("API key", path, &file.origin)?;
                    return Ok((rank, key));
                }
                (None, Some(key)) if !is_masked(key.text()) => {
                    if let Some(cause) = odd_character(key.text()) {
                        let operation = format!("cannot use the API key of {}", key.origin);
                        return Err(Error::new(Exit::Usage, operation, cause).hint(COPY));
                    }
                    return Ok((rank, Secret::new(key.text().to_owned())));
                }
                (None, _) => {}
            }
        }
        let what = "there is no API key (`--xsoar-key-file`, `DEMISTO_API_KEY`, `xsoar_key`)";
        Err(Error::usage(what).hint(
            "XSOAR makes one under Settings → API Keys; it is never taken from the command line",
        ))
    }

    /// Standard input is read once.
    fn not_both_from_stdin(&self, file: &Setting) -> Result<(), Error> {
        let stdin = |setting: &&Setting| setting.text() == "-";
        let other = self
            .settings
            .strongest(&table::CLIENT_SECRET_FILE)
            .filter(stdin);
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

    fn key_kind(&self) -> Result<KeyKind, Error> {
        let id = self.settings.strongest(&table::XSOAR_KEY_ID);
        let id = id.map(|id| id.text().to_owned());
        let Some(named) = self.settings.strongest(&table::XSOAR_KEY_TYPE) else {
            return Ok(id.map_or(KeyKind::Plain, KeyKind::Standard));
        };
        match (named.word()?, id) {
            (KeyType::Standard, Some(id)) => Ok(KeyKind::Standard(id)),
            (KeyType::Advanced, Some(id)) => Ok(KeyKind::Advanced(id)),
            (KeyType::Standard | KeyType::Advanced, None) => {
                let what = format!("{} is of XSOAR 8, whose keys have an id", named.origin);
                Err(Error::usage(what).hint("give it as `--xsoar-key-id` or `XSIAM_AUTH_ID`"))
            }
        }
    }
}

fn no_server() -> Error {
    let what = "no XSOAR server is named (`--xsoar-url`, `DEMISTO_BASE_URL`, `xsoar_url`)";
    Error::usage(what).hint(ADDRESS)
}

const ADDRESS: &str = "such as `https://xsoar.example`, `https://xsoar.example/acc_TENANT`, or `https://api-FQDN` of XSOAR 8";
