//! Asking again: after which answers, how often, and never sooner than a service wants.
//!
//! Waits that must have happened are asserted, never that one was short. They are shortened by the
//! service's own headers or by the deadline; the one test that sees all retries takes its time.

mod connections;
mod throttling;
mod waits;

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::command::Akv;
use crate::running::Output;
use crate::standin::{Fault, Standin, http_date};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

const ENTRA_ERROR: &str = "akv-xsoar: error: cannot get a token for the application `aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee`: ";
const READ_ERROR: &str = "akv-xsoar: error: cannot read `kv-prod/db`: ";
const MORE_TIME: &str =
    "akv-xsoar: hint: give it more time with `--timeout SECONDS`, or try later\n";

/// A vault with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure
}

fn get(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["get", "kv-prod/db"]).app(azure)
}

fn get_with_metadata(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["get", "kv-prod/db"]).azure(azure)
}

/// Every case at the same time, as most of it is waiting.
pub(crate) fn at_once<T: Sync>(cases: &[T], test: impl Fn(&T) + Sync) {
    thread::scope(|scope| {
        for case in cases {
            let test = &test;
            scope.spawn(move || test(case));
        }
    });
}

fn in_seconds(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    http_date(i64::try_from(now.as_secs()).unwrap() + seconds)
}

#[track_caller]
fn took_at_least(output: &Output, milliseconds: u64) {
    let least = Duration::from_millis(milliseconds);
    assert!(output.elapsed >= least, "{:?} < {least:?}", output.elapsed);
}

#[test]
fn each_status_that_may_pass_is_asked_again() {
    at_once(&[408, 429, 500, 502, 503, 504], |&status| {
        let azure = azure();
        let token = azure.token_request();
        azure.fault(&token, Fault::status(status).once());
        azure.fault(READ, Fault::status(status).once());

        let output = get(&azure).stdout("value-of-db").run();

        // 0.8 s, give or take a quarter, twice.
        took_at_least(&output, 1200);
        azure.expect(&[&token, &token, READ, READ]);
    });
}

#[test]
fn nothing_is_asked_more_than_five_times_again() {
    let cases = ["token", "secret"];
    at_once(&cases, |case| {
        let azure = azure();
        let token = azure.token_request();
        let (route, words) = match *case {
            "token" => (
                token.as_str(),
                format!(
                    "{ENTRA_ERROR}`login.microsoftonline.com` answered 503 (text/plain), 6 times\n"
                ),
            ),
            _ => (
                READ,
                format!(
                    "{READ_ERROR}`kv-prod.vault.azure.net` answered 503 with text/plain, not with an error of Key Vault's, 6 times\n"
                ),
            ),
        };
        azure.fault(route, Fault::status(503));

        let output = get(&azure)
            .status(7)
            .stderr(words + "akv-xsoar: hint: try again later\n")
            .run();

        // 0.8 + 1.6 + 3.2 + 6.4 + 12.8 s, less a quarter.
        took_at_least(&output, 18_600);
        let mut expected = vec![route; 6];
        if route == READ {
            expected.insert(0, &token);
        }
        azure.expect(&expected);
    });
}

#[test]
fn a_throttled_secret_does_not_keep_the_others_from_being_tried() {
    let azure = azure();
    azure.secret("kv-prod", "api", "value-of-api");
    azure.fault(READ, Fault::throttled().header("Retry-After", "100"));

    let output = Akv::new()
        .args(["fetch", "kv-prod/db", "kv-prod/api", "kv-prod/gone"])
        .app(&azure)
        .status(8)
        .stderr_has("error: cannot read `kv-prod/db`: the vault is throttled: ")
        .stderr_has("error: cannot read `kv-prod/gone`: no such secret")
        .run();

    assert_eq!(output.stderr_text().matches("error:").count(), 2);
    azure.expect(&[
        &azure.token_request(),
        READ,
        "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4",
        "GET kv-prod.vault.azure.net/secrets/gone?api-version=7.4",
    ]);
}

#[test]
fn what_does_not_pass_is_never_asked_again() {
    let azure = azure();
    let token = azure.token_request();
    for status in [302, 400, 401, 403, 404, 405, 409, 410, 412, 501, 505] {
        // Not even if the answer asks for it.
        let fault = || Fault::status(status).header("Retry-After", "1");
        azure.mend();
        azure.fault(&token, fault());
        get(&azure).status(7).stderr_any().run();
        azure.expect(&[&token]);

        azure.mend();
        azure.fault(READ, fault());
        get(&azure).status(7).stderr_any().run();
        azure.expect(&[&token, READ]);
    }
    for status in [302, 400, 401, 403, 405, 409] {
        azure.mend();
        azure.fault(METADATA, Fault::status(status).header("Retry-After", "1"));
        // Words in the place of JSON: it is not Azure's.
        get_with_metadata(&azure).status(3).stderr_any().run();
        azure.expect(&[METADATA]);
    }
}

#[test]
fn the_metadata_endpoint_has_its_own_table() {
    at_once(&[404, 410, 429], |&status| {
        let azure = azure();
        azure.fault(METADATA, Fault::status(status).times(2));

        let output = get_with_metadata(&azure).stdout("value-of-db").run();

        // At once, then after two seconds.
        took_at_least(&output, 2000);
        azure.expect(&[METADATA, METADATA, METADATA, READ]);
    });
    at_once(&[500, 501, 502, 503, 504, 599], |&status| {
        let azure = azure();
        azure.fault(METADATA, Fault::status(status).once());

        let output = get_with_metadata(&azure).stdout("value-of-db").run();

        took_at_least(&output, 1000);
        azure.expect(&[METADATA, METADATA, READ]);
    });
}

#[test]
fn the_metadata_endpoint_s_wishes_count_too() {
    let azure = azure();
    azure.fault(
        METADATA,
        Fault::status(429).header("Retry-After", "2").once(),
    );

    let output = get_with_metadata(&azure).stdout("value-of-db").run();

    took_at_least(&output, 2000);
    azure.expect(&[METADATA, METADATA, READ]);
}

#[test]
fn the_metadata_endpoint_s_waits_must_fit() {
    at_once(&[404, 410, 503], |&status| {
        let azure = azure();
        azure.fault(METADATA, Fault::status(status));

        get_with_metadata(&azure)
            .args(["--timeout", "6"])
            .status(8)
            .stderr(format!("akv-xsoar: error: cannot get a token for this machine's managed identity: `127.0.0.1` answered {status} (text/plain); the next try would be in 6 s, and `--timeout` is too short for it (6 s)\n{MORE_TIME}"))
            .run();

        azure.expect(&[METADATA, METADATA, METADATA]);
    });
}
