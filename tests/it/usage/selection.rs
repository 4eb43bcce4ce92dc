//! What is selected: names, lists, versions, and how much of it.

use super::{CREDENTIAL, DOCUMENT, READ, SECRET_NAME, VAULT_NAME, azure, refused};
use crate::command::Akv;

#[test]
fn lists_by_commas_and_by_giving_them_again() {
    let azure = azure();
    azure.secret("kv-test", "api", "value-of-api");
    for args in [
        &["--vault", "kv-prod,kv-test", "--secret", "api"][..],
        &["--vault", "kv-prod", "--secret=api", "--vault=kv-test"],
        &["--vault", " kv-prod , ,kv-test,KV-prod", "--secret=api,API"],
        &[
            "--vault",
            "kv-prod",
            "--vault",
            "kv-prod,kv-test",
            "--secret",
            "api",
            "--secret",
            "",
        ],
    ] {
        Akv::new()
            .arg("fetch")
            .args(args)
            .app(&azure)
            .stdout_has("kv-test/api")
            .run();
        let other = READ.replace("kv-prod", "kv-test");
        azure.expect(&[&azure.token_request(), READ, &other]);
    }
}

#[test]
fn names_are_checked_before_anything_is_sent() {
    let azure = azure();
    let long_vault = format!("kv{}", "x".repeat(23));
    let long_secret = "x".repeat(128);
    for vault in [
        "kv",
        &long_vault,
        "1kv-prod",
        "-kv-prod",
        "kv-prod-",
        "kv--prod",
        "kv_prod",
        "kv.prod",
    ] {
        let shown = format!("an invalid vault name: `{vault}`\n{VAULT_NAME}");
        refused(
            &azure,
            &["get", "--", &format!("{vault}/api")],
            &format!("a CREDENTIAL has {shown}"),
        );
        refused(
            &azure,
            &[
                "fetch",
                &format!("--vault=kv-prod,{vault}"),
                "--secret",
                "api",
            ],
            &format!("`--vault` has {shown}"),
        );
    }
    for secret in [&long_secret, "a_b", "a.b", "a b"] {
        let shown = format!("an invalid secret name: `{secret}`\n{SECRET_NAME}");
        refused(
            &azure,
            &["get", &format!("kv-prod/{secret}")],
            &format!("a CREDENTIAL has {shown}"),
        );
        refused(
            &azure,
            &[
                "fetch",
                "--vault",
                "kv-prod",
                "--secret",
                &format!("api,{secret}"),
            ],
            &format!("`--secret` has {shown}"),
        );
    }
    for (word, words) in [
        (
            "/api",
            format!("a CREDENTIAL has an invalid vault name: ``\n{VAULT_NAME}"),
        ),
        (
            "kv-prod/",
            format!("a CREDENTIAL has an invalid secret name: ``\n{SECRET_NAME}"),
        ),
        (
            "*/api",
            format!("a CREDENTIAL has an invalid vault name: `*`\n{VAULT_NAME}"),
        ),
        (
            "kv-prod",
            format!("an argument is not a CREDENTIAL\n{CREDENTIAL}"),
        ),
        ("", format!("an argument is not a CREDENTIAL\n{CREDENTIAL}")),
        (
            "kv-prod/api/x/y",
            format!("`kv-prod/api/x/y` is not a CREDENTIAL\n{CREDENTIAL}"),
        ),
        (
            "kv-prod/\u{fc}",
            format!("an argument is not a CREDENTIAL\n{CREDENTIAL}"),
        ),
    ] {
        refused(&azure, &["fetch", "kv-prod/api", word], &words);
    }
    for version in [
        "short",
        "",
        &"x".repeat(31),
        &"x".repeat(33),
        &"-".repeat(32),
    ] {
        let word = format!("kv-prod/api/{version}");
        refused(
            &azure,
            &["fetch", &word],
            &format!(
                "a CREDENTIAL has an invalid version: `{word}`\nakv-xsoar: hint: a version has 32 letters and digits\n"
            ),
        );
    }
}

#[test]
fn the_shortest_and_the_longest_names() {
    let azure = azure();
    let long_vault = format!("kv{}", "x".repeat(22));
    let long_secret = "x".repeat(127);
    let (vault, secret) = (&*long_vault, &*long_secret);
    azure.secret(vault, secret, "value-of-the-longest");
    azure.secret("kv1", "x", "value-of-the-shortest");
    for (vault, secret) in [(vault, secret), ("kv1", "x")] {
        Akv::new()
            .args(["get", &format!("{vault}/{secret}")])
            .app(&azure)
            .stdout_has("value-of-the-")
            .run();
        let read = format!("GET {vault}.vault.azure.net/secrets/{secret}?api-version=7.4");
        azure.expect(&[&azure.token_request(), &read]);
    }
}

#[test]
fn the_same_credential_twice() {
    let azure = azure();
    let version = azure.secret("kv-prod", "api", "value-of-api");
    Akv::new()
        .args(["fetch", "kv-prod/api", "KV-PROD/API", "kv-prod/api"])
        .arg("https://Kv-Prod.vault.azure.net/secrets/Api")
        .app(&azure)
        .stdout(DOCUMENT)
        .run();
    azure.expect(&[&azure.token_request(), READ]);

    // Written as first spelled.
    Akv::new()
        .args(["fetch", "KV-Prod/Api", "kv-prod/api"])
        .app(&azure)
        .stdout(
            DOCUMENT
                .replace("\"api\"", "\"Api\"")
                .replace("kv-prod/api", "KV-Prod/Api"),
        )
        .run();
    assert_eq!(azure.count("GET *"), 1);
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/*",
    ]);

    // Of one version, too; the version is no part of the name.
    let upper = format!("KV-PROD/API/{}", version.to_uppercase());
    Akv::new()
        .args(["fetch", &format!("kv-prod/api/{version}"), &upper])
        .app(&azure)
        .stdout(DOCUMENT)
        .run();
    let read = READ.replace('?', &format!("/{version}?"));
    azure.expect(&[&azure.token_request(), &read]);
}

#[test]
fn two_versions_of_one_secret() {
    let azure = azure();
    let old = azure.secret("kv-prod", "api", "an older value");
    let new = azure.secret("kv-prod", "api", "value-of-api");
    let (old, new) = (format!("kv-prod/api/{old}"), format!("KV-prod/API/{new}"));
    for (first, second, name) in [
        (&*old, &*new, "KV-prod/API"),
        (&*new, &*old, "kv-prod/api"),
        (&*old, "kv-prod/api", "kv-prod/api"),
        ("kv-prod/api", &*new, "KV-prod/API"),
    ] {
        for command in ["fetch", "list", "get"] {
            refused(
                &azure,
                &[command, first, "kv-prod/other", second],
                &format!(
                    "two versions of `{name}` are asked for, and a credential has one password\n"
                ),
            );
        }
    }
}

#[test]
fn what_is_selected() {
    let azure = azure();
    let both = "\nakv-xsoar: hint: name each credential as VAULT/SECRET, or give vaults and secrets by options\n";
    let no_vault = "nothing is selected: secrets are given, but no vault\nakv-xsoar: hint: name the vaults with `--vault NAME[,NAME…]`\n";
    for command in ["fetch", "get", "list"] {
        let nothing = format!(
            "nothing is selected\nakv-xsoar: hint: name what you want: `akv-xsoar {command} VAULT/SECRET`\n"
        );
        for option in ["--vault", "--secret"] {
            refused(
                &azure,
                &[command, "kv-prod/api", option, "kv-prod"],
                &format!("arguments and `{option}` exclude each other{both}"),
            );
        }
        refused(&azure, &[command], &nothing);
        refused(
            &azure,
            &[command, "--vault", ",", "--secret", " , "],
            &nothing,
        );
        refused(&azure, &[command, "--secret", "api"], no_vault);
        // `list` needs none, and `get` has no use for all.
        let or_all = match command {
            "fetch" => ", or take all of them with `--all`",
            "get" => "",
            _ => continue,
        };
        let no_secret = format!(
            "nothing is selected: vaults are given, but no secrets\nakv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`{or_all}\n"
        );
        refused(&azure, &[command, "--vault", "kv-prod"], &no_secret);
    }
}

#[test]
fn get_prints_one() {
    let azure = azure();
    let hint = "\nakv-xsoar: hint: `fetch` writes several\n";
    for (args, count) in [
        (&["kv-prod/api", "kv-prod/db"][..], 2),
        (&["kv-prod/a", "kv-prod/b", "kv-test/a", "KV-PROD/A"], 3),
        (&["--vault", "kv-prod,kv-test", "--secret", "api"], 2),
        (&["--vault", "kv-prod,kv-test", "--secret", "api,db"], 4),
    ] {
        refused(
            &azure,
            &[&["get"], args].concat(),
            &format!("`get` prints one secret's value, and {count} are selected{hint}"),
        );
    }
    for args in [
        &["kv-prod/api", "KV-PROD/api"][..],
        &["--vault", "kv-prod", "--secret", "api"],
    ] {
        Akv::new()
            .arg("get")
            .args(args)
            .app(&azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}
