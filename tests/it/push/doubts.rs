//! Writes of which nobody knows whether they were done, and writers who were quicker.

use std::thread;
use std::time::Duration;

use super::{LIST, PUT, azure, comment, expect, made, push, run, told};
use crate::gate::Gate;
use crate::running::Output;
use crate::standin::{Credential, Fault, Standin};

fn at_once<T: Sync>(cases: &[T], test: impl Fn(&T) + Sync) {
    thread::scope(|scope| {
        for case in cases {
            let test = &test;
            scope.spawn(move || test(case));
        }
    });
}

#[track_caller]
fn took_at_least(output: &Output, milliseconds: u64) {
    let least = Duration::from_millis(milliseconds);
    assert!(output.elapsed >= least, "{:?} < {least:?}", output.elapsed);
}

/// Each was written once.
#[track_caller]
fn written_once(azure: &Standin) {
    let store = azure.store();
    let found: Vec<_> = store
        .iter()
        .map(|one| (one.name.as_str(), one.password.as_str(), one.writes))
        .collect();
    let expected = [
        ("kv-prod/a", "value-of-a", 1),
        ("kv-prod/b", "value-of-b", 1),
    ];
    assert_eq!(found, expected);
}

/// Ways not to tell what was done.
fn faults() -> Vec<Fault> {
    vec![
        Fault::cut(),
        Fault::cut_after_head(),
        Fault::cut_in_body(),
        Fault::garbage("no HTTP at all\r\n\r\n"),
        Fault::endless_sized(),
        Fault::half(),
        Fault::without("id"),
        Fault::captive_portal(),
        Fault::status(408),
        Fault::xsoar_error(500, "internal_server_error", "Internal", "oops"),
        Fault::xsoar_gateway(502, "bad gateway"),
        Fault::status(504),
    ]
}

#[test]
fn a_write_that_was_done_is_not_repeated() {
    at_once(&faults(), |fault| {
        let azure = azure();
        azure.fault(PUT, fault.clone().once());
        push(&azure)
            .arg("--verbose")
            .stdout(told("created", "created"))
            .stderr_has("akv-xsoar: info: cannot write `kv-prod/a` to the server: ")
            .stderr_has(": the store is listed again\n")
            .run();
        expect(&azure, &[PUT, LIST, PUT]);
        written_once(&azure);
    });
}

#[test]
fn a_write_that_was_lost_is_repeated() {
    at_once(&faults(), |fault| {
        let azure = azure();
        // Not what the proper answer would be, but that nobody gave one.
        azure.fault(PUT, fault.clone().once().undone());
        push(&azure).stdout(told("created", "created")).run();
        expect(&azure, &[PUT, LIST, PUT, PUT]);
        written_once(&azure);
    });
}

#[test]
fn a_kept_connection_that_was_closed_is_no_licence_to_write_twice() {
    let azure = azure();
    azure.fault(LIST, Fault::drop_next().once());
    push(&azure).stdout(told("created", "created")).run();
    expect(&azure, &[PUT, LIST, PUT, PUT]);
    written_once(&azure);
}

#[test]
fn a_server_that_closes_every_connection_is_no_obstacle() {
    let azure = azure();
    azure.fault(LIST, Fault::close_after());
    azure.fault(PUT, Fault::close_after());
    push(&azure).stdout(told("created", "created")).run();
    azure.ignore_log();
    written_once(&azure);
}

#[test]
fn the_wait_that_a_server_asks_for_comes_first() {
    let azure = azure();
    azure.fault(PUT, Fault::status(503).header("Retry-After", "2").once());
    let output = push(&azure).stdout(told("created", "created")).run();
    took_at_least(&output, 2000);
    expect(&azure, &[PUT, LIST, PUT]);
    written_once(&azure);
}

#[test]
fn a_wait_that_does_not_fit_is_the_end() {
    let azure = azure();
    azure.fault(PUT, Fault::status(503).header("Retry-After", "100"));
    let end = "; the next try would be in 100 s, and `--timeout` is too short for it (60 s)\n\
               akv-xsoar: hint: give it more time with `--timeout SECONDS`, or try later\n\
               akv-xsoar: error: nothing else was written: not tried: `kv-prod/b`\n";
    push(&azure)
        .status(8)
        .stdout(told("failed", "failed"))
        .stderr(format!(
            "akv-xsoar: error: whether `kv-prod/a` was written is not known: `xsoar.example` answered 503{end}"
        ))
        .run();
    expect(&azure, &[PUT]);

    // Turned away at the door: it is known that nothing was done, and when to come again.
    azure.mend();
    azure.fault(
        PUT,
        Fault::status(429).header("Retry-After", "100").undone(),
    );
    push(&azure)
        .status(8)
        .stdout("kv-prod/a\tunchanged\nkv-prod/b\tfailed\n")
        .stderr_has("error: cannot write `kv-prod/b` to the server: `xsoar.example` is throttled; the next try would be in 100 s, and")
        .run();
    expect(&azure, &[PUT]);

    azure.mend();
    push(&azure).stdout(told("unchanged", "created")).run();
    expect(&azure, &[PUT]);
    written_once(&azure);
}

#[test]
fn one_that_is_throttled_is_sent_again_as_it_is() {
    let azure = azure();
    azure.fault(PUT, Fault::status(429).once().undone());
    let output = push(&azure).stdout(told("created", "created")).run();
    took_at_least(&output, 600);
    expect(&azure, &[PUT, PUT, PUT]);
    written_once(&azure);
}

#[test]
fn the_deadline_leaves_it_open() {
    let azure = azure();
    azure.fault(PUT, Fault::stall());
    push(&azure)
        .arg("--timeout=2")
        .status(8)
        .stdout(told("failed", "failed"))
        .stderr(
            "akv-xsoar: error: whether `kv-prod/a` was written is not known: the deadline of 2 s (`--timeout`) passed while waiting for `xsoar.example`\n\
             akv-xsoar: hint: give it more time with `--timeout SECONDS`\n\
             akv-xsoar: error: the deadline of 2 s (`--timeout`) passed: not tried: `kv-prod/b`\n\
             akv-xsoar: hint: give it more time with `--timeout SECONDS`\n",
        )
        .run();
    expect(&azure, &[PUT]);
    azure.mend();
    push(&azure).stdout(told("unchanged", "created")).run();
    expect(&azure, &[PUT]);
    written_once(&azure);
}

#[test]
fn a_store_that_does_not_tell_leaves_it_open() {
    let azure = azure();
    azure.fault(PUT, Fault::cut().once());
    let forbidden = Fault::xsoar_error(403, "forbidden", "Forbidden", "Forbidden");
    azure.fault(LIST, forbidden.skip(1));
    push(&azure)
        .status(4)
        .stdout(told("failed", "failed"))
        .stderr_has("error: whether `kv-prod/a` was written is not known: `xsoar.example` does not let this key at its credentials: Forbidden\n")
        .stderr_has("error: nothing else was written: not tried: `kv-prod/b`\n")
        .run();
    expect(&azure, &[PUT, LIST]);
}

/// Runs, and while the first write waits for its answer somebody else does something there.
fn meanwhile(azure: &Standin, options: &[&str], done: (&str, &str), status: i32, act: impl Fn()) {
    let (gate, fault) = Gate::new();
    azure.fault(PUT, fault.once());
    let akv = push(azure).args(options).stdout(told(done.0, done.1));
    let akv = akv.status(status);
    let akv = if status == 0 { akv } else { akv.stderr_any() };
    let running = akv.spawn();
    gate.wait();
    act();
    drop(gate);
    running.wait();
}

#[test]
fn who_was_quicker_is_not_overwritten_unseen() {
    for status in [400, 409] {
        let azure = azure();
        azure.xsoar(crate::standin::Xsoar::six().conflict(status));
        azure.xsoar_credential(made("kv-prod/b", "204d23b5e2f34f78b0e708497bc631fa", "old"));
        meanwhile(&azure, &[], ("created", "updated"), 0, || {
            azure.xsoar_change("kv-prod/b", |credential| {
                credential.comment.push_str("\nMine.");
                credential.workgroup = "soc".to_owned();
            });
        });
        expect(&azure, &[PUT, PUT, LIST, PUT]);
        let kept = &azure.store()[0];
        assert_eq!((kept.version, kept.password.as_str()), (3, "value-of-b"));
        assert!(kept.comment.ends_with(" b]\nMine."), "{}", kept.comment);
        assert_eq!(kept.workgroup, "soc");
    }
}

#[test]
fn a_name_that_was_taken_meanwhile_is_somebody_else_s() {
    let taken = Credential::new("kv-prod/b", "somebody", "password of somebody");
    let azure = azure();
    meanwhile(&azure, &[], ("created", "failed"), 2, || {
        azure.xsoar_credential(taken.clone());
    });
    expect(&azure, &[PUT, PUT, LIST]);
    assert_eq!(azure.store()[0].writes + azure.store()[1].writes, 1);

    let azure = self::azure();
    meanwhile(&azure, &["--adopt"], ("created", "updated"), 0, || {
        azure.xsoar_credential(taken.clone());
    });
    expect(&azure, &[PUT, PUT, LIST, PUT]);
}

#[test]
fn another_run_that_was_quicker_has_done_it() {
    let azure = azure();
    let version = azure.secret("kv-prod", "b", "newer value of b");
    meanwhile(&azure, &[], ("created", "created"), 0, || {
        azure.xsoar_credential(made("kv-prod/b", &version, "newer value of b"));
    });
    expect(&azure, &[PUT, PUT, LIST]);
    assert!(
        azure
            .store()
            .iter()
            .any(|one| one.comment == comment("kv-prod/b", &version, "b"))
    );
}

#[test]
fn one_who_is_always_quicker_wins() {
    let azure = azure();
    let conflict = Fault::xsoar_error(409, "errOptimisticLock", "Optimistic lock", "DB version");
    azure.fault(PUT, conflict.undone());
    run(&azure, &["kv-prod/a"])
        .status(7)
        .stdout("kv-prod/a\tfailed\n")
        .stderr(
            "akv-xsoar: error: cannot write `kv-prod/a` to the server: somebody else changes the credential at the same time: DB version, 6 times\n\
             akv-xsoar: hint: run it again\n",
        )
        .run();
    assert_eq!((azure.count(PUT), azure.count(LIST)), (6, 7));
    azure.ignore_log();
}
