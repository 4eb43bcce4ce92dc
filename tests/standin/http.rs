//! HTTP/1.1 as a server sees it: reading requests strictly, and answers.

use std::io::{self, Read};

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request's head is never longer.
const HEAD_LIMIT: usize = 64 * 1024;
/// A request's body is never longer.
const BODY_LIMIT: usize = 1024 * 1024;

/// Which of the stand-in's doors something came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// TLS: everything that has a public host name.
    Tls,
    /// Plain HTTP: what lives beside the program on its own machine, such as the metadata endpoint.
    Local,
    /// Plain HTTP: Azure Arc's agent on a server outside Azure.
    Arc,
    /// Plain HTTP: the endpoint that App Service gives each of its apps.
    AppService,
    /// Plain HTTP: an XSOAR server on the program's own machine.
    Xsoar,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The door it came to.
    pub listener: Listener,
    /// The connection it came on, counted from 0 over all doors.
    pub connection: usize,
    /// The name that TLS was made for.
    pub sni: Option<String>,
    /// The method.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Names as sent, values as text.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The one value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a header.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The host it is for, in lower case, without the default port.
    pub fn host(&self) -> String {
        let host = self.header("host").unwrap_or_default().to_lowercase();
        host.strip_suffix(":443").unwrap_or(&host).to_owned()
    }

    /// The host's name, without any port.
    pub fn host_name(&self) -> String {
        let host = self.host();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
            _ => host,
        }
    }

    /// The target up to the question mark.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The decoded names and values of the query.
    pub fn query(&self) -> Vec<(String, String)> {
        let (_, query) = self.target.split_once('?').unwrap_or_default();
        pairs(query)
    }

    /// The decoded names and values of a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    /// How the request is written in expectations and logs, and what a fault's route is compared with.
    pub fn line(&self) -> String {
        let host = match self.listener {
            Listener::Tls => self.host(),
            Listener::Local => "metadata".to_owned(),
            Listener::Arc => "arc".to_owned(),
            Listener::AppService => "app-service".to_owned(),
            Listener::Xsoar => "xsoar".to_owned(),
        };
        format!("{} {host}{}", self.method, self.target)
    }
}

/// The names and values of a query or a form, decoded.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The value of a name that must be there exactly once.
pub(super) fn single<'a>(pairs: &'a [(String, String)], name: &str) -> Result<&'a str, String> {
    let mut values = pairs.iter().filter(|(found, _)| found == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(value),
        (None, _) => Err(format!("`{name}` is missing")),
        _ => Err(format!("`{name}` is there more than once")),
    }
}

/// What reading from a connection brought.
pub(super) enum Received {
    /// Method, target, headers and body; the rest is filled in by the caller.
    Request(Request),
    /// The client left.
    Closed,
    /// What came is no request.
    Malformed(String),
}

/// Reads one request; what lies behind it stays in `buffer`.
pub(super) fn receive(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Received {
    let (mut request, head, length) = loop {
        match parse(buffer) {
            Ok(Some(found)) => break found,
            Ok(None) if buffer.len() > HEAD_LIMIT => {
                return Received::Malformed("a head without end".into());
            }
            Ok(None) => {}
            Err(problem) => return Received::Malformed(problem),
        }
        if !matches!(fill(stream, buffer), Ok(1..)) {
            return Received::Closed;
        }
    };
    while buffer.len() < head + length {
        if !matches!(fill(stream, buffer), Ok(1..)) {
            return Received::Closed;
        }
    }
    request.body = buffer[head..head + length].to_vec();
    buffer.drain(..head + length);
    Received::Request(request)
}

fn fill(stream: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut chunk = [0; 16 * 1024];
    let count = stream.read(&mut chunk)?;
    buffer.extend(&chunk[..count]);
    Ok(count)
}

/// The request whose head is in the buffer, the head's length and the body's.
fn parse(buffer: &[u8]) -> Result<Option<(Request, usize, usize)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let head = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("no HTTP request: {error}")),
    };
    if parsed.version != Some(1) {
        return Err("not HTTP/1.1".into());
    }
    let mut request = Request {
        listener: Listener::Local,
        connection: 0,
        sni: None,
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    for header in parsed.headers.iter() {
        let value = std::str::from_utf8(header.value).map_err(|_| "a header that is not text")?;
        request
            .headers
            .push((header.name.to_owned(), value.to_owned()));
    }
    for name in ["host", "authorization", "content-length", "content-type"] {
        if request.headers_named(name).count() > 1 {
            return Err(format!("more than one `{name}`"));
        }
    }
    if request.header("host").is_none() {
        return Err("no `host`".into());
    }
    if request.header("transfer-encoding").is_some() {
        return Err("a body of unknown length: Azure wants a `content-length`".into());
    }
    let length = match request.header("content-length") {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| "a `content-length` that is no number")?,
    };
    if length > BODY_LIMIT {
        return Err("too large a body".into());
    }
    Ok(Some((request, head, length)))
}

/// An answer, before any fault.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Without `content-length`, unless it is meant to be another than the body's.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer with JSON in it.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    /// An answer with anything in it.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        let body = body.into();
        Self {
            status,
            headers,
            body,
        }
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Whether a header is there.
    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(found, _)| found.eq_ignore_ascii_case(name))
    }

    /// Whether the connection ends with this answer.
    pub(super) fn closes(&self) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|(name, value)| {
            name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
        })
    }

    /// Everything up to the body.
    pub(super) fn head(&self, date: &str) -> Vec<u8> {
        use std::fmt::Write as _;

        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.has("content-length") && !self.has("transfer-encoding") {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        if !self.has("date") {
            let _ = write!(head, "Date: {date}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
