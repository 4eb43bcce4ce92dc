//! `vaults`: what a subscription has, page after page, by a token of its own.

mod links;
mod refusals;

use std::fmt::Write;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::files::private;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Fault, NOBODY, Paging, RESOURCE_GROUP, SUBSCRIPTION, Scratch,
    Standin, TENANT,
};

const LIST: &str = "GET management.azure.com/subscriptions/00000000-1111-2222-3333-444444444444/providers/Microsoft.KeyVault/vaults?api-version=2022-07-01";
const GROUP: &str = "GET management.azure.com/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-xsoar/providers/Microsoft.KeyVault/vaults?api-version=2022-07-01";

fn vaults(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["vaults", "--subscription-id", SUBSCRIPTION])
        .app(azure)
}

/// What the command writes of a vault that is as the stand-in makes it.
fn line(vault: &str) -> String {
    let host = vault.to_lowercase();
    format!("{vault}\thttps://{host}.vault.azure.net\tnortheurope\tpublic\n")
}

#[test]
fn name_uri_location_and_who_reaches_it() {
    let azure = Standin::start();
    for (vault, location, public) in [
        ("kv-public", "northeurope", Some(true)),
        ("KV-Private", "westeurope", Some(false)),
        ("kv-old", "germanywestcentral", None),
    ] {
        azure.list_in_subscription(vault, SUBSCRIPTION, RESOURCE_GROUP, location, public);
    }
    azure.arm_vault_uri("KV-Private", "https://KV-Private.vault.azure.net:443");
    vaults(&azure)
        .stdout(
            "kv-old\thttps://kv-old.vault.azure.net\tgermanywestcentral\tpublic (not set)\n\
             KV-Private\thttps://KV-Private.vault.azure.net:443\twesteurope\tprivate\n\
             kv-public\thttps://kv-public.vault.azure.net\tnortheurope\tpublic\n",
        )
        .run();
    azure.expect(&[&azure.token_request(), LIST]);

    vaults(&azure)
        .args(["--format", "jsonl"])
        .stdout(
            r#"{"name":"kv-old","uri":"https://kv-old.vault.azure.net","location":"germanywestcentral","publicNetworkAccess":null}
{"name":"KV-Private","uri":"https://KV-Private.vault.azure.net:443","location":"westeurope","publicNetworkAccess":false}
{"name":"kv-public","uri":"https://kv-public.vault.azure.net","location":"northeurope","publicNetworkAccess":true}
"#,
        )
        .run();
    azure.expect(&[&azure.token_request(), LIST]);
}

/// What Resource Manager may write there, now or some day.
#[test]
fn public_access_in_other_words() {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    for (access, words) in [
        ("enabled", "public"),
        ("disabled", "private"),
        ("SecuredByPerimeter", "private"),
    ] {
        azure.fault(
            LIST,
            Fault::change_json(move |_, body| {
                body["value"][0]["properties"]["publicNetworkAccess"] = json!(access);
                body["value"][0]["location"] = json!("north\u{1b}[31m\teurope");
            })
            .once(),
        );
        let expected =
            format!("kv-prod\thttps://kv-prod.vault.azure.net\tnorth [31m europe\t{words}\n");
        vaults(&azure).stdout(expected).run();
        azure.expect(&[&azure.token_request(), LIST]);
    }
}

#[test]
fn pages_of_every_kind() {
    for (count, size, empty, last, pages) in [
        (0, 25, 0, None, 1),
        (0, 25, 3, Some(Value::Null), 3),
        (1, 25, 0, Some(json!("")), 1),
        (5, 2, 0, None, 3),
        (5, 2, 2, Some(Value::Null), 11),
    ] {
        let azure = Standin::start();
        let mut lines = String::new();
        for number in 1..=count {
            let vault = format!("kv-{number:03}");
            azure.list_vault(&vault);
            let _ = write!(lines, "{}", line(&vault));
        }
        azure.arm_paging(Paging { size, empty, last });

        vaults(&azure).stdout(lines).run();

        let (token, next) = (azure.token_request(), format!("{LIST}&%24skiptoken=*"));
        let mut expected = vec![token.as_str(), LIST];
        expected.resize(pages + 1, &next);
        azure.expect(&expected);
        assert_eq!(azure.hosts().len(), 2, "one connection each");
    }
}

#[test]
fn a_resource_group_alone() {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    azure.list_in_subscription(
        "kv-other",
        SUBSCRIPTION,
        "rg-other",
        "northeurope",
        Some(true),
    );
    vaults(&azure)
        .stdout(line("kv-other") + &line("kv-prod"))
        .run();
    azure.expect(&[&azure.token_request(), LIST]);
    vaults(&azure)
        .args(["--resource-group", RESOURCE_GROUP])
        .stdout(line("kv-prod"))
        .run();
    azure.expect(&[&azure.token_request(), GROUP]);

    // By variables, and as XSOAR's configuration has it.
    Akv::new()
        .arg("vaults")
        .app(&azure)
        .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
        .env("AZURE_RESOURCE_GROUP", RESOURCE_GROUP)
        .stdout(line("kv-prod"))
        .run();
    azure.expect(&[&azure.token_request(), GROUP]);
    let directory = Scratch::new("vaults");
    let config = json!({
        "subscription_id": SUBSCRIPTION, "resource_group_name": RESOURCE_GROUP,
        // What it would fetch is nothing to this command.
        "key_vaults": "kv-prod", "secrets": "db", "format": "files", "output": "vaults.txt",
    });
    private(&directory, "c.json", config.to_string());
    Akv::new()
        .args(["vaults", "--config", "c.json"])
        .app(&azure)
        .cwd(directory.path())
        .run();
    azure.expect(&[&azure.token_request(), GROUP]);
    let written = std::fs::read_to_string(directory.join("vaults.txt")).unwrap();
    assert_eq!(written, line("kv-prod"));
}

#[test]
fn the_machine_s_own_identity() {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    Akv::new()
        .args(["vaults", "--subscription-id", SUBSCRIPTION])
        .azure(&azure)
        .stdout(line("kv-prod"))
        .run();
    azure.expect(&[
        "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com",
        LIST,
    ]);
}

/// The stand-in has Resource Manager where the cloud has it, and takes a token for nobody else.
#[test]
fn every_cloud_s_own_resource_manager() {
    for (cloud, authority, suffix, management) in [
        (
            "usgov",
            "login.microsoftonline.us",
            "vault.usgovcloudapi.net",
            "management.usgovcloudapi.net",
        ),
        (
            "usgcc",
            "login.microsoftonline.com",
            "vault.usgovcloudapi.net",
            "management.usgovcloudapi.net",
        ),
        (
            "china",
            "login.chinacloudapi.cn",
            "vault.azure.cn",
            "management.chinacloudapi.cn",
        ),
        (
            "germany",
            "login.microsoftonline.de",
            "vault.microsoftazure.de",
            "management.microsoftazure.de",
        ),
        (
            "bleu",
            "login.sovcloud-identity.fr",
            "vault.sovcloud-api.fr",
            "management.sovcloud-api.fr",
        ),
        (
            "delos",
            "login.sovcloud-identity.de",
            "vault.sovcloud-api.de",
            "management.sovcloud-api.de",
        ),
        (
            "usnat",
            "login.microsoftonline.eaglex.ic.gov",
            "vault.cloudapi.eaglex.ic.gov",
            "management.azure.eaglex.ic.gov",
        ),
        (
            "ussec",
            "login.microsoftonline.microsoft.scloud",
            "vault.cloudapi.microsoft.scloud",
            "management.azure.microsoft.scloud",
        ),
    ] {
        let azure = Standin::builder().cloud(authority, suffix).start();
        azure.list_vault("kv-prod");
        vaults(&azure)
            .args(["--cloud", cloud])
            .stdout(format!(
                "kv-prod\thttps://kv-prod.{suffix}\tnortheurope\tpublic\n"
            ))
            .run();
        let list = LIST.replace("management.azure.com", management);
        azure.expect(&[&azure.token_request(), &list]);
    }
}

#[test]
fn a_cloud_of_one_s_own() {
    // An emulator; the stand-in checks that the audience has no port.
    let azure = Standin::builder()
        .cloud("login.emulator:8443", "vault.emulator:9443")
        .management("management.emulator:7443")
        .start();
    azure.list_vault("kv-prod");
    let custom = || {
        vaults(&azure)
            .args(["--authority-host", "login.emulator:8443"])
            .args(["--vault-suffix", "vault.emulator:9443"])
    };
    custom()
        .args(["--management-endpoint", "https://management.emulator:7443/"])
        .stdout("kv-prod\thttps://kv-prod.vault.emulator:9443\tnortheurope\tpublic\n")
        .run();
    let list = LIST.replace("management.azure.com", "management.emulator:7443");
    azure.expect(&[&azure.token_request(), &list]);

    // The same host on its own port is another one.
    azure.arm_vault_uri("kv-prod", "https://kv-prod.vault.emulator");
    custom()
        .args(["--management-endpoint", "management.emulator:7443"])
        .status(7)
        .stderr_has("the vault `https://kv-prod.vault.emulator` is not a host of this cloud (`https://NAME.vault.emulator:9443`)")
        .run();
    azure.expect(&[&azure.token_request(), &list]);

    custom()
        .status(2)
        .stderr(
            "akv-xsoar: error: the host of this cloud's Resource Manager is not known\n\
             akv-xsoar: hint: give it as `--management-endpoint HOST`\n",
        )
        .run();
    azure.expect(&[]);
}

/// Resource Manager goes the way of all others.
#[test]
fn proxies_and_other_addresses() {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    let port = azure.tls_port();
    let direct = ["login.microsoftonline.com", "management.azure.com"]
        .map(|host| format!("{host}:443:127.0.0.1:{port}"));
    let alone = || {
        Akv::new()
            .args(["vaults", "--subscription-id", SUBSCRIPTION])
            .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .trusting(&azure)
    };
    alone()
        .args(["--connect-to", &direct[0], "--connect-to", &direct[1]])
        .env("HTTPS_PROXY", format!("http://{NOBODY}"))
        .stdout(line("kv-prod"))
        .run();
    azure.expect(&[&azure.token_request(), LIST]);
    alone()
        .args(["--connect-to", &direct[0], "--timeout=2"])
        .env("HTTPS_PROXY", format!("http://{NOBODY}"))
        .status(6)
        .stderr_has("akv-xsoar: error: cannot list the vaults of the subscription `00000000-1111-2222-3333-444444444444`: the proxy cannot be used: no connection to `127.0.0.1`")
        .run();
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn a_subscription_there_must_be() {
    let azure = Standin::start();
    Akv::new()
        .arg("vaults")
        .app(&azure)
        .status(2)
        .stderr(
            "akv-xsoar: error: `vaults` needs a subscription to look for vaults in\n\
             akv-xsoar: hint: give it as `--subscription-id ID` or `AZURE_SUBSCRIPTION_ID`\n",
        )
        .run();
    for id in ["..", "a/b", "a?b", "a b", "%2e"] {
        Akv::new()
            .args(["vaults", "--subscription-id", id])
            .app(&azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `--subscription-id` is not a valid subscription id: `{id}`\n\
                 akv-xsoar: hint: a subscription's id is a GUID (`az account list`)\n"
            ))
            .run();
    }
    vaults(&azure)
        .args(["--resource-group", "rg/x"])
        .status(2)
        .stderr(
            "akv-xsoar: error: `--resource-group` is not a valid resource group name: `rg/x`\n\
             akv-xsoar: hint: `az group list` shows the names\n",
        )
        .run();
    vaults(&azure)
        .arg("kv-prod")
        .status(2)
        .stderr(
            "akv-xsoar: error: `vaults` takes no arguments\n\
             akv-xsoar: hint: `akv-xsoar help vaults` lists its options\n",
        )
        .run();
    azure.expect(&[]);

    // A group's name may have letters of any language, which the path carries encoded.
    azure.resource_group(SUBSCRIPTION, "Überwachung (1)");
    vaults(&azure)
        .args(["--resource-group", "Überwachung(1)"])
        .status(5)
        .stderr_any()
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET *444/resourceGroups/%C3%9Cberwachung%281%29/providers/*",
    ]);
    Akv::new()
        .args(["vaults", "--subscription-id", "ü(1)"])
        .app(&azure)
        .status(5)
        .stderr_any()
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET *.com/subscriptions/%C3%BC%281%29/providers/*",
    ]);
}
