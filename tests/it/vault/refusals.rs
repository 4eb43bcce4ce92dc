//! Refusals: the words, the hint and the exit code of each.

use serde_json::{Value, json};

use super::{READ, SECRET, VAULT, azure, fetch};
use crate::standin::{CLIENT_ID, Fault};

/// A row of Key Vault's refusals: how it goes wrong, the exit code, how the error begins, the hint.
type Row = (Fault, i32, String, &'static str);

const ROLE: &str = "give it the role `Key Vault Secrets User` on the vault (`az role assignment create`), and wait some minutes";
const ALLOW: &str = "allow it (`az keyvault set-policy --secret-permissions get list`)";
const ADD: &str = "add it (`az keyvault set-policy --secret-permissions get list`)";
const FIREWALL: &str = "add the address to the vault's firewall, or come through its private endpoint or service endpoint";
const PRIVATE: &str = "come through its private endpoint: its private DNS zone must be linked to this network, or use `--connect-to`";
const ENABLE: &str =
    "enable it (`az keyvault secret set-attributes --enabled true`), or leave it out";
const CHECK: &str = "check the identity's role or access policy, and the vault's firewall";

/// Told by the inner code.
fn denials() -> Vec<Row> {
    vec![
        (
            Fault::no_role("kv-prod"),
            4,
            format!(
                "{SECRET}the identity lacks a role: Caller is not authorized to perform action on resource. If role assignments, deny assignments or role definitions were changed recently, please observe propagation time. Caller: appid={CLIENT_ID};oid="
            ),
            ROLE,
        ),
        (
            Fault::no_policy("kv-prod"),
            4,
            format!(
                "{SECRET}the vault's access policy does not allow it: The user, group or application 'appid={CLIENT_ID};oid="
            ),
            ALLOW,
        ),
        (
            Fault::access_denied("kv-prod"),
            4,
            format!(
                "{SECRET}the identity is in none of the vault's access policies: Access denied. Caller was not found on any access policy. Caller: "
            ),
            ADD,
        ),
        (
            Fault::firewall("kv-prod"),
            4,
            format!(
                "{VAULT}the vault's firewall does not let this address in: Client address is not authorized and caller is not a trusted service. Client address: 203.0.113.7 Caller: "
            ),
            FIREWALL,
        ),
        (
            Fault::no_public_access(),
            4,
            format!(
                "{VAULT}the vault is closed to the public network: Public network access is disabled and request is not from a trusted service nor via an approved private link. (request id "
            ),
            PRIVATE,
        ),
    ]
}

/// Told by the message alone.
fn denials_in_words() -> Vec<Row> {
    let bare = |message: &str| Fault::vault_error(403, "Forbidden", None, message);
    vec![
        (
            bare("Caller is not authorized to perform action on resource.\r\nCaller: appid=a"),
            4,
            format!("{SECRET}the identity lacks a role: Caller is not authorized"),
            ROLE,
        ),
        (
            bare(
                "The user, group or application 'appid=a' does not have secrets get permission on key vault 'kv-prod;location=x'.",
            ),
            4,
            format!("{SECRET}the vault's access policy does not allow it: The user"),
            ALLOW,
        ),
        (
            bare("Access denied. Caller was not found on any access policy."),
            4,
            format!(
                "{SECRET}the identity is in none of the vault's access policies: Access denied"
            ),
            ADD,
        ),
        (
            bare("Client address is not authorized and caller is not a trusted service."),
            4,
            format!("{VAULT}the vault's firewall does not let this address in: Client address"),
            FIREWALL,
        ),
        (
            bare("Public network access is disabled and request is not from a trusted service."),
            4,
            format!("{VAULT}the vault is closed to the public network: Public network"),
            PRIVATE,
        ),
        (
            bare("Something that nobody has seen yet."),
            4,
            format!("{SECRET}access denied: Something that nobody has seen yet. (request id "),
            CHECK,
        ),
    ]
}

/// All that is no question of permission.
fn other_refusals() -> Vec<Row> {
    vec![
        (
            Fault::disabled_in_words(),
            5,
            format!("{SECRET}the secret is disabled (request id "),
            ENABLE,
        ),
        (
            Fault::vault_error(403, "Forbidden", Some("SecretDisabled"), "Not now."),
            5,
            format!("{SECRET}the secret is disabled (request id "),
            ENABLE,
        ),
        (
            Fault::not_found("db"),
            5,
            format!("{SECRET}no such secret or version in this vault (request id "),
            "check the name; if it was deleted recently it may be recovered (`az keyvault secret recover`)",
        ),
        (
            Fault::unknown_api_version("7.4"),
            2,
            format!(
                "{VAULT}The specified version (7.4) is not recognized. Consider using the latest supported version (2026-04-01). (request id "
            ),
            "the vault does not know this version of its API: try another one with `--api-version`",
        ),
    ]
}

/// Of the token, after a new one did not help.
fn refused_tokens() -> Vec<Row> {
    vec![
        (
            Fault::vault_error(
                401,
                "Unauthorized",
                None,
                "AKV10000: Request is missing a Bearer or PoP token.",
            ),
            4,
            format!(
                "{VAULT}the vault says that no token came: AKV10000: Request is missing a Bearer or PoP token. (request id "
            ),
            "does something in between (an inspecting proxy) remove the header `Authorization`?",
        ),
        (
            Fault::vault_error(
                401,
                "Unauthorized",
                None,
                "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/1/, found https://sts.windows.net/2/.",
            ),
            4,
            format!(
                "{VAULT}the vault belongs to another tenant than the token: AKV10032: Invalid issuer."
            ),
            "use an application of the vault's tenant; a managed identity belongs to its machine's tenant alone",
        ),
    ]
}

#[test]
fn every_documented_refusal_has_its_words_its_hint_and_its_code() {
    let azure = azure();
    let token = azure.token_request();
    let (once, again) = ([token.as_str(), READ], [&token, READ, &token, READ]);
    let rows = [denials(), denials_in_words(), other_refusals()].concat();
    let rows = rows.into_iter().map(|row| (row, once.as_slice()));
    let refused = refused_tokens().into_iter();
    let all = rows.chain(refused.map(|row| (row, again.as_slice())));
    for ((fault, status, begins, hint), requests) in all {
        azure.mend();
        azure.fault(READ, fault);

        let output = fetch(&azure)
            .status(status)
            .stderr_has(&begins)
            .stderr_has(" (request id ")
            .stderr_has(format!(")\nakv-xsoar: hint: {hint}\n"))
            .run();

        let stderr = output.stderr_text();
        assert_eq!(stderr.lines().count(), 2, "{begins}: {stderr}");
        assert!(stderr.lines().all(|line| line.len() < 800), "{stderr}");
        azure.expect(requests);
    }
}

#[test]
fn refusals_without_words_of_their_own() {
    let azure = azure();
    let id = "0f1e2d3c-0000-4000-8000-000000000001";
    for (status, code, message, words) in [
        (
            400,
            "BadParameter",
            "The request URI contains an invalid name: a_b",
            "the vault answered 400 BadParameter: The request URI contains an invalid name: a_b",
        ),
        (
            404,
            "NotFound",
            "no such route",
            "the vault answered 404 NotFound: no such route",
        ),
        (
            404,
            "VaultNotFound",
            "gone",
            "the vault answered 404 VaultNotFound: gone",
        ),
        (
            405,
            "MethodNotAllowed",
            "",
            "the vault answered 405 MethodNotAllowed",
        ),
        (
            409,
            "Conflict\u{1b}[2J",
            "being\r\ndeleted",
            "the vault answered 409 Conflict [2J: being deleted",
        ),
    ] {
        azure.mend();
        let body = json!({"error": {"code": code, "message": message}});
        azure.fault(
            READ,
            Fault::json(status, &body).header("x-ms-request-id", id),
        );

        fetch(&azure)
            .status(7)
            .stderr(format!("{SECRET}{words} (request id {id})\n"))
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn quiet_leaves_the_errors_alone() {
    let azure = azure();
    let body = json!({"error": {"code": "Forbidden", "message": "No."}});
    azure.fault(READ, Fault::json(403, &body));

    fetch(&azure)
        .arg("--quiet")
        .status(4)
        .stderr(format!("{SECRET}access denied: No\n"))
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn a_refusal_s_fields_of_other_types() {
    let azure = azure();
    for error in [
        json!({"code": 7, "message": ["No."]}),
        json!("No."),
        Value::Null,
    ] {
        azure.mend();
        azure.fault(READ, Fault::json(403, &json!({"error": error})));

        fetch(&azure)
            .status(7)
            .stderr(format!("{SECRET}`kv-prod.vault.azure.net` answered 403 with application/json, not with an error of Key Vault's\nakv-xsoar: hint: something that is not Key Vault answers there: an inspecting proxy, a wrong address?\n"))
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}
