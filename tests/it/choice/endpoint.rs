//! Where the metadata endpoint may be.

use super::{METADATA, READ, azure};
use crate::command::Akv;

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
    let port = "the port must be a number from 1 to 65535";
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
        ("http://127.0.0.1:99999", port),
        ("http://127.0.0.1:x", port),
        ("http://127.0.0.1:", port),
        ("http://127.0.0.1:0/", port),
        ("http://[::1]:65536", port),
        ("https://metadata.example:80x", port),
        ("https://metadata.example:-1", port),
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
