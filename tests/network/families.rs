//! Hosts that have an address of one kind, IPv4 or IPv6, while the question for the other kind fails.

use std::net::SocketAddr;
use std::time::Duration;

use crate::ground;
use crate::names::{once_each, questions};
use crate::peer::{ENTRA, VAULT, azure, azure_at, expect_got, get, got};
use crate::standin::names::{Names, Reply};
use crate::tinyproxy::Tinyproxy;
use crate::{command::Akv, scenarios};

scenarios![
    found_by_its_ipv4_address_alone,
    found_by_its_ipv6_address_alone,
    one_question_a_kind_where_one_is_denied,
    both_kinds_are_used_where_both_come,
    a_kind_that_comes_too_late_is_not_waited_for,
    neither_kind_leads_there,
    a_search_domain_and_a_kind_that_fails,
    every_host_is_found_by_either_kind,
    this_machine_is_found_by_either_kind,
];

fn here(address: &str) -> Reply {
    Reply::Addresses(vec![address.parse().unwrap()])
}

/// What a name server says to the question that it cannot or does not want to answer.
fn failures() -> [Reply; 6] {
    let late = Reply::Late(Duration::from_millis(20), Box::new(Reply::Failure));
    [
        Reply::Failure,
        Reply::Refused,
        Reply::NoSuchName,
        Reply::Silence,
        Reply::Addresses(Vec::new()),
        late,
    ]
}

/// As the system is without a word about it: a silent name server has five seconds, and then again.
fn patient() {
    ground::resolv_conf("nameserver 127.0.0.1\n");
}

fn found_by_its_ipv4_address_alone() {
    let (azure, names) = azure();
    patient();
    for failure in failures() {
        for host in [ENTRA, VAULT] {
            names.reply_each(host, here("127.0.0.1"), failure.clone());
        }
        let output = got(&azure).run();
        expect_got(&azure);
        assert!(
            output.elapsed < Duration::from_secs(3),
            "{failure:?}: {output:?}"
        );
    }
}

fn found_by_its_ipv6_address_alone() {
    let names = Names::start_at(SocketAddr::from(([127, 0, 0, 1], 53)));
    let azure = azure_at("::1");
    patient();
    for failure in failures() {
        for host in [ENTRA, VAULT] {
            names.reply_each(host, failure.clone(), here("::1"));
        }
        let output = got(&azure).run();
        expect_got(&azure);
        assert!(
            output.elapsed < Duration::from_secs(3),
            "{failure:?}: {output:?}"
        );
    }
}

fn one_question_a_kind_where_one_is_denied() {
    for denied in [Reply::NoSuchName, Reply::Addresses(Vec::new())] {
        let (azure, names) = azure();
        for host in [ENTRA, VAULT] {
            names.reply_each(host, here("127.0.0.1"), denied.clone());
        }
        got(&azure).run();
        expect_got(&azure);
        assert_eq!(questions(&names), once_each(&[ENTRA, VAULT]), "{denied:?}");
    }
}

/// A little later than the first is soon enough.
fn both_kinds_are_used_where_both_come() {
    let (azure, names) = azure();
    let soon = |address| Reply::Late(Duration::from_millis(20), Box::new(here(address)));
    for (ipv4, ipv6) in [
        (here("127.0.0.1"), here("::1")),
        (here("127.0.0.1"), soon("::1")),
        (soon("127.0.0.1"), here("::1")),
    ] {
        names.reply_each(VAULT, ipv4, ipv6);
        got(&azure)
            .arg("--verbose")
            .stderr_has(format!("name `{VAULT}`: 2 address(es)"))
            .run();
        expect_got(&azure);
    }
}

fn a_kind_that_comes_too_late_is_not_waited_for() {
    let (azure, names) = azure();
    patient();
    let late = Reply::Late(Duration::from_secs(4), Box::new(here("::1")));
    names.reply_each(VAULT, here("127.0.0.1"), late);
    let output = got(&azure)
        .arg("--verbose")
        .stderr_has(format!("name `{VAULT}`: 1 address(es)"))
        .run();
    expect_got(&azure);
    assert!(output.elapsed < Duration::from_secs(3), "{output:?}");
}

fn neither_kind_leads_there() {
    let (azure, names) = azure();
    let none = || Reply::Addresses(Vec::new());
    let no_host = format!("there is no host `{VAULT}`");
    let unresolved = format!("the name `{VAULT}` could not be resolved (");
    let either = format!("`{VAULT}`");
    for (one, other, words) in [
        (Reply::NoSuchName, Reply::NoSuchName, &no_host),
        (Reply::NoSuchName, none(), &no_host),
        (none(), none(), &no_host),
        (Reply::Failure, Reply::Failure, &unresolved),
        (Reply::Failure, none(), &unresolved),
        // That a name does not exist holds for both kinds; glibc takes it at that, musl's user gets another try.
        (Reply::Failure, Reply::NoSuchName, &either),
    ] {
        for (ipv4, ipv6) in [(one.clone(), other.clone()), (other.clone(), one.clone())] {
            names.reply_each(VAULT, ipv4, ipv6);
            // musl takes a second for it, and then there is no time for another try.
            get(&azure)
                .args(["--timeout", "1.3"])
                .status(6)
                .stderr_has(words)
                .stderr_has("akv-xsoar: hint: ")
                .run();
            azure.expect(&[&azure.token_request()]);
        }
    }
    // Whom nobody answers gets no answer, whatever is said to the other question.
    for reply in [none(), Reply::NoSuchName] {
        names.reply_each(VAULT, Reply::Silence, reply);
        get(&azure)
            .args(["--timeout", "3", "--verbose"])
            .status(8)
            .stderr_has(&unresolved)
            .stderr_has("try 2 in ")
            .run();
        azure.expect(&[&azure.token_request()]);
    }
}

/// A company's own domain that has every name is no host of Azure's.
fn a_search_domain_and_a_kind_that_fails() {
    let (azure, names) = azure();
    names.reply("*.corp.example", here("127.9.9.9"));
    for host in [ENTRA, VAULT] {
        let lost = format!("{host}.corp.example");
        names.reply_each(&lost, here("127.9.9.9"), here("2001:db8::9"));
    }
    ground::resolv_conf("nameserver 127.0.0.1\nsearch corp.example\n");
    for failure in failures() {
        for host in [ENTRA, VAULT] {
            names.reply_each(host, here("127.0.0.1"), failure.clone());
        }
        let output = got(&azure).run();
        expect_got(&azure);
        assert!(
            output.elapsed < Duration::from_secs(3),
            "{failure:?}: {output:?}"
        );
    }

    // As in Kubernetes, for a proxy of the cluster.
    let proxy = Tinyproxy::start();
    ground::resolv_conf(
        "nameserver 127.0.0.1\nsearch lab.svc.cluster.local svc.cluster.local\noptions ndots:5\n",
    );
    names.reply("proxy.infra.svc.cluster.local", here("127.0.0.1"));
    for denied in [Reply::NoSuchName, Reply::Failure, Reply::Silence] {
        names.reply_each(
            "proxy.infra.svc.cluster.local",
            here("127.0.0.1"),
            denied.clone(),
        );
        got(&azure)
            .args(["--proxy", "http://proxy.infra:3128"])
            .run();
        expect_got(&azure);
    }
    proxy.expect(&[ENTRA, VAULT, ENTRA, VAULT, ENTRA, VAULT]);
}

/// A proxy, the target of `--connect-to`, in `check`, and an XSOAR server.
fn every_host_is_found_by_either_kind() {
    for failure in [Reply::Failure, Reply::NoSuchName, Reply::Silence] {
        let (azure, names) = azure();
        patient();
        // The proxy asks for the others, and waits as long as it likes.
        names.reply_each("proxy.example", here("127.0.0.1"), failure.clone());
        let proxy = Tinyproxy::start();
        got(&azure)
            .args(["--proxy", "http://proxy.example:3128"])
            .run();
        expect_got(&azure);
        proxy.expect(&[ENTRA, VAULT]);
        drop(proxy);

        for host in ["tunnel.example", ENTRA, VAULT] {
            names.reply_each(host, here("127.0.0.1"), failure.clone());
        }
        got(&azure)
            .args(["--connect-to", "::tunnel.example:443"])
            .run();
        expect_got(&azure);

        Akv::new()
            .args(["check", "kv-prod/secret-001"])
            .trusting(&azure)
            .app(&azure)
            .stdout_has(format!("ok     host {ENTRA}: at 127.0.0.1, "))
            .stdout_has(format!("ok     host {VAULT}: at 127.0.0.1, "))
            .run();
        azure.ignore_log();
    }
}

/// `localhost`, where no file says what it is: this machine, whatever a name server says.
fn this_machine_is_found_by_either_kind() {
    let (azure, names) = azure();
    ground::remove("hosts");
    for (ipv4, ipv6) in [
        (here("127.0.0.1"), Reply::Failure),
        (here("127.0.0.1"), here("2001:db8::9")),
        (here("127.0.0.1"), Reply::Silence),
    ] {
        names.reply_each("localhost", ipv4, ipv6);
        got(&azure).args(["--connect-to", "::localhost:443"]).run();
        expect_got(&azure);
    }
}
