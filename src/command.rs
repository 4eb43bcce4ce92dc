//! A verb that is ready to run.

use crate::check::Check;
use crate::error::{Error, Exit, Failures};
use crate::exec::Exec;
use crate::fetch::Fetch;
use crate::get::Get;
use crate::list::List;
use crate::messages::Messages;
use crate::options::Configured;
use crate::options::table::Verb;
use crate::process::Caller;
use crate::push::Push;
use crate::vaults::Vaults;

/// Each verb with exactly what it needs.
pub(crate) enum Command<'a> {
    Fetch(Fetch),
    Get(Get),
    List(List),
    Vaults(Vaults),
    Exec(Exec),
    Push(Push),
    Check(Check<'a>),
}

impl<'a> Command<'a> {
    /// The verb of what was configured. `check` alone goes on where that is wrong.
    pub(crate) fn new(mut configured: Configured<'a>) -> Result<Self, Error> {
        let verb = configured.words.row.verb;
        if verb != Verb::Check {
            if let Some(problem) = configured.problem.take() {
                return Err(problem);
            }
        }
        Ok(match verb {
            Verb::Fetch => Self::Fetch(configured.fetch()?),
            Verb::Get => Self::Get(configured.get()?),
            Verb::List => Self::List(configured.list()?),
            Verb::Vaults => Self::Vaults(configured.vaults()?),
            Verb::Exec => Self::Exec(configured.exec()?),
            Verb::Push => Self::Push(configured.push()?),
            Verb::Check => Self::Check(Check::new(configured)),
        })
    }

    /// Does it; every failure there was, in order.
    pub(crate) fn run(self, caller: &Caller, messages: &Messages) -> Result<Exit, Failures> {
        match self {
            Self::Fetch(fetch) => fetch.run(messages)?,
            Self::Get(get) => get.run(messages)?,
            Self::List(list) => list.run(messages)?,
            Self::Vaults(vaults) => vaults.run(messages)?,
            Self::Exec(exec) => return Err(exec.run(caller, messages)),
            Self::Push(push) => push.run(messages)?,
            Self::Check(check) => return check.run(messages),
        }
        Ok(Exit::Done)
    }
}
