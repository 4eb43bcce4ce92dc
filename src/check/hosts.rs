//! Hosts: names, connections, certificates, and what they say of the time. Nothing that proves anybody's
//! identity is sent.

use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::Value;

use super::steps::{Next, Report};
use crate::arm::{self, Scope};
use crate::cloud::Cloud;
use crate::error::{Error, Exit};
use crate::http::{Answer, Client, Failure, Policy, Request, Route, Trust, Url};
use crate::identity::Identity;
use crate::push;
use crate::session::Session;
use crate::token::CLOCK_TOLERANCE;
use crate::vault::{VaultName, no_answer, tenant_of};
use crate::xsoar::{Server, Stored};

/// More addresses of a host are not shown.
const MOST_ADDRESSES: usize = 3;

/// The hosts that were asked.
pub(super) struct Hosts<'a> {
    client: &'a Client<'a>,
    cloud: &'a Cloud,
    api_version: &'a str,
    identity: Option<&'a Identity>,
    /// The first that told its time: its name, its time, and this machine's.
    clock: Option<(String, SystemTime, SystemTime)>,
    /// Those that did not answer.
    silent: Vec<String>,
}

impl<'a> Hosts<'a> {
    pub(super) fn new(
        client: &'a Client<'a>,
        cloud: &'a Cloud,
        api_version: &'a str,
        identity: Option<&'a Identity>,
    ) -> Self {
        Self {
            client,
            cloud,
            api_version,
            identity,
            clock: None,
            silent: Vec::new(),
        }
    }

    /// The way to the vaults, where there is somebody to ask as.
    pub(super) fn session(&self) -> Option<Session<'a>> {
        let identity = self.identity?;
        Some(Session::new(
            self.client,
            identity,
            self.cloud,
            self.api_version,
        ))
    }

    /// Where an application's tokens come from. A managed identity's own endpoint says nothing to anybody.
    pub(super) fn authority(&mut self, report: &mut Report) -> Next {
        match self
            .identity
            .and_then(|identity| identity.public_url(self.cloud))
        {
            Some(url) => self.ask(&url, cannot_reach(&url), report),
            None => Ok(()),
        }
    }

    /// Resource Manager.
    pub(super) fn management(
        &mut self,
        scope: &Scope,
        is_needed: bool,
        report: &mut Report,
    ) -> Next {
        let Some(url) = report.take("subscription", arm::public_url(self.cloud, scope))? else {
            return Ok(());
        };
        if is_needed {
            return self.ask(&url, cannot_reach(&url), report);
        }
        match self.send(&url) {
            Ok(answer) => self.tell(&url, &answer, report),
            Err(failure) => {
                let found = format!("{}; {}", cannot_reach(&url)(failure), arm::NOT_NEEDED);
                report.note(&step(&url), &found)
            }
        }
    }

    /// A vault.
    pub(super) fn vault(&mut self, vault: &VaultName, report: &mut Report) -> Next {
        let host = self.cloud.vault_suffix.under(vault.as_str());
        let url = format!("https://{host}/secrets?api-version={}", self.api_version);
        let Some(url) = Url::parse(&url) else {
            let cause = format!("`{host}` makes no URL");
            return report.failed(&format!("host {}", host.name()), &Error::usage(cause));
        };
        let operation = format!("cannot reach the vault `{vault}`");
        self.ask(
            &url,
            |failure| no_answer(failure, vault, &operation).error,
            report,
        )
    }

    /// Whether a host did not answer.
    pub(super) fn is_silent(&self, host: &str) -> bool {
        self.silent.iter().any(|silent| silent == host)
    }

    /// This machine's clock against the first host's.
    pub(super) fn clock(&self, report: &mut Report) -> Next {
        let Some((host, theirs, ours)) = &self.clock else {
            return report.untried("clock", "no host told its time");
        };
        let (off, which) = match ours.duration_since(*theirs) {
            Ok(off) => (off, "ahead of"),
            Err(error) => (error.duration(), "behind"),
        };
        let found = format!("{} s {which} `{host}`", off.as_secs());
        if off <= CLOCK_TOLERANCE {
            return report.ok("clock", &found);
        }
        let error = Error::new(Exit::NoToken, "this machine's clock is wrong", found)
            .hint("set it (`timedatectl set-ntp true`, `chronyc makestep`): tokens and certificates depend on it");
        report.failed("clock", &error)
    }

    fn ask(
        &mut self,
        url: &Url,
        explain: impl FnOnce(Failure) -> Error,
        report: &mut Report,
    ) -> Next {
        match self.send(url) {
            Ok(answer) => self.tell(url, &answer, report),
            Err(failure) => report.failed(&step(url), &explain(failure)),
        }
    }

    fn send(&mut self, url: &Url) -> Result<Answer, Failure> {
        let request = Request::get(url).purpose("is it there?");
        let result = self.client.send(&request.policy(Policy::Probe));
        if result.is_err() {
            self.silent.push(url.host().to_owned());
        }
        result
    }

    fn tell(&mut self, url: &Url, answer: &Answer, report: &mut Report) -> Next {
        let host = url.host();
        let date = answer.header("date");
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        if let (None, Some(date)) = (&self.clock, date) {
            self.clock = Some((host.to_owned(), date, SystemTime::now()));
        }
        let mut found = reached(self.client, url);
        found.extend(self.tenant(answer));
        let (status, found) = (answer.status, found.join(", "));
        // Azure's services speak JSON, whatever they have to say.
        if serde_json::from_slice::<Value>(&answer.body).is_ok_and(|body| body.is_object()) {
            let status = match status {
                401 => "asks for a token (401)".to_owned(),
                status => format!("answered {status}"),
            };
            return report.ok(&step(url), &format!("{found}, {status}"));
        }
        let kind = answer.content_type();
        let cause = format!("{found}, it answered {status} with {kind}");
        let error = Error::new(Exit::Service, format!("`{host}` is not Azure's"), cause).hint(
            "something else answers there: a captive portal, an inspecting proxy, a wrong address?",
        );
        report.failed(&step(url), &error)
    }

    /// Whose the vault or the subscription is, as the challenge says to those who prove nothing.
    fn tenant(&self, answer: &Answer) -> Option<String> {
        let tenant = self
            .client
            .quote(tenant_of(answer.header("www-authenticate")?)?);
        let own = self.identity.and_then(Identity::tenant);
        let other = own.is_some_and(|own| {
            [own, &tenant].iter().all(|id| is_guid(id)) && !own.eq_ignore_ascii_case(&tenant)
        });
        let but = if other {
            ", which is not the identity's"
        } else {
            ""
        };
        Some(format!("of the tenant `{tenant}`{but}"))
    }
}

/// An XSOAR server: reached, with a key that it accepts, and what its store has.
pub(super) fn xsoar(client: &Client, server: &Server, report: &mut Report) -> Next {
    let name = format!("xsoar {}", server.url().host());
    client.learn(server.key().secret());
    match server.list(client) {
        Ok(stored) => {
            let comment = |stored: &&Stored| stored.comment.as_deref().is_some_and(push::is_ours);
            let (all, ours) = (stored.len(), stored.iter().filter(comment).count());
            let found = reached(client, server.url()).join(", ");
            let key = server.key().kind();
            report.ok(
                &name,
                &format!("{found}; it accepts {key}; {all} credentials, {ours} of them ours"),
            )
        }
        Err(refusal) => report.failed(&name, &refusal.error),
    }
}

/// The way to a host that answered, and whom its certificate is from.
fn reached(client: &Client, url: &Url) -> Vec<String> {
    let trust = client.trust(url.host()).map_or("no TLS", words);
    vec![way(&client.route(url)), trust.to_owned()]
}

fn step(url: &Url) -> String {
    format!("host {}", url.host())
}

fn cannot_reach(url: &Url) -> impl FnOnce(Failure) -> Error {
    let operation = format!("cannot reach `{}`", url.host());
    move |failure| failure.during(operation)
}

fn way(route: &Route) -> String {
    match route {
        Route::Proxy(proxy) => format!("by the proxy `{proxy}`"),
        Route::Directed(address) => format!("at `{address}` by `--connect-to`"),
        Route::Direct(addresses) => {
            let shown: Vec<_> = addresses.iter().take(MOST_ADDRESSES).map(address).collect();
            let more = match addresses.len().saturating_sub(MOST_ADDRESSES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("at {}{more}", shown.join(", "))
        }
    }
}

/// A private address shows whether names lead to the private endpoint.
fn address(address: &IpAddr) -> String {
    let is_private = match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    };
    format!("{address}{}", if is_private { " (private)" } else { "" })
}

fn words(trust: Trust) -> &'static str {
    match trust {
        Trust::BuiltIn => "certificate chained to a built-in root",
        Trust::CaFile => {
            "certificate chained to `--ca-file` only: an inspecting proxy or a private CA"
        }
    }
}

/// A tenant may also be named by a domain, which its id does not show.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_three_addresses_and_which_are_private() {
        let direct = |list: &[&str]| {
            let addresses = list.iter().map(|address| address.parse().unwrap());
            way(&Route::Direct(addresses.collect()))
        };
        assert_eq!(direct(&["20.1.2.3"]), "at 20.1.2.3");
        assert_eq!(
            direct(&["10.1.2.4", "fd00::1", "2603::1"]),
            "at 10.1.2.4 (private), fd00::1 (private), 2603::1"
        );
        let five = [
            "20.0.0.1",
            "20.0.0.2",
            "192.168.0.3",
            "20.0.0.4",
            "20.0.0.5",
        ];
        assert_eq!(
            direct(&five),
            "at 20.0.0.1, 20.0.0.2, 192.168.0.3 (private) and 2 more"
        );
    }
}
