//! What does not exist: an error, a warning, or left out.

use crate::command::Akv;
use crate::standin::{Fault, Secret, Standin};

fn read(vault: &str, name: &str) -> String {
    format!("GET {vault}.vault.azure.net/secrets/{name}?api-version=7.4")
}

fn expect(azure: &Standin, reads: &[(&str, &str)]) {
    let token = azure.token_request();
    let reads: Vec<_> = reads
        .iter()
        .map(|(vault, name)| read(vault, name))
        .collect();
    let mut expected = vec![token.as_str()];
    expected.extend(reads.iter().map(String::as_str));
    azure.expect(&expected);
}

/// The output for these credentials.
fn array(credentials: &[(&str, &str)]) -> String {
    let lines: Vec<_> = credentials
        .iter()
        .map(|(vault, name)| {
            format!(r#"{{"user":"{name}","password":"value-of-{name}","name":"{vault}/{name}"}}"#)
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

/// `a` in both vaults, `b` in one, `c` in the other.
fn azure() -> Standin {
    let azure = Standin::start();
    for (vault, name) in [
        ("kv-one", "a"),
        ("kv-one", "b"),
        ("kv-two", "a"),
        ("kv-two", "c"),
    ] {
        azure.secret(vault, name, format!("value-of-{name}"));
    }
    azure
}

fn product<'a>(azure: &'a Standin, secrets: &str) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "--vault", "kv-one,kv-two", "--secret", secrets])
        .app(azure)
}

#[test]
fn a_named_credential_must_exist() {
    let azure = azure();
    for rule in [None, Some("sparse"), Some("error")] {
        let rule = rule.map(|rule| format!("--missing={rule}"));
        Akv::new()
            .args(["fetch", "kv-one/c", "kv-two/c", "kv-two/b"])
            .args(rule)
            .app(&azure)
            .status(5)
            .stderr_has("akv-xsoar: error: cannot read `kv-one/c`: no such secret or version in this vault (request id ")
            .stderr_has("akv-xsoar: error: cannot read `kv-two/b`: no such secret or version in this vault (request id ")
            .stderr_has("akv-xsoar: hint: check the name; if it was deleted recently it may be recovered (`az keyvault secret recover`)\n")
            .stderr_lacks("warning")
            .run();
        expect(&azure, &[("kv-one", "c"), ("kv-two", "c"), ("kv-two", "b")]);
    }
}

#[test]
fn a_named_credential_that_is_skipped() {
    let azure = azure();
    Akv::new()
        .args([
            "fetch",
            "--missing",
            "skip",
            "kv-one/c",
            "kv-two/c",
            "kv-two/b",
        ])
        .app(&azure)
        .stdout(array(&[("kv-two", "c")]))
        .run();
    expect(&azure, &[("kv-one", "c"), ("kv-two", "c"), ("kv-two", "b")]);
}

#[test]
fn nothing_left_is_an_empty_array() {
    let azure = azure();
    for (format, empty) in [("xsoar", "[]\n"), ("jsonl", "")] {
        Akv::new()
            .args(["fetch", "--missing=skip", "kv-one/x", "--format", format])
            .app(&azure)
            .stdout(empty)
            .run();
        expect(&azure, &[("kv-one", "x")]);
    }
}

#[test]
fn each_gap_of_vaults_times_secrets_is_a_warning() {
    let azure = azure();
    product(&azure, "a,b,c")
        .stdout(array(&[
            ("kv-one", "a"),
            ("kv-one", "b"),
            ("kv-two", "a"),
            ("kv-two", "c"),
        ]))
        .stderr(
            "akv-xsoar: warning: `kv-one/c` does not exist and is left out\n\
             akv-xsoar: warning: `kv-two/b` does not exist and is left out\n",
        )
        .run();
    expect(
        &azure,
        &[
            ("kv-one", "a"),
            ("kv-one", "b"),
            ("kv-one", "c"),
            ("kv-two", "a"),
            ("kv-two", "b"),
            ("kv-two", "c"),
        ],
    );

    product(&azure, "b,c")
        .arg("--quiet")
        .stdout(array(&[("kv-one", "b"), ("kv-two", "c")]))
        .run();
    expect(
        &azure,
        &[
            ("kv-one", "b"),
            ("kv-one", "c"),
            ("kv-two", "b"),
            ("kv-two", "c"),
        ],
    );
}

#[test]
fn a_secret_that_no_vault_has_is_an_error() {
    let azure = azure();
    product(&azure, "b,x")
        .status(5)
        .stderr(
            "akv-xsoar: warning: `kv-two/b` does not exist and is left out\n\
             akv-xsoar: error: cannot read `x`: no such secret in any of the vaults `kv-one`, `kv-two`\n\
             akv-xsoar: hint: check the name, or leave out what does not exist with `--missing skip`\n",
        )
        .run();
    expect(
        &azure,
        &[
            ("kv-one", "b"),
            ("kv-one", "x"),
            ("kv-two", "b"),
            ("kv-two", "x"),
        ],
    );
}

#[test]
fn of_one_vault_each_secret_must_exist() {
    let azure = azure();
    Akv::new()
        .args(["fetch", "--vault", "kv-one", "--secret", "a,x"])
        .app(&azure)
        .status(5)
        .stderr_has("akv-xsoar: error: cannot read `kv-one/x`: no such secret or version in this vault (request id ")
        .stderr_lacks("warning")
        .run();
    expect(&azure, &[("kv-one", "a"), ("kv-one", "x")]);
}

#[test]
fn of_vaults_times_secrets_all_or_whatever_there_is() {
    let azure = azure();
    let reads = [
        ("kv-one", "b"),
        ("kv-one", "x"),
        ("kv-two", "b"),
        ("kv-two", "x"),
    ];

    let output = product(&azure, "b,x")
        .arg("--missing=error")
        .status(5)
        .stderr_has("error: cannot read `kv-one/x`: no such secret or version in this vault")
        .stderr_has("error: cannot read `kv-two/b`: no such secret or version in this vault")
        .stderr_has("error: cannot read `kv-two/x`: no such secret or version in this vault")
        .run();
    assert_eq!(output.stderr_text().matches("error:").count(), 3);
    expect(&azure, &reads);

    product(&azure, "b,x")
        .arg("--missing=skip")
        .stdout(array(&[("kv-one", "b")]))
        .run();
    expect(&azure, &reads);
}

#[test]
fn a_failed_vault_does_not_make_a_gap_an_error() {
    let azure = azure();
    azure.fault("GET kv-two.vault.azure.net/", Fault::firewall("kv-two"));

    // Whether the other vault has `c`, nobody knows: its own error is all there is to say.
    let output = product(&azure, "a,c")
        .status(4)
        .stderr_has("akv-xsoar: error: cannot read from the vault `kv-two`: the vault's firewall does not let this address in: ")
        .stderr_lacks("cannot read `")
        .run();
    assert_eq!(output.stderr_text().matches("error:").count(), 1);
    expect(&azure, &[("kv-one", "a"), ("kv-one", "c"), ("kv-two", "a")]);
}

#[test]
fn nor_does_a_failed_secret() {
    let azure = azure();
    azure.put("kv-two", Secret::new("d", "never read").disabled());

    let output = product(&azure, "d,x")
        .status(5)
        .stderr_has("akv-xsoar: error: cannot read `kv-two/d`: the secret is disabled (request id ")
        .stderr_has("akv-xsoar: error: cannot read `x`: no such secret in any of the vaults `kv-one`, `kv-two`\n")
        .run();
    assert_eq!(output.stderr_text().matches("error:").count(), 2);
    expect(
        &azure,
        &[
            ("kv-one", "d"),
            ("kv-one", "x"),
            ("kv-two", "d"),
            ("kv-two", "x"),
        ],
    );
}

#[test]
fn nor_does_a_deadline() {
    let azure = azure();
    azure.fault(&read("kv-two", "a"), Fault::stall());

    let output = product(&azure, "a,c")
        .args(["--timeout", "2.5"])
        .status(8)
        .stderr_has("error: cannot read `kv-two/a`: the deadline of 2.5 s (`--timeout`) passed while waiting for `kv-two.vault.azure.net`\n")
        .stderr_has("error: the deadline of 2.5 s (`--timeout`) passed: not tried: `kv-two/c`\n")
        .run();
    assert_eq!(output.stderr_text().matches("error:").count(), 2);
    expect(&azure, &[("kv-one", "a"), ("kv-one", "c"), ("kv-two", "a")]);
}

#[test]
fn a_disabled_secret_is_never_skipped() {
    let azure = azure();
    azure.put("kv-one", Secret::new("off", "never read").disabled());
    for rule in ["sparse", "error", "skip"] {
        Akv::new()
            .args(["fetch", "kv-one/a", "kv-one/off", "--missing", rule])
            .app(&azure)
            .status(5)
            .stderr_has("error: cannot read `kv-one/off`: the secret is disabled (request id ")
            .run();
        expect(&azure, &[("kv-one", "a"), ("kv-one", "off")]);
    }
}

#[test]
fn a_version_that_is_missing_is_missing() {
    let azure = azure();
    let unknown = "0123456789abcdef0123456789abcdef";
    let credential = format!("kv-one/a/{unknown}");
    let name = format!("a/{unknown}");

    Akv::new()
        .args(["fetch", &credential])
        .app(&azure)
        .status(5)
        .stderr_has(
            "error: cannot read `kv-one/a`: no such secret or version in this vault (request id ",
        )
        .run();
    expect(&azure, &[("kv-one", &name)]);

    Akv::new()
        .args(["fetch", "--missing=skip", &credential, "kv-two/c"])
        .app(&azure)
        .stdout(array(&[("kv-two", "c")]))
        .run();
    expect(&azure, &[("kv-one", &name), ("kv-two", "c")]);
}

#[test]
fn get_has_nothing_to_leave_out() {
    let azure = azure();
    Akv::new()
        .args(["get", "kv-one/x"])
        .app(&azure)
        .status(5)
        .stderr_has("error: cannot read `kv-one/x`: no such secret or version in this vault")
        .run();
    expect(&azure, &[("kv-one", "x")]);
}
