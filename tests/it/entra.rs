//! Tokens for an application: what Entra ID refuses, in its words and with what to do about it.

use serde_json::{Value, json};

use crate::command::Akv;
use crate::standin::{
    Answer, App, CLIENT_ID, CLIENT_SECRET, Fault, OTHER_TENANT, Standin, TENANT, TENANT_DOMAIN,
};

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

/// Code, status, `error`, text, what is shown of it, and the hint.
const TABLE: [(u32, u16, &str, &str, &str, &str); 15] = [
    (
        7_000_215,
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'a'.",
        "Invalid client secret provided",
        "the client secret is wrong: give its value, not its id (the portal shows the value only once, when it is made)",
    ),
    (
        7_000_222,
        401,
        "invalid_client",
        "The provided client secret keys for app 'a' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret.",
        "The provided client secret keys for app 'a' are expired",
        "the client secret has expired: make a new one (`az ad app credential reset --id CLIENT_ID`)",
    ),
    (
        700_027,
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '01']",
        "The certificate with identifier used to sign the client assertion is not registered on application [The key was not found]",
        "the certificate is not registered with the application, or another key signed",
    ),
    (
        700_016,
        400,
        "unauthorized_client",
        "Application with identifier 'a' was not found in the directory 'Contoso'. This can happen if the application has not been installed.",
        "Application with identifier 'a' was not found in the directory 'Contoso'",
        "no such application in this tenant: check the client id and the tenant id",
    ),
    (
        90_002,
        400,
        "invalid_request",
        "Tenant 'a.example' not found. Check to make sure you have the correct tenant ID.",
        "Tenant 'a.example' not found",
        "no such tenant: check the tenant id, and the cloud (`--cloud`)",
    ),
    (
        900_023,
        400,
        "invalid_tenant",
        "Specified tenant identifier 'a' is neither a valid DNS name, nor a valid external domain.",
        "Specified tenant identifier 'a' is neither a valid DNS name, nor a valid external domain",
        "the tenant must be an id (a GUID) or a domain such as `contoso.onmicrosoft.com`",
    ),
    (
        70_011,
        400,
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The scope a is not valid.",
        "The provided request must include a 'scope' input parameter",
        "Entra ID does not know the scope: check the cloud (`--cloud`, `--vault-suffix`)",
    ),
    (
        500_011,
        400,
        "invalid_resource",
        "The resource principal named https://vault.azure.net was not found in the tenant named Contoso. This can happen.",
        "The resource principal named https://vault.azure.net was not found in the tenant named Contoso",
        "Key Vault of that cloud is not known in this tenant: is it the right cloud (`--cloud`)?",
    ),
    (
        53_003,
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        "Access has been blocked by Conditional Access policies",
        "a Conditional Access policy forbids it: have this machine's address or the application allowed",
    ),
    (70_021, 400, "invalid_request", FEDERATED, NO_RECORD, MATCH),
    (70_021, 401, "invalid_client", FEDERATED, NO_RECORD, MATCH),
    (700_211, 400, "invalid_request", FEDERATED, NO_RECORD, MATCH),
    (700_213, 400, "invalid_request", FEDERATED, NO_RECORD, MATCH),
    (
        7_002_137,
        400,
        "invalid_request",
        FEDERATED,
        NO_RECORD,
        MATCH,
    ),
    (
        7_002_138,
        400,
        "invalid_request",
        FEDERATED,
        NO_RECORD,
        MATCH,
    ),
];

const FEDERATED: &str = "No matching federated identity record found for presented assertion. Assertion Issuer: 'https://issuer.example'.";
const NO_RECORD: &str = "No matching federated identity record found for presented assertion";
const MATCH: &str =
    "no federated credential of the application matches: check its issuer, subject and audience";

#[test]
fn every_documented_refusal_has_its_words_and_its_hint() {
    let azure = Standin::start();
    for (code, status, name, text, shown, hint) in TABLE {
        // Newer texts part their lines with a space, older ones with CR and LF.
        for line_end in [" ", "\r\n"] {
            azure.mend();
            let body = refusal(name, code, text, line_end);
            azure.fault(&azure.token_request(), Fault::json(status, &body));
            let cause = format!(
                "AADSTS{code}: {shown} ({name}, trace id {TRACE}, correlation id {CORRELATION})"
            );

            fetch(&azure)
                .status(3)
                .stderr(error(&cause) + hint + "\n")
                .run();

            azure.expect(&[&azure.token_request()]);
        }
    }
}

#[test]
fn a_code_that_is_not_listed_leads_the_text() {
    let azure = Standin::start();
    let body = json!({
        "error": "invalid_client",
        "error_description": "AADSTS7000222: The keys are expired.\r\nTrace ID: 1",
    });
    azure.fault(&azure.token_request(), Fault::json(401, &body));

    fetch(&azure)
        .status(3)
        .stderr(
            error("AADSTS7000222: The keys are expired (invalid_client)")
                + "the client secret has expired: make a new one (`az ad app credential reset --id CLIENT_ID`)\n",
        )
        .run();

    azure.expect(&[&azure.token_request()]);
}

#[test]
fn an_unknown_code_has_no_hint() {
    let azure = Standin::start();
    azure.fault(
        &azure.token_request(),
        Fault::entra(
            400,
            "invalid_request",
            900_971,
            "No reply address is registered.",
        ),
    );

    fetch(&azure)
        .status(3)
        .stderr_has("AADSTS900971: No reply address is registered (invalid_request, trace id ")
        .stderr_lacks("hint")
        .run();

    azure.expect(&[&azure.token_request()]);
}

#[test]
fn what_is_wrong_with_the_application_itself() {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    let other_app = "0badc0de-0000-4000-8000-00000000a990";
    let unknown_tenant = "12345678-0000-4000-8000-000000000000";
    for (tenant, client, secret, words, hint) in [
        (
            TENANT,
            CLIENT_ID,
            "Wrong-Canary-Secret",
            "AADSTS7000215: Invalid client secret provided (invalid_client, trace id ",
            "the client secret is wrong",
        ),
        (
            TENANT,
            other_app,
            CLIENT_SECRET,
            "AADSTS700016: Application with identifier '0badc0de-0000-4000-8000-00000000a990' was not found in the directory 'Contoso' (unauthorized_client, trace id ",
            "no such application in this tenant",
        ),
        (
            OTHER_TENANT,
            CLIENT_ID,
            CLIENT_SECRET,
            "AADSTS700016: ",
            "no such application in this tenant",
        ),
        (
            unknown_tenant,
            CLIENT_ID,
            CLIENT_SECRET,
            "AADSTS90002: Tenant '12345678-0000-4000-8000-000000000000' not found (invalid_request, trace id ",
            "no such tenant",
        ),
        (
            "not-a-tenant",
            CLIENT_ID,
            CLIENT_SECRET,
            "AADSTS900023: Specified tenant identifier 'not-a-tenant' is neither",
            "the tenant must be an id",
        ),
    ] {
        Akv::new()
            .args([
                "fetch",
                "kv-prod/db",
                "--tenant-id",
                tenant,
                "--client-id",
                client,
            ])
            .azure(&azure)
            .env("AZURE_CLIENT_SECRET", secret)
            .canary(secret)
            .status(3)
            .stderr_has(format!(
                "cannot get a token for the application `{client}`: {words}"
            ))
            .stderr_has(", correlation id ")
            .stderr_has(format!("\nakv-xsoar: hint: {hint}"))
            .run();

        let asked = format!("POST login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
        azure.expect(&[&asked]);
    }
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
        "ünïcode 世界 Canary 😀",
        "\"quotes' \\ and `ticks` Canary",
        "~._-!*'();:@$,/?#[]Canary",
        "tab\tand \u{1} control Canary",
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
    let odd = "Half a. Canary\nsecret Trace ID: 1";
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
fn an_answer_that_is_not_entra_s() {
    let azure = Standin::start();
    let portal = "something that is not Azure answers there: an inspecting proxy, a wrong address?";
    let captive = "something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?";
    let redirect = "redirects are not followed: a captive portal or a proxy may be in the way";
    let html = "<html><body>No</body></html>";
    for (fault, words, hint) in [
        (
            Fault::captive_portal(),
            "answered 200 with no JSON (text/html)",
            captive,
        ),
        (
            Fault::half(),
            "answered 200 with JSON that breaks off (application/json)",
            captive,
        ),
        (
            Fault::json(200, &json!({"token_type": "Bearer"})),
            "answered 200 with JSON that holds no token",
            captive,
        ),
        (
            Fault::json(200, &json!({"access_token": null})),
            "answered 200 with JSON that holds no token",
            captive,
        ),
        (
            Fault::json(200, &json!({"access_token": 7_654_321})),
            "answered 200 with JSON that holds no token",
            captive,
        ),
        (
            Fault::json(200, &json!([])),
            "answered 200 with JSON that holds no token",
            captive,
        ),
        (
            Fault::redirect("https://portal.example/"),
            "answered 302 (text/html)",
            redirect,
        ),
        (
            Fault::raw(401, "text/html", html),
            "answered 401 (text/html)",
            portal,
        ),
        (
            Fault::raw(403, "text/html; charset=utf-8", html),
            "answered 403 (text/html)",
            portal,
        ),
        (
            Fault::answer(Answer {
                status: 404,
                headers: Vec::new(),
                body: Vec::new(),
            }),
            "answered 404 (no content type)",
            portal,
        ),
        (
            Fault::json(400, &json!({"error": "invalid_request"})),
            "answered 400 (application/json)",
            portal,
        ),
        (Fault::status(204), "answered 204 (text/plain)", portal),
    ] {
        azure.mend();
        azure.fault(&azure.token_request(), fault);

        fetch(&azure)
            .status(7)
            .stderr(error(&format!("`login.microsoftonline.com` {words}")) + hint + "\n")
            .run();

        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn a_token_that_no_header_can_carry() {
    let azure = Standin::start();
    for token in [
        "",
        "Canary token with spaces",
        "Canary-token\r\nX-Injected: yes",
        "Canary-token\u{0}",
        "Canary-tökén",
    ] {
        azure.mend();
        let body = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token});
        azure.fault(&azure.token_request(), Fault::json(200, &body));

        fetch(&azure)
            .canary(token)
            .status(7)
            .stderr(
                error("`login.microsoftonline.com` answered 200 with a token that no header can carry")
                    + "something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?\n",
            )
            .run();

        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn a_busy_entra_is_not_a_refused_identity() {
    let azure = Standin::start();
    let busy = refusal(
        "temporarily_unavailable",
        90_033,
        "A transient error has occurred. Please try again.",
        " ",
    );
    for (fault, words) in [
        (
            Fault::json(429, &busy).header("Retry-After", "100"),
            format!(
                "AADSTS90033: A transient error has occurred (temporarily_unavailable, trace id {TRACE}, correlation id {CORRELATION})"
            ),
        ),
        (
            Fault::json(503, &busy).header("Retry-After", "100"),
            format!(
                "AADSTS90033: A transient error has occurred (temporarily_unavailable, trace id {TRACE}, correlation id {CORRELATION})"
            ),
        ),
        (
            Fault::raw(502, "text/html", "<html>Bad gateway</html>").header("Retry-After", "100"),
            "`login.microsoftonline.com` answered 502 (text/html)".to_owned(),
        ),
    ] {
        azure.mend();
        azure.fault(&azure.token_request(), fault);

        // It would be 7 after all retries; here the wait does not even fit.
        fetch(&azure)
            .args(["--timeout", "30"])
            .status(8)
            .stderr(
                error(&format!(
                    "{words}; the next try would be in 100 s, and `--timeout` is too short for it (30 s)"
                )) + "give it more time with `--timeout SECONDS`, or try later\n",
            )
            .run();

        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn a_failure_of_entra_s_that_no_retry_helps() {
    let azure = Standin::start();
    azure.fault(&azure.token_request(), Fault::status(501));

    fetch(&azure)
        .status(7)
        .stderr_has("`login.microsoftonline.com` answered 501 (text/plain)\n")
        .run();

    azure.expect(&[&azure.token_request()]);
}
