//! Whose endpoint gives a managed identity's token: App Service, Azure Arc, or the metadata endpoint.
//!
//! The order is that of Azure's SDKs; `--identity` leaves it out.

use std::path::Path;

use super::super::Configured;
use super::super::table::METADATA_VARIABLE;
use super::{Identified, IdentityKind};
use crate::error::Error;
use crate::identity::{
    AGENT, ARC_ENDPOINT, AppService, AzureArc, DEFAULT_ENDPOINT, Endpoint, Identity,
    ManagedIdentity, MetadataEndpoint,
};
use crate::secret::Secret;

const ENDPOINT: &str = "IDENTITY_ENDPOINT";
const HEADER: &str = "IDENTITY_HEADER";
const FABRIC: &str = "IDENTITY_SERVER_THUMBPRINT";
const ARC: &str = "IMDS_ENDPOINT";

/// What the machine's variables say of its kind.
struct Signs {
    endpoint: Option<Secret>,
    header: Option<Secret>,
    fabric: bool,
    arc: bool,
}

impl Configured<'_> {
    /// The identity with its source: the pinned one, or the first that shows.
    pub(super) fn managed(
        &self,
        identity: ManagedIdentity,
        because: &str,
        pinned: Option<IdentityKind>,
    ) -> Result<Identified, Error> {
        let signs = Signs {
            endpoint: self.variable(ENDPOINT)?,
            header: self.variable(HEADER)?,
            fabric: self.variable(FABRIC)?.is_some(),
            arc: self.variable(ARC)?.is_some(),
        };
        let (source, sign) = match pinned {
            Some(kind) => (kind, None),
            None => signs.source(),
        };
        let alone = signs.endpoint.is_some() && signs.header.is_none() && !signs.arc;
        let warning = (pinned.is_none() && alone && source == IdentityKind::Imds).then(|| {
            format!(
                "`{ENDPOINT}` is set without `{HEADER}` or `{ARC}`: the metadata endpoint is used"
            )
        });
        let mut moved = None;
        let identity = match source {
            IdentityKind::AppService => app_service(signs, identity)?,
            IdentityKind::Arc => self.arc(&signs, identity)?,
            _ => {
                let address = self.variable(METADATA_VARIABLE)?;
                let endpoint = metadata(address.as_ref(), self.is_in_pod())?;
                moved = address.is_some().then(|| {
                    let address = endpoint.as_str();
                    format!("`{METADATA_VARIABLE}` moves its endpoint to `{address}`")
                });
                Identity::Metadata(endpoint, identity)
            }
        };
        let because = match sign {
            Some(sign) => format!("{because}; {sign}"),
            None => because.to_owned(),
        };
        Ok(Identified {
            identity,
            because,
            proof: None,
            moved,
            warning,
        })
    }

    /// Whether the environment is what Kubernetes gives every container.
    pub(super) fn is_in_pod(&self) -> bool {
        let host = (self.environment)("KUBERNETES_SERVICE_HOST");
        host.is_some_and(|host| !host.is_empty())
    }

    fn arc(&self, signs: &Signs, identity: ManagedIdentity) -> Result<Identity, Error> {
        // With a header it is App Service's.
        let endpoint = signs.endpoint.as_ref().filter(|_| signs.header.is_none());
        let endpoint = endpoint.map_or(ARC_ENDPOINT, Secret::expose);
        let endpoint = Endpoint::parse_loopback(endpoint).map_err(forbidden)?;
        let deadline = self.deadline;
        Ok(Identity::Arc(AzureArc { endpoint, deadline }, identity))
    }
}

impl Signs {
    fn source(&self) -> (IdentityKind, Option<String>) {
        match (&self.endpoint, &self.header) {
            (Some(_), Some(_)) => (
                IdentityKind::AppService,
                Some(format!("`{ENDPOINT}` and `{HEADER}` are set")),
            ),
            (Some(_), None) if self.arc => (
                IdentityKind::Arc,
                Some(format!("`{ENDPOINT}` and `{ARC}` are set")),
            ),
            _ if Path::new(AGENT).exists() => {
                (IdentityKind::Arc, Some(format!("there is `{AGENT}`")))
            }
            _ => (IdentityKind::Imds, None),
        }
    }
}

fn app_service(signs: Signs, identity: ManagedIdentity) -> Result<Identity, Error> {
    if signs.fabric {
        let what =
            format!("`{FABRIC}` means Service Fabric, whose managed identity is not supported");
        return Err(Error::usage(what).hint(ELSE));
    }
    let (Some(endpoint), Some(header)) = (signs.endpoint, signs.header) else {
        let what = format!(
            "App Service's managed identity needs `{ENDPOINT}` and `{HEADER}`, which it sets itself"
        );
        return Err(Error::usage(what).hint("is this App Service, Functions, Container Apps or Automation, with the identity switched on?"));
    };
    if !header.expose().bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::usage(format!(
            "`{HEADER}` has characters that an HTTP header cannot carry"
        )));
    }
    let endpoint = Endpoint::parse(endpoint.expose()).map_err(forbidden)?;
    Ok(Identity::AppService(
        AppService { endpoint, header },
        identity,
    ))
}

fn metadata(address: Option<&Secret>, in_pod: bool) -> Result<MetadataEndpoint, Error> {
    let address = address.map_or(DEFAULT_ENDPOINT, Secret::expose);
    MetadataEndpoint::parse(address, in_pod)
        .map_err(|problem| Error::usage(format!("`{METADATA_VARIABLE}` cannot be used: {problem}")))
}

fn forbidden(problem: &str) -> Error {
    Error::usage(format!("`{ENDPOINT}` cannot be used: {problem}"))
}

const ELSE: &str =
    "give an application: `--tenant-id`, `--client-id`, and a secret or a certificate";
