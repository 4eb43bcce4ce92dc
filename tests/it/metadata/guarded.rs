//! Machines whose Metadata Security Protocol says who may ask.

use std::fs;

use super::{READ, SYSTEM, TOKEN, azure, get};
use crate::command::{Akv, binary, runner};
use crate::standin::Fault;

/// Who this program is to the machine's agent.
fn allowed() -> String {
    let program = fs::canonicalize(binary()).unwrap();
    let me = rustix::process::geteuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd
        .lines()
        .find(|line| line.split(':').nth(2) == Some(&me.to_string()));
    let user = line.map_or_else(
        || format!("with the number {me}"),
        |line| format!("`{}`", line.split(':').next().unwrap()),
    );
    format!("exePath `{}` of the user {user}", program.display())
}

const REFUSED: &str =
    "the machine's Metadata Security Protocol does not let this program ask (status 403)";

fn hint() -> String {
    format!(
        "have the VM's `InVMAccessControlProfile` let {} ask for `/metadata/identity/oauth2/token`",
        allowed()
    )
}

#[test]
fn it_may_not_ask() {
    let azure = azure();
    azure.fault("GET metadata/", Fault::locked_down());

    let run = get(&azure).status(3);
    let run = if runner().is_empty() {
        run.stderr(format!("{SYSTEM}{REFUSED}\nakv-xsoar: hint: {}\n", hint()))
    } else {
        run.stderr_has(REFUSED)
    };
    run.run();

    azure.expect(&[TOKEN]);
}

#[test]
fn check_says_the_same() {
    let azure = azure();
    azure.fault("GET metadata/", Fault::locked_down());
    Akv::new()
        .args(["check", "kv-prod/api"])
        .azure(&azure)
        .status(3)
        .stdout_has(format!(
            "FAILED token: cannot get a token for this machine's managed identity: {REFUSED}; what to do: have the VM's `InVMAccessControlProfile` let exePath `"
        ))
        .run();
    azure.expect(&["GET kv-prod.vault.azure.net/*", TOKEN]);
}

#[test]
fn the_agent_that_does_not_know_yet_who_asks_is_asked_again() {
    let azure = azure();
    azure.fault("GET metadata/", Fault::unattributed().times(2));
    get(&azure).stdout("value-of-api").run();
    azure.expect(&[TOKEN, TOKEN, TOKEN, READ]);

    azure.fault("GET metadata/", Fault::unattributed());
    get(&azure)
        .args(["--timeout", "4"])
        .status(8)
        .stderr_has(format!("{SYSTEM}the machine's Metadata Security Protocol does not know who asks (status 421); the next try would be in 6 s, "))
        .run();
    azure.expect(&[TOKEN, TOKEN, TOKEN]);
}

#[test]
fn the_host_behind_the_agent_that_does_not_answer_is_asked_again() {
    for status in [500, 502, 503] {
        let azure = azure();
        azure.fault("GET metadata/", Fault::empty(status).once());
        get(&azure).stdout("value-of-api").run();
        azure.expect(&[TOKEN, TOKEN, READ]);
    }
}

/// Only what is empty is the agent's.
#[test]
fn a_refusal_with_words_is_another_s() {
    let azure = azure();
    for fault in [
        Fault::metadata_unreachable(),
        Fault::raw(403, "text/plain", "\n"),
        Fault::empty(403).header("Metadata-Flavor", "Google"),
    ] {
        azure.mend();
        azure.fault("GET metadata/", fault);
        get(&azure)
            .status(3)
            .stderr_has("is not Azure's ")
            .stderr_lacks("Metadata Security Protocol")
            .run();
        azure.expect(&[TOKEN]);
    }
}
