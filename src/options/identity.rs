//! Which identity is meant: the rules of ranks, and what is missing where.
//!
//! The strongest rank that names a proof or a managed identity decides the kind. Its tenant and client
//! id go with it; other ranks only fill in what is missing, and the command line's always win.

mod application;
mod managed;

use super::settings::{Origin, Rank, Setting, is_masked};
use super::table::OptionRow;
use super::{Configured, table};
use crate::error::{Error, is_hidden};
use crate::identity::{Identity, ManagedIdentity};
use crate::text::surrounded;
use crate::words::words;
use application::Half;

/// The identity, and why it is this one.
#[derive(Debug)]
pub(crate) struct Identified {
    pub(crate) identity: Identity,
    /// The words that decided it, for `--verbose`.
    pub(crate) because: String,
    /// Where the proof comes from; `None` for a managed identity, which proves nothing itself.
    pub(crate) proof: Option<Rank>,
    /// What moves the endpoint that its tokens come from.
    pub(crate) moved: Option<String>,
    /// Something that was passed over and that the user should know of.
    pub(crate) warning: Option<String>,
}

words! {
    /// What `--identity` can pin: the kind, and of a managed identity the source.
    pub(crate) enum IdentityKind {
        Secret = "secret",
        Certificate = "certificate",
        Workload = "workload",
        Imds = "imds",
        Arc = "arc",
        AppService = "app-service",
    }
}

impl IdentityKind {
    fn is_managed(self) -> bool {
        matches!(self, Self::Imds | Self::Arc | Self::AppService)
    }
}

/// What decides the kind at one rank.
enum Claim<'a> {
    Proof(Proof, &'a Setting),
    Managed(ManagedBy, &'a Setting),
}

/// What an application proves itself with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    Secret,
    SecretFile,
    CertificateFile,
    /// The two halves of a certificate in XSOAR's configuration, of which one may be missing.
    Key,
    Thumbprint,
    TokenFile,
}

impl Proof {
    fn kind(self) -> IdentityKind {
        match self {
            Self::Secret | Self::SecretFile => IdentityKind::Secret,
            Self::CertificateFile | Self::Key | Self::Thumbprint => IdentityKind::Certificate,
            Self::TokenFile => IdentityKind::Workload,
        }
    }
}

const PROOFS: [(&OptionRow, Proof); 6] = [
    (&table::CLIENT_SECRET_FILE, Proof::SecretFile),
    (&table::CLIENT_SECRET, Proof::Secret),
    (&table::CLIENT_CERTIFICATE, Proof::CertificateFile),
    (&table::PRIVATE_KEY, Proof::Key),
    (&table::THUMBPRINT, Proof::Thumbprint),
    (&table::FEDERATED_TOKEN_FILE, Proof::TokenFile),
];

/// How a managed identity is named.
#[derive(Clone, Copy)]
enum ManagedBy {
    /// The configuration file's `use_managed_identities`, with a client id or without.
    Flag,
    System,
    ClientId,
    ObjectId,
    ResourceId,
}

const MANAGED: [(&OptionRow, ManagedBy); 5] = [
    (&table::USE_MANAGED_IDENTITIES, ManagedBy::Flag),
    (&table::MANAGED_IDENTITY, ManagedBy::System),
    (&table::MANAGED_IDENTITY_CLIENT_ID, ManagedBy::ClientId),
    (&table::MANAGED_IDENTITY_OBJECT_ID, ManagedBy::ObjectId),
    (&table::MANAGED_IDENTITY_RESOURCE_ID, ManagedBy::ResourceId),
];

impl Claim<'_> {
    fn origin(&self) -> &Origin {
        match self {
            Self::Proof(_, setting) | Self::Managed(_, setting) => &setting.origin,
        }
    }

    /// Whether it is what `--identity` pins.
    fn fits(&self, kind: IdentityKind) -> bool {
        match self {
            Self::Proof(proof, _) => proof.kind() == kind,
            Self::Managed(..) => kind.is_managed(),
        }
    }
}

/// What is pinned, and where.
type Pin<'a> = Option<(IdentityKind, &'a Origin)>;

impl Configured<'_> {
    pub(crate) fn identity(&self) -> Result<Identified, Error> {
        let pin = self.pin()?;
        for rank in Rank::ALL {
            match self.claim(rank, pin)? {
                Some(Claim::Proof(proof, setting)) => return self.application(proof, setting),
                Some(Claim::Managed(by, setting)) => {
                    self.no_client_id(&setting.origin)?;
                    let identity = self.named_managed_identity(by, setting)?;
                    let because = format!("{} says so", setting.origin);
                    return self.managed(identity, &because, pin.map(|pin| pin.0));
                }
                None => {}
            }
        }
        match pin {
            Some((kind, pinned)) => self.unproven_pin(kind, pinned),
            None => self.unproven(),
        }
    }

    fn pin(&self) -> Result<Pin<'_>, Error> {
        let Some(setting) = self.settings.strongest(&table::IDENTITY) else {
            return Ok(None);
        };
        Ok(Some((setting.word()?, &setting.origin)))
    }

    /// The one claim that a rank makes, of those that agree with what is pinned.
    fn claim(&self, rank: Rank, pin: Pin) -> Result<Option<Claim<'_>>, Error> {
        let mut claims: Vec<Claim> = Vec::new();
        let has_key = self.settings.at(&table::PRIVATE_KEY, rank).is_some();
        for (row, proof) in PROOFS {
            // Beside a key it is the key's other half.
            let is_half = proof == Proof::Thumbprint && has_key;
            let setting = self.settings.at(row, rank).filter(|_| !is_half);
            claims.extend(setting.map(|setting| Claim::Proof(proof, setting)));
        }
        for (row, by) in MANAGED {
            // In the file some are booleans.
            let setting = self.settings.on(row, rank);
            claims.extend(setting.map(|setting| Claim::Managed(by, setting)));
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
            let (first, second) = (first.origin(), second.origin());
            let what = format!("{first} and {second} name two identities");
            return Err(Error::usage(what).hint("leave one of them out"));
        }
        Ok(claims.pop())
    }

    /// A client id on the command line always counts, and a managed identity has none of an application's.
    fn no_client_id(&self, managed: &Origin) -> Result<(), Error> {
        match self.settings.at(&table::CLIENT_ID, Rank::CommandLine) {
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

    fn named_managed_identity(
        &self,
        by: ManagedBy,
        setting: &Setting,
    ) -> Result<ManagedIdentity, Error> {
        let rank = setting.origin.rank;
        Ok(match by {
            ManagedBy::System => ManagedIdentity::System,
            ManagedBy::ClientId => ManagedIdentity::ClientId(managed_id(setting)?),
            ManagedBy::ObjectId => ManagedIdentity::ObjectId(managed_id(setting)?),
            ManagedBy::ResourceId => ManagedIdentity::ResourceId(managed_id(setting)?),
            ManagedBy::Flag => match self.settings.at(&table::MANAGED_IDENTITIES_CLIENT_ID, rank) {
                Some(key) => ManagedIdentity::ClientId(managed_id(key)?),
                None => ManagedIdentity::System,
            },
        })
    }

    /// A kind is pinned, and no rank names a proof or a managed identity of it.
    fn unproven_pin(&self, kind: IdentityKind, pinned: &Origin) -> Result<Identified, Error> {
        if !kind.is_managed() {
            let given = format!("{pinned} means an application");
            return Err(self.half(&given, &Half::given(self), kind));
        }
        self.no_client_id(pinned)?;
        let (identity, because) = match self.lone_client_id() {
            Some(client) => {
                let because = format!("{pinned} says so, and {} is set", client.origin);
                (ManagedIdentity::ClientId(managed_id(client)?), because)
            }
            None => (ManagedIdentity::System, format!("{pinned} says so")),
        };
        self.managed(identity, &because, Some(kind))
    }

    /// No rank names a proof or a managed identity.
    fn unproven(&self) -> Result<Identified, Error> {
        let tenant = self.settings.strongest(&table::TENANT_ID);
        let client = self.settings.strongest(&table::CLIENT_ID);
        // `true` would have been a claim.
        let refused = [&table::USE_MANAGED_IDENTITIES, &table::MANAGED_IDENTITY]
            .into_iter()
            .find_map(|row| self.settings.at(row, Rank::File));
        match (tenant, client, refused) {
            (None, None, None) => {
                let because = "nothing else is configured";
                self.managed(ManagedIdentity::System, because, None)
            }
            (None, Some(client), None) if self.lone_client_id().is_some() => {
                let identity = ManagedIdentity::ClientId(managed_id(client)?);
                let because = format!("{} is set, and nothing else", client.origin);
                self.managed(identity, &because, None)
            }
            (None, None, Some(refused)) => {
                let given = format!("{} is false, and no application is given", refused.origin);
                Err(self.half(&given, &Half::given(self), IdentityKind::Secret))
            }
            _ => Err(self.unproven_application(tenant, client)),
        }
    }

    /// `AZURE_CLIENT_ID`, and nothing else of an application's anywhere: it is a managed identity's.
    fn lone_client_id(&self) -> Option<&Setting> {
        let is_set = |row: &OptionRow| self.settings.strongest(row).is_some();
        let others = PROOFS.iter().any(|(row, _)| is_set(row)) || is_set(&table::TENANT_ID);
        let client = |rank| self.settings.at(&table::CLIENT_ID, rank);
        let alone = !others && client(Rank::CommandLine).is_none() && client(Rank::File).is_none();
        client(Rank::Environment).filter(|_| alone)
    }

    /// A tenant or a client id, and nothing that proves it.
    fn unproven_application(&self, tenant: Option<&Setting>, client: Option<&Setting>) -> Error {
        let given: Vec<_> = [tenant, client]
            .into_iter()
            .flatten()
            .map(|setting| setting.origin.to_string())
            .collect();
        let verb = if given.len() == 1 { "is" } else { "are" };
        let given = format!("{} {verb} half an application", given.join(" and "));
        let error = self.half(&given, &Half::given(self), IdentityKind::Secret);
        match client {
            Some(client) => error.hint(format!(
                "if {} is a managed identity's, give it as `--managed-identity-client-id`; an application's secret goes into `--client-secret-file`",
                client.origin
            )),
            None => error,
        }
    }
}

fn managed_id(setting: &Setting) -> Result<String, Error> {
    let (text, origin) = (setting.text(), &setting.origin);
    if is_masked(text) {
        return Err(
            Error::usage(format!("{origin} is masked: the id is missing"))
                .hint("give it as `--managed-identity-client-id`"),
        );
    }
    let odd = |c: char| is_hidden(c) || matches!(c, '"' | '\'' | '`');
    if text.chars().any(odd) {
        let what = format!("{origin} has blanks, quotes or invisible characters in it");
        return Err(Error::usage(what)
            .hint("the id of a managed identity is a GUID, or a path that begins with `/subscriptions/`")
            .maybe_hint(surrounded(text)));
    }
    Ok(text.to_owned())
}
