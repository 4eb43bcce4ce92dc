//! Which identity: ranks, what fills in, and what is refused before anything is sent.

mod endpoint;
mod pinned;
mod ranks_of_proofs;
mod refusals;
mod secret_file;
mod sources;

use std::fmt;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::files::private;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, Scratch, Standin, TENANT, TENANT_DOMAIN,
    USER_CLIENT_ID, USER_OBJECT_ID,
};

const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const STRAY: &str = "57a57a57-0000-4000-8000-000000000000";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// The application, by one of its proofs, as `--verbose` names it.
fn application(proof: &str) -> String {
    format!("the application `{CLIENT_ID}` of the tenant `{TENANT}`, by its {proof}")
}

/// The line of `--verbose`.
fn identity_line(identity: &str, because: &str) -> String {
    format!("akv-xsoar: info: identity: {identity}: {because}\n")
}

/// What is set where.
#[derive(Default)]
struct Given {
    /// On the command line.
    args: Vec<String>,
    /// In the environment.
    env: Vec<(&'static str, String)>,
    /// In `config.json`.
    file: Option<String>,
}

fn given() -> Given {
    Given::default()
}

impl Given {
    fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&arg| arg.to_owned()));
        self
    }

    fn env(mut self, name: &'static str, value: &str) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    fn file(mut self, json: &Value) -> Self {
        self.file = Some(json.to_string());
        self
    }

    fn run_in<'a>(&self, directory: &'a Scratch, azure: &'a Standin) -> Akv<'a> {
        private(directory, "secret", CLIENT_SECRET);
        let mut akv = Akv::new()
            .args(["get", "kv-prod/api"])
            .args(&self.args)
            .azure(azure)
            .cwd(directory.path())
            // For the report of a failure.
            .env("CASE", self.to_string());
        for (name, value) in &self.env {
            akv = akv.env(name, value);
        }
        if let Some(json) = &self.file {
            private(directory, "config.json", json);
            akv = akv.args(["--config", "config.json"]);
        }
        akv
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or_default();
        write!(f, "{:?} {:?} {file}", self.args, self.env)
    }
}

#[test]
fn the_application_that_was_meant() {
    let azure = azure();
    let app = |json: Value| {
        let mut all = json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "credentials": {"password": CLIENT_SECRET}});
        let (all_fields, fields) = (all.as_object_mut().unwrap(), json.as_object().unwrap());
        all_fields.extend(fields.clone());
        all
    };
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
    let from_file = ["--client-secret-file", "secret"];
    let stray = || {
        given()
            .env("AZURE_TENANT_ID", OTHER_TENANT)
            .env("AZURE_CLIENT_ID", STRAY)
    };
    for (given, because) in [
        // One rank alone.
        (
            given().args(&ids).args(&from_file),
            "`--client-secret-file` with `--client-id` and `--tenant-id`",
        ),
        (
            given()
                .env("AZURE_TENANT_ID", TENANT)
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET),
            "`AZURE_CLIENT_SECRET` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`",
        ),
        (
            given().file(&app(json!({}))),
            "`credentials` in `config.json` with `client_id` in `config.json` and `tenant_id` in `config.json`",
        ),
        // What is complete is not changed by a lower rank, and a file's not by stray ids above it.
        (
            stray()
                .args(&ids)
                .args(&from_file)
                .env("AZURE_CLIENT_SECRET", "stray secret")
                .file(&json!({"tenant_id": "other", "use_managed_identities": true})),
            "`--client-secret-file` with `--client-id` and `--tenant-id`",
        ),
        (
            stray().file(&app(json!({"use_managed_identities": false}))),
            "`credentials` in `config.json` with `client_id` in `config.json` and `tenant_id` in `config.json`",
        ),
        // A lower rank fills in what is missing, and so does a higher one.
        (
            given()
                .args(&from_file)
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"tenant_id": TENANT, "client_id": STRAY})),
            "`--client-secret-file` with `AZURE_CLIENT_ID` and `tenant_id` in `config.json`",
        ),
        (
            given()
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .file(&json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "use_managed_identities": true})),
            "`AZURE_CLIENT_SECRET` with `client_id` in `config.json` and `tenant_id` in `config.json`",
        ),
        (
            stray()
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"tenant_id": TENANT, "client_secret": CLIENT_SECRET})),
            "`client_secret` in `config.json` with `AZURE_CLIENT_ID` and `tenant_id` in `config.json`",
        ),
        // The command line's ids always win.
        (
            stray()
                .args(&["--tenant-id", TENANT])
                .file(&app(json!({"tenant_id": OTHER_TENANT}))),
            "`credentials` in `config.json` with `client_id` in `config.json` and `--tenant-id`",
        ),
        (
            stray()
                .args(&ids)
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET),
            "`AZURE_CLIENT_SECRET` with `--client-id` and `--tenant-id`",
        ),
        // A key of the integration's that counts only with another one.
        (
            given().file(&app(json!({"managed_identities_client_id": {"password": USER_CLIENT_ID}}))),
            "`credentials` in `config.json` with `client_id` in `config.json` and `tenant_id` in `config.json`",
        ),
    ] {
        let directory = Scratch::new("choice");
        let identity = identity_line(&application("secret"), because);
        given
            .run_in(&directory, &azure)
            .arg("--verbose")
            .stdout("value-of-api")
            .stderr_has(identity)
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn a_tenant_by_its_domain() {
    let azure = azure();
    Akv::new()
        .args(["get", "kv-prod/api", "--tenant-id", TENANT_DOMAIN])
        .args(["--client-id", CLIENT_ID])
        .azure(&azure)
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .stdout("value-of-api")
        .run();
    let token = format!("POST login.microsoftonline.com/{TENANT_DOMAIN}/oauth2/v2.0/token");
    azure.expect(&[&token, READ]);
}

/// Everything that could name an identity, empty.
fn nothing_in_many_words() -> Given {
    let variables = [
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_FEDERATED_TOKEN_FILE",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IMDS_ENDPOINT",
    ];
    let options = [
        "--tenant-id",
        "--client-secret-file",
        "--client-certificate",
        "--federated-token-file",
        "--managed-identity-client-id",
        "--identity",
    ];
    let given = variables
        .iter()
        .fold(given(), |given, variable| given.env(variable, ""));
    let given = options
        .iter()
        .fold(given, |given, option| given.args(&[option, ""]));
    given.file(&json!({
        "client_id": "", "credentials": {"password": ""}, "private_key": "",
        "certificate_thumbprint": "", "federated_token_file": "", "identity": "",
    }))
}

#[test]
fn the_managed_identity_that_was_meant() {
    let azure = azure();
    let by_client = format!("&client_id={USER_CLIENT_ID}");
    let by_object = format!("&object_id={USER_OBJECT_ID}");
    let own = "this machine's managed identity, by the metadata endpoint";
    let user = format!("the managed identity `{USER_CLIENT_ID}`, by the metadata endpoint");
    let other = format!("the managed identity `{USER_OBJECT_ID}`, by the metadata endpoint");
    let app = json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": "unused"});
    for (given, query, identity, because) in [
        (given(), "", own, "nothing else is configured"),
        // Empty counts as not given.
        (
            nothing_in_many_words(),
            "",
            own,
            "nothing else is configured",
        ),
        (
            given().env("AZURE_CLIENT_ID", USER_CLIENT_ID),
            &by_client,
            &user,
            "`AZURE_CLIENT_ID` is set, and nothing else",
        ),
        // The command line before the environment and the file, with no id of theirs.
        (
            given()
                .args(&["--managed-identity"])
                .env("AZURE_CLIENT_ID", STRAY)
                .env("AZURE_TENANT_ID", OTHER_TENANT)
                .env("AZURE_CLIENT_SECRET", "unused")
                .file(&app),
            "",
            own,
            "`--managed-identity` says so",
        ),
        (
            given()
                .args(&["--managed-identity-object-id", USER_OBJECT_ID])
                .file(&json!({"use_managed_identities": true})),
            &by_object,
            &other,
            "`--managed-identity-object-id` says so",
        ),
        // The file's.
        (
            given()
                .env("AZURE_CLIENT_ID", STRAY)
                .env("AZURE_TENANT_ID", OTHER_TENANT)
                .file(&json!({"use_managed_identities": true, "client_id": STRAY})),
            "",
            own,
            "`use_managed_identities` in `config.json` says so",
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", STRAY)
                .file(&json!({"use_managed_identities": true, "managed_identities_client_id": {"password": USER_CLIENT_ID}})),
            &by_client,
            &user,
            "`use_managed_identities` in `config.json` says so",
        ),
        (
            given().file(&json!({"managed_identity_client_id": USER_CLIENT_ID})),
            &by_client,
            &user,
            "`managed_identity_client_id` in `config.json` says so",
        ),
        (
            given().file(&json!({"managed_identity": true})),
            "",
            own,
            "`managed_identity` in `config.json` says so",
        ),
        // Without `use_managed_identities` it means nothing.
        (
            given().file(&json!({"managed_identities_client_id": {"password": STRAY}})),
            "",
            own,
            "nothing else is configured",
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", USER_CLIENT_ID)
                .file(&json!({"managed_identities_client_id": STRAY})),
            &by_client,
            &user,
            "`AZURE_CLIENT_ID` is set, and nothing else",
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .arg("--verbose")
            .stdout("value-of-api")
            .stderr_has(identity_line(identity, because))
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), READ]);
    }
}
