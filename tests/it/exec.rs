//! `exec`: a command with the secrets in its environment, and nowhere else.

mod environment;
mod finding;
mod process;
mod size;

use crate::command::Akv;
use crate::standin::{Fault, Scratch, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db-password?api-version=7.4";
const READ_API: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";

/// A vault with two secrets.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db-password", "s3cr€t \"'$x\\\n\tend");
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// `exec kv-prod/db-password -- WORD…`, as the application.
fn exec<'a>(azure: &'a Standin, words: &[&str]) -> Akv<'a> {
    Akv::new()
        .args(["exec", "kv-prod/db-password", "--"])
        .args(words)
        .app(azure)
}

#[test]
fn the_command_has_the_secrets_in_its_environment_alone() {
    let azure = azure();
    Akv::new()
        .args(["exec", "kv-prod/api", "--prefix", "KV_"])
        .args(["--env", "PGPASSWORD=kv-prod/db-password", "--", "sh", "-c"])
        .arg(r#"printf '%s|' "$KV_API" "$PGPASSWORD"; tr '\0' ' ' </proc/$$/cmdline"#)
        .app(&azure)
        .stdout_has("value-of-api|s3cr€t \"'$x\\\n\tend|sh -c printf ")
        .run();
    azure.expect(&[&azure.token_request(), READ_API, READ]);

    // The words as they were given, the first one, too.
    exec(&azure, &["cat", "/proc/self/cmdline"])
        .stdout("cat\0/proc/self/cmdline\0")
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn what_stands_behind_the_hyphens_is_the_command_s() {
    let azure = azure();
    let words = [
        "printf",
        "%s|",
        "--vault",
        "x",
        "--verbose",
        "--timeout",
        "0",
        "--",
        "--help",
        "",
        "a b",
    ];
    exec(&azure, &words)
        .stdout("--vault|x|--verbose|--timeout|0|--|--help||a b|")
        .run();
    azure.expect(&[&azure.token_request(), READ]);

    // Ours is ours in front of them.
    Akv::new()
        .args([
            "exec",
            "--verbose",
            "kv-prod/db-password",
            "--",
            "echo",
            "--quiet",
        ])
        .app(&azure)
        .stdout("--quiet\n")
        .stderr_has("info: GET kv-prod.vault.azure.net (secret `db-password`): 200")
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn words_may_be_any_bytes() {
    use std::os::unix::ffi::OsStrExt;

    let azure = azure();
    let word = std::ffi::OsStr::from_bytes(b"\xff\xfe|\x80");
    exec(&azure, &["printf", "%s"])
        .arg(word)
        .stdout(b"\xff\xfe|\x80")
        .run();
    azure.expect(&[&azure.token_request(), READ]);
}

#[test]
fn a_command_there_must_be() {
    let azure = azure();
    let needs = "akv-xsoar: error: `exec` needs a command behind `--`\n\
                 akv-xsoar: hint: such as `akv-xsoar exec kv-prod/db-password -- psql -h db`\n";
    for words in [
        &["kv-prod/db-password"][..],
        &["kv-prod/db-password", "env"],
        &["kv-prod/db-password", "--"],
    ] {
        let akv = Akv::new().arg("exec").args(words).app(&azure);
        akv.status(2).stderr(needs).run();
    }
    Akv::new()
        .args(["exec", "--", "env"])
        .app(&azure)
        .status(2)
        .stderr(
            "akv-xsoar: error: nothing is selected\n\
             akv-xsoar: hint: name what you want: `akv-xsoar exec VAULT/SECRET`\n",
        )
        .run();
    azure.expect(&[]);
}

/// All or nothing: the command does not start.
#[test]
fn nothing_is_run_without_every_secret() {
    let azure = azure();
    let directory = Scratch::new("exec");
    Akv::new()
        .args([
            "exec",
            "kv-prod/db-password",
            "kv-prod/gone",
            "--",
            "touch",
            "started",
        ])
        .app(&azure)
        .cwd(directory.path())
        .status(5)
        .stderr_has("akv-xsoar: error: cannot read `kv-prod/gone`: no such secret")
        .run();
    let gone = "GET kv-prod.vault.azure.net/secrets/gone?api-version=7.4";
    azure.expect(&[&azure.token_request(), READ, gone]);

    azure.fault(READ, Fault::stall());
    Akv::new()
        .args([
            "exec",
            "kv-prod/db-password",
            "--timeout",
            "1.5",
            "--",
            "touch",
            "started",
        ])
        .app(&azure)
        .cwd(directory.path())
        .status(8)
        .stderr_has("the deadline of 1.5 s (`--timeout`) passed while waiting for `kv-prod")
        .run();
    azure.expect(&[&azure.token_request(), READ]);
    azure.mend();

    // What may be missing is no variable.
    Akv::new()
        .args([
            "exec",
            "kv-prod/api",
            "kv-prod/gone",
            "--missing",
            "skip",
            "--pristine",
        ])
        .args(["--", "env"])
        .app(&azure)
        .stdout("API=value-of-api\n")
        .run();
    azure.expect(&[&azure.token_request(), READ_API, gone]);
    assert!(crate::command::names_in(directory.path()).is_empty());
}

#[test]
fn a_configuration_file_selects_too() {
    let azure = azure();
    let directory = Scratch::new("exec");
    let config = serde_json::json!({
        "key_vaults": "kv-prod", "secrets": "api", "env": ["PW=kv-prod/db-password"],
        // What `fetch` alone has is no hindrance.
        "format": "files", "output": "nowhere", "decode": "auto",
    });
    crate::files::private(&directory, "c.json", config.to_string());
    Akv::new()
        .args([
            "exec",
            "--config",
            "c.json",
            "--pristine",
            "--",
            "sh",
            "-c",
            "echo $API",
        ])
        .app(&azure)
        .cwd(directory.path())
        .stdout("value-of-api\n")
        .run();
    azure.expect(&[&azure.token_request(), READ_API, READ]);
}
