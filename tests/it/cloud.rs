//! Which cloud: its names, its hosts, and what never leaves them.

mod hosts;
mod urls;

use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_SECRET, Scratch, Standin};

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
        azure.expect_hosts(&[authority, &vault].repeat(names.len()));

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
            "akv-xsoar: error: `--cloud` is not a cloud that this program knows: `moon`\n{hint}"
        ))
        .run();
    Akv::new()
        .args(["get", "kv-prod/api"])
        .app(&azure)
        .env("AZURE_CLOUD", "AzureMoonCloud")
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: `AZURE_CLOUD` is not a cloud that this program knows: `AzureMoonCloud`\n{hint}"
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

/// Microsoft knows each authority by several names; each selects its cloud, and is asked itself.
#[test]
fn an_alias_of_an_authority_selects_its_cloud() {
    let directory = Scratch::new("cloud");
    private(&directory, "secret", CLIENT_SECRET);
    for (alias, suffix) in [
        ("login.windows.net", "vault.azure.net"),
        ("login.microsoft.com", "vault.azure.net"),
        ("sts.windows.net", "vault.azure.net"),
        ("login.usgovcloudapi.net", "vault.usgovcloudapi.net"),
        ("login-us.microsoftonline.com", "vault.usgovcloudapi.net"),
        ("login.partner.microsoftonline.cn", "vault.azure.cn"),
        ("login.chinacloudapi.cn", "vault.azure.cn"),
    ] {
        let azure = start(alias, suffix);
        let get = || {
            Akv::new()
                .args(["get", "kv-prod/api"])
                .app(&azure)
                .cwd(directory.path())
                .stdout("value-of-api")
        };
        let url = format!("https://{}/", alias.to_uppercase());
        for akv in [
            get().args(["--authority-host", alias]),
            get().env("AZURE_AUTHORITY_HOST", &url),
            get().env("AZURE_AUTHORITY_HOST", format!(" {url}\r\n")),
            // It is a known cloud's, so that a proof from a file may go there.
            get()
                .env("AZURE_AUTHORITY_HOST", &url)
                .args(["--client-secret-file", "secret"]),
        ] {
            akv.run();
            azure.expect(&[&azure.token_request(), &read(suffix)]);
        }
    }
    // A name beside it says which of the clouds that share it.
    let azure = start("login.windows.net", "vault.usgovcloudapi.net");
    for (name, authority) in [
        ("usgcc", "login.windows.net"),
        ("US GCC", "https://login.windows.net"),
    ] {
        Akv::new()
            .args([
                "get",
                "kv-prod/api",
                "--cloud",
                name,
                "--authority-host",
                authority,
            ])
            .app(&azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), &read("vault.usgovcloudapi.net")]);
    }
    // Another cloud's alias contradicts it; what only looks like one is none.
    let get = || {
        Akv::new()
            .args(["get", "kv-prod/api"])
            .app(&azure)
            .status(2)
    };
    get()
        .args([
            "--cloud=usgov",
            "--authority-host=login.partner.microsoftonline.cn",
        ])
        .stderr(
            "akv-xsoar: error: `--cloud` and `--authority-host` are of different clouds\n\
             akv-xsoar: hint: leave one of them out\n",
        )
        .run();
    for host in [
        "login.windows.net.moon.example",
        "evil-login.windows.net",
        "windows.net",
        "login.windows.net:8443",
    ] {
        get()
            .args(["--client-secret-file", "secret"])
            .cwd(directory.path())
            .env("AZURE_AUTHORITY_HOST", host)
            .stderr(format!(
                "akv-xsoar: error: `AZURE_AUTHORITY_HOST` names `{host}`, which is not the authority of a known cloud, while the proof does not come from the environment\n\
                 akv-xsoar: hint: if it is meant, give it as `--authority-host`\n"
            ))
            .run();
    }
    azure.expect(&[]);
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
