//! The keys of the configuration file that are not simply an option with `_` for `-`: the parameters of
//! XSOAR's AzureKeyVault integration, newer and older ones.

use super::{OptionRow, Takes, options, rows};
use crate::words::nearest;

/// What a key means.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// A setting, as its option takes it.
    Setting(&'static OptionRow),
    /// A password, as text or in the integration's object around it.
    Password(&'static OptionRow),
    /// A boolean that is a setting of its own.
    Flag(&'static OptionRow),
    /// `proxy`: a boolean or a URL.
    Proxy,
    /// `insecure`.
    Insecure,
    /// Of the integration's, and nothing to us.
    Harmless,
}

use Meaning::{Flag, Harmless, Insecure, Password, Proxy, Setting};

/// Each of them.
pub const KEYS: [(&str, Meaning); 19] = [
    ("azure_cloud", Setting(&rows::CLOUD)),
    ("resource_group_name", Setting(&rows::RESOURCE_GROUP)),
    ("key_vaults", Setting(&rows::VAULT)),
    ("secrets", Setting(&rows::SECRET)),
    ("credentials", Password(&rows::CLIENT_SECRET)),
    ("client_secret", Password(&rows::CLIENT_SECRET)),
    (
        "credentials_certificate_thumbprint",
        Password(&rows::THUMBPRINT),
    ),
    ("certificate_thumbprint", Password(&rows::THUMBPRINT)),
    ("private_key", Password(&rows::PRIVATE_KEY)),
    ("xsoar_key", Password(&rows::XSOAR_KEY)),
    (
        "use_managed_identities",
        Flag(&rows::USE_MANAGED_IDENTITIES),
    ),
    (
        "managed_identities_client_id",
        Password(&rows::MANAGED_IDENTITIES_CLIENT_ID),
    ),
    ("proxy", Proxy),
    ("insecure", Insecure),
    ("isFetchCredentials", Harmless),
    ("integrationLogLevel", Harmless),
    ("credentials_name", Harmless),
    ("credentials_fetch_mode", Harmless),
    ("fetchCredentialsOnDemand", Harmless),
];

/// The key that is near enough to one that there is not to be what was meant.
pub(crate) fn meant(key: &str) -> Option<String> {
    let of_options = options()
        .filter(|row| row.is_in_file())
        .map(OptionRow::key)
        .collect::<Vec<_>>();
    let own = KEYS.iter().map(|(name, _)| *name);
    nearest(key, own.chain(of_options.iter().map(String::as_str))).map(str::to_owned)
}

/// What a key of the configuration file means, if it is one.
pub fn meaning(key: &str) -> Option<Meaning> {
    if let Some((_, meaning)) = KEYS.iter().find(|(name, _)| *name == key) {
        return Some(*meaning);
    }
    let row = options().find(|row| row.is_in_file() && row.key() == key)?;
    Some(match row.takes {
        Takes::Nothing => Flag(row),
        _ => Setting(row),
    })
}
