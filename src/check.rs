//! Is everything in place? Each step by itself, with what was found and what to do.
//!
//! `steps` are in the order in which a fetch would go wrong: configuration, hosts, clock, token, vaults,
//! output. One that fails does not keep those behind it from being tried, unless they need what it gives.

mod hosts;
mod vaults;

use serde_json::json;

use crate::arm;
use crate::cloud::Cloud;
use crate::credentials::Format;
use crate::deadline::Deadline;
use crate::error::{Error, Exit, Failures};
use crate::http::Client;
use crate::options::{Choice, Parts};
use crate::report::Reporter;
use crate::selection::Selection;
use crate::session::Session;
use hosts::Clock;

/// One step's result. No text in it is a value.
#[derive(Debug)]
pub struct Step {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do, where that is known.
    pub todo: Option<String>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// Something that is good to know, and in nobody's way.
    Note,
    /// Not as it should be.
    Failed,
}

impl State {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Failed => "FAILED",
        }
    }
}

impl Step {
    /// As one line of text; `paint` colours the state's word.
    #[must_use]
    pub fn line(&self, paint: impl Fn(State, &str) -> String) -> String {
        let word = paint(self.state, &format!("{:<6}", self.state.word()));
        let todo = self
            .todo
            .as_ref()
            .map(|todo| format!("; what to do: {todo}"));
        format!(
            "{word} {}: {}{}\n",
            self.name,
            self.found,
            todo.unwrap_or_default()
        )
    }

    /// As one line of JSON.
    #[must_use]
    pub fn object(&self) -> String {
        let object = json!({
            "step": self.name,
            "status": self.state.word(),
            "found": self.found,
            "todo": self.todo,
        });
        format!("{object}\n")
    }
}

/// Takes each step as soon as it is over, and what the first failure was.
pub struct Report<'a> {
    tell: &'a mut dyn FnMut(&Step) -> Result<(), Error>,
    exit: Exit,
    /// Nobody reads on: the rest need not be tried.
    gone: Option<Error>,
}

impl Report<'_> {
    fn step(&mut self, name: impl Into<String>, state: State, found: &str, todo: Option<&str>) {
        let step = Step {
            name: name.into(),
            state,
            // A service's own words at the end may have one.
            found: found.trim_end_matches('.').to_owned(),
            todo: todo.map(str::to_owned),
        };
        if self.gone.is_none() {
            self.gone = (self.tell)(&step).err();
        }
    }

    fn ok(&mut self, name: impl Into<String>, found: &str) {
        self.step(name, State::Ok, found, None);
    }

    fn note(&mut self, name: impl Into<String>, found: &str) {
        self.step(name, State::Note, found, None);
    }

    fn failed(&mut self, name: impl Into<String>, error: &Error) {
        if self.exit == Exit::Done {
            self.exit = error.exit();
        }
        self.step(name, State::Failed, &error.to_string(), error.advice());
    }

    /// The value, or a step that failed.
    fn take<T>(&mut self, name: &str, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.failed(name, &error)).ok()
    }
}

/// Tries everything that a fetch needs, and tells each step.
///
/// # Errors
/// The report could not be written.
pub fn check(
    parts: Parts,
    reporter: &dyn Reporter,
    tell: &mut dyn FnMut(&Step) -> Result<(), Error>,
) -> Result<Exit, Failures> {
    let mut report = Report {
        tell,
        exit: Exit::Done,
        gone: None,
    };
    steps(parts, reporter, &mut report);
    match report.gone {
        Some(error) => Err(error.into()),
        None => Ok(report.exit),
    }
}

fn steps(parts: Parts, reporter: &dyn Reporter, report: &mut Report) {
    let settings = match parts.settings.as_slice() {
        [] => "nothing is set: the defaults".to_owned(),
        settings => settings.join(", "),
    };
    report.ok("configuration", &settings);
    let choice = report.take("identity", parts.choice);
    if let Some(choice) = &choice {
        describe(choice, report);
    }
    let cloud = report.take("cloud", parts.cloud);
    if let Some(cloud) = &cloud {
        let (authority, suffix) = (&cloud.authority, &cloud.vault_suffix);
        let hosts = format!("tokens from `{authority}`, vaults under `{suffix}`");
        report.ok("cloud", &hosts);
    }
    let missing = report.take("selection", parts.missing);
    let selection = parts
        .selection
        .map(|wanted| report.take("selection", wanted));
    let scope = report.take("subscription", parts.scope).flatten();
    let server = report.take("xsoar", parts.server).flatten();
    let output = parts
        .output
        .and_then(|output| report.take("output", output));
    let api_version = report.take("api-version", parts.api_version);
    let network = report.take("network", parts.network);
    if let Some(network) = network {
        let client = Client::observing(network, reporter);
        if let (Some(cloud), Some(api_version)) = (cloud, api_version) {
            let reach = Reach {
                client: &client,
                cloud: &cloud,
                api_version: &api_version,
                deadline: parts.deadline,
            };
            let order = vaults::Order {
                selection: selection.flatten(),
                missing,
                scope,
                output: output.as_ref(),
            };
            over_the_network(&reach, choice.as_ref(), &order, report);
        }
        // Nothing of Azure's is needed for it.
        if let Some(server) = &server {
            hosts::xsoar(&client, server, report);
        }
    }
    if let Some(output) = output {
        let probed = match output.format {
            Some(Format::Files) => output.sink.probe_tree(&parts.deadline),
            _ => output.sink.probe(&parts.deadline),
        };
        match probed {
            Ok(found) => report.ok("output", &found),
            Err(error) => report.failed("output", &error),
        }
    }
}

fn describe(choice: &Choice, report: &mut Report) {
    let (identity, because) = (&choice.identity, &choice.because);
    report.ok("identity", &format!("{}: {because}", identity.words()));
    if let Some(warning) = &choice.warning {
        report.note("identity", warning);
    }
}

/// The way to Azure, whoever asks.
struct Reach<'a> {
    client: &'a Client<'a>,
    cloud: &'a Cloud,
    api_version: &'a str,
    deadline: Deadline,
}

fn over_the_network(
    reach: &Reach,
    choice: Option<&Choice>,
    order: &vaults::Order,
    report: &mut Report,
) {
    let Reach { client, cloud, .. } = reach;
    let mut clock = Clock::default();
    if let Some(url) = choice.and_then(|choice| choice.identity.public_url(cloud)) {
        hosts::host(client, &url, &mut clock, report);
    }
    if let Some(scope) = order.scope() {
        if let Some(url) = report.take("subscription", arm::public_url(cloud, scope)) {
            hosts::host(client, &url, &mut clock, report);
        }
    }
    let selection = order.selection.as_ref();
    for vault in selection.map(Selection::vaults).unwrap_or_default() {
        hosts::vault(client, cloud, &vault, reach.api_version, &mut clock, report);
    }
    clock.tell(report);
    let Some(choice) = choice else {
        return report.note("token", "not asked for: there is no identity to ask as");
    };
    let session = Session {
        client,
        identity: &choice.identity,
        cloud,
        api_version: reach.api_version,
        deadline: reach.deadline,
    };
    vaults::check(&session, order, report);
}
