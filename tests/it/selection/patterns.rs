//! `--match`: of a vault's secrets, the ones whose name is like that.

use super::{add, array, expect, fetch, refused, with};
use crate::command::Akv;
use crate::standin::{Fault, Secret, Standin};

const NAMES: [&str; 6] = ["api", "api-key", "Db-1", "db-12", "db-x", "key"];
const SKIP: &str = "akv-xsoar: hint: `akv-xsoar list --vault NAME` shows what there is; with `--missing skip` it is no error to find nothing\n";

fn azure() -> Standin {
    with("kv-prod", &NAMES)
}

#[test]
fn names_like_a_pattern() {
    let azure = azure();
    for (patterns, names) in [
        (&["*"][..], &NAMES[..]),
        (&["api"], &["api"]),
        (&["API*"], &["api", "api-key"]),
        (&["*key"], &["api-key", "key"]),
        (&["db-?"], &["Db-1", "db-x"]),
        (&["dB-*"], &["Db-1", "db-12", "db-x"]),
        (&["*-*2"], &["db-12"]),
        (&["???"], &["api", "key"]),
        (&["api", "key"], &["api", "key"]),
        (&["key,API"], &["api", "key"]),
        (&[" key , ,key,", "KEY", ""], &["key"]),
        (&["api*", "*key"], &["api", "api-key", "key"]),
    ] {
        let reads: Vec<_> = names.iter().map(|name| ("kv-prod", *name)).collect();
        let words = patterns.iter().flat_map(|pattern| ["--match", *pattern]);
        let words: Vec<_> = ["--vault", "kv-prod"].into_iter().chain(words).collect();
        fetch(&azure, &words).stdout(array(&reads)).run();
        expect(&azure, &["kv-prod"], &reads);

        // What is listed is what is fetched.
        let listed = names.iter().map(|name| format!("kv-prod/{name}\n"));
        Akv::new()
            .arg("list")
            .args(&words)
            .app(&azure)
            .stdout(listed.collect::<String>())
            .run();
        expect(&azure, &["kv-prod"], &[]);
    }
}

#[test]
fn of_all_that_is_meant_and_no_more() {
    let azure = azure();
    azure.put("kv-prod", Secret::new("db-off", "never read").disabled());
    azure.put(
        "kv-prod",
        Secret::new("db-tls", "value-of-db-tls").managed(),
    );
    let all = ["Db-1", "db-12", "db-x"].map(|name| ("kv-prod", name));
    // It narrows `--all`.
    fetch(&azure, &["--vault", "kv-prod", "--all", "--match", "db-*"])
        .stdout(array(&all))
        .run();
    expect(&azure, &["kv-prod"], &all);
    let all = ["Db-1", "db-12", "db-tls", "db-x"].map(|name| ("kv-prod", name));
    fetch(&azure, &["--vault", "kv-prod", "--match", "db-*"])
        .arg("--include-certificates")
        .stdout(array(&all))
        .run();
    expect(&azure, &["kv-prod"], &all);
}

#[test]
fn patterns_that_no_name_is_like() {
    let azure = azure();
    for pattern in ["[ab]", "a_b", "a b", "a/*", "\u{e4}*", "kv-prod/*", "{a}"] {
        for option in [
            format!("--match={pattern}"),
            format!("--match=api,{pattern}"),
        ] {
            refused(
                &azure,
                &["fetch", "--vault", "kv-prod", &option],
                &format!(
                    "`--match` has a pattern that cannot match any name: `{pattern}`\n\
                     akv-xsoar: hint: a pattern has letters, digits, hyphens, `*` and `?`"
                ),
            );
        }
    }
    // No pattern at all is not every secret.
    for nothing in ["", ",", " , "] {
        refused(
            &azure,
            &["fetch", "--vault", "kv-prod", "--match", nothing],
            "nothing is selected: vaults are given, but no secrets\n\
             akv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`, or take all of them with `--all`",
        );
    }
}

#[test]
fn nothing_is_like_it_in_any_vault() {
    let azure = azure();
    add(&azure, "kv-test", &["a", "b"]);
    let vaults = ["kv-prod", "kv-test"];
    for missing in ["--missing=", "--missing=sparse", "--missing=error"] {
        fetch(&azure, &["--vault", "kv-prod,kv-test", "--match=x*", missing])
            .status(5)
            .stderr(format!("akv-xsoar: error: nothing to read: `--match x*` matches nothing in `kv-prod`, `kv-test`\n{SKIP}"))
            .run();
        expect(&azure, &vaults, &[]);
    }
    for (format, nothing) in [("xsoar", "[]\n"), ("jsonl", "")] {
        fetch(&azure, &["--vault", "kv-prod,kv-test", "--match=x*"])
            .args(["--missing", "skip", "--format", format])
            .stdout(nothing)
            .run();
        expect(&azure, &vaults, &[]);
    }
    // It is no excuse that another pattern has something: that is fetched, and not written.
    fetch(
        &azure,
        &["--vault", "kv-prod", "--match", "y,api", "--match=x?"],
    )
    .status(5)
    .stderr(format!(
        "akv-xsoar: error: nothing to read: `--match y` matches nothing in `kv-prod`\n{SKIP}\
             akv-xsoar: error: nothing to read: `--match x?` matches nothing in `kv-prod`\n{SKIP}"
    ))
    .run();
    expect(&azure, &["kv-prod"], &[("kv-prod", "api")]);
    fetch(
        &azure,
        &["--vault", "kv-prod", "--match", "y,api", "--match=x?"],
    )
    .arg("--missing=skip")
    .stdout(array(&[("kv-prod", "api")]))
    .run();
    expect(&azure, &["kv-prod"], &[("kv-prod", "api")]);
    // `list` judges as `fetch` does.
    Akv::new()
        .args(["list", "--vault", "kv-prod", "--match", "x*"])
        .app(&azure)
        .status(5)
        .stderr(format!(
            "akv-xsoar: error: nothing to read: `--match x*` matches nothing in `kv-prod`\n{SKIP}"
        ))
        .run();
    expect(&azure, &["kv-prod"], &[]);
}

#[test]
fn something_is_like_it_and_left_out() {
    let azure = azure();
    azure.put("kv-prod", Secret::new("off-1", "never read").disabled());
    azure.put("kv-prod", Secret::new("tls-1", "never read").managed());
    azure.put("kv-prod", Secret::new("tls-2", "never read").managed());
    let reason = "left out, being disabled, behind a certificate, or not as other options say";
    for (pattern, out) in [
        ("off-*", "one that it matches is"),
        ("tls-*", "some that it matches are"),
    ] {
        fetch(&azure, &["--vault", "kv-prod", "--match", pattern])
            .status(5)
            .stderr(format!("akv-xsoar: error: nothing to read: `--match {pattern}` matches nothing in `kv-prod`: {out} {reason}\n{SKIP}"))
            .run();
        expect(&azure, &["kv-prod"], &[]);
    }
}

#[test]
fn nothing_is_like_it_in_one_of_several_vaults() {
    let azure = azure();
    add(&azure, "kv-test", &["db-9", "other"]);
    azure.vault("kv-void");
    let args = ["--vault", "kv-void,kv-test,kv-prod", "--match", "api,db-?"];
    let vaults = ["kv-void", "kv-test", "kv-prod"];
    let all = [
        ("kv-test", "db-9"),
        ("kv-prod", "api"),
        ("kv-prod", "Db-1"),
        ("kv-prod", "db-x"),
    ];
    for missing in ["sparse", "error"] {
        fetch(&azure, &args)
            .args(["--missing", missing])
            .stdout(array(&all))
            .stderr(
                "akv-xsoar: warning: `--match api` matches nothing in `kv-void`, `kv-test`\n\
                 akv-xsoar: warning: `--match db-?` matches nothing in `kv-void`\n",
            )
            .run();
        expect(&azure, &vaults, &all);
    }
    fetch(&azure, &args)
        .arg("--missing=skip")
        .stdout(array(&all))
        .run();
    expect(&azure, &vaults, &all);
}

/// Whether the pattern has something in a vault that was not listed, nobody knows.
#[test]
fn a_vault_that_is_not_listed_may_have_it() {
    let azure = azure();
    azure.vault("kv-test");
    azure.fault("GET kv-test.vault.azure.net/", Fault::firewall("kv-test"));
    let output = fetch(&azure, &["--vault", "kv-test,kv-prod", "--match", "x*,api"])
        .status(4)
        .stderr_has("akv-xsoar: error: cannot list the secrets of `kv-test`: the vault's firewall does not let this address in: ")
        .stderr_lacks("matches nothing")
        .run();
    assert_eq!(output.stderr_text().matches("error:").count(), 1);
    expect(&azure, &["kv-test", "kv-prod"], &[("kv-prod", "api")]);
}
