//! What `check` tells of the way to each host.

use std::net::SocketAddr;
use std::time::Duration;

use crate::command::Akv;
use crate::ground::Added;
use crate::peer::{Deaf, ENTRA, VAULT, azure, names};
use crate::scenarios;
use crate::standin::Standin;
use crate::standin::names::Reply;
use crate::tinyproxy::{PASSWORD, PROXY, Tinyproxy, USER};

scenarios![
    addresses_and_which_are_private,
    which_host_goes_by_the_proxy,
    a_vault_that_does_not_exist,
    name_servers_that_fail,
    an_authority_that_is_deaf,
];

const TRUST: &str = "certificate chained to `--ca-file` only: an inspecting proxy or a private CA";

fn check<'a>(azure: &'a Standin, words: &[&str]) -> Akv<'a> {
    let values = azure.values().into_iter();
    let akv = values.fold(Akv::new().arg("check").args(words), Akv::canary);
    akv.trusting(azure).app(azure)
}

fn addresses_and_which_are_private() {
    let names = names();
    let _here = ["10.9.9.3", "fd00::3"].map(Added::address);
    let [private, unique] = ["10.9.9.3:443", "[fd00::3]:443"].map(|at| at.parse().unwrap());
    let public: SocketAddr = "127.0.0.1:443".parse().unwrap();
    let standin = Standin::builder()
        .tls_at(public)
        .tls_at(private)
        .tls_at(unique);
    let azure = standin.start();
    azure.secrets("kv-prod", 1);
    azure.ignore_log();
    let addresses = |list: &[&str]| {
        Reply::Addresses(
            list.iter()
                .map(|address| address.parse().unwrap())
                .collect(),
        )
    };
    names.reply(VAULT, addresses(&["10.9.9.3"]));
    check(&azure, &["kv-prod/secret-001"])
        .stdout_has(format!(
            "ok     host {ENTRA}: at 127.0.0.1, {TRUST}, answered 200\n"
        ))
        .stdout_has(format!(
            "ok     host {VAULT}: at 10.9.9.3 (private), {TRUST}, of the tenant "
        ))
        .run();

    let many = [
        "127.0.0.1",
        "127.0.0.2",
        "127.0.0.3",
        "127.0.0.4",
        "127.0.0.5",
    ];
    names.reply(ENTRA, addresses(&many));
    names.reply(VAULT, addresses(&["fd00::3"]));
    let output = check(&azure, &["kv-prod/secret-001"])
        .stdout_has(format!(
            "ok     host {VAULT}: at fd00::3 (private), {TRUST}, of the tenant "
        ))
        .stdout_has(format!("ok     host {ENTRA}: at 127.0.0."))
        .run();
    // In the order of the system's choice.
    let text = output.stdout_text();
    let line = text
        .lines()
        .find(|line| line.contains(&format!("host {ENTRA}: ")))
        .unwrap();
    assert!(
        line.ends_with(&format!(" and 2 more, {TRUST}, answered 200")),
        "{line}"
    );
    assert_eq!(line.matches("127.0.0.").count(), 3, "{line}");
}

fn which_host_goes_by_the_proxy() {
    let (azure, _names) = azure();
    azure.ignore_log();
    let proxy = Tinyproxy::with_password();
    let url = format!("http://{USER}:{PASSWORD}@{PROXY}");
    check(&azure, &["kv-prod/secret-001"])
        .env("HTTPS_PROXY", url)
        .env("NO_PROXY", ".azure.net")
        .canary(PASSWORD)
        .stdout_has(format!("ok     network: the proxy `{PROXY}` by `HTTPS_PROXY`, not for the hosts of `NO_PROXY`; trust in "))
        .stdout_has(format!("ok     host {ENTRA}: by the proxy `{PROXY}`, {TRUST}, answered 200\n"))
        .stdout_has(format!("ok     host {VAULT}: at 127.0.0.1, {TRUST}, of the tenant "))
        .run();
    proxy.expect(&[ENTRA]);
    drop(proxy);

    // It says no: whose fault it is, is in the line.
    let proxy = Tinyproxy::forbidding(VAULT);
    check(&azure, &["kv-prod/secret-001", "--proxy", PROXY])
        .status(6)
        .stdout_has(format!("FAILED host {VAULT}: cannot reach the vault `kv-prod`: the proxy `{PROXY}` refused to connect to `{VAULT}` (status 403); what to do: its rules forbid this host"))
        .stdout_has(format!("note   vault kv-prod: not tried: `{VAULT}` did not answer\n"))
        .run();
    drop(proxy);
}

fn a_vault_that_does_not_exist() {
    let (azure, _names) = azure();
    azure.ignore_log();
    check(&azure, &["kv-gone/one", "kv-prod/secret-001"])
        .status(6)
        .stdout_has("FAILED host kv-gone.vault.azure.net: cannot reach the vault `kv-gone`: there is no host `kv-gone.vault.azure.net`; what to do: is there a vault `kv-gone` in this cloud?")
        .stdout_has("note   vault kv-gone: not tried: `kv-gone.vault.azure.net` did not answer\n")
        .stdout_has("ok     vault kv-prod: 1 secret read\n")
        .run();
}

fn name_servers_that_fail() {
    let (azure, names) = azure();
    for host in [ENTRA, VAULT] {
        names.reply(host, Reply::Failure);
    }
    check(&azure, &["kv-prod/secret-001"])
        .status(6)
        .stdout_has(format!("FAILED host {ENTRA}: cannot reach `{ENTRA}`: the name `{ENTRA}` could not be resolved ("))
        .stdout_has("note   clock: not tried: no host told its time\n")
        .stdout_has(format!(
            "note   token and vaults: not tried: `{ENTRA}` did not answer\n"
        ))
        .stdout_has("ok     output: standard output\n")
        .run();
    azure.expect(&[]);
}

/// Packets that are dropped take their time; the rest has its own.
fn an_authority_that_is_deaf() {
    let (azure, names) = azure();
    let _here = Added::address("10.9.9.9");
    let _deaf = Deaf::at("10.9.9.9:443");
    names.reply(ENTRA, Reply::Addresses(vec!["10.9.9.9".parse().unwrap()]));
    let output = check(&azure, &["kv-prod/secret-001"])
        .status(6)
        .stdout_has(format!("FAILED host {ENTRA}: cannot reach `{ENTRA}`: "))
        .stdout_has(format!("ok     host {VAULT}: "))
        .stdout_has("ok     clock: ")
        .stdout_has(format!(
            "note   token and vaults: not tried: `{ENTRA}` did not answer\n"
        ))
        .run();
    assert!(output.elapsed < Duration::from_secs(30), "{output:?}");
    azure.expect(&["GET kv-prod.vault.azure.net/secrets?api-version=7.4"]);
}
