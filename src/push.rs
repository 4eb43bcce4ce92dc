//! Bringing an XSOAR server's credential store up to date with the vaults.
//!
//! Everything is read before anything is written. The store is listed once; then each credential that is
//! new, or whose secret has another version, is written, by the `mark` in its comment. A write whose effect
//! is unknown is not repeated before the store was listed again: a second run, too, goes on where one ended.

mod mark;
mod plan;
mod write;

use std::fmt;

use serde_json::json;

use crate::credentials::{Document, Shape};
use crate::error::{Error, Exit, Failures};
use crate::report::Reporter;
use crate::resolve::resolve;
use crate::selection::Selection;
use crate::session::{Azure, Session};
use crate::sink::Sink;
use crate::xsoar::{Effect, Server, Stored};
use plan::Change;

pub(crate) use mark::{Mark, is_ours};

/// What is pushed, and how.
pub(crate) struct Push {
    pub(crate) azure: Azure,
    pub(crate) selection: Selection,
    pub(crate) shape: Shape,
    /// Whose store is brought up to date.
    pub(crate) server: Server,
    /// Whether nothing is written there.
    pub(crate) dry_run: bool,
    /// Whether credentials that somebody else made are overwritten.
    pub(crate) adopt: bool,
    pub(crate) jsonl: bool,
    pub(crate) sink: Sink,
}

/// A credential as it is to be, and the mark of the secret that it comes from.
struct Target {
    document: Document,
    mark: Mark,
}

/// What was done with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// It was not there.
    Created,
    /// It was of another version, or somebody else's.
    Updated,
    /// It was as it should be.
    Unchanged,
    /// As these two would be without `--dry-run`.
    WouldBeCreated,
    WouldBeUpdated,
    /// It is not, or nobody knows whether it is, as it should be.
    Failed,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::WouldBeCreated => "would be created",
            Self::WouldBeUpdated => "would be updated",
            Self::Failed => "failed",
        })
    }
}

/// What was done with each credential, and what went wrong meanwhile.
#[derive(Default)]
struct Results {
    done: Vec<(String, Done)>,
    failures: Vec<Error>,
}

impl Results {
    /// How many credentials are as they should be, and whether any was not before.
    fn count(&self) -> (usize, bool) {
        let done = || self.done.iter().map(|(_, done)| done);
        let as_it_should_be = done().filter(|done| **done != Done::Failed).count();
        let changed = done().any(|done| matches!(done, Done::Created | Done::Updated));
        (as_it_should_be, changed)
    }

    /// One credential a line: its name and what was done.
    fn text(&self, jsonl: bool) -> String {
        let line = |(name, done): &(String, Done)| {
            if jsonl {
                format!("{}\n", json!({"name": name, "result": done.to_string()}))
            } else {
                format!("{name}\t{done}\n")
            }
        };
        self.done.iter().map(line).collect()
    }
}

impl Push {
    /// Reads what was selected, and writes what differs. What keeps something from being read keeps everything
    /// from being written.
    pub(crate) fn run(&self, reporter: &dyn Reporter) -> Result<(), Failures> {
        let client = self.azure.client(reporter);
        let session = self.azure.session(&client);
        client.learn(self.server.key().secret());
        let targets = self.targets(&session)?;
        let stored = self.server.list(&client).map_err(|refusal| refusal.error)?;
        let changes = plan::changes(&client, &targets, &stored, self.adopt)?;
        warn_of_others(&session, &targets, &stored);
        let mut results = self.carry_out(&session, &targets, changes);
        reporter.progress_over();
        let (credentials, is_new) = results.count();
        reporter.delivered(credentials, is_new);
        let text = results.text(self.jsonl);
        let written = self.sink.write(text.as_bytes(), client.deadline());
        results.failures.extend(written.err());
        Failures::check(results.failures)
    }

    /// The credentials as they are to be.
    fn targets(&self, session: &Session) -> Result<Vec<Target>, Failures> {
        let plan = resolve(session, &self.selection)?;
        plan.read(session, |wanted, content| {
            let credential = &wanted.credential;
            let version = content.version.clone();
            let document = self.shape.document(credential, content)?;
            // It may be a part of the value only.
            session.client.learn(&document.password);
            let mark = Mark::new(credential, version, &document.user, self.shape.json_value);
            Ok(Target { document, mark })
        })
    }

    fn carry_out(&self, session: &Session, targets: &[Target], changes: Vec<Change>) -> Results {
        let mut results = Results::default();
        // Once one is refused for a reason that holds for all.
        let mut is_over = false;
        let mut left = Vec::new();
        let host = self.server.url().host();
        for (index, (target, change)) in targets.iter().zip(changes).enumerate() {
            let name = &target.document.name;
            session.reporter().progress(host, index, targets.len());
            let done = match (&change, self.dry_run) {
                (Change::Nothing, _) => Done::Unchanged,
                (Change::Create, true) => Done::WouldBeCreated,
                (Change::Update(_), true) => Done::WouldBeUpdated,
                _ if is_over || session.client.out_of_time() => {
                    left.push(name.as_str());
                    Done::Failed
                }
                (Change::Create | Change::Update(_), false) => {
                    match write::write(session.client, self, target, change) {
                        Ok(done) => done,
                        Err(refusal) => {
                            is_over = refusal.reach == Effect::Hopeless;
                            results.failures.push(refusal.error);
                            Done::Failed
                        }
                    }
                }
            };
            results.done.push((name.clone(), done));
        }
        results.failures.extend(untried(session, &left));
        results
    }
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
fn warn_of_others(session: &Session, targets: &[Target], stored: &[Stored]) {
    let is_wanted = |mark: &Mark| {
        targets
            .iter()
            .any(|target| target.mark.is_of_the_same(mark))
    };
    let others: Vec<_> = stored
        .iter()
        .filter(|stored| plan::mark(stored).is_some_and(|mark| !is_wanted(&mark)))
        .map(|stored| format!("`{}`", session.client.quote(&stored.name)))
        .collect();
    if !others.is_empty() {
        session.reporter().warning(&format!(
            "no longer selected, and still on the server: {}",
            others.join(", ")
        ));
    }
}
