//! The client secret in a file, on stdin and in a pipe.

use std::fs;

use super::{READ, azure};
use crate::command::Akv;
use crate::files::{make_fifo, private, set_mode};
use crate::standin::{CLIENT_SECRET, Scratch, Standin};

/// A run as the application, with its secret in this file.
fn with_secret_file<'a>(azure: &'a Standin, file: &str) -> Akv<'a> {
    Akv::new()
        .args(["get", "kv-prod/api", "--client-secret-file", file])
        .app(azure)
        .env("AZURE_CLIENT_SECRET", "a secret that must not be used")
}

#[test]
fn the_secret_in_a_file() {
    let azure = azure();
    let directory = Scratch::new("choice");
    for (ending, permissions) in [
        ("", 0o600),
        ("\n", 0o600),
        ("\r\n", 0o400),
        ("\n", 0o640),
        ("\n", 0o660),
    ] {
        let path = private(&directory, "s", format!("{CLIENT_SECRET}{ending}"));
        set_mode(&path, permissions);
        with_secret_file(&azure, "s")
            .cwd(directory.path())
            .env("CASE", format!("{ending:?} {permissions:04o}"))
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
        set_mode(&path, 0o600);
    }

    // Exactly one newline is dropped.
    private(&directory, "s", format!("{CLIENT_SECRET}\n\n"));
    with_secret_file(&azure, "s")
        .cwd(directory.path())
        .status(3)
        .stderr_has("AADSTS7000215")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn the_secret_on_stdin() {
    let azure = azure();
    for ending in ["", "\n"] {
        with_secret_file(&azure, "-")
            .stdin(format!("{CLIENT_SECRET}{ending}"))
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
    with_secret_file(&azure, "-")
        .status(2)
        .stderr("akv-xsoar: error: cannot read the client secret of `--client-secret-file` from standard input: it is empty\n")
        .run();
    azure.expect(&[]);
}

#[test]
fn files_that_hold_no_secret() {
    let azure = azure();
    let directory = Scratch::new("choice");
    fs::create_dir(directory.join("directory")).unwrap();
    private(&directory, "empty", "");
    private(&directory, "newline", "\n");
    private(&directory, "large", "x".repeat(64 * 1024 + 1));
    private(&directory, "binary", [0xff, 0xfe]);
    for (name, open) in [("open", 0o604), ("wide-open", 0o666)] {
        set_mode(private(&directory, name, CLIENT_SECRET), open);
    }
    for (file, problem) in [
        ("gone", "no such file or directory"),
        ("gone/s", "no such file or directory"),
        ("directory", "it is a directory"),
        ("empty", "it is empty"),
        ("newline", "it is empty"),
        ("large", "it is larger than 65536 bytes"),
        ("binary", "it is not UTF-8 text"),
        (
            "open",
            "every user may read it (mode 0604)\nakv-xsoar: hint: `chmod o-rwx open`",
        ),
        (
            "wide-open",
            "every user may read it (mode 0666)\nakv-xsoar: hint: `chmod o-rwx wide-open`",
        ),
    ] {
        with_secret_file(&azure, file)
            .cwd(directory.path())
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot read the client secret of `--client-secret-file` from `{file}`: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn the_secret_in_a_pipe() {
    let azure = azure();
    let directory = Scratch::new("choice");
    make_fifo(&directory.join("pipe"));

    // It waits for what comes.
    let run = with_secret_file(&azure, "pipe")
        .cwd(directory.path())
        .stdout("value-of-api")
        .spawn();
    fs::write(directory.join("pipe"), CLIENT_SECRET).unwrap();
    run.wait();
    azure.expect(&[&azure.token_request(), READ]);

    // Nobody writes: the deadline holds.
    let output = with_secret_file(&azure, "pipe")
        .args(["--timeout", "0.3"])
        .cwd(directory.path())
        .status(8)
        .stderr("akv-xsoar: error: cannot read the client secret of `--client-secret-file` from `pipe`: nothing came from it within 0.3 s (`--timeout`)\n")
        .run();
    assert!(output.elapsed.as_millis() < 800, "{:?}", output.elapsed);
    azure.expect(&[]);
}
