//! An XSOAR server as it is found on the network: by its name, through a proxy or around it.

use std::fs;
use std::net::Ipv4Addr;

use crate::command::Akv;
use crate::peer::{ENTRA, VAULT, azure};
use crate::scenarios;
use crate::standin::names::{Names, Reply};
use crate::standin::{Standin, XSOAR_KEY, Xsoar};
use crate::tinyproxy::{PROXY, Tinyproxy};

scenarios![
    by_its_name,
    through_a_proxy,
    around_a_proxy,
    a_proxy_that_forbids_it,
    a_name_that_does_not_exist,
    this_machine_is_no_other_machine,
];

const HOST: &str = "xsoar.example";

fn server() -> (Standin, Names) {
    let (azure, names) = azure();
    azure.xsoar(Xsoar::six());
    (azure, names)
}

fn push(azure: &Standin) -> Akv<'_> {
    let akv = Akv::new().args(["push", "kv-prod/secret-001"]);
    let akv = akv.trusting(azure).app(azure);
    akv.args(["--xsoar-url", &format!("https://{HOST}")])
        .env("DEMISTO_API_KEY", XSOAR_KEY)
}

/// It came to pass.
#[track_caller]
fn pushed(azure: &Standin, akv: Akv) {
    akv.stdout("kv-prod/secret-001\tcreated\n").run();
    assert_eq!(azure.store().len(), 1);
    azure.ignore_log();
}

fn by_its_name() {
    let (azure, names) = server();
    names.loopback(HOST);
    pushed(&azure, push(&azure));
    assert!(azure.hosts().contains(&HOST.to_owned()));
}

fn through_a_proxy() {
    let (azure, names) = server();
    names.loopback(HOST);
    let proxy = Tinyproxy::start();
    pushed(
        &azure,
        push(&azure).env("HTTPS_PROXY", format!("http://{PROXY}")),
    );
    proxy.expect(&[ENTRA, VAULT, HOST]);
}

fn around_a_proxy() {
    let (azure, names) = server();
    names.loopback(HOST);
    let proxy = Tinyproxy::start();
    let akv = push(&azure).env("HTTPS_PROXY", format!("http://{PROXY}"));
    pushed(&azure, akv.env("NO_PROXY", "example"));
    proxy.expect(&[ENTRA, VAULT]);
}

fn a_proxy_that_forbids_it() {
    let (azure, _names) = server();
    let proxy = Tinyproxy::forbidding("xsoar");
    push(&azure)
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .status(6)
        .stderr(format!(
            "akv-xsoar: error: cannot list the server's credentials: the proxy `{PROXY}` refused to connect to `{HOST}` (status 403)\n\
             akv-xsoar: hint: its rules forbid this host: have it allowed, or exempt it with `NO_PROXY`\n"
        ))
        .run();
    proxy.expect(&[ENTRA, VAULT, HOST]);
    azure.ignore_log();
}

fn a_name_that_does_not_exist() {
    let (azure, _names) = server();
    push(&azure)
        .status(6)
        .stderr(format!(
            "akv-xsoar: error: cannot list the server's credentials: there is no host `{HOST}`\n\
             akv-xsoar: hint: check `--xsoar-url`; of XSOAR 8 the host begins with `api-`\n"
        ))
        .run();
    azure.ignore_log();
}

/// Plain http is for this machine. A name server that says where `localhost` is would get the key.
fn this_machine_is_no_other_machine() {
    let (azure, names) = server();
    let elsewhere = Ipv4Addr::new(10, 1, 2, 3);
    names.reply("localhost", Reply::Addresses(vec![elsewhere.into()]));
    fs::write("/etc/hosts", "").unwrap();
    let url = azure.xsoar_without_tls().replace("127.0.0.1", "localhost");
    Akv::new()
        .args(["push", "kv-prod/secret-001", "--xsoar-url", &url])
        .trusting(&azure)
        .app(&azure)
        .env("DEMISTO_API_KEY", XSOAR_KEY)
        .status(6)
        .stderr_has("cannot list the server's credentials: there is no host `localhost`\n")
        .run();
    azure.ignore_log();
}
