//! What a vault says no to: its words, what to do about it, and how far it reaches.

use std::fs;

use serde_json::{Value, json};

use crate::command::{Akv, names_in};
use crate::standin::{
    CLIENT_ID, Fault, NOBODY, OTHER_TENANT, Scratch, Secret, Standin, TENANT, TlsFault,
};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const SECRET: &str = "akv-xsoar: error: cannot read `kv-prod/db`: ";
const VAULT: &str = "akv-xsoar: error: cannot read from the vault `kv-prod`: ";

/// A vault with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure
}

fn fetch(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["fetch", "kv-prod/db"]).app(azure)
}

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
        (
            Fault::vault_error(
                401,
                "Unauthorized",
                None,
                "AKV10000: Request is missing a Bearer or PoP token.",
            ),
            4,
            format!(
                "{VAULT}the vault does not accept the token: AKV10000: Request is missing a Bearer or PoP token. (request id "
            ),
            "check this machine's clock, the tenant and the cloud (`--cloud`)",
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
    let rows = [denials(), denials_in_words(), other_refusals()].concat();
    for (fault, status, begins, hint) in rows {
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
        azure.expect(&[&azure.token_request(), READ]);
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
fn a_disabled_secret_and_one_that_is_not_there() {
    let azure = azure();
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    let version = azure.secret("kv-prod", "api", "value-of-api");
    let unknown = "0123456789abcdef0123456789abcdef";
    for (credential, words) in [
        (
            "kv-prod/off".to_owned(),
            "cannot read `kv-prod/off`: the secret is disabled (request id ",
        ),
        (
            "kv-prod/gone".to_owned(),
            "cannot read `kv-prod/gone`: no such secret or version in this vault (request id ",
        ),
        (
            format!("kv-prod/api/{unknown}"),
            "cannot read `kv-prod/api`: no such secret or version in this vault (request id ",
        ),
        (
            format!("kv-prod/gone/{version}"),
            "cannot read `kv-prod/gone`: no such secret or version in this vault (request id ",
        ),
    ] {
        Akv::new()
            .args(["get", &credential])
            .app(&azure)
            .status(5)
            .stderr_has(words)
            .run();

        let read = credential.replace("kv-prod/", "GET kv-prod.vault.azure.net/secrets/");
        azure.expect(&[&azure.token_request(), &(read + "?api-version=7.4")]);
    }
}

#[test]
fn dates_of_a_secret_are_for_information() {
    let azure = Standin::start();
    azure.put("kv-prod", Secret::new("old", "value-of-old").expires(1));
    azure.put(
        "kv-prod",
        Secret::new("new", "value-of-new").not_before(4_000_000_000),
    );
    for name in ["old", "new"] {
        Akv::new()
            .args(["get", &format!("kv-prod/{name}")])
            .app(&azure)
            .stdout(format!("value-of-{name}"))
            .run();
        let read = format!("GET kv-prod.vault.azure.net/secrets/{name}?api-version=7.4");
        azure.expect(&[&azure.token_request(), &read]);
    }
}

#[test]
fn answers_that_were_recorded() {
    let azure = azure();
    let host = "https://kv-prod.vault.azure.net";
    for (body, value) in [
        (
            json!({"value":"value2250812526","contentType":"text/plain","id":format!("{host}/secrets/db/204d23b5e2f34f78b0e708497bc631fa"),"attributes":{"enabled":true,"created":1_759_789_444,"updated":1_759_789_444,"recoveryLevel":"CustomizedRecoverable+Purgeable","recoverableDays":7}}),
            "value2250812526",
        ),
        (
            json!({"value":"YmFzZTY0X3BsYWNlaG9sZGVy","contentType":"application/x-pkcs12","id":format!("{host}/secrets/db/08be22f5f85a42809d2df03cef6908c4"),"managed":true,"attributes":{"enabled":true,"nbf":1_631_560_453,"exp":1_663_097_053,"created":1_631_561_053,"updated":1_631_561_053,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},"kid":format!("{host}/keys/db/08be22f5f85a42809d2df03cef6908c4")}),
            "YmFzZTY0X3BsYWNlaG9sZGVy",
        ),
        // Nearly all of it is optional, and ids have no case.
        (json!({"value": ""}), ""),
        (
            json!({"value": "x", "id": "https://KV-Prod.Vault.Azure.net:443/Secrets/DB/204D23B5E2F34F78B0E708497BC631FA"}),
            "x",
        ),
        (
            json!({"value": "x", "id": null, "tags": null, "attributes": null}),
            "x",
        ),
    ] {
        azure.mend();
        azure.fault(READ, Fault::json(200, &body));

        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .stdout(value)
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn names_have_no_case_and_are_written_as_first_spelled() {
    let azure = Standin::start();
    azure.secret("kv-prod", "db-password", "value-of-db");

    Akv::new()
        .args([
            "fetch",
            "KV-Prod/DB-Password",
            "kv-prod/db-password",
            "https://kv-PROD.vault.azure.net/secrets/db-PASSWORD",
        ])
        .app(&azure)
        .stdout(concat!(
            "[\n",
            r#"{"user":"DB-Password","password":"value-of-db","name":"KV-Prod/DB-Password"}"#,
            "\n]\n"
        ))
        .run();

    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/DB-Password?api-version=7.4",
    ]);
}

#[test]
fn a_vault_of_another_tenant_says_whose_it_is() {
    let azure = azure();
    azure.vault_tenant("kv-prod", OTHER_TENANT);

    fetch(&azure)
        .status(4)
        .stderr_has(format!("{VAULT}the vault belongs to the tenant `{OTHER_TENANT}`, the token is of another one: AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{OTHER_TENANT}/, found https://sts.windows.net/{TENANT}/. (request id "))
        .stderr_has(format!("hint: use an application of the vault's tenant (`--tenant-id {OTHER_TENANT}`); a managed identity belongs to its machine's tenant alone\n"))
        .run();

    azure.expect(&[&azure.token_request(), READ]);
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

        azure.expect(&[&azure.token_request(), READ]);
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

    azure.expect(&[&azure.token_request(), READ]);
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
        .status(4)
        .stderr_has(format!(
            "{VAULT}the vault does not accept the token: AKV10046: "
        ))
        .stderr_has("hint: check this machine's clock, the tenant and the cloud (`--cloud`)\n")
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn an_api_version_that_the_vault_knows_and_one_that_it_does_not() {
    let azure = azure();
    Akv::new()
        .args(["get", "kv-prod/db", "--api-version", "2025-07-01"])
        .app(&azure)
        .stdout("value-of-db")
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/db?api-version=2025-07-01",
    ]);

    for command in ["get", "list"] {
        let (word, operation, asked) = match command {
            "get" => ("kv-prod/db", VAULT, "/db"),
            _ => (
                "--vault=kv-prod",
                "akv-xsoar: error: cannot list the secrets of `kv-prod`: ",
                "",
            ),
        };
        Akv::new()
            .args([command, word, "--api-version", "6.9"])
            .app(&azure)
            .status(2)
            .stderr_has(format!("{operation}The specified version (6.9) is not recognized. Consider using the latest supported version (2026-04-01). (request id "))
            .stderr_has("hint: the vault does not know this version of its API: try another one with `--api-version`\n")
            .run();
        let read = format!("GET kv-prod.vault.azure.net/secrets{asked}?api-version=6.9");
        azure.expect(&[&azure.token_request(), &read]);
    }
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

/// What condemns a vault: found once, reported once, and the other vaults are still tried.
#[test]
fn a_vault_that_refuses_everybody_is_asked_once() {
    let not_it = "AKV10046: Unable to resolve the key used for signature validation.";
    for (fault, status, words) in [
        (
            Fault::firewall("kv-bad"),
            4,
            "the vault's firewall does not let this address in: ",
        ),
        (
            Fault::no_public_access(),
            4,
            "the vault is closed to the public network: ",
        ),
        (
            Fault::vault_error(401, "Unauthorized", None, not_it),
            4,
            "the vault does not accept the token: ",
        ),
        (
            Fault::unknown_api_version("7.4"),
            2,
            "The specified version (7.4) is not recognized.",
        ),
    ] {
        let azure = Standin::start();
        azure.secrets("kv-bad", 3);
        azure.secrets("kv-good", 2);
        azure.fault("GET kv-bad.vault.azure.net/", fault);
        let directory = Scratch::new("output");
        fs::write(directory.join("creds.json"), "as it was").unwrap();

        let output = Akv::new()
            .args(["fetch", "--vault", "kv-bad,kv-good"])
            .args([
                "--secret",
                "secret-001,secret-002",
                "--output",
                "creds.json",
            ])
            .cwd(directory.path())
            .app(&azure)
            .status(status)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read from the vault `kv-bad`: {words}"
            ))
            .stderr_lacks("kv-good")
            .run();

        let stderr = output.stderr_text();
        assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
        assert_eq!(
            fs::read(directory.join("creds.json")).unwrap(),
            b"as it was"
        );
        assert_eq!(names_in(directory.path()), ["creds.json"]);
        azure.expect(&[
            &azure.token_request(),
            "GET kv-bad.vault.azure.net/secrets/secret-001?api-version=7.4",
            "GET kv-good.vault.azure.net/secrets/secret-001?api-version=7.4",
            "GET kv-good.vault.azure.net/secrets/secret-002?api-version=7.4",
        ]);
    }
}

#[test]
fn a_vault_with_a_bad_certificate_is_asked_once() {
    let azure = Standin::start();
    azure.secrets("kv-bad", 3);
    azure.secrets("kv-good", 1);
    azure.tls_fault("kv-bad.vault.azure.net", TlsFault::UnknownIssuer);

    let output = Akv::new()
        .args([
            "fetch",
            "kv-bad/secret-001",
            "kv-bad/secret-002",
            "kv-good/secret-001",
        ])
        .app(&azure)
        .status(6)
        .stderr_has("akv-xsoar: error: cannot read from the vault `kv-bad`: ")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
    azure.expect(&[
        &azure.token_request(),
        "GET kv-good.vault.azure.net/secrets/secret-001?api-version=7.4",
    ]);
    let hosts = azure.hosts();
    assert_eq!(
        hosts
            .iter()
            .filter(|host| host.starts_with("kv-bad"))
            .count(),
        1
    );
}

#[test]
fn a_vault_that_refuses_the_connection_is_dialed_for_one_secret_alone() {
    let azure = Standin::start();
    azure.secrets("kv-bad", 3);
    azure.secrets("kv-good", 1);
    let nobody = format!("--connect-to=kv-bad.vault.azure.net:443:{NOBODY}");
    let all = format!("--connect-to={}", azure.connect_to());

    // Some six seconds for the first one, and none for the second.
    let output = Akv::new()
        .args(["fetch", &nobody, &all, "--verbose"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID, "--ca-file"])
        .arg(azure.ca_file())
        .args(["kv-bad/secret-001", "kv-bad/secret-002", "kv-good/secret-001"])
        .env("AZURE_CLIENT_SECRET", crate::standin::CLIENT_SECRET)
        .status(6)
        .stderr_has(format!("akv-xsoar: error: cannot read from the vault `kv-bad`: no connection to `kv-bad.vault.azure.net` ({NOBODY}): connection refused\n"))
        .stderr_has("try 6 in ")
        .stderr_lacks("try 7 in ")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
    assert!(!stderr.contains("secret-002"), "{stderr}");
    azure.expect(&[
        &azure.token_request(),
        "GET kv-good.vault.azure.net/secrets/secret-001?api-version=7.4",
    ]);
}

#[test]
fn what_concerns_one_secret_does_not_condemn_the_vault() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 4);
    let read = |number: u32| {
        format!("GET kv-prod.vault.azure.net/secrets/secret-00{number}?api-version=7.4")
    };
    for (number, fault) in [
        (1, Fault::disabled_in_words()),
        (2, Fault::no_role("kv-prod")),
        (3, Fault::garbage("SSH-2.0-OpenSSH_9.6\r\n")),
    ] {
        azure.fault(&read(number), fault);
    }

    let output = Akv::new()
        .args(["fetch", "--vault", "kv-prod"])
        .args(["--secret", "secret-001,secret-002,secret-003,secret-004"])
        .app(&azure)
        .status(5)
        .stderr_has("error: cannot read `kv-prod/secret-001`: the secret is disabled")
        .stderr_has("error: cannot read `kv-prod/secret-002`: the identity lacks a role")
        .stderr_has("error: cannot read `kv-prod/secret-003`: the answer of `kv-prod.vault.azure.net` makes no sense: it is not HTTP")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 3, "{stderr}");
    let reads = [1, 2, 3, 4].map(read);
    let [one, two, three, four] = reads.each_ref().map(String::as_str);
    azure.expect(&[&azure.token_request(), one, two, three, four]);
}

#[test]
fn the_first_failure_gives_the_code() {
    let azure = Standin::start();
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    azure.secret("kv-prod", "denied", "never read");
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/denied",
        Fault::no_role("kv-prod"),
    );
    let read = |name: &str| format!("GET kv-prod.vault.azure.net/secrets/{name}?api-version=7.4");
    for (first, second, status) in [("off", "denied", 5), ("denied", "off", 4)] {
        let output = Akv::new()
            .args([
                "fetch",
                &format!("kv-prod/{first}"),
                &format!("kv-prod/{second}"),
            ])
            .app(&azure)
            .status(status)
            .stderr_has(format!("error: cannot read `kv-prod/{first}`"))
            .stderr_has(format!("error: cannot read `kv-prod/{second}`"))
            .run();

        let stderr = output.stderr_text();
        assert!(stderr.find(first) < stderr.find(second), "{stderr}");
        azure.expect(&[&azure.token_request(), &read(first), &read(second)]);
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
