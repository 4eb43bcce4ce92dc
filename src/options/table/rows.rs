//! The options, in the order of the help.

use super::Takes::{List, Many, Nothing, One, Word};
use super::Verb::{Check, Exec, Fetch, Get, Push, Vaults};
use super::{OptionRow, Section, Verb};
use crate::cloud::Cloud;
use crate::credentials::Decode;
use crate::options::identity::IdentityKind;
use crate::options::output::Format;
use crate::options::xsoar::KeyType;
use crate::selection::Missing;
use crate::words::Word as _;

/// Declares the options under their headings: each a constant of its name in capitals. What follows that: its
/// long name, what it takes, which verbs know it, the environment variables that stand for it, what it means.
macro_rules! options {
    ($($heading:literal {
        $($constant:ident: $name:literal, $takes:expr, $verbs:expr, $environment:expr, $help:literal;)+
    })+) => {
        /// Every option.
        pub const SECTIONS: &[Section] = &[$(($heading, &[$(&$constant),+])),+];

        $($(pub(crate) const $constant: OptionRow = OptionRow {
            name: $name,
            takes: $takes,
            environment: &$environment,
            verbs: $verbs,
            help: $help,
        };)+)+
    };
}

options! {
    "Which secrets" {
        VAULT: "vault", List("NAME"), SELECTING, [],
            "vaults, by name, host or URL; with --secret: every secret from every vault; '*': every vault of the subscription (and resource group)";
        SECRET: "secret", List("NAME"), SELECTING, [],
            "secrets, read from every --vault";
        ALL: "all", Nothing, SEVERAL, [],
            "every enabled secret of the vaults that does not merely back a certificate";
        MATCH: "match", List("GLOB"), SEVERAL, [],
            "of those, the ones whose name matches (*, ?, any case); of several patterns: any of them";
        TAG: "tag", Many("KEY[=VALUE]"), SEVERAL, [],
            "of those, the ones with the tag (KEY=: with an empty value); may be repeated: any of them; with --match: both";
        INCLUDE_CERTIFICATES: "include-certificates", Nothing, SEVERAL, [],
            "with the three above: the secrets behind certificates too";
        MISSING: "missing", Word(Missing::WORDS), SEVERAL, [],
            "what becomes of what does not exist; sparse (default): a CREDENTIAL must exist, and each --secret in at least one --vault; error: all must exist; skip: it is left out";
    }
    "Which identity" {
        TENANT_ID: "tenant-id", One("ID"), EVERY, ["AZURE_TENANT_ID"],
            "the application's tenant";
        CLIENT_ID: "client-id", One("ID"), EVERY, ["AZURE_CLIENT_ID"],
            "the application's (client) id";
        CLIENT_SECRET_FILE: "client-secret-file", One("PATH"), EVERY, [],
            "the file with its secret, - for stdin; or the variable AZURE_CLIENT_SECRET";
        CLIENT_CERTIFICATE: "client-certificate", One("PATH"), EVERY, ["AZURE_CLIENT_CERTIFICATE_PATH"],
            "one PEM file with its certificate (or chain) and private key";
        FEDERATED_TOKEN_FILE: "federated-token-file", One("PATH"), EVERY, ["AZURE_FEDERATED_TOKEN_FILE"],
            "the file with its federated token (workload identity)";
        MANAGED_IDENTITY: "managed-identity", Nothing, EVERY, [],
            "the machine's system-assigned identity";
        MANAGED_IDENTITY_CLIENT_ID: "managed-identity-client-id", One("ID"), EVERY, [],
            "a user-assigned identity, by its client id";
        MANAGED_IDENTITY_OBJECT_ID: "managed-identity-object-id", One("ID"), EVERY, [],
            "a user-assigned identity, by its object (principal) id";
        MANAGED_IDENTITY_RESOURCE_ID: "managed-identity-resource-id", One("ID"), EVERY, [],
            "a user-assigned identity, by its Azure resource id";
        IDENTITY: "identity", Word(IdentityKind::WORDS), EVERY, [],
            "pin the kind, and a managed identity's source; what belongs to another kind is ignored";
    }
    "Which cloud" {
        CLOUD: "cloud", Word(&Cloud::NAMES), EVERY, ["AZURE_CLOUD"],
            "one of Azure's clouds; public by default; also by XSOAR's or az's name for it, such as 'US GCC-High' or AzureUSGovernment";
        AUTHORITY_HOST: "authority-host", One("HOST"), EVERY, ["AZURE_AUTHORITY_HOST"],
            "another cloud: where its tokens come from; any of the names of a known cloud's selects that cloud";
        VAULT_SUFFIX: "vault-suffix", One("SUFFIX"), EVERY, [],
            "another cloud: what follows a vault's name in its host";
        MANAGEMENT_ENDPOINT: "management-endpoint", One("HOST"), EVERY, [],
            "another cloud: its Resource Manager";
        SUBSCRIPTION_ID: "subscription-id", One("ID"), EVERY, ["AZURE_SUBSCRIPTION_ID"],
            "where vaults are looked for, by vaults, check and --vault '*'";
        RESOURCE_GROUP: "resource-group", One("NAME"), EVERY, ["AZURE_RESOURCE_GROUP"],
            "the part of the subscription where vaults are looked for";
    }
    "Output" {
        OUTPUT: "output", One("FILE"), PRINTING, [],
            "the file to write, instead of stdout; created 0600, written beside it and renamed into place; on any failure the old file stays as it was; check only tests that it could be written; with the format files: the directory";
        IF_CHANGED: "if-changed", Nothing, PRINTING, [],
            "where the content is the same, the file keeps its inode and time; mode and owner are still set";
        MODE: "mode", One("OCTAL"), PRINTING, [],
            "the file's permissions; 0600 by default; directories get x where it has r";
        OWNER: "owner", One("USER[:GROUP]"), PRINTING, [],
            "the file's owner, by number or as in /etc/passwd and /etc/group";
        FORMAT: "format", Word(Format::WORDS), &[Fetch, Verb::List, Vaults, Check, Push], [],
            "how the result is written; fetch: xsoar (default), a JSON array; jsonl, one object a line; dotenv, for python-dotenv; shell, for eval in any sh; files, one a secret in the directory --output; list: names, or what fetch would write, with empty passwords; vaults, push: text, or jsonl; check: what fetch is to write; with jsonl its own report, too, is one object a line";
        USER_TAG: "user-tag", One("KEY"), SHAPING, [],
            "the credential's user is that tag's value; where the secret lacks it, the secret's name";
        JSON_VALUE: "json-value", Nothing, &[Fetch, Check, Exec, Push], [],
            "each value is a JSON object whose username (or user) and password are the credential's";
        DECODE: "decode", Word(Decode::WORDS), &[Fetch, Get, Check], [],
            "get, and the format files: the value decoded; auto: only where the content type is application/x-pkcs12 or the tag file-encoding says base64";
        PREFIX: "prefix", One("P"), &[Fetch, Check, Exec], [],
            "dotenv, shell, exec: variables are named P and the secret's name in upper case, - as _; needed with --all, --match, --tag and --vault '*'; a name that is taken, or means something to a shell, a loader or a client (PATH, LD_*, GIT_*, …), is an error unless --env gives it";
        ENV: "env", List("NAME=VAULT/SECRET"), &[Fetch, Check, Exec], [],
            "dotenv, shell, exec: a variable of exactly this name has this secret; this selects it, too";
        PRISTINE: "pristine", Nothing, &[Exec], [],
            "exec: nothing but the secrets in the environment";
        STATUS: "status", One("FILE"), &[Fetch, Check, Push], [],
            "fetch, push: the file that tells how each run went, a failed one too; one JSON object, replaced as a whole, 0644: time, last success, exit code, how many credentials, whether anything changed, what expires first, errors and warnings, never a value; push --dry-run writes none; check only tests that it could be written";
    }
    "XSOAR's server" {
        XSOAR_URL: "xsoar-url", One("URL"), SERVING, ["DEMISTO_BASE_URL"],
            "the server's URL; with /acc_TENANT for one tenant of several; of XSOAR 8 https://api-FQDN; the variable is taken for a key of the environment only";
        XSOAR_KEY_FILE: "xsoar-key-file", One("PATH"), SERVING, [],
            "the file with its API key, - for stdin; or the variable DEMISTO_API_KEY";
        XSOAR_KEY_ID: "xsoar-key-id", One("ID"), SERVING, ["XSIAM_AUTH_ID"],
            "the key's id: XSOAR 8";
        XSOAR_KEY_TYPE: "xsoar-key-type", Word(KeyType::WORDS), SERVING, [],
            "the key's type: XSOAR 8; standard by default";
        DRY_RUN: "dry-run", Nothing, &[Push], [],
            "push: say what would be done, and write nothing";
        ADOPT: "adopt", Nothing, &[Push], [],
            "push: overwrite credentials of these names that somebody else created";
    }
    "Network" {
        TIMEOUT: "timeout", One("SECONDS"), EVERY, [],
            "for the whole run, everything included; 60 by default; decimals are allowed";
        CA_FILE: "ca-file", One("PEM"), EVERY, ["SSL_CERT_FILE"],
            "certificates to trust besides the built-in roots; a file that nobody else may write";
        PROXY: "proxy", One("URL"), EVERY, ["https_proxy", "HTTPS_PROXY"],
            "an HTTP proxy; a password in it only by variable or file";
        NO_PROXY: "no-proxy", Nothing, EVERY, ["no_proxy", "NO_PROXY"],
            "no proxy at all; the variable lists hosts, domains, addresses and networks";
        CONNECT_TO: "connect-to", Many("HOST1:PORT1:HOST2:PORT2"), EVERY, [],
            "connect to HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts mean any, or the same";
        API_VERSION: "api-version", One("V"), EVERY, [],
            "Key Vault's; 7.4 by default";
        PARALLEL: "parallel", One("N"), EVERY, [],
            "so many secrets at once, 1 to 16; 1 by default: one after another";
    }
    "Other" {
        CONFIG: "config", One("FILE"), EVERY, ["AKV_XSOAR_CONFIG"],
            "a JSON file, - for stdin; it has the parameters of XSOAR's AzureKeyVault integration, or the options above with _ for -";
        VERBOSE: "verbose", Nothing, EVERY, [],
            "tell which identity was chosen, and each request: host, what for, status, duration";
        QUIET: "quiet", Nothing, EVERY, [],
            "errors only; no warnings, no hints, no progress";
        HELP: "help", Nothing, EVERY, [],
            "this text, or `help COMMAND`";
        VERSION: "version", Nothing, EVERY, [],
            "the version";
    }
}

/// What has no option: the environment and the configuration file alone have it.
macro_rules! hidden {
    ($($(#[$about:meta])* $name:ident = $word:literal;)+) => {$(
        $(#[$about])*
        pub(crate) const $name: OptionRow = OptionRow {
            name: $word,
            takes: One(""),
            environment: &[],
            verbs: EVERY,
            help: "",
        };
    )+};
}

hidden! {
    /// The application's secret itself.
    CLIENT_SECRET = "client-secret";
    /// The thumbprint of the certificate that belongs to the private key.
    THUMBPRINT = "certificate-thumbprint";
    PRIVATE_KEY = "private-key";
    USE_MANAGED_IDENTITIES = "use-managed-identities";
    /// Counts only with the above.
    MANAGED_IDENTITIES_CLIENT_ID = "managed-identities-client-id";
    /// The API key of an XSOAR server itself.
    XSOAR_KEY = "xsoar-key";
    /// The file's `proxy`, where it is true or false.
    USE_PROXY = "use-proxy";
}

/// Every verb.
const EVERY: &[Verb] = &[];
/// What takes a selection of secrets.
const SELECTING: &[Verb] = &[Fetch, Get, Verb::List, Check, Exec, Push];
/// … of any number.
const SEVERAL: &[Verb] = &[Fetch, Verb::List, Check, Exec, Push];
/// What makes users and passwords of secrets.
const SHAPING: &[Verb] = &[Fetch, Verb::List, Check, Push];
/// What knows an XSOAR server.
const SERVING: &[Verb] = &[Check, Push];
/// What prints a result.
const PRINTING: &[Verb] = &[Fetch, Get, Verb::List, Vaults, Check, Push];
