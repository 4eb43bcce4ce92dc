//! Tokens, the subscription, and each vault: what is selected there can be read. Values are dropped at once.

use super::count;
use super::hosts::Hosts;
use super::steps::{Next, Report};
use super::subject::Subject;
use crate::arm::{self, Scope};
use crate::cloud::Host;
use crate::error::{Error, Exit};
use crate::gaps::Gaps;
use crate::read::{Outcome, Reading};
use crate::resolve::{Listing, choose};
use crate::selection::{Missing, Selection, Source, Wanted};
use crate::session::Session;
use crate::vault::VaultName;

/// More vaults of a subscription are not shown.
const MOST_VAULTS: usize = 10;

/// Tries it.
pub(super) fn check(
    session: &Session,
    subject: &Subject,
    hosts: &mut Hosts,
    report: &mut Report,
) -> Next {
    let authority = session.cloud.authority.name();
    if session.identity.tenant().is_some() && hosts.is_silent(authority) {
        let because = format!("`{authority}` did not answer");
        return report.skip(subject.left(Some("token")), &because);
    }
    if report.take("token", session.token())?.is_none() {
        return report.skip(subject.left(None), "there is no token");
    }
    let audience = session.cloud.vault_suffix.name();
    report.ok("token", &format!("one for `https://{audience}`"))?;
    let found = match subject.scope() {
        Some(scope) => subscription(session, subject, scope, hosts, report)?,
        None => None,
    };
    let (Some(selection), Some(missing)) = (&subject.selection, subject.missing) else {
        return report.untried("vaults", "what is selected is not known");
    };
    let selection = match (selection.scope(), found) {
        (None, _) => selection.clone(),
        (Some(_), Some(found)) => {
            for vault in &found {
                hosts.vault(vault, report)?;
            }
            selection.clone().with_vaults(found)
        }
        (Some(_), None) => {
            let left = if subject.lists_variables() {
                "vaults and variables"
            } else {
                "vaults"
            };
            return report.untried(left, "the vaults' names are not known");
        }
    };
    let visit = Visit {
        session,
        subject,
        hosts,
        missing,
    };
    let wanted = visit.each(&selection, report)?;
    if subject.lists_variables() {
        subject.variables(Some(&wanted), report)?;
    }
    Ok(())
}

/// The subscription's vaults, by a token of its own.
fn subscription(
    session: &Session,
    subject: &Subject,
    scope: &Scope,
    hosts: &Hosts,
    report: &mut Report,
) -> Next<Option<Vec<VaultName>>> {
    let host = session.cloud.management.as_ref().map(Host::name);
    if let Some(host) = host.filter(|host| hosts.is_silent(host)) {
        report.untried("subscription", &format!("`{host}` did not answer"))?;
        return Ok(None);
    }
    let found = match session.vaults(scope) {
        Err(error) if error.exit() == Exit::Denied && !subject.needs_scope() => {
            let found = format!("{error}; {}", arm::NOT_NEEDED);
            report.note("subscription", &found)?;
            return Ok(None);
        }
        found => found,
    };
    let Some(found) = report.take("subscription", found)? else {
        return Ok(None);
    };
    let names: Vec<_> = found.into_iter().map(|found| found.name).collect();
    let shown: Vec<_> = names
        .iter()
        .take(MOST_VAULTS)
        .map(VaultName::as_str)
        .collect();
    let more = if names.len() > MOST_VAULTS {
        ", …"
    } else {
        ""
    };
    let vaults = match names.len() {
        0 => "no vault".to_owned(),
        number => format!("{}: {}{more}", count(number, "vault"), shown.join(", ")),
    };
    report.ok("subscription", &format!("{scope} has {vaults}"))?;
    Ok(Some(names))
}

/// Going to each vault.
struct Visit<'a> {
    session: &'a Session<'a>,
    subject: &'a Subject,
    hosts: &'a Hosts<'a>,
    missing: Missing,
}

impl Visit<'_> {
    /// Each vault is listed where that is what was selected; what is named is read, and of what is listed
    /// the first.
    fn each(&self, selection: &Selection, report: &mut Report) -> Next<Vec<Wanted>> {
        let mut failures = Vec::new();
        let listings = match selection.filter() {
            Some(_) => self.list(selection.listed_vaults(), &mut failures, report)?,
            None => Vec::new(),
        };
        let told = failures.len();
        let chosen = match selection.filter() {
            Some(filter) => choose(self.session, filter, self.missing, &listings, &mut failures),
            None => Vec::new(),
        };
        report.overheard("selection")?;
        for error in &failures[told..] {
            report.failed("selection", error)?;
        }
        let wanted = selection.with_listed(chosen.into_iter());
        let mut gaps = Gaps::new(self.missing);
        for vault in selection.vaults() {
            let is_listed = listings.iter().any(|listing| listing.vault == vault);
            let of_vault = wanted.iter().filter(|one| one.credential.vault == vault);
            self.vault(&vault, is_listed, of_vault.collect(), &mut gaps, report)?;
        }
        let mut missing = Vec::new();
        gaps.close(self.session.reporter(), &mut missing);
        report.overheard("secrets")?;
        for error in &missing {
            report.failed("secrets", error)?;
        }
        Ok(wanted)
    }

    /// The listings of those vaults that can be listed; of the others the failures, which are told.
    fn list(
        &self,
        vaults: &[VaultName],
        failures: &mut Vec<Error>,
        report: &mut Report,
    ) -> Next<Vec<Listing>> {
        let mut listings = Vec::new();
        for name in vaults {
            if let Some(host) = self.silent(name) {
                failures.push(Error::new(Exit::Unreachable, host, ""));
                continue;
            }
            let listed = match self.session.vault(name) {
                Ok(vault) => vault.list().map_err(|refusal| refusal.error),
                Err(error) => Err(error),
            };
            match listed {
                Ok(secrets) => listings.push(Listing {
                    vault: name.clone(),
                    secrets,
                }),
                Err(error) => {
                    report.failed(&step(name), &error)?;
                    failures.push(error);
                }
            }
        }
        Ok(listings)
    }

    /// A vault's host, if it did not answer.
    fn silent(&self, vault: &VaultName) -> Option<String> {
        let host = self.session.cloud.vault_suffix.under(vault.as_str());
        let host = host.name().to_owned();
        self.hosts.is_silent(&host).then_some(host)
    }

    fn vault(
        &self,
        name: &VaultName,
        is_listed: bool,
        wanted: Vec<&Wanted>,
        gaps: &mut Gaps,
        report: &mut Report,
    ) -> Next {
        let step = step(name);
        if let Some(host) = self.silent(name) {
            for one in wanted {
                gaps.settle(&one.credential);
            }
            return report.untried(&step, &format!("`{host}` did not answer"));
        }
        if wanted.is_empty() {
            // What cannot be listed was told.
            return if is_listed {
                report.note(&step, "it can be listed, and nothing in it is selected")
            } else {
                Ok(())
            };
        }
        let (listed, named): (Vec<_>, Vec<_>) = wanted
            .into_iter()
            .partition(|one| one.source == Source::Listed);
        let count_of_listed = listed.len();
        let some = listed.into_iter().take(1).chain(named).collect();
        let Some(visited) = self.read(&step, some, gaps, report)? else {
            return Ok(());
        };
        let mut found = vec![format!("{} read", count(visited.read, "secret"))];
        if is_listed {
            found.insert(0, format!("{} listed", count(count_of_listed, "secret")));
        }
        if visited.absent > 0 {
            found.push(format!("{} of the selected not there", visited.absent));
        }
        report.ok(&step, &found.join(", "))?;
        report.overheard(&step)?;
        if is_listed {
            return Ok(());
        }
        let listed = match self.session.vault(name) {
            Ok(vault) => vault.try_list().map_err(|refusal| refusal.error),
            Err(error) => Err(error),
        };
        match listed {
            Ok(()) => Ok(()),
            Err(error) => {
                let found = format!("{error}; what is named does not need it");
                report.note(&step, &found)
            }
        }
    }

    /// `None` where something failed.
    fn read(
        &self,
        step: &str,
        wanted: Vec<&Wanted>,
        gaps: &mut Gaps,
        report: &mut Report,
    ) -> Next<Option<Visited>> {
        let mut visited = Visited::default();
        let mut failed = false;
        let Some(reading) = report.take(step, Reading::new(self.session, wanted, gaps))? else {
            return Ok(None);
        };
        for outcome in reading {
            let error = match outcome {
                Outcome::Read(wanted, content) => {
                    visited.read += 1;
                    self.subject.try_out(&wanted.credential, content).err()
                }
                Outcome::Missing => {
                    visited.absent += 1;
                    None
                }
                Outcome::Refused(error) | Outcome::Untried(error) => Some(error),
            };
            if let Some(error) = error {
                failed = true;
                report.failed(step, &error)?;
            }
        }
        Ok((!failed).then_some(visited))
    }
}

/// What came of reading in a vault.
#[derive(Default)]
struct Visited {
    read: usize,
    absent: usize,
}

fn step(vault: &VaultName) -> String {
    format!("vault {vault}")
}
