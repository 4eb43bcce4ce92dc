//! What is refused where a kind is pinned: what says otherwise, what is no kind, and half of one.

use serde_json::json;

use super::super::{Given, azure, given};
use super::everything;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, USER_CLIENT_ID};

#[test]
fn an_option_that_says_otherwise() {
    let azure = azure();
    let directory = Scratch::new("choice");
    let proofs = [
        ("--client-secret-file", "secret", "secret"),
        ("--client-certificate", "app.pem", "certificate"),
        ("--federated-token-file", "token", "workload"),
        ("--managed-identity-client-id", USER_CLIENT_ID, "managed"),
        ("--managed-identity-object-id", USER_CLIENT_ID, "managed"),
        ("--managed-identity-resource-id", "/x", "managed"),
    ];
    let refused = |given: Given, option: &str, pin: &str| {
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `{option}` is not of the kind that {pin} pins\nakv-xsoar: hint: leave one of them out\n"
            ))
            .run();
        azure.expect(&[]);
    };
    for kind in [
        "secret",
        "certificate",
        "workload",
        "imds",
        "arc",
        "app-service",
    ] {
        let managed = matches!(kind, "imds" | "arc" | "app-service");
        for (option, value, own) in proofs {
            if own == kind || own == "managed" && managed {
                continue;
            }
            let set = everything().args(&["--identity", kind, option, value]);
            refused(set, option, "`--identity`");
        }
        if !managed {
            let set = given().args(&["--managed-identity", "--identity", kind]);
            refused(set, "--managed-identity", "`--identity`");
        }
    }
    // The file's pin holds for the command line, too; and one beside the fitting one says otherwise.
    let set = given()
        .args(&["--managed-identity"])
        .file(&json!({"identity": "workload"}));
    refused(set, "--managed-identity", "`identity` in `config.json`");
    let set = everything().args(&[
        "--identity=secret",
        "--client-secret-file=secret",
        "--client-certificate=app.pem",
    ]);
    refused(set, "--client-certificate", "`--identity`");

    // A client id on the command line counts, and is no managed identity's.
    given()
        .args(&["--identity=arc", "--client-id", CLIENT_ID])
        .run_in(&directory, &azure)
        .status(2)
        .stderr("akv-xsoar: error: `--client-id` is an application's, and `--identity` means a managed identity\nakv-xsoar: hint: a managed identity is named by `--managed-identity-client-id`\n")
        .run();
    // Two of the pinned kind are two still.
    given()
        .args(&["--identity=certificate"])
        .file(&json!({"client_certificate": "app.pem", "private_key": "PEM"}))
        .run_in(&directory, &azure)
        .status(2)
        .stderr("akv-xsoar: error: `client_certificate` in `config.json` and `private_key` in `config.json` name two identities\nakv-xsoar: hint: leave one of them out\n")
        .run();
    azure.expect(&[]);
}

#[test]
fn no_such_kind() {
    let azure = azure();
    let kinds = "must be `secret`, `certificate`, `workload`, `imds`, `arc` or `app-service`";
    for (given, (origin, shown)) in [
        (
            everything().args(&["--identity", "vm"]),
            ("`--identity`", ", not `vm`"),
        ),
        (
            given().args(&["--identity=Secret", "--managed-identity"]),
            (
                "`--identity`",
                ", not `Secret`\nakv-xsoar: hint: did you mean `secret`?",
            ),
        ),
        // Of the file nothing is shown: a secret may have got there.
        (
            given().file(&json!({"identity": "a secret by mistake"})),
            ("`identity` in `config.json`", ""),
        ),
    ] {
        let directory = Scratch::new("choice");
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!("akv-xsoar: error: {origin} {kinds}{shown}\n"))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn half_of_the_pinned_kind() {
    const NO_TENANT: &str = "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)";
    const NO_SECRET: &str =
        "no secret (`--client-secret-file`, `AZURE_CLIENT_SECRET`, `credentials.password`)";
    const NO_CERTIFICATE: &str = "no certificate (`--client-certificate`, `AZURE_CLIENT_CERTIFICATE_PATH`, `private_key` with `credentials_certificate_thumbprint`)";
    const NO_TOKEN: &str =
        "no federated token (`--federated-token-file`, `AZURE_FEDERATED_TOKEN_FILE`)";

    let azure = azure();
    let directory = Scratch::new("choice");
    let means = "`--identity` means an application";
    let without = |variable| everything().env(variable, "");
    for (given, words) in [
        // Proofs of other kinds do not help, and neither does a managed identity of the file's.
        (
            without("AZURE_CLIENT_SECRET").args(&["--identity=secret"]),
            format!("{means}: there is {NO_SECRET}"),
        ),
        (
            without("AZURE_CLIENT_CERTIFICATE_PATH")
                .args(&["--identity=certificate"])
                .file(&json!({"use_managed_identities": true, "client_secret": CLIENT_SECRET})),
            format!("{means}: there is {NO_CERTIFICATE}"),
        ),
        (
            without("AZURE_FEDERATED_TOKEN_FILE")
                .env("AZURE_TENANT_ID", "")
                .args(&["--identity=workload"]),
            format!("{means}: there is {NO_TENANT}, and {NO_TOKEN}"),
        ),
        (
            given()
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"identity": "workload"})),
            format!(
                "`identity` in `config.json` means an application: there is {NO_TENANT}, and {NO_TOKEN}"
            ),
        ),
        // Its proof without its ids.
        (
            without("AZURE_TENANT_ID").args(&["--identity=certificate"]),
            format!("`AZURE_CLIENT_CERTIFICATE_PATH` is half an application: there is {NO_TENANT}"),
        ),
    ] {
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {words}\nakv-xsoar: hint: give what is missing on the command line, in the environment or in the configuration file\n"
            ))
            .run();
        azure.expect(&[]);
    }
    // Half of the certificate itself.
    everything()
        .args(&["--identity=certificate"])
        .env("AZURE_CLIENT_CERTIFICATE_PATH", "")
        .file(&json!({"private_key": "PEM"}))
        .run_in(&directory, &azure)
        .status(2)
        .stderr_has("akv-xsoar: error: `private_key` in `config.json` is half a certificate: there is no `credentials_certificate_thumbprint`\n")
        .run();
    azure.expect(&[]);
}
