//! `Vault`: names, reading a secret, listing the secrets.
//!
//! Source: Key Vault's REST reference, "Get Secret" and "Get Secrets", and its rules for names
//! ("Azure Key Vault keys, secrets and certificates overview").

mod listing;
mod refusal;

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;

pub use listing::Listed;
pub use refusal::{Reach, Refusal, no_answer, tenant_of};

use crate::cloud::{Host, strip_https};
use crate::error::Exit;
use crate::http::{Answer, Body, Client, Policy, Request, Url};
use crate::secret::Secret;
use crate::token::AccessToken;

/// A vault's name as it was written; Azure's names have no case.
#[derive(Clone, Debug)]
pub struct VaultName(String);

/// A secret's name as it was written; Azure's names have no case.
#[derive(Clone, Debug)]
pub struct SecretName(String);

/// A version's id.
#[derive(Clone, Debug)]
pub struct SecretVersion(String);

impl VaultName {
    /// 3 to 24 letters, digits and hyphens; begins with a letter, no hyphen at the end, no two in a row.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (3..=24).contains(&text.len())
            && is_name(text)
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && !text.ends_with('-')
            && !text.contains("--");
        fits.then(|| Self(text.to_owned()))
    }

    /// The vault of a URL or whole id: exactly a vault's name, a dot and the cloud's suffix, on its port.
    #[must_use]
    pub fn of_host(host: &Host, suffix: &Host) -> Option<Self> {
        let name = host.name().strip_suffix(suffix.name())?.strip_suffix('.')?;
        (host.port() == suffix.port())
            .then(|| Self::parse(name))
            .flatten()
    }
}

impl SecretName {
    /// 1 to 127 letters, digits and hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        ((1..=127).contains(&text.len()) && is_name(text)).then(|| Self(text.to_owned()))
    }
}

impl SecretVersion {
    /// 32 letters and digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
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
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The spelling by which all spellings are equal.
            #[must_use]
            pub fn key(&self) -> String {
                self.0.to_ascii_lowercase()
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
pub struct Vault<'a> {
    client: &'a Client<'a>,
    token: &'a AccessToken,
    name: VaultName,
    host: Host,
    api_version: &'a str,
}

impl<'a> Vault<'a> {
    /// The vault of a cloud by its name; nothing is sent.
    #[must_use]
    pub fn new(
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
    pub fn get(
        &self,
        secret: &SecretName,
        version: Option<&SecretVersion>,
    ) -> Result<Content, Refusal> {
        self.read(secret, version)
            .map_err(|refusal| match refusal.reach {
                Reach::Vault => Refusal {
                    error: refusal
                        .error
                        .of(format!("cannot read from the vault `{}`", self.name)),
                    ..refusal
                },
                _ => refusal,
            })
    }

    fn read(
        &self,
        secret: &SecretName,
        version: Option<&SecretVersion>,
    ) -> Result<Content, Refusal> {
        let operation = format!("cannot read `{}/{secret}`", self.name);
        let path = match version {
            Some(version) => format!("/secrets/{secret}/{version}"),
            None => format!("/secrets/{secret}"),
        };
        let url = self.url(
            &format!("{path}?api-version={}", self.api_version),
            &operation,
        )?;
        let answer = self.ask(&url, format!("secret `{secret}`"), &operation)?;
        let bundle: Bundle = parse(&answer, &operation, &self.host)?;
        if let Some(id) = &bundle.id {
            let is_it = parse_id(id).is_some_and(|id| {
                id.host.name() == self.host.name()
                    && id.secret == *secret
                    && version.is_none_or(|version| id.version.as_ref() == Some(version))
            });
            if !is_it {
                let asked = format!(
                    "`{}` answered with another secret than the one asked for",
                    self.host
                );
                return Err(Refusal::senseless(&operation, asked));
            }
        }
        let Some(value) = bundle.value else {
            let asked = format!("`{}` answered with a secret that has no value", self.host);
            return Err(Refusal::senseless(&operation, asked));
        };
        self.client.learn(&value);
        let id = bundle.id.as_deref().and_then(parse_id);
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
    pub fn list(&self) -> Result<Vec<Listed>, Refusal> {
        listing::list(self)
    }

    /// Whether it may be listed: one secret is asked for.
    ///
    /// # Errors
    /// As [`Vault::list`].
    pub fn try_list(&self) -> Result<(), Refusal> {
        listing::first(self)
    }

    fn url(&self, path_and_query: &str, operation: &str) -> Result<Url, Refusal> {
        Url::parse(&format!("https://{}{path_and_query}", self.host)).ok_or_else(|| {
            let cause = format!("`{}` and `{}` make no URL", self.host, self.api_version);
            Refusal::new(Reach::Vault, Exit::Usage, operation, cause)
        })
    }

    fn ask(&self, url: &Url, purpose: String, operation: &str) -> Result<Answer, Refusal> {
        let request = Request {
            purpose: purpose.into(),
            url,
            headers: &[],
            secret_header: Some(("authorization", "Bearer ", self.token.secret())),
            signature: None,
            body: Body::Nothing,
            policy: Policy::Service,
        };
        let answer = self
            .client
            .send(&request)
            .map_err(|failure| no_answer(failure, &self.name, operation))?;
        match answer.status {
            200 => Ok(answer),
            _ => Err(refusal::refusal(
                self.client,
                &answer,
                &self.host,
                operation,
            )),
        }
    }
}

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
pub type Tags = HashMap<String, String>;

/// A secret that was read.
#[derive(Debug)]
pub struct Content {
    /// Its value.
    pub value: Secret,
    /// Which version it is, where the vault says so.
    pub version: Option<SecretVersion>,
    /// What its writer says the value is.
    pub content_type: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Until when it is meant to be used, in seconds since 1970; the vault gives it out all the same.
    pub expires: Option<i64>,
}

/// The parts of a secret's id, which is a URL.
pub struct SecretId {
    /// The vault's host.
    pub host: Host,
    /// The secret's name.
    pub secret: SecretName,
    /// The version, which ids of listings do not have.
    pub version: Option<SecretVersion>,
}

/// Reads `https://HOST/secrets/NAME[/VERSION][/]`.
#[must_use]
pub fn parse_id(id: &str) -> Option<SecretId> {
    let rest = strip_https(id);
    if rest.len() == id.len() {
        return None;
    }
    let mut parts = rest.strip_suffix('/').unwrap_or(rest).split('/');
    let host = Host::parse(parts.next()?)?;
    if !parts.next()?.eq_ignore_ascii_case("secrets") {
        return None;
    }
    let secret = SecretName::parse(parts.next()?)?;
    let version = match parts.next() {
        Some(version) => Some(SecretVersion::parse(version)?),
        None => None,
    };
    parts.next().is_none().then_some(SecretId {
        host,
        secret,
        version,
    })
}

fn parse<'de, T: Deserialize<'de>>(
    answer: &'de Answer,
    operation: &str,
    host: &Host,
) -> Result<T, Refusal> {
    let parsed = answer.json("JSON that is not what was asked for");
    parsed
        .map_err(|what| Refusal::senseless(operation, format!("`{host}` answered 200 with {what}")))
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
        let id = parse_id(&format!(
            "https://kv-prod.vault.azure.net:443/secrets/db/{version}"
        ))
        .unwrap();
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
