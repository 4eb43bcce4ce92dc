//! Tokens, the subscription, and each vault: what is selected there can be read. Values are dropped at once.

use super::count;
use super::hosts::Hosts;
use super::steps::{Report, Told};
use crate::arm::{self, Scope};
use crate::cloud::Host;
use crate::credentials::{Credential, Format, check_variables};
use crate::error::{Error, Exit};
use crate::fetch;
use crate::gaps::Gaps;
use crate::missing::Missing;
use crate::options::Output;
use crate::read::warn_of_age;
use crate::select::{self, Source, Wanted};
use crate::selection::{FromVaults, Selection, Vaults, What};
use crate::session::Session;
use crate::token::AccessToken;
use crate::vault::{Content, Listed, Reach, VaultName};

/// More vaults of a subscription are not shown.
const MOST_VAULTS: usize = 10;

/// What would be fetched.
pub(super) struct Order<'a> {
    /// Of what, where that is known.
    pub selection: Option<Selection>,
    /// What becomes of what does not exist, where that is known.
    pub missing: Option<Missing>,
    /// A subscription to look at.
    pub scope: Option<Scope>,
    /// What becomes of it.
    pub output: Option<&'a Output>,
}

impl Order<'_> {
    /// Where vaults are looked for, if anywhere.
    pub fn scope(&self) -> Option<&Scope> {
        let wanted = self.selection.as_ref().and_then(Selection::scope);
        wanted.or(self.scope.as_ref())
    }

    /// Whether what is selected depends on that, or there is nothing else to look at.
    pub fn needs_scope(&self) -> bool {
        self.selection
            .as_ref()
            .is_some_and(|selection| selection.scope().is_some() || selection.vaults().is_empty())
    }

    /// Whether the names of variables are judged, and not before listings are known.
    fn lists_variables(&self) -> bool {
        let has_names = self.output.is_some_and(has_variables);
        has_names && self.selection.as_ref().is_some_and(Selection::is_open)
    }

    /// Which steps there is no way to, `first` before them; none: there would have been none.
    pub fn left(&self, first: Option<&str>) -> Option<String> {
        let mut left: Vec<&str> = first.into_iter().collect();
        let selection = self.selection.as_ref();
        let nothing = selection
            .is_some_and(|selection| selection.scope().is_none() && selection.vaults().is_empty());
        for (name, is_left) in [
            ("subscription", self.scope().is_some()),
            ("vaults", !nothing),
            ("variables", self.lists_variables()),
        ] {
            if is_left {
                left.push(name);
            }
        }
        let last = left.pop()?;
        Some(match left.as_slice() {
            [] => last.to_owned(),
            others => format!("{} and {last}", others.join(", ")),
        })
    }

    /// The vaults whose names are known.
    pub fn vaults(&self) -> Vec<VaultName> {
        let selection = self.selection.as_ref();
        selection.map(Selection::vaults).unwrap_or_default()
    }
}

/// Tries it.
pub(super) fn check(
    session: &Session,
    order: &Order,
    hosts: &mut Hosts,
    report: &mut Report,
) -> Told {
    let authority = session.cloud.authority.name();
    if session.identity.tenant().is_some() && hosts.is_silent(authority) {
        let because = format!("`{authority}` did not answer");
        return report.skip(order.left(Some("token")), &because);
    }
    let Some(token) = report.take("token", session.token())? else {
        return report.skip(order.left(None), "there is no token");
    };
    let audience = session.cloud.vault_suffix.name();
    report.ok("token", &format!("one for `https://{audience}`"))?;
    let found = match order.scope() {
        Some(scope) => subscription(session, order, scope, hosts, report)?,
        None => None,
    };
    let (Some(selection), Some(missing)) = (&order.selection, order.missing) else {
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
            let left = if order.lists_variables() {
                "vaults and variables"
            } else {
                "vaults"
            };
            return report.untried(left, "the vaults' names are not known");
        }
    };
    let visit = Visit {
        session,
        order,
        hosts,
        missing,
        token: &token,
    };
    let wanted = visit.each(&selection, report)?;
    match order.output {
        Some(output) if order.lists_variables() => variables(&wanted, output, report),
        _ => Ok(()),
    }
}

/// The subscription's vaults, by a token of its own.
fn subscription(
    session: &Session,
    order: &Order,
    scope: &Scope,
    hosts: &Hosts,
    report: &mut Report,
) -> Told<Option<Vec<VaultName>>> {
    let host = session.cloud.management.as_ref().map(Host::name);
    if let Some(host) = host.filter(|host| hosts.is_silent(host)) {
        report.untried("subscription", &format!("`{host}` did not answer"))?;
        return Ok(None);
    }
    let found = match session.vaults(scope) {
        Err(error) if error.exit() == Exit::Denied && !order.needs_scope() => {
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
    order: &'a Order<'a>,
    hosts: &'a Hosts<'a>,
    missing: Missing,
    token: &'a AccessToken,
}

impl Visit<'_> {
    /// Each vault is listed where that is what was selected; what is named is read, and of what is listed
    /// the first.
    fn each(&self, selection: &Selection, report: &mut Report) -> Told<Vec<Wanted>> {
        let mut failures = Vec::new();
        let (listings, filter) = match &selection.from_vaults {
            Some(FromVaults {
                vaults: Vaults::Named(vaults),
                what: What::Listed(filter),
            }) => (self.list(vaults, &mut failures, report)?, Some(filter)),
            _ => (Vec::new(), None),
        };
        let told = failures.len();
        let chosen = match filter {
            Some(filter) => {
                select::choose(self.session, filter, self.missing, &listings, &mut failures)
            }
            None => Vec::new(),
        };
        report.overheard("selection")?;
        for error in &failures[told..] {
            report.failed("selection", error)?;
        }
        let wanted = select::together(selection, &chosen);
        let mut gaps = Gaps::new(self.missing);
        for vault in selection.vaults() {
            let is_listed = listings.iter().any(|(listed, _)| *listed == vault);
            let of_vault: Vec<_> = wanted
                .iter()
                .filter(|wanted| wanted.credential.vault == vault)
                .collect();
            self.vault(&vault, is_listed, &of_vault, &mut gaps, report)?;
        }
        let mut missing = Vec::new();
        gaps.close(self.session.client.reporter(), &mut missing);
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
    ) -> Told<Vec<(VaultName, Vec<Listed>)>> {
        let mut listings = Vec::new();
        for name in vaults {
            if let Some(host) = self.silent(name) {
                failures.push(Error::new(Exit::Unreachable, host, ""));
                continue;
            }
            match self.session.vault(name, self.token).list() {
                Ok(listed) => listings.push((name.clone(), listed)),
                Err(refusal) => {
                    report.failed(&step(name), &refusal.error)?;
                    failures.push(refusal.error);
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
        wanted: &[&Wanted],
        gaps: &mut Gaps,
        report: &mut Report,
    ) -> Told {
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
        let Some(visited) = self.read(&step, wanted, gaps, report)? else {
            return Ok(());
        };
        let mut found = vec![format!("{} read", count(visited.read, "secret"))];
        if is_listed {
            let listed = wanted.iter().filter(|one| one.source == Source::Listed);
            found.insert(0, format!("{} listed", count(listed.count(), "secret")));
        }
        if visited.absent > 0 {
            found.push(format!("{} of the selected not there", visited.absent));
        }
        report.ok(&step, &found.join(", "))?;
        report.overheard(&step)?;
        if is_listed {
            return Ok(());
        }
        match self.session.vault(name, self.token).try_list() {
            Ok(()) => Ok(()),
            Err(refusal) => {
                let found = format!("{}; what is named does not need it", refusal.error);
                report.note(&step, &found)
            }
        }
    }

    /// Reads what is named, and the first of what was listed; `None` where something failed.
    fn read(
        &self,
        step: &str,
        wanted: &[&Wanted],
        gaps: &mut Gaps,
        report: &mut Report,
    ) -> Told<Option<Visited>> {
        let listed = wanted.iter().find(|one| one.source == Source::Listed);
        let named = wanted.iter().filter(|one| one.source != Source::Listed);
        let all: Vec<_> = listed.into_iter().chain(named).collect();
        let mut visited = Visited::default();
        let mut failed = false;
        let mut closed = false;
        for (index, one) in all.iter().enumerate() {
            let credential = &one.credential;
            if closed {
                gaps.settle(credential);
                continue;
            }
            if self.session.client.out_of_time() {
                let left = all[index..].iter().map(|one| &one.credential);
                report.failed(step, &self.session.untried(left))?;
                (failed, closed) = (true, true);
                gaps.settle(credential);
                continue;
            }
            let vault = self.session.vault(&credential.vault, self.token);
            let result = vault.get(&credential.secret, credential.version.as_ref());
            let error = match result {
                Ok(content) => {
                    gaps.settle(credential);
                    visited.read += 1;
                    warn_of_age(self.session, one, &content);
                    self.use_it(credential, content).err()
                }
                Err(refusal) if refusal.reach == Reach::Missing => {
                    visited.absent += 1;
                    let mut failures = Vec::new();
                    gaps.missing(one, refusal.error, &mut failures);
                    failures.pop()
                }
                Err(refusal) => {
                    gaps.settle(credential);
                    closed = refusal.reach == Reach::Vault;
                    Some(refusal.error)
                }
            };
            if let Some(error) = error {
                failed = true;
                report.failed(step, &error)?;
            }
        }
        Ok((!failed).then_some(visited))
    }

    /// What would be made of a value; nothing is kept of it.
    fn use_it(&self, credential: &Credential, content: Content) -> Result<(), Error> {
        let Some(output) = self.order.output else {
            return Ok(());
        };
        let (kind, tags) = (content.content_type.clone(), content.tags.clone());
        let password = output.shape.document(credential, content)?.password;
        match output.format {
            Some(Format::Files) => {
                let kind = kind.as_deref();
                output.shape.bytes(credential, kind, &tags, &password)?;
                Ok(())
            }
            Some(Format::Dotenv | Format::Shell) => {
                check_variables(&[("", &password)]).map_err(|_| fetch::nul(&credential.to_string()))
            }
            _ => Ok(()),
        }
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

fn has_variables(output: &Output) -> bool {
    matches!(output.format, Some(Format::Dotenv | Format::Shell))
}

/// The names that variables would have, where there are any.
pub(super) fn variables(wanted: &[Wanted], output: &Output, report: &mut Report) -> Told {
    if !has_variables(output) {
        return Ok(());
    }
    let credentials: Vec<_> = wanted.iter().map(|wanted| &wanted.credential).collect();
    let names = output.naming.names(&credentials, |_| false);
    match report.take("variables", names)? {
        Some(names) => {
            let names = names.iter().map(Vec::len).sum::<usize>();
            let found = format!("{}, each of its own", count(names, "name"));
            report.ok("variables", &found)
        }
        None => Ok(()),
    }
}
