//! The help, made of the table.

use super::{COMMANDS, CommandRow, SECTIONS};
use crate::error::Exit;

/// `--help`, or `help COMMAND`.
pub fn help(command: Option<&CommandRow>) -> String {
    let mut text = String::new();
    match command {
        None => {
            text.push_str(
                "akv-xsoar: fetch Azure Key Vault secrets as Cortex XSOAR credentials\n\nUsage:\n",
            );
            for row in &COMMANDS {
                text.push_str(&format!("  akv-xsoar {:<26} {}\n", row.usage, row.summary));
            }
            text.push_str(&format!(
                "  akv-xsoar {:<26} what one command does, and its options\n",
                "help COMMAND"
            ));
            text.push_str(CREDENTIAL);
            text.push_str("\nExample:\n  akv-xsoar fetch kv-prod/db-password --tenant-id T --client-id C --client-secret-file F\n");
        }
        Some(row) => {
            text.push_str(&format!(
                "akv-xsoar {}: {}\n\nUsage: akv-xsoar {}\n\n{}",
                row.name,
                row.summary,
                row.usage_with_options(),
                row.more
            ));
            if row.takes_credentials() {
                text.push_str(CREDENTIAL);
            }
            text.push_str("\nExamples:\n");
            for example in row.examples {
                text.push_str(&format!("  {example}\n"));
            }
        }
    }
    for (heading, rows) in SECTIONS {
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| command.is_none_or(|c| row.belongs_to(c.verb)))
            .collect();
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{heading}:\n"));
        for row in rows {
            text.push_str(&format!("  {}\n", row.usage(command)));
            let mut help = row.help.to_owned();
            if !row.environment.is_empty() {
                help.push_str(&format!(" ({})", row.environment.join(", ")));
            }
            for line in wrap(&help, 88) {
                text.push_str(&format!("        {line}\n"));
            }
        }
    }
    text.push_str("\nExit codes:\n");
    for (exit, words) in Exit::TABLE {
        text.push_str(&format!("  {:<3}  {words}\n", exit.code()));
    }
    text
}

/// What the word means.
pub const CREDENTIAL: &str = "
A CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or a secret's whole id
(https://VAULT…/secrets/NAME[/VERSION]).
";

/// Lines of at most `width` characters, broken at blanks.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::command;
    use super::*;

    #[test]
    fn names_are_unique_and_help_shows_each() {
        let help = help(None);
        for row in super::super::options() {
            assert_eq!(
                super::super::options()
                    .filter(|other| other.name == row.name)
                    .count(),
                1,
                "{}",
                row.name
            );
            assert!(help.contains(&format!("  --{}", row.name)), "{}", row.name);
        }
    }

    #[test]
    fn no_line_is_longer_than_100_characters() {
        let commands = COMMANDS.iter().map(Some);
        for command in std::iter::once(None).chain(commands) {
            for line in help(command).lines() {
                assert!(line.chars().count() <= 100, "{line}");
            }
        }
    }

    #[test]
    fn a_command_s_help_has_its_options_only() {
        for command in &COMMANDS {
            let help = help(Some(command));
            for row in super::super::options() {
                let usage = format!("\n  {}\n", row.usage(Some(command)));
                assert_eq!(
                    help.contains(&usage),
                    row.belongs_to(command.verb),
                    "{}{usage}",
                    command.name
                );
            }
        }
        assert!(help(command("list")).contains("  --format xsoar|jsonl\n"));
    }
}
