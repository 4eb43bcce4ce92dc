//! What is configured: each part by itself, and what cannot be tried without it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use super::{FIRST, OPENID, READ, THERE, azure, check, check_as, states, step, tells};
use crate::files::{private, set_mode};
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Fault, NOBODY, PROXY_PASSWORD, SUBSCRIPTION, Scratch, TENANT,
};

#[test]
fn where_each_setting_comes_from() {
    let azure = azure();
    let directory = Scratch::new("check");
    let config = serde_json::json!({
        "credentials": {"identifier": "x", "password": CLIENT_SECRET}, "client_id": CLIENT_ID,
        "key_vaults": "kv-prod", "secrets": "db,api", "timeout": 30,
        "tenant_id": TENANT,
    });
    private(&directory, "c.json", config.to_string());
    let akv = check_as(&azure, &["--config", "c.json"])
        .azure(&azure)
        .env("AZURE_TENANT_ID", "stray")
        .cwd(directory.path());
    let output = tells(
        akv,
        0,
        "configuration",
        "ok",
        "connect-to by `--connect-to`, ca-file by `--ca-file`, config by `--config`, tenant-id by `AZURE_TENANT_ID` (also `tenant_id` in `c.json`), \
         client-id by `client_id` in `c.json`, client-secret by `credentials` in `c.json`, vault by `key_vaults` in `c.json`, \
         secret by `secrets` in `c.json`, timeout by `timeout` in `c.json`",
    );
    let selection = step(&output, "selection");
    assert_eq!(
        selection,
        [("ok".to_owned(), "2 secrets of 1 vault".to_owned())]
    );
    azure.expect(&[
        OPENID,
        THERE,
        &azure.token_request(),
        READ,
        "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4",
        FIRST,
    ]);
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let azure = azure();
    let directory = Scratch::new("check");
    for (name, content, mode, cause) in [
        (
            "gone",
            None,
            0,
            "cannot use the configuration file `gone`: no such file or directory",
        ),
        (
            "key",
            Some(r#"{"tenant": "x"}"#),
            0o600,
            "`key`, line 1: `tenant` is not a key of this file",
        ),
        ("json", Some("{"), 0o600, "`json`, line 1"),
        (
            "open",
            Some("{}"),
            0o666,
            "cannot use the configuration file `open`: others may write it (mode 0666)",
        ),
        (
            "secret",
            Some(r#"{"client_secret": "Canary-in-a-file"}"#),
            0o644,
            "cannot use the configuration file `secret`: it holds a secret, and every user may read it (mode 0644)",
        ),
        (
            "insecure",
            Some(r#"{"insecure": true}"#),
            0o600,
            "`insecure`, line 1: `insecure` cannot be true",
        ),
        (
            "timeout",
            Some(r#"{"timeout": 0}"#),
            0o600,
            "`timeout` in `timeout` must be a number of seconds above 0",
        ),
    ] {
        if let Some(content) = content {
            fs::write(directory.join(name), content).unwrap();
            set_mode(directory.join(name), mode);
        }
        let run = |words: &[&str]| {
            check(&azure, &[&["kv-prod/db", "--config", name], words].concat())
                .cwd(directory.path())
                .canary("Canary-in-a-file")
                .status(2)
                .stdout_any()
                .run()
        };
        let output = run(&[]);
        assert_eq!(
            states(&output),
            ["FAILED configuration", "note everything else"]
        );
        let told = &step(&output, "configuration")[0].1;
        assert!(told.starts_with(cause), "{told}");
        let untried = &step(&output, "everything else")[0].1;
        assert_eq!(untried, "not tried: what is configured is not known");
        // For machines, too.
        let output = run(&["--format=jsonl"]);
        let text = output.stdout_text();
        assert!(
            text.starts_with(r#"{"step":"configuration","status":"FAILED","found":"#),
            "{text}"
        );
        azure.expect(&[]);
    }
    let akv = check(&azure, &["kv-prod/db"]).env("AZURE_TENANT_ID", OsStr::from_bytes(b"\xff"));
    tells(
        akv,
        2,
        "configuration",
        "FAILED",
        "`AZURE_TENANT_ID` is not UTF-8 text",
    );
    let akv = check(&azure, &["kv-prod/db", "--quiet", "--verbose"]);
    tells(
        akv,
        2,
        "configuration",
        "FAILED",
        "`--quiet` and `--verbose` contradict each other",
    );
    azure.expect(&[]);
}

/// One part that is wrong does not hide another, nor what can be tried without it.
#[test]
fn every_part_that_is_wrong() {
    let azure = azure();
    let words = [
        "kv-prod/db",
        "--missing=maybe",
        "--cloud=moon",
        "--api-version=7/4",
        "--no-proxy",
        "--proxy=http://p",
        "--subscription-id=a/b",
        "--identity=butler",
    ];
    let output = check(&azure, &words).status(2).stdout_any().run();
    assert_eq!(
        states(&output),
        [
            "ok configuration",
            "FAILED identity",
            "FAILED cloud",
            "FAILED selection",
            "FAILED subscription",
            "FAILED api-version",
            "FAILED network",
            "note hosts, clock, token and vaults",
            "note output",
        ]
    );
    let untried = &step(&output, "hosts, clock, token and vaults")[0].1;
    assert_eq!(
        untried,
        "not tried: what is wrong above leaves no way to them"
    );
    azure.expect(&[]);

    let server = ["--xsoar-url=https://xsoar.example", "--xsoar-key-file=key"];
    let directory = Scratch::new("check");
    private(&directory, "key", "Canary-key");
    let words = [
        &["kv-prod/db", "--no-proxy", "--proxy=http://p"][..],
        &server,
    ]
    .concat();
    let akv = check(&azure, &words)
        .cwd(directory.path())
        .canary("Canary-key");
    let output = akv.status(2).stdout_any().run();
    assert_eq!(
        &states(&output)[4..],
        [
            "FAILED network",
            "note hosts, clock, token and vaults",
            "note xsoar",
            "ok output"
        ]
    );

    // Without an identity there are still hosts, and a place for the output.
    let akv = check_as(&azure, &["kv-prod/db", "--tenant-id", TENANT]).azure(&azure);
    let output = akv.status(2).stdout_any().run();
    assert_eq!(
        states(&output),
        [
            "ok configuration",
            "FAILED identity",
            "ok cloud",
            "ok selection",
            "ok network",
            "ok host kv-prod.vault.azure.net",
            "ok clock",
            "note token and vaults",
            "ok output",
        ]
    );
    azure.expect(&[THERE]);

    // Without a selection there are a token and a place for the output.
    let output = check(&azure, &["kv_prod/db"]).status(2).stdout_any().run();
    assert_eq!(
        &states(&output)[3..],
        [
            "FAILED selection",
            "ok network",
            "ok host login.microsoftonline.com",
            "ok clock",
            "ok token",
            "note vaults",
            "ok output"
        ]
    );
    azure.expect(&[OPENID, &azure.token_request()]);

    // A place that is none leaves everything else.
    let output = check(&azure, &["kv-prod/db", "--format=files"])
        .status(2)
        .stdout_any()
        .run();
    assert_eq!(
        &states(&output)[3..6],
        ["ok selection", "FAILED output", "ok network"]
    );
    assert_eq!(states(&output).last().unwrap(), "note output");
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
}

/// What is not tried is named, and nothing else.
#[test]
fn what_a_token_is_wanted_for() {
    let azure = azure();
    azure.fault(&azure.token_request(), Fault::aadsts(7_000_222));
    azure.ignore_log();
    let subscription = ["--subscription-id", SUBSCRIPTION];
    let dotenv = ["--format=dotenv", "--prefix=P_"];
    for (words, left) in [
        (vec!["kv-prod/db"], &["vaults"][..]),
        (vec![], &[]),
        (subscription.to_vec(), &["subscription"]),
        (
            [&["kv-prod/db"][..], &subscription].concat(),
            &["subscription and vaults"],
        ),
        (
            [&["--vault=*", "--all"][..], &subscription, &dotenv].concat(),
            &["subscription, vaults and variables"],
        ),
        (
            [&["--vault=kv-prod", "--all"][..], &dotenv].concat(),
            &["vaults and variables"],
        ),
        // These can be judged all the same.
        ([&["kv-prod/db"][..], &dotenv].concat(), &["vaults"]),
    ] {
        let output = check(&azure, &words).status(3).stdout_any().run();
        let notes: Vec<_> = states(&output)
            .into_iter()
            .filter_map(|state| state.strip_prefix("note ").map(str::to_owned))
            .filter(|name| name != "selection")
            .collect();
        assert_eq!(notes, left, "{words:?}");
        for name in left {
            assert_eq!(step(&output, name)[0].1, "not tried: there is no token");
        }
        let judged = words.contains(&"kv-prod/db") && words.contains(&"--prefix=P_");
        assert_eq!(
            step(&output, "variables").len(),
            usize::from(judged),
            "{words:?}"
        );
    }
}

#[test]
fn nothing_selected() {
    let azure = azure();
    let akv = check(&azure, &[]);
    let output = tells(
        akv,
        0,
        "selection",
        "note",
        "nothing is selected: no vault is tried; what to do: name what you would fetch, as for `fetch`",
    );
    assert_eq!(
        &states(&output)[4..],
        [
            "ok network",
            "ok host login.microsoftonline.com",
            "ok clock",
            "ok token",
            "ok output"
        ]
    );
    azure.expect(&[OPENID, &azure.token_request()]);

    let akv = check_as(&azure, &[]).azure(&azure);
    tells(akv, 0, "clock", "note", "not tried: no host told its time");
    azure.expect(&["GET metadata/*"]);
}

#[test]
fn which_proxy_and_whom_it_trusts() {
    let azure = azure();
    let ca = azure.ca_file();
    let ca = ca.display();
    let port = azure.tls_port();
    let direct = format!("--connect-to=::127.0.0.1:{port}");
    let trust =
        format!("trust in the built-in roots and 1 certificate of `{ca}` by `SSL_CERT_FILE`");
    for (variables, words, network) in [
        (
            &[][..],
            &[][..],
            format!("no proxy; other addresses by `--connect-to`; {trust}"),
        ),
        (
            &[
                (
                    "HTTPS_PROXY",
                    format!("http://user:{}@{NOBODY}", "Canary%3APr0xy%40Passw0rd"),
                ),
                ("NO_PROXY", "a".into()),
            ],
            &[],
            format!(
                "the proxy `{NOBODY}` by `HTTPS_PROXY`, not for the hosts of `NO_PROXY`; other addresses by `--connect-to`; {trust}"
            ),
        ),
        (
            &[("HTTPS_PROXY", format!("http://{NOBODY}"))],
            &["--no-proxy"],
            format!(
                "no proxy, in spite of `HTTPS_PROXY`; other addresses by `--connect-to`; {trust}"
            ),
        ),
    ] {
        let mut akv = check_as(&azure, &[&["kv-prod/db", direct.as_str()], words].concat())
            .env("SSL_CERT_FILE", azure.ca_file())
            .env("AZURE_TENANT_ID", TENANT)
            .env("AZURE_CLIENT_ID", CLIENT_ID)
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .canary(PROXY_PASSWORD);
        for (name, value) in variables {
            akv = akv.env(name, value);
        }
        tells(akv, 0, "network", "ok", &network);
        azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
    }
    let akv = check(&azure, &["kv-prod/db", "--format=jsonl"]).env("HTTPS_PROXY", "socks5://p");
    let output = akv.status(2).stdout_any().run();
    assert!(output.stdout_text().contains(r#"{"step":"network","status":"FAILED","found":"`HTTPS_PROXY` is not the URL of an HTTP proxy","todo":"#));
    azure.expect(&[]);
}
