//! What the command finds in its environment, and what it does not.

use std::os::unix::ffi::OsStrExt;

use super::{READ, READ_API, azure, exec};
use crate::command::Akv;
use crate::standin::Standin;

/// The variables that were printed, but for those that every run of a test has.
fn variables(stdout: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stdout);
    let mut variables: Vec<String> = text
        .split('\0')
        .filter(|line| !line.is_empty() && !line.starts_with("AZURE_POD_IDENTITY_AUTHORITY_HOST="))
        .map(str::to_owned)
        .collect();
    variables.sort();
    variables
}

/// `exec kv-prod/api [OPTION…] -- env -0`.
fn env<'a>(azure: &'a Standin, options: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["exec", "kv-prod/api"])
        .args(options)
        .args(["--", "env", "-0"])
        .app(azure)
        .stdout_any()
}

#[test]
fn the_caller_s_own_variables_stay_as_they_are() {
    let azure = azure();
    let output = env(&azure, &[])
        .env("PATH", "/usr/bin:/bin")
        .env("AZURE_TENANT_ID", "somebody-else")
        .env("EMPTY", "")
        .env("odd name", std::ffi::OsStr::from_bytes(b"\xff=\n"))
        .run();
    let found = variables(&output.stdout);
    let expected = [
        "API=value-of-api",
        "AZURE_TENANT_ID=somebody-else",
        "EMPTY=",
        "PATH=/usr/bin:/bin",
        "odd name=\u{fffd}=\n",
    ];
    assert_eq!(found, expected);
    azure.expect(&[&azure.token_request(), READ_API]);

    let output = env(&azure, &["--pristine"])
        .env("PATH", "/usr/bin:/bin")
        .run();
    assert_eq!(output.stdout, b"API=value-of-api\0");
    azure.expect(&[&azure.token_request(), READ_API]);
}

/// What proves this program's own identity, to Azure or to XSOAR.
const OURS: [&str; 6] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "DEMISTO_API_KEY",
];

#[test]
fn what_proves_our_own_identity_is_not_passed_on() {
    let azure = azure();
    let mut akv = env(&azure, &[]);
    for name in OURS.iter().skip(1) {
        akv = akv.env(name, format!("Canary-{name}"));
        akv = akv.canary(format!("Canary-{name}"));
    }
    let output = akv.run();
    assert_eq!(variables(&output.stdout), ["API=value-of-api"]);
    azure.expect(&[&azure.token_request(), READ_API]);

    // A secret may take the name, by `--env` or by its own: it replaces ours.
    azure.secret("kv-prod", "demisto-api-key", "theirs");
    let output = Akv::new()
        .args(["exec", "kv-prod/demisto-api-key"])
        .args([
            "--env",
            "AZURE_CLIENT_SECRET=kv-prod/api",
            "--",
            "env",
            "-0",
        ])
        .app(&azure)
        .env("DEMISTO_API_KEY", "Canary-key")
        .canary("Canary-key")
        .stdout_any()
        .run();
    let expected = ["AZURE_CLIENT_SECRET=value-of-api", "DEMISTO_API_KEY=theirs"];
    assert_eq!(variables(&output.stdout), expected);
    let key = "GET kv-prod.vault.azure.net/secrets/demisto-api-key?api-version=7.4";
    azure.expect(&[&azure.token_request(), key, READ_API]);
}

/// The machine's, too, which the command could ask for tokens with.
#[test]
fn app_service_s_header_is_not_passed_on() {
    let azure = azure();
    let there = azure.app_service();
    let output = Akv::new()
        .args(["exec", "kv-prod/api", "--", "env", "-0"])
        .azure(&azure)
        .env("IDENTITY_ENDPOINT", &there.endpoint)
        .env("IDENTITY_HEADER", &there.header)
        .stdout_any()
        .run();
    let expected = [
        "API=value-of-api".to_owned(),
        format!("IDENTITY_ENDPOINT={}", there.endpoint),
    ];
    assert_eq!(variables(&output.stdout), expected);
    azure.expect(&["GET app-service/*", READ_API]);
}

#[test]
fn a_name_that_is_taken() {
    let azure = azure();
    let taken = |name: &str| {
        format!(
            "akv-xsoar: error: cannot name a variable for `kv-prod/api`: `{name}` is in the environment already\n\
             akv-xsoar: hint: name it yourself: `--env NAME=kv-prod/api`; or put something in front of every name: `--prefix`\n"
        )
    };
    // An empty one is one, too.
    for value in ["mine", ""] {
        env(&azure, &[])
            .env("API", value)
            .status(2)
            .stderr(taken("API"))
            .run();
    }
    env(&azure, &["--prefix", "X_"])
        .env("X_API", "mine")
        .status(2)
        .stderr(taken("X_API"))
        .run();
    azure.expect(&[]);

    for (options, expected) in [
        (&["--pristine"][..], &["API=value-of-api"][..]),
        (&["--env", "API=kv-prod/api"], &["API=value-of-api"]),
        (&["--prefix", "X_"], &["API=mine", "X_API=value-of-api"]),
        (&["--env", "Y=kv-prod/api"], &["API=mine", "Y=value-of-api"]),
    ] {
        let output = env(&azure, options).env("API", "mine").run();
        assert_eq!(variables(&output.stdout), expected, "{options:?}");
        azure.expect(&[&azure.token_request(), READ_API]);
    }
}

/// Whoever may write to the vault chooses names, and values; names are judged before a value is read.
#[test]
fn a_name_that_means_something() {
    let azure = azure();
    azure.secret("kv-prod", "path", "/evil");
    Akv::new()
        .args(["exec", "kv-prod/path", "--pristine", "--", "env"])
        .app(&azure)
        .status(2)
        .stderr_has("`PATH` means something to a loader, a shell, an interpreter or a client")
        .run();
    azure.expect(&[]);
}

#[test]
fn a_nul_goes_into_no_variable() {
    let azure = azure();
    azure.secret("kv-prod", "nul-1", "Canary\0value");
    azure.secret("kv-prod", "nul-2", "\0");
    let hint = "akv-xsoar: hint: no variable can hold one: leave it out, or use another format (`xsoar`, `jsonl`, `files`)\n";
    let error = |name: &str| {
        format!(
            "akv-xsoar: error: cannot put `kv-prod/{name}` into a variable: its value has a NUL character in it\n{hint}"
        )
    };
    Akv::new()
        .args([
            "exec",
            "kv-prod/nul-1",
            "kv-prod/api",
            "kv-prod/nul-2",
            "--",
            "env",
        ])
        .app(&azure)
        .status(9)
        .stderr(error("nul-1") + &error("nul-2"))
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET *nul-1*",
        READ_API,
        "GET *nul-2*",
    ]);
}

/// Several names for one secret are several variables, and one request.
#[test]
fn one_secret_by_several_names() {
    let azure = azure();
    exec(&azure, &[]).arg("true").run();
    azure.expect(&[&azure.token_request(), READ]);
    Akv::new()
        .args([
            "exec",
            "--env",
            "A=kv-prod/api,B=KV-PROD/API",
            "--pristine",
            "--",
            "env",
        ])
        .app(&azure)
        .stdout("A=value-of-api\nB=value-of-api\n")
        .run();
    azure.expect(&[&azure.token_request(), READ_API]);
}
