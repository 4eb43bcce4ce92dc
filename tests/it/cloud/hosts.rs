//! A cloud of hosts that are given one by one.

use super::{public, read, start};
use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT};

#[test]
fn a_cloud_of_three_hosts() {
    for (authority, suffix, options) in [
        (
            "login.moon.example",
            "vault.moon.example",
            [
                "login.moon.example",
                "vault.moon.example",
                "management.moon.example",
            ],
        ),
        (
            "login.moon.example",
            "vault.moon.example",
            [
                "https://Login.moon.example/",
                "https://vault.moon.example",
                "https://management.moon.example/",
            ],
        ),
        // As Azure CLI writes a suffix.
        (
            "login.moon.example",
            "vault.moon.example",
            [
                "login.moon.example",
                ".vault.moon.example",
                "management.moon.example",
            ],
        ),
        // An emulator; the stand-in checks that the audience has no port.
        (
            "login.emulator:8443",
            "vault.emulator:9443",
            [
                "login.emulator:8443",
                "https://vault.emulator:9443",
                "management.emulator:1",
            ],
        ),
    ] {
        let azure = start(authority, suffix);
        let url = format!("https://kv-prod.{suffix}/");
        for vault in ["kv-prod", &url] {
            Akv::new()
                .args(["fetch", "--vault", vault, "--secret", "api"])
                .args(["--authority-host", options[0], "--vault-suffix", options[1]])
                .args(["--management-endpoint", options[2]])
                .app(&azure)
                .stdout_has(r#""name":"kv-prod/api""#)
                .run();
            azure.expect(&[&azure.token_request(), &read(suffix)]);
        }

        // The same from a file.
        let directory = Scratch::new("cloud");
        let json = serde_json::json!({
            "authority_host": options[0], "vault_suffix": options[1], "management_endpoint": options[2],
            "tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "vault": url, "secret": "api",
        });
        private(&directory, "c.json", json.to_string());
        Akv::new()
            .args(["get", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), &read(suffix)]);
    }
}

/// The metadata endpoint is asked for the audience without a port, too.
#[test]
fn a_managed_identity_in_an_emulator() {
    let azure = start("login.emulator:8443", "vault.emulator:9443");
    Akv::new()
        .args([
            "get",
            "kv-prod/api",
            "--vault-suffix",
            "vault.emulator:9443",
        ])
        .azure(&azure)
        .stdout("value-of-api")
        .run();
    azure.expect(&[
        "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.emulator",
        &read("vault.emulator:9443"),
    ]);
}

#[test]
fn an_unknown_authority_needs_a_suffix() {
    let azure = public();
    let hint = "akv-xsoar: hint: the suffix is what follows a vault's name in its host, such as `vault.azure.net`\n";
    for (authority, shown) in [
        ("login.moon.example", "login.moon.example"),
        ("https://login.moon.example/", "login.moon.example"),
        // With a port it is no known cloud's.
        (
            "login.microsoftonline.com:8443",
            "login.microsoftonline.com:8443",
        ),
        (
            "login.microsoftonline.com.moon.example",
            "login.microsoftonline.com.moon.example",
        ),
    ] {
        Akv::new()
            .args(["get", "kv-prod/api", "--authority-host", authority])
            .app(&azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `--authority-host` names `{shown}`, which is not the authority of a known cloud: `--vault-suffix` is missing\n{hint}"
            ))
            .run();
        Akv::new()
            .args(["get", "kv-prod/api"])
            .app(&azure)
            .env("AZURE_AUTHORITY_HOST", authority)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `AZURE_AUTHORITY_HOST` names `{shown}`, which is not the authority of a known cloud: `--vault-suffix` is missing\n{hint}"
            ))
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn what_is_no_host() {
    let azure = public();
    for option in ["authority-host", "vault-suffix", "management-endpoint"] {
        for text in [
            "http://login.moon.example",
            "login.moon.example/path",
            "https://login.moon.example?x",
            "user@login.moon.example",
            "login.moon.example:0",
            "login.moon.example:",
            "https://login.moon.example:65536",
            "login.moon.example:https",
            "two words",
            "a..b",
            "https://",
        ] {
            let shown = text
                .replace("user@", "[secret]@")
                .replace("?x", "?[secret]");
            Akv::new()
                .args(["get", "kv-prod/api", &format!("--{option}"), text])
                .app(&azure)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: `--{option}` is not a host: `{shown}`\n\
                     akv-xsoar: hint: a host is written as `HOST` or `https://HOST`, and with `:PORT` for an emulator\n"
                ))
                .run();
            azure.expect(&[]);
        }
    }
}

/// A stray variable must not lead a proof that comes from elsewhere to a host of its own.
#[test]
fn the_environment_s_unknown_authority() {
    let azure = start("login.moon.example", "vault.moon.example");
    let directory = Scratch::new("cloud");
    private(&directory, "secret", CLIENT_SECRET);
    let json = serde_json::json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    private(&directory, "proof.json", json.to_string());
    private(
        &directory,
        "authority.json",
        r#"{"authority_host": "login.moon.example"}"#,
    );
    let get = || {
        Akv::new()
            .args(["get", "kv-prod/api", "--vault-suffix", "vault.moon.example"])
            .azure(&azure)
            .cwd(directory.path())
    };
    let ids = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];
    let from_file = ["--client-secret-file", "secret"];

    for akv in [
        get().args(ids).args(from_file),
        get().args(["--config", "proof.json"]),
        // Not even where the proof's other half is from the environment.
        get()
            .args(from_file)
            .env("AZURE_TENANT_ID", TENANT)
            .env("AZURE_CLIENT_ID", CLIENT_ID),
    ] {
        akv.env("AZURE_AUTHORITY_HOST", "https://login.moon.example/")
            .status(2)
            .stderr(
                "akv-xsoar: error: `AZURE_AUTHORITY_HOST` names `login.moon.example`, which is not the authority of a known cloud, while the proof does not come from the environment\n\
                 akv-xsoar: hint: if it is meant, give it as `--authority-host`\n",
            )
            .run();
        azure.expect(&[]);
    }

    for akv in [
        get()
            .args(ids)
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .env("AZURE_AUTHORITY_HOST", "https://login.moon.example/"),
        get()
            .args(ids)
            .args(from_file)
            .args(["--authority-host", "login.moon.example"])
            .env("AZURE_AUTHORITY_HOST", "https://login.elsewhere.example/"),
        get()
            .args(ids)
            .args(from_file)
            .args(["--config", "authority.json"]),
    ] {
        akv.stdout("value-of-api").run();
        azure.expect(&[&azure.token_request(), &read("vault.moon.example")]);
    }
    // A managed identity proves nothing there.
    get()
        .env("AZURE_AUTHORITY_HOST", "https://login.moon.example/")
        .stdout("value-of-api")
        .run();
    azure.expect(&["GET metadata/*", &read("vault.moon.example")]);
}
