//! The main job: secrets become credentials.

use std::fmt::Write;

use serde_json::Value;

use crate::command::Akv;
use crate::standin::{Paging, Secret, Standin, USER_CLIENT_ID, USER_OBJECT_ID, USER_RESOURCE_ID};

const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

#[test]
fn one_secret_with_a_client_secret() {
    let azure = Standin::start();
    azure.secret("kv-prod", "db-password", "an older value");
    azure.secret(
        "kv-prod",
        "db-password",
        "quotes \" and \\, a\nline, ü and \u{1}",
    );

    Akv::new()
        .args(["fetch", "kv-prod/db-password"])
        .app(&azure)
        .stdout(concat!(
            "[\n",
            r#"{"user":"db-password","password":"quotes \" and \\, a\nline, ü and \u0001","name":"kv-prod/db-password"}"#,
            "\n]\n"
        ))
        .run();

    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/db-password?api-version=7.4",
    ]);
    azure.expect_hosts(&["login.microsoftonline.com", "kv-prod.vault.azure.net"]);
}

#[test]
fn two_vaults_one_token_one_connection_each() {
    let azure = Standin::start();
    for vault in ["kv-prod", "kv-test"] {
        azure.secret(vault, "user-a", format!("value of a in {vault}"));
        azure.secret(vault, "user-b", format!("value of b in {vault}"));
    }

    Akv::new()
        .args([
            "fetch",
            "--vault",
            "kv-test,kv-prod",
            "--secret",
            "user-b,user-a",
        ])
        .app(&azure)
        .stdout(concat!(
            "[\n",
            r#"{"user":"user-b","password":"value of b in kv-test","name":"kv-test/user-b"}"#,
            ",\n",
            r#"{"user":"user-a","password":"value of a in kv-test","name":"kv-test/user-a"}"#,
            ",\n",
            r#"{"user":"user-b","password":"value of b in kv-prod","name":"kv-prod/user-b"}"#,
            ",\n",
            r#"{"user":"user-a","password":"value of a in kv-prod","name":"kv-prod/user-a"}"#,
            "\n]\n"
        ))
        .run();

    azure.expect(&[
        &azure.token_request(),
        "GET kv-test.vault.azure.net/secrets/user-b?api-version=7.4",
        "GET kv-test.vault.azure.net/secrets/user-a?api-version=7.4",
        "GET kv-prod.vault.azure.net/secrets/user-b?api-version=7.4",
        "GET kv-prod.vault.azure.net/secrets/user-a?api-version=7.4",
    ]);
    azure.expect_hosts(&[
        "login.microsoftonline.com",
        "kv-test.vault.azure.net",
        "kv-prod.vault.azure.net",
    ]);
}

#[test]
fn the_machine_s_own_identity() {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");

    Akv::new()
        .args(["get", "kv-prod/api"])
        .azure(&azure)
        .stdout("value-of-api")
        .run();

    azure.expect(&[
        METADATA,
        "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4",
    ]);
}

#[test]
fn a_user_assigned_identity_by_each_of_its_ids() {
    let azure = Standin::start();
    azure.system_assigned(false);
    azure.secret("kv-prod", "api", "value-of-api");
    let resource_id = USER_RESOURCE_ID.replace('/', "%2F");

    for (option, id, query) in [
        (
            "client",
            USER_CLIENT_ID,
            format!("client_id={USER_CLIENT_ID}"),
        ),
        (
            "object",
            USER_OBJECT_ID,
            format!("object_id={USER_OBJECT_ID}"),
        ),
        (
            "resource",
            USER_RESOURCE_ID,
            format!("msi_res_id={resource_id}"),
        ),
    ] {
        Akv::new()
            .arg("get")
            .arg(format!("--managed-identity-{option}-id={id}"))
            .arg("kv-prod/api")
            .azure(&azure)
            .stdout("value-of-api")
            .run();

        azure.expect(&[
            &format!("{METADATA}&{query}"),
            "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4",
        ]);
    }
}

#[test]
fn get_is_the_value_byte_for_byte() {
    let azure = Standin::start();
    let value = "-----BEGIN-----\r\nünïcode \u{0}\t\n\n";
    let version = azure.secret("kv-prod", "pem", value);
    azure.secret("kv-prod", "pem", "the newest version");

    Akv::new()
        .args(["get", &format!("kv-prod/pem/{version}")])
        .app(&azure)
        .stdout(value)
        .run();

    let read = format!("GET kv-prod.vault.azure.net/secrets/pem/{version}?api-version=7.4");
    azure.expect(&[&azure.token_request(), &read]);
}

#[test]
fn a_list_of_many_pages_some_of_them_empty() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 60);
    azure.put("kv-prod", Secret::new("disabled", "never read").disabled());
    azure.put("kv-prod", Secret::new("tls", "never read").managed());
    azure.paging(
        "kv-prod",
        Paging {
            empty: 1,
            last: Some(Value::from("")),
            ..Paging::default()
        },
    );
    let mut names = String::new();
    for number in 1..=60 {
        let _ = writeln!(names, "kv-prod/secret-{number:03}");
    }

    Akv::new()
        .args(["list", "--vault", "kv-prod"])
        .app(&azure)
        .stdout(names)
        .run();

    // Three pages with secrets, an empty one before each, and an empty one at the end.
    let first = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
    let next = "GET kv-prod.vault.azure.net/secrets?api-version=7.4&$skiptoken=*";
    azure.expect(&[
        &azure.token_request(),
        first,
        next,
        next,
        next,
        next,
        next,
        next,
    ]);
}

#[test]
fn nothing_is_written_when_a_secret_is_missing() {
    let azure = Standin::start();
    azure.secret("kv-prod", "there", "value-of-there");

    Akv::new()
        .args(["fetch", "kv-prod/gone", "kv-prod/there"])
        .app(&azure)
        .status(5)
        .stderr_has("akv-xsoar: error: ")
        .stderr_has("kv-prod/gone")
        .run();

    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/gone?api-version=7.4",
        "GET kv-prod.vault.azure.net/secrets/there?api-version=7.4",
    ]);
}
