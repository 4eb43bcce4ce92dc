//! `akv-xsoar`: Azure Key Vault secrets become Cortex XSOAR credentials.
//!
//! The data's way, which is also the order to read the files in:
//!
//! ```text
//! options → identity → token → vault → credentials → sink
//! ```
//!
//! * [`options`] turns words (command line, environment, configuration file) into domain values, of
//!   which the [`selection`] says what is wanted.
//! * [`identity`] says who asks, and gets the [`token`] for the [`cloud`]'s vaults: one request.
//! * [`select`] finds and lists vaults where names are not given ([`arm`] knows a subscription's vaults);
//!   [`vault`] reads a secret or lists the secrets; [`mod@read`] does that for all that was selected and
//!   notes every failure, and every gap ([`gaps`], by the rules of [`missing`]).
//! * [`credentials`] makes XSOAR's documents and other formats of them, with the names of [`variables`]
//!   where those are variables, and [`sink`] writes them, whole or not at all.
//!
//! The verbs are files of their own: [`fetch`] (and `get`), [`list`], [`vaults`], [`exec`], [`check`], and
//! [`push`], to the server that [`xsoar`] knows.
//!
//! Below stand [`http`] (the one way to the network: retries, trust, proxies), [`file`](mod@file)
//! (files that people name), [`deadline`], [`report`] (what a run says while it goes), [`process`]
//! (what the process is to others), [`secret`] (values that never show themselves), `redact` (which strikes them
//! out of what services say) and [`error`] (what
//! failed, why, what to do; the exit codes). `main.rs` only prints.

pub mod arm;
mod buffer;
pub mod check;
pub mod cloud;
pub mod credentials;
pub mod deadline;
pub mod error;
pub mod exec;
pub mod fetch;
pub mod file;
pub mod gaps;
pub mod http;
pub mod identity;
pub mod list;
pub mod missing;
pub mod options;
pub mod process;
pub mod push;
pub mod read;
mod redact;
pub mod report;
pub mod secret;
pub mod select;
pub mod selection;
pub mod session;
pub mod sink;
pub mod token;
pub mod variables;
pub mod vault;
pub mod vaults;
pub mod xsoar;

use zeroize::Zeroizing;

use credentials::{Document, Format, dotenv, json, shell};
use error::{Error, Exit, Failures};
use exec::Program;
use fetch::{Held, Order, SecretFile};
use http::Client;
use options::Options;
use options::table::Command;
use process::Caller;
use push::Push;
use report::Reporter;
use session::Session;
use sink::Written;

/// Gets a token, reads what was selected, and writes it: all of it, or nothing.
///
/// # Errors
/// Every failure there was, in order; the first one gives the exit code.
pub fn run(
    options: &Options,
    caller: &Caller,
    reporter: &dyn Reporter,
) -> Result<Written, Failures> {
    // Nothing is fetched for a command that does not exist.
    let program = match options.command {
        Command::Exec => Some(Program::find(&options.words, options.pristine, caller)?),
        _ => None,
    };
    let choice = &options.choice;
    reporter.verbose(&format!(
        "identity: {}: {}",
        choice.identity.words(),
        choice.because
    ));
    let client = Client::new(options.network.clone(), reporter);
    let deadline = options.network.deadline;
    let session = Session {
        client: &client,
        identity: &choice.identity,
        cloud: &options.cloud,
        api_version: &options.api_version,
        deadline,
    };
    let order = Order {
        selection: &options.selection,
        missing: options.missing,
        shape: &options.shape,
    };
    if let Some(program) = program {
        let is_taken = |name: &str| program.is_taken(name, caller);
        let held = fetch::variables(&session, &order, &options.naming, is_taken)?;
        reporter.progress_over();
        return Err(program.become_it(&held, caller));
    }
    if options.command == Command::Push {
        let push = Push {
            server: options.server.as_ref().ok_or_else(|| absent("server"))?,
            dry_run: options.dry_run,
            adopt: options.adopt,
        };
        let report = push::push(&session, &order, &push)?;
        reporter.progress_over();
        let text = report.text(options.format.is_some());
        let mut failures = report.failures;
        return match options.sink.write(text.as_bytes(), &deadline) {
            Ok(written) => Failures::check(failures).and(Ok(written)),
            Err(error) => {
                failures.push(error);
                Err(Failures::of(failures))
            }
        };
    }
    let result = match (options.command, options.format) {
        (Command::Get, _) => fetch::value(&session, &order)?,
        (Command::List, format) => {
            let documents = list::list(&session, &order)?;
            match format {
                Some(Format::Xsoar) => json::array(&documents),
                Some(_) => json::lines(&documents),
                None => names(&documents),
            }
        }
        (Command::Vaults, format) => {
            let scope = options
                .scope
                .as_ref()
                .ok_or_else(|| absent("subscription"))?;
            let text = vaults::vaults(&session, scope, format.is_some())?;
            Zeroizing::new(text.into_bytes())
        }
        (_, Some(Format::Files)) => {
            let files = fetch::files(&session, &order)?;
            let entries: Vec<_> = files.iter().map(SecretFile::entry).collect();
            reporter.progress_over();
            options.sink.write_tree(&entries, &deadline)?;
            return Ok(Written::All);
        }
        (_, Some(format @ (Format::Dotenv | Format::Shell))) => {
            variables(&session, &order, options, format)?
        }
        (_, Some(Format::Jsonl)) => json::lines(&fetch::documents(&session, &order)?),
        (_, Some(Format::Xsoar) | None) => json::array(&fetch::documents(&session, &order)?),
    };
    reporter.progress_over();
    Ok(options.sink.write(&result, &deadline)?)
}

fn variables(
    session: &Session,
    order: &Order,
    options: &Options,
    format: Format,
) -> Result<Zeroizing<Vec<u8>>, Failures> {
    let held = fetch::variables(session, order, &options.naming, |_| false)?;
    let variables = Held::each(&held);
    let rendered = match format {
        Format::Dotenv => dotenv::render(&variables),
        _ => shell::render(&variables),
    };
    rendered.map_err(|refused| Held::refused(&held, &refused))
}

/// One name a line.
fn names(documents: &[Document]) -> Zeroizing<Vec<u8>> {
    let lines = documents
        .iter()
        .flat_map(|document| [document.name.as_bytes(), b"\n"]);
    Zeroizing::new(lines.collect::<Vec<_>>().concat())
}

/// The options see to it that there is one.
fn absent(what: &str) -> Error {
    Error::new(Exit::Internal, format!("there is no {what} to ask"), "")
}
