//! The report: its steps in their order, as text and as JSON, and where it goes.

use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use serde_json::{Value, json};

use super::{FIRST, OPENID, READ, THERE, azure, check, check_as, states, tells};
use crate::command::Akv;
use crate::gate::Gate;
use crate::shell::{Shell, code, messages};
use crate::standin::{CLIENT_ID, Fault, TENANT};

#[test]
fn everything_in_place() {
    let azure = azure();
    let (there, trust) = (
        format!("at `127.0.0.1:{}` by `--connect-to`", azure.tls_port()),
        "certificate chained to `--ca-file` only: an inspecting proxy or a private CA",
    );
    let ca_file = azure.ca_file();
    let output = check(&azure, &["kv-prod/db"])
        .env("AZURE_CLOUD", "public")
        .stdout_any()
        .run();
    // Of the clock nobody knows whether a second begins in between.
    let text = output.stdout_text();
    let told = text
        .replace("clock: 1 s ahead", "clock: 0 s ahead")
        .replace("0 s behind", "0 s ahead of");
    assert_eq!(
        told,
        format!(
            "ok     configuration: connect-to by `--connect-to`, ca-file by `--ca-file`, tenant-id by `--tenant-id`, client-id by `--client-id`, cloud by `AZURE_CLOUD`, client-secret by `AZURE_CLIENT_SECRET`\n\
             ok     identity: the application `{CLIENT_ID}` of the tenant `{TENANT}`, by its secret: `AZURE_CLIENT_SECRET` with `--client-id` and `--tenant-id`\n\
             ok     cloud: applications' tokens from `login.microsoftonline.com`, vaults under `vault.azure.net`, Resource Manager at `management.azure.com`\n\
             ok     selection: 1 secret by name\n\
             ok     network: no proxy; other addresses by `--connect-to`; trust in the built-in roots and 1 certificate of `{}` by `--ca-file`\n\
             ok     host login.microsoftonline.com: {there}, {trust}, answered 200\n\
             ok     host kv-prod.vault.azure.net: {there}, {trust}, of the tenant `{TENANT}`, asks for a token (401)\n\
             ok     clock: 0 s ahead of `login.microsoftonline.com`\n\
             ok     token: one for `https://vault.azure.net`\n\
             ok     vault kv-prod: 1 secret read\n\
             ok     output: standard output\n",
            ca_file.display()
        )
    );
    // Nothing that proves an identity before the token's request; nothing is read twice.
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
    assert_eq!(azure.hosts().len(), 2, "one connection each");
}

#[test]
fn as_json_for_machines() {
    let azure = azure();
    let akv = check(&azure, &["kv-prod/db", "kv-prod/gone", "--format", "jsonl"]);
    let output = akv.status(5).stdout_any().run();
    let lines: Vec<Value> = output
        .stdout_text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let keys = ["step", "status", "found", "todo"];
    let place = |key: &str| output.stdout_text().find(&format!("\"{key}\":"));
    let places = keys.map(place);
    assert!(places.is_sorted() && places[0].is_some(), "{places:?}");
    for line in &lines {
        let found: Vec<_> = line.as_object().unwrap().keys().collect();
        assert_eq!(found.len(), keys.len(), "{line}");
    }
    let of = |name: &str| lines.iter().find(|line| line["step"] == name).unwrap();
    assert_eq!(
        *of("token"),
        json!({"step": "token", "status": "ok", "found": "one for `https://vault.azure.net`", "todo": null})
    );
    let failed = of("vault kv-prod");
    assert_eq!(failed["status"], "FAILED");
    let found = failed["found"].as_str().unwrap();
    assert!(
        found.starts_with("cannot read `kv-prod/gone`: no such secret or version"),
        "{found}"
    );
    assert!(
        failed["todo"]
            .as_str()
            .unwrap()
            .starts_with("check the name"),
        "{failed}"
    );
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, "GET *gone*"]);
}

/// Each failure is told, the steps behind it are tried, and the first gives the exit code.
#[test]
fn it_goes_on_after_a_failure() {
    let azure = azure();
    azure.clock_ahead(3600);
    azure.fault(&azure.token_request(), Fault::aadsts(7_000_215));
    let output = check(&azure, &["kv-prod/db", "--output", "/nowhere/x"])
        .status(3)
        .stdout_any()
        .run();
    assert_eq!(
        states(&output),
        [
            "ok configuration",
            "ok identity",
            "ok cloud",
            "ok selection",
            "ok network",
            "ok host login.microsoftonline.com",
            "ok host kv-prod.vault.azure.net",
            "FAILED clock",
            "FAILED token",
            "note vaults",
            "FAILED output",
        ]
    );
    azure.expect(&[OPENID, THERE, &azure.token_request()]);
    azure.clock_ahead(0);

    // The output alone.
    let akv = check(&azure, &["kv-prod/db", "--output", "/nowhere/x"]);
    azure.mend();
    let output = akv.status(9).stdout_any().run();
    assert_eq!(states(&output).last().unwrap(), "FAILED output");
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
}

/// Takes the reader of a pipe away: until then, children that other tests are about to start may have it, too.
fn leave(reader: OwnedFd, writer: &OwnedFd) {
    drop(reader);
    let mut without_reader = [PollFd::new(writer, PollFlags::empty())];
    poll(&mut without_reader, None).unwrap();
}

/// Where nobody reads on, nothing more is tried, and nothing was wrong.
#[test]
fn a_reader_that_leaves() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    leave(reader, &writer);
    for cloud in ["public", "moon"] {
        let script = format!("exec $RUNNER \"$BIN\" check kv-prod/db --cloud {cloud}");
        let mut command = shell.command(&script);
        let output = command
            .stdout(writer.try_clone().unwrap())
            .output()
            .unwrap();
        assert_eq!((code(&output), output.stderr), (0, Vec::new()));
        azure.expect(&[]);
    }
    // It leaves in the middle: then what was wrong before is nobody's concern either.
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let (gate, fault) = Gate::new();
    azure.fault(OPENID, fault);
    let mut command = shell.command("exec $RUNNER \"$BIN\" check kv-prod/db --missing maybe");
    let stdout = writer.try_clone().unwrap();
    let mut child = command.stdout(stdout).spawn().unwrap();
    gate.wait();
    leave(reader, &writer);
    drop(gate);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(messages(child), "");
    azure.expect(&[OPENID]);
    azure.mend();
    azure.ignore_log();

    let script = "akv check kv-prod/db >/dev/full; echo $?";
    shell.run(
        script,
        0,
        "9\n",
        "akv-xsoar: error: cannot write to standard output: write: no space left on device\n\
         akv-xsoar: hint: make room, and run it again\n",
    );
}

#[test]
fn what_is_said_beside_it() {
    let azure = azure();
    let requests = [OPENID, THERE, &azure.token_request(), READ, FIRST];
    check(&azure, &["kv-prod/db", "--quiet"])
        .stdout_has("ok     token: ")
        .run();
    azure.expect(&requests);
    check(&azure, &["kv-prod/db", "--verbose"])
        .stdout_has("ok     token: ")
        .stderr_has("info: GET kv-prod.vault.azure.net (is it there?): 401 in ")
        .run();
    azure.expect(&requests);
    Akv::new()
        .args(["check", "kv-prod/db", "--prefix"])
        .app(&azure)
        .status(2)
        .stderr(
            "akv-xsoar: error: `--prefix` needs a value\n\
             akv-xsoar: hint: `--prefix P`\n",
        )
        .run();
    azure.expect(&[]);
}

/// A managed identity's endpoint is asked for its token alone.
#[test]
fn the_machine_s_own_identity() {
    let azure = azure();
    let found = format!(
        "this machine's managed identity, by the metadata endpoint: nothing else is configured; `AZURE_POD_IDENTITY_AUTHORITY_HOST` moves its endpoint to `{}`",
        azure.metadata_url()
    );
    let akv = check_as(&azure, &["kv-prod/db"]).azure(&azure);
    let output = tells(akv, 0, "identity", "ok", &found);
    assert_eq!(states(&output)[5], "ok host kv-prod.vault.azure.net");
    azure.expect(&[THERE, "GET metadata/*", READ, FIRST]);

    let nowhere = check_as(&azure, &["kv-prod/db"])
        .azure(&azure)
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1");
    let output = nowhere.status(3).stdout_any().run();
    assert_eq!(
        &states(&output)[5..],
        [
            "ok host kv-prod.vault.azure.net",
            "ok clock",
            "FAILED token",
            "note vaults",
            "ok output"
        ]
    );
    azure.expect(&[THERE]);

    // What a run would warn of is a note.
    let akv = check_as(&azure, &["kv-prod/db"])
        .azure(&azure)
        .env("IDENTITY_ENDPOINT", "http://127.0.0.1:1/x");
    let output = akv.stdout_any().run();
    assert_eq!(&states(&output)[1..3], ["ok identity", "note identity"]);
    azure.expect(&[THERE, "GET metadata/*", READ, FIRST]);
}
