//! `--all`: every enabled secret that does not merely back a certificate.

use serde_json::Value;

use super::{add, array, expect, fetch, listing, read, refused, with};
use crate::command::Akv;
use crate::standin::{Fault, Secret, Standin};

/// Two plain secrets, and one of each kind that needs a word.
fn azure() -> Standin {
    let azure = with("kv-prod", &["zeta", "Alpha"]);
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    azure.put("kv-prod", Secret::new("tls", "value-of-tls").managed());
    let both = Secret::new("tls-off", "never read").managed().disabled();
    azure.put("kv-prod", both);
    azure
}

#[test]
fn what_it_means() {
    let azure = azure();
    fetch(&azure, &["--vault", "kv-prod", "--all"])
        .stdout(array(&[("kv-prod", "Alpha"), ("kv-prod", "zeta")]))
        .run();
    expect(
        &azure,
        &["kv-prod"],
        &[("kv-prod", "Alpha"), ("kv-prod", "zeta")],
    );
    let all = [
        ("kv-prod", "Alpha"),
        ("kv-prod", "tls"),
        ("kv-prod", "zeta"),
    ];
    fetch(
        &azure,
        &["--all", "--include-certificates", "--vault=kv-prod"],
    )
    .stdout(array(&all))
    .run();
    expect(&azure, &["kv-prod"], &all);
}

#[test]
fn what_is_left_out_is_counted_for_those_who_ask() {
    let azure = azure();
    for (args, words, reads) in [
        (
            &["--all"][..],
            "2 selected; left out: 2 disabled, 1 behind certificates, 0 not matching",
            &["Alpha", "zeta"][..],
        ),
        (
            &["--all", "--include-certificates"],
            "3 selected; left out: 2 disabled, 0 behind certificates, 0 not matching",
            &["Alpha", "tls", "zeta"],
        ),
        (
            &["--match", "*t*"],
            "1 selected; left out: 1 disabled, 1 behind certificates, 2 not matching",
            &["zeta"],
        ),
    ] {
        let reads: Vec<_> = reads.iter().map(|name| ("kv-prod", *name)).collect();
        fetch(&azure, &["--vault", "kv-prod", "--verbose"])
            .args(args)
            .stdout(array(&reads))
            .stderr_has(format!("akv-xsoar: info: vault `kv-prod`: {words}\n"))
            .run();
        expect(&azure, &["kv-prod"], &reads);
    }
}

/// So many secrets, by one listing, a page for each 25, and over one connection.
#[test]
fn as_many_as_there_are() {
    for (count, pages) in [(0, 1), (1, 1), (25, 1), (26, 2), (500, 20)] {
        let azure = Standin::start();
        azure.secrets("kv-prod", count);
        let names: Vec<_> = (1..=count).map(|n| format!("secret-{n:03}")).collect();
        let all: Vec<_> = names.iter().map(|name| ("kv-prod", &**name)).collect();
        fetch(&azure, &["--vault", "kv-prod", "--all"])
            .stdout(array(&all))
            .run();
        let mut expected = vec![azure.token_request(), listing("kv-prod")];
        expected.resize(pages + 1, format!("{}&$skiptoken=*", listing("kv-prod")));
        expected.extend(names.iter().map(|name| read("kv-prod", name)));
        azure.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>());
        azure.expect_hosts(&["login.microsoftonline.com", "kv-prod.vault.azure.net"]);
    }
}

#[test]
fn vaults_in_their_order_and_names_sorted_within_each() {
    let azure = with("kv-b", &["z", "a", "M"]);
    add(&azure, "kv-a", &["b", "C"]);
    let all = [
        ("KV-b", "a"),
        ("KV-b", "M"),
        ("KV-b", "z"),
        ("kv-a", "b"),
        ("kv-a", "C"),
    ];
    // A vault that is named again, in any case, is the same, and goes by its first spelling.
    fetch(&azure, &["--vault", "KV-b,kv-a", "--all", "--vault=kv-B"])
        .in_sequence()
        .stdout(array(&all))
        .run();
    let reads = all.map(|(vault, name)| {
        if vault == "KV-b" {
            ("kv-b", name)
        } else {
            (vault, name)
        }
    });
    expect(&azure, &["kv-b", "kv-a"], &reads);
    let url = "--vault=https://kv-b.vault.azure.net/";
    fetch(&azure, &["--vault", "KV-b,kv-a", url, "--all"])
        .in_sequence()
        .stdout(array(&all))
        .run();
    expect(&azure, &["kv-b", "kv-a"], &reads);
    assert_eq!(azure.hosts().len(), 6, "one connection each");
}

#[test]
fn a_name_that_is_listed_twice_is_read_once() {
    let azure = with("kv-prod", &["a", "b"]);
    azure.fault(
        &listing("kv-prod"),
        Fault::change_json(|_, body| {
            let all = body["value"].as_array_mut().unwrap();
            let mut again = all[0].clone();
            again["id"] = Value::from("https://kv-prod.vault.azure.net/secrets/A");
            all.push(again);
        }),
    );
    Akv::new()
        .args(["list", "--vault", "kv-prod"])
        .app(&azure)
        .stdout("kv-prod/a\nkv-prod/b\n")
        .run();
    expect(&azure, &["kv-prod"], &[]);
    let all = [("kv-prod", "a"), ("kv-prod", "b")];
    fetch(&azure, &["--vault", "kv-prod", "--all"])
        .stdout(array(&all))
        .run();
    expect(&azure, &["kv-prod"], &all);
}

#[test]
fn empty_vaults_are_an_empty_result() {
    let azure = Standin::start();
    azure.vault("kv-empty");
    azure.vault("kv-void");
    for (format, nothing) in [
        ("xsoar", "[]\n"),
        ("jsonl", ""),
        ("dotenv", ""),
        ("shell", ""),
    ] {
        let prefix = ["dotenv", "shell"]
            .contains(&format)
            .then_some("--prefix=P_");
        for missing in ["sparse", "error", "skip"] {
            fetch(&azure, &["--vault", "kv-empty,kv-void", "--all"])
                .args(["--format", format, "--missing", missing])
                .args(prefix)
                .stdout(nothing)
                .run();
            expect(&azure, &["kv-empty", "kv-void"], &[]);
        }
    }
    // What there is may all be left out, and one of several may have nothing.
    azure.put("kv-void", Secret::new("off", "never read").disabled());
    add(&azure, "kv-prod", &["a"]);
    fetch(&azure, &["--vault", "kv-void,kv-prod,kv-empty", "--all"])
        .stdout(array(&[("kv-prod", "a")]))
        .run();
    expect(
        &azure,
        &["kv-void", "kv-prod", "kv-empty"],
        &[("kv-prod", "a")],
    );
}

/// What is past its `exp` is given out, also by name; what is not yet meant to be used is not worth a word.
#[test]
fn what_has_expired_is_fetched_with_a_warning() {
    let azure = with("kv-prod", &["a"]);
    let value = |name: &str| Secret::new(name, format!("value-of-{name}"));
    azure.put("kv-prod", value("old").expires(1_700_000_000));
    azure.put(
        "kv-prod",
        value("young")
            .expires(4_000_000_000)
            .not_before(3_999_999_999),
    );
    let warning = "akv-xsoar: warning: `kv-prod/old` expired on Tue, 14 Nov 2023 22:13:20 GMT and is used anyway\n";
    let all = ["a", "old", "young"].map(|name| ("kv-prod", name));
    for (args, listed) in [
        (&["--vault", "kv-prod", "--all"][..], &["kv-prod"][..]),
        (&["--vault", "kv-prod", "--secret", "a,old,young"], &[]),
        (&["kv-prod/a", "kv-prod/old", "kv-prod/young"], &[]),
    ] {
        fetch(&azure, args)
            .stdout(array(&all))
            .stderr(warning)
            .run();
        expect(&azure, listed, &all);
        fetch(&azure, args).arg("--quiet").stdout(array(&all)).run();
        expect(&azure, listed, &all);
    }
}

#[test]
fn what_excludes_it() {
    let azure = with("kv-prod", &["a"]);
    let say = "akv-xsoar: hint: name the secrets, or say which of all are meant";
    let vault = "akv-xsoar: hint: name the vaults with `--vault NAME[,NAME…]`";
    let both = "akv-xsoar: hint: name each credential as VAULT/SECRET, or give vaults and secrets by options";
    for command in ["fetch", "list", "check"] {
        for option in ["--all", "--match=a", "--tag=a", "--include-certificates"] {
            let name = option.split('=').next().unwrap();
            if command != "check" {
                refused(
                    &azure,
                    &[command, "--vault", "kv-prod", "--secret", "a", option],
                    &format!("`--secret` and `{name}` exclude each other\n{say}"),
                );
                refused(
                    &azure,
                    &[command, "kv-prod/a", option],
                    &format!("arguments and `{name}` exclude each other\n{both}"),
                );
                refused(
                    &azure,
                    &[command, option],
                    &format!("nothing is selected: `{name}` needs a vault\n{vault}"),
                );
            }
            refused(
                &azure,
                &["get", "--vault", "kv-prod", option],
                &format!(
                    "`{name}` does not belong to `get`\nakv-xsoar: hint: `akv-xsoar help get` lists its options"
                ),
            );
        }
    }
    // By itself this selects nothing.
    refused(
        &azure,
        &["fetch", "--vault", "kv-prod", "--include-certificates"],
        "nothing is selected: vaults are given, but no secrets\nakv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`, or take all of them with `--all`",
    );
    for option in ["--all", "--include-certificates"] {
        refused(
            &azure,
            &["fetch", "--vault", "kv-prod", "--all", option, option],
            &format!("`{option}` was given twice"),
        );
    }
}

/// Where secrets are named, the vaults are not listed.
#[test]
fn listing_is_for_those_who_do_not_name() {
    let azure = azure();
    let named = [("kv-prod", "zeta"), ("kv-prod", "tls")];
    for args in [
        &["kv-prod/zeta", "kv-prod/tls"][..],
        &["--vault", "kv-prod", "--secret", "zeta,tls"],
    ] {
        fetch(&azure, args).stdout(array(&named)).run();
        expect(&azure, &[], &named);
    }
    Akv::new()
        .args(["list", "--vault", "kv-prod", "--include-certificates"])
        .app(&azure)
        .stdout("kv-prod/Alpha\nkv-prod/tls\nkv-prod/zeta\n")
        .run();
    expect(&azure, &["kv-prod"], &[]);
}
