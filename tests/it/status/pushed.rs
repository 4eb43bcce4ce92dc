//! The status of a push.

use serde_json::json;

use super::{azure, is_now, status};
use crate::command::{Akv, names_in};
use crate::standin::{Fault, Scratch, Standin, XSOAR_KEY, Xsoar};

fn push<'a>(azure: &'a Standin, directory: &'a Scratch, words: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["push", "--status", "status.json"])
        .args(words)
        .args(["--xsoar-url", "https://xsoar.example"])
        .app(azure)
        .env("DEMISTO_API_KEY", XSOAR_KEY)
        .cwd(directory.path())
}

#[test]
fn what_was_done() {
    let azure = azure();
    azure.secret("kv-prod", "b", "value-of-b");
    azure.xsoar(Xsoar::six());
    let directory = Scratch::new("status");
    let both = ["kv-prod/a", "kv-prod/b"];
    for (changed, words) in [(true, "created"), (false, "unchanged")] {
        push(&azure, &directory, &both)
            .stdout(format!("kv-prod/a\t{words}\nkv-prod/b\t{words}\n"))
            .run();
        let status = status(&directory, &azure);
        assert_eq!(status["command"], "push");
        assert_eq!(status["exit"], 0);
        assert_eq!(status["credentials"], 2);
        assert_eq!(status["changed"], changed);
        assert!(is_now(&status["last_success"]));
    }
    // What only says what it would do leaves what is known.
    std::fs::remove_file(directory.join("status.json")).unwrap();
    azure.secret("kv-prod", "b", "another value");
    push(&azure, &directory, &both)
        .arg("--dry-run")
        .stdout("kv-prod/a\tunchanged\nkv-prod/b\twould be updated\n")
        .run();
    assert!(names_in(directory.path()).is_empty());
    // One of two.
    azure.secret("kv-prod", "a", "another value");
    let refused = Fault::status(400).skip(1);
    azure.fault("PUT xsoar.example/settings/credentials", refused);
    push(&azure, &directory, &both)
        .status(7)
        .stdout("kv-prod/a\tupdated\nkv-prod/b\tfailed\n")
        .stderr_any()
        .run();
    let told = status(&directory, &azure);
    assert_eq!(
        (&told["exit"], &told["credentials"], &told["changed"]),
        (&json!(7), &json!(1), &json!(true))
    );
    assert_eq!(told["last_success"], json!(null));
    assert_eq!(told["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_wrong_with_the_server() {
    let azure = azure();
    let directory = Scratch::new("status");
    azure.xsoar(Xsoar::six());
    push(&azure, &directory, &["kv-prod/a"])
        .env("DEMISTO_API_KEY", "Wr0ngKey")
        .canary("Wr0ngKey")
        .status(4)
        .stderr_any()
        .run();
    let status = status(&directory, &azure);
    assert_eq!(status["exit"], 4);
    assert_eq!(status["credentials"], json!(null));
}
