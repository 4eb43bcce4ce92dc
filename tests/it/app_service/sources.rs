//! Whose endpoint is asked: by the variables of the machine, in the order of Azure's SDKs, or by `--identity`.

use super::{METADATA, READ, TOKEN, azure, get};
use crate::command::Akv;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, NOBODY, Standin, TENANT};

/// A run that gets the value, having asked this source.
fn asks(azure: &Standin, run: Akv<'_>, request: &str) {
    run.stdout("value-of-api").run();
    azure.expect(&[request, READ]);
}

#[test]
fn app_service_comes_first() {
    let azure = azure();
    let arc = azure.arc();
    asks(
        &azure,
        get(&azure).env("IMDS_ENDPOINT", &arc.imds_endpoint),
        TOKEN,
    );
    asks(&azure, get(&azure).arg("--managed-identity"), TOKEN);
}

#[test]
fn an_application_comes_before_all_of_them() {
    let azure = azure();
    let run = get(&azure)
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    asks(&azure, run, &azure.token_request());
}

#[test]
fn the_source_that_is_pinned() {
    let azure = azure();
    asks(&azure, get(&azure).args(["--identity", "imds"]), METADATA);
    asks(
        &azure,
        get(&azure).args(["--identity", "app-service"]),
        TOKEN,
    );
    // What belongs to another kind is ignored.
    let run = get(&azure)
        .args(["--identity", "app-service"])
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    asks(&azure, run, TOKEN);
    // An option of another kind is not.
    get(&azure)
        .args(["--identity", "secret", "--managed-identity"])
        .status(2)
        .stderr_has("`--managed-identity` is not of the kind that `--identity` pins")
        .run();
}

#[test]
fn app_service_pinned_where_it_is_not() {
    let azure = azure();
    for missing in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"] {
        get(&azure)
            .env_remove(missing)
            .args(["--identity", "app-service"])
            .status(2)
            .stderr_has("App Service's managed identity needs `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, which it sets itself\n")
            .stderr_has("hint: is this App Service, Functions, Container Apps or Automation")
            .run();
    }
}

#[test]
fn the_endpoint_alone_is_the_metadata_endpoint_s_with_a_warning() {
    let azure = azure();
    get(&azure)
        .env_remove("IDENTITY_HEADER")
        .stdout("value-of-api")
        .stderr("akv-xsoar: warning: `IDENTITY_ENDPOINT` is set without `IDENTITY_HEADER` or `IMDS_ENDPOINT`: the metadata endpoint is used\n")
        .run();
    azure.expect(&[METADATA, READ]);
    // An empty variable is none, and a lone header or `IMDS_ENDPOINT` says nothing.
    asks(&azure, get(&azure).env("IDENTITY_ENDPOINT", ""), METADATA);
    let run = get(&azure)
        .env_remove("IDENTITY_ENDPOINT")
        .env("IMDS_ENDPOINT", "http://127.0.0.1:1");
    asks(&azure, run, METADATA);
}

#[test]
fn service_fabric_is_not_supported() {
    let azure = azure();
    get(&azure)
        .env("IDENTITY_SERVER_THUMBPRINT", "0123456789ABCDEF")
        .status(2)
        .stderr_has("`IDENTITY_SERVER_THUMBPRINT` means Service Fabric, whose managed identity is not supported\n")
        .stderr_has("hint: give an application: `--tenant-id`, `--client-id`, and a secret or a certificate\n")
        .run();
    // Only where it would be asked.
    let run = get(&azure)
        .env("IDENTITY_SERVER_THUMBPRINT", "0123456789ABCDEF")
        .args(["--identity", "imds"]);
    asks(&azure, run, METADATA);
}

#[test]
fn where_app_service_s_endpoint_may_be() {
    let azure = azure();
    let port = "the port must be a number from 1 to 65535";
    for (endpoint, words) in [
        (
            "http://8.8.8.8/msi/token",
            "plain http is allowed to loopback, link-local and private addresses only",
        ),
        (
            "http://apps.example/msi/token",
            "plain http is allowed to loopback, link-local and private addresses only",
        ),
        ("ftp://127.0.0.1/", "not an http or https URL"),
        ("127.0.0.1:80", "not an http or https URL"),
        ("http://127.0.0.1/msi/token?x=1", "it must not have a query"),
        ("http://127.0.0.1:/msi/token", port),
        ("http://127.0.0.1:x/msi/token", port),
        ("http://127.0.0.1:99999/msi/token", port),
        ("http://[::1]:0/msi/token", port),
        ("https://apps.example:443443/msi/token", port),
    ] {
        get(&azure)
            .env("IDENTITY_ENDPOINT", endpoint)
            .status(2)
            .stderr_has(format!("`IDENTITY_ENDPOINT` cannot be used: {words}\n"))
            .run();
    }
}

#[test]
fn arc_s_endpoint_is_on_this_machine() {
    let azure = azure();
    for endpoint in [
        "http://10.0.0.4:40342/metadata/identity/oauth2/token",
        "http://169.254.169.254/metadata/identity/oauth2/token",
        "https://arc.example/metadata/identity/oauth2/token",
        "http://127.0.0.1.example/metadata/identity/oauth2/token",
        "http://localhost.example/metadata/identity/oauth2/token",
        "http://[2001:db8::1]/metadata/identity/oauth2/token",
        "http://127.0.0.1@arc.example/metadata/identity/oauth2/token",
    ] {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .azure(&azure)
            .env("IDENTITY_ENDPOINT", endpoint)
            .env("IMDS_ENDPOINT", format!("http://{NOBODY}"))
            .status(2)
            .stderr_has("`IDENTITY_ENDPOINT` cannot be used: ")
            .run();
    }
}
