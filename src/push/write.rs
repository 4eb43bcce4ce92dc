//! Writing one credential, again only where the store shows that it was not written.

use super::plan::{Plan, plan};
use super::{Done, Push, Wanted};
use crate::error::Exit;
use crate::http::{Client, Doubt, Tries};
use crate::xsoar::{Draft, Effect, Refusal, Stored};

/// Does what was planned.
///
/// # Errors
/// It is not as it should be, or nobody knows whether it is: the message says which.
pub fn write(
    client: &Client,
    push: &Push,
    wanted: &Wanted,
    planned: Plan,
) -> Result<Done, Refusal> {
    let mut instead_of = match planned {
        Plan::Update(stored) => Some(stored),
        Plan::Create | Plan::Nothing => None,
    };
    let mut tries = Tries::default();
    loop {
        let done = match instead_of {
            Some(_) => Done::Updated,
            None => Done::Created,
        };
        let refusal = match put(client, push, wanted, instead_of.as_deref()) {
            Ok(()) => return Ok(done),
            Err(refusal) => refusal,
        };
        let Effect::Open(doubt) = refusal.reach else {
            return Err(refusal);
        };
        if client.out_of_time() {
            return Err(stuck(wanted, doubt, refusal));
        }
        let wait = tries.after_doubt(doubt);
        if let Some(Err(no_time)) = wait.map(|wait| client.pause(wait)) {
            let refusal = refusal.map(|error| {
                let error = error.and(&no_time, Exit::Deadline);
                error.hint("give it more time with `--timeout SECONDS`, or try later")
            });
            return Err(stuck(wanted, doubt, refusal));
        }
        client
            .reporter()
            .verbose(&format!("{}: the store is listed again", refusal.error));
        let listed = push.server.list(client);
        let stored = listed.map_err(|refusal| stuck(wanted, doubt, refusal))?;
        // Somebody may have taken the name meanwhile.
        match plan(wanted, &stored, push.adopt).map_err(Refusal::new)? {
            Plan::Nothing => return Ok(done),
            _ if wait.is_none() => return Err(often(refusal, &tries)),
            Plan::Create => instead_of = None,
            Plan::Update(stored) => instead_of = Some(stored),
        }
    }
}

fn put(
    client: &Client,
    push: &Push,
    wanted: &Wanted,
    instead_of: Option<&Stored>,
) -> Result<(), Refusal> {
    let comment = instead_of.and_then(|stored| stored.comment.as_deref());
    let draft = Draft {
        instead_of,
        name: instead_of.map_or(&wanted.document.name, |stored| &stored.name),
        user: &wanted.document.user,
        password: &wanted.document.password,
        comment: &wanted.mark.comment(comment.unwrap_or_default()),
    };
    push.server.put(client, &draft)
}

/// The store does not say what became of a write; there is no sense in others.
fn stuck(wanted: &Wanted, doubt: Doubt, refusal: Refusal) -> Refusal {
    let name = &wanted.document.name;
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
