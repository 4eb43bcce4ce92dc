//! Where a managed identity is asked for.

use super::{METADATA, READ, azure};
use crate::command::Akv;

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
