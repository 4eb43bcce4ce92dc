//! What the configuration file selects, and what the command line puts in its place, as a whole.

use serde_json::json;

use super::{add, array, expect, with, with_file};
use crate::standin::{Scratch, Secret, Standin};

fn azure() -> Standin {
    let azure = with("kv-prod", &["api", "db"]);
    azure.put(
        "kv-prod",
        Secret::new("tagged", "value-of-tagged").tag("team", "soc, infra"),
    );
    azure.put("kv-prod", Secret::new("tls", "value-of-tls").managed());
    add(&azure, "kv-test", &["db", "web"]);
    azure
}

#[test]
fn each_way_to_select_is_a_key() {
    let azure = azure();
    let directory = Scratch::new("replaced");
    for (keys, names) in [
        (json!({"all": true}), &["api", "db", "tagged"][..]),
        (
            json!({"all": true, "include_certificates": true}),
            &["api", "db", "tagged", "tls"],
        ),
        (
            json!({"all": true, "include_certificates": false}),
            &["api", "db", "tagged"],
        ),
        (json!({"match": "D*,*i"}), &["api", "db"]),
        (
            json!({"match": ["d*", "", "*i"], "all": false}),
            &["api", "db"],
        ),
        // In a text a comma stands between two tags, in a list it is a tag's own.
        (json!({"tag": "x, team,", "missing": "skip"}), &["tagged"]),
        (json!({"tag": ["team=soc, infra"]}), &["tagged"]),
        (json!({"tag": "team=soc, infra", "missing": "skip"}), &[]),
        (
            json!({"tag": ["x", "", "team"], "match": "t*", "missing": "skip"}),
            &["tagged"],
        ),
    ] {
        let mut keys = keys;
        keys["vault"] = json!("kv-prod");
        let reads: Vec<_> = names.iter().map(|name| ("kv-prod", *name)).collect();
        with_file(&azure, &directory, "fetch", &keys)
            .stdout(array(&reads))
            .run();
        expect(&azure, &["kv-prod"], &reads);
    }
}

#[test]
fn what_is_false_or_empty_selects_nothing() {
    let azure = azure();
    let directory = Scratch::new("replaced");
    for keys in [
        json!({"all": false}),
        json!({"all": null, "match": "", "tag": [], "include_certificates": true}),
        json!({"match": [","], "tag": ""}),
    ] {
        let mut keys = keys;
        keys["vault"] = json!("kv-prod");
        with_file(&azure, &directory, "fetch", &keys)
            .status(2)
            .stderr(
                "akv-xsoar: error: nothing is selected: vaults are given, but no secrets\n\
                 akv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`, or take all of them with `--all`\n",
            )
            .run();
        azure.expect(&[]);
    }
    let hint = "akv-xsoar: hint: name the secrets, or say which of all are meant\n";
    for key in ["all", "match", "tag", "include_certificates"] {
        let mut keys = json!({"vault": "kv-prod", "secrets": "api"});
        keys[key] = match key {
            "match" | "tag" => json!("api"),
            _ => json!(true),
        };
        with_file(&azure, &directory, "fetch", &keys)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `secrets` in `c.json` and `{key}` in `c.json` exclude each other\n{hint}"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn the_command_line_replaces_it_as_a_whole() {
    let azure = azure();
    let directory = Scratch::new("replaced");
    let all = json!({"vault": "kv-prod", "all": true, "include_certificates": true});
    let tagged = json!({"vault": "kv-prod", "tag": "team", "match": "t*"});
    let named = json!({"vault": "kv-prod", "secret": "api,db"});
    for keys in [all, tagged, named] {
        for (args, listed, reads) in [
            (&["kv-test/web"][..], &[][..], &[("kv-test", "web")][..]),
            (
                &["--vault", "kv-test", "--secret=db"],
                &[],
                &[("kv-test", "db")],
            ),
            (
                &["--vault=kv-test", "--all"],
                &["kv-test"],
                &[("kv-test", "db"), ("kv-test", "web")],
            ),
            (
                &["--vault=kv-prod", "--match=d*"],
                &["kv-prod"],
                &[("kv-prod", "db")],
            ),
            // The file's certificates are not meant, nor is its pattern.
            (
                &["--vault=kv-prod", "--match=t*"],
                &["kv-prod"],
                &[("kv-prod", "tagged")],
            ),
            (
                &["--vault=kv-prod", "--tag=team"],
                &["kv-prod"],
                &[("kv-prod", "tagged")],
            ),
        ] {
            with_file(&azure, &directory, "fetch", &keys)
                .args(args)
                .stdout(array(reads))
                .run();
            expect(&azure, listed, reads);
        }
        // Not one half from here and the other from there.
        let vault = "akv-xsoar: hint: name the vaults with `--vault NAME[,NAME…]`\n";
        for option in [
            "--all",
            "--match=d*",
            "--tag=team",
            "--include-certificates",
        ] {
            let name = option.split('=').next().unwrap();
            with_file(&azure, &directory, "fetch", &keys)
                .arg(option)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: nothing is selected: `{name}` needs a vault\n{vault}"
                ))
                .run();
            azure.expect(&[]);
        }
    }
}

/// How a selection is read and shaped is no part of it: that stays, key by key.
#[test]
fn how_it_is_shaped_stays() {
    let azure = Standin::start();
    let directory = Scratch::new("replaced");
    azure.put(
        "kv-prod",
        Secret::new("api", "value-of-api").tag("login", "svc"),
    );
    azure.secret("kv-prod", "pair", r#"{"user":"u","password":"p"}"#);
    let line = |user: &str, password: &str, name: &str| {
        format!("{{\"user\":\"{user}\",\"password\":\"{password}\",\"name\":\"kv-prod/{name}\"}}\n")
    };
    let keys = json!({"vault": "kv-x", "secret": "x", "user_tag": "login", "format": "jsonl"});
    with_file(&azure, &directory, "fetch", &keys)
        .arg("kv-prod/api")
        .stdout(line("svc", "value-of-api", "api"))
        .run();
    expect(&azure, &[], &[("kv-prod", "api")]);
    // Each of them may be replaced for itself.
    with_file(&azure, &directory, "fetch", &keys)
        .args(["kv-prod/api", "--user-tag", "another", "--format=xsoar"])
        .stdout(array(&[("kv-prod", "api")]))
        .run();
    expect(&azure, &[], &[("kv-prod", "api")]);
    let keys = json!({"json_value": true, "format": "jsonl"});
    with_file(&azure, &directory, "fetch", &keys)
        .arg("kv-prod/pair")
        .stdout(line("u", "p", "pair"))
        .run();
    expect(&azure, &[], &[("kv-prod", "pair")]);
    // What only `fetch` can write is nothing to `list`, which takes the rest.
    for (format, text) in [
        ("shell", "kv-prod/api\nkv-prod/pair\n".to_owned()),
        ("files", "kv-prod/api\nkv-prod/pair\n".to_owned()),
        ("jsonl", line("svc", "", "api") + &line("pair", "", "pair")),
    ] {
        let keys = json!({"vault": "kv-prod", "user_tag": "login", "format": format});
        with_file(&azure, &directory, "list", &keys)
            .stdout(text)
            .run();
        expect(&azure, &["kv-prod"], &[]);
    }
    // `get` is byte for byte, whatever the file says of documents and variables.
    let keys = json!({
        "json_value": true, "user_tag": "login", "format": "shell", "prefix": "1", "env": "X", "all": true,
    });
    with_file(&azure, &directory, "get", &keys)
        .arg("kv-prod/pair")
        .stdout(r#"{"user":"u","password":"p"}"#)
        .run();
    expect(&azure, &[], &[("kv-prod", "pair")]);
}
