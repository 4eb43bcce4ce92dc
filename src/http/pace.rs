//! How long the attempt in progress may take, and what it has seen: shared by the client with the
//! resolver, the connectors and the transports that ureq owns.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::{Failure, Kind};
use crate::deadline::{Deadline, seconds};

/// An answer, from the first byte sent to the last one received, takes no longer.
const ANSWER: Duration = Duration::from_secs(20);

/// The shared state of one client.
pub struct Pace {
    deadline: Deadline,
    attempt: Mutex<Attempt>,
}

struct Attempt {
    /// Who is asked.
    host: String,
    /// Connecting, over all addresses, with proxy and TLS, takes no longer.
    connect: Duration,
    phase: Phase,
    until: Instant,
    dialed: bool,
    heard: bool,
    notes: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Connecting,
    /// Still connecting, but the proxy has done its part.
    Tunnelled,
    Answering,
}

impl Pace {
    pub fn new(deadline: Deadline) -> Arc<Self> {
        let attempt = Attempt {
            host: String::new(),
            connect: Duration::ZERO,
            phase: Phase::Answering,
            until: deadline.at(),
            dialed: false,
            heard: false,
            notes: Vec::new(),
        };
        Arc::new(Self {
            deadline,
            attempt: Mutex::new(attempt),
        })
    }

    /// A request is about to be sent, over a connection that is there or one that is made now.
    pub fn begin(&self, host: &str, connect: Duration) {
        let mut attempt = self.lock();
        host.clone_into(&mut attempt.host);
        attempt.connect = connect;
        attempt.dialed = false;
        attempt.heard = false;
        drop(attempt);
        self.answering();
    }

    /// A connection is being made; only the first call of an attempt starts its clock.
    pub fn connecting(&self) {
        let mut attempt = self.lock();
        if !attempt.dialed {
            attempt.dialed = true;
            attempt.phase = Phase::Connecting;
            attempt.until = self.deadline.at().min(Instant::now() + attempt.connect);
        }
    }

    /// The proxy has connected: what is made now is the connection to who is asked.
    pub fn tunnelled(&self) {
        self.lock().phase = Phase::Tunnelled;
    }

    /// The connection stands: the answer's time begins.
    pub fn answering(&self) {
        let mut attempt = self.lock();
        attempt.phase = Phase::Answering;
        attempt.until = self.deadline.at().min(Instant::now() + ANSWER);
    }

    /// Bytes of an answer came.
    pub fn heard(&self) {
        self.lock().heard = true;
    }

    /// Whether the attempt used a connection that stood before, and nothing came over it.
    pub fn was_stale(&self) -> bool {
        let attempt = self.lock();
        !attempt.dialed && !attempt.heard
    }

    /// Whether bytes of an answer came.
    pub fn has_heard(&self) -> bool {
        self.lock().heard
    }

    pub fn is_connecting(&self) -> bool {
        self.lock().phase != Phase::Answering
    }

    /// Whether it is the proxy that a connection is being made to, where there is one.
    pub fn is_before_tunnel(&self) -> bool {
        self.lock().phase == Phase::Connecting
    }

    /// Who is at the other end of a connection to `host`: behind a proxy, who is asked.
    pub fn peer(&self, host: &str) -> String {
        let attempt = self.lock();
        match attempt.phase {
            Phase::Connecting => host.to_owned(),
            Phase::Tunnelled | Phase::Answering => attempt.host.clone(),
        }
    }

    /// What is left for the step in progress; a failure once nothing is.
    pub fn left(&self, host: &str) -> Result<Duration, Failure> {
        let left = self.lock().until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(self.timed_out(host))
        } else {
            Ok(left)
        }
    }

    /// The step in progress took too long: of the run, or of what one attempt may take.
    pub fn timed_out(&self, host: &str) -> Failure {
        let attempt = self.lock();
        let (doing, limit, kind) = match attempt.phase {
            Phase::Connecting | Phase::Tunnelled => {
                ("connecting to", attempt.connect, Kind::Connection)
            }
            Phase::Answering => ("waiting for", ANSWER, Kind::Silence),
        };
        if self.deadline.passed() {
            let timeout = self.deadline.seconds();
            let cause =
                format!("the deadline of {timeout} (`--timeout`) passed while {doing} `{host}`");
            return Failure::new(Kind::Deadline, cause);
        }
        let limit = seconds(limit);
        match kind {
            Kind::Connection => {
                Failure::new(kind, format!("no connection to `{host}` within {limit}"))
            }
            _ => Failure::new(kind, format!("`{host}` did not answer within {limit}")),
        }
    }

    /// Something for `--verbose` that happened where nobody can print.
    pub fn note(&self, text: String) {
        self.lock().notes.push(text);
    }

    /// The notes so far.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().notes)
    }

    fn lock(&self) -> MutexGuard<'_, Attempt> {
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
