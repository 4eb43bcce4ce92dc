//! Reading what was selected: one secret after another, every failure noted.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Failures};
use crate::gaps::Gaps;
use crate::missing::Missing;
use crate::select::{self, Wanted};
use crate::selection::Selection;
use crate::session::Session;
use crate::token::AccessToken;
use crate::vault::{Content, Reach, Vault};

/// Finds what was selected, hands all of it to `approve` before anything is read, and each secret that
/// was read to `keep`, with its place among all; `keep` may find that it is not what was wanted.
///
/// # Errors
/// Every failure there was; then what was kept is not all.
pub fn read(
    session: &Session,
    selection: &Selection,
    missing: Missing,
    approve: impl FnOnce(&[Wanted]) -> Result<(), Error>,
    keep: impl FnMut(usize, &Wanted, Content) -> Result<(), Error>,
) -> Result<(), Failures> {
    let selection = select::locate(session, selection, missing)?;
    if selection.from_vaults.is_none() && selection.named.is_empty() {
        return Ok(());
    }
    if selection.is_open() {
        let token = session.token()?;
        let (wanted, mut failures) = select::listed(session, &selection, missing, &token);
        if let Err(error) = approve(&wanted) {
            failures.push(error);
            return Failures::check(failures);
        }
        return read_all(session, &wanted, missing, &token, failures, keep);
    }
    // What can be judged without asking is judged before anybody is asked.
    let wanted = select::known(&selection);
    approve(&wanted)?;
    let token = session.token()?;
    read_all(session, &wanted, missing, &token, Vec::new(), keep)
}

/// Reads each credential once.
fn read_all(
    session: &Session,
    wanted: &[Wanted],
    missing: Missing,
    token: &AccessToken,
    mut failures: Vec<Error>,
    mut keep: impl FnMut(usize, &Wanted, Content) -> Result<(), Error>,
) -> Result<(), Failures> {
    let mut vaults: HashMap<String, Vault> = HashMap::new();
    let mut condemned = HashSet::new();
    let mut gaps = Gaps::new(missing);
    for (index, one) in wanted.iter().enumerate() {
        let credential = &one.credential;
        let key = credential.vault.key();
        if condemned.contains(&key) {
            gaps.settle(credential);
            continue;
        }
        if session.client.out_of_time() {
            let left: Vec<_> = wanted[index..]
                .iter()
                .map(|wanted| &wanted.credential)
                .filter(|credential| !condemned.contains(&credential.vault.key()))
                .collect();
            for credential in &left {
                gaps.settle(credential);
            }
            failures.push(session.untried(&left));
            break;
        }
        session
            .client
            .reporter()
            .progress(credential.vault.as_str(), index, wanted.len());
        let vault = vaults
            .entry(key.clone())
            .or_insert_with(|| session.vault(&credential.vault, token));
        match vault.get(&credential.secret, credential.version.as_ref()) {
            Ok(content) => {
                gaps.settle(credential);
                warn_of_age(session, one, &content);
                failures.extend(keep(index, one, content).err());
            }
            Err(refusal) => match refusal.reach {
                Reach::Missing => gaps.missing(one, refusal.error, &mut failures),
                Reach::Request => {
                    gaps.settle(credential);
                    failures.push(refusal.error);
                }
                Reach::Vault => {
                    gaps.settle(credential);
                    condemned.insert(key);
                    failures.push(refusal.error);
                }
            },
        }
    }
    gaps.close(session.client.reporter(), &mut failures);
    Failures::check(failures)
}

/// The vault gives out what is past its time; whoever uses it should know.
pub fn warn_of_age(session: &Session, wanted: &Wanted, content: &Content) {
    let expires = content.expires.and_then(|at| u64::try_from(at).ok());
    let expires = expires.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at)));
    if let Some(at) = expires.filter(|at| *at <= SystemTime::now()) {
        // It is past, so HTTP can write it.
        let text = format!(
            "`{}` expired on {} and is used all the same",
            wanted.credential,
            httpdate::fmt_http_date(at)
        );
        session.client.reporter().warning(&text);
    }
}
