//! The name of the one credential, which may be anything that somebody wrote.

use serde_json::{Value, json};

use super::instance::{Instance, credential, every_python};
use super::{azure, read};
use crate::standin::Scratch;

/// A name leads to one credential or to none, with the reason in the log; to an option, another host or a file never.
#[test]
fn hostile_names_lead_nowhere() {
    let azure = azure();
    let folder = Scratch::new("hostile");
    folder.write("credentials.json", "[]");
    let path = folder.join("written");
    let written = path.to_str().unwrap();
    let names = [
        "-",
        "--",
        "-h",
        "--help",
        "--version",
        "--verbose",
        "--config",
        "--all",
        &format!("--output={written}"),
        &format!("--status={written}"),
        "--vault=kv-prod",
        "--tenant-id/x",
        "..",
        "../..",
        "kv-prod/..",
        "kv-prod/../../secrets",
        "../../etc/passwd",
        "/etc/passwd",
        "@/etc/passwd",
        "kv-prod",
        "kv-prod/",
        "/db",
        "kv-prod/db/",
        "kv-prod//db",
        "kv-prod/db?x=1",
        "kv-prod/db#x",
        "kv-prod/%64b",
        "kv-prod/db\n",
        " kv-prod/db",
        "kv-prod/db\r\nHost: evil.example",
        "kv-prod/db,kv-prod/api",
        "kv-prod/db kv-prod/api",
        "kv-prod/*",
        "*/*",
        "$(id)/`id`",
        "kv-prod/db; id",
        "http://169.254.169.254/metadata/identity",
        "https://evil.example/secrets/db",
        "https://kv-prod.vault.azure.net.evil.example/secrets/db",
        "https://kv-prod.vault.azure.net@evil.example/secrets/db",
        "https://kv-prod.vault.azure.net:8443/secrets/db",
        "file:///etc/passwd",
        "ü/ß",
        "\u{202e}kv-prod/db",
        "kv-prod/d\0b",
        &"x".repeat(200_000),
        &format!("kv-prod/{}", "x".repeat(128)),
    ];
    every_python(|python| {
        let program = Instance::of(&azure, python);
        let file = Instance::by_file(python, &folder);
        for name in names {
            program.fetch(name).nothing_because("");
            file.fetch(name)
                .nothing_because("0 credentials have the name that was asked for");
        }
        let others = [
            json!(7),
            json!(true),
            json!(["kv-prod/db"]),
            json!({"name": "kv-prod/db"}),
        ];
        for other in others {
            program
                .fetch(other.clone())
                .nothing_because("the identifier is no text");
            file.fetch(other)
                .nothing_because("the identifier is no text");
        }
        assert!(!path.exists());
        azure.expect(&[]);
    });
}

/// What the program takes for a credential's name, but XSOAR's list has not: read at most, never handed over.
#[test]
fn another_way_to_name_a_credential_is_not_its_name() {
    let azure = azure();
    let version = azure.secret("kv-prod", "db", "value-of-db");
    every_python(|python| {
        let id = "https://kv-prod.vault.azure.net/secrets/db";
        for name in [id.to_owned(), format!("kv-prod/db/{version}")] {
            let said = Instance::of(&azure, python).fetch(name);
            said.nothing_because("0 credentials have the name that was asked for");
        }
        azure.expect(&[
            &azure.token_request(),
            &read("kv-prod", "db"),
            &azure.token_request(),
            &read("kv-prod", &format!("db/{version}")),
        ]);
    });
}

/// Hyphens are letters of a secret's name.
#[test]
fn what_looks_like_an_option_may_be_a_secret_s_name() {
    let azure = azure();
    azure.secret("kv-prod", "--help", "value-of-help");
    every_python(|python| {
        let said = Instance::of(&azure, python).fetch("kv-prod/--help");
        let wanted = credential("kv-prod/--help", "--help", "value-of-help");
        assert_eq!(said.credentials(), json!([wanted]));
        azure.expect(&[&azure.token_request(), &read("kv-prod", "--help")]);
    });
}

/// Azure's names have no case, and the list may have them as the vault spells them.
#[test]
fn a_name_in_another_case_is_the_same() {
    let azure = azure();
    every_python(|python| {
        let said = Instance::of(&azure, python).fetch("KV-Prod/API");
        let wanted = credential("KV-Prod/API", "API", "value-of-api");
        assert_eq!(said.credentials(), json!([wanted]));
        azure.expect(&[&azure.token_request(), &read("kv-prod", "API")]);
    });
}

/// No identifier, or one that is not filled in, asks for all.
#[test]
fn an_empty_name_asks_for_all() {
    let azure = azure();
    every_python(|python| {
        for none in [json!(""), Value::Null] {
            let said = Instance::of(&azure, python).fetch(none);
            assert_eq!(said.credentials().as_array().map(Vec::len), Some(2));
        }
    });
    azure.ignore_log();
}
