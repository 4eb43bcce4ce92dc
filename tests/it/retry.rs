//! Asking again: after which answers, how often, and never sooner than a service wants.
//!
//! Waits that must have happened are asserted, never that one was short. They are shortened by the
//! service's own headers or by the deadline; the one test that sees all retries takes its time.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::command::Akv;
use crate::running::Output;
use crate::standin::{Fault, Standin, TlsFault, http_date};

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
fn at_once<T: Sync>(cases: &[T], test: impl Fn(&T) + Sync) {
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
fn the_wait_is_never_shorter_than_the_service_wants() {
    let cases: [(&[(&str, &str)], u64); 9] = [
        (&[("Retry-After", "2")], 2000),
        (&[("Retry-After", " 2 ")], 2000),
        // Whatever the machine is busy with: that date is two seconds after the start at least.
        (&[("Retry-After", "DATE")], 1900),
        (&[("retry-after-ms", "1500")], 1500),
        (&[("x-ms-retry-after-ms", "1500")], 1500),
        (
            &[("Retry-After", "1"), ("x-ms-retry-after-ms", "1800")],
            1800,
        ),
        (&[("retry-after-ms", "1"), ("Retry-After", "2")], 2000),
        // A shorter wish does not shorten the own wait; nor does what nobody understands.
        (&[("Retry-After", "0")], 600),
        (&[("Retry-After", "soon")], 600),
    ];
    at_once(&cases, |(headers, least)| {
        for route in ["POST", "GET"] {
            let azure = azure();
            let token = azure.token_request();
            let fault = headers
                .iter()
                .fold(Fault::throttled(), |fault, (name, value)| {
                    fault.header(name, value.replace("DATE", &in_seconds(3)))
                });
            azure.fault(if route == "POST" { &token } else { READ }, fault.once());

            let output = get(&azure).stdout("value-of-db").run();

            took_at_least(&output, *least);
            if route == "POST" {
                azure.expect(&[&token, &token, READ]);
            } else {
                azure.expect(&[&token, READ, READ]);
            }
        }
    });
}

#[test]
fn a_date_is_measured_by_the_service_s_clock() {
    let azure = azure();
    // Its clock is an hour ahead: to this machine's, the date is an hour away.
    let fault = Fault::throttled()
        .header("Date", in_seconds(3600))
        .header("Retry-After", in_seconds(3602));
    azure.fault(READ, fault.once());

    get(&azure)
        .args(["--timeout", "20"])
        .stdout("value-of-db")
        .run();

    azure.expect(&[&azure.token_request(), READ, READ]);
}

#[test]
fn a_wait_that_does_not_fit_is_not_begun() {
    let azure = azure();
    let token = azure.token_request();
    for (header, value, wait) in [
        ("Retry-After", "100", "100 s"),
        ("retry-after-ms", "100250", "100.25 s"),
        ("x-ms-retry-after-ms", "99000", "99 s"),
        ("Retry-After", "31536000", "31536000 s"),
    ] {
        let too_short = format!(
            "; the next try would be in {wait}, and `--timeout` is too short for it (60 s)"
        );
        azure.mend();
        azure.fault(&token, Fault::status(429).header(header, value));
        get(&azure)
            .status(8)
            .stderr(format!(
                "{ENTRA_ERROR}`login.microsoftonline.com` answered 429 (text/plain){too_short}\n{MORE_TIME}"
            ))
            .run();
        azure.expect(&[&token]);

        azure.mend();
        let body = json!({"error": {"code": "Throttled", "message": "Too many."}});
        azure.fault(READ, Fault::json(429, &body).header(header, value));
        get(&azure)
            .status(8)
            .stderr(format!(
                "{READ_ERROR}the vault is throttled: Too many.{too_short}\n{MORE_TIME}"
            ))
            .run();
        azure.expect(&[&token, READ]);
    }
}

#[test]
fn a_wish_beyond_all_numbers_or_by_date_does_not_fit_either() {
    let azure = azure();
    let token = azure.token_request();
    for value in [
        "99999999999999999999999999".to_owned(),
        u64::MAX.to_string(),
        in_seconds(3000),
        "Fri, 31 Dec 9999 23:59:59 GMT".to_owned(),
    ] {
        azure.mend();
        azure.fault(READ, Fault::throttled().header("Retry-After", value));
        get(&azure)
            .status(8)
            .stderr_has("the vault is throttled: Request was not processed")
            .stderr_has(", and `--timeout` is too short for it (60 s)\n")
            .run();
        azure.expect(&[&token, READ]);
    }
}

#[test]
fn our_own_wait_must_fit_too() {
    let azure = azure();
    azure.fault(READ, Fault::throttled());

    get(&azure)
        .args(["--timeout", "4"])
        .status(8)
        .stderr_has("the vault is throttled: ")
        .stderr_has("; the next try would be in ")
        .stderr_has(", and `--timeout` is too short for it (4 s)\n")
        .run();

    // 0.8 and 1.6 s, give or take a quarter, fit; 3.2 s more do not.
    azure.expect(&[&azure.token_request(), READ, READ, READ]);
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
        let code = if status == 403 { 3 } else { 7 };
        get_with_metadata(&azure).status(code).stderr_any().run();
        azure.expect(&[METADATA]);
    }
}

#[test]
fn a_kept_connection_that_was_closed_is_repeated_at_once() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 3);
    let read = |number: u32| {
        format!("GET kv-prod.vault.azure.net/secrets/secret-00{number}?api-version=7.4")
    };
    azure.fault("GET kv-prod.vault.azure.net/", Fault::drop_next());

    Akv::new()
        .args(["fetch", "--vault", "kv-prod", "--secret"])
        .args(["secret-001,secret-002,secret-003", "--verbose"])
        .app(&azure)
        .stdout_has("value-of-secret-003")
        .stderr_has("the kept-alive connection was closed: once more over a new one")
        .stderr_lacks("try 2")
        .run();

    // It is no retry, so it is not counted as one: it happens again for each secret.
    azure.expect(&[
        &azure.token_request(),
        &read(1),
        &read(2),
        &read(2),
        &read(3),
        &read(3),
    ]);
    let hosts = azure.hosts();
    assert_eq!(
        hosts.iter().filter(|host| host.starts_with("kv")).count(),
        3
    );
}

#[test]
fn a_repetition_at_once_that_fails_is_tried_like_any_other() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 2);
    let read = |number: u32| {
        format!("GET kv-prod.vault.azure.net/secrets/secret-00{number}?api-version=7.4")
    };
    azure.fault(&read(1), Fault::drop_next());
    azure.fault(&read(2), Fault::throttled().once());

    Akv::new()
        .args(["fetch", "kv-prod/secret-001", "kv-prod/secret-002"])
        .arg("--verbose")
        .app(&azure)
        .stdout_has("value-of-secret-002")
        .stderr_has("try 2 in ")
        .stderr_lacks("try 3")
        .run();

    azure.expect(&[
        &azure.token_request(),
        &read(1),
        &read(2),
        &read(2),
        &read(2),
    ]);
}

#[test]
fn a_post_is_never_repeated_at_once() {
    let azure = azure();
    let token = azure.token_request();
    let closing = Fault::status(503).by(Fault::drop_next());
    azure.fault(&token, closing.once());

    get(&azure)
        .arg("--verbose")
        .stdout("value-of-db")
        .stderr_has("try 2 in ")
        .stderr_has("try 3 in ")
        .stderr_lacks("once more over a new one")
        .run();

    azure.expect(&[&token, &token, &token, READ]);
}

#[test]
fn a_connection_that_fails_is_made_again() {
    let azure = azure();
    let token = azure.token_request();
    azure.fault(&token, Fault::cut().once());
    let host = "kv-prod.vault.azure.net";
    azure.tls_fault(host, TlsFault::Cut);

    let running = get(&azure)
        .arg("--verbose")
        .stdout("value-of-db")
        .stderr_has("`login.microsoftonline.com` closed the connection")
        .stderr_has("`kv-prod.vault.azure.net` closed the connection during the handshake")
        .spawn();
    let handshakes = || azure.hosts().iter().filter(|name| *name == host).count();
    while handshakes() == 0 {
        thread::sleep(Duration::from_millis(20));
    }
    azure.mend_tls(host);
    running.wait();

    azure.expect(&[&token, &token, READ]);
}

#[test]
fn silence_for_twenty_seconds_is_a_failure_like_any_other() {
    at_once(&["token", "secret", "metadata"], |&case| {
        let azure = azure();
        let token = azure.token_request();
        let route = match case {
            "token" => token.as_str(),
            "secret" => READ,
            _ => METADATA,
        };
        azure.fault(route, Fault::stall().once());
        let run = if case == "metadata" {
            get_with_metadata(&azure)
        } else {
            get(&azure)
        };

        let output = run
            .arg("--verbose")
            .stdout("value-of-db")
            .stderr_has(" did not answer within 20 s")
            .stderr_has("try 2 in ")
            .run();

        took_at_least(&output, 20_000);
        match case {
            "token" => azure.expect(&[&token, &token, READ]),
            "secret" => azure.expect(&[&token, READ, READ]),
            _ => azure.expect(&[METADATA, METADATA, READ]),
        }
    });
}

#[test]
fn answers_and_connections_that_fail_are_counted_together() {
    let azure = azure();
    let token = azure.token_request();
    azure.fault(READ, Fault::cut().once());
    azure.fault(READ, Fault::status(500).once());
    azure.fault(READ, Fault::cut_in_body().once());

    get(&azure)
        .arg("--verbose")
        .stdout("value-of-db")
        .stderr_has("try 4 in ")
        .stderr_lacks("try 5")
        .run();

    azure.expect(&[&token, READ, READ, READ, READ]);
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
