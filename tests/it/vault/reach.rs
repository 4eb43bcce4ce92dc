//! How far a failure reaches: one secret, or the whole vault, and never the other vaults.

use std::fs;

use crate::command::{Akv, names_in};
use crate::standin::{
    CLIENT_ID, Fault, NOBODY, OTHER_TENANT, Scratch, Secret, Standin, TENANT, TlsFault,
};

/// What condemns a vault: found once, reported once, and the other vaults are still tried.
#[test]
fn a_vault_that_refuses_everybody_is_asked_once() {
    for (fault, status, words) in [
        (
            Fault::firewall("kv-bad"),
            4,
            "the vault's firewall does not let this address in: ",
        ),
        (
            Fault::no_public_access(),
            4,
            "the vault is closed to the public network: ",
        ),
        (
            Fault::unknown_api_version("7.4"),
            2,
            "The specified version (7.4) is not recognized.",
        ),
    ] {
        let azure = Standin::start();
        azure.secrets("kv-bad", 3);
        azure.secrets("kv-good", 2);
        azure.fault("GET kv-bad.vault.azure.net/", fault);
        let directory = Scratch::new("output");
        fs::write(directory.join("creds.json"), "as it was").unwrap();

        let output = Akv::new()
            .args(["fetch", "--vault", "kv-bad,kv-good"])
            .args([
                "--secret",
                "secret-001,secret-002",
                "--output",
                "creds.json",
            ])
            .cwd(directory.path())
            .app(&azure)
            .status(status)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read from the vault `kv-bad`: {words}"
            ))
            .stderr_lacks("kv-good")
            .run();

        let stderr = output.stderr_text();
        assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
        assert_eq!(
            fs::read(directory.join("creds.json")).unwrap(),
            b"as it was"
        );
        assert_eq!(names_in(directory.path()), ["creds.json"]);
        azure.expect(&[
            &azure.token_request(),
            "GET kv-bad.vault.azure.net/secrets/secret-001?api-version=7.4",
            "GET kv-good.vault.azure.net/secrets/secret-001?api-version=7.4",
            "GET kv-good.vault.azure.net/secrets/secret-002?api-version=7.4",
        ]);
    }
}

/// Each vault is asked again; the new token is for all of them.
#[test]
fn a_vault_that_does_not_take_the_token_is_left_alone() {
    let azure = Standin::start();
    for vault in ["kv-bad", "kv-worse", "kv-good"] {
        azure.secrets(vault, 2);
    }
    azure.vault_tenant("kv-bad", OTHER_TENANT);
    azure.vault_tenant("kv-worse", OTHER_TENANT);
    let read = |vault: &str, number: u32| {
        format!("GET {vault}.vault.azure.net/secrets/secret-00{number}?api-version=7.4")
    };

    let output = Akv::new()
        .args(["fetch", "--vault", "kv-bad,kv-worse,kv-good"])
        .args(["--secret", "secret-001,secret-002"])
        .app(&azure)
        .in_sequence()
        .status(4)
        .stderr_has("error: cannot read from the vault `kv-bad`: the vault belongs to the tenant")
        .stderr_has("error: cannot read from the vault `kv-worse`: the vault belongs to the tenant")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 2, "{stderr}");
    let token = azure.token_request();
    azure.expect(&[
        &token,
        &read("kv-bad", 1),
        &token,
        &read("kv-bad", 1),
        &read("kv-worse", 1),
        &read("kv-good", 1),
        &read("kv-good", 2),
    ]);
}

#[test]
fn a_vault_with_a_bad_certificate_is_asked_once() {
    let azure = Standin::start();
    azure.secrets("kv-bad", 3);
    azure.secrets("kv-good", 1);
    azure.tls_fault("kv-bad.vault.azure.net", TlsFault::UnknownIssuer);

    let output = Akv::new()
        .args([
            "fetch",
            "kv-bad/secret-001",
            "kv-bad/secret-002",
            "kv-good/secret-001",
        ])
        .app(&azure)
        .in_sequence()
        .status(6)
        .stderr_has("akv-xsoar: error: cannot read from the vault `kv-bad`: ")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
    azure.expect(&[
        &azure.token_request(),
        "GET kv-good.vault.azure.net/secrets/secret-001?api-version=7.4",
    ]);
    let hosts = azure.hosts();
    assert_eq!(
        hosts
            .iter()
            .filter(|host| host.starts_with("kv-bad"))
            .count(),
        1
    );
}

#[test]
fn a_vault_that_refuses_the_connection_is_dialed_for_one_secret_alone() {
    let azure = Standin::start();
    azure.secrets("kv-bad", 3);
    azure.secrets("kv-good", 1);
    let nobody = format!("--connect-to=kv-bad.vault.azure.net:443:{NOBODY}");
    let all = format!("--connect-to={}", azure.connect_to());

    // Some six seconds for the first one, and none for the second.
    let output = Akv::new()
        .args(["fetch", &nobody, &all, "--verbose"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID, "--ca-file"])
        .arg(azure.ca_file())
        .args(["kv-bad/secret-001", "kv-bad/secret-002", "kv-good/secret-001"])
        .env("AZURE_CLIENT_SECRET", crate::standin::CLIENT_SECRET)
        .status(6)
        .stderr_has(format!("akv-xsoar: error: cannot read from the vault `kv-bad`: no connection to `kv-bad.vault.azure.net` ({NOBODY}): connection refused\n"))
        .stderr_has("try 6 in ")
        .stderr_lacks("try 7 in ")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 1, "{stderr}");
    assert!(!stderr.contains("secret-002"), "{stderr}");
    azure.expect(&[
        &azure.token_request(),
        "GET kv-good.vault.azure.net/secrets/secret-001?api-version=7.4",
    ]);
}

#[test]
fn what_concerns_one_secret_does_not_condemn_the_vault() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 4);
    let read = |number: u32| {
        format!("GET kv-prod.vault.azure.net/secrets/secret-00{number}?api-version=7.4")
    };
    for (number, fault) in [
        (1, Fault::disabled_in_words()),
        (2, Fault::no_role("kv-prod")),
        (3, Fault::garbage("SSH-2.0-OpenSSH_9.6\r\n")),
    ] {
        azure.fault(&read(number), fault);
    }

    let output = Akv::new()
        .args(["fetch", "--vault", "kv-prod"])
        .args(["--secret", "secret-001,secret-002,secret-003,secret-004"])
        .app(&azure)
        .status(5)
        .stderr_has("error: cannot read `kv-prod/secret-001`: the secret is disabled")
        .stderr_has("error: cannot read `kv-prod/secret-002`: the identity lacks a role")
        .stderr_has("error: cannot read `kv-prod/secret-003`: the answer of `kv-prod.vault.azure.net` makes no sense: it is not HTTP")
        .run();

    let stderr = output.stderr_text();
    assert_eq!(stderr.matches("error:").count(), 3, "{stderr}");
    let reads = [1, 2, 3, 4].map(read);
    let [one, two, three, four] = reads.each_ref().map(String::as_str);
    azure.expect(&[&azure.token_request(), one, two, three, four]);
}

#[test]
fn the_first_failure_gives_the_code() {
    let azure = Standin::start();
    azure.put("kv-prod", Secret::new("off", "never read").disabled());
    azure.secret("kv-prod", "denied", "never read");
    azure.fault(
        "GET kv-prod.vault.azure.net/secrets/denied",
        Fault::no_role("kv-prod"),
    );
    let read = |name: &str| format!("GET kv-prod.vault.azure.net/secrets/{name}?api-version=7.4");
    for (first, second, status) in [("off", "denied", 5), ("denied", "off", 4)] {
        let output = Akv::new()
            .args([
                "fetch",
                &format!("kv-prod/{first}"),
                &format!("kv-prod/{second}"),
            ])
            .app(&azure)
            .status(status)
            .stderr_has(format!("error: cannot read `kv-prod/{first}`"))
            .stderr_has(format!("error: cannot read `kv-prod/{second}`"))
            .run();

        let stderr = output.stderr_text();
        assert!(stderr.find(first) < stderr.find(second), "{stderr}");
        azure.expect(&[&azure.token_request(), &read(first), &read(second)]);
    }
}
