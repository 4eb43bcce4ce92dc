//! Where the result goes, byte for byte, and what is left of what was there before.

// Where a case cannot be had (as root, or not as root), the test says so.
#![allow(clippy::print_stdout)]

mod access_lists;
mod agreement;
mod attributes;
mod failures;
mod links;
mod places;
mod probe;
mod streams;
mod swap;
mod tree;
mod variables;

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::command::{Akv, names_in};
use crate::gate::Gate;
use crate::shell::{Shell, code};
use crate::standin::{Scratch, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/a?api-version=7.4";
const NEW: &str = "[\n{\"user\":\"a\",\"password\":\"value-of-a\",\"name\":\"kv-prod/a\"}\n]\n";

/// An Azure with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure
}

/// A run that writes the one secret somewhere.
fn fetch<'a>(azure: &'a Standin, directory: &'a Path, output: &str) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "kv-prod/a"])
        .arg(format!("--output={output}"))
        .app(azure)
        .cwd(directory)
}

fn expect_one(azure: &Standin) {
    azure.expect(&[&azure.token_request(), READ]);
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn mode_of(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

// What is written.

#[test]
fn json_holds_every_kind_of_value() {
    let big = "ü\"x".repeat(6250);
    let values: &[(&str, &str)] = &[
        ("", ""),
        ("plain", "plain"),
        ("\"quoted\" 'text' \\ /", r#"\"quoted\" 'text' \\ /"#),
        ("a\nb\r\nc\t\u{8}\u{c}", r"a\nb\r\nc\t\b\f"),
        ("\u{0}\u{1}\u{1b}\u{1f}", r"\u0000\u0001\u001b\u001f"),
        ("\u{7f}\u{80}\u{a0}", "\u{7f}\u{80}\u{a0}"),
        ("Grüße, 世界 😀 \u{202e}", "Grüße, 世界 😀 \u{202e}"),
        (
            "\u{2028}\u{2029}\u{feff}\u{fffd}",
            "\u{2028}\u{2029}\u{feff}\u{fffd}",
        ),
        ("<a href='x'>&amp;</a>", "<a href='x'>&amp;</a>"),
        (
            "$HOME `id` $(id) !x %20 \\n",
            r"$HOME `id` $(id) !x %20 \\n",
        ),
        (" blanks ", " blanks "),
        ("{\"json\": [1, null]}", r#"{\"json\": [1, null]}"#),
        (&big, &big.replace('"', "\\\"")),
    ];
    assert_eq!(big.len(), 25_000);
    let azure = Standin::start();
    let mut requests = vec![azure.token_request()];
    let (mut names, mut lines) = (Vec::new(), Vec::new());
    for (index, (value, json)) in values.iter().enumerate() {
        azure.secret("kv-prod", &format!("s{index}"), *value);
        requests.push(READ.replace("/a?", &format!("/s{index}?")));
        names.push(format!("kv-prod/s{index}"));
        lines.push(format!(
            r#"{{"user":"s{index}","password":"{json}","name":"kv-prod/s{index}"}}"#
        ));
    }
    let expected = format!("[\n{}\n]\n", lines.join(",\n"));
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();

    let output = Akv::new().arg("fetch").args(&names).app(&azure);
    let output = output.stdout(expected).run();
    azure.expect(&requests);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let read = json.as_array().unwrap().iter();
    let read: Vec<_> = read.map(|one| one["password"].as_str().unwrap()).collect();
    let stored: Vec<_> = values.iter().map(|(value, _)| *value).collect();
    assert_eq!(read, stored);

    let lines = lines.join("\n") + "\n";
    let each = ["fetch", "--format", "jsonl"];
    Akv::new()
        .args(each)
        .args(&names)
        .app(&azure)
        .stdout(lines)
        .run();
    azure.expect(&requests);
}

#[test]
fn nothing_is_an_empty_array() {
    let azure = Standin::start();
    azure.vault("kv-prod");
    for (format, nothing) in [("xsoar", "[]\n"), ("jsonl", "")] {
        let skip = ["fetch", "--missing=skip", "kv-prod/a", "--format", format];
        Akv::new().args(skip).app(&azure).stdout(nothing).run();
        expect_one(&azure);
    }
    let list = ["list", "--vault=kv-prod"];
    Akv::new().args(list).app(&azure).stdout("").run();
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets?api-version=7.4",
    ]);
}

#[test]
fn get_adds_nothing_to_a_value() {
    for value in [
        "plain".to_owned(),
        String::new(),
        "\n".to_owned(),
        "two\r\nlines\n\n".to_owned(),
        "nul \u{0} bell \u{7} ünï \u{feff}😀".to_owned(),
        "x".repeat(25_000),
    ] {
        let azure = Standin::start();
        azure.secret("kv-prod", "a", value.as_str());
        let directory = Scratch::new("get");
        let get = || Akv::new().args(["get", "kv-prod/a"]).app(&azure);
        get().stdout(value.as_str()).run();
        expect_one(&azure);
        get().arg("--output=value").cwd(directory.path()).run();
        expect_one(&azure);
        assert_eq!(fs::read(directory.join("value")).unwrap(), value.as_bytes());
    }
}

// A file.

#[test]
fn a_file_is_its_owner_s_alone_and_new_each_time() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let path = shell.join("creds.json");
    for umask in ["000", "022", "077", "777"] {
        for before in [None, Some(0o644), Some(0o400), Some(0o777)] {
            let _ = fs::remove_file(&path);
            let old = before.map(|mode| {
                fs::write(&path, "old and longer than the new one".repeat(9)).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
                File::open(&path).ok()
            });
            let script = format!("umask {umask}; akv fetch kv-prod/a --output creds.json");
            shell.run(&script, 0, "", "");
            expect_one(&azure);
            assert_eq!(
                fs::read_to_string(&path).unwrap(),
                NEW,
                "{umask} {before:?}"
            );
            assert_eq!(mode_of(&path), 0o600, "{umask} {before:?}");
            assert_eq!(names_in(shell.path()), ["creds.json"]);
            // Whoever has the old file open still has the old file.
            if let Some(mut old) = old.flatten() {
                let (was, is) = (old.metadata().unwrap(), path.metadata().unwrap());
                assert_ne!(was.ino(), is.ino());
                assert_eq!(was.nlink(), 0);
                let mut text = String::new();
                old.read_to_string(&mut text).unwrap();
                assert!(text.starts_with("old and longer"));
            }
        }
    }
}

#[test]
fn every_command_that_prints_writes_files() {
    let azure = azure();
    let list = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
    for (arguments, request, content) in [
        (["fetch", "kv-prod/a"], READ, NEW),
        (["get", "kv-prod/a"], READ, "value-of-a"),
        (["list", "--vault=kv-prod"], list, "kv-prod/a\n"),
    ] {
        let directory = Scratch::new("commands");
        let run = Akv::new().args(arguments).args(["--output", "it"]);
        run.app(&azure).cwd(directory.path()).run();
        azure.expect(&[&azure.token_request(), request]);
        let written = fs::read_to_string(directory.join("it")).unwrap();
        assert_eq!(written, content);
    }
}

#[test]
fn other_hard_links_keep_the_old_content() {
    let azure = azure();
    let directory = Scratch::new("links");
    let path = directory.write("it", "old");
    fs::hard_link(&path, directory.join("other")).unwrap();
    fetch(&azure, directory.path(), "it").run();
    expect_one(&azure);
    assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
    assert_eq!(fs::read_to_string(directory.join("other")).unwrap(), "old");
}

#[test]
fn a_file_has_any_name_the_system_allows() {
    let azure = azure();
    let directory = Scratch::new("names");
    fs::create_dir(directory.join("sub")).unwrap();
    let longest = "n".repeat(255);
    let absolute = directory.join("absolute");
    for (output, path) in [
        ("plain", "plain"),
        (longest.as_str(), longest.as_str()),
        ("./-", "-"),
        ("sub/../sub//./below", "sub/below"),
        (
            "with blank, ü and \n newline",
            "with blank, ü and \n newline",
        ),
        (
            ".akv-xsoar-0123456789abcdef.tmp",
            ".akv-xsoar-0123456789abcdef.tmp",
        ),
        (absolute.to_str().unwrap(), "absolute"),
    ] {
        fetch(&azure, directory.path(), output).run();
        expect_one(&azure);
        let path = directory.join(path);
        assert_eq!(fs::read_to_string(&path).unwrap(), NEW, "{output}");
        fs::remove_file(path).unwrap();
    }
    assert_eq!(names_in(directory.path()), ["sub"]);
}

#[test]
fn the_old_file_is_whole_until_the_new_one_is() {
    let azure = azure();
    let directory = Scratch::new("whole");
    let path = directory.write("it", "old");
    let (gate, fault) = Gate::new();
    azure.fault(READ, fault.once());
    let run = fetch(&azure, directory.path(), "it").spawn();
    gate.wait();
    assert_eq!(names_in(directory.path()), ["it"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    drop(gate);
    run.wait();
    expect_one(&azure);
    assert_eq!(fs::read_to_string(&path).unwrap(), NEW);
}

/// Which of these system calls a run makes, in their order and without what tells their kinds apart; nothing where
/// strace cannot be used.
fn calls(shell: &Shell, watched: &str, run: &str) -> Option<Vec<String>> {
    let script = format!("strace -o trace -e trace={watched} -- \"$BIN\" {run}");
    let output = shell.output(&script);
    if code(&output) != 0 {
        let reason = String::from_utf8_lossy(&output.stderr);
        println!("strace cannot be used here, only the result is looked at: {reason}");
        return None;
    }
    let trace = fs::read_to_string(shell.join("trace")).unwrap();
    let calls = trace.lines().filter_map(|line| line.split_once('('));
    let calls = calls.map(|(name, _)| name.trim_end_matches('2').trim_end_matches("at").to_owned());
    Some(calls.collect())
}

/// Nothing else shows the order: to the disk, then to its name, then the name to the disk.
#[test]
fn the_bytes_are_on_the_disk_before_they_have_their_name() {
    let azure = azure();
    azure.ignore_log();
    let shell = Shell::new(&azure);
    let user = rustix::process::geteuid().as_raw();
    for (options, before) in [
        (String::new(), &["fchmod"][..]),
        (format!("--mode 640 --owner {user}"), &["fchmod", "fchown"]),
    ] {
        let run = format!("fetch kv-prod/a --output it {options}");
        let watched = "fsync,fchmod,fchown,rename,renameat,renameat2";
        if let Some(calls) = calls(&shell, watched, &run) {
            assert_eq!(calls, [before, &["fsync", "rename", "fsync"]].concat());
        } else {
            shell.run(&format!("akv {run}"), 0, "", "");
        }
        assert_eq!(fs::read(shell.join("it")).unwrap(), NEW.as_bytes());
    }
}
