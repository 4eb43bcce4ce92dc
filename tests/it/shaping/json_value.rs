//! `--json-value`: a value that is an object with user and password.

use std::fs;

use super::{line, with};
use crate::command::{Akv, names_in};
use crate::selection::{expect, refused};
use crate::standin::{Scratch, Secret, Standin};

const OPERATION: &str = "akv-xsoar: error: cannot use the value of `kv-prod/";
const CAUSE: &str = "`: it is not a JSON object with the texts `username` (or `user`) and `password`\n\
                     akv-xsoar: hint: `--json-value` wants it of every secret: leave this one out, or fetch it without\n";

fn fetch(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["fetch", "--json-value", "--format=jsonl"])
        .app(azure)
}

#[test]
fn user_and_password() {
    for (value, user, password) in [
        (r#"{"username":"svc","password":"p"}"#, "svc", "p"),
        (r#"{"user":"svc","password":"p"}"#, "svc", "p"),
        // `username` before `user`, wherever they stand and whatever the latter is.
        (
            r#"{"user":"no","password":"p","username":"svc"}"#,
            "svc",
            "p",
        ),
        (
            r#"{"username":"svc","user":["no"],"password":"p"}"#,
            "svc",
            "p",
        ),
        (
            r#"{"username":null,"user":"svc","password":"p"}"#,
            "svc",
            "p",
        ),
        // Other keys, whatever they are.
        (
            r#"{"host":"db","port":5432,"x":{"password":"no","y":[1,null]},"username":"svc","password":"p","Password":"no"}"#,
            "svc",
            "p",
        ),
        (
            " \r\n{\n\t\"username\" : \"svc\" ,\n\"password\": \"p\"\n}\n",
            "svc",
            "p",
        ),
        // What is escaped there is the character that it stands for.
        (
            r#"{"username":"DOM\\svc","password":"\"\u00fc\u20ac\ud83d\ude00\n\u0000"}"#,
            r"DOM\\svc",
            "\\\"\u{fc}\u{20ac}\u{1f600}\\n\\u0000",
        ),
        (r#"{"username":"","password":""}"#, "", ""),
    ] {
        let azure = with(Secret::new("pair", value));
        fetch(&azure)
            .arg("kv-prod/pair")
            .stdout(line(user, password, "pair"))
            .run();
        expect(&azure, &[], &[("kv-prod", "pair")]);
        // Without it, it is a text like any other.
        Akv::new()
            .args(["get", "kv-prod/pair"])
            .app(&azure)
            .stdout(value)
            .run();
        expect(&azure, &[], &[("kv-prod", "pair")]);
    }
}

#[test]
fn it_comes_before_the_tag() {
    let pair = Secret::new("pair", r#"{"username":"svc","password":"p"}"#);
    let azure = with(pair.tag("login", "another"));
    fetch(&azure)
        .args(["kv-prod/pair", "--user-tag=login"])
        .stdout(line("svc", "p", "pair"))
        .run();
    expect(&azure, &[], &[("kv-prod", "pair")]);
}

/// Named, and said what was wanted; nothing of the value.
#[test]
fn anything_else_than_the_object() {
    const CANARY: &str = "Canary0fTheValue";
    for value in [
        "",
        CANARY,
        "\"Canary0fTheValue\"",
        "7",
        "null",
        "true",
        "[]",
        r#"["Canary0fTheValue","Canary0fTheValue"]"#,
        r#"["Canary0fTheValue","Canary0fTheValue","Canary0fTheValue"]"#,
        "{}",
        r#"{"username":"Canary0fTheValue"}"#,
        r#"{"password":"Canary0fTheValue"}"#,
        r#"{"Username":"Canary0fTheValue","Password":"Canary0fTheValue"}"#,
        r#"{"username":7,"password":"Canary0fTheValue"}"#,
        r#"{"username":7,"user":"u","password":"Canary0fTheValue"}"#,
        r#"{"username":null,"password":"Canary0fTheValue"}"#,
        r#"{"username":"u","password":null}"#,
        r#"{"username":"u","password":["Canary0fTheValue"]}"#,
        r#"{"username":"u","password":{"Canary0fTheValue":1}}"#,
        r#"{"username":"u","password":"Canary0fTheValue"} x"#,
        r#"{"username":"u","password":"Canary0fTheValue"#,
        r#"{"username":"u","password":"Canary0fTheValue","password":"b"}"#,
        "{'username':'u','password':'Canary0fTheValue'}",
        "username=u\npassword=Canary0fTheValue",
    ] {
        let azure = with(Secret::new("pair", value));
        fetch(&azure)
            .arg("kv-prod/pair")
            .env("CASE", value)
            .canary(CANARY)
            .status(7)
            .stderr(format!("{OPERATION}pair{CAUSE}"))
            .run();
        expect(&azure, &[], &[("kv-prod", "pair")]);
    }
}

#[test]
fn each_that_is_none_is_told_and_nothing_is_written() {
    let azure = with(Secret::new("a", "no object"));
    azure.secret("kv-prod", "b", r#"{"user":"u","password":"p"}"#);
    azure.secret("kv-prod", "c", "[\"no object\"]");
    let directory = Scratch::new("shaping");
    directory.write("it", "as it was");
    let output = fetch(&azure)
        .args(["--vault=kv-prod", "--all", "--output=it"])
        .cwd(directory.path())
        .status(7)
        .stderr(format!("{OPERATION}a{CAUSE}{OPERATION}c{CAUSE}"))
        .run();
    assert!(output.stdout.is_empty());
    expect(
        &azure,
        &["kv-prod"],
        &["a", "b", "c"].map(|name| ("kv-prod", name)),
    );
    assert_eq!(names_in(directory.path()), ["it"]);
    assert_eq!(fs::read(directory.join("it")).unwrap(), b"as it was");
    // With other failures the first one's code.
    fetch(&azure)
        .args(["kv-prod/gone", "kv-prod/a"])
        .status(5)
        .stderr_has("cannot read `kv-prod/gone`")
        .stderr_has(format!("{OPERATION}a{CAUSE}"))
        .run();
    expect(&azure, &[], &[("kv-prod", "gone"), ("kv-prod", "a")]);
}

#[test]
fn where_it_does_not_belong() {
    let azure = with(Secret::new("a", "value-of-a"));
    for command in ["get", "list"] {
        refused(
            &azure,
            &[command, "kv-prod/a", "--json-value"],
            &format!(
                "`--json-value` does not belong to `{command}`\nakv-xsoar: hint: `akv-xsoar help {command}` lists its options"
            ),
        );
    }
}

/// A file of a pair holds the password.
#[test]
fn in_files() {
    let azure = with(Secret::new("pair", r#"{"user":"u","password":"p\n"}"#));
    let directory = Scratch::new("shaping");
    Akv::new()
        .args(["fetch", "kv-prod/pair", "--json-value", "--format=files"])
        .args(["--output", "it"])
        .app(&azure)
        .cwd(directory.path())
        .run();
    expect(&azure, &[], &[("kv-prod", "pair")]);
    assert_eq!(fs::read(directory.join("it/kv-prod/pair")).unwrap(), b"p\n");
}
