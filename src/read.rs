//! Reading a plan: one secret after another, every failure noted.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Failures};
use crate::gaps::Gaps;
use crate::resolve::Plan;
use crate::selection::Wanted;
use crate::session::Session;
use crate::vault::{Content, Reach, Vault, VaultName};

impl Plan {
    /// Reads all of it, and makes of each secret what `make` says. All or nothing: every failure there was.
    pub(crate) fn read<T>(
        self,
        session: &Session,
        mut make: impl FnMut(&Wanted, Content) -> Result<T, Error>,
    ) -> Result<Vec<T>, Failures> {
        let mut failures = self.failures;
        let mut gaps = Gaps::new(self.missing);
        let mut results = Vec::with_capacity(self.wanted.len());
        for outcome in Reading::new(session, self.wanted.iter().collect(), &mut gaps)? {
            match outcome {
                Outcome::Read(wanted, content) => match make(wanted, content) {
                    Ok(result) => results.push(result),
                    Err(error) => failures.push(error),
                },
                Outcome::Missing => {}
                Outcome::Refused(error) | Outcome::Untried(error) => failures.push(error),
            }
        }
        gaps.close(session.reporter(), &mut failures);
        Failures::check(failures)?;
        Ok(results)
    }

    /// What failed, and this besides.
    pub(crate) fn failed(mut self, error: Error) -> Failures {
        self.failures.push(error);
        Failures::of(self.failures)
    }
}

/// What came of a credential, or of all those that are left.
pub(crate) enum Outcome<'a> {
    Read(&'a Wanted, Content),
    /// It is not there. What that means is known once the gaps are closed.
    Missing,
    Refused(Error),
    /// The deadline passed.
    Untried(Error),
}

/// Reads each credential once, in order. What is in a vault that refuses everything is left out.
pub(crate) struct Reading<'a> {
    session: &'a Session<'a>,
    wanted: Vec<&'a Wanted>,
    next: usize,
    /// The vaults in the order in which they are first asked.
    route: Vec<&'a VaultName>,
    vaults: HashMap<String, Vault<'a>>,
    condemned: HashSet<String>,
    gaps: &'a mut Gaps,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        session: &'a Session<'a>,
        wanted: Vec<&'a Wanted>,
        gaps: &'a mut Gaps,
    ) -> Result<Self, Error> {
        let mut seen = HashSet::new();
        let vaults = wanted.iter().map(|wanted| &wanted.credential.vault);
        let route: Vec<_> = vaults.filter(|vault| seen.insert(vault.key())).collect();
        // The lanes connect by themselves.
        if session.client.is_parallel() {
            session.line_up(wanted.iter().map(|wanted| &wanted.credential));
        } else {
            session.approach(route.iter().copied());
        }
        session.token()?;
        Ok(Self {
            session,
            wanted,
            next: 0,
            route,
            vaults: HashMap::new(),
            condemned: HashSet::new(),
            gaps,
        })
    }

    fn read(&mut self, wanted: &'a Wanted) -> Outcome<'a> {
        let credential = &wanted.credential;
        let key = credential.vault.key();
        let asked = self.vaults.len();
        let vault = match self.vaults.entry(key.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                if !self.session.client.is_parallel() {
                    let next = self.route.get(asked + 1..).unwrap_or_default();
                    self.session.approach(next.iter().copied());
                }
                match self.session.vault(&credential.vault) {
                    Ok(vault) => place.insert(vault),
                    Err(error) => return Outcome::Refused(error),
                }
            }
        };
        match vault.get(&credential.secret, credential.version.as_ref()) {
            Ok(content) => {
                self.gaps.settle(credential);
                warn_of_age(self.session, wanted, &content);
                Outcome::Read(wanted, content)
            }
            Err(refusal) if refusal.reach == Reach::Missing => {
                let failure = self.gaps.missing(wanted, refusal.error);
                failure.map_or(Outcome::Missing, Outcome::Refused)
            }
            Err(refusal) => {
                self.gaps.settle(credential);
                if refusal.reach == Reach::Vault {
                    self.condemned.insert(key);
                    self.session.forget(&credential.vault);
                }
                Outcome::Refused(refusal.error)
            }
        }
    }

    /// All that is left, but for what is in condemned vaults.
    fn give_up(&mut self) -> Outcome<'a> {
        let left = self.wanted.split_off(self.next);
        let left: Vec<_> = left
            .into_iter()
            .map(|wanted| &wanted.credential)
            .filter(|credential| !self.condemned.contains(&credential.vault.key()))
            .collect();
        for credential in &left {
            self.gaps.settle(credential);
        }
        Outcome::Untried(self.session.untried(left))
    }
}

impl<'a> Iterator for Reading<'a> {
    type Item = Outcome<'a>;

    fn next(&mut self) -> Option<Outcome<'a>> {
        loop {
            let wanted = *self.wanted.get(self.next)?;
            let vault = &wanted.credential.vault;
            if self.condemned.contains(&vault.key()) {
                self.gaps.settle(&wanted.credential);
                self.next += 1;
                continue;
            }
            if self.session.client.out_of_time() {
                return Some(self.give_up());
            }
            let reporter = self.session.reporter();
            reporter.progress(vault.as_str(), self.next, self.wanted.len());
            self.next += 1;
            return Some(self.read(wanted));
        }
    }
}

/// The vault gives out what is past its time; whoever uses it should know.
fn warn_of_age(session: &Session, wanted: &Wanted, content: &Content) {
    let expires = content.expires.and_then(|at| u64::try_from(at).ok());
    if let Some(at) = expires {
        session.reporter().expires(&wanted.credential, at);
    }
    let expires = expires.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at)));
    if let Some(at) = expires.filter(|at| *at <= SystemTime::now()) {
        // It is past, so HTTP can write it.
        session.reporter().warning(&format!(
            "`{}` expired on {} and is used anyway",
            wanted.credential,
            httpdate::fmt_http_date(at)
        ));
    }
}
