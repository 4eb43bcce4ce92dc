//! Bringing an XSOAR server's credential store up to date with the vaults.
//!
//! Everything is read before anything is written. The store is listed once; then each credential that is
//! new, or whose secret has another version, is written, by the `mark` in its comment. A write whose effect
//! is unknown is not repeated before the store was listed again: a second run, too, goes on where one ended.

mod mark;

use serde_json::json;

use crate::credentials::Document;
use crate::error::{Error, Exit, Failures};
use crate::fetch::Order;
use crate::read::read;
use crate::session::Session;
use crate::xsoar::{Draft, Effect, Refusal, Server, Stored};
use mark::Mark;

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

/// What is to be done with a credential.
enum Plan {
    Create,
    Update(Box<Stored>),
    Nothing,
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
    let plans = plans(&wanted, &stored, push)?;
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
            (Plan::Create | Plan::Update(_), false) => match write(session, push, wanted, plan) {
                Ok(done) => done,
                Err(refusal) => {
                    is_over = refusal.effect == Effect::Hopeless;
                    report.failures.push(refusal.error);
                    Done::Failed
                }
            },
        };
        report.done.push((name.clone(), done));
    }
    report.failures.extend(untried(session, &left, is_over));
    Ok(report)
}

/// The credentials as they are to be.
fn wanted(session: &Session, order: &Order) -> Result<Vec<Wanted>, Failures> {
    let mut all = Vec::new();
    let approve = |_: &[_]| Ok(());
    read(
        session,
        order.selection,
        order.missing,
        approve,
        |_, wanted, content| {
            let credential = &wanted.credential;
            let version = content.version.clone();
            let document = order.shape.document(credential, content)?;
            let mark = Mark::new(credential, version, &document.user, order.shape.json_value);
            all.push(Wanted { document, mark });
            Ok(())
        },
    )?;
    Ok(all)
}

/// What is to be done with each.
///
/// # Errors
/// Every credential that is not ours to write: then nothing is written at all.
fn plans(wanted: &[Wanted], stored: &[Stored], push: &Push) -> Result<Vec<Plan>, Failures> {
    let mut failures = Vec::new();
    let mut plans = Vec::new();
    for wanted in wanted {
        match plan(wanted, stored, push.adopt) {
            Ok(plan) => plans.push(plan),
            Err(error) => failures.push(error),
        }
    }
    Failures::check(failures)?;
    Ok(plans)
}

fn plan(wanted: &Wanted, stored: &[Stored], adopt: bool) -> Result<Plan, Error> {
    let name = &wanted.document.name;
    let refused = |cause: String| {
        Error::new(
            Exit::Usage,
            format!("cannot write `{name}` to the server"),
            cause,
        )
    };
    let Some(found) = find(name, stored) else {
        // The server knows a credential by the name that it was created with.
        let renamed = stored.iter().find(|other| other.id == *name);
        return match renamed {
            None => Ok(Plan::Create),
            Some(other) => {
                let other = crate::error::printable(&other.name);
                Err(refused(format!(
                    "the credential of that name was renamed there, to `{other}`"
                ))
                .hint("name it as before in XSOAR, or delete it there"))
            }
        };
    };
    let comment = found.comment.as_deref().unwrap_or_default();
    match Mark::find(comment) {
        Some(mark) if mark.is_as(&wanted.mark) => Ok(Plan::Nothing),
        Some(mark) if mark.is_of_the_same(&wanted.mark) => {
            Ok(Plan::Update(Box::new(found.clone())))
        }
        _ if adopt => Ok(Plan::Update(Box::new(found.clone()))),
        _ => Err(refused(
            "a credential of that name is there, and this program did not create it".to_owned(),
        )
        .hint("`--adopt` overwrites it, and keeps it up to date from then on")),
    }
}

/// By name; Azure's names have no case.
fn find<'a>(name: &str, stored: &'a [Stored]) -> Option<&'a Stored> {
    let exact = stored.iter().find(|stored| stored.name == name);
    exact.or_else(|| {
        let mut others = stored.iter();
        others.find(|stored| stored.name.eq_ignore_ascii_case(name))
    })
}

/// No write is repeated more often.
const MOST_TRIES: u32 = 4;

/// Writes one credential, again only where the store shows that it was not written.
fn write(session: &Session, push: &Push, wanted: &Wanted, plan: Plan) -> Result<Done, Refusal> {
    let (mut instead_of, done) = match plan {
        Plan::Update(stored) => (Some(*stored), Done::Updated),
        Plan::Create | Plan::Nothing => (None, Done::Created),
    };
    let client = session.client;
    let mut tries = 0;
    loop {
        tries += 1;
        let stored = instead_of.as_ref();
        let comment = stored.and_then(|stored| stored.comment.as_deref());
        let draft = Draft {
            instead_of: stored,
            name: stored.map_or(&wanted.document.name, |stored| &stored.name),
            user: &wanted.document.user,
            password: &wanted.document.password,
            comment: &wanted.mark.comment(comment.unwrap_or_default()),
        };
        let refusal = match push.server.put(client, &draft) {
            Ok(()) => return Ok(done),
            Err(refusal) => refusal,
        };
        let is_open = matches!(refusal.effect, Effect::Unknown | Effect::Conflict);
        if !is_open || client.out_of_time() || tries >= MOST_TRIES {
            return Err(refusal);
        }
        client
            .reporter()
            .verbose(&format!("{}: the store is listed again", refusal.error));
        let stored = push
            .server
            .list(client)
            .map_err(|refusal| unknown(wanted, refusal))?;
        match plan_again(wanted, &stored, push.adopt)? {
            Plan::Nothing => return Ok(done),
            Plan::Create => instead_of = None,
            Plan::Update(stored) => instead_of = Some(*stored),
        }
        if refusal.effect == Effect::Unknown && !client.pause(tries) {
            return Err(refusal);
        }
    }
}

/// The store does not say what became of a write.
fn unknown(wanted: &Wanted, refusal: Refusal) -> Refusal {
    let name = &wanted.document.name;
    let operation = format!("whether `{name}` was written is not known");
    Refusal {
        error: refusal.error.of(operation),
        ..refusal
    }
}

/// The same with a store that has changed meanwhile.
fn plan_again(wanted: &Wanted, stored: &[Stored], adopt: bool) -> Result<Plan, Refusal> {
    plan(wanted, stored, adopt).map_err(|error| Refusal {
        effect: Effect::None,
        error,
    })
}

/// What was not written because of one that was refused before, or because time was up.
fn untried(session: &Session, left: &[&str], is_over: bool) -> Option<Error> {
    if left.is_empty() {
        return None;
    }
    if !is_over {
        return Some(session.untried(left));
    }
    let names: Vec<_> = left.iter().map(|name| format!("`{name}`")).collect();
    let cause = format!("not tried: {}", names.join(", "));
    Some(Error::new(
        Exit::Service,
        "the server would refuse the others, too",
        cause,
    ))
}

/// Nothing is ever deleted, and nobody should believe that it was.
fn warn_of_others(session: &Session, wanted: &[Wanted], stored: &[Stored]) {
    let is_wanted = |mark: &Mark| wanted.iter().any(|wanted| wanted.mark.is_of_the_same(mark));
    let others: Vec<_> = stored
        .iter()
        .filter(|stored| {
            let mark = Mark::find(stored.comment.as_deref().unwrap_or_default());
            mark.is_some_and(|mark| !is_wanted(&mark))
        })
        .map(|stored| format!("`{}`", crate::error::printable(&stored.name)))
        .collect();
    if !others.is_empty() {
        session.client.reporter().warning(&format!(
            "no longer selected, and still on the server: {}",
            others.join(", ")
        ));
    }
}
