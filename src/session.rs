//! What every command works with: the identity, the cloud, the network, and what was selected.

use std::fmt::Display;

use crate::cloud::Cloud;
use crate::credentials::Credential;
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::http::Client;
use crate::identity::Identity;
use crate::token::{AccessToken, Audience};
use crate::vault::{SecretName, Vault, VaultName};

/// What was selected.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Exactly these credentials.
    Named(Vec<Credential>),
    /// Every secret of every vault.
    Product(Vec<VaultName>, Vec<SecretName>),
    /// All that the vaults list.
    Whole(Vec<VaultName>),
}

impl Selection {
    /// The credentials by name, in their order; a whole vault's are not known before it is listed.
    #[must_use]
    pub fn credentials(&self) -> Vec<Credential> {
        match self {
            Self::Named(credentials) => credentials.clone(),
            Self::Whole(_) => Vec::new(),
            Self::Product(vaults, secrets) => vaults
                .iter()
                .flat_map(|vault| {
                    secrets.iter().map(|secret| Credential {
                        vault: vault.clone(),
                        secret: secret.clone(),
                        version: None,
                    })
                })
                .collect(),
        }
    }

    /// The vaults, each once, in their order.
    #[must_use]
    pub fn vaults(&self) -> Vec<VaultName> {
        let mut vaults: Vec<VaultName> = Vec::new();
        let all: Vec<_> = match self {
            Self::Named(credentials) => credentials.iter().map(|c| c.vault.clone()).collect(),
            Self::Product(all, _) | Self::Whole(all) => all.clone(),
        };
        for vault in all {
            if !vaults.contains(&vault) {
                vaults.push(vault);
            }
        }
        vaults
    }

    /// Whether it is vaults × secrets.
    #[must_use]
    pub fn is_product(&self) -> bool {
        matches!(self, Self::Product(..))
    }
}

/// One run's way to Azure.
pub struct Session<'a> {
    /// The network.
    pub client: &'a Client<'a>,
    /// Who asks.
    pub identity: &'a Identity,
    /// Which cloud is asked.
    pub cloud: &'a Cloud,
    /// Key Vault's api-version.
    pub api_version: &'a str,
    /// When the run gives up.
    pub deadline: Deadline,
}

impl<'a> Session<'a> {
    /// The token for the cloud's vaults: one request.
    pub fn token(&self) -> Result<AccessToken, Error> {
        let audience = Audience::of_suffix(self.cloud.vault_suffix.name());
        self.identity.token(self.client, self.cloud, &audience)
    }

    /// A vault of the cloud.
    #[must_use]
    pub fn vault(&self, name: &VaultName, token: &'a AccessToken) -> Vault<'a> {
        Vault::new(
            self.client,
            token,
            name.clone(),
            &self.cloud.vault_suffix,
            self.api_version,
        )
    }

    /// What the deadline left untried.
    #[must_use]
    pub fn untried<T: Display>(&self, left: impl IntoIterator<Item = T>) -> Error {
        let names: Vec<_> = left.into_iter().map(|name| format!("`{name}`")).collect();
        let operation = format!(
            "the deadline of {} (`--timeout`) passed",
            self.deadline.seconds()
        );
        let cause = format!("not tried: {}", names.join(", "));
        Error::new(Exit::Deadline, operation, cause)
            .hint("give it more time with `--timeout SECONDS`")
    }
}
