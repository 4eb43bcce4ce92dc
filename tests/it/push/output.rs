//! What is said of a push, where, and in which form.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::{LIST, PUT, URL, azure, expect, push, told};
use crate::files::private;
use crate::shell::{Shell, code};
use crate::standin::{Fault, Scratch, XSOAR_KEY};

#[test]
fn machines_get_json() {
    let azure = azure();
    azure.fault(PUT, Fault::xsoar_error(400, "", "", "").undone().once());
    push(&azure)
        .args(["--format", "jsonl"])
        .status(7)
        .stdout(
            "{\"name\":\"kv-prod/a\",\"result\":\"failed\"}\n\
             {\"name\":\"kv-prod/b\",\"result\":\"created\"}\n",
        )
        .stderr_has("`xsoar.example` answered 400\n")
        .run();
    azure.ignore_log();
    for format in ["xsoar", "dotenv", "shell", "files"] {
        push(&azure)
            .args(["--format", format])
            .status(2)
            .stderr_has("`--format`")
            .run();
        // A file that `fetch` has, too.
        let directory = Scratch::new("config");
        let file = private(&directory, "c.json", json!({"format": format}).to_string());
        push(&azure)
            .arg("--config")
            .arg(&file)
            .arg("--dry-run")
            .stdout(told("would be created", "unchanged"))
            .run();
    }
}

#[test]
fn the_report_goes_to_a_file() {
    let azure = azure();
    let directory = Scratch::new("output");
    let path = directory.join("report");
    push(&azure).arg("--output").arg(&path).run();
    expect(&azure, &[PUT, PUT]);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        told("created", "created")
    );

    // What was done is done, wherever the report ends.
    azure.secret("kv-prod", "a", "newer value of a");
    azure.fault(
        PUT,
        Fault::xsoar_error(400, "", "", "Too long").undone().once(),
    );
    push(&azure)
        .args(["--output", "/nowhere/report"])
        .status(7)
        .stderr_has("error: cannot write `kv-prod/a` to the server: `xsoar.example` answered 400: Too long\n")
        .stderr_has("error: cannot write `/nowhere/report`: ")
        .run();
    expect(&azure, &[PUT]);
    push(&azure)
        .args(["--output", "/nowhere/report"])
        .status(9)
        .stderr_has("error: cannot write `/nowhere/report`: ")
        .run();
    expect(&azure, &[PUT]);
    assert_eq!(azure.store()[0].password, "newer value of a");
}

#[test]
fn nobody_needs_to_read_it() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let push = format!("akv push kv-prod/a kv-prod/b --xsoar-url {URL}");
    let run = |script: &str| {
        let script = format!("export DEMISTO_API_KEY={XSOAR_KEY}\n{script}");
        let output = shell.output(&script);
        (code(&output), String::from_utf8(output.stderr).unwrap())
    };
    // Nothing can be read: the write ends in a closed pipe.
    let closed = format!("{{ {push}; echo $? >status; }} | :; cat status >&2");
    assert_eq!(run(&closed), (0, "0\n".to_owned()));
    expect(&azure, &[PUT, PUT]);
    assert_eq!(azure.store().len(), 2);
    // What went wrong is said all the same.
    azure.secret("kv-prod", "b", "newer value of b");
    azure.fault(PUT, Fault::xsoar_error(400, "", "", "Too long").undone());
    let (_, stderr) = run(&closed);
    assert!(
        stderr.contains("cannot write `kv-prod/b` to the server: "),
        "{stderr}"
    );
    assert!(stderr.ends_with("\n7\n"), "{stderr}");
    expect(&azure, &[PUT]);
}

#[test]
fn a_terminal_sees_how_far_it_is() {
    let azure = azure();
    azure.delay(Duration::from_millis(300));
    let shell = Shell::new(&azure);
    let push = format!("$RUNNER \"$BIN\" push kv-prod/a kv-prod/b --xsoar-url {URL} >it");
    let script = format!("export DEMISTO_API_KEY={XSOAR_KEY}\nexec script -qec '{push}' /dev/null");
    let output = shell.output(&script);
    let sent = String::from_utf8(output.stdout).unwrap();
    assert!(sent.contains("akv-xsoar: xsoar.example: 1/2"), "{sent:?}");
    assert!(sent.ends_with("\r\u{1b}[K"), "{sent:?}");
    expect(&azure, &[PUT, PUT]);
}

#[test]
fn each_request_is_told_and_no_secret() {
    let azure = azure();
    let output = push(&azure)
        .arg("--verbose")
        .stdout(told("created", "created"))
        .stderr_has("akv-xsoar: info: POST xsoar.example (credentials, page 1): 200 in ")
        .stderr_has("akv-xsoar: info: PUT xsoar.example (write `kv-prod/a`): 200 in ")
        .stderr_has("akv-xsoar: info: PUT xsoar.example (write `kv-prod/b`): 200 in ")
        .run();
    expect(&azure, &[PUT, PUT]);
    assert_eq!(output.stderr_text().matches(": info: P").count(), 4);
    azure.fault(LIST, Fault::status(404).undone());
    push(&azure)
        .arg("--quiet")
        .status(7)
        .stderr("akv-xsoar: error: cannot list the server's credentials: `xsoar.example` has no credential store at this address (status 404)\n")
        .run();
    expect(&azure, &[]);
}
