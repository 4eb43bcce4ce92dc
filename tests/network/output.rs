//! Outputs on file systems of their own, and owners by the names of our own tables.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use crate::command::{Akv, names_in};
use crate::ground::{Mounted, accounts};
use crate::scenarios;
use crate::standin::{Scratch, Standin};
use crate::stubborn::{Looks, Stubborn};

scenarios![
    a_directory_that_is_a_mount_point,
    a_file_that_is_a_mount_point,
    a_full_file_system_keeps_what_was_there,
    a_read_only_file_system,
    a_file_system_that_keeps_no_modes,
    a_file_system_whose_modes_do_for_what_is_asked,
    a_file_system_that_keeps_no_owners,
    owners_by_their_names,
];

const SIZE: usize = 25_000;

fn azure() -> Standin {
    let azure = Standin::start();
    fill(&azure, 'o');
    azure.ignore_log();
    azure
}

/// Four secrets, each as large as a vault takes.
fn fill(azure: &Standin, letter: char) {
    for name in ["a", "b", "c", "d"] {
        azure.secret("kv-prod", name, letter.to_string().repeat(SIZE));
    }
}

fn fetch<'a>(azure: &'a Standin, directory: &'a Path, options: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "--vault=kv-prod", "--secret=a,b,c,d"])
        .args(options)
        .app(azure)
        .cwd(directory)
}

const FILES: &[&str] = &["--format=files", "--output=creds"];

/// A folder `creds`, for something to be mounted over it.
fn scratch() -> Scratch {
    let scratch = Scratch::new("mounted");
    fs::create_dir(scratch.join("creds")).unwrap();
    scratch
}

fn is_whole(creds: &Path, letter: char) {
    let names = names_in(creds);
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[1..], ["..data", "kv-prod"]);
    for name in ["a", "b", "c", "d"] {
        let value = fs::read_to_string(creds.join("kv-prod").join(name)).unwrap();
        assert_eq!(value, letter.to_string().repeat(SIZE));
    }
}

fn a_directory_that_is_a_mount_point() {
    let azure = azure();
    let scratch = scratch();
    let creds = scratch.join("creds");
    let _mounted = Mounted::over(&creds, "mode=711");
    let root = || {
        let metadata = creds.metadata().unwrap();
        (metadata.dev(), metadata.ino(), metadata.mode() & 0o7777)
    };
    let before = root();
    for letter in ['o', 'n'] {
        fill(&azure, letter);
        fetch(&azure, scratch.path(), FILES).run();
        is_whole(&creds, letter);
        assert_eq!(root(), before);
    }
    assert_ne!(before.0, scratch.path().metadata().unwrap().dev());
}

fn a_file_that_is_a_mount_point() {
    let azure = azure();
    let scratch = Scratch::new("bound");
    let (file, other) = (scratch.write("it", "old"), scratch.write("other", "other"));
    let _bound = Mounted::bound(&other, &file);
    fetch(&azure, scratch.path(), &["--output=it"])
        .status(9)
        .stderr("akv-xsoar: error: cannot write `it`: rename: device or resource busy\nakv-xsoar: hint: a file that is a mount of its own cannot be replaced: mount its directory instead\n")
        .run();
    assert_eq!(names_in(scratch.path()), ["it", "other"]);
    assert_eq!(fs::read_to_string(other).unwrap(), "other");
}

fn a_full_file_system_keeps_what_was_there() {
    let azure = azure();
    let scratch = scratch();
    let creds = scratch.join("creds");
    // Enough for one generation, and half of the next.
    let _mounted = Mounted::over(&creds, "size=150k");
    fetch(&azure, scratch.path(), FILES).run();
    let data = fs::read_link(creds.join("..data")).unwrap();
    fill(&azure, 'n');
    fetch(&azure, scratch.path(), FILES)
        .status(9)
        .stderr("akv-xsoar: error: cannot write `creds`: write: no space left on device\nakv-xsoar: hint: make room, and run it again\n")
        .run();
    is_whole(&creds, 'o');
    assert_eq!(fs::read_link(creds.join("..data")).unwrap(), data);
    // Nothing that was half written takes room.
    for name in ["a", "b", "c", "d"] {
        azure.secret("kv-prod", name, "n");
    }
    fetch(&azure, scratch.path(), FILES).run();
    assert_eq!(fs::read(creds.join("kv-prod/a")).unwrap(), b"n");

    fill(&azure, 'x');
    let text = "cannot write `creds/it`: write: no space left on device\n";
    fs::write(creds.join("it"), "old").unwrap();
    fs::write(creds.join("ballast"), vec![b'x'; 100_000]).unwrap();
    fetch(&azure, scratch.path(), &["--output=creds/it"])
        .status(9)
        .stderr_has(text)
        .run();
    assert_eq!(fs::read_to_string(creds.join("it")).unwrap(), "old");
    assert_eq!(names_in(&creds).len(), 5);
}

fn a_read_only_file_system() {
    let azure = azure();
    let scratch = scratch();
    let _mounted = Mounted::over(&scratch.join("creds"), "ro");
    let hint = "read-only file system\nakv-xsoar: hint: choose a place that can be written, such as one under `/run`\n";
    for (options, what) in [
        (FILES, "`creds`: create a file in it: "),
        (
            &["--format=files", "--output=creds/sub"],
            "`creds/sub`: create the directory: ",
        ),
        (
            &["--output=creds/it"],
            "`creds/it`: create a file beside it: ",
        ),
    ] {
        fetch(&azure, scratch.path(), options)
            .status(9)
            .stderr(format!("akv-xsoar: error: cannot write {what}{hint}"))
            .run();
    }
}

fn owners_by_their_names() {
    let azure = azure();
    let scratch = Scratch::new("owners");
    let path = scratch.write("it", "old");
    // In a namespace of an ordinary user there is root and nobody else.
    let (user, group) = match chown(&path, Some(1234), Some(567)) {
        Ok(()) => (1234, 567),
        Err(_) => (0, 0),
    };
    accounts(
        &format!("app.1:x:{user}:9:An application,,,:/srv:/bin/false"),
        &format!("web-data:x:{group}:app.1\n"),
    );
    for (owner, expected) in [
        ("app.1", (user, 0)),
        ("app.1:web-data", (user, group)),
        ("root:web-data", (0, group)),
        ("0:web-data", (0, group)),
        ("root", (0, 0)),
    ] {
        let options = ["--output=it", "--mode=640", "--owner", owner];
        fetch(&azure, scratch.path(), &options).run();
        let metadata = path.metadata().unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), expected, "{owner}");
    }
    for (owner, cause) in [
        ("web-data", "`/etc/passwd` has no such user"),
        ("root:app.1", "`/etc/group` has no such group"),
        ("App.1", "`/etc/passwd` has no such user"),
    ] {
        fetch(&azure, scratch.path(), &["--output=it", "--owner", owner])
            .status(2)
            .stderr_has(format!("`--owner` cannot be set to `{owner}`: {cause}\n"))
            .run();
    }
    crate::ground::remove("passwd");
    fetch(&azure, scratch.path(), &["--output=it", "--owner=app.1"])
        .status(2)
        .stderr("akv-xsoar: error: `--owner` cannot be set to `app.1`: cannot read `/etc/passwd`: no such file or directory\nakv-xsoar: hint: give the user by number, or by a name that `/etc/passwd` has\n")
        .run();
    fetch(&azure, scratch.path(), &["--output=it", "--owner=0:0"]).run();
}

/// As Azure Files looks where nothing is said of modes.
const OPEN: Looks = Looks {
    file: 0o777,
    directory: 0o777,
    user: 0,
    links: true,
};

/// Every file below a directory, with what is in it.
fn files_below(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in names_in(directory) {
        let path = directory.join(&name);
        if path.symlink_metadata().unwrap().is_dir() {
            all.extend(files_below(&path));
        } else {
            all.push((name, fs::read(path).unwrap_or_default()));
        }
    }
    all
}

fn a_file_system_that_keeps_no_modes() {
    let azure = azure();
    let group = Looks {
        file: 0o640,
        directory: 0o750,
        ..OPEN
    };
    let files_only = Looks {
        directory: 0o700,
        ..OPEN
    };
    let directories_only = Looks {
        file: 0o600,
        ..OPEN
    };
    let read_only = Looks {
        file: 0o400,
        directory: 0o700,
        ..OPEN
    };
    let file = "--output=creds/it";
    let files = ["--format=files", "--output=creds"];
    let sub = ["--format=files", "--output=creds/sub"];
    let cases: [(Looks, &[&str], &str); 12] = [
        (OPEN, &[file], "0777 instead of 0600: others could"),
        (
            OPEN,
            &[file, "--mode=640"],
            "0777 instead of 0640: others could",
        ),
        (
            OPEN,
            &[file, "--mode=755"],
            "0777 instead of 0755: others could",
        ),
        (OPEN, &files, "0777 instead of 0700: others could"),
        (OPEN, &sub, "0777 instead of 0700: others could"),
        (
            OPEN,
            &["--mode=640", files[0], files[1]],
            "0777 instead of 0750: others could",
        ),
        (group, &[file], "0640 instead of 0600: others could"),
        (group, &files, "0750 instead of 0700: others could"),
        (files_only, &files, "0777 instead of 0600: others could"),
        (directories_only, &sub, "0777 instead of 0700: others could"),
        // Those who were to read it could not.
        (group, &[file, "--mode=644"], "0640 instead of 0644\n"),
        (read_only, &[file, "--mode=600"], "0400 instead of 0600\n"),
    ];
    for (looks, options, text) in cases {
        let scratch = scratch();
        let creds = scratch.join("creds");
        let Some(_mounted) = Stubborn::over(&creds, looks) else {
            return;
        };
        fs::write(creds.join("it"), "old").unwrap();
        let before = files_below(&creds);
        fetch(&azure, scratch.path(), options)
            .status(9)
            .stderr_has(format!(": the file system gives it mode {text}"))
            .stderr_has("akv-xsoar: hint: choose a place whose file system keeps modes")
            .run();
        assert_eq!(files_below(&creds), before, "{options:?}");
        let names = names_in(&creds);
        assert_eq!(names, ["it"], "{options:?}");
        // `check` says the same, and leaves the same.
        let check = Akv::new().args(["check", "kv-prod/a"]).args(options);
        check
            .app(&azure)
            .cwd(scratch.path())
            .status(9)
            .stdout_has(format!(
                ": the file system gives it mode {}",
                text.trim_end()
            ))
            .stderr_any()
            .run();
        assert_eq!(names_in(&creds), ["it"], "{options:?}");
    }
}

fn a_file_system_whose_modes_do_for_what_is_asked() {
    let azure = azure();
    let closed = Looks {
        file: 0o600,
        directory: 0o700,
        ..OPEN
    };
    // As vfat with `umask=077`: what its owner may do besides is no danger.
    let vfat = Looks {
        file: 0o700,
        directory: 0o700,
        ..OPEN
    };
    let files = ["--format=files", "--output=creds"];
    let cases: [(Looks, &[&str]); 7] = [
        (closed, &["--output=creds/it"]),
        (closed, &files),
        (vfat, &["--output=creds/it"]),
        (vfat, &["--output=creds/it", "--mode=400"]),
        (vfat, &files),
        (OPEN, &["--output=creds/it", "--mode=777"]),
        (OPEN, &["--mode=777", files[0], files[1]]),
    ];
    for (looks, options) in cases {
        let scratch = scratch();
        let creds = scratch.join("creds");
        let Some(_mounted) = Stubborn::over(&creds, looks) else {
            return;
        };
        for letter in ['o', 'n'] {
            fill(&azure, letter);
            fetch(&azure, scratch.path(), options).run();
            if options.contains(&"--format=files") {
                is_whole(&creds, letter);
            } else {
                assert_eq!(names_in(&creds), ["it"]);
                let text = fs::read_to_string(creds.join("it")).unwrap();
                assert!(text.contains(&letter.to_string().repeat(SIZE)));
            }
        }
    }
}

fn a_file_system_that_keeps_no_owners() {
    let azure = azure();
    let looks = Looks {
        file: 0o600,
        directory: 0o700,
        ..OPEN
    };
    for (user, owner, options) in [
        (0, "1234", &["--output=creds/it"][..]),
        (0, "0:567", &["--output=creds/it"]),
        (0, "1234:0", &["--format=files", "--output=creds"]),
        (1000, "0", &["--output=creds/it"]),
    ] {
        let scratch = scratch();
        let creds = scratch.join("creds");
        let Some(_mounted) = Stubborn::over(&creds, Looks { user, ..looks }) else {
            return;
        };
        fetch(&azure, scratch.path(), options)
            .args(["--owner", owner])
            .status(9)
            .stderr_has(format!(": the file system leaves it with owner {user}:{user}, whatever is set\nakv-xsoar: hint: have it mounted with that owner"))
            .run();
        assert!(names_in(&creds).is_empty());
        // Its own are no others.
        let own = format!("{user}:{user}");
        fetch(&azure, scratch.path(), options)
            .args(["--owner", &own])
            .run();
        assert!(!names_in(&creds).is_empty());
    }
}
