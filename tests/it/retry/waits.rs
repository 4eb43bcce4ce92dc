//! How long the waits are, and whether they fit.

use serde_json::json;

use super::{
    ENTRA_ERROR, MORE_TIME, READ, READ_ERROR, at_once, azure, get, in_seconds, took_at_least,
};
use crate::standin::Fault;

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
    azure.fault(READ, Fault::status(503));

    get(&azure)
        .args(["--timeout", "4"])
        .status(8)
        .stderr_has("answered 503 with text/plain, not with an error of Key Vault's")
        .stderr_has("; the next try would be in ")
        .stderr_has(", and `--timeout` is too short for it (4 s)\n")
        .run();

    // 0.8 and 1.6 s, give or take a quarter, fit; 3.2 s more do not.
    azure.expect(&[&azure.token_request(), READ, READ, READ]);
}
