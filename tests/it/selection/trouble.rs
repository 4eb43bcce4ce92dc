//! What goes wrong between listing and reading, and listings that are not given out.

use super::{add, array, expect, fetch, listing, read, with};
use crate::command::Akv;
use crate::standin::{Fault, Permissions, Right, Secret, Standin};

#[test]
fn a_secret_that_vanishes_between_listing_and_reading() {
    let azure = with("kv-prod", &["a", "z"]);
    azure.put("kv-prod", Secret::new("ghost", "never read").listed_only());
    let reads = ["a", "ghost", "z"].map(|name| ("kv-prod", name));
    let left = array(&[("kv-prod", "a"), ("kv-prod", "z")]);
    let warning = "akv-xsoar: warning: `kv-prod/ghost` was listed, but does not exist any more, and is left out\n";
    for selection in ["--all", "--match=*"] {
        let run = |missing: &str| fetch(&azure, &["--vault", "kv-prod", selection, missing]);
        for sparse in ["--missing=", "--missing=sparse"] {
            run(sparse).stdout(&*left).stderr(warning).run();
            expect(&azure, &["kv-prod"], &reads);
        }
        run("--missing=skip").stdout(&*left).run();
        expect(&azure, &["kv-prod"], &reads);
        run("--missing=error")
            .status(5)
            .stderr_has("akv-xsoar: error: cannot read `kv-prod/ghost`: no such secret or version in this vault (request id ")
            .stderr_lacks("warning")
            .run();
        expect(&azure, &["kv-prod"], &reads);
    }
    // All of them.
    azure.remove("kv-prod", "a");
    azure.remove("kv-prod", "z");
    fetch(&azure, &["--vault", "kv-prod", "--match", "gh*"])
        .stdout("[]\n")
        .stderr(warning)
        .run();
    expect(&azure, &["kv-prod"], &[("kv-prod", "ghost")]);
    // One that is named all the same must exist.
    Akv::new()
        .args(["fetch", "--format=shell", "--vault", "kv-prod", "--all"])
        .args(["--prefix=P_", "--env", "GHOST=kv-prod/ghost"])
        .app(&azure)
        .status(5)
        .stderr_has("akv-xsoar: error: cannot read `kv-prod/ghost`: no such secret")
        .run();
    expect(&azure, &["kv-prod"], &[("kv-prod", "ghost")]);
}

/// What fails otherwise fails as ever, and the others are tried.
#[test]
fn a_secret_that_is_listed_and_cannot_be_read() {
    let azure = with("kv-prod", &["a", "b", "c"]);
    let reads = ["a", "b", "c"].map(|name| ("kv-prod", name));
    for (fault, words, status) in [
        (Fault::disabled_in_words(), "the secret is disabled (", 5),
        (Fault::no_role("kv-prod"), "the identity lacks a role: ", 4),
    ] {
        azure.mend();
        azure.fault(&read("kv-prod", "b"), fault);
        for missing in ["sparse", "skip", "error"] {
            let output = fetch(
                &azure,
                &["--vault", "kv-prod", "--all", "--missing", missing],
            )
            .status(status)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read `kv-prod/b`: {words}"
            ))
            .run();
            assert_eq!(output.stderr_text().matches("error:").count(), 1);
            expect(&azure, &["kv-prod"], &reads);
        }
    }
}

#[test]
fn listing_needs_a_permission_that_naming_does_not() {
    for (by, hint) in [
        (
            Permissions::Roles,
            "give it the role `Key Vault Secrets User` on the vault (`az role assignment create`), and wait some minutes",
        ),
        (
            Permissions::Policies,
            "allow it (`az keyvault set-policy --secret-permissions get list`)",
        ),
    ] {
        let azure = with("kv-prod", &["a"]);
        azure.deny("kv-prod", Right::List, by);
        add(&azure, "kv-test", &["b"]);
        let listing = "listing needs this permission (`list`), naming the secrets (VAULT/SECRET, `--secret`) does not";
        for selection in ["--all", "--match=*", "--tag=x"] {
            fetch(&azure, &["--vault", "kv-prod", selection])
                .status(4)
                .stderr_has("akv-xsoar: error: cannot list the secrets of `kv-prod`: the ")
                .stderr_has(format!("\nakv-xsoar: hint: {hint}; {listing}\n"))
                .run();
            expect(&azure, &["kv-prod"], &[]);
        }
        // The other vault is tried all the same, and nothing is written.
        fetch(&azure, &["--vault", "kv-prod,kv-test", "--all"])
            .status(4)
            .stderr_has(format!("\nakv-xsoar: hint: {hint}; {listing}\n"))
            .run();
        expect(&azure, &["kv-prod", "kv-test"], &[("kv-test", "b")]);
        for args in [&["kv-prod/a"][..], &["--vault=kv-prod", "--secret=a"]] {
            fetch(&azure, args).stdout(array(&[("kv-prod", "a")])).run();
            expect(&azure, &[], &[("kv-prod", "a")]);
        }
    }
}

/// The firewall keeps everybody out, whatever is asked: nothing else would help.
#[test]
fn a_vault_that_is_closed_is_closed_for_naming_too() {
    let azure = Standin::start();
    azure.vault("kv-prod");
    azure.fault(&listing("kv-prod"), Fault::firewall("kv-prod"));
    fetch(&azure, &["--vault", "kv-prod", "--all"])
        .status(4)
        .stderr_has("cannot list the secrets of `kv-prod`: the vault's firewall does not let this address in: ")
        .stderr_lacks("naming the secrets")
        .run();
    expect(&azure, &["kv-prod"], &[]);
}

/// All that was left when the time was over, named, by vault or by secret.
#[test]
fn the_deadline_passes_while_vaults_are_listed() {
    let azure = with("kv-prod", &["a"]);
    for vault in ["kv-late", "kv-test"] {
        azure.vault(vault);
    }
    azure.fault(&listing("kv-late"), Fault::stall());
    fetch(&azure, &["--vault", "kv-prod,kv-late,kv-test", "--all"])
        .args(["--timeout", "2.5"])
        .status(8)
        .stderr_has("akv-xsoar: error: cannot list the secrets of `kv-late`: the deadline of 2.5 s (`--timeout`) passed while waiting for `kv-late.vault.azure.net`\n")
        .stderr_has("akv-xsoar: error: the deadline of 2.5 s (`--timeout`) passed: not tried: `kv-test`\n")
        .stderr_has("akv-xsoar: error: the deadline of 2.5 s (`--timeout`) passed: not tried: `kv-prod/a`\n")
        .run();
    expect(&azure, &["kv-prod", "kv-late"], &[]);
}
