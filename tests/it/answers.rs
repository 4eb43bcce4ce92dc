//! Answers that make no sense: what is not Key Vault, what breaks off, what never ends.

use std::thread;

use serde_json::json;

use crate::command::Akv;
use crate::standin::{Answer, Fault, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const HOST: &str = "`kv-prod.vault.azure.net`";
const ERROR: &str = "akv-xsoar: error: cannot read `kv-prod/db`: ";

const PORTAL: &str = "akv-xsoar: hint: something that is not Key Vault answers there: a captive portal, an inspecting proxy, a wrong address?\n";
const WRONG: &str = "akv-xsoar: hint: something that is not Key Vault answers there: an inspecting proxy, a wrong address?\n";
const REDIRECT: &str =
    "akv-xsoar: hint: redirects are not followed: a captive portal or a proxy may be in the way\n";

/// A vault with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure
}

fn fetch(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["fetch", "kv-prod/db"]).app(azure)
}

#[test]
fn a_200_that_is_not_what_was_asked_for() {
    let azure = azure();
    let breaks_off = format!("{HOST} answered 200 with JSON that breaks off (application/json)");
    let no_json = format!("{HOST} answered 200 with no JSON (application/json)");
    let other_json = format!("{HOST} answered 200 with JSON that is not what was asked for");
    let no_value = format!("{HOST} answered with a secret that has no value");
    for (fault, words) in [
        (
            Fault::captive_portal(),
            format!("{HOST} answered 200 with no JSON (text/html)"),
        ),
        (
            Fault::answer(Answer {
                status: 200,
                headers: Vec::new(),
                body: Vec::new(),
            }),
            format!("{HOST} answered 200 with no JSON (no content type)"),
        ),
        (Fault::half(), breaks_off.clone()),
        (
            Fault::raw(200, "application/json", r#"{"value":"Canary-half"#),
            breaks_off,
        ),
        (
            Fault::raw(
                200,
                "application/json",
                b"{\"value\":\"Canary-\xff\xfe\"}".as_slice(),
            ),
            // JSON is UTF-8.
            no_json.clone(),
        ),
        (
            Fault::raw(200, "application/json", r#"{"value":"Canary-x"} and more"#),
            no_json,
        ),
        (Fault::json(200, &json!([])), other_json.clone()),
        (Fault::json(200, &json!("Canary-text")), other_json.clone()),
        (
            Fault::with("value", json!({"Canary": "Canary-inside"})),
            other_json.clone(),
        ),
        (Fault::with("value", 1_234_567_890), other_json.clone()),
        (Fault::with("id", 7), other_json),
        (Fault::without("value"), no_value.clone()),
        (Fault::with("value", json!(null)), no_value.clone()),
        // The other one of the vault's answers.
        (
            Fault::json(200, &json!({"value": null, "nextLink": null})),
            no_value,
        ),
    ] {
        azure.mend();
        azure.fault(READ, fault);

        fetch(&azure)
            .canary("1234567890")
            .canary("Canary")
            .status(7)
            .stderr(format!("{ERROR}{words}\n{PORTAL}"))
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn another_secret_than_the_one_asked_for() {
    let azure = azure();
    let version = "204d23b5e2f34f78b0e708497bc631fa";
    let host = "https://kv-prod.vault.azure.net";
    for id in [
        format!("{host}/secrets/db2/{version}"),
        format!("{host}/secrets/d/{version}"),
        format!("{host}/keys/db/{version}"),
        format!("{host}/secrets/db/{version}/more"),
        format!("{host}/secrets/db/short"),
        format!("https://kv-test.vault.azure.net/secrets/db/{version}"),
        format!("https://kv-prod.vault.azure.cn/secrets/db/{version}"),
        format!("https://kv-prod.vault.azure.net.evil.example/secrets/db/{version}"),
        format!("http://kv-prod.vault.azure.net/secrets/db/{version}"),
        String::new(),
        "db".to_owned(),
        "\u{1b}[31m".to_owned(),
    ] {
        azure.mend();
        azure.fault(READ, Fault::with("id", id.clone()));

        fetch(&azure)
            .status(7)
            .stderr(format!(
                "{ERROR}{HOST} answered with another secret than the one asked for\n{PORTAL}"
            ))
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn another_version_than_the_one_asked_for() {
    let azure = Standin::start();
    let old = azure.secret("kv-prod", "db", "an-old-value");
    let new = azure.secret("kv-prod", "db", "the-new-value");
    let read = format!("GET kv-prod.vault.azure.net/secrets/db/{old}?api-version=7.4");
    for id in [
        format!("https://kv-prod.vault.azure.net/secrets/db/{new}"),
        "https://kv-prod.vault.azure.net/secrets/db".to_owned(),
    ] {
        azure.mend();
        azure.fault(&read, Fault::with("id", id));

        Akv::new()
            .args(["get", &format!("kv-prod/db/{old}")])
            .app(&azure)
            .status(7)
            .stderr(format!(
                "{ERROR}{HOST} answered with another secret than the one asked for\n{PORTAL}"
            ))
            .run();

        azure.expect(&[&azure.token_request(), &read]);
    }
}

#[test]
fn another_status_without_an_error_of_the_vault_s() {
    let azure = azure();
    let html = "<html><body>No</body></html>";
    for (fault, words, hint) in [
        (
            Fault::redirect("https://portal.example/"),
            "302 with text/html",
            REDIRECT,
        ),
        (
            Fault::raw(301, "text/plain", "").header("Location", "/secrets/other?api-version=7.4"),
            "301 with text/plain",
            REDIRECT,
        ),
        (
            Fault::raw(307, "text/plain", "")
                .header("Location", "https://kv-test.vault.azure.net/"),
            "307 with text/plain",
            REDIRECT,
        ),
        (
            Fault::raw(400, "text/html", html),
            "400 with text/html",
            WRONG,
        ),
        (
            Fault::raw(401, "text/html", html),
            "401 with text/html",
            WRONG,
        ),
        (
            Fault::raw(403, "text/html; charset=utf-8", html),
            "403 with text/html",
            WRONG,
        ),
        (
            Fault::raw(404, "text/html", html),
            "404 with text/html",
            WRONG,
        ),
        (
            Fault::raw(407, "text/html", html),
            "407 with text/html",
            WRONG,
        ),
        (Fault::status(201), "201 with text/plain", WRONG),
        (Fault::status(501), "501 with text/plain", WRONG),
        (
            Fault::json(403, &json!({"message": "No."})),
            "403 with application/json",
            WRONG,
        ),
    ] {
        azure.mend();
        azure.fault(READ, fault);

        fetch(&azure)
            .status(7)
            .stderr(format!(
                "{ERROR}{HOST} answered {words}, not with an error of Key Vault's\n{hint}"
            ))
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn a_404_that_is_not_the_vault_s_is_never_skipped() {
    let azure = azure();
    let body = json!({"error": {"code": "NotFound", "message": "SecretNotFound"}});
    let inner = json!({"error": {"code": "NotFound", "innererror": {"code": "SecretNotFound"}, "message": "x"}});
    for (fault, words) in [
        (
            Fault::status(404),
            "answered 404 with text/plain, not with an error of Key Vault's",
        ),
        (
            Fault::raw(404, "text/html", "<html>SecretNotFound</html>"),
            "answered 404 with text/html, not with an error of Key Vault's",
        ),
        (
            Fault::json(404, &json!({"code": "SecretNotFound"})),
            "answered 404 with application/json, not with an error of Key Vault's",
        ),
        (
            Fault::json(404, &body),
            "the vault answered 404 NotFound: SecretNotFound\n",
        ),
        (
            Fault::json(404, &inner),
            "the vault answered 404 NotFound: x\n",
        ),
        // Nor is the right code with another status.
        (
            Fault::vault_error(400, "SecretNotFound", None, "x"),
            "the vault answered 400 SecretNotFound: x (request id ",
        ),
    ] {
        azure.mend();
        azure.fault(READ, fault);
        for missing in ["skip", "sparse", "error"] {
            fetch(&azure)
                .args(["--missing", missing])
                .status(7)
                .stderr_has(words)
                .run();

            azure.expect(&[&azure.token_request(), READ]);
        }
    }
}

#[test]
fn bytes_that_are_no_http() {
    let azure = azure();
    for garbage in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 banana\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbanana\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
        "{\"value\":\"Canary-naked\"}\r\n\r\n",
        "\u{0}\u{1}\u{2}\u{3}\r\n\r\n",
    ] {
        azure.mend();
        azure.fault(READ, Fault::garbage(garbage));

        fetch(&azure)
            .canary("Canary-naked")
            .status(7)
            .stderr_has(format!("{ERROR}the answer of {HOST} makes no sense: "))
            .stderr_has("hint: ")
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn a_head_without_end() {
    let azure = azure();
    let head = format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(1 << 20));
    azure.fault(READ, Fault::garbage(head));

    fetch(&azure)
        .status(7)
        .stderr_has(format!("{ERROR}the answer of {HOST} makes no sense: "))
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn a_body_without_end() {
    let azure = azure();
    azure.vault("kv-test");
    let large = "larger than any that makes sense (8388608 bytes)\n";
    for fault in [
        Fault::endless_chunked(),
        Fault::endless_sized(),
        Fault::raw(200, "application/json", vec![b' '; (8 << 20) + 1]),
        Fault::raw(403, "text/html", vec![b'x'; (8 << 20) + 1]),
    ] {
        azure.mend();
        azure.fault(READ, fault.clone());
        fetch(&azure)
            .status(7)
            .stderr_has(format!("{ERROR}the answer of {HOST} is {large}"))
            .run();
        azure.expect(&[&azure.token_request(), READ]);

        azure.mend();
        azure.fault(&azure.token_request(), fault);
        fetch(&azure)
            .status(7)
            .stderr_has(format!(
                "the answer of `login.microsoftonline.com` is {large}"
            ))
            .run();
        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn the_largest_value_arrives_whole() {
    let azure = Standin::start();
    let value = "ü\"\\\n".repeat(5_000);
    azure.secret("kv-prod", "db", &value);

    Akv::new()
        .args(["get", "kv-prod/db"])
        .app(&azure)
        .stdout(value)
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn an_answer_that_is_cut_is_asked_for_again() {
    let azure = azure();
    for fault in [
        Fault::cut(),
        Fault::cut_after_head(),
        Fault::cut_in_body(),
        // Half a head, and the end.
        Fault::garbage("HTTP/1.1 200 OK\r\nContent-Le"),
    ] {
        azure.mend();
        azure.fault(READ, fault.once());

        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .stdout("value-of-db")
            .run();

        azure.expect(&[&azure.token_request(), READ, READ]);
    }
}

#[test]
fn an_answer_that_is_cut_each_time() {
    thread::scope(|scope| {
        for fault in [Fault::cut(), Fault::cut_after_head(), Fault::cut_in_body()] {
            scope.spawn(move || cut_each_time(fault));
        }
    });
}

/// Six seconds of tries for the first secret; then the vault is given up, and the other one asked.
fn cut_each_time(fault: Fault) {
    let azure = azure();
    azure.secret("kv-test", "db", "value-of-db");
    azure.fault(READ, fault);

    let output = fetch(&azure)
        .args(["kv-prod/other", "kv-test/db"])
        .status(6)
        .stderr_has("error: cannot read from the vault `kv-prod`: `kv-prod.vault.azure.net` closed the connection ")
        .run();

    assert_eq!(output.stderr_text().matches("error:").count(), 1);
    let token = azure.token_request();
    let mut expected = vec![READ; 6];
    expected.insert(0, &token);
    expected.push("GET kv-test.vault.azure.net/secrets/db?api-version=7.4");
    azure.expect(&expected);
}

#[test]
fn a_connection_that_closes_without_a_word_costs_nothing() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 2);
    azure.fault("GET kv-prod.vault.azure.net/", Fault::close_after());
    let read = "GET kv-prod.vault.azure.net/secrets/secret-00*?api-version=7.4";

    Akv::new()
        .args(["fetch", "kv-prod/secret-001", "kv-prod/secret-002"])
        .app(&azure)
        .stdout_has("value-of-secret-002")
        .run();

    azure.expect(&[&azure.token_request(), read, read]);
}

#[test]
fn a_listing_that_makes_no_sense() {
    let azure = azure();
    let list = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
    let operation = "akv-xsoar: error: cannot list the secrets of `kv-prod`: ";
    let foreign = "an id in the listing is not that of a secret of this vault".to_owned();
    let other = format!("{HOST} answered 200 with JSON that is not what was asked for");
    let nothing = format!("{HOST} answered 200 with JSON that is no listing");
    let item = |id: &str| Fault::with("value", json!([{"id": id}]));
    for (fault, words) in [
        (
            Fault::captive_portal(),
            format!("{HOST} answered 200 with no JSON (text/html)"),
        ),
        (
            Fault::half(),
            format!("{HOST} answered 200 with JSON that breaks off (application/json)"),
        ),
        (Fault::with("value", "x"), other.clone()),
        (Fault::json(200, &json!({"message": "welcome"})), nothing),
        (Fault::json(200, &json!([])), other.clone()),
        (Fault::with("value", json!([{"x": 1}])), other.clone()),
        (Fault::with("nextLink", 7), other),
        (
            item("https://kv-test.vault.azure.net/secrets/db"),
            foreign.clone(),
        ),
        (
            item("https://kv-prod.vault.azure.net/keys/db"),
            foreign.clone(),
        ),
        (
            item("https://kv-prod.vault.azure.net/secrets/a%0Ab"),
            foreign.clone(),
        ),
        (item("\u{1b}[31m"), foreign),
    ] {
        azure.mend();
        azure.fault(list, fault);

        Akv::new()
            .args(["list", "--vault", "kv-prod"])
            .app(&azure)
            .status(7)
            .stderr(format!("{operation}{words}\n{PORTAL}"))
            .run();

        azure.expect(&[&azure.token_request(), list]);
    }
}
