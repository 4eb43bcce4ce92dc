//! Connections that close, break or stay silent.

use std::thread;
use std::time::Duration;

use super::{METADATA, READ, at_once, azure, get, get_with_metadata, took_at_least};
use crate::command::Akv;
use crate::standin::{Fault, Standin, TlsFault};

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
        .in_sequence()
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
        .in_sequence()
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
