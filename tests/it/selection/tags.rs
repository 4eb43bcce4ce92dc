//! `--tag`: of a vault's secrets, the ones that have it.

use super::{array, expect, fetch, refused};
use crate::command::Akv;
use crate::standin::{Secret, Standin};

const SKIP: &str = "akv-xsoar: hint: `akv-xsoar list --vault NAME` shows what there is; with `--missing skip` it is no error to find nothing\n";

fn azure() -> Standin {
    let azure = Standin::start();
    let put = |name: &str, tags: &[(&str, &str)]| {
        let secret = Secret::new(name, format!("value-of-{name}"));
        let secret = tags
            .iter()
            .fold(secret, |secret, (key, value)| secret.tag(key, value));
        azure.put("kv-prod", secret);
    };
    put("api", &[("team", "soc"), ("stage", "prod")]);
    put("db", &[("team", "infra")]);
    put("mail", &[("team", ""), ("a=b", "c")]);
    put("none", &[]);
    put("web", &[("stage", "test"), ("list", "a,b")]);
    azure
}

#[test]
fn secrets_that_have_a_tag() {
    let azure = azure();
    for (args, names) in [
        (&["--tag", "team"][..], &["api", "db", "mail"][..]),
        (&["--tag=team=soc"], &["api"]),
        (&["--tag", "team="], &["mail"]),
        (&["--tag", "list=a,b"], &["web"]),
        // Any of several.
        (&["--tag", "team=soc", "--tag=team=infra"], &["api", "db"]),
        (&["--tag=team=", "--tag", "stage"], &["api", "mail", "web"]),
        (
            &["--tag=team", "--tag", "team=soc", "--tag=team"],
            &["api", "db", "mail"],
        ),
        // With a name: both.
        (&["--tag", "team", "--match", "*a*"], &["api", "mail"]),
        (
            &["--match=api,web", "--tag=stage=test", "--tag", "team=soc"],
            &["api", "web"],
        ),
        (&["--all", "--tag", "stage"], &["api", "web"]),
    ] {
        let reads: Vec<_> = names.iter().map(|name| ("kv-prod", *name)).collect();
        fetch(&azure, &["--vault", "kv-prod"])
            .args(args)
            .stdout(array(&reads))
            .run();
        expect(&azure, &["kv-prod"], &reads);

        let listed = names.iter().map(|name| format!("kv-prod/{name}\n"));
        Akv::new()
            .args(["list", "--vault=kv-prod"])
            .args(args)
            .app(&azure)
            .stdout(listed.collect::<String>())
            .run();
        expect(&azure, &["kv-prod"], &[]);
    }
}

#[test]
fn what_is_left_out_is_so_with_a_tag_too() {
    let azure = azure();
    let tagged = |name: &str| Secret::new(name, format!("value-of-{name}")).tag("team", "soc");
    azure.put("kv-prod", tagged("off").disabled());
    azure.put("kv-prod", tagged("tls").managed());
    let reads = [("kv-prod", "api")];
    fetch(&azure, &["--vault", "kv-prod", "--tag", "team=soc"])
        .stdout(array(&reads))
        .run();
    expect(&azure, &["kv-prod"], &reads);
    let reads = [("kv-prod", "api"), ("kv-prod", "tls")];
    fetch(&azure, &["--vault", "kv-prod", "--tag", "team=soc"])
        .arg("--include-certificates")
        .stdout(array(&reads))
        .run();
    expect(&azure, &["kv-prod"], &reads);
}

#[test]
fn nothing_has_it() {
    let azure = azure();
    let nothing = "akv-xsoar: error: nothing to read: ";
    // Keys and values are as they are written: letters have a case.
    for tag in [
        "Team", "team=SOC", "team=so", "stage=", "list=a", "a=b", "none",
    ] {
        fetch(&azure, &["--vault", "kv-prod", "--tag", tag])
            .status(5)
            .stderr(format!(
                "{nothing}`--tag {tag}` matches nothing in `kv-prod`\n{SKIP}"
            ))
            .run();
        expect(&azure, &["kv-prod"], &[]);
        fetch(
            &azure,
            &["--vault", "kv-prod", "--tag", tag, "--missing=skip"],
        )
        .stdout("[]\n")
        .run();
        expect(&azure, &["kv-prod"], &[]);
    }
    // Each tag is judged by itself, and once, and what another has is not written.
    fetch(
        &azure,
        &[
            "--vault=kv-prod",
            "--tag=team=soc",
            "--tag=x",
            "--tag=y=z",
            "--tag=x",
        ],
    )
    .status(5)
    .stderr(format!(
        "{nothing}`--tag x` matches nothing in `kv-prod`\n{SKIP}\
             {nothing}`--tag y=z` matches nothing in `kv-prod`\n{SKIP}"
    ))
    .run();
    expect(&azure, &["kv-prod"], &[("kv-prod", "api")]);
    // Each has something, and no secret has both.
    let reason = "one that it matches is left out, being disabled, behind a certificate, or not as other options say";
    fetch(
        &azure,
        &["--vault", "kv-prod", "--match=web", "--tag=team=soc"],
    )
    .status(5)
    .stderr(format!(
        "{nothing}`--match web` matches nothing in `kv-prod`: {reason}\n{SKIP}\
             {nothing}`--tag team=soc` matches nothing in `kv-prod`: {reason}\n{SKIP}"
    ))
    .run();
    expect(&azure, &["kv-prod"], &[]);
    // In one of several vaults.
    azure.secret("kv-test", "plain", "value-of-plain");
    let reads = [("kv-prod", "api")];
    fetch(&azure, &["--vault", "kv-test,kv-prod", "--tag", "team=soc"])
        .stdout(array(&reads))
        .stderr("akv-xsoar: warning: `--tag team=soc` matches nothing in `kv-test`\n")
        .run();
    expect(&azure, &["kv-test", "kv-prod"], &reads);
}

#[test]
fn a_tag_is_written_with_its_key() {
    let azure = azure();
    for tag in ["=", "=soc"] {
        refused(
            &azure,
            &["fetch", "--vault", "kv-prod", "--tag", tag],
            "`--tag` has no key\n\
             akv-xsoar: hint: a tag is written as `KEY`, `KEY=VALUE`, or `KEY=` for an empty value",
        );
    }
    // What does harm on a terminal is shown as an escape.
    fetch(
        &azure,
        &["--vault", "kv-prod", "--tag", "te\u{1b}[31mam\r\n"],
    )
    .status(5)
    .stderr(format!(
        "akv-xsoar: error: nothing to read: `--tag te\\u{{1b}}[31mam\\r\\n` matches nothing in `kv-prod`\n{SKIP}"
    ))
    .run();
    expect(&azure, &["kv-prod"], &[]);
}
