//! What is to be done with each credential, by what is in the store.

use super::Wanted;
use super::mark::Mark;
use crate::error::{Error, Exit, Failures, printable};
use crate::xsoar::Stored;

/// What is to be done with a credential.
pub enum Plan {
    /// It is not there.
    Create,
    /// It is to take this one's place.
    Update(Box<Stored>),
    /// It is as it should be.
    Nothing,
}

/// What is to be done with each.
///
/// # Errors
/// Every credential that is not ours to write: then nothing is written at all.
pub fn plans(wanted: &[Wanted], stored: &[Stored], adopt: bool) -> Result<Vec<Plan>, Failures> {
    let mut failures = Vec::new();
    let mut plans = Vec::new();
    for wanted in wanted {
        match plan(wanted, stored, adopt) {
            Ok(plan) => plans.push(plan),
            Err(error) => failures.push(error),
        }
    }
    Failures::check(failures)?;
    Ok(plans)
}

/// What is to be done with this one.
///
/// # Errors
/// It is not ours to write.
pub fn plan(wanted: &Wanted, stored: &[Stored], adopt: bool) -> Result<Plan, Error> {
    let name = &wanted.document.name;
    let refused = |cause: String| {
        let operation = format!("cannot write `{name}` to the server");
        Error::new(Exit::Usage, operation, cause)
    };
    let Some(found) = find(wanted, stored) else {
        return match renamed(wanted, stored) {
            None => Ok(Plan::Create),
            Some(other) => {
                let other = printable(&other.name);
                Err(
                    refused(format!("it was renamed there, to `{other}`")).hint(format!(
                        "name it `{name}` again in XSOAR, or delete it there"
                    )),
                )
            }
        };
    };
    if let Some(instance) = found.instance.as_deref().filter(|id| !id.is_empty()) {
        let instance = printable(instance);
        return Err(refused(format!(
            "the integration instance `{instance}` fetches a credential of that name there"
        ))
        .hint("switch *Fetches credentials* off in that instance, or select other secrets"));
    }
    match mark(found) {
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

/// The mark of a stored credential, where it has one.
pub fn mark(stored: &Stored) -> Option<Mark> {
    Mark::find(stored.comment.as_deref().unwrap_or_default())
}

/// By name: Azure's names have no case. Of several, the one that is ours, or is spelled as it is wanted.
fn find<'a>(wanted: &Wanted, stored: &'a [Stored]) -> Option<&'a Stored> {
    let name = &wanted.document.name;
    let same = stored
        .iter()
        .filter(|stored| stored.name.eq_ignore_ascii_case(name));
    same.min_by_key(|stored| (!is_of_the_same(wanted, stored), stored.name != *name))
}

/// One of ours that has another name now, or one that had this name when it was created: a server may
/// know it by that for ever.
fn renamed<'a>(wanted: &Wanted, stored: &'a [Stored]) -> Option<&'a Stored> {
    let name = &wanted.document.name;
    stored
        .iter()
        .find(|other| is_of_the_same(wanted, other) || other.id.eq_ignore_ascii_case(name))
}

fn is_of_the_same(wanted: &Wanted, stored: &Stored) -> bool {
    mark(stored).is_some_and(|mark| mark.is_of_the_same(&wanted.mark))
}
