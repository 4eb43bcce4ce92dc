//! Which secrets: whole vaults, patterns and tags, and every vault of a subscription.

mod all;
mod clouds;
mod patterns;
mod replaced;
mod subscription;
mod tags;
mod trouble;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

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

/// A run with these keys beside the identity's in the file.
pub(crate) fn with_file<'a>(
    azure: &'a Standin,
    directory: &'a Scratch,
    command: &str,
    keys: &Value,
) -> Akv<'a> {
    let mut json =
        json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    let fields = keys.as_object().unwrap().clone();
    json.as_object_mut().unwrap().extend(fields);
    private(directory, "c.json", json.to_string());
    Akv::new()
        .args([command, "--config", "c.json"])
        .azure(azure)
        .cwd(directory.path())
        .env("CASE", keys.to_string())
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
