//! Who may write near the agent's keys exchanges them while they are looked at: nothing elsewhere is ever read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};

use super::{KEYS, TOKEN, azure, get, names_file};
use crate::scenarios;
use crate::standin::{Fault, Scratch, Standin};

scenarios![
    a_key_for_a_link,
    its_folder_for_a_link,
    a_folder_above_for_a_link,
    a_key_for_a_folder,
    a_key_for_what_is_no_file,
];

const BAIT: &str = "CanaryThatMustNotBeSent";
const RUNS: usize = 60;

/// Runs the program again and again, while these two take each other's place.
fn exchange(azure: &Standin, one: &Path, other: &Path) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..RUNS {
            names_file_again(azure);
            get(azure).canary(BAIT).status(3).stderr_any().run();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let requests = azure.requests();
    let mut tried = 0;
    for request in &requests {
        if let Some(sent) = request.header("authorization") {
            assert!(!sent.contains(BAIT), "what lies elsewhere was read");
            tried += 1;
        }
    }
    // The key itself, where it was there, was the test's own: no agent takes it.
    assert_eq!(azure.take_violations().len(), tried);
    azure.ignore_log();
}

/// The agent names the same file for the next run.
fn names_file_again(azure: &Standin) {
    azure.mend();
    let realm = format!("Basic realm={KEYS}/key.key");
    azure.fault(TOKEN, Fault::arc_challenge(move |_| realm.clone()).once());
}

/// The key where the agent says, and a folder elsewhere whose file of that name is none.
fn laid(azure: &Standin) -> (PathBuf, Scratch) {
    let key = names_file(azure, "key.key");
    fs::write(&key, "the-key-itself").unwrap();
    let elsewhere = Scratch::new("arc");
    elsewhere.write("key.key", BAIT);
    (key, elsewhere)
}

fn a_key_for_a_link() {
    let azure = azure();
    let (key, elsewhere) = laid(&azure);
    let link = Path::new(KEYS).join("link");
    symlink(elsewhere.path().join("key.key"), &link).unwrap();
    exchange(&azure, &key, &link);
}

fn its_folder_for_a_link() {
    let azure = azure();
    let (_, elsewhere) = laid(&azure);
    let link = Path::new("/var/opt/azcmagent/link");
    symlink(elsewhere.path(), link).unwrap();
    exchange(&azure, Path::new(KEYS), link);
    reset();
}

fn a_folder_above_for_a_link() {
    let azure = azure();
    let (_, elsewhere) = laid(&azure);
    fs::create_dir(elsewhere.path().join("tokens")).unwrap();
    fs::write(elsewhere.path().join("tokens/key.key"), BAIT).unwrap();
    let link = Path::new("/var/opt/link");
    symlink(elsewhere.path(), link).unwrap();
    exchange(&azure, Path::new("/var/opt/azcmagent"), link);
    reset();
}

fn a_key_for_a_folder() {
    let azure = azure();
    let (key, _elsewhere) = laid(&azure);
    let folder = Path::new(KEYS).join("folder");
    fs::create_dir(&folder).unwrap();
    exchange(&azure, &key, &folder);
}

/// A FIFO that nobody writes to must not hold the run, either.
fn a_key_for_what_is_no_file() {
    let azure = azure();
    let make_fifo = |path: &Path| {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
    };
    make_fifo(&names_file(&azure, "fifo.key"));
    get(&azure)
        .status(3)
        .stderr_has(
            "the agent's key `/var/opt/azcmagent/tokens/fifo.key`: it is not a regular file\n",
        )
        .run();
    azure.expect(&[TOKEN]);

    let (key, _elsewhere) = laid(&azure);
    let fifo = Path::new(KEYS).join("fifo");
    make_fifo(&fifo);
    exchange(&azure, &key, &fifo);
}

/// Whatever took whose place.
fn reset() {
    for path in ["/var/opt/azcmagent", "/var/opt/link"] {
        let path = Path::new(path);
        let _ = fs::remove_file(path);
        let _ = fs::remove_dir_all(path);
    }
}
