//! From a selection to the credentials to read: vaults are looked for, and listed, where names are not given.

use std::collections::{HashMap, HashSet};

use crate::credentials::Credential;
use crate::error::{Error, Exit, printable};
use crate::missing::Missing;
use crate::selection::{Filter, FromVaults, LeftOut, Selection, Vaults, What};
use crate::session::Session;
use crate::token::AccessToken;
use crate::vault::{Listed, VaultName};

/// A credential to read, and why.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which.
    pub credential: Credential,
    /// Who says that it exists.
    pub source: Source,
}

/// Who says that a credential exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The user named it.
    Named,
    /// It is one of vaults × secrets.
    Product,
    /// A listing had it.
    Listed,
}

/// Finds the vaults of a subscription, where those are meant.
///
/// # Errors
/// As [`Session::vaults`], and [`Exit::NotFound`] where there are none and something must exist.
pub fn locate(
    session: &Session,
    selection: &Selection,
    missing: Missing,
) -> Result<Selection, Error> {
    let Some(scope) = selection.scope() else {
        return Ok(selection.clone());
    };
    let found = session.vaults(scope)?;
    if found.is_empty() {
        let cause = format!("there is no vault in {scope}");
        if selection.needs_something() && missing != Missing::Skip {
            return Err(Error::new(Exit::NotFound, NOTHING, cause).hint(UNSEEN));
        }
        session.client.reporter().warning(&cause);
    }
    let names = found.into_iter().map(|found| found.name).collect();
    Ok(selection.clone().with_vaults(names))
}

/// Every credential of a selection whose vaults are known, in its order, each once, what the vaults list
/// included; and what went wrong with some of the vaults, so that the others can be read all the same.
#[must_use]
pub fn listed(
    session: &Session,
    selection: &Selection,
    missing: Missing,
    token: &AccessToken,
) -> (Vec<Wanted>, Vec<Error>) {
    let mut failures = Vec::new();
    let wanted = match &selection.from_vaults {
        Some(
            from @ FromVaults {
                what: What::Listed(filter),
                ..
            },
        ) => {
            let listings = list(session, vaults_of(from), token, &mut failures);
            let chosen = choose(session, filter, missing, &listings, &mut failures);
            together(selection, &chosen)
        }
        _ => known(selection),
    };
    (wanted, failures)
}

/// What was chosen of the vaults' listings, and what is known without.
#[must_use]
pub fn together(selection: &Selection, chosen: &[(&VaultName, &Listed)]) -> Vec<Wanted> {
    let listed = chosen.iter().map(|(vault, listed)| Wanted {
        credential: Credential {
            vault: (*vault).clone(),
            secret: listed.name.clone(),
            version: None,
        },
        source: Source::Listed,
    });
    unique(listed.chain(known(selection)).collect())
}

/// The credentials whose names are known without asking.
#[must_use]
pub fn known(selection: &Selection) -> Vec<Wanted> {
    let mut all = selection
        .from_vaults
        .as_ref()
        .map(product)
        .unwrap_or_default();
    all.extend(selection.named.iter().map(|credential| Wanted {
        credential: credential.clone(),
        source: Source::Named,
    }));
    unique(all)
}

/// One that is named, too, stands where it was first, and must exist as one that is named.
fn unique(all: Vec<Wanted>) -> Vec<Wanted> {
    let mut places = HashMap::new();
    let mut unique: Vec<Wanted> = Vec::with_capacity(all.len());
    for wanted in all {
        match places.get(&wanted.credential.key()) {
            None => {
                places.insert(wanted.credential.key(), unique.len());
                unique.push(wanted);
            }
            Some(&place) if wanted.source == Source::Named => unique[place] = wanted,
            Some(_) => {}
        }
    }
    unique
}

fn vaults_of(from: &FromVaults) -> &[VaultName] {
    match &from.vaults {
        Vaults::Named(vaults) => vaults,
        Vaults::Found(_) => &[],
    }
}

fn product(from: &FromVaults) -> Vec<Wanted> {
    let What::Secrets(secrets) = &from.what else {
        return Vec::new();
    };
    let of = |vault: &VaultName| {
        let vault = vault.clone();
        let wanted = move |secret| Wanted {
            credential: Credential {
                vault: vault.clone(),
                secret,
                version: None,
            },
            source: Source::Product,
        };
        secrets.iter().cloned().map(wanted)
    };
    vaults_of(from).iter().flat_map(of).collect()
}

/// What each vault lists, in the order of the vaults, without those that could not be listed.
pub fn list(
    session: &Session,
    vaults: &[VaultName],
    token: &AccessToken,
    failures: &mut Vec<Error>,
) -> Vec<(VaultName, Vec<Listed>)> {
    let mut listings = Vec::new();
    for (index, name) in vaults.iter().enumerate() {
        if session.client.out_of_time() {
            failures.push(session.untried(&vaults[index..]));
            break;
        }
        session
            .client
            .reporter()
            .progress(name.as_str(), index, vaults.len());
        match session.vault(name, token).list() {
            Ok(listed) => listings.push((name.clone(), listed)),
            Err(refusal) => failures.push(refusal.error),
        }
    }
    listings
}

/// What the filter lets through of each vault, by name. What matches nothing is a warning where it does
/// elsewhere, and an error where it does nowhere.
pub fn choose<'a>(
    session: &Session,
    filter: &Filter,
    missing: Missing,
    listings: &'a [(VaultName, Vec<Listed>)],
    failures: &mut Vec<Error>,
) -> Vec<(&'a VaultName, &'a Listed)> {
    let mut chosen = Vec::new();
    for (vault, listed) in listings {
        let mut of_vault: Vec<&Listed> = Vec::new();
        let (mut disabled, mut certificates, mut others) = (0, 0, 0);
        for secret in listed {
            match filter.leaves_out(secret) {
                _ if !filter.fits(secret) => others += 1,
                Some(LeftOut::Disabled) => disabled += 1,
                Some(LeftOut::Certificate) => certificates += 1,
                None => of_vault.push(secret),
            }
        }
        of_vault.sort_by_cached_key(|secret| secret.name.key());
        of_vault.dedup_by(|a, b| a.name == b.name);
        session.client.reporter().verbose(&format!(
            "vault `{vault}`: {} selected; left out: {disabled} disabled, {certificates} behind certificates, {others} not matching",
            of_vault.len()
        ));
        chosen.extend(of_vault.into_iter().map(|secret| (vault, secret)));
    }
    if missing != Missing::Skip {
        let all_listed = failures.is_empty();
        for criterion in criteria(filter) {
            judge(session, &criterion, &chosen, listings, all_listed, failures);
        }
    }
    chosen
}

const NOTHING: &str = "nothing to read";
const UNSEEN: &str = "`akv-xsoar vaults` shows those that the identity may see: it needs the role `Reader` on them, their resource group or the subscription";
const SKIP: &str = "`akv-xsoar list --vault NAME` shows what there is; with `--missing skip` nothing is as good as something";

/// A `--match` or `--tag`, and which secrets are as it says.
type Criterion<'a> = (String, Box<dyn Fn(&Listed) -> bool + 'a>);

fn criteria(filter: &Filter) -> Vec<Criterion<'_>> {
    let patterns = filter.patterns.iter().map(|pattern| {
        let words = format!("`--match {}`", pattern.as_str());
        let fits: Box<dyn Fn(&Listed) -> bool> = Box::new(|listed| pattern.fits(listed));
        (words, fits)
    });
    let tags = filter.tags.iter().map(|tag| {
        let words = format!("`--tag {}`", printable(&tag.words()));
        let fits: Box<dyn Fn(&Listed) -> bool> = Box::new(|listed| tag.fits(listed));
        (words, fits)
    });
    patterns.chain(tags).collect()
}

fn judge(
    session: &Session,
    (words, fits): &Criterion,
    chosen: &[(&VaultName, &Listed)],
    listings: &[(VaultName, Vec<Listed>)],
    all_listed: bool,
    failures: &mut Vec<Error>,
) {
    let has: HashSet<String> = chosen
        .iter()
        .filter(|(_, listed)| fits(listed))
        .map(|(vault, _)| vault.key())
        .collect();
    let lacking: Vec<_> = listings
        .iter()
        .filter(|(vault, _)| !has.contains(&vault.key()))
        .map(|(vault, _)| format!("`{vault}`"))
        .collect();
    if lacking.is_empty() {
        return;
    }
    let vaults = lacking.join(", ");
    if !has.is_empty() {
        let text = format!("{words} matches nothing in {vaults}");
        session.client.reporter().warning(&text);
    } else if all_listed {
        let out = listings
            .iter()
            .flat_map(|(_, listed)| listed)
            .filter(|listed| fits(listed))
            .count();
        let (that, are) = match out {
            1 => ("one", "is"),
            _ => ("some", "are"),
        };
        let but = match out {
            0 => String::new(),
            _ => format!(
                ": {that} that it matches {are} left out, being disabled, behind a certificate, or not as other options say"
            ),
        };
        let cause = format!("{words} matches nothing in {vaults}{but}");
        failures.push(Error::new(Exit::NotFound, NOTHING, cause).hint(SKIP));
    }
}
