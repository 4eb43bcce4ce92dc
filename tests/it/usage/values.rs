//! Options' values.

use super::{DOCUMENT, READ, azure, refused};
use crate::command::Akv;

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
    for value in ["none", "all", "skip,error"] {
        refused(
            &azure,
            &["fetch", "kv-prod/api", "--missing", value],
            &format!("`--missing` must be `sparse`, `error` or `skip`, not `{value}`\n"),
        );
    }
    for value in ["csv", "xml"] {
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
                "`--api-version` is not an api-version: `{value}`\nakv-xsoar: hint: an api-version is written as `7.4` or `2025-07-01`\n"
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
