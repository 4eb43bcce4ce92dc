//! What exists in the Azure that is played: tenants, applications, identities, vaults, and the tokens given out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::arc::Agent;
use super::assertion::{Jwt, Registered};
use super::clock;
use super::http::{Answer, Listener, Request};
use super::metadata::Machine;
use super::subscriptions::Subscriptions;
use super::vault::Vault;
use super::xsoar::Server;
use super::{
    APP_SERVICE_HEADER, CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, TENANT, TENANT_DOMAIN, app_service,
    arc, arm, entra, metadata, vault, xsoar,
};

/// The hosts of a cloud.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Where tokens are given out.
    pub authority: String,
    /// What a vault's host ends with.
    pub vault_suffix: String,
    /// Where Resource Manager is.
    pub management: String,
}

impl Cloud {
    /// A cloud with these two hosts, and the third that goes with them.
    pub fn new(authority: &str, vault_suffix: &str) -> Self {
        let management = match vault_suffix {
            "vault.azure.net" => "management.azure.com".to_owned(),
            "vault.azure.cn" => "management.chinacloudapi.cn".to_owned(),
            "vault.cloudapi.eaglex.ic.gov" => "management.azure.eaglex.ic.gov".to_owned(),
            "vault.cloudapi.microsoft.scloud" => "management.azure.microsoft.scloud".to_owned(),
            _ => vault_suffix.replacen("vault.", "management.", 1),
        };
        Self {
            authority: authority.to_owned(),
            vault_suffix: vault_suffix.to_owned(),
            management,
        }
    }

    /// Whom a token for the vaults is for.
    pub fn vault_audience(&self) -> String {
        audience(&self.vault_suffix)
    }

    /// Whom a token for Resource Manager is for.
    pub fn management_audience(&self) -> String {
        audience(&self.management)
    }

    /// Whether tokens are given out for this audience. Resource Manager's has a slash at its end, or has not.
    pub(super) fn gives_tokens_for(&self, resource: &str) -> bool {
        let management = self.management_audience();
        let found = resource.strip_suffix('/').unwrap_or(resource);
        resource == self.vault_audience() || found == management
    }
}

/// An audience has no port.
fn audience(host: &str) -> String {
    let name = host.split(':').next().unwrap_or_default();
    format!("https://{name}")
}

impl Default for Cloud {
    fn default() -> Self {
        Self::new("login.microsoftonline.com", "vault.azure.net")
    }
}

/// An application that is registered in a tenant.
#[derive(Clone, Debug)]
pub struct App {
    /// Its tenant.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
    /// The id of the application's service principal.
    pub object_id: String,
    /// Its client secret.
    pub secret: String,
}

/// What a token that was given out is good for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) audience: String,
    pub(super) tenant: String,
    /// The application's id, and its service principal's.
    pub(super) client: String,
    pub(super) object: String,
    pub(super) revoked: bool,
}

/// Everything that requests can see or change.
pub(super) struct World {
    pub(super) cloud: Cloud,
    /// Each tenant's name in the DNS, by its id.
    pub(super) tenants: BTreeMap<String, String>,
    pub(super) apps: Vec<App>,
    pub(super) machine: Machine,
    /// By name, in lower case.
    pub(super) vaults: BTreeMap<String, Vault>,
    pub(super) subscriptions: Subscriptions,
    pub(super) tokens: BTreeMap<String, Grant>,
    /// How far Azure's clock is ahead of this machine's, in seconds.
    pub(super) skew: i64,
    /// From when until when tokens are said to be good, in seconds from now.
    pub(super) lifetime: (i64, i64),
    /// By the application that has it.
    pub(super) certificates: Vec<(String, Registered)>,
    /// The tokens of others that an application trusts, by the application.
    pub(super) federated: Vec<(String, String)>,
    /// The header and the claims of each assertion that came, and where the program writes them along.
    pub(super) assertions: Vec<Value>,
    pub(super) assertion_file: Option<File>,
    /// Which assertion each `jti` came with.
    jtis: BTreeMap<String, String>,
    /// What proved somebody's identity, and may be written nowhere.
    pub(super) proofs: BTreeSet<String>,
    pub(super) agent: Agent,
    pub(super) xsoar: Option<Server>,
    /// What the request at hand did that no client should do.
    pub(super) violations: Vec<String>,
}

impl World {
    pub(super) fn new(cloud: Cloud) -> Self {
        let tenants = [
            (TENANT, TENANT_DOMAIN),
            (OTHER_TENANT, "fabrikam.onmicrosoft.com"),
        ];
        let app = App {
            tenant: TENANT.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            object_id: "0b1ec7ed-0000-4000-8000-00000000a990".to_owned(),
            secret: CLIENT_SECRET.to_owned(),
        };
        Self {
            cloud,
            tenants: tenants
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
            apps: vec![app],
            machine: Machine::default(),
            vaults: BTreeMap::new(),
            subscriptions: Subscriptions::default(),
            tokens: BTreeMap::new(),
            skew: 0,
            lifetime: (-300, 3599),
            certificates: Vec::new(),
            federated: Vec::new(),
            assertions: Vec::new(),
            assertion_file: None,
            jtis: BTreeMap::new(),
            proofs: BTreeSet::from([APP_SERVICE_HEADER.to_owned()]),
            agent: Agent::default(),
            xsoar: None,
            violations: Vec::new(),
        }
    }

    /// Azure's time.
    pub(super) fn now(&self) -> i64 {
        clock::now() + self.skew
    }

    /// Notes what no client should do.
    pub(super) fn violation(&mut self, request: &Request, text: &str) {
        self.violations.push(format!("{}: {text}", request.line()));
    }

    /// Who answers a request, and what. Another service is another line here and a file of its own.
    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        self.inspect(request);
        if self.is_for_xsoar(request) {
            return xsoar::answer(self, request);
        }
        let host = request.host();
        match request.listener {
            Listener::Local => metadata::answer(self, request),
            Listener::Arc => arc::answer(self, request),
            Listener::AppService => app_service::answer(self, request),
            Listener::Tls if host == self.cloud.authority => entra::answer(self, request),
            Listener::Tls if host == self.cloud.management => arm::answer(self, request),
            Listener::Tls | Listener::Xsoar => self.vault_or_nobody(request, &host),
        }
    }

    fn is_for_xsoar(&self, request: &Request) -> bool {
        let server = self.xsoar.as_ref();
        server.is_some_and(|server| server.serves(request))
    }

    fn vault_or_nobody(&mut self, request: &Request, host: &str) -> Answer {
        if let Some(name) = self.vault_of(host) {
            return vault::answer(self, request, &name);
        }
        self.violation(request, "nobody serves this host");
        Answer::new(421, "text/plain", "no such host")
    }

    /// The name of the vault that has this host.
    fn vault_of(&self, host: &str) -> Option<String> {
        let name = host
            .strip_suffix(&self.cloud.vault_suffix)?
            .strip_suffix('.')?;
        self.vaults.contains_key(name).then(|| name.to_owned())
    }

    /// What holds for every request, wherever it goes.
    fn inspect(&mut self, request: &Request) {
        if let Some(sni) = &request.sni {
            if *sni != request.host_name() {
                let text = format!("`Host` is not the name that TLS was made for, `{sni}`");
                self.violation(request, &text);
            }
        }
        if request.method == "GET" && !request.body.is_empty() {
            self.violation(request, "a GET with a body");
        }
        let secrets = self
            .apps
            .iter()
            .map(|app| &app.secret)
            .chain(self.tokens.keys())
            .chain(&self.proofs);
        let target = percent_encoding::percent_decode_str(&request.target).decode_utf8_lossy();
        if secrets
            .into_iter()
            .any(|secret| !secret.is_empty() && target.contains(secret.as_str()))
        {
            self.violation(request, "a secret in the URL");
        }
        self.keep_apart(request);
    }

    /// Azure is none of XSOAR's business, nor XSOAR of Azure's.
    fn keep_apart(&mut self, request: &Request) {
        let Some(server) = &self.xsoar else { return };
        let headers = request.headers.iter().map(|(_, value)| value.as_bytes());
        let sent: Vec<&[u8]> = headers.chain([request.body.as_slice()]).collect();
        let holds = |secret: &str| {
            let secret = secret.as_bytes();
            let mut parts = sent.iter();
            parts.any(|part| part.windows(secret.len()).any(|window| window == secret))
        };
        if self.is_for_xsoar(request) {
            if self.tokens.keys().any(|token| holds(token)) {
                self.violation(request, "a token of Azure's at XSOAR");
            }
        } else if holds(server.key()) {
            self.violation(request, "XSOAR's key at Azure");
        }
    }

    /// The certificates that are registered with an application.
    pub(super) fn certificates_of(&self, client: &str) -> impl Iterator<Item = &Registered> {
        let certificates = self.certificates.iter();
        certificates.filter_map(move |(app, certificate)| (app == client).then_some(certificate))
    }

    /// The tokens of others that an application trusts.
    pub(super) fn federated_for(&self, client: &str) -> impl Iterator<Item = &str> {
        let tokens = self.federated.iter();
        tokens.filter_map(move |(app, token)| (app == client).then_some(token.as_str()))
    }

    /// Keeps an assertion, for tests and other programs: the header and the claims, never the signature.
    pub(super) fn keep(&mut self, assertion: &str, jwt: Option<&Jwt>) {
        let Some(jwt) = jwt else { return };
        let signature = assertion.rsplit('.').next().unwrap_or_default();
        self.proofs.insert(signature.to_owned());
        let parts = json!({"header": jwt.header, "claims": jwt.claims});
        if let Some(file) = &mut self.assertion_file {
            let _ = writeln!(file, "{parts}");
        }
        self.assertions.push(parts);
    }

    /// Whether no other assertion had this `jti`. The same one may come again: requests are repeated.
    pub(super) fn first_use(&mut self, jti: &str, assertion: &str) -> bool {
        let before = self.jtis.entry(jti.to_owned());
        before.or_insert_with(|| assertion.to_owned()) == assertion
    }

    /// A request that has nothing to do with this service, as a violation.
    pub(super) fn unknown_route(&mut self, request: &Request) -> Answer {
        self.violation(request, "there is no such thing at this service");
        Answer::json(
            404,
            &json!({"error": {"code": "NotFound", "message": "no such route"}}),
        )
    }

    /// Gives out a token.
    pub(super) fn issue(
        &mut self,
        audience: &str,
        tenant: &str,
        client: &str,
        object: &str,
    ) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let now = self.now();
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": clock::random()});
        let claims = json!({
            "aud": audience, "iss": format!("https://sts.windows.net/{tenant}/"), "tid": tenant,
            "iat": now, "nbf": now, "exp": now + 3600, "appid": client, "oid": object, "ver": "1.0",
        });
        // As long as a signature, and good to search for.
        let signature = format!(
            "CanaryT0ken{}",
            (0..20).map(|_| clock::random()).collect::<String>()
        );
        let token = format!("{}.{}.{signature}", part(&header), part(&claims));
        let grant = Grant {
            audience: audience.to_owned(),
            tenant: tenant.to_owned(),
            client: client.to_owned(),
            object: object.to_owned(),
            revoked: false,
        };
        self.tokens.insert(token.clone(), grant);
        token
    }
}
