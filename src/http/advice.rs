//! What may help where a host did not answer: that depends on who was to be reached, and how.

use super::client::{Client, is_local};
use super::failure::{Failure, FailureKind};
use super::request::Request;

impl Client<'_> {
    /// The failure with a hint for that host and port, where nobody knew better.
    pub(super) fn advised(&self, failure: Failure, request: &Request) -> Failure {
        use FailureKind as K;
        let (url, policy) = (request.url, request.policy);
        let (kind, port) = (failure.kind, url.port());
        let place = format!("{}:{port}", url.host());
        let is_local = is_local(url, policy);
        let is_here = is_local || url.is_loopback();
        let hint = match (&failure.hint, kind) {
            (None, K::Connection) => {
                match (
                    self.direction(url).filter(|_| !is_local),
                    self.proxy(url, policy),
                ) {
                    (Some(directed), _) => {
                        let (host, port) = directed.target(url.host(), port);
                        format!(
                            "`--connect-to` leads it to `{host}:{port}`: does the tunnel or private endpoint listen there?"
                        )
                    }
                    (None, Some(proxy)) => format!(
                        "the proxy `{proxy}` connects to it, and the connection ends there: is port {port} open to it from there?"
                    ),
                    _ if is_here => format!("is what should listen at `{place}` up?"),
                    _ => format!(
                        "is port {port} open to it from here? Else a proxy (`--proxy`, `HTTPS_PROXY`) or another address (`--connect-to`) is needed"
                    ),
                }
            }
            (None, K::Cut | K::Silence) if is_here => {
                format!("try again later; if it stays, look at what listens at `{place}`")
            }
            // No proxy, `--connect-to` or name server leads there.
            (Some(_), K::Garbled) if is_here => format!("something else listens at `{place}`"),
            _ => return failure,
        };
        failure.hint(hint)
    }
}
