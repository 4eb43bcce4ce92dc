//! What comes before the file, and how much of it is replaced.

use serde_json::json;

use super::{
    CANARY, all_four, azure, configuration, document, expect_all_four, instance, read, with,
};
use crate::command::Akv;
use crate::files::set_mode;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, PROXY_PASSWORD, Scratch, TENANT};

#[test]
fn the_command_line_and_the_environment_come_first() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let mut json = instance();
    json["azure_cloud"] = json!("China");
    json["tenant_id"] = json!(OTHER_TENANT);
    json["timeout"] = json!(0.001);
    json["format"] = json!("jsonl");
    with(&azure, &directory, "fetch", json.to_string())
        .args(["--tenant-id", TENANT, "--timeout", "30", "--format=xsoar"])
        .env("AZURE_CLOUD", "AzureCloud")
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

#[test]
fn arguments_replace_the_file_s_selection_as_a_whole() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for args in [
        &["kv-test/db"][..],
        &["--vault", "kv-test", "--secret", "db"],
    ] {
        with(&azure, &directory, "fetch", instance().to_string())
            .args(args)
            .stdout(format!("[\n{}\n]\n", document("kv-test", "db")))
            .run();
        azure.expect(&[&azure.token_request(), &read("kv-test", "db")]);
    }
    // Not one half from here and the other from there.
    for (option, words) in [
        (
            "--vault=kv-test",
            "nothing is selected: vaults are given, but no secrets\nakv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`, or take all of them with `--all`",
        ),
        (
            "--secret=db",
            "nothing is selected: secrets are given, but no vault\nakv-xsoar: hint: name the vaults with `--vault NAME[,NAME…]`",
        ),
    ] {
        with(&azure, &directory, "fetch", instance().to_string())
            .arg(option)
            .status(2)
            .stderr(format!("akv-xsoar: error: {words}\n"))
            .run();
        azure.expect(&[]);
    }
    // No secrets: the whole vault is listed.
    with(&azure, &directory, "list", instance().to_string())
        .args(["--vault", "kv-test"])
        .stdout("kv-test/api\nkv-test/db\n")
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET kv-test.vault.azure.net/secrets?api-version=7.4",
    ]);
    // An empty one replaces nothing.
    with(&azure, &directory, "fetch", instance().to_string())
        .args(["--vault", "", "--secret="])
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

#[test]
fn whether_there_is_a_proxy() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    // Nobody listens at either place: the error tells which way was taken.
    let directly = "no connection to `localhost` (";
    let by_proxy = "the proxy cannot be used: no connection to `127.0.0.1` (127.0.0.1:2)";
    let proxy = "http://127.0.0.1:2";
    for (value, variable, args, way) in [
        (json!(false), proxy, &[][..], directly),
        (json!(false), proxy, &["--proxy", proxy], by_proxy),
        (json!(true), proxy, &[], by_proxy),
        (json!(true), proxy, &["--no-proxy"], directly),
        (json!(true), "", &[], directly),
        (json!(""), proxy, &[], by_proxy),
        (json!(null), proxy, &[], by_proxy),
        (json!(proxy), "", &[], by_proxy),
        (json!(proxy), "", &["--no-proxy"], directly),
        (
            json!(proxy),
            "http://127.0.0.1:3",
            &["--proxy", proxy],
            by_proxy,
        ),
    ] {
        let json = json!({
            "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "proxy": value,
            "authority_host": "localhost:1", "vault_suffix": "vault.example", "timeout": "0.3",
        });
        configuration(&directory, json.to_string());
        Akv::new()
            .args(["get", "kv-prod/api", "--config", "c.json"])
            .args(args)
            .cwd(directory.path())
            .env("HTTPS_PROXY", variable)
            .env("CASE", value.to_string())
            .status(6)
            .stderr_has(way)
            .run();
    }
    // A URL with a password is a secret.
    let url = format!(
        "http://user:{}@127.0.0.1:1",
        PROXY_PASSWORD.replace([':', '@'], "x")
    );
    let path = configuration(&directory, json!({"proxy": url}).to_string());
    set_mode(&path, 0o644);
    Akv::new()
        .args(["get", "kv-prod/api", "--config", "c.json"])
        .azure(&azure)
        .cwd(directory.path())
        .canary(PROXY_PASSWORD.replace([':', '@'], "x"))
        .status(2)
        .stderr(
            "akv-xsoar: error: cannot use the configuration file `c.json`: it holds a secret, and every user may read it (mode 0644)\n\
             akv-xsoar: hint: `chmod o-rwx c.json`\n",
        )
        .run();
    azure.expect(&[]);
    for (json, words) in [
        (
            json!({"proxy": format!("socks5://{CANARY}")}),
            "`proxy` in `c.json` is not the URL of an HTTP proxy",
        ),
        (
            json!({"proxy": format!("http://u:{CANARY}@h:port")}),
            "`proxy` in `c.json` is not a valid proxy URL",
        ),
    ] {
        with(&azure, &directory, "get", json.to_string())
            .arg("kv-prod/api")
            .canary(CANARY)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {words}\nakv-xsoar: hint: a proxy is written as `http://HOST:PORT`\n"
            ))
            .run();
        azure.expect(&[]);
    }
}
