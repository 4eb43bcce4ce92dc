//! What people read: the help, the README, the man page and the completions tell one story.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use akv_xsoar::options::table::{COMMANDS, KEYS, meaning, options};
use serde_json::json;

use crate::command::Akv;
use crate::files::private;
use crate::manual;
use crate::standin::Scratch;

/// A file that goes along with the program.
pub fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scripts/share")
        .join(name)
}

/// Panics unless a program of others is there.
#[track_caller]
pub fn needed(program: &str, package: &str) {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|folder| folder.join(program).exists());
    assert!(
        found,
        "`{program}` is needed: `scripts/setup test` installs it (the package {package})"
    );
}

#[test]
fn what_is_committed_is_what_the_table_makes() {
    for (name, text) in manual::files() {
        let committed = fs::read_to_string(shared(name)).unwrap_or_default();
        assert!(
            committed == text,
            "scripts/share/{name} is old: run `scripts/manual`"
        );
    }
}

/// The man page as `man` or its like renders it, with nothing on stderr.
fn rendered(words: &[&str], package: &str, locale: &str) -> String {
    needed(words[0], package);
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .env("LC_ALL", locale)
        .env("MANWIDTH", "80")
        .env_remove("MANPAGER")
        .env_remove("MANROFFOPT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let page = fs::read(shared("man/akv-xsoar.1")).unwrap();
    // It may have no other file to read: `man` gives up its rights.
    child.stdin.take().unwrap().write_all(&page).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {stderr}");
    assert_eq!(stderr, "", "{words:?} in {locale}");
    String::from_utf8(output.stdout).unwrap()
}

fn page() -> String {
    rendered(&["man", "--warnings", "-l", "-"], "man-db", "C.UTF-8")
}

#[test]
fn man_renders_it_without_a_warning() {
    needed("groff", "groff-base");
    for locale in ["C", "C.UTF-8"] {
        let page = rendered(&["man", "--warnings", "-l", "-"], "man-db", locale);
        for line in page.lines() {
            assert!(line.chars().count() <= 80, "{locale}: {line}");
        }
        let headings = page
            .lines()
            .filter(|line| line.starts_with(char::is_uppercase));
        let headings: Vec<_> = headings.collect();
        assert_eq!(
            headings[1..headings.len()],
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "COMMANDS",
                "OPTIONS",
                "EXIT STATUS",
                "ENVIRONMENT",
                "FILES",
                "EXAMPLES",
                "SEE ALSO"
            ]
        );
    }
}

#[test]
fn mandoc_finds_nothing_wrong() {
    let lint = ["mandoc", "-T", "lint", "-W", "warning"];
    needed(lint[0], "mandoc");
    let mut command = Command::new(lint[0]);
    let output = command
        .args(&lint[1..])
        .arg(shared("man/akv-xsoar.1"))
        .output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    // Before a release there is no date to give.
    let wrong: Vec<_> = said
        .lines()
        .filter(|line| !line.contains("missing date"))
        .collect();
    assert!(wrong.is_empty(), "{said}");
}

/// Words that begin like an option.
fn options_in(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let names = parts.filter_map(|part| part.strip_prefix("--"));
    let names = names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    names.map(str::to_owned).collect()
}

/// What shells really propose is tried elsewhere (`completions`); README's other lines are (`tidy`).
#[test]
fn all_of_them_name_every_option_and_no_other() {
    let table: BTreeSet<_> = options().map(|row| row.name.to_owned()).collect();
    let help = Akv::new().arg("--help").stdout_any().run().stdout_text();
    let readme = fs::read_to_string(shared("../../README.md")).unwrap();
    assert!(readme.contains(&help), "README's reference is not the help");
    assert_eq!(options_in(&help), table, "the help");
    assert_eq!(options_in(&page()), table, "the man page");
    for command in &COMMANDS {
        let of_command = Akv::new().args(["help", command.name]).stdout_any();
        let known = options().filter(|row| row.belongs_to(command.verb));
        let known: BTreeSet<_> = known.map(|row| row.name.to_owned()).collect();
        // The words around them may name others.
        let help = of_command.run().stdout_text();
        let listed = help.lines().filter(|line| line.starts_with("  --"));
        let listed: Vec<_> = listed.collect();
        assert_eq!(options_in(&listed.join("\n")), known, "{}", command.name);
        assert!(page().contains(&format!("\n   {}", command.name)));
    }
}

#[test]
fn the_man_page_has_every_variable_that_is_read() {
    let page = page();
    let mut found = 0;
    for path in crate::tidy::files(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(),
        "rs",
    ) {
        // There they are names that others use.
        if ["src/variables.rs", "src/exec.rs"]
            .iter()
            .any(|other| path.ends_with(other))
        {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in crate::tidy::product(&text).split('"').skip(1).step_by(2) {
            let is_name = word.trim_matches('_').contains('_')
                && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            if is_name && !["CARGO_PKG_VERSION"].contains(&word) {
                found += 1;
                assert!(page.contains(&format!("\n       {word}\n")), "{word}");
            }
        }
    }
    assert!(found > 15, "the variables were not found");
}

/// Each key that the man page has is one, and what is no key is refused.
#[test]
fn the_configuration_file_knows_the_keys_of_the_man_page() {
    let page = page();
    let files = page.split("\nFILES\n").nth(1).unwrap();
    let files = files.split("\nEXAMPLES\n").next().unwrap();
    let directory = Scratch::new("keys");
    let is_key = |key: &str| {
        let file = private(&directory, "keys.json", json!({key: null}).to_string());
        let run = Akv::new().args(["get", "x", "--config"]).arg(file);
        let said = run.status(2).stderr_any().run().stderr_text();
        !said.contains("is not a key of this file")
    };
    let named = |key: &str| {
        files
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|word| word == key)
    };
    for (key, _) in KEYS {
        assert!(is_key(key) && named(key), "{key}");
    }
    for row in options() {
        let key = row.key();
        assert_eq!(is_key(&key), row.is_in_file(), "{key}");
        assert!(!row.is_in_file() || named(&key), "{key}");
    }
}

/// The instance's configuration that README shows.
#[test]
fn the_readme_s_configuration_has_keys_of_the_table() {
    let readme = fs::read_to_string(shared("../../README.md")).unwrap();
    let section = readme
        .split("\n## Use an XSOAR instance's configuration as it is\n")
        .nth(1);
    let block = section.unwrap().trim_start().split("\n\n").next().unwrap();
    let instance: serde_json::Map<String, serde_json::Value> = serde_json::from_str(block).unwrap();
    assert!(instance.len() > 4, "{block}");
    for key in instance.keys() {
        assert!(meaning(key).is_some(), "{key}");
    }
}
