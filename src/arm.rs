//! Azure Resource Manager: which vaults a subscription has.
//!
//! Source: Key Vault's management REST reference, "Vaults - List By Subscription" and "List By Resource
//! Group", and Resource Manager's common error codes. It takes a token of its own, for another audience.

mod refusal;

use std::collections::HashSet;
use std::fmt;

use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use crate::cloud::{Cloud, Host, strip_https};
use crate::error::{Error, Exit, printable};
use crate::http::{Answer, Body, Client, Policy, Request, UNRESERVED, Url};
use crate::token::AccessToken;
use crate::vault::VaultName;

const API_VERSION: &str = "2022-07-01";

/// What else there may come as JSON.
const NO_LIST: &str = "JSON that is no list of vaults";

/// More pages than any subscription has.
const MOST_PAGES: usize = 1_000;

/// Where what is selected names its vaults.
pub const NOT_NEEDED: &str = "to read secrets of vaults that are named it is not needed";

/// Where vaults are looked for.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group, where one is meant.
    pub resource_group: Option<String>,
}

impl Scope {
    /// What is attempted, for messages.
    fn operation(&self) -> String {
        format!("cannot list the vaults of {self}")
    }

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
pub struct Found {
    /// Its name, as it is spelled there.
    pub name: VaultName,
    /// Its URI, under the cloud's suffix.
    pub uri: String,
    /// Its region.
    pub location: String,
    /// Whether it can be reached over the public network, where that is said.
    pub public: Option<bool>,
}

/// Resource Manager's host in a cloud.
///
/// # Errors
/// [`Exit::Usage`] where the cloud has no known one.
pub fn endpoint(cloud: &Cloud) -> Result<&Host, Error> {
    cloud.management.as_ref().ok_or_else(|| {
        Error::usage("the host of this cloud's Resource Manager is not known")
            .hint("give it as `--management-endpoint HOST`")
    })
}

/// What is asked of it, for whoever only wants to know whether it answers.
///
/// # Errors
/// [`Exit::Usage`] where the cloud has no known host.
pub fn public_url(cloud: &Cloud, scope: &Scope) -> Result<Url, Error> {
    Url::parse(&format!("https://{}{}", endpoint(cloud)?, scope.path()))
        .ok_or_else(|| Error::new(Exit::Usage, scope.operation(), "its id makes no URL"))
}

/// Every vault of a subscription or resource group, by name.
///
/// # Errors
/// [`Exit::NotFound`], [`Exit::Denied`] and what every request can lead to; [`Exit::Service`] for a vault
/// whose URI is not under the cloud's suffix: no token goes there.
pub fn vaults(
    client: &Client,
    token: &AccessToken,
    cloud: &Cloud,
    scope: &Scope,
) -> Result<Vec<Found>, Error> {
    let host = endpoint(cloud)?;
    let operation = scope.operation();
    let url = |target: &str| {
        Url::parse(&format!("https://{host}{target}"))
            .ok_or_else(|| Error::new(Exit::Usage, operation.as_str(), "its id makes no URL"))
    };
    let first = url(&scope.path())?;
    let mut next = first.clone();
    let mut seen = HashSet::from([scope.path()]);
    let mut found = Vec::new();
    for page in 1..=MOST_PAGES {
        let answer = ask(client, token, &next, format!("vaults, page {page}"), scope)?;
        let page: Page = answer
            .json(NO_LIST)
            .map_err(|what| senseless(&operation, host, &what))?;
        if page.value.is_none() && page.next_link.is_none() {
            return Err(senseless(&operation, host, NO_LIST));
        }
        for item in page.value.into_iter().flatten() {
            found.push(read(item, cloud, &operation)?);
        }
        let Some(link) = page.next_link.filter(|link| !link.is_empty()) else {
            found.sort_by_cached_key(|found: &Found| found.name.key());
            found.dedup_by(|a, b| a.name == b.name);
            return Ok(found);
        };
        let target = first.next_page(&link).map_err(|problem| {
            let what = format!("a link to the next page that {problem}");
            senseless(&operation, host, &what)
        })?;
        next = url(&target)?;
        if !seen.insert(target) {
            let what = "a link to the next page that repeats";
            return Err(senseless(&operation, host, what));
        }
    }
    let what = format!("more than {MOST_PAGES} pages");
    Err(senseless(&operation, host, &what))
}

fn ask(
    client: &Client,
    token: &AccessToken,
    url: &Url,
    purpose: String,
    scope: &Scope,
) -> Result<Answer, Error> {
    let operation = scope.operation();
    let request = Request {
        purpose: purpose.into(),
        url,
        headers: &[],
        secret_header: Some(("authorization", "Bearer ", token.secret())),
        signature: None,
        body: Body::Nothing,
        policy: Policy::Service,
    };
    let answer = client
        .send(&request)
        .map_err(|failure| failure.during(operation.as_str()))?;
    match answer.status {
        200 => Ok(answer),
        _ => Err(refusal::refusal(client, &answer, scope, url.host())),
    }
}

#[derive(Deserialize)]
struct Page {
    value: Option<Vec<Item>>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
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
fn read(item: Item, cloud: &Cloud, operation: &str) -> Result<Found, Error> {
    let uri = item.properties.vault_uri;
    let spelled = strip_https(&uri)
        .split('.')
        .next()
        .and_then(VaultName::parse);
    let name = Some(&uri)
        .filter(|uri| strip_https(uri).len() < uri.len())
        .and_then(|uri| Host::parse(uri))
        .and_then(|host| VaultName::of_host(&host, &cloud.vault_suffix));
    let Some(name) = name else {
        let cause = format!(
            "the vault `{}` is no host of this cloud (`https://NAME.{}`)",
            printable(&uri),
            cloud.vault_suffix
        );
        return Err(Error::new(Exit::Service, operation, cause)
            .hint("is it the right cloud (`--cloud`, `--vault-suffix`)?"));
    };
    let access = item.properties.public_network_access;
    Ok(Found {
        name: spelled.unwrap_or(name),
        uri: uri.trim_end_matches('/').to_owned(),
        location: printable(&item.location.unwrap_or_default()),
        // What is neither on nor off (`SecuredByPerimeter`) is not open to everybody.
        public: access.map(|access| access.eq_ignore_ascii_case("enabled")),
    })
}

fn senseless(operation: &str, host: &Host, what: &str) -> Error {
    Error::new(Exit::Service, operation, format!("`{host}` answered 200 with {what}"))
        .hint("something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?")
}
