//! `--env` selects what it names; and what the configuration file says of variables.

use serde_json::json;

use super::{HINT, lines, shell, with};
use crate::selection::{array, expect, with_file};
use crate::standin::Scratch;

const SECRETS: [&str; 4] = ["a", "b", "c", "d"];

#[test]
fn what_is_named_is_selected() {
    let azure = with(&SECRETS);
    for (args, listed, variables) in [
        // By itself.
        (
            &["--env=X=kv-prod/c,Y=kv-prod/a"][..],
            &[][..],
            &[("X", "c"), ("Y", "a")][..],
        ),
        // Behind the arguments, unless it is one of them.
        (
            &["--env=X=kv-prod/c,Y=kv-prod/a", "kv-prod/b", "kv-prod/c"],
            &[],
            &[("B", "b"), ("X", "c"), ("Y", "a")],
        ),
        // Behind vaults and secrets.
        (
            &[
                "--env=X=kv-prod/c,Y=kv-prod/a",
                "--vault=kv-prod",
                "--secret=b,c",
            ],
            &[],
            &[("B", "b"), ("X", "c"), ("Y", "a")],
        ),
        // Behind what is listed, in its place where it is listed too.
        (
            &[
                "--env=X=kv-prod/d,Y=kv-prod/b",
                "--vault=kv-prod",
                "--match=b,c",
                "--prefix=P_",
            ],
            &["kv-prod"],
            &[("Y", "b"), ("P_C", "c"), ("X", "d")],
        ),
    ] {
        let reads: Vec<_> = variables
            .iter()
            .map(|(_, secret)| ("kv-prod", *secret))
            .collect();
        shell(&azure, args).stdout(lines(variables)).run();
        expect(&azure, listed, &reads);
    }
}

/// What is named must exist, whatever else selects it.
#[test]
fn what_is_named_must_exist() {
    let azure = with(&SECRETS);
    azure.secret("kv-test", "x", "value-of-x");
    let gone = "akv-xsoar: error: cannot read `kv-prod/x`: no such secret or version in this vault (request id ";
    shell(&azure, &["--env=X=kv-prod/x", "kv-prod/a"])
        .status(5)
        .stderr_has(gone)
        .run();
    expect(&azure, &[], &[("kv-prod", "a"), ("kv-prod", "x")]);
    let both = ["--vault=kv-prod,kv-test", "--secret=x", "--prefix=P_"];
    shell(&azure, &both)
        .arg("--env=X=kv-prod/x")
        .status(5)
        .stderr_has(gone)
        .run();
    expect(&azure, &[], &[("kv-prod", "x"), ("kv-test", "x")]);
    shell(
        &azure,
        &["--env=X=kv-prod/x", "kv-prod/a", "--missing=skip"],
    )
    .stdout(lines(&[("A", "a")]))
    .run();
    expect(&azure, &[], &[("kv-prod", "a"), ("kv-prod", "x")]);
}

#[test]
fn in_the_file() {
    let azure = with(&SECRETS);
    let directory = Scratch::new("variables");
    let keys = json!({
        "format": "shell", "prefix": "P_", "env": ["X=kv-prod/b", "Y=kv-prod/a"],
        "vault": "kv-prod", "secrets": "c,b",
    });
    for (args, variables) in [
        (&[][..], &[("P_C", "c"), ("X", "b"), ("Y", "a")][..]),
        (&["--prefix=Q"], &[("QC", "c"), ("X", "b"), ("Y", "a")]),
        // Arguments select in the place of all that, and names stay names.
        (&["kv-prod/a", "kv-prod/d"], &[("Y", "a"), ("P_D", "d")]),
        (
            &["--vault=kv-prod", "--secret=d,b"],
            &[("P_D", "d"), ("X", "b")],
        ),
        // Another `--env` does both.
        (&["--env", "Z=kv-prod/d"], &[("Z", "d")]),
        (
            &["--env", "Z=kv-prod/d", "kv-prod/a"],
            &[("P_A", "a"), ("Z", "d")],
        ),
    ] {
        let reads: Vec<_> = variables
            .iter()
            .map(|(_, secret)| ("kv-prod", *secret))
            .collect();
        with_file(&azure, &directory, "fetch", &keys)
            .args(args)
            .stdout(lines(variables))
            .run();
        expect(&azure, &[], &reads);
    }
    // A name that is kept for what is not selected is free.
    let keys = json!({"format": "shell", "env": "D=kv-prod/a"});
    with_file(&azure, &directory, "fetch", &keys)
        .arg("kv-prod/d")
        .stdout(lines(&[("D", "d")]))
        .run();
    expect(&azure, &[], &[("kv-prod", "d")]);
    // Where there are no variables, neither counts.
    let keys = json!({"prefix": "1", "env": "nonsense", "vault": "kv-prod", "secret": "a"});
    with_file(&azure, &directory, "fetch", &keys)
        .stdout(array(&[("kv-prod", "a")]))
        .run();
    expect(&azure, &[], &[("kv-prod", "a")]);
}

#[test]
fn what_is_wrong_in_the_file() {
    let azure = with(&["a"]);
    let directory = Scratch::new("variables");
    let name =
        "akv-xsoar: hint: a name has letters, digits and `_`, and does not begin with a digit\n";
    for (keys, words) in [
        (
            json!({"prefix": "Canary0fTheFile-"}),
            format!("`prefix` in `c.json` cannot begin a variable's name\n{name}"),
        ),
        (
            json!({"env": "Canary0fTheFile-=kv-prod/a"}),
            format!("`env` in `c.json` has an invalid variable name\n{name}"),
        ),
        (
            json!({"env": ["A=kv-prod/a", "Canary0fTheFile"]}),
            "`env` in `c.json` is not NAME=VAULT/SECRET\nakv-xsoar: hint: such as `--env PGPASSWORD=kv-prod/db-password`\n".to_owned(),
        ),
        (
            json!({"env": "A=kv-prod/Canary0fTheFile!"}),
            "`env` in `c.json` is not a CREDENTIAL\nakv-xsoar: hint: a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]\n".to_owned(),
        ),
        (
            json!({"env": "A=kv-prod/Canary0fTheFile_"}),
            "`env` in `c.json` has an invalid secret name\nakv-xsoar: hint: a secret's name has 1 to 127 letters, digits and hyphens\n".to_owned(),
        ),
        (
            json!({"env": "A=kv-prod/a/Canary0fTheFile"}),
            "`env` in `c.json` has an invalid version\nakv-xsoar: hint: a version has 32 letters and digits\n".to_owned(),
        ),
        (
            json!({"env": "A=https://Canary0fTheFile.vault.azure.cn/secrets/a"}),
            "`env` in `c.json` has a URL that is not that of a vault in this cloud (`https://NAME.vault.azure.net`)\nakv-xsoar: hint: it is of another cloud: `--cloud china`\n".to_owned(),
        ),
        (
            json!({"vault": "kv-prod", "secret": "path"}),
            format!("cannot name a variable for `kv-prod/path`: `PATH` means something to a loader, a shell, an interpreter or a client\nakv-xsoar: hint: name it yourself: `--env NAME=kv-prod/path`; {HINT}\n"),
        ),
    ] {
        let mut keys = keys;
        keys["format"] = json!("dotenv");
        with_file(&azure, &directory, "fetch", &keys)
            .canary("Canary0fTheFile")
            .status(2)
            .stderr(format!("akv-xsoar: error: {words}"))
            .run();
        azure.expect(&[]);
    }
}
