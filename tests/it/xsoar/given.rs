//! What the program is given, and in which way.

use std::fs;

use serde_json::{Value, json};

use super::instance::{Instance, credential, every_python};
use super::{azure, read};
use crate::canary::shows;
use crate::standin::{CLIENT_SECRET, Scratch, Secret, Standin};

/// A program that writes down what it is given before it does its work.
fn witness<'a>(instance: Instance<'a>, folder: &Scratch) -> Instance<'a> {
    let at = folder.path().display();
    let script = format!(
        "tr '\\0' '\\n' </proc/$$/environ >'{at}/environ'\nprintf '%s\\n' \"$@\" >'{at}/arguments'\ncat >'{at}/stdin'\nexec \"$AKV\" \"$@\" <'{at}/stdin'"
    );
    instance.script(folder, "akv", &script)
}

#[test]
fn the_parameters_go_to_its_standard_input_and_nowhere_else() {
    let azure = azure();
    let folder = Scratch::new("witness");
    every_python(|python| {
        let instance = witness(Instance::of(&azure, python), &folder)
            .option("user_tag", "login")
            .env("AZURE_CLIENT_ID", "a-stray-one")
            .env("AZURE_CLIENT_SECRET", "a-stray-secret")
            .env("AKV_XSOAR_CONFIG", "/nowhere")
            .env("NO_PROXY", "one.example")
            .env("SSL_CERT_FILE", "/nowhere");
        let said = instance.fetch("kv-prod/api");
        let wanted = credential("kv-prod/api", "api", "value-of-api");
        assert_eq!(said.credentials(), json!([wanted]));
        azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);

        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let arguments = text("arguments");
        assert_eq!(
            arguments,
            "fetch\n--format\nxsoar\n--config\n-\n--\nkv-prod/api\n"
        );
        let environ = text("environ");
        let mut names: Vec<_> = environ
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name)
            .collect();
        // A shell's own.
        names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"].contains(name));
        names.sort_unstable();
        assert_eq!(
            names,
            ["AZURE_POD_IDENTITY_AUTHORITY_HOST", "NO_PROXY"],
            "{environ}"
        );
        for shown in [&arguments, &environ] {
            assert!(!shows(shown.as_bytes(), CLIENT_SECRET));
        }
        let given: Value = serde_json::from_str(&text("stdin")).unwrap();
        let mut keys: Vec<_> = given
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "azure_cloud",
                "ca_file",
                "client_id",
                "connect_to",
                "credentials",
                "credentials_certificate_thumbprint",
                "insecure",
                "isFetchCredentials",
                "key_vaults",
                "managed_identities_client_id",
                "proxy",
                "secrets",
                "tenant_id",
                "timeout",
                "user_tag",
            ]
        );
        assert_eq!(given["credentials"]["password"], CLIENT_SECRET);
        assert_eq!(given["timeout"], "60");
    });
}

/// In images with a site's own roots, the server names them in this variable; the field is stronger.
#[test]
fn the_container_s_roots_are_trusted_where_the_field_is_empty() {
    let azure = azure();
    let ca = azure.ca_file();
    every_python(|python| {
        let instance = Instance::of(&azure, python).with("ca_file", "");
        let said = instance
            .clone()
            .env("SSL_CERT_FILE", ca.to_str().unwrap())
            .fetch("kv-prod/api");
        assert_eq!(said.credentials().as_array().map(Vec::len), Some(1));
        azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);
    });
}

#[test]
fn further_options_are_the_program_s() {
    let azure = azure();
    azure.put(
        "kv-prod",
        Secret::new("tagged", "tagged-value").tag("login", "svc"),
    );
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("secrets", "")
            .option("match", "TAG*")
            .option("user_tag", "login");
        let said = instance.run("fetch-credentials");
        let wanted = credential("kv-prod/tagged", "svc", "tagged-value");
        assert_eq!(said.credentials(), json!([wanted]));
        azure.expect(&[
            &azure.token_request(),
            "GET kv-prod.vault.azure.net/secrets?api-version=7.4*",
            &read("kv-prod", "tagged"),
        ]);

        let said = Instance::of(&azure, python)
            .option("user_tagg", "x")
            .run_without_values("fetch-credentials");
        said.raises("error: standard input, line 1: `user_tagg` is not a key of this file\nhint: did you mean `user_tag`?");
    });
}

#[test]
fn further_options_that_make_no_sense() {
    let azure = Standin::start();
    let folder = Scratch::new("options");
    every_python(|python| {
        let instance =
            Instance::of(&azure, python).script(&folder, "akv", "echo never >&2; exit 3");
        let canary = "{\"proxy\": \"http://u:Canary-Pr0xy@p\"";
        for (options, words) in [
            ("{", "`options` is not JSON, or not all of it"),
            (canary, "`options` is not JSON, or not all of it"),
            (
                "[]",
                "`options` must be a JSON object, such as {\"user_tag\": \"login\"}",
            ),
            (
                "7",
                "`options` must be a JSON object, such as {\"user_tag\": \"login\"}",
            ),
            (
                "{\"output\": \"/tmp/x\"}",
                "`output` has no place in `options`: ",
            ),
            (
                "{\"secrets\": \"x\"}",
                "`secrets` is in `options` and has a field of its own: ",
            ),
            (
                "{\"timeout\": 300}",
                "`timeout` is in `options` and has a field of its own: ",
            ),
        ] {
            let instance = instance
                .clone()
                .with("options", options)
                .canary("Canary-Pr0xy");
            instance
                .run_without_values("fetch-credentials")
                .raises(words);
            instance.fetch("kv-prod/db").nothing_because(words);
            assert!(
                instance
                    .run_without_values("test-module")
                    .error()
                    .starts_with(words)
            );
        }
    });
}

#[test]
fn no_run_may_take_as_long_as_xsoar_lets_it() {
    let azure = Standin::start();
    let folder = Scratch::new("timeout");
    every_python(|python| {
        let instance =
            Instance::of(&azure, python).script(&folder, "akv", "echo never >&2; exit 3");
        for timeout in ["151", "inf", "1e9"] {
            let said = instance
                .clone()
                .with("timeout", timeout)
                .run_without_values("fetch-credentials");
            said.raises(
                "`timeout` must be at most 150: XSOAR itself ends a command after 3 minutes",
            );
        }
        let said = instance
            .with("timeout", "")
            .option("timeout", 300)
            .fetch("kv-prod/db");
        said.nothing_because("`timeout` must be at most 150: ");
        // What is no number is the program's to judge.
        for timeout in ["soon", "0", "nan", "-1"] {
            let said = Instance::of(&azure, python)
                .with("timeout", timeout)
                .run_without_values("fetch-credentials");
            said.raises("error: ");
        }
    });
}

/// Of what nobody thought of only the kind is told: its text may quote anything.
#[test]
fn an_unexpected_error_is_told_by_its_kind() {
    let azure = Standin::start();
    let folder = Scratch::new("unexpected");
    every_python(|python| {
        let instance = Instance::of(&azure, python).canary("Canary-Option-90c1");
        let odd = instance
            .clone()
            .with("options", json!(["Canary-Option-90c1"]));
        odd.run_without_values("fetch-credentials")
            .raises("unexpected: AttributeError");
        odd.fetch("kv-prod/db")
            .nothing_because("unexpected: AttributeError");
        let script = r#"cat >/dev/null; echo '{"status":"FAILED","step":"s"}'; exit 3"#;
        let said = instance
            .script(&folder, "akv", script)
            .run_without_values("test-module");
        assert_eq!(said.error(), "unexpected: KeyError");
    });
}

/// No command of ours.
#[test]
fn a_command_that_there_is_not() {
    let azure = Standin::start();
    every_python(|python| {
        let said = Instance::of(&azure, python).run_without_values("azure-key-vault-get");
        assert_eq!(said.error(), "there is no command `azure-key-vault-get`");
    });
}
