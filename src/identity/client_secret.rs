//! An app registration's client secret: the first case of Microsoft's "OAuth 2.0 client credentials flow".

use super::Application;
use crate::cloud::Host;
use crate::error::Error;
use crate::http::Client;
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// An application that proves itself with a secret.
#[derive(Debug)]
pub struct ClientSecret {
    /// Which application.
    pub application: Application,
    /// The secret's value (not its id).
    pub secret: Secret,
}

impl ClientSecret {
    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        client.learn(&self.secret);
        let proof = [("client_secret", self.secret.expose())];
        self.application.token(client, authority, audience, &proof)
    }
}
