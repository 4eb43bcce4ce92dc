//! `--status`: how each run went, in a file for whoever watches over it.

mod endings;
mod mistakes;
mod places;
mod pushed;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::canary::shows;
use crate::command::{Akv, names_in};
use crate::standin::{Fault, Scratch, Secret, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/a?api-version=7.4";

/// The message of a secret that is not there, as it stands in the status.
const GONE: &str = "cannot read `kv-prod/gone`: no such secret or version";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.ignore_log();
    azure.secret("kv-prod", "a", "value-of-a");
    azure
}

fn document(value: &str) -> String {
    format!("[\n{{\"user\":\"a\",\"password\":\"{value}\",\"name\":\"kv-prod/a\"}}\n]\n")
}

/// A run that leaves its status in `status.json`.
fn fetch<'a>(azure: &'a Standin, directory: &'a Scratch, words: &[&str]) -> Akv<'a> {
    Akv::new()
        .arg("fetch")
        .args(words)
        .args(["--status", "status.json"])
        .app(azure)
        .cwd(directory.path())
}

/// What is in a status, which everybody may read and has no secret in it, and the text that it is.
#[track_caller]
fn status_at(path: &Path, azure: &Standin) -> (Value, String) {
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(path.symlink_metadata().unwrap().mode(), 0o100_644);
    for secret in [azure.canaries(), azure.values()].concat() {
        assert!(!shows(text.as_bytes(), &secret), "{secret}: {text}");
    }
    (serde_json::from_str(&text).unwrap(), text)
}

#[track_caller]
fn status(directory: &Scratch, azure: &Standin) -> Value {
    status_at(&directory.join("status.json"), azure).0
}

/// Whether it is a time of now: jq reads such a one.
fn is_now(time: &Value) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let output = Command::new("date")
        .args(["-u", "+%s", "-d", time.as_str().unwrap()])
        .output()
        .unwrap();
    let at: u64 = String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    now.abs_diff(Duration::from_secs(at)) < Duration::from_secs(60)
}

/// A status of an earlier run.
fn earlier(directory: &Scratch, last_success: &Value) {
    let text = json!({"command": "fetch", "exit": 0, "last_success": last_success}).to_string();
    crate::files::set_mode(directory.write("status.json", text), 0o644);
}

const EARLIER: &str = "2026-01-02T03:04:05Z";

#[test]
fn after_a_success() {
    let azure = azure();
    let directory = Scratch::new("status");
    azure.put(
        "kv-prod",
        Secret::new("b", "value-of-b").expires(4_102_444_800),
    );
    azure.put(
        "kv-prod",
        Secret::new("c", "value-of-c").expires(1_893_456_000),
    );
    fetch(
        &azure,
        &directory,
        &[
            "kv-prod/a",
            "kv-prod/b",
            "kv-prod/c",
            "--output",
            "credentials.json",
        ],
    )
    .run();
    let (status, text) = status_at(&directory.join("status.json"), &azure);
    assert!(is_now(&status["time"]), "{text}");
    let time = status["time"].as_str().unwrap();
    let expected = r#"{
  "time": "NOW",
  "last_success": "NOW",
  "command": "fetch",
  "exit": 0,
  "credentials": 3,
  "changed": true,
  "soonest_expiry": {
    "credential": "kv-prod/c",
    "time": "2030-01-01T00:00:00Z"
  },
  "errors": [],
  "warnings": [],
  "version": "0.1.0"
}
"#;
    assert_eq!(
        text,
        expected
            .replace("NOW", time)
            .replace("0.1.0", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(
        names_in(directory.path()),
        ["credentials.json", "status.json"]
    );
}

#[test]
fn after_a_failure() {
    let azure = azure();
    let directory = Scratch::new("status");
    directory.write("credentials.json", "the last good ones");
    earlier(&directory, &json!(EARLIER));
    let words = [
        "kv-prod/a",
        "kv-prod/gone",
        "kv-test/gone",
        "--output",
        "credentials.json",
    ];
    azure.vault("kv-test");
    let run = fetch(&azure, &directory, &words).status(5);
    let said = run.stderr_has(GONE).run().stderr_text();
    let (first, text) = status_at(&directory.join("status.json"), &azure);
    let time = first["time"].as_str().unwrap();
    assert!(is_now(&first["time"]), "{text}");
    // The same lines.
    let errors = said
        .lines()
        .filter_map(|line| line.strip_prefix("akv-xsoar: error: "));
    let errors: Vec<_> = errors.collect();
    let expected = r#"{
  "time": "NOW",
  "last_success": "2026-01-02T03:04:05Z",
  "command": "fetch",
  "exit": 5,
  "credentials": null,
  "changed": false,
  "soonest_expiry": null,
  "errors": [
    FIRST,
    SECOND
  ],
  "warnings": [],
  "version": "0.1.0"
}
"#;
    assert_eq!(
        text,
        expected
            .replace("NOW", time)
            .replace("FIRST", &json!(errors[0]).to_string())
            .replace("SECOND", &json!(errors[1]).to_string())
            .replace("0.1.0", env!("CARGO_PKG_VERSION"))
    );
    let kept = fs::read_to_string(directory.join("credentials.json")).unwrap();
    assert_eq!(kept, "the last good ones");
    // A second one keeps it, too, and a success takes its place.
    fetch(&azure, &directory, &words)
        .status(5)
        .stderr_any()
        .run();
    assert_eq!(status(&directory, &azure)["last_success"], EARLIER);
    fetch(&azure, &directory, &["kv-prod/a"])
        .stdout(document("value-of-a"))
        .run();
    let status = status(&directory, &azure);
    assert_eq!(status["last_success"], status["time"]);
    assert_eq!(status["errors"], json!([]));
}

#[test]
fn whether_anything_changed() {
    let azure = azure();
    let directory = Scratch::new("status");
    let after = |words: &[&str]| {
        fetch(&azure, &directory, &[&["kv-prod/a"], words].concat()).run();
        status(&directory, &azure)["changed"].clone()
    };
    for option in [
        &["--output", "out"][..],
        &["--output", "out", "--if-changed"],
    ] {
        azure.secret("kv-prod", "a", format!("first {option:?}"));
        assert_eq!(after(option), true);
        assert_eq!(after(option), false);
        // It is the content that matters.
        assert_eq!(after(&[option, &["--mode", "0640"]].concat()), false);
        azure.secret("kv-prod", "a", format!("other {option:?}"));
        assert_eq!(after(option), true);
    }
    for option in [
        &["--format", "files", "--output", "tree"][..],
        &["--format", "files", "--output", "tree", "--if-changed"],
    ] {
        azure.secret("kv-prod", "a", format!("first {option:?}"));
        assert_eq!(after(option), true);
        assert_eq!(after(option), false);
        azure.secret("kv-prod", "a", format!("other {option:?}"));
        assert_eq!(after(option), true);
    }
    // Of what is no file nobody knows what was there.
    fetch(&azure, &directory, &["kv-prod/a"]).stdout_any().run();
    assert_eq!(status(&directory, &azure)["changed"], true);
    assert_eq!(after(&["--output", "/dev/null"]), true);
}

/// Freshness is not the output's time.
#[test]
fn a_refresh_that_brings_nothing_new_is_a_success() {
    let azure = azure();
    let directory = Scratch::new("status");
    let words = ["kv-prod/a", "--output", "out", "--if-changed"];
    fetch(&azure, &directory, &words).run();
    let of = |name: &str| directory.join(name).metadata().unwrap();
    let (out, old) = (of("out"), of("status.json"));
    earlier(&directory, &json!(EARLIER));
    fetch(&azure, &directory, &words).run();
    assert_eq!(
        (of("out").ino(), of("out").mtime_nsec()),
        (out.ino(), out.mtime_nsec())
    );
    assert_ne!(of("status.json").ino(), old.ino());
    let status = status(&directory, &azure);
    assert_eq!(status["changed"], false);
    assert!(is_now(&status["last_success"]));
}

#[test]
fn how_many_there_are_in_every_format() {
    let azure = azure();
    azure.secret("kv-prod", "b", "value-of-b");
    let directory = Scratch::new("status");
    for format in ["xsoar", "jsonl", "dotenv", "shell", "files"] {
        let words = [
            "kv-prod/a",
            "kv-prod/b",
            "--format",
            format,
            "--output",
            format,
        ];
        fetch(&azure, &directory, &words).run();
        assert_eq!(status(&directory, &azure)["credentials"], 2, "{format}");
    }
    let none = ["--vault", "kv-empty", "--all"];
    azure.vault("kv-empty");
    fetch(&azure, &directory, &none).stdout("[]\n").run();
    assert_eq!(status(&directory, &azure)["credentials"], 0);
}

#[test]
fn what_expires_first() {
    let azure = azure();
    let directory = Scratch::new("status");
    let expiry = |at: i64| {
        azure.put("kv-prod", Secret::new("b", "value-of-b").expires(at));
        let run = fetch(&azure, &directory, &["kv-prod/a", "kv-prod/b"]).stdout_any();
        run.stderr_any().run();
        status(&directory, &azure)["soonest_expiry"].clone()
    };
    for (at, time) in [
        (4_102_444_800, "2100-01-01T00:00:00Z"),
        // What is past its time is fetched all the same.
        (1_000_000_000, "2001-09-09T01:46:40Z"),
        (0, "1970-01-01T00:00:00Z"),
    ] {
        assert_eq!(
            expiry(at),
            json!({"credential": "kv-prod/b", "time": time}),
            "{at}"
        );
    }
    // No such form has what is beyond the year 9999, and nothing was kept in a vault before 1970.
    for at in [253_402_300_800, i64::MAX, -1, i64::MIN] {
        assert_eq!(expiry(at), json!(null), "{at}");
    }
    // What was read before something failed counts, too.
    azure.put(
        "kv-prod",
        Secret::new("b", "value-of-b").expires(4_102_444_800),
    );
    fetch(&azure, &directory, &["kv-prod/b", "kv-prod/gone"])
        .status(5)
        .stderr_any()
        .run();
    let failed = status(&directory, &azure);
    assert_eq!(failed["soonest_expiry"]["credential"], "kv-prod/b");
}

#[test]
fn warnings_are_kept_even_where_nobody_hears_them() {
    let azure = azure();
    let directory = Scratch::new("status");
    azure.put(
        "kv-prod",
        Secret::new("old", "value-of-old").expires(1_000_000_000),
    );
    let warning = "`kv-prod/old` expired on Sun, 09 Sep 2001 01:46:40 GMT and is used anyway";
    for (option, said) in [
        (&[][..], format!("akv-xsoar: warning: {warning}\n")),
        (&["--quiet"], String::new()),
    ] {
        let words = [&["kv-prod/old"], option].concat();
        let run = fetch(&azure, &directory, &words).stdout_any();
        run.stderr(said).run();
        assert_eq!(status(&directory, &azure)["warnings"], json!([warning]));
        assert_eq!(status(&directory, &azure)["exit"], 0);
    }
}

/// What a service says of a secret is struck out there as it is on standard error.
#[test]
fn a_secret_in_a_service_s_words_is_not_in_it() {
    let azure = azure();
    let directory = Scratch::new("status");
    azure.secret("kv-prod", "b", "Canary-v4lue/=");
    let body = json!({"error": {"code": "Odd", "message": "about value-of-a and more"}});
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4",
        Fault::json(400, &body),
    );
    let run = fetch(&azure, &directory, &["kv-prod/a", "kv-prod/b"]).status(7);
    run.stderr_has("about").run();
    let status = status(&directory, &azure);
    let error = status["errors"][0].as_str().unwrap();
    assert!(
        error.contains("about") && !error.contains("value-of-a"),
        "{error}"
    );
}

/// A status is read again, and has an end.
#[test]
fn of_a_thousand_errors_a_hundred_are_in_it() {
    let azure = azure();
    let directory = Scratch::new("status");
    earlier(&directory, &json!(EARLIER));
    let names: Vec<_> = (0..150)
        .map(|number| format!("kv-prod/gone-{number}"))
        .collect();
    let words: Vec<_> = names.iter().map(String::as_str).collect();
    for _ in 0..2 {
        fetch(&azure, &directory, &words)
            .status(5)
            .stderr_any()
            .run();
        let status = status(&directory, &azure);
        let errors = status["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 101);
        let last = errors[99].as_str().unwrap();
        assert!(
            last.starts_with("cannot read `kv-prod/gone-99`: "),
            "{last}"
        );
        assert_eq!(errors[100], "and 50 more");
        assert_eq!(status["last_success"], EARLIER);
    }
    // One line with everything that the deadline left untried.
    let long = "x".repeat(90);
    let names: Vec<_> = (0..60)
        .map(|number| format!("kv-prod/{long}-{number}"))
        .collect();
    let words: Vec<_> = names.iter().map(String::as_str).collect();
    azure.fault("*", Fault::stall().skip(1));
    fetch(
        &azure,
        &directory,
        &[&words[..], &["--timeout", "0.3"]].concat(),
    )
    .status(8)
    .stderr_any()
    .run();
    let status = status(&directory, &azure);
    let errors = status["errors"].as_array().unwrap();
    let longest = errors
        .iter()
        .map(|error| error.as_str().unwrap().chars().count());
    assert_eq!(longest.max(), Some(1001));
}

#[test]
fn other_commands_have_none() {
    let azure = azure();
    let directory = Scratch::new("status");
    for command in ["get", "list", "vaults", "exec"] {
        Akv::new()
            .args([command, "--status", "status.json", "--", "true"])
            .app(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr_has(format!("`--status` does not belong to `{command}`\n"))
            .run();
    }
    // The key is no mistake: several commands share a configuration.
    directory.write("c.json", r#"{"status": "status.json"}"#);
    crate::files::set_mode(directory.join("c.json"), 0o600);
    Akv::new()
        .args(["get", "kv-prod/a", "--config", "c.json"])
        .app(&azure)
        .cwd(directory.path())
        .stdout("value-of-a")
        .run();
    assert_eq!(names_in(directory.path()), ["c.json"]);
    Akv::new()
        .args(["fetch", "kv-prod/a", "--config", "c.json"])
        .app(&azure)
        .cwd(directory.path())
        .stdout(document("value-of-a"))
        .run();
    assert_eq!(status(&directory, &azure)["exit"], 0);
    // The command line's counts before it.
    fetch(&azure, &directory, &["kv-prod/gone", "--config", "c.json"])
        .status(5)
        .stderr_any()
        .run();
    assert_eq!(status(&directory, &azure)["exit"], 5);
}
