//! Which identity is meant: the rules of ranks, and what is missing where.
//!
//! The strongest rank that names a proof or a managed identity decides the kind. Its tenant and client
//! id go with it; other ranks only fill in what is missing, and the command line's always win.

use std::path::{Path, PathBuf};

use super::settings::{Origin, Rank, Setting, Settings, is_masked, names};
use super::table::METADATA_VARIABLE;
use super::{Surroundings, unreadable, variable};
use crate::error::{Error, Exit, printable};
use crate::file::shown;
use crate::identity::{
    ClientSecret, DEFAULT_ENDPOINT, Identity, ManagedIdentity, MetadataEndpoint,
};
use crate::secret::Secret;

/// The identity, and why it is this one.
#[derive(Debug)]
pub struct Choice {
    /// Who asks.
    pub identity: Identity,
    /// The words that decided it, for `--verbose`.
    pub because: String,
    /// Where the proof comes from; `None` for a managed identity, which proves nothing itself.
    pub proof: Option<Rank>,
    /// Something that was passed over and that the user should know of.
    pub warning: Option<String>,
}

/// What decides the kind at one rank.
enum Claim<'a> {
    /// A proof of an application's.
    Proof(&'static str, &'a Setting),
    /// A managed identity.
    Managed(&'static str, &'a Setting),
}

impl Claim<'_> {
    fn origin(&self) -> &Origin {
        match self {
            Self::Proof(_, setting) | Self::Managed(_, setting) => &setting.origin,
        }
    }
}

const FROM_FILE: &str = "client-secret-file";

/// Proofs by setting; the identities of the last three are not known to this version.
const PROOFS: [&str; 6] = [
    FROM_FILE,
    names::CLIENT_SECRET,
    "client-certificate",
    "federated-token-file",
    names::PRIVATE_KEY,
    names::THUMBPRINT,
];

/// The ways to name a managed identity on the command line or in the file.
const MANAGED: [&str; 5] = [
    names::USE_MANAGED_IDENTITIES,
    "managed-identity",
    "managed-identity-client-id",
    "managed-identity-object-id",
    "managed-identity-resource-id",
];

/// Decides.
pub fn choose(settings: &Settings, surroundings: &Surroundings) -> Result<Choice, Error> {
    for rank in Rank::ALL {
        match claim(settings, rank)? {
            Some(Claim::Proof(name, setting)) => {
                return application(settings, surroundings, name, setting);
            }
            Some(Claim::Managed(name, setting)) => {
                if let Some(stray) = settings.at("client-id", Rank::CommandLine) {
                    let what = format!(
                        "{} is an application's, and {} means a managed identity",
                        stray.origin, setting.origin
                    );
                    return Err(Error::usage(what)
                        .hint("a managed identity is named by `--managed-identity-client-id`"));
                }
                let identity = managed_identity(settings, name, setting)?;
                let because = format!("{} says so", setting.origin);
                return managed(identity, because, surroundings);
            }
            None => {}
        }
    }
    unproven(settings, surroundings)
}

/// The one claim that a rank makes.
fn claim(settings: &Settings, rank: Rank) -> Result<Option<Claim<'_>>, Error> {
    let mut claims: Vec<Claim> = Vec::new();
    for name in PROOFS {
        // The two halves of a certificate's proof in XSOAR's configuration are one.
        let second_half =
            name == names::THUMBPRINT && settings.at(names::PRIVATE_KEY, rank).is_some();
        if let Some(setting) = settings.at(name, rank).filter(|_| !second_half) {
            claims.push(Claim::Proof(name, setting));
        }
    }
    for name in MANAGED {
        // In the file some are booleans.
        if let Some(setting) = settings.at(name, rank).filter(|s| s.text() != "false") {
            claims.push(Claim::Managed(name, setting));
        }
    }
    if let [first, second, ..] = claims.as_slice() {
        let what = format!(
            "{} and {} name two identities",
            first.origin(),
            second.origin()
        );
        return Err(Error::usage(what).hint("leave one of them out"));
    }
    Ok(claims.pop())
}

/// The managed identity that a setting names.
fn managed_identity(
    settings: &Settings,
    name: &str,
    setting: &Setting,
) -> Result<ManagedIdentity, Error> {
    let key = settings.at(names::MANAGED_IDENTITIES_CLIENT_ID, setting.origin.rank);
    Ok(match (name, key) {
        ("managed-identity-client-id", _) => ManagedIdentity::ClientId(managed_id(setting)?),
        ("managed-identity-object-id", _) => ManagedIdentity::ObjectId(managed_id(setting)?),
        ("managed-identity-resource-id", _) => ManagedIdentity::ResourceId(managed_id(setting)?),
        (names::USE_MANAGED_IDENTITIES, Some(key)) => ManagedIdentity::ClientId(managed_id(key)?),
        _ => ManagedIdentity::System,
    })
}

fn managed_id(setting: &Setting) -> Result<String, Error> {
    let text = setting.text();
    if is_masked(text) {
        return Err(
            Error::usage(format!("{} is masked: the id is missing", setting.origin))
                .hint("give it as `--managed-identity-client-id`"),
        );
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let what = format!("{} has blanks or control characters in it", setting.origin);
        return Err(Error::usage(what).hint(
            "the id of a managed identity is a GUID, or a path that begins with `/subscriptions/`",
        ));
    }
    Ok(text.to_owned())
}

/// An application with the proof that decided.
fn application(
    settings: &Settings,
    surroundings: &Surroundings,
    name: &'static str,
    proof: &Setting,
) -> Result<Choice, Error> {
    if name != FROM_FILE && name != names::CLIENT_SECRET {
        let what = format!(
            "{} means an identity that this version does not have",
            proof.origin
        );
        return Err(Error::usage(what)
            .hint("give a client secret (`--client-secret-file`), or a managed identity (`--managed-identity`)"));
    }
    let rank = proof.origin.rank;
    let tenant = companion(settings, "tenant-id", rank);
    let client = companion(settings, "client-id", rank);
    let (Some(tenant), Some(client)) = (tenant, client) else {
        let given = format!("{} is half an application", proof.origin);
        return Err(half(&given, [tenant.is_some(), client.is_some(), true]));
    };
    let because = format!(
        "{} with {} and {}",
        proof.origin, client.origin, tenant.origin
    );
    let tenant = checked_tenant(tenant)?;
    let client_id = checked_id(client)?;
    let secret = if name == FROM_FILE {
        read_secret(Path::new(proof.text()), &proof.origin, surroundings)?
    } else {
        Secret::new(proof.text().to_owned())
    };
    let identity = Identity::ClientSecret(ClientSecret {
        tenant,
        client_id,
        secret,
    });
    Ok(Choice {
        identity,
        because,
        proof: Some(rank),
        warning: None,
    })
}

/// The tenant or client id that goes with a proof: the command line's, the proof's rank's, any other's.
fn companion<'a>(settings: &'a Settings, name: &str, rank: Rank) -> Option<&'a Setting> {
    let order = [Rank::CommandLine, rank].into_iter().chain(Rank::ALL);
    order.into_iter().find_map(|rank| settings.at(name, rank))
}

/// No rank names a proof or a managed identity.
fn unproven(settings: &Settings, surroundings: &Surroundings) -> Result<Choice, Error> {
    let tenant = settings.strongest("tenant-id");
    let client = settings.strongest("client-id");
    // `true` would have been a claim.
    let refused = [names::USE_MANAGED_IDENTITIES, "managed-identity"]
        .into_iter()
        .find_map(|name| settings.at(name, Rank::File));
    match (tenant, client, refused) {
        (None, None, None) => managed(
            ManagedIdentity::System,
            "nothing else is configured".to_owned(),
            surroundings,
        ),
        (None, Some(client), None) if client.origin.rank == Rank::Environment => {
            let identity = ManagedIdentity::ClientId(managed_id(client)?);
            let because = format!("{} is set, and nothing else", client.origin);
            managed(identity, because, surroundings)
        }
        (None, None, Some(refused)) => {
            let given = format!("{} is false, and no application is given", refused.origin);
            Err(half(&given, [false; 3]))
        }
        _ => Err(unproven_application(tenant, client)),
    }
}

/// A tenant or a client id, and nothing that proves it.
fn unproven_application(tenant: Option<&Setting>, client: Option<&Setting>) -> Error {
    let given: Vec<_> = [tenant, client]
        .into_iter()
        .flatten()
        .map(|setting| setting.origin.to_string())
        .collect();
    let verb = if given.len() == 1 { "is" } else { "are" };
    let given = format!("{} {verb} half an application", given.join(" and "));
    let error = half(&given, [tenant.is_some(), client.is_some(), false]);
    match client.filter(|_| tenant.is_none()) {
        Some(client) => error.hint(format!(
            "if {} is a managed identity's, give it as `--managed-identity-client-id`; an application's secret goes into `--client-secret-file`",
            client.origin
        )),
        None => error,
    }
}

/// Half an application: what is missing, and where it was looked for.
fn half(given: &str, has: [bool; 3]) -> Error {
    let missing = [
        "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)",
        "no client id (`--client-id`, `AZURE_CLIENT_ID`, `client_id`)",
        "no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)",
    ];
    let missing: Vec<_> = missing
        .iter()
        .zip(has)
        .filter(|(_, has)| !has)
        .map(|(words, _)| *words)
        .collect();
    let what = format!("{given}: there is {}", missing.join(", and "));
    Error::usage(what).hint("give what is missing on the command line, in the environment or in the configuration file; or use `--managed-identity`")
}

fn managed(
    identity: ManagedIdentity,
    because: String,
    surroundings: &Surroundings,
) -> Result<Choice, Error> {
    let get = |name| variable(surroundings.environment, name);
    let endpoint = get("IDENTITY_ENDPOINT")?;
    if endpoint.is_some() {
        for (header, service) in [
            ("IDENTITY_HEADER", "App Service"),
            ("IMDS_ENDPOINT", "Azure Arc"),
        ] {
            if get(header)?.is_some() {
                let what = format!(
                    "`IDENTITY_ENDPOINT` and `{header}` mean {service}'s managed identity, which this version does not have"
                );
                return Err(Error::usage(what).hint(
                    "give an application: `--tenant-id`, `--client-id`, `--client-secret-file`",
                ));
            }
        }
    }
    let warning = endpoint.map(|_| {
        "`IDENTITY_ENDPOINT` is set without `IDENTITY_HEADER` or `IMDS_ENDPOINT`: the metadata endpoint is used".to_owned()
    });
    let address = get(METADATA_VARIABLE)?;
    let endpoint = match &address {
        None => MetadataEndpoint::parse(DEFAULT_ENDPOINT),
        Some(address) => MetadataEndpoint::parse(address.expose()),
    };
    let endpoint = endpoint.map_err(|problem| {
        Error::usage(format!("`{METADATA_VARIABLE}` cannot be used: {problem}"))
    })?;
    Ok(Choice {
        identity: Identity::Metadata(endpoint, identity),
        because,
        proof: None,
        warning,
    })
}

fn checked_tenant(setting: &Setting) -> Result<String, Error> {
    let text = setting.text();
    if text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        && text.len() <= 253
        && !text.starts_with('.')
    {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!(
        "{} is no tenant: letters, digits, dots and hyphens only",
        setting.origin
    ))
    .hint("a tenant is a GUID, or a domain such as `contoso.onmicrosoft.com`"))
}

fn checked_id(setting: &Setting) -> Result<String, Error> {
    let text = setting.text();
    if text.len() <= 256 && text.bytes().all(|b| b.is_ascii_graphic()) && printable(text) == text {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!("{} is no client id", setting.origin)).hint("a client id is a GUID"))
}

/// No secret of Entra ID's is larger.
const LARGEST_SECRET: usize = 16 * 1024;

fn read_secret(path: &Path, origin: &Origin, surroundings: &Surroundings) -> Result<Secret, Error> {
    let file: PathBuf = path.to_owned();
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        format!("`{}`", shown(&file))
    };
    let operation = format!("cannot read the client secret of {origin} from {name}");
    let problem = |cause: String| Error::new(Exit::Usage, operation.as_str(), cause);
    let deadline = surroundings.deadline;
    let unread = |cause| unreadable(&operation, cause, deadline);
    let bytes = if path == Path::new("-") {
        crate::file::read_stdin(LARGEST_SECRET, deadline).map_err(unread)?
    } else {
        let content = crate::file::read(path, LARGEST_SECRET, deadline).map_err(unread)?;
        if content.access.is_readable_by_others() {
            let cause = format!("every user may read it (mode {})", content.access.octal());
            return Err(problem(cause).hint(format!("`chmod o-rwx {}`", shown(&file))));
        }
        content.bytes
    };
    let text =
        std::str::from_utf8(&bytes).map_err(|_| problem("it is not UTF-8 text".to_owned()))?;
    // What editors and `echo` add.
    let text = text
        .strip_suffix('\n')
        .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        return Err(problem("it is empty".to_owned()));
    }
    Ok(Secret::new(text.to_owned()))
}
