//! A way out: what ureq is given to connect with, for requests and for what is connected ahead of them.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use ureq::config::Config;
use ureq::http::Request;
use ureq::unversioned::transport::{Connector, Transport};

use super::ahead::{Ahead, Connected, Keeping, Made, OrReady};
use super::attempt::Attempt;
use super::connect::Connect;
use super::dial::{ProxyTls, Tcp, Tls};
use super::proxy::{ConnectTo, Proxy};
use super::resolver::{Names, SystemResolver};
use super::url::Url;
use crate::deadline::Deadline;

/// Everything but the attempt.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) connect_to: Vec<ConnectTo>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) names: Arc<Names>,
}

impl Way {
    /// For requests, which use what was connected ahead.
    pub(super) fn agent(self, attempt: &Arc<Attempt>, ahead: &Arc<Ahead>) -> ureq::Agent {
        let connector = OrReady {
            inner: connector(self.tls.clone(), attempt.clone()),
            attempt: Arc::clone(attempt),
        };
        let resolver = self.resolver(attempt, Some(ahead));
        ureq::Agent::with_parts(config(), connector, resolver)
    }

    /// Connects, and sends nothing.
    pub(super) fn connect(
        self,
        url: &Url,
        proxy: Option<&Proxy>,
        deadline: Deadline,
        patience: Duration,
    ) -> Connected {
        let attempt = Attempt::ahead(deadline);
        attempt.begin(url.host(), proxy, patience);
        let made = Made::default();
        let connector = Keeping {
            inner: connector(self.tls.clone(), attempt.clone()),
            made: Arc::clone(&made),
        };
        let resolver = self.resolver(&attempt, None);
        let agent = ureq::Agent::with_parts(config(), connector, resolver);
        let request = Request::get(url.0.clone()).body(());
        let error = match request.map(|request| agent.run(request)) {
            Ok(Err(error)) => error,
            Ok(Ok(_)) | Err(_) => ureq::Error::ConnectionFailed,
        };
        let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
        let result = made.ok_or_else(|| attempt.failure(error));
        Connected { attempt, result }
    }

    fn resolver(self, attempt: &Arc<Attempt>, ahead: Option<&Arc<Ahead>>) -> SystemResolver {
        SystemResolver {
            names: self.names,
            connect_to: self.connect_to,
            attempt: Arc::clone(attempt),
            ahead: ahead.cloned(),
        }
    }
}

/// The address, TLS with a proxy, its CONNECT, and TLS with who is asked.
fn connector(
    config: Arc<ClientConfig>,
    attempt: Arc<Attempt>,
) -> impl Connector<Out = impl Transport> {
    let tcp = Tcp {
        attempt: Arc::clone(&attempt),
    };
    let connect = Connect {
        attempt: Arc::clone(&attempt),
    };
    let tls = Tls { config, attempt };
    ().chain(tcp)
        .chain(ProxyTls(tls.clone()))
        .chain(connect)
        .chain(tls)
}

fn config() -> Config {
    ureq::Agent::config_builder()
        // ureq would take it from the environment.
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("akv-xsoar/", env!("CARGO_PKG_VERSION")))
        .accept("application/json")
        // What a proxy compresses on the way cannot be read here.
        .accept_encoding("identity")
        .max_idle_connections(usize::MAX)
        .max_idle_connections_per_host(1)
        // A wait that a service asks for must not cost the connection; a closed one is noticed.
        .max_idle_age(Duration::from_secs(3600))
        .build()
}
