//! What XSOAR's server gives an integration as its parameters (`demisto.params()`), handed over on standard input as it is.

use serde_json::{Map, Value, json};

use super::{METADATA, all_four, azure, document, expect_all_four, read};
use crate::command::Akv;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT, USER_CLIENT_ID};

/// A parameter of the type 'credentials' whose password was typed in.
fn typed(password: &str) -> Value {
    json!({
        "credential": "", "identifier": "", "password": password, "passwordChanged": false,
        "credentials": {
            "cacheVersn": 0, "created": "0001-01-01T00:00:00Z", "highlight": null, "id": "", "locked": false,
            "modified": "0001-01-01T00:00:00Z", "name": "", "password": "", "primaryTerm": 0, "sequenceNumber": 0,
            "sizeInBytes": 0, "sortValues": null, "sshkey": "", "sshkeyPass": "", "syncHash": "", "user": "",
            "vaultInstanceId": "", "version": 0, "workgroup": "",
        },
    })
}

/// Every parameter of AzureKeyVault 1.2.1, with what an application's instance has there.
fn parameters() -> Map<String, Value> {
    let all = json!({
        "azure_cloud": "Worldwide",
        "client_id": CLIENT_ID,
        "credentials": typed(CLIENT_SECRET),
        "tenant_id": TENANT,
        "certificate_thumbprint": "",
        "credentials_certificate_thumbprint": typed(""),
        "private_key": "",
        "use_managed_identities": false,
        "managed_identities_client_id": typed(""),
        "subscription_id": "00000000-1111-2222-3333-444444444444",
        "resource_group_name": "rg-xsoar",
        "isFetchCredentials": true,
        "credentials_fetch_mode": "Store in XSOAR",
        "key_vaults": "kv-prod,kv-test",
        "secrets": "db, api",
        "insecure": false,
        "proxy": false,
    });
    all.as_object().unwrap().clone()
}

/// These parameters, but for some.
fn with(changes: &Value) -> String {
    let mut parameters = parameters();
    parameters.extend(changes.as_object().unwrap().clone());
    Value::from(parameters).to_string()
}

fn handed<'a>(azure: &'a Standin, words: &[&str], parameters: &str) -> Akv<'a> {
    Akv::new()
        .args(words)
        .args(["--config", "-"])
        .azure(azure)
        .stdin(parameters)
        .env("CASE", parameters.replace(CLIENT_SECRET, "…"))
}

#[test]
fn every_parameter_is_taken_as_it_is() {
    let azure = azure();
    for changes in [
        json!({}),
        json!({"credentials_fetch_mode": "External Credentials Vault (on-demand)"}),
        json!({"credentials_fetch_mode": null, "isFetchCredentials": null}),
        json!({"integrationLogLevel": "Verbose", "credentials_name": ""}),
        json!({"key_vaults": ["kv-prod", "kv-test"], "secrets": ["db", "api"]}),
        // What was never filled in.
        json!({
            "azure_cloud": null, "certificate_thumbprint": null, "credentials_certificate_thumbprint": null,
            "private_key": null, "use_managed_identities": null, "managed_identities_client_id": null,
            "insecure": null, "proxy": null, "subscription_id": null, "resource_group_name": null,
        }),
        json!({
            "azure_cloud": "", "credentials_certificate_thumbprint": "", "use_managed_identities": "",
            "managed_identities_client_id": "", "isFetchCredentials": "", "credentials_fetch_mode": "",
            "insecure": "", "proxy": "", "subscription_id": "", "resource_group_name": "",
        }),
        json!({"credentials_certificate_thumbprint": {}, "managed_identities_client_id": {"password": null}}),
        // One of XSOAR's own credentials in place of what is typed in.
        json!({"credentials": {
            "credential": "azure app", "identifier": "xsoar app", "password": CLIENT_SECRET, "passwordChanged": false,
            "credentials": {"id": "azure app", "name": "azure app", "user": "xsoar app", "password": "", "hasCertificate": false},
        }}),
    ] {
        handed(&azure, &["fetch"], &with(&changes))
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
}

#[test]
fn nothing_of_it_is_required() {
    let azure = azure();
    let mut least = parameters();
    for name in parameters().keys() {
        let needed = [
            "client_id",
            "credentials",
            "tenant_id",
            "key_vaults",
            "secrets",
        ];
        if !needed.contains(&name.as_str()) {
            least.remove(name);
        }
    }
    handed(&azure, &["fetch"], &Value::from(least).to_string())
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

/// As `fetch-credentials` asks for one, or on demand for the names.
#[test]
fn one_credential_and_the_names() {
    let azure = azure();
    handed(&azure, &["fetch", "kv-test/api"], &with(&json!({})))
        .stdout(format!("[\n{}\n]\n", document("kv-test", "api")))
        .run();
    azure.expect(&[&azure.token_request(), &read("kv-test", "api")]);
    let names = ["kv-prod/db", "kv-prod/api", "kv-test/db", "kv-test/api"].map(|name| {
        let user = &name[8..];
        format!(r#"{{"user":"{user}","password":"","name":"{name}"}}"#)
    });
    azure.ignore_log();
    let on_demand =
        with(&json!({"credentials_fetch_mode": "External Credentials Vault (on-demand)"}));
    handed(&azure, &["list", "--format", "xsoar"], &on_demand)
        .stdout(format!("[\n{}\n]\n", names.join(",\n")))
        .run();
}

#[test]
fn the_other_ways_to_authenticate() {
    let azure = azure();
    let (key, certificate) = azure.certificate();
    let line = key.pkcs8().trim_end().replace('\n', " ");
    let thumbprint = certificate.thumbprint();
    for (older, newer) in [
        ("", typed(&thumbprint)),
        (thumbprint.as_str(), typed("")),
        // The integration hides the older parameter, nobody can empty it, and it goes by the newer one.
        (
            "0000000000000000000000000000000000000000",
            typed(&thumbprint),
        ),
    ] {
        let changes = json!({
            "credentials": typed(""), "private_key": line,
            "certificate_thumbprint": older, "credentials_certificate_thumbprint": newer,
        });
        let whole = with(&changes);
        // In whatever order they come.
        let newer = format!(
            "\"credentials_certificate_thumbprint\":{}",
            changes["credentials_certificate_thumbprint"]
        );
        let reversed =
            whole
                .replace(&format!(",{newer}"), "")
                .replacen('{', &format!("{{{newer},"), 1);
        assert_ne!(whole, reversed);
        for parameters in [whole, reversed] {
            handed(&azure, &["get", "kv-prod/api"], &parameters)
                .stdout("value-of-api-in-kv-prod")
                .run();
            azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);
        }
    }
    for (id, query) in [
        (typed(""), String::new()),
        (
            typed(USER_CLIENT_ID),
            format!("&client_id={USER_CLIENT_ID}"),
        ),
    ] {
        let changes = json!({
            "credentials": typed(""), "client_id": "", "use_managed_identities": true,
            "managed_identities_client_id": id,
        });
        handed(&azure, &["get", "kv-prod/api"], &with(&changes))
            .stdout("value-of-api-in-kv-prod")
            .run();
        azure.expect(&[&format!("{METADATA}{query}"), &read("kv-prod", "api")]);
    }
}

/// As a screen shows it, or an export has it: the proof itself has to come from elsewhere.
#[test]
fn what_is_masked() {
    let azure = azure();
    let directory = Scratch::new("parameters");
    crate::files::private(&directory, "secret", CLIENT_SECRET);
    for mask in ["********", "••••••••"] {
        let masked = with(&json!({"credentials": typed(mask)}));
        handed(
            &azure,
            &["fetch", "--client-secret-file", "secret"],
            &masked,
        )
        .cwd(directory.path())
        .stdout(all_four())
        .run();
        expect_all_four(&azure);
        handed(&azure, &["fetch"], &masked)
            .status(2)
            .stderr_has("akv-xsoar: error: ")
            .stderr_has("half an application")
            .run();
        // An id is none: it would silently be another one.
        let changes = json!({
            "credentials": typed(""), "use_managed_identities": true, "managed_identities_client_id": typed(mask),
        });
        handed(&azure, &["fetch"], &with(&changes))
            .status(2)
            .stderr_has("`managed_identities_client_id` in standard input")
            .run();
        azure.expect(&[]);
    }
}

/// A parameter of another integration is not the program's affair: whoever hands it over takes it out.
#[test]
fn what_is_no_parameter_of_it() {
    let azure = azure();
    handed(&azure, &["fetch"], &with(&json!({"source": "Program"})))
        .status(2)
        .stderr_has(
            "akv-xsoar: error: standard input, line 1: `source` is not a key of this file\n",
        )
        .run();
    handed(&azure, &["fetch"], &with(&json!({"insecure": true})))
        .status(2)
        .stderr_has("`insecure` cannot be true\nakv-xsoar: hint: certificates are always checked: ")
        .run();
    azure.expect(&[]);
}
