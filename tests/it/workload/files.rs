//! A federated token's file: what it holds, whether it is there, and who may read it.

use std::fs;

use super::{VARIABLE, azure, run};
use crate::files::set_mode;
use crate::standin::Scratch;

const POD: (&str, &str) = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
const LABEL: &str = "akv-xsoar: hint: in Kubernetes the webhook mounts it: the pod needs the label `azure.workload.identity/use: \"true\"` when it is created, and its service account the annotation `azure.workload.identity/client-id`\n";

#[test]
fn a_file_without_a_token() {
    let azure = azure();
    let directory = Scratch::new("workload");
    for (text, words) in [
        ("", "it is empty\n"),
        (" \n\n", "it is empty\n"),
        ("\u{feff}\r\n", "it is empty\n"),
        ("two words", "it does not hold a token\n"),
        ("caf\u{e9}", "it does not hold a token\n"),
        (&"a".repeat(70 * 1024)[..], ""),
    ] {
        run(&azure, &directory, text)
            .status(2)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read the federated token in `token`: {words}"
            ))
            .stderr_lacks("Kubernetes")
            .run();
    }
}

#[test]
fn a_file_that_is_not_there() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let words = "cannot read the federated token in `nowhere`: no such file or directory\n";
    run(&azure, &directory, "x")
        .env(VARIABLE, "nowhere")
        .status(2)
        .stderr_has(words)
        .stderr_has("akv-xsoar: hint: whoever issues the token (a CI job, say) must have written it there before this runs\n")
        .stderr_lacks("Kubernetes")
        .run();
    run(&azure, &directory, "x")
        .env(VARIABLE, "nowhere")
        .env(POD.0, POD.1)
        .status(2)
        .stderr_has(words)
        .stderr_has(LABEL)
        .run();
    // The path of the webhook's own volume tells as much.
    run(&azure, &directory, "x")
        .env(
            VARIABLE,
            "/var/run/secrets/azure/tokens/azure-identity-token",
        )
        .status(2)
        .stderr_has(LABEL)
        .run();
}

/// Root reads everything, unless it gives up what lets it.
#[test]
fn a_file_that_others_may_read() {
    let azure = azure();
    let directory = Scratch::new("workload");
    let unreadable = || {
        let run = run(&azure, &directory, "x");
        set_mode(directory.path().join("token"), 0o000);
        if rustix::process::geteuid().is_root() {
            run.through(&["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
        } else {
            run
        }
    };
    let words = "cannot read the federated token in `token`: permission denied\n";
    unreadable()
        .status(2)
        .stderr_has(words)
        .stderr_has("akv-xsoar: hint: let the user who runs this read it\n")
        .stderr_lacks("Kubernetes")
        .run();
    fs::remove_file(directory.path().join("token")).unwrap();
    unreadable()
        .env(POD.0, POD.1)
        .status(2)
        .stderr_has(words)
        .stderr_has("akv-xsoar: hint: in Kubernetes the pod's `securityContext` says who may read it: an `fsGroup`, or with `runAsUser` the user who runs this\n")
        .stderr_lacks("label")
        .run();
    set_mode(directory.path().join("token"), 0o600);
}

#[test]
fn what_is_no_token_in_a_pod() {
    let azure = azure();
    let directory = Scratch::new("workload");
    run(&azure, &directory, "two words")
        .env(POD.0, POD.1)
        .status(2)
        .stderr_has("it does not hold a token\n")
        .stderr_lacks("label")
        .run();
}
