//! An application: the proof that decided, with the tenant and client id that go with it.

use std::path::{Path, PathBuf};

use super::super::proof::COPY;
use super::super::settings::{Origin, Rank, Setting};
use super::super::table::OptionRow;
use super::super::{Configured, table};
use super::{Identified, IdentityKind, Proof};
use crate::error::{Error, Exit};
use crate::identity::{Application, Certificate, ClientSecret, Identity, Workload};
use crate::secret::Secret;
use crate::text::{odd_character, surrounded};

impl Configured<'_> {
    /// An application with the proof that decided.
    pub(super) fn application(&self, proof: Proof, setting: &Setting) -> Result<Identified, Error> {
        let origin = &setting.origin;
        let rank = origin.rank;
        let tenant = self.companion(&table::TENANT_ID, rank);
        let client = self.companion(&table::CLIENT_ID, rank);
        let (Some(tenant), Some(client)) = (tenant, client) else {
            let given = format!("{origin} is half an application");
            let has = Half {
                tenant: tenant.is_some(),
                client: client.is_some(),
                proof: true,
            };
            return Err(self.half(&given, &has, proof.kind()));
        };
        let application = Application {
            tenant: checked_tenant(tenant)?,
            client_id: checked_id(client)?,
        };
        Ok(Identified {
            identity: self.proven(application, proof, setting)?,
            because: format!("{origin} with {} and {}", client.origin, tenant.origin),
            proof: Some(rank),
            moved: None,
            warning: None,
        })
    }

    fn proven(
        &self,
        application: Application,
        proof: Proof,
        setting: &Setting,
    ) -> Result<Identity, Error> {
        let (text, origin) = (setting.text(), &setting.origin);
        Ok(match proof {
            Proof::Secret => {
                if let Some(cause) = odd_character(text) {
                    let operation = format!("cannot use the client secret of {origin}");
                    return Err(Error::new(Exit::Usage, operation, cause).hint(COPY));
                }
                Identity::ClientSecret(ClientSecret {
                    application,
                    secret: Secret::new(text.to_owned()),
                })
            }
            Proof::SecretFile => Identity::ClientSecret(ClientSecret {
                application,
                secret: self.secret_file("client secret", Path::new(text), origin)?,
            }),
            Proof::CertificateFile => {
                let chain = self.sends_chain()?;
                let parse = |pem: &str| Certificate::from_pem(application, pem, chain);
                let certificate = self.certificate_file(Path::new(text), origin, parse)?;
                Identity::Certificate(Box::new(certificate))
            }
            Proof::Key => {
                let certificate = self.by_thumbprint(setting, application)?;
                Identity::Certificate(Box::new(certificate))
            }
            Proof::Thumbprint => return Err(half_a_certificate(origin, "private_key")),
            Proof::TokenFile => Identity::Workload(Workload {
                application,
                token_file: PathBuf::from(text),
                deadline: self.deadline,
            }),
        })
    }

    /// As XSOAR's integration has it: a private key and the thumbprint of its certificate.
    fn by_thumbprint(&self, key: &Setting, application: Application) -> Result<Certificate, Error> {
        let rank = key.origin.rank;
        let Some(thumbprint) = self.settings.at(&table::THUMBPRINT, rank) else {
            let missing = "credentials_certificate_thumbprint";
            return Err(half_a_certificate(&key.origin, missing));
        };
        let certificate = Certificate::from_thumbprint(application, key.text(), thumbprint.text());
        certificate.map_err(|problem| {
            // Blanks and colons may be anywhere in it.
            let around = surrounded(thumbprint.text().trim());
            let (key, thumbprint) = (&key.origin, &thumbprint.origin);
            Error::usage(format!("{key} with {thumbprint} cannot be used: {problem}"))
                .maybe_hint(around)
        })
    }

    /// Whether the certificate itself goes into each assertion, for applications known by subject name.
    fn sends_chain(&self) -> Result<bool, Error> {
        let value = self.variable("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")?;
        let is_on = |value: &str| value == "1" || value.eq_ignore_ascii_case("true");
        Ok(value.is_some_and(|value| is_on(value.expose())))
    }

    /// The tenant or client id that goes with a proof: the command line's, the proof's rank's, any other's.
    fn companion(&self, row: &OptionRow, rank: Rank) -> Option<&Setting> {
        let order = [Rank::CommandLine, rank].into_iter().chain(Rank::ALL);
        order
            .into_iter()
            .find_map(|rank| self.settings.at(row, rank))
    }

    /// Half an application: what is missing, and where it was looked for.
    pub(super) fn half(&self, given: &str, has: &Half, kind: IdentityKind) -> Error {
        let parts = [
            (
                has.tenant,
                "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)",
            ),
            (
                has.client,
                "no client id (`--client-id`, `AZURE_CLIENT_ID`, `client_id`)",
            ),
            (has.proof, no_proof(kind)),
        ];
        let missing: Vec<_> = parts
            .iter()
            .filter(|(has, _)| !has)
            .map(|(_, words)| *words)
            .collect();
        let what = format!("{given}: there is {}", missing.join(", and "));
        let hint = "give what is missing on the command line, in the environment or in the configuration file";
        // Where a kind is pinned, a managed identity would be another.
        let or = match self.settings.strongest(&table::IDENTITY) {
            None => "; or use `--managed-identity`",
            Some(_) => "",
        };
        Error::usage(what).hint(format!("{hint}{or}"))
    }
}

/// Which parts of an application there are.
pub(super) struct Half {
    tenant: bool,
    client: bool,
    proof: bool,
}

impl Half {
    /// Those that are set, where no proof is.
    pub(super) fn given(configured: &Configured) -> Self {
        let is_set = |row| configured.settings.strongest(row).is_some();
        Self {
            tenant: is_set(&table::TENANT_ID),
            client: is_set(&table::CLIENT_ID),
            proof: false,
        }
    }
}

/// What an application of this kind proves itself with, and where that is looked for.
fn no_proof(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Certificate => {
            "no certificate (`--client-certificate`, `AZURE_CLIENT_CERTIFICATE_PATH`, `private_key` with `credentials_certificate_thumbprint`)"
        }
        IdentityKind::Workload => {
            "no federated token (`--federated-token-file`, `AZURE_FEDERATED_TOKEN_FILE`)"
        }
        _ => "no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)",
    }
}

fn half_a_certificate(given: &Origin, missing: &str) -> Error {
    Error::usage(format!(
        "{given} is half a certificate: there is no `{missing}`"
    ))
    .hint("give both, or one PEM file with `--client-certificate`")
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
        "{} is not a valid tenant: it may have letters, digits, dots and hyphens only",
        setting.origin
    ))
    .hint("a tenant is a GUID, or a domain such as `contoso.onmicrosoft.com`")
    .maybe_hint(surrounded(text)))
}

fn checked_id(setting: &Setting) -> Result<String, Error> {
    let text = setting.text();
    let fits = |b: u8| b.is_ascii_graphic() && !b"\"'".contains(&b);
    if text.len() <= 256 && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    Err(
        Error::usage(format!("{} is not a valid client id", setting.origin))
            .hint("a client id is a GUID")
            .maybe_hint(surrounded(text)),
    )
}
