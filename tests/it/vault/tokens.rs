//! Tokens that a vault does not take, and what it must not repeat of them.

use serde_json::json;

use super::{READ, SECRET, VAULT, azure, fetch};
use crate::standin::{Fault, OTHER_TENANT, TENANT};

#[test]
fn a_vault_of_another_tenant_says_whose_it_is() {
    let azure = azure();
    azure.vault_tenant("kv-prod", OTHER_TENANT);

    fetch(&azure)
        .status(4)
        .stderr_has(format!("{VAULT}the vault belongs to the tenant `{OTHER_TENANT}`, the token is of another one: AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{OTHER_TENANT}/, found https://sts.windows.net/{TENANT}/. (request id "))
        .stderr_has(format!("hint: use an application of the vault's tenant (`--tenant-id {OTHER_TENANT}`); a managed identity belongs to its machine's tenant alone\n"))
        .run();

    let token = azure.token_request();
    azure.expect(&[&token, READ, &token, READ]);
}

#[test]
fn a_challenge_that_is_no_challenge_names_no_tenant() {
    for challenge in [
        "",
        "Bearer",
        "Basic realm=\"x\"",
        "Bearer authorization=\"\"",
        "Bearer authorization=\"https://login.microsoftonline.com/\u{1b}[31m\"",
        "Bearer authorization=https://login.microsoftonline.com/a%20b, resource=x",
    ] {
        let azure = azure();
        let body =
            json!({"error": {"code": "Unauthorized", "message": "AKV10032: Invalid issuer."}});
        // A control character cannot be in a header: it is left out here.
        let challenge = challenge.replace('\u{1b}', "");
        azure.fault(
            READ,
            Fault::json(401, &body).header("WWW-Authenticate", challenge),
        );

        fetch(&azure)
            .status(4)
            .stderr(format!("{VAULT}the vault belongs to another tenant than the token: AKV10032: Invalid issuer\nakv-xsoar: hint: use an application of the vault's tenant; a managed identity belongs to its machine's tenant alone\n"))
            .run();

        let token = azure.token_request();
        azure.expect(&[&token, READ, &token, READ]);
    }
}

#[test]
fn a_token_for_another_audience() {
    let azure = azure();
    let token = azure.issue("https://management.azure.com", TENANT);
    azure.fault(&azure.token_request(), Fault::with("access_token", token));

    fetch(&azure)
        .status(4)
        .stderr_has(format!("{VAULT}the token is for another audience: AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com. (request id "))
        .stderr_has("hint: is it the right cloud (`--cloud`, `--vault-suffix`)?\n")
        .run();

    let token = azure.token_request();
    azure.expect(&[&token, READ, &token, READ]);
}

#[test]
fn a_token_that_the_vault_cannot_check() {
    let azure = azure();
    azure.fault(
        &azure.token_request(),
        Fault::with("access_token", "Canary-made-up"),
    );

    fetch(&azure)
        .canary("Canary-made-up")
        .args(["--timeout", "1.5"])
        .status(8)
        .stderr_has(format!(
            "{VAULT}the vault cannot check the token at the moment: AKV10046: "
        ))
        .run();

    let token = azure.token_request();
    azure.expect(&[&token, READ, &token, READ, READ]);
}

#[test]
fn a_token_that_a_refusal_repeats_is_struck_out() {
    let azure = azure();
    azure.fault(
        READ,
        Fault::change(|request, answer| {
            let token = request.header("authorization").unwrap_or_default();
            let body = json!({"error": {"code": "Forbidden", "message": format!("No: {token}!")}});
            answer.status = 403;
            answer.headers = vec![("x-ms-request-id".to_owned(), token.to_owned())];
            answer.body = body.to_string().into_bytes();
        }),
    );

    fetch(&azure)
        .status(4)
        .stderr_has(format!(
            "{SECRET}access denied: No: Bearer [secret]! (request id Bearer [secret])\n"
        ))
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}
