//! `check` looks at the server, too: reached, with a key that it accepts, and what is there.

use super::{LIST, READ_A, URL, azure, run, told};
use crate::command::Akv;
use crate::standin::{Credential, Fault, KeyRights, Standin, XSOAR_KEY, XSOAR_KEY_ID, Xsoar};

fn check<'a>(azure: &'a Standin, url: &str) -> Akv<'a> {
    azure.ignore_log();
    let akv = Akv::new().args(["check", "kv-prod/a"]).app(azure);
    akv.args(["--xsoar-url", url])
        .env("DEMISTO_API_KEY", XSOAR_KEY)
        .canary("value-of-a")
}

#[test]
fn a_server_that_is_in_place() {
    let azure = azure();
    azure.ignore_log();
    run(&azure, &["kv-prod/a", "kv-prod/b"])
        .stdout(told("created", "created"))
        .run();
    azure.xsoar_credential(Credential::new("theirs", "", ""));
    let since = azure.requests().len();
    check(&azure, URL)
        .stdout_has("\nok     xsoar xsoar.example: at `127.0.0.1:")
        .stdout_has("` by `--connect-to`, certificate chained to `--ca-file` only: an inspecting proxy or a private CA; it accepts a key without an id (XSOAR 6); 3 credentials, 2 of them ours\n")
        .run();
    let requests = azure.requests();
    assert_eq!(
        requests[since..]
            .iter()
            .filter(|request| request.line() == LIST)
            .count(),
        1
    );
    assert!(
        requests[since..]
            .iter()
            .all(|request| request.method != "PUT")
    );
    check(&azure, URL)
        .arg("--format=jsonl")
        .stdout_has(
            "{\"step\":\"xsoar xsoar.example\",\"status\":\"ok\",\"found\":\"at `127.0.0.1:",
        )
        .stdout_has("; 3 credentials, 2 of them ours\",\"todo\":null}\n")
        .run();

    let url = azure.xsoar(Xsoar::eight().advanced());
    check(&azure, &url)
        .args(["--xsoar-key-id", XSOAR_KEY_ID, "--xsoar-key-type=advanced"])
        .stdout_has("it accepts an advanced key (XSOAR 8); 0 credentials, 0 of them ours\n")
        .run();
    let plain = azure.xsoar_without_tls();
    check(&azure, &plain)
        .args(["--xsoar-key-id", XSOAR_KEY_ID, "--xsoar-key-type=advanced"])
        .stdout_has("\nok     xsoar 127.0.0.1: at 127.0.0.1, no TLS; it accepts")
        .run();
}

#[test]
fn a_server_that_is_not() {
    let azure = azure();
    let failed = "\nFAILED xsoar xsoar.example: cannot list the server's credentials: ";
    azure.xsoar_rights(KeyRights::Nothing);
    check(&azure, URL)
        .status(4)
        .stdout_has(format!("{failed}`xsoar.example` does not let this key at its credentials: Forbidden; what to do: give the key a role"))
        .run();
    azure.xsoar(Xsoar::six().key("Another-Key-5f0c"));
    check(&azure, URL)
        .status(4)
        .stdout_has(format!("{failed}`xsoar.example` does not accept the key, a key without an id (XSOAR 6): Issue with CSRF code; what to do: check the key;"))
        .run();
    azure.xsoar(Xsoar::six());
    for (fault, status) in [(Fault::captive_portal(), 7), (Fault::see_other("/"), 7)] {
        azure.mend();
        azure.fault(LIST, fault);
        check(&azure, URL).status(status).stdout_has(failed).run();
    }
    azure.mend();
    check(&azure, "https://xsoar.example/?x")
        .status(2)
        .stdout_has("\nFAILED xsoar: `--xsoar-url` must end with its path")
        .run();
    check(&azure, URL)
        .env_remove("DEMISTO_API_KEY")
        .status(2)
        .stdout_has("\nFAILED xsoar: there is no API key ")
        .run();
    // The first failure's code, though the server is in place.
    azure.fault(READ_A, Fault::no_role("kv-prod"));
    check(&azure, URL)
        .status(4)
        .stdout_has("\nok     xsoar xsoar.example: ")
        .run();
    azure.mend();
    // Nothing of Azure's is needed for it.
    check(&azure, URL)
        .arg("--cloud=nowhere")
        .status(2)
        .stdout_has("\nok     xsoar xsoar.example: ")
        .run();
}

#[test]
fn without_an_address_there_is_no_server() {
    let azure = azure();
    let akv = Akv::new().args(["check", "kv-prod/a"]).app(&azure);
    let output = akv.env("DEMISTO_API_KEY", XSOAR_KEY).stdout_any().run();
    assert!(!output.stdout_text().contains("xsoar x"));
    azure.ignore_log();
    let by_variable = Akv::new().args(["check", "kv-prod/a"]).app(&azure);
    by_variable
        .env("DEMISTO_API_KEY", XSOAR_KEY)
        .env("DEMISTO_BASE_URL", URL)
        .stdout_has("0 credentials, 0 of them ours\n")
        .run();
}
