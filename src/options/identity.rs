//! Which identity is meant: the rules of ranks, and what is missing where.
//!
//! The strongest rank that names a proof or a managed identity decides the kind. Its tenant and client
//! id go with it; other ranks only fill in what is missing, and the command line's always win.

mod application;
mod managed;

use super::Surroundings;
use super::settings::{Origin, Rank, Setting, Settings, is_masked, names};
use crate::error::Error;
use crate::identity::{Identity, ManagedIdentity};

/// The identity, and why it is this one.
#[derive(Debug)]
pub struct Choice {
    /// Who asks.
    pub identity: Identity,
    /// The words that decided it, for `--verbose`.
    pub because: String,
    /// Where the proof comes from; `None` for a managed identity, which proves nothing itself.
    pub proof: Option<Rank>,
    /// What moves the endpoint that its tokens come from.
    pub moved: Option<String>,
    /// Something that was passed over and that the user should know of.
    pub warning: Option<String>,
}

/// What decides the kind at one rank.
enum Claim<'a> {
    /// A proof of an application's.
    Proof(&'static str, Kind, &'a Setting),
    /// A managed identity.
    Managed(&'static str, &'a Setting),
}

impl Claim<'_> {
    fn origin(&self) -> &Origin {
        match self {
            Self::Proof(_, _, setting) | Self::Managed(_, setting) => &setting.origin,
        }
    }

    /// Whether it is what `--identity` pins.
    fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Proof(_, own, _) => *own == kind,
            Self::Managed(..) => kind.is_managed(),
        }
    }
}

const FROM_FILE: &str = "client-secret-file";
const CERTIFICATE: &str = "client-certificate";
const TOKEN_FILE: &str = "federated-token-file";

/// What `--identity` can pin: the kind, and of a managed identity the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Secret,
    Certificate,
    Workload,
    Imds,
    Arc,
    AppService,
}

impl Kind {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "secret" => Self::Secret,
            "certificate" => Self::Certificate,
            "workload" => Self::Workload,
            "imds" => Self::Imds,
            "arc" => Self::Arc,
            "app-service" => Self::AppService,
            _ => return None,
        })
    }

    fn is_managed(self) -> bool {
        matches!(self, Self::Imds | Self::Arc | Self::AppService)
    }

    /// What an application of this kind proves itself with, and where that is looked for.
    fn proof(self) -> &'static str {
        match self {
            Self::Certificate => {
                "no certificate (`--client-certificate`, `AZURE_CLIENT_CERTIFICATE_PATH`, `private_key` with `credentials_certificate_thumbprint`)"
            }
            Self::Workload => {
                "no federated token (`--federated-token-file`, `AZURE_FEDERATED_TOKEN_FILE`)"
            }
            _ => {
                "no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)"
            }
        }
    }
}

/// Proofs by setting, and whose identity's each is.
const PROOFS: [(&str, Kind); 6] = [
    (FROM_FILE, Kind::Secret),
    (names::CLIENT_SECRET, Kind::Secret),
    (CERTIFICATE, Kind::Certificate),
    (names::PRIVATE_KEY, Kind::Certificate),
    (names::THUMBPRINT, Kind::Certificate),
    (TOKEN_FILE, Kind::Workload),
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
    let pin = pin(settings)?;
    for rank in Rank::ALL {
        match claim(settings, rank, pin)? {
            Some(Claim::Proof(name, kind, setting)) => {
                return application::choose(settings, surroundings, name, kind, setting);
            }
            Some(Claim::Managed(name, setting)) => {
                no_client_id(settings, &setting.origin)?;
                let identity = managed_identity(settings, name, setting)?;
                let because = format!("{} says so", setting.origin);
                return managed::choose(identity, &because, pin.map(|pin| pin.0), surroundings);
            }
            None => {}
        }
    }
    unproven(settings, surroundings, pin)
}

/// What is pinned, and where.
type Pin<'a> = Option<(Kind, &'a Origin)>;

fn pin(settings: &Settings) -> Result<Pin<'_>, Error> {
    let Some(setting) = settings.strongest("identity") else {
        return Ok(None);
    };
    let kind = Kind::parse(setting.text()).ok_or_else(|| {
        let what = format!(
            "{} is no kind of identity{}",
            setting.origin,
            setting.shown(": ")
        );
        Error::usage(what).hint(
            "the kinds are `secret`, `certificate`, `workload`, `imds`, `arc` and `app-service`",
        )
    })?;
    Ok(Some((kind, &setting.origin)))
}

/// The one claim that a rank makes, of those that agree with what is pinned.
fn claim<'a>(settings: &'a Settings, rank: Rank, pin: Pin) -> Result<Option<Claim<'a>>, Error> {
    let mut claims: Vec<Claim> = Vec::new();
    for (name, kind) in PROOFS {
        // The two halves of a certificate's proof in XSOAR's configuration are one.
        let second_half =
            name == names::THUMBPRINT && settings.at(names::PRIVATE_KEY, rank).is_some();
        if let Some(setting) = settings.at(name, rank).filter(|_| !second_half) {
            claims.push(Claim::Proof(name, kind, setting));
        }
    }
    for name in MANAGED {
        // In the file some are booleans.
        if let Some(setting) = settings.at(name, rank).filter(|s| s.text() != "false") {
            claims.push(Claim::Managed(name, setting));
        }
    }
    if let Some((kind, pinned)) = pin {
        let other = claims.iter().find(|claim| !claim.fits(kind));
        if let Some(other) = other.filter(|_| rank == Rank::CommandLine) {
            let what = format!("{} is not of the kind that {pinned} pins", other.origin());
            return Err(Error::usage(what).hint("leave one of them out"));
        }
        claims.retain(|claim| claim.fits(kind));
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

/// A client id on the command line always counts, and a managed identity has none of an application's.
fn no_client_id(settings: &Settings, managed: &Origin) -> Result<(), Error> {
    match settings.at("client-id", Rank::CommandLine) {
        None => Ok(()),
        Some(stray) => {
            let what = format!(
                "{} is an application's, and {managed} means a managed identity",
                stray.origin
            );
            Err(Error::usage(what)
                .hint("a managed identity is named by `--managed-identity-client-id`"))
        }
    }
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

/// No rank names a proof or a managed identity.
fn unproven(settings: &Settings, surroundings: &Surroundings, pin: Pin) -> Result<Choice, Error> {
    let tenant = settings.strongest("tenant-id");
    let client = settings.strongest("client-id");
    if let Some((kind, pinned)) = pin {
        if kind.is_managed() {
            no_client_id(settings, pinned)?;
            let (identity, because) = match lone_client_id(settings) {
                Some(client) => {
                    let because = format!("{pinned} says so, and {} is set", client.origin);
                    (ManagedIdentity::ClientId(managed_id(client)?), because)
                }
                None => (ManagedIdentity::System, format!("{pinned} says so")),
            };
            return managed::choose(identity, &because, Some(kind), surroundings);
        }
        let given = format!("{pinned} means an application");
        let has = [tenant.is_some(), client.is_some(), false];
        return Err(application::half(settings, &given, has, kind));
    }
    // `true` would have been a claim.
    let refused = [names::USE_MANAGED_IDENTITIES, "managed-identity"]
        .into_iter()
        .find_map(|name| settings.at(name, Rank::File));
    match (tenant, client, refused) {
        (None, None, None) => {
            let because = "nothing else is configured";
            managed::choose(ManagedIdentity::System, because, None, surroundings)
        }
        (None, Some(client), None) if lone_client_id(settings).is_some() => {
            let identity = ManagedIdentity::ClientId(managed_id(client)?);
            let because = format!("{} is set, and nothing else", client.origin);
            managed::choose(identity, &because, None, surroundings)
        }
        (None, None, Some(refused)) => {
            let given = format!("{} is false, and no application is given", refused.origin);
            Err(application::half(
                settings,
                &given,
                [false; 3],
                Kind::Secret,
            ))
        }
        _ => Err(unproven_application(settings, tenant, client)),
    }
}

/// `AZURE_CLIENT_ID`, and nothing else of an application's anywhere: it is a managed identity's.
fn lone_client_id(settings: &Settings) -> Option<&Setting> {
    let others = PROOFS.iter().map(|(name, _)| *name).chain(["tenant-id"]);
    let alone = others
        .into_iter()
        .all(|name| settings.strongest(name).is_none())
        && settings.at("client-id", Rank::CommandLine).is_none()
        && settings.at("client-id", Rank::File).is_none();
    settings
        .at("client-id", Rank::Environment)
        .filter(|_| alone)
}

/// A tenant or a client id, and nothing that proves it.
fn unproven_application(
    settings: &Settings,
    tenant: Option<&Setting>,
    client: Option<&Setting>,
) -> Error {
    let given: Vec<_> = [tenant, client]
        .into_iter()
        .flatten()
        .map(|setting| setting.origin.to_string())
        .collect();
    let verb = if given.len() == 1 { "is" } else { "are" };
    let given = format!("{} {verb} half an application", given.join(" and "));
    let has = [tenant.is_some(), client.is_some(), false];
    let error = application::half(settings, &given, has, Kind::Secret);
    match client.filter(|_| tenant.is_none()) {
        Some(client) => error.hint(format!(
            "if {} is a managed identity's, give it as `--managed-identity-client-id`; an application's secret goes into `--client-secret-file`",
            client.origin
        )),
        None => error,
    }
}
