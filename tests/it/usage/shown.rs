//! The user's own words in messages: what was meant, what is not seen, and a password that got among them.

use super::{COMMANDS, azure, refused};
use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT};

/// A misspelt word is told what it is near to; what is near to nothing is told where the words are.
#[test]
fn which_command_was_meant() {
    for (word, shown, meant) in [
        ("fecth", "unknown command `fecth`", "fetch"),
        ("fetc", "unknown command `fetc`", "fetch"),
        ("chekc", "unknown command `chekc`", "check"),
        ("lists", "unknown command `lists`", "list"),
        ("vault", "unknown command `vault`", "vaults"),
        ("execute", "", ""),
        ("Fetch", "the first argument is not a command", "fetch"),
        ("PUSH", "the first argument is not a command", "push"),
        // The newline of a script from Windows.
        ("fetch\r", "unknown command `fetch\\r`", "fetch"),
        ("get\u{200b}", "unknown command `get\\u{200b}`", "get"),
    ] {
        let stderr = if meant.is_empty() {
            format!("akv-xsoar: error: unknown command `{word}`\n{COMMANDS}")
        } else {
            format!("akv-xsoar: error: {shown}\nakv-xsoar: hint: did you mean `{meant}`?\n")
        };
        Akv::new().arg(word).status(2).stderr(&*stderr).run();
        Akv::new()
            .args(["help", word])
            .status(2)
            .stderr(stderr)
            .run();
    }
}

#[test]
fn which_option_was_meant() {
    let azure = azure();
    for (option, meant) in [
        ("--vualt=canary", "--vault"),
        ("--vaults=canary", "--vault"),
        ("--Vault=canary", "--vault"),
        ("--secrets=canary", "--secret"),
        ("--tennant-id=canary", "--tenant-id"),
        ("--client_id=canary", "--client-id"),
        ("--client-secret-fil=canary", "--client-secret-file"),
        ("--xsoar-key-fiel=canary", "--xsoar-key-file"),
        ("--time-out=canary", "--timeout"),
        ("--ca_file=canary", "--ca-file"),
        ("--conect-to=canary", "--connect-to"),
        ("--outptu=canary", "--output"),
        ("--json-values", "--json-value"),
        ("--mathc=canary", "--match"),
        ("--quite", "--quiet"),
        ("--verbose\r", "--verbose"),
    ] {
        let name = option.split('=').next().unwrap().replace('\r', "\\r");
        refused(
            &azure,
            &["get", "kv-prod/api", option],
            &format!("unknown option `{name}`\nakv-xsoar: hint: did you mean `{meant}`?\n"),
        );
    }
}

/// With one hyphen, of which the letter alone is shown: what follows it may be a secret.
#[test]
fn which_option_with_one_hyphen_was_meant() {
    let azure = azure();
    for (option, meant) in [
        ("-output", "--output"),
        ("-output=canary", "--output"),
        ("-vault=canary", "--vault"),
        ("-valt=canary", "--vault"),
        ("-client-id", "--client-id"),
        ("-all", "--all"),
    ] {
        let letter = &option[..2];
        refused(
            &azure,
            &["get", "kv-prod/api", option],
            &format!("unknown option `{letter}`\nakv-xsoar: hint: did you mean `{meant}`?\n"),
        );
    }
}

#[test]
fn which_value_was_meant() {
    let azure = azure();
    for (option, value, words, meant) in [
        (
            "--format",
            "json",
            "must be `xsoar`, `jsonl`, `dotenv`, `shell` or `files`",
            "jsonl",
        ),
        (
            "--format",
            "XSOAR",
            "must be `xsoar`, `jsonl`, `dotenv`, `shell` or `files`",
            "xsoar",
        ),
        (
            "--format",
            "jsonl\r",
            "must be `xsoar`, `jsonl`, `dotenv`, `shell` or `files`",
            "jsonl",
        ),
        (
            "--format",
            "dot-env",
            "must be `xsoar`, `jsonl`, `dotenv`, `shell` or `files`",
            "dotenv",
        ),
        (
            "--missing",
            "Sparse",
            "must be `sparse`, `error` or `skip`",
            "sparse",
        ),
        (
            "--missing",
            "errors",
            "must be `sparse`, `error` or `skip`",
            "error",
        ),
        (
            "--missing",
            "ski\u{200e}p",
            "must be `sparse`, `error` or `skip`",
            "skip",
        ),
        (
            "--identity",
            "workloads",
            "must be `secret`, `certificate`, `workload`, `imds`, `arc` or `app-service`",
            "workload",
        ),
        (
            "--identity",
            "app_service",
            "must be `secret`, `certificate`, `workload`, `imds`, `arc` or `app-service`",
            "app-service",
        ),
    ] {
        let shown: String = value.chars().flat_map(char::escape_default).collect();
        refused(
            &azure,
            &["fetch", "kv-prod/api", option, value],
            &format!(
                "`{option}` {words}, not `{shown}`\nakv-xsoar: hint: did you mean `{meant}`?\n"
            ),
        );
    }
    for (name, meant) in [
        ("chian", "china"),
        ("us-gov", "usgov"),
        ("AzureUSGoverment", "AzureUSGovernment"),
        ("AzureChinaClod", "AzureChinaCloud"),
        ("pub\u{200b}lic", "public"),
    ] {
        let shown: String = name.chars().flat_map(char::escape_default).collect();
        refused(
            &azure,
            &["fetch", "kv-prod/api", "--cloud", name],
            &format!(
                "`--cloud` is not a cloud that this program knows: `{shown}`\nakv-xsoar: hint: did you mean `{meant}`?\n"
            ),
        );
    }
}

/// One's own words are shown so that they can be told apart from what was meant.
#[test]
fn what_is_not_seen_is_shown_as_an_escape() {
    let azure = azure();
    for (word, shown) in [
        ("x\r", "x\\r"),
        ("\tx\n", "\\tx\\n"),
        ("x\u{1b}[31m", "x\\u{1b}[31m"),
        ("x\u{200e}", "x\\u{200e}"),
        ("\u{202e}x", "\\u{202e}x"),
        ("\u{feff}x", "\\u{feff}x"),
        ("x\u{a0}y", "x\\u{a0}y"),
        ("x\u{2003}y", "x\\u{2003}y"),
        ("x\u{ad}y", "x\\u{ad}y"),
        ("x\u{3164}", "x\\u{3164}"),
        ("x\u{fe0f}", "x\\u{fe0f}"),
        ("x\u{e0041}", "x\\u{e0041}"),
        ("x\u{7f}\u{85}", "x\\u{7f}\\u{85}"),
        ("  two  blanks ", "  two  blanks "),
        ("Grüße, 世界", "Grüße, 世界"),
        ("C:\\new", "C:\\new"),
    ] {
        for (args, before, hint) in [
            (
                ["fetch", "kv-prod/api", "--api-version", word],
                "`--api-version` is not an api-version: ",
                "an api-version is written as `7.4` or `2025-07-01`",
            ),
            (
                ["fetch", "kv-prod/api", "--connect-to", word],
                "`--connect-to` is not HOST1:PORT1:HOST2:PORT2: ",
                "an empty HOST1 or PORT1 means any, an empty HOST2 or PORT2 keeps it; IPv6 addresses stand in brackets",
            ),
        ] {
            // Without the stand-in's own options.
            Akv::new()
                .args(args)
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: {before}`{shown}`\nakv-xsoar: hint: {hint}\n"
                ))
                .run();
        }
        // A path, of a file and of a variable's.
        let none = "no such file or directory\n";
        Akv::new()
            .args(["fetch", "kv-prod/api", "--config", &format!("d/{word}")])
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the configuration file `d/{shown}`: {none}"
            ))
            .run();
        let word = format!("d/{word}/");
        Akv::new()
            .args(["fetch", "kv-prod/api"])
            .env("SSL_CERT_FILE", &word)
            .status(2)
            .stderr_has(format!(
                "akv-xsoar: error: cannot use the certificates of `SSL_CERT_FILE` in `d/{shown}/`: {none}"
            ))
            .run();
    }
    azure.expect(&[]);
}

/// A credential that is not shown, since it may be anything, is not left without a word of what is wrong with it.
#[test]
fn what_is_around_a_credential() {
    for word in [
        "kv-prod/api\r",
        "\u{200e}kv-prod/api",
        "\"kv-prod/api\"",
        "kv-prod/api\u{a0}",
        "https://kv-prod.vault.azure.net/secrets/api\r\n",
    ] {
        Akv::new()
            .args(["get", word])
            .status(2)
            .stderr("akv-xsoar: error: an argument is not a CREDENTIAL\nakv-xsoar: hint: there are blanks, quotes or invisible characters around it: leave them out\n")
            .run();
    }
}

const PASSWORD: &str = "CanaryUrlPassword";

/// What was meant for a URL, and how it is shown.
fn urls_with_passwords() -> Vec<(String, &'static str)> {
    vec![
        (
            format!("https://user:{PASSWORD}@host.example"),
            "https://[secret]@host.example",
        ),
        (
            format!("htps://user:{PASSWORD}@host.example"),
            "htps://[secret]@host.example",
        ),
        (
            format!("https:/user:{PASSWORD}@host.example"),
            "[secret]@host.example",
        ),
        (
            format!("user:{PASSWORD}@host.example:443"),
            "[secret]@host.example:443",
        ),
        (
            format!("https://user:{PASSWORD}@@host.example"),
            "https://[secret]@host.example",
        ),
        (
            format!("https://user:p@{PASSWORD}@host.example"),
            "https://[secret]@host.example",
        ),
        // The `@` encoded as well, or left out with the host; where no URL has a password.
        (
            format!("https://user:{PASSWORD}%40host.example"),
            "https://[secret]@host.example",
        ),
        (format!("https://user:{PASSWORD}"), "https://user:[secret]"),
        (
            format!("https://host.example?token={PASSWORD}"),
            "https://host.example?[secret]",
        ),
        (
            format!("https://:{PASSWORD}@host.example"),
            "https://[secret]@host.example",
        ),
        (
            format!("https://user:\t{PASSWORD}\r@host.example\r"),
            "https://[secret]@host.example",
        ),
    ]
}

/// A password in what was meant for a URL is shown nowhere.
#[test]
fn a_password_in_a_url_that_is_none() {
    let directory = Scratch::new("usage");
    let key = private(&directory, "key", "CanaryKeyOfXsoar");
    for (url, shown) in urls_with_passwords() {
        for name in ["DEMISTO_BASE_URL", "AZURE_AUTHORITY_HOST", "AZURE_CLOUD"] {
            Akv::new()
                .args([
                    "push",
                    "kv-prod/api",
                    "--tenant-id",
                    TENANT,
                    "--client-id",
                    CLIENT_ID,
                ])
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .env("DEMISTO_API_KEY", "CanaryKeyOfXsoar")
                .env("DEMISTO_BASE_URL", "https://xsoar.example")
                .env(name, &url)
                .canary(PASSWORD)
                .status(2)
                .stderr_has(format!("akv-xsoar: error: `{name}` "))
                .stderr_has(format!("`{shown}`\n"))
                .run();
        }
        for option in [
            "--authority-host",
            "--vault-suffix",
            "--management-endpoint",
            "--vault",
            "--cloud",
        ] {
            let url = url.trim();
            Akv::new()
                .args(["list", option, url])
                .canary(PASSWORD)
                .status(2)
                .stderr_has(format!("akv-xsoar: error: `{option}` "))
                .stderr_has(format!("`{shown}`\n"))
                .run();
        }
        Akv::new()
            .args([
                "push",
                "kv-prod/api",
                "--tenant-id",
                TENANT,
                "--client-id",
                CLIENT_ID,
            ])
            .args(["--xsoar-url", &url, "--xsoar-key-file"])
            .arg(&key)
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .canary(PASSWORD)
            .status(2)
            .stderr_has("akv-xsoar: error: `--xsoar-url` ")
            .run();
        // As a CREDENTIAL, and in the other variables with a URL.
        Akv::new()
            .args(["get", &url])
            .canary(PASSWORD)
            .status(2)
            .stderr_has(" is not a CREDENTIAL\n")
            .run();
    }
}

#[test]
fn a_password_in_other_variables() {
    for (name, url) in [
        (
            "AZURE_AUTHORITY_HOST",
            format!("https://user:a/{PASSWORD}@host.example"),
        ),
        ("HTTPS_PROXY", format!("ftp://user:{PASSWORD}@host.example")),
        (
            "https_proxy",
            format!("http://user:{PASSWORD}@host.example:port"),
        ),
        (
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            format!("http://user:{PASSWORD}@10.0.0.1"),
        ),
        (
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            format!("user:{PASSWORD}@10.0.0.1"),
        ),
    ] {
        Akv::new()
            .args(["get", "kv-prod/api", "--timeout=1"])
            .env(name, &url)
            .canary(PASSWORD)
            .status(2)
            .stderr_has(format!("akv-xsoar: error: `{name}` "))
            .run();
    }
    Akv::new()
        .args(["push", "kv-prod/api", "--identity=secret"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .env("DEMISTO_API_KEY", "CanaryKeyOfXsoar")
        .env(
            "DEMISTO_BASE_URL",
            format!("https://user:a/{PASSWORD}@host.example"),
        )
        .canary(PASSWORD)
        .status(2)
        .stderr_has("akv-xsoar: error: `DEMISTO_BASE_URL` ")
        .run();
}
