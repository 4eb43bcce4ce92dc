//! The configuration file: an instance of XSOAR's integration as it is, and the long options.

mod file;
mod mistakes;
mod parameters;
mod precedence;
mod variables;

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::command::Akv;
use crate::files::{private, set_mode};
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT, USER_CLIENT_ID, USER_OBJECT_ID,
    USER_RESOURCE_ID,
};

const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
/// A value of the file's that no message may have.
const CANARY: &str = "Canary0fTheFile";

fn azure() -> Standin {
    let azure = Standin::start();
    for vault in ["kv-prod", "kv-test"] {
        for secret in ["api", "db"] {
            azure.secret(vault, secret, format!("value-of-{secret}-in-{vault}"));
        }
    }
    azure
}

fn read(vault: &str, secret: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets/{secret}?api-version=7.4")
}

fn document(vault: &str, secret: &str) -> String {
    format!(
        r#"{{"user":"{secret}","password":"value-of-{secret}-in-{vault}","name":"{vault}/{secret}"}}"#
    )
}

/// What `fetch` writes of the stand-in's two vaults and two secrets.
fn all_four() -> String {
    let pairs = [
        ("kv-prod", "db"),
        ("kv-prod", "api"),
        ("kv-test", "db"),
        ("kv-test", "api"),
    ];
    let documents = pairs.map(|(vault, secret)| document(vault, secret));
    format!("[\n{}\n]\n", documents.join(",\n"))
}

fn expect_all_four(azure: &Standin) {
    azure.expect(&[
        &azure.token_request(),
        &read("kv-prod", "db"),
        &read("kv-prod", "api"),
        &read("kv-test", "db"),
        &read("kv-test", "api"),
    ]);
}

/// `c.json`, which only its owner may read.
fn configuration(directory: &Scratch, json: impl AsRef<str>) -> PathBuf {
    private(directory, "c.json", json.as_ref())
}

/// A run with this configuration, which a failure's report shows.
fn with<'a>(
    azure: &'a Standin,
    directory: &'a Scratch,
    command: &str,
    json: impl AsRef<str>,
) -> Akv<'a> {
    configuration(directory, json.as_ref());
    Akv::new()
        .args([command, "--config", "c.json"])
        .azure(azure)
        .cwd(directory.path())
        .env("CASE", json.as_ref())
}

/// An instance as it comes out of XSOAR, with the application's secret in it.
fn instance() -> serde_json::Value {
    json!({
        "azure_cloud": "Worldwide",
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "credentials": {
            "credential": "", "credentials": {"id": "", "user": "", "vaultInstanceId": "", "locked": false},
            "identifier": "", "password": CLIENT_SECRET, "passwordChanged": false,
        },
        "credentials_certificate_thumbprint": {"credential": "", "identifier": "", "password": "", "passwordChanged": false},
        "certificate_thumbprint": null,
        "private_key": "",
        "use_managed_identities": false,
        "managed_identities_client_id": {"credential": "", "identifier": "", "password": "", "passwordChanged": false},
        "subscription_id": "00000000-1111-2222-3333-444444444444",
        "resource_group_name": "rg-xsoar",
        "isFetchCredentials": true,
        "integrationLogLevel": "Off",
        "key_vaults": "kv-prod, kv-test",
        "secrets": "db,api,",
        "insecure": false,
        "proxy": false,
    })
}

#[test]
fn an_instance_as_it_is() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let pretty = serde_json::to_string_pretty(&instance()).unwrap();
    for json in [instance().to_string(), pretty] {
        with(&azure, &directory, "fetch", json)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }

    // By the variable, and the command line's before it.
    configuration(&directory, instance().to_string());
    for (variable, args) in [("c.json", &[][..]), ("gone.json", &["--config", "c.json"])] {
        Akv::new()
            .arg("fetch")
            .args(args)
            .azure(&azure)
            .cwd(directory.path())
            .env("AKV_XSOAR_CONFIG", variable)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
}

#[test]
fn older_names() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for older in [
        json!({"client_secret": CLIENT_SECRET, "certificate_thumbprint": ""}),
        json!({"client_secret": {"identifier": "x", "password": CLIENT_SECRET}}),
        json!({"client_secret": CLIENT_SECRET, "credentials": {"password": ""}}),
    ] {
        let mut json = json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "key_vaults": "kv-prod", "secrets": "api"});
        let fields = older.as_object().unwrap().clone();
        json.as_object_mut().unwrap().extend(fields);
        with(&azure, &directory, "get", json.to_string())
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);
    }
}

#[test]
fn a_managed_identity_of_the_instance() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for (id, query) in [
        (json!({"password": ""}), String::new()),
        (json!(null), String::new()),
        (
            json!({"credential": "", "identifier": "", "password": USER_CLIENT_ID, "passwordChanged": false}),
            format!("&client_id={USER_CLIENT_ID}"),
        ),
    ] {
        let mut json = instance();
        json["credentials"]["password"] = json!("");
        json["use_managed_identities"] = json!(true);
        json["managed_identities_client_id"] = id;
        json["secrets"] = json!("api");
        json["key_vaults"] = json!("kv-prod");
        with(&azure, &directory, "get", json.to_string())
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), &read("kv-prod", "api")]);
    }
}

#[test]
fn a_password_that_the_file_does_not_give_away() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    private(&directory, "secret", CLIENT_SECRET);
    for password in [
        json!({"identifier": "", "password": "********", "passwordChanged": false}),
        json!({"identifier": "", "password": "••••••••"}),
        json!({"identifier": "", "password": ""}),
        json!({"identifier": "", "password": null}),
        json!({"identifier": ""}),
        json!("****"),
        json!(null),
    ] {
        let mut json = instance();
        json["credentials"] = password;
        with(&azure, &directory, "fetch", json.to_string())
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
        with(&azure, &directory, "fetch", json.to_string())
            .args(["--client-secret-file", "secret"])
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
        // A file without a secret may be read by everybody.
        set_mode(configuration(&directory, json.to_string()), 0o644);
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
    // And the file may say where it is.
    let mut json = instance();
    json["credentials"] = json!(null);
    json["client_secret_file"] = json!("secret");
    with(&azure, &directory, "fetch", json.to_string())
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

#[test]
fn the_long_options() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    private(&directory, "secret", CLIENT_SECRET);
    let json = json!({
        "cloud": "public", "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret_file": "secret",
        "vault": ["kv-prod", "https://kv-test.vault.azure.net/"], "secret": ["db", "api"],
        "subscription_id": "s", "resource_group": "rg", "missing": "error", "format": "jsonl",
        "output": "out.jsonl", "timeout": 30.5, "api_version": "7.4", "ca_file": azure.ca_file(),
        "connect_to": [azure.connect_to()], "no_proxy": true, "verbose": false, "quiet": true,
    });
    configuration(&directory, json.to_string());
    Akv::new()
        .args(["fetch", "--config", "c.json"])
        .cwd(directory.path())
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .run();
    expect_all_four(&azure);
    let lines = all_four()
        .replace("[\n", "")
        .replace("\n]\n", "\n")
        .replace("},\n", "}\n");
    assert_eq!(
        fs::read_to_string(directory.join("out.jsonl")).unwrap(),
        lines
    );

    // The identities of the machine.
    for (key, id, query) in [
        ("managed_identity", json!(true), String::new()),
        (
            "managed_identity_client_id",
            json!(USER_CLIENT_ID),
            format!("&client_id={USER_CLIENT_ID}"),
        ),
        (
            "managed_identity_object_id",
            json!(USER_OBJECT_ID),
            format!("&object_id={USER_OBJECT_ID}"),
        ),
        (
            "managed_identity_resource_id",
            json!(USER_RESOURCE_ID),
            format!("&msi_res_id={}", USER_RESOURCE_ID.replace('/', "%2F")),
        ),
    ] {
        let json = json!({key: id, "vault": "kv-prod", "secret": "api"});
        with(&azure, &directory, "get", json.to_string())
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), &read("kv-prod", "api")]);
    }
}

#[test]
fn lists_are_lists_or_text() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for (vaults, secrets) in [
        (json!("kv-prod,kv-test"), json!("db,api")),
        (json!(["kv-prod", "kv-test"]), json!(["db", "api"])),
        (json!([" kv-prod ", "", "kv-test,"]), json!(["db,api"])),
        (json!(["kv-prod", "KV-PROD", "kv-test"]), json!("db,api,DB")),
    ] {
        for (vault, secret) in [("key_vaults", "secrets"), ("vault", "secret")] {
            let json = json!({
                "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                vault: vaults, secret: secrets,
            });
            with(&azure, &directory, "fetch", json.to_string())
                .stdout(all_four())
                .run();
            expect_all_four(&azure);
        }
    }
}
