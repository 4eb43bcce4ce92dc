//! The lines for scripts that README, help and man page show: a failure in them ends the script.

use std::fs;

use super::azure;
use crate::command::Akv;
use crate::files::set_mode;
use crate::shell::{Shell, code};

const SHELLS: [&str; 4] = ["dash", "bash", "busybox sh", "zsh"];

/// What is said to people who write scripts.
fn texts() -> Vec<(String, String)> {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut texts: Vec<_> = ["README.md", "scripts/share/man/akv-xsoar.1"]
        .map(|name| {
            (
                name.to_owned(),
                fs::read_to_string(format!("{root}/{name}")).unwrap(),
            )
        })
        .into();
    for command in ["fetch", "get", "exec"] {
        let help = Akv::new().args(["help", command]).stdout_any().run();
        texts.push((format!("help {command}"), help.stdout_text()));
    }
    texts
}

/// The line of a text that begins so, without what is explained behind it.
fn line(text: &str, beginning: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with(beginning));
    let line = line.unwrap_or_else(|| panic!("no line begins with `{beginning}`"));
    line.split("  #").next().unwrap().trim().to_owned()
}

/// As README has them, and as help does.
fn scripts() -> Vec<String> {
    let texts = texts();
    let of = |name: &str| {
        let found = texts.iter().find(|(text, _)| text == name);
        &found.unwrap().1
    };
    let both = |text: &str, lines: [&str; 2]| lines.map(|start| line(text, start)).join("\n");
    let vars = ["vars=$(akv-xsoar fetch ", "eval \"$vars\""];
    let password = ["password=$(akv-xsoar get ", "PGPASSWORD=\"$password\" psql"];
    vec![
        both(of("README.md"), vars) + "\nPGPASSWORD=$DB_PASSWORD psql -h db",
        both(of("README.md"), password),
        both(of("help fetch"), vars) + "\nPGPASSWORD=$DB_PASSWORD psql -h db",
        both(of("help get"), password),
        line(of("README.md"), "akv-xsoar exec --env PGPASSWORD="),
        line(of("help exec"), "akv-xsoar exec --env PGPASSWORD="),
    ]
}

/// Runs a script under `set -e`, in which `akv-xsoar` is the program, and `psql` tells that it was called.
fn run(shell: &Shell, interpreter: &str, script: &str) -> (i32, String) {
    let program = |name: &str, text: &str| {
        let path = shell.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        set_mode(path, 0o755);
    };
    program("akv-xsoar", "exec $RUNNER \"$BIN\" \"$@\"");
    program("psql", "echo \"psql with <$PGPASSWORD>\"");
    fs::write(
        shell.join("script"),
        format!("set -e\n{script}\necho went on\n"),
    )
    .unwrap();
    let output = shell.output(&format!(
        "PATH=\"$PWD:$PATH\"; export PATH; {interpreter} ./script"
    ));
    (code(&output), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_failure_ends_the_script() {
    let azure = azure();
    let shell = Shell::new(&azure);
    for interpreter in SHELLS {
        for script in scripts() {
            // There is no such secret.
            let found = run(&shell, interpreter, &script);
            assert_eq!(found, (5, String::new()), "{interpreter}: {script}");
        }
    }
    azure.ignore_log();
    azure.secret("kv-prod", "db-password", "it's $HOME; `id`");
    for interpreter in SHELLS {
        for script in scripts() {
            let expected = "psql with <it's $HOME; `id`>\nwent on\n";
            let found = run(&shell, interpreter, &script);
            assert_eq!(found, (0, expected.to_owned()), "{interpreter}: {script}");
        }
    }
    azure.ignore_log();
}

/// What README says of the other ways is so: hence it does not show them.
#[test]
fn other_ways_go_on() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let fetch = "akv-xsoar fetch --format shell --env DB_PASSWORD=kv-prod/db-password";
    let get = "akv-xsoar get kv-prod/db-password";
    for interpreter in SHELLS {
        for script in [
            format!("eval \"$({fetch})\""),
            format!("vars=$({fetch}) && eval \"$vars\""),
            format!("export PGPASSWORD=\"$({get})\""),
            format!("PGPASSWORD=\"$({get})\" psql -h db"),
        ] {
            let (status, stdout) = run(&shell, interpreter, &script);
            assert_eq!(status, 0, "{interpreter}: {script}");
            assert!(stdout.ends_with("went on\n"), "{interpreter}: {script}");
        }
    }
    azure.ignore_log();
    for (name, text) in texts() {
        for line in text.replace("\\(dq", "\"").replace("\\-", "-").lines() {
            let hides = [
                "eval \"$(akv-xsoar",
                "eval $(akv-xsoar",
                "\"$(akv-xsoar",
                "export $(akv-xsoar",
            ];
            assert!(
                !hides.iter().any(|way| line.contains(way)),
                "{name}: {line}"
            );
            let in_front = line.contains("=$(akv-xsoar") && line.contains("&&");
            assert!(!in_front, "{name}: {line}");
        }
    }
}
