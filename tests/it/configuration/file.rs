//! The file itself: whether it can be read, whose it is, and who else may read it.

use std::fs;
use std::os::unix::fs::chown;

use super::{all_four, azure, configuration, expect_all_four, instance};
use crate::command::Akv;
use crate::files::{make_fifo, set_mode};
use crate::standin::Scratch;

#[test]
fn files_that_cannot_be_used() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    fs::create_dir(directory.join("directory")).unwrap();
    directory.write("large", vec![b' '; 300 << 10]);
    for (name, open) in [("others", 0o602), ("group", 0o620), ("all", 0o666)] {
        let path = directory.write(name, "{}");
        set_mode(&path, open);
    }
    for (name, open) in [("read", 0o604), ("read-all", 0o644)] {
        let path = directory.write(name, instance().to_string());
        set_mode(&path, open);
    }
    for (file, problem) in [
        ("gone", "no such file or directory"),
        ("directory", "it is a directory"),
        ("large", "it is larger than 262144 bytes"),
        (
            "others",
            "others may write it (mode 0602)\nakv-xsoar: hint: `chmod go-w others`",
        ),
        (
            "group",
            "others may write it (mode 0620)\nakv-xsoar: hint: `chmod go-w group`",
        ),
        (
            "all",
            "others may write it (mode 0666)\nakv-xsoar: hint: `chmod go-w all`",
        ),
        (
            "read",
            "it holds a secret, and every user may read it (mode 0604)\nakv-xsoar: hint: `chmod o-rwx read`",
        ),
        (
            "read-all",
            "it holds a secret, and every user may read it (mode 0644)\nakv-xsoar: hint: `chmod o-rwx read-all`",
        ),
    ] {
        Akv::new()
            .args(["fetch", "--config", file])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the configuration file `{file}`: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
    // A group may read it.
    let path = configuration(&directory, instance().to_string());
    set_mode(&path, 0o640);
    Akv::new()
        .args(["fetch", "--config", "c.json"])
        .azure(&azure)
        .cwd(directory.path())
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

/// Only root can give a file away; anybody finds one of root's.
#[test]
fn whose_it_is() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let path = configuration(&directory, instance().to_string());
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(12_345), None).unwrap();
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr(
                "akv-xsoar: error: cannot use the configuration file `c.json`: it belongs to another user\n\
                 akv-xsoar: hint: `chown \"$(id -u)\" c.json`\n",
            )
            .run();
        azure.expect(&[]);
    }
    // Root's own is read, whoever runs this: it is just not JSON.
    Akv::new()
        .args(["fetch", "--config", "/etc/passwd"])
        .azure(&azure)
        .status(2)
        .stderr_has("akv-xsoar: error: `/etc/passwd`, line 1, column ")
        .run();
    azure.expect(&[]);
}

#[test]
fn from_a_pipe() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    make_fifo(&directory.join("pipe"));
    let run = Akv::new()
        .args(["fetch", "--config", "pipe"])
        .azure(&azure)
        .cwd(directory.path())
        .stdout(all_four())
        .spawn();
    fs::write(directory.join("pipe"), instance().to_string()).unwrap();
    run.wait();
    expect_all_four(&azure);

    Akv::new()
        .args(["fetch", "--config", "pipe", "--timeout", "0.2"])
        .azure(&azure)
        .cwd(directory.path())
        .status(8)
        .stderr("akv-xsoar: error: cannot use the configuration file `pipe`: nothing came from it within 0.2 s (`--timeout`)\n")
        .run();
    azure.expect(&[]);
}
