//! Names to addresses: each host once a run, within the deadline, `--connect-to` applied.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::attempt::Attempt;
use super::failure::{Failure, FailureKind};
use super::proxy::ConnectTo;
use super::url::{bare, port_of};

/// ureq's list of addresses holds no more.
const MOST_ADDRESSES: usize = 16;

/// The addresses that were found, by host: the system is asked once.
pub(super) type Known = Arc<Mutex<HashMap<String, Vec<IpAddr>>>>;

/// ureq asks on every request; this one remembers.
#[derive(Debug)]
pub(super) struct SystemResolver {
    pub(super) known: Known,
    pub(super) connect_to: Vec<ConnectTo>,
    pub(super) attempt: Arc<Attempt>,
}

impl Resolver for SystemResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri
            .host()
            .ok_or_else(|| ureq::Error::BadUri("no host".to_owned()))?;
        let port = port_of(uri);
        let directed = self
            .connect_to
            .iter()
            .find(|connect_to| connect_to.applies(host, port));
        let (host, port) = directed.map_or((host, port), |directed| directed.target(host, port));
        let addresses = self
            .addresses(bare(host))
            .map_err(|failure| self.attempt.fail(failure))?;
        let mut result = self.empty();
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            result.push(SocketAddr::new(address, port));
        }
        Ok(result)
    }
}

impl SystemResolver {
    fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        // Names have no case, but musl looks for them in `/etc/hosts` as if they had.
        let host = &host.to_ascii_lowercase();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(addresses) = known().get(host) {
            return Ok(addresses.clone());
        }
        let start = Instant::now();
        let addresses = self.ask_system(host)?;
        let count = addresses.len();
        let took = start.elapsed().as_millis();
        self.attempt
            .note(format!("name `{host}`: {count} address(es) in {took} ms"));
        known().insert(host.to_owned(), addresses.clone());
        Ok(addresses)
    }

    /// The system's resolver has no time limit of its own: it gets a thread, and is left behind in it.
    fn ask_system(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        self.attempt.connecting(host);
        let (sender, receiver) = mpsc::sync_channel(1);
        let name = host.to_owned();
        let ask = move || {
            // Nobody listens any more once the deadline has passed.
            let _ = sender.send((name.as_str(), 0).to_socket_addrs());
        };
        let thread = thread::Builder::new().name("names".to_owned());
        thread.spawn(ask).map_err(|error| failed(host, &error))?;
        let Ok(found) = receiver.recv_timeout(self.attempt.left()?) else {
            let failure = self.attempt.timed_out();
            return Err(match failure.kind {
                FailureKind::Deadline => failure,
                _ => resolution(format!("the name servers did not answer for `{host}`")),
            });
        };
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in found.map_err(|error| failed(host, &error))? {
            // RFC 6761: this machine, whatever a name server says.
            let fits = host != "localhost" || address.ip().is_loopback();
            if fits && !addresses.contains(&address.ip()) {
                addresses.push(address.ip());
            }
        }
        if addresses.is_empty() {
            return Err(no_such_host(host));
        }
        Ok(addresses)
    }
}

/// The C library's codes come as text alone: glibc's and musl's words for `EAI_NONAME` and `EAI_NODATA`.
fn failed(host: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    let none = [
        "not known",
        "does not resolve",
        "No address associated",
        "has no usable address",
    ];
    if none.iter().any(|words| text.contains(words)) {
        return no_such_host(host);
    }
    let reason = text.rsplit(": ").next().unwrap_or_default();
    resolution(format!(
        "the name `{host}` could not be resolved ({reason})"
    ))
}

fn no_such_host(host: &str) -> Failure {
    Failure::new(
        FailureKind::NoSuchHost,
        format!("there is no host `{host}`"),
    )
    .hint("check the name, and the name servers in `/etc/resolv.conf`")
}

fn resolution(cause: String) -> Failure {
    Failure::new(FailureKind::Resolution, cause)
        .hint("check the name servers in `/etc/resolv.conf` and that this machine may ask them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_c_libraries_words_are_understood() {
        let kind = |text: &str| failed("h", &io::Error::other(text)).kind;
        let prefix = "failed to lookup address information";
        for text in [
            "Name or service not known",
            "Name does not resolve",
            "No address associated with hostname",
        ] {
            assert_eq!(
                kind(&format!("{prefix}: {text}")),
                FailureKind::NoSuchHost,
                "{text}"
            );
        }
        for text in ["Temporary failure in name resolution", "Try again"] {
            assert_eq!(
                kind(&format!("{prefix}: {text}")),
                FailureKind::Resolution,
                "{text}"
            );
        }
    }
}
