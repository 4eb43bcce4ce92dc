//! A subscription: looked at where one is given, and needed only where vaults are looked for in it.

use super::{FIRST, OPENID, READ, THERE, azure, check, states, step, tells};
use crate::standin::{Fault, SUBSCRIPTION, Standin, TlsFault};

const LIST: &str = "GET management.azure.com/subscriptions/00000000-1111-2222-3333-444444444444/providers/Microsoft.KeyVault/vaults?api-version=2022-07-01";
const HOST: &str = "host management.azure.com";
const NOT_NEEDED: &str = "; to read secrets of vaults that are named it is not needed";

fn of_subscription<'a>(azure: &'a Standin, words: &[&str]) -> crate::command::Akv<'a> {
    check(azure, words).args(["--subscription-id", SUBSCRIPTION])
}

#[test]
fn where_one_is_given() {
    let azure = azure();
    for number in 1..=12 {
        azure.list_vault(&format!("kv-{number:02}"));
    }
    let words = format!(
        "the subscription `{SUBSCRIPTION}` has 12 vaults: kv-01, kv-02, kv-03, kv-04, kv-05, kv-06, kv-07, kv-08, kv-09, kv-10, …"
    );
    let output = tells(
        of_subscription(&azure, &["kv-prod/db"]),
        0,
        "subscription",
        "ok",
        &words,
    );
    assert_eq!(step(&output, HOST)[0].0, "ok");
    let token = azure.token_request();
    azure.expect(&[OPENID, LIST, THERE, &token, &token, LIST, READ, FIRST]);

    // Alone it is what is looked at.
    let output = of_subscription(&azure, &[]).stdout_any().run();
    assert_eq!(
        &states(&output)[8..],
        ["ok token", "ok subscription", "ok output"]
    );
    azure.expect(&[OPENID, LIST, &token, &token, LIST]);
}

#[test]
fn every_vault_of_it() {
    let azure = azure();
    azure.list_vault("kv-prod");
    azure.list_vault("kv-test");
    azure.secret("kv-test", "db", "value-of-test");
    let test = |line: &str| line.replace("kv-prod", "kv-test");
    let token = azure.token_request();
    let output = of_subscription(&azure, &["--vault=*", "--secret=db"])
        .stdout_any()
        .run();
    assert_eq!(
        &states(&output)[5..],
        [
            "ok host login.microsoftonline.com",
            "ok host management.azure.com",
            "ok clock",
            "ok token",
            "ok subscription",
            "ok host kv-prod.vault.azure.net",
            "ok host kv-test.vault.azure.net",
            "ok vault kv-prod",
            "ok vault kv-test",
            "ok output",
        ]
    );
    let selection = format!("1 secret of every vault of the subscription `{SUBSCRIPTION}`");
    assert_eq!(step(&output, "selection")[0].1, selection);
    azure.expect(&[
        OPENID,
        LIST,
        &token,
        &token,
        LIST,
        THERE,
        &test(THERE),
        READ,
        FIRST,
        &test(READ),
        &test(FIRST),
    ]);

    // There is none.
    let azure = super::azure();
    let words = format!("the subscription `{SUBSCRIPTION}` has no vault");
    let akv = of_subscription(&azure, &["--vault=*", "--all"]);
    tells(akv, 0, "subscription", "ok", &words);
    azure.expect(&[OPENID, LIST, &token, &token, LIST]);
}

/// What the selection does not need is a note: access is denied, or Resource Manager is closed off.
#[test]
fn one_that_is_not_needed() {
    let azure = azure();
    azure.list_vault("kv-prod");
    azure.deny_subscription(SUBSCRIPTION);
    let output = of_subscription(&azure, &["kv-prod/db"]).stdout_any().run();
    let told = &step(&output, "subscription")[0];
    assert_eq!(told.0, "note");
    assert!(
        told.1.contains(": the identity lacks a role there: "),
        "{told:?}"
    );
    assert!(told.1.ends_with(NOT_NEEDED), "{told:?}");
    let token = azure.token_request();
    azure.expect(&[OPENID, LIST, THERE, &token, &token, LIST, READ, FIRST]);

    // It is needed by these.
    for words in [&[][..], &["--vault=*", "--all"]] {
        let output = of_subscription(&azure, words).status(4).stdout_any().run();
        assert_eq!(step(&output, "subscription")[0].0, "FAILED");
        azure.expect(&[OPENID, LIST, &token, &token, LIST]);
    }
    let akv = of_subscription(&azure, &["--vault=*", "--all"]).status(4);
    let output = tells(
        akv,
        4,
        "vaults",
        "note",
        "not tried: the vaults' names are not known",
    );
    assert_eq!(states(&output).last().unwrap(), "ok output");
    azure.expect(&[OPENID, LIST, &token, &token, LIST]);

    azure.tls_fault("management.azure.com", TlsFault::Cut);
    let output = of_subscription(&azure, &["kv-prod/db"]).stdout_any().run();
    let told = &step(&output, HOST)[0];
    assert!(told.0 == "note" && told.1.ends_with(NOT_NEEDED), "{told:?}");
    let untried = &step(&output, "subscription")[0];
    assert_eq!(
        *untried,
        (
            "note".to_owned(),
            "not tried: `management.azure.com` did not answer".to_owned()
        )
    );
    azure.expect(&[OPENID, THERE, &token, READ, FIRST]);
    let output = of_subscription(&azure, &["--vault=*", "--all"])
        .status(6)
        .stdout_any()
        .run();
    assert_eq!(step(&output, HOST)[0].0, "FAILED");
    azure.expect(&[OPENID, &token]);
}

/// What is wrong with it is told, whoever needs it.
#[test]
fn one_that_is_wrong() {
    let azure = azure();
    azure.list_vault("kv-prod");
    let token = azure.token_request();
    for words in [&["kv-prod/db"][..], &["--vault=*", "--all"]] {
        azure.arm_vault_uri("kv-prod", "https://kv-prod.vault.azure.cn/");
        let output = of_subscription(&azure, words).status(7).stdout_any().run();
        let told = &step(&output, "subscription")[0];
        let cause = format!(
            "cannot list the vaults of the subscription `{SUBSCRIPTION}`: the vault `https://kv-prod.vault.azure.cn/` is not a host of this cloud"
        );
        assert!(told.0 == "FAILED" && told.1.starts_with(&cause), "{told:?}");

        let akv = check(&azure, words)
            .args(["--subscription-id", "11111111-0000-0000-0000-000000000000"]);
        let output = akv.status(5).stdout_any().run();
        assert_eq!(step(&output, "subscription")[0].0, "FAILED");
    }
    // Two tokens each, and one request of Resource Manager besides that to see whether it is there.
    assert_eq!(
        (
            azure.count(&token),
            azure.count("GET management.azure.com/*")
        ),
        (8, 8)
    );
    azure.ignore_log();
}

#[test]
fn a_cloud_without_a_resource_manager() {
    let azure = Standin::builder()
        .cloud("login.moon.example", "vault.moon.example")
        .start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure.ignore_log();
    let words = [
        "kv-prod/db",
        "--authority-host=login.moon.example",
        "--vault-suffix=vault.moon.example",
    ];
    let output = check(&azure, &words).stdout_any().run();
    let cloud = &step(&output, "cloud")[0].1;
    assert!(
        cloud.ends_with("Resource Manager at an unknown host"),
        "{cloud}"
    );
    let output = of_subscription(&azure, &words).status(2).stdout_any().run();
    let told = &step(&output, "subscription");
    assert!(
        told[0]
            .1
            .starts_with("the host of this cloud's Resource Manager is not known"),
        "{told:?}"
    );
    assert_eq!(step(&output, "vault kv-prod")[0].0, "ok");
}

/// No token for Resource Manager, where there is one for the vaults.
#[test]
fn a_token_that_is_refused_for_it_alone() {
    let azure = azure();
    let token = azure.token_request();
    // The second one.
    azure.fault(&token, Fault::change(|_, _| ()).once());
    azure.fault(&token, Fault::aadsts(500_011));
    let output = of_subscription(&azure, &["kv-prod/db"])
        .status(3)
        .stdout_any()
        .run();
    assert_eq!(step(&output, "token")[0].0, "ok");
    assert_eq!(step(&output, "subscription")[0].0, "FAILED");
    assert_eq!(step(&output, "vault kv-prod")[0].0, "ok");
    azure.expect(&[OPENID, LIST, THERE, &token, &token, READ, FIRST]);
}
