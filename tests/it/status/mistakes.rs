//! A run that is wrong from its first word has a status, too, as soon as it is known where.

use std::fs;

use serde_json::json;

use super::{EARLIER, azure, earlier, fetch, status};
use crate::command::{Akv, names_in};
use crate::files::private;
use crate::standin::Scratch;

/// A command line alone: nothing else is known.
fn typed<'a>(directory: &'a Scratch, words: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(words)
        .cwd(directory.path())
        .status(2)
        .stderr_any()
}

#[test]
fn a_command_line_that_is_wrong() {
    let azure = azure();
    let of = |words: &[&str]| {
        let directory = Scratch::new("status");
        earlier(&directory, &json!(EARLIER));
        let said = typed(&directory, words).run().stderr_text();
        let status = status(&directory, &azure);
        assert_eq!(status["exit"], 2, "{words:?}");
        assert_eq!(status["last_success"], EARLIER);
        let error = format!(
            "akv-xsoar: error: {}\n",
            status["errors"][0].as_str().unwrap()
        );
        assert!(said.starts_with(&error), "{said}");
        status["errors"].clone()
    };
    for words in [
        &["fetch", "--status", "status.json", "--bogus"][..],
        &["fetch", "--bogus", "--status=status.json"],
        &["--bogus", "--status", "status.json", "fetch"],
        &["fetch", "--bogus", "value", "--status", "status.json"],
    ] {
        assert_eq!(of(words), json!(["unknown option `--bogus`"]));
    }
    for (words, error) in [
        (
            &["fetch", "--status", "status.json", "-x"][..],
            "unknown option `-x`",
        ),
        (
            &["fetch", "--all=yes", "--status", "status.json"],
            "`--all` takes no value",
        ),
        (
            &["fetch", "--status", "status.json", "--output"],
            "`--output` needs a value",
        ),
        (
            &[
                "fetch",
                "--mode",
                "600",
                "--mode",
                "600",
                "--status",
                "status.json",
            ],
            "`--mode` was given twice",
        ),
        (
            &["fetch", "--status", "status.json", "--pristine"],
            "`--pristine` does not belong to `fetch`",
        ),
        (
            &["fetch", "--status", "status.json", "--timeout", "0"],
            "`--timeout` must be a number of seconds above 0: `0`",
        ),
        (
            &["fetch", "--status", "status.json", "--managed-identity"],
            "nothing is selected",
        ),
    ] {
        let errors = of(words);
        let said = errors[0].as_str().unwrap();
        assert!(said.starts_with(error), "{said}");
    }
}

#[test]
fn a_configuration_that_is_wrong() {
    let azure = azure();
    for (text, error) in [
        ("{", "`c.json`, line 1, column 1: not valid JSON"),
        (
            r#"{"tenant": "x"}"#,
            "`c.json`, line 1: `tenant` is not a key of this file",
        ),
        (
            r#"{"timeout": 0}"#,
            "`timeout` in `c.json` must be a number of seconds above 0",
        ),
    ] {
        let directory = Scratch::new("status");
        private(&directory, "c.json", text);
        let words = ["kv-prod/a", "--config", "c.json"];
        fetch(&azure, &directory, &words)
            .status(2)
            .stderr_any()
            .run();
        assert_eq!(
            status(&directory, &azure)["errors"],
            json!([error]),
            "{text}"
        );
    }
    // One that is not there, and one that names the status itself, behind its mistake.
    let directory = Scratch::new("status");
    let words = ["kv-prod/a", "--config", "gone.json"];
    fetch(&azure, &directory, &words)
        .status(2)
        .stderr_any()
        .run();
    assert_eq!(status(&directory, &azure)["exit"], 2);
    let directory = Scratch::new("status");
    private(
        &directory,
        "c.json",
        "{\n\"tenant\": \"x\",\n\"status\": \"status.json\"}",
    );
    typed(&directory, &["fetch", "--config", "c.json"]).run();
    let told = status(&directory, &azure)["errors"].clone();
    assert_eq!(
        told,
        json!(["`c.json`, line 2: `tenant` is not a key of this file"])
    );
    // Who may write another's configuration does not say where something is written.
    let directory = Scratch::new("status");
    let open = directory.write("c.json", r#"{"status": "status.json"}"#);
    crate::files::set_mode(open, 0o666);
    typed(&directory, &["fetch", "--config", "c.json"]).run();
    assert_eq!(names_in(directory.path()), ["c.json"]);
}

#[test]
fn where_it_is_not_known_whose_it_is_there_is_none() {
    for words in [
        &["--status", "status.json"][..],
        &["fecth", "--status", "status.json"],
        &["get", "--status", "status.json", "--bogus"],
        &["check", "--status", "status.json", "--bogus"],
        &[
            "fetch",
            "--bogus",
            "--status",
            "status.json",
            "--status",
            "other.json",
        ],
        &["fetch", "--bogus", "--status"],
        &["fetch", "--bogus", "--status", ""],
        &["fetch", "--bogus", "--", "--status", "status.json"],
        &["push", "--dry-run", "--bogus", "--status", "status.json"],
    ] {
        let directory = Scratch::new("status");
        typed(&directory, words).run();
        assert!(names_in(directory.path()).is_empty(), "{words:?}");
    }
    // Nor after what is only read.
    for words in [
        &["fetch", "--status", "status.json", "--help"][..],
        &["help", "fetch", "--status", "status.json"],
        &["fetch", "--status", "status.json", "--version"],
    ] {
        let directory = Scratch::new("status");
        let run = typed(&directory, words).status(0);
        run.stdout_any().run();
        assert!(names_in(directory.path()).is_empty(), "{words:?}");
    }
}

/// The output may be at that place: what names it could not be read.
#[test]
fn what_is_no_status_is_not_replaced_by_a_run_that_knows_too_little() {
    let azure = azure();
    for (words, config) in [
        (&["--bogus"][..], ""),
        (&["--config", "c.json"], "{"),
        (
            &["--config", "c.json", "--bogus"],
            r#"{"output": "status.json"}"#,
        ),
    ] {
        for content in ["[\n]\n", "{}", "", "{\"exit\": 0}"] {
            let directory = Scratch::new("status");
            private(&directory, "c.json", config);
            private(&directory, "status.json", content);
            let words = [&["kv-prod/a"], words].concat();
            let run = fetch(&azure, &directory, &words).status(2);
            run.stderr_has("akv-xsoar: warning: cannot write the status `status.json`: what is there is no status\n")
                .run();
            let there = fs::read_to_string(directory.join("status.json")).unwrap();
            assert_eq!(there, content);
        }
    }
}
