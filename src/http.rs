//! The one way to the network: connect, exchange, retry, redact, refuse.
//!
//! A service makes a [`Request`] and hands it to [`Client::ask`] with its own table of refusals
//! ([`Service`]): back comes an [`Answer`], or a [`Refusal`] that can be shown. [`Client::send`] is below
//! that: it repeats the request by the rules of its [`Policy`] (`retry`) and comes back with an answer
//! of whatever status, or with a [`Failure`]. This folder alone names ureq and rustls.
//!
//! # How ureq is used
//!
//! ureq brings the protocol and the pool of connections. Names (`resolver`, `lookup`), connections and
//! TLS (`dial`), the way through a proxy (`connect`), trust (`tls`) and time are ours, and stand in the places that ureq has for
//! others' code: a `Resolver`, and a chain of `Connector`s that hands a `Transport` on (`way`). ureq owns these and
//! calls them deep inside `Agent::run`; its traits give them neither the request nor a place for an error
//! of ours. So they share one `Attempt` with the client, behind a lock (the traits want `Send`; no two
//! requests of it are ever in progress). It knows who is asked, by which proxy, and how far it is:
//!
//! ```text
//!           resolver, dial::Tcp         connect                dial::Tls (or Tcp: plain http)
//! begin() ─┬─ connecting() ─ ToProxy ── tunnelled() ─ ToHost ─┬─ answering() ─ Answering ─ heard()
//!          ├─ connecting() ───── (no proxy) ───────── ToHost ─┘                    │
//!          └──────────────────── (a connection that was kept) ─────────────────────┘
//! ```
//!
//! * Each phase has its end, at the run's deadline at the latest. Whatever may block (a name, a connection,
//!   each read and write) asks `left()` before: ureq's own timeouts are not used.
//! * Whoever fails notes why by `fail()`, where the words are best, and returns an error to ureq whose only
//!   task is to come back out of `run`. There `failure()` takes what was noted. ureq's own errors (what came
//!   is no HTTP) get their words there, and what failed `ToProxy` is said of the proxy.
//! * What is connected ahead (`ahead`) has an `Attempt` of its own until a request comes: the resolver, which
//!   ureq asks first, hands the connection over with its notes, or fails as it failed. From then on it lives in
//!   the request's time.
//! * With `--parallel` lanes (`lanes`) send requests before their turn, each with an `Attempt` and an agent of its
//!   own; what one brought stands for the first attempt of its request. Everything above that is as without.
//! * An attempt that never dialed and never heard a byte used a kept connection that had been closed: it is
//!   repeated at once, and does not count.

mod advice;
mod ahead;
mod answer;
mod attempt;
mod buffers;
mod client;
mod connect;
mod dial;
mod exchange;
mod failure;
mod key_share;
mod lanes;
mod lookup;
mod observe;
mod pages;
mod proxy;
mod request;
mod resolver;
mod retry;
mod service;
mod tls;
mod url;
mod way;

use std::net::IpAddr;

pub(crate) use answer::{Answer, Stranger};
pub(crate) use client::Client;
pub(crate) use failure::{Failure, FailureKind};
pub(crate) use observe::Trust;
pub(crate) use pages::{PageRules, Pages};
pub(crate) use proxy::{ConnectTo, NoProxy, Proxy, ProxyProblem};
pub(crate) use request::{Request, Sign};
#[cfg(fuzzing)]
pub(crate) use retry::retry_after;
pub(crate) use retry::{Doubt, Policy, Tries};
pub(crate) use service::{Objection, Refusal, Said, Service, Verdict};
pub(crate) use tls::ExtraRoots;
pub(crate) use url::{UNRESERVED, Url, UrlProblem};

use crate::deadline::Deadline;

#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) deadline: Deadline,
    pub(crate) roots: ExtraRoots,
    pub(crate) proxy: Option<Proxy>,
    /// What the proxy is not asked for.
    pub(crate) no_proxy: NoProxy,
    /// Other addresses for some hosts; the first match wins.
    pub(crate) connect_to: Vec<ConnectTo>,
    /// How many secrets are read at once.
    pub(crate) parallel: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// At its own addresses.
    Direct(Vec<IpAddr>),
    /// By a proxy, which knows its addresses.
    Proxy(String),
    /// At an address of `--connect-to`'s.
    Directed(String),
}
