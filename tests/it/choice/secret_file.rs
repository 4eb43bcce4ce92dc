//! The client secret in a file, on stdin and in a pipe.

use std::fs;

use serde_json::json;

use super::{READ, azure};
use crate::command::Akv;
use crate::files::{make_fifo, private, set_mode, utf_16};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

/// What PowerShell's `>` makes of a file.
const UTF_16: &str =
    "it is UTF-16 text\nakv-xsoar: hint: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)";

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
    // What stands around it: an editor's newline, and the mark of Windows.
    for (beginning, ending, permissions) in [
        ("", "", 0o600),
        ("", "\n", 0o600),
        ("", "\r\n", 0o400),
        ("", "\r", 0o600),
        ("\u{feff}", "", 0o600),
        ("\u{feff}", "\r\n", 0o600),
        ("", "\n", 0o640),
        ("", "\n", 0o660),
    ] {
        let content = format!("{beginning}{CLIENT_SECRET}{ending}");
        let path = private(&directory, "s", content);
        set_mode(&path, permissions);
        with_secret_file(&azure, "s")
            .cwd(directory.path())
            .env(
                "CASE",
                format!("{beginning:?} {ending:?} {permissions:04o}"),
            )
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
        set_mode(&path, 0o600);
    }
}

/// Exactly one newline is dropped. What is left and cannot be a secret's is not sent, and not shown.
#[test]
fn what_no_secret_has_in_it() {
    let azure = azure();
    let directory = Scratch::new("choice");
    let line_break = "it has a line break in it";
    let control = "it has a control character in it";
    let not_ascii = "it has a character in it that is not ASCII";
    for (secret, problem) in [
        (format!("{CLIENT_SECRET}\n\n"), line_break),
        (format!("{CLIENT_SECRET}\r\n\r\n"), line_break),
        (format!("\n{CLIENT_SECRET}"), line_break),
        ("Canary-One\nCanary-Two\n".to_owned(), line_break),
        (format!("{CLIENT_SECRET}\t\n"), control),
        (format!("{CLIENT_SECRET}\u{1b}[0m"), control),
        (format!("{CLIENT_SECRET}\u{a0}"), not_ascii),
        (format!("\u{200b}{CLIENT_SECRET}"), not_ascii),
        (format!("\u{feff}\u{feff}{CLIENT_SECRET}"), not_ascii),
        (format!("{CLIENT_SECRET}…"), not_ascii),
        (format!("“{CLIENT_SECRET}”"), not_ascii),
    ] {
        let hint = "akv-xsoar: hint: copy it again: it is made of visible ASCII characters";
        private(&directory, "s", &secret);
        with_secret_file(&azure, "s")
            .cwd(directory.path())
            .status(2)
            .canary("Canary-One")
            .stderr(format!(
                "akv-xsoar: error: cannot read the client secret of `--client-secret-file` from `s`: {problem}\n{hint}\n"
            ))
            .run();
        // Of a variable the same is left.
        Akv::new()
            .args(["get", "kv-prod/api"])
            .app(&azure)
            .env("AZURE_CLIENT_SECRET", &secret)
            .status(2)
            .canary("Canary-One")
            .stderr(format!(
                "akv-xsoar: error: cannot use the client secret of `AZURE_CLIENT_SECRET`: {problem}\n{hint}\n"
            ))
            .run();
        // In the configuration it is a text, of which nothing is dropped.
        let text = secret.trim_end_matches('\n').trim_end_matches('\r');
        let text = if problem == line_break { &secret } else { text };
        private(
            &directory,
            "c.json",
            json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "credentials": {"password": text}})
                .to_string(),
        );
        Akv::new()
            .args(["get", "kv-prod/api", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .canary("Canary-One")
            .stderr(format!(
                "akv-xsoar: error: cannot use the client secret of `credentials` in `c.json`: {problem}\n{hint}\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

/// Blanks and quotes may belong to a secret: they are sent, and only where it is refused there is a hint.
#[test]
fn a_secret_that_was_copied_with_more_than_itself() {
    let azure = azure();
    let directory = Scratch::new("choice");
    for (secret, is_surrounded) in [
        (format!("\"{CLIENT_SECRET}\""), true),
        (format!("'{CLIENT_SECRET}'\n"), true),
        (format!(" {CLIENT_SECRET}"), true),
        (format!("{CLIENT_SECRET} \r\n"), true),
        (format!("`{CLIENT_SECRET}`"), true),
        ("Canary \"inside\" it".to_owned(), false),
    ] {
        let hint = if is_surrounded {
            "hint: the client secret begins or ends with a blank or a quote: does that belong to it? Give its value alone\n"
        } else {
            "hint: the client secret is wrong: give its value, not its id"
        };
        private(&directory, "s", &secret);
        for akv in [
            with_secret_file(&azure, "s").cwd(directory.path()),
            Akv::new()
                .args(["get", "kv-prod/api"])
                .app(&azure)
                .env("AZURE_CLIENT_SECRET", &secret),
        ] {
            akv.status(3)
                .stderr_has("AADSTS7000215")
                .stderr_has(hint)
                .run();
            azure.expect(&[&azure.token_request()]);
        }
    }
    // Another refusal is not the secret's.
    private(&directory, "s", format!(" {CLIENT_SECRET}"));
    let missing = "0badc0de-0000-4000-8000-000000000000";
    Akv::new()
        .args(["get", "kv-prod/api", "--client-secret-file", "s"])
        .args(["--tenant-id", TENANT, "--client-id", missing])
        .azure(&azure)
        .cwd(directory.path())
        .status(3)
        .stderr_has("AADSTS700016")
        .stderr_lacks("blank or a quote")
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
    private(&directory, "binary", b"\x80\x81");
    private(&directory, "latin-1", b"s\xe4cret");
    private(&directory, "mark", "\u{feff}\r\n");
    for (name, bytes) in [
        (
            "utf-16",
            utf_16(CLIENT_SECRET, "\u{feff}", u16::to_le_bytes),
        ),
        (
            "utf-16-be",
            utf_16(CLIENT_SECRET, "\u{feff}", u16::to_be_bytes),
        ),
        ("utf-16-bare", utf_16(CLIENT_SECRET, "", u16::to_le_bytes)),
    ] {
        private(&directory, name, bytes);
    }
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
        ("latin-1", "it is not UTF-8 text"),
        ("mark", "it is empty"),
        ("utf-16", UTF_16),
        ("utf-16-be", UTF_16),
        ("utf-16-bare", UTF_16),
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
