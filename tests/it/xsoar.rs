//! The XSOAR integration of `scripts/xsoar`: its own Python, run as a server runs it, with the real program.

mod endings;
mod file;
mod given;
mod identifier;
mod instance;
mod status;

use serde_json::{Value, json};

use crate::standin::{CLIENT_ID, Permissions, Right, Secret, Standin, USER_CLIENT_ID};
use instance::{Instance, credential, every_python, every_python_there_is};

const ON_DEMAND: &str = "External Credentials Vault (on-demand)";

/// An Azure with two vaults.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db \"ü\" \u{1}\n");
    azure.secret("kv-prod", "api", "value-of-api");
    azure.secret("kv-dr", "db", "other-value-of-db");
    azure
}

fn read(vault: &str, secret: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets/{secret}?api-version=7.4")
}

fn listing(vault: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets?api-version=7.4*")
}

fn both() -> Value {
    json!([
        credential("kv-prod/db", "db", "value-of-db \"ü\" \u{1}\n"),
        credential("kv-prod/api", "api", "value-of-api"),
    ])
}

#[test]
fn all_credentials_are_stored() {
    let azure = azure();
    every_python_there_is(|python| {
        let said = Instance::of(&azure, python).run("fetch-credentials");
        assert_eq!(said.credentials(), both());
        azure.expect(&[
            &azure.token_request(),
            &read("kv-prod", "db"),
            &read("kv-prod", "api"),
        ]);
        assert!(said.log.is_empty(), "{said:?}");
    });
}

#[test]
fn one_credential_is_read_live_in_both_modes() {
    let azure = azure();
    every_python(|python| {
        for mode in ["Store in XSOAR", ON_DEMAND] {
            let instance = Instance::of(&azure, python).with("credentials_fetch_mode", mode);
            let said = instance.fetch("kv-dr/db");
            let wanted = json!([credential("kv-dr/db", "db", "other-value-of-db")]);
            assert_eq!(said.credentials(), wanted);
            azure.expect(&[&azure.token_request(), &read("kv-dr", "db")]);
        }
    });
}

#[test]
fn on_demand_the_list_has_names_and_no_value() {
    let azure = azure();
    every_python(|python| {
        let instance = Instance::of(&azure, python).with("credentials_fetch_mode", ON_DEMAND);
        let said = instance.run_without_values("fetch-credentials");
        let wanted = json!([
            credential("kv-prod/db", "db", ""),
            credential("kv-prod/api", "api", "")
        ]);
        assert_eq!(said.credentials(), wanted);
        azure.expect(&[&azure.token_request(), &listing("kv-prod")]);

        // Whole vaults.
        let instance = Instance::of(&azure, python)
            .with("credentials_fetch_mode", ON_DEMAND)
            .with("secrets", "")
            .option("all", true);
        let said = instance.run_without_values("fetch-credentials");
        let wanted = json!([
            credential("kv-prod/api", "api", ""),
            credential("kv-prod/db", "db", "")
        ]);
        assert_eq!(said.credentials(), wanted);
        azure.expect(&[&azure.token_request(), &listing("kv-prod")]);
    });
}

/// The role that may read a secret need not be one that may list them.
#[test]
fn where_listing_is_denied_the_names_are_those_configured() {
    let azure = azure();
    azure.deny("kv-prod", Right::List, Permissions::Roles);
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("credentials_fetch_mode", ON_DEMAND)
            .with("key_vaults", " https://kv-prod.vault.azure.net/ ,, kv-dr")
            .with("secrets", "db, never-seen");
        let said = instance.run_without_values("fetch-credentials");
        let names = [
            ("kv-prod/db", "db"),
            ("kv-prod/never-seen", "never-seen"),
            ("kv-dr/db", "db"),
            ("kv-dr/never-seen", "never-seen"),
        ];
        let wanted = names.map(|(name, user)| credential(name, user, ""));
        assert_eq!(said.credentials(), json!(wanted));
        assert_eq!(said.log.len(), 1, "{said:?}");
        assert!(
            said.log[0].starts_with(
                "info: AkvXsoar: the names are those configured, because listing them failed: error: cannot list the secrets of `kv-prod`"
            ),
            "{said:?}"
        );
        azure.expect(&[
            &azure.token_request(),
            &listing("kv-prod"),
            &listing("kv-dr"),
        ]);

        // Nothing is configured that could be taken instead.
        let instance = instance.with("secrets", "").option("all", true);
        let said = instance.run_without_values("fetch-credentials");
        said.raises("error: cannot list the secrets of `kv-prod`");
        azure.expect(&[
            &azure.token_request(),
            &listing("kv-prod"),
            &listing("kv-dr"),
        ]);

        // Another failure is one.
        let instance = Instance::of(&azure, python)
            .with("credentials_fetch_mode", ON_DEMAND)
            .with("tenant_id", "");
        let said = instance.run_without_values("fetch-credentials");
        said.raises("error: ");
    });
}

#[test]
fn names_in_the_war_room() {
    let azure = azure();
    azure.put(
        "kv-dr",
        Secret::new("odd", "no value of a list").tag("login", "a|b\\c"),
    );
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("key_vaults", "kv-dr")
            .with("secrets", "db,odd")
            .option("user_tag", "login");
        let entry = instance.run_without_values("akv-xsoar-list").entry();
        assert_eq!(
            entry["HumanReadable"],
            "### 2 credentials\n|Name|User|\n|---|---|\n|kv-dr/db|db|\n|kv-dr/odd|a\\|b\\\\c|"
        );
        let context = json!([
            {"Name": "kv-dr/db", "User": "db"},
            {"Name": "kv-dr/odd", "User": "a|b\\c"},
        ]);
        assert_eq!(entry["Contents"], context);
        let key = "AkvXsoar.Credential(val.Name && val.Name == obj.Name)";
        assert_eq!(entry["EntryContext"], json!({ key: context }));
        azure.expect(&[&azure.token_request(), &listing("kv-dr")]);
    });
}

/// More names than a person reads or a context should hold.
#[test]
fn of_many_names_the_first_thousand_are_shown() {
    let azure = Standin::start();
    azure.secrets("kv-many", 1100);
    azure.ignore_log();
    every_python(|python| {
        let instance = Instance::of(&azure, python)
            .with("key_vaults", "kv-many")
            .with("secrets", "")
            .option("all", true);
        let entry = instance.run_without_values("akv-xsoar-list").entry();
        let text = entry["HumanReadable"].as_str().unwrap();
        assert!(
            text.starts_with("### 1100 credentials, the first 1000:\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1003);
        assert_eq!(entry["Contents"].as_array().unwrap().len(), 1000);
    });
}

#[test]
fn the_test_button_says_ok_or_what_to_do() {
    let azure = azure();
    azure.ignore_log();
    every_python(|python| {
        let said = Instance::of(&azure, python).run_without_values("test-module");
        assert_eq!(said.results(), json!("ok"));

        let instance = Instance::of(&azure, python).with("secrets", "db,gone");
        let text = instance.run_without_values("test-module").error();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with("secrets: cannot read `kv-prod/gone`: "),
            "{text}"
        );
        assert!(lines[1].starts_with("hint: check the name"), "{text}");

        // What a run does not get to says it on another way.
        let instance = Instance::of(&azure, python).with("insecure", true);
        let text = instance.run_without_values("test-module").error();
        assert!(text.contains("`insecure` cannot be true\nhint: "), "{text}");
    });
}

/// The identities that make sense in a container.
#[test]
fn a_certificate_and_the_machine_s_identities() {
    let azure = azure();
    let (key, certificate) = azure.certificate();
    every_python(|python| {
        let one_line = key.pkcs8().replace('\n', " ");
        let application = Instance::of(&azure, python)
            .with("credentials", json!({"identifier": "", "password": ""}))
            .with("client_id", CLIENT_ID)
            .with(
                "credentials_certificate_thumbprint",
                json!({"identifier": "", "password": certificate.thumbprint()}),
            )
            .with("private_key", one_line.trim());
        let said = application.fetch("kv-prod/api");
        let api = json!([credential("kv-prod/api", "api", "value-of-api")]);
        assert_eq!(said.credentials(), api);
        azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);

        let system = Instance::of(&azure, python)
            .with("credentials", json!({"identifier": "", "password": ""}))
            .with("client_id", "")
            .with("tenant_id", "")
            .with("use_managed_identities", true);
        let ids = [("", ""), (USER_CLIENT_ID, "&client_id=*")];
        for (id, asked) in ids {
            let id = json!({"identifier": "", "password": id});
            let instance = system.clone().with("managed_identities_client_id", id);
            assert_eq!(instance.fetch("kv-prod/api").credentials(), api);
            azure.expect(&[
                &format!("GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net{asked}"),
                &read("kv-prod", "api"),
            ]);
        }
    });
}
