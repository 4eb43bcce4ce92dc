//! The keys of the configuration file that are not simply an option with `_` for `-`: the parameters of
//! XSOAR's AzureKeyVault integration, newer and older ones.

use super::super::settings::names;
use super::{Takes, options};

/// What a key means.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// A setting, by the name of an option or of a secret that no option has.
    Setting(&'static str, Takes),
    /// A password, as text or in the integration's object around it.
    Password(&'static str),
    /// A boolean that is a setting of its own.
    Flag(&'static str),
    /// `proxy`: a boolean or a URL.
    Proxy,
    /// `insecure`.
    Insecure,
    /// Of the integration's, and nothing to us.
    Harmless,
}

/// Each of them.
pub const KEYS: [(&str, Meaning); 18] = [
    ("azure_cloud", Meaning::Setting("cloud", Takes::One(""))),
    (
        "resource_group_name",
        Meaning::Setting("resource-group", Takes::One("")),
    ),
    ("key_vaults", Meaning::Setting("vault", Takes::List(""))),
    ("secrets", Meaning::Setting("secret", Takes::List(""))),
    ("credentials", Meaning::Password(names::CLIENT_SECRET)),
    ("client_secret", Meaning::Password(names::CLIENT_SECRET)),
    (
        "credentials_certificate_thumbprint",
        Meaning::Password(names::THUMBPRINT),
    ),
    (
        "certificate_thumbprint",
        Meaning::Password(names::THUMBPRINT),
    ),
    ("private_key", Meaning::Password(names::PRIVATE_KEY)),
    ("xsoar_key", Meaning::Password(names::XSOAR_KEY)),
    (
        "use_managed_identities",
        Meaning::Flag(names::USE_MANAGED_IDENTITIES),
    ),
    (
        "managed_identities_client_id",
        Meaning::Password(names::MANAGED_IDENTITIES_CLIENT_ID),
    ),
    ("proxy", Meaning::Proxy),
    ("insecure", Meaning::Insecure),
    ("isFetchCredentials", Meaning::Harmless),
    ("integrationLogLevel", Meaning::Harmless),
    ("credentials_name", Meaning::Harmless),
    ("fetchCredentialsOnDemand", Meaning::Harmless),
];

/// What a key of the configuration file means, if it is one.
#[must_use]
pub fn meaning(key: &str) -> Option<Meaning> {
    if let Some((_, meaning)) = KEYS.iter().find(|(name, _)| *name == key) {
        return Some(*meaning);
    }
    let row = options().find(|row| row.in_file && row.key() == key)?;
    Some(match row.takes {
        Takes::Nothing => Meaning::Flag(row.name),
        takes => Meaning::Setting(row.name, takes),
    })
}
