//! Bodies in gzip: nobody is asked for one, and one that comes all the same is called what it is.

use crate::command::Akv;
use crate::standin::{Fault, SUBSCRIPTION, Standin, XSOAR_KEY, Xsoar};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/db?api-version=7.4";
const LIST: &str = "GET kv-prod.vault.azure.net/secrets?api-version=7.4";
const METADATA: &str = "GET metadata/metadata/identity/oauth2/token";
const MANAGER: &str = "GET management.azure.com/subscriptions";
const STORE: &str = "POST xsoar.example/settings/credentials";
const HINT: &str = "akv-xsoar: hint: something in between (a proxy, a gateway) compresses what was asked for as it is: have it leave that host's answers alone\n";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "db", "value-of-db");
    azure.list_vault("kv-prod");
    azure.xsoar(Xsoar::six());
    azure
}

fn push(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["push", "kv-prod/db", "--xsoar-url=https://xsoar.example"])
        .app(azure)
        .env("DEMISTO_API_KEY", XSOAR_KEY)
}

fn vaults(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["vaults", "--subscription-id", SUBSCRIPTION])
        .app(azure)
}

#[test]
fn nobody_is_asked_for_one() {
    let azure = azure();
    azure.ignore_log();
    push(&azure).stdout_any().run();
    vaults(&azure).stdout_any().run();
    let machine = || Akv::new().args(["get", "kv-prod/db"]).azure(&azure);
    machine().stdout_any().run();
    let there = azure.app_service();
    machine()
        .env("IDENTITY_ENDPOINT", there.endpoint)
        .env("IDENTITY_HEADER", there.header)
        .stdout_any()
        .run();
    Akv::new()
        .args(["check", "kv-prod/db"])
        .app(&azure)
        .stdout_any()
        .run();
    let requests = azure.requests();
    for host in [
        "login.",
        "kv-prod.",
        "management.",
        "xsoar.",
        "metadata",
        "app-service",
    ] {
        let line = |line: String| line.contains(&format!(" {host}"));
        assert!(
            requests.iter().any(|request| line(request.line())),
            "{host}"
        );
    }
    for request in requests {
        let line = request.line();
        assert_eq!(
            request.header("accept-encoding"),
            Some("identity"),
            "{line}"
        );
    }
}

#[test]
fn one_that_comes_all_the_same() {
    let token = "POST login.microsoftonline.com";
    for (route, host) in [
        (token, "login.microsoftonline.com"),
        (READ, "kv-prod.vault.azure.net"),
        (LIST, "kv-prod.vault.azure.net"),
        (MANAGER, "management.azure.com"),
        (METADATA, "127.0.0.1"),
        (STORE, "xsoar.example"),
    ] {
        let azure = azure();
        azure.ignore_log();
        azure.fault(route, Fault::gzip());
        let get = Akv::new().args(["get", "kv-prod/db"]);
        let run = match route {
            LIST => Akv::new().args(["list", "--vault=kv-prod"]).app(&azure),
            MANAGER => vaults(&azure),
            METADATA => get.azure(&azure),
            STORE => push(&azure),
            _ => get.app(&azure),
        };
        run.status(7)
            .stderr_has(format!("`{host}` answered "))
            .stderr_has("with a body in gzip, which nobody asked for\n")
            .stderr_has(HINT)
            .run();
    }
}

/// An error's words cannot be read either; and what is not in gzip, whatever a header says, can.
#[test]
fn an_error_in_gzip() {
    let azure = azure();
    azure.ignore_log();
    let gzip = |fault: Fault| fault.and(Fault::gzip());
    for (fault, status) in [
        (gzip(Fault::no_role("kv-prod")), 403),
        (gzip(Fault::not_found("db")), 404),
    ] {
        azure.mend();
        azure.fault(READ, fault);
        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .status(7)
            .stderr_has(format!("`kv-prod.vault.azure.net` answered {status} with a body in gzip, which nobody asked for"))
            .stderr_has(HINT)
            .run();
    }
    for (name, encoding) in [("br", "br"), ("deflate", "deflate"), ("zstd", "zstd")] {
        azure.mend();
        let noise = Fault::raw(200, "application/json", vec![0x1b, 0x0f, 0xf8, 0x8f]);
        azure.fault(READ, noise.header("Content-Encoding", encoding));
        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .status(7)
            .stderr_has(format!(
                "answered 200 with a body in {name}, which nobody asked for\n"
            ))
            .run();
    }
    // Told by its first bytes alone.
    azure.mend();
    let noise = Fault::raw(200, "application/json", vec![0x1f, 0x8b, 8, 0, 0]);
    azure.fault(READ, noise);
    Akv::new()
        .args(["get", "kv-prod/db"])
        .app(&azure)
        .status(7)
        .stderr_has("answered 200 with a body in gzip, which nobody asked for\n")
        .run();
    for encoding in ["identity", "gzip"] {
        azure.mend();
        azure.fault(
            READ,
            Fault::change(|_, _| ()).header("Content-Encoding", encoding),
        );
        Akv::new()
            .args(["get", "kv-prod/db"])
            .app(&azure)
            .stdout("value-of-db")
            .run();
    }
}
