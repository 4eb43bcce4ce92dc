//! What is wrong in the file: named by its place or its key, and never shown.

use serde_json::json;

use super::{CANARY, azure, configuration, with};
use crate::command::Akv;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT};

/// Each of these is wrong where it stands, and no message has a value in it.
#[test]
fn what_is_wrong_in_it() {
    let keys = "\nakv-xsoar: hint: the keys are the parameters of XSOAR's AzureKeyVault integration and the long options with `_` for `-`";
    let certificates = "\nakv-xsoar: hint: certificates are always checked: give the proxy's or private CA's certificate with `--ca-file`";
    let c = CANARY;
    let meant = |key: &str, meant: &str| {
        format!("1: `{key}` is not a key of this file\nakv-xsoar: hint: did you mean `{meant}`?")
    };
    let no_password = |key: &str| {
        format!("1: `{key}` must be text, or an object with a `password`, which is not there")
    };
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
        (format!("{{\"tenant-id\": \"{c}\"}}"), meant("tenant-id", "tenant_id")),
        (format!("{{\"Client_ID\": \"{c}\"}}"), meant("Client_ID", "client_id")),
        (format!("{{\"tennant_id\": \"{c}\"}}"), meant("tennant_id", "tenant_id")),
        (format!("{{\"credential\": \"{c}\"}}"), meant("credential", "credentials")),
        (format!("{{\"azure_clodu\": \"{c}\"}}"), meant("azure_clodu", "azure_cloud")),
        (format!("{{\"keyvaults\": \"{c}\"}}"), meant("keyvaults", "key_vaults")),
        (format!("{{\"config\": \"{c}\"}}"), format!("1: `config` is not a key of this file{keys}")),
        (format!("{{\"help\": \"{c}\"}}"), format!("1: `help` is not a key of this file{keys}")),
        (format!("{{\"user-tag\": \"{c}\"}}"), meant("user-tag", "user_tag")),
        (format!("{{\"matches\": \"{c}\"}}"), meant("matches", "match")),
        (format!("{{\"a\\u001b[31m\\u200bb\": \"{c}\"}}"), format!("1: `a\\u{{1b}}[31m\\u{{200b}}b` is not a key of this file{keys}")),
        // Wrong types.
        (format!("{{\"tenant_id\": [\"{c}\"]}}"), "1: `tenant_id` must be text".into()),
        ("{\"client_id\": 17}".into(), "1: `client_id` must be text".into()),
        (format!("{{\"identity\": [\"{c}\"]}}"), "1: `identity` must be text".into()),
        (format!("{{\"client_certificate\": {{\"{c}\": 1}}}}"), "1: `client_certificate` must be text".into()),
        (format!("{{\"private_key\": [\"{c}\"]}}"), "1: `private_key` must be text, or an object with a `password`".into()),
        ("{\"azure_cloud\": true}".into(), "1: `azure_cloud` must be text".into()),
        ("{\"api_version\": 7.4}".into(), "1: `api_version` must be text".into()),
        ("{\"timeout\": true}".into(), "1: `timeout` must be a number".into()),
        (format!("{{\"key_vaults\": {{\"{c}\": 1}}}}"), "1: `key_vaults` must be a list of texts, or text".into()),
        (format!("{{\"secrets\": [\"{c}\", 1]}}"), "1: `secrets` must be a list of texts, or text".into()),
        (format!("{{\"match\": {{\"{c}\": 1}}}}"), "1: `match` must be a list of texts, or text".into()),
        (format!("{{\"tag\": [\"{c}\", null]}}"), "1: `tag` must be a list of texts, or text".into()),
        (format!("{{\"env\": {{\"{c}\": \"kv-prod/api\"}}}}"), "1: `env` must be a list of texts, or text".into()),
        (format!("{{\"user_tag\": [\"{c}\"]}}"), "1: `user_tag` must be text".into()),
        (format!("{{\"prefix\": [\"{c}\"]}}"), "1: `prefix` must be text".into()),
        (format!("{{\"all\": \"{c}\"}}"), "1: `all` must be true or false".into()),
        ("{\"include_certificates\": 1}".into(), "1: `include_certificates` must be true or false".into()),
        (format!("{{\"json_value\": \"{c}\"}}"), "1: `json_value` must be true or false".into()),
        (format!("{{\"connect_to\": [[\"{c}\"]]}}"), "1: `connect_to` must be a list of texts, or text".into()),
        (format!("{{\"use_managed_identities\": \"{c}\"}}"), "1: `use_managed_identities` must be true or false".into()),
        ("{\"use_managed_identities\": \"true\"}".into(), "1: `use_managed_identities` must be true or false".into()),
        ("{\"managed_identity\": 1}".into(), "1: `managed_identity` must be true or false".into()),
        (format!("{{\"quiet\": \"{c}\"}}"), "1: `quiet` must be true or false".into()),
        (format!("{{\"credentials\": [\"{c}\"]}}"), "1: `credentials` must be text, or an object with a `password`".into()),
        ("{\"client_secret\": 17}".into(), "1: `client_secret` must be text, or an object with a `password`".into()),
        (format!("{{\"credentials\": {{\"password\": [\"{c}\"]}}}}"), "1: `credentials` has a `password` that is not text".into()),
        // An object that is none of the integration's.
        (format!("{{\"private_key\": {{\"key\": \"{c}\"}}}}"), no_password("private_key")),
        (format!("{{\"credentials\": {{\"value\": \"{c}\"}}}}"), no_password("credentials")),
        (format!("{{\"client_secret\": {{\"Password\": \"{c}\"}}}}"), no_password("client_secret")),
        (format!("{{\n\"credentials_certificate_thumbprint\": {{\"thumbprint\": \"{c}\"}}}}"), no_password("credentials_certificate_thumbprint").replace("1:", "2:")),
        (format!("{{\"managed_identities_client_id\": {{\"client_id\": \"{c}\"}}}}"), no_password("managed_identities_client_id")),
        (format!("{{\"client_id\": {{\"password\": \"{c}\"}}}}"), "1: `client_id` must be text".into()),
        (format!("{{\"output\": {{\"file\": \"{c}\"}}}}"), "1: `output` must be text".into()),
        (format!("{{\"timeout\": {{\"seconds\": \"{c}\"}}}}"), "1: `timeout` must be a number".into()),
        (format!("{{\"proxy\": {{\"url\": \"{c}\"}}}}"), "1: `proxy` must be true, false or a URL".into()),
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
    for (key, words) in [
        ("azure_cloud", "is not a cloud that this program knows"),
        (
            "tenant_id",
            "is not a valid tenant: it may have letters, digits, dots and hyphens only",
        ),
        ("client_id", "is not a valid client id"),
        (
            "identity",
            "must be `secret`, `certificate`, `workload`, `imds`, `arc` or `app-service`",
        ),
        ("authority_host", "is not a host"),
        ("vault_suffix", "is not a host"),
        ("management_endpoint", "is not a host"),
        ("key_vaults", "has an invalid vault name"),
        ("vault", "has an invalid vault name"),
        ("secrets", "has an invalid secret name"),
        ("timeout", "must be a number of seconds above 0"),
        ("missing", "must be `sparse`, `error` or `skip`"),
        (
            "format",
            "must be `xsoar`, `jsonl`, `dotenv`, `shell` or `files`",
        ),
        ("decode", "must be `base64` or `auto`"),
        ("api_version", "is not an api-version"),
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
}

/// Nor has a hint a part of it.
#[test]
fn urls_and_ids_of_something_else() {
    let azure = azure();
    for (key, value, hint) in [
        (
            "vault",
            format!("https://{CANARY}.privatelink.vaultcore.azure.net"),
            "name it as everywhere, `NAME` or `https://NAME.vault.azure.net`: ",
        ),
        (
            "key_vaults",
            format!("{CANARY}.vault.azure.net/secrets/api"),
            "a vault's URL ends behind its host: `NAME`, or `https://NAME.vault.azure.net`\n",
        ),
        (
            "vault",
            format!("/subscriptions/0/providers/Microsoft.KeyVault/vaults/{CANARY}"),
            "a vault is named by its name: `NAME`\n",
        ),
        (
            "env",
            format!("A=https://kv-prod.vault.azure.net/certificates/{CANARY}"),
            "its secret, with the private key, has the same name: `…/secrets/NAME`\n",
        ),
        (
            "vault",
            format!("user:{CANARY}@kv-prod.vault.azure.net"),
            "is it the right cloud (`--cloud`)?\n",
        ),
    ] {
        let directory = Scratch::new("configuration");
        let json = json!({key: value, "secret": "api", "format": "shell"});
        let json = match key {
            "env" => json!({key: value, "format": "shell"}),
            _ => json,
        };
        with(&azure, &directory, "fetch", json.to_string())
            .canary(CANARY)
            .env_remove("CASE")
            .status(2)
            .stderr_has(format!("akv-xsoar: error: `{key}` in `c.json` "))
            .stderr_has(format!("akv-xsoar: hint: {hint}"))
            .run();
    }
    // A URL that is no vault's.
    let directory = Scratch::new("configuration");
    let json = json!({"vault": [format!("https://{CANARY}.vault.azure.cn")], "secret": "api"});
    with(&azure, &directory, "fetch", json.to_string())
        .canary(CANARY)
        .status(2)
        .stderr(
            "akv-xsoar: error: `vault` in `c.json` has a URL that is not that of a vault in this cloud (`https://NAME.vault.azure.net`)\n\
             akv-xsoar: hint: it is of another cloud: `--cloud china`\n",
        )
        .run();
    azure.expect(&[]);
}
