//! An application: the proof that decided, with the tenant and client id that go with it.

use std::path::{Path, PathBuf};

use super::super::settings::{Rank, Setting, Settings, names};
use super::super::{Surroundings, proof, variable};
use super::{CERTIFICATE, Choice, FROM_FILE, Kind};
use crate::error::{Error, printable};
use crate::identity::{Application, Certificate, ClientSecret, Identity, Workload};
use crate::secret::Secret;

/// An application with the proof that decided.
pub fn choose(
    settings: &Settings,
    surroundings: &Surroundings,
    name: &'static str,
    kind: Kind,
    proof: &Setting,
) -> Result<Choice, Error> {
    let rank = proof.origin.rank;
    let tenant = companion(settings, "tenant-id", rank);
    let client = companion(settings, "client-id", rank);
    let (Some(tenant), Some(client)) = (tenant, client) else {
        let given = format!("{} is half an application", proof.origin);
        let has = [tenant.is_some(), client.is_some(), true];
        return Err(half(settings, &given, has, kind));
    };
    let because = format!(
        "{} with {} and {}",
        proof.origin, client.origin, tenant.origin
    );
    let application = Application {
        tenant: checked_tenant(tenant)?,
        client_id: checked_id(client)?,
    };
    let path = Path::new(proof.text());
    let identity = match (kind, name) {
        (Kind::Certificate, CERTIFICATE) => {
            let chain = send_chain(surroundings)?;
            let parse = |pem: &str| Certificate::from_pem(application, pem, chain);
            Identity::Certificate(Box::new(proof::certificate(
                path,
                &proof.origin,
                surroundings,
                parse,
            )?))
        }
        (Kind::Certificate, _) => {
            Identity::Certificate(Box::new(by_thumbprint(settings, rank, application)?))
        }
        (Kind::Workload, _) => Identity::Workload(Workload {
            application,
            token_file: PathBuf::from(path),
            deadline: *surroundings.deadline,
        }),
        _ => {
            let secret = match name {
                FROM_FILE => proof::secret("client secret", path, &proof.origin, surroundings)?,
                _ => Secret::new(proof.text().to_owned()),
            };
            Identity::ClientSecret(ClientSecret {
                application,
                secret,
            })
        }
    };
    Ok(Choice {
        identity,
        because,
        proof: Some(rank),
        moved: None,
        warning: None,
    })
}

/// As XSOAR's integration has it: a private key and the thumbprint of its certificate.
fn by_thumbprint(
    settings: &Settings,
    rank: Rank,
    application: Application,
) -> Result<Certificate, Error> {
    let key = settings.at(names::PRIVATE_KEY, rank);
    let thumbprint = settings.at(names::THUMBPRINT, rank);
    let (Some(key), Some(thumbprint)) = (key, thumbprint) else {
        let given = key.or(thumbprint).map(|setting| setting.origin.to_string());
        let missing = if key.is_some() {
            "credentials_certificate_thumbprint"
        } else {
            "private_key"
        };
        let what = format!(
            "{} is half a certificate: there is no `{missing}`",
            given.unwrap_or_default()
        );
        return Err(
            Error::usage(what).hint("give both, or one PEM file with `--client-certificate`")
        );
    };
    Certificate::from_thumbprint(application, key.text(), thumbprint.text()).map_err(|problem| {
        Error::usage(format!(
            "{} with {} cannot be used: {problem}",
            key.origin, thumbprint.origin
        ))
    })
}

/// Whether the certificate itself goes into each assertion, for applications known by subject name.
fn send_chain(surroundings: &Surroundings) -> Result<bool, Error> {
    let value = variable(
        surroundings.environment,
        "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    )?;
    Ok(value
        .is_some_and(|value| value.expose() == "1" || value.expose().eq_ignore_ascii_case("true")))
}

/// The tenant or client id that goes with a proof: the command line's, the proof's rank's, any other's.
fn companion<'a>(settings: &'a Settings, name: &str, rank: Rank) -> Option<&'a Setting> {
    let order = [Rank::CommandLine, rank].into_iter().chain(Rank::ALL);
    order.into_iter().find_map(|rank| settings.at(name, rank))
}

/// Half an application: what is missing, and where it was looked for.
pub fn half(settings: &Settings, given: &str, has: [bool; 3], kind: Kind) -> Error {
    let missing = [
        "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)",
        "no client id (`--client-id`, `AZURE_CLIENT_ID`, `client_id`)",
        kind.proof(),
    ];
    let missing: Vec<_> = missing
        .iter()
        .zip(has)
        .filter(|(_, has)| !has)
        .map(|(words, _)| *words)
        .collect();
    let what = format!("{given}: there is {}", missing.join(", and "));
    let hint =
        "give what is missing on the command line, in the environment or in the configuration file";
    // Where a kind is pinned, a managed identity would be another.
    let or = match settings.strongest("identity") {
        None => "; or use `--managed-identity`",
        Some(_) => "",
    };
    Error::usage(what).hint(format!("{hint}{or}"))
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
