//! Writing one credential, again only where the store shows that it was not written.

use super::plan::{Change, plan};
use super::{Done, Push, Target};
use crate::error::Exit;
use crate::http::{Client, Doubt, Tries};
use crate::xsoar::{Draft, Effect, Refusal, Stored};

/// Does what was planned.
pub(super) fn write(
    client: &Client,
    push: &Push,
    target: &Target,
    planned: Change,
) -> Result<Done, Refusal> {
    let mut instead_of = match planned {
        Change::Update(stored) => Some(stored),
        Change::Create | Change::Nothing => None,
    };
    let mut tries = Tries::default();
    loop {
        let done = match instead_of {
            Some(_) => Done::Updated,
            None => Done::Created,
        };
        let refusal = match put(client, push, target, instead_of.as_deref()) {
            Ok(()) => return Ok(done),
            Err(refusal) => refusal,
        };
        let Effect::Open(doubt) = refusal.reach else {
            return Err(refusal);
        };
        if client.out_of_time() {
            return Err(stuck(target, doubt, refusal));
        }
        let wait = tries.after_doubt(doubt);
        if let Some(Err(no_time)) = wait.map(|wait| client.pause(wait)) {
            let refusal = refusal.map(|error| {
                let error = error.and(&no_time, Exit::Deadline);
                error.hint("give it more time with `--timeout SECONDS`, or try later")
            });
            return Err(stuck(target, doubt, refusal));
        }
        client
            .reporter()
            .verbose(&format!("{}: the store is listed again", refusal.error));
        let listed = push.server.list(client);
        let stored = listed.map_err(|refusal| stuck(target, doubt, refusal))?;
        // Somebody may have taken the name meanwhile.
        match plan(target, &stored, push.adopt).map_err(Refusal::new)? {
            Change::Nothing => return Ok(done),
            _ if wait.is_none() => return Err(often(refusal, &tries)),
            Change::Create => instead_of = None,
            Change::Update(stored) => instead_of = Some(stored),
        }
    }
}

fn put(
    client: &Client,
    push: &Push,
    target: &Target,
    instead_of: Option<&Stored>,
) -> Result<(), Refusal> {
    let comment = instead_of.and_then(|stored| stored.comment.as_deref());
    let draft = Draft {
        instead_of,
        name: instead_of.map_or(&target.document.name, |stored| &stored.name),
        user: &target.document.user,
        password: &target.document.password,
        comment: &target.mark.comment(comment.unwrap_or_default()),
    };
    push.server.put(client, &draft)
}

/// The store does not say what became of a write; there is no sense in others.
fn stuck(target: &Target, doubt: Doubt, refusal: Refusal) -> Refusal {
    let name = &target.document.name;
    let operation = match doubt {
        Doubt::Conflict => format!("cannot write `{name}` to the server"),
        Doubt::NoAnswer | Doubt::Answer(_) => format!("whether `{name}` was written is not known"),
    };
    let refusal = refusal.map(|error| error.of(operation));
    refusal.reaching(Effect::Hopeless)
}

fn often(refusal: Refusal, tries: &Tries) -> Refusal {
    let words = format!(", {} times", tries.count() + 1);
    let refusal = refusal.map(|error| {
        let exit = error.exit();
        error.and(&words, exit)
    });
    refusal.reaching(Effect::None)
}
