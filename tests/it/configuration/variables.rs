//! Variables as shells and pipelines leave them: with one newline at their ends, which is dropped.

use serde_json::json;

use super::{azure, configuration, read};
use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, NOBODY, Scratch, Standin, TENANT, USER_CLIENT_ID};

const TOKEN: &str = "resource=https%3A%2F%2Fvault.azure.net";

fn get<'a>(azure: &Standin, directory: &'a Scratch) -> Akv<'a> {
    Akv::new()
        .args(["get", "kv-prod/api"])
        .args(["--connect-to", &azure.connect_to()])
        .cwd(directory.path())
        .stdout("value-of-api-in-kv-prod")
}

#[test]
fn one_newline_of_each_variable_is_dropped() {
    let azure = azure();
    let directory = Scratch::new("variables");
    private(&directory, "token", azure.federate());
    configuration(&directory, json!({"missing": "error"}).to_string());
    let ca_file = azure.ca_file().display().to_string();
    let there = azure.app_service();
    let read = read("kv-prod", "api");
    for end in ["\n", "\r\n", "\r"] {
        let with = |text: &str| format!("{text}{end}");
        let ours = || {
            get(&azure, &directory)
                .env("SSL_CERT_FILE", with(&ca_file))
                .env("AKV_XSOAR_CONFIG", with("c.json"))
                .env("AZURE_CLOUD", with("AzureCloud"))
        };
        let application = || {
            ours()
                .env("AZURE_TENANT_ID", with(TENANT))
                .env("AZURE_CLIENT_ID", with(CLIENT_ID))
        };
        application()
            .env("AZURE_CLIENT_SECRET", with(CLIENT_SECRET))
            .env(
                "AZURE_AUTHORITY_HOST",
                with("https://login.microsoftonline.com/"),
            )
            .run();
        azure.expect(&[&azure.token_request(), &read]);
        application()
            .env("AZURE_FEDERATED_TOKEN_FILE", with("token"))
            .run();
        azure.expect(&[&azure.token_request(), &read]);
        // A managed identity's.
        ours()
            .env(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                with(&azure.metadata_url()),
            )
            .env("AZURE_CLIENT_ID", with(USER_CLIENT_ID))
            .run();
        azure.expect(&[
            &format!("GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&{TOKEN}&client_id={USER_CLIENT_ID}"),
            &read,
        ]);
        ours()
            .env("IDENTITY_ENDPOINT", with(&there.endpoint))
            .env("IDENTITY_HEADER", with(&there.header))
            .run();
        azure.expect(&[
            &format!("GET app-service/msi/token?api-version=2019-08-01&{TOKEN}"),
            &read,
        ]);
        // A proxy's, at whose address nobody is; and one around which it goes.
        let proxied = || {
            Akv::new()
                .args(["get", "kv-prod/api", "--timeout=1"])
                .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .env("HTTPS_PROXY", with(&format!("http://{NOBODY}")))
        };
        proxied()
            .status(6)
            .stderr_has(format!(
                "the proxy cannot be used: no connection to `127.0.0.1` ({NOBODY})"
            ))
            .run();
        proxied()
            .env("NO_PROXY", with("login.microsoftonline.com"))
            .status(6)
            .stderr_lacks("proxy")
            .stderr_any()
            .run();
    }
    // What is empty then counts as not given.
    get(&azure, &directory)
        .env("SSL_CERT_FILE", &ca_file)
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .env("AZURE_FEDERATED_TOKEN_FILE", "\n")
        .env("AZURE_CLIENT_CERTIFICATE_PATH", "\r\n")
        .env("AZURE_AUTHORITY_HOST", "\n")
        .env("HTTPS_PROXY", "\n")
        .run();
    azure.expect(&[&azure.token_request(), &read]);
}

/// One more, and blanks and quotes, are errors of an id; a host is taken without blanks.
#[test]
fn what_stands_around_an_id() {
    let azure = azure();
    let directory = Scratch::new("variables");
    let around = "akv-xsoar: hint: there are blanks, quotes or invisible characters around it: leave them out\n";
    let tenant = "is not a valid tenant: it may have letters, digits, dots and hyphens only";
    for (before, after) in [
        ("", "\n\n"),
        (" ", ""),
        ("", "\t"),
        ("\"", "\""),
        ("'", "'\n"),
        ("\u{feff}", ""),
        ("", "\u{200b}"),
        ("\u{a0}", ""),
    ] {
        let with = |text: &str| format!("{before}{text}{after}");
        for (name, id, words) in [
            ("AZURE_TENANT_ID", TENANT, tenant.to_owned()),
            (
                "AZURE_CLIENT_ID",
                CLIENT_ID,
                "is not a valid client id".to_owned(),
            ),
        ] {
            get(&azure, &directory)
                .env("AZURE_TENANT_ID", TENANT)
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .env(name, with(id))
                .status(2)
                .stdout("")
                .stderr(format!("akv-xsoar: error: `{name}` {words}\n{around}"))
                .run();
        }
        get(&azure, &directory)
            .args(["--managed-identity-client-id", &with(USER_CLIENT_ID)])
            .status(2)
            .stdout("")
            .stderr(format!(
                "akv-xsoar: error: `--managed-identity-client-id` has blanks, quotes or invisible characters in it\n{around}"
            ))
            .run();
        Akv::new()
            .args([
                "vaults",
                "--subscription-id",
                &with("00000000-1111-2222-3333-444444444444"),
            ])
            .status(2)
            .stderr_has("akv-xsoar: error: `--subscription-id` is not a valid subscription id: `")
            .stderr_has(around)
            .run();
    }
    // In the middle it is something else.
    get(&azure, &directory)
        .args(["--tenant-id", "my tenant", "--client-id", CLIENT_ID])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .status(2)
        .stdout("")
        .stderr(format!(
            "akv-xsoar: error: `--tenant-id` {tenant}\nakv-xsoar: hint: a tenant is a GUID, or a domain such as `contoso.onmicrosoft.com`\n"
        ))
        .run();
    // Quotes around a host are an error; blanks are not.
    get(&azure, &directory)
        .env("AZURE_AUTHORITY_HOST", "\"login.microsoftonline.com\"")
        .status(2)
        .stdout("")
        .stderr(format!(
            "akv-xsoar: error: `AZURE_AUTHORITY_HOST` is not a host: `\"login.microsoftonline.com\"`\n{around}"
        ))
        .run();
    azure.expect(&[]);
    get(&azure, &directory)
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID, "--ca-file"])
        .arg(azure.ca_file())
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .env(
            "AZURE_AUTHORITY_HOST",
            " https://login.microsoftonline.com/ \n",
        )
        .run();
    azure.expect(&[&azure.token_request(), &read("kv-prod", "api")]);
}
