//! Through a real proxy, told of in each way there is.

use std::net::SocketAddr;

use crate::command::Akv;
use crate::ground::{self, Added};
use crate::peer::{ENTRA, VAULT, azure, expect_got, get, got, names};
use crate::scenarios;
use crate::standin::names::Reply;
use crate::standin::{Fault, Scratch, Standin, TlsFault};
use crate::tinyproxy::{PASSWORD, PROXY, Tinyproxy, USER};

scenarios![
    each_variable_names_it,
    one_tunnel_for_each_host,
    the_option_names_it,
    the_configuration_names_it,
    the_configuration_switches_it,
    the_option_switches_it_off,
    only_the_proxy_looks_names_up,
    a_user_and_a_password,
    a_wrong_password,
    no_password,
    a_password_in_the_configuration,
    a_host_it_forbids,
    a_host_it_cannot_find,
    nobody_is_there,
    its_name_does_not_exist,
    what_is_behind_it_keeps_its_name,
    the_metadata_endpoint_never_comes_here,
    a_directed_host_never_comes_here,
    a_new_token_comes_through_it,
    whom_a_vault_s_firewall_sees,
];

/// A configuration file with this for `proxy`.
fn configuration(proxy: &str) -> Scratch {
    let directory = Scratch::new("config");
    let file = directory.write("config.json", format!("{{\"proxy\": {proxy}}}"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(file, mode).unwrap();
    directory
}

fn each_variable_names_it() {
    let (azure, _names) = azure();
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for url in ["http://127.0.0.1:3128", "HTTP://127.0.0.1:3128/", PROXY] {
            let proxy = Tinyproxy::start();
            got(&azure).env(variable, url).run();
            expect_got(&azure);
            proxy.expect(&[ENTRA, VAULT]);
        }
    }
    // For plain http, and for a library's own use.
    let proxy = Tinyproxy::start();
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        got(&azure).env(variable, "http://127.0.0.1:3128").run();
        expect_got(&azure);
    }
    proxy.expect(&[]);
}

fn one_tunnel_for_each_host() {
    let (azure, names) = azure();
    azure.secrets("kv-test", 5);
    names.loopback("kv-test.vault.azure.net");
    let proxy = Tinyproxy::start();

    Akv::new()
        .args(["fetch", "--vault", "kv-prod,kv-test"])
        .args(["--secret", "secret-001,secret-002,secret-003"])
        .trusting(&azure)
        .app(&azure)
        .env("HTTPS_PROXY", "http://127.0.0.1:3128")
        .stdout_has("value-of-secret-003")
        .run();

    assert_eq!(azure.count("GET *"), 6);
    assert_eq!(azure.count("POST *"), 1);
    azure.ignore_log();
    assert_eq!(azure.connections().len(), 3);
    proxy.expect(&[ENTRA, VAULT, "kv-test.vault.azure.net"]);
}

fn the_option_names_it() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    // Over what a variable says.
    got(&azure)
        .args(["--proxy", "http://127.0.0.1:3128"])
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA, VAULT]);
}

fn the_configuration_names_it() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    let directory = configuration("\"http://127.0.0.1:3128\"");
    got(&azure)
        .arg("--config")
        .arg(directory.join("config.json"))
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA, VAULT]);
}

fn the_configuration_switches_it() {
    let (azure, _names) = azure();
    for (switch, option, uses) in [
        ("false", None, false),
        ("true", None, true),
        ("false", Some("--proxy=http://127.0.0.1:3128"), true),
    ] {
        let proxy = Tinyproxy::start();
        let directory = configuration(switch);
        got(&azure)
            .arg("--config")
            .arg(directory.join("config.json"))
            .args(option)
            .env("HTTPS_PROXY", "http://127.0.0.1:3128")
            .run();
        expect_got(&azure);
        proxy.expect(if uses { &[ENTRA, VAULT] } else { &[] });
    }
    // `true` alone names no proxy.
    let directory = configuration("true");
    got(&azure)
        .arg("--config")
        .arg(directory.join("config.json"))
        .run();
    expect_got(&azure);
}

fn the_option_switches_it_off() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    let directory = configuration("\"http://127.0.0.1:3128\"");
    got(&azure)
        .arg("--no-proxy")
        .arg("--config")
        .arg(directory.join("config.json"))
        .env("HTTPS_PROXY", "http://127.0.0.1:3128")
        .run();
    expect_got(&azure);
    proxy.expect(&[]);
}

/// The proxy has its names from the file; whatever the name server is asked for, we asked for.
fn only_the_proxy_looks_names_up() {
    let names = names();
    let azure = crate::peer::azure_at("127.0.0.1");
    let proxy = Tinyproxy::start();
    ground::hosts(&format!("127.0.0.1 {ENTRA} {VAULT}\n"));
    names.loopback("proxy.example");

    got(&azure)
        .arg("--verbose")
        .env("HTTPS_PROXY", "http://proxy.example:3128")
        .stderr_has("name `proxy.example`: 1 address(es)")
        .stderr_lacks(format!("name `{ENTRA}`"))
        .stderr_lacks(format!("name `{VAULT}`"))
        .run();

    expect_got(&azure);
    proxy.expect(&[ENTRA, VAULT]);
    let mut asked = names.questions();
    asked.sort();
    let name = "proxy.example".to_owned();
    assert_eq!(asked, [(name.clone(), 1), (name, 28)]);
}

fn a_user_and_a_password() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::with_password();
    // A part of it percent-encoded, which changes nothing.
    let encoded = PASSWORD.replace('-', "%2D");
    for password in [PASSWORD, &encoded] {
        got(&azure)
            .arg("--verbose")
            .env("HTTPS_PROXY", format!("http://{USER}:{password}@{PROXY}"))
            .canary(PASSWORD)
            .stderr_any()
            .run();
        expect_got(&azure);
    }
    proxy.expect(&[ENTRA, VAULT, ENTRA, VAULT]);
}

fn a_wrong_password() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::with_password();
    get(&azure)
        .arg("--verbose")
        .env(
            "HTTPS_PROXY",
            format!("http://{USER}:Wrong-{PASSWORD}@{PROXY}"),
        )
        .canary(PASSWORD)
        .status(6)
        .stderr_has(format!(
            "the proxy `{PROXY}` refused to connect to `{ENTRA}`"
        ))
        .stderr_has("akv-xsoar: hint: it does not accept the user and the password in its URL")
        .run();
    // No try more: an account may be locked by it.
    proxy.expect(&[ENTRA]);
}

fn no_password() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::with_password();
    get(&azure)
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .status(6)
        .stderr(format!(
            "akv-xsoar: error: cannot get a token for the application `{}`: the proxy `{PROXY}` refused to connect to `{ENTRA}` (status 407)\n\
             akv-xsoar: hint: it asks for a user and a password: put them into the URL in `HTTPS_PROXY` or the configuration file\n",
            crate::standin::CLIENT_ID
        ))
        .run();
    // The vault's tunnel may have been asked for meanwhile.
    let asked = proxy.requests();
    assert_eq!(asked.iter().filter(|line| line.contains(ENTRA)).count(), 1);
    assert!(asked.len() <= 2, "{asked:?}");
}

fn a_password_in_the_configuration() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::with_password();
    let directory = configuration(&format!("\"http://{USER}:{PASSWORD}@{PROXY}\""));
    got(&azure)
        .args(["--verbose", "--config"])
        .arg(directory.join("config.json"))
        .canary(PASSWORD)
        .stderr_any()
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA, VAULT]);
}

fn a_host_it_forbids() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::forbidding("vault");
    Akv::new()
        .args(["fetch", "kv-prod/secret-001", "kv-prod/secret-002"])
        .trusting(&azure)
        .app(&azure)
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .status(6)
        .stderr(format!(
            "akv-xsoar: error: cannot read from the vault `kv-prod`: the proxy `{PROXY}` refused to connect to `{VAULT}` (status 403)\n\
             akv-xsoar: hint: its rules forbid this host: have it allowed, or exempt it with `NO_PROXY`\n"
        ))
        .run();
    azure.expect(&[&azure.token_request()]);
    proxy.expect(&[ENTRA, VAULT]);
}

fn a_host_it_cannot_find() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::NoSuchName);
    let proxy = Tinyproxy::start();
    get(&azure)
        .args(["--timeout", "2"])
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .status(6)
        .stderr_has(format!(
            "the proxy `{PROXY}` refused to connect to `{VAULT}` (status 50"
        ))
        .stderr_has(
            "akv-xsoar: hint: the proxy could not reach the host, or does not know its name",
        )
        .run();
    azure.expect(&[&azure.token_request()]);
    assert!(
        proxy.requests().len() > 2,
        "it may have been a moment's trouble"
    );
}

fn nobody_is_there() {
    let (azure, _names) = azure();
    get(&azure)
        .args(["--timeout", "2"])
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .status(6)
        .stderr_has("the proxy cannot be used: no connection to `127.0.0.1` (127.0.0.1:3128): connection refused")
        .stderr_has("akv-xsoar: hint: check `--proxy`, `HTTPS_PROXY`")
        .run();
}

fn its_name_does_not_exist() {
    let (azure, names) = azure();
    get(&azure)
        .env("HTTPS_PROXY", "http://proxy.example:3128")
        .status(6)
        .stderr_has("the proxy cannot be used: there is no host `proxy.example`")
        .stderr_has("akv-xsoar: hint: check `--proxy`, `HTTPS_PROXY`")
        .run();
    assert_eq!(names.questions().len(), 2);

    // The vault is the first to be asked for where a managed identity has its token: it is not to blame.
    Akv::new()
        .args(["get", "kv-prod/secret-001"])
        .trusting(&azure)
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.metadata_url())
        .env("HTTPS_PROXY", "http://proxy.example:3128")
        .status(6)
        .stderr_has("the proxy cannot be used: there is no host `proxy.example`")
        .stderr_has("akv-xsoar: hint: check `--proxy`, `HTTPS_PROXY`")
        .stderr_lacks("is there a vault")
        .run();
    azure.expect(&["GET metadata/*"]);
}

/// Not the proxy is to blame for what happens behind it.
fn what_is_behind_it_keeps_its_name() {
    let (azure, _names) = azure();
    let _proxy = Tinyproxy::start();
    let run = |words: &str| {
        get(&azure)
            .args(["--timeout", "1"])
            .env("HTTPS_PROXY", format!("http://{PROXY}"))
            .status(8)
            .stderr_has(words)
            .stderr_lacks("127.0.0.1")
            .run();
    };
    let passed = "the deadline of 1 s (`--timeout`) passed while";
    azure.fault("GET kv-prod.vault.azure.net", Fault::stall());
    run(&format!("{passed} waiting for `{VAULT}`"));
    azure.tls_fault(VAULT, TlsFault::Stall);
    run(&format!("{passed} connecting to `{VAULT}`"));
    azure.mend_tls(VAULT);
    azure.mend();

    azure.tls_fault(VAULT, TlsFault::WrongName);
    get(&azure)
        .env("HTTPS_PROXY", format!("http://{PROXY}"))
        .status(6)
        .stderr_has(format!(
            "the certificate of `{VAULT}` is for `wrong-name.example`"
        ))
        .run();
    azure.ignore_log();
}

fn the_metadata_endpoint_never_comes_here() {
    let _here = Added::address("169.254.169.254");
    let _names = names();
    let azure = Standin::builder()
        .tls_at(SocketAddr::from(([127, 0, 0, 1], 443)))
        .metadata_at(SocketAddr::from(([169, 254, 169, 254], 80)))
        .start();
    azure.secrets("kv-prod", 1);
    let proxy = Tinyproxy::start();
    let run = |name: &str, value: &str| {
        let url = format!("http://{PROXY}");
        Akv::new()
            .args(["get", "kv-prod/secret-001"])
            .trusting(&azure)
            .env_remove("AZURE_POD_IDENTITY_AUTHORITY_HOST")
            .env("HTTP_PROXY", &url)
            .env("http_proxy", &url)
            .env("ALL_PROXY", &url)
            .env("HTTPS_PROXY", &url)
            .env(name, value)
            .stdout("value-of-secret-001")
            .run();
        azure.expect(&["GET metadata/*", "GET kv-prod.vault.azure.net/*"]);
    };
    run("AZURE_POD_IDENTITY_AUTHORITY_HOST", "");
    run(
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        "http://169.254.169.254:80/",
    );
    proxy.expect(&[VAULT, VAULT]);
}

fn a_directed_host_never_comes_here() {
    let (azure, names) = azure();
    let proxy = Tinyproxy::start();
    names.reply(VAULT, Reply::NoSuchName);
    got(&azure)
        .args(["--proxy", &format!("http://{PROXY}")])
        .args(["--connect-to", &format!("{VAULT}:443:127.0.0.1:")])
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA]);

    // An option for every host means none to the proxy's own address.
    got(&azure)
        .args(["--proxy", &format!("http://{PROXY}")])
        .args(["--connect-to", &format!("{VAULT}:443:127.0.0.1:443")])
        .args(["--connect-to", ":3128:127.0.0.1:1"])
        .run();
    expect_got(&azure);
    proxy.expect(&[ENTRA, ENTRA]);
}

fn a_new_token_comes_through_it() {
    let (azure, _names) = azure();
    let read = "GET kv-prod.vault.azure.net/secrets/secret-001?api-version=7.4";
    azure.fault(read, Fault::unresolved_key().once());
    let proxy = Tinyproxy::start();

    got(&azure)
        .env("HTTPS_PROXY", "http://127.0.0.1:3128")
        .run();

    let token = azure.token_request();
    azure.expect(&[&token, read, &token, read]);
    proxy.expect(&[ENTRA, VAULT]);
}

/// Through a proxy it is the proxy that a vault's rules are about.
fn whom_a_vault_s_firewall_sees() {
    let (azure, _names) = azure();
    let proxy = Tinyproxy::start();
    azure.ignore_log();
    for (fault, hint) in [
        (
            Fault::firewall("kv-prod"),
            "the vault sees the proxy's address: add that one to its firewall, or go to the vault without the proxy (`NO_PROXY`)",
        ),
        (
            Fault::no_public_access(),
            "the proxy does not come by the vault's private endpoint: if this network has one, go to the vault without the proxy (`NO_PROXY`), or use `--connect-to`",
        ),
    ] {
        azure.mend();
        azure.fault("GET kv-prod.vault.azure.net/", fault);
        get(&azure)
            .env("HTTPS_PROXY", "http://127.0.0.1:3128")
            .status(4)
            .stderr_has(format!("hint: {hint}\n"))
            .run();
        get(&azure)
            .status(4)
            .stderr_any()
            .stderr_lacks("proxy")
            .run();
    }
    drop(proxy);
}
