//! Hosts with several addresses, some of which lead nowhere.

use std::net::IpAddr;
use std::time::Duration;

use crate::ground::Added;
use crate::peer::{Deaf, ENTRA, VAULT, azure, azure_at, expect_got, get, got, names};
use crate::scenarios;
use crate::standin::names::Reply;
use crate::standin::{Standin, TlsFault};

scenarios![
    a_dead_ipv6_address_costs_a_moment,
    many_dead_addresses_cost_some_moments,
    an_ipv6_address_that_cannot_be_reached,
    an_ipv6_address_that_refuses,
    ipv6_alone,
    every_address_refuses,
    the_deadline_holds_while_nobody_answers,
    ten_seconds_for_connecting,
];

fn addresses(list: &[&str]) -> Reply {
    Reply::Addresses(
        list.iter()
            .map(|address| address.parse().unwrap())
            .collect::<Vec<IpAddr>>(),
    )
}

fn a_dead_ipv6_address_costs_a_moment() {
    let (azure, names) = azure();
    let _here = Added::address("2001:db8::dead");
    let _deaf = Deaf::at("[2001:db8::dead]:443");
    for host in [ENTRA, VAULT] {
        names.reply(host, addresses(&["2001:db8::dead", "127.0.0.1"]));
    }

    let output = got(&azure).run();

    // Not the ten seconds that connecting may take.
    assert!(output.elapsed < Duration::from_secs(5), "{output:?}");
    expect_got(&azure);
    assert_eq!(azure.connections().len(), 2);
}

fn many_dead_addresses_cost_some_moments() {
    let names = names();
    let dead = ["2001:db8::1", "2001:db8::2", "10.9.9.1", "10.9.9.2"];
    let _here: Vec<Added> = dead.iter().map(|address| Added::address(address)).collect();
    let _good = Added::address("10.9.9.3");
    let azure = azure_at("10.9.9.3");
    let _deaf = [
        "[2001:db8::1]:443",
        "[2001:db8::2]:443",
        "10.9.9.1:443",
        "10.9.9.2:443",
    ]
    .map(Deaf::at);
    for host in [ENTRA, VAULT] {
        names.reply(host, addresses(&[&dead[..], &["10.9.9.3"]].concat()));
    }

    let output = got(&azure).run();

    assert!(output.elapsed < Duration::from_secs(8), "{output:?}");
    expect_got(&azure);
}

fn an_ipv6_address_that_cannot_be_reached() {
    let (azure, names) = azure();
    for host in [ENTRA, VAULT] {
        names.reply(host, addresses(&["2001:db8:1::1", "127.0.0.1"]));
    }
    // Without a route, and with routes that say no, each in its own way.
    for kind in ["", "blackhole", "unreachable", "prohibit"] {
        let _route =
            (!kind.is_empty()).then(|| Added::new(&format!("-6 route add {kind} 2001:db8:1::/64")));
        let output = got(&azure).run();
        assert!(
            output.elapsed < Duration::from_secs(5),
            "{kind}: {output:?}"
        );
        expect_got(&azure);
    }
}

fn an_ipv6_address_that_refuses() {
    let (azure, names) = azure();
    for host in [ENTRA, VAULT] {
        names.reply(host, addresses(&["::1", "127.0.0.1"]));
    }
    let output = got(&azure).run();
    assert!(output.elapsed < Duration::from_secs(5), "{output:?}");
    expect_got(&azure);
}

fn ipv6_alone() {
    let names = names();
    let _here = Added::address("2001:db8::443");
    let azure = azure_at("2001:db8::443");
    for host in [ENTRA, VAULT] {
        names.reply(host, addresses(&["2001:db8::443"]));
    }
    got(&azure).run();
    expect_got(&azure);
}

fn every_address_refuses() {
    let (azure, names) = azure();
    names.reply(VAULT, addresses(&["::1", "127.0.0.7"]));

    get(&azure)
        .args(["--timeout", "3", "--verbose"])
        .status(6)
        .stderr_has("cannot read from the vault `kv-prod`")
        .stderr_has(format!("no connection to `{VAULT}`"))
        .stderr_has("connection refused")
        .stderr_has("try 2 in ")
        .stderr_has("hint: is port 443 open to it from here? Else a proxy (`--proxy`, `HTTPS_PROXY`) or another address (`--connect-to`) is needed\n")
        .run();

    azure.expect(&[&azure.token_request()]);
    // One look-up, however often it is tried.
    let asked = names.questions();
    assert_eq!(asked.iter().filter(|(name, _)| name == VAULT).count(), 2);
}

fn the_deadline_holds_while_nobody_answers() {
    let (azure, names) = azure();
    let _here = Added::address("2001:db8::dead");
    let _deaf = ["[2001:db8::dead]:443", "127.0.0.7:443"].map(Deaf::at);
    for dead in [&["2001:db8::dead", "127.0.0.7"][..], &["127.0.0.7"]] {
        names.reply(VAULT, addresses(dead));
        let output = get(&azure)
            .args(["--timeout", "1"])
            .status(8)
            .stderr_has(format!(
                "the deadline of 1 s (`--timeout`) passed while connecting to `{VAULT}`"
            ))
            .run();
        assert!(output.elapsed >= Duration::from_secs(1), "{output:?}");
        assert!(output.elapsed < Duration::from_millis(1500), "{output:?}");
        azure.expect(&[&azure.token_request()]);
    }
}

/// One attempt has ten seconds for names, addresses and TLS together, and then there is another. All at
/// once, since it takes them.
fn ten_seconds_for_connecting() {
    let (azure, names) = azure();
    let _deaf = ["[::1]:443", "127.0.0.7:443"].map(Deaf::at);
    let hosts =
        ["kv-silent", "kv-dead", "kv-stalls"].map(|vault| format!("{vault}.vault.azure.net"));
    names.reply(&hosts[0], Reply::Silence);
    names.reply(&hosts[1], addresses(&["::1", "127.0.0.7"]));
    names.loopback(&hosts[2]);
    azure.tls_fault(&hosts[2], TlsFault::Stall);
    // The name server has more time than the attempt.
    crate::ground::resolv_conf("nameserver 127.0.0.1\noptions timeout:30 attempts:3\n");

    let words = [
        format!("the name servers did not answer for `{}`", hosts[0]),
        format!("no connection to `{}` within 10 s", hosts[1]),
        format!("no connection to `{}` within 10 s", hosts[2]),
    ];
    let runs = hosts
        .iter()
        .zip(words)
        .map(|(host, words)| slow(&azure, host, &words));
    // All start before the first is waited for.
    let runs: Vec<_> = runs.collect();
    for run in runs {
        let output = run.wait();
        assert!(output.elapsed >= Duration::from_secs(11), "{output:?}");
        assert!(output.elapsed < Duration::from_millis(11_700), "{output:?}");
    }
    let token = azure.token_request();
    azure.expect(&[&token, &token, &token]);
}

fn slow<'a>(azure: &'a Standin, host: &str, words: &str) -> crate::running::Running<'a> {
    crate::command::Akv::new()
        .args(["get", &format!("https://{host}/secrets/one")])
        .args(["--timeout", "11", "--verbose"])
        .trusting(azure)
        .app(azure)
        .status(8)
        .stderr_has(words)
        .stderr_has("try 2 in ")
        .stderr_has(format!("(`--timeout`) passed while connecting to `{host}`"))
        .spawn()
}
