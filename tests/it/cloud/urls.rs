//! Vaults and secrets by their URLs, which must be this cloud's.

use serde_json::json;

use super::{public, read};
use crate::command::Akv;
use crate::files::private;
use crate::standin::Scratch;

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
        "KV-prod.vault.azure.net",
        "KV-prod.vault.azure.net/",
        "KV-prod.VAULT.azure.net:443",
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

/// A URL without its scheme, as the portal's overview shows it.
#[test]
fn a_vault_by_its_host() {
    let azure = public();
    let version = azure.secret("kv-prod", "api", "value-of-api");
    let plain = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4".to_owned();
    let whole = format!("GET kv-prod.vault.azure.net/secrets/api/{version}?api-version=7.4");
    for (word, read) in [
        ("kv-prod.vault.azure.net/api".to_owned(), &plain),
        ("KV-PROD.Vault.Azure.NET/api".to_owned(), &plain),
        (format!("kv-prod.vault.azure.net/api/{version}"), &whole),
        // And a whole id without it.
        ("kv-prod.vault.azure.net/secrets/api".to_owned(), &plain),
        ("kv-prod.vault.azure.net/Secrets/api/".to_owned(), &plain),
        (
            format!("kv-prod.vault.azure.net/secrets/api/{version}"),
            &whole,
        ),
    ] {
        Akv::new()
            .args(["get", &word])
            .app(&azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), read]);
        Akv::new()
            .args(["fetch", "--format=shell", "--env", &format!("A={word}")])
            .app(&azure)
            .stdout("A='value-of-api'\n")
            .run();
        azure.expect(&[&azure.token_request(), read]);
    }
    // In the configuration, and in a list.
    let directory = Scratch::new("urls");
    let vaults = json!(["kv-prod.vault.azure.net", "kv-test"]);
    azure.secret("kv-test", "api", "value-of-api");
    private(
        &directory,
        "c.json",
        json!({"key_vaults": vaults, "secrets": "api", "format": "jsonl"}).to_string(),
    );
    for args in [
        &["fetch", "--config", "c.json"][..],
        &[
            "fetch",
            "--vault=kv-prod.vault.azure.net,kv-test",
            "--secret=api",
            "--format=jsonl",
        ],
    ] {
        Akv::new()
            .args(args)
            .app(&azure)
            .cwd(directory.path())
            .stdout_has(r#""name":"kv-prod/api""#)
            .stdout_has(r#""name":"kv-test/api""#)
            .run();
        azure.expect(&[
            &azure.token_request(),
            &plain,
            "GET kv-test.vault.azure.net/secrets/api?api-version=7.4",
        ]);
    }
    // One that is no vault's of this cloud is never asked.
    for (host, hint) in [
        (
            "kv-prod.vault.azure.cn",
            "it is of another cloud: `--cloud china`",
        ),
        (
            "kv-prod.vault.azure.net.moon.example",
            "is it the right cloud (`--cloud`)?",
        ),
        (
            "kv-prod.vault.azure.net:8443",
            "is it the right cloud (`--cloud`)?",
        ),
        (
            "kv-prod.vault.azure.net.",
            "leave out the dot at the host's end",
        ),
    ] {
        for (args, origin) in [
            (
                vec!["list".to_owned(), format!("--vault={host}")],
                "`--vault`",
            ),
            (
                vec!["get".to_owned(), format!("{host}/api")],
                "a CREDENTIAL",
            ),
        ] {
            Akv::new()
                .args(args)
                .app(&azure)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: {origin} has a host that is not that of a vault in this cloud (`NAME.vault.azure.net`): `{host}`\nakv-xsoar: hint: {hint}\n"
                ))
                .run();
            azure.expect(&[]);
        }
    }
}

/// Where a URL is another's, the hint says what to write instead.
#[test]
fn hints_for_urls_of_something_else() {
    let azure = public();
    let private_link = "name it as everywhere, `kv-prod` or `https://kv-prod.vault.azure.net`: a private endpoint is found by its private DNS zone, or by `--connect-to`";
    let hsm = "a managed HSM holds keys, and no secrets";
    let end = "a vault's URL ends behind its host: `kv-prod`, or `https://kv-prod.vault.azure.net`";
    for (url, hint) in [
        (
            "https://kv-prod.privatelink.vaultcore.azure.net",
            private_link,
        ),
        ("kv-prod.privatelink.vaultcore.azure.net", private_link),
        ("https://kv-prod.vaultcore.azure.net/", private_link),
        (
            "KV-prod.PrivateLink.vaultcore.usgovcloudapi.net",
            "name it as everywhere, `KV-prod` or ",
        ),
        ("https://keys.managedhsm.azure.net", hsm),
        ("keys.managedhsm.azure.net", hsm),
        ("https://kv-prod.vault.azure.net/secrets", end),
        ("kv-prod.vault.azure.net/secrets/api", end),
        (
            "http://kv-prod.vault.azure.net",
            "a vault is asked by `https://` only",
        ),
        (
            "https://kv-prod.vault.azure.cn",
            "it is of another cloud: `--cloud china`",
        ),
        (
            "kv-prod.vault.usgovcloudapi.net",
            "it is of another cloud: `--cloud usgov`",
        ),
        (
            "https://kv-prod.vault.microsoftazure.de/",
            "it is of another cloud: `--cloud germany`",
        ),
        (
            "https://kv-prod.vault.sovcloud-api.fr",
            "it is of another cloud: `--cloud bleu`",
        ),
        (
            "/subscriptions/0/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-prod",
            "a vault is named by its name: `kv-prod`\n",
        ),
        (
            "rg/vaults/kv-prod",
            "a vault is named by its name: `kv-prod`\n",
        ),
    ] {
        Akv::new()
            .args(["list", "--vault", url])
            .app(&azure)
            .env("CASE", url)
            .status(2)
            .stderr_has(format!("akv-xsoar: hint: {hint}"))
            .run();
    }
    for word in [
        "https://kv-prod.privatelink.vaultcore.azure.net/secrets/api",
        "kv-prod.privatelink.vaultcore.azure.net/secrets/api",
        "kv-prod.privatelink.vaultcore.azure.net/api",
    ] {
        Akv::new()
            .args(["get", word])
            .app(&azure)
            .status(2)
            .stderr_has(format!("akv-xsoar: hint: {private_link}\n"))
            .run();
    }
    azure.expect(&[]);
}

/// What the portal shows beside a secret's id.
#[test]
fn ids_of_other_objects() {
    let azure = public();
    let certificate = "its secret, with the private key, has the same name: `…/secrets/web`";
    let key = "a key never leaves its vault; only secrets can be fetched";
    let version = "0123456789abcdef0123456789abcdef";
    for (id, what, hint) in [
        (
            "https://kv-prod.vault.azure.net/certificates/web".to_owned(),
            "certificate",
            certificate,
        ),
        (
            format!("https://kv-prod.vault.azure.net/certificates/web/{version}"),
            "certificate",
            certificate,
        ),
        (
            "kv-prod.vault.azure.net/Certificates/web".to_owned(),
            "certificate",
            certificate,
        ),
        (
            "https://kv-prod.vault.azure.net/keys/web".to_owned(),
            "key",
            key,
        ),
        (
            format!("https://kv-prod.vault.azure.net/keys/web/{version}"),
            "key",
            key,
        ),
        (
            "https://keys.managedhsm.azure.net/keys/web".to_owned(),
            "key",
            key,
        ),
        ("kv-prod.vault.azure.net/KEYS/web".to_owned(), "key", key),
    ] {
        Akv::new()
            .args(["get", &id])
            .app(&azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: a CREDENTIAL is the id of a {what}, not of a secret: `{id}`\nakv-xsoar: hint: {hint}\n"
            ))
            .run();
        Akv::new()
            .args(["exec", "--env", &format!("A={id}"), "--", "true"])
            .app(&azure)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `--env` is the id of a {what}, not of a secret: `{id}`\nakv-xsoar: hint: {hint}\n"
            ))
            .run();
    }
    azure.expect(&[]);
}

#[test]
fn no_vault_of_this_cloud() {
    let azure = public();
    let hint = |host: &str| {
        if host.ends_with("v.vault.azure.net") || host.starts_with("kv--") {
            "akv-xsoar: hint: a vault's name has 3 to 24 letters, digits and single hyphens, beginning with a letter\n"
        } else {
            "akv-xsoar: hint: is it the right cloud (`--cloud`)?\n"
        }
    };
    for host in [
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
                    "akv-xsoar: error: {origin} has a URL that is not that of a vault in this cloud (`https://NAME.vault.azure.net`): `{url}`\n{}",
                    hint(host)
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
