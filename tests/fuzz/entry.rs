//! What the fuzzers of `tests/fuzz` reach: foreign bytes go in the way a run gets them, and what the run says
//! comes out. It is in the library under `cfg(fuzzing)` alone, which cargo-fuzz sets.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::arm::{self, Scope};
use crate::cloud::{Cloud, Host, strip_https};
use crate::command::Command;
use crate::credentials::{Credential, Decode, Dialect, Shape, has_nul};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::http::{Client, ConnectTo, ExtraRoots, Network, NoProxy, Proxy, Url, retry_after};
use crate::identity::{
    AppService, Application, AzureArc, Certificate, ClientSecret, Endpoint, Identity,
    ManagedIdentity, MetadataEndpoint, key_path,
};
use crate::options::{self, Arguments, Configured};
use crate::push::Mark;
use crate::redact::Redactor;
use crate::report::Reporter;
use crate::secret::Secret;
use crate::selection::{Pattern, Tag};
use crate::session::Session;
use crate::token::Audience;
use crate::vault::{Content, Listed, SecretName, SecretVersion, VaultName, parse_id, tenant_of};
use crate::xsoar::{Draft, Key, KeyKind, Server};

/// The secret of every run here: client secret, token, header, key, the proxy's password. Nothing that a run
/// says may hold it, whatever a service makes of it.
pub const CANARY: &str = "Canary-s3cret-4nd-n0thing-else";

/// So much time that no wait between two tries fits, and any exchange on loopback.
const TIMEOUT: Duration = Duration::from_millis(280);

/// Everything that a run said, in its order.
pub type Said = Vec<String>;

#[derive(Default)]
struct Ear(RefCell<Said>);

impl Reporter for Ear {
    fn warning(&self, text: &str) {
        self.0.borrow_mut().push(text.to_owned());
    }

    fn verbose(&self, text: &str) {
        self.warning(text);
    }

    fn progress(&self, what: &str, _: usize, _: usize) {
        self.warning(what);
    }

    fn progress_over(&self) {}
}

impl Ear {
    fn error(&self, error: &Error) {
        self.warning(&error.to_string());
        if let Some(advice) = error.advice() {
            self.warning(advice);
        }
    }

    /// All of it, and why the run failed, if it did.
    fn result<T>(self, result: Result<T, Error>) -> Said {
        if let Err(error) = result {
            self.error(&error);
        }
        self.0.into_inner()
    }
}

// --- what is configured ---

/// Command line, environment, and the configuration file that they name, until the verb is ready to run.
pub fn configured(words: &[OsString], variable: &dyn Fn(&str) -> Option<OsString>) -> Said {
    let ear = Ear::default();
    let ready = || {
        let Arguments::Verb(words, settings) = options::read(words)? else {
            return Ok(());
        };
        let configured = Configured::new(words, settings, variable, Instant::now(), &ear);
        for line in configured.overview() {
            ear.warning(&line);
        }
        Command::new(configured).map(drop)
    };
    let result = ready();
    ear.result(result)
}

/// A certificate with its key, a key with a thumbprint, and roots.
pub fn pem(text: &str, thumbprint: &str) -> Said {
    let application = || Application {
        tenant: "contoso".to_owned(),
        client_id: "c".to_owned(),
    };
    let whole = Certificate::from_pem(application(), text, true);
    let bare = Certificate::from_thumbprint(application(), text, thumbprint);
    let roots = ExtraRoots::from_pem(text.as_bytes());
    let problems = [whole.err(), bare.err(), roots.err()];
    problems.into_iter().flatten().collect()
}

/// A text as everything that has a host in it; each that it is must hold what that promises.
pub fn url(text: &str) {
    let plain = |name: &str| !name.contains(|c: char| c.is_whitespace() || c.is_control());
    if let Ok(url) = Url::parse(text) {
        assert!(!url.host().is_empty() && plain(url.host()) && url.port() != 0);
        assert!(!url.host().contains(['@', '/', '?', '#']));
        assert!(url.is_https() || !url.is_loopback() || url.is_near());
        assert!(url.same_server(&url));
    }
    if let Ok(endpoint) = Endpoint::parse_loopback(text) {
        assert!(
            Url::parse(text).is_ok_and(|url| url.is_loopback()),
            "{endpoint:?}"
        );
        assert!(Endpoint::parse(text).is_ok());
    }
    if MetadataEndpoint::parse(text, false).is_ok() {
        let joined = format!("{}/metadata", text.trim_end_matches('/'));
        assert!(Url::parse(&joined).is_ok_and(|url| url.path() == "/metadata"));
    }
    if let Some(host) = Host::parse(text) {
        assert!(plain(host.name()) && Host::parse(&host.to_string()).as_ref() == Some(&host));
        assert!(Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.host() == host.name()));
    }
    let suffix = Cloud::public().vault_suffix;
    if let Some(vault) = VaultName::in_url(text, &suffix) {
        let url = Url::parse(text).expect("a vault's URL is one");
        assert!(
            url.is_https()
                && url
                    .host()
                    .eq_ignore_ascii_case(suffix.under(vault.as_str()).name())
        );
    }
    if let Some(id) = parse_id(text) {
        assert!(strip_https(text).len() < text.len() && plain(id.secret.as_str()));
        let _ = id.vault(&suffix);
    }
    for kind in [KeyKind::Plain, KeyKind::Standard("7".to_owned())] {
        let key = Key::new(Secret::new(CANARY.to_owned()), kind).expect("visible ASCII");
        if let Ok(server) = Server::new(text, key) {
            assert!(server.url().is_https() || server.url().is_loopback());
            assert!(server.url().path().ends_with("/settings/credentials"));
        }
    }
    let _ = (tenant_of(text), crate::redact::without_user(text));
}

/// A proxy, or a `--connect-to`.
pub fn proxy(text: &str) {
    if let Ok(proxy) = Proxy::parse(text) {
        let shown = proxy.to_string();
        let again = Proxy::parse(&format!("http://{shown}")).expect("what is shown is a proxy");
        assert!(
            again.to_string() == shown && !again.has_password(),
            "{shown}"
        );
        assert!(shown.is_ascii() && !shown.contains(['@', '/']), "{shown}");
    }
    if let Some(to) = ConnectTo::parse(text) {
        let (host, port) = to.target("kv-prod.vault.azure.net", 443);
        assert!(!host.is_empty() && port != 0);
    }
}

/// Whether a list of exemptions has this host.
pub fn is_exempt(list: &str, host: &str, port: u16) -> bool {
    NoProxy::parse(list).covers(host, port)
}

/// Whether a pattern is one, and has this name.
pub fn fits(pattern: &str, name: &str) -> Option<bool> {
    Pattern::parse(pattern).and_then(|pattern| Some(pattern.fits(&listed(name, "")?)))
}

/// Whether a tag is one, and this is it.
pub fn is_tagged(tag: &str, text: &str) -> Option<bool> {
    Tag::parse(tag).and_then(|tag| Some(tag.fits(&listed("a", text)?)))
}

fn listed(name: &str, tag: &str) -> Option<Listed> {
    Some(Listed {
        vault: VaultName::parse("kv-prod")?,
        name: SecretName::parse(name)?,
        enabled: true,
        managed: false,
        tags: [(tag.to_owned(), String::new())].into_iter().collect(),
    })
}

// --- what services say, a part at a time ---

/// The wait that headers ask for.
pub fn wait<'a>(header: impl Fn(&str) -> Option<&'a str>, now: SystemTime) -> Option<Duration> {
    retry_after(header, now)
}

/// The file of Azure Arc's challenge.
pub fn key_file(challenge: &str) -> Option<std::path::PathBuf> {
    key_path(challenge).ok()
}

/// A comment with the mark of a secret whose user this is, and whether the mark is found in it again.
pub fn marked(comment: &str, user: &str, is_json: bool) -> (String, bool) {
    let credential = Credential {
        vault: VaultName::parse("kv-prod").expect("a vault's name"),
        secret: SecretName::parse("db-password").expect("a secret's name"),
        version: None,
    };
    let version = SecretVersion::parse("204d23b5e2f34f78b0e708497bc631fa");
    let mark = Mark::new(&credential, version, user, is_json);
    let after = mark.comment(comment);
    let is_found = Mark::find(&after).is_some_and(|found| found.is_as(&mark));
    (after, is_found)
}

/// Whether a comment has a mark.
pub fn is_marked(comment: &str) -> bool {
    Mark::find(comment).is_some()
}

/// A service's words, where a secret is known.
pub fn struck(text: &str, secret: &str) -> String {
    let mut redactor = Redactor::default();
    redactor.learn(&Secret::new(secret.to_owned()));
    redactor.strike(text)
}

/// A value as JSON with user and password, and as base64: each as bytes, where it is that.
pub fn value(text: &str) -> [Option<Vec<u8>>; 2] {
    let credential = Credential {
        vault: VaultName::parse("kv-prod").expect("a vault's name"),
        secret: SecretName::parse("a").expect("a secret's name"),
        version: None,
    };
    let bytes = |json_value, decode| {
        let content = Content {
            value: Secret::new(text.to_owned()),
            version: None,
            content_type: None,
            tags: std::collections::HashMap::default(),
            expires: None,
        };
        let shape = Shape {
            user_tag: None,
            json_value,
        };
        let bytes = shape.bytes(&credential, content, decode).ok()?;
        Some(bytes.as_slice().to_vec())
    };
    [bytes(true, None), bytes(false, Some(Decode::Base64))]
}

/// Variables as they are written, for python-dotenv or a shell; nothing where none can hold a value.
pub fn variables(values: [&str; 2], for_a_shell: bool) -> Option<Vec<u8>> {
    let [a, b] = values.map(|value| Secret::new(value.to_owned()));
    if has_nul(&a) || has_nul(&b) {
        return None;
    }
    let dialect = if for_a_shell {
        Dialect::Shell
    } else {
        Dialect::Dotenv
    };
    Some(dialect.render(&[("A", &a), ("B", &b)]).as_slice().to_vec())
}

// --- what services say, by the real client ---

/// Where everybody listens: by plain http, and by TLS with a certificate of these roots.
pub struct Loopback {
    /// The port for plain http.
    pub plain: u16,
    /// The port for TLS.
    pub tls: u16,
    /// The roots in PEM.
    pub roots: Vec<u8>,
}

/// Who gives the token.
#[derive(Clone, Copy)]
pub enum By {
    /// A virtual machine's endpoint.
    Metadata,
    /// App Service's.
    AppService,
    /// Azure Arc's agent.
    Arc,
    /// Entra ID.
    Entra,
}

impl Loopback {
    fn network(&self) -> Network {
        let (roots, _) = ExtraRoots::from_pem(&self.roots).expect("the harness has a root");
        let connect_to = ConnectTo::parse(&format!("::127.0.0.1:{}", self.tls));
        Network {
            deadline: Deadline::new(Instant::now(), TIMEOUT),
            roots,
            proxy: None,
            no_proxy: NoProxy::default(),
            connect_to: connect_to.into_iter().collect(),
            parallel: 1,
        }
    }

    fn identity(&self, by: By) -> Identity {
        let system = ManagedIdentity::System;
        let plain = format!("http://127.0.0.1:{}", self.plain);
        let endpoint = || Endpoint::parse_loopback(&format!("{plain}/token")).expect("a URL");
        let canary = || Secret::new(CANARY.to_owned());
        match by {
            By::Metadata => {
                let endpoint = MetadataEndpoint::parse(&plain, false).expect("a URL");
                Identity::Metadata(endpoint, ManagedIdentity::ClientId("c".to_owned()))
            }
            By::AppService => Identity::AppService(
                AppService {
                    endpoint: endpoint(),
                    header: canary(),
                },
                system,
            ),
            By::Arc => Identity::Arc(
                AzureArc {
                    endpoint: endpoint(),
                    deadline: Deadline::new(Instant::now(), TIMEOUT),
                },
                system,
            ),
            By::Entra => Identity::ClientSecret(ClientSecret {
                application: Application {
                    tenant: "contoso".to_owned(),
                    client_id: "c".to_owned(),
                },
                secret: canary(),
            }),
        }
    }

    /// A token.
    pub fn token(&self, by: By) -> Said {
        let (ear, cloud) = (Ear::default(), Cloud::public());
        let client = Client::new(self.network(), &ear);
        let audience = Audience::of_suffix(cloud.vault_suffix.name());
        let token = self.identity(by).token(&client, &cloud, &audience);
        drop(client);
        ear.result(token)
    }

    /// The same by way of a proxy, which listens for plain http.
    pub fn token_by_proxy(&self) -> Said {
        let (ear, cloud) = (Ear::default(), Cloud::public());
        let proxy = Proxy::parse(&format!("http://user:{CANARY}@127.0.0.1:{}", self.plain));
        let network = Network {
            proxy: proxy.ok(),
            connect_to: Vec::new(),
            ..self.network()
        };
        let client = Client::new(network, &ear);
        let audience = Audience::of_suffix(cloud.vault_suffix.name());
        let token = self.identity(By::Entra).token(&client, &cloud, &audience);
        drop(client);
        ear.result(token)
    }

    /// A secret, of which perhaps a version is wanted. The token is given by plain http.
    pub fn secret(&self, version: bool) -> Said {
        self.in_session(|session| {
            let secret = SecretName::parse("db-password").expect("a secret's name");
            let version =
                SecretVersion::parse("204d23b5e2f34f78b0e708497bc631fa").filter(|_| version);
            let vault = session.vault(&VaultName::parse("kv-prod").expect("a vault's name"))?;
            let content = vault.get(&secret, version.as_ref());
            content.map(drop).map_err(|refusal| refusal.error)
        })
    }

    /// A vault's listing.
    pub fn listing(&self) -> Said {
        self.in_session(|session| {
            let vault = session.vault(&VaultName::parse("kv-prod").expect("a vault's name"))?;
            vault.list().map_err(|refusal| refusal.error)
        })
    }

    /// A subscription's vaults.
    pub fn vaults(&self) -> Said {
        self.in_session(|session| {
            let scope = Scope {
                subscription: "s".to_owned(),
                resource_group: None,
            };
            let vaults = session.vaults(&scope)?;
            let hosts = arm::endpoint(session.cloud)?;
            for vault in &vaults {
                assert!(
                    vault.uri.to_ascii_lowercase().starts_with("https://"),
                    "{hosts}"
                );
            }
            Ok(vaults)
        })
    }

    fn in_session<T>(&self, ask: impl FnOnce(&Session) -> Result<T, Error>) -> Said {
        let (ear, cloud) = (Ear::default(), Cloud::public());
        let client = Client::new(self.network(), &ear);
        let identity = self.identity(By::AppService);
        let result = ask(&Session::new(&client, &identity, &cloud, "7.4"));
        drop(client);
        ear.result(result)
    }

    /// An XSOAR server's credentials, and what it says when one is written.
    pub fn store(&self, writes: bool) -> Said {
        let ear = Ear::default();
        let client = Client::new(self.network(), &ear);
        let canary = Secret::new(CANARY.to_owned());
        let key = Key::new(canary.share(), KeyKind::Plain).expect("visible ASCII");
        client.learn(&canary);
        let address = format!("http://127.0.0.1:{}", self.plain);
        let server = Server::new(&address, key).expect("this machine's");
        let draft = Draft {
            instead_of: None,
            name: "kv-prod/db-password",
            user: "db-password",
            password: &canary,
            comment: "",
        };
        let result = if writes {
            server.put(&client, &draft).map(|()| Vec::new())
        } else {
            server.list(&client)
        };
        drop(client);
        ear.result(result.map_err(|refusal| refusal.error))
    }
}

/// The folder that a challenge may lead to.
pub fn keys() -> &'static Path {
    Path::new("/var/opt/azcmagent/tokens")
}
