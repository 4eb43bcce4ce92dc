//! A terminal as standard error: progress, and nothing that stays.

use std::fs;
use std::time::Duration;

use super::{READ, check_lines};
use crate::shell::{Shell, code};
use crate::standin::Standin;

/// Runs the program with a terminal of its own as its stderr, and says what the terminal was sent.
fn on_a_terminal(shell: &Shell, options: &str, status: i32) -> String {
    let run = format!("$RUNNER \"$BIN\" fetch --vault kv-prod --secret a,b,c,d {options} >it");
    let mut command = shell.command(&format!("exec script -qec '{run}' /dev/null"));
    let output = command.output().unwrap();
    assert_eq!(code(&output), status, "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_result_on_the_same_terminal_begins_on_a_clean_line() {
    let azure = Standin::builder().delay(Duration::from_millis(600)).start();
    for name in ["a", "b"] {
        azure.secret("kv-prod", name, format!("value-of-{name}"));
    }
    let shell = Shell::new(&azure);

    let run = "$RUNNER \"$BIN\" fetch --vault kv-prod --secret a,b";
    let mut command = shell.command(&format!("exec script -qec '{run}' /dev/null"));
    let output = command.output().unwrap();

    let sent = String::from_utf8(output.stdout).unwrap();
    assert!(sent.contains(&format!("1/2{CLEAR}[\r\n")), "{sent:?}");
    azure.expect(&[&azure.token_request(), READ, &READ.replace("/a?", "/b?")]);
}

/// What takes a line away.
const CLEAR: &str = "\r\u{1b}[K";

#[test]
fn a_terminal_sees_the_progress_of_a_long_run_and_nothing_stays() {
    let azure = Standin::builder().delay(Duration::from_millis(400)).start();
    let requests = ["a", "b", "c", "d"].map(|name| {
        azure.secret("kv-prod", name, format!("value-of-{name}"));
        READ.replace("/a?", &format!("/{name}?"))
    });
    let expect = |more: &[&str]| {
        let token = azure.token_request();
        let all = std::iter::once(&token).chain(&requests);
        let all: Vec<&str> = all
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        azure.expect(&all);
    };
    let shell = Shell::new(&azure);

    // The token and the first secrets take a second; the last one begins behind it.
    let sent = on_a_terminal(&shell, "", 0);
    expect(&[]);
    assert!(
        sent.contains(&format!("{CLEAR}akv-xsoar: kv-prod: 3/4")),
        "{sent:?}"
    );
    assert!(sent.ends_with(CLEAR), "{sent:?}");
    for line in sent.split(CLEAR).filter(|line| !line.is_empty()) {
        let rest = line
            .strip_prefix("akv-xsoar: kv-prod: ")
            .and_then(|rest| rest.strip_suffix("/4"));
        assert!(
            rest.is_some_and(|number| number.parse::<u8>().is_ok()),
            "{sent:?}"
        );
    }

    // A message stands on a line of its own.
    let gone = READ.replace("/a?", "/gone?");
    let sent = on_a_terminal(&shell, "--secret gone --missing=error", 5);
    expect(&[&gone]);
    let (progress, message) = sent.rsplit_once(CLEAR).unwrap();
    assert!(progress.ends_with("akv-xsoar: kv-prod: 4/5"), "{sent:?}");
    let (red, plain) = ("\u{1b}[31m", "\u{1b}[0m");
    assert!(
        message.starts_with(&format!(
            "akv-xsoar: {red}error{plain}: cannot read `kv-prod/gone`"
        )),
        "{sent:?}"
    );
    let hint = format!("\r\nakv-xsoar: \u{1b}[36mhint{plain}: check the name");
    assert!(message.contains(&hint), "{sent:?}");
    // Nothing but these two words has a colour.
    assert_eq!(message.matches('\u{1b}').count(), 4, "{sent:?}");
    let mut message = message.replace("\r\n", "\n");
    for code in [red, "\u{1b}[36m", plain] {
        message = message.replace(code, "");
    }
    check_lines(&message);

    for options in ["--quiet", "2>messages"] {
        assert_eq!(on_a_terminal(&shell, options, 0), "", "{options}");
        expect(&[]);
    }
    assert_eq!(fs::read_to_string(shell.join("messages")).unwrap(), "");
    // Each line of these is a message, without any colour.
    let sent = on_a_terminal(&shell, "--verbose", 0);
    expect(&[]);
    check_lines(&sent.replace("\r\n", "\n"));
}

#[test]
fn a_terminal_that_cannot_clear_a_line_sees_no_progress() {
    let azure = Standin::builder().delay(Duration::from_millis(600)).start();
    azure.secret("kv-prod", "a", "value-of-a");
    let shell = Shell::new(&azure);
    let run = "TERM=dumb $RUNNER \"$BIN\" fetch kv-prod/a kv-prod/gone --missing=skip >it";
    let output = shell.output(&format!("exec script -qec '{run}' /dev/null"));
    assert_eq!((code(&output), output.stdout), (0, Vec::new()));
    azure.expect(&[&azure.token_request(), READ, &READ.replace("/a?", "/gone?")]);
}
