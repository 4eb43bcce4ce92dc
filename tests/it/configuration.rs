//! The configuration file: an instance of XSOAR's integration as it is, and the long options.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::command::Akv;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, PROXY_PASSWORD, Scratch, Standin, TENANT,
    USER_CLIENT_ID, USER_OBJECT_ID, USER_RESOURCE_ID,
};

const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
/// A value of the file's that no message may have.
const CANARY: &str = "Canary0fTheFile";

fn azure() -> Standin {
    let azure = Standin::start();
    for vault in ["kv-prod", "kv-test"] {
        for secret in ["api", "db"] {
            azure.secret(vault, secret, format!("value-of-{secret}-in-{vault}"));
        }
    }
    azure
}

fn read(vault: &str, secret: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets/{secret}?api-version=7.4")
}

fn document(vault: &str, secret: &str) -> String {
    format!(
        r#"{{"user":"{secret}","password":"value-of-{secret}-in-{vault}","name":"{vault}/{secret}"}}"#
    )
}

/// What `fetch` writes of the stand-in's two vaults and two secrets.
fn all_four() -> String {
    let pairs = [
        ("kv-prod", "db"),
        ("kv-prod", "api"),
        ("kv-test", "db"),
        ("kv-test", "api"),
    ];
    let documents = pairs.map(|(vault, secret)| document(vault, secret));
    format!("[\n{}\n]\n", documents.join(",\n"))
}

fn expect_all_four(azure: &Standin) {
    azure.expect(&[
        &azure.token_request(),
        &read("kv-prod", "db"),
        &read("kv-prod", "api"),
        &read("kv-test", "db"),
        &read("kv-test", "api"),
    ]);
}

/// `c.json`, which only its owner may read.
fn configuration(directory: &Scratch, json: impl AsRef<str>) -> PathBuf {
    let path = directory.write("c.json", json.as_ref());
    mode(&path, 0o600);
    path
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A run with this configuration, which a failure's report shows.
fn with<'a>(
    azure: &'a Standin,
    directory: &'a Scratch,
    command: &str,
    json: impl AsRef<str>,
) -> Akv<'a> {
    configuration(directory, json.as_ref());
    Akv::new()
        .args([command, "--config", "c.json"])
        .azure(azure)
        .cwd(directory.path())
        .env("CASE", json.as_ref())
}

/// An instance as it comes out of XSOAR, with the application's secret in it.
fn instance() -> serde_json::Value {
    json!({
        "azure_cloud": "Worldwide",
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "credentials": {
            "credential": "", "credentials": {"id": "", "user": "", "vaultInstanceId": "", "locked": false},
            "identifier": "", "password": CLIENT_SECRET, "passwordChanged": false,
        },
        "credentials_certificate_thumbprint": {"credential": "", "identifier": "", "password": "", "passwordChanged": false},
        "certificate_thumbprint": null,
        "private_key": "",
        "use_managed_identities": false,
        "managed_identities_client_id": {"credential": "", "identifier": "", "password": "", "passwordChanged": false},
        "subscription_id": "00000000-1111-2222-3333-444444444444",
        "resource_group_name": "rg-xsoar",
        "isFetchCredentials": true,
        "integrationLogLevel": "Off",
        "key_vaults": "kv-prod, kv-test",
        "secrets": "db,api,",
        "insecure": false,
        "proxy": false,
    })
}

#[test]
fn an_instance_as_it_is() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let pretty = serde_json::to_string_pretty(&instance()).unwrap();
    for json in [instance().to_string(), pretty] {
        with(&azure, &directory, "fetch", json)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }

    // By the variable, and the command line's before it.
    configuration(&directory, instance().to_string());
    for (variable, args) in [("c.json", &[][..]), ("gone.json", &["--config", "c.json"])] {
        Akv::new()
            .arg("fetch")
            .args(args)
            .azure(&azure)
            .cwd(directory.path())
            .env("AKV_XSOAR_CONFIG", variable)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
}

#[test]
fn older_names() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for older in [
        json!({"client_secret": CLIENT_SECRET, "certificate_thumbprint": ""}),
        json!({"client_secret": {"identifier": "x", "password": CLIENT_SECRET}}),
        json!({"client_secret": CLIENT_SECRET, "credentials": {"password": ""}}),
    ] {
        let mut json = json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "key_vaults": "kv-prod", "secrets": "api"});
        let fields = older.as_object().unwrap().clone();
        json.as_object_mut().unwrap().extend(fields);
        with(&azure, &directory, "get", json.to_string())
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);
    }
}

#[test]
fn a_managed_identity_of_the_instance() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for (id, query) in [
        (json!({"password": ""}), String::new()),
        (json!(null), String::new()),
        (
            json!({"credential": "", "identifier": "", "password": USER_CLIENT_ID, "passwordChanged": false}),
            format!("&client_id={USER_CLIENT_ID}"),
        ),
    ] {
        let mut json = instance();
        json["credentials"]["password"] = json!("");
        json["use_managed_identities"] = json!(true);
        json["managed_identities_client_id"] = id;
        json["secrets"] = json!("api");
        json["key_vaults"] = json!("kv-prod");
        with(&azure, &directory, "get", json.to_string())
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), &read("kv-prod", "api")]);
    }
}

#[test]
fn a_password_that_the_file_does_not_give_away() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let secret = directory.write("secret", CLIENT_SECRET);
    mode(&secret, 0o600);
    for password in [
        json!({"identifier": "", "password": "********", "passwordChanged": false}),
        json!({"identifier": "", "password": "••••••••"}),
        json!({"identifier": "", "password": ""}),
        json!({"identifier": "", "password": null}),
        json!({"identifier": ""}),
        json!("****"),
        json!(null),
    ] {
        let mut json = instance();
        json["credentials"] = password;
        with(&azure, &directory, "fetch", json.to_string())
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
        with(&azure, &directory, "fetch", json.to_string())
            .args(["--client-secret-file", "secret"])
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
        // A file without a secret may be read by everybody.
        mode(&configuration(&directory, json.to_string()), 0o644);
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
    // And the file may say where it is.
    let mut json = instance();
    json["credentials"] = json!(null);
    json["client_secret_file"] = json!("secret");
    with(&azure, &directory, "fetch", json.to_string())
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

#[test]
fn the_long_options() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let secret = directory.write("secret", CLIENT_SECRET);
    mode(&secret, 0o600);
    let json = json!({
        "cloud": "public", "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret_file": "secret",
        "vault": ["kv-prod", "https://kv-test.vault.azure.net/"], "secret": ["db", "api"],
        "subscription_id": "s", "resource_group": "rg", "missing": "error", "format": "jsonl",
        "output": "out.jsonl", "timeout": 30.5, "api_version": "7.4", "ca_file": azure.ca_file(),
        "connect_to": [azure.connect_to()], "no_proxy": true, "verbose": false, "quiet": true,
    });
    configuration(&directory, json.to_string());
    Akv::new()
        .args(["fetch", "--config", "c.json"])
        .cwd(directory.path())
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .run();
    expect_all_four(&azure);
    let lines = all_four()
        .replace("[\n", "")
        .replace("\n]\n", "\n")
        .replace("},\n", "}\n");
    assert_eq!(
        fs::read_to_string(directory.join("out.jsonl")).unwrap(),
        lines
    );

    // The identities of the machine.
    for (key, id, query) in [
        ("managed_identity", json!(true), String::new()),
        (
            "managed_identity_client_id",
            json!(USER_CLIENT_ID),
            format!("&client_id={USER_CLIENT_ID}"),
        ),
        (
            "managed_identity_object_id",
            json!(USER_OBJECT_ID),
            format!("&object_id={USER_OBJECT_ID}"),
        ),
        (
            "managed_identity_resource_id",
            json!(USER_RESOURCE_ID),
            format!("&msi_res_id={}", USER_RESOURCE_ID.replace('/', "%2F")),
        ),
    ] {
        let json = json!({key: id, "vault": "kv-prod", "secret": "api"});
        with(&azure, &directory, "get", json.to_string())
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), &read("kv-prod", "api")]);
    }
}

#[test]
fn lists_are_lists_or_text() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    for (vaults, secrets) in [
        (json!("kv-prod,kv-test"), json!("db,api")),
        (json!(["kv-prod", "kv-test"]), json!(["db", "api"])),
        (json!([" kv-prod ", "", "kv-test,"]), json!(["db,api"])),
        (json!(["kv-prod", "KV-PROD", "kv-test"]), json!("db,api,DB")),
    ] {
        for (vault, secret) in [("key_vaults", "secrets"), ("vault", "secret")] {
            let json = json!({
                "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                vault: vaults, secret: secrets,
            });
            with(&azure, &directory, "fetch", json.to_string())
                .stdout(all_four())
                .run();
            expect_all_four(&azure);
        }
    }
}

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
            "nothing is selected: there are vaults, and no secrets\nakv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`",
        ),
        (
            "--secret=db",
            "nothing is selected: there are secrets, and no vault\nakv-xsoar: hint: name the vaults with `--vault NAME[,NAME…]`",
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
    mode(&path, 0o644);
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
            "`proxy` in `c.json` is no HTTP proxy's URL",
        ),
        (
            json!({"proxy": format!("http://u:{CANARY}@h:port")}),
            "`proxy` in `c.json` is no proxy's URL",
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

/// Each of these is wrong where it stands, and no message has a value in it.
#[test]
fn what_is_wrong_in_it() {
    let keys = "\nakv-xsoar: hint: the keys are the parameters of XSOAR's AzureKeyVault integration and the long options with `_` for `-`";
    let certificates = "\nakv-xsoar: hint: certificates are always checked: give the proxy's or private CA's certificate with `--ca-file`";
    let c = CANARY;
    let azure = azure();
    for (json, words) in [
        // Not JSON, and not an object.
        (String::new(), "1, column 0: not valid JSON".to_owned()),
        (format!("{{\n\"tenant_id\": {c}\n}}"), "2, column 14: not valid JSON".into()),
        (format!("{{\"tenant_id\": \"{c}"), format!("1, column {}: not valid JSON", 15 + c.len())),
        (format!("{{}}\n\"{c}\""), "2, column 1: not valid JSON".into()),
        (format!("tenant_id: {c}"), "1, column 2: not valid JSON".into()),
        (format!("[\"{c}\"]"), "1: the file must hold one JSON object".into()),
        (format!("\"{c}\""), "1: the file must hold one JSON object".into()),
        ("17".into(), "1: the file must hold one JSON object".into()),
        ("null".into(), "1: the file must hold one JSON object".into()),
        // Unknown keys.
        (format!("{{\n\n\"pasword\": \"{c}\"}}"), format!("3: `pasword` is not a key of this file{keys}")),
        (format!("{{\"tenant-id\": \"{c}\"}}"), format!("1: `tenant-id` is not a key of this file{keys}")),
        (format!("{{\"config\": \"{c}\"}}"), format!("1: `config` is not a key of this file{keys}")),
        (format!("{{\"help\": \"{c}\"}}"), format!("1: `help` is not a key of this file{keys}")),
        (format!("{{\"identity\": \"{c}\"}}"), format!("1: `identity` is not a key of this file{keys}")),
        (format!("{{\"match\": \"{c}\"}}"), format!("1: `match` is not a key of this file{keys}")),
        (format!("{{\"a\\u001b[31mb\": \"{c}\"}}"), format!("1: `a [31mb` is not a key of this file{keys}")),
        // Wrong types.
        (format!("{{\"tenant_id\": [\"{c}\"]}}"), "1: `tenant_id` must be text".into()),
        ("{\"client_id\": 17}".into(), "1: `client_id` must be text".into()),
        ("{\"azure_cloud\": true}".into(), "1: `azure_cloud` must be text".into()),
        ("{\"api_version\": 7.4}".into(), "1: `api_version` must be text".into()),
        ("{\"timeout\": true}".into(), "1: `timeout` must be a number".into()),
        (format!("{{\"key_vaults\": {{\"{c}\": 1}}}}"), "1: `key_vaults` must be a list of texts, or text".into()),
        (format!("{{\"secrets\": [\"{c}\", 1]}}"), "1: `secrets` must be a list of texts, or text".into()),
        (format!("{{\"connect_to\": [[\"{c}\"]]}}"), "1: `connect_to` must be a list of texts, or text".into()),
        (format!("{{\"use_managed_identities\": \"{c}\"}}"), "1: `use_managed_identities` must be true or false".into()),
        ("{\"use_managed_identities\": \"true\"}".into(), "1: `use_managed_identities` must be true or false".into()),
        ("{\"managed_identity\": 1}".into(), "1: `managed_identity` must be true or false".into()),
        (format!("{{\"quiet\": \"{c}\"}}"), "1: `quiet` must be true or false".into()),
        (format!("{{\"credentials\": [\"{c}\"]}}"), "1: `credentials` must be text, or an object with a `password`".into()),
        ("{\"client_secret\": 17}".into(), "1: `client_secret` must be text, or an object with a `password`".into()),
        (format!("{{\"credentials\": {{\"password\": [\"{c}\"]}}}}"), "1: `credentials` has a `password` that is not text".into()),
        ("{\"proxy\": 1}".into(), "1: `proxy` must be true, false or a URL".into()),
        (format!("{{\"insecure\": \"{c}\"}}"), "1: `insecure` must be true or false".into()),
        ("{\n\"insecure\": true\n}".into(), format!("2: `insecure` cannot be true{certificates}")),
        // The same twice.
        (format!("{{\"tenant_id\": \"{c}\",\n\"tenant_id\": \"{c}\"}}"), "2: the key `tenant_id` is there twice".into()),
        (format!("{{\"credentials\": {{\"password\": \"a\", \"password\": \"{c}\"}}}}"), "1: the key `password` is there twice".into()),
        (format!("{{\"client_secret\": \"{c}\",\n\"credentials\": {{\"password\": \"{c}\"}}}}"), "2: `credentials` says the same as `client_secret`: only one of them may be there".into()),
        (format!("{{\"vault\": \"kv-prod\",\n\"key_vaults\": \"{c}\"}}"), "2: `key_vaults` says the same as `vault`: only one of them may be there".into()),
        (format!("{{\"secrets\": \"a\",\n\"secret\": \"{c}\"}}"), "2: `secret` says the same as `secrets`: only one of them may be there".into()),
        (format!("{{\"cloud\": \"public\",\n\"azure_cloud\": \"{c}\"}}"), "2: `azure_cloud` says the same as `cloud`: only one of them may be there".into()),
        (format!("{{\"resource_group\": \"a\",\n\"resource_group_name\": \"{c}\"}}"), "2: `resource_group_name` says the same as `resource_group`: only one of them may be there".into()),
        (format!("{{\"certificate_thumbprint\": \"a\",\n\"credentials_certificate_thumbprint\": \"{c}\"}}"), "2: `credentials_certificate_thumbprint` says the same as `certificate_thumbprint`: only one of them may be there".into()),
    ] {
        let directory = Scratch::new("configuration");
        with(&azure, &directory, "get", &json)
            .arg("kv-prod/api")
            .canary(CANARY)
            .status(2)
            .stderr(format!("akv-xsoar: error: `c.json`, line {words}\n"))
            .run();
        azure.expect(&[]);
    }
}

/// What is understood, and makes no sense: named by its key, and not shown.
#[test]
fn values_that_make_no_sense() {
    let azure = azure();
    for (key, words) in [
        ("azure_cloud", "is no cloud that this program knows"),
        (
            "tenant_id",
            "is no tenant: letters, digits, dots and hyphens only",
        ),
        ("client_id", "is no client id"),
        ("authority_host", "is no host"),
        ("vault_suffix", "is no host"),
        ("management_endpoint", "is no host"),
        ("key_vaults", "has a name that no vault can have"),
        ("vault", "has a name that no vault can have"),
        ("secrets", "has a name that no secret can have"),
        ("timeout", "must be a number of seconds above 0"),
        ("missing", "must be `sparse`, `error` or `skip`"),
        ("format", "must be `xsoar` or `jsonl`"),
        ("api_version", "is no api-version"),
        ("connect_to", "is not HOST1:PORT1:HOST2:PORT2"),
    ] {
        let directory = Scratch::new("configuration");
        let mut json = json!({
            "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "vault": "kv-prod", "secret": "api",
        });
        let fields = json.as_object_mut().unwrap();
        match key {
            "key_vaults" => drop(fields.remove("vault")),
            "secrets" => drop(fields.remove("secret")),
            _ => {}
        }
        json[key] = json!(format!("{CANARY} ?!"));
        configuration(&directory, json.to_string());
        Akv::new()
            .args(["fetch", "--config", "c.json", "--verbose"])
            .cwd(directory.path())
            .env("CASE", key)
            .canary(CANARY)
            .status(2)
            .stderr_has(format!("akv-xsoar: error: `{key}` in `c.json` {words}\n"))
            .run();
    }
    // A URL that is no vault's.
    let directory = Scratch::new("configuration");
    let json = json!({"vault": [format!("https://{CANARY}.vault.azure.cn")], "secret": "api"});
    with(&azure, &directory, "fetch", json.to_string())
        .canary(CANARY)
        .status(2)
        .stderr(
            "akv-xsoar: error: `vault` in `c.json` has a URL that is no vault's in this cloud (`https://NAME.vault.azure.net`)\n\
             akv-xsoar: hint: is it the right cloud (`--cloud`)?\n",
        )
        .run();
    azure.expect(&[]);
}

#[test]
fn files_that_cannot_be_used() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    fs::create_dir(directory.join("directory")).unwrap();
    directory.write("large", vec![b' '; 300 << 10]);
    for (name, open) in [("others", 0o602), ("group", 0o620), ("all", 0o666)] {
        let path = directory.write(name, "{}");
        mode(&path, open);
    }
    for (name, open) in [("read", 0o604), ("read-all", 0o644)] {
        let path = directory.write(name, instance().to_string());
        mode(&path, open);
    }
    for (file, problem) in [
        ("gone", "no such file or directory"),
        ("directory", "it is a directory"),
        ("large", "it is larger than 262144 bytes"),
        (
            "others",
            "others may write it (mode 0602)\nakv-xsoar: hint: `chmod go-w others`",
        ),
        (
            "group",
            "others may write it (mode 0620)\nakv-xsoar: hint: `chmod go-w group`",
        ),
        (
            "all",
            "others may write it (mode 0666)\nakv-xsoar: hint: `chmod go-w all`",
        ),
        (
            "read",
            "it holds a secret, and every user may read it (mode 0604)\nakv-xsoar: hint: `chmod o-rwx read`",
        ),
        (
            "read-all",
            "it holds a secret, and every user may read it (mode 0644)\nakv-xsoar: hint: `chmod o-rwx read-all`",
        ),
    ] {
        Akv::new()
            .args(["fetch", "--config", file])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the configuration file `{file}`: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
    // A group may read it.
    let path = configuration(&directory, instance().to_string());
    mode(&path, 0o640);
    Akv::new()
        .args(["fetch", "--config", "c.json"])
        .azure(&azure)
        .cwd(directory.path())
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

/// Only root can give a file away; anybody finds one of root's.
#[test]
fn whose_it_is() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let path = configuration(&directory, instance().to_string());
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(12_345), None).unwrap();
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr(
                "akv-xsoar: error: cannot use the configuration file `c.json`: it belongs to another user\n\
                 akv-xsoar: hint: `chown \"$(id -u)\" c.json`\n",
            )
            .run();
        azure.expect(&[]);
    }
    // Root's own is read, whoever runs this: it is just not JSON.
    Akv::new()
        .args(["fetch", "--config", "/etc/passwd"])
        .azure(&azure)
        .status(2)
        .stderr_has("akv-xsoar: error: `/etc/passwd`, line 1, column ")
        .run();
    azure.expect(&[]);
}

#[test]
fn from_a_pipe() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let made = std::process::Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(directory.join("pipe"))
        .status();
    assert!(made.unwrap().success());
    let run = Akv::new()
        .args(["fetch", "--config", "pipe"])
        .azure(&azure)
        .cwd(directory.path())
        .stdout(all_four())
        .spawn();
    fs::write(directory.join("pipe"), instance().to_string()).unwrap();
    run.wait();
    expect_all_four(&azure);

    Akv::new()
        .args(["fetch", "--config", "pipe", "--timeout", "0.2"])
        .azure(&azure)
        .cwd(directory.path())
        .status(8)
        .stderr("akv-xsoar: error: cannot use the configuration file `pipe`: nothing came from it within 0.2 s (`--timeout`)\n")
        .run();
    azure.expect(&[]);
}
