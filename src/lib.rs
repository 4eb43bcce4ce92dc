//! `akv-xsoar`: Azure Key Vault secrets become Cortex XSOAR credentials.
//!
//! The way of every run, which is also the order to read the files in:
//!
//! ```text
//! words → Configured → a verb's type → session → resolve → name → read → write
//! ```
//!
//! * `options` takes the words (command line, environment, configuration file) for a `Configured`, and makes
//!   each verb's type of it: [`fetch`], [`get`], [`list`], [`vaults`], [`exec`] and [`push`] are a file each, which
//!   is read from top to bottom; so is [`check`], which takes `Configured` as it is. [`command`] knows all seven.
//! * [`session`] is one run's way to Azure: the `identity` that asks, its [`token`], the [`cloud`], the network
//!   (`http`). The services behind it are `vault`, `arm` (a subscription's vaults) and `xsoar`.
//! * [`resolve`] finds out what a [`selection`] means, which may ask for vaults and listings: the plan.
//! * [`named`] gives variables their names, by the rules of [`variables`], before anything is read.
//! * [`read`](mod@read) goes through the plan and notes every failure, and every gap ([`gaps`]).
//! * [`credentials`] makes documents, variables and bytes of secrets; [`sink`] writes them, whole or not at all.
//!
//! Below stand [`file`](mod@file) (files that people name), [`buffer`] and [`secret`] (what is wiped and never
//! shows itself), [`redact`] (which strikes secrets out of what services say), [`deadline`], [`lenient`] (fields of
//! answers that nobody depends on), [`report`] (what a run says while it goes; [`messages`] prints it, and [`status`]
//! keeps it for whoever watches), [`process`] (what the process is to others), [`words`] and [`error`] (what failed, why, what to do; the exit codes).

// Not for the tests, each of which is a crate of its own.
#![warn(unreachable_pub)]

mod arm;
mod buffer;
mod check;
mod cloud;
mod command;
mod credentials;
mod deadline;
pub mod error;
mod exec;
mod fetch;
mod file;
mod gaps;
mod get;
mod http;
mod identity;
mod lenient;
mod list;
mod messages;
mod named;
pub mod options;
mod process;
mod push;
mod read;
mod redact;
mod report;
mod resolve;
mod secret;
mod selection;
mod session;
mod sink;
mod status;
mod system;
mod text;
mod token;
mod variables;
mod vault;
mod vaults;
mod words;
mod xsoar;

use std::ffi::OsString;
use std::time::Instant;

use command::Command;
use error::{Exit, Failures};
use messages::Messages;
use options::{Arguments, Configured};
use process::Caller;
use sink::Sink;
use status::{Asked, Status};

/// The whole program: what was typed in; result, messages and exit code out.
pub fn run(arguments: &[OsString]) -> Exit {
    let core_limit = process::harden();
    let ending = process::end_on_signals();
    let start = Instant::now();
    let status = Status::new();
    let messages = Messages::new(options::verbosity(arguments), start, status.clone());
    let caller = Caller {
        variable: &|name| std::env::var_os(name),
        core_limit,
    };
    let ask = |asked| status.ask(asked, &ending);
    let result = obey(arguments, start, &caller, &messages, &ask);
    messages.over();
    let exit = result.unwrap_or_else(|failures| {
        messages.failures(&failures);
        failures.exit()
    });
    if let Err(error) = status.write(exit) {
        messages.beside(&error);
    }
    exit
}

fn obey(
    arguments: &[OsString],
    start: Instant,
    caller: &Caller,
    messages: &Messages,
    ask: &dyn Fn(Asked),
) -> Result<Exit, Failures> {
    let read = options::read(arguments);
    if let (Err(_), Some(asked)) = (&read, options::status_of(arguments)) {
        ask(asked);
    }
    let (words, settings) = match read? {
        Arguments::Text(text) => {
            Sink::Stdout.write(text.as_bytes(), &messages.deadline())?;
            return Ok(Exit::Done);
        }
        Arguments::Verb(words, settings) => (words, settings),
    };
    let configured = Configured::new(words, settings, caller.variable, start, messages);
    if configured.problem.is_none() {
        messages.set_verbosity(configured.verbosity);
    }
    messages.set_deadline(configured.deadline);
    let status = configured.status().map(|asked| asked.map(ask));
    let command = Command::new(configured)?;
    status?;
    command.run(caller, messages)
}

/// What the fuzzers call; cargo-fuzz sets this.
#[cfg(fuzzing)]
#[path = "../tests/fuzz/entry.rs"]
pub mod fuzzing;

/// What the scenarios look for secrets with.
#[cfg(test)]
#[path = "../tests/it/canary.rs"]
mod canary;
