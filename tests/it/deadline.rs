//! `--timeout`: one deadline over everything, whatever the peer does.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::command::Akv;
use crate::files::make_fifo;
use crate::running::Output;
use crate::standin::{CLIENT_ID, Fault, Scratch, Standin, TENANT, TlsFault};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
const MORE_TIME: &str = "akv-xsoar: hint: give it more time with `--timeout SECONDS`";

/// A vault with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure
}

fn fetch(azure: &Standin, timeout: f64) -> Akv<'_> {
    Akv::new()
        .args(["fetch", "kv-prod/db", "--timeout", &timeout.to_string()])
        .app(azure)
}

/// It ended when it should have, not earlier, and did not hang.
#[track_caller]
fn ended_at(output: &Output, timeout: f64) {
    let seconds = output.elapsed.as_secs_f64();
    assert!(
        (timeout..timeout + 2.0).contains(&seconds),
        "{seconds} for {timeout}"
    );
}

fn waiting(host: &str, timeout: f64) -> String {
    format!("the deadline of {timeout} s (`--timeout`) passed while waiting for `{host}`\n")
}

/// Each way in which an answer does not arrive.
fn stalls() -> Vec<(&'static str, Fault)> {
    let interval = Duration::from_millis(200);
    vec![
        ("before the answer", Fault::stall()),
        ("in the head", Fault::stall_in_head()),
        ("in the body", Fault::stall_in_body()),
        ("late", Fault::slow(Duration::from_secs(30))),
        ("a head that trickles", Fault::trickle_head(interval)),
        ("a body that trickles", Fault::trickle_body(interval)),
    ]
}

/// Each of them, all at the same time.
fn each_stall(test: impl Fn(Standin, Fault) + Sync) {
    thread::scope(|scope| {
        for (case, fault) in stalls() {
            let test = &test;
            // The thread's name is in the panic's message.
            let named = thread::Builder::new().name(case.to_owned());
            let spawned = named.spawn_scoped(scope, move || test(azure(), fault));
            spawned.expect("a thread");
        }
    });
}

#[test]
fn an_answer_of_entra_s_that_does_not_arrive() {
    each_stall(|azure, fault| {
        azure.fault(&azure.token_request(), fault);

        let output = fetch(&azure, 1.5)
            .status(8)
            .stderr_has(format!(
                "akv-xsoar: error: cannot get a token for the application `{CLIENT_ID}`: {}",
                waiting("login.microsoftonline.com", 1.5)
            ))
            .run();

        ended_at(&output, 1.5);
        azure.expect(&[&azure.token_request()]);
    });
}

#[test]
fn an_answer_of_the_vault_s_that_does_not_arrive() {
    each_stall(|azure, fault| {
        azure.fault(READ, fault);

        let output = fetch(&azure, 2.5)
            .status(8)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read `kv-prod/db`: {}",
                waiting("kv-prod.vault.azure.net", 2.5)
            ))
            .run();

        ended_at(&output, 2.5);
        azure.expect(&[&azure.token_request(), READ]);
    });
}

#[test]
fn an_answer_of_the_metadata_endpoint_s_that_does_not_arrive() {
    each_stall(|azure, fault| {
        azure.fault(METADATA, fault);

        let output = Akv::new()
            .args(["fetch", "kv-prod/db", "--timeout=1.5"])
            .azure(&azure)
            .status(8)
            .stderr_has(format!(
                "akv-xsoar: error: cannot get a token for this machine's managed identity: {}",
                waiting("127.0.0.1", 1.5)
            ))
            .run();

        ended_at(&output, 1.5);
        azure.expect(&[METADATA]);
    });
}

#[test]
fn a_handshake_that_does_not_go_on() {
    for host in ["login.microsoftonline.com", "kv-prod.vault.azure.net"] {
        let azure = azure();
        azure.tls_fault(host, TlsFault::Stall);

        let output = fetch(&azure, 2.5)
            .status(8)
            .stderr_has(format!(
                "the deadline of 2.5 s (`--timeout`) passed while connecting to `{host}`\n"
            ))
            .run();

        ended_at(&output, 2.5);
        if host.starts_with("kv") {
            azure.expect(&[&azure.token_request()]);
        }
    }
}

#[test]
fn a_trickle_that_is_quick_enough_arrives() {
    let azure = azure();
    let interval = Duration::from_millis(1);
    azure.fault(&azure.token_request(), Fault::trickle_head(interval));
    azure.fault(READ, Fault::trickle_body(interval));

    Akv::new()
        .args(["get", "kv-prod/db"])
        .app(&azure)
        .stdout("value-of-db")
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn what_was_not_tried_is_named() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 3);
    azure.secrets("kv-test", 1);
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/secret-002",
        Fault::stall(),
    );

    let output = Akv::new()
        .args(["fetch", "--timeout", "2.5"])
        .args(["kv-prod/secret-001", "kv-prod/secret-002", "kv-prod/secret-003", "kv-test/secret-001"])
        .app(&azure)
        .status(8)
        .stderr_has(format!(
            "akv-xsoar: error: cannot read `kv-prod/secret-002`: {}",
            waiting("kv-prod.vault.azure.net", 2.5)
        ))
        .stderr_has("akv-xsoar: error: the deadline of 2.5 s (`--timeout`) passed: not tried: `kv-prod/secret-003`, `kv-test/secret-001`\n")
        .stderr_has(MORE_TIME)
        .run();

    ended_at(&output, 2.5);
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/secret-001?api-version=7.4",
        "GET kv-prod.vault.azure.net/secrets/secret-002?api-version=7.4",
    ]);
}

#[test]
fn what_a_condemned_vault_has_was_not_left_untried_by_the_deadline() {
    let azure = Standin::start();
    azure.secrets("kv-bad", 2);
    azure.secrets("kv-prod", 2);
    azure.fault("GET kv-bad.vault.azure.net/", Fault::firewall("kv-bad"));
    azure.fault("GET kv-prod.vault.azure.net/", Fault::stall());

    let output = Akv::new()
        .args(["fetch", "--timeout", "2.5"])
        .args([
            "kv-bad/secret-001",
            "kv-prod/secret-001",
            "kv-bad/secret-002",
            "kv-prod/secret-002",
        ])
        .app(&azure)
        .status(4)
        .stderr_has("error: cannot read from the vault `kv-bad`: the vault's firewall")
        .stderr_has("error: cannot read `kv-prod/secret-001`: the deadline of 2.5 s")
        .stderr_has(": not tried: `kv-prod/secret-002`\n")
        .run();

    ended_at(&output, 2.5);
    azure.expect(&[
        &azure.token_request(),
        "GET kv-bad.vault.azure.net/secrets/secret-001?api-version=7.4",
        "GET kv-prod.vault.azure.net/secrets/secret-001?api-version=7.4",
    ]);
}

#[test]
fn a_deadline_in_the_middle_of_a_listing() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 30);
    azure.secrets("kv-test", 1);
    let list = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
    let next = format!("{list}&$skiptoken=*");
    azure.fault(&next, Fault::stall());

    let output = Akv::new()
        .args(["list", "--vault", "kv-prod,kv-test", "--timeout", "2.5"])
        .app(&azure)
        .status(8)
        .stderr_has(format!(
            "akv-xsoar: error: cannot list the secrets of `kv-prod`: {}",
            waiting("kv-prod.vault.azure.net", 2.5)
        ))
        .stderr_has(
            "akv-xsoar: error: the deadline of 2.5 s (`--timeout`) passed: not tried: `kv-test`\n",
        )
        .run();

    ended_at(&output, 2.5);
    azure.expect(&[&azure.token_request(), list, &next]);
}

#[test]
fn many_slow_answers_add_up() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 20);
    azure.delay(Duration::from_millis(250));

    let names: Vec<_> = (1..=20).map(|n| format!("kv-prod/secret-{n:03}")).collect();
    let output = Akv::new()
        .args(["fetch", "--timeout", "2.5"])
        .args(&names)
        .app(&azure)
        .in_sequence()
        .status(8)
        .stderr_has("not tried: ")
        .stderr_has("`kv-prod/secret-020`\n")
        .run();

    ended_at(&output, 2.5);
    let reads = azure.count("GET kv-prod.vault.azure.net/secrets/*");
    assert!(reads < 10, "{reads}");
    azure.ignore_log();
}

#[test]
fn an_output_that_nobody_reads() {
    let azure = azure();
    let directory = Scratch::new("fifo");
    let fifo = directory.join("fifo");
    make_fifo(&fifo);

    let output = fetch(&azure, 2.5)
        .args(["--output".as_ref(), fifo.as_os_str()])
        .status(8)
        .stderr_has("within 2.5 s (`--timeout`)")
        .run();

    ended_at(&output, 2.5);
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn a_secret_s_file_that_nobody_writes() {
    let azure = azure();
    let directory = Scratch::new("fifo");
    let fifo = directory.join("fifo");
    make_fifo(&fifo);
    // Open for writing, so that it is not simply at its end.
    let _writer = fs::File::options()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();

    let output = Akv::new()
        .args(["fetch", "kv-prod/db", "--timeout", "0.6"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .args(["--client-secret-file".as_ref(), fifo.as_os_str()])
        .azure(&azure)
        .status(8)
        .stderr_has("within 0.6 s (`--timeout`)")
        .run();

    ended_at(&output, 0.6);
    azure.expect(&[]);
}

#[test]
fn a_secret_on_stdin_that_never_comes() {
    let output = Akv::new()
        .args(["fetch", "kv-prod/db", "--timeout", "0.6"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .args(["--client-secret-file", "-"])
        .stdin_open()
        .status(8)
        .stderr_has("within 0.6 s (`--timeout`)")
        .run();

    ended_at(&output, 0.6);
}
