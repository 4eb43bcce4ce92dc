//! Names of vaults and secrets, and the ids that are made of them, by Azure's rules. They have no case.
//!
//! Source: "Azure Key Vault keys, secrets and certificates overview".

use std::fmt;

use crate::cloud::{Host, strip_https};

#[derive(Clone, Debug)]
pub(crate) struct VaultName(String);

#[derive(Clone, Debug)]
pub(crate) struct SecretName(String);

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
    fn of_host(host: &Host, suffix: &Host) -> Option<Self> {
        let name = host.name().strip_suffix(suffix.name())?.strip_suffix('.')?;
        Self::parse(name).filter(|_| host.port() == suffix.port())
    }

    /// The vault of `https://NAME.SUFFIX[/]`, as it is spelled there.
    pub(crate) fn in_url(url: &str, suffix: &Host) -> Option<Self> {
        let is_https = strip_https(url).len() < url.len();
        Self::of_host(&Host::parse(url).filter(|_| is_https)?, suffix)?;
        Self::spelled(url)
    }

    /// The first label of a URL's host, which is a vault's.
    pub(super) fn spelled(url: &str) -> Option<Self> {
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

/// The parts of a secret's id, which is a URL.
pub(crate) struct SecretId<'a> {
    /// `https://HOST`.
    pub(super) vault_url: &'a str,
    pub(super) host: Host,
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
