//! The command line: what is understood, and what is refused before anything is sent.

use std::os::unix::ffi::OsStrExt;

use crate::command::{Akv, names_in};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

const COMMANDS: &str = "akv-xsoar: hint: the commands are `fetch`, `get`, `list` and `help`\n";
const HELP: &str = "akv-xsoar: hint: `akv-xsoar --help` lists commands and options\n";
const SECRETS: &str = "akv-xsoar: hint: secrets are never given on the command line, where every user sees them: use `--client-secret-file PATH` or the variable `AZURE_CLIENT_SECRET`\n";
const CREDENTIAL: &str = "akv-xsoar: hint: a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]\n";
const VAULT_NAME: &str = "akv-xsoar: hint: a vault's name has 3 to 24 letters, digits and single hyphens, beginning with a letter\n";
const SECRET_NAME: &str =
    "akv-xsoar: hint: a secret's name has 1 to 127 letters, digits and hyphens\n";

/// Commands, options and values that other versions have.
const LATER: [&str; 19] = [
    "--all",
    "--match",
    "--tag",
    "--include-certificates",
    "--identity",
    "--client-certificate",
    "--federated-token-file",
    "--user-tag",
    "--json-value",
    "--if-changed",
    "--mode",
    "--owner",
    "--prefix",
    "--env",
    "--decode",
    "--pristine",
    "--xsoar-url",
    "--dry-run",
    "--adopt",
];
const LATER_COMMANDS: [&str; 4] = ["vaults", "check", "exec", "push"];

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const DOCUMENT: &str =
    "[\n{\"user\":\"api\",\"password\":\"value-of-api\",\"name\":\"kv-prod/api\"}\n]\n";

/// Refused, with exactly these messages, and nothing was sent.
fn refused(azure: &Standin, args: &[&str], stderr: &str) {
    Akv::new()
        .args(args)
        .app(azure)
        .status(2)
        .stderr(format!("akv-xsoar: error: {stderr}"))
        .run();
    azure.expect(&[]);
}

#[test]
fn help() {
    let whole = Akv::new()
        .arg("--help")
        .stdout_has("akv-xsoar: fetch Azure Key Vault secrets as Cortex XSOAR credentials\n\nUsage:\n  akv-xsoar fetch")
        .stdout_has("\nExit codes:\n  0  done\n")
        .run()
        .stdout_text();
    for args in [
        &["-h"][..],
        &["help"],
        &["help", "help"],
        &["--help", "--quiet"],
        &["--timeout", "1", "--help"],
    ] {
        Akv::new().args(args).stdout(whole.clone()).run();
    }
    for command in ["fetch", "get", "list"] {
        let of_command = Akv::new()
            .args(["help", command])
            .stdout_has(format!("akv-xsoar {command}: "))
            .stdout_has(format!("\nUsage: akv-xsoar {command} "))
            .run()
            .stdout_text();
        for args in [[command, "--help"], [command, "-h"], ["--help", command]] {
            Akv::new().args(args).stdout(of_command.clone()).run();
        }
        assert!(
            whole.contains(&format!("\n  akv-xsoar {command} ")),
            "{command}"
        );
        assert_eq!(
            of_command.contains("--missing"),
            command != "get",
            "{command}"
        );
        lacks_later_words(&of_command);
    }
    lacks_later_words(&whole);
    Akv::new()
        .args(["help", "bogus"])
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: unknown command `bogus`\n{COMMANDS}"
        ))
        .run();
}

fn lacks_later_words(help: &str) {
    for word in LATER {
        let shown = help.split_whitespace().any(|found| found == word);
        assert!(!shown, "{word}:\n{help}");
    }
    for command in LATER_COMMANDS {
        let usage = format!("akv-xsoar {command}");
        assert!(!help.contains(&usage), "{command}:\n{help}");
    }
    for value in ["dotenv", "'*'", "app-service", "secret|certificate"] {
        assert!(!help.contains(value), "{value}:\n{help}");
    }
}

#[test]
fn version() {
    let version = concat!("akv-xsoar ", env!("CARGO_PKG_VERSION"), "\n");
    for args in [
        &["--version"][..],
        &["-V"],
        &["fetch", "--version"],
        &["get", "kv-prod/api", "-V"],
    ] {
        Akv::new().args(args).stdout(version).run();
    }
}

/// Help and version need nothing, and so nothing else can be wrong.
#[test]
fn help_with_everything_else_wrong() {
    for word in ["--help", "--version"] {
        Akv::new()
            .arg(word)
            .env("AKV_XSOAR_CONFIG", "gone.json")
            .env("AZURE_CLOUD", "moon")
            .env("SSL_CERT_FILE", "gone.pem")
            .stdout_any()
            .run();
    }
}

#[test]
fn options_before_and_after() {
    let azure = azure();
    let connect_to = azure.connect_to();
    let ca_file = azure.ca_file();
    let ca_file = ca_file.to_str().unwrap();
    let joined = |name: &str, value: &str| format!("--{name}={value}");
    let (ca, to) = (
        joined("ca-file", ca_file),
        joined("connect-to", &connect_to),
    );
    let (tenant, client) = (joined("tenant-id", TENANT), joined("client-id", CLIENT_ID));
    for args in [
        vec![
            "--ca-file",
            ca_file,
            "--connect-to",
            &connect_to,
            "--tenant-id",
            TENANT,
            "--client-id",
            CLIENT_ID,
            "fetch",
            "kv-prod/api",
        ],
        vec![
            "fetch",
            "kv-prod/api",
            "--ca-file",
            ca_file,
            "--connect-to",
            &connect_to,
            "--tenant-id",
            TENANT,
            "--client-id",
            CLIENT_ID,
        ],
        vec![&ca, "fetch", &to, &tenant, "kv-prod/api", &client],
        vec![&ca, &to, &tenant, &client, "fetch", "--", "kv-prod/api"],
        vec![
            &ca,
            &to,
            &tenant,
            &client,
            "fetch",
            "--vault=kv-prod",
            "--secret",
            "api",
        ],
    ] {
        Akv::new()
            .args(&args)
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .stdout(DOCUMENT)
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn lists_by_commas_and_by_giving_them_again() {
    let azure = azure();
    azure.secret("kv-test", "api", "value-of-api");
    for args in [
        &["--vault", "kv-prod,kv-test", "--secret", "api"][..],
        &["--vault", "kv-prod", "--secret=api", "--vault=kv-test"],
        &["--vault", " kv-prod , ,kv-test,KV-prod", "--secret=api,API"],
        &[
            "--vault",
            "kv-prod",
            "--vault",
            "kv-prod,kv-test",
            "--secret",
            "api",
            "--secret",
            "",
        ],
    ] {
        Akv::new()
            .arg("fetch")
            .args(args)
            .app(&azure)
            .stdout_has("kv-test/api")
            .run();
        let other = READ.replace("kv-prod", "kv-test");
        azure.expect(&[&azure.token_request(), READ, &other]);
    }
}

#[test]
fn empty_values_count_as_not_given() {
    let azure = azure();
    let directory = Scratch::new("usage");
    Akv::new()
        .args([
            "fetch",
            "kv-prod/api",
            "--vault=",
            "--secret",
            "",
            "--cloud=",
            "--authority-host=",
        ])
        .args([
            "--timeout=",
            "--output=",
            "--format",
            "",
            "--missing=",
            "--proxy=",
            "--config=",
        ])
        .args([
            "--client-secret-file=",
            "--api-version=",
            "--managed-identity-object-id=",
        ])
        // Twice, but given once.
        .args(["--timeout", "", "--timeout", "20"])
        .app(&azure)
        .cwd(directory.path())
        .env("AKV_XSOAR_CONFIG", "")
        .env("AZURE_CLOUD", "")
        .env("AZURE_AUTHORITY_HOST", "")
        .env("HTTPS_PROXY", "")
        .env("SSL_CERT_FILE", "")
        .stdout(DOCUMENT)
        .run();
    azure.expect(&[&azure.token_request(), READ]);
    assert!(names_in(directory.path()).is_empty());
}

#[test]
fn what_is_given_twice() {
    let azure = azure();
    for (option, value) in [
        ("timeout", "1"),
        ("output", "x"),
        ("cloud", "public"),
        ("config", "x"),
        ("missing", "skip"),
        ("client-secret-file", "x"),
        ("api-version", "7.4"),
        ("format", "jsonl"),
        ("proxy", "http://h:1"),
    ] {
        let option = format!("--{option}");
        refused(
            &azure,
            &["fetch", "kv-prod/api", &option, value, &option, value],
            &format!("`{option}` was given twice\n"),
        );
    }
    for option in ["--verbose", "--quiet", "--managed-identity", "--no-proxy"] {
        Akv::new()
            .args(["fetch", "kv-prod/api", option, option])
            .status(2)
            .stderr_has(format!("akv-xsoar: error: `{option}` was given twice\n"))
            .run();
    }
    refused(
        &azure,
        &["fetch", "kv-prod/api", "--tenant-id", "x"],
        "`--tenant-id` was given twice\n",
    );
}

#[test]
fn no_command() {
    for args in [&[][..], &["--quiet"], &["--verbose", "--timeout", "1"]] {
        let hint = if args == ["--quiet"] { "" } else { HELP };
        Akv::new()
            .args(args)
            .status(2)
            .stderr(format!("akv-xsoar: error: no command given\n{hint}"))
            .run();
    }
    for (word, words) in [
        ("bogus", "unknown command `bogus`"),
        ("kv-prod/api", "the first argument is no command"),
        ("Fetch", "the first argument is no command"),
        (
            "a word of many\u{1b}[31m",
            "the first argument is no command",
        ),
        ("", "the first argument is no command"),
    ] {
        Akv::new()
            .arg(word)
            .status(2)
            .stderr(format!("akv-xsoar: error: {words}\n{COMMANDS}"))
            .run();
    }
}

#[test]
fn unknown_options() {
    let azure = azure();
    for (option, words) in [
        ("--bogus", "unknown option `--bogus`"),
        ("--bogus=canary", "unknown option `--bogus`"),
        ("--Vault", "unknown option `--Vault`"),
        ("--key_vaults=canary", "unknown option `--key_vaults`"),
        ("--keyvault", "unknown option `--keyvault`"),
        ("--insecure", "unknown option `--insecure`"),
        ("--bo gus", "unknown option"),
        ("--\u{1b}[31m", "unknown option"),
        ("-k", "unknown option `-k`"),
        ("-kcanary", "unknown option `-k`"),
        ("-\u{1b}", "unknown option"),
    ] {
        refused(
            &azure,
            &["get", "kv-prod/api", option],
            &format!("{words}\n{HELP}"),
        );
    }
}

/// No secret on the command line, and none of it in a message.
#[test]
fn secrets_on_the_command_line() {
    let azure = azure();
    for option in [
        "--client-secret",
        "--client_secret",
        "--secret-value",
        "--password",
        "--proxy-password",
        "--token",
        "--access-token",
        "--api-key",
        "--AZURE_CLIENT_SECRET",
    ] {
        let stderr = format!("unknown option `{option}`\n{SECRETS}");
        refused(
            &azure,
            &["get", "kv-prod/api", option, CLIENT_SECRET],
            &stderr,
        );
        let joined = format!("{option}={CLIENT_SECRET}");
        refused(&azure, &["get", "kv-prod/api", &joined], &stderr);
    }
    // As an argument, or stuck to what takes no value.
    for (args, stderr) in [
        (
            &["get", CLIENT_SECRET][..],
            format!("an argument is no CREDENTIAL\n{CREDENTIAL}"),
        ),
        (
            &["get", "kv-prod/api", "aB3xY9qLmN"],
            format!("an argument is no CREDENTIAL\n{CREDENTIAL}"),
        ),
        (
            &["get", "kv-prod/api", &format!("--verbose={CLIENT_SECRET}")],
            "`--verbose` takes no value\n".to_owned(),
        ),
        (
            &[
                "get",
                "kv-prod/api",
                &format!("--managed-identity={CLIENT_SECRET}"),
            ],
            "`--managed-identity` takes no value\n".to_owned(),
        ),
        (
            &["get", "kv-prod/api", &format!("--help={CLIENT_SECRET}")],
            format!("an option that takes no value was given one\n{HELP}"),
        ),
        (
            &["get", "kv-prod/api", "--no-proxy", CLIENT_SECRET],
            format!("an argument is no CREDENTIAL\n{CREDENTIAL}"),
        ),
    ] {
        refused(&azure, args, &stderr);
    }
    Akv::new()
        .args([CLIENT_SECRET, "get"])
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: the first argument is no command\n{COMMANDS}"
        ))
        .run();
}

#[test]
fn words_of_later_versions() {
    let azure = azure();
    for option in LATER {
        let stderr = format!("unknown option `{option}`\n{HELP}");
        refused(&azure, &["fetch", "--vault", "kv-prod", option], &stderr);
        refused(&azure, &["fetch", option, "--vault", "kv-prod"], &stderr);
    }
    for command in LATER_COMMANDS {
        refused(
            &azure,
            &[command, "kv-prod/api"],
            &format!("unknown command `{command}`\n{COMMANDS}"),
        );
    }
    for (command, second) in [("fetch", "--secret"), ("list", "--missing")] {
        let value = if command == "fetch" { "api" } else { "skip" };
        refused(
            &azure,
            &[command, "--vault", "*", second, value],
            &format!("`--vault` has a name that no vault can have: `*`\n{VAULT_NAME}"),
        );
    }
    for format in ["dotenv", "shell", "files"] {
        refused(
            &azure,
            &["fetch", "kv-prod/api", "--format", format],
            &format!("`--format` must be `xsoar` or `jsonl`, not `{format}`\n"),
        );
    }
}

#[test]
fn options_of_other_commands() {
    let azure = azure();
    for option in ["--missing", "--format"] {
        refused(
            &azure,
            &["get", "kv-prod/api", option, "skip"],
            &format!(
                "`{option}` does not belong to `get`\nakv-xsoar: hint: `akv-xsoar help get` lists its options\n"
            ),
        );
    }
}

#[test]
fn values_that_are_missing_or_wrong() {
    let azure = azure();
    for (option, usage) in [
        ("--timeout", "--timeout SECONDS"),
        ("--vault", "--vault NAME[,NAME…]"),
        ("--output", "--output FILE"),
        ("--client-secret-file", "--client-secret-file PATH"),
    ] {
        refused(
            &azure,
            &["fetch", option],
            &format!("`{option}` needs a value\nakv-xsoar: hint: `{usage}`\n"),
        );
    }
    for value in ["none", "Sparse", "skip,error"] {
        refused(
            &azure,
            &["fetch", "kv-prod/api", "--missing", value],
            &format!("`--missing` must be `sparse`, `error` or `skip`, not `{value}`\n"),
        );
    }
    for value in ["json", "XSOAR"] {
        refused(
            &azure,
            &["list", "--vault", "kv-prod", "--format", value],
            &format!("`--format` must be `xsoar` or `jsonl`, not `{value}`\n"),
        );
    }
    for value in ["7.4&x=y", "7 4", "7.4#", "../7.4", &"7".repeat(33)] {
        refused(
            &azure,
            &["fetch", "kv-prod/api", "--api-version", value],
            &format!(
                "`--api-version` is no api-version: `{value}`\nakv-xsoar: hint: an api-version is written as `7.4` or `2025-07-01`\n"
            ),
        );
    }
    refused(
        &azure,
        &["fetch", "kv-prod/api", "--quiet", "--verbose"],
        "`--quiet` and `--verbose` contradict each other\n",
    );
}

#[test]
fn values_of_missing() {
    let azure = azure();
    for missing in ["sparse", "error", "skip"] {
        Akv::new()
            .args(["fetch", "kv-prod/api", "--missing", missing])
            .app(&azure)
            .stdout(DOCUMENT)
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn another_api_version() {
    let azure = azure();
    for version in ["7.6", "2025-07-01", "7.7-preview.1"] {
        Akv::new()
            .args(["fetch", "kv-prod/api", "--api-version", version])
            .app(&azure)
            // The stand-in may know it or not: it is what was asked for.
            .status(if version == "7.7-preview.1" { 2 } else { 0 })
            .stdout_any()
            .stderr_any()
            .run();
        azure.expect(&[&azure.token_request(), &READ.replace("7.4", version)]);
    }
}

#[test]
fn the_timeout() {
    let azure = azure();
    for value in [
        "0", "0.0", "-1", "-0", "inf", "-inf", "infinity", "nan", "NaN", "soon", "5s", "1,5",
        "0x10", "1e-400", "1e999",
    ] {
        refused(
            &azure,
            &["fetch", "kv-prod/api", &format!("--timeout={value}")],
            &format!(
                "`--timeout` must be a number of seconds above 0: `{value}`\nakv-xsoar: hint: decimals are allowed, such as `2.5`\n"
            ),
        );
    }
    for value in ["20", "20.5", ".5e2", "1e300", " 20 "] {
        Akv::new()
            .args(["fetch", "kv-prod/api", "--timeout", value])
            .app(&azure)
            .stdout(DOCUMENT)
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn names_are_checked_before_anything_is_sent() {
    let azure = azure();
    let long_vault = format!("kv{}", "x".repeat(23));
    let long_secret = "x".repeat(128);
    for vault in [
        "kv",
        &long_vault,
        "1kv-prod",
        "-kv-prod",
        "kv-prod-",
        "kv--prod",
        "kv_prod",
        "kv.prod",
    ] {
        let shown = format!("a name that no vault can have: `{vault}`\n{VAULT_NAME}");
        refused(
            &azure,
            &["get", "--", &format!("{vault}/api")],
            &format!("a CREDENTIAL has {shown}"),
        );
        refused(
            &azure,
            &[
                "fetch",
                &format!("--vault=kv-prod,{vault}"),
                "--secret",
                "api",
            ],
            &format!("`--vault` has {shown}"),
        );
    }
    for secret in [&long_secret, "a_b", "a.b", "a b"] {
        let shown = format!("a name that no secret can have: `{secret}`\n{SECRET_NAME}");
        refused(
            &azure,
            &["get", &format!("kv-prod/{secret}")],
            &format!("a CREDENTIAL has {shown}"),
        );
        refused(
            &azure,
            &[
                "fetch",
                "--vault",
                "kv-prod",
                "--secret",
                &format!("api,{secret}"),
            ],
            &format!("`--secret` has {shown}"),
        );
    }
    for (word, words) in [
        (
            "/api",
            format!("a CREDENTIAL has a name that no vault can have: ``\n{VAULT_NAME}"),
        ),
        (
            "kv-prod/",
            format!("a CREDENTIAL has a name that no secret can have: ``\n{SECRET_NAME}"),
        ),
        (
            "*/api",
            format!("a CREDENTIAL has a name that no vault can have: `*`\n{VAULT_NAME}"),
        ),
        (
            "kv-prod",
            format!("an argument is no CREDENTIAL\n{CREDENTIAL}"),
        ),
        ("", format!("an argument is no CREDENTIAL\n{CREDENTIAL}")),
        (
            "kv-prod/api/x/y",
            format!("`kv-prod/api/x/y` is no CREDENTIAL\n{CREDENTIAL}"),
        ),
        (
            "kv-prod/\u{fc}",
            format!("an argument is no CREDENTIAL\n{CREDENTIAL}"),
        ),
    ] {
        refused(&azure, &["fetch", "kv-prod/api", word], &words);
    }
    for version in [
        "short",
        "",
        &"x".repeat(31),
        &"x".repeat(33),
        &"-".repeat(32),
    ] {
        let word = format!("kv-prod/api/{version}");
        refused(
            &azure,
            &["fetch", &word],
            &format!("the version in `{word}` is none: 32 letters and digits\n"),
        );
    }
}

#[test]
fn the_shortest_and_the_longest_names() {
    let azure = azure();
    let long_vault = format!("kv{}", "x".repeat(22));
    let long_secret = "x".repeat(127);
    let (vault, secret) = (&*long_vault, &*long_secret);
    azure.secret(vault, secret, "value-of-the-longest");
    azure.secret("kv1", "x", "value-of-the-shortest");
    for (vault, secret) in [(vault, secret), ("kv1", "x")] {
        Akv::new()
            .args(["get", &format!("{vault}/{secret}")])
            .app(&azure)
            .stdout_has("value-of-the-")
            .run();
        let read = format!("GET {vault}.vault.azure.net/secrets/{secret}?api-version=7.4");
        azure.expect(&[&azure.token_request(), &read]);
    }
}

#[test]
fn the_same_credential_twice() {
    let azure = azure();
    let version = azure.secret("kv-prod", "api", "value-of-api");
    Akv::new()
        .args(["fetch", "kv-prod/api", "KV-PROD/API", "kv-prod/api"])
        .arg("https://Kv-Prod.vault.azure.net/secrets/Api")
        .app(&azure)
        .stdout(DOCUMENT)
        .run();
    azure.expect(&[&azure.token_request(), READ]);

    // Written as first spelled.
    Akv::new()
        .args(["fetch", "KV-Prod/Api", "kv-prod/api"])
        .app(&azure)
        .stdout(
            DOCUMENT
                .replace("\"api\"", "\"Api\"")
                .replace("kv-prod/api", "KV-Prod/Api"),
        )
        .run();
    assert_eq!(azure.count("GET *"), 1);
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/*",
    ]);

    // Of one version, too; the version is no part of the name.
    let upper = format!("KV-PROD/API/{}", version.to_uppercase());
    Akv::new()
        .args(["fetch", &format!("kv-prod/api/{version}"), &upper])
        .app(&azure)
        .stdout(DOCUMENT)
        .run();
    let read = READ.replace('?', &format!("/{version}?"));
    azure.expect(&[&azure.token_request(), &read]);
}

#[test]
fn two_versions_of_one_secret() {
    let azure = azure();
    let old = azure.secret("kv-prod", "api", "an older value");
    let new = azure.secret("kv-prod", "api", "value-of-api");
    let (old, new) = (format!("kv-prod/api/{old}"), format!("KV-prod/API/{new}"));
    for (first, second, name) in [
        (&*old, &*new, "KV-prod/API"),
        (&*new, &*old, "kv-prod/api"),
        (&*old, "kv-prod/api", "kv-prod/api"),
        ("kv-prod/api", &*new, "KV-prod/API"),
    ] {
        for command in ["fetch", "list", "get"] {
            refused(
                &azure,
                &[command, first, "kv-prod/other", second],
                &format!(
                    "two versions of `{name}` are asked for, and a credential has one password\n"
                ),
            );
        }
    }
}

#[test]
fn what_is_selected() {
    let azure = azure();
    let both = "\nakv-xsoar: hint: name each credential as VAULT/SECRET, or give vaults and secrets by options\n";
    let no_secret = "nothing is selected: there are vaults, and no secrets\nakv-xsoar: hint: name the secrets with `--secret NAME[,NAME…]`\n";
    let no_vault = "nothing is selected: there are secrets, and no vault\nakv-xsoar: hint: name the vaults with `--vault NAME[,NAME…]`\n";
    for command in ["fetch", "get", "list"] {
        let nothing = format!(
            "nothing is selected\nakv-xsoar: hint: name what you want: `akv-xsoar {command} VAULT/SECRET`\n"
        );
        for option in ["--vault", "--secret"] {
            refused(
                &azure,
                &[command, "kv-prod/api", option, "kv-prod"],
                &format!("arguments and `{option}` exclude each other{both}"),
            );
        }
        refused(&azure, &[command], &nothing);
        refused(
            &azure,
            &[command, "--vault", ",", "--secret", " , "],
            &nothing,
        );
        refused(&azure, &[command, "--secret", "api"], no_vault);
        if command != "list" {
            refused(&azure, &[command, "--vault", "kv-prod"], no_secret);
        }
    }
}

#[test]
fn get_prints_one() {
    let azure = azure();
    let hint = "\nakv-xsoar: hint: `fetch` writes several\n";
    for (args, count) in [
        (&["kv-prod/api", "kv-prod/db"][..], 2),
        (&["kv-prod/a", "kv-prod/b", "kv-test/a", "KV-PROD/A"], 3),
        (&["--vault", "kv-prod,kv-test", "--secret", "api"], 2),
        (&["--vault", "kv-prod,kv-test", "--secret", "api,db"], 4),
    ] {
        refused(
            &azure,
            &[&["get"], args].concat(),
            &format!("`get` prints one secret's value, and {count} are selected{hint}"),
        );
    }
    for args in [
        &["kv-prod/api", "KV-PROD/api"][..],
        &["--vault", "kv-prod", "--secret", "api"],
    ] {
        Akv::new()
            .arg("get")
            .args(args)
            .app(&azure)
            .stdout("value-of-api")
            .run();
        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn what_is_no_text() {
    let odd = std::ffi::OsStr::from_bytes(b"kv-prod/\xff");
    for (args, words) in [
        (["get".as_ref(), odd], "an argument is not UTF-8 text"),
        (
            ["--output".as_ref(), odd],
            "the value of `--output` is not UTF-8 text",
        ),
    ] {
        Akv::new()
            .args(args)
            .status(2)
            .stderr(format!("akv-xsoar: error: {words}\n"))
            .run();
    }
    Akv::new()
        .args(["get", "kv-prod/api"])
        .env("AZURE_TENANT_ID", odd)
        .status(2)
        .stderr("akv-xsoar: error: `AZURE_TENANT_ID` is not UTF-8 text\n")
        .run();
}
