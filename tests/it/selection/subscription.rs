//! `--vault '*'`: every vault of the subscription, or of a resource group of it.

use serde_json::{Value, json};

use super::{add, array, expect, fetch, listing, read, refused};
use crate::command::Akv;
use crate::files::private;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, Paging, RESOURCE_GROUP, SUBSCRIPTION, Scratch, Standin,
    TENANT,
};

const SKIP: &str = "akv-xsoar: hint: `akv-xsoar list --vault NAME` shows what there is; with `--missing skip` it is no error to find nothing\n";
const UNSEEN: &str = "akv-xsoar: hint: `akv-xsoar vaults` shows those that the identity may see: it needs the role `Reader` on them, their resource group or the subscription\n";

fn vaults_of(scope: &str) -> String {
    format!(
        "GET management.azure.com/subscriptions/{scope}/providers/Microsoft.KeyVault/vaults?api-version=2022-07-01"
    )
}

/// Three vaults, not in their order, one in a resource group of its own.
fn azure() -> Standin {
    let azure = Standin::start();
    for vault in ["kv-two", "KV-One"] {
        azure.list_vault(vault);
    }
    azure.list_in_subscription("kv-three", SUBSCRIPTION, "rg-other", "westeurope", None);
    add(&azure, "kv-two", &["b", "a"]);
    add(&azure, "kv-one", &["a"]);
    add(&azure, "kv-three", &["a", "c"]);
    azure
}

/// A run with the whole subscription.
fn everywhere<'a>(azure: &'a Standin, args: &[&str]) -> Akv<'a> {
    fetch(azure, &["--vault", "*", "--subscription-id", SUBSCRIPTION]).args(args)
}

/// Panics unless the vaults were looked for with one token, and these requests were made with another.
#[track_caller]
fn expect_found(azure: &Standin, scope: &str, listed: &[&str], reads: &[(&str, &str)]) {
    let mut expected = vec![
        azure.token_request(),
        vaults_of(scope),
        azure.token_request(),
    ];
    expected.extend(listed.iter().map(|vault| listing(vault)));
    expected.extend(reads.iter().map(|(vault, name)| read(vault, name)));
    azure.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>());
}

const ALL: [&str; 3] = ["kv-one", "kv-three", "kv-two"];

#[test]
fn every_vault_by_name() {
    let azure = azure();
    let all = [
        ("kv-one", "a"),
        ("kv-three", "a"),
        ("kv-three", "c"),
        ("kv-two", "a"),
        ("kv-two", "b"),
    ];
    everywhere(&azure, &["--all"])
        .in_sequence()
        .stdout(array(&all))
        .run();
    expect_found(&azure, SUBSCRIPTION, &ALL, &all);
    assert_eq!(azure.hosts().len(), 5, "one connection each");
    // Given twice, it is the same.
    everywhere(&azure, &["--all", "--vault=*,*"])
        .stdout(array(&all))
        .run();
    expect_found(&azure, SUBSCRIPTION, &ALL, &all);

    Akv::new()
        .args(["list", "--vault=*", "--match", "A,c"])
        .app(&azure)
        .env("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
        .stdout("kv-one/a\nkv-three/a\nkv-three/c\nkv-two/a\n")
        .stderr("akv-xsoar: warning: `--match c` matches nothing in `kv-one`, `kv-two`\n")
        .run();
    expect_found(&azure, SUBSCRIPTION, &ALL, &[]);
}

#[test]
fn secrets_by_name_in_every_vault() {
    let azure = azure();
    let reads = [
        ("kv-one", "c"),
        ("kv-one", "a"),
        ("kv-three", "c"),
        ("kv-three", "a"),
        ("kv-two", "c"),
        ("kv-two", "a"),
    ];
    let there = [
        ("kv-one", "a"),
        ("kv-three", "c"),
        ("kv-three", "a"),
        ("kv-two", "a"),
    ];
    everywhere(&azure, &["--secret", "c,a"])
        .stdout(array(&there))
        .stderr(
            "akv-xsoar: warning: `kv-one/c` does not exist and is left out\n\
             akv-xsoar: warning: `kv-two/c` does not exist and is left out\n",
        )
        .run();
    expect_found(&azure, SUBSCRIPTION, &[], &reads);
    everywhere(&azure, &["--secret", "c,a", "--missing=skip"])
        .stdout(array(&there))
        .run();
    expect_found(&azure, SUBSCRIPTION, &[], &reads);
    everywhere(&azure, &["--secret", "x"])
        .status(5)
        .stderr(
            "akv-xsoar: error: cannot read `x`: no such secret in any of the vaults `kv-one`, `kv-three`, `kv-two`\n\
             akv-xsoar: hint: check the name, or leave out what does not exist with `--missing skip`\n",
        )
        .run();
    expect_found(&azure, SUBSCRIPTION, &[], &ALL.map(|vault| (vault, "x")));
}

#[test]
fn the_vaults_of_a_resource_group() {
    let azure = azure();
    let scope = |group: &str| format!("{SUBSCRIPTION}/resourceGroups/{group}");
    let there = [("kv-three", "a"), ("kv-three", "c")];
    everywhere(&azure, &["--all", "--resource-group", "rg-other"])
        .stdout(array(&there))
        .run();
    expect_found(&azure, &scope("rg-other"), &["kv-three"], &there);

    // The command line comes before the environment.
    let there = [("kv-one", "a"), ("kv-two", "a"), ("kv-two", "b")];
    for (args, variable) in [
        (&["--all"][..], RESOURCE_GROUP),
        (&["--all", "--resource-group", RESOURCE_GROUP], "rg-other"),
    ] {
        everywhere(&azure, args)
            .env("AZURE_SUBSCRIPTION_ID", "another")
            .env("AZURE_RESOURCE_GROUP", variable)
            .stdout(array(&there))
            .run();
        expect_found(
            &azure,
            &scope(RESOURCE_GROUP),
            &["kv-one", "kv-two"],
            &there,
        );
    }

    // A role on it is enough, whatever it is called.
    let group = "rg.(1)_\u{e4}";
    azure.deny_subscription(SUBSCRIPTION);
    azure.allow_resource_group(SUBSCRIPTION, group);
    azure.list_in_subscription("kv-four", SUBSCRIPTION, group, "westeurope", None);
    add(&azure, "kv-four", &["d"]);
    everywhere(&azure, &["--all", "--resource-group", group])
        .stdout(array(&[("kv-four", "d")]))
        .run();
    let encoded = scope("rg.%281%29_%C3%A4");
    expect_found(&azure, &encoded, &["kv-four"], &[("kv-four", "d")]);
    for group in ["rg (1)", "rg/..", "..", "a?b"] {
        everywhere(&azure, &["--all", "--resource-group", group])
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `--resource-group` is not a valid resource group name: `{group}`\n\
                 akv-xsoar: hint: `az group list` shows the names\n"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn pages_and_empty_pages() {
    let azure = Standin::start();
    let names: Vec<_> = (1..=5).map(|number| format!("kv-{number:03}")).collect();
    for name in names.iter().rev() {
        azure.list_vault(name);
        add(&azure, name, &["a"]);
    }
    for (size, empty, last, pages) in [
        (2, 0, None, 3),
        (2, 2, Some(Value::Null), 11),
        (25, 1, Some(json!("")), 3),
    ] {
        azure.arm_paging(Paging { size, empty, last });
        let reads: Vec<_> = names.iter().map(|name| (&**name, "a")).collect();
        everywhere(&azure, &["--secret", "a"])
            .stdout(array(&reads))
            .run();
        let mut expected = vec![azure.token_request(), vaults_of(SUBSCRIPTION)];
        expected.resize(pages + 1, vaults_of(SUBSCRIPTION) + "&%24skiptoken=*");
        expected.push(azure.token_request());
        expected.extend(reads.iter().map(|(vault, name)| read(vault, name)));
        azure.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// A managed identity's tokens show in their requests whom they are for.
#[test]
fn the_token_for_resource_manager_is_one_of_its_own() {
    let azure = azure();
    let token = |audience: &str| {
        format!(
            "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2F{audience}"
        )
    };
    let reads = ALL.map(|vault| (vault, "a"));
    Akv::new()
        .args(["fetch", "--vault=*", "--secret=a", "--managed-identity"])
        .args(["--subscription-id", SUBSCRIPTION])
        .azure(&azure)
        .stdout(array(&reads))
        .run();
    let mut expected = vec![
        token("management.azure.com"),
        vaults_of(SUBSCRIPTION),
        token("vault.azure.net"),
    ];
    expected.extend(reads.iter().map(|(vault, name)| read(vault, name)));
    azure.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn vaults_of_another_cloud_are_not_asked() {
    for uri in [
        "https://kv-two.vault.azure.cn/",
        "https://kv-two.vault.azure.net.evil.example/",
        "https://kv-two.vault.azure.net:8443/",
        "https://kv-two.evil.vault.azure.net/",
        "http://kv-two.vault.azure.net/",
        "https://evil.example/?.vault.azure.net",
        "",
    ] {
        let azure = azure();
        azure.arm_vault_uri("kv-two", uri);
        for args in [&["--all"][..], &["--secret=a", "--missing=skip"]] {
            everywhere(&azure, args)
                .status(7)
                .stderr(format!(
                    "akv-xsoar: error: cannot list the vaults of the subscription `{SUBSCRIPTION}`: the vault `{uri}` is not a host of this cloud (`https://NAME.vault.azure.net`)\n\
                     akv-xsoar: hint: is it the right cloud (`--cloud`, `--vault-suffix`)?\n"
                ))
                .run();
            // No token for vaults is asked for, and no vault.
            azure.expect(&[&azure.token_request(), &vaults_of(SUBSCRIPTION)]);
        }
        assert!(azure.hosts().iter().all(|host| !host.starts_with("kv-")));
    }
}

#[test]
fn what_is_refused_before_anything_is_sent() {
    let azure = azure();
    refused(
        &azure,
        &["fetch", "--vault=*", "--all"],
        "`--vault` `*` needs a subscription to look for vaults in\n\
         akv-xsoar: hint: give it as `--subscription-id ID` or `AZURE_SUBSCRIPTION_ID`",
    );
    for vaults in [
        &["--vault=*,kv-one"][..],
        &["--vault", "kv-one", "--vault", "*"],
    ] {
        let args = [
            &["fetch", "--all", "--subscription-id", SUBSCRIPTION],
            vaults,
        ]
        .concat();
        refused(
            &azure,
            &args,
            "`--vault` names vaults beside `*`, which is every vault\n\
             akv-xsoar: hint: leave one of them out",
        );
    }
    // The star is no pattern of vaults' names.
    refused(
        &azure,
        &[
            "fetch",
            "--vault=kv-*",
            "--all",
            "--subscription-id",
            SUBSCRIPTION,
        ],
        "`--vault` has an invalid vault name: `kv-*`\n\
         akv-xsoar: hint: a vault's name has 3 to 24 letters, digits and single hyphens, beginning with a letter",
    );
    for id in ["a/b", "..", "a?b=c", "a b", "#"] {
        refused(
            &azure,
            &["fetch", "--vault=*", "--all", "--subscription-id", id],
            &format!(
                "`--subscription-id` is not a valid subscription id: `{id}`\n\
                 akv-xsoar: hint: a subscription's id is a GUID (`az account list`)"
            ),
        );
    }
    // Of one secret in any number of vaults there may be any number.
    refused(
        &azure,
        &[
            "get",
            "--vault=*",
            "--secret=a",
            "--subscription-id",
            SUBSCRIPTION,
        ],
        "`get` prints one secret's value, and any number are selected\n\
         akv-xsoar: hint: `fetch` writes several",
    );
    // Where no vault is looked for, nobody asks which subscription.
    fetch(&azure, &["kv-one/a", "--subscription-id", "a/b"])
        .stdout(array(&[("kv-one", "a")]))
        .run();
    expect(&azure, &[], &[("kv-one", "a")]);
}

#[test]
fn who_may_not_look_and_what_is_not_there() {
    let azure = azure();
    let operation =
        format!("akv-xsoar: error: cannot list the vaults of the subscription `{SUBSCRIPTION}`: ");
    let asked = |scope: &str| azure.expect(&[&azure.token_request(), &vaults_of(scope)]);

    everywhere(&azure, &["--all", "--resource-group=rg-none"])
        .status(5)
        .stderr_has(format!("cannot list the vaults of the resource group `rg-none` in the subscription `{SUBSCRIPTION}`: there is no such resource group in the subscription: "))
        .stderr_has("\nakv-xsoar: hint: check the name (`az group list`)\n")
        .run();
    asked(&format!("{SUBSCRIPTION}/resourceGroups/rg-none"));

    for id in ["00000000-0000-0000-0000-00000000dead", "Pay-As-You-Go"] {
        // Not even with this: it is not a secret that is missing.
        fetch(&azure, &["--vault=*", "--all", "--missing=skip", "--subscription-id", id])
            .status(5)
            .stderr_has(format!("cannot list the vaults of the subscription `{id}`: there is no such subscription in this tenant and cloud: "))
            .run();
        asked(id);
    }

    azure.subscription_tenant(SUBSCRIPTION, OTHER_TENANT);
    everywhere(&azure, &["--all"])
        .status(4)
        .stderr_has(format!("{operation}the subscription belongs to the tenant `{OTHER_TENANT}`, the token is of another one: "))
        .run();
    // A new token does not help.
    let (token, list) = (azure.token_request(), vaults_of(SUBSCRIPTION));
    azure.expect(&[&token, &list, &token, &list]);
    azure.subscription_tenant(SUBSCRIPTION, TENANT);

    azure.deny_subscription(SUBSCRIPTION);
    everywhere(&azure, &["--all"])
        .status(4)
        .stderr_has(format!("{operation}the identity lacks a role there: "))
        .stderr_has("\nakv-xsoar: hint: give it the role `Reader` on the subscription or resource group (`az role assignment create`), and wait some minutes; to read secrets of vaults that are named it is not needed\n")
        .run();
    asked(SUBSCRIPTION);
}

#[test]
fn a_subscription_without_vaults() {
    let azure = Standin::start();
    let none = format!("there is no vault in the subscription `{SUBSCRIPTION}`\n");
    let warning = format!("akv-xsoar: warning: {none}");
    everywhere(&azure, &["--all"])
        .stdout("[]\n")
        .stderr(&*warning)
        .run();
    expect_found(&azure, SUBSCRIPTION, &[], &[]);
    for selection in ["--secret=a", "--match=*", "--tag=a"] {
        everywhere(&azure, &[selection])
            .status(5)
            .stderr(format!("akv-xsoar: error: nothing to read: {none}{UNSEEN}"))
            .run();
        azure.expect(&[&azure.token_request(), &vaults_of(SUBSCRIPTION)]);
        everywhere(&azure, &[selection, "--missing=skip"])
            .stdout("[]\n")
            .stderr(&*warning)
            .run();
        expect_found(&azure, SUBSCRIPTION, &[], &[]);
    }
    // One that has nothing in it is another matter.
    azure.list_vault("kv-void");
    everywhere(&azure, &["--all"]).stdout("[]\n").run();
    expect_found(&azure, SUBSCRIPTION, &["kv-void"], &[]);
    everywhere(&azure, &["--match=a*"])
        .status(5)
        .stderr(format!(
            "akv-xsoar: error: nothing to read: `--match a*` matches nothing in `kv-void`\n{SKIP}"
        ))
        .run();
    expect_found(&azure, SUBSCRIPTION, &["kv-void"], &[]);
}

/// As in an instance of XSOAR's integration, whose subscription and resource group are there already.
#[test]
fn in_the_file() {
    let azure = azure();
    let directory = Scratch::new("subscription");
    let instance = |vaults: Value| {
        json!({
            "tenant_id": TENANT, "client_id": CLIENT_ID, "credentials": {"password": CLIENT_SECRET},
            "subscription_id": SUBSCRIPTION, "resource_group_name": "rg-other", "key_vaults": vaults,
            "all": true,
        })
    };
    let run = |vaults: Value| {
        private(&directory, "c.json", instance(vaults).to_string());
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
    };
    let there = [("kv-three", "a"), ("kv-three", "c")];
    for vaults in [json!("*"), json!(["*"])] {
        run(vaults).stdout(array(&there)).run();
        let scope = format!("{SUBSCRIPTION}/resourceGroups/rg-other");
        expect_found(&azure, &scope, &["kv-three"], &there);
    }
    run(json!("kv-one, *"))
        .status(2)
        .stderr(
            "akv-xsoar: error: `key_vaults` in `c.json` names vaults beside `*`, which is every vault\n\
             akv-xsoar: hint: leave one of them out\n",
        )
        .run();
    azure.expect(&[]);
}
