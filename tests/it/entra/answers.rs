//! Answers that are neither a token nor a refusal.

use serde_json::json;

use super::{CORRELATION, TRACE, error, fetch, refusal};
use crate::standin::{Answer, Fault, Standin};

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
            Fault::json(400, &json!({"message": "invalid_request"})),
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

/// By its name alone, whatever the status.
#[test]
fn a_failure_of_entra_s_own_is_no_refused_identity() {
    let azure = Standin::start();
    for name in ["temporarily_unavailable", "server_error"] {
        azure.mend();
        azure.fault(
            &azure.token_request(),
            Fault::json(400, &json!({"error": name})),
        );

        fetch(&azure)
            .status(7)
            .stderr(error(&format!("Entra ID answered 400 ({name})")) + "try again later\n")
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
