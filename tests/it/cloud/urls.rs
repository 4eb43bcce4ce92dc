//! Vaults and secrets by their URLs, which must be this cloud's.

use super::{public, read};
use crate::command::Akv;

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
                    "akv-xsoar: error: {origin} has a URL that is not that of a vault in this cloud (`https://NAME.vault.azure.net`): `{url}`\n{hint}"
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
            .stderr_has(
                "is not that of a vault in this cloud (`https://NAME.vault.azure.net`): `https://",
            )
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
                "is not that of a vault in this cloud (`https://NAME.vault.emulator:9443`): `https://",
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
            format!("`{word}` is not a CREDENTIAL")
        } else {
            "an argument is not a CREDENTIAL".to_owned()
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
