//! The attempt in progress: how far it is, how long it may take, and why it failed.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::Transport;

use super::failure::{Failure, FailureKind};
use super::proxy::{self, Proxy};
use crate::deadline::{Deadline, seconds};
use crate::system::SystemError;

/// An answer, from the first byte sent to the last one received, takes no longer.
const ANSWER: Duration = Duration::from_secs(20);

/// Shared by the client with what ureq owns.
#[derive(Debug)]
pub(super) struct Attempt {
    deadline: Deadline,
    state: Mutex<State>,
    /// Whether it only connects, for another one to use the connection.
    is_ahead: bool,
    /// Who uses the connection now.
    user: OnceLock<Arc<Attempt>>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    host: String,
    /// On the way to the host, where there is one.
    proxy: Option<Proxy>,
    /// Who is at the other end: the host or the proxy.
    peer: String,
    /// Connecting, over all addresses, with proxy and TLS, takes no longer.
    connect: Duration,
    /// When the phase is over.
    until: Instant,
    /// Whether a connection was made for this attempt.
    dialed: bool,
    /// Whether bytes of an answer came.
    heard: bool,
    failure: Option<Failure>,
    notes: Vec<String>,
    /// A connection that was made ahead, until ureq takes it.
    ready: Option<Box<dyn Transport>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    ToProxy,
    ToHost,
    Answering,
}

impl Attempt {
    pub(super) fn new(deadline: Deadline) -> Arc<Self> {
        Self::of_kind(deadline, false)
    }

    /// One that only connects.
    pub(super) fn ahead(deadline: Deadline) -> Arc<Self> {
        Self::of_kind(deadline, true)
    }

    fn of_kind(deadline: Deadline, is_ahead: bool) -> Arc<Self> {
        let state = State {
            phase: Phase::Answering,
            host: String::new(),
            proxy: None,
            peer: String::new(),
            connect: Duration::ZERO,
            until: deadline.at(),
            dialed: false,
            heard: false,
            failure: None,
            notes: Vec::new(),
            ready: None,
        };
        Arc::new(Self {
            deadline,
            state: Mutex::new(state),
            is_ahead,
            user: OnceLock::new(),
        })
    }

    /// A request is about to be sent, over a connection that is there or one that is made now.
    pub(super) fn begin(&self, host: &str, proxy: Option<&Proxy>, connect: Duration) {
        let mut state = self.lock();
        state.proxy = proxy.cloned();
        host.clone_into(&mut state.host);
        host.clone_into(&mut state.peer);
        state.connect = connect;
        state.dialed = false;
        state.heard = false;
        state.failure = None;
        state.ready = None;
        drop(state);
        self.answering();
    }

    /// A connection is being made, to the proxy or to who is asked; the first step of it starts the clock.
    pub(super) fn connecting(&self, peer: &str) {
        let mut state = self.lock();
        peer.clone_into(&mut state.peer);
        if !state.dialed {
            state.dialed = true;
            state.phase = match state.proxy {
                Some(_) => Phase::ToProxy,
                None => Phase::ToHost,
            };
            state.until = self.deadline.at().min(Instant::now() + state.connect);
        }
    }

    /// The proxy on the way, if there is one.
    pub(super) fn proxy(&self) -> Option<Proxy> {
        self.lock().proxy.clone()
    }

    /// The proxy has connected: what is made now is the connection to who is asked.
    pub(super) fn tunnelled(&self) {
        let mut state = self.lock();
        state.phase = Phase::ToHost;
        let State { host, peer, .. } = &mut *state;
        peer.clone_from(host);
    }

    /// The connection stands: the answer's time begins.
    pub(super) fn answering(&self) {
        let mut state = self.lock();
        state.phase = Phase::Answering;
        state.until = self.deadline.at().min(Instant::now() + ANSWER);
    }

    /// Uses the connection that another attempt made, as if it had been made now.
    pub(super) fn use_made(self: &Arc<Self>, by: &Self, connection: Box<dyn Transport>) {
        self.note_made(by);
        // From here on the connection is within this one's time.
        let _ = by.user.set(Arc::clone(self));
        self.answering();
        self.lock().ready = Some(connection);
    }

    /// Fails as another attempt did, as if it had been this one.
    pub(super) fn fail_as(&self, other: &Self, failure: Failure) -> ureq::Error {
        self.note_made(other);
        // What is to be said of the proxy was.
        self.tunnelled();
        self.fail(failure)
    }

    fn note_made(&self, by: &Self) {
        let notes = by.take_notes();
        let mut state = self.lock();
        state.dialed = true;
        state.notes.extend(notes);
    }

    pub(super) fn take_ready(&self) -> Option<Box<dyn Transport>> {
        self.lock().ready.take()
    }

    /// Whether its connection has no user yet.
    pub(super) fn is_unused(&self) -> bool {
        self.is_ahead && self.user.get().is_none()
    }

    pub(super) fn heard(&self) {
        self.lock().heard = true;
    }

    /// Whether the attempt used a connection that stood before, and nothing came over it.
    pub(super) fn was_stale(&self) -> bool {
        let state = self.lock();
        !state.dialed && !state.heard
    }

    /// What is left for the phase; a failure once nothing is.
    pub(super) fn left(&self) -> Result<Duration, Failure> {
        let left = self.lock().until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(self.timed_out())
        } else {
            Ok(left)
        }
    }

    /// The phase took too long: of the run, or of what one attempt may take.
    pub(super) fn timed_out(&self) -> Failure {
        let state = self.lock();
        let (peer, is_answering) = (&state.peer, state.phase == Phase::Answering);
        if self.deadline.passed() {
            let (timeout, doing) = (
                self.deadline.seconds(),
                if is_answering {
                    "waiting for"
                } else {
                    "connecting to"
                },
            );
            let cause =
                format!("the deadline of {timeout} (`--timeout`) passed while {doing} `{peer}`");
            return Failure::new(FailureKind::Deadline, cause);
        }
        if is_answering {
            let cause = format!("`{peer}` did not answer within {}", seconds(ANSWER));
            return Failure::new(FailureKind::Silence, cause);
        }
        let cause = format!(
            "no connection to `{peer}` within {}",
            seconds(state.connect)
        );
        Failure::new(FailureKind::Connection, cause)
    }

    /// Notes why it fails; what is returned merely makes ureq give up.
    pub(super) fn fail(&self, failure: Failure) -> ureq::Error {
        self.lock().failure = Some(failure);
        ureq::Error::ConnectionFailed
    }

    /// The same for a connection that broke, where nobody below knew better.
    pub(super) fn broke(&self) -> ureq::Error {
        let mut state = self.lock();
        if state.failure.is_none() {
            state.failure = Some(state.cut());
        }
        ureq::Error::ConnectionFailed
    }

    /// Why ureq gave up: what was noted, or ureq's own words in ours.
    pub(super) fn failure(&self, error: ureq::Error) -> Failure {
        let mut state = self.lock();
        let noted = state.failure.take();
        let is_to_proxy = state.proxy.is_some() && state.phase == Phase::ToProxy;
        let failure = match (noted, error) {
            (Some(noted), _) => noted,
            (None, ureq::Error::Io(error)) if is_cut(&error) => state.cut(),
            (None, ureq::Error::Io(error)) => Failure::new(
                FailureKind::Connection,
                format!("no connection to `{}`: {}", state.peer, SystemError(&error)),
            ),
            (None, ureq::Error::LargeResponseHeader(..)) => {
                garbled(&state.host, "its head is too large")
            }
            (None, _) => garbled(&state.host, "it is not HTTP"),
        };
        if is_to_proxy {
            proxy::unusable(failure)
        } else {
            failure
        }
    }

    /// Something for `--verbose` that happened where nobody can print.
    pub(super) fn note(&self, text: String) {
        self.lock().notes.push(text);
    }

    pub(super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().notes)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.user.get().map_or(&self.state, |user| &user.state);
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The connection was closed or reset.
    fn cut(&self) -> Failure {
        let (kind, when) = match self.phase {
            Phase::ToProxy | Phase::ToHost => (FailureKind::Connection, "during the handshake"),
            Phase::Answering if self.heard => (FailureKind::Cut, "in the middle of its answer"),
            Phase::Answering => (FailureKind::Cut, "without an answer"),
        };
        Failure::new(
            kind,
            format!("`{}` closed the connection {when}", self.peer),
        )
    }
}

fn garbled(host: &str, how: &str) -> Failure {
    let cause = format!("the answer of `{host}` makes no sense: {how}");
    Failure::new(FailureKind::Garbled, cause)
        .hint("something else answers there: check the proxy, `--connect-to` and the DNS")
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
