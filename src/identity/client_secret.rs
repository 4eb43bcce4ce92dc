//! An app registration's client secret: the first case of Microsoft's "OAuth 2.0 client credentials flow".

use super::Application;
use super::entra::WRONG_SECRET;
use crate::cloud::Host;
use crate::error::Error;
use crate::http::Client;
use crate::secret::Secret;
use crate::text::is_surrounded;
use crate::token::{AccessToken, Audience};

#[derive(Debug)]
pub(crate) struct ClientSecret {
    pub(crate) application: Application,
    /// The secret's value (not its id).
    pub(crate) secret: Secret,
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
        let token = self.application.token(client, authority, audience, &proof);
        token.map_err(|error| match error.advice() {
            Some(WRONG_SECRET) if is_surrounded(self.secret.expose()) => error.hint(SURROUNDED),
            _ => error,
        })
    }
}

/// Where it was copied with more than itself.
const SURROUNDED: &str = "the client secret begins or ends with a blank or a quote: does that belong to it? Give its value alone";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canary::shows;
    use crate::identity::Identity;

    const SECRET: &str = "~Canary-Cl1ent+Secret/=&%~";

    fn application() -> ClientSecret {
        ClientSecret {
            application: Application {
                tenant: "contoso.onmicrosoft.com".to_owned(),
                client_id: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee".to_owned(),
            },
            secret: Secret::new(SECRET.to_owned()),
        }
    }

    #[test]
    fn debug_shows_no_client_secret() {
        for text in [
            format!("{:?} {:#?}", application(), application()),
            format!("{:?}", Identity::ClientSecret(application())),
            format!("{}", Identity::ClientSecret(application())),
        ] {
            assert!(text.contains("contoso"), "{text}");
            assert!(!shows(text.as_bytes(), SECRET), "{text}");
        }
    }
}
