//! One way to the network: requests, answers, retries and the deadline.
//!
//! This file and those in `http/` are the only ones that name ureq and rustls. A request goes through
//! [`Client::send`], which comes back with an [`Answer`] (any HTTP status, once the retries are over)
//! or a [`Failure`] (no answer). What a status means is the caller's to say.
//!
//! ureq brings the protocol, the pool and the CONNECT of proxies; the resolver (`names`), the
//! connections (`dial`), trust (`tls`) and time (`pace`) are ours.

mod answer;
mod dial;
mod failure;
mod names;
mod observe;
mod pace;
mod proxy;
mod retry;
mod tls;
mod translate;
mod url;

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ureq::http::header::HeaderValue;
use ureq::http::{Method, Request as HttpRequest};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};
use zeroize::Zeroizing;

pub use answer::Answer;
pub use failure::{Failure, Kind};
pub use observe::Trust;
pub use proxy::{ConnectTo, NoProxy, Proxy, ProxyProblem};
pub use retry::{Doubt, Policy, Tries};
pub use tls::ExtraRoots;
pub use url::{UNRESERVED, Url};

use crate::deadline::{Deadline, seconds};
use crate::error::printable;
use crate::redact::Redactor;
use crate::report::Reporter;
use crate::secret::Secret;
use answer::{BodyProblem, Standing, no_time, read_body};
use observe::Observed;
use pace::Pace;
use translate::translate;

/// Connecting over all addresses of a host, name resolution, proxy and TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// The metadata endpoint is link-local: what does not answer at once is not there.
const CONNECT_METADATA: Duration = Duration::from_secs(1);

/// A handshake and an answer want about so much; what is left after a wait must be worth it.
const LEAST_ATTEMPT: Duration = Duration::from_millis(150);

/// How the network is used in this run.
#[derive(Clone)]
pub struct Network {
    /// Of the whole run.
    pub deadline: Deadline,
    /// Trusted besides the built-in roots.
    pub roots: ExtraRoots,
    /// For everything but metadata endpoints.
    pub proxy: Option<Proxy>,
    /// What the proxy is not asked for.
    pub no_proxy: NoProxy,
    /// Other addresses for some hosts; the first match wins.
    pub connect_to: Vec<ConnectTo>,
}

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// At its own addresses.
    Direct(Vec<IpAddr>),
    /// By a proxy, which knows its addresses.
    Proxy(String),
    /// At an address of `--connect-to`'s.
    Directed(String),
}

/// What is asked of a service.
pub struct Request<'a> {
    /// For `--verbose`: what the request is for, such as "secret `db-password`".
    pub purpose: Cow<'a, str>,
    /// Where it goes.
    pub url: &'a Url,
    /// Headers whose values may be seen.
    pub headers: &'a [(&'static str, &'a str)],
    /// A header whose value is a secret: its name, what stands before the secret, the secret.
    pub secret_header: Option<(&'static str, &'static str, &'a Secret)>,
    /// Headers that are made anew for each attempt.
    pub signature: Option<&'a dyn Sign>,
    /// What is sent, and so how.
    pub body: Body<'a>,
    /// Whose rules for retries and proxies hold.
    pub policy: Policy,
}

impl Request<'_> {
    /// No answer is read beyond this. Of Azure's a secret has at most 25 kB, a page of a vault's listing at
    /// most 25 items; a page of Resource Manager's shows each vault with all of its access policies, up to
    /// half a megabyte. A page of XSOAR's store may be larger.
    fn largest(&self) -> usize {
        match self.body {
            Body::Nothing | Body::Form(_) => 8 << 20,
            Body::Query(_) | Body::Change(_) => 16 << 20,
        }
    }
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Nothing: a GET.
    Nothing,
    /// A form, by POST.
    Form(&'a Secret),
    /// JSON that asks for something, by POST.
    Query(&'a Secret),
    /// JSON that changes something, by PUT.
    Change(&'a Secret),
}

impl Body<'_> {
    fn method(self) -> Method {
        match self {
            Self::Nothing => Method::GET,
            Self::Form(_) | Self::Query(_) => Method::POST,
            Self::Change(_) => Method::PUT,
        }
    }

    /// Its type and its text.
    fn content(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Nothing => None,
            Self::Form(form) => Some(("application/x-www-form-urlencoded", form.expose())),
            Self::Query(json) | Self::Change(json) => Some(("application/json", json.expose())),
        }
    }
}

/// Proves who asks by headers that are good for one attempt.
pub trait Sign {
    /// The headers, secret or not: their names and values. `None`: there can be none.
    fn headers(&self) -> Option<Vec<(&'static str, Secret)>>;
}

/// The network of one run: three ways out of it, each set up when first used.
pub struct Client<'a> {
    network: Network,
    reporter: &'a dyn Reporter,
    redactor: RefCell<Redactor>,
    pace: Arc<Pace>,
    known: names::Known,
    tls: Arc<OnceLock<Arc<rustls::ClientConfig>>>,
    observed: Option<Observed>,
    direct: OnceCell<ureq::Agent>,
    proxied: OnceCell<ureq::Agent>,
    plain: OnceCell<ureq::Agent>,
}

impl<'a> Client<'a> {
    /// A client that has done nothing yet.
    #[must_use]
    pub fn new(network: Network, reporter: &'a dyn Reporter) -> Self {
        let mut redactor = Redactor::default();
        if let Some(password) = network.proxy.as_ref().and_then(Proxy::password) {
            redactor.learn(&Secret::new(password.to_owned()));
        }
        Self {
            pace: Pace::new(network.deadline),
            network,
            reporter,
            redactor: RefCell::new(redactor),
            known: names::Known::default(),
            tls: Arc::default(),
            observed: None,
            direct: OnceCell::new(),
            proxied: OnceCell::new(),
            plain: OnceCell::new(),
        }
    }

    /// The same, keeping in mind what [`Client::trust`] tells.
    #[must_use]
    pub fn observing(network: Network, reporter: &'a dyn Reporter) -> Self {
        Self {
            observed: Some(Observed::default()),
            ..Self::new(network, reporter)
        }
    }

    /// How a host is reached. Its addresses are known once it was asked.
    #[must_use]
    pub fn way(&self, url: &Url) -> Way {
        let host = url.host();
        if let Some(directed) = self.direction(url) {
            let (host, port) = directed.target(host, url.port());
            return Way::Directed(format!("{host}:{port}"));
        }
        if let Some(proxy) = self.proxy(url) {
            return Way::Proxy(proxy.to_string());
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&host.to_ascii_lowercase()).cloned();
        let literal = || host.parse().into_iter().collect();
        Way::Direct(found.unwrap_or_else(literal))
    }

    /// What the certificate of a host that was asked is chained to.
    #[must_use]
    pub fn trust(&self, host: &str) -> Option<Trust> {
        let observed = self.observed.as_ref()?.lock();
        let observed = observed.unwrap_or_else(PoisonError::into_inner);
        observed.get(&host.to_ascii_lowercase()).copied()
    }

    /// Remembers a secret, so that no service's message shows it.
    pub fn learn(&self, secret: &Secret) {
        self.redactor.borrow_mut().learn(secret);
    }

    /// A service's own words, fit to be shown: known secrets struck out, one line, capped.
    #[must_use]
    pub fn quote(&self, words: &str) -> String {
        printable(&self.redactor.borrow().strike(words))
    }

    /// To whom the run's facts go.
    #[must_use]
    pub fn reporter(&self) -> &dyn Reporter {
        self.reporter
    }

    /// Whether the run's time is over.
    #[must_use]
    pub fn out_of_time(&self) -> bool {
        self.network.deadline.passed()
    }

    /// Sends a request, again where the rules say so, until there is an answer that stands.
    ///
    /// # Errors
    /// A [`Failure`] when no answer came, after the retries that the rules have for it.
    pub fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let mut tries = Tries::default();
        loop {
            let wait = match self.attempt(request) {
                Ok(mut answer) => {
                    let wish = answer.wish();
                    let before = tries.count();
                    match tries.after_answer(request.policy, answer.status, wish) {
                        None if before > 0 && is_retryable(request.policy, answer.status) => {
                            answer.standing = Standing::Exhausted(before + 1);
                            return Ok(answer);
                        }
                        None => return Ok(answer),
                        Some(wait) if !self.fits(wait) => {
                            let timeout = self.network.deadline.seconds();
                            answer.standing = Standing::NoTime { wait, timeout };
                            return Ok(answer);
                        }
                        Some(wait) => wait,
                    }
                }
                Err(failure) => match tries.after_failure(request.policy, &failure) {
                    Some(wait) if self.fits(wait) => wait,
                    _ => return Err(failure),
                },
            };
            let next = tries.count() + 1;
            self.reporter
                .verbose(&format!("try {next} in {}", seconds(wait)));
            std::thread::sleep(wait);
        }
    }

    /// Waits before it is found out what became of a change.
    ///
    /// # Errors
    /// There is no time for that, in words that may follow the reason of the wait.
    pub fn pause(&self, wait: Duration) -> Result<(), String> {
        if !self.fits(wait) {
            return Err(no_time(wait, &self.network.deadline.seconds()));
        }
        std::thread::sleep(wait);
        Ok(())
    }

    /// Whether a wait leaves time for an attempt behind it.
    fn fits(&self, wait: Duration) -> bool {
        wait.saturating_add(LEAST_ATTEMPT) < self.network.deadline.left()
    }

    /// One attempt, and at once a second one where a kept-alive connection turns out to be closed.
    fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let start = Instant::now();
        let mut result = self.exchange(request);
        let stale =
            matches!(&result, Err(failure) if failure.kind == Kind::Cut) && self.pace.was_stale();
        if stale && matches!(request.body, Body::Nothing | Body::Query(_)) {
            self.reporter
                .verbose("the kept-alive connection was closed: once more over a new one");
            result = self.exchange(request);
        }
        for note in self.pace.take_notes() {
            self.reporter.verbose(&note);
        }
        let outcome = match &result {
            Ok(answer) => answer.status.to_string(),
            Err(failure) => failure.to_string(),
        };
        let method = request.body.method();
        let (host, purpose) = (request.url.host(), &request.purpose);
        let took = start.elapsed().as_millis();
        self.reporter.verbose(&format!(
            "{method} {host} ({purpose}): {outcome} in {took} ms"
        ));
        result
    }

    fn exchange(&self, request: &Request) -> Result<Answer, Failure> {
        let host = request.url.host();
        let connect = match request.policy {
            Policy::Service | Policy::Change | Policy::Probe => CONNECT,
            Policy::Metadata => CONNECT_METADATA,
        };
        self.pace.begin(host, connect);
        self.pace.left(host)?;
        let agent = self.agent(request);
        let head = head(request).ok_or_else(|| unsendable(host))?;
        let response = match request.body.content() {
            Some((kind, text)) => {
                let head = head.header("content-type", kind);
                head.body(text).map(|whole| agent.run(whole))
            }
            None => head.body(()).map(|get| agent.run(get)),
        };
        let response = response.map_err(|_| unsendable(host))?;
        let response = response.map_err(|error| self.translate(error, host))?;
        let (parts, body) = response.into_parts();
        let length = body.content_length();
        let body =
            read_body(body.into_reader(), length, request.largest(), host).map_err(|error| {
                match error {
                    BodyProblem::Ours(failure) => failure,
                    BodyProblem::Read(error) => self.translate(ureq::Error::from(error), host),
                }
            })?;
        Ok(Answer {
            status: parts.status.as_u16(),
            body,
            headers: parts.headers,
            standing: Standing::Final,
        })
    }

    fn translate(&self, error: ureq::Error, host: &str) -> Failure {
        translate(error, host, &self.pace, self.network.proxy.as_ref())
    }

    /// The way out for this request: around the proxy, through it, or in plain http.
    fn agent(&self, request: &Request) -> &ureq::Agent {
        // A metadata endpoint, or this machine itself: what is not encrypted is led nowhere else.
        if request.policy == Policy::Metadata || !request.url.is_https() {
            return self.plain.get_or_init(|| self.new_agent(None, Vec::new()));
        }
        match self.proxy(request.url) {
            Some(proxy) => self
                .proxied
                .get_or_init(|| self.new_agent(Some(proxy), Vec::new())),
            None => self
                .direct
                .get_or_init(|| self.new_agent(None, self.network.connect_to.clone())),
        }
    }

    /// The `--connect-to` of a host; plain http is on this machine, and led nowhere else.
    fn direction(&self, url: &Url) -> Option<&ConnectTo> {
        let mut directions = self.network.connect_to.iter();
        let applies = |to: &&ConnectTo| url.is_https() && to.applies(url.host(), url.port());
        directions.find(applies)
    }

    /// The proxy for a host, if it is one that a proxy is asked for.
    fn proxy(&self, url: &Url) -> Option<&Proxy> {
        let exempt = || self.network.no_proxy.covers(url.host(), url.port());
        // Plain http is on this machine, whatever the proxy would say to it.
        let around = !url.is_https() || self.direction(url).is_some() || exempt();
        self.network.proxy.as_ref().filter(|_| !around)
    }

    fn new_agent(&self, proxy: Option<&Proxy>, connect_to: Vec<ConnectTo>) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .proxy(proxy.map(Proxy::inner))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("akv-xsoar/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .max_idle_connections(usize::MAX)
            .max_idle_connections_per_host(1)
            // A wait that a service asks for must not cost the connection; a closed one is noticed.
            .max_idle_age(Duration::from_secs(3600))
            .build();
        let pace = Arc::clone(&self.pace);
        let through = proxy.is_some();
        let tcp = dial::Tcp {
            pace: Arc::clone(&pace),
            proxy: through,
        };
        let tls = dial::Tls {
            roots: self.network.roots.clone(),
            config: Arc::clone(&self.tls),
            observed: self.observed.clone(),
            pace: Arc::clone(&pace),
            proxy: through,
        };
        let names = names::Names {
            known: Arc::clone(&self.known),
            connect_to,
            pace,
            proxy: through,
        };
        let connector = ().chain(ConnectProxyConnector::default()).chain(tcp).chain(tls);
        ureq::Agent::with_parts(config, connector, names)
    }
}

/// `None`: it has something that a header cannot carry.
fn head(request: &Request) -> Option<ureq::http::request::Builder> {
    let mut head = HttpRequest::builder()
        .method(request.body.method())
        .uri(request.url.0.clone());
    for (name, value) in request.headers {
        head = head.header(*name, HeaderValue::from_str(value).ok()?);
    }
    if let Some((name, before, secret)) = &request.secret_header {
        let text = Zeroizing::new(format!("{before}{}", secret.expose()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        head = head.header(*name, value);
    }
    let signature = request.signature.map(Sign::headers);
    for (name, secret) in signature.unwrap_or_else(|| Some(Vec::new()))? {
        let mut value = HeaderValue::from_str(secret.expose()).ok()?;
        value.set_sensitive(true);
        head = head.header(name, value);
    }
    Some(head)
}

/// Tokens and configured ids are checked before: what ends here was not.
fn unsendable(host: &str) -> Failure {
    Failure::new(
        Kind::Garbled,
        format!("the request for `{host}` has a value that HTTP cannot carry"),
    )
}

fn is_retryable(policy: Policy, status: u16) -> bool {
    Tries::default()
        .after_answer(policy, status, None)
        .is_some()
}
