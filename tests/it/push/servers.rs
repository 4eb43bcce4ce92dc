//! The servers there are: version 6, with accounts and without, version 8, and what is in between.

use std::collections::BTreeSet;

use super::{LIST, PUT, azure, push, told};
use crate::command::Akv;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Fault, NOBODY, Standin, TENANT, TlsFault, XSOAR_KEY, XSOAR_KEY_ID,
    Xsoar,
};

/// A run against a server somewhere.
fn at<'a>(azure: &'a Standin, url: &str) -> Akv<'a> {
    let akv = Akv::new()
        .args(["push", "kv-prod/a", "kv-prod/b"])
        .app(azure);
    akv.args(["--xsoar-url", url])
        .env("DEMISTO_API_KEY", XSOAR_KEY)
}

/// The same with a key's id.
fn at_8<'a>(azure: &'a Standin, url: &str) -> Akv<'a> {
    at(azure, url).args(["--xsoar-key-id", XSOAR_KEY_ID])
}

/// The methods and paths of what the server was asked.
fn calls(azure: &Standin) -> Vec<String> {
    let requests = azure.requests().into_iter().skip(3);
    azure.ignore_log();
    requests.map(|request| request.line()).collect()
}

#[test]
fn a_server_of_version_6() {
    for (xsoar, end, base) in [
        (Xsoar::six(), "", "xsoar.example"),
        (Xsoar::six(), "/", "xsoar.example"),
        (Xsoar::six(), ":443", "xsoar.example"),
        (Xsoar::six().account("SOC"), "", "xsoar.example/acc_SOC"),
        (Xsoar::six().account("SOC"), "/", "xsoar.example/acc_SOC"),
    ] {
        let azure = azure();
        let url = azure.xsoar(xsoar) + end;
        at(&azure, &url).stdout(told("created", "created")).run();
        let store = format!("{base}/settings/credentials");
        let put = format!("PUT {store}");
        assert_eq!(
            calls(&azure),
            [format!("POST {store}"), put.clone(), put],
            "{url}"
        );
        assert_eq!(azure.store().len(), 2);
        for request in azure.requests().iter().skip(3) {
            assert_eq!(request.header("authorization"), Some(XSOAR_KEY));
            assert!(
                request
                    .headers
                    .iter()
                    .all(|(name, _)| !name.starts_with("x-xdr"))
            );
        }
    }
}

#[test]
fn a_server_of_version_8() {
    for (end, path) in [
        ("", "/xsoar/public/v1"),
        ("/", "/xsoar/public/v1"),
        ("/xsoar/public/v1", "/xsoar/public/v1"),
        ("/xsoar", "/xsoar"),
        ("/xsoar/", "/xsoar"),
    ] {
        let azure = azure();
        let url = azure.xsoar(Xsoar::eight()) + end;
        let akv = at_8(&azure, &url).stdout(told("created", "created"));
        akv.args(["--xsoar-key-type", "standard"]).run();
        let store = format!("api-xsoar.example{path}/settings/credentials");
        let put = format!("PUT {store}");
        assert_eq!(
            calls(&azure),
            [format!("POST {store}"), put.clone(), put],
            "{url}"
        );
        for request in azure.requests().iter().skip(3) {
            assert_eq!(request.header("authorization"), Some(XSOAR_KEY));
            assert_eq!(request.header("x-xdr-auth-id"), Some(XSOAR_KEY_ID));
            assert!(request.header("x-xdr-nonce").is_none());
        }
    }
}

/// The stand-in checks hash, time and nonce; here it is that each attempt has its own, and the key is in none.
#[test]
fn an_advanced_key_is_never_sent() {
    let azure = azure();
    let url = azure.xsoar(Xsoar::eight().advanced());
    let store = "api-xsoar.example/xsoar/public/v1/settings/credentials";
    let (list, put) = (format!("POST {store}"), format!("PUT {store}"));
    azure.fault(&list, Fault::status(503).once());
    azure.fault(&put, Fault::status(429).once().undone());
    azure.fault(&put, Fault::cut().once());

    at_8(&azure, &url)
        .args(["--xsoar-key-type", "advanced"])
        .stdout(told("created", "created"))
        .run();

    let (list, put) = (list.as_str(), put.as_str());
    assert_eq!(calls(&azure), [list, list, put, put, list, put]);
    let mut seen = BTreeSet::new();
    for request in azure.requests().iter().skip(3) {
        let header = |name| request.header(name).unwrap().to_owned();
        assert_eq!(header("x-xdr-auth-id"), XSOAR_KEY_ID);
        assert_eq!(header("x-xdr-timestamp").len(), 13);
        assert!(seen.insert(header("x-xdr-nonce")));
        assert!(seen.insert(header("authorization")));
        assert!(
            request
                .headers
                .iter()
                .all(|(_, value)| !value.contains(XSOAR_KEY))
        );
    }
    assert_eq!(azure.store().len(), 2);
}

#[test]
fn a_clock_that_is_off_makes_an_advanced_key_worthless() {
    let azure = azure();
    let url = azure.xsoar(Xsoar::eight().advanced());
    // Tokens say what the time is by Azure's clock, which is off as much.
    azure.clock_ahead(400);
    at_8(&azure, &url)
        .args(["--xsoar-key-type", "advanced"])
        .status(4)
        .stderr_has("`api-xsoar.example` does not accept the key, an advanced key (XSOAR 8): Public API request unauthorized\n")
        .stderr_has("this machine's clock")
        .run();
    azure.ignore_log();
}

#[test]
fn a_server_on_this_machine_needs_no_tls() {
    for (xsoar, name) in [
        (Xsoar::six(), "127.0.0.1"),
        (Xsoar::six(), "localhost"),
        (Xsoar::six().account("SOC"), "LOCALHOST"),
    ] {
        let azure = azure();
        azure.xsoar(xsoar);
        // `--connect-to` leads every host to a port with TLS, but not this one, and neither does a proxy.
        let url = azure.xsoar_without_tls().replace("127.0.0.1", name);
        at(&azure, &url)
            .env("HTTPS_PROXY", format!("http://{NOBODY}"))
            .stdout(told("created", "created"))
            .run();
        assert_eq!(azure.store().len(), 2, "{url}");
        azure.ignore_log();
    }
    let azure = azure();
    azure.xsoar(Xsoar::eight().advanced());
    let url = azure.xsoar_without_tls();
    at_8(&azure, &url)
        .args(["--xsoar-key-type", "advanced"])
        .stdout(told("created", "created"))
        .run();
    azure.ignore_log();
}

#[test]
fn an_address_that_is_none_is_refused() {
    let hint = "akv-xsoar: hint: such as `https://xsoar.example`, `https://xsoar.example/acc_TENANT`, or `https://api-FQDN` of XSOAR 8\n";
    let port = "has a port that is no number from 1 to 65535";
    for (url, words) in [
        ("xsoar.example", "is not an https URL"),
        ("ftp://xsoar.example", "is not an https URL"),
        ("https://user@xsoar.example", "is not an https URL"),
        ("https://xsoar.example/a b", "is not an https URL"),
        ("https://xsoar.example/#/settings", "must end with its path"),
        ("https://xsoar.example?x=1", "must end with its path"),
        ("https://xsoar.example:99999", port),
        ("https://xsoar.example:", port),
        ("https://xsoar.example:0/acc_TENANT", port),
        ("https://xsoar.example:port/", port),
        ("http://127.0.0.1:808O", port),
        ("https://[2001:db8::1]:+443", port),
        (
            "http://xsoar.example",
            "is not https, and not on this machine",
        ),
        ("http://10.0.0.1", "is not https, and not on this machine"),
        (
            "http://127.0.0.1.example",
            "is not https, and not on this machine",
        ),
    ] {
        // A user may be a token as well as a name, and a query may have one in it.
        let url_shown = url.replace("user@", "[secret]@");
        let url_shown = url_shown.replace("?x=1", "?[secret]");
        let run = |akv: Akv<'_>, name: &str| {
            akv.status(2)
                .stderr(format!(
                    "akv-xsoar: error: {name} {words}: `{url_shown}`\n{hint}"
                ))
                .run();
        };
        let ours = || {
            let akv = Akv::new().args(["push", "kv-prod/a", "--tenant-id", TENANT]);
            let akv = akv.args(["--client-id", CLIENT_ID]);
            let akv = akv.env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
            akv.env("DEMISTO_API_KEY", XSOAR_KEY).canary(XSOAR_KEY)
        };
        run(ours().args(["--xsoar-url", url]), "`--xsoar-url`");
        run(ours().env("DEMISTO_BASE_URL", url), "`DEMISTO_BASE_URL`");
    }
}

#[test]
fn a_certificate_is_always_checked() {
    for fault in [
        TlsFault::UnknownIssuer,
        TlsFault::WrongName,
        TlsFault::Expired,
    ] {
        let azure = azure();
        azure.tls_fault("xsoar.example", fault);
        push(&azure)
            .status(6)
            .stderr_has("error: cannot list the server's credentials: ")
            .run();
        azure.expect(&[&azure.token_request(), super::READ_A, super::READ_B]);
    }
}

#[test]
fn a_server_that_is_not_reached_is_asked_again_like_any_other() {
    let azure = azure();
    at(&azure, &format!("http://{NOBODY}"))
        .args(["--timeout=2"])
        .status(6)
        .stderr_has(format!("cannot list the server's credentials: no connection to `127.0.0.1` ({NOBODY}): connection refused\n"))
        .run();
    azure.ignore_log();

    // It is gone when it is written to.
    let azure = self::azure();
    azure.fault(LIST, Fault::close_after());
    let gone = "xsoar.example";
    azure.fault(PUT, Fault::cut().undone());
    push(&azure)
        .args(["--timeout=1"])
        .status(8)
        .stdout(told("failed", "failed"))
        .stderr_has(format!("`{gone}`"))
        .run();
    azure.ignore_log();
    assert!(azure.store().is_empty());
}

#[test]
fn redirects_are_not_followed() {
    for fault in [
        Fault::see_other("https://xsoar.example/#/login"),
        Fault::redirect("https://kv-prod.vault.azure.net/settings/credentials"),
    ] {
        for (route, more) in [(LIST, &[][..]), (PUT, &[PUT][..])] {
            let azure = azure();
            azure.fault(route, fault.clone().undone());
            let akv = push(&azure).status(7);
            let akv = if route == PUT {
                akv.stdout(told("failed", "failed"))
                    .stderr_has("nothing else was written: not tried: `kv-prod/b`\n")
            } else {
                akv
            };
            akv.stderr_has(": its API is not available there\n")
                .stderr_has("hint: redirects are not followed: check `--xsoar-url`")
                .run();
            super::expect(&azure, more);
        }
    }
}
