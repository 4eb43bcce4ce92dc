//! What is to be done with each credential, by what is in the store.

use super::Target;
use super::mark::Mark;
use crate::error::{Error, Exit, Failures, printable};
use crate::xsoar::Stored;

/// What is to be done with a credential.
pub(super) enum Change {
    /// It is not there.
    Create,
    /// It is to take this one's place.
    Update(Box<Stored>),
    /// It is as it should be.
    Nothing,
}

/// What is to be done with each.
pub(super) fn changes(
    targets: &[Target],
    stored: &[Stored],
    adopt: bool,
) -> Result<Vec<Change>, Failures> {
    let mut failures = Vec::new();
    let mut changes = Vec::new();
    for target in targets {
        match plan(target, stored, adopt) {
            Ok(change) => changes.push(change),
            Err(error) => failures.push(error),
        }
    }
    Failures::check(failures)?;
    Ok(changes)
}

/// What is to be done with this one.
pub(super) fn plan(target: &Target, stored: &[Stored], adopt: bool) -> Result<Change, Error> {
    let name = &target.document.name;
    let refused = |cause: String| {
        let operation = format!("cannot write `{name}` to the server");
        Error::new(Exit::Usage, operation, cause)
    };
    let Some(found) = find(target, stored) else {
        return match renamed(target, stored) {
            None => Ok(Change::Create),
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
        Some(mark) if mark.is_as(&target.mark) => Ok(Change::Nothing),
        Some(mark) if mark.is_of_the_same(&target.mark) => {
            Ok(Change::Update(Box::new(found.clone())))
        }
        _ if adopt => Ok(Change::Update(Box::new(found.clone()))),
        _ => Err(refused(
            "a credential of that name is there, and this program did not create it".to_owned(),
        )
        .hint("`--adopt` overwrites it, and keeps it up to date from then on")),
    }
}

/// The mark of a stored credential, where it has one.
pub(super) fn mark(stored: &Stored) -> Option<Mark> {
    Mark::find(stored.comment.as_deref().unwrap_or_default())
}

/// By name: Azure's names have no case. Of several, the one that is ours, or is spelled as it is wanted.
fn find<'a>(target: &Target, stored: &'a [Stored]) -> Option<&'a Stored> {
    let name = &target.document.name;
    let same = stored
        .iter()
        .filter(|stored| stored.name.eq_ignore_ascii_case(name));
    same.min_by_key(|stored| (!is_of_the_same(target, stored), stored.name != *name))
}

/// One of ours that has another name now, or one that had this name when it was created: a server may
/// know it by that for ever.
fn renamed<'a>(target: &Target, stored: &'a [Stored]) -> Option<&'a Stored> {
    let name = &target.document.name;
    stored
        .iter()
        .find(|other| is_of_the_same(target, other) || other.id.eq_ignore_ascii_case(name))
}

fn is_of_the_same(target: &Target, stored: &Stored) -> bool {
    mark(stored).is_some_and(|mark| mark.is_of_the_same(&target.mark))
}
