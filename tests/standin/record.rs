//! What happened: asserted by tests, and when the stand-in is dropped.

use std::thread;

use serde_json::Value;

use super::http::Request;
use super::log::{self, Connection};
use super::xsoar::Server;
use super::{Standin, TENANT};

/// What happened there.
impl Standin {
    /// Waits until the record is complete. Everything below does so, too.
    fn settle(&self) {
        self.shared.settle(&self.addresses());
    }

    /// The request for a token that the application's secret is sent with, for `expect`.
    pub fn token_request(&self) -> String {
        let authority = self.world(|world| world.cloud.authority.clone());
        format!("POST {authority}/{TENANT}/oauth2/v2.0/token")
    }

    /// Panics unless these were the requests since the last `expect`, in this order, and no others:
    /// `METHOD host/path?query` as sent, with `metadata` for the metadata endpoint's host. `*` stands for anything.
    #[track_caller]
    pub fn expect(&self, expected: &[&str]) {
        self.settle();
        let mut log = self.shared.log.lock().unwrap();
        let mut found = log.pending();
        if super::is_parallel() {
            found = log::in_order(expected, found);
        }
        let compared = log::compare(expected, &found);
        log.expected = log.requests.len();
        let violations = log.violations.join("\n    ");
        drop(log);
        if let Err(difference) = compared {
            panic!("requests:\n{difference}what no client should do:\n    {violations}");
        }
    }

    /// Waits until so many requests since the start were dealt with: what they write is written, though nobody may have
    /// been told. With a fault that stalls, the client can then be stopped at that very request.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        let dealt = self.shared.wait_for_requests(count);
        assert!(dealt >= count, "only {dealt} of {count} requests came");
    }

    /// How many requests since the last `expect` have a line that fits, for where the order does not matter.
    pub fn count(&self, pattern: &str) -> usize {
        self.settle();
        let pending = self.shared.log.lock().unwrap().pending();
        pending
            .iter()
            .filter(|line| log::matches(pattern, line))
            .count()
    }

    /// All requests since the start.
    pub fn requests(&self) -> Vec<Request> {
        self.settle();
        self.shared.log.lock().unwrap().requests.clone()
    }

    /// All connections since the start that could be used.
    pub fn connections(&self) -> Vec<Connection> {
        self.settle();
        let mut connections = self.shared.log.lock().unwrap().connections.clone();
        connections.retain(|connection| !connection.hung_up);
        connections
    }

    /// How many connections were closed before they could be used.
    pub fn hung_up(&self) -> usize {
        let all = self.shared.log.lock().unwrap().connections.len();
        all - self.connections().len()
    }

    /// Panics unless there was a TLS connection to each of these since the start, and no other. Their order says
    /// nothing: some are made while others are.
    #[track_caller]
    pub fn expect_hosts(&self, expected: &[&str]) {
        let (mut hosts, mut expected) = (self.hosts(), expected.to_vec());
        hosts.sort();
        expected.sort_unstable();
        if super::is_parallel() {
            hosts.dedup();
            expected.dedup();
        }
        assert_eq!(hosts, expected, "hosts, one a connection");
    }

    /// The name that was asked for on each TLS connection since the start, in no order.
    pub fn hosts(&self) -> Vec<String> {
        let connections = self.connections().into_iter();
        connections
            .filter_map(|connection| connection.sni)
            .collect()
    }

    /// From now on requests are not of interest. Violations still are.
    pub fn ignore_log(&self) {
        self.shared.log.lock().unwrap().ignored = true;
    }

    /// What was done that no client should do; the stand-in then forgets it.
    pub fn take_violations(&self) -> Vec<String> {
        self.settle();
        std::mem::take(&mut self.shared.log.lock().unwrap().violations)
    }

    /// The header and the claims of each assertion since the start.
    pub fn assertions(&self) -> Vec<Value> {
        self.settle();
        self.world(|world| world.assertions.clone())
    }

    /// What may be written nowhere: client secrets, whatever else proves an identity, and the tokens given out.
    pub fn canaries(&self) -> Vec<String> {
        self.world(|world| {
            let signatures = world
                .tokens
                .keys()
                .filter_map(|token| token.rsplit('.').next());
            let secrets = world.apps.iter().map(|app| app.secret.as_str());
            let proofs = world.proofs.iter().map(String::as_str);
            let all = secrets.chain(signatures).chain(proofs);
            all.map(str::to_owned).collect()
        })
    }

    /// What may only be written where it was asked for: the values of all secrets, and XSOAR's passwords.
    pub fn values(&self) -> Vec<String> {
        self.world(|world| {
            let secrets = world
                .vaults
                .values()
                .flat_map(|vault| vault.secrets.iter().flatten());
            let stored = world.xsoar.iter().flat_map(Server::passwords);
            let values = secrets.map(|secret| secret.value.as_str());
            values.chain(stored).map(str::to_owned).collect()
        })
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.settle();
        }
        self.shared.stop(&self.addresses());
        for thread in self.threads.lock().unwrap().drain(..) {
            let _ = thread.join();
        }
        if thread::panicking() {
            return;
        }
        let log = self.shared.log.lock().unwrap();
        let (violations, pending) = (log.violations.clone(), log.pending());
        let ignored = log.ignored;
        drop(log);
        assert!(
            violations.is_empty(),
            "no client should do this:\n    {}",
            violations.join("\n    ")
        );
        assert!(
            ignored || pending.is_empty(),
            "requests that no test expected:\n    {}",
            pending.join("\n    ")
        );
    }
}
