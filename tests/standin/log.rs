//! What happened: every connection, every request, and everything no client should have done.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;

use super::http::{Listener, Request};

/// A TCP connection that was accepted.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Counted from 0 over all doors.
    pub id: usize,
    /// The door it came to.
    pub listener: Listener,
    /// The name the client asked for in its first TLS message.
    pub sni: Option<String>,
    /// How TLS ended up: `None` until it is decided, and for plain HTTP.
    pub handshake: Option<Result<(), String>>,
    /// Whether it was closed before it could be used, because the stand-in is told to do that first.
    pub hung_up: bool,
}

/// The record.
#[derive(Default)]
pub(super) struct Log {
    pub(super) connections: Vec<Connection>,
    pub(super) requests: Vec<Request>,
    pub(super) violations: Vec<String>,
    /// How many of the requests were dealt with, whatever became of their answers.
    pub(super) dealt: usize,
    /// How many of the requests a test has expected.
    pub(super) expected: usize,
    /// Whether the test does not care about requests.
    pub(super) ignored: bool,
    /// Where the program writes it along.
    pub(super) file: Option<File>,
}

impl Log {
    pub(super) fn connection(&mut self, listener: Listener) -> usize {
        let id = self.connections.len();
        self.connections.push(Connection {
            id,
            listener,
            sni: None,
            handshake: None,
            hung_up: false,
        });
        id
    }

    pub(super) fn request(&mut self, request: &Request) {
        self.write(&request.line());
        self.requests.push(request.clone());
    }

    pub(super) fn violation(&mut self, text: String) {
        self.write(&format!("VIOLATION {text}"));
        self.violations.push(text);
    }

    fn write(&mut self, line: &str) {
        if let Some(file) = &mut self.file {
            let _ = writeln!(file, "{line}");
        }
    }

    /// The requests that no test has expected yet.
    pub(super) fn pending(&self) -> Vec<String> {
        let pending = self.requests.iter().skip(self.expected);
        pending.map(Request::line).collect()
    }
}

/// Compares requests with what was expected; `*` stands for anything. The text shows both side by side.
pub(super) fn compare(expected: &[&str], found: &[String]) -> Result<(), String> {
    use std::fmt::Write as _;

    let mut text = String::new();
    let mut same = true;
    for index in 0..expected.len().max(found.len()) {
        match (expected.get(index), found.get(index)) {
            (Some(expected), Some(found)) if matches(expected, found) => {
                let _ = writeln!(text, "    as expected  {found}");
            }
            (expected, found) => {
                same = false;
                let expected = expected.unwrap_or(&"(nothing)");
                let found = found.map_or("(nothing)", String::as_str);
                let _ = writeln!(
                    text,
                    "    expected     {expected}\n    but found    {found}"
                );
            }
        }
    }
    if same { Ok(()) } else { Err(text) }
}

/// What was found, in the order of what was expected; behind it the rest, without other secrets that were asked for
/// before it was known that nobody needs them. None may be asked for twice.
pub(super) fn in_order(expected: &[&str], mut found: Vec<String>) -> Vec<String> {
    let mut ordered = Vec::new();
    for pattern in expected {
        if let Some(at) = found.iter().position(|line| matches(pattern, line)) {
            ordered.push(found.remove(at));
        }
    }
    let others: BTreeSet<_> = found.iter().cloned().collect();
    let is_early = |line: &String| line.starts_with("GET ") && line.contains("/secrets");
    let is_known = |line: &String| expected.iter().any(|pattern| matches(pattern, line));
    let is_once = others.len() == found.len();
    found.retain(|line| !is_once || !is_early(line) || is_known(line));
    ordered.extend(found);
    ordered
}

/// Whether the pattern, in which `*` stands for anything, is the whole text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
