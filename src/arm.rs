//! Azure Resource Manager: which vaults a subscription has.
//!
//! Source: Key Vault's management REST reference, "Vaults - List By Subscription" and "List By Resource
//! Group", and Resource Manager's common error codes. It takes a token of its own, for another audience.

mod refusal;

use std::fmt;

use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use crate::cloud::{Cloud, Host};
use crate::error::{Error, Exit, printable};
use crate::http::{Client, PageRules, Pages, Request, Service, UNRESERVED, Url};
use crate::token::AccessToken;
use crate::vault::VaultName;

const API_VERSION: &str = "2022-07-01";

const RULES: PageRules = PageRules {
    most: 1_000,
    unfit: NO_LIST,
    no_list: NO_LIST,
    link: |host| format!("`{host}` answered 200 with a link to the next page that"),
};

const NO_LIST: &str = "JSON that is no list of vaults";

/// Where what is selected names its vaults.
pub(crate) const NOT_NEEDED: &str = "to read secrets of vaults that are named it is not needed";

/// Where vaults are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) subscription: String,
    pub(crate) resource_group: Option<String>,
}

impl Scope {
    fn path(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
        let group = self
            .resource_group
            .as_deref()
            .map(|group| format!("/resourceGroups/{}", encoded(group)));
        format!(
            "/subscriptions/{}{}/providers/Microsoft.KeyVault/vaults?api-version={API_VERSION}",
            encoded(&self.subscription),
            group.unwrap_or_default()
        )
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = &self.resource_group {
            write!(f, "the resource group `{group}` in ")?;
        }
        write!(f, "the subscription `{}`", self.subscription)
    }
}

/// A vault as Resource Manager knows it.
#[derive(Debug)]
pub(crate) struct VaultResource {
    /// Its name, as it is spelled there.
    pub(crate) name: VaultName,
    /// Its URI, under the cloud's suffix.
    pub(crate) uri: String,
    pub(crate) location: String,
    /// Whether it can be reached over the public network, where that is said.
    pub(crate) public: Option<bool>,
}

/// Resource Manager's host in a cloud.
pub(crate) fn endpoint(cloud: &Cloud) -> Result<&Host, Error> {
    cloud.management.as_ref().ok_or_else(|| {
        Error::usage("the host of this cloud's Resource Manager is not known")
            .hint("give it as `--management-endpoint HOST`")
    })
}

/// What is asked of it, for whoever only wants to know whether it answers.
pub(crate) fn public_url(cloud: &Cloud, scope: &Scope) -> Result<Url, Error> {
    Ok(scope.url(&format!("https://{}{}", endpoint(cloud)?, scope.path()))?)
}

/// Every vault of a subscription or resource group, by name.
pub(crate) fn vaults(
    client: &Client,
    token: &AccessToken,
    cloud: &Cloud,
    scope: &Scope,
) -> Result<Vec<VaultResource>, Error> {
    let mut vaults = Vec::new();
    let mut pages = Pages::new(scope, &RULES, public_url(cloud, scope)?);
    while let Some(items) = pages.next(|url, page| {
        let request = Request::get(url).purpose(format!("vaults, page {page}"));
        client.ask(scope, &request.bearer(token.secret()))
    })? {
        for item in items {
            vaults.push(read(item, cloud, scope)?);
        }
    }
    vaults.sort_by_cached_key(|vault: &VaultResource| vault.name.key());
    vaults.dedup_by(|a, b| a.name == b.name);
    Ok(vaults)
}

#[derive(Deserialize)]
struct Item {
    location: Option<String>,
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "vaultUri")]
    vault_uri: String,
    #[serde(rename = "publicNetworkAccess")]
    public_network_access: Option<String>,
}

/// The name is the URI's: that is where the token would go.
fn read(item: Item, cloud: &Cloud, scope: &Scope) -> Result<VaultResource, Error> {
    let (uri, suffix) = (item.properties.vault_uri, &cloud.vault_suffix);
    let name = VaultName::in_url(&uri, suffix).ok_or_else(|| {
        let uri = printable(&uri);
        let cause =
            format!("the vault `{uri}` is not a host of this cloud (`https://NAME.{suffix}`)");
        Error::new(Exit::Service, scope.operation(), cause)
            .hint("is it the right cloud (`--cloud`, `--vault-suffix`)?")
    })?;
    let access = item.properties.public_network_access;
    Ok(VaultResource {
        name,
        uri: uri.trim_end_matches('/').to_owned(),
        location: printable(&item.location.unwrap_or_default()),
        // What is neither on nor off (`SecuredByPerimeter`) is not open to everybody.
        public: access.map(|access| access.eq_ignore_ascii_case("enabled")),
    })
}
