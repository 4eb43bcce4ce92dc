//! What is said on stderr: which lines, in which form, and what never gets there.

mod colour;
mod progress;
mod terminal;

use std::fs;

use serde_json::json;

use crate::command::Akv;
use crate::shell::{Shell, messages};
use crate::standin::{Fault, Standin, TENANT};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/a?api-version=7.4";
const LIST: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
const METADATA: &str = "GET metadata/metadata/identity/oauth2/token";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure
}

/// What begins with a capital although it is ours: names.
const NAMES: [&str; 5] = ["Key Vault ", "Entra ID ", "GET ", "POST ", "CREDENTIAL "];

/// Panics unless each line has the form that all have.
#[track_caller]
fn check_lines(stderr: &str) {
    assert!(stderr.is_empty() || stderr.ends_with('\n'), "{stderr:?}");
    let mut before = "";
    for line in stderr.lines() {
        let rest = line.strip_prefix("akv-xsoar: ");
        let (kind, text) = rest
            .and_then(|rest| rest.split_once(": "))
            .unwrap_or(("", ""));
        let known = ["error", "warning", "hint", "info"].contains(&kind);
        assert!(known && !text.is_empty(), "no message: {line:?}");
        assert!(
            kind != "hint" || before == "error",
            "a hint after {before:?}: {line:?}"
        );
        assert!(!text.ends_with(['.', ' ', ':']), "an odd end: {line:?}");
        let capital = text.starts_with(|first: char| first.is_uppercase() || first == ' ');
        let name = NAMES.iter().any(|name| text.starts_with(name));
        assert!(!capital || name, "an odd beginning: {line:?}");
        let odd = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        assert!(!line.contains(odd), "a character that does harm: {line:?}");
        assert!(line.chars().count() < 3000, "a long line: {line:?}");
        before = kind;
    }
}

/// Faults of every kind with the exit code each leads to. None of them asks for another try.
pub(crate) fn faults() -> Vec<(&'static str, Fault, i32)> {
    let token = "POST login.microsoftonline.com";
    vec![
        (token, Fault::aadsts(7_000_215), 3),
        (token, Fault::aadsts(700_016), 3),
        (
            token,
            Fault::entra(400, "invalid_request", 1, "Two lines.\r\nAnd more."),
            3,
        ),
        (token, Fault::captive_portal(), 7),
        (token, Fault::half(), 7),
        (token, Fault::without("access_token"), 7),
        (token, Fault::with("access_token", "two words"), 7),
        (token, Fault::redirect("https://portal.example/"), 7),
        (READ, Fault::not_found("a"), 5),
        (READ, Fault::disabled_in_words(), 5),
        (READ, Fault::no_role("kv-prod"), 4),
        (READ, Fault::no_policy("kv-prod"), 4),
        (READ, Fault::access_denied("kv-prod"), 4),
        (READ, Fault::firewall("kv-prod"), 4),
        (READ, Fault::no_public_access(), 4),
        (READ, Fault::unknown_api_version("7.4"), 2),
        (
            READ,
            Fault::vault_error(401, "Unauthorized", None, "AKV10032: Invalid issuer."),
            4,
        ),
        (
            READ,
            Fault::vault_error(400, "BadParameter", None, "No."),
            7,
        ),
        (READ, Fault::status(404), 7),
        (READ, Fault::captive_portal(), 7),
        (READ, Fault::redirect("https://portal.example/"), 7),
        (READ, Fault::half(), 7),
        (READ, Fault::without("value"), 7),
        (
            READ,
            Fault::with("id", "https://kv-prod.vault.azure.net/secrets/b"),
            7,
        ),
        (READ, Fault::garbage("SSH-2.0-OpenSSH\r\n"), 7),
        (READ, Fault::endless_sized(), 7),
    ]
}

#[test]
fn every_message_has_the_one_form() {
    for (route, fault, status) in faults() {
        let azure = azure();
        azure.fault(route, fault);
        azure.ignore_log();
        for verbosity in ["--quiet", "", "--verbose"] {
            let run = Akv::new().arg("fetch").app(&azure).stderr_any();
            let run = run.args(Some(verbosity).filter(|word| !word.is_empty()));
            let output = run.arg("kv-prod/a").status(status).run();
            let stderr = output.stderr_text();
            check_lines(&stderr);
            let count = |kind: &str| stderr.matches(&format!("akv-xsoar: {kind}: ")).count();
            assert_eq!(count("error"), 1, "{stderr}");
            assert_eq!(count("warning"), 0, "{stderr}");
            assert_eq!(count("info") > 0, verbosity == "--verbose", "{stderr}");
            assert!(verbosity != "--quiet" || count("hint") == 0, "{stderr}");
        }
    }
}

#[test]
fn what_is_wrong_with_the_command_line_has_it_too() {
    let secret = "fetch --client-secret=x kv-prod/a";
    for arguments in [
        "",
        "frobnicate",
        "fetch",
        "fetch kv",
        "fetch a/b/c/d/e",
        "fetch --frobnicate",
        "fetch -x",
        secret,
        "fetch --timeout",
        "fetch --timeout=0 kv-prod/a",
        "fetch --timeout=1 --timeout=2 kv-prod/a",
        "get",
        "get kv-prod/a kv-prod/b",
        "fetch --vault kv-prod kv-prod/a",
        "fetch kv-prod/a --cloud moon",
        "fetch kv-prod/a --config /nowhere",
        "fetch kv-prod/a --ca-file /nowhere",
        "fetch kv-prod/a --proxy x:y:z",
        "fetch kv-prod/a --connect-to x",
        "fetch kv-prod/a --api-version ../x",
        "fetch kv-prod/a --tenant-id t",
        "fetch kv-prod/a --client-secret-file /nowhere --tenant-id t --client-id c",
        "fetch kv-prod/a --quiet --verbose",
        "fetch kv-prod/a --format yaml",
        "fetch kv-prod/a --missing perhaps",
        "fetch kv_prod/a",
        "fetch kv-prod/a_b",
    ] {
        let run = Akv::new().args(arguments.split_whitespace());
        let output = run.status(2).stderr_has("akv-xsoar: error: ").run();
        check_lines(&output.stderr_text());
    }
}

/// What a service might say to deceive who reads it.
const EVIL: &str = "No\r\nakv-xsoar: error: forged\n\u{1b}[31mred\u{1b}]0;title\u{7} \u{0}\u{8}\u{7f}\u{9b}2J\u{202e}desrever\u{2066}\u{200b}\u{feff}\u{ad}\u{e0041} END.";

#[test]
fn a_service_s_words_cannot_deceive() {
    let long = format!("{EVIL}{}", "and so on ".repeat(5_000));
    for words in [EVIL, &long] {
        let entra = json!({"error": words, "error_description": words, "trace_id": words,
            "correlation_id": words, "error_codes": [words], "error_uri": words});
        let vault =
            json!({"error": {"code": words, "message": words, "innererror": {"code": words}}});
        let coded = |code: &str| json!({"error": {"code": code, "message": words, "innererror": {"code": code}}});
        let token = "POST login.microsoftonline.com";
        let header = |name: &'static str| {
            // A header may have a tab and bytes beyond ASCII.
            Fault::json(403, &coded("Forbidden")).header(name, "a\tb \u{9b}31m\u{202e}c")
        };
        let challenge = format!(
            "Bearer authorization=\"https://login.example/{}\"",
            "t".repeat(9000)
        );
        for (route, fault, status) in [
            (token, Fault::json(400, &entra), 3),
            (token, Fault::json(401, &entra), 3),
            (READ, Fault::json(400, &vault), 7),
            (READ, Fault::json(400, &coded("BadParameter")), 7),
            (
                READ,
                Fault::json(401, &coded("Unauthorized")).header("WWW-Authenticate", &challenge),
                4,
            ),
            (READ, Fault::json(403, &vault), 4),
            (READ, Fault::json(403, &coded("ForbiddenByRbac")), 4),
            (READ, Fault::json(403, &coded("ForbiddenByFirewall")), 4),
            (READ, Fault::json(404, &vault), 7),
            (READ, Fault::with("id", words), 7),
            (READ, Fault::with("value", json!({words: words})), 7),
            (READ, Fault::raw(403, "text/\u{9b}31m\u{202e}x", words), 7),
            (READ, header("x-ms-request-id"), 4),
            (READ, header("x-ms-keyvault-region"), 4),
        ] {
            let azure = azure();
            azure.fault(route, fault);
            azure.ignore_log();
            for verbosity in ["--quiet", "--verbose"] {
                let run = Akv::new()
                    .args(["fetch", "kv-prod/a", verbosity])
                    .app(&azure);
                let stderr = run.status(status).stderr_any().run().stderr_text();
                check_lines(&stderr);
                assert_eq!(
                    stderr.matches("akv-xsoar: error: ").count()
                        - stderr.matches("No akv-xsoar: error: forged").count(),
                    1,
                    "{stderr}"
                );
            }
        }
    }
}

#[test]
fn a_list_and_a_metadata_endpoint_cannot_deceive_either() {
    let azure = azure();
    azure.ignore_log();
    let refusal = json!({"error": EVIL, "error_description": EVIL});
    azure.fault(METADATA, Fault::json(400, &refusal).once());
    let fetch = || {
        Akv::new()
            .args(["fetch", "kv-prod/a", "--verbose"])
            .azure(&azure)
    };
    check_lines(&fetch().status(3).stderr_any().run().stderr_text());

    for (field, status) in [("nextLink", 7), ("value", 7)] {
        azure.mend();
        azure.fault(LIST, Fault::with(field, json!(EVIL)));
        let list = Akv::new().args(["list", "--vault=kv-prod", "--verbose"]);
        let stderr = list
            .app(&azure)
            .status(status)
            .stderr_any()
            .run()
            .stderr_text();
        check_lines(&stderr);
    }
}

#[test]
fn a_service_s_own_words_are_shown_to_their_500th_character() {
    let azure = azure();
    let text = format!("{}é{}", "x".repeat(499), "z".repeat(2000));
    azure.fault(READ, Fault::vault_error(400, "Odd", None, &text));
    let run = Akv::new()
        .args(["fetch", "kv-prod/a"])
        .app(&azure)
        .status(7);
    let run = run.stderr_has(format!("{}é…", "x".repeat(499)));
    run.stderr_lacks("z").run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn quiet_leaves_errors_only() {
    let azure = azure();
    azure.vault("kv-test");
    let gap = ["fetch", "--vault", "kv-prod,kv-test", "--secret", "a"];
    let other = READ.replace("kv-prod", "kv-test");
    let run = || Akv::new().args(gap).app(&azure).stdout_any();
    let warning = "akv-xsoar: warning: `kv-test/a` does not exist and is left out\n";
    run().stderr(warning).run();
    azure.expect(&[&azure.token_request(), READ, &other]);
    run().arg("--quiet").run();
    azure.expect(&[&azure.token_request(), READ, &other]);

    let error =
        "akv-xsoar: error: cannot read `kv-test/a`: no such secret or version in this vault";
    let run = Akv::new()
        .args(["fetch", "kv-test/a", "--quiet"])
        .app(&azure);
    let output = run.status(5).stderr_has(error).stderr_lacks("hint").run();
    assert_eq!(output.stderr_text().lines().count(), 1);
    azure.expect(&[&azure.token_request(), &other]);
    let usage = Akv::new().args(["--quiet", "frobnicate"]).status(2);
    usage
        .stderr("akv-xsoar: error: unknown command `frobnicate`\n")
        .run();
}

/// A line without what it cannot know before: how long it took.
fn timeless(line: &str) -> String {
    match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before} in N ms"),
        _ => line.to_owned(),
    }
}

#[test]
fn verbose_has_a_line_for_each_request_and_one_for_the_identity() {
    let azure = azure();
    let fetch = [
        "fetch",
        "kv-prod/a",
        "kv-prod/gone",
        "--missing=skip",
        "--verbose",
    ];
    let run = Akv::new()
        .args(fetch)
        .app(&azure)
        .in_sequence()
        .stdout_any()
        .stderr_any();
    let stderr = run.run().stderr_text();
    azure.expect(&[&azure.token_request(), READ, &READ.replace("/a?", "/gone?")]);
    let lines: Vec<_> = stderr.lines().map(timeless).collect();
    let identity = format!(
        "akv-xsoar: info: identity: the application `aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee` of the tenant `{TENANT}`, by its secret: "
    );
    assert!(lines[0].starts_with(&identity), "{stderr}");
    assert_eq!(
        lines[1..],
        [
            "akv-xsoar: info: connection to `login.microsoftonline.com`: TLS 1.3, secp384r1",
            "akv-xsoar: info: POST login.microsoftonline.com (token): 200 in N ms",
            "akv-xsoar: info: connection to `kv-prod.vault.azure.net`: TLS 1.3, X25519",
            "akv-xsoar: info: GET kv-prod.vault.azure.net (secret `a`): 200 in N ms",
            "akv-xsoar: info: GET kv-prod.vault.azure.net (secret `gone`): 404 in N ms",
        ]
    );
    check_lines(&stderr);
}

#[test]
fn verbose_tells_of_each_try_and_of_a_machine_s_identity() {
    let azure = azure();
    azure.fault(
        READ,
        Fault::status(503).header("retry-after-ms", "1").once(),
    );
    let run = Akv::new()
        .args(["get", "kv-prod/a", "--verbose"])
        .azure(&azure)
        .in_sequence();
    let stderr = run.stdout("value-of-a").stderr_any().run().stderr_text();
    azure.expect(&[&format!("{METADATA}?*"), READ, READ]);
    check_lines(&stderr);
    let lines: Vec<_> = stderr.lines().map(timeless).collect();
    assert!(
        lines[0].starts_with(
            "akv-xsoar: info: identity: this machine's managed identity, by the metadata endpoint: "
        ),
        "{stderr}"
    );
    assert_eq!(
        lines[1],
        "akv-xsoar: info: GET 127.0.0.1 (token): 200 in N ms"
    );
    assert_eq!(
        lines[2..4],
        [
            "akv-xsoar: info: connection to `kv-prod.vault.azure.net`: TLS 1.3, X25519",
            "akv-xsoar: info: GET kv-prod.vault.azure.net (secret `a`): 503 in N ms",
        ]
    );
    assert!(
        lines[4].starts_with("akv-xsoar: info: try 2 in "),
        "{stderr}"
    );
    assert_eq!(
        lines[5],
        "akv-xsoar: info: GET kv-prod.vault.azure.net (secret `a`): 200 in N ms"
    );
    assert_eq!(lines.len(), 6);
}

#[test]
fn nobody_needs_to_read_the_messages() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let other = READ.replace("/a?", "/gone?");
    for (name, request, status) in [("a", READ, 0), ("gone", &other, 5)] {
        for stderr in [
            "2>/dev/full",
            "2>&-",
            "2>/dev/null",
            "2>&1 >it | true; read s <status; exit $s",
        ] {
            let (akv, it) = if stderr.contains('|') {
                ("{ akv", "; echo $? >status; }")
            } else {
                ("akv", ">it")
            };
            let script = format!("{akv} get kv-prod/{name} --verbose {it} {stderr}");
            shell.run(&script, status, "", "");
            azure.expect(&[&azure.token_request(), request]);
            let written = fs::read_to_string(shell.join("it")).unwrap();
            assert_eq!(
                written,
                if status == 0 { "value-of-a" } else { "" },
                "{script}"
            );
        }
    }
}

#[test]
fn a_reader_of_messages_that_does_not_read_meets_the_deadline() {
    let azure = Standin::start();
    azure.vault("kv-prod");
    azure.ignore_log();
    let shell = Shell::new(&azure);
    // More messages than a pipe holds.
    let names: Vec<_> = (0..300)
        .map(|n| format!("{}-{n}", "n".repeat(100)))
        .collect();
    let script = format!(
        "akv fetch --vault kv-prod --secret {} --missing=error --timeout 10",
        names.join(",")
    );
    let mut child = shell.command(&script).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let stderr = messages(child);
    assert!(
        stderr.len() >= 30_000 && stderr.lines().count() < 600,
        "{}",
        stderr.len()
    );
    assert_eq!(azure.count(&READ.replace("/a?", "/n*?")), 300);
}
