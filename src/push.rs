//! Bringing an XSOAR server's credential store up to date with the vaults.
//!
//! Everything is read before anything is written. The store is listed once; then each credential that is
//! new, or whose secret has another version, is written, by the `mark` in its comment. A write whose effect
//! is unknown is not repeated before the store was listed again: a second run, too, goes on where one ended.

mod mark;
mod plan;
mod write;

use serde_json::json;

use crate::credentials::Document;
use crate::error::{Error, Exit, Failures};
use crate::fetch::{self, Order};
use crate::session::Session;
use crate::xsoar::{Effect, Server, Stored};
use mark::Mark;
use plan::Plan;

pub use mark::is_ours;

/// How a store is brought up to date.
pub struct Push<'a> {
    /// Whose store.
    pub server: &'a Server,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// Whether credentials that somebody else made are overwritten.
    pub adopt: bool,
}

/// A credential as it is to be, and the mark of the secret that it comes from.
struct Wanted {
    document: Document,
    mark: Mark,
}

/// What was done with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not there.
    Created,
    /// It was of another version, or somebody else's.
    Updated,
    /// It was as it should be.
    Unchanged,
    /// As it would be without `--dry-run`.
    WouldBeCreated,
    /// The same.
    WouldBeUpdated,
    /// It is not, or nobody knows whether it is, as it should be.
    Failed,
}

impl Done {
    fn words(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::WouldBeCreated => "would be created",
            Self::WouldBeUpdated => "would be updated",
            Self::Failed => "failed",
        }
    }
}

/// What was done, and what went wrong meanwhile.
pub struct Report {
    done: Vec<(String, Done)>,
    /// In order; the first one gives the exit code.
    pub failures: Vec<Error>,
}

impl Report {
    /// One credential a line: its name and what was done.
    #[must_use]
    pub fn text(&self, jsonl: bool) -> String {
        let line = |(name, done): &(String, Done)| {
            let words = done.words();
            if jsonl {
                format!("{}\n", json!({"name": name, "result": words}))
            } else {
                format!("{name}\t{words}\n")
            }
        };
        self.done.iter().map(line).collect()
    }
}

/// Reads what was selected, and writes what differs.
///
/// # Errors
/// What kept everything from being written: then nothing was.
pub fn push(session: &Session, order: &Order, push: &Push) -> Result<Report, Failures> {
    let client = session.client;
    client.learn(push.server.key().secret());
    let wanted = wanted(session, order)?;
    let stored = push.server.list(client).map_err(|refusal| refusal.error)?;
    let plans = plan::plans(&wanted, &stored, push.adopt)?;
    warn_of_others(session, &wanted, &stored);
    let mut report = Report {
        done: Vec::new(),
        failures: Vec::new(),
    };
    // Once one is refused for a reason that holds for all.
    let mut is_over = false;
    let mut left = Vec::new();
    let total = wanted.len();
    for (index, (wanted, plan)) in wanted.iter().zip(plans).enumerate() {
        let name = &wanted.document.name;
        client
            .reporter()
            .progress(&push.server.host(), index, total);
        let done = match (&plan, push.dry_run) {
            (Plan::Nothing, _) => Done::Unchanged,
            (Plan::Create, true) => Done::WouldBeCreated,
            (Plan::Update(_), true) => Done::WouldBeUpdated,
            _ if is_over || client.out_of_time() => {
                left.push(name.as_str());
                Done::Failed
            }
            (Plan::Create | Plan::Update(_), false) => {
                match write::write(client, push, wanted, plan) {
                    Ok(done) => done,
                    Err(refusal) => {
                        is_over = refusal.reach == Effect::Hopeless;
                        report.failures.push(refusal.error);
                        Done::Failed
                    }
                }
            }
        };
        report.done.push((name.clone(), done));
    }
    report.failures.extend(untried(session, &left));
    Ok(report)
}

/// The credentials as they are to be.
fn wanted(session: &Session, order: &Order) -> Result<Vec<Wanted>, Failures> {
    let mut all = Vec::new();
    fetch::each(session, order, |credential, content| {
        let version = content.version.clone();
        let document = order.shape.document(credential, content)?;
        // It may be a part of the value only.
        session.client.learn(&document.password);
        let mark = Mark::new(credential, version, &document.user, order.shape.json_value);
        all.push(Wanted { document, mark });
        Ok(())
    })?;
    Ok(all)
}

/// What was not written because of one that was refused before, or because time was up.
fn untried(session: &Session, left: &[&str]) -> Option<Error> {
    if left.is_empty() {
        return None;
    }
    if session.client.out_of_time() {
        return Some(session.untried(left));
    }
    let names: Vec<_> = left.iter().map(|name| format!("`{name}`")).collect();
    let cause = format!("not tried: {}", names.join(", "));
    Some(Error::new(Exit::Service, "nothing else was written", cause))
}

/// Nothing is ever deleted, and nobody should believe that it was.
fn warn_of_others(session: &Session, wanted: &[Wanted], stored: &[Stored]) {
    let is_wanted = |mark: &Mark| wanted.iter().any(|wanted| wanted.mark.is_of_the_same(mark));
    let others: Vec<_> = stored
        .iter()
        .filter(|stored| plan::mark(stored).is_some_and(|mark| !is_wanted(&mark)))
        .map(|stored| format!("`{}`", crate::error::printable(&stored.name)))
        .collect();
    if !others.is_empty() {
        session.client.reporter().warning(&format!(
            "no longer selected, and still on the server: {}",
            others.join(", ")
        ));
    }
}
