//! What others made, renamed or doubled there is theirs.

use serde_json::json;

use super::{BOTH, LIST, PUT, azure, comment, expect, mark, push, run, told, written};
use crate::standin::{Credential, Fault, XSOAR_KEY};

const HINT: &str =
    "akv-xsoar: hint: `--adopt` overwrites it, and keeps it up to date from then on\n";

/// Somebody's own.
fn hand_made(name: &str) -> Credential {
    Credential::new(name, "somebody", "password of somebody")
        .comment("Ask Ann.")
        .workgroup("soc")
        .sshkey("a key")
        .version(7)
}

#[test]
fn what_somebody_else_made_is_left_alone() {
    let azure = azure();
    azure.xsoar_credential(hand_made("kv-prod/b"));
    azure.xsoar_credential(hand_made("elsewhere"));
    let before = azure.store();

    let error = "akv-xsoar: error: cannot write `kv-prod/b` to the server: a credential of that name is there, and this program did not create it\n";
    push(&azure)
        .status(2)
        .stderr(format!("{error}{HINT}"))
        .run();
    // Nothing at all is written then, also with a dry run.
    expect(&azure, &[]);
    push(&azure)
        .arg("--dry-run")
        .status(2)
        .stderr(format!("{error}{HINT}"))
        .run();
    expect(&azure, &[]);
    assert_eq!(azure.store(), before);

    // Each is named.
    azure.xsoar_credential(hand_made("kv-prod/a"));
    let other = error.replace("/b`", "/a`");
    push(&azure)
        .status(2)
        .stderr(format!("{other}{HINT}{error}{HINT}"))
        .run();
    expect(&azure, &[]);
}

#[test]
fn what_is_adopted_keeps_what_people_gave_it() {
    let azure = azure();
    azure.xsoar_credential(hand_made("kv-prod/a"));
    azure.xsoar_credential(hand_made("elsewhere"));
    let elsewhere = azure.store()[1].clone();
    let new = azure.secret("kv-prod", "a", "newer value of a");

    push(&azure)
        .arg("--adopt")
        .stdout(told("updated", "created"))
        .run();

    expect(&azure, &[PUT, PUT]);
    let text = format!("Ask Ann.\n{}", comment("kv-prod/a", &new, "a"));
    assert_eq!(
        written(&azure)[0],
        json!({
            "id": "kv-prod/a", "name": "kv-prod/a", "user": "a", "password": "newer value of a", "version": 7,
            "comment": text, "workgroup": "soc",
        })
    );
    let adopted = Credential {
        user: "a".to_owned(),
        password: "newer value of a".to_owned(),
        writes: 1,
        ..hand_made("kv-prod/a").comment(&text).version(8)
    };
    assert_eq!(azure.store()[0], adopted);
    assert_eq!(azure.store()[1], elsewhere);
    // From then on it is ours.
    push(&azure).stdout(told("unchanged", "unchanged")).run();
    expect(&azure, &[]);
}

#[test]
fn a_mark_of_another_secret_is_no_mark() {
    let azure = azure();
    azure.ignore_log();
    let version = azure.secret("kv-prod", "a", "newer value of a");
    for (number, text) in [
        // As by a copy of another credential of ours.
        mark("kv-prod/b", &version, "a"),
        mark("kv-other/a", &version, "a"),
        mark("kv-prod/a", "short", "a"),
        "[akv-xsoar]".to_owned(),
        format!("akv-xsoar kv-prod/a {version} a"),
    ]
    .into_iter()
    .enumerate()
    {
        azure.xsoar_credential(hand_made("kv-prod/a").comment(&text));
        push(&azure)
            .status(2)
            .stderr_has("this program did not create it")
            .run();
        azure.xsoar_change("kv-prod/a", |credential| {
            credential.name = format!("done-{number}");
            credential.id = credential.name.clone();
            credential.comment.clear();
        });
    }
    // People may write what begins like one.
    let text = format!("[akv-xsoar made it] {}", mark("kv-prod/a", &version, "a"));
    azure.xsoar_credential(hand_made("kv-prod/a").comment(&text));
    run(&azure, &["kv-prod/a"])
        .stdout("kv-prod/a\tunchanged\n")
        .run();
}

#[test]
fn one_that_was_renamed_is_not_made_again() {
    let azure = azure();
    push(&azure).stdout(told("created", "created")).run();
    let rename = |id: &str| {
        azure.xsoar_change("kv-prod/a", |credential| {
            credential.name = "Database \u{202e}of Ann".to_owned();
            credential.id = id.to_owned();
        });
    };
    let error = "akv-xsoar: error: cannot write `kv-prod/a` to the server: it was renamed there, to `Database of Ann`\n\
                 akv-xsoar: hint: name it `kv-prod/a` again in XSOAR, or delete it there\n";
    azure.ignore_log();
    // A server that knows it by its first name, and one that has numbers for that.
    for id in ["kv-prod/a", "KV-PROD/a", "5f0c"] {
        rename(id);
        for more in [vec![], vec!["--adopt"]] {
            push(&azure).args(more).status(2).stderr(error).run();
        }
        azure.xsoar_change("Database \u{202e}of Ann", |credential| {
            credential.name = "kv-prod/a".to_owned();
        });
    }
    push(&azure).stdout(told("unchanged", "unchanged")).run();
    assert_eq!(azure.store().len(), 2);

    // One of somebody else's that once had this name.
    azure.xsoar_credential(hand_made("theirs").id("KV-PROD/C"));
    azure.secret("kv-prod", "c", "value of c");
    run(&azure, &["kv-prod/c"])
        .status(2)
        .stderr_has("it was renamed there, to `theirs`")
        .run();
}

#[test]
fn names_have_no_case() {
    let azure = azure();
    azure.ignore_log();
    run(&azure, &["KV-Prod/A"])
        .stdout("KV-Prod/A\tcreated\n")
        .run();
    azure.secret("kv-prod", "a", "newer value of a");
    // It keeps the name that it has.
    run(&azure, &["kv-prod/a"])
        .stdout("kv-prod/a\tupdated\n")
        .run();
    let kept = azure.store();
    assert_eq!((kept.len(), kept[0].name.as_str()), (1, "KV-Prod/A"));
    assert_eq!(
        (kept[0].writes, kept[0].password.as_str()),
        (2, "newer value of a")
    );

    azure.xsoar_credential(hand_made("KV-PROD/B"));
    push(&azure)
        .status(2)
        .stderr_has("cannot write `kv-prod/b`")
        .run();
}

#[test]
fn of_several_with_one_name_ours_is_ours() {
    let azure = azure();
    azure.ignore_log();
    azure.xsoar_credential(hand_made("KV-PROD/A").id("1"));
    azure.xsoar_credential(hand_made("kv-prod/a").id("2"));
    run(&azure, &["kv-prod/a"])
        .arg("--adopt")
        .stdout("kv-prod/a\tupdated\n")
        .run();
    let kept = azure.store();
    assert_eq!((kept[0].writes, kept[1].writes), (0, 1));

    // Ours, wherever it stands, and though another is spelled as it is wanted.
    azure.xsoar_credential(hand_made("kv-prod/A").id("3"));
    azure.xsoar_credential(hand_made("kv-PROD/a").id("4"));
    for wanted in ["kv-prod/a", "KV-PROD/a", "kv-PROD/a"] {
        run(&azure, &[wanted])
            .stdout(format!("{wanted}\tunchanged\n"))
            .run();
    }
}

#[test]
fn what_an_instance_fetches_is_the_instance_s() {
    let azure = azure();
    azure.xsoar_credential(hand_made("kv-prod/a").instance("AzureKeyVault_instance_1"));
    let before = azure.store();
    for more in [vec![], vec!["--adopt"]] {
        push(&azure)
            .args(more)
            .status(2)
            .stderr(
                "akv-xsoar: error: cannot write `kv-prod/a` to the server: the integration instance `AzureKeyVault_instance_1` fetches a credential of that name there\n\
                 akv-xsoar: hint: switch *Fetches credentials* off in that instance, or select other secrets\n",
            )
            .run();
        expect(&azure, &[]);
    }
    assert_eq!(azure.store(), before);
}

/// A store whose credentials have more than we know, and less.
#[test]
fn what_is_listed_may_have_more_and_less() {
    let azure = azure();
    azure.ignore_log();
    push(&azure).stdout(told("created", "created")).run();
    azure.xsoar_credential(hand_made("elsewhere"));
    for field in [
        "user",
        "comment",
        "name",
        "workgroup",
        "vaultInstanceId",
        "modified",
    ] {
        for value in [Some(json!(null)), None] {
            azure.mend();
            azure.fault(
                LIST,
                Fault::change_json(move |_, body| {
                    let other = body["credentials"][2].as_object_mut().unwrap();
                    other.insert("tags".to_owned(), json!([{"a": 1.5}]));
                    match &value {
                        Some(value) => other.insert(field.to_owned(), value.clone()),
                        None => other.remove(field),
                    };
                    body["more"] = json!({"x": []});
                }),
            );
            push(&azure).stdout(told("unchanged", "unchanged")).run();
        }
    }
    // A store without any, as some say it.
    azure.mend();
    azure.fault(
        LIST,
        Fault::change_json(|_, body| *body = json!({"credentials": null, "total": 0})),
    );
    run(&azure, &BOTH)
        .arg("--dry-run")
        .stdout(told("would be created", "would be created"))
        .run();
}

/// A name may be a copy of what was pasted there by mistake.
#[test]
fn a_name_that_shows_a_secret() {
    let azure = azure();
    push(&azure).stdout(told("created", "created")).run();
    azure.ignore_log();
    let value = "value-of-b";
    azure.xsoar_change("kv-prod/a", |credential| {
        credential.name = format!("db {value} {XSOAR_KEY}");
    });
    push(&azure)
        .canary(XSOAR_KEY)
        .status(2)
        .stderr_has("it was renamed there, to `db [secret] [secret]`")
        .run();
    run(&azure, &["kv-prod/b"])
        .canary(XSOAR_KEY)
        .stdout("kv-prod/b\tunchanged\n")
        .stderr_has("still on the server: `db [secret] [secret]`")
        .run();
    azure.xsoar_credential(hand_made("kv-prod/a").id("x").instance(value));
    azure.xsoar_change(&format!("db {value} {XSOAR_KEY}"), |credential| {
        credential.comment.clear();
    });
    push(&azure)
        .status(2)
        .stderr_has("the integration instance `[secret]` fetches a credential")
        .run();
}
