//! What a server refuses: in words, with what to do, and without a word too many.

use serde_json::json;

use super::{LIST, PUT, URL, azure, expect, push, run, told};
use crate::command::Akv;
use crate::standin::{Fault, KeyRights, Secret, Standin, XSOAR_KEY, XSOAR_KEY_ID, Xsoar};

const LISTING: &str = "akv-xsoar: error: cannot list the server's credentials: ";
const CHECK_KEY: &str = "akv-xsoar: hint: check the key; of XSOAR 8 also its id (`--xsoar-key-id`), its type (`--xsoar-key-type`) and this machine's clock\n";
const GIVE_ROLE: &str =
    "akv-xsoar: hint: give the key a role that may edit credentials (Settings → Credentials)\n";

fn at_8<'a>(azure: &'a Standin, url: &str) -> Akv<'a> {
    let akv = Akv::new().args(["push", "kv-prod/a"]).app(azure);
    akv.args(["--xsoar-url", url])
        .env("DEMISTO_API_KEY", XSOAR_KEY)
}

#[test]
fn a_key_that_is_not_known() {
    let azure = azure();
    azure.xsoar(Xsoar::six().key("Another-Key-5f0c"));
    push(&azure)
        .status(4)
        .stderr(format!(
            "{LISTING}`xsoar.example` does not accept the key, a key without an id (XSOAR 6): Issue with CSRF code\n{CHECK_KEY}"
        ))
        .run();
    expect(&azure, &[]);

    // Quotes may have been copied along.
    for key in [
        format!("\"{XSOAR_KEY}\""),
        format!("'{XSOAR_KEY}'\n"),
        format!("{XSOAR_KEY}`"),
    ] {
        azure.ignore_log();
        azure.xsoar(Xsoar::six());
        push(&azure)
            .env("DEMISTO_API_KEY", key)
            .status(4)
            .stderr(format!(
                "{LISTING}`xsoar.example` does not accept the key, a key without an id (XSOAR 6): Issue with CSRF code\n\
                 akv-xsoar: hint: the key begins or ends with a quote: does that belong to it? Give the key alone\n"
            ))
            .run();
        expect(&azure, &[]);
    }

    azure.ignore_log();
    let url = azure.xsoar(Xsoar::eight());
    let eight = |words: &str| {
        format!(
            "{LISTING}`api-xsoar.example` does not accept the key, {words} (XSOAR 8): Public API request unauthorized\n{CHECK_KEY}"
        )
    };
    at_8(&azure, &url)
        .arg("--xsoar-key-id=18")
        .status(4)
        .stderr(eight("a standard key"))
        .run();
    at_8(&azure, &url)
        .args(["--xsoar-key-id", XSOAR_KEY_ID, "--xsoar-key-type=advanced"])
        .status(4)
        .stderr(eight("an advanced key"))
        .run();
    azure.take_violations();
}

#[test]
fn a_key_that_may_not() {
    let azure = azure();
    azure.xsoar_rights(KeyRights::Nothing);
    let no = "`xsoar.example` does not let this key at its credentials: Forbidden\n";
    push(&azure)
        .status(4)
        .stderr(format!("{LISTING}{no}{GIVE_ROLE}"))
        .run();
    expect(&azure, &[]);

    azure.xsoar_rights(KeyRights::Read);
    push(&azure)
        .status(4)
        .stdout(told("failed", "failed"))
        .stderr(format!(
            "akv-xsoar: error: cannot write `kv-prod/a` to the server: {no}{GIVE_ROLE}\
             akv-xsoar: error: nothing else was written: not tried: `kv-prod/b`\n"
        ))
        .run();
    expect(&azure, &[PUT]);
    push(&azure)
        .arg("--dry-run")
        .stdout(told("would be created", "would be created"))
        .run();
    expect(&azure, &[]);

    let url = azure.xsoar(Xsoar::eight());
    azure.xsoar_rights(KeyRights::Read);
    at_8(&azure, &url)
        .args(["--xsoar-key-id", XSOAR_KEY_ID])
        .status(4)
        .stdout("kv-prod/a\tfailed\n")
        .stderr_has("`api-xsoar.example` does not let this key at its credentials: Forbidden access. The provided API Key does not have")
        .run();
    azure.ignore_log();
}

#[test]
fn an_address_that_is_not_the_api_s() {
    let azure = azure();
    let route = "POST xsoar.example/nowhere/settings/credentials";
    for status in [404, 405] {
        azure.mend();
        azure.fault(route, Fault::status(status).undone());
        let run = Akv::new().args(["push", "kv-prod/a"]).app(&azure);
        run.args(["--xsoar-url", &format!("{URL}/nowhere")])
            .env("DEMISTO_API_KEY", XSOAR_KEY)
            .status(7)
            .stderr_has(format!(
                "`xsoar.example` has no credential store at this address (status {status})\n"
            ))
            .stderr_has("hint: check `--xsoar-url`: XSOAR 6 has none or `/acc_TENANT` as path")
            .run();
    }
    azure.ignore_log();
}

#[test]
fn one_that_is_refused_does_not_stop_the_others() {
    let azure = azure();
    let bad = Fault::xsoar_error(400, "bad_request", "Bad request", "The name is too long.");
    azure.fault(PUT, bad.undone().once());
    push(&azure)
        .status(7)
        .stdout(told("failed", "created"))
        .stderr("akv-xsoar: error: cannot write `kv-prod/a` to the server: `xsoar.example` answered 400: The name is too long\n")
        .run();
    expect(&azure, &[PUT, PUT]);
    // Another run completes it.
    push(&azure).stdout(told("created", "unchanged")).run();
    expect(&azure, &[PUT]);
}

#[test]
fn a_list_is_asked_for_again_like_anything() {
    let azure = azure();
    for fault in [
        Fault::status(503).header("retry-after-ms", "1"),
        Fault::status(429),
        Fault::cut(),
        Fault::xsoar_gateway(500, "oops"),
    ] {
        azure.mend();
        azure.fault(LIST, fault.once());
        push(&azure)
            .arg("--dry-run")
            .stdout(told("would be created", "would be created"))
            .run();
        expect(&azure, &[LIST]);
    }
    azure.mend();
    azure.fault(LIST, Fault::status(503).header("Retry-After", "100"));
    push(&azure)
        .status(8)
        .stderr_has("`xsoar.example` answered 503; the next try would be in 100 s, and `--timeout` is too short for it (60 s)\n")
        .run();
    expect(&azure, &[]);
}

/// A server that says back whatever it was told, in every form.
#[test]
fn what_a_server_says_shows_no_secret() {
    let value = json!({"username": "root", "password": "Canary \"Pass\" + w/rd"}).to_string();
    let password = "Canary \"Pass\" + w/rd";
    for route in [LIST, PUT] {
        for status in [400, 401, 403, 404, 409, 429] {
            let azure = Standin::start();
            azure.put("kv-prod", Secret::new("a", &value));
            azure.xsoar(Xsoar::six());
            let echo = Fault::change(move |request, answer| {
                let body = String::from_utf8_lossy(&request.body).into_owned();
                let key = request.header("authorization").unwrap();
                let said = format!("\u{1b}[31m{key}\n{body} {password} {}", "x".repeat(9000));
                let refusal = json!({"id": said, "title": said, "detail": said, "error": said});
                answer.status = status;
                answer.body = refusal.to_string().into_bytes();
                answer
                    .headers
                    .push(("Retry-After".to_owned(), "100".to_owned()));
            });
            azure.fault(route, echo.undone());
            let akv = run(&azure, &["kv-prod/a", "--json-value", "--verbose"]);
            let output = akv.canary(password).status(if status == 429 {
                8
            } else if matches!(status, 401 | 403) {
                4
            } else {
                7
            });
            let output = if route == PUT {
                output.stdout("kv-prod/a\tfailed\n")
            } else {
                output
            };
            let output = output.stderr_has("[secret]").stderr_has("…").run();
            assert!(!output.stderr.contains(&0x1b));
            azure.ignore_log();
        }
    }
}
