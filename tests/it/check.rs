//! `check`: is everything in place? One line a step, on stdout, and never a value.

mod configuration;
mod hosts;
mod report;
mod subscription;
mod vaults;

use crate::command::Akv;
use crate::running::Output;
use crate::standin::Standin;

const OPENID: &str = "GET login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration";
const THERE: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const FIRST: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4&maxresults=1";

/// A vault with two secrets.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// `check` with these words, which writes no secret's value anywhere.
fn check_as<'a>(azure: &'a Standin, words: &[&str]) -> Akv<'a> {
    let values = azure.values().into_iter();
    values.fold(Akv::new().arg("check").args(words), Akv::canary)
}

/// The same as the application.
fn check<'a>(azure: &'a Standin, words: &[&str]) -> Akv<'a> {
    check_as(azure, words).app(azure)
}

/// What is told of one step: `ok`, `note` or `FAILED`, and what was found; a line for each time it is told.
fn step(output: &Output, name: &str) -> Vec<(String, String)> {
    let text = output.stdout_text();
    let lines = text.lines().filter_map(|line| {
        let (state, rest) = line.split_at(7);
        let (found, what) = rest.split_once(": ")?;
        (found == name).then(|| (state.trim().to_owned(), what.to_owned()))
    });
    lines.collect()
}

/// The names of all steps, each with its state, in order.
fn states(output: &Output) -> Vec<String> {
    let text = output.stdout_text();
    let lines = text.lines().map(|line| {
        let (state, rest) = line.split_at(7);
        let name = rest.split(": ").next().unwrap_or_default();
        format!("{} {name}", state.trim())
    });
    lines.collect()
}

/// Runs it, which has one line of this step, and nothing to say on stderr.
#[track_caller]
fn tells(akv: Akv, status: i32, name: &str, state: &str, found: &str) -> Output {
    let output = akv.status(status).stdout_any().run();
    let told = step(&output, name);
    let expected = vec![(state.to_owned(), found.to_owned())];
    assert_eq!(told, expected, "{}", output.stdout_text());
    output
}
