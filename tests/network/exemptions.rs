//! `NO_PROXY` in all its forms, with a real proxy beside it.

use crate::peer::{ENTRA, VAULT, azure, expect_got, got};
use crate::scenarios;
use crate::standin::Standin;
use crate::tinyproxy::{PROXY, Tinyproxy};

scenarios![
    hosts_and_domains,
    both_variables,
    the_option_for_a_proxy_keeps_exemptions,
    addresses_and_networks,
];

fn hosts_and_domains() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    let mut expected = Vec::new();
    for (list, through) in [
        ("", &[ENTRA, VAULT][..]),
        (VAULT, &[ENTRA]),
        ("KV-PROD.Vault.Azure.Net", &[ENTRA]),
        ("kv-prod.vault.azure.net:443", &[ENTRA]),
        ("kv-prod.vault.azure.net:8443", &[ENTRA, VAULT]),
        ("vault.azure.net", &[ENTRA]),
        (".vault.azure.net", &[ENTRA]),
        ("*.vault.azure.net", &[ENTRA]),
        ("ault.azure.net", &[ENTRA, VAULT]),
        ("localhost, .azure.net ,10.0.0.0/8", &[ENTRA]),
        ("localhost .azure.net", &[ENTRA]),
        ("azure.net,microsoftonline.com", &[]),
        ("*", &[]),
        ("localhost,*", &[]),
        // Names are not looked up for it, as in curl.
        ("127.0.0.1,127.0.0.0/8", &[ENTRA, VAULT]),
    ] {
        got(&azure)
            .env("HTTPS_PROXY", format!("http://{PROXY}"))
            .env("NO_PROXY", list)
            .run();
        expect_got(&azure);
        expected.extend(through);
        proxy.expect(&expected);
    }
}

fn both_variables() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    got(&azure)
        .env("https_proxy", format!("http://{PROXY}"))
        .env("no_proxy", VAULT)
        .run();
    expect_got(&azure);
    // The lower case first, as in curl; an empty one is none.
    got(&azure)
        .env("https_proxy", format!("http://{PROXY}"))
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("no_proxy", ENTRA)
        .env("NO_PROXY", VAULT)
        .run();
    expect_got(&azure);
    got(&azure)
        .env("https_proxy", "")
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .env("no_proxy", "")
        .env("NO_PROXY", VAULT)
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA, VAULT, ENTRA]);
}

fn the_option_for_a_proxy_keeps_exemptions() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    got(&azure)
        .args(["--proxy", PROXY])
        .env("NO_PROXY", "vault.azure.net")
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA]);
}

/// Hosts that are addresses: an emulator's authority.
fn addresses_and_networks() {
    let azure = Standin::builder()
        .cloud("127.0.0.1", "vault.azure.net")
        .tls_at("127.0.0.1:443".parse().unwrap())
        .start();
    azure.secrets("kv-prod", 1);
    let _names = crate::peer::names();
    let proxy = Tinyproxy::start();
    let mut expected = Vec::new();
    for (list, through) in [
        ("10.0.0.0/8", &["127.0.0.1", VAULT][..]),
        ("127.0.0.1", &[VAULT]),
        ("127.0.0.0/8", &[VAULT]),
        ("10.0.0.0/8,127.0.0.1/32", &[VAULT]),
        ("127.0.0.2/32", &["127.0.0.1", VAULT]),
        ("0.0.0.0/0", &[VAULT]),
        ("::/0", &["127.0.0.1", VAULT]),
    ] {
        crate::command::Akv::new()
            .args(["get", "kv-prod/secret-001"])
            .args(["--authority-host", "127.0.0.1"])
            .args(["--vault-suffix", "vault.azure.net"])
            .trusting(&azure)
            .app(&azure)
            .env("HTTPS_PROXY", format!("http://{PROXY}"))
            .env("NO_PROXY", list)
            .stdout("value-of-secret-001")
            .run();
        expect_got(&azure);
        expected.extend(through);
        proxy.expect(&expected);
    }
}
