//! The network of one run.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use ureq::http::header::HeaderValue;

use super::ahead::Ahead;
use super::answer::{Answer, Retries, no_time};
use super::attempt::Attempt;
use super::exchange::{Sending, repeated_if_stale, unsendable};
use super::failure::Failure;
use super::lanes::{Brought, Lanes};
use super::observe::{Observed, Trust};
use super::proxy::{ConnectTo, Proxy};
use super::request::{Body, Request, behind};
use super::resolver::Names;
use super::retry::{Policy, Tries};
use super::url::Url;
use super::way::Way;
use super::{Network, Route, tls};
use crate::deadline::{Deadline, seconds};
use crate::error::printable;
use crate::redact::Redactor;
use crate::report::Reporter;
use crate::secret::Secret;
use crate::token::{AccessToken, Bearer};

/// Connecting over all addresses of a host, name resolution, proxy and TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// The metadata endpoint is link-local: what does not answer at once is not there.
const CONNECT_METADATA: Duration = Duration::from_secs(1);

/// A handshake and an answer want about so much; what is left after a wait must be worth it.
const LEAST_ATTEMPT: Duration = Duration::from_millis(150);

/// Sends requests, by three ways out, each set up when first used.
pub(crate) struct Client<'a> {
    network: Network,
    reporter: &'a dyn Reporter,
    redactor: RefCell<Redactor>,
    /// The last token and the header that shows it: it is long, and the same for nearly every request.
    shown: RefCell<Option<(Rc<AccessToken>, HeaderValue)>>,
    attempt: Arc<Attempt>,
    names: Arc<Names>,
    ahead: Arc<Ahead>,
    lanes: OnceCell<Arc<Lanes>>,
    /// When the last wait before another try was over.
    waited: Cell<Option<Instant>>,
    observed: Option<Observed>,
    tls: OnceCell<Arc<ClientConfig>>,
    direct: OnceCell<ureq::Agent>,
    proxied: OnceCell<ureq::Agent>,
    plain: OnceCell<ureq::Agent>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(network: Network, reporter: &'a dyn Reporter) -> Self {
        let mut redactor = Redactor::default();
        if let Some(password) = network.proxy.as_ref().and_then(Proxy::password) {
            redactor.learn(password);
        }
        Self {
            attempt: Attempt::new(network.deadline),
            network,
            reporter,
            redactor: RefCell::new(redactor),
            shown: RefCell::default(),
            names: Arc::default(),
            ahead: Arc::default(),
            lanes: OnceCell::new(),
            waited: Cell::new(None),
            observed: None,
            tls: OnceCell::new(),
            direct: OnceCell::new(),
            proxied: OnceCell::new(),
            plain: OnceCell::new(),
        }
    }

    /// The same, keeping in mind what [`Client::trust`] tells.
    pub(crate) fn observing(network: Network, reporter: &'a dyn Reporter) -> Self {
        Self {
            observed: Some(Observed::default()),
            ..Self::new(network, reporter)
        }
    }

    /// How a host is reached. Its addresses are known once it was asked.
    pub(crate) fn route(&self, url: &Url) -> Route {
        let host = url.host();
        if let Some(directed) = self.direction(url) {
            let (host, port) = directed.target(host, url.port());
            return Route::Directed(format!("{host}:{port}"));
        }
        if let Some(proxy) = self.proxy(url, Policy::Service) {
            return Route::Proxy(proxy.to_string());
        }
        let found = self.names.found(host);
        let literal = || host.parse().into_iter().collect();
        Route::Direct(found.unwrap_or_else(literal))
    }

    /// Connects to a service that will be asked soon, while something else is waited for. `check` tells what it
    /// comes upon step by step: there each connection is made when it is needed.
    pub(crate) fn connect_ahead(&self, url: &Url) {
        if self.observed.is_some() || self.out_of_time() {
            return;
        }
        let proxy = self.proxy(url, Policy::Service).cloned();
        // A password that is wrong is not to be tried twice at once: an account may be locked by it.
        if proxy.as_ref().is_some_and(|proxy| proxy.basic().is_some()) {
            return;
        }
        let way = self.way(match proxy {
            Some(_) => &[],
            None => &self.network.connect_to,
        });
        let (url, deadline) = (url.clone(), self.network.deadline);
        self.ahead.start(&url.clone(), move || {
            way.connect(&url, proxy.as_ref(), deadline, CONNECT)
        });
    }

    /// What the certificate of a host that was asked is chained to.
    pub(crate) fn trust(&self, host: &str) -> Option<Trust> {
        let observed = self.observed.as_ref()?.lock();
        let observed = observed.unwrap_or_else(PoisonError::into_inner);
        observed.get(&host.to_ascii_lowercase()).copied()
    }

    /// Remembers a secret, so that no service's message shows it.
    pub(crate) fn learn(&self, secret: &Secret) {
        self.redactor.borrow_mut().learn(secret);
    }

    /// A service's own words, fit to be shown: known secrets struck out, one line, capped.
    pub(crate) fn quote(&self, words: &str) -> String {
        printable(&self.redactor.borrow().strike(words))
    }

    pub(crate) fn reporter(&self) -> &dyn Reporter {
        self.reporter
    }

    pub(crate) fn deadline(&self) -> &Deadline {
        &self.network.deadline
    }

    pub(crate) fn out_of_time(&self) -> bool {
        self.network.deadline.passed()
    }

    /// Sends a request, again where the rules say so, until there is an answer that stands.
    pub(crate) fn send(&self, request: &Request) -> Result<Answer, Failure> {
        self.send_on(request, &mut Tries::default(), |answer| answer.status)
    }

    /// The same after some tries, where an answer may count as one of another status.
    pub(super) fn send_on(
        &self,
        request: &Request,
        tries: &mut Tries,
        counts_as: impl Fn(&Answer) -> u16,
    ) -> Result<Answer, Failure> {
        let policy = request.policy;
        loop {
            let result = self.attempt(request);
            let wait = match &result {
                Ok(answer) if (request.is_final)(answer) => None,
                Ok(answer) => tries.after_answer(policy, counts_as(answer), answer.retry_after()),
                Err(failure) => {
                    let wait = tries.after_failure(policy, failure);
                    wait.map(|wait| self.in_time(policy, wait))
                }
            };
            match wait {
                Some(wait) if self.fits(wait) => {
                    let next = tries.count() + 1;
                    self.reporter
                        .verbose(&format!("try {next} in {}", seconds(wait)));
                    thread::sleep(wait);
                    self.waited.set(Some(Instant::now()));
                }
                wait => {
                    return result.map(|answer| {
                        let status = counts_as(&answer);
                        self.last(answer, status, request, tries, wait)
                    });
                }
            }
        }
    }

    /// The answer that stands, with why it does.
    fn last(
        &self,
        answer: Answer,
        status: u16,
        request: &Request,
        tries: &Tries,
        wait: Option<Duration>,
    ) -> Answer {
        let timeout = self.network.deadline.seconds();
        let asked_for = answer.retry_after().unwrap_or_default();
        let retries = match wait {
            // The wait that did not fit is counted, and there was none.
            Some(_) if request.policy.is_patient_with(status) && self.fits(asked_for) => {
                Retries::UntilDeadline {
                    tries: tries.count(),
                    timeout,
                }
            }
            Some(wait) => Retries::NoTime { wait, timeout },
            None if (request.is_final)(&answer) => Retries::Done,
            None if request.policy.retries(status) => Retries::Exhausted {
                tries: tries.count() + 1,
            },
            None => Retries::Done,
        };
        Answer { retries, ..answer }
    }

    /// Waits before it is found out what became of a change.
    pub(crate) fn pause(&self, wait: Duration) -> Result<(), String> {
        if !self.fits(wait) {
            return Err(no_time(wait, &self.network.deadline.seconds()));
        }
        thread::sleep(wait);
        Ok(())
    }

    /// What is tried until the deadline is tried a last time right before it.
    fn in_time(&self, policy: Policy, wait: Duration) -> Duration {
        let left = self.network.deadline.left();
        let last = left.saturating_sub(2 * LEAST_ATTEMPT);
        if policy == Policy::Late && !last.is_zero() {
            wait.min(last)
        } else {
            wait
        }
    }

    fn fits(&self, wait: Duration) -> bool {
        wait.saturating_add(LEAST_ATTEMPT) < self.network.deadline.left()
    }

    /// One attempt, or what a lane brought of it.
    fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let start = Instant::now();
        let (result, notes) = if let Some(brought) = self.brought(request) {
            (brought.result, brought.notes)
        } else {
            let exchange = || self.exchange(request);
            let result = repeated_if_stale(&self.attempt, request.is_safe(), exchange);
            (result, self.attempt.take_notes())
        };
        for note in notes {
            self.reporter.verbose(&note);
        }
        let result = result.map_err(|failure| self.advised(failure, request));
        let outcome = match &result {
            Ok(answer) => answer.status.to_string(),
            Err(failure) => failure.to_string(),
        };
        let (method, host, purpose) = (request.method(), request.url.host(), &request.purpose);
        let took = start.elapsed().as_millis();
        self.reporter.verbose(&format!(
            "{method} {host} ({purpose}): {outcome} in {took} ms"
        ));
        result
    }

    fn exchange(&self, request: &Request) -> Result<Answer, Failure> {
        let host = request.url.host();
        let connect = match request.policy {
            Policy::Service | Policy::Patient | Policy::Change | Policy::Probe => CONNECT,
            Policy::Metadata | Policy::Late => CONNECT_METADATA,
        };
        let proxy = self.proxy(request.url, request.policy);
        self.attempt.begin(host, proxy, connect);
        self.attempt.left()?;
        let bearer = match request.bearer {
            Some(bearer) => Some(self.header(bearer).ok_or_else(|| unsendable(host))?),
            None => None,
        };
        let head = request.head(bearer.as_ref());
        let sending = Sending {
            agent: self.agent(request, proxy),
            host,
            head: head.ok_or_else(|| unsendable(host))?,
            body: match &request.body {
                Body::Nothing => None,
                Body::Form(bytes) | Body::Query(bytes) | Body::Change(bytes) => {
                    Some(bytes.as_slice())
                }
            },
            largest: request.largest_answer(),
            by_proxy: proxy.is_some(),
        };
        sending.exchange(&self.attempt)
    }

    /// What a lane brought of a request. Not what was answered to an older token, nor what is to be asked again
    /// since the last wait: that is asked now.
    fn brought(&self, request: &Request) -> Option<Brought> {
        let lanes = self.lanes.get()?;
        let header = self.header(request.bearer?)?;
        let brought = lanes.take(request.url, &header)?;
        let is_old = match &brought.result {
            Ok(answer) if answer.status == 401 => brought.header != header,
            Ok(answer) => {
                request.policy.retries(answer.status) && self.has_waited_since(brought.at)
            }
            Err(_) => self.has_waited_since(brought.at),
        };
        (!is_old).then_some(brought)
    }

    fn has_waited_since(&self, at: Instant) -> bool {
        self.waited.get().is_some_and(|waited| waited > at)
    }

    /// Whether several requests are under way at once.
    pub(crate) fn is_parallel(&self) -> bool {
        self.network.parallel > 1 && self.observed.is_none()
    }

    /// These URLs are asked for next, with the token for the vaults.
    pub(crate) fn line_up(&self, urls: impl Iterator<Item = Url>) {
        if !self.is_parallel() {
            return;
        }
        let lanes = self.lanes.get_or_init(|| {
            let (direct, proxied) = (self.way(&self.network.connect_to), self.way(&[]));
            let (most, deadline) = (self.network.parallel, self.network.deadline);
            Lanes::new(most, deadline, CONNECT, direct, proxied)
        });
        let proxy = |url: &Url| self.proxy(url, Policy::Patient).cloned();
        lanes.line_up(urls.map(|url| {
            let proxy = proxy(&url);
            (url, proxy)
        }));
    }

    /// Nothing else is asked of this host.
    pub(crate) fn forget(&self, host: &str) {
        if let Some(lanes) = self.lanes.get() {
            lanes.forget(host);
        }
    }

    /// The header that shows a token; `None`: none can.
    fn header(&self, bearer: Bearer) -> Option<HeaderValue> {
        let token = bearer.token();
        let mut shown = self.shown.borrow_mut();
        if let Some((_, header)) = shown.as_ref().filter(|(old, _)| Rc::ptr_eq(old, &token)) {
            return Some(header.clone());
        }
        let header = behind("Bearer ", token.secret())?;
        *shown = Some((token, header.clone()));
        Some(header)
    }

    /// The way out for this request: through the proxy, around it, or with nothing but the host's own address.
    fn agent(&self, request: &Request, proxy: Option<&Proxy>) -> &ureq::Agent {
        let (way, connect_to) = match proxy {
            Some(_) => (&self.proxied, &[][..]),
            None if is_local(request.url, request.policy) => (&self.plain, &[][..]),
            None => (&self.direct, &self.network.connect_to[..]),
        };
        way.get_or_init(|| self.way(connect_to).agent(&self.attempt, &self.ahead))
    }

    pub(super) fn configured_proxy(&self) -> Option<&Proxy> {
        self.network.proxy.as_ref()
    }

    /// The `--connect-to` of a host; plain http is on this machine, and led nowhere else.
    pub(super) fn direction(&self, url: &Url) -> Option<&ConnectTo> {
        let mut directions = self.network.connect_to.iter();
        let applies = |to: &&ConnectTo| url.is_https() && to.applies(url.host(), url.port());
        directions.find(applies)
    }

    /// The proxy for a host, if it is one that a proxy is asked for.
    pub(super) fn proxy(&self, url: &Url, policy: Policy) -> Option<&Proxy> {
        let exempt = || self.network.no_proxy.covers(url.host(), url.port());
        let around = is_local(url, policy) || self.direction(url).is_some() || exempt();
        self.network.proxy.as_ref().filter(|_| !around)
    }

    fn way(&self, connect_to: &[ConnectTo]) -> Way {
        let (roots, observed) = (&self.network.roots, self.observed.as_ref());
        let tls = self.tls.get_or_init(|| tls::client_config(roots, observed));
        Way {
            connect_to: connect_to.to_vec(),
            tls: Arc::clone(tls),
            names: Arc::clone(&self.names),
        }
    }
}

/// A metadata endpoint, or this machine itself (plain http): led nowhere else.
pub(super) fn is_local(url: &Url, policy: Policy) -> bool {
    policy.is_metadata() || !url.is_https()
}
