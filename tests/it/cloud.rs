//! Which cloud: its names, its hosts, and what never leaves them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::command::Akv;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

/// A file that only its owner may read.
fn private(directory: &Scratch, name: &str, content: &str) -> PathBuf {
    let path = directory.write(name, content);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn start(authority: &str, vault_suffix: &str) -> Standin {
    let azure = Standin::builder().cloud(authority, vault_suffix).start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

fn public() -> Standin {
    start("login.microsoftonline.com", "vault.azure.net")
}

fn read(vault_suffix: &str) -> String {
    format!("GET kv-prod.{vault_suffix}/secrets/api?api-version=7.4")
}

#[test]
fn every_cloud_by_every_name() {
    for (names, authority, suffix) in [
        (
            &[
                "public",
                "Worldwide",
                "AzureCloud",
                "azurecloud",
                "PUBLIC",
                "AzurePublicCloud",
            ][..],
            "login.microsoftonline.com",
            "vault.azure.net",
        ),
        (
            &[
                "usgov",
                "US GCC-High",
                "us gcc-high",
                "DoD",
                "AzureUSGovernment",
                "AZUREUSGOVERNMENT",
            ],
            "login.microsoftonline.us",
            "vault.usgovcloudapi.net",
        ),
        (
            &["usgcc", "US GCC", "Us Gcc"],
            "login.microsoftonline.com",
            "vault.usgovcloudapi.net",
        ),
        (
            &["china", "China", "AzureChinaCloud"],
            "login.chinacloudapi.cn",
            "vault.azure.cn",
        ),
        (
            &["germany", "Germany", "AzureGermanCloud"],
            "login.microsoftonline.de",
            "vault.microsoftazure.de",
        ),
        (
            &["bleu", "Bleu"],
            "login.sovcloud-identity.fr",
            "vault.sovcloud-api.fr",
        ),
        (
            &["delos", "Delos"],
            "login.sovcloud-identity.de",
            "vault.sovcloud-api.de",
        ),
        (
            &["usnat", "USNat"],
            "login.microsoftonline.eaglex.ic.gov",
            "vault.cloudapi.eaglex.ic.gov",
        ),
        (
            &["ussec", "USSec"],
            "login.microsoftonline.microsoft.scloud",
            "vault.cloudapi.microsoft.scloud",
        ),
    ] {
        let azure = start(authority, suffix);
        for name in names {
            Akv::new()
                .args(["get", "kv-prod/api", "--cloud", name])
                .app(&azure)
                .stdout("value-of-api")
                .run();
            azure.expect(&[&azure.token_request(), &read(suffix)]);
        }
        let vault = format!("kv-prod.{suffix}");
        for hosts in azure.hosts().chunks(2) {
            assert_eq!(hosts, [authority, &vault]);
        }

        // By the variable, and for the machine's own identity.
        Akv::new()
            .args(["get", &format!("https://{vault}/secrets/api")])
            .azure(&azure)
            .env("AZURE_CLOUD", names[0])
            .stdout("value-of-api")
            .run();
        let metadata = format!(
            "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2F{suffix}"
        );
        azure.expect(&[&metadata, &read(suffix)]);
    }
}

#[test]
fn no_such_cloud() {
    let azure = public();
    let hint = "akv-xsoar: hint: known are `public`, `usgov`, `usgcc`, `china`, `germany`, `bleu`, `delos`, `usnat`, `ussec`; for another one give `--authority-host` and `--vault-suffix`\n";
    Akv::new()
        .args(["get", "kv-prod/api", "--cloud", "moon"])
        .app(&azure)
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: `--cloud` is no cloud that this program knows: `moon`\n{hint}"
        ))
        .run();
    Akv::new()
        .args(["get", "kv-prod/api"])
        .app(&azure)
        .env("AZURE_CLOUD", "AzureMoonCloud")
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: `AZURE_CLOUD` is no cloud that this program knows: `AzureMoonCloud`\n{hint}"
        ))
        .run();
    azure.expect(&[]);
}

#[test]
fn a_known_authority_selects_its_cloud() {
    let azure = start("login.microsoftonline.us", "vault.usgovcloudapi.net");
    for host in [
        "login.microsoftonline.us",
        "https://login.microsoftonline.us",
        "https://login.microsoftonline.us/",
        "HTTPS://Login.MicrosoftOnline.US:443/",
    ] {
        Akv::new()
            .args(["get", "kv-prod/api", "--authority-host", host])
            .app(&azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), &read("vault.usgovcloudapi.net")]);
    }

    // The environment's is good for a proof from anywhere: it is known.
    let directory = Scratch::new("cloud");
    private(&directory, "secret", CLIENT_SECRET);
    Akv::new()
        .args(["get", "kv-prod/api", "--client-secret-file", "secret"])
        .app(&azure)
        .cwd(directory.path())
        .env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")
        .stdout("value-of-api")
        .run();
    azure.expect(&[&azure.token_request(), &read("vault.usgovcloudapi.net")]);
}

#[test]
fn a_name_and_an_authority() {
    // Two clouds have this authority: a name beside it, or below it, says which.
    let azure = start("login.microsoftonline.com", "vault.usgovcloudapi.net");
    let gcc = |akv: Akv| {
        akv.env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/")
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), &read("vault.usgovcloudapi.net")]);
    };
    let directory = Scratch::new("cloud");
    private(&directory, "c.json", r#"{"azure_cloud": "US GCC"}"#);
    let get = || Akv::new().args(["get", "kv-prod/api"]).app(&azure);
    gcc(get().args(["--cloud", "usgcc"]));
    gcc(get().env("AZURE_CLOUD", "US GCC"));
    gcc(get().cwd(directory.path()).args(["--config", "c.json"]));

    // The stronger of the two decides.
    let azure = start("login.microsoftonline.us", "vault.usgovcloudapi.net");
    let get = || {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .app(&azure)
            .stdout("value-of-api")
    };
    get()
        .args(["--cloud", "usgov"])
        .env("AZURE_AUTHORITY_HOST", "login.nowhere.example")
        .run();
    azure.expect(&[&azure.token_request(), &read("vault.usgovcloudapi.net")]);
    get()
        .args(["--authority-host", "login.microsoftonline.us"])
        .env("AZURE_CLOUD", "AzureMoonCloud")
        .run();
    azure.expect(&[&azure.token_request(), &read("vault.usgovcloudapi.net")]);

    // Side by side they must agree.
    for authority in ["login.chinacloudapi.cn", "login.nowhere.example"] {
        Akv::new()
            .args([
                "get",
                "kv-prod/api",
                "--cloud",
                "usgov",
                "--authority-host",
                authority,
            ])
            .args(["--vault-suffix", "vault.nowhere.example"])
            .app(&azure)
            .status(2)
            .stderr(
                "akv-xsoar: error: `--cloud` and `--authority-host` are of different clouds\n\
                 akv-xsoar: hint: leave one of them out\n",
            )
            .run();
        azure.expect(&[]);
    }
}

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
        private(&directory, "c.json", &json.to_string());
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
                "akv-xsoar: error: `--authority-host` names `{shown}`, which is no known cloud's: `--vault-suffix` is missing\n{hint}"
            ))
            .run();
        Akv::new()
            .args(["get", "kv-prod/api"])
            .app(&azure)
            .env("AZURE_AUTHORITY_HOST", authority)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `AZURE_AUTHORITY_HOST` names `{shown}`, which is no known cloud's: `--vault-suffix` is missing\n{hint}"
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
            "login.moon.example:https",
            "two words",
            "a..b",
            "https://",
        ] {
            Akv::new()
                .args(["get", "kv-prod/api", &format!("--{option}"), text])
                .app(&azure)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: `--{option}` is no host: `{text}`\n\
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
    private(&directory, "proof.json", &json.to_string());
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
                "akv-xsoar: error: `AZURE_AUTHORITY_HOST` names `login.moon.example`, which is no known cloud's, and the proof does not come from the environment\n\
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

#[test]
fn a_vault_by_its_url() {
    let azure = public();
    let version = azure.secret("kv-prod", "api", "value-of-api");
    for word in [
        "https://kv-prod.vault.azure.net/secrets/api",
        "https://kv-prod.vault.azure.net/secrets/api/",
        "https://kv-prod.vault.azure.net:443/secrets/api",
        "HTTPS://KV-Prod.Vault.Azure.Net/secrets/api",
    ] {
        Akv::new()
            .args(["get", word])
            .app(&azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), &read("vault.azure.net")]);
    }
    Akv::new()
        .args([
            "get",
            &format!("https://kv-prod.vault.azure.net/secrets/api/{version}"),
        ])
        .app(&azure)
        .stdout("value-of-api")
        .run();
    let whole = format!("GET kv-prod.vault.azure.net/secrets/api/{version}?api-version=7.4");
    azure.expect(&[&azure.token_request(), &whole]);

    // The credential's name is spelled as the URL spells it.
    for vault in [
        "https://KV-prod.vault.azure.net",
        "https://KV-prod.vault.azure.net/",
        "https://KV-prod.VAULT.azure.net:443/",
    ] {
        Akv::new()
            .args(["fetch", "--vault", vault, "--secret", "api"])
            .app(&azure)
            .stdout(
                "[\n{\"user\":\"api\",\"password\":\"value-of-api\",\"name\":\"KV-prod/api\"}\n]\n",
            )
            .run();
        azure.expect(&[&azure.token_request(), &read("vault.azure.net")]);
    }
}

#[test]
fn no_vault_of_this_cloud() {
    let azure = public();
    let hint = "akv-xsoar: hint: is it the right cloud (`--cloud`)?\n";
    for host in [
        "kv-prod.vault.azure.cn",
        "kv-prod.vault.azure.net.moon.example",
        "kv-prod.vault.azure.network",
        "moon.example.vault.azure.net",
        "kv-prodvault.azure.net",
        "vault.azure.net",
        "kv-prod.vault.azure.net:8443",
        "kv--prod.vault.azure.net",
        "1kv.vault.azure.net",
        "kv.vault.azure.net",
        "127.0.0.1",
    ] {
        for (args, origin, url) in [
            (
                vec!["list", "--vault"],
                "`--vault`",
                format!("https://{host}"),
            ),
            (
                vec!["get"],
                "a CREDENTIAL",
                format!("https://{host}/secrets/api"),
            ),
        ] {
            Akv::new()
                .args(args)
                .arg(&url)
                .app(&azure)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: {origin} has a URL that is no vault's in this cloud (`https://NAME.vault.azure.net`): `{url}`\n{hint}"
                ))
                .run();
            azure.expect(&[]);
        }
    }
    for url in [
        "https://kv-prod.vault.azure.net/secrets",
        "https://kv-prod.vault.azure.net/vaults",
        "https://user@kv-prod.vault.azure.net",
        "https://kv-prod.vault.azure.net@moon.example",
        "https://kv-prod.vault.azure.net?x=y",
        "https://kv-prod.vault.azure.net#x",
        "https://",
    ] {
        Akv::new()
            .args(["list", "--vault", url])
            .app(&azure)
            .status(2)
            .stderr_has("is no vault's in this cloud (`https://NAME.vault.azure.net`): `https://")
            .run();
        azure.expect(&[]);
    }
    // An emulator's port is its vaults' port.
    for url in [
        "https://kv-prod.vault.emulator",
        "https://kv-prod.vault.emulator:443",
    ] {
        Akv::new()
            .args([
                "list",
                "--vault",
                url,
                "--vault-suffix",
                "vault.emulator:9443",
            ])
            .azure(&azure)
            .status(2)
            .stderr_has(
                "is no vault's in this cloud (`https://NAME.vault.emulator:9443`): `https://",
            )
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn no_secret_s_id() {
    let azure = public();
    for (word, shown) in [
        ("https://kv-prod.vault.azure.net", true),
        ("https://kv-prod.vault.azure.net/", true),
        ("https://kv-prod.vault.azure.net/secrets", true),
        ("https://kv-prod.vault.azure.net/secrets/", true),
        ("https://kv-prod.vault.azure.net/keys/api", true),
        ("https://kv-prod.vault.azure.net/secrets/a_b", true),
        ("https://kv-prod.vault.azure.net/secrets/api/short", true),
        (
            "https://kv-prod.vault.azure.net/secrets/api/0123456789abcdef0123456789abcdef/x",
            true,
        ),
        (
            "https://kv-prod.vault.azure.net/secrets/api?api-version=7.4",
            false,
        ),
        ("https://user@kv-prod.vault.azure.net/secrets/api", false),
        ("http://kv-prod.vault.azure.net/secrets/api", true),
    ] {
        let words = if shown {
            format!("`{word}` is no CREDENTIAL")
        } else {
            "an argument is no CREDENTIAL".to_owned()
        };
        Akv::new()
            .args(["get", word])
            .app(&azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {words}\n\
                 akv-xsoar: hint: a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]\n"
            ))
            .run();
        azure.expect(&[]);
    }
}
