//! What every command works with: the identity, the cloud, the network, and its tokens.

use std::fmt::Display;

use crate::arm::{self, Scope, VaultResource};
use crate::cloud::Cloud;
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::http::Client;
use crate::identity::Identity;
use crate::token::{AccessToken, Audience};
use crate::vault::{Vault, VaultName};

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
    ///
    /// # Errors
    /// As [`Identity::token`].
    pub fn token(&self) -> Result<AccessToken, Error> {
        let audience = Audience::of_suffix(self.cloud.vault_suffix.name());
        self.identity.token(self.client, self.cloud, &audience)
    }

    /// The vaults of a subscription, by name: one request for a token of its own, and one a page.
    ///
    /// # Errors
    /// As [`Identity::token`], and what Resource Manager refuses.
    pub fn vaults(&self, scope: &Scope) -> Result<Vec<VaultResource>, Error> {
        let host = arm::endpoint(self.cloud)?;
        let audience = Audience::of_suffix(host.name());
        let token = self.identity.token(self.client, self.cloud, &audience)?;
        arm::vaults(self.client, &token, self.cloud, scope)
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
