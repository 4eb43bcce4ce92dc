//! Why no answer came, in words: facts about one host that upper layers put into an error.

use std::fmt;

use crate::error::{Error, Exit};

/// No usable answer came from a host.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// What happened, naming the host.
    pub(crate) cause: String,
    /// What to do about it, where that depends on nothing but the network.
    pub(crate) hint: Option<String>,
}

/// The kinds of failure that callers and the retry rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The name servers say that there is no such host.
    NoSuchHost,
    /// The name could not be resolved now.
    Resolution,
    /// No connection: refused, unreachable, timed out, or cut during the handshake.
    Connection,
    /// TLS cannot work as things are: a certificate, a version, or no TLS at all.
    Tls,
    /// The proxy could not be reached.
    Proxy,
    /// The proxy said no, or something that makes no sense, or its name does not exist.
    ProxyRefusal,
    /// The connection was cut before the answer was whole.
    Cut,
    /// Connected, and then nothing came in time.
    Silence,
    /// What came is not HTTP, or not within bounds.
    Garbled,
    Deadline,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            cause: cause.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.kind {
            FailureKind::Deadline => Exit::Deadline,
            FailureKind::Silence | FailureKind::Garbled => Exit::Service,
            _ => Exit::Unreachable,
        }
    }

    pub(crate) fn during(self, operation: impl Into<String>) -> Error {
        let hint = self
            .hint
            .clone()
            .or_else(|| self.usual_hint().map(str::to_owned));
        Error::new(self.exit(), operation, self.cause).maybe_hint(hint)
    }

    /// What to do about a failure of this kind, where nobody knew better.
    fn usual_hint(&self) -> Option<&'static str> {
        match self.kind {
            FailureKind::Connection => Some(
                "is port 443 open to it from here? Else a proxy (`--proxy`, `HTTPS_PROXY`) or another address (`--connect-to`) is needed",
            ),
            FailureKind::Cut | FailureKind::Silence => Some(
                "try again later; if it stays, something in between (a firewall, a proxy) breaks connections",
            ),
            FailureKind::Deadline => Some("give it more time with `--timeout SECONDS`"),
            _ => None,
        }
    }

    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Resolution
                | FailureKind::Connection
                | FailureKind::Proxy
                | FailureKind::Cut
                | FailureKind::Silence
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}
