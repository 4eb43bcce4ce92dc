//! The managed identity of a server that Azure Arc connects: an engine outside Azure.
//!
//! Source: Microsoft's "Authenticate against Azure resources with Azure Arc-enabled servers". The agent
//! proves that it runs as root here by a key file that only root and the group `himds` can read.

use std::path::{Path, PathBuf};

use super::answer::TokenAnswer;
use super::managed::{self, Endpoint, ManagedIdentity};
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{self, shown};
use crate::http::{Answer, Client, Failure, Policy, Refusal, Request, Said, Service, Verdict};
use crate::secret::Secret;
use crate::text::without_mark;
use crate::token::{AccessToken, Audience};

/// The agent's program: where it is, the machine is connected.
pub(crate) const AGENT: &str = "/opt/azcmagent/bin/himds";

/// Where the agent listens, unless a variable says otherwise.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:40342/metadata/identity/oauth2/token";

/// The only folder that a challenge may name.
const KEYS: &str = "/var/opt/azcmagent/tokens";

const LARGEST_KEY: usize = 4096;

/// Where the identity is asked for.
#[derive(Debug)]
pub(crate) struct AzureArc {
    /// `IDENTITY_ENDPOINT`, or the default one.
    pub(crate) endpoint: Endpoint,
    pub(crate) deadline: Deadline,
}

impl AzureArc {
    pub(super) fn token(
        &self,
        client: &Client,
        identity: &ManagedIdentity,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let asking = Agent {
            identity,
            challenges: true,
        };
        let base = self.endpoint.as_str();
        let url = asking.url(&identity.address(base, "2020-06-01", audience, "msi_res_id"))?;
        let request = || Request::metadata(&url, Policy::Late);
        let challenge = client.ask(&asking, &request().purpose("token, challenge"))?;
        let key = self.read_key(&asking.key_file(&challenge)?, &asking.operation())?;
        client.learn(&key);
        let proving = Agent {
            challenges: false,
            ..asking
        };
        let answer = client.ask(&proving, &request().purpose("token").basic(&key))?;
        let token = TokenAnswer::read(&proving, &answer)?;
        // Old agents answer for another identity with the machine's own, in silence.
        if token.is_of(identity).is_none() {
            let cause = "the agent does not say that the token is this identity's";
            return Err(Error::new(Exit::NoToken, proving.operation(), cause)
                .hint("old agents know the machine's own identity only: upgrade the agent, or use `--managed-identity`"));
        }
        token.of(identity, &proving, &answer)
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
        // A link would lead out of the agent's folder.
        let bytes = file::read_in_place(path, LARGEST_KEY, &self.deadline).map_err(|cause| {
            let hint = cause.is_denied().then(|| GROUP.to_owned());
            problem(cause.to_string()).maybe_hint(hint)
        })?;
        let key = std::str::from_utf8(without_mark(&bytes))
            .unwrap_or_default()
            .trim();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(problem("it holds no key".to_owned()));
        }
        Ok(Secret::new(key.to_owned()))
    }
}

const GROUP: &str = "the user who runs this must be in the group `himds`: `usermod -a -G himds USER`, then log in again";

/// The agent, asked for this identity's token.
struct Agent<'a> {
    identity: &'a ManagedIdentity,
    /// Whether it is to answer with a challenge.
    challenges: bool,
}

impl Service for Agent<'_> {
    type Reach = ();
    const NAME: &'static str = "Azure";
    const STRANGERS: &'static str = "check `IDENTITY_ENDPOINT`";

    fn operation(&self) -> String {
        self.identity.operation()
    }

    fn accepts(&self, status: u16) -> bool {
        status == 200 || self.challenges && status == 401
    }

    fn unanswered(&self, failure: Failure) -> Refusal<()> {
        if !managed::is_absence(&failure) {
            return Refusal::new(failure.during(self.operation()));
        }
        let cause = format!("Azure Arc's agent does not listen ({})", failure.cause);
        Refusal::new(
            Error::new(Exit::NoToken, self.operation(), cause)
                .hint("is it running? `systemctl status himdsd`, `azcmagent show`"),
        )
    }

    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let words = managed::words(said);
        Some(match said.status {
            401 if words.is_empty() => {
                Verdict::new(Exit::NoToken, "the agent refused its own key (status 401)")
                    .hint("the key may have been replaced meanwhile: run it again")
            }
            status @ 400..=599 if !words.is_empty() => {
                let what = format!("Azure Arc's agent answered {status}");
                Verdict::new(managed::exit(status), what)
                    .words(words)
                    .hint("`azcmagent show` says whether the machine is connected")
            }
            _ => return None,
        })
    }
}

impl Agent<'_> {
    /// The file with the key that a challenge asks for.
    fn key_file(&self, challenge: &Answer) -> Result<PathBuf, Error> {
        let header = challenge.header("www-authenticate").unwrap_or_default();
        let problem = match challenge.status {
            401 => match key_path(header) {
                Ok(path) => return Ok(path),
                Err(problem) => format!("the agent's challenge {problem}"),
            },
            _ => "the agent answered without a challenge".to_owned(),
        };
        Err(Error::new(Exit::NoToken, self.operation(), problem)
            .hint("what listens there is not Azure Arc's agent: check `IDENTITY_ENDPOINT`"))
    }
}

/// The file of `Basic realm=PATH`, held to the agent's folder.
pub(crate) fn key_path(challenge: &str) -> Result<PathBuf, &'static str> {
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
