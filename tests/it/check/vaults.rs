//! Each vault: what is selected there can be read, and be made into what was asked for.

use super::{FIRST, OPENID, READ, THERE, azure, check, states, step, tells};
use crate::standin::{Fault, Permissions, Right, Secret, Standin};

const VAULT: &str = "vault kv-prod";
const API: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";

#[test]
fn a_vault_that_may_not_be_read() {
    let azure = azure();
    azure.deny("kv-prod", Right::Get, Permissions::Roles);
    let output = check(&azure, &["kv-prod/db", "kv-prod/api"])
        .status(4)
        .stdout_any()
        .run();
    let told = step(&output, VAULT);
    assert_eq!(told.len(), 2, "{told:?}");
    let cause = "cannot read `kv-prod/db`: the identity lacks a role: Caller is not authorized";
    assert!(
        told[0].0 == "FAILED" && told[0].1.starts_with(cause),
        "{told:?}"
    );
    assert!(
        told[0]
            .1
            .contains("; what to do: give it the role `Key Vault Secrets User`"),
        "{told:?}"
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, API]);

    // Whoever says it with a full stop.
    let body = serde_json::json!({"error": {"code": "Forbidden", "message": "Not for you."}});
    azure.fault(READ, Fault::json(403, &body).once());
    let output = check(&azure, &["kv-prod/db"]).status(4).stdout_any().run();
    let told = &step(&output, VAULT)[0].1;
    assert!(
        told.starts_with("cannot read `kv-prod/db`: access denied: Not for you; what to do: "),
        "{told}"
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ]);

    // What holds for the whole vault is told once.
    azure.fault(READ, Fault::firewall("kv-prod"));
    let output = check(&azure, &["kv-prod/db", "kv-prod/api"])
        .status(4)
        .stdout_any()
        .run();
    let told = step(&output, VAULT);
    assert!(
        told.len() == 1
            && told[0]
                .1
                .contains("the vault's firewall does not let this address in"),
        "{told:?}"
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ]);
}

/// Listing is needed only by what is selected by it.
#[test]
fn a_vault_that_may_not_be_listed() {
    let azure = azure();
    azure.deny("kv-prod", Right::List, Permissions::Policies);
    let output = check(&azure, &["kv-prod/db"]).stdout_any().run();
    let told = step(&output, VAULT);
    assert_eq!(told[0], ("ok".to_owned(), "1 secret read".to_owned()));
    let (state, found) = &told[1];
    assert_eq!(state, "note");
    assert!(
        found.starts_with(
            "cannot list the secrets of `kv-prod`: the vault's access policy does not allow it: "
        ),
        "{found}"
    );
    assert!(
        found.ends_with("; what is named does not need it"),
        "{found}"
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);

    for words in [
        &["--vault=kv-prod", "--all"][..],
        &["--vault=kv-prod", "--match=d*"],
    ] {
        let output = check(&azure, words).status(4).stdout_any().run();
        let told = step(&output, VAULT);
        assert!(told.len() == 1 && told[0].0 == "FAILED", "{told:?}");
        assert!(told[0].1.starts_with("cannot list the secrets of `kv-prod`: the vault's access policy does not allow it: "), "{told:?}");
        azure.expect(&[OPENID, THERE, &azure.token_request(), THERE]);
    }
}

#[test]
fn what_is_listed() {
    let azure = azure();
    azure.put("kv-prod", Secret::new("off", "value-of-off").disabled());
    azure.vault("kv-empty");
    let list = "GET kv-empty.vault.azure.net/secrets?api-version=7.4";
    let output = check(&azure, &["--vault", "kv-prod,kv-empty", "--all"])
        .stdout_any()
        .run();
    // Of what is listed one is read.
    let told = |name: &str| step(&output, name).remove(0);
    assert_eq!(
        told(VAULT),
        (
            "ok".to_owned(),
            "2 secrets listed, 1 secret read".to_owned()
        )
    );
    let empty = "it can be listed, and nothing in it is selected";
    assert_eq!(
        told("vault kv-empty"),
        ("note".to_owned(), empty.to_owned())
    );
    assert_eq!(told("selection").1, "all secrets of 2 vaults");
    azure.expect(&[
        OPENID,
        THERE,
        list,
        &azure.token_request(),
        THERE,
        list,
        API,
    ]);

    // What matches nothing in one of them is a note, and in none of them a failure.
    let output = check(&azure, &["--vault", "kv-prod,kv-empty", "--match", "d*"])
        .stdout_any()
        .run();
    let selection = step(&output, "selection");
    assert_eq!(selection[0].1, "the secrets that match of 2 vaults");
    assert_eq!(
        selection[1],
        (
            "note".to_owned(),
            "`--match d*` matches nothing in `kv-empty`".to_owned()
        )
    );
    azure.expect(&[
        OPENID,
        THERE,
        list,
        &azure.token_request(),
        THERE,
        list,
        READ,
    ]);
    let output = check(&azure, &["--vault", "kv-prod", "--match", "x*"])
        .status(5)
        .stdout_any()
        .run();
    let selection = step(&output, "selection");
    assert!(
        selection[1]
            .1
            .starts_with("nothing to read: `--match x*` matches nothing in `kv-prod`"),
        "{selection:?}"
    );
    assert_eq!(
        step(&output, VAULT),
        [("note".to_owned(), empty.to_owned())]
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), THERE]);

    // What is named beside it is read, too.
    let words = [
        "--vault=kv-prod",
        "--match=d*",
        "--format=dotenv",
        "--prefix=P_",
        "--env=X=kv-prod/api",
    ];
    let output = check(&azure, &words).stdout_any().run();
    assert_eq!(step(&output, VAULT)[0].1, "1 secret listed, 2 secrets read");
    assert_eq!(
        step(&output, "variables"),
        [("ok".to_owned(), "2 names, each of its own".to_owned())]
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), THERE, READ, API]);
}

/// One vault that cannot be listed keeps nothing from the others.
#[test]
fn one_vault_of_several_that_fails() {
    let azure = azure();
    azure.secret("kv-bad", "db", "value-of-bad");
    azure.deny("kv-bad", Right::List, Permissions::Roles);
    let output = check(&azure, &["--vault", "kv-bad,kv-prod", "--match", "x*"])
        .status(4)
        .stdout_any()
        .run();
    // Whether it matches nothing anywhere nobody knows.
    assert_eq!(
        &states(&output)[9..],
        [
            "ok token",
            "FAILED vault kv-bad",
            "note vault kv-prod",
            "ok output"
        ]
    );
    azure.ignore_log();
}

#[test]
fn secrets_that_do_not_exist() {
    let azure = azure();
    azure.vault("kv-dr");
    let dr = |line: &str| line.replace("kv-prod", "kv-dr");
    let requests = |azure: &Standin| {
        let token = azure.token_request();
        let all = [
            OPENID,
            THERE,
            &dr(THERE),
            &token,
            READ,
            FIRST,
            &dr(READ),
            &dr(FIRST),
        ];
        azure.expect(&all);
    };
    // It is in one of the vaults.
    let output = check(&azure, &["--vault=kv-prod,kv-dr", "--secret=db"])
        .stdout_any()
        .run();
    assert_eq!(step(&output, VAULT)[0].1, "1 secret read");
    assert_eq!(
        step(&output, "vault kv-dr")[0].1,
        "0 secrets read, 1 of the selected not there"
    );
    let gap = "`kv-dr/db` does not exist and is left out";
    assert_eq!(
        step(&output, "secrets"),
        [("note".to_owned(), gap.to_owned())]
    );
    requests(&azure);
    let output = check(
        &azure,
        &["--vault=kv-prod,kv-dr", "--secret=db", "--missing=skip"],
    )
    .stdout_any()
    .run();
    assert!(step(&output, "secrets").is_empty());
    requests(&azure);
    let output = check(
        &azure,
        &["--vault=kv-prod,kv-dr", "--secret=db", "--missing=error"],
    )
    .status(5)
    .stdout_any()
    .run();
    let told = &step(&output, "vault kv-dr")[0];
    assert!(
        told.0 == "FAILED" && told.1.starts_with("cannot read `kv-dr/db`: no such secret"),
        "{told:?}"
    );
    azure.ignore_log();

    // It is in none.
    let output = check(&azure, &["--vault=kv-prod,kv-dr", "--secret=gone"])
        .status(5)
        .stdout_any()
        .run();
    let told = step(&output, "secrets");
    assert!(
        told[0].0 == "FAILED"
            && told[0].1.starts_with(
                "cannot read `gone`: no such secret in any of the vaults `kv-prod`, `kv-dr`"
            ),
        "{told:?}"
    );

    // It is disabled.
    azure.put("kv-prod", Secret::new("off", "value-of-off").disabled());
    let output = check(&azure, &["kv-prod/off"]).status(5).stdout_any().run();
    let told = &step(&output, VAULT)[0].1;
    assert!(
        told.starts_with("cannot read `kv-prod/off`: the secret is disabled"),
        "{told}"
    );
}

/// What a fetch would stumble over once it has the values.
#[test]
fn values_that_are_not_what_was_asked_for() {
    let azure = azure();
    azure.secret(
        "kv-prod",
        "pair",
        r#"{"username": "u", "password": "value-of-pair"}"#,
    );
    azure.secret("kv-prod", "nul", "value\0with-nul");
    azure.secret("kv-prod", "base", "dmFsdWU=");
    azure.ignore_log();
    for (words, status, found) in [
        (&["kv-prod/pair", "--json-value"][..], 0, "1 secret read"),
        (
            &["kv-prod/pair", "kv-prod/db", "--json-value"],
            7,
            "cannot use the value of `kv-prod/db`: it is not a JSON object with the texts `username` (or `user`) and `password`; what to do: `--json-value` wants it of every secret: leave this one out, or fetch it without",
        ),
        (&["kv-prod/nul"], 0, "1 secret read"),
        (
            &["kv-prod/nul", "--format=shell"],
            9,
            "cannot put `kv-prod/nul` into a variable: its value has a NUL character in it; what to do: no variable can hold one: leave it out, or use another format (`xsoar`, `jsonl`, `files`)",
        ),
        (
            &[
                "kv-prod/base",
                "--format=files",
                "--output=x",
                "--decode=base64",
            ],
            0,
            "1 secret read",
        ),
        (
            &[
                "kv-prod/db",
                "--format=files",
                "--output=x",
                "--decode=base64",
            ],
            7,
            "cannot decode the value of `kv-prod/db`: it is not base64; what to do: fetch it without `--decode`, or correct its content type or tag",
        ),
    ] {
        let state = if status == 0 { "ok" } else { "FAILED" };
        tells(check(&azure, words), status, VAULT, state, found);
    }
    let output = check(&azure, &["kv-prod/db", "kv-prod/DB", "--format=dotenv"])
        .stdout_any()
        .run();
    let one = ("ok".to_owned(), "1 name, each of its own".to_owned());
    assert_eq!(step(&output, "variables"), [one]);
    azure.secret("kv-prod", "path", "value-of-path");
    let akv = check(&azure, &["kv-prod/path", "--format=dotenv"]);
    let output = akv.status(2).stdout_any().run();
    let told = &step(&output, "variables")[0];
    assert!(
        told.0 == "FAILED" && told.1.contains("`PATH` means something"),
        "{told:?}"
    );
}

#[test]
fn a_secret_that_is_past_its_time() {
    let azure = azure();
    azure.put(
        "kv-prod",
        Secret::new("old", "value-of-old").expires(1_000_000_000),
    );
    let output = check(&azure, &["kv-prod/old"]).stdout_any().run();
    let told = step(&output, VAULT);
    assert_eq!(told[0].1, "1 secret read");
    assert_eq!(
        told[1],
        (
            "note".to_owned(),
            "`kv-prod/old` expired on Sun, 09 Sep 2001 01:46:40 GMT and is used anyway".to_owned()
        )
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), "GET *old*", FIRST]);
}
