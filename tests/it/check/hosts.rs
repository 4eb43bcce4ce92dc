//! Hosts: what answers there, by whose certificate, and what time it is.

use std::time::Duration;

use super::{FIRST, OPENID, READ, THERE, azure, check, states, step, tells};
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Fault, NOBODY, OTHER_TENANT, Standin, TENANT, TlsFault,
};

const VAULT: &str = "host kv-prod.vault.azure.net";
const ENTRA: &str = "host login.microsoftonline.com";

/// What is told of how the stand-in is reached.
fn reached(azure: &Standin) -> String {
    format!(
        "at `127.0.0.1:{}` by `--connect-to`, certificate chained to `--ca-file` only: an inspecting proxy or a private CA",
        azure.tls_port()
    )
}

#[test]
fn a_host_that_is_not_there() {
    // Of the authority: no token, and so no vault.
    let azure = azure();
    azure.tls_fault("login.microsoftonline.com", TlsFault::UnknownIssuer);
    let output = check(&azure, &["kv-prod/db"]).status(6).stdout_any().run();
    let told = &step(&output, ENTRA)[0];
    assert_eq!(told.0, "FAILED");
    let cause = "cannot reach `login.microsoftonline.com`: the certificate of `login.microsoftonline.com` was issued by nobody whom this program trusts; what to do: behind an inspecting proxy";
    assert!(told.1.starts_with(cause), "{}", told.1);
    assert_eq!(
        &states(&output)[6..],
        [
            "ok host kv-prod.vault.azure.net",
            "ok clock",
            "note token and vaults",
            "ok output"
        ]
    );
    let untried = &step(&output, "token and vaults")[0].1;
    assert_eq!(
        untried,
        "not tried: `login.microsoftonline.com` did not answer"
    );
    azure.expect(&[THERE]);
    azure.mend_tls("login.microsoftonline.com");

    // Of a vault: the others are tried, and the token.
    azure.secret("kv-test", "db", "value-of-test");
    azure.tls_fault("kv-prod.vault.azure.net", TlsFault::WrongName);
    let akv = check(&azure, &["kv-prod/db", "kv-prod/api", "kv-test/db"]);
    let output = akv.status(6).stdout_any().run();
    assert_eq!(
        &states(&output)[5..],
        [
            "ok host login.microsoftonline.com",
            "FAILED host kv-prod.vault.azure.net",
            "ok host kv-test.vault.azure.net",
            "ok clock",
            "ok token",
            "note vault kv-prod",
            "ok vault kv-test",
            "ok output",
        ]
    );
    let told = &step(&output, VAULT)[0].1;
    assert!(told.starts_with("cannot reach the vault `kv-prod`: the certificate of `kv-prod.vault.azure.net` is for `wrong-name.example`, not for it"), "{told}");
    let untried = &step(&output, "vault kv-prod")[0].1;
    assert_eq!(
        untried,
        "not tried: `kv-prod.vault.azure.net` did not answer"
    );
    let test = |line: &str| line.replace("kv-prod", "kv-test");
    azure.expect(&[
        OPENID,
        &test(THERE),
        &azure.token_request(),
        &test(READ),
        &test(FIRST),
    ]);

    // Of what is to be listed, too.
    let akv = check(&azure, &["--vault", "kv-prod,kv-test", "--match", "d*"]);
    let output = akv.status(6).stdout_any().run();
    assert_eq!(
        &states(&output)[9..],
        [
            "ok token",
            "note vault kv-prod",
            "ok vault kv-test",
            "ok output"
        ]
    );
    azure.expect(&[
        OPENID,
        &test(THERE),
        &azure.token_request(),
        &test(THERE),
        &test(READ),
    ]);
    // Then nobody knows whether something matches nothing anywhere.
    let akv = check(&azure, &["--vault", "kv-prod,kv-test", "--match", "x*"]);
    let output = akv.status(6).stdout_any().run();
    let ends = [
        "ok token",
        "note vault kv-prod",
        "note vault kv-test",
        "ok output",
    ];
    assert_eq!(&states(&output)[9..], ends);
    azure.expect(&[OPENID, &test(THERE), &azure.token_request(), &test(THERE)]);
}

/// A doctor does not wait for long: one more try, and what it leads to is not tried at all.
#[test]
fn a_host_that_is_silent_is_not_asked_for_long() {
    let azure = azure();
    let port = azure.tls_port();
    let (dead, good) = (
        format!("login.microsoftonline.com:443:{NOBODY}"),
        format!("::127.0.0.1:{port}"),
    );
    let akv = super::check_as(&azure, &["kv-prod/db"])
        .args(["--connect-to", &dead, "--connect-to", &good, "--verbose"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .trusting(&azure)
        .status(6)
        .stdout_any()
        .stderr_any();
    let output = akv.run();
    let told = &step(&output, ENTRA)[0].1;
    let cause = format!(
        "cannot reach `login.microsoftonline.com`: no connection to `login.microsoftonline.com` ({NOBODY}): connection refused; what to do: `--connect-to` leads there: does anything listen on port 1 of `127.0.0.1`"
    );
    assert!(told.starts_with(&cause), "{told}");
    let tries = output
        .stderr_text()
        .matches("GET login.microsoftonline.com (is it there?)")
        .count();
    assert_eq!(tries, 2);
    azure.expect(&[THERE]);

    azure.fault(THERE, Fault::cut().once());
    let output = check(&azure, &["kv-prod/db"]).stdout_any().run();
    assert_eq!(step(&output, VAULT)[0].0, "ok");
    azure.expect(&[OPENID, THERE, THERE, &azure.token_request(), READ, FIRST]);
}

/// What is throttled or broken answers, too: a probe takes it as it is.
#[test]
fn an_answer_is_an_answer() {
    let azure = azure();
    azure.fault(
        THERE,
        Fault::throttled().header("Retry-After", "600").once(),
    );
    let found = format!("{}, answered 429", reached(&azure));
    tells(check(&azure, &["kv-prod/db"]), 0, VAULT, "ok", &found);
    azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
}

#[test]
fn something_else_that_answers() {
    let azure = azure();
    for (fault, answered) in [
        (Fault::captive_portal(), "200 with text/html"),
        (
            Fault::raw(403, "text/html", "<html>blocked by Canary"),
            "403 with text/html",
        ),
        (
            Fault::redirect("https://portal.example/"),
            "302 with text/html",
        ),
        (
            Fault::raw(200, "application/json", "[1]"),
            "200 with application/json",
        ),
    ] {
        azure.fault(THERE, fault.once());
        let found = format!(
            "`kv-prod.vault.azure.net` is not Azure's: {}, it answered {answered}; what to do: something else answers there: a captive portal, an inspecting proxy, a wrong address?",
            reached(&azure)
        );
        let akv = check(&azure, &["kv-prod/db"])
            .canary("Canary")
            .canary("portal.example");
        tells(akv, 7, VAULT, "FAILED", &found);
        azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
    }
}

#[test]
fn a_clock_that_is_wrong() {
    let azure = azure();
    let hint = "; what to do: set it (`timedatectl set-ntp true`, `chronyc makestep`): tokens and certificates depend on it";
    // Azure's clock ahead is this machine's behind; a token that is good for an hour is good all the same.
    for (ahead, state, words) in [
        (-290, "ok", ("s ahead of", "")),
        (290, "ok", ("s behind", "")),
        (310, "FAILED", ("s behind", hint)),
        (-310, "FAILED", ("s ahead of", hint)),
    ] {
        azure.clock_ahead(ahead);
        let status = if state == "ok" { 0 } else { 3 };
        let output = check(&azure, &["kv-prod/db"])
            .status(status)
            .stdout_any()
            .run();
        let (found, told) = step(&output, "clock").remove(0);
        assert_eq!(found, state, "{ahead}: {told}");
        let told = told
            .strip_prefix("this machine's clock is wrong: ")
            .unwrap_or(&told);
        let (seconds, rest) = told.split_once(' ').unwrap();
        let seconds: i64 = seconds.parse().unwrap();
        assert!(
            (ahead.abs() - 2..=ahead.abs() + 2).contains(&seconds),
            "{ahead}: {told}"
        );
        assert_eq!(
            rest,
            format!("{} `login.microsoftonline.com`{}", words.0, words.1)
        );
        azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
    }
    // A host that tells no time leaves it to the next one.
    azure.clock_ahead(0);
    for date in ["", "yesterday"] {
        let fault = Fault::change(move |_, answer| {
            answer.headers.push(("Date".to_owned(), date.to_owned()));
        });
        azure.fault(OPENID, fault.once());
        let output = check(&azure, &["kv-prod/db"]).stdout_any().run();
        let told = &step(&output, "clock")[0].1;
        assert!(told.ends_with("`kv-prod.vault.azure.net`"), "{told}");
        azure.expect(&[OPENID, THERE, &azure.token_request(), READ, FIRST]);
    }
}

#[test]
fn a_vault_of_another_tenant() {
    let azure = azure();
    azure.vault_tenant("kv-prod", OTHER_TENANT);
    let found = format!(
        "{}, of the tenant `{OTHER_TENANT}`, which is not the identity's, asks for a token (401)",
        reached(&azure)
    );
    let output = tells(check(&azure, &["kv-prod/db"]), 4, VAULT, "ok", &found);
    let told = &step(&output, "vault kv-prod")[0];
    let cause = format!(
        "cannot read from the vault `kv-prod`: the vault belongs to the tenant `{OTHER_TENANT}`, the token is of another one: "
    );
    assert!(told.0 == "FAILED" && told.1.starts_with(&cause), "{told:?}");
    let token = azure.token_request();
    azure.expect(&[OPENID, THERE, &token, READ, &token, READ]);

    // By the tenant's name nobody knows.
    let azure = super::azure();
    let found = format!(
        "{}, of the tenant `{TENANT}`, asks for a token (401)",
        reached(&azure)
    );
    let akv = super::check_as(&azure, &["kv-prod/db"])
        .azure(&azure)
        .args([
            "--tenant-id",
            crate::standin::TENANT_DOMAIN,
            "--client-id",
            CLIENT_ID,
        ])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    tells(akv, 0, VAULT, "ok", &found);
    azure.ignore_log();
}

/// The deadline passes in the middle: what is left says so, and quickly.
#[test]
fn a_deadline_that_passes() {
    let azure = azure();
    azure.secret("kv-test", "db", "value-of-test");
    azure.fault(READ, Fault::slow(Duration::from_secs(30)));
    let akv = check(
        &azure,
        &["kv-prod/db", "kv-prod/api", "kv-test/db", "--timeout=2.5"],
    );
    let output = akv.status(8).stdout_any().run();
    let told = step(&output, "vault kv-prod");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0]
            .1
            .starts_with("cannot read `kv-prod/db`: the deadline of 2.5 s"),
        "{told:?}"
    );
    assert!(
        told[1].1.starts_with(
            "the deadline of 2.5 s (`--timeout`) passed: not tried: `kv-prod/api`; what to do: "
        ),
        "{told:?}"
    );
    let told = step(&output, "vault kv-test");
    assert!(told[0].1.contains("not tried: `kv-test/db`"), "{told:?}");
    assert_eq!(states(&output).last().unwrap(), "ok output");
    let test = THERE.replace("kv-prod", "kv-test");
    azure.expect(&[OPENID, THERE, &test, &azure.token_request(), READ]);
}
