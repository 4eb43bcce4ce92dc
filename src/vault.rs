//! `Vault`: names, reading a secret, listing the secrets.
//!
//! Source: Key Vault's REST reference, "Get Secret" and "Get Secrets", and its rules for names
//! ("Azure Key Vault keys, secrets and certificates overview").

mod listing;
mod refusal;

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;

pub(crate) use listing::Listed;
pub(crate) use refusal::{Reach, no_answer, other_tenant, tenant_of};

use crate::cloud::{Host, strip_https};
use crate::error::{Error, Exit};
use crate::http::{self, Answer, Client, Request, Service, Url};
use crate::secret::Secret;
use crate::token::AccessToken;

/// A vault's name as it was written; Azure's names have no case.
#[derive(Clone, Debug)]
pub(crate) struct VaultName(String);

/// A secret's name as it was written; Azure's names have no case.
#[derive(Clone, Debug)]
pub(crate) struct SecretName(String);

/// A version's id.
#[derive(Clone, Debug)]
pub(crate) struct SecretVersion(String);

impl VaultName {
    /// 3 to 24 letters, digits and hyphens; begins with a letter, no hyphen at the end, no two in a row.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = (3..=24).contains(&text.len())
            && is_name(text)
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && !text.ends_with('-')
            && !text.contains("--");
        fits.then(|| Self(text.to_owned()))
    }

    /// The vault of a host: exactly a vault's name, a dot and the cloud's suffix, on its port.
    pub(crate) fn of_host(host: &Host, suffix: &Host) -> Option<Self> {
        let name = host.name().strip_suffix(suffix.name())?.strip_suffix('.')?;
        (host.port() == suffix.port())
            .then(|| Self::parse(name))
            .flatten()
    }

    /// The vault of `https://NAME.SUFFIX[/]`, as it is spelled there.
    pub(crate) fn in_url(url: &str, suffix: &Host) -> Option<Self> {
        let is_https = strip_https(url).len() < url.len();
        Self::of_host(&Host::parse(url).filter(|_| is_https)?, suffix)?;
        Self::spelled(url)
    }

    /// The first label of a URL's host, which is a vault's.
    fn spelled(url: &str) -> Option<Self> {
        strip_https(url).split('.').next().and_then(Self::parse)
    }
}

impl SecretName {
    /// 1 to 127 letters, digits and hyphens.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        ((1..=127).contains(&text.len()) && is_name(text)).then(|| Self(text.to_owned()))
    }
}

impl SecretVersion {
    /// 32 letters and digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Comparison as Azure does it, and the text as it was written.
macro_rules! caseless {
    ($($name:ident)*) => {$(
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl $name {
            /// As it was written.
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }

            /// The spelling by which all spellings are equal.
            pub(crate) fn key(&self) -> String {
                self.as_str().to_ascii_lowercase()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

caseless!(VaultName SecretName SecretVersion);

/// A vault that can be asked: its host belongs to the cloud whose token goes there.
pub(crate) struct Vault<'a> {
    client: &'a Client<'a>,
    token: &'a AccessToken,
    name: VaultName,
    host: Host,
    api_version: &'a str,
}

impl<'a> Vault<'a> {
    /// The vault of a cloud by its name; nothing is sent.
    pub(crate) fn new(
        client: &'a Client<'a>,
        token: &'a AccessToken,
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
    ///
    /// # Errors
    /// A [`Refusal`], which says how far it reaches: this secret, or the whole vault.
    pub(crate) fn get(
        &self,
        secret: &SecretName,
        version: Option<&SecretVersion>,
    ) -> Result<Content, Refusal> {
        self.read(secret, version)
            .map_err(|refusal| match refusal.reach {
                Reach::Vault => refusal
                    .map(|error| error.of(format!("cannot read from the vault `{}`", self.name))),
                Reach::Missing | Reach::Request => refusal,
            })
    }

    fn read(
        &self,
        secret: &SecretName,
        version: Option<&SecretVersion>,
    ) -> Result<Content, Refusal> {
        let inquiry = self.inquiry(format!("cannot read `{}/{secret}`", self.name));
        let version_path = version.map(|version| format!("/{version}"));
        let path = format!("/secrets/{secret}{}", version_path.unwrap_or_default());
        let url = self.url(&path, "", &inquiry)?;
        let answer = self.ask(&url, format!("secret `{secret}`"), &inquiry)?;
        let bundle: Bundle = inquiry.json(&answer, NOT_ASKED_FOR)?;
        let odd = |what: &str| inquiry.senseless(format!("`{}` answered with {what}", answer.host));
        let id = match bundle.id.as_deref() {
            None => None,
            Some(id) => Some(
                parse_id(id)
                    .filter(|id| id.host.name() == self.host.name() && id.secret == *secret)
                    .filter(|id| version.is_none() || id.version.as_ref() == version)
                    .ok_or_else(|| odd("another secret than the one asked for"))?,
            ),
        };
        let value = bundle
            .value
            .ok_or_else(|| odd("a secret that has no value"))?;
        self.client.learn(&value);
        Ok(Content {
            value,
            version: id.and_then(|id| id.version),
            content_type: bundle.content_type,
            tags: bundle.tags.unwrap_or_default(),
            expires: bundle.attributes.and_then(|attributes| attributes.exp),
        })
    }

    /// Every secret of the vault, without values, in the vault's order.
    ///
    /// # Errors
    /// A [`Refusal`], which reaches as far as the vault does.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, Refusal> {
        listing::list(self)
    }

    /// Whether it may be listed: one secret is asked for.
    ///
    /// # Errors
    /// As [`Vault::list`].
    pub(crate) fn try_list(&self) -> Result<(), Refusal> {
        listing::first(self)
    }

    fn inquiry(&self, operation: String) -> Inquiry<'_> {
        Inquiry {
            vault: &self.name,
            operation,
        }
    }

    fn url(&self, path: &str, more: &str, inquiry: &Inquiry) -> Result<Url, Refusal> {
        let (host, version) = (&self.host, self.api_version);
        Url::parse(&format!("https://{host}{path}?api-version={version}{more}")).ok_or_else(|| {
            let cause = format!("`{host}` and `{version}` make no URL");
            Refusal {
                reach: Reach::Vault,
                error: Error::new(Exit::Usage, inquiry.operation(), cause),
            }
        })
    }

    fn ask(&self, url: &Url, purpose: String, inquiry: &Inquiry) -> Result<Answer, Refusal> {
        let request = Request::get(url)
            .purpose(purpose)
            .bearer(self.token.secret());
        self.client.ask(inquiry, &request)
    }
}

/// Why a secret or a listing could not be had.
pub(crate) type Refusal = http::Refusal<Reach>;

/// What is asked of a vault.
struct Inquiry<'a> {
    vault: &'a VaultName,
    operation: String,
}

/// JSON of another kind.
const NOT_ASKED_FOR: &str = "JSON that is not what was asked for";

/// A secret as Key Vault answers it; nearly everything is optional, in any order.
#[derive(Deserialize)]
struct Bundle {
    id: Option<String>,
    value: Option<Secret>,
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    tags: Option<Tags>,
    attributes: Option<Attributes>,
}

/// What is known of a secret besides its value.
#[derive(Deserialize)]
struct Attributes {
    enabled: Option<bool>,
    exp: Option<i64>,
}

/// A secret's tags: at most 15, values by their keys.
pub(crate) type Tags = HashMap<String, String>;

/// A secret that was read.
#[derive(Debug)]
#[allow(
    clippy::struct_field_names,
    reason = "Azure calls it the content type"
)]
pub(crate) struct Content {
    /// Its value.
    pub(crate) value: Secret,
    /// Which version it is, where the vault says so.
    pub(crate) version: Option<SecretVersion>,
    /// What its writer says the value is.
    pub(crate) content_type: Option<String>,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Until when it is meant to be used, in seconds since 1970; the vault gives it out all the same.
    pub(crate) expires: Option<i64>,
}

/// The parts of a secret's id, which is a URL.
pub(crate) struct SecretId<'a> {
    /// The vault's part of the URL.
    vault_url: &'a str,
    /// The vault's host.
    pub(crate) host: Host,
    /// The secret's name.
    pub(crate) secret: SecretName,
    /// The version, which ids of listings do not have.
    pub(crate) version: Option<SecretVersion>,
}

impl SecretId<'_> {
    /// The vault, if it is one of this cloud's.
    pub(crate) fn vault(&self, suffix: &Host) -> Option<VaultName> {
        VaultName::in_url(self.vault_url, suffix)
    }
}

/// Reads `https://HOST/secrets/NAME[/VERSION][/]`.
pub(crate) fn parse_id(id: &str) -> Option<SecretId<'_>> {
    let rest = strip_https(id);
    if rest.len() == id.len() {
        return None;
    }
    let mut parts = rest.strip_suffix('/').unwrap_or(rest).split('/');
    let host = parts.next()?;
    if !parts.next()?.eq_ignore_ascii_case("secrets") {
        return None;
    }
    let secret = SecretName::parse(parts.next()?)?;
    let version = match parts.next() {
        Some(version) => Some(SecretVersion::parse(version)?),
        None => None,
    };
    if parts.next().is_some() {
        return None;
    }
    Some(SecretId {
        vault_url: &id[..id.len() - rest.len() + host.len()],
        host: Host::parse(host)?,
        secret,
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_azure_s_rules() {
        for good in ["kv-prod", "KV1", "abcdefghijklmnopqrstuvwx"] {
            assert!(VaultName::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "kv",
            "1kv",
            "-kv",
            "kv-",
            "k--v",
            "kv_1",
            "kv.a",
            "kv/a",
            "abcdefghijklmnopqrstuvwxy",
            "kvä",
        ] {
            assert!(VaultName::parse(bad).is_none(), "{bad}");
        }
        let longest = "a".repeat(127);
        for good in ["a", "1", "-", "db-password", longest.as_str()] {
            assert!(SecretName::parse(good).is_some(), "{good}");
        }
        let too_long = "a".repeat(128);
        for bad in ["", "a_b", "a.b", "a/b", "a b", "ä", "..", too_long.as_str()] {
            assert!(SecretName::parse(bad).is_none(), "{bad}");
        }
        assert!(SecretVersion::parse("204d23b5e2f34f78b0e708497bc631fa").is_some());
        assert!(SecretVersion::parse("204d23b5").is_none());
    }

    #[test]
    fn a_host_is_a_vault_s_only_under_the_suffix() {
        let suffix = Host::parse("vault.azure.net").unwrap();
        let vault = |host: &str| VaultName::of_host(&Host::parse(host).unwrap(), &suffix);
        assert_eq!(
            vault("KV-Prod.vault.azure.net").unwrap().as_str(),
            "kv-prod"
        );
        for bad in [
            "vault.azure.net",
            "a.b.vault.azure.net",
            "kv.vault.azure.net.evil.example",
            "evilvault.azure.net",
            "kv-prod.vault.azure.net:8443",
            "kv-prod.vault.azure.cn",
        ] {
            assert!(vault(bad).is_none(), "{bad}");
        }
        let emulator = Host::parse("vault.localhost:8443").unwrap();
        assert!(
            VaultName::of_host(&Host::parse("kv1.vault.localhost:8443").unwrap(), &emulator)
                .is_some()
        );
    }

    #[test]
    fn ids_are_taken_apart() {
        let version = "204d23b5e2f34f78b0e708497bc631fa";
        let id = format!("https://kv-prod.vault.azure.net:443/secrets/db/{version}");
        let id = parse_id(&id).unwrap();
        assert_eq!(id.host.name(), "kv-prod.vault.azure.net");
        assert_eq!(id.secret.as_str(), "db");
        assert_eq!(id.version.unwrap().as_str(), version);
        assert!(
            parse_id("https://kv-prod.vault.azure.net/secrets/db/")
                .unwrap()
                .version
                .is_none()
        );
        for bad in [
            "https://kv-prod.vault.azure.net/",
            "https://kv-prod.vault.azure.net/keys/db",
            "http://kv-prod.vault.azure.net/secrets/db",
            "kv-prod.vault.azure.net/secrets/db",
            "https://kv-prod.vault.azure.net/secrets/db/1/2",
            "https://kv-prod.vault.azure.net/secrets//",
            "https://kv-prod.vault.azure.net/secrets/db?x=1",
            "https://u@kv-prod.vault.azure.net/secrets/db",
        ] {
            assert!(parse_id(bad).is_none(), "{bad}");
        }
    }
}
