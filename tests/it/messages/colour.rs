//! Colour where a person looks, and nowhere else.

use std::fs;

use crate::shell::{Shell, code};
use crate::standin::Standin;

/// Runs a line of a shell with a terminal as its stdout and stderr, and says what the terminal was sent.
fn on_a_terminal(shell: &Shell, line: &str, status: i32) -> String {
    let output = shell
        .command(&format!("exec script -qec '{line}' /dev/null"))
        .output()
        .unwrap();
    assert_eq!(code(&output), status, "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

#[test]
fn messages_have_it_on_a_terminal_where_nobody_minds() {
    let azure = Standin::start();
    let shell = Shell::new(&azure);
    let coloured = format!(
        "akv-xsoar: {RED}error{PLAIN}: unknown command `bogus`\r\nakv-xsoar: {CYAN}hint{PLAIN}: the commands are "
    );
    for variables in ["", "TERM=xterm-256color", "NO_COLOR=", "CLICOLOR=0"] {
        let sent = on_a_terminal(&shell, &format!("{variables} $RUNNER \"$BIN\" bogus"), 2);
        assert!(sent.starts_with(&coloured), "{variables}: {sent:?}");
        assert_eq!(sent.matches('\u{1b}').count(), 4, "{variables}: {sent:?}");
    }
    for variables in [
        "NO_COLOR=1",
        "NO_COLOR=0",
        "TERM=dumb",
        "NO_COLOR=1 FORCE_COLOR=1",
    ] {
        let sent = on_a_terminal(&shell, &format!("{variables} $RUNNER \"$BIN\" bogus"), 2);
        assert!(
            sent.starts_with("akv-xsoar: error: unknown command `bogus`\r\nakv-xsoar: hint: "),
            "{variables}: {sent:?}"
        );
        assert!(!sent.contains('\u{1b}'), "{variables}: {sent:?}");
    }
    // A file is no terminal, even if stdout is one.
    assert_eq!(
        on_a_terminal(&shell, "$RUNNER \"$BIN\" bogus 2>messages", 2),
        ""
    );
    let messages = fs::read_to_string(shell.join("messages")).unwrap();
    assert!(messages.starts_with("akv-xsoar: error: "), "{messages:?}");
    assert!(!messages.contains('\u{1b}'), "{messages:?}");
}

#[test]
fn a_warning_has_its_own() {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure.vault("kv-test");
    let shell = Shell::new(&azure);
    azure.ignore_log();
    let line = "$RUNNER \"$BIN\" fetch --vault kv-prod,kv-test --secret a >it";
    let sent = on_a_terminal(&shell, line, 0);
    let warning = "`kv-test/a` does not exist and is left out\r\n";
    assert_eq!(
        sent,
        format!("akv-xsoar: {YELLOW}warning{PLAIN}: {warning}")
    );
    // What goes into the result never has any.
    let sent = on_a_terminal(&shell, "$RUNNER \"$BIN\" fetch kv-prod/a 2>&1", 0);
    assert!(sent.starts_with("[\r\n{\"user\""), "{sent:?}");
    assert!(!sent.contains('\u{1b}'), "{sent:?}");
}

#[test]
fn the_steps_of_a_check_have_it_on_stdout() {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure.ignore_log();
    let shell = Shell::new(&azure);
    let check = "$RUNNER \"$BIN\" check kv-prod/a kv-prod/gone";
    let sent = on_a_terminal(&shell, &format!("{check} 2>messages"), 5);
    let ok = format!("{GREEN}ok    {PLAIN} configuration: ");
    assert!(sent.starts_with(&ok), "{sent:?}");
    let failed = format!("\n{RED}FAILED{PLAIN} ");
    assert!(sent.contains(&failed), "{sent:?}");

    for line in [
        format!("NO_COLOR=1 {check}"),
        format!("TERM=dumb {check}"),
        format!("{check} --format jsonl"),
        // The terminal is there as stderr only.
        format!("{check} >report"),
        format!("{check} | cat; exit 5"),
    ] {
        let sent = on_a_terminal(&shell, &line, 5);
        assert!(!sent.contains("\u{1b}[3"), "{line}: {sent:?}");
    }
    let report = fs::read_to_string(shell.join("report")).unwrap();
    assert!(report.starts_with("ok     configuration: "), "{report:?}");
    assert!(report.contains("\nFAILED "), "{report:?}");
    assert!(!report.contains('\u{1b}'), "{report:?}");
}
