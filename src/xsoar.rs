//! An XSOAR server's credential store, over REST.
//!
//! Source: no official client has these calls; they are those of the community's Terraform provider
//! (mdrobniu/terraform-provider-cortex) and of the web interface. Keys: Palo Alto's "Cortex XSOAR 8 API"
//! and "XSOAR API keys" ("Get Started with APIs").

mod key;
mod refusal;

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use key::{Key, KeyKind};
pub(crate) use refusal::Effect;

use crate::buffer::Buffer;
use crate::http::{self, Answer, Client, Doubt, Request, Service, Url};
use crate::secret::Secret;

pub(crate) struct Server {
    /// Where its credentials are.
    store: Url,
    key: Key,
}

/// A server's credential, as far as it is shown and matters here. Its password never is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Stored {
    /// What the server knows it by: its name at creation.
    pub(crate) id: String,
    #[serde(default, deserialize_with = "text_or_null")]
    pub(crate) name: String,
    /// Anybody's words, and our mark.
    #[serde(default)]
    pub(crate) comment: Option<String>,
    /// The instance of an integration that fetches it, where one does.
    #[serde(default, rename = "vaultInstanceId")]
    pub(crate) instance: Option<String>,
    /// Which of its states this is; a change names the one that it was made for.
    pub(crate) version: i64,
    #[serde(default)]
    pub(crate) workgroup: Option<String>,
}

fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

pub(crate) struct Draft<'a> {
    pub(crate) instead_of: Option<&'a Stored>,
    pub(crate) name: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a Secret,
    pub(crate) comment: &'a str,
}

/// Credentials asked for at a time.
const PAGE: usize = 200;

/// How often it is tried to see all of them at once.
const MOST_LISTINGS: usize = 4;

/// More pages than any store has.
const MOST_PAGES: usize = 1_000;

/// Where XSOAR 8 and XSIAM have their API, below the host.
const PREFIX_OF_8: &str = "/xsoar/public/v1";

impl Server {
    /// A server's address: https, or http on this machine; with a path for one tenant of several
    /// (`/acc_TENANT`). A key with an id is of XSOAR 8, whose API has a prefix.
    pub(crate) fn new(address: &str, key: Key) -> Result<Self, &'static str> {
        let url = Url::parse(address).ok_or("is not an https URL")?;
        if url.query().is_some() || address.contains('#') {
            return Err("must end with its path");
        }
        if !url.is_https() && !url.is_loopback() {
            return Err("is not https, and not on this machine");
        }
        let base = address.trim_end_matches('/');
        let is_root = url.path().trim_matches('/').is_empty();
        let prefix = if key.is_of_8() && is_root {
            PREFIX_OF_8
        } else {
            ""
        };
        let store = Url::parse(&format!("{base}{prefix}/settings/credentials"));
        Ok(Self {
            store: store.ok_or("is too long")?,
            key,
        })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.store
    }

    /// What no message may show.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// The whole store.
    pub(crate) fn list(&self, client: &Client) -> Result<Vec<Stored>, Refusal> {
        let inquiry = self.inquiry("cannot list the server's credentials".to_owned());
        let mut odd = String::new();
        for _ in 0..MOST_LISTINGS {
            match self.pages(client, &inquiry)? {
                Ok(all) => return Ok(all),
                Err(what) => odd = what,
            }
            client
                .reporter()
                .verbose(&format!("{odd}: the store is listed again"));
        }
        let unsteady = inquiry.odd(&odd);
        Err(unsteady.map(|error| error.hint("try again later: others may be writing there")))
    }

    /// Page after page; or what does not fit together, as when others write meanwhile.
    fn pages(
        &self,
        client: &Client,
        inquiry: &Inquiry,
    ) -> Result<Result<Vec<Stored>, String>, Refusal> {
        let (mut all, mut ids) = (Vec::new(), HashSet::new());
        let (mut size, mut before) = (PAGE, None);
        for page in 0..MOST_PAGES {
            let request = Request::query(&self.store, Buffer::json(&PageQuery { page, size }))
                .purpose(format!("credentials, page {}", page + 1))
                .signed_by(&self.key);
            let answer = client.ask(inquiry, &request)?;
            let found: Page = inquiry.read(&answer)?;
            let total = found.total;
            let credentials = found.credentials.unwrap_or_default();
            if page > 0 && total != before {
                return Ok(Err(
                    "a number of credentials that changes from page to page".to_owned(),
                ));
            }
            before = total;
            if page == 0 && !credentials.is_empty() {
                // A server that gives fewer at a time may count pages by what it gives, or by what it was asked for.
                size = size.min(credentials.len());
            }
            let known = all.len();
            let new = credentials.into_iter();
            all.extend(new.filter(|stored| ids.insert(stored.id.clone())));
            match total {
                Some(total) if all.len() >= total => return Ok(Ok(all)),
                Some(total) if all.len() == known => {
                    let what = format!("{known} of {total} credentials, and no more pages");
                    return Ok(Err(what));
                }
                None if all.len() == known => return Ok(Ok(all)),
                _ => {}
            }
        }
        Err(inquiry.odd("more pages than any store has"))
    }

    /// Creates a credential, or writes it instead of one that was listed.
    pub(crate) fn put(&self, client: &Client, draft: &Draft) -> Result<(), Refusal> {
        let inquiry = self.inquiry(format!("cannot write `{}` to the server", draft.name));
        let request = Request::change(&self.store, draft.json())
            .purpose(format!("write `{}`", draft.name))
            .signed_by(&self.key);
        let answer = client.ask(&inquiry, &request)?;
        // Whatever else it says, it is a credential.
        let written: Result<Stored, Refusal> = inquiry.read(&answer);
        let in_doubt = Effect::Open(Doubt::Answer(answer.retry_after()));
        written
            .map(drop)
            .map_err(|refusal| refusal.reaching(in_doubt))
    }

    fn inquiry(&self, operation: String) -> Inquiry<'_> {
        Inquiry {
            server: self,
            operation,
        }
    }
}

pub(crate) type Refusal = http::Refusal<Effect>;

struct Inquiry<'a> {
    server: &'a Server,
    operation: String,
}

impl Inquiry<'_> {
    fn read<'de, T: Deserialize<'de>>(&self, answer: &'de Answer) -> Result<T, Refusal> {
        let parsed = answer.json("JSON that is not what was asked for");
        parsed.map_err(|what| self.odd(&what))
    }

    fn odd(&self, what: &str) -> Refusal {
        let host = self.server.store.host();
        self.senseless(format!("`{host}` answered with {what}"))
    }
}

#[derive(Serialize)]
struct PageQuery {
    page: usize,
    size: usize,
}

#[derive(Deserialize)]
struct Page {
    credentials: Option<Vec<Stored>>,
    total: Option<usize>,
}

/// A credential as the server takes it.
#[derive(Serialize)]
struct Credential<'a> {
    version: i64,
    name: &'a str,
    user: &'a str,
    password: &'a str,
    comment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workgroup: Option<&'a str>,
}

impl Draft<'_> {
    fn json(&self) -> Buffer {
        let workgroup = self.instead_of.and_then(|old| old.workgroup.as_deref());
        Buffer::json(&Credential {
            version: self.instead_of.map_or(-1, |old| old.version),
            name: self.name,
            user: self.user,
            password: self.password.expose(),
            comment: self.comment,
            id: self.instead_of.map(|old| old.id.as_str()),
            workgroup: workgroup.filter(|group| !group.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: Option<&str>) -> Key {
        let kind = match id {
            None => KeyKind::Plain,
            Some(id) => KeyKind::Standard(id.to_owned()),
        };
        Key::new(Secret::new("k".into()), kind).unwrap()
    }

    #[test]
    fn addresses_of_6_and_8() {
        for (address, id, base) in [
            ("https://xsoar.example", None, "https://xsoar.example"),
            (
                "https://xsoar.example:8443/",
                None,
                "https://xsoar.example:8443",
            ),
            (
                "https://xsoar.example/acc_T",
                None,
                "https://xsoar.example/acc_T",
            ),
            ("http://127.0.0.1:8080", None, "http://127.0.0.1:8080"),
            (
                "https://api-x.example",
                Some("7"),
                "https://api-x.example/xsoar/public/v1",
            ),
            (
                "https://api-x.example/",
                Some("7"),
                "https://api-x.example/xsoar/public/v1",
            ),
            (
                "https://api-x.example/xsoar",
                Some("7"),
                "https://api-x.example/xsoar",
            ),
        ] {
            let store = Url::parse(&format!("{base}/settings/credentials"));
            assert_eq!(Server::new(address, key(id)).ok().map(|s| s.store), store);
        }
        for bad in [
            "",
            "xsoar.example",
            "http://xsoar.example",
            "http://10.0.0.1",
            "https://u@xsoar.example",
            "https://xsoar.example/?x",
            "https://xsoar.example/#x",
        ] {
            assert!(Server::new(bad, key(None)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_draft_is_json_with_everything_in_it() {
        let password = Secret::new("p\"\\\n😀".into());
        let stored = Stored {
            id: "i".into(),
            name: "n".into(),
            comment: None,
            instance: None,
            version: 3,
            workgroup: Some("w".into()),
        };
        let json = |instead_of| {
            let draft = Draft {
                instead_of,
                name: "n",
                user: "u",
                password: &password,
                comment: "c",
            };
            let json = draft.json();
            serde_json::from_slice::<serde_json::Value>(json.as_slice()).unwrap()
        };
        let new = serde_json::json!({"name": "n", "user": "u", "password": "p\"\\\n😀", "version": -1, "comment": "c"});
        assert_eq!(json(None), new);
        let mut old = new;
        old["version"] = 3.into();
        old["id"] = "i".into();
        old["workgroup"] = "w".into();
        assert_eq!(json(Some(&stored)), old);
    }
}
