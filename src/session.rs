//! What every command works with: the identity, the cloud, the network, and its tokens.

use std::cell::OnceCell;
use std::fmt::Display;

use crate::arm::{self, Scope, VaultResource};
use crate::cloud::{Cloud, Host};
use crate::credentials::Credential;
use crate::error::{Error, Exit};
use crate::http::{Client, Network, Url};
use crate::identity::Identity;
use crate::report::Reporter;
use crate::token::{AccessToken, Audience, Bearer, Issuer, Kept};
use crate::vault::{Vault, VaultName, listing_url, secret_url};

/// The way to Azure, as it was configured.
pub(crate) struct Azure {
    pub(crate) identity: Identity,
    /// Why it is this identity, for `--verbose`.
    pub(crate) because: String,
    pub(crate) cloud: Cloud,
    /// Key Vault's.
    pub(crate) api_version: String,
    pub(crate) network: Network,
}

impl Azure {
    /// The network of a run, which begins by telling who asks.
    pub(crate) fn client<'a>(&self, reporter: &'a dyn Reporter) -> Client<'a> {
        reporter.verbose(&format!("identity: {}: {}", self.identity, self.because));
        Client::new(self.network.clone(), reporter)
    }

    pub(crate) fn session<'a>(&'a self, client: &'a Client<'a>) -> Session<'a> {
        Session::new(client, &self.identity, &self.cloud, &self.api_version)
    }
}

/// More connections do not wait for the one that is used.
const MOST_AHEAD: usize = 8;

/// One run's way to Azure. The token for the vaults is asked for when it is first needed, and kept.
pub(crate) struct Session<'a> {
    pub(crate) client: &'a Client<'a>,
    pub(crate) identity: &'a Identity,
    pub(crate) cloud: &'a Cloud,
    api_version: &'a str,
    token: OnceCell<Kept>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        client: &'a Client<'a>,
        identity: &'a Identity,
        cloud: &'a Cloud,
        api_version: &'a str,
    ) -> Self {
        Self {
            client,
            identity,
            cloud,
            api_version,
            token: OnceCell::new(),
        }
    }

    pub(crate) fn reporter(&self) -> &dyn Reporter {
        self.client.reporter()
    }

    /// The token for the cloud's vaults: one request a run, unless a vault wants a new one.
    pub(crate) fn token(&self) -> Result<Bearer<'_>, Error> {
        if let Some(kept) = self.token.get() {
            return Ok(Bearer::new(self, kept));
        }
        let audience = Audience::of_suffix(self.cloud.vault_suffix.name());
        let kept = Kept::new(self, audience)?;
        Ok(Bearer::new(self, self.token.get_or_init(|| kept)))
    }

    /// These vaults are asked next: the connections to the first of them are made while something else is waited
    /// for.
    pub(crate) fn approach<'v>(&self, vaults: impl IntoIterator<Item = &'v VaultName>) {
        for vault in vaults.into_iter().take(MOST_AHEAD) {
            self.connect_ahead(&self.host(vault));
        }
    }

    /// These credentials are read next, in this order.
    pub(crate) fn line_up<'c>(&self, credentials: impl Iterator<Item = &'c Credential>) {
        let url = |one: &Credential| {
            let host = self.host(&one.vault);
            secret_url(&host, &one.secret, one.version.as_ref(), self.api_version)
        };
        self.client.line_up(credentials.filter_map(url));
    }

    /// These vaults are listed next, in this order.
    pub(crate) fn line_up_listings(&self, vaults: &[VaultName]) {
        let url = |vault| listing_url(&self.host(vault), self.api_version);
        self.client.line_up(vaults.iter().filter_map(url));
    }

    /// Nothing else in this vault is read.
    pub(crate) fn forget(&self, vault: &VaultName) {
        self.client.forget(self.host(vault).name());
    }

    fn host(&self, vault: &VaultName) -> Host {
        self.cloud.vault_suffix.under(vault.as_str())
    }

    fn connect_ahead(&self, host: &Host) {
        // What is no URL is refused when it is asked.
        if let Ok(url) = Url::parse(&format!("https://{host}/")) {
            self.client.connect_ahead(&url);
        }
    }

    /// The vaults of a subscription, by name: one request for a token of its own, and one a page.
    pub(crate) fn vaults(&self, scope: &Scope) -> Result<Vec<VaultResource>, Error> {
        let host = arm::endpoint(self.cloud)?;
        self.connect_ahead(host);
        let kept = Kept::new(self, Audience::of_suffix(host.name()))?;
        arm::vaults(self.client, Bearer::new(self, &kept), self.cloud, scope)
    }

    /// A vault of the cloud.
    pub(crate) fn vault(&self, name: &VaultName) -> Result<Vault<'_>, Error> {
        Ok(Vault::new(
            self.client,
            self.token()?,
            name.clone(),
            &self.cloud.vault_suffix,
            self.api_version,
        ))
    }

    /// What the deadline left untried.
    pub(crate) fn untried<T: Display>(&self, left: impl IntoIterator<Item = T>) -> Error {
        let names: Vec<_> = left.into_iter().map(|name| format!("`{name}`")).collect();
        let seconds = self.client.deadline().seconds();
        let operation = format!("the deadline of {seconds} (`--timeout`) passed");
        let cause = format!("not tried: {}", names.join(", "));
        Error::new(Exit::Deadline, operation, cause)
            .hint("give it more time with `--timeout SECONDS`")
    }
}

impl Issuer for Session<'_> {
    fn issue(&self, audience: &Audience) -> Result<AccessToken, Error> {
        self.identity.token(self.client, self.cloud, audience)
    }

    fn is_managed(&self) -> bool {
        self.identity.is_managed()
    }
}
