//! One way to the network: requests, answers, retries and the deadline.
//!
//! This file and those in `http/` are the only ones that name ureq and rustls. A request goes through
//! [`Client::send`], which comes back with an [`Answer`] (any HTTP status, once the retries are over)
//! or a [`Failure`] (no answer). What a status means is the caller's to say.
//!
//! ureq brings the protocol, the pool and the CONNECT of proxies; the resolver (`names`), the
//! connections (`dial`), trust (`tls`) and time (`pace`) are ours.

mod dial;
mod failure;
mod names;
mod pace;
mod proxy;
mod retry;
mod tls;

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::io::{self, Read};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use ureq::http::header::{HeaderMap, HeaderValue, InvalidHeaderValue};
use ureq::http::{Method, Request as HttpRequest, Uri};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};
use zeroize::{Zeroize, Zeroizing};

pub use failure::{Failure, Kind};
pub use proxy::{ConnectTo, NoProxy, Proxy, ProxyProblem};
pub use retry::Policy;
pub use tls::ExtraRoots;

use crate::deadline::{Deadline, seconds};
use crate::error::{Error, Exit, printable};
use crate::report::Reporter;
use crate::secret::{Redactor, Secret};
use pace::Pace;
use retry::Tries;

/// Connecting over all addresses of a host, name resolution, proxy and TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// The metadata endpoint is link-local: what does not answer at once is not there.
const CONNECT_METADATA: Duration = Duration::from_secs(1);

/// No answer of Azure's is larger: a secret has at most 25 kB, a page at most 25 items.
const LARGEST_BODY: usize = 1 << 20;

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

/// An absolute http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(Uri);

impl Url {
    /// Reads an absolute URL without user information; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let web = matches!(uri.scheme_str(), Some("http" | "https"));
        let bare = uri
            .authority()
            .is_some_and(|authority| !authority.as_str().contains('@'));
        (web && bare && uri.host().is_some_and(|host| !host.is_empty())).then_some(Self(uri))
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The host, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// The port, the scheme's where none is given.
    #[must_use]
    pub fn port(&self) -> u16 {
        port_of(&self.0)
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The query, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Whether both URLs are answered by the same server: scheme, host and port.
    #[must_use]
    pub fn same_server(&self, other: &Self) -> bool {
        self.is_https() == other.is_https()
            && self.host().eq_ignore_ascii_case(other.host())
            && self.port() == other.port()
    }
}

fn port_of(uri: &Uri) -> u16 {
    let default = if uri.scheme_str() == Some("http") {
        80
    } else {
        443
    };
    uri.port_u16().unwrap_or(default)
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
    /// A form to POST; without one it is a GET.
    pub form: Option<&'a Secret>,
    /// Whose rules for retries and proxies hold.
    pub policy: Policy,
}

/// What a service answered, once there was no retry left that was worth its time.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body, wiped on drop.
    pub body: Zeroizing<Vec<u8>>,
    headers: HeaderMap,
    standing: Standing,
}

/// Why an answer that asks for another try was handed on all the same.
enum Standing {
    /// It does not ask for one.
    Final,
    /// There were as many tries as the rules have.
    Exhausted(u32),
    /// The wait does not fit before the deadline.
    NoTime { wait: Duration, timeout: String },
}

impl Answer {
    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What kind of body it is, for a message: `text/html`, say.
    #[must_use]
    pub fn content_type(&self) -> String {
        match self.header("content-type") {
            Some(text) => printable(text.split(';').next().unwrap_or_default()),
            None => "no content type".to_owned(),
        }
    }

    /// The exit code of an error that this answer leads to: what the caller says, unless the answer
    /// asked for a wait that does not fit.
    #[must_use]
    pub fn exit(&self, exit: Exit) -> Exit {
        match self.standing {
            Standing::NoTime { .. } => Exit::Deadline,
            _ => exit,
        }
    }

    /// What the retries came to, to follow the words for the answer; empty if there were none.
    #[must_use]
    pub fn aftermath(&self) -> String {
        match &self.standing {
            Standing::Final => String::new(),
            Standing::Exhausted(tries) => format!(", {tries} times"),
            Standing::NoTime { wait, timeout } => {
                let wait = seconds(*wait);
                format!(
                    "; the next try would be in {wait}, and `--timeout` is too short for it ({timeout})"
                )
            }
        }
    }

    /// What to do about the retries' end.
    #[must_use]
    pub fn aftermath_hint(&self) -> Option<String> {
        match self.standing {
            Standing::NoTime { .. } => {
                Some("give it more time with `--timeout SECONDS`, or try later".to_owned())
            }
            Standing::Exhausted(_) => Some("try again later".to_owned()),
            Standing::Final => None,
        }
    }
}

/// The network of one run: three ways out of it, each set up when first used.
pub struct Client<'a> {
    network: Network,
    reporter: &'a dyn Reporter,
    redactor: RefCell<Redactor>,
    pace: Arc<Pace>,
    known: names::Known,
    tls: Arc<OnceLock<Arc<rustls::ClientConfig>>>,
    direct: OnceCell<ureq::Agent>,
    proxied: OnceCell<ureq::Agent>,
    metadata: OnceCell<ureq::Agent>,
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
            direct: OnceCell::new(),
            proxied: OnceCell::new(),
            metadata: OnceCell::new(),
        }
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
                    let wish = retry::wish(|name| answer.header(name), SystemTime::now());
                    let before = tries.count();
                    match tries.after_answer(request.policy, answer.status, wish) {
                        None if before > 0 && is_retryable(request.policy, answer.status) => {
                            answer.standing = Standing::Exhausted(before + 1);
                            return Ok(answer);
                        }
                        None => return Ok(answer),
                        Some(wait) if wait >= self.network.deadline.left() => {
                            let timeout = self.network.deadline.seconds();
                            answer.standing = Standing::NoTime { wait, timeout };
                            return Ok(answer);
                        }
                        Some(wait) => wait,
                    }
                }
                Err(failure) => match tries.after_failure(request.policy, &failure) {
                    Some(wait) if wait < self.network.deadline.left() => wait,
                    _ => return Err(failure),
                },
            };
            let next = tries.count() + 1;
            self.reporter
                .verbose(&format!("try {next} in {}", seconds(wait)));
            std::thread::sleep(wait);
        }
    }

    /// One attempt, and at once a second one where a kept-alive connection turns out to be closed.
    fn attempt(&self, request: &Request) -> Result<Answer, Failure> {
        let start = Instant::now();
        let mut result = self.exchange(request);
        let stale =
            matches!(&result, Err(failure) if failure.kind == Kind::Cut) && self.pace.was_stale();
        if stale && request.form.is_none() {
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
        let method = if request.form.is_some() {
            "POST"
        } else {
            "GET"
        };
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
            Policy::Service => CONNECT,
            Policy::Metadata => CONNECT_METADATA,
        };
        self.pace.begin(connect);
        self.pace.left(host)?;
        let agent = self.agent(request);
        let response = match request.form {
            Some(form) => {
                let head = head(request, Method::POST).map_err(|_| unsendable(host))?;
                let head = head.header("content-type", "application/x-www-form-urlencoded");
                head.body(form.expose()).map(|post| agent.run(post))
            }
            None => {
                let head = head(request, Method::GET).map_err(|_| unsendable(host))?;
                head.body(()).map(|get| agent.run(get))
            }
        };
        let response = response.map_err(|_| unsendable(host))?;
        let response = response.map_err(|error| self.failure(error, host))?;
        let (parts, body) = response.into_parts();
        let length = body.content_length();
        let body = read_body(body.into_reader(), length, host).map_err(|error| match error {
            BodyProblem::Ours(failure) => failure,
            BodyProblem::Read(error) => self.failure(ureq::Error::from(error), host),
        })?;
        Ok(Answer {
            status: parts.status.as_u16(),
            body,
            headers: parts.headers,
            standing: Standing::Final,
        })
    }

    /// The way out for this request: around the proxy, through it, or the metadata endpoint's.
    fn agent(&self, request: &Request) -> &ureq::Agent {
        if request.policy == Policy::Metadata {
            return self
                .metadata
                .get_or_init(|| self.new_agent(None, Vec::new()));
        }
        let (host, port) = (request.url.host(), request.url.port());
        let directed = self
            .network
            .connect_to
            .iter()
            .any(|connect_to| connect_to.applies(host, port));
        match &self.network.proxy {
            Some(proxy) if !directed && !self.network.no_proxy.covers(host, port) => self
                .proxied
                .get_or_init(|| self.new_agent(Some(proxy), Vec::new())),
            _ => self
                .direct
                .get_or_init(|| self.new_agent(None, self.network.connect_to.clone())),
        }
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

    /// ureq's errors in our words; our own come back as they were.
    fn failure(&self, error: ureq::Error, host: &str) -> Failure {
        match error {
            ureq::Error::Other(ours) => match ours.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(_) => garbled(host, "it cannot be read"),
            },
            ureq::Error::Io(error) if is_cut(&error) => {
                if self.pace.is_connecting() {
                    let cause =
                        format!("the connection to `{host}` was closed while it was being made");
                    return Failure::new(Kind::Connection, cause);
                }
                let cause = if self.pace.has_heard() {
                    format!("`{host}` closed the connection in the middle of its answer")
                } else {
                    format!("`{host}` closed the connection without an answer")
                };
                Failure::new(Kind::Cut, cause)
            }
            ureq::Error::Io(error) => Failure::new(
                Kind::Connection,
                format!("no connection to `{host}`: {}", error.kind()),
            ),
            ureq::Error::ConnectProxyFailed(words) => self.proxy_refused(&words, host),
            ureq::Error::LargeResponseHeader(..) => garbled(host, "its head is too large"),
            _ if self.pace.is_connecting() && self.network.proxy.is_some() => {
                of_proxy(garbled(host, "it is not HTTP"))
            }
            _ => garbled(host, "it is not HTTP"),
        }
    }

    /// ureq tells the proxy's status in text only: "proxy server responded 407/407".
    fn proxy_refused(&self, words: &str, host: &str) -> Failure {
        let proxy = self
            .network
            .proxy
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let status = words
            .split(|c: char| !c.is_ascii_digit())
            .find(|part| part.len() == 3);
        let Some(status) = status else {
            let cause = format!("the proxy `{proxy}` closed the connection without an answer");
            return Failure::new(Kind::Proxy, cause);
        };
        let failure = Failure::new(
            Kind::ProxyRefusal,
            format!("the proxy `{proxy}` refused to connect to `{host}` (status {status})"),
        );
        match status {
            "407" => failure.hint("it asks for a user and a password: put them into the URL in `HTTPS_PROXY` or the configuration file"),
            "403" => failure.hint("its rules forbid this host: have it allowed, or exempt it with `NO_PROXY`"),
            "502" | "503" | "504" => Failure { kind: Kind::Proxy, ..failure }
                .hint("the proxy could not reach the host, or does not know its name"),
            _ => failure.hint("check the proxy's URL, or exempt the host with `NO_PROXY`"),
        }
    }
}

fn head(
    request: &Request,
    method: Method,
) -> Result<ureq::http::request::Builder, InvalidHeaderValue> {
    let mut head = HttpRequest::builder()
        .method(method)
        .uri(request.url.0.clone());
    for (name, value) in request.headers {
        head = head.header(*name, HeaderValue::from_str(value)?);
    }
    if let Some((name, before, secret)) = &request.secret_header {
        let text = Zeroizing::new(format!("{before}{}", secret.expose()));
        let mut value = HeaderValue::from_str(&text)?;
        value.set_sensitive(true);
        head = head.header(*name, value);
    }
    Ok(head)
}

/// Tokens and configured ids are checked before: what ends here was not.
fn unsendable(host: &str) -> Failure {
    Failure::new(
        Kind::Garbled,
        format!("the request for `{host}` has a value that HTTP cannot carry"),
    )
}

fn garbled(host: &str, how: &str) -> Failure {
    Failure::new(
        Kind::Garbled,
        format!("the answer of `{host}` makes no sense: {how}"),
    )
    .hint("something that is not Azure answers there: check the proxy, `--connect-to` and the DNS")
}

/// A failure to reach the proxy, said of the proxy.
fn of_proxy(failure: Failure) -> Failure {
    if failure.kind == Kind::Deadline {
        return failure;
    }
    let kind = if failure.may_pass() {
        Kind::Proxy
    } else {
        failure.kind
    };
    let hint = failure.hint.unwrap_or_else(|| {
        "check `--proxy`, `HTTPS_PROXY` or the configuration's `proxy`; `--no-proxy` goes without".to_owned()
    });
    Failure {
        kind,
        cause: format!("the proxy cannot be used: {}", failure.cause),
        hint: Some(hint),
    }
}

fn into_ureq(failure: Failure) -> ureq::Error {
    ureq::Error::Other(Box::new(failure))
}

fn is_cut(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(
        error.kind(),
        K::UnexpectedEof
            | K::ConnectionReset
            | K::ConnectionAborted
            | K::BrokenPipe
            | K::NotConnected
    )
}

fn is_retryable(policy: Policy, status: u16) -> bool {
    Tries::default()
        .after_answer(policy, status, None)
        .is_some()
}

enum BodyProblem {
    Ours(Failure),
    Read(io::Error),
}

/// Reads a body to its end, which gives the connection back, into memory that is wiped.
fn read_body(
    mut reader: impl Read,
    length: Option<u64>,
    host: &str,
) -> Result<Zeroizing<Vec<u8>>, BodyProblem> {
    let too_large = || {
        let cause =
            format!("the answer of `{host}` is larger than any of Azure's ({LARGEST_BODY} bytes)");
        BodyProblem::Ours(Failure::new(Kind::Garbled, cause))
    };
    let announced = length
        .map_or(Ok(16 * 1024), usize::try_from)
        .unwrap_or(usize::MAX);
    if announced > LARGEST_BODY {
        return Err(too_large());
    }
    let mut body = Zeroizing::new(vec![0; announced + 1]);
    let mut filled = 0;
    loop {
        if filled == body.len() {
            if filled > LARGEST_BODY {
                return Err(too_large());
            }
            // Not `resize`: it would leave what it moves from unwiped.
            let mut larger = Zeroizing::new(vec![0; (filled * 2).min(LARGEST_BODY + 1)]);
            larger[..filled].copy_from_slice(&body);
            body = larger;
        }
        match reader.read(&mut body[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BodyProblem::Read(error)),
        }
    }
    body[filled..].zeroize();
    body.truncate(filled);
    Ok(body)
}

impl Failure {
    /// As the error of an operation.
    #[must_use]
    pub fn during(self, operation: impl Into<String>) -> Error {
        Error::new(self.exit(), operation, self.cause.clone()).maybe_hint(self.hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_bounded() {
        let read = |size: u64, length| {
            read_body(io::repeat(b'x').take(size), length, "h").map(|b| b.len())
        };
        assert_eq!(read(0, None).ok(), Some(0));
        assert_eq!(read(100_000, None).ok(), Some(100_000));
        assert_eq!(read(1 << 20, Some(1 << 20)).ok(), Some(1 << 20));
        assert!(read((1 << 20) + 1, None).is_err());
        assert!(read(0, Some((1 << 20) + 1)).is_err());
        assert!(read(u64::MAX, None).is_err());
    }

    #[test]
    fn urls_are_absolute_and_without_a_user() {
        for bad in [
            "",
            "/secrets",
            "kv.example",
            "ftp://kv.example/",
            "https://u@kv.example/",
            "https://",
        ] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
        let url = Url::parse("https://kv.example:443/secrets?$skiptoken=a").unwrap();
        assert!(url.same_server(&Url::parse("https://KV.example/x").unwrap()));
        assert!(!url.same_server(&Url::parse("http://kv.example:443/x").unwrap()));
        assert!(!url.same_server(&Url::parse("https://kv.example:8443/x").unwrap()));
        assert_eq!(url.query(), Some("$skiptoken=a"));
    }
}
