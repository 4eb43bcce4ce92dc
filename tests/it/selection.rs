//! Which secrets: whole vaults, patterns and tags, and every vault of a subscription.

mod all;
mod patterns;
mod replaced;
mod subscription;
mod tags;
mod trouble;

use crate::command::Akv;
use crate::standin::Standin;

/// The request for a vault's listing.
pub(crate) fn listing(vault: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets?api-version=7.4")
}

/// The request for a secret.
pub(crate) fn read(vault: &str, name: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets/{name}?api-version=7.4")
}

/// What `fetch` writes of secrets `value-of-NAME`.
pub(crate) fn array(credentials: &[(&str, &str)]) -> String {
    let lines: Vec<_> = credentials
        .iter()
        .map(|(vault, name)| {
            format!(r#"{{"user":"{name}","password":"value-of-{name}","name":"{vault}/{name}"}}"#)
        })
        .collect();
    match lines.as_slice() {
        [] => "[]\n".to_owned(),
        lines => format!("[\n{}\n]\n", lines.join(",\n")),
    }
}

/// Panics unless a token was asked for, each of these vaults was listed once, and then these secrets were read.
#[track_caller]
pub(crate) fn expect(azure: &Standin, listed: &[&str], reads: &[(&str, &str)]) {
    let mut expected = vec![azure.token_request()];
    expected.extend(listed.iter().map(|vault| listing(vault)));
    expected.extend(reads.iter().map(|(vault, name)| read(vault, name)));
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    azure.expect(&expected);
}

/// A vault with these secrets, `value-of-NAME` each.
fn with(vault: &str, names: &[&str]) -> Standin {
    let azure = Standin::start();
    add(&azure, vault, names);
    azure
}

fn add(azure: &Standin, vault: &str, names: &[&str]) {
    for name in names {
        azure.secret(vault, name, format!("value-of-{name}"));
    }
}

fn fetch<'a>(azure: &'a Standin, args: &[&str]) -> Akv<'a> {
    Akv::new().arg("fetch").args(args).app(azure)
}

/// Refused, with exactly these messages, and nothing was sent.
#[track_caller]
pub(crate) fn refused(azure: &Standin, args: &[&str], stderr: &str) {
    Akv::new()
        .args(args)
        .app(azure)
        .status(2)
        .stderr(format!("akv-xsoar: error: {stderr}\n"))
        .run();
    azure.expect(&[]);
}
