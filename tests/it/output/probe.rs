//! Whether a place can be written to, without writing there.

use std::fs;
use std::path::Path;

use super::attributes::ordinary;
use super::tree::snapshot;
use super::{azure, fetch};
use crate::command::Akv;
use crate::files::{make_fifo, set_mode};
use crate::standin::{Scratch, Standin};

fn check<'a>(azure: &'a Standin, directory: &'a Path, options: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["check", "kv-prod/a"])
        .args(options)
        .app(azure)
        .cwd(directory)
}

#[test]
fn a_place_is_tried_and_left_as_it_was() {
    let azure = azure();
    azure.ignore_log();
    let directory = Scratch::new("probe");
    directory.write("file", "old");
    make_fifo(&directory.join("fifo"));
    fs::create_dir(directory.join("folder")).unwrap();
    let write = fetch(&azure, directory.path(), "creds");
    write.arg("--format=files").run();
    fs::create_dir(directory.join("foreign")).unwrap();
    directory.write("foreign/..data", "mine");
    let before = snapshot(directory.path());
    let files = "--format=files";
    let (mode, owner) = (
        "--mode=440",
        format!("--owner={}", rustix::process::geteuid().as_raw()),
    );
    for (options, found) in [
        (&[][..], "standard output"),
        (&["--output=new"], "`new`: a new file"),
        (&["--output=file"], "`file`: a file, which is replaced"),
        (&["--output=new", mode, &owner], "`new`: a new file"),
        (
            &["--output=fifo"],
            "`fifo`: not a regular file: it is written to directly",
        ),
        (
            &["--output=/dev/null"],
            "`/dev/null`: not a regular file: it is written to directly",
        ),
        (&["--output=new", files], "`new`: a new directory"),
        (&["--output=folder/", files], "`folder/`: a directory"),
        (
            &["--output=creds", files, mode, &owner],
            "`creds`: a directory",
        ),
    ] {
        let run = check(&azure, directory.path(), options);
        run.stdout_has(format!(" output: {found}\n")).run();
        assert_eq!(snapshot(directory.path()), before, "{options:?}");
    }
    for (options, cause) in [
        (&["--output=folder"][..], "it is a directory"),
        (
            &["--output=gone/new"],
            "its directory: no such file or directory",
        ),
        (
            &["--output=gone/new", files],
            "its directory: no such file or directory",
        ),
        (&["--output=file", files], "it is not a directory"),
        (
            &["--output=foreign", files],
            "`..data` in it was not made by this program",
        ),
        (
            &["--output=fifo", mode],
            "it is not a regular file: its mode and owner are not set",
        ),
    ] {
        let run = check(&azure, directory.path(), options).status(9);
        run.stdout_has(format!(": {cause}")).stderr_any().run();
        assert_eq!(snapshot(directory.path()), before, "{options:?}");
    }
    let run = check(&azure, directory.path(), &["--output=new", "--owner=64999"]);
    let run = ordinary(run).status(9).stderr_any();
    run.stdout_has("cannot write `new`: chown: operation not permitted")
        .run();
    set_mode(directory.path(), 0o500);
    for files in [&["--output=new", files][..], &["--output=new"]] {
        let run = ordinary(check(&azure, directory.path(), files));
        run.status(9)
            .stdout_has("permission denied")
            .stderr_any()
            .run();
    }
    set_mode(directory.path(), 0o700);
    assert_eq!(snapshot(directory.path()), before);
}
