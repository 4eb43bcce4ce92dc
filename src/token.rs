//! `Audience` (for whom a token is) and `AccessToken`.

use std::time::Duration;

use crate::secret::Secret;

/// A clock that is off by more makes tokens and signatures worthless.
pub(crate) const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The resource a token is for, such as `https://vault.azure.net`: no final slash, no port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audience(String);

impl Audience {
    /// The audience of a cloud's host suffix, which has no port.
    pub(crate) fn of_suffix(suffix: &str) -> Self {
        Self(format!("https://{suffix}"))
    }

    /// As a `resource`, which the metadata endpoint takes.
    pub(crate) fn resource(&self) -> &str {
        &self.0
    }

    /// As a `scope`, which Entra ID takes.
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.0)
    }
}

/// A bearer token, which goes to hosts of its audience only.
#[derive(Debug)]
pub(crate) struct AccessToken(Secret);

impl AccessToken {
    /// A token that can be a header's value: visible ASCII, not empty (RFC 6750, section 2.1).
    pub(crate) fn parse(token: Secret) -> Option<Self> {
        let text = token.expose();
        let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then_some(Self(token))
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canary::shows;

    #[test]
    fn an_audience_is_a_resource_or_a_scope() {
        let audience = Audience::of_suffix("vault.azure.net");
        assert_eq!(audience.resource(), "https://vault.azure.net");
        assert_eq!(audience.scope(), "https://vault.azure.net/.default");
    }

    #[test]
    fn debug_shows_no_token() {
        let token = AccessToken::parse(Secret::new("Canary.t0ken".into())).unwrap();
        let text = format!("{token:?} {token:#?}");
        assert!(text.contains("AccessToken"));
        assert!(!shows(text.as_bytes(), "Canary.t0ken"), "{text}");
    }

    #[test]
    fn only_what_a_header_can_carry_is_a_token() {
        for bad in ["", "a b", "a\r\nX: y", "a\0", "ä"] {
            assert!(
                AccessToken::parse(Secret::new(bad.into())).is_none(),
                "{bad:?}"
            );
        }
        assert!(AccessToken::parse(Secret::new("eyJ0.e-_~+/=".into())).is_some());
    }
}
