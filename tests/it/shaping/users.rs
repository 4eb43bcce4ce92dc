//! `--user-tag`: the user of a credential is what a tag says.

use super::line;
use crate::command::Akv;
use crate::selection::{expect, refused};
use crate::standin::{Secret, Standin};

/// Secrets that have the tag, and some that do not quite.
fn azure() -> Standin {
    let azure = Standin::start();
    for (name, tags) in [
        ("a", &[("login", "svc-a"), ("Login", "another")][..]),
        ("b", &[]),
        ("c", &[("Login", "another"), ("log-in", "another")]),
        ("d", &[("login", "DOM\\\"svc\" \u{fc}\n")]),
        ("e", &[("login", "")]),
    ] {
        let secret = Secret::new(name, format!("value-of-{name}"));
        let secret = tags
            .iter()
            .fold(secret, |secret, (key, value)| secret.tag(key, value));
        azure.put("kv-prod", secret);
    }
    azure
}

/// Each secret's user, as JSON has it: where the tag is missing it is the secret's name.
const USERS: [(&str, &str); 5] = [
    ("a", "svc-a"),
    ("b", "b"),
    ("c", "c"),
    ("d", "DOM\\\\\\\"svc\\\" \u{fc}\\n"),
    ("e", ""),
];

#[test]
fn the_user_is_the_tag_s_value() {
    let azure = azure();
    let reads = USERS.map(|(name, _)| ("kv-prod", name));
    let text = USERS.map(|(name, user)| line(user, &format!("value-of-{name}"), name));
    for (args, listed) in [
        (&["--vault=kv-prod", "--all"][..], &["kv-prod"][..]),
        (&["--vault=kv-prod", "--secret=a,b,c,d,e"], &[]),
        (
            &[
                "kv-prod/a",
                "kv-prod/b",
                "kv-prod/c",
                "kv-prod/d",
                "kv-prod/e",
            ],
            &[],
        ),
    ] {
        Akv::new()
            .args(["fetch", "--format=jsonl", "--user-tag", "login"])
            .args(args)
            .app(&azure)
            .stdout(text.concat())
            .run();
        expect(&azure, listed, &reads);
    }
    Akv::new()
        .args(["fetch", "kv-prod/a", "--user-tag", "Login"])
        .app(&azure)
        .stdout(format!("[\n{}]\n", line("another", "value-of-a", "a")))
        .run();
    expect(&azure, &[], &[("kv-prod", "a")]);
}

/// A listing has the tags too, and no value is read.
#[test]
fn a_list_has_the_same_users() {
    let azure = azure();
    let text = USERS.map(|(name, user)| line(user, "", name));
    for args in [
        &["--vault=kv-prod"][..],
        &[
            "kv-prod/a",
            "kv-prod/b",
            "kv-prod/c",
            "kv-prod/d",
            "kv-prod/e",
        ],
    ] {
        let list = || {
            Akv::new()
                .args(["list", "--user-tag", "login"])
                .args(args)
                .app(&azure)
        };
        list().arg("--format=jsonl").stdout(text.concat()).run();
        expect(&azure, &["kv-prod"], &[]);
        let array = text.each_ref().map(|line| line.trim_end()).join(",\n");
        list()
            .arg("--format=xsoar")
            .stdout(format!("[\n{array}\n]\n"))
            .run();
        expect(&azure, &["kv-prod"], &[]);
        // Names alone are as they are.
        list()
            .stdout("kv-prod/a\nkv-prod/b\nkv-prod/c\nkv-prod/d\nkv-prod/e\n")
            .run();
        expect(&azure, &["kv-prod"], &[]);
    }
}

#[test]
fn a_user_is_of_a_document() {
    let azure = azure();
    for (command, rest) in [("get", &[][..]), ("exec", &["--", "true"])] {
        let args = [&[command, "kv-prod/a", "--user-tag=login"], rest].concat();
        refused(
            &azure,
            &args,
            &format!(
                "`--user-tag` does not belong to `{command}`\nakv-xsoar: hint: `akv-xsoar help {command}` lists its options"
            ),
        );
    }
    // Variables and files hold the password alone.
    for (format, text) in [("dotenv", "A=value-of-a\n"), ("shell", "A='value-of-a'\n")] {
        Akv::new()
            .args(["fetch", "kv-prod/a", "--user-tag=login", "--format", format])
            .app(&azure)
            .stdout(text)
            .run();
        expect(&azure, &[], &[("kv-prod", "a")]);
    }
}
