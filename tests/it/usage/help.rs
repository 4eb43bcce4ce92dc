//! What help and version say.

use super::COMMANDS;
use crate::command::Akv;

#[test]
fn help() {
    let whole = Akv::new()
        .arg("--help")
        .stdout_has("akv-xsoar: fetch Azure Key Vault secrets as Cortex XSOAR credentials\n\nUsage:\n  akv-xsoar fetch")
        .stdout_has("\nExit codes:\n  0    done\n")
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
    for command in ["fetch", "get", "list", "vaults", "check", "exec", "push"] {
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
            !["get", "vaults"].contains(&command),
            "{command}"
        );
    }
    Akv::new()
        .args(["help", "bogus"])
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: unknown command `bogus`\n{COMMANDS}"
        ))
        .run();
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
