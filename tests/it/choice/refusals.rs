//! What is refused: two identities, half of one, and ids that cannot be.

use std::fs;

use serde_json::json;

use super::{METADATA, READ, azure, given};
use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT, USER_CLIENT_ID};

pub(super) const MISSING: &str = "akv-xsoar: hint: give what is missing on the command line, in the environment or in the configuration file; or use `--managed-identity`\n";

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
        (
            given().args(&["--client-certificate", "app.pem", "--federated-token-file", "token"]),
            "`--client-certificate` and `--federated-token-file`",
        ),
        (
            given().args(&["--federated-token-file=token", "--managed-identity-client-id=x"]),
            "`--federated-token-file` and `--managed-identity-client-id`",
        ),
        (
            given()
                .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
                .env("AZURE_FEDERATED_TOKEN_FILE", "token"),
            "`AZURE_CLIENT_CERTIFICATE_PATH` and `AZURE_FEDERATED_TOKEN_FILE`",
        ),
        (
            given().file(&json!({"client_certificate": "app.pem", "certificate_thumbprint": "AB"})),
            "`client_certificate` in `config.json` and `certificate_thumbprint` in `config.json`",
        ),
        (
            given().file(&json!({"private_key": "PEM", "certificate_thumbprint": "AB", "use_managed_identities": true})),
            "`private_key` in `config.json` and `use_managed_identities` in `config.json`",
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
            given().env("AZURE_TENANT_ID", TENANT),
            format!(
                "`AZURE_TENANT_ID` is half an application: there is {NO_CLIENT}, and {NO_SECRET}"
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

/// A client id that nothing proves may be a managed identity's: there the hint says so.
#[test]
fn a_client_id_that_may_be_a_managed_identity_s() {
    const NO_SECRET: &str =
        "no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)";
    const NEITHER: &str = "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`), and no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)";

    let azure = azure();
    for (given, words, origin, missing) in [
        (
            given().args(&["--client-id", CLIENT_ID]),
            "`--client-id` is",
            "`--client-id`",
            NEITHER,
        ),
        (
            given().file(&json!({"client_id": CLIENT_ID})),
            "`client_id` in `config.json` is",
            "`client_id` in `config.json`",
            NEITHER,
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"use_managed_identities": false})),
            "`AZURE_CLIENT_ID` is",
            "`AZURE_CLIENT_ID`",
            NEITHER,
        ),
        // With the tenant, as a pipeline's variables have it.
        (
            given().args(&["--tenant-id", TENANT, "--client-id", CLIENT_ID]),
            "`--tenant-id` and `--client-id` are",
            "`--client-id`",
            NO_SECRET,
        ),
        (
            given()
                .env("AZURE_TENANT_ID", TENANT)
                .env("AZURE_CLIENT_ID", CLIENT_ID),
            "`AZURE_TENANT_ID` and `AZURE_CLIENT_ID` are",
            "`AZURE_CLIENT_ID`",
            NO_SECRET,
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"tenant_id": TENANT})),
            "`tenant_id` in `config.json` and `AZURE_CLIENT_ID` are",
            "`AZURE_CLIENT_ID`",
            NO_SECRET,
        ),
        // A password that is masked is none.
        (
            given().file(
                &json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "credentials": {"password": "******"}}),
            ),
            "`tenant_id` in `config.json` and `client_id` in `config.json` are",
            "`client_id` in `config.json`",
            NO_SECRET,
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {words} half an application: there is {missing}\n\
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
        format!(r#"{{"tenant_id": "{TENANT}"}}"#),
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
            "`--tenant-id` is not a valid tenant: it may have letters, digits, dots and hyphens only",
        ),
        (
            proof().args(&["--tenant-id", "..", "--client-id", CLIENT_ID]),
            "`--tenant-id` is not a valid tenant: it may have letters, digits, dots and hyphens only",
        ),
        (
            proof().args(&["--tenant-id", TENANT, "--client-id", "an id\n"]),
            "`--client-id` is not a valid client id",
        ),
        (
            given().args(&["--managed-identity-client-id", "an id"]),
            "`--managed-identity-client-id` has blanks, quotes or invisible characters in it",
        ),
        (
            given().env("AZURE_CLIENT_ID", "an id"),
            "`AZURE_CLIENT_ID` has blanks, quotes or invisible characters in it",
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

/// A private key without its thumbprint, or the other way round.
#[test]
fn half_a_certificate() {
    let azure = azure();
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
    let thumbprint = "0123456789abcdef0123456789ABCDEF01234567";
    for (json, words) in [
        (
            json!({"private_key": "PEM"}),
            "`private_key` in `config.json` is half a certificate: there is no `credentials_certificate_thumbprint`",
        ),
        (
            json!({"private_key": "PEM", "certificate_thumbprint": ""}),
            "`private_key` in `config.json` is half a certificate: there is no `credentials_certificate_thumbprint`",
        ),
        (
            json!({"credentials_certificate_thumbprint": {"password": thumbprint}}),
            "`credentials_certificate_thumbprint` in `config.json` is half a certificate: there is no `private_key`",
        ),
        (
            json!({"certificate_thumbprint": thumbprint, "private_key": null}),
            "`certificate_thumbprint` in `config.json` is half a certificate: there is no `private_key`",
        ),
        // A key that is masked is none.
        (
            json!({"certificate_thumbprint": thumbprint, "private_key": "********"}),
            "`certificate_thumbprint` in `config.json` is half a certificate: there is no `private_key`",
        ),
    ] {
        let directory = Scratch::new("choice");
        given()
            .args(&ids)
            .file(&json)
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {words}\nakv-xsoar: hint: give both, or one PEM file with `--client-certificate`\n"
            ))
            .run();
        azure.expect(&[]);
    }
}
