//! Progress over several vaults, and on narrow terminals.

use std::time::Duration;

use crate::shell::{Shell, code};
use crate::standin::Standin;

/// What takes a line away.
const CLEAR: &str = "\r\u{1b}[K";

/// Three vaults, one secret each, and answers that let a run be long.
fn azure() -> Standin {
    let azure = Standin::builder().delay(Duration::from_millis(400)).start();
    for (vault, secret) in [("kv-dr", "a"), ("kv-prod", "b"), ("kv-test", "c")] {
        azure.secret(vault, secret, format!("value-of-{secret}"));
    }
    azure.ignore_log();
    azure
}

/// The lines that a terminal showed one after another, of a run that ends well. Nothing of them stays.
fn shown(azure: &Standin, line: &str) -> Vec<String> {
    let shell = Shell::new(azure);
    let output = shell
        .command(&format!("exec script -qec '{line}' /dev/null"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
    let sent = String::from_utf8(output.stdout).unwrap();
    assert!(sent.ends_with(CLEAR), "{sent:?}");
    let lines = sent.split(CLEAR).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[test]
fn listing_and_reading_name_the_vault_and_how_far_it_is() {
    let azure = azure();
    let vaults = "--vault kv-prod,kv-dr,kv-test";
    for (command, wanted) in [
        // The token and two vaults take more than a second.
        (format!("list {vaults}"), &["kv-test: 2/3"][..]),
        (
            format!("fetch {vaults} --all"),
            &["kv-test: 2/3", "kv-prod: 0/3", "kv-dr: 1/3", "kv-test: 2/3"],
        ),
        (
            format!("exec {vaults} --all --prefix K_ -- true"),
            &["kv-test: 2/3", "kv-prod: 0/3", "kv-dr: 1/3", "kv-test: 2/3"],
        ),
    ] {
        let lines = shown(&azure, &format!("$RUNNER \"$BIN\" {command} >it"));
        let wanted: Vec<_> = wanted
            .iter()
            .map(|line| format!("akv-xsoar: {line}"))
            .collect();
        // A slow machine begins to show it earlier.
        let found = lines.iter().rev().take(wanted.len()).rev();
        assert_eq!(found.collect::<Vec<_>>(), wanted.iter().collect::<Vec<_>>());
        assert!(lines.iter().all(|line| line.ends_with("/3")), "{lines:?}");
    }
}

#[test]
fn a_narrow_terminal_sees_the_end_of_it_on_one_line() {
    let azure = azure();
    let vaults = "--vault kv-prod,kv-dr,kv-test";
    for (columns, wanted) in [
        (23, "kv-xsoar: kv-test: 2/3"),
        (24, "akv-xsoar: kv-test: 2/3"),
        (4, "2/3"),
        // It does not know.
        (0, "akv-xsoar: kv-test: 2/3"),
    ] {
        let line = format!("stty cols {columns}; $RUNNER \"$BIN\" list {vaults} >it");
        let lines = shown(&azure, &line);
        assert_eq!(lines.last().map(String::as_str), Some(wanted), "{columns}");
    }
}
