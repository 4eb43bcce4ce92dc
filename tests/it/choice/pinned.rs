//! `--identity`: the kind is pinned, and what belongs to another is ignored or an error.

mod refusals;

use serde_json::{Value, json};

use super::ranks_of_proofs::Proofs;
use super::sources::{APP_SERVICE, ARC};
use super::{Given, METADATA, READ, STRAY, azure, given, identity_line};
use crate::standin::{
    APP_SERVICE_HEADER, CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, Scratch, TENANT, USER_CLIENT_ID,
};

/// An application by every proof at once, which without a pin is an error.
fn everything() -> Given {
    given()
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
        .env("AZURE_FEDERATED_TOKEN_FILE", "token")
}

#[test]
fn an_application_s_kind() {
    let proofs = Proofs::new();
    everything()
        .run_in(&proofs.directory, &proofs.azure)
        .status(2)
        .stderr("akv-xsoar: error: `AZURE_CLIENT_SECRET` and `AZURE_CLIENT_CERTIFICATE_PATH` name two identities\nakv-xsoar: hint: leave one of them out\n")
        .run();
    let kinds = [
        ("secret", "secret", "AZURE_CLIENT_SECRET"),
        ("certificate", "PS256", "AZURE_CLIENT_CERTIFICATE_PATH"),
        ("workload", "federated token", "AZURE_FEDERATED_TOKEN_FILE"),
    ];
    for (kind, sent, variable) in kinds {
        let because = format!("`{variable}` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`");
        // On the command line, which is stronger than the file; and in the file.
        for set in [
            everything()
                .args(&["--identity", kind])
                .file(&json!({"identity": "imds", "use_managed_identities": true})),
            everything()
                .args(&["--identity="])
                .file(&json!({"identity": kind, "managed_identity_client_id": STRAY})),
        ] {
            proofs.check(&set, sent, &because);
        }
    }
    // Its proof on the command line.
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
    for (kind, sent, option, path) in [
        ("secret", "secret", "--client-secret-file", "secret"),
        ("certificate", "PS256", "--client-certificate", "app.pem"),
        (
            "workload",
            "federated token",
            "--federated-token-file",
            "token",
        ),
    ] {
        let because = format!("`{option}` with `--client-id` and `--tenant-id`");
        let set = everything()
            .env("AZURE_CLIENT_ID", STRAY)
            .args(&ids)
            .args(&["--identity", kind, option, path]);
        proofs.check(&set, sent, &because);
    }
    // Its proof in the file, below and beside proofs of other kinds.
    let (key, thumbprint) = (&proofs.key, &proofs.thumbprint);
    let file = json!({
        "tenant_id": TENANT, "client_id": CLIENT_ID, "use_managed_identities": true,
        "private_key": key, "certificate_thumbprint": thumbprint,
        "credentials": {"password": CLIENT_SECRET}, "federated_token_file": "token",
    });
    let stray = || {
        given()
            .env("AZURE_TENANT_ID", OTHER_TENANT)
            .env("AZURE_CLIENT_ID", STRAY)
    };
    for (kind, sent, origin, variable, value) in [
        (
            "secret",
            "secret",
            "credentials",
            "AZURE_CLIENT_CERTIFICATE_PATH",
            "gone.pem",
        ),
        (
            "certificate",
            "RS256",
            "private_key",
            "AZURE_FEDERATED_TOKEN_FILE",
            "gone",
        ),
        (
            "workload",
            "federated token",
            "federated_token_file",
            "AZURE_CLIENT_SECRET",
            "stray secret",
        ),
    ] {
        let because = format!(
            "`{origin}` in `config.json` with `client_id` in `config.json` and `tenant_id` in `config.json`"
        );
        let set = stray()
            .env(variable, value)
            .args(&["--identity", kind])
            .file(&file);
        proofs.check(&set, sent, &because);
    }
}

#[test]
fn a_managed_identity_s_source() {
    let azure = azure();
    let app = azure.app_service();
    let directory = Scratch::new("choice");
    // With App Service's variables, the application's, and a wish for another source in the file.
    let everything = || {
        everything()
            .env("IDENTITY_ENDPOINT", &app.endpoint)
            .env("IDENTITY_HEADER", APP_SERVICE_HEADER)
    };
    let assigned = json!({"use_managed_identities": true, "managed_identities_client_id": {"password": USER_CLIENT_ID}});
    let pinned_in_file = |kind: &str| json!({"identity": kind});
    let with = |json: &Value, kind: &str| {
        let mut json = json.clone();
        json["identity"] = json!(kind);
        json
    };
    for (given, source, user_assigned, because) in [
        (
            everything()
                .args(&["--identity", "imds"])
                .file(&pinned_in_file("secret")),
            METADATA,
            false,
            "`--identity` says so",
        ),
        (
            everything().file(&pinned_in_file("imds")),
            METADATA,
            false,
            "`identity` in `config.json` says so",
        ),
        (
            everything().args(&["--identity", "app-service"]),
            APP_SERVICE,
            false,
            "`--identity` says so",
        ),
        (
            everything()
                .env("IMDS_ENDPOINT", "http://127.0.0.1:1")
                .file(&pinned_in_file("app-service")),
            APP_SERVICE,
            false,
            "`identity` in `config.json` says so",
        ),
        // Which of the machine's identities: its own options and keys say.
        (
            everything().args(&[
                "--identity=app-service",
                "--managed-identity-client-id",
                USER_CLIENT_ID,
            ]),
            APP_SERVICE,
            true,
            "`--managed-identity-client-id` says so",
        ),
        (
            everything().args(&["--identity=imds", "--managed-identity"]),
            METADATA,
            false,
            "`--managed-identity` says so",
        ),
        (
            everything().args(&["--identity=imds"]).file(&assigned),
            METADATA,
            true,
            "`use_managed_identities` in `config.json` says so",
        ),
        (
            everything().file(&with(&assigned, "app-service")),
            APP_SERVICE,
            true,
            "`use_managed_identities` in `config.json` says so",
        ),
        // A file that wants none is overruled.
        (
            given()
                .args(&["--identity=imds"])
                .file(&json!({"use_managed_identities": false})),
            METADATA,
            false,
            "`--identity` says so",
        ),
    ] {
        let (identity, query) = if user_assigned {
            let words = format!("the managed identity `{USER_CLIENT_ID}`");
            (words, format!("&client_id={USER_CLIENT_ID}"))
        } else {
            ("this machine's managed identity".to_owned(), String::new())
        };
        let by = match source {
            METADATA => "the metadata endpoint",
            _ => "App Service",
        };
        given
            .run_in(&directory, &azure)
            .arg("--verbose")
            .stdout("value-of-api")
            .stderr_has(identity_line(&format!("{identity}, by {by}"), because))
            .stderr_lacks("warning")
            .run();
        azure.expect(&[&format!("{source}{query}"), READ]);
    }
}

#[test]
fn arc_and_half_of_another_source() {
    let azure = azure();
    let arc = azure.arc();
    let directory = Scratch::new("choice");
    azure.arc_key_dir(&directory.join("keys"));
    // The endpoint alone is enough for what is pinned; the agent's challenge then names a wrong folder.
    for set in [
        everything().args(&["--identity", "arc"]),
        everything()
            .env("AZURE_CLIENT_ID", "")
            .file(&json!({"identity": "arc"})),
    ] {
        let origin = if set.file.is_some() {
            "`identity` in `config.json`"
        } else {
            "`--identity`"
        };
        set.env("IDENTITY_ENDPOINT", &arc.identity_endpoint)
            .run_in(&directory, &azure)
            .arg("--verbose")
            .status(3)
            .stderr_has(identity_line(
                "this machine's managed identity, by Azure Arc",
                &format!("{origin} says so"),
            ))
            .run();
        azure.expect(&[ARC]);
    }
    // The metadata endpoint needs none of these variables, and does not wonder about them.
    for variable in ["OTHER", "IMDS_ENDPOINT", "IDENTITY_HEADER"] {
        given()
            .args(&["--identity=imds"])
            .env("IDENTITY_ENDPOINT", "http://arc.example/")
            .env(variable, "x")
            .env("IDENTITY_SERVER_THUMBPRINT", "x")
            .run_in(&directory, &azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[METADATA, READ]);
    }
    // App Service cannot be asked without them.
    for set in [
        given(),
        given().env("IDENTITY_ENDPOINT", "http://127.0.0.1:1"),
        given().env("IDENTITY_HEADER", "x"),
    ] {
        set.args(&["--identity=app-service"])
            .run_in(&directory, &azure)
            .status(2)
            .stderr("akv-xsoar: error: App Service's managed identity needs `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, which it sets itself\nakv-xsoar: hint: is this App Service, Functions, Container Apps or Automation, with the identity switched on?\n")
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn a_client_id_alone_stays_a_managed_identity_s() {
    let azure = azure();
    for pin in [&["--identity", "imds"][..], &[]] {
        crate::command::Akv::new()
            .args(["get", "kv-prod/api"])
            .args(pin)
            .azure(&azure)
            .env("AZURE_CLIENT_ID", USER_CLIENT_ID)
            .stdout_any()
            .run();
        azure.expect(&[&format!("{METADATA}&client_id={USER_CLIENT_ID}"), READ]);
    }
}
