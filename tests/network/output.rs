//! Outputs on file systems of their own, and owners by the names of our own tables.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use crate::command::{Akv, names_in};
use crate::ground::{Mounted, accounts};
use crate::scenarios;
use crate::standin::{Scratch, Standin};

scenarios![
    a_directory_that_is_a_mount_point,
    a_file_that_is_a_mount_point,
    a_full_file_system_keeps_what_was_there,
    a_read_only_file_system,
    owners_by_their_names,
];

pub const SIZE: usize = 25_000;

pub fn azure() -> Standin {
    let azure = Standin::start();
    fill(&azure, 'o');
    azure.ignore_log();
    azure
}

/// Four secrets, each as large as a vault takes.
pub fn fill(azure: &Standin, letter: char) {
    for name in ["a", "b", "c", "d"] {
        azure.secret("kv-prod", name, letter.to_string().repeat(SIZE));
    }
}

pub fn fetch<'a>(azure: &'a Standin, directory: &'a Path, options: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "--vault=kv-prod", "--secret=a,b,c,d"])
        .args(options)
        .app(azure)
        .cwd(directory)
}

pub const FILES: &[&str] = &["--format=files", "--output=creds"];

/// A folder `creds`, for something to be mounted over it.
pub fn scratch() -> Scratch {
    let scratch = Scratch::new("mounted");
    fs::create_dir(scratch.join("creds")).unwrap();
    scratch
}

pub fn is_whole(creds: &Path, letter: char) {
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
    let bound = Mounted::bound(&other, &file);
    fetch(&azure, scratch.path(), &["--output=it"])
        .status(9)
        .stderr("akv-xsoar: error: cannot write `it`: rename: device or resource busy\nakv-xsoar: hint: a file that is a mount of its own cannot be replaced: mount its directory instead\n")
        .run();
    assert_eq!(names_in(scratch.path()), ["it", "other"]);
    assert_eq!(fs::read_to_string(other).unwrap(), "other");
    check(
        &azure,
        scratch.path(),
        &["--output=it"],
        "cannot write `it`: rename: device or resource busy; what to do: a file that is a mount of its own",
    );
    drop(bound);
    check(
        &azure,
        scratch.path(),
        &["--output=it"],
        "`it`: a file, which is replaced",
    );
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
    a_full_file_system_is_found_by_a_check(&azure, scratch.path());
}

fn a_full_file_system_is_found_by_a_check(azure: &Standin, directory: &Path) {
    let creds = directory.join("creds");
    for (options, what) in [
        (&["--output=creds/it"][..], "`creds/it`"),
        (&["--output=creds/new"], "`creds/new`"),
        (FILES, "`creds`"),
    ] {
        check(azure, directory, options, "output: `");
        // To the last byte: there is a name left, but no block.
        let ballast = fs::File::create(creds.join("full")).unwrap();
        let mut size = 0;
        while size % 4096 == 0 {
            size += (&ballast).write(&[b'x'; 4096]).unwrap_or(1) as u64;
        }
        let text =
            format!("cannot write {what}: write: no space left on device; what to do: make room");
        check(azure, directory, options, &text);
        fs::remove_file(creds.join("full")).unwrap();
    }
}

/// `check` says this of the output, and leaves what was there.
pub fn check(azure: &Standin, directory: &Path, options: &[&str], text: &str) {
    let before = names_in(directory);
    let run = Akv::new().args(["check", "kv-prod/a"]).args(options);
    let run = run.app(azure).cwd(directory).stdout_has(text);
    if text.starts_with("cannot") {
        run.status(9).stderr_any().run();
    } else {
        run.run();
    }
    assert_eq!(names_in(directory), before, "{options:?}");
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
        let text = format!("cannot write {what}read-only file system; what to do: ");
        check(&azure, scratch.path(), options, &text);
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
