//! `list`: every page, every name, and never a value.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::standin::{Fault, Paging, Secret, Standin};

const LIST: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
const NEXT: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4&$skiptoken=*";
const ERROR: &str = "akv-xsoar: error: cannot list the secrets of `kv-prod`: ";
const PORTAL: &str = "akv-xsoar: hint: something that is not Key Vault answers there: a captive portal, an inspecting proxy, a wrong address?\n";

fn list(azure: &Standin) -> Akv<'_> {
    Akv::new().arg("list").app(azure)
}

#[test]
fn pages_of_every_kind() {
    for (count, size, empty, last, pages) in [
        (0, 25, 0, None, 1),
        (0, 25, 3, Some(Value::Null), 3),
        (1, 25, 0, Some(json!("")), 1),
        (25, 25, 0, None, 1),
        (26, 25, 0, Some(Value::Null), 2),
        (7, 2, 0, None, 4),
        (7, 2, 2, Some(json!("")), 14),
    ] {
        let azure = Standin::start();
        azure.secrets("kv-prod", count);
        azure.paging("kv-prod", Paging { size, empty, last });
        let mut names = String::new();
        for number in 1..=count {
            let _ = writeln!(names, "kv-prod/secret-{number:03}");
        }

        list(&azure)
            .args(["--vault", "kv-prod"])
            .stdout(names)
            .run();

        let token = azure.token_request();
        let mut expected = vec![token.as_str(), LIST];
        expected.resize(pages + 1, NEXT);
        azure.expect(&expected);
        assert_eq!(azure.hosts().len(), 2, "one connection each");
    }
}

#[test]
fn names_are_sorted_whatever_the_vault_s_order() {
    let azure = Standin::start();
    for name in ["Zeta", "alpha", "Beta", "beta-2"] {
        azure.secret("kv-prod", name, "never-read");
    }
    azure.fault(
        LIST,
        Fault::change_json(|_, body| {
            if let Some(listed) = body["value"].as_array_mut() {
                listed.reverse();
            }
        }),
    );

    list(&azure)
        .args(["--vault", "kv-prod"])
        .stdout("kv-prod/alpha\nkv-prod/Beta\nkv-prod/beta-2\nkv-prod/Zeta\n")
        .run();

    azure.expect(&[&azure.token_request(), LIST]);
}

#[test]
fn a_link_is_followed_as_it_is() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    for link in [
        "https://kv-prod.vault.azure.net:443/secrets?api-version=7.4&$skiptoken=W10",
        "https://kv-prod.vault.azure.net/secrets?api-version=7.4&$skiptoken=W10",
        "https://KV-PROD.Vault.Azure.Net:443/secrets?api-version=7.4&$skiptoken=W10",
        "https://kv-prod.vault.azure.net/secrets?api-version=7.4&%24skiptoken=W10&maxresults=3",
    ] {
        azure.mend();
        azure.fault(LIST, Fault::next_link(link).once());
        let target = &link[link.find("/secrets").unwrap()..];
        let second = format!("GET kv-prod.vault.azure.net{target}");
        azure.fault(&second, Fault::json(200, &json!({"value": []})));

        list(&azure)
            .args(["--vault", "kv-prod"])
            .stdout("kv-prod/secret-001\n")
            .run();

        azure.expect(&[&azure.token_request(), LIST, &second]);
    }
}

#[test]
fn a_link_leads_nowhere_else() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    azure.secrets("kv-test", 1);
    for (link, words) in [
        (
            "https://kv-test.vault.azure.net:443/secrets?api-version=7.4&$skiptoken=a",
            "leads to another host or port",
        ),
        (
            "https://kv-prod.vault.azure.net:8443/secrets?api-version=7.4&$skiptoken=a",
            "leads to another host or port",
        ),
        (
            "https://kv-prod.vault.azure.net:80/secrets?api-version=7.4&$skiptoken=a",
            "leads to another host or port",
        ),
        (
            "https://kv-prod.vault.azure.net.evil.example/secrets",
            "leads to another host or port",
        ),
        (
            "https://evil.example/kv-prod.vault.azure.net/secrets",
            "leads to another host or port",
        ),
        ("https://127.0.0.1/secrets", "leads to another host or port"),
        (
            "http://kv-prod.vault.azure.net/secrets?$skiptoken=a",
            "is not https",
        ),
        (
            "http://kv-prod.vault.azure.net:443/secrets?$skiptoken=a",
            "is not https",
        ),
        (
            "https://kv-prod.vault.azure.net:99999/secrets?$skiptoken=a",
            "is no URL",
        ),
        (
            "https://kv-prod.vault.azure.net:/secrets?$skiptoken=a",
            "is no URL",
        ),
        (
            "https://kv-prod.vault.azure.net:4x3/secrets?$skiptoken=a",
            "is no URL",
        ),
        (
            "https://kv-prod.vault.azure.net@evil.example/secrets",
            "is no URL",
        ),
        (
            "https://user:word@kv-prod.vault.azure.net/secrets",
            "is no URL",
        ),
        ("//kv-prod.vault.azure.net/secrets", "is no URL"),
        ("/secrets?api-version=7.4&$skiptoken=a", "is no URL"),
        ("ftp://kv-prod.vault.azure.net/secrets", "is no URL"),
        ("https://", "is no URL"),
        (
            "https://kv-prod.vault.azure.net/sec rets\u{1b}[31m",
            "is no URL",
        ),
        (
            "https://kv-prod.vault.azure.net/\r\nX-Injected: yes",
            "is no URL",
        ),
    ] {
        azure.mend();
        azure.fault(LIST, Fault::next_link(link));

        list(&azure)
            .args(["--vault", "kv-prod"])
            .status(7)
            .stderr(format!(
                "{ERROR}the link to the next page {words}\n{PORTAL}"
            ))
            .run();

        azure.expect(&[&azure.token_request(), LIST]);
    }
    let hosts = azure.hosts();
    assert!(
        hosts.iter().all(|host| !host.starts_with("kv-test")),
        "{hosts:?}"
    );
}

#[test]
fn a_link_that_repeats() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    azure.fault(LIST, Fault::next_link_repeats());

    list(&azure)
        .args(["--vault", "kv-prod"])
        .status(7)
        .stderr(format!(
            "{ERROR}the link to the next page repeats\n{PORTAL}"
        ))
        .run();

    azure.expect(&[&azure.token_request(), LIST]);
}

#[test]
fn two_links_that_lead_in_a_circle() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    let page = |name: &str| {
        format!("https://kv-prod.vault.azure.net:443/secrets?api-version=7.4&$skiptoken={name}")
    };
    let route = |name: &str| {
        format!("GET kv-prod.vault.azure.net/secrets?api-version=7.4&$skiptoken={name}")
    };
    let leads_to = |name: &str| Fault::json(200, &json!({"value": [], "nextLink": page(name)}));
    azure.fault(&route("a"), leads_to("b"));
    azure.fault(&route("b"), leads_to("a"));
    azure.fault(LIST, leads_to("a"));

    list(&azure)
        .args(["--vault", "kv-prod"])
        .status(7)
        .stderr(format!(
            "{ERROR}the link to the next page repeats\n{PORTAL}"
        ))
        .run();

    azure.expect(&[&azure.token_request(), LIST, &route("a"), &route("b")]);
}

#[test]
fn links_without_end_are_bounded_by_the_deadline() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets",
        Fault::next_link_endless(),
    );

    // Sooner than the 10 000 pages that are the most, also on a fast machine with a release build.
    let output = list(&azure)
        .args(["--vault", "kv-prod", "--timeout", "0.5"])
        .status(8)
        .stderr_has(ERROR)
        .stderr_has("the deadline of 0.5 s (`--timeout`) passed")
        .run();

    assert!(output.elapsed.as_secs() < 2, "{:?}", output.elapsed);
    assert!(azure.count(NEXT) > 10);
    azure.ignore_log();
}

#[test]
fn what_can_be_read_and_does_not_merely_back_a_certificate() {
    let azure = Standin::start();
    for name in ["zeta", "Alpha", "beta", "alpha-2", "B2", "a-1"] {
        azure.secret("kv-prod", name, format!("value-of-{name}"));
    }
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    azure.put("kv-prod", Secret::new("tls", "never read").managed());
    azure.put(
        "kv-prod",
        Secret::new("old", "value-of-old").expires(1).tag("a", "b"),
    );
    azure.secret("kv-test", "one", "value-of-one");

    // Vaults as given, names as the vault spells them, sorted without regard to case.
    list(&azure)
        .args(["--vault", "kv-test", "--vault", "KV-PROD,kv-test"])
        .stdout("kv-test/one\nkv-prod/a-1\nkv-prod/Alpha\nkv-prod/alpha-2\nkv-prod/B2\nkv-prod/beta\nkv-prod/old\nkv-prod/zeta\n")
        .run();

    azure.expect(&[
        &azure.token_request(),
        "GET kv-test.vault.azure.net/secrets?api-version=7.4",
        LIST,
    ]);
}

#[test]
fn as_objects_with_an_empty_password() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 2);
    let one = r#"{"user":"secret-001","password":"","name":"kv-prod/secret-001"}"#;
    let two = r#"{"user":"secret-002","password":"","name":"kv-prod/secret-002"}"#;
    for (format, expected) in [
        ("xsoar", format!("[\n{one},\n{two}\n]\n")),
        ("jsonl", format!("{one}\n{two}\n")),
    ] {
        list(&azure)
            .args(["--vault", "kv-prod", "--format", format])
            .stdout(expected)
            .run();
        azure.expect(&[&azure.token_request(), LIST]);
    }
    azure.vault("kv-empty");
    for (format, expected) in [("xsoar", "[]\n"), ("jsonl", "")] {
        list(&azure)
            .args(["--vault", "kv-empty", "--format", format])
            .stdout(expected)
            .run();
        azure.expect(&[
            &azure.token_request(),
            "GET kv-empty.vault.azure.net/secrets?api-version=7.4",
        ]);
    }
}

#[test]
fn named_ones_in_their_order_as_the_vault_spells_them() {
    let azure = Standin::start();
    for name in ["Db-Password", "api", "tls-key", "other"] {
        azure.secret("kv-prod", name, format!("value-of-{name}"));
    }
    azure.put("kv-prod", Secret::new("cert", "never read").managed());
    azure.secret("kv-test", "api", "value-of-api");

    list(&azure)
        .args([
            "kv-prod/tls-key",
            "KV-TEST/API",
            "kv-prod/DB-PASSWORD",
            "kv-prod/cert",
            "kv-prod/Tls-Key",
        ])
        .stdout("kv-prod/tls-key\nkv-test/api\nkv-prod/Db-Password\nkv-prod/cert\n")
        .run();

    // Each vault is listed once, and no value is read.
    azure.expect(&[
        &azure.token_request(),
        LIST,
        "GET kv-test.vault.azure.net/secrets?api-version=7.4",
    ]);
}

#[test]
fn vaults_times_secrets() {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure.secret("kv-prod", "b", "value-of-b");
    azure.secret("kv-test", "a", "value-of-a");
    let token = azure.token_request();
    let reads = [
        token.as_str(),
        "GET kv-test.vault.azure.net/secrets?api-version=7.4",
        LIST,
    ];
    let both = |missing: &'static str| {
        list(&azure)
            .args(["--vault", "kv-test,kv-prod", "--secret", "b,a"])
            .args(["--missing", missing])
    };

    both("sparse")
        .stdout("kv-test/a\nkv-prod/b\nkv-prod/a\n")
        .stderr("akv-xsoar: warning: `kv-test/b` does not exist and is left out\n")
        .run();
    azure.expect(&reads);

    both("skip")
        .stdout("kv-test/a\nkv-prod/b\nkv-prod/a\n")
        .run();
    azure.expect(&reads);

    both("error")
        .status(5)
        .stderr("akv-xsoar: error: cannot list `kv-test/b`: no such secret in this vault\nakv-xsoar: hint: check the name\n")
        .run();
    azure.expect(&reads);
}

#[test]
fn a_named_one_that_is_missing() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    let missing = "akv-xsoar: error: cannot list `kv-prod/gone`: no such secret in this vault\nakv-xsoar: hint: check the name\n";
    for rule in ["sparse", "error"] {
        list(&azure)
            .args(["kv-prod/gone", "kv-prod/secret-001", "--missing", rule])
            .status(5)
            .stderr(missing)
            .run();
        azure.expect(&[&azure.token_request(), LIST]);
    }
    list(&azure)
        .args(["kv-prod/gone", "kv-prod/secret-001", "--missing=skip"])
        .stdout("kv-prod/secret-001\n")
        .run();
    azure.expect(&[&azure.token_request(), LIST]);
}

#[test]
fn a_named_one_that_is_disabled() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    for rule in ["sparse", "error", "skip"] {
        list(&azure)
            .args(["kv-prod/secret-001", "kv-prod/off", "--missing", rule])
            .status(5)
            .stderr("akv-xsoar: error: cannot list `kv-prod/off`: the secret is disabled\nakv-xsoar: hint: enable it (`az keyvault secret set-attributes --enabled true`), or leave it out\n")
            .run();
        azure.expect(&[&azure.token_request(), LIST]);
    }
}

#[test]
fn a_vault_that_cannot_be_listed() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 1);
    azure.secrets("kv-test", 1);
    azure.fault(LIST, Fault::no_role("kv-prod"));

    list(&azure)
        .args(["--vault", "kv-prod,kv-test"])
        .status(4)
        .stderr_has(format!("{ERROR}the identity lacks a role: "))
        .stderr_has("hint: give it the role `Key Vault Secrets User`")
        .run();

    // All or nothing, and every vault is tried.
    azure.expect(&[
        &azure.token_request(),
        LIST,
        "GET kv-test.vault.azure.net/secrets?api-version=7.4",
    ]);
}

#[test]
fn a_page_in_the_middle_that_fails() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 5);
    azure.paging(
        "kv-prod",
        Paging {
            size: 2,
            ..Paging::default()
        },
    );
    azure.fault(NEXT, Fault::firewall("kv-prod"));

    list(&azure)
        .args(["--vault", "kv-prod"])
        .status(4)
        .stderr_has(format!(
            "{ERROR}the vault's firewall does not let this address in: "
        ))
        .run();

    azure.expect(&[&azure.token_request(), LIST, NEXT]);
}

#[test]
fn a_page_that_is_throttled_is_asked_for_again() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 3);
    azure.paging(
        "kv-prod",
        Paging {
            size: 2,
            ..Paging::default()
        },
    );
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets?api-version=7.4&$skiptoken=*",
        Fault::throttled().once(),
    );

    list(&azure)
        .args(["--vault", "kv-prod"])
        .stdout("kv-prod/secret-001\nkv-prod/secret-002\nkv-prod/secret-003\n")
        .run();

    azure.expect(&[&azure.token_request(), LIST, NEXT, NEXT]);
}
