//! The configuration file's keys that no option explains.

use akv_xsoar::options::table::KEYS;

/// Each with what it means.
pub fn keys() -> Vec<(&'static str, &'static str)> {
    KEYS.iter()
        .map(|(key, _)| (*key, words(key).expect("words for each key")))
        .collect()
}

fn words(key: &str) -> Option<&'static str> {
    Some(match key {
        "azure_cloud" => "the same as cloud, by XSOAR's names",
        "resource_group_name" => "the same as resource_group",
        "key_vaults" => "the same as vault",
        "secrets" => "the same as secret",
        "credentials" => "an object, whose password is the client secret; or that as text",
        "client_secret" => "the older name of credentials",
        "credentials_certificate_thumbprint" => {
            "an object, whose password is the thumbprint of the certificate that belongs to private_key"
        }
        "certificate_thumbprint" => {
            "the older name of credentials_certificate_thumbprint, which counts where both are there"
        }
        "xsoar_key" => "the key of XSOAR's API; or an object, whose password it is",
        "private_key" => "the certificate's private key, as PEM, also on one line",
        "use_managed_identities" => "true: the machine's managed identity",
        "managed_identities_client_id" => {
            "an object, whose password is the client id of a user-assigned one; or that as text"
        }
        "proxy" => {
            "true: as the environment says; false: none, whatever it says; or a proxy's URL, which may hold a password here"
        }
        "insecure" => "can only be false: certificates are always checked",
        "isFetchCredentials"
        | "integrationLogLevel"
        | "credentials_name"
        | "credentials_fetch_mode"
        | "fetchCredentialsOnDemand" => "of the integration's, and nothing to this program",
        _ => return None,
    })
}
