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
