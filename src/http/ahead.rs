//! Connections that are made before they are needed, while something else is waited for: the token, or the
//! vaults before.
//!
//! Each is made on a thread of its own, by the way that a request would take, and waits here until the first
//! request to its host comes. That request uses it, or fails as it did: to whoever looks on, it was made then.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ureq::unversioned::transport::{ConnectionDetails, Connector, Either, Transport};

use super::attempt::Attempt;
use super::failure::Failure;
use super::url::Url;

/// An attempt to connect ends by itself; what takes longer than that was not given any time to run.
const GRACE: Duration = Duration::from_millis(500);

/// By host and port.
#[derive(Default)]
pub(super) struct Ahead {
    places: Mutex<HashMap<String, Place>>,
    changed: Condvar,
}

enum Place {
    /// A thread is connecting.
    Coming,
    Here(Connected),
    /// It was taken, or the host was asked without.
    Over,
}

/// What became of connecting.
pub(super) struct Connected {
    pub(super) attempt: Arc<Attempt>,
    pub(super) result: Result<Box<dyn Transport>, Failure>,
}

impl Ahead {
    /// Connects on another thread, unless that was done, or the host was asked.
    pub(super) fn start(
        self: &Arc<Self>,
        url: &Url,
        connect: impl FnOnce() -> Connected + Send + 'static,
    ) {
        let key = key(url.host(), url.port());
        let mut places = self.lock();
        if places.contains_key(&key) {
            return;
        }
        let (ahead, place) = (Arc::clone(self), key.clone());
        let run = move || {
            let connected = connect();
            ahead.lock().insert(place, Place::Here(connected));
            ahead.changed.notify_all();
        };
        // Where there can be no thread, the connection is made when it is needed.
        let thread = thread::Builder::new().name("ahead".to_owned()).spawn(run);
        places.insert(key, thread.map_or(Place::Over, |_| Place::Coming));
    }

    /// What was connected where that is waited for anyway.
    pub(super) fn put(&self, url: &Url, connected: Connected) {
        let key = key(url.host(), url.port());
        self.lock().insert(key, Place::Here(connected));
    }

    /// What there is for a host that is asked now: it is waited for, and given out once.
    pub(super) fn take(&self, host: &str, port: u16, attempt: &Attempt) -> Option<Connected> {
        let key = key(host, port);
        let mut places = self.lock();
        if let Some(Place::Coming) = places.get(&key) {
            attempt.connecting(host);
            let patience = attempt.left().unwrap_or_default() + GRACE;
            let is_coming =
                |places: &mut HashMap<_, _>| matches!(places.get(&key), Some(Place::Coming));
            let waited = self.changed.wait_timeout_while(places, patience, is_coming);
            (places, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        match places.insert(key, Place::Over) {
            Some(Place::Here(connected)) => Some(connected),
            Some(Place::Coming | Place::Over) | None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ahead")
    }
}

fn key(host: &str, port: u16) -> String {
    format!("{}:{port}", host.to_ascii_lowercase())
}

/// Connects as the inner one does, unless the attempt was given a connection that stands.
#[derive(Debug)]
pub(super) struct OrReady<C> {
    pub(super) inner: C,
    pub(super) attempt: Arc<Attempt>,
}

impl<C: Connector> Connector for OrReady<C> {
    type Out = Either<Box<dyn Transport>, C::Out>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        match self.attempt.take_ready() {
            Some(ready) => Ok(Some(Either::A(ready))),
            None => Ok(self.inner.connect(details, chained)?.map(Either::B)),
        }
    }
}

/// Where a connection is left instead of being used.
pub(super) type Made = Arc<Mutex<Option<Box<dyn Transport>>>>;

/// Connects as the inner one does, and fails before anything is sent: ureq has no other end for it.
#[derive(Debug)]
pub(super) struct Keeping<C> {
    pub(super) inner: C,
    pub(super) made: Made,
}

impl<C: Connector> Connector for Keeping<C> {
    type Out = C::Out;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let made = self.inner.connect(details, chained)?;
        let mut kept = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = made.map(Transport::boxed);
        Err(ureq::Error::ConnectionFailed)
    }
}
