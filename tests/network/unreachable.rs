//! Connections that cannot be made: what is said about them, and what is said to help.

use std::fs;
use std::net::TcpListener;

use crate::command::Akv;
use crate::ground::Added;
use crate::peer::{ENTRA, VAULT, azure, get};
use crate::rogue::{HTTP, Manner, Rogue};
use crate::scenarios;
use crate::standin::names::Reply;
use crate::standin::{Standin, XSOAR_KEY};
use crate::tinyproxy::{PROXY, Tinyproxy};

scenarios![
    a_host_at_the_usual_port,
    a_host_at_another_port,
    a_host_that_is_led_elsewhere,
    a_host_behind_a_proxy,
    a_host_that_is_kept_from_the_proxy,
    a_proxy_itself,
    a_server_on_this_machine,
    the_system_s_words,
    no_port_is_left,
    the_address_that_tells_most,
];

const REFUSED: &str = "connection refused";

/// The vault's host at an address where nobody listens.
fn refusing() -> (Standin, crate::standin::names::Names) {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::Addresses(vec!["127.0.0.7".parse().unwrap()]));
    (azure, names)
}

/// A moment's time, which is enough for some tries.
fn hint<'a>(akv: Akv<'a>, hint: &str) -> Akv<'a> {
    akv.args(["--timeout", "1"])
        .status(6)
        .stderr_has(format!("\nakv-xsoar: hint: {hint}\n"))
}

fn a_host_at_the_usual_port() {
    let (azure, _names) = refusing();
    hint(
        get(&azure),
        "is port 443 open to it from here? Else a proxy (`--proxy`, `HTTPS_PROXY`) or another address (`--connect-to`) is needed",
    )
    .stderr_has(format!("no connection to `{VAULT}` (127.0.0.7:443): {REFUSED}"))
    .run();
    azure.ignore_log();
}

/// Neither the usual port's firewall nor the usual port's proxy is in its way.
fn a_host_at_another_port() {
    let (azure, names) = azure();
    names.loopback("login.emulator");
    hint(
        Akv::new()
            .args(["get", "kv-prod/secret-001"])
            .args(["--authority-host", "login.emulator:8443"])
            .args(["--vault-suffix", "vault.emulator"])
            .trusting(&azure)
            .app(&azure),
        "is port 8443 open to it from here, and does anything listen there?",
    )
    .stderr_has("(127.0.0.1:8443): connection refused")
    .run();
    azure.ignore_log();
    push(&azure, "https://xsoar.example:9443", &names, |akv| {
        hint(
            akv,
            "is port 9443 open to it from here, and does anything listen there?",
        )
    });
}

/// `push` to a server that is not there.
fn push<'a>(
    azure: &'a Standin,
    url: &str,
    names: &crate::standin::names::Names,
    expect: impl FnOnce(Akv<'a>) -> Akv<'a>,
) {
    names.loopback("xsoar.example");
    let akv = Akv::new().args(["push", "kv-prod/secret-001", "--xsoar-url", url]);
    let akv = akv.trusting(azure).app(azure);
    let directory = crate::standin::Scratch::new("key");
    let key = directory.write("key", XSOAR_KEY);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(&key, mode).unwrap();
    expect(akv.arg("--xsoar-key-file").arg(&key)).run();
    azure.ignore_log();
}

fn a_host_that_is_led_elsewhere() {
    let (azure, _names) = azure();
    for (direction, whose) in [
        ("127.0.0.7:1443", "port 1443 of `127.0.0.7`"),
        ("127.0.0.7:", "port 443 of `127.0.0.7`"),
        ("[::1]:444", "port 444 of `::1`"),
    ] {
        hint(
            get(&azure).args(["--connect-to", &format!("{VAULT}:443:{direction}")]),
            &format!("`--connect-to` leads there: does anything listen on {whose}, such as the tunnel or the private endpoint?"),
        )
        .stderr_has(REFUSED)
        .run();
    }
    azure.ignore_log();
}

fn a_host_behind_a_proxy() {
    let (azure, _names) = azure();
    let _proxy = Rogue::start(Manner::Says(b"HTTP/1.1 200 OK\r\n\r\n"));
    hint(
        get(&azure).args(["--proxy", HTTP]),
        "it went through the proxy `127.0.0.1:3128`: do its rules let TLS to this host pass? `NO_PROXY` exempts a host from it",
    )
    .stderr_has(format!("`{ENTRA}` closed the connection during the handshake"))
    .run();
}

fn a_host_that_is_kept_from_the_proxy() {
    let (azure, _names) = refusing();
    let _proxy = Tinyproxy::start();
    hint(
        get(&azure)
            .env("HTTPS_PROXY", format!("http://{PROXY}"))
            .env("NO_PROXY", ".azure.net"),
        &format!("is port 443 open to it from here? `NO_PROXY` keeps it from the proxy `{PROXY}`"),
    )
    .run();
    azure.ignore_log();
}

fn a_proxy_itself() {
    let (azure, _names) = azure();
    for url in ["http://127.0.0.1:3128", "https://127.0.0.1:3129"] {
        get(&azure)
            .args(["--proxy", url, "--timeout", "1"])
            .status(6)
            .stderr_has("akv-xsoar: hint: check `--proxy`, `HTTPS_PROXY`")
            .stderr_lacks("port 443")
            .stderr_lacks("--connect-to")
            .run();
    }
}

fn a_server_on_this_machine() {
    let (azure, names) = azure();
    push(&azure, "http://127.0.0.1:9443", &names, |akv| {
        hint(
            akv,
            "does the service on this machine run, and listen on port 9443?",
        )
    });
    push(&azure, "https://localhost:9443", &names, |akv| {
        hint(
            akv,
            "does the service on this machine run, and listen on port 9443?",
        )
    });
}

fn the_system_s_words() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::Addresses(vec!["10.8.8.8".parse().unwrap()]));
    let open = "is port 443 open to it from here? Else a proxy";
    let own = "this machine's own rules forbid it: its firewall, SELinux or AppArmor, or `IPAddressDeny=` of the unit";
    let out = "this machine does not let it out: see its firewall (`nft list ruleset`), routes (`ip route`)";
    for (kind, words, hint) in [
        ("", "network is unreachable", open),
        ("unreachable", "no route to host", open),
        ("prohibit", "permission denied", own),
        ("blackhole", "invalid argument", out),
        ("throw", "network is unreachable", open),
    ] {
        let _route =
            (!kind.is_empty()).then(|| Added::new(&format!("route add {kind} 10.8.0.0/16")));
        get(&azure)
            .args(["--timeout", "1", "--verbose"])
            .status(6)
            .stderr_has(format!(
                "error: cannot read from the vault `kv-prod`: no connection to `{VAULT}` (10.8.8.8:443): {words}\n"
            ))
            .stderr_has(format!("akv-xsoar: hint: {hint}"))
            .stderr_lacks("uncategorized")
            .stderr_lacks("os error")
            .run();
    }
    azure.ignore_log();
}

/// As on a machine whose connections are not closed.
fn no_port_is_left() {
    let (azure, _names) = azure();
    let ports = "/proc/sys/net/ipv4/ip_local_port_range";
    let before = fs::read_to_string(ports).unwrap();
    let _there = Added::address("10.8.8.8");
    let listening = TcpListener::bind("10.8.8.8:443").unwrap();
    fs::write(ports, "61000 61000").unwrap();
    let connections =
        [ENTRA, VAULT].map(|host| (host, std::net::TcpStream::connect("10.8.8.8:443")));
    let taken = connections.iter().any(|(_, connection)| connection.is_ok());
    let directed = get(&azure)
        .args(["--connect-to", "::10.8.8.8:443", "--timeout", "1"])
        .status(6)
        .stderr_has(format!(
            "no connection to `{ENTRA}` (10.8.8.8:443): cannot assign requested address\n"
        ))
        .stderr_has(
            "akv-xsoar: hint: this machine has no port or address left for it: try again later\n",
        );
    assert!(taken);
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| directed.run())).map_err(
        |panic| {
            fs::write(ports, &before).unwrap();
            std::panic::resume_unwind(panic)
        },
    );
    fs::write(ports, before).unwrap();
    drop((listening, connections));
}

/// An IPv6 address without a way there hides nothing about the other one.
fn the_address_that_tells_most() {
    let (azure, names) = azure();
    for list in [
        ["2001:db8:1::1", "127.0.0.7"],
        ["10.8.8.8", "127.0.0.7"],
        ["127.0.0.7", "10.8.8.8"],
    ] {
        let list = list.map(|address| address.parse().unwrap());
        names.reply(VAULT, Reply::Addresses(list.to_vec()));
        get(&azure)
            .args(["--timeout", "1"])
            .status(6)
            .stderr_has(format!(
                "no connection to `{VAULT}` (127.0.0.7:443): {REFUSED}\n"
            ))
            .run();
    }
    azure.ignore_log();
}
