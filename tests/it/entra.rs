//! Tokens for an application: what Entra ID refuses, in its words and with what to do about it.

mod answers;
mod refusals;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::standin::{App, CLIENT_ID, CLIENT_SECRET, Fault, Standin, TENANT, TENANT_DOMAIN};

const TRACE: &str = "35878c00-6057-4fc6-857e-660e2b811800";
const CORRELATION: &str = "4224c6fc-ff5f-489f-b1ea-95f83e911935";

/// A refusal as Entra writes it, with ids that a test knows.
fn refusal(error: &str, code: u32, text: &str, line_end: &str) -> Value {
    let date = "2020-08-19 04:22:28Z";
    let description = format!(
        "AADSTS{code}: {text}{line_end}Trace ID: {TRACE}{line_end}Correlation ID: {CORRELATION}{line_end}Timestamp: {date}"
    );
    json!({
        "error": error, "error_description": description, "error_codes": [code], "timestamp": date,
        "trace_id": TRACE, "correlation_id": CORRELATION,
    })
}

/// The error's line for an application that got no token.
fn error(cause: &str) -> String {
    format!(
        "akv-xsoar: error: cannot get a token for the application `{CLIENT_ID}`: {cause}\nakv-xsoar: hint: "
    )
}

fn fetch(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["fetch", "kv-prod/db"]).app(azure)
}

#[test]
fn a_tenant_may_be_named_by_its_domain() {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");

    Akv::new()
        .args([
            "get",
            "kv-prod/db",
            "--tenant-id",
            TENANT_DOMAIN,
            "--client-id",
            CLIENT_ID,
        ])
        .azure(&azure)
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .stdout("value-of-db")
        .run();

    let asked = format!("POST login.microsoftonline.com/{TENANT_DOMAIN}/oauth2/v2.0/token");
    azure.expect(&[
        &asked,
        "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4",
    ]);
}

#[test]
fn the_form_carries_any_secret() {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    for (number, secret) in [
        "a+b c&client_id=x%20%+%",
        "=&=&=Canary",
        "\"quotes' \\ and `ticks` Canary",
        "~._-!*'();:@$,/?#[]Canary",
        " blanks around Canary ",
        "'quotes around Canary'",
    ]
    .into_iter()
    .enumerate()
    {
        let client_id = format!("0badc0de-0000-4000-8000-00000000000{number}");
        azure.register(App {
            tenant: TENANT.to_owned(),
            client_id: client_id.clone(),
            object_id: client_id.clone(),
            secret: secret.to_owned(),
        });

        Akv::new()
            .args(["get", "kv-prod/db", "--tenant-id", TENANT])
            .args(["--client-id", &client_id])
            .azure(&azure)
            .env("AZURE_CLIENT_SECRET", secret)
            .stdout("value-of-db")
            .run();

        azure.expect(&[
            &azure.token_request(),
            "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4",
        ]);
        let requests = azure.requests();
        let form = &requests[requests.len() - 2];
        assert_eq!(
            form.form(),
            [
                ("client_id", client_id.as_str()),
                ("client_secret", secret),
                ("grant_type", "client_credentials"),
                ("scope", "https://vault.azure.net/.default"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        assert_eq!(
            form.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
    }
}

#[test]
fn a_secret_that_entra_repeats_is_struck_out() {
    let azure = Standin::start();
    let encoded = "~Canary-Cl1ent%2BSecret%2F%3D%26%25~";
    // A secret in which Entra's sentence seems to end: half of it must not be left, either.
    let odd = "Half a. Canary, the rest Trace ID: 1";
    for (secret, repeated) in [
        (CLIENT_SECRET, CLIENT_SECRET),
        (CLIENT_SECRET, encoded),
        (odd, odd),
    ] {
        azure.mend();
        let text = format!("Invalid client secret '{repeated}' provided. Ensure {repeated}.");
        let body = refusal("invalid_client", 7_000_215, &text, "\r\n");
        azure.fault(&azure.token_request(), Fault::json(401, &body));

        fetch(&azure)
            .env("AZURE_CLIENT_SECRET", secret)
            .canary(secret)
            .status(3)
            .stderr_has("AADSTS7000215: Invalid client secret '[secret]' provided (invalid_client,")
            .stderr_lacks("Half")
            .run();

        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn a_refusal_in_any_field_is_one_harmless_line() {
    let azure = Standin::start();
    let body = json!({
        "error": format!("odd\u{1b}[31m {CLIENT_SECRET}"),
        "error_description": format!("AADSTS1: \u{202e}{}", "long ".repeat(400)),
        "trace_id": "a\nb",
        "correlation_id": CLIENT_SECRET,
    });
    azure.fault(&azure.token_request(), Fault::json(400, &body));

    let output = fetch(&azure)
        .status(3)
        .stderr_has("… (odd [31m [secret], trace id a b, correlation id [secret])\n")
        .run();

    assert!(output.stderr.len() < 1000, "{}", output.stderr_text());
    assert_eq!(output.stderr_text().lines().count(), 1);
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn a_secret_that_was_copied_with_more_than_itself() {
    let azure = Standin::start();
    let odd = "akv-xsoar: hint: the client secret begins or ends with a blank or a quote: does that belong to it? Give its value alone\n";
    for secret in [
        format!(" {CLIENT_SECRET}"),
        format!("{CLIENT_SECRET} "),
        format!("\"{CLIENT_SECRET}\""),
        format!("'{CLIENT_SECRET}'"),
        format!("{CLIENT_SECRET}'"),
    ] {
        fetch(&azure)
            .env("AZURE_CLIENT_SECRET", &secret)
            .canary(&secret)
            .status(3)
            .stderr_has("AADSTS7000215: ")
            .stderr_has(odd)
            .run();
        azure.expect(&[&azure.token_request()]);
    }
    // Entra's other words for it; and what says nothing of the secret.
    for (code, status, error, is_odd) in [
        (7_000_216, 401, "invalid_client", true),
        (90_002, 400, "invalid_request", false),
        (700_016, 400, "unauthorized_client", false),
        (7_000_222, 401, "invalid_client", false),
    ] {
        azure.mend();
        azure.fault(
            &azure.token_request(),
            Fault::entra(status, error, code, "Some words."),
        );
        let run = fetch(&azure)
            .env("AZURE_CLIENT_SECRET", format!("'{CLIENT_SECRET}'"))
            .status(3)
            .stderr_any();
        if is_odd {
            run.stderr_has(odd).run();
        } else {
            run.stderr_lacks(odd).run();
        }
        azure.expect(&[&azure.token_request()]);
    }
    // A secret that is wrong, and looks like one.
    azure.mend();
    fetch(&azure)
        .env("AZURE_CLIENT_SECRET", "Canary' \"wrong")
        .canary("Canary' \"wrong")
        .status(3)
        .stderr_has("hint: the client secret is wrong: give its value, not its id")
        .run();
    azure.expect(&[&azure.token_request()]);
}
