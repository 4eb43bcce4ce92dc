//! Is everything in place? Each step by itself, with what was found and what to do.
//!
//! The steps are in the order in which a fetch would go wrong: configuration, identity, hosts, clock, token,
//! vaults, output. One that fails does not keep those behind it from being tried, unless they need what it
//! gives: then they say so.

mod hosts;
mod steps;
mod vaults;

use crate::cloud::Cloud;
use crate::credentials::Format;
use crate::deadline::Deadline;
use crate::error::{Error, Exit, Failures};
use crate::http::Client;
use crate::options::{Choice, Inspection, Parts};
use crate::report::Reporter;
use crate::select;
use crate::selection::{Selection, Vaults, What};
use crate::session::Session;
use crate::sink::Written;
use hosts::Hosts;
use steps::{Gone, Overheard, Report, Told};
pub use steps::{State, Step};
use vaults::Order;

/// Tries everything that a fetch needs, and tells each step.
///
/// # Errors
/// The report could not be written.
pub fn check(
    inspection: Inspection,
    reporter: &dyn Reporter,
    tell: &mut dyn FnMut(&Step) -> Result<Written, Error>,
) -> Result<Exit, Failures> {
    let overheard = Overheard::new(reporter);
    let mut report = Report::new(tell, &overheard);
    let told = match inspection.parts {
        Ok(parts) => steps(parts, inspection.deadline, &overheard, &mut report),
        Err(error) => unconfigured(&error, &mut report),
    };
    match told {
        Ok(()) => Ok(report.exit()),
        Err(Gone::Reader) => Ok(Exit::Done),
        Err(Gone::Unwritten(error)) => Err(error.into()),
    }
}

fn unconfigured(error: &Error, report: &mut Report) -> Told {
    report.failed("configuration", error)?;
    report.untried("everything else", "what is configured is not known")
}

fn steps(parts: Parts, deadline: Deadline, overheard: &Overheard, report: &mut Report) -> Told {
    let settings = match parts.settings.as_slice() {
        [] => "nothing is set: the defaults".to_owned(),
        settings => settings.join(", "),
    };
    report.ok("configuration", &settings)?;
    let choice = report.take("identity", parts.choice)?;
    if let Some(choice) = &choice {
        identity(choice, report)?;
    }
    let cloud = report.take("cloud", parts.cloud)?;
    if let Some(cloud) = &cloud {
        report.ok("cloud", &hosts_of(cloud))?;
    }
    let missing = report.take("selection", parts.missing)?;
    let selection = match parts.selection {
        None => None,
        Some(selection) => report.take("selection", selection)?,
    };
    if let Some(selection) = &selection {
        describe(selection, report)?;
    }
    let scope = report.take("subscription", parts.scope)?.flatten();
    let server = report.take("xsoar", parts.server)?.flatten();
    let output = match parts.output {
        None => None,
        Some(output) => report.take("output", output)?,
    };
    if let (Some(selection), Some(output)) = (&selection, &output) {
        // What can be judged without asking is judged before anybody is asked.
        if !selection.is_open() {
            vaults::variables(&select::known(selection), output, report)?;
        }
    }
    let api_version = report.take("api-version", parts.api_version)?;
    let network = report.take("network", parts.network)?;
    let way = match &network {
        Some((_, words)) => {
            report.ok("network", words)?;
            cloud.as_ref().zip(api_version.as_deref())
        }
        None => None,
    };
    let client = network.map(|(network, _)| Client::observing(network, overheard));
    match (&client, way) {
        (Some(client), Some((cloud, api_version))) => {
            let way = Way {
                client,
                cloud,
                api_version,
                deadline,
            };
            let order = Order {
                selection,
                missing,
                scope,
                output: output.as_ref(),
            };
            over_the_network(&way, choice.as_ref(), &order, report)?;
        }
        _ => report.untried(
            "hosts, clock, token and vaults",
            "what is wrong above leaves no way to them",
        )?,
    }
    // Nothing of Azure's is needed for it.
    match (&client, &server) {
        (_, None) => {}
        (Some(client), Some(server)) => hosts::xsoar(client, server, report)?,
        (None, Some(_)) => report.untried("xsoar", "what is wrong above leaves no way to it")?,
    }
    let Some(output) = output else {
        return report.untried("output", "what is wrong above leaves it unknown");
    };
    let probed = match output.format {
        Some(Format::Files) => output.sink.probe_tree(&deadline),
        _ => output.sink.probe(&deadline),
    };
    match report.take("output", probed)? {
        Some(found) => report.ok("output", &found),
        None => Ok(()),
    }
}

fn identity(choice: &Choice, report: &mut Report) -> Told {
    let moved = choice.moved.as_ref().map(|moved| format!("; {moved}"));
    let (who, because) = (choice.identity.to_string(), &choice.because);
    let moved = moved.unwrap_or_default();
    report.ok("identity", &format!("{who}: {because}{moved}"))?;
    match &choice.warning {
        Some(warning) => report.note("identity", warning),
        None => Ok(()),
    }
}

fn hosts_of(cloud: &Cloud) -> String {
    let (authority, suffix) = (&cloud.authority, &cloud.vault_suffix);
    let management = match &cloud.management {
        Some(host) => format!("`{host}`"),
        None => "nowhere that is known".to_owned(),
    };
    format!(
        "applications' tokens from `{authority}`, vaults under `{suffix}`, Resource Manager at {management}"
    )
}

fn describe(selection: &Selection, report: &mut Report) -> Told {
    let mut words = Vec::new();
    if let Some(from) = &selection.from_vaults {
        let what = match &from.what {
            What::Secrets(secrets) => count(secrets.len(), "secret"),
            What::Listed(filter) if filter.is_narrow() => "the secrets that match".to_owned(),
            What::Listed(_) => "all secrets".to_owned(),
        };
        let vaults = match &from.vaults {
            Vaults::Named(vaults) => count(vaults.len(), "vault"),
            Vaults::Found(scope) => format!("every vault of {scope}"),
        };
        words.push(format!("{what} of {vaults}"));
    }
    if !selection.named.is_empty() {
        words.push(format!(
            "{} by name",
            count(selection.named.len(), "secret")
        ));
    }
    if words.is_empty() {
        let todo = "name what you would fetch, as for `fetch`";
        return report.advise("selection", "nothing is selected: no vault is tried", todo);
    }
    report.ok("selection", &words.join(", "))
}

/// So many things.
fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// The way to Azure, whoever asks.
struct Way<'a> {
    client: &'a Client<'a>,
    cloud: &'a Cloud,
    api_version: &'a str,
    deadline: Deadline,
}

fn over_the_network(
    way: &Way,
    choice: Option<&Choice>,
    order: &Order,
    report: &mut Report,
) -> Told {
    let identity = choice.map(|choice| &choice.identity);
    let mut hosts = Hosts::new(way.client, way.cloud, way.api_version, identity);
    hosts.authority(report)?;
    if let Some(scope) = order.scope() {
        hosts.management(scope, order.needs_scope(), report)?;
    }
    for vault in order.vaults() {
        hosts.vault(&vault, report)?;
    }
    hosts.clock(report)?;
    let Some(identity) = identity else {
        return report.skip(order.left(Some("token")), "there is no identity to ask as");
    };
    let session = Session {
        client: way.client,
        identity,
        cloud: way.cloud,
        api_version: way.api_version,
        deadline: way.deadline,
    };
    vaults::check(&session, order, &mut hosts, report)
}
