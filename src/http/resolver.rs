//! Names to addresses: each host once a run, within the deadline, `--connect-to` applied; of a
//! host behind a proxy, the proxy's.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::ahead::{Ahead, Connected};
use super::attempt::Attempt;
use super::failure::{Failure, FailureKind};
use super::lookup::{self, Unfound};
use super::proxy::ConnectTo;
use super::url::{bare, port_of};

/// ureq's list of addresses holds no more.
const MOST_ADDRESSES: usize = 16;

/// What is known of names: the system is asked once for each that it finds.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: Mutex<HashMap<String, Name>>,
    answered: Condvar,
}

#[derive(Debug)]
enum Name {
    /// Somebody asks for it now.
    Asked,
    /// Its addresses, and what is to be said of the look-up until it was.
    Found(Vec<IpAddr>, Option<String>),
    /// Whoever waited for it has the answer, too. Whoever comes later asks again.
    Unfound(Unfound),
}

impl Names {
    /// The addresses of a host that was looked up.
    pub(super) fn found(&self, host: &str) -> Option<Vec<IpAddr>> {
        match self.lock().get(&host.to_ascii_lowercase()) {
            Some(Name::Found(addresses, _)) => Some(addresses.clone()),
            Some(Name::Asked | Name::Unfound(_)) | None => None,
        }
    }

    /// What is to be said of a host's look-up, once.
    fn take_note(&self, host: &str) -> Option<String> {
        match self.lock().get_mut(&host.to_ascii_lowercase()) {
            Some(Name::Found(_, note)) => note.take(),
            Some(Name::Asked | Name::Unfound(_)) | None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Name>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// ureq asks on every request; this one remembers.
#[derive(Debug)]
pub(super) struct SystemResolver {
    pub(super) names: Arc<Names>,
    pub(super) connect_to: Vec<ConnectTo>,
    pub(super) attempt: Arc<Attempt>,
    /// Connections that may be there already; `None` for whoever makes them.
    pub(super) ahead: Option<Arc<Ahead>>,
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
        let mut is_ready = false;
        if let Some(ahead) = &self.ahead {
            if let Some(connected) = ahead.take(bare(host), port, &self.attempt) {
                is_ready = self.use_connected(connected)?;
            }
        }
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
        let mut result = self.empty();
        let addresses = if is_ready {
            Vec::new()
        } else {
            let found = self.addresses(bare(host));
            found.map_err(|failure| self.attempt.fail(failure))?
        };
        if self.ahead.is_some() {
            if let Some(note) = self.names.take_note(bare(host)) {
                self.attempt.note(note);
            }
        }
        for address in addresses.into_iter().take(MOST_ADDRESSES) {
            result.push(SocketAddr::new(address, port));
        }
        Ok(result)
    }
}

impl SystemResolver {
    /// Whether a connection that was made ahead is ready to be used: not where it was closed meanwhile. What failed
    /// fails now.
    fn use_connected(&self, connected: Connected) -> Result<bool, ureq::Error> {
        let by = connected.attempt;
        match connected.result {
            Ok(mut connection) => {
                let is_open = connection.is_open();
                if is_open {
                    self.attempt.use_made(&by, connection);
                }
                Ok(is_open)
            }
            Err(failure) => Err(self.attempt.fail_as(&by, failure)),
        }
    }

    fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        // Names have no case, but musl looks for them in `/etc/hosts` as if they had.
        let host = &host.to_ascii_lowercase();
        let mut known = self.names.lock();
        let mut has_waited = false;
        loop {
            match known.get(host) {
                Some(Name::Found(addresses, _)) => return Ok(addresses.clone()),
                Some(Name::Asked) => {
                    self.attempt.connecting(host);
                    let Ok(left) = self.attempt.left() else {
                        return Err(self.silence(host));
                    };
                    let waited = self.names.answered.wait_timeout(known, left);
                    (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
                    has_waited = true;
                }
                Some(Name::Unfound(unfound)) if has_waited => {
                    let unfound = unfound.clone();
                    return Err(self.unfound(host, unfound));
                }
                Some(Name::Unfound(_)) | None => break,
            }
        }
        known.insert(host.to_owned(), Name::Asked);
        drop(known);
        let start = Instant::now();
        let found = self.ask_system(host);
        let took = start.elapsed().as_millis();
        let name = match &found {
            Ok(addresses) => {
                let count = addresses.len();
                let note = format!("name `{host}`: {count} address(es) in {took} ms");
                Name::Found(addresses.clone(), Some(note))
            }
            Err(unfound) => Name::Unfound(unfound.clone()),
        };
        self.names.lock().insert(host.to_owned(), name);
        self.names.answered.notify_all();
        found.map_err(|unfound| self.unfound(host, unfound))
    }

    fn ask_system(&self, host: &str) -> Result<Vec<IpAddr>, Unfound> {
        self.attempt.connecting(host);
        let left = self.attempt.left().map_err(|_| Unfound::Silence)?;
        let found = lookup::addresses(host, left)?;
        let mut addresses: Vec<IpAddr> = Vec::with_capacity(found.len());
        // RFC 6761: this machine, whatever a name server says.
        let fits = |address: &IpAddr| host != "localhost" || address.is_loopback();
        for address in found.into_iter().filter(fits) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(Unfound::NoSuchHost);
        }
        Ok(addresses)
    }

    fn unfound(&self, host: &str, unfound: Unfound) -> Failure {
        match unfound {
            Unfound::NoSuchHost => no_such_host(host),
            Unfound::Failed(words) => {
                resolution(format!("the name `{host}` could not be resolved ({words})"))
            }
            Unfound::Silence => self.silence(host),
        }
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
