//! Failures: the old file is as it was, and nothing is left behind.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

use super::{NEW, READ, azure, expect_one, fetch, is_root, mode_of};
use crate::command::names_in;
use crate::files::make_fifo;
use crate::gate::Gate;
use crate::shell::{Shell, code};
use crate::standin::{Fault, Scratch};

#[test]
fn a_failed_fetch_leaves_everything_as_it_was() {
    let azure = azure();
    for (fault, status) in [
        (Fault::not_found("a"), 5),
        (Fault::no_role("kv-prod"), 4),
        (Fault::half(), 7),
        (Fault::status(401), 7),
    ] {
        for before in [None, Some("old")] {
            let directory = Scratch::new("failed");
            let path = directory.join("it");
            let inode = before.map(|text| {
                fs::write(&path, text).unwrap();
                path.metadata().unwrap().ino()
            });
            azure.mend();
            azure.fault(READ, fault.clone());
            let run = fetch(&azure, directory.path(), "it");
            run.status(status).stderr_has("akv-xsoar: error: ").run();
            expect_one(&azure);
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), before);
            assert_eq!(path.metadata().ok().map(|file| file.ino()), inode);
            assert_eq!(names_in(directory.path()).len(), before.iter().count());
        }
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let azure = azure();
    let directory = Scratch::new("places");
    directory.write("file", "old");
    fs::create_dir(directory.join("sub")).unwrap();
    let names = names_in(directory.path());
    let too_long = "n".repeat(256);
    let no_directory = "akv-xsoar: hint: the directory must be there already\n";
    for (output, cause, hint) in [
        (
            "gone/it",
            "its directory: no such file or directory",
            no_directory,
        ),
        (
            "/gone/it",
            "its directory: no such file or directory",
            no_directory,
        ),
        (
            "gone/",
            "its directory: no such file or directory",
            no_directory,
        ),
        ("file/it", "its directory: not a directory", ""),
        ("file/", "its directory: not a directory", ""),
        ("sub", "it is a directory", ""),
        ("sub/", "it is a directory", ""),
        ("sub/.", "it is a directory", ""),
        ("..", "it is a directory", ""),
        ("/", "it is a directory", ""),
    ] {
        let stderr = format!("akv-xsoar: error: cannot write `{output}`: {cause}\n{hint}");
        let run = fetch(&azure, directory.path(), output);
        run.status(9).stderr(stderr).run();
        expect_one(&azure);
        assert_eq!(names_in(directory.path()), names, "{output}");
    }
    // glibc says "file name", musl "filename".
    let run = fetch(&azure, directory.path(), &too_long).status(9);
    run.stderr_has("`: lookup: file")
        .stderr_has("name too long\n")
        .run();
    expect_one(&azure);
    assert_eq!(names_in(directory.path()), names);
    assert_eq!(fs::read_to_string(directory.join("file")).unwrap(), "old");
    assert!(names_in(&directory.join("sub")).is_empty());
}

#[test]
fn a_directory_needs_the_right_to_write_and_no_other() {
    let azure = azure();
    let directory = Scratch::new("rights");
    let path = directory.write("it", "old");
    let permit = |mode| {
        let permissions = Permissions::from_mode(mode);
        fs::set_permissions(directory.path(), permissions).unwrap();
    };
    // Cannot be listed, so that nothing in it can be looked for, nor synced.
    permit(0o300);
    fetch(&azure, directory.path(), path.to_str().unwrap()).run();
    expect_one(&azure);
    permit(0o700);
    assert_eq!(fs::read_to_string(&path).unwrap(), NEW);

    fs::write(&path, "old").unwrap();
    permit(0o500);
    let run = fetch(&azure, directory.path(), "it");
    if is_root() {
        println!("root may write here: what it may not write to comes below");
        run.run();
    } else {
        run.status(9)
            .stderr_has("create a file beside it: permission denied")
            .run();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }
    expect_one(&azure);
    permit(0o700);
    assert_eq!(names_in(directory.path()), ["it"]);

    // Here root may not, either.
    let run = fetch(&azure, directory.path(), "/proc/it").status(9);
    run.stderr_has("cannot write `/proc/it`: create a file beside it: ")
        .run();
    expect_one(&azure);
}

#[test]
fn a_signal_ends_a_run_and_changes_nothing() {
    let azure = azure();
    for (signal, before) in [
        (Signal::TERM, Some("old")),
        (Signal::INT, None),
        (Signal::HUP, Some("old")),
        (Signal::KILL, None),
    ] {
        let directory = Scratch::new("signal");
        let path = directory.join("it");
        if let Some(text) = before {
            fs::write(&path, text).unwrap();
        }
        let (gate, fault) = Gate::new();
        azure.mend();
        azure.fault(READ, fault);
        let run = fetch(&azure, directory.path(), "it");
        let run = run.status(128 + signal.as_raw()).spawn();
        gate.wait();
        run.signal(signal);
        run.wait();
        drop(gate);
        expect_one(&azure);
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), before);
        assert_eq!(names_in(directory.path()).len(), before.iter().count());
    }
}

#[test]
fn what_a_killed_run_leaves_the_next_one_removes() {
    let azure = azure();
    let shell = Shell::new(&azure);
    fs::write(shell.join("it"), "old").unwrap();
    // The limit on the size of files kills it (SIGXFSZ) in the middle of its writing.
    let output = shell.output("ulimit -f 0; akv fetch kv-prod/a --output it");
    expect_one(&azure);
    assert_eq!(code(&output), 128 + Signal::XFSZ.as_raw());
    let names = names_in(shell.path());
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[1], "it");
    assert_eq!(fs::read_to_string(shell.join("it")).unwrap(), "old");
    let left = shell.join(&names[0]);
    assert_eq!(mode_of(&left), 0o600);

    // As long as somebody holds it, it is not left over.
    let held = File::options().write(true).open(&left).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    shell.run("akv fetch kv-prod/a --output it", 0, "", "");
    expect_one(&azure);
    assert_eq!(names_in(shell.path()), names);

    drop(held);
    shell.run("akv fetch kv-prod/a --output other", 0, "", "");
    expect_one(&azure);
    assert_eq!(names_in(shell.path()), ["it", "other"]);
}

#[test]
fn what_only_looks_like_left_over_stays() {
    let azure = azure();
    let directory = Scratch::new("left");
    let name = |digit: char| format!(".akv-xsoar-{}.tmp", digit.to_string().repeat(16));
    let precious = directory.write("precious", "old");
    symlink(&precious, directory.join(name('a'))).unwrap();
    fs::create_dir(directory.join(name('b'))).unwrap();
    make_fifo(&directory.join(name('c')));
    directory.write(".akv-xsoar-notes-of-mine12.tmp", "mine");
    directory.write(".akv-xsoar-0123456789abcdef.tmp.bak", "mine");
    let left = directory.write(name('d'), "left over");
    let mut names = names_in(directory.path());
    fetch(&azure, directory.path(), "precious").run();
    expect_one(&azure);
    assert!(!left.exists());
    names.retain(|found| *found != name('d'));
    assert_eq!(names_in(directory.path()), names);
}
