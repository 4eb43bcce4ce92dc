//! The command line: what is understood, and what is refused before anything is sent.

mod help;
mod scripts;
mod selection;
mod shown;
mod values;

use std::os::unix::ffi::OsStrExt;

use crate::command::{Akv, names_in};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT};

const COMMANDS: &str = "akv-xsoar: hint: the commands are `fetch`, `get`, `list`, `vaults`, `check`, `exec`, `push` and `help`\n";
const HELP: &str = "akv-xsoar: hint: `akv-xsoar --help` lists commands and options\n";
const SECRETS: &str = "akv-xsoar: hint: secrets are never given on the command line, where every user sees them: use `--client-secret-file PATH` or the variable `AZURE_CLIENT_SECRET`\n";
const CREDENTIAL: &str = "akv-xsoar: hint: a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]\n";
const VAULT_NAME: &str = "akv-xsoar: hint: a vault's name has 3 to 24 letters, digits and single hyphens, beginning with a letter\n";
const SECRET_NAME: &str =
    "akv-xsoar: hint: a secret's name has 1 to 127 letters, digits and hyphens\n";

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
        .args(["--match=", "--tag", "", "--user-tag=", "--decode="])
        .args(["--prefix=", "--env", "", "--subscription-id="])
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
        ("user-tag", "x"),
        ("decode", "auto"),
        ("prefix", "P_"),
        ("subscription-id", "x"),
        ("resource-group", "x"),
    ] {
        let option = format!("--{option}");
        refused(
            &azure,
            &["fetch", "kv-prod/api", &option, value, &option, value],
            &format!("`{option}` was given twice\n"),
        );
    }
    for option in [
        "--verbose",
        "--quiet",
        "--managed-identity",
        "--no-proxy",
        "--json-value",
    ] {
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
        ("kv-prod/api", "the first argument is not a command"),
        (
            "a word of many\u{1b}[31m",
            "the first argument is not a command",
        ),
        ("", "the first argument is not a command"),
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
            format!("an argument is not a CREDENTIAL\n{CREDENTIAL}"),
        ),
        (
            &["get", "kv-prod/api", "aB3xY9qLmN"],
            format!("an argument is not a CREDENTIAL\n{CREDENTIAL}"),
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
            format!("an argument is not a CREDENTIAL\n{CREDENTIAL}"),
        ),
    ] {
        refused(&azure, args, &stderr);
    }
    Akv::new()
        .args([CLIENT_SECRET, "get"])
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: the first argument is not a command\n{COMMANDS}"
        ))
        .run();
}

#[test]
fn options_of_other_commands() {
    let azure = azure();
    for option in [
        "--all",
        "--match",
        "--tag",
        "--include-certificates",
        "--missing",
        "--format",
        "--user-tag",
        "--json-value",
        "--prefix",
        "--env",
    ] {
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
