//! Names to addresses: each host once a run, within the deadline, `--connect-to` applied; of a
//! host behind a proxy, the proxy's.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::attempt::Attempt;
use super::failure::{Failure, FailureKind};
use super::lookup::{self, Unfound};
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
        let proxy = self.attempt.proxy();
        let directed = self
            .connect_to
            .iter()
            .find(|connect_to| connect_to.applies(host, port));
        let (host, port) = match (&proxy, directed) {
            (Some(proxy), _) => (proxy.host(), proxy.port()),
            (None, Some(directed)) => directed.target(host, port),
            (None, None) => (host, port),
        };
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

    fn ask_system(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        self.attempt.connecting(host);
        let left = self.attempt.left()?;
        let found = lookup::addresses(host, left).map_err(|unfound| match unfound {
            Unfound::NoSuchHost => no_such_host(host),
            Unfound::Failed(words) => {
                resolution(format!("the name `{host}` could not be resolved ({words})"))
            }
            Unfound::Silence => self.silence(host),
        })?;
        let mut addresses: Vec<IpAddr> = Vec::with_capacity(found.len());
        // RFC 6761: this machine, whatever a name server says.
        let fits = |address: &IpAddr| host != "localhost" || address.is_loopback();
        for address in found.into_iter().filter(fits) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(no_such_host(host));
        }
        Ok(addresses)
    }

    /// The run's time is over, or the attempt's.
    fn silence(&self, host: &str) -> Failure {
        let failure = self.attempt.timed_out();
        match failure.kind {
            FailureKind::Deadline => failure,
            _ => resolution(format!("the name servers did not answer for `{host}`")),
        }
    }
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
