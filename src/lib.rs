//! `akv-xsoar`: Azure Key Vault secrets become Cortex XSOAR credentials.
//!
//! The data's way, which is also the order to read the files in:
//!
//! ```text
//! options → identity → token → vault → credentials → sink
//! ```
//!
//! * [`options`] turns words (command line, environment, configuration file) into domain values.
//! * [`identity`] says who asks, and gets the [`token`] for the [`cloud`]'s vaults: one request.
//! * [`vault`] reads a secret or lists the secrets; [`fetch`] and [`list`] do that for all that was
//!   selected and note every failure.
//! * [`credentials`] makes XSOAR's documents of them, and [`sink`] writes those, whole or not at all.
//!
//! Below stand [`http`] (the one way to the network: retries, trust, proxies), [`file`](mod@file)
//! (files that people name), [`deadline`], [`report`] (what a run says while it goes), [`secret`]
//! (values that never show themselves) and [`error`] (what failed, why, what to do; the exit codes).
//! `main.rs` only prints.

pub mod cloud;
pub mod credentials;
pub mod deadline;
pub mod error;
pub mod fetch;
pub mod file;
pub mod http;
pub mod identity;
pub mod list;
pub mod missing;
pub mod options;
pub mod process;
pub mod report;
pub mod secret;
pub mod session;
pub mod sink;
pub mod token;
pub mod vault;

use zeroize::Zeroizing;

use credentials::{Document, Format};
use error::Failures;
use http::Client;
use options::Options;
use options::table::Command;
use report::Reporter;
use session::Session;
use sink::Written;

/// Gets a token, reads what was selected, and writes it: all of it, or nothing.
///
/// # Errors
/// Every failure there was, in order; the first one gives the exit code.
pub fn run(options: &Options, reporter: &dyn Reporter) -> Result<Written, Failures> {
    reporter.verbose(&format!(
        "identity: {}: {}",
        options.identity.words(),
        options.because
    ));
    let client = Client::new(options.network.clone(), reporter);
    let deadline = options.network.deadline;
    let session = Session {
        client: &client,
        identity: &options.identity,
        cloud: &options.cloud,
        api_version: &options.api_version,
        deadline,
    };
    let result = match options.command {
        Command::Fetch => {
            let documents = fetch::fetch(&session, &options.selection, options.missing)?;
            options.format.unwrap_or(Format::Xsoar).render(&documents)
        }
        Command::Get => value(fetch::fetch(
            &session,
            &options.selection,
            missing::Missing::Error,
        )?),
        Command::List => {
            let documents = list::list(&session, &options.selection, options.missing)?;
            options
                .format
                .map_or_else(|| names(&documents), |format| format.render(&documents))
        }
    };
    reporter.progress_over();
    Ok(options.sink.write(&result, &deadline)?)
}

/// One secret's value, byte for byte.
fn value(documents: Vec<Document>) -> Zeroizing<Vec<u8>> {
    let one = documents.into_iter().next();
    Zeroizing::new(
        one.map(|document| document.password.expose().as_bytes().to_vec())
            .unwrap_or_default(),
    )
}

/// One name a line.
fn names(documents: &[Document]) -> Zeroizing<Vec<u8>> {
    let lines = documents
        .iter()
        .flat_map(|document| [document.name.as_bytes(), b"\n"]);
    Zeroizing::new(lines.collect::<Vec<_>>().concat())
}
