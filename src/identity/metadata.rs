//! A virtual machine's managed identity: the Azure Instance Metadata Service (IMDS).
//!
//! Source: Microsoft's "How to use managed identities for Azure resources on an Azure VM to acquire
//! an access token"; the variable that moves the endpoint is that of Azure's SDKs.

use super::answer::TokenAnswer;
use super::machine;
use super::managed::{self, ManagedIdentity, near};
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::http::{
    Answer, Client, Failure, FailureKind, Policy, Refusal, Request, Said, Service, Stranger, Url,
    Verdict,
};
use crate::token::{AccessToken, Audience};

/// Where every Azure VM finds its metadata.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://169.254.169.254";

/// The path that a token is asked for at.
const TOKEN: &str = "/metadata/identity/oauth2/token";

/// The variable that moves the endpoint.
pub(crate) const METADATA_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The scheme, host and port of a metadata endpoint.
#[derive(Clone, Debug)]
pub(crate) struct MetadataEndpoint {
    address: String,
    /// Whether this looks like a pod of Kubernetes, whose own identity is not the machine's.
    in_pod: bool,
}

impl MetadataEndpoint {
    /// Reads `http[s]://HOST[:PORT][/]`.
    pub(crate) fn parse(text: &str, in_pod: bool) -> Result<Self, &'static str> {
        let base = text.trim_end_matches('/');
        let url = Url::parse(base)?;
        // What is put behind a fragment is never sent.
        let is_bare = url.query().is_none() && !base.contains('#');
        if !matches!(url.path(), "" | "/") || !is_bare {
            return Err("a scheme, a host and a port are all it may have");
        }
        near(&url)?;
        let address = base.to_owned();
        Ok(Self { address, in_pod })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.address
    }

    fn is_moved(&self) -> bool {
        self.address != DEFAULT_ENDPOINT
    }

    pub(super) fn token(
        &self,
        client: &Client,
        identity: &ManagedIdentity,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let service = Metadata {
            endpoint: self,
            identity,
            deadline: client.deadline(),
        };
        let base = format!("{}{TOKEN}", self.address);
        let url = service.url(&identity.address(&base, "2018-02-01", audience, "msi_res_id"))?;
        // A machine's own is there before this program is; a sidecar may come up with it.
        let policy = if self.is_moved() {
            Policy::Late
        } else {
            Policy::Metadata
        };
        let request = Request::metadata(&url, policy)
            .purpose("token")
            .ends_at(|answer| not_azure_s(answer).is_some());
        let answer = client.ask(&service, &request)?;
        if let Some(cause) = not_azure_s(&answer) {
            let error = Error::new(Exit::NoToken, service.operation(), cause);
            return Err(error.hint(service.elsewhere()));
        }
        TokenAnswer::read(&service, &answer)?.of(identity, &service, &answer)
    }
}

/// The metadata service, asked for this identity's token.
struct Metadata<'a> {
    endpoint: &'a MetadataEndpoint,
    identity: &'a ManagedIdentity,
    deadline: &'a Deadline,
}

const NOT_A_VM: &str = "managed identities work on Azure VMs only (and not in a container whose network hides \
    169.254.169.254); elsewhere use an application: `--tenant-id`, `--client-id`, `--client-secret-file`";

const IN_POD: &str = "in Kubernetes, workload identity needs the label `azure.workload.identity/use: \"true\"` on the pod \
    when it is created, and the annotation `azure.workload.identity/client-id` on its service account: then \
    `AZURE_FEDERATED_TOKEN_FILE` is set; a managed identity here is the node's";

/// Of the agent of the Metadata Security Protocol, which stands before the service on some machines.
const AGENT: &str = "try again later; if it stays on a VM with the Metadata Security Protocol, look at its agent: `/var/log/azure-proxy-agent`";

impl Service for Metadata<'_> {
    type Reach = ();
    const NAME: &'static str = "Azure";

    fn operation(&self) -> String {
        self.identity.operation()
    }

    fn unanswered(&self, failure: Failure) -> Refusal<()> {
        Refusal::new(match failure.kind {
            FailureKind::Deadline => failure.during(self.operation()),
            FailureKind::Silence | FailureKind::Cut => Error::new(Exit::Service, self.operation(), failure.cause)
                .hint("the metadata service is busy or broken: try again later, or give it more time with `--timeout`"),
            _ => {
                let hint = if managed::is_absence(&failure) && self.endpoint.is_moved() {
                    let address = &self.endpoint.address;
                    format!("`{METADATA_VARIABLE}` moves it to `{address}`: is what should listen there up?")
                } else {
                    self.elsewhere().to_owned()
                };
                let cause = format!("there is no metadata endpoint here ({})", failure.cause);
                Error::new(Exit::NoToken, self.operation(), cause).hint(hint)
            }
        })
    }

    fn verdict(&self, said: &Said) -> Option<Verdict<()>> {
        let (status, answer) = (said.status, said.answer);
        if let Some(cause) = not_azure_s(answer) {
            return Some(Verdict::new(Exit::NoToken, cause).hint(self.elsewhere()));
        }
        let words = managed::words(said);
        if !words.is_empty() && status >= 400 {
            let what = format!("the metadata endpoint answered {status}");
            let verdict = Verdict::new(managed::exit(status), what);
            let advice = self.advice(&words);
            let verdict = verdict.words(words);
            return Some(match advice {
                Some(advice) => verdict.lasting_hint(advice),
                None => verdict,
            });
        }
        let strange = format!(
            "`{}` answered {status} ({})",
            answer.host,
            answer.content_type()
        );
        Some(match status {
            403 => Verdict::new(Exit::NoToken, "the machine's Metadata Security Protocol does not let this program ask (status 403)")
                .hint(format!(
                    "have the VM's `InVMAccessControlProfile` let exePath {} of the user {} ask for `{TOKEN}`",
                    machine::program(),
                    machine::user(self.deadline),
                )),
            421 if answer.body.is_empty() => Verdict::new(Exit::Service, "the machine's Metadata Security Protocol does not know who asks (status 421)")
                .lasting_hint(AGENT),
            // The service's own last for a minute, and have words.
            404 | 410 if !says_json(answer) => {
                Verdict::new(Exit::NoToken, strange).lasting_hint(self.elsewhere())
            }
            500..=599 if answer.body.is_empty() => {
                Verdict::new(Exit::Service, strange).lasting_hint(AGENT)
            }
            _ => return None,
        })
    }
}

impl Metadata<'_> {
    /// What to do where no managed identity is.
    fn elsewhere(&self) -> &'static str {
        if self.endpoint.in_pod {
            IN_POD
        } else {
            NOT_A_VM
        }
    }

    /// What a person does about it: 400 is not always "not assigned".
    fn advice(&self, words: &str) -> Option<&'static str> {
        let has = |part: &str| words.contains(part);
        Some(if has("Identity not found") {
            if self.endpoint.in_pod {
                IN_POD
            } else {
                "this machine does not have that identity: assign it (`az vm identity assign`), or check the id"
            }
        } else if has("Multiple user assigned identities") {
            "say which one: `--managed-identity-client-id`, `-object-id` or `-resource-id`"
        } else if has("AADSTS500011") || has("invalid_resource") {
            "Key Vault of that cloud is not known in the machine's tenant: is it the right cloud (`--cloud`)?"
        } else if has("bad_request_102") || has("metadata header") {
            "something between this machine and its metadata endpoint removes the header `Metadata`"
        } else if has("api-version") {
            "what answers there is not the metadata service of an Azure VM, or a very old one"
        } else if has("Failed to retrieve token") {
            "try again later; if it stays, is the identity switched on for this VM? (`az vm identity show`)"
        } else {
            return None;
        })
    }
}

/// That an answer is no metadata service's of Azure's: another cloud's, a portal's, a proxy's. Azure's are JSON;
/// only what it says in passing, and the no of its Metadata Security Protocol, may be empty.
fn not_azure_s(answer: &Answer) -> Option<String> {
    let status = answer.status;
    let whose = match answer.stranger() {
        Some(Stranger::Amazon) => "but Amazon EC2's ",
        Some(Stranger::Google) => "but Google Cloud's ",
        Some(Stranger::Page) => "",
        None => {
            let is_possible = match status {
                403 => answer.body.is_empty(),
                404 | 408 | 410 | 421 | 429 | 500..=599 => true,
                // Then nobody can tell; something in between packed it.
                _ => says_json(answer) || answer.compression().is_some(),
            };
            if is_possible {
                return None;
            }
            ""
        }
    };
    Some(format!(
        "what answers at the metadata endpoint's address is not Azure's {whose}(status {status})"
    ))
}

/// Whether it is an object, or the beginning of one.
fn says_json(answer: &Answer) -> bool {
    answer.body.trim_ascii_start().starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_near() {
        for good in [
            DEFAULT_ENDPOINT,
            "http://127.0.0.1:8080",
            "http://localhost:8080/",
            "http://[::1]:1",
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://10.0.0.4",
            "http://192.168.0.1:80/",
            "https://metadata.example",
        ] {
            assert!(MetadataEndpoint::parse(good, false).is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1",
            "ftp://127.0.0.1",
            "http://8.8.8.8",
            "http://metadata.example",
            "http://172.32.0.1",
            "http://localhost.example",
            "http://127.0.0.1/path",
            "http://127.0.0.1/?q",
            "http://127.0.0.1#f",
            "http://127.0.0.1/#f",
            "http://u@127.0.0.1",
            "http://127.0.0.1.example",
        ] {
            assert!(MetadataEndpoint::parse(bad, false).is_err(), "{bad}");
        }
    }
}
