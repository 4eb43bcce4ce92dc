//! What a vault says no to: its words, what to do about it, and how far it reaches.

mod lenient;
mod passing;
mod reach;
mod refusals;
mod roles;
mod tokens;

use serde_json::json;

use crate::command::Akv;
use crate::standin::{Fault, Secret, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const SECRET: &str = "akv-xsoar: error: cannot read `kv-prod/db`: ";
const VAULT: &str = "akv-xsoar: error: cannot read from the vault `kv-prod`: ";

/// A vault with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure
}

fn fetch(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["fetch", "kv-prod/db"]).app(azure)
}

#[test]
fn a_disabled_secret_and_one_that_is_not_there() {
    let azure = azure();
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    let version = azure.secret("kv-prod", "api", "value-of-api");
    let unknown = "0123456789abcdef0123456789abcdef";
    for (credential, words) in [
        (
            "kv-prod/off".to_owned(),
            "cannot read `kv-prod/off`: the secret is disabled (request id ",
        ),
        (
            "kv-prod/gone".to_owned(),
            "cannot read `kv-prod/gone`: no such secret or version in this vault (request id ",
        ),
        (
            format!("kv-prod/api/{unknown}"),
            "cannot read `kv-prod/api`: no such secret or version in this vault (request id ",
        ),
        (
            format!("kv-prod/gone/{version}"),
            "cannot read `kv-prod/gone`: no such secret or version in this vault (request id ",
        ),
    ] {
        Akv::new()
            .args(["get", &credential])
            .app(&azure)
            .status(5)
            .stderr_has(words)
            .run();

        let read = credential.replace("kv-prod/", "GET kv-prod.vault.azure.net/secrets/");
        azure.expect(&[&azure.token_request(), &(read + "?api-version=7.4")]);
    }
}

#[test]
fn dates_of_a_secret_are_for_information() {
    let old = "akv-xsoar: warning: `kv-prod/old` expired on Thu, 01 Jan 1970 00:00:01 GMT and is used anyway\n";
    let azure = Standin::start();
    azure.put("kv-prod", Secret::new("old", "value-of-old").expires(1));
    azure.put(
        "kv-prod",
        Secret::new("new", "value-of-new").not_before(4_000_000_000),
    );
    for (name, warning) in [("old", old), ("new", "")] {
        Akv::new()
            .args(["get", &format!("kv-prod/{name}")])
            .app(&azure)
            .stdout(format!("value-of-{name}"))
            .stderr(warning)
            .run();
        let read = format!("GET kv-prod.vault.azure.net/secrets/{name}?api-version=7.4");
        azure.expect(&[&azure.token_request(), &read]);
    }
}

#[test]
fn answers_that_were_recorded() {
    let azure = azure();
    let host = "https://kv-prod.vault.azure.net";
    for (body, value, warning) in [
        (
            json!({"value":"value2250812526","contentType":"text/plain","id":format!("{host}/secrets/db/204d23b5e2f34f78b0e708497bc631fa"),"attributes":{"enabled":true,"created":1_759_789_444,"updated":1_759_789_444,"recoveryLevel":"CustomizedRecoverable+Purgeable","recoverableDays":7}}),
            "value2250812526",
            "",
        ),
        (
            json!({"value":"YmFzZTY0X3BsYWNlaG9sZGVy","contentType":"application/x-pkcs12","id":format!("{host}/secrets/db/08be22f5f85a42809d2df03cef6908c4"),"managed":true,"attributes":{"enabled":true,"nbf":1_631_560_453,"exp":1_663_097_053,"created":1_631_561_053,"updated":1_631_561_053,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},"kid":format!("{host}/keys/db/08be22f5f85a42809d2df03cef6908c4")}),
            "YmFzZTY0X3BsYWNlaG9sZGVy",
            "akv-xsoar: warning: `kv-prod/db` expired on Tue, 13 Sep 2022 19:24:13 GMT and is used anyway\n",
        ),
        // Nearly all of it is optional, and ids have no case.
        (json!({"value": ""}), "", ""),
        (
            json!({"value": "x", "id": "https://KV-Prod.Vault.Azure.net:443/Secrets/DB/204D23B5E2F34F78B0E708497BC631FA"}),
            "x",
            "",
        ),
        (
            json!({"value": "x", "id": null, "tags": null, "attributes": null}),
            "x",
            "",
        ),
    ] {
        azure.mend();
        azure.fault(READ, Fault::json(200, &body));

        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .stdout(value)
            .stderr(warning)
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn names_have_no_case_and_are_written_as_first_spelled() {
    let azure = Standin::start();
    azure.secret("kv-prod", "db-password", "value-of-db");

    Akv::new()
        .args([
            "fetch",
            "KV-Prod/DB-Password",
            "kv-prod/db-password",
            "https://kv-PROD.vault.azure.net/secrets/db-PASSWORD",
        ])
        .app(&azure)
        .stdout(concat!(
            "[\n",
            r#"{"user":"DB-Password","password":"value-of-db","name":"KV-Prod/DB-Password"}"#,
            "\n]\n"
        ))
        .run();

    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/DB-Password?api-version=7.4",
    ]);
}

#[test]
fn an_api_version_that_the_vault_knows_and_one_that_it_does_not() {
    let azure = azure();
    Akv::new()
        .args(["get", "kv-prod/db", "--api-version", "2025-07-01"])
        .app(&azure)
        .stdout("value-of-db")
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/db?api-version=2025-07-01",
    ]);

    for command in ["get", "list"] {
        let (word, operation, asked) = match command {
            "get" => ("kv-prod/db", VAULT, "/db"),
            _ => (
                "--vault=kv-prod",
                "akv-xsoar: error: cannot list the secrets of `kv-prod`: ",
                "",
            ),
        };
        Akv::new()
            .args([command, word, "--api-version", "6.9"])
            .app(&azure)
            .status(2)
            .stderr_has(format!("{operation}The specified version (6.9) is not recognized. Consider using the latest supported version (2026-04-01). (request id "))
            .stderr_has("hint: the vault does not know this version of its API: try another one with `--api-version`\n")
            .run();
        let read = format!("GET kv-prod.vault.azure.net/secrets{asked}?api-version=6.9");
        azure.expect(&[&azure.token_request(), &read]);
    }
}
