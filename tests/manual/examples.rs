//! Whole errands, beyond those that the help of a command shows.

/// What for, and what is typed.
pub const EXAMPLES: [(&str, &str); 6] = [
    (
        "Is everything in place on this machine? What is missing is said, with what to do:",
        "akv-xsoar check kv-prod/db-password --managed-identity",
    ),
    (
        "On an Azure VM, with the VM's own identity:",
        "akv-xsoar fetch kv-prod/db-password --managed-identity",
    ),
    (
        "With an app registration's certificate; certificate and key are in one file:",
        "akv-xsoar fetch kv-prod/db-password --tenant-id ID --client-id ID --client-certificate app.pem",
    ),
    (
        "With an XSOAR instance's configuration as it is:",
        "akv-xsoar fetch --config instance.json --output /run/xsoar/credentials.json",
    ),
    (
        "For another user's service; a file that needs no change is left alone:",
        "akv-xsoar fetch --vault kv-prod --all --output /run/xsoar/credentials.json --mode 0640 --owner root:demisto --if-changed",
    ),
    (
        "To a private endpoint without private DNS, or through an SSH tunnel:",
        "akv-xsoar get kv-prod/db-password --connect-to kv-prod.vault.azure.net:443:10.1.2.3:443",
    ),
];
