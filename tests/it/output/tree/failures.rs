//! Failures: what was there stays, whoever made it, and nothing is left behind.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

use super::{ALL, ODD, azure, expect, files, generation, snapshot, write};
use crate::command::names_in;
use crate::shell::{Shell, code};
use crate::standin::{Fault, Scratch};

/// Something that somebody else put at a path.
type Plant = fn(&Path);

#[test]
fn what_others_made_is_not_touched() {
    let azure = azure();
    let plants: [(&str, Plant); 8] = [
        ("kv-test", |path| fs::create_dir(path).unwrap()),
        ("kv-test", |path| fs::write(path, "mine").unwrap()),
        ("kv-test", |path| symlink("/tmp", path).unwrap()),
        ("kv-test", |path| symlink("..data/kv-prod", path).unwrap()),
        ("..data", |path| fs::create_dir(path).unwrap()),
        ("..data", |path| fs::write(path, "mine").unwrap()),
        ("..data", |path| {
            symlink("..2026_11_25_12_00_00.123", path).unwrap();
        }),
        ("..data", |path| {
            symlink("../..akv-xsoar-0123456789abcdef", path).unwrap();
        }),
    ];
    for (name, plant) in plants {
        for there in [false, true] {
            let directory = Scratch::new("foreign");
            let creds = directory.join("creds");
            fs::create_dir(&creds).unwrap();
            if there {
                write(&azure, directory.path(), "kv-prod/a", &[]);
                let _ = fs::remove_file(creds.join(name));
            }
            plant(&creds.join(name));
            let before = snapshot(&creds);
            let run = files(&azure, directory.path(), ALL).status(9);
            run.stderr(format!("akv-xsoar: error: cannot write `creds`: `{name}` in it was not made by this program\nakv-xsoar: hint: move it away, or choose another directory\n")).run();
            expect(&azure, ALL);
            assert_eq!(snapshot(&creds), before, "{name}");
        }
    }
}

#[test]
fn a_failed_fetch_leaves_everything_as_it_was() {
    let azure = azure();
    let directory = Scratch::new("failed");
    let creds = directory.join("creds");
    let route = "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4";
    for there in [false, true] {
        if there {
            write(&azure, directory.path(), ALL, &[]);
        }
        let before = snapshot(directory.path());
        azure.fault(route, Fault::not_found("b"));
        let run = files(&azure, directory.path(), ALL).status(5);
        run.stderr_has("akv-xsoar: error: ").run();
        azure.mend();
        expect(&azure, ALL);
        assert_eq!(snapshot(directory.path()), before);
        assert_eq!(creds.exists(), there);
    }
}

#[test]
fn what_a_killed_run_leaves_the_next_one_removes() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let creds = shell.join("creds");
    write(&azure, shell.path(), ALL, &[]);
    let old = generation(&creds);
    azure.secret("kv-prod", "a", "a".repeat(2000));
    // The limit on the size of files kills it (SIGXFSZ) in the middle of its writing.
    let script = format!("ulimit -f 1; akv fetch --format files --output creds {ALL}");
    for _ in 0..2 {
        let output = shell.output(&script);
        expect(&azure, ALL);
        assert_eq!(code(&output), 128 + Signal::XFSZ.as_raw());
    }
    azure.secret("kv-prod", "a", "value-of-a");
    let names = names_in(&creds);
    // A generation that is not whole, and the lock; of the run before only what the second left.
    assert!(names.len() >= 6, "{names:?}");
    assert_eq!(generation(&creds), old);
    assert_eq!(fs::read(creds.join("kv-prod/b")).unwrap(), ODD.as_bytes());
    // A link that was to become another.
    symlink(
        "..data/kv-x",
        creds.join("..akv-xsoar-0123456789abcdef.tmp"),
    )
    .unwrap();
    for secrets in [ALL, "kv-prod/a"] {
        write(&azure, shell.path(), secrets, &["--if-changed"]);
        let vaults = if secrets == ALL { 2 } else { 1 };
        assert_eq!(names_in(&creds).len(), 2 + vaults, "{:?}", names_in(&creds));
        if secrets == ALL {
            assert_eq!(generation(&creds), old);
        }
    }
}

#[test]
fn a_run_waits_for_another_until_the_deadline() {
    let azure = azure();
    let directory = Scratch::new("locked");
    let creds = directory.join("creds");
    write(&azure, directory.path(), ALL, &[]);
    let lock = directory.write("creds/..akv-xsoar.lock", "");
    let held = File::options().write(true).open(&lock).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let before = snapshot(&creds);
    let run = files(&azure, directory.path(), ALL)
        .arg("--timeout=2")
        .status(8);
    run.stderr("akv-xsoar: error: cannot write `creds`: another run that writes there did not end within 2 s (`--timeout`)\n").run();
    expect(&azure, ALL);
    assert_eq!(snapshot(&creds), before);
    drop(held);
    write(&azure, directory.path(), ALL, &[]);
    assert_eq!(names_in(&creds).len(), 4);
}

/// A person may lock the directory around the run.
#[test]
fn the_lock_of_the_directory_is_not_ours() {
    let azure = azure();
    let shell = Shell::new(&azure);
    fs::create_dir(shell.join("creds")).unwrap();
    let script = format!("flock creds $RUNNER \"$BIN\" fetch --format files --output creds {ALL}");
    shell.run(&script, 0, "", "");
    expect(&azure, ALL);
    assert_eq!(names_in(&shell.join("creds")).len(), 4);
}
