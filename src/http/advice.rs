//! What may help where a host did not answer: that depends on who was to be reached, and how.

use super::client::{Client, is_local};
use super::failure::{Failure, FailureKind};
use super::request::Request;

impl Client<'_> {
    /// The failure with a hint for that host and port, where nobody knew better.
    pub(super) fn advised(&self, failure: Failure, request: &Request) -> Failure {
        use FailureKind as K;
        let url = request.url;
        let place = format!("{}:{}", url.host(), url.port());
        let is_here = is_local(url, request.policy) || url.is_loopback();
        let hint = match (&failure.hint, failure.kind) {
            (None, K::Connection) => self.way_to(request),
            (None, K::Cut | K::Silence) if is_here => {
                format!("try again later; if it stays, look at what listens at `{place}`")
            }
            // No proxy, `--connect-to` or name server leads there.
            (Some(_), K::Garbled) if is_here => format!("something else listens at `{place}`"),
            _ => return failure,
        };
        failure.hint(hint)
    }

    /// What helps on the way that a connection was to go.
    fn way_to(&self, request: &Request) -> String {
        let (url, policy) = (request.url, request.policy);
        let port = url.port();
        let open = format!("is port {port} open to it from here");
        if let Some(directed) = self.direction(url).filter(|_| !is_local(url, policy)) {
            let (host, port) = directed.target(url.host(), port);
            return format!(
                "`--connect-to` leads there: does anything listen on port {port} of `{host}`, such as the tunnel or the private endpoint?"
            );
        }
        if url.is_loopback() {
            return format!("does the service on this machine run, and listen on port {port}?");
        }
        if is_local(url, policy) {
            return format!("does the service run there, and {open}?");
        }
        match (self.configured_proxy(), self.proxy(url, policy)) {
            (_, Some(proxy)) => format!(
                "it went through the proxy `{proxy}`: do its rules let TLS to this host pass? `NO_PROXY` exempts a host from it"
            ),
            (Some(proxy), None) => format!("{open}? `NO_PROXY` keeps it from the proxy `{proxy}`"),
            (None, None) if port == 443 => format!(
                "{open}? Else a proxy (`--proxy`, `HTTPS_PROXY`) or another address (`--connect-to`) is needed"
            ),
            (None, None) => format!("{open}, and does anything listen there?"),
        }
    }
}
