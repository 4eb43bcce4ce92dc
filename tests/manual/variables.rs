//! The environment.

use akv_xsoar::options::table::{
    CLIENT_SECRET_VARIABLE, METADATA_VARIABLE, XSOAR_KEY_VARIABLE, options,
};

/// Each variable that the program looks at, and what it means.
pub fn variables() -> Vec<(&'static str, String)> {
    let of_options = options().flat_map(|row| {
        let name = |name: &&'static str| (*name, format!("stands for --{}", row.name));
        row.environment.iter().map(name)
    });
    let others = OTHERS.map(|(name, words)| (name, words.to_owned()));
    of_options.chain(others).collect()
}

/// Those for which there is no option.
const OTHERS: [(&str, &str); 11] = [
    (
        CLIENT_SECRET_VARIABLE,
        "the application's secret itself; a file (--client-secret-file) is seen by fewer",
    ),
    (
        XSOAR_KEY_VARIABLE,
        "the key of XSOAR's API itself; a file (--xsoar-key-file) is seen by fewer",
    ),
    (
        "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
        "true or 1: the certificate is sent along, for applications that trust it by subject and issuer",
    ),
    (
        METADATA_VARIABLE,
        "moves the metadata endpoint; plain http to loopback, link-local and private addresses only",
    ),
    (
        "IDENTITY_ENDPOINT",
        "with IDENTITY_HEADER: App Service's managed identity; with IMDS_ENDPOINT: Azure Arc's; the platform sets them",
    ),
    ("IDENTITY_HEADER", "see IDENTITY_ENDPOINT"),
    (
        "IDENTITY_SERVER_THUMBPRINT",
        "means Service Fabric, whose managed identity is not supported",
    ),
    ("IMDS_ENDPOINT", "see IDENTITY_ENDPOINT"),
    (
        "KUBERNETES_SERVICE_HOST",
        "means a pod: hints say what helps there; Kubernetes sets it",
    ),
    (
        "NO_COLOR",
        "with any value but an empty one: no colour, on a terminal either",
    ),
    ("TERM", "dumb: neither colour nor progress"),
];
