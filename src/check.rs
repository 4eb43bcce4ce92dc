//! Is everything in place? Each step by itself, with what was found and what to do.
//!
//! The steps are in the order in which a fetch would go wrong: configuration, identity, hosts, clock, token,
//! vaults, output. One that fails does not keep those behind it from being tried, unless they need what it
//! gives: then they say so.

mod hosts;
mod steps;
mod subject;
mod vaults;

use crate::cloud::Cloud;
use crate::error::{Exit, Failures};
use crate::fetch::Output;
use crate::http::Client;
use crate::options::{Configured, Identified};
use crate::report::Reporter;
use crate::selection::{Selection, VaultSet, What};
use crate::vault::VaultName;
use hosts::Hosts;
use steps::{Next, Overheard, Report, Stop};
use subject::Subject;

/// Everything that a fetch needs, and a push, tried.
pub(crate) struct Check<'a> {
    configured: Configured<'a>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(configured: Configured<'a>) -> Self {
        Self { configured }
    }

    pub(crate) fn run(self, reporter: &dyn Reporter) -> Result<Exit, Failures> {
        let overheard = Overheard::new(reporter);
        let deadline = self.configured.deadline;
        let mut report = Report::new(&overheard, self.configured.is_jsonl(), deadline);
        match self.steps(&overheard, &mut report) {
            Ok(()) => Ok(report.exit()),
            Err(Stop::ReaderGone) => Ok(Exit::Done),
            Err(Stop::Unwritten(error)) => Err(error.into()),
        }
    }

    fn steps(&self, overheard: &Overheard, report: &mut Report) -> Next {
        let configured = &self.configured;
        if let Some(problem) = &configured.problem {
            report.failed("configuration", problem)?;
            return report.untried("everything else", "what is configured is not known");
        }
        let settings = match configured.overview().as_slice() {
            [] => "nothing is set: the defaults".to_owned(),
            settings => settings.join(", "),
        };
        report.ok("configuration", &settings)?;
        let identified = report.take("identity", configured.identity())?;
        if let Some(identified) = &identified {
            identity(identified, report)?;
        }
        let proof = identified.as_ref().and_then(|identified| identified.proof);
        let cloud = report.take("cloud", configured.cloud(proof))?;
        if let Some(cloud) = &cloud {
            report.ok("cloud", &hosts_of(cloud))?;
        }
        let missing = report.take("selection", configured.missing())?;
        let named = cloud.as_ref().map(|cloud| {
            let format = configured.format()?;
            Ok((format, configured.naming(cloud, format)?))
        });
        let selection = match (&cloud, &named) {
            (Some(cloud), Some(Ok((_, naming)))) => {
                report.take("selection", configured.selection(cloud, naming.as_ref()))?
            }
            _ => None,
        };
        if let Some(selection) = &selection {
            describe(selection, report)?;
        }
        let scope = report.take("subscription", configured.maybe_scope())?;
        let server = report.take("xsoar", configured.maybe_server())?.flatten();
        let output =
            named.map(|named| named.and_then(|(format, naming)| configured.output(format, naming)));
        let output = match output {
            Some(output) => report.take("output", output)?,
            None => None,
        };
        let status = report.take("status", configured.status_file())?.flatten();
        let subject = Subject {
            selection,
            missing,
            scope: scope.flatten(),
            shape: configured.shape(),
            output,
        };
        if !subject.is_open() {
            // What can be judged without asking is judged before anybody is asked.
            subject.variables(None, report)?;
        }
        let api_version = report.take("api-version", configured.api_version())?;
        let network = report.take("network", configured.network())?;
        if let Some(network) = &network {
            report.ok("network", &configured.network_overview(network))?;
        }
        let client = network.map(|network| Client::observing(network, overheard));
        match (&client, &cloud, &api_version) {
            (Some(client), Some(cloud), Some(api_version)) => {
                let identity = identified.as_ref().map(|identified| &identified.identity);
                let hosts = Hosts::new(client, cloud, api_version, identity);
                over_the_network(hosts, &subject, report)?;
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
            (None, Some(_)) => {
                report.untried("xsoar", "what is wrong above leaves no way to it")?;
            }
        }
        self.place(&subject, report)?;
        match status.map(|status| status.probe(&configured.deadline)) {
            None => Ok(()),
            Some(Ok(found)) => report.ok("status", &found),
            // To a fetch it is a warning.
            Some(Err(error)) => report.mind("status", &error),
        }
    }

    /// Where the output goes.
    fn place(&self, subject: &Subject, report: &mut Report) -> Next {
        let deadline = &self.configured.deadline;
        let probed = match &subject.output {
            None => return report.untried("output", "what is wrong above leaves it unknown"),
            Some(Output::Documents(_, sink) | Output::Variables(_, _, sink)) => {
                sink.probe(deadline)
            }
            Some(Output::Files(_, tree)) => {
                let vaults = subject.vaults();
                let vaults: Vec<_> = vaults.iter().map(VaultName::as_str).collect();
                tree.probe(&vaults, deadline)
            }
        };
        match report.take("output", probed)? {
            Some(found) => report.ok("output", &found),
            None => Ok(()),
        }
    }
}

fn identity(identified: &Identified, report: &mut Report) -> Next {
    let moved = identified.moved.as_ref().map(|moved| format!("; {moved}"));
    let (who, because) = (&identified.identity, &identified.because);
    let moved = moved.unwrap_or_default();
    report.ok("identity", &format!("{who}: {because}{moved}"))?;
    match &identified.warning {
        Some(warning) => report.note("identity", warning),
        None => Ok(()),
    }
}

fn hosts_of(cloud: &Cloud) -> String {
    let (authority, suffix) = (&cloud.authority, &cloud.vault_suffix);
    let management = match &cloud.management {
        Some(host) => format!("`{host}`"),
        None => "an unknown host".to_owned(),
    };
    format!(
        "applications' tokens from `{authority}`, vaults under `{suffix}`, Resource Manager at {management}"
    )
}

fn describe(selection: &Selection, report: &mut Report) -> Next {
    let mut words = Vec::new();
    if let Some(from) = &selection.from_vaults {
        let what = match &from.what {
            What::Secrets(secrets) => count(secrets.len(), "secret"),
            What::Listed(filter) if filter.is_narrow() => "the secrets that match".to_owned(),
            What::Listed(_) => "all secrets".to_owned(),
        };
        let vaults = match &from.vaults {
            VaultSet::Named(vaults) => count(vaults.len(), "vault"),
            VaultSet::Every(scope) => format!("every vault of {scope}"),
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

fn over_the_network(mut hosts: Hosts, subject: &Subject, report: &mut Report) -> Next {
    hosts.authority(report)?;
    if let Some(scope) = subject.scope() {
        hosts.management(scope, subject.needs_scope(), report)?;
    }
    for vault in subject.vaults() {
        hosts.vault(&vault, report)?;
    }
    hosts.clock(report)?;
    match hosts.session() {
        Some(session) => vaults::check(&session, subject, &mut hosts, report),
        None => report.skip(
            subject.left(Some("token")),
            "there is no identity to ask as",
        ),
    }
}
