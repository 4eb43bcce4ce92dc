//! Which identity: ranks, what fills in, and what is refused before anything is sent.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, Scratch, Standin, TENANT, TENANT_DOMAIN,
    USER_CLIENT_ID, USER_OBJECT_ID,
};

const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const STRAY: &str = "57a57a57-0000-4000-8000-000000000000";
const MISSING: &str = "akv-xsoar: hint: give what is missing on the command line, in the environment or in the configuration file; or use `--managed-identity`\n";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
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

/// A file that only its owner may read.
fn private(directory: &Scratch, name: &str, content: &str) -> PathBuf {
    let path = directory.write(name, content);
    mode(&path, 0o600);
    path
}

fn mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
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
        let identity = format!(
            "akv-xsoar: info: identity: the application `{CLIENT_ID}` of the tenant `{TENANT}`, by its secret: {because}\n"
        );
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

#[test]
fn the_managed_identity_that_was_meant() {
    let azure = azure();
    let by_client = format!("&client_id={USER_CLIENT_ID}");
    let by_object = format!("&object_id={USER_OBJECT_ID}");
    let own = "this machine's own managed identity";
    let user = format!("the user-assigned managed identity `{USER_CLIENT_ID}`");
    let other = format!("the user-assigned managed identity `{USER_OBJECT_ID}`");
    let app = json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": "unused"});
    for (given, query, identity, because) in [
        (given(), "", own, "nothing else is configured"),
        // Empty counts as not given.
        (
            given()
                .args(&["--client-secret-file=", "--tenant-id", "", "--managed-identity-client-id="])
                .env("AZURE_CLIENT_ID", "")
                .env("AZURE_TENANT_ID", "")
                .env("AZURE_CLIENT_SECRET", "")
                .env("AZURE_FEDERATED_TOKEN_FILE", "")
                .file(&json!({"client_id": "", "credentials": {"password": ""}, "private_key": ""})),
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
            .stderr_has(format!("akv-xsoar: info: identity: {identity}: {because}\n"))
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), READ]);
    }
}

#[test]
fn two_identities_at_one_rank() {
    let azure = azure();
    let secret = json!({"password": CLIENT_SECRET});
    for (given, both) in [
        (
            given().args(&["--client-secret-file", "secret", "--managed-identity"]),
            "`--client-secret-file` and `--managed-identity`",
        ),
        (
            given().args(&["--managed-identity-client-id=x", "--managed-identity"]),
            "`--managed-identity` and `--managed-identity-client-id`",
        ),
        (
            given()
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem"),
            "`AZURE_CLIENT_SECRET` and `AZURE_CLIENT_CERTIFICATE_PATH`",
        ),
        (
            given()
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .env("AZURE_FEDERATED_TOKEN_FILE", "token"),
            "`AZURE_CLIENT_SECRET` and `AZURE_FEDERATED_TOKEN_FILE`",
        ),
        (
            given().file(&json!({"credentials": secret, "use_managed_identities": true})),
            "`credentials` in `config.json` and `use_managed_identities` in `config.json`",
        ),
        (
            given().file(&json!({"credentials": secret, "private_key": "PEM"})),
            "`credentials` in `config.json` and `private_key` in `config.json`",
        ),
        (
            given().file(&json!({"credentials": secret, "client_secret_file": "secret"})),
            "`client_secret_file` in `config.json` and `credentials` in `config.json`",
        ),
        // A lower rank's contradiction is passed over by what decides above it, and not otherwise.
        (
            given()
                .args(&["--tenant-id", TENANT, "--client-id", CLIENT_ID])
                .file(&json!({"credentials": secret, "managed_identity": true})),
            "`credentials` in `config.json` and `managed_identity` in `config.json`",
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {both} name two identities\nakv-xsoar: hint: leave one of them out\n"
            ))
            .run();
        azure.expect(&[]);
    }

    let directory = Scratch::new("choice");
    given()
        .args(&["--managed-identity"])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .env("AZURE_FEDERATED_TOKEN_FILE", "token")
        .file(&json!({"credentials": secret, "use_managed_identities": true}))
        .run_in(&directory, &azure)
        .stdout("value-of-api")
        .run();
    azure.expect(&[METADATA, READ]);
}

#[test]
fn half_an_application() {
    const NO_TENANT: &str = "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)";
    const NO_CLIENT: &str = "no client id (`--client-id`, `AZURE_CLIENT_ID`, `client_id`)";
    const NO_SECRET: &str =
        "no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)";

    let azure = azure();
    for (given, words) in [
        (
            given().args(&["--client-secret-file", "secret"]),
            format!(
                "`--client-secret-file` is half an application: there is {NO_TENANT}, and {NO_CLIENT}"
            ),
        ),
        (
            given()
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .env("AZURE_CLIENT_ID", CLIENT_ID),
            format!("`AZURE_CLIENT_SECRET` is half an application: there is {NO_TENANT}"),
        ),
        (
            given()
                .args(&["--tenant-id", TENANT])
                .file(&json!({"credentials": {"password": CLIENT_SECRET}})),
            format!("`credentials` in `config.json` is half an application: there is {NO_CLIENT}"),
        ),
        (
            given().args(&["--tenant-id", TENANT, "--client-id", CLIENT_ID]),
            format!("`--tenant-id` and `--client-id` are half an application: there is {NO_SECRET}"),
        ),
        (
            given().env("AZURE_TENANT_ID", TENANT),
            format!(
                "`AZURE_TENANT_ID` is half an application: there is {NO_CLIENT}, and {NO_SECRET}"
            ),
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"tenant_id": TENANT})),
            format!(
                "`tenant_id` in `config.json` and `AZURE_CLIENT_ID` are half an application: there is {NO_SECRET}"
            ),
        ),
        // A password that is masked is none.
        (
            given().file(
                &json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "credentials": {"password": "******"}}),
            ),
            format!(
                "`tenant_id` in `config.json` and `client_id` in `config.json` are half an application: there is {NO_SECRET}"
            ),
        ),
        (
            given().file(&json!({"use_managed_identities": false})),
            format!(
                "`use_managed_identities` in `config.json` is false, and no application is given: there is {NO_TENANT}, and {NO_CLIENT}, and {NO_SECRET}"
            ),
        ),
        (
            given().file(&json!({"managed_identity": false})),
            format!(
                "`managed_identity` in `config.json` is false, and no application is given: there is {NO_TENANT}, and {NO_CLIENT}, and {NO_SECRET}"
            ),
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!("akv-xsoar: error: {words}\n{MISSING}"))
            .run();
        azure.expect(&[]);
    }
}

/// A client id without a tenant may be a managed identity's: there the hint says so.
#[test]
fn a_client_id_that_may_be_a_managed_identity_s() {
    let azure = azure();
    for (given, origin) in [
        (given().args(&["--client-id", CLIENT_ID]), "`--client-id`"),
        (
            given().file(&json!({"client_id": CLIENT_ID})),
            "`client_id` in `config.json`",
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"use_managed_identities": false})),
            "`AZURE_CLIENT_ID`",
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {origin} is half an application: there is no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`), and no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)\n\
                 akv-xsoar: hint: if {origin} is a managed identity's, give it as `--managed-identity-client-id`; an application's secret goes into `--client-secret-file`\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn half_an_application_in_a_file_whose_path_says_secret() {
    let azure = azure();
    let directory = Scratch::new("choice");
    fs::create_dir(directory.join("secrets")).unwrap();
    private(
        &directory,
        "secrets/c.json",
        &format!(r#"{{"tenant_id": "{TENANT}"}}"#),
    );
    Akv::new()
        .args(["get", "kv-prod/api", "--config", "secrets/c.json"])
        .azure(&azure)
        .cwd(directory.path())
        .status(2)
        .stderr_has("and no secret (`--client-secret-file`")
        .run();
    azure.expect(&[]);
}

#[test]
fn ids_that_cannot_be() {
    let azure = azure();
    let proof = || given().env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    for (given, words) in [
        (
            proof().args(&["--tenant-id", "common/../x", "--client-id", CLIENT_ID]),
            "`--tenant-id` is no tenant: letters, digits, dots and hyphens only",
        ),
        (
            proof().args(&["--tenant-id", "..", "--client-id", CLIENT_ID]),
            "`--tenant-id` is no tenant: letters, digits, dots and hyphens only",
        ),
        (
            proof().args(&["--tenant-id", TENANT, "--client-id", "an id\n"]),
            "`--client-id` is no client id",
        ),
        (
            given().args(&["--managed-identity-client-id", "an id"]),
            "`--managed-identity-client-id` has blanks or control characters in it",
        ),
        (
            given().env("AZURE_CLIENT_ID", "an id"),
            "`AZURE_CLIENT_ID` has blanks or control characters in it",
        ),
        // An id that is masked must not become the machine's own identity.
        (
            given().file(
                &json!({"use_managed_identities": true, "managed_identities_client_id": {"password": "******"}}),
            ),
            "`managed_identities_client_id` in `config.json` is masked: the id is missing",
        ),
        // Which of them is meant?
        (
            given().args(&["--managed-identity", "--client-id", USER_CLIENT_ID]),
            "`--client-id` is an application's, and `--managed-identity` means a managed identity",
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr_has(format!("akv-xsoar: error: {words}\nakv-xsoar: hint: "))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn identities_of_later_versions() {
    let azure = azure();
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
    for (given, origin) in [
        (
            given().args(&ids).env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem"),
            "`AZURE_CLIENT_CERTIFICATE_PATH`",
        ),
        (
            given().args(&ids).env("AZURE_FEDERATED_TOKEN_FILE", "token"),
            "`AZURE_FEDERATED_TOKEN_FILE`",
        ),
        (
            given().args(&ids).file(
                &json!({"private_key": "PEM", "credentials_certificate_thumbprint": {"password": "AB12"}}),
            ),
            "`private_key` in `config.json`",
        ),
        (
            given().args(&ids).file(&json!({"certificate_thumbprint": "AB12"})),
            "`certificate_thumbprint` in `config.json`",
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {origin} means an identity that this version does not have\n\
                 akv-xsoar: hint: give a client secret (`--client-secret-file`), or a managed identity (`--managed-identity`)\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn where_a_managed_identity_is_asked_for() {
    let azure = azure();
    let app_service = |other| {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .azure(&azure)
            .env("IDENTITY_ENDPOINT", "http://127.0.0.1:1/token")
            .env(other, "x")
    };
    for (variable, service) in [
        ("IDENTITY_HEADER", "App Service"),
        ("IMDS_ENDPOINT", "Azure Arc"),
    ] {
        app_service(variable)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `IDENTITY_ENDPOINT` and `{variable}` mean {service}'s managed identity, which this version does not have\n\
                 akv-xsoar: hint: give an application: `--tenant-id`, `--client-id`, `--client-secret-file`\n"
            ))
            .run();
        azure.expect(&[]);
    }

    // Empty counts as not given: the endpoint alone means nothing.
    app_service("OTHER")
        .env("IDENTITY_HEADER", "")
        .stdout("value-of-api")
        .stderr("akv-xsoar: warning: `IDENTITY_ENDPOINT` is set without `IDENTITY_HEADER` or `IMDS_ENDPOINT`: the metadata endpoint is used\n")
        .run();
    azure.expect(&[METADATA, READ]);

    // An application does not care.
    Akv::new()
        .args(["get", "kv-prod/api"])
        .app(&azure)
        .env("IDENTITY_ENDPOINT", "x")
        .env("IDENTITY_HEADER", "x")
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "nonsense")
        .stdout("value-of-api")
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn where_the_metadata_endpoint_may_be() {
    let azure = azure();
    Akv::new()
        .args(["get", "kv-prod/api"])
        .azure(&azure)
        .env(
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            format!("{}/", azure.metadata_url()),
        )
        .stdout("value-of-api")
        .run();
    azure.expect(&[METADATA, READ]);

    let far = "plain http is allowed to loopback, link-local and private addresses only";
    let more = "a scheme, a host and a port are all it may have";
    for (address, problem) in [
        ("http://8.8.8.8", far),
        ("http://metadata.example:8080", far),
        ("http://localhost.example", far),
        ("http://172.32.0.1", far),
        ("http://127.0.0.1/metadata", more),
        ("http://127.0.0.1/?x=y", more),
        ("127.0.0.1:8080", "not an http or https URL"),
        ("ftp://127.0.0.1", "not an http or https URL"),
    ] {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .azure(&azure)
            .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", address)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `AZURE_POD_IDENTITY_AUTHORITY_HOST` cannot be used: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

/// A run as the application, with its secret in this file.
fn with_secret_file<'a>(azure: &'a Standin, file: &str) -> Akv<'a> {
    Akv::new()
        .args(["get", "kv-prod/api", "--client-secret-file", file])
        .app(azure)
        .env("AZURE_CLIENT_SECRET", "a secret that must not be used")
}

#[test]
fn the_secret_in_a_file() {
    let azure = azure();
    let directory = Scratch::new("choice");
    for (ending, permissions) in [
        ("", 0o600),
        ("\n", 0o600),
        ("\r\n", 0o400),
        ("\n", 0o640),
        ("\n", 0o660),
    ] {
        let path = private(&directory, "s", &format!("{CLIENT_SECRET}{ending}"));
        mode(&path, permissions);
        with_secret_file(&azure, "s")
            .cwd(directory.path())
            .env("CASE", format!("{ending:?} {permissions:04o}"))
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
        mode(&path, 0o600);
    }

    // Exactly one newline is dropped.
    private(&directory, "s", &format!("{CLIENT_SECRET}\n\n"));
    with_secret_file(&azure, "s")
        .cwd(directory.path())
        .status(3)
        .stderr_has("AADSTS7000215")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn the_secret_on_stdin() {
    let azure = azure();
    for ending in ["", "\n"] {
        with_secret_file(&azure, "-")
            .stdin(format!("{CLIENT_SECRET}{ending}"))
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
    with_secret_file(&azure, "-")
        .status(2)
        .stderr("akv-xsoar: error: cannot read the client secret of `--client-secret-file` from standard input: it is empty\n")
        .run();
    azure.expect(&[]);
}

#[test]
fn files_that_hold_no_secret() {
    let azure = azure();
    let directory = Scratch::new("choice");
    fs::create_dir(directory.join("directory")).unwrap();
    private(&directory, "empty", "");
    private(&directory, "newline", "\n");
    private(&directory, "large", &"x".repeat(20_000));
    fs::write(private(&directory, "binary", ""), [0xff, 0xfe]).unwrap();
    for (name, open) in [("open", 0o604), ("wide-open", 0o666)] {
        mode(&private(&directory, name, CLIENT_SECRET), open);
    }
    for (file, problem) in [
        ("gone", "no such file or directory"),
        ("gone/s", "no such file or directory"),
        ("directory", "it is a directory"),
        ("empty", "it is empty"),
        ("newline", "it is empty"),
        ("large", "it is larger than 16384 bytes"),
        ("binary", "it is not UTF-8 text"),
        (
            "open",
            "every user may read it (mode 0604)\nakv-xsoar: hint: `chmod o-rwx open`",
        ),
        (
            "wide-open",
            "every user may read it (mode 0666)\nakv-xsoar: hint: `chmod o-rwx wide-open`",
        ),
    ] {
        with_secret_file(&azure, file)
            .cwd(directory.path())
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot read the client secret of `--client-secret-file` from `{file}`: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn the_secret_in_a_pipe() {
    let azure = azure();
    let directory = Scratch::new("choice");
    let made = Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(directory.join("pipe"))
        .status();
    assert!(made.unwrap().success());

    // It waits for what comes.
    let run = with_secret_file(&azure, "pipe")
        .cwd(directory.path())
        .stdout("value-of-api")
        .spawn();
    fs::write(directory.join("pipe"), CLIENT_SECRET).unwrap();
    run.wait();
    azure.expect(&[&azure.token_request(), READ]);

    // Nobody writes: the deadline holds.
    let output = with_secret_file(&azure, "pipe")
        .args(["--timeout", "0.3"])
        .cwd(directory.path())
        .status(8)
        .stderr("akv-xsoar: error: cannot read the client secret of `--client-secret-file` from `pipe`: nothing came from it within 0.3 s (`--timeout`)\n")
        .run();
    assert!(output.elapsed.as_millis() < 800, "{:?}", output.elapsed);
    azure.expect(&[]);
}
