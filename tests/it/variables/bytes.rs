//! The output, byte for byte, and what no variable can hold.

use std::fs;

use super::with;
use crate::command::{Akv, names_in};
use crate::selection::expect;
use crate::shell::Shell;
use crate::standin::{Scratch, Standin};

/// Secrets with values that have something special in them, and their lines as dotenv and shell have them.
const ODD: [(&str, &str, &str, &str); 7] = [
    ("empty", "", "EMPTY=", "EMPTY=''"),
    (
        "plain",
        "aZ0_./:@%+,=-",
        "PLAIN=aZ0_./:@%+,=-",
        "PLAIN='aZ0_./:@%+,=-'",
    ),
    ("blank", " a # b ", "BLANK=' a # b '", "BLANK=' a # b '"),
    (
        "lines",
        "one\ntwo\n",
        "LINES_1='one\ntwo\n'",
        "LINES_1='one\ntwo\n'",
    ),
    (
        "quotes",
        "it's \"so\"",
        "QUOTES=\"it's \\\"so\\\"\"",
        "QUOTES='it'\\''s \"so\"'",
    ),
    (
        "dollar",
        "$HOME `id` \\ ${x}",
        "DOLLAR=\"$HOME `id` \\\\ ${=:-$}{x}\"",
        "DOLLAR='$HOME `id` \\ ${x}'",
    ),
    ("cr", "ü\r\n\u{1}", "CR=\"ü\\r\n\u{1}\"", "CR='ü\r\n\u{1}'"),
];

#[test]
fn the_formats_byte_for_byte() {
    let azure = Standin::start();
    for (name, value, ..) in ODD {
        azure.secret("kv-prod", name, value);
    }
    let names = ODD.map(|(name, ..)| name);
    let args = [
        "--vault=kv-prod",
        "--secret",
        &names.join(","),
        "--env=LINES_1=kv-prod/lines",
    ]
    .map(str::to_owned);
    let reads = names.map(|name| ("kv-prod", name));
    for format in ["dotenv", "shell"] {
        let lines = ODD.map(|(.., dotenv, shell)| match format {
            "shell" => shell,
            _ => dotenv,
        });
        let text = lines.join("\n") + "\n";
        Akv::new()
            .args(["fetch", "--format", format])
            .args(&args)
            .app(&azure)
            .stdout(text.clone())
            .run();
        expect(&azure, &[], &reads);

        // A file has the same bytes.
        let directory = Scratch::new("variables");
        Akv::new()
            .args(["fetch", "--output=it", "--format", format])
            .args(&args)
            .app(&azure)
            .cwd(directory.path())
            .run();
        expect(&azure, &[], &reads);
        assert_eq!(fs::read_to_string(directory.join("it")).unwrap(), text);
    }
}

/// What is evaluated is what the vault has.
#[test]
fn a_shell_reads_them_back() {
    let azure = Standin::start();
    let value = "it's \"so\", $HOME `id` \\\nand\tmore\n\n";
    azure.secret("kv-prod", "db-password", value);
    azure.secret("kv-prod", "path", "/nowhere");
    let shell = Shell::new(&azure);
    let output = shell.output(
        "eval \"$(akv fetch kv-prod/db-password --format shell --env WAY=kv-prod/path)\" && printf '%s|%s' \"$DB_PASSWORD\" \"$WAY\"",
    );
    let found = String::from_utf8(output.stdout).unwrap();
    assert_eq!(found, format!("{value}|/nowhere"));
    expect(
        &azure,
        &[],
        &[("kv-prod", "db-password"), ("kv-prod", "path")],
    );
    // The names that one may give oneself do hold what they are given.
    let output = shell.output(
        "all=$(akv fetch --format shell --env IFS=kv-prod/path,PATH=kv-prod/path,HOME=kv-prod/path) && eval \"$all\" && printf '%s|' \"$IFS\" \"$PATH\" \"$HOME\"",
    );
    assert_eq!(output.stdout, b"/nowhere|/nowhere|/nowhere|");
    expect(&azure, &[], &[("kv-prod", "path")]);
}

#[test]
fn what_has_a_nul_is_refused() {
    let azure = with(&["good"]);
    azure.secret("kv-prod", "bad", "value\0of-bad");
    azure.secret("kv-prod", "worse", "\0");
    let refused = |credential: &str| {
        format!(
            "akv-xsoar: error: cannot put `{credential}` into a variable: its value has a NUL character in it\n\
             akv-xsoar: hint: no variable can hold one: leave it out, or use another format (`xsoar`, `jsonl`, `files`)\n"
        )
    };
    let reads = ["bad", "good", "worse"].map(|name| ("kv-prod", name));
    for format in ["dotenv", "shell"] {
        let directory = Scratch::new("variables");
        directory.write("it", "as it was");
        Akv::new()
            .args(["fetch", "--output=it", "--format", format])
            .args(["kv-prod/bad", "kv-prod/good", "kv-prod/worse"])
            // It is told once, however many variables it has.
            .args(["--env=ONE=kv-prod/bad,TWO=kv-prod/bad"])
            .app(&azure)
            .cwd(directory.path())
            .status(9)
            .stderr(refused("kv-prod/bad") + &refused("kv-prod/worse"))
            .run();
        expect(&azure, &[], &reads);
        assert_eq!(names_in(directory.path()), ["it"]);
        assert_eq!(fs::read(directory.join("it")).unwrap(), b"as it was");
    }
    // Elsewhere it is a character like any other.
    Akv::new()
        .args(["fetch", "--format=jsonl", "kv-prod/worse"])
        .app(&azure)
        .stdout("{\"user\":\"worse\",\"password\":\"\\u0000\",\"name\":\"kv-prod/worse\"}\n")
        .run();
    expect(&azure, &[], &[("kv-prod", "worse")]);
}

/// The password alone: of a JSON value that is all there is to it.
#[test]
fn of_a_pair_the_password() {
    let azure = Standin::start();
    azure.secret("kv-prod", "pair", r#"{"username":"svc","password":"it's"}"#);
    for (format, line) in [
        ("dotenv", "PAIR=\"it's\"\n"),
        ("shell", "PAIR='it'\\''s'\n"),
    ] {
        Akv::new()
            .args(["fetch", "kv-prod/pair", "--json-value", "--format", format])
            .app(&azure)
            .stdout(line)
            .run();
        expect(&azure, &[], &[("kv-prod", "pair")]);
    }
}
