//! Refusals: the words and the hint of each.

use serde_json::json;

use super::{CORRELATION, TRACE, error, fetch, refusal};
use crate::command::Akv;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Fault, OTHER_TENANT, Standin, TENANT};

/// Code, status, `error`, text, what is shown of it, and the hint.
const TABLE: [(u32, u16, &str, &str, &str, &str); 12] = [
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
    (
        900_382,
        400,
        "invalid_request",
        "Confidential Client is not supported in Cross Cloud request.",
        "Confidential Client is not supported in Cross Cloud request",
        "the application is in another cloud than this authority: say which (`--cloud`)",
    ),
    (
        7_000_229,
        400,
        "unauthorized_client",
        "The client application 'a' is missing service principal in the tenant 't'. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
        "The client application 'a' is missing service principal in the tenant 't'",
        "the application has no service principal in this tenant: `az ad sp create --id CLIENT_ID`",
    ),
    (
        7_000_112,
        400,
        "unauthorized_client",
        "Application 'a'(xsoar-secrets) is disabled.",
        "Application 'a'(xsoar-secrets) is disabled",
        "the application is disabled in its tenant: have it enabled (Entra ID, Enterprise applications, Properties)",
    ),
];

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

/// What it says in `error` is a refusal, whatever else is missing or odd.
#[test]
fn a_refusal_that_says_little() {
    let azure = Standin::start();
    let proof =
        "is the proof (client secret, certificate, federated token) right, and not expired?";
    let bare = |error: &str| json!({"error": error});
    for (status, body, shown, hint) in [
        (401, bare("invalid_client"), "invalid_client", proof),
        (400, bare("invalid_client"), "invalid_client", proof),
        (
            400,
            bare("unauthorized_client"),
            "unauthorized_client",
            "check the client id and the tenant id",
        ),
        (400, bare("invalid_request"), "invalid_request", ""),
        (403, bare("access_denied"), "access_denied", ""),
        (
            401,
            json!({"error": "invalid_client", "error_description": null, "error_codes": null}),
            "invalid_client",
            proof,
        ),
        (
            401,
            json!({"error": "invalid_client", "error_description": "", "trace_id": 7}),
            "invalid_client",
            proof,
        ),
        (
            401,
            json!({"error": "invalid_client", "error_description": ["x"], "error_codes": "x"}),
            "invalid_client",
            proof,
        ),
        (
            401,
            json!({"error": "invalid_client", "error_codes": [7_000_222]}),
            "invalid_client",
            "the client secret has expired: ",
        ),
        (
            401,
            json!({"error": "invalid_client", "error_codes": ["7000222"]}),
            "invalid_client",
            "the client secret has expired: ",
        ),
        (
            401,
            json!({"error_description": "AADSTS7000222: The keys are expired."}),
            "AADSTS7000222: The keys are expired",
            "the client secret has expired: ",
        ),
    ] {
        azure.mend();
        azure.fault(&azure.token_request(), Fault::json(status, &body));

        let output = fetch(&azure).status(3).stderr_has(shown).stderr_has(hint);
        let stderr = output.run().stderr_text();

        let begins = format!("cannot get a token for the application `{CLIENT_ID}`: ");
        assert!(stderr.contains(&begins), "{stderr}");
        assert!(!stderr.contains("not Azure"), "{stderr}");
        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn ids_are_shown_without_a_description() {
    let azure = Standin::start();
    let body = json!({"error": "invalid_client", "trace_id": TRACE, "correlation_id": CORRELATION});
    azure.fault(&azure.token_request(), Fault::json(401, &body));
    fetch(&azure)
        .status(3)
        .stderr_has(format!("Entra ID answered 401 (invalid_client, trace id {TRACE}, correlation id {CORRELATION})\n"))
        .run();
    azure.expect(&[&azure.token_request()]);
}
