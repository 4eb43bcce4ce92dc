//! Interrupted anywhere, a push is completed by the next one: every request in turn is the last that is answered.

use std::thread;

use rustix::process::Signal;

use super::{azure, run};
use crate::command::Akv;
use crate::standin::{Credential, Fault, Standin};

const ALL: [&str; 4] = ["kv-prod/a", "kv-prod/b", "kv-prod/c", "kv-prod/d"];

/// The token, four secrets, the list, three writes.
const REQUESTS: usize = 9;

/// One of each kind: to be created, updated, left as it is, adopted.
struct Place {
    azure: Standin,
    /// The secrets' versions, by which no two places are the same.
    versions: Vec<String>,
    /// How many requests that took.
    before: usize,
}

impl Place {
    fn new() -> Self {
        let azure = azure();
        azure.ignore_log();
        azure.secret("kv-prod", "c", "value-of-c");
        run(&azure, &["kv-prod/b", "kv-prod/c"])
            .stdout("kv-prod/b\tcreated\nkv-prod/c\tcreated\n")
            .run();
        azure.xsoar_change("kv-prod/b", |credential| {
            credential.comment.insert_str(0, "Mine. ");
        });
        let hand_made = Credential::new("kv-prod/d", "somebody", "password of somebody");
        azure.xsoar_credential(hand_made.comment("Ask Ann.").workgroup("soc"));
        let versions = vec![
            azure.secret("kv-prod", "a", "newer value of a"),
            azure.secret("kv-prod", "b", "newer value of b"),
            azure.secret("kv-prod", "d", "newer value of d"),
        ];
        let before = azure.requests().len();
        Self {
            azure,
            versions,
            before,
        }
    }

    fn push(&self) -> Akv<'_> {
        run(&self.azure, &ALL).arg("--adopt").in_sequence()
    }

    /// What is in the store, with the versions that all places have.
    fn store(&self) -> Vec<Credential> {
        let mut store = self.azure.store();
        for credential in &mut store {
            for (number, version) in self.versions.iter().enumerate() {
                credential.comment = credential.comment.replace(version, &number.to_string());
            }
            // That of `c` was there before.
            if credential.name == "kv-prod/c" {
                credential.comment.clear();
            }
        }
        store.sort_by(|one, other| one.name.cmp(&other.name));
        store
    }
}

/// The store after a run that nothing came between.
fn undisturbed() -> Vec<Credential> {
    let place = Place::new();
    place
        .push()
        .stdout(
            "kv-prod/a\tcreated\nkv-prod/b\tupdated\nkv-prod/c\tunchanged\nkv-prod/d\tupdated\n",
        )
        .run();
    assert_eq!(place.azure.requests().len(), place.before + REQUESTS);
    let store = place.store();
    let writes: Vec<_> = store.iter().map(|credential| credential.writes).collect();
    assert_eq!(writes, [1, 2, 1, 1]);
    store
}

/// Every request in turn, each done and lost.
fn at_each(test: impl Fn(usize, Fault) + Sync, fault: impl Fn() -> Fault + Sync) {
    thread::scope(|scope| {
        for undone in [false, true] {
            let (test, fault) = (&test, &fault);
            scope.spawn(move || {
                for number in 0..REQUESTS {
                    let fault = fault().skip(u32::try_from(number).unwrap()).once();
                    test(number, if undone { fault.undone() } else { fault });
                }
            });
        }
    });
}

#[test]
fn a_killed_run_is_completed_by_the_next_one() {
    let expected = undisturbed();
    at_each(
        |number, fault| {
            let place = Place::new();
            place.azure.fault("*", fault);

            let running = place.push().status(128 + 9).spawn();
            place.azure.wait_for_requests(place.before + number + 1);
            running.signal(Signal::KILL);
            running.wait();
            assert_eq!(place.azure.requests().len(), place.before + number + 1);

            place.push().stdout_any().run();
            // Whatever was written before is not written again: versions are the same, too.
            assert_eq!(place.store(), expected, "request {number}");
            place
                .push()
                .stdout(ALL.map(|name| format!("{name}\tunchanged\n")).concat())
                .run();
        },
        Fault::stall,
    );
}

#[test]
fn a_connection_that_is_cut_anywhere_changes_nothing() {
    let expected = undisturbed();
    at_each(
        |number, fault| {
            let place = Place::new();
            place.azure.fault("*", fault);
            place
                .push()
                .stdout("kv-prod/a\tcreated\nkv-prod/b\tupdated\nkv-prod/c\tunchanged\nkv-prod/d\tupdated\n")
                .run();
            assert_eq!(place.store(), expected, "request {number}");
        },
        Fault::cut,
    );
}
