//! `push`: an XSOAR server's store is brought up to date, and nothing there is lost.

mod adoption;
mod checking;
mod doubts;
mod keys;
mod killed;
mod listing;
mod output;
mod refusals;
mod servers;
mod stray;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::standin::{Credential, Fault, Secret, Standin, XSOAR_KEY, Xsoar};

const URL: &str = "https://xsoar.example";
const LIST: &str = "POST xsoar.example/settings/credentials";
const PUT: &str = "PUT xsoar.example/settings/credentials";

const READ_A: &str = "GET kv-prod.vault.azure.net/secrets/a?api-version=7.4";
const READ_B: &str = "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4";

const BOTH: [&str; 2] = ["kv-prod/a", "kv-prod/b"];

/// A vault with two secrets, and a server of version 6 whose store is empty.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure.secret("kv-prod", "b", "value-of-b");
    azure.xsoar(Xsoar::six());
    azure
}

/// A run, as the application and with the key; no password may be shown anywhere.
fn run<'a>(azure: &'a Standin, arguments: &[&str]) -> Akv<'a> {
    let akv = Akv::new().arg("push").args(arguments).app(azure);
    let akv = akv.args(["--xsoar-url", URL]);
    let values = azure.values().into_iter();
    values.fold(akv.env("DEMISTO_API_KEY", XSOAR_KEY), Akv::canary)
}

/// A run with both secrets.
fn push(azure: &Standin) -> Akv<'_> {
    run(azure, &BOTH)
}

/// What is said of both.
fn told(a: &str, b: &str) -> String {
    format!("kv-prod/a\t{a}\nkv-prod/b\t{b}\n")
}

/// That the secrets were read and the store listed, and then these requests were sent.
#[track_caller]
fn expect(azure: &Standin, then: &[&str]) {
    let token = azure.token_request();
    let first = [token.as_str(), READ_A, READ_B, LIST];
    azure.expect(&[first.as_slice(), then].concat());
}

/// What the comment of a new credential says.
fn comment(secret: &str, version: &str, manner: &str) -> String {
    let mark = mark(secret, version, manner);
    format!("From Azure Key Vault, kept up to date by akv-xsoar, which knows it by this: {mark}")
}

fn mark(secret: &str, version: &str, manner: &str) -> String {
    format!("[akv-xsoar {secret} {version} {manner}]")
}

/// A credential as a push makes it.
fn made(secret: &str, version: &str, password: &str) -> Credential {
    let user = secret.split('/').next_back().unwrap();
    let credential = Credential::new(secret, user, password);
    let comment = comment(secret, version, user);
    Credential {
        writes: 1,
        ..credential.comment(&comment)
    }
}

/// The bodies of the writes since the start.
fn written(azure: &Standin) -> Vec<Value> {
    let requests = azure.requests().into_iter();
    let puts = requests.filter(|request| request.line() == PUT);
    puts.map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

#[test]
fn what_is_not_there_is_created() {
    let azure = Standin::start();
    azure.xsoar(Xsoar::six());
    // What JSON has to escape, and what it has not.
    let value = "p\"a\\s\ns/wörd €😀\u{1}\u{7f}";
    let version = azure.secret("kv-prod", "a", value);
    let other = azure.put(
        "kv-prod",
        Secret::new("b", "").tag("user", "who \"is\" [it]"),
    );

    run(&azure, &["kv-prod/a", "KV-prod/b", "--user-tag=user"])
        .stdout("kv-prod/a\tcreated\nKV-prod/b\tcreated\n")
        .run();

    azure.expect(&[&azure.token_request(), READ_A, READ_B, LIST, PUT, PUT]);
    let user = "who%20%22is%22%20%5Bit%5D";
    let (a, b) = (
        comment("kv-prod/a", &version, "a"),
        comment("kv-prod/b", &other, user),
    );
    assert_eq!(
        written(&azure),
        [
            json!({"name": "kv-prod/a", "user": "a", "password": value, "version": -1, "comment": a}),
            json!({"name": "KV-prod/b", "user": "who \"is\" [it]", "password": "", "version": -1, "comment": b}),
        ]
    );
    let second = Credential::new("KV-prod/b", "who \"is\" [it]", "").comment(&b);
    assert_eq!(
        azure.store(),
        [
            made("kv-prod/a", &version, value),
            Credential {
                writes: 1,
                ..second
            }
        ]
    );
}

#[test]
fn what_has_not_changed_is_not_written() {
    let azure = azure();
    push(&azure).stdout(told("created", "created")).run();
    let before = azure.store();
    azure.expect(&[&azure.token_request(), READ_A, READ_B, LIST, PUT, PUT]);

    for _ in 0..2 {
        push(&azure).stdout(told("unchanged", "unchanged")).run();
        expect(&azure, &[]);
    }
    // Azure's names have no case; the user, which is the secret's name as it is spelled, has.
    run(&azure, &["KV-PROD/a", "Kv-prod/b"])
        .stdout("KV-PROD/a\tunchanged\nKv-prod/b\tunchanged\n")
        .run();
    expect(&azure, &[]);
    assert_eq!(azure.store(), before);
}

#[test]
fn a_new_version_is_written_over_the_one_that_was_listed() {
    let azure = azure();
    push(&azure).stdout(told("created", "created")).run();
    // Somebody is told of it, and it has a group now.
    azure.xsoar_change("kv-prod/b", |credential| {
        credential.comment = format!("Mine.\n{}\nAnd yours: [x]", credential.comment);
        credential.workgroup = "soc".to_owned();
        credential.sshkey = "a key".to_owned();
    });
    let version = azure.secret("kv-prod", "b", "newer value of b");

    push(&azure).stdout(told("unchanged", "updated")).run();

    azure.expect(&[
        &azure.token_request(),
        READ_A,
        READ_B,
        LIST,
        PUT,
        PUT,
        &azure.token_request(),
        READ_A,
        READ_B,
        LIST,
        PUT,
    ]);
    let text = comment("kv-prod/b", &version, "b");
    let text = format!("Mine.\n{text}\nAnd yours: [x]");
    let body = json!({
        "id": "kv-prod/b", "name": "kv-prod/b", "user": "b", "password": "newer value of b", "version": 2,
        "comment": text, "workgroup": "soc",
    });
    assert_eq!(written(&azure)[2], body);
    let kept = &azure.store()[1];
    assert_eq!((kept.version, kept.writes), (3, 2));
    assert_eq!(
        (kept.sshkey.as_str(), kept.workgroup.as_str()),
        ("a key", "soc")
    );

    push(&azure).stdout(told("unchanged", "unchanged")).run();
    expect(&azure, &[]);
}

#[test]
fn another_user_or_another_way_to_one_is_a_change() {
    let azure = Standin::start();
    azure.xsoar(Xsoar::six());
    let value = r#"{"username": "root", "password": "pass-of-root"}"#;
    azure.put(
        "kv-prod",
        Secret::new("a", value)
            .tag("user", "tagged")
            .tag("other", "a"),
    );
    azure.ignore_log();

    for (options, done, user, password) in [
        (vec![], "created", "a", value),
        (vec!["--user-tag=user"], "updated", "tagged", value),
        (vec!["--user-tag=user"], "unchanged", "tagged", value),
        (vec!["--json-value"], "updated", "root", "pass-of-root"),
        (
            vec!["--json-value", "--user-tag=user"],
            "unchanged",
            "root",
            "pass-of-root",
        ),
        // The same user, but the value as it is.
        (vec!["--user-tag=other"], "updated", "a", value),
        (vec![], "unchanged", "a", value),
    ] {
        let arguments = [vec!["kv-prod/a"], options].concat();
        run(&azure, &arguments)
            .canary("pass-of-root")
            .stdout(format!("kv-prod/a\t{done}\n"))
            .run();
        let kept = &azure.store()[0];
        assert_eq!(
            (kept.user.as_str(), kept.password.as_str()),
            (user, password)
        );
    }
    // A tag makes no new version of a secret, but another user.
    let kept = azure.store();
    azure.put("kv-prod", Secret::new("a", value).tag("user", "x"));
    run(&azure, &["kv-prod/a", "--user-tag=user"])
        .stdout("kv-prod/a\tupdated\n")
        .run();
    assert_eq!(azure.store()[0].version, kept[0].version + 1);
}

#[test]
fn a_version_that_the_vault_does_not_tell_is_always_new() {
    let azure = azure();
    azure.ignore_log();
    azure.fault(READ_A, Fault::without("id"));
    push(&azure).stdout(told("created", "created")).run();
    let mark = mark("kv-prod/a", "?", "a");
    assert!(azure.store()[0].comment.ends_with(&mark));

    push(&azure).stdout(told("updated", "unchanged")).run();
    assert_eq!(azure.store()[0].writes, 2);
}

#[test]
fn a_version_that_was_asked_for_is_what_is_there() {
    let azure = azure();
    azure.ignore_log();
    let old = azure.secret("kv-prod", "a", "value two");
    let new = azure.secret("kv-prod", "a", "value three");
    for (version, done, password) in [
        ("", "created", "value three"),
        (new.as_str(), "unchanged", "value three"),
        (old.as_str(), "updated", "value two"),
        (old.as_str(), "unchanged", "value two"),
        ("", "updated", "value three"),
    ] {
        let wanted = format!("kv-prod/a/{version}");
        let done = format!("kv-prod/a\t{done}\n");
        run(&azure, &[wanted.trim_end_matches('/')])
            .stdout(done)
            .run();
        assert_eq!(azure.store()[0].password, password);
    }
}

#[test]
fn everything_is_read_before_anything_is_written() {
    let azure = azure();
    run(&azure, &["kv-prod/a", "kv-prod/gone", "kv-prod/b"])
        .status(5)
        .stderr_has("cannot read `kv-prod/gone`: ")
        .run();
    let gone = READ_A.replace("/a?", "/gone?");
    azure.expect(&[&azure.token_request(), READ_A, &gone, READ_B]);
    assert!(azure.store().is_empty());

    // A value that is not what was asked for.
    run(&azure, &["kv-prod/a", "--json-value"])
        .status(7)
        .stderr_has("`kv-prod/a`")
        .run();
    azure.expect(&[&azure.token_request(), READ_A]);
}

#[test]
fn whole_vaults_are_pushed_and_what_was_is_named() {
    let azure = azure();
    azure.ignore_log();
    run(&azure, &["--vault=kv-prod", "--all"])
        .stdout(told("created", "created"))
        .run();
    azure.xsoar_credential(Credential::new("hand-made", "", "").comment("[akv-xsoar is not it]"));

    let left = |names: &str| {
        format!("akv-xsoar: warning: no longer selected, and still on the server: {names}\n")
    };
    run(&azure, &["--vault=kv-prod", "--match=b"])
        .stdout("kv-prod/b\tunchanged\n")
        .stderr(left("`kv-prod/a`"))
        .run();
    // What has another name there goes by that.
    azure.xsoar_change("kv-prod/a", |credential| {
        credential.name = "\u{1b}[31mmine".to_owned();
    });
    azure.remove("kv-prod", "a");
    azure.remove("kv-prod", "b");
    run(&azure, &["--vault=kv-prod", "--all"])
        .stderr(left("`[31mmine`, `kv-prod/b`"))
        .run();
    run(&azure, &["kv-prod/b", "--missing=skip"])
        .stderr(left("`[31mmine`, `kv-prod/b`"))
        .run();
    // Nothing is ever deleted.
    assert_eq!(azure.store().len(), 3);
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let azure = azure();
    let dry = |wanted: &[&str]| run(&azure, &[wanted, &["--dry-run"]].concat());
    dry(&BOTH)
        .stdout(told("would be created", "would be created"))
        .run();
    expect(&azure, &[]);
    azure.ignore_log();
    run(&azure, &["kv-prod/b"])
        .stdout("kv-prod/b\tcreated\n")
        .run();
    azure.secret("kv-prod", "b", "newer value of b");
    azure.secret("kv-prod", "c", "value of c");
    let before = azure.store();
    dry(&["kv-prod/a", "kv-prod/c"])
        .stdout("kv-prod/a\twould be created\nkv-prod/c\twould be created\n")
        .stderr_has("no longer selected, and still on the server: `kv-prod/b`")
        .run();
    dry(&BOTH)
        .arg("--format=jsonl")
        .stdout(
            "{\"name\":\"kv-prod/a\",\"result\":\"would be created\"}\n\
             {\"name\":\"kv-prod/b\",\"result\":\"would be updated\"}\n",
        )
        .run();
    run(&azure, &["kv-prod/b"])
        .stdout("kv-prod/b\tupdated\n")
        .run();
    dry(&["kv-prod/b"]).stdout("kv-prod/b\tunchanged\n").run();
    assert_eq!(azure.store().len(), before.len());

    azure.xsoar_credential(Credential::new("kv-prod/a", "", ""));
    dry(&BOTH).status(2).stderr_has("`--adopt`").run();
    dry(&BOTH)
        .arg("--adopt")
        .stdout(told("would be updated", "unchanged"))
        .run();
}
