//! Azure Key Vault: reading a secret, listing the secrets.
//!
//! Source: Key Vault's REST reference, "Get Secret" and "Get Secrets".

mod listing;
mod names;
mod refusal;

use std::collections::HashMap;

use serde::Deserialize;

pub(crate) use listing::Listed;
use names::SecretId;
pub(crate) use names::{SecretName, SecretVersion, VaultName, parse_id};
pub(crate) use refusal::{
    Reach, TAKEN_AWAY, by_group, no_answer, not_taken, objection, other_tenant, tenant_of,
};

use crate::cloud::Host;
use crate::http::{self, Answer, Client, Request, Service, Url};
use crate::lenient;
use crate::secret::Secret;
use crate::token::Bearer;

/// A vault that can be asked: its host belongs to the cloud whose token goes there.
pub(crate) struct Vault<'a> {
    client: &'a Client<'a>,
    token: Bearer<'a>,
    name: VaultName,
    host: Host,
    api_version: &'a str,
}

impl<'a> Vault<'a> {
    pub(crate) fn new(
        client: &'a Client<'a>,
        token: Bearer<'a>,
        name: VaultName,
        suffix: &Host,
        api_version: &'a str,
    ) -> Self {
        let host = suffix.under(name.as_str());
        Self {
            client,
            token,
            name,
            host,
            api_version,
        }
    }

    /// Reads one secret, its current version unless one is asked for.
    pub(crate) fn get(
        &self,
        secret: &SecretName,
        version: Option<&SecretVersion>,
    ) -> Result<Content, Refusal> {
        let inquiry = Inquiry {
            of_version: version.is_some(),
            ..self.inquiry(format!("cannot read `{}/{secret}`", self.name))
        };
        self.read(&inquiry, secret, version)
            .map_err(|refusal| match refusal.reach {
                Reach::Vault => refusal
                    .map(|error| error.of(format!("cannot read from the vault `{}`", self.name))),
                Reach::Missing | Reach::Request => refusal,
            })
    }

    fn read(
        &self,
        inquiry: &Inquiry,
        secret: &SecretName,
        version: Option<&SecretVersion>,
    ) -> Result<Content, Refusal> {
        let url = self.url(&secret_path(secret, version), "", inquiry)?;
        let answer = self.ask(&url, format!("secret `{secret}`"), inquiry)?;
        let bundle: Bundle = inquiry.json(&answer, NOT_ASKED_FOR)?;
        let odd = |what: &str| inquiry.senseless(format!("`{}` answered with {what}", answer.host));
        let is_asked_for = |id: &SecretId| {
            id.host.name() == self.host.name()
                && id.secret == *secret
                && (version.is_none() || id.version.as_ref() == version)
        };
        let id = bundle.id.as_deref().map(parse_id);
        if id
            .as_ref()
            .is_some_and(|id| !id.as_ref().is_some_and(is_asked_for))
        {
            return Err(odd("another secret than the one asked for"));
        }
        let value = bundle
            .value
            .ok_or_else(|| odd("a secret that has no value"))?;
        self.client.learn(&value);
        Ok(Content {
            value,
            version: id.flatten().and_then(|id| id.version),
            content_type: bundle.content_type,
            tags: bundle.tags,
            expires: bundle.attributes.and_then(|attributes| attributes.exp),
        })
    }

    /// Every secret of the vault, without values, in the vault's order.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, Refusal> {
        listing::list(self)
    }

    /// Whether it may be listed: one secret is asked for.
    pub(crate) fn try_list(&self) -> Result<(), Refusal> {
        listing::first(self)
    }

    fn inquiry(&self, operation: String) -> Inquiry<'_> {
        Inquiry {
            vault: &self.name,
            operation,
            of_version: false,
        }
    }

    fn url(&self, path: &str, more: &str, inquiry: &Inquiry) -> Result<Url, Refusal> {
        inquiry.url(&url_text(&self.host, path, self.api_version, more))
    }

    fn ask(&self, url: &Url, purpose: String, inquiry: &Inquiry) -> Result<Answer, Refusal> {
        let request = Request::get(url).purpose(purpose).bearer(self.token);
        self.client.ask(inquiry, &request)
    }
}

/// Where a secret is.
pub(crate) fn secret_url(
    host: &Host,
    secret: &SecretName,
    version: Option<&SecretVersion>,
    api_version: &str,
) -> Option<Url> {
    let text = url_text(host, &secret_path(secret, version), api_version, "");
    Url::parse(&text).ok()
}

/// Where the first page of a vault's listing is.
pub(crate) fn listing_url(host: &Host, api_version: &str) -> Option<Url> {
    Url::parse(&url_text(host, SECRETS, api_version, "")).ok()
}

const SECRETS: &str = "/secrets";

fn secret_path(secret: &SecretName, version: Option<&SecretVersion>) -> String {
    match version {
        Some(version) => format!("{SECRETS}/{secret}/{version}"),
        None => format!("{SECRETS}/{secret}"),
    }
}

fn url_text(host: &Host, path: &str, api_version: &str, more: &str) -> String {
    format!("https://{host}{path}?api-version={api_version}{more}")
}

pub(crate) type Refusal = http::Refusal<Reach>;

struct Inquiry<'a> {
    vault: &'a VaultName,
    operation: String,
    /// Whether a version was named.
    of_version: bool,
}

const NOT_ASKED_FOR: &str = "JSON that is not what was asked for";

/// A secret as Key Vault answers it; nearly everything is optional, in any order.
#[derive(Deserialize)]
struct Bundle {
    id: Option<String>,
    value: Option<Secret>,
    #[serde(default, rename = "contentType", deserialize_with = "lenient::text")]
    content_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::texts")]
    tags: Tags,
    #[serde(default, deserialize_with = "lenient::object")]
    attributes: Option<Attributes>,
}

/// What is known of a secret besides its value.
#[derive(Deserialize)]
struct Attributes {
    #[serde(default, deserialize_with = "lenient::switch")]
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "lenient::seconds")]
    exp: Option<i64>,
}

/// A secret's tags: at most 15, values by their keys.
pub(crate) type Tags = HashMap<String, String>;

#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "Azure calls it the content type")]
pub(crate) struct Content {
    pub(crate) value: Secret,
    /// Where the vault says it.
    pub(crate) version: Option<SecretVersion>,
    /// What its writer says the value is.
    pub(crate) content_type: Option<String>,
    pub(crate) tags: Tags,
    /// Until when it is meant to be used, in seconds since 1970; the vault gives it out all the same.
    pub(crate) expires: Option<i64>,
}
