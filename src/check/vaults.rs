//! Tokens, the subscription, and each vault: what is selected there can be read. Values are dropped at once.

use super::{Report, State};
use crate::arm::Scope;
use crate::credentials::Format;
use crate::gaps::Gaps;
use crate::missing::Missing;
use crate::options::Output;
use crate::select::{self, Wanted};
use crate::selection::{Selection, What};
use crate::session::Session;
use crate::token::AccessToken;
use crate::vault::{Reach, VaultName};

/// What would be fetched.
pub struct Order<'a> {
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
}

/// Tries it.
pub fn check(session: &Session, order: &Order, report: &mut Report) {
    let token = report.take("token", session.token());
    if token.is_some() {
        let audience = session.cloud.vault_suffix.name();
        report.ok("token", &format!("one for `https://{audience}`"));
    }
    let found = subscription(session, order, report);
    let (Some(selection), Some(missing), Some(token)) = (&order.selection, order.missing, token)
    else {
        return;
    };
    let selection = match (selection.scope(), found) {
        (None, _) => selection.clone(),
        (Some(_), Some(found)) => selection.clone().with_vaults(found),
        (Some(_), None) => return,
    };
    if selection.vaults().is_empty() {
        let found = "no vault is selected, so none is tried";
        return report.step(
            "vaults",
            State::Note,
            found,
            Some("name what you would fetch, as for `fetch`"),
        );
    }
    let is_listed = selection
        .from_vaults
        .as_ref()
        .is_some_and(|from| matches!(from.what, What::Listed(_)));
    let wanted = if is_listed {
        listed(session, &selection, missing, &token, report)
    } else {
        named(session, &selection, missing, &token, report)
    };
    variables(&wanted, order, report);
}

/// The subscription's vaults, by a token of its own.
fn subscription(session: &Session, order: &Order, report: &mut Report) -> Option<Vec<VaultName>> {
    let scope = order.scope()?;
    let found = report.take("subscription", session.vaults(scope))?;
    let names: Vec<_> = found.into_iter().map(|found| found.name).collect();
    let shown: Vec<_> = names.iter().map(VaultName::as_str).collect();
    let vaults = match shown.as_slice() {
        [] => "no vault".to_owned(),
        [one] => format!("one vault, {one}"),
        several => format!("{} vaults, {}", several.len(), several.join(", ")),
    };
    report.ok("subscription", &format!("{}: {vaults}", scope.words()));
    Some(names)
}

/// Listing is what was selected: each vault is listed, and the first secret of each is read.
fn listed(
    session: &Session,
    selection: &Selection,
    missing: Missing,
    token: &AccessToken,
    report: &mut Report,
) -> Vec<Wanted> {
    let (wanted, failures) = select::listed(session, selection, missing, token);
    for error in &failures {
        report.failed("listing", error);
    }
    for vault in selection.vaults() {
        let of_vault: Vec<_> = wanted
            .iter()
            .filter(|wanted| wanted.credential.vault == vault)
            .collect();
        let Some(first) = of_vault.first() else {
            continue;
        };
        let name = format!("vault {vault}");
        let credential = &first.credential;
        match session
            .vault(&vault, token)
            .get(&credential.secret, credential.version.as_ref())
        {
            Ok(_) => report.ok(
                name,
                &format!(
                    "{} secrets selected; `{}` can be read",
                    of_vault.len(),
                    credential.secret
                ),
            ),
            Err(refusal) => report.failed(name, &refusal.error),
        }
    }
    wanted
}

/// Each named secret is read, and each vault is asked for one of a listing.
fn named(
    session: &Session,
    selection: &Selection,
    missing: Missing,
    token: &AccessToken,
    report: &mut Report,
) -> Vec<Wanted> {
    let wanted = select::known(selection);
    let mut gaps = Gaps::new(missing);
    let mut failures = Vec::new();
    for name in selection.vaults() {
        let vault = session.vault(&name, token);
        let step = format!("vault {name}");
        let of_vault = wanted
            .iter()
            .filter(|wanted| wanted.credential.vault == name);
        let (mut read, mut absent, mut failed) = (0, 0, false);
        for one in of_vault {
            let credential = &one.credential;
            match vault.get(&credential.secret, credential.version.as_ref()) {
                Ok(_) => {
                    read += 1;
                    gaps.settle(credential);
                }
                Err(refusal) if refusal.reach == Reach::Missing => {
                    absent += 1;
                    gaps.missing(one, refusal.error, &mut failures);
                }
                Err(refusal) => {
                    failed = true;
                    gaps.settle(credential);
                    report.failed(step.as_str(), &refusal.error);
                    if refusal.reach == Reach::Vault {
                        break;
                    }
                }
            }
        }
        if failed {
            continue;
        }
        let gap = match absent {
            0 => String::new(),
            absent => format!(", {absent} of the selected do not exist"),
        };
        report.ok(step.as_str(), &format!("{read} secrets read{gap}"));
        if vault.try_list().is_err() {
            report.note(
                step,
                "it cannot be listed, which what is named does not need",
            );
        }
    }
    gaps.close(session.client.reporter(), &mut failures);
    for error in &failures {
        report.failed("secrets", error);
    }
    wanted
}

/// The names that variables would have.
fn variables(wanted: &[Wanted], order: &Order, report: &mut Report) {
    let Some(output) = order.output else { return };
    if !matches!(output.format, Some(Format::Dotenv | Format::Shell)) {
        return;
    }
    let credentials: Vec<_> = wanted.iter().map(|wanted| &wanted.credential).collect();
    let names = output.naming.names(&credentials, |_| false);
    if let Some(names) = report.take("variables", names) {
        let count = names.iter().map(Vec::len).sum::<usize>();
        report.ok("variables", &format!("{count} names, each of its own"));
    }
}
