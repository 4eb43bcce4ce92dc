//! The managed identity of a server that Azure Arc connects: an engine outside Azure.
//!
//! Source: Microsoft's "Authenticate against Azure resources with Azure Arc-enabled servers". The agent
//! proves that it runs as root here by a key file that only root and the group `himds` can read.

use std::path::{Path, PathBuf};

use super::managed::{Endpoint, ManagedIdentity};
use super::{text, token_of, unexpected};
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{self, shown};
use crate::http::{Answer, Body, Client, Kind, Policy, Request, Url};
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// The agent's program: where it is, the machine is connected.
pub const AGENT: &str = "/opt/azcmagent/bin/himds";

/// Where the agent listens, unless a variable says otherwise.
pub const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:40342/metadata/identity/oauth2/token";

/// The only folder that a challenge may name.
const KEYS: &str = "/var/opt/azcmagent/tokens";

/// No key is larger.
const LARGEST_KEY: usize = 4096;

/// Where the identity is asked for.
#[derive(Debug)]
pub struct AzureArc {
    /// `IDENTITY_ENDPOINT`, or the default one.
    pub endpoint: Endpoint,
    /// Until when the key may be read.
    pub deadline: Deadline,
}

impl AzureArc {
    pub(super) fn token(
        &self,
        client: &Client,
        identity: &ManagedIdentity,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let operation = identity.operation();
        let url = identity.url(self.endpoint.as_str(), "2020-06-01", audience, "msi_res_id")?;
        let challenge = ask(client, &url, None, &operation)?;
        let key = self.answer_to(&challenge, client, &operation, url.host())?;
        client.learn(&key);
        let answer = ask(client, &url, Some(&key), &operation)?;
        match answer.status {
            200 => {
                let token = token_of(identity, &answer, &operation, url.host())?;
                echoes(identity, &answer, &operation)?;
                Ok(token)
            }
            400..=499 => Err(refusal(client, &answer, &operation, url.host())),
            _ => Err(unexpected(&answer, &operation, url.host())),
        }
    }

    /// The key that the agent's challenge asks for.
    fn answer_to(
        &self,
        challenge: &Answer,
        client: &Client,
        operation: &str,
        host: &str,
    ) -> Result<Secret, Error> {
        match challenge.status {
            401 => {}
            200 => {
                return Err(Error::new(
                    Exit::NoToken,
                    operation,
                    "the agent answered without a challenge",
                )
                .hint("what listens there is not Azure Arc's agent: check `IDENTITY_ENDPOINT`"));
            }
            400..=499 => return Err(refusal(client, challenge, operation, host)),
            _ => return Err(unexpected(challenge, operation, host)),
        }
        let header = challenge.header("www-authenticate").unwrap_or_default();
        let path = key_path(header).map_err(|problem| {
            Error::new(
                Exit::NoToken,
                operation,
                format!("the agent's challenge {problem}"),
            )
            .hint("what listens there is not Azure Arc's agent: check `IDENTITY_ENDPOINT`")
        })?;
        self.read_key(&path, operation)
    }

    fn read_key(&self, path: &Path, operation: &str) -> Result<Secret, Error> {
        let name = shown(path);
        let problem = |cause: String| {
            Error::new(
                Exit::NoToken,
                operation,
                format!("the agent's key `{name}`: {cause}"),
            )
        };
        // Each part is what it seems: a link would lead out of the agent's folder.
        if path.canonicalize().is_ok_and(|real| real != path) {
            return Err(problem(
                "it, or a folder of it, is a symbolic link".to_owned(),
            ));
        }
        let content = file::read(path, LARGEST_KEY, &self.deadline).map_err(|cause| {
            let hint = cause.is_denied().then(|| GROUP.to_owned());
            problem(cause.to_string()).maybe_hint(hint)
        })?;
        let key = std::str::from_utf8(&content.bytes)
            .unwrap_or_default()
            .trim();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(problem("it holds no key".to_owned()));
        }
        Ok(Secret::new(key.to_owned()))
    }
}

const GROUP: &str = "the user who runs this must be in the group `himds`: `usermod -a -G himds USER`, then log in again";

fn ask(client: &Client, url: &Url, key: Option<&Secret>, operation: &str) -> Result<Answer, Error> {
    let request = Request {
        purpose: if key.is_some() {
            "token"
        } else {
            "token, challenge"
        }
        .into(),
        url,
        headers: &[("metadata", "true")],
        secret_header: key.map(|key| ("authorization", "Basic ", key)),
        signature: None,
        body: Body::Nothing,
        policy: Policy::Metadata,
    };
    client.send(&request).map_err(|failure| match failure.kind {
        Kind::Connection => Error::new(
            Exit::NoToken,
            operation,
            format!("Azure Arc's agent does not listen ({})", failure.cause),
        )
        .hint("is it running? `systemctl status himdsd`, `azcmagent show`"),
        _ => failure.during(operation),
    })
}

/// The file of `Basic realm=PATH`, held to the agent's folder.
fn key_path(challenge: &str) -> Result<PathBuf, &'static str> {
    let (scheme, parameters) = challenge.trim().split_once(' ').unwrap_or((challenge, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err("is not a Basic one");
    }
    let parameters = parameters.trim();
    let realm = parameters
        .get(..6)
        .filter(|name| name.eq_ignore_ascii_case("realm="))
        .and_then(|_| parameters.get(6..))
        .ok_or("names no key file")?;
    let path = Path::new(realm.trim_matches('"'));
    let in_folder =
        path.parent() == Some(Path::new(KEYS)) && !realm.contains("/./") && !realm.contains("//");
    let named = path.file_name().is_some() && path.extension().is_some_and(|e| e == "key");
    if !in_folder || !named {
        return Err(
            "names a file that is not a key in the agent's folder `/var/opt/azcmagent/tokens`",
        );
    }
    Ok(path.to_owned())
}

/// Old agents answer for another identity with the machine's own, in silence.
fn echoes(identity: &ManagedIdentity, answer: &Answer, operation: &str) -> Result<(), Error> {
    let Some(id) = identity.id() else {
        return Ok(());
    };
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let names: &[&str] = match identity {
        ManagedIdentity::ClientId(_) => &["client_id"],
        ManagedIdentity::ObjectId(_) => &["object_id"],
        ManagedIdentity::ResourceId(_) | ManagedIdentity::System => &["msi_res_id", "mi_res_id"],
    };
    let echoed = names
        .iter()
        .any(|name| text(&body, name).is_some_and(|echo| echo.eq_ignore_ascii_case(id)));
    if echoed {
        return Ok(());
    }
    Err(Error::new(Exit::NoToken, operation, "the agent does not say that the token is this identity's")
        .hint("old agents know the machine's own identity only: upgrade the agent, or use `--managed-identity`"))
}

fn refusal(client: &Client, answer: &Answer, operation: &str, host: &str) -> Error {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = text(&body, "error_description")
        .or_else(|| text(&body, "error"))
        .or_else(|| text(&body, "message"));
    let Some(words) = words else {
        return match answer.status {
            401 => Error::new(
                Exit::NoToken,
                operation,
                "the agent refused its own key (status 401)",
            )
            .hint("the key may have been replaced meanwhile: run it again"),
            _ => unexpected(answer, operation, host),
        };
    };
    let cause = format!(
        "Azure Arc's agent answered {}: {}",
        answer.status,
        client.quote(words)
    );
    Error::new(answer.exit(Exit::NoToken), operation, cause)
        .hint("`azcmagent show` says whether the machine is connected")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_challenge_names_a_key_in_the_agent_s_folder() {
        for good in [
            "Basic realm=/var/opt/azcmagent/tokens/a.key",
            "basic Realm=/var/opt/azcmagent/tokens/1-2-3.key",
            "Basic realm=\"/var/opt/azcmagent/tokens/a.key\"",
        ] {
            assert!(key_path(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "Basic",
            "Basic realm=",
            "Bearer realm=/var/opt/azcmagent/tokens/a.key",
            "Basic realm=/etc/shadow",
            "Basic realm=/etc/a.key",
            "Basic realm=/var/opt/azcmagent/tokens/a.txt",
            "Basic realm=/var/opt/azcmagent/tokens/.key",
            "Basic realm=/var/opt/azcmagent/tokens/../tokens/a.key",
            "Basic realm=/var/opt/azcmagent/tokens/../../../../etc/a.key",
            "Basic realm=/var/opt/azcmagent/tokens/sub/a.key",
            "Basic realm=var/opt/azcmagent/tokens/a.key",
            "Basic realm=/var/opt/azcmagent/./tokens/a.key",
            "Basic realm=/var/opt/azcmagent//tokens/a.key",
        ] {
            assert!(key_path(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_challenge_panics_or_leads_out(challenge in any::<String>(), name in "[a-z./]{0,20}") {
            let _ = key_path(&challenge);
            if let Ok(path) = key_path(&format!("Basic realm=/var/opt/azcmagent/tokens/{name}")) {
                prop_assert_eq!(path.parent(), Some(Path::new(KEYS)));
            }
        }
    }
}
