//! From a selection to the plan of what is read: vaults are looked for, and listed, where names are not given.

use std::collections::HashSet;
use std::fmt::Display;

use crate::credentials::Credential;
use crate::error::{Error, Exit, escaped};
use crate::selection::{Filter, LeftOut, Missing, Selection, Source, Wanted};
use crate::session::Session;
use crate::vault::{Listed, VaultName};

/// What is to be read, and what has failed already: that keeps nothing else from being tried.
pub(crate) struct Plan {
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) failures: Vec<Error>,
    pub(crate) missing: Missing,
}

impl Plan {
    /// One credential, which must exist.
    pub(crate) fn of(credential: Credential) -> Self {
        let source = Source::Named;
        Self {
            wanted: vec![Wanted { credential, source }],
            failures: Vec::new(),
            missing: Missing::Error,
        }
    }
}

/// What a vault lists.
pub(crate) struct Listing {
    pub(crate) vault: VaultName,
    pub(crate) secrets: Vec<Listed>,
}

/// Finds out what was selected. Where every name is given nobody is asked.
pub(crate) fn resolve(session: &Session, selection: &Selection) -> Result<Plan, Error> {
    let selection = locate(session, selection)?;
    let mut failures = Vec::new();
    let wanted = match selection.filter() {
        None => selection.known(),
        Some(filter) => {
            let listings = list(session, selection.listed_vaults(), &mut failures)?;
            let chosen = choose(session, filter, selection.missing, &listings, &mut failures);
            selection.with_listed(chosen.into_iter())
        }
    };
    Ok(Plan {
        wanted,
        failures,
        missing: selection.missing,
    })
}

/// Finds the vaults of a subscription, where those are meant: [`Exit::NotFound`] where there are none and
/// something must exist.
pub(crate) fn locate(session: &Session, selection: &Selection) -> Result<Selection, Error> {
    let Some(scope) = selection.scope() else {
        return Ok(selection.clone());
    };
    let found = session.vaults(scope)?;
    if found.is_empty() {
        let cause = format!("there is no vault in {scope}");
        if selection.needs_something() && selection.missing != Missing::Skip {
            return Err(Error::new(Exit::NotFound, NOTHING, cause).hint(UNSEEN));
        }
        session.reporter().warning(&cause);
    }
    let names = found.into_iter().map(|found| found.name).collect();
    Ok(selection.clone().with_vaults(names))
}

/// What each vault lists, in the order of the vaults, without those that could not be listed.
pub(crate) fn list(
    session: &Session,
    vaults: &[VaultName],
    failures: &mut Vec<Error>,
) -> Result<Vec<Listing>, Error> {
    // One vault's pages come one after another.
    if session.client.is_parallel() && vaults.len() > 1 {
        session.line_up_listings(vaults);
    } else {
        session.approach(vaults);
    }
    session.token()?;
    let mut listings = Vec::new();
    for (index, name) in vaults.iter().enumerate() {
        if session.client.out_of_time() {
            failures.push(session.untried(&vaults[index..]));
            break;
        }
        session
            .reporter()
            .progress(name.as_str(), index, vaults.len());
        if !session.client.is_parallel() {
            session.approach(&vaults[index + 1..]);
        }
        match session.vault(name)?.list() {
            Ok(secrets) => listings.push(Listing {
                vault: name.clone(),
                secrets,
            }),
            Err(refusal) => failures.push(refusal.error),
        }
    }
    Ok(listings)
}

/// What the filter lets through of each vault, by name. What matches nothing is a warning where it does
/// elsewhere, and an error where it does nowhere.
pub(crate) fn choose<'a>(
    session: &Session,
    filter: &Filter,
    missing: Missing,
    listings: &'a [Listing],
    failures: &mut Vec<Error>,
) -> Vec<(&'a VaultName, &'a Listed)> {
    let mut chosen = Vec::new();
    for Listing { vault, secrets } in listings {
        let mut of_vault: Vec<&Listed> = Vec::new();
        let (mut disabled, mut certificates, mut others) = (0, 0, 0);
        for secret in secrets {
            match filter.leaves_out(secret) {
                _ if !filter.fits(secret) => others += 1,
                Some(LeftOut::Disabled) => disabled += 1,
                Some(LeftOut::Certificate) => certificates += 1,
                None => of_vault.push(secret),
            }
        }
        of_vault.sort_by_cached_key(|secret| secret.name.key());
        of_vault.dedup_by(|a, b| a.name == b.name);
        session.reporter().verbose(&format!(
            "vault `{vault}`: {} selected; left out: {disabled} disabled, {certificates} behind certificates, {others} not matching",
            of_vault.len()
        ));
        chosen.extend(of_vault.into_iter().map(|secret| (vault, secret)));
    }
    if missing != Missing::Skip {
        let results = Filtered {
            chosen: &chosen,
            listings,
            all_listed: failures.is_empty(),
        };
        for pattern in &filter.patterns {
            let option = format!("`--match {pattern}`");
            failures.extend(results.judge(session, &option, |listed| pattern.fits(listed)));
        }
        for tag in &filter.tags {
            let option = format!("`--tag {}`", escaped(&tag.to_string()));
            failures.extend(results.judge(session, &option, |listed| tag.fits(listed)));
        }
    }
    chosen
}

const NOTHING: &str = "nothing to read";
const UNSEEN: &str = "`akv-xsoar vaults` shows those that the identity may see: it needs the role `Reader` on them, their resource group or the subscription";
const SKIP: &str = "`akv-xsoar list --vault NAME` shows what there is; with `--missing skip` it is no error to find nothing";

/// What came of a filter.
struct Filtered<'a> {
    chosen: &'a [(&'a VaultName, &'a Listed)],
    listings: &'a [Listing],
    all_listed: bool,
}

impl Filtered<'_> {
    /// What came of one `--match` or `--tag` of it.
    fn judge(
        &self,
        session: &Session,
        option: &dyn Display,
        fits: impl Fn(&Listed) -> bool,
    ) -> Option<Error> {
        let of_chosen = self.chosen.iter().filter(|(_, listed)| fits(listed));
        let has: HashSet<String> = of_chosen.map(|(vault, _)| vault.key()).collect();
        let vaults = self.listings.iter().map(|listing| &listing.vault);
        let lacking: Vec<_> = vaults
            .filter(|vault| !has.contains(&vault.key()))
            .map(|vault| format!("`{vault}`"))
            .collect();
        if lacking.is_empty() {
            return None;
        }
        let cause = format!("{option} matches nothing in {}", lacking.join(", "));
        if !has.is_empty() {
            session.reporter().warning(&cause);
            return None;
        }
        let secrets = self.listings.iter().flat_map(|listing| &listing.secrets);
        let but = match secrets.filter(|listed| fits(listed)).count() {
            0 => "",
            1 => {
                ": one that it matches is left out, being disabled, behind a certificate, or not as other options say"
            }
            _ => {
                ": some that it matches are left out, being disabled, behind a certificate, or not as other options say"
            }
        };
        self.all_listed
            .then(|| Error::new(Exit::NotFound, NOTHING, cause + but).hint(SKIP))
    }
}
