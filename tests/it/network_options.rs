//! The options for the network: other addresses, proxies, and the vault's api-version.

use std::path::PathBuf;

use crate::command::Akv;
use crate::files::{private, set_mode};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, NOBODY, PROXY_PASSWORD, Scratch, Standin, TENANT};

const ENTRA: &str = "login.microsoftonline.com";
const VAULT: &str = "kv-prod.vault.azure.net";

/// The stand-in with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "one", "value-of-one");
    azure
}

/// As the application, trusting the stand-in, and led to it only by what a test adds.
fn get(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["get", "kv-prod/one"])
        .trusting(azure)
        .app(azure)
}

fn expect_one(azure: &Standin) {
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/one?api-version=7.4",
    ]);
}

/// As the application, to a vault that nobody needs to reach: the options are wrong before that.
fn unsent() -> Akv<'static> {
    Akv::new()
        .args(["get", "kv-prod/one"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
}

/// A configuration file that nobody else can read.
fn configuration(directory: &Scratch, json: &serde_json::Value) -> PathBuf {
    private(directory, "config.json", json.to_string())
}

#[test]
fn a_host_is_led_elsewhere_in_every_form() {
    let azure = azure();
    let port = azure.tls_port();
    for forms in [
        vec![format!("::127.0.0.1:{port}")],
        vec![format!(":443:127.0.0.1:{port}")],
        vec![
            format!("{ENTRA}::127.0.0.1:{port}"),
            format!("{VAULT}:443:127.0.0.1:{port}"),
        ],
        // Names have no case.
        vec![
            format!("{}:443:127.0.0.1:{port}", ENTRA.to_uppercase()),
            format!("{}:443:127.0.0.1:{port}", VAULT.to_uppercase()),
        ],
        // The first that matches, of several.
        vec![
            format!("other.example:443:{NOBODY}"),
            format!(":444:{NOBODY}"),
            format!("::127.0.0.1:{port}"),
            format!("::{NOBODY}"),
        ],
        // A name instead of an address.
        vec![format!("::localhost:{port}")],
    ] {
        let forms = forms.iter().flat_map(|form| ["--connect-to", form]);
        get(&azure).args(forms).stdout("value-of-one").run();
        expect_one(&azure);
    }
    assert_eq!(azure.hosts().len(), 12);
}

#[test]
fn the_first_that_matches_wins_and_no_other() {
    let azure = azure();
    let port = azure.tls_port();
    get(&azure)
        .args(["--connect-to", &format!("{VAULT}::{NOBODY}")])
        .args(["--connect-to", &format!("::127.0.0.1:{port}")])
        .args(["--timeout", "0.5"])
        .status(6)
        .stderr_has(format!(
            "cannot read from the vault `kv-prod`: no connection to `{VAULT}` ({NOBODY}): connection refused"
        ))
        .run();
    azure.expect(&[&azure.token_request()]);
}

/// The stand-in at an address of IPv6.
#[test]
fn addresses_of_ipv6_stand_in_brackets() {
    let azure = Standin::builder()
        .tls_at("[::1]:0".parse().unwrap())
        .start();
    azure.secret("kv-prod", "one", "value-of-one");
    let port = azure.tls_port();
    get(&azure)
        .args(["--connect-to", &format!("::[::1]:{port}")])
        .stdout("value-of-one")
        .run();
    expect_one(&azure);
}

#[test]
fn a_host_that_is_left_empty_is_kept() {
    let azure = Standin::builder()
        .cloud("localhost", "vault.azure.net")
        .start();
    azure.secret("kv-prod", "one", "value-of-one");
    let port = azure.tls_port();
    Akv::new()
        .args(["get", "kv-prod/one", "--verbose"])
        .args(["--authority-host", "localhost"])
        .args(["--vault-suffix", "vault.azure.net"])
        .args(["--connect-to", &format!("localhost:443::{port}")])
        .args(["--connect-to", &format!("{VAULT}::127.0.0.1:{port}")])
        .trusting(&azure)
        .app(&azure)
        .stdout("value-of-one")
        .stderr_has("name `localhost`")
        .run();
    expect_one(&azure);
    azure.expect_hosts(&["localhost", VAULT]);
}

#[test]
fn a_direction_that_is_malformed_is_shown() {
    for bad in [
        "127.0.0.1",
        "a:443",
        "a:443:b",
        "a:x:b:443",
        "a:99999:b:443",
        "a:443:b:x",
        "a:0:b:443",
        "a:443:[::1]:99999",
        "a:443:b:0",
        "a:443:b:65536",
        "a:443:b:+443",
        "[::1:443:b:443",
        "::1:443:b:443:1",
        "https://a:443:b:443",
        "a b:443:c:443",
    ] {
        // In a URL it might be a password.
        let shown = bad.replace("https://a:443:b:443", "https://a:[secret]");
        unsent()
            .args(["--connect-to", bad])
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `--connect-to` is not HOST1:PORT1:HOST2:PORT2: `{shown}`\n\
                 akv-xsoar: hint: an empty HOST1 or PORT1 means any, an empty HOST2 or PORT2 keeps it; \
                 IPv6 addresses stand in brackets\n"
            ))
            .run();
    }
}

#[test]
fn a_configuration_has_a_list_of_directions() {
    let azure = azure();
    let port = azure.tls_port();
    let directory = Scratch::new("config");
    let list = serde_json::json!({"connect_to": [
        format!("{VAULT}:443:127.0.0.1:{port}"),
        format!("{ENTRA}:443:127.0.0.1:{port}"),
    ]});
    let file = configuration(&directory, &list);
    get(&azure)
        .arg("--config")
        .arg(&file)
        .stdout("value-of-one")
        .run();
    expect_one(&azure);
}

/// Never applied to a metadata endpoint: all else would be led to nobody.
#[test]
fn the_metadata_endpoint_is_not_led_elsewhere() {
    let azure = azure();
    Akv::new()
        .args(["get", "kv-prod/one", "--timeout", "0.5"])
        .args(["--connect-to", &format!("::{NOBODY}")])
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.metadata_url())
        .status(6)
        .stderr_has("cannot read from the vault `kv-prod`")
        .run();
    azure.expect(&["GET metadata/*"]);
}

#[test]
fn a_directed_host_goes_to_no_proxy() {
    let azure = azure();
    get(&azure)
        .args(["--connect-to", &azure.connect_to()])
        .args(["--proxy", NOBODY])
        .stdout("value-of-one")
        .run();
    expect_one(&azure);
}

/// That a proxy was to be used, and which: nobody is at its port.
fn uses(akv: Akv, port: u16) {
    akv.args(["--timeout", "0.5"])
        .status(6)
        .stderr_has("the proxy cannot be used: ")
        .stderr_has(format!("(127.0.0.1:{port})"))
        .stderr_has("connection refused")
        .run();
}

#[test]
fn which_proxy_counts() {
    let nobody = |port: u16| format!("http://127.0.0.1:{port}");
    uses(unsent().env("HTTPS_PROXY", nobody(1)), 1);
    uses(unsent().env("https_proxy", nobody(2)), 2);
    // As curl has it, the lower case is the stronger.
    let both = || {
        unsent()
            .env("HTTPS_PROXY", nobody(1))
            .env("https_proxy", nobody(2))
    };
    uses(both(), 2);
    uses(both().env("https_proxy", ""), 1);
    uses(both().args(["--proxy", &nobody(3)]), 3);
    uses(both().arg("--proxy=127.0.0.1:3"), 3);
    uses(both().arg("--proxy=http://user@127.0.0.1:3/"), 3);
    uses(both().arg("--proxy=https://127.0.0.1:3"), 3);

    let directory = Scratch::new("config");
    let file = configuration(&directory, &serde_json::json!({"proxy": nobody(4)}));
    uses(unsent().arg("--config").arg(&file), 4);
    uses(both().arg("--config").arg(&file), 2);
}

#[test]
fn a_proxy_that_is_switched_off() {
    unsent()
        .args(["--no-proxy", "--proxy", "http://127.0.0.1:1"])
        .status(2)
        .stderr_has("akv-xsoar: error: `--proxy` and `--no-proxy` contradict each other")
        .run();

    let azure = azure();
    let directory = Scratch::new("config");
    let nobody = format!("http://{NOBODY}");
    let led = || {
        Akv::new()
            .args(["get", "kv-prod/one"])
            .app(&azure)
            .env("HTTPS_PROXY", &nobody)
            .stdout("value-of-one")
    };
    led().arg("--no-proxy").run();
    expect_one(&azure);
    for json in [
        serde_json::json!({"proxy": false}),
        serde_json::json!({"no_proxy": true}),
    ] {
        let file = configuration(&directory, &json);
        led().arg("--config").arg(&file).run();
        expect_one(&azure);
        // Not the one of the command line.
        uses(
            unsent()
                .arg("--config")
                .arg(&file)
                .args(["--proxy", &nobody]),
            1,
        );
    }
}

#[test]
fn what_is_no_proxy_is_not_shown() {
    for (url, words) in [
        ("socks5://127.0.0.1:1080", "is not the URL of an HTTP proxy"),
        (
            "socks4a://127.0.0.1:1080",
            "is not the URL of an HTTP proxy",
        ),
        ("ftp://127.0.0.1", "is not the URL of an HTTP proxy"),
        ("http://", "is not a valid proxy URL"),
        ("http://:3128", "is not a valid proxy URL"),
        ("http://proxy.example:port", "is not a valid proxy URL"),
        ("http://proxy.example:99999", "is not a valid proxy URL"),
        ("http://proxy.example:", "is not a valid proxy URL"),
        ("http://proxy.example:0", "is not a valid proxy URL"),
        ("http://proxy.example:+80", "is not a valid proxy URL"),
        ("http://[::1]:65536/", "is not a valid proxy URL"),
        ("http://[::1]:", "is not a valid proxy URL"),
        ("http://proxy.example/path", "is not a valid proxy URL"),
        ("http://proxy example", "is not a valid proxy URL"),
        ("http://user@proxy.example/path", "is not a valid proxy URL"),
        (
            r"http://DOMAIN\user:Canary-Half@proxy\example",
            "is not a valid proxy URL",
        ),
    ] {
        let run = |akv: Akv<'static>, origin: &str| {
            let error = format!("akv-xsoar: error: {origin} {words}\n");
            let hint = "akv-xsoar: hint: a proxy is written as `http://HOST:PORT`\n";
            let akv = akv.canary("Canary-Half").status(2);
            akv.stderr(error + hint).run();
        };
        run(unsent().args(["--proxy", url]), "`--proxy`");
        run(unsent().env("HTTPS_PROXY", url), "`HTTPS_PROXY`");
        run(unsent().env("https_proxy", url), "`https_proxy`");
    }
}

#[test]
fn what_cannot_stand_in_a_proxy_s_user_and_password() {
    for user in [
        "user:Canary-Half/Pr0xy",
        "user:Canary-Half?Pr0xy",
        "user:Canary-Half#Pr0xy",
        "user:Canary-Half@Pr0xy",
        "user:Canary-Half Pr0xy",
        "user:Canary-Half\tPr0xy",
        r"DOMAIN/user:Canary-Half",
        "user@corp.example:Canary-Half",
        "user:https://Canary-Half",
    ] {
        let url = format!("http://{user}@proxy.example:3128");
        let run = |akv: Akv<'static>, origin: &str| {
            akv.canary("Canary-Half")
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: {origin} is not a valid proxy URL\n\
                     akv-xsoar: hint: in a proxy's user and password write `/`, `?`, `#`, `@` and a blank as `%2F`, `%3F`, `%23`, `%40` and `%20`\n"
                ))
                .run();
        };
        run(unsent().env("HTTPS_PROXY", &url), "`HTTPS_PROXY`");
        run(unsent().env("https_proxy", &url), "`https_proxy`");
        run(unsent().args(["--proxy", &url]), "`--proxy`");
    }
}

/// Every user of the machine sees the command line.
#[test]
fn a_password_on_the_command_line_is_refused() {
    let password = PROXY_PASSWORD.replace(':', "%3A").replace('@', "%40");
    for user in [format!("xsoar:{password}"), format!(":{password}")] {
        unsent()
            .arg(format!("--proxy=http://{user}@127.0.0.1:1"))
            .status(2)
            .stderr(
                "akv-xsoar: error: `--proxy` has a password in it, which every user of this machine could see\n\
                 akv-xsoar: hint: put the URL into the variable `HTTPS_PROXY` or into the configuration file's `proxy`\n",
            )
            .run();
    }
}

#[test]
fn a_password_elsewhere_is_a_secret() {
    let password = PROXY_PASSWORD.replace(':', "%3A").replace('@', "%40");
    let url = format!("http://xsoar:{password}@127.0.0.1:1");
    uses(unsent().arg("--verbose").env("HTTPS_PROXY", &url), 1);
    let directory = Scratch::new("config");
    let file = configuration(&directory, &serde_json::json!({"proxy": url}));
    uses(unsent().args(["--verbose", "--config"]).arg(&file), 1);

    // So nobody else may read the file.
    set_mode(&file, 0o644);
    unsent()
        .arg("--config")
        .arg(&file)
        .status(2)
        .stderr_has(file.display().to_string())
        .run();
}

#[test]
fn the_vault_s_version_of_its_api() {
    let azure = azure();
    let directory = Scratch::new("config");
    let file = configuration(&directory, &serde_json::json!({"api_version": "7.5"}));
    let akv = || {
        Akv::new()
            .args(["get", "kv-prod/one"])
            .app(&azure)
            .stdout("value-of-one")
    };
    let read = |version: &str| {
        azure.expect(&[
            &azure.token_request(),
            &format!("GET {VAULT}/secrets/one?api-version={version}"),
        ]);
    };
    akv().args(["--api-version", "7.3"]).run();
    read("7.3");
    akv().arg("--config").arg(&file).run();
    read("7.5");
    akv()
        .arg("--config")
        .arg(&file)
        .args(["--api-version", "7.4"])
        .run();
    read("7.4");
}

#[test]
fn a_version_that_the_vault_does_not_know() {
    let azure = azure();
    Akv::new()
        .args(["fetch", "kv-prod/one", "kv-prod/two"])
        .args(["--api-version", "1.0"])
        .app(&azure)
        .status(2)
        .stderr_has("cannot read from the vault `kv-prod`")
        .stderr_has("--api-version")
        .run();
    azure.expect(&[
        &azure.token_request(),
        &format!("GET {VAULT}/secrets/one?api-version=1.0"),
    ]);
}

/// It becomes a part of a URL: nothing else may come in with it.
#[test]
fn a_version_is_no_more_than_a_version() {
    for bad in ["7.4&x=y", "7.4#", "7 4", "ä", "7.4/../.."] {
        unsent()
            .args(["--api-version", bad])
            .status(2)
            .stderr_has("--api-version")
            .run();
    }
}
