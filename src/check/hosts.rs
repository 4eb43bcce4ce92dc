//! Hosts: names, connections, certificates, and what they say of the time. Nothing that proves anybody's
//! identity is sent.

use std::time::{Duration, SystemTime};

use super::Report;
use crate::cloud::{Cloud, Host};
use crate::error::{Error, Exit};
use crate::http::{Answer, Body, Client, Policy, Request, Trust, Url};
use crate::push;
use crate::vault::{VaultName, no_answer};
use crate::xsoar::{Server, Stored};

/// A clock that is off by more makes tokens and signatures worthless.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What the first server that told its time told.
#[derive(Default)]
pub struct Clock(Option<(String, SystemTime, SystemTime)>);

impl Clock {
    fn hear(&mut self, host: &str, answer: &Answer) {
        let date = answer.header("date");
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        if let (None, Some(date)) = (&self.0, date) {
            self.0 = Some((host.to_owned(), date, SystemTime::now()));
        }
    }

    /// This machine's clock against it.
    pub fn tell(&self, report: &mut Report) {
        let Some((host, theirs, ours)) = &self.0 else {
            return report.note("clock", "no host told its time");
        };
        let (off, which) = match ours.duration_since(*theirs) {
            Ok(off) => (off, "ahead of"),
            Err(error) => (error.duration(), "behind"),
        };
        let found = format!("{} s {which} `{host}`", off.as_secs());
        if off <= TOLERANCE {
            return report.ok("clock", &found);
        }
        let error = Error::new(Exit::NoToken, "this machine's clock is wrong", found)
            .hint("set it (`timedatectl set-ntp true`, `chronyc makestep`): tokens and certificates depend on it");
        report.failed("clock", &error);
    }
}

/// Asks a host for something that everybody may ask for.
pub fn host(client: &Client, url: &Url, clock: &mut Clock, report: &mut Report) {
    let name = format!("host {}", url.host());
    match ask(client, url) {
        Ok(answer) => {
            clock.hear(url.host(), &answer);
            report.ok(name, &describe(client, url.host(), &answer));
        }
        Err(failure) => {
            let error = failure.during(format!("cannot reach `{}`", url.host()));
            report.failed(name, &error);
        }
    }
}

/// The same of a vault.
pub fn vault(
    client: &Client,
    cloud: &Cloud,
    vault: &VaultName,
    api_version: &str,
    clock: &mut Clock,
    report: &mut Report,
) {
    let host: Host = cloud.vault_suffix.under(vault.as_str());
    let name = format!("host {}", host.name());
    let Some(url) = Url::parse(&format!("https://{host}/secrets?api-version={api_version}")) else {
        let cause = format!("`{host}` makes no URL");
        return report.failed(name, &Error::usage(cause));
    };
    match ask(client, &url) {
        Ok(answer) => {
            clock.hear(url.host(), &answer);
            report.ok(name, &describe(client, url.host(), &answer));
        }
        Err(failure) => {
            let operation = format!("cannot reach the vault `{vault}`");
            report.failed(name, &no_answer(failure, vault, &operation).error);
        }
    }
}

/// An XSOAR server: reached, with a key that it accepts, and what its store has.
pub fn xsoar(client: &Client, server: &Server, report: &mut Report) {
    let host = server.host();
    let name = format!("xsoar {host}");
    client.learn(server.key().secret());
    match server.list(client) {
        Ok(stored) => {
            let comment = |stored: &&Stored| stored.comment.as_deref().is_some_and(push::is_ours);
            let (all, ours) = (stored.len(), stored.iter().filter(comment).count());
            let trust = trust(client, &host);
            let key = server.key().words();
            let found =
                format!("{trust}; it accepts {key}; {all} credentials, {ours} of them ours");
            report.ok(name, &found);
        }
        Err(refusal) => report.failed(name, &refusal.error),
    }
}

fn ask(client: &Client, url: &Url) -> Result<Answer, crate::http::Failure> {
    client.send(&Request {
        purpose: "is it there?".into(),
        url,
        headers: &[],
        secret_header: None,
        signature: None,
        body: Body::Nothing,
        policy: Policy::Service,
    })
}

fn describe(client: &Client, host: &str, answer: &Answer) -> String {
    let addresses = match client.addresses(host) {
        Some(1) => "1 address".to_owned(),
        Some(count) => format!("{count} addresses"),
        None => "reached by a proxy or `--connect-to`".to_owned(),
    };
    format!(
        "{addresses}, {}, HTTP status {}",
        trust(client, host),
        answer.status
    )
}

fn trust(client: &Client, host: &str) -> &'static str {
    match client.trust(host) {
        Some(Trust::BuiltIn) => "certificate chained to a built-in root",
        Some(Trust::CaFile) => {
            "certificate chained to `--ca-file` only: an inspecting proxy or a private CA"
        }
        None => "no TLS",
    }
}
