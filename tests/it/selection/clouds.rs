//! `--vault '*'` in other clouds: where Resource Manager is, and whom its token is for.

use super::{add, array, read};
use crate::command::Akv;
use crate::standin::{SUBSCRIPTION, Standin};

/// What was asked of Resource Manager and the vault, each with its own scope.
#[track_caller]
fn expect_scopes(azure: &Standin, management: &str, suffix: &str) {
    let vaults = format!(
        "GET {management}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults?api-version=2022-07-01"
    );
    let get = read("kv-prod", "a").replace("vault.azure.net", suffix);
    azure.expect(&[
        &azure.token_request(),
        &vaults,
        &azure.token_request(),
        &get,
    ]);
    let requests = azure.requests();
    let scope = |at: usize| {
        let body = String::from_utf8(requests[at].body.clone()).unwrap();
        let scope = body
            .split('&')
            .find_map(|field| field.strip_prefix("scope="));
        scope.unwrap().replace("%3A", ":").replace("%2F", "/")
    };
    let name = |host: &str| host.split(':').next().unwrap().to_owned();
    assert_eq!(scope(0), format!("https://{}/.default", name(management)));
    assert_eq!(scope(2), format!("https://{}/.default", name(suffix)));
}

#[test]
fn where_the_cloud_has_it() {
    for (cloud, authority, suffix, management) in [
        (
            "public",
            "login.microsoftonline.com",
            "vault.azure.net",
            "management.azure.com",
        ),
        (
            "usgov",
            "login.microsoftonline.us",
            "vault.usgovcloudapi.net",
            "management.usgovcloudapi.net",
        ),
        (
            "AzureChinaCloud",
            "login.chinacloudapi.cn",
            "vault.azure.cn",
            "management.chinacloudapi.cn",
        ),
    ] {
        let azure = Standin::builder().cloud(authority, suffix).start();
        azure.list_vault("kv-prod");
        add(&azure, "kv-prod", &["a"]);
        Akv::new()
            .args(["fetch", "--vault=*", "--secret=a", "--cloud", cloud])
            .args(["--subscription-id", SUBSCRIPTION])
            .app(&azure)
            .stdout(array(&[("kv-prod", "a")]))
            .run();
        expect_scopes(&azure, management, suffix);
    }
}

#[test]
fn where_it_was_said_to_be() {
    let builder = Standin::builder().cloud("login.example", "vault.example");
    let azure = builder.management("arm.example").start();
    azure.list_vault("kv-prod");
    add(&azure, "kv-prod", &["a"]);
    let run = || {
        Akv::new()
            .args(["fetch", "--vault=*", "--secret=a"])
            .args([
                "--authority-host=login.example",
                "--vault-suffix=vault.example",
            ])
            .args(["--subscription-id", SUBSCRIPTION])
            .app(&azure)
    };
    run()
        .args(["--management-endpoint", "https://arm.example/"])
        .stdout(array(&[("kv-prod", "a")]))
        .run();
    expect_scopes(&azure, "arm.example", "vault.example");
    run()
        .status(2)
        .stderr(
            "akv-xsoar: error: the host of this cloud's Resource Manager is not known\n\
             akv-xsoar: hint: give it as `--management-endpoint HOST`\n",
        )
        .run();
    azure.expect(&[]);
}
