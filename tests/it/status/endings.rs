//! However a run ends, its status tells.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use serde_json::json;

use super::{EARLIER, READ, azure, document, earlier, fetch, is_now, status};
use crate::gate::Gate;
use crate::standin::{Fault, Scratch, Secret, Standin};

#[test]
fn the_deadline() {
    let azure = azure();
    let directory = Scratch::new("status");
    earlier(&directory, &json!(EARLIER));
    azure.fault(READ, Fault::stall());
    let words = ["kv-prod/a", "--timeout", "0.3"];
    fetch(&azure, &directory, &words)
        .status(8)
        .stderr_any()
        .run();
    let status = status(&directory, &azure);
    assert_eq!(status["exit"], 8);
    assert_eq!(status["last_success"], EARLIER);
    assert!(
        status["errors"][0].as_str().unwrap().contains("0.3 s"),
        "{status}"
    );
}

#[test]
fn no_token_and_no_right_and_no_place() {
    let azure = azure();
    let directory = Scratch::new("status");
    let (token, role) = (azure.token_request(), Fault::no_role("kv-prod"));
    let refused = Fault::json(
        400,
        &json!({"error": "invalid_client", "error_description": "AADSTS7000215: wrong."}),
    );
    for (route, fault, exit) in [
        (token.as_str(), refused, 3),
        (READ, role, 4),
        (READ, Fault::half(), 7),
    ] {
        azure.fault(route, fault);
        let run = fetch(&azure, &directory, &["kv-prod/a"]).status(exit);
        run.stderr_any().run();
        azure.mend();
        assert_eq!(status(&directory, &azure)["exit"], exit);
    }
    let words = ["kv-prod/a", "--output", "nowhere/out"];
    let run = fetch(&azure, &directory, &words).status(9);
    run.stderr_any().run();
    let status = status(&directory, &azure);
    assert_eq!(status["exit"], 9);
    assert_eq!(status["changed"], false);
    assert_eq!(status["credentials"], json!(null));
}

/// A reader that has had enough, as `head`, is no failure.
#[test]
fn a_reader_that_is_gone() {
    let azure = azure();
    let directory = Scratch::new("status");
    let shell = crate::shell::Shell::new(&azure);
    let path = directory.join("status.json");
    let script = format!("akv fetch kv-prod/a --status {} | true", path.display());
    shell.run(&script, 0, "", "");
    assert_eq!(status(&directory, &azure)["exit"], 0);
}

/// A run that waits for an answer, and has got so far.
fn waiting<'a>(
    azure: &'a Standin,
    directory: &'a Scratch,
    through: &[&str],
    code: i32,
) -> (Gate, crate::running::Running<'a>) {
    let (gate, fault) = Gate::new();
    azure.mend();
    azure.fault(READ, fault.once());
    let run = fetch(azure, directory, &["kv-prod/a", "--output", "out"]);
    let run = run.through(through).status(code).spawn();
    gate.wait();
    (gate, run)
}

#[test]
fn a_signal() {
    let azure = azure();
    for (signal, name) in [
        (Signal::TERM, "SIGTERM"),
        (Signal::INT, "SIGINT"),
        (Signal::HUP, "SIGHUP"),
        (Signal::QUIT, "SIGQUIT"),
    ] {
        let directory = Scratch::new("status");
        earlier(&directory, &json!(EARLIER));
        let code = 128 + signal.as_raw();
        let (gate, run) = waiting(&azure, &directory, &[], code);
        run.signal(signal);
        // It dies of that signal all the same.
        assert!(run.wait().killed, "{name}");
        drop(gate);
        let status = status(&directory, &azure);
        assert_eq!(status["exit"], code);
        assert_eq!(status["errors"], json!([format!("ended by {name}")]));
        assert_eq!(status["last_success"], EARLIER);
        assert_eq!(crate::command::names_in(directory.path()), ["status.json"]);
    }
}

/// As of `nohup`, and of what a shell has put into the background.
#[test]
fn a_signal_that_was_to_be_ignored() {
    let azure = azure();
    for (word, signal) in [
        ("INT", Signal::INT),
        ("HUP", Signal::HUP),
        ("QUIT", Signal::QUIT),
        ("TERM", Signal::TERM),
    ] {
        let directory = Scratch::new("status");
        let script = format!("trap '' {word}; exec \"$@\"");
        let (gate, run) = waiting(&azure, &directory, &["sh", "-c", &script, "sh"], 0);
        run.signal(signal);
        drop(gate);
        run.wait();
        assert_eq!(status(&directory, &azure)["exit"], 0, "{word}");
    }
}

/// What nobody can do anything about leaves what was there: its time tells.
#[test]
fn a_signal_that_cannot_be_caught() {
    let azure = azure();
    let directory = Scratch::new("status");
    earlier(&directory, &json!(EARLIER));
    let (gate, run) = waiting(&azure, &directory, &[], 128 + 9);
    run.signal(Signal::KILL);
    run.wait();
    drop(gate);
    let text = std::fs::read_to_string(directory.join("status.json")).unwrap();
    assert!(
        text.contains(EARLIER) && !text.contains("time\":\"20"),
        "{text}"
    );
    fetch(&azure, &directory, &["kv-prod/a"])
        .stdout(document("value-of-a"))
        .run();
    assert!(is_now(&status(&directory, &azure)["last_success"]));
}

/// What README shows, run by jq itself on what is really written.
#[test]
fn the_alert_of_the_readme() {
    crate::documents::needed("jq", "jq");
    let azure = azure();
    let directory = Scratch::new("status");
    let readme = std::fs::read_to_string(crate::documents::shared("../../README.md")).unwrap();
    let filter = |beginning: &str| {
        let mut lines = readme.lines().map(str::trim_start);
        let line = lines.find(|line| line.starts_with(beginning));
        line.expect("an alert")
            .split('\'')
            .nth(1)
            .unwrap()
            .to_owned()
    };
    let jq = |option: &str, filter: &str| {
        let output = Command::new("jq")
            .args([option, filter])
            .arg(directory.join("status.json"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.is_empty() || said.contains("No such file"), "{said}");
        output
    };
    let alert = filter("jq -e '");
    let alarms = || !jq("-e", &alert).status.success();
    assert!(alarms(), "nothing there");
    let run = || fetch(&azure, &directory, &["kv-prod/a"]);
    run().stdout_any().run();
    assert!(!alarms(), "a success");
    azure.fault(READ, Fault::no_role("kv-prod"));
    run().status(4).stderr_any().run();
    assert!(alarms(), "a failure");
    earlier(&directory, &json!(EARLIER));
    assert!(alarms(), "an old success");
    earlier(&directory, &json!(null));
    assert!(alarms(), "never one");

    let expiry = filter("jq -r '");
    azure.mend();
    for (from_now, says) in [(1 << 20, true), (1 << 21, false)] {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let at = i64::try_from(now.as_secs()).unwrap() + from_now;
        azure.put("kv-prod", Secret::new("a", "value-of-a").expires(at));
        run().stdout_any().run();
        let said = String::from_utf8(jq("-r", &expiry).stdout).unwrap();
        assert_eq!(said.starts_with("kv-prod/a expires 2"), says, "{said}");
    }
}
