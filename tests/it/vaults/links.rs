//! Links to the next page, and a vault's address: neither leads a token astray.

use serde_json::{Value, json};

use super::{LIST, line, vaults};
use crate::standin::{Fault, Paging, Standin};

const ERROR: &str = "akv-xsoar: error: cannot list the vaults of the subscription `00000000-1111-2222-3333-444444444444`: ";
const PORTAL: &str = "akv-xsoar: hint: something that is not Azure answers there: a captive portal, an inspecting proxy, a wrong address?\n";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    azure
}

#[test]
fn a_link_leads_nowhere_else() {
    for (link, problem) in [
        (
            "https://evil.example/subscriptions",
            "leads to another host or port",
        ),
        (
            "https://management.azure.com.evil.example/",
            "leads to another host or port",
        ),
        (
            "https://management.azure.com:8443/",
            "leads to another host or port",
        ),
        (
            "https://kv-prod.vault.azure.net/",
            "leads to another host or port",
        ),
        ("http://management.azure.com/", "is not https"),
        ("https://management.azure.com@evil.example/", "is no URL"),
        ("/subscriptions", "is no URL"),
        ("https://management.azure.com:/subscriptions", "is no URL"),
        (
            "https://management.azure.com:99999/subscriptions",
            "is no URL",
        ),
        (
            "https://management.azure.com:https/subscriptions",
            "is no URL",
        ),
        ("https://management.azure.com:0/subscriptions", "is no URL"),
    ] {
        let azure = azure();
        azure.fault(LIST, Fault::next_link(link));
        vaults(&azure)
            .status(7)
            .stderr(format!(
                "{ERROR}`management.azure.com` answered 200 with a link to the next page that {problem}\n{PORTAL}"
            ))
            .run();
        azure.expect(&[&azure.token_request(), LIST]);
        azure.expect_hosts(&["login.microsoftonline.com", "management.azure.com"]);
    }
}

#[test]
fn a_link_that_repeats() {
    let azure = azure();
    azure.fault(LIST, Fault::next_link_repeats());
    vaults(&azure)
        .status(7)
        .stderr(format!(
            "{ERROR}`management.azure.com` answered 200 with a link to the next page that repeats\n{PORTAL}"
        ))
        .run();
    azure.expect(&[&azure.token_request(), LIST]);
}

#[test]
fn links_without_end() {
    let azure = azure();
    azure.ignore_log();
    azure.fault("GET management.azure.com/", Fault::next_link_endless());
    let output = vaults(&azure)
        .args(["--timeout", "60"])
        .status(7)
        .stderr(format!(
            "{ERROR}`management.azure.com` answered 200 with more than 1000 pages\n{PORTAL}"
        ))
        .run();
    assert_eq!(
        azure.count("GET management.azure.com/*"),
        1000,
        "{output:?}"
    );
}

#[test]
fn a_vault_s_address_is_the_cloud_s() {
    for uri in [
        "https://kv-prod.vault.azure.cn/",
        "https://kv-prod.vault.azure.net.evil.example/",
        "https://evil.example/kv-prod.vault.azure.net",
        "https://kv-prod.vault.azure.net:8443/",
        "https://a.kv-prod.vault.azure.net/",
        "https://kv--prod.vault.azure.net/",
        "https://vault.azure.net/",
        "http://kv-prod.vault.azure.net/",
        "kv-prod.vault.azure.net",
        "https://user@kv-prod.vault.azure.net/",
        "https://kv-prod.vault.azure.net:/",
        "https://kv-prod.vault.azure.net:x/",
        "https://kv-prod.vault.azure.net:99999/",
        "https://kv-prod.vault.azure.net:0/",
        "",
    ] {
        let azure = azure();
        azure.list_vault("kv-good");
        azure.arm_vault_uri("kv-prod", uri);
        for format in [&[][..], &["--format", "jsonl"]] {
            vaults(&azure)
                .args(format)
                .status(7)
                .stderr(format!(
                    "{ERROR}the vault `{uri}` is not a host of this cloud (`https://NAME.vault.azure.net`)\n\
                     akv-xsoar: hint: is it the right cloud (`--cloud`, `--vault-suffix`)?\n"
                ))
                .run();
            azure.expect(&[&azure.token_request(), LIST]);
        }
    }
}

/// Another page may show a vault again, when one came into being in between.
#[test]
fn a_vault_that_is_shown_twice() {
    let azure = azure();
    azure.list_vault("kv-test");
    azure.arm_paging(Paging {
        size: 1,
        empty: 0,
        last: None,
    });
    azure.fault(
        LIST,
        Fault::change_json(|_, body| {
            if let Some(listed) = body["value"].as_array_mut() {
                let again = listed[0].clone();
                listed.push(again);
            }
        }),
    );
    vaults(&azure)
        .stdout(line("kv-prod") + &line("kv-test"))
        .run();
    azure.expect(&[&azure.token_request(), LIST, "GET *skiptoken=*"]);
}

#[test]
fn answers_that_make_no_sense() {
    for (fault, problem) in [
        (Fault::captive_portal(), "no JSON (text/html)"),
        (Fault::half(), "JSON that breaks off (application/json)"),
        (
            Fault::raw(200, "application/json", ""),
            "no JSON (application/json)",
        ),
        (
            Fault::json(200, &serde_json::json!({})),
            "JSON that is no list of vaults",
        ),
        (
            Fault::json(200, &serde_json::json!([1])),
            "JSON that is no list of vaults",
        ),
        (Fault::with("value", "x"), "JSON that is no list of vaults"),
        (Fault::without("value"), "JSON that is no list of vaults"),
        (
            Fault::change_json(|_, body| body["value"][0]["properties"] = serde_json::json!({})),
            "JSON that is no list of vaults",
        ),
    ] {
        let azure = azure();
        azure.fault(LIST, fault);
        vaults(&azure)
            .status(7)
            .stderr(format!(
                "{ERROR}`management.azure.com` answered 200 with {problem}\n{PORTAL}"
            ))
            .run();
        azure.expect(&[&azure.token_request(), LIST]);
    }
}

/// A vault with 1,024 access policies, as many as there may be.
#[test]
fn a_page_with_all_the_access_policies_there_may_be() {
    let azure = azure();
    azure.fault(
        LIST,
        Fault::change_json(|_, body| {
            let all = [
                "get", "list", "set", "delete", "recover", "backup", "restore", "purge",
            ];
            let policy = serde_json::json!({
                "tenantId": crate::standin::TENANT, "objectId": crate::standin::SYSTEM_OBJECT_ID,
                "permissions": {"secrets": all, "keys": all, "certificates": all, "storage": all},
            });
            body["value"][0]["properties"]["accessPolicies"] = vec![policy; 4 * 1024].into();
        }),
    );
    vaults(&azure).stdout(line("kv-prod")).run();
    azure.expect(&[&azure.token_request(), LIST]);
}

/// Whatever Resource Manager says is as anybody else's words.
#[test]
fn an_address_or_a_location_that_shows_a_token() {
    let azure = azure();
    let echo = |place: &'static str, before: &'static str, after: &'static str| {
        Fault::change(move |request, answer| {
            let token = request.header("authorization").unwrap_or_default();
            let token = token.trim_start_matches("Bearer ");
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            *body.pointer_mut(place).unwrap() = json!(format!("{before}{token}{after}"));
            answer.body = body.to_string().into_bytes();
        })
    };
    let uri = "/value/0/properties/vaultUri";
    azure.fault(LIST, echo(uri, "https://", ".evil.example").once());
    vaults(&azure)
        .status(7)
        .stderr_has(format!(
            "{ERROR}the vault `https://[secret].evil.example` is not a host"
        ))
        .run();
    azure.mend();
    azure.fault(LIST, echo("/value/0/location", "north ", "").once());
    vaults(&azure)
        .stdout("kv-prod\thttps://kv-prod.vault.azure.net\tnorth [secret]\tpublic\n")
        .run();
    azure.ignore_log();
}
