//! Requests that are sent before their turn (`--parallel`): each by a lane, a thread with a connection of its own.
//!
//! Whoever reads goes on as if it asked one after another. What a lane brought stands for the first attempt of
//! its request, whatever it is: messages, their order, repetitions and what is left untried are decided there,
//! where nothing is shared. What the threads share is `State`, the names (`resolver`), and nothing else.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::header::HeaderValue;

use super::ahead::Ahead;
use super::answer::Answer;
use super::attempt::Attempt;
use super::exchange::{Sending, repeated_if_stale};
use super::failure::Failure;
use super::proxy::Proxy;
use super::request::Request;
use super::url::Url;
use super::way::Way;
use crate::deadline::Deadline;

/// What waits for its turn takes memory: so many answers a lane.
const MOST_WAITING: usize = 4;

/// After a 429 that asks for no wait of its own.
const THROTTLED: Duration = Duration::from_millis(800);

/// A lane ends with the deadline by itself; what takes longer was not given any time to run.
const GRACE: Duration = Duration::from_millis(500);

pub(super) struct Lanes {
    /// How many there may be.
    most: usize,
    deadline: Deadline,
    /// How long connecting may take.
    connect: Duration,
    direct: Way,
    proxied: Way,
    state: Mutex<State>,
    changed: Condvar,
}

/// What the lanes and whoever reads share.
#[derive(Default)]
struct State {
    queue: VecDeque<Errand>,
    places: HashMap<Url, Place>,
    /// What shows the token, once there is one.
    header: Option<HeaderValue>,
    /// Whose turn it is.
    wanted: Option<Url>,
    /// How many lanes were started, and how many of them may work.
    started: usize,
    open: usize,
    /// Throttled: nobody asks before.
    pause: Option<Instant>,
}

#[derive(Clone)]
struct Errand {
    url: Url,
    proxy: Option<Proxy>,
}

enum Place {
    Queued,
    Sent,
    Here(Box<Brought>),
}

/// What came of a request.
pub(super) struct Brought {
    pub(super) result: Result<Answer, Failure>,
    pub(super) notes: Vec<String>,
    /// What showed the token.
    pub(super) header: HeaderValue,
    pub(super) at: Instant,
}

impl Lanes {
    pub(super) fn new(
        most: usize,
        deadline: Deadline,
        connect: Duration,
        direct: Way,
        proxied: Way,
    ) -> Arc<Self> {
        Arc::new(Self {
            most,
            deadline,
            connect,
            direct,
            proxied,
            state: Mutex::new(State {
                open: most,
                ..State::default()
            }),
            changed: Condvar::new(),
        })
    }

    /// These are asked for, in this order. The lanes connect at once, and ask as soon as there is a token.
    pub(super) fn line_up(self: &Arc<Self>, errands: impl Iterator<Item = (Url, Option<Proxy>)>) {
        let mut state = self.lock();
        for (url, proxy) in errands {
            if !state.places.contains_key(&url) {
                state.places.insert(url.clone(), Place::Queued);
                state.queue.push_back(Errand { url, proxy });
            }
        }
        while state.started < self.most.min(state.queue.len()) {
            let (lanes, number) = (Arc::clone(self), state.started);
            let lane = thread::Builder::new().name("lane".to_owned());
            // Without it there are fewer.
            if lane.spawn(move || lanes.run(number)).is_err() {
                break;
            }
            state.started += 1;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Nothing else of this host is asked for.
    pub(super) fn forget(&self, host: &str) {
        let mut state = self.lock();
        state.queue.retain(|errand| errand.url.host() != host);
        state.places.retain(|url, _| url.host() != host);
        drop(state);
        self.changed.notify_all();
    }

    /// What a lane brought, or brings, of this request; `None`: it is for whoever asks.
    pub(super) fn take(&self, url: &Url, header: &HeaderValue) -> Option<Brought> {
        let mut state = self.lock();
        if state.header.as_ref() != Some(header) {
            state.header = Some(header.clone());
        }
        if state.started > 0 && state.places.contains_key(url) {
            state.wanted = Some(url.clone());
        }
        self.changed.notify_all();
        // A lane tells what was under way when the deadline passed.
        let until = Instant::now() + self.deadline.left() + GRACE;
        while state.started > 0 && !matches!(state.places.get(url), None | Some(Place::Here(_))) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        state.wanted = None;
        let place = state.places.remove(url);
        if matches!(place, Some(Place::Queued)) {
            state.queue.retain(|errand| errand.url != *url);
        }
        drop(state);
        self.changed.notify_all();
        match place {
            Some(Place::Here(brought)) => Some(*brought),
            _ => None,
        }
    }

    /// One lane's work.
    fn run(self: Arc<Self>, number: usize) {
        let attempt = Attempt::new(self.deadline);
        let ahead = Arc::new(Ahead::default());
        let agent = |way: &Way| way.clone().agent(&attempt, &ahead);
        let (direct, proxied) = (agent(&self.direct), agent(&self.proxied));
        let mut host = String::new();
        loop {
            let errand = self.next(number, &host);
            let (url, proxy) = (&errand.url, errand.proxy.as_ref());
            url.host().clone_into(&mut host);
            let (way, agent) = match proxy {
                Some(_) => (&self.proxied, &proxied),
                None => (&self.direct, &direct),
            };
            // A proxy's password is known to be right once the token came through it.
            let may_connect = proxy.is_none_or(|proxy| proxy.basic().is_none());
            let is_early = may_connect && self.lock().header.is_none();
            if is_early {
                let way = way.clone();
                ahead.put(url, way.connect(url, proxy, self.deadline, self.connect));
            }
            let header = self.header();
            let result = repeated_if_stale(&attempt, true, || {
                attempt.begin(url.host(), proxy, self.connect);
                // What came of connecting is told, also where that took all the time there was.
                if !is_early {
                    attempt.left()?;
                }
                let request = Request::get(url);
                let head = request.head(Some(&header));
                let sending = Sending {
                    agent,
                    host: url.host(),
                    head: head.ok_or_else(|| super::exchange::unsendable(url.host()))?,
                    body: None,
                    largest: request.largest_answer(),
                    by_proxy: proxy.is_some(),
                };
                sending.exchange(&attempt)
            });
            let notes = attempt.take_notes();
            self.put(&errand, result, notes, header);
        }
    }

    /// The next request: the one whose turn it is, else one to the host that the lane is connected to, else the
    /// first.
    fn next(&self, number: usize, host: &str) -> Errand {
        let mut state = self.lock();
        loop {
            let pause = state
                .pause
                .map(|until| until.saturating_duration_since(Instant::now()));
            let pause = pause.filter(|left| !left.is_zero());
            if pause.is_none() && number < state.open {
                if let Some(errand) = state.pick(host, self.most) {
                    return errand;
                }
            }
            state = self.wait(state, pause.unwrap_or(Duration::from_secs(3600)));
        }
    }

    /// What shows the token, once there is one.
    fn header(&self) -> HeaderValue {
        let mut state = self.lock();
        loop {
            if let Some(header) = &state.header {
                return header.clone();
            }
            state = self.wait(state, Duration::from_secs(3600));
        }
    }

    fn put(
        &self,
        errand: &Errand,
        result: Result<Answer, Failure>,
        notes: Vec<String>,
        header: HeaderValue,
    ) {
        let at = Instant::now();
        let mut state = self.lock();
        if let Some(answer) = result.as_ref().ok().filter(|answer| answer.status == 429) {
            let wait = answer.retry_after().unwrap_or_default().max(THROTTLED);
            state.pause = Some(at + wait.min(self.deadline.left()));
            state.open = (state.open / 2).max(1);
        }
        // Nobody waits for what was forgotten.
        if let Some(place) = state.places.get_mut(&errand.url) {
            *place = Place::Here(Box::new(Brought {
                result,
                notes,
                header,
                at,
            }));
        }
        drop(state);
        self.changed.notify_all();
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, limit: Duration) -> MutexGuard<'s, State> {
        let waited = self.changed.wait_timeout(state, limit);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pick(&mut self, host: &str, lanes: usize) -> Option<Errand> {
        let wanted = self.wanted.as_ref();
        let waits = |url: &&Url| matches!(self.places.get(url), Some(Place::Queued));
        let wanted = wanted.filter(waits);
        let is_wanted = |url: &Url| self.queue.iter().position(|errand| errand.url == *url);
        let at = match wanted.and_then(is_wanted) {
            Some(at) => at,
            None if self.places.len() - self.queue.len() >= lanes * MOST_WAITING => return None,
            None => {
                let mut near = self.queue.iter().take(lanes);
                near.position(|errand| errand.url.host() == host)
                    .unwrap_or(0)
            }
        };
        let errand = self.queue.remove(at)?;
        self.places.insert(errand.url.clone(), Place::Sent);
        Some(errand)
    }
}
