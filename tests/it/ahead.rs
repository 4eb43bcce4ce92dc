//! Connections that are made while the token is on its way: nobody notices, whatever becomes of them.

use std::thread;
use std::time::Duration;

use crate::command::Akv;
use crate::running::Running;
use crate::standin::{Fault, Standin};

const ENTRA: &str = "login.microsoftonline.com";
const VAULT: &str = "kv-prod.vault.azure.net";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/secret-001?api-version=7.4";
const METADATA: &str = "GET metadata/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

/// Waits for so many connections while the token is not given out, and says to whom they are.
fn hosts(azure: &Standin, run: &Running, count: usize) -> Vec<String> {
    loop {
        let mut hosts = azure.hosts();
        if hosts.len() >= count {
            hosts.sort();
            return hosts;
        }
        assert!(
            !run.stderr_so_far().contains("error"),
            "{}",
            run.stderr_so_far()
        );
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_vault_s_connection_is_made_while_the_token_is_on_its_way() {
    let azure = Standin::builder().hangs_up(false).start();
    azure.fault(&azure.token_request(), Fault::stall());
    let run = Akv::new()
        .args(["fetch", "kv-prod/secret-001"])
        .app(&azure)
        .spawn();
    assert_eq!(hosts(&azure, &run, 2), [VAULT, ENTRA]);
    drop(run);
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn so_it_is_with_a_managed_identity_s() {
    let azure = Standin::builder().hangs_up(false).start();
    azure.fault(METADATA, Fault::stall());
    let run = Akv::new()
        .args(["fetch", "kv-prod/secret-001"])
        .azure(&azure)
        .spawn();
    assert_eq!(hosts(&azure, &run, 1), [VAULT]);
    drop(run);
    azure.expect(&[METADATA]);
}

#[test]
fn of_many_vaults_the_first_eight() {
    let azure = Standin::builder().hangs_up(false).start();
    azure.fault(&azure.token_request(), Fault::stall());
    let vaults: Vec<_> = (10..30).map(|n| format!("kv-{n}")).collect();
    for verb in [
        &["fetch", "--all"][..],
        &["list"],
        &["fetch", "--secret=one"],
    ] {
        let before = azure.hosts().len();
        let run = Akv::new()
            .args(verb)
            .args(["--vault", &vaults.join(",")])
            .app(&azure)
            .spawn();
        let mut expected: Vec<_> = vaults[..8]
            .iter()
            .map(|vault| format!("{vault}.vault.azure.net"))
            .collect();
        expected.push(ENTRA.to_owned());
        hosts(&azure, &run, before + 9);
        assert_eq!(azure.hosts()[before..].len(), 9, "{verb:?}");
        for host in &expected {
            let count = azure.hosts()[before..]
                .iter()
                .filter(|found| *found == host)
                .count();
            assert_eq!(count, 1, "{verb:?}: {host}");
        }
        drop(run);
        azure.expect(&[&azure.token_request()]);
    }
}

#[test]
fn resource_manager_s_is_made_before_the_vaults_are_known() {
    let azure = Standin::builder().hangs_up(false).start();
    azure.fault(&azure.token_request(), Fault::stall());
    let run = Akv::new()
        .args(["fetch", "--vault", "*", "--all", "--subscription-id", "s"])
        .app(&azure)
        .spawn();
    assert_eq!(hosts(&azure, &run, 2), [ENTRA, "management.azure.com"]);
    drop(run);
    azure.expect(&[&azure.token_request()]);
}

#[test]
fn one_that_is_closed_before_it_is_needed_is_made_again_unnoticed() {
    let azure = Standin::builder().hangs_up(true).start();
    azure.secrets("kv-prod", 1);
    let output = Akv::new()
        .args(["get", "kv-prod/secret-001", "--verbose"])
        .app(&azure)
        .stdout("value-of-secret-001")
        .stderr_has("GET kv-prod.vault.azure.net (secret `secret-001`): 200")
        .stderr_lacks("try 2")
        .stderr_lacks("closed")
        .run();
    assert!(!output.stderr_text().contains("once more"));
    azure.expect(&[&azure.token_request(), READ]);
    assert_eq!(azure.hung_up(), 1);
    azure.expect_hosts(&[ENTRA, VAULT]);
}
