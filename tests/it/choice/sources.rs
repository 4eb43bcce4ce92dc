//! Whose endpoint a managed identity is asked for at: App Service, Azure Arc, or the metadata endpoint.

use serde_json::json;

use super::{METADATA, READ, STRAY, azure, given, identity_line};
use crate::command::Akv;
use crate::standin::{
    APP_SERVICE_HEADER, CLIENT_ID, OTHER_TENANT, Scratch, Standin, TENANT, USER_CLIENT_ID,
};

pub(super) const APP_SERVICE: &str =
    "GET app-service/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
pub(super) const ARC: &str = "GET arc/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net";
const OWN: &str = "this machine's managed identity";

/// With these variables besides those that lead to the stand-in.
fn with<'a>(azure: &'a Standin, variables: &[(&str, &str)]) -> Akv<'a> {
    let run = Akv::new().args(["get", "kv-prod/api"]).azure(azure);
    variables
        .iter()
        .fold(run, |run, (name, value)| run.env(name, value))
}

#[test]
fn app_service_comes_first() {
    let azure = azure();
    let (app, arc) = (azure.app_service(), azure.arc());
    let line = |identity: &str, because: &str| {
        let because = format!("{because}; `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` are set");
        identity_line(&format!("{identity}, by App Service"), &because)
    };
    let variables = [
        ("IDENTITY_ENDPOINT", app.endpoint.as_str()),
        ("IDENTITY_HEADER", APP_SERVICE_HEADER),
        ("IMDS_ENDPOINT", &arc.imds_endpoint),
    ];
    for count in [2, 3] {
        with(&azure, &variables[..count])
            .arg("--verbose")
            .stdout("value-of-api")
            .stderr_has(line(OWN, "nothing else is configured"))
            .run();
        azure.expect(&[APP_SERVICE, READ]);
    }
    // Which identity is chosen by the same words wherever it is asked for.
    let user = format!("the managed identity `{USER_CLIENT_ID}`");
    let by_client = format!("{APP_SERVICE}&client_id={USER_CLIENT_ID}");
    with(&azure, &variables)
        .env("AZURE_CLIENT_ID", USER_CLIENT_ID)
        .arg("--verbose")
        .stdout("value-of-api")
        .stderr_has(line(&user, "`AZURE_CLIENT_ID` is set, and nothing else"))
        .run();
    azure.expect(&[&by_client, READ]);
    with(&azure, &variables)
        .env("AZURE_CLIENT_ID", STRAY)
        .env("AZURE_TENANT_ID", OTHER_TENANT)
        .args(["--verbose", "--managed-identity"])
        .stdout("value-of-api")
        .stderr_has(line(OWN, "`--managed-identity` says so"))
        .run();
    azure.expect(&[APP_SERVICE, READ]);
}

#[test]
fn then_arc() {
    let azure = azure();
    let arc = azure.arc();
    let keys = Scratch::new("choice");
    azure.arc_key_dir(keys.path());
    let variables = [
        ("IDENTITY_ENDPOINT", arc.identity_endpoint.as_str()),
        ("IMDS_ENDPOINT", &arc.imds_endpoint),
        ("IDENTITY_HEADER", ""),
    ];
    let user = format!("the managed identity `{USER_CLIENT_ID}`");
    let by_client = format!("{ARC}&client_id={USER_CLIENT_ID}");
    for (variable, value, request, identity, because) in [
        ("OTHER", "x", ARC, OWN, "nothing else is configured"),
        (
            "AZURE_CLIENT_ID",
            USER_CLIENT_ID,
            &by_client,
            &user,
            "`AZURE_CLIENT_ID` is set, and nothing else",
        ),
    ] {
        let because = format!("{because}; `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT` are set");
        // It is asked; only its keys are not where an agent has them.
        with(&azure, &variables)
            .env(variable, value)
            .arg("--verbose")
            .status(3)
            .stderr_has(identity_line(
                &format!("{identity}, by Azure Arc"),
                &because,
            ))
            .stderr_has("names a file that is not a key in the agent's folder `/var/opt/azcmagent/tokens`\n")
            .run();
        azure.expect(&[request]);
    }
}

#[test]
fn then_the_metadata_endpoint() {
    let azure = azure();
    // One of them alone means nothing.
    for variable in [
        "IMDS_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
        "MSI_ENDPOINT",
    ] {
        with(&azure, &[(variable, "x")])
            .arg("--verbose")
            .stdout("value-of-api")
            .stderr_has(identity_line(
                &format!("{OWN}, by the metadata endpoint"),
                "nothing else is configured",
            ))
            .stderr_lacks("warning")
            .run();
        azure.expect(&[METADATA, READ]);
    }
    // The endpoint alone makes one wonder.
    let warning = "akv-xsoar: warning: `IDENTITY_ENDPOINT` is set without `IDENTITY_HEADER` or `IMDS_ENDPOINT`: the metadata endpoint is used\n";
    for (variable, option, stderr) in [
        ("OTHER", None, warning),
        ("IDENTITY_SERVER_THUMBPRINT", None, warning),
        ("OTHER", Some("--managed-identity"), warning),
        ("OTHER", Some("--quiet"), ""),
    ] {
        // Whatever it is: nothing is asked there.
        with(
            &azure,
            &[("IDENTITY_ENDPOINT", "not a URL"), (variable, "x")],
        )
        .env("IDENTITY_HEADER", "")
        .args(option)
        .stdout("value-of-api")
        .stderr(stderr)
        .run();
        azure.expect(&[METADATA, READ]);
    }
}

#[test]
fn an_application_does_not_care() {
    let azure = azure();
    for last in ["IDENTITY_HEADER", "IMDS_ENDPOINT", "OTHER"] {
        with(&azure, &[("IDENTITY_ENDPOINT", "x"), (last, "x")])
            .app(&azure)
            .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "nonsense")
            .env("IDENTITY_SERVER_THUMBPRINT", "x")
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn service_fabric_is_not_supported() {
    let azure = azure();
    let app = azure.app_service();
    let variables = [
        ("IDENTITY_ENDPOINT", app.endpoint.as_str()),
        ("IDENTITY_HEADER", APP_SERVICE_HEADER),
        ("IDENTITY_SERVER_THUMBPRINT", "AB12"),
    ];
    for option in [
        None,
        Some("--managed-identity"),
        Some("--identity=app-service"),
    ] {
        with(&azure, &variables)
            .args(option)
            .status(2)
            .stderr(
                "akv-xsoar: error: `IDENTITY_SERVER_THUMBPRINT` means Service Fabric, whose managed identity is not supported\n\
                 akv-xsoar: hint: give an application: `--tenant-id`, `--client-id`, and a secret or a certificate\n",
            )
            .run();
        azure.expect(&[]);
    }
}

/// A key that only root can read is sent there.
#[test]
fn arc_s_endpoint_is_on_this_machine() {
    let azure = azure();
    let port = "the port must be a number from 1 to 65535";
    let far = "Azure Arc's endpoint must be on this machine (`127.0.0.1`, `localhost`)";
    for (endpoint, problem) in [
        ("http://10.0.0.4:40342/metadata/identity/oauth2/token", far),
        ("http://169.254.169.254/metadata/identity/oauth2/token", far),
        ("https://arc.example/metadata/identity/oauth2/token", far),
        ("http://127.0.0.1.example/x", far),
        ("http://localhost.example/x", far),
        ("http://0.0.0.0/x", far),
        ("http://[::ffff:10.0.0.4]/x", far),
        ("http://u:p@127.0.0.1:40342/x", "not an http or https URL"),
        ("http://127.0.0.1/x?y=z", "it must not have a query"),
        ("127.0.0.1:40342", "not an http or https URL"),
        ("ftp://127.0.0.1/x", "not an http or https URL"),
        ("http://127.0.0.1:/x", port),
        ("http://127.0.0.1:4034x/x", port),
        ("http://localhost:99999/x", port),
        ("http://[::1]:0/x", port),
    ] {
        for variables in [
            &[("IDENTITY_ENDPOINT", endpoint), ("IMDS_ENDPOINT", "x")][..],
            &[("IDENTITY_ENDPOINT", endpoint)],
        ] {
            let option = (variables.len() == 1).then_some("--identity=arc");
            with(&azure, variables)
                .args(option)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: `IDENTITY_ENDPOINT` cannot be used: {problem}\n"
                ))
                .run();
            azure.expect(&[]);
        }
    }
}

#[test]
fn app_service_s_endpoint_is_near_or_https() {
    let azure = azure();
    let app = azure.app_service();
    let header = ("IDENTITY_HEADER", APP_SERVICE_HEADER);
    let local = app.endpoint.replace("127.0.0.1", "LOCALHOST");
    with(&azure, &[("IDENTITY_ENDPOINT", &local), header])
        .stdout("value-of-api")
        .run();
    azure.expect(&[APP_SERVICE, READ]);

    // Anywhere by https; nobody listens at this one.
    with(
        &azure,
        &[
            ("IDENTITY_ENDPOINT", "https://127.0.0.1:1/msi/token"),
            header,
        ],
    )
    .args(["--timeout", "5"])
    .status(3)
    .stderr_has("127.0.0.1:1")
    .run();
    azure.expect(&[]);

    let far = "plain http is allowed to loopback, link-local and private addresses only";
    for (endpoint, problem) in [
        ("http://8.8.8.8/msi/token", far),
        ("http://172.32.0.1/msi/token", far),
        ("http://apps.example/msi/token", far),
        ("http://localhost.example/msi/token", far),
        ("http://127.0.0.1/msi/token?x=y", "it must not have a query"),
        ("http://u@127.0.0.1/msi/token", "not an http or https URL"),
        ("127.0.0.1:8081", "not an http or https URL"),
    ] {
        with(&azure, &[("IDENTITY_ENDPOINT", endpoint), header])
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `IDENTITY_ENDPOINT` cannot be used: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
    with(
        &azure,
        &[
            ("IDENTITY_ENDPOINT", &app.endpoint),
            ("IDENTITY_HEADER", "two words"),
        ],
    )
    .status(2)
    .stderr("akv-xsoar: error: `IDENTITY_HEADER` has characters that an HTTP header cannot carry\n")
    .run();
    azure.expect(&[]);
}

/// A client id in the environment names a managed identity only where it stands alone.
#[test]
fn a_client_id_that_stands_alone() {
    let azure = azure();
    let directory = Scratch::new("choice");
    let app = azure.app_service();
    let variables = || {
        given()
            .env("IDENTITY_ENDPOINT", &app.endpoint)
            .env("IDENTITY_HEADER", APP_SERVICE_HEADER)
            .env("AZURE_CLIENT_ID", CLIENT_ID)
    };
    for (given, words) in [
        (
            variables().env("AZURE_TENANT_ID", TENANT),
            "`AZURE_TENANT_ID` and `AZURE_CLIENT_ID` are half an application",
        ),
        (
            variables().file(&json!({"tenant_id": TENANT})),
            "`tenant_id` in `config.json` and `AZURE_CLIENT_ID` are half an application",
        ),
        (
            variables().env("AZURE_FEDERATED_TOKEN_FILE", "token"),
            "`AZURE_FEDERATED_TOKEN_FILE` is half an application",
        ),
        (
            variables().file(&json!({"managed_identity": false})),
            "`AZURE_CLIENT_ID` is half an application",
        ),
    ] {
        given
            .run_in(&directory, &azure)
            .status(2)
            .stderr_has(format!("akv-xsoar: error: {words}: there is no "))
            .run();
        azure.expect(&[]);
    }
    // Beside a managed identity of the file's it means nothing.
    variables()
        .file(&json!({"use_managed_identities": true}))
        .run_in(&directory, &azure)
        .stdout("value-of-api")
        .run();
    azure.expect(&[APP_SERVICE, READ]);
}
