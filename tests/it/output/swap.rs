//! A directory of files, while it is written: by one run, by several, and by one that ends early.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{azure, calls};
use crate::command::{Akv, names_in};
use crate::shell::Shell;
use crate::standin::{Scratch, Standin};

const VAULTS: [&str; 2] = ["kv-prod", "kv-test"];
const SECRETS: [&str; 3] = ["a", "b", "c"];

/// Gives every secret the same value, which is larger than what one call reads or writes.
fn store(azure: &Standin, digit: &str) {
    // How often it is asked is another test's affair.
    azure.ignore_log();
    for vault in VAULTS {
        for secret in SECRETS {
            azure.secret(vault, secret, digit.repeat(20_000));
        }
    }
}

fn write(azure: &Standin, directory: &Path) {
    Akv::new()
        .args(["fetch", "--format=files", "--vault", &VAULTS.join(",")])
        .args(["--secret", &SECRETS.join(","), "--output"])
        .arg(directory)
        .app(azure)
        .run();
}

/// What is found in one generation: how often each value. Nothing if it went away meanwhile.
fn read(directory: &Path) -> Option<BTreeMap<Vec<u8>, usize>> {
    let generation = fs::read_link(directory.join("..data")).unwrap();
    let mut found = BTreeMap::new();
    for vault in VAULTS {
        for secret in SECRETS {
            let path = directory.join(&generation).join(vault).join(secret);
            match fs::read(path) {
                Ok(value) => *found.entry(value).or_default() += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }
    Some(found)
}

#[test]
fn a_reader_sees_all_old_files_or_all_new_ones() {
    let scratch = Scratch::new("swap");
    let directory = scratch.join("creds");
    let azure = Standin::start();
    store(&azure, "0");
    write(&azure, &directory);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let generations = scope.spawn(|| {
            let mut whole = 0;
            while !over.load(Ordering::Relaxed) {
                if let Some(found) = read(&directory) {
                    assert_eq!(found.len(), 1, "a mixture");
                    let (value, count) = found.first_key_value().unwrap();
                    assert_eq!((value.len(), *count), (20_000, 6), "half");
                    whole += 1;
                }
            }
            whole
        });
        // By the way that people take.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                match fs::read(directory.join("kv-test/c")) {
                    Ok(value) => {
                        let alike = value.iter().all(|byte| *byte == value[0]);
                        assert!(value.len() == 20_000 && alike, "half, or a mixture");
                    }
                    // Removed while the path was followed.
                    Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound),
                }
            }
        });
        for number in 1..200 {
            store(&azure, ["1", "2", "3", "4"][number % 4]);
            write(&azure, &directory);
        }
        over.store(true, Ordering::Relaxed);
        assert!(generations.join().unwrap() > 0);
    });
    assert_eq!(names_in(&directory).len(), 4);
}

#[test]
fn runs_at_the_same_time_come_one_after_another() {
    let scratch = Scratch::new("several");
    let directory = scratch.join("creds");
    thread::scope(|scope| {
        for value in ["1", "2", "3", "4"] {
            let directory = &directory;
            scope.spawn(move || {
                let azure = Standin::start();
                store(&azure, value);
                for _ in 0..20 {
                    write(&azure, directory);
                }
            });
        }
    });
    assert_eq!(read(&directory).unwrap().len(), 1);
    assert_eq!(names_in(&directory).len(), 4, "{:?}", names_in(&directory));
}

/// The files, their directories, then the links: the one to all files first, and the names to the disk.
#[test]
fn everything_is_on_the_disk_before_it_counts() {
    let azure = azure();
    azure.ignore_log();
    let shell = Shell::new(&azure);
    let run = "fetch --format files kv-prod/a --output creds";
    let watched = "fsync,symlink,symlinkat,rename,renameat,renameat2";
    if let Some(calls) = calls(&shell, watched, run) {
        let expected = "fsync fsync fsync symlink symlink rename rename fsync fsync";
        assert_eq!(calls.join(" "), expected);
    } else {
        shell.run(&format!("akv {run}"), 0, "", "");
    }
    assert_eq!(
        fs::read(shell.join("creds/kv-prod/a")).unwrap(),
        b"value-of-a"
    );
}
