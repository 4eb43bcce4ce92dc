//! An XSOAR server's credential store, over REST.
//!
//! Source: no official client has these calls; they are those of the community's Terraform provider
//! (mdrobniu/terraform-provider-cortex) and of the web interface. Keys: Palo Alto's "Cortex XSOAR 8 API"
//! and "XSOAR API keys" ("Get Started with APIs").

mod key;
mod refusal;

use serde::Deserialize;
use serde_json::error::Category;
use zeroize::Zeroizing;

pub use key::{Key, KeyKind};
pub use refusal::{Effect, Refusal};

use crate::http::{Answer, Body, Client, Policy, Request, Url};
use crate::secret::Secret;

/// Where a server is, and the key to it.
pub struct Server {
    base: String,
    key: Key,
}

/// A server's credential, as far as it is shown and matters here. Its password never is.
#[derive(Clone, Debug, Deserialize)]
pub struct Stored {
    /// What the server knows it by: its name at creation.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its user.
    #[serde(default)]
    pub user: Option<String>,
    /// Anybody's words, and our mark.
    #[serde(default)]
    pub comment: Option<String>,
    /// Which of its states this is; a change names the one that it was made for.
    pub version: i64,
    /// Whose it is, where that was set.
    #[serde(default)]
    pub workgroup: Option<String>,
}

/// A credential to be written.
pub struct Draft<'a> {
    /// The one that it takes the place of.
    pub instead_of: Option<&'a Stored>,
    /// Its name.
    pub name: &'a str,
    /// Its user.
    pub user: &'a str,
    /// Its password.
    pub password: &'a Secret,
    /// Its comment.
    pub comment: &'a str,
}

/// Credentials asked for at a time.
const PAGE: usize = 200;

/// More pages than any store has.
const MOST_PAGES: usize = 1_000;

/// Where XSOAR 8 and XSIAM have their API, below the host.
const PREFIX_OF_8: &str = "/xsoar/public/v1";

const STORE: &str = "/settings/credentials";

const LIST: &str = "cannot list the server's credentials";

impl Server {
    /// A server's address: https, or http on this machine; with a path for one tenant of several
    /// (`/acc_TENANT`). A key with an id is of XSOAR 8, whose API has a prefix.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub fn new(address: &str, key: Key) -> Result<Self, &'static str> {
        let url = Url::parse(address).ok_or("is no https URL")?;
        if url.query().is_some() || address.contains('#') {
            return Err("must not have a query");
        }
        if !url.is_https() && !is_this_machine(url.host()) {
            return Err("is not https, and not on this machine");
        }
        let base = address.trim_end_matches('/');
        let is_root = url.path().trim_matches('/').is_empty();
        let prefix = if key.is_of_8() && is_root {
            PREFIX_OF_8
        } else {
            ""
        };
        Ok(Self {
            base: format!("{base}{prefix}"),
            key,
        })
    }

    /// The host, for messages.
    #[must_use]
    pub fn host(&self) -> String {
        Url::parse(&self.base)
            .map(|url| url.host().to_owned())
            .unwrap_or_default()
    }

    /// What no message may show.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The whole store, page after page.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing was changed.
    pub fn list(&self, client: &Client) -> Result<Vec<Stored>, Refusal> {
        let mut all: Vec<Stored> = Vec::new();
        for page in 0..MOST_PAGES {
            let ask = Secret::new(format!("{{\"page\":{page},\"size\":{PAGE}}}"));
            let purpose = format!("credentials, page {}", page + 1);
            let body = Body::Query(&ask);
            let answer = self.send(client, purpose, STORE, body, Policy::Service, LIST)?;
            let found: Page = self.parse(&answer, LIST)?;
            let total = found.total;
            let count = found.credentials.as_ref().map_or(0, Vec::len);
            for stored in found.credentials.into_iter().flatten() {
                // A credential that is made meanwhile moves the others along.
                if !all.iter().any(|other| other.id == stored.id) {
                    all.push(stored);
                }
            }
            let is_last = count == 0 || total.map_or(count < PAGE, |total| all.len() >= total);
            match total {
                Some(total) if is_last && all.len() < total => {
                    let what = format!("{} of {total} credentials, and no more pages", all.len());
                    return Err(self.senseless(LIST, &what));
                }
                _ if is_last => return Ok(all),
                _ => {}
            }
        }
        Err(self.senseless(LIST, "more pages than any store has"))
    }

    /// Creates a credential, or writes it instead of one that was listed.
    ///
    /// # Errors
    /// A [`Refusal`], which says whether it may have been written all the same.
    pub fn put(&self, client: &Client, draft: &Draft) -> Result<(), Refusal> {
        let operation = format!("cannot write `{}` to the server", draft.name);
        let json = draft.json();
        let purpose = format!("write `{}`", draft.name);
        let body = Body::Change(&json);
        let answer = self.send(client, purpose, STORE, body, Policy::Change, &operation)?;
        // Whatever else it says, it is a credential.
        let written: Result<Stored, Refusal> = self.parse(&answer, &operation);
        written.map(drop).map_err(Refusal::of_unknown_effect)
    }

    fn send(
        &self,
        client: &Client,
        purpose: String,
        path: &str,
        body: Body,
        policy: Policy,
        operation: &str,
    ) -> Result<Answer, Refusal> {
        let Some(url) = Url::parse(&format!("{}{path}", self.base)) else {
            return Err(self.senseless(operation, "an address that makes no URL"));
        };
        let request = Request {
            purpose: purpose.into(),
            url: &url,
            headers: &[],
            secret_header: None,
            signature: Some(&self.key),
            body,
            policy,
        };
        let answer = client
            .send(&request)
            .map_err(|failure| refusal::no_answer(failure, operation))?;
        match answer.status {
            200..=299 => Ok(answer),
            _ => Err(refusal::refusal(
                client,
                &answer,
                &self.host(),
                operation,
                &self.key,
            )),
        }
    }

    fn parse<'de, T: Deserialize<'de>>(
        &self,
        answer: &'de Answer,
        operation: &str,
    ) -> Result<T, Refusal> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let kind = answer.content_type();
            let what = match error.classify() {
                Category::Data => "JSON that is not what was asked for".to_owned(),
                Category::Eof if !answer.body.is_empty() => {
                    format!("JSON that breaks off ({kind})")
                }
                _ => format!("no JSON ({kind})"),
            };
            self.senseless(operation, &what)
        })
    }

    fn senseless(&self, operation: &str, what: &str) -> Refusal {
        refusal::senseless(&self.host(), operation, what)
    }
}

#[derive(Deserialize)]
struct Page {
    credentials: Option<Vec<Stored>>,
    total: Option<usize>,
}

fn is_this_machine(host: &str) -> bool {
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

impl Draft<'_> {
    /// Put together by hand, in memory that is wiped and measured first: the password is in it.
    fn json(&self) -> Secret {
        let text = |text: &str| Zeroizing::new(serde_json::Value::from(text).to_string());
        let password = text(self.password.expose());
        let (name, user, comment) = (text(self.name), text(self.user), text(self.comment));
        let version = self.instead_of.map_or(-1, |stored| stored.version);
        let mut rest = format!(",\"version\":{version},\"comment\":{}", *comment);
        if let Some(stored) = self.instead_of {
            rest.push_str(&format!(",\"id\":{}", *text(&stored.id)));
            if let Some(group) = stored
                .workgroup
                .as_deref()
                .filter(|group| !group.is_empty())
            {
                rest.push_str(&format!(",\"workgroup\":{}", *text(group)));
            }
        }
        let before = format!("{{\"name\":{},\"user\":{},\"password\":", *name, *user);
        let mut json = String::with_capacity(before.len() + password.len() + rest.len() + 1);
        for part in [before.as_str(), &password, &rest, "}"] {
            json.push_str(part);
        }
        Secret::new(json)
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
            assert_eq!(
                Server::new(address, key(id)).map(|s| s.base),
                Ok(base.to_owned())
            );
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
            user: None,
            comment: None,
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
            assert_eq!(json.expose().len(), json.expose().to_owned().capacity());
            serde_json::from_str::<serde_json::Value>(json.expose()).unwrap()
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
