//! A secret's whole id as a CREDENTIAL, as the portal and `az` show it.

use super::{line, with};
use crate::command::Akv;
use crate::selection::{expect, listing};
use crate::standin::Secret;

const HOST: &str = "https://kv-prod.vault.azure.net/secrets";

#[test]
fn wherever_a_credential_may_stand() {
    let azure = with(Secret::new("a", "the old one"));
    let old = azure.secret("kv-prod", "b", "the old one");
    azure.secret("kv-prod", "a", "value-of-a");
    azure.secret("kv-prod", "b", "value-of-b");
    let version = format!("b/{old}");
    let (a, b) = (format!("{HOST}/a"), format!("{HOST}/{version}"));
    Akv::new()
        .args(["fetch", "--format=jsonl", &a, &b])
        .app(&azure)
        .stdout(line("a", "value-of-a", "a") + &line("b", "the old one", "b"))
        .run();
    expect(&azure, &[], &[("kv-prod", "a"), ("kv-prod", &version)]);
    Akv::new()
        .args(["get", &b])
        .app(&azure)
        .stdout("the old one")
        .run();
    expect(&azure, &[], &[("kv-prod", &version)]);
    Akv::new()
        .args(["list", &a, &b])
        .app(&azure)
        .stdout("kv-prod/a\nkv-prod/b\n")
        .run();
    azure.expect(&[&azure.token_request(), &listing("kv-prod")]);
    // The same secret in each of its forms is one.
    Akv::new()
        .args(["fetch", "--format=jsonl", "kv-prod/a", &a, &format!("{a}/")])
        .args(["https://KV-PROD.vault.azure.net:443/Secrets/A"])
        .app(&azure)
        .stdout(line("a", "value-of-a", "a"))
        .run();
    expect(&azure, &[], &[("kv-prod", "a")]);
}

/// The name is as the id spells it.
#[test]
fn spelled_as_it_is_written() {
    let azure = with(Secret::new("a", "value-of-a"));
    let name = "{\"user\":\"A\",\"password\":\"value-of-a\",\"name\":\"KV-Prod/A\"}\n";
    Akv::new()
        .args([
            "fetch",
            "--format=jsonl",
            "https://KV-Prod.vault.azure.net/secrets/A",
        ])
        .app(&azure)
        .stdout(name)
        .run();
    expect(&azure, &[], &[("kv-prod", "A")]);
}
