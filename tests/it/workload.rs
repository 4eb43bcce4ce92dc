//! Workload identity: an application with a federated token, as in Kubernetes.

use crate::command::Akv;
use crate::files::set_mode;
use crate::standin::{
    CLIENT_ID, Fault, ISSUER, SUBJECT, Scratch, Standin, TENANT, federated_token,
};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const VARIABLE: &str = "AZURE_FEDERATED_TOKEN_FILE";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// A run with this token in a file, as the webhook of Azure Workload Identity arranges it.
fn run<'a>(azure: &'a Standin, directory: &'a Scratch, token: &str) -> Akv<'a> {
    // Kubernetes lets everybody read it.
    set_mode(directory.write("token", token), 0o644);
    Akv::new()
        .args(["get", "kv-prod/api"])
        .azure(azure)
        .cwd(directory.path())
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
        .env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/")
        .env(VARIABLE, "token")
}

#[test]
fn the_token_goes_in_the_place_of_a_secret() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let token = azure.federate();

    run(&azure, &directory, &token)
        .arg("--verbose")
        .stdout("value-of-api")
        .stderr_has(format!(
            "identity: the application `{CLIENT_ID}` of the tenant `{TENANT}`, by its federated token: `{VARIABLE}` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`\n"
        ))
        .run();

    azure.expect(&[&azure.token_request(), READ]);
    let form = azure.requests()[0].form();
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "client_id",
            "client_assertion_type",
            "client_assertion",
            "grant_type",
            "scope"
        ]
    );
}

#[test]
fn the_option() {
    let azure = azure();
    let directory = Scratch::new("workload");
    directory.write("token", azure.federate());
    Akv::new()
        .args(["get", "kv-prod/api", "--federated-token-file", "token"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .azure(&azure)
        .cwd(directory.path())
        .stdout("value-of-api")
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn white_space_around_it_is_nobody_s_business() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let token = azure.federate();
    for text in [
        format!("{token}\n"),
        format!("{token}\r\n"),
        format!("  {token}\n\n"),
        format!("\u{feff}{token}"),
        format!("\u{feff}{token}\r\n"),
    ] {
        run(&azure, &directory, &text).stdout("value-of-api").run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn a_file_without_a_token() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let hint = "akv-xsoar: hint: in Kubernetes the pod needs the label `azure.workload.identity/use: \"true\"` and its service account\n";
    for (text, words) in [
        ("", "it is empty\n"),
        (" \n\n", "it is empty\n"),
        ("two words", "it does not hold a token\n"),
        ("caf\u{e9}", "it does not hold a token\n"),
        ("\u{feff}\u{feff}a", "it does not hold a token\n"),
        (&"a".repeat(70 * 1024)[..], ""),
    ] {
        run(&azure, &directory, text)
            .status(2)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read the federated token in `token`: {words}"
            ))
            .stderr_has(hint)
            .run();
    }
    run(&azure, &directory, "x")
        .env(VARIABLE, "nowhere")
        .status(2)
        .stderr_has("cannot read the federated token in `nowhere`: no such file or directory\n")
        .stderr_has(hint)
        .run();
}

#[test]
fn a_token_that_no_credential_is_for() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let hint = "akv-xsoar: hint: no federated credential of the application matches: check its issuer, subject and audience\n";
    // The application has none at all.
    run(&azure, &directory, &federated_token(ISSUER, SUBJECT))
        .status(3)
        .stderr_has("AADSTS70025: ")
        .stderr_has(hint)
        .run();
    azure.expect(&[&azure.token_request()]);

    azure.federate();
    let loud = SUBJECT.to_uppercase();
    for (token, words) in [
        (
            federated_token("https://elsewhere.example/", SUBJECT),
            "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://elsewhere.example/' (invalid_request,",
        ),
        (
            federated_token(ISSUER, "system:serviceaccount:default:default"),
            "AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:default:default' (invalid_request,",
        ),
        (
            federated_token(ISSUER, &loud),
            "AADSTS7002138: No matching federated identity record found for presented assertion subject",
        ),
    ] {
        run(&azure, &directory, &token)
            .status(3)
            .stderr_has(words)
            .stderr_has(hint)
            .run();
        azure.expect(&[&azure.token_request()]);
    }

    azure.fault(&azure.token_request(), Fault::aadsts(70_021));
    run(&azure, &directory, &federated_token(ISSUER, SUBJECT))
        .status(3)
        .stderr_has("AADSTS70021: No matching federated identity record found for presented assertion (invalid_request,")
        .stderr_has(hint)
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn what_is_no_assertion_at_all() {
    let azure = azure();
    let directory = Scratch::new("workload");
    azure.federate();
    run(&azure, &directory, "CanaryThatIsNoJwt")
        .canary("CanaryThatIsNoJwt")
        .status(3)
        .stderr_has("AADSTS50027: JWT token is invalid or malformed (invalid_client,")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn half_of_it() {
    let azure = azure();
    let directory = Scratch::new("workload");
    run(&azure, &directory, "x")
        .env_remove("AZURE_TENANT_ID")
        .status(2)
        .stderr_has(format!(
            "`{VARIABLE}` is half an application: there is no tenant id"
        ))
        .run();
    run(&azure, &directory, "x")
        .env_remove(VARIABLE)
        .args(["--identity", "workload"])
        .status(2)
        .stderr_has(format!(
            "there is no federated token (`--federated-token-file`, `{VARIABLE}`)"
        ))
        .run();
}

#[test]
fn a_managed_identity_is_never_a_workload() {
    let azure = azure();
    let directory = Scratch::new("workload");
    run(&azure, &directory, &azure.federate())
        .arg("--managed-identity")
        .stdout("value-of-api")
        .run();
    azure.expect(&[
        "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net",
        READ,
    ]);
}
