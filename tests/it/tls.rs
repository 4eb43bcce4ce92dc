//! Certificates: what can be wrong with a server's, and with those that are to be trusted.

mod files;
mod key_share;

use std::path::Path;

use crate::command::Akv;
use crate::files::private;
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT, TlsFault};

const ENTRA: &str = "login.microsoftonline.com";
const VAULT: &str = "kv-prod.vault.azure.net";

const ISSUER: &str = "behind an inspecting proxy or with a private CA, add `--ca-file ";
const CLOCK: &str = "if this machine's clock is wrong, set it; else whoever runs that server (or the inspecting \
    proxy) must renew the certificate";
const BEHIND: &str = "if this machine's clock is behind, set it; else that server (or the inspecting proxy) must \
    not use the certificate before then";
const REISSUE: &str = "whoever runs that server (or the inspecting proxy) must issue a certificate that is X.509 \
    version 3, for a server, and not itself a CA";

/// Every fault that is not a moment's trouble: what is said of the host's TLS, and the hint's beginning.
fn lasting(host: &str) -> Vec<(TlsFault, String, &'static str)> {
    let of = |words: &str| format!("the certificate of `{host}` {words}");
    vec![
        (
            TlsFault::UnknownIssuer,
            of("was issued by nobody whom this program trusts"),
            ISSUER,
        ),
        (
            TlsFault::WrongName,
            of("is for `wrong-name.example`, not for it"),
            "the connection ends at another server: check the name, its DNS, `--connect-to`, or the proxy",
        ),
        (
            TlsFault::Expired,
            of("expired on Wed, 03 Feb 2021 00:00:00 GMT (this machine's clock: "),
            CLOCK,
        ),
        (
            TlsFault::NotYetValid,
            of("is not valid before Fri, 03 Feb 2090 00:00:00 GMT (this machine's clock: "),
            BEHIND,
        ),
        (
            TlsFault::CaAsLeaf,
            of("is a CA's certificate, not a server's"),
            REISSUE,
        ),
        (
            TlsFault::SelfSignedCa,
            of("is a CA's certificate, not a server's"),
            REISSUE,
        ),
        (
            TlsFault::NoSubjectAltName,
            of("has no subject alternative name, so it is valid for no host"),
            "whoever runs that server (or the inspecting proxy) must issue it with the host's name in it",
        ),
        (
            TlsFault::Version1,
            of("is X.509 version 1, which cannot be checked"),
            REISSUE,
        ),
        (
            TlsFault::PlainHttp,
            format!("`{host}` does not speak TLS on this port"),
            "something else answers there: check the address, `--connect-to`, or the proxy",
        ),
    ]
}

#[test]
fn entra_s_faults_are_told_once() {
    let azure = Standin::start();
    azure.secret("kv-prod", "one", "value-of-one");
    for (index, (fault, words, hint)) in lasting(ENTRA).into_iter().enumerate() {
        azure.tls_fault(ENTRA, fault);
        let output = Akv::new()
            .args(["fetch", "kv-prod/one"])
            .app(&azure)
            .status(6)
            .stderr_has(format!(
                "akv-xsoar: error: cannot get a token for the application `{CLIENT_ID}`: {words}"
            ))
            .stderr_has(format!("akv-xsoar: hint: {hint}"))
            .run();
        assert_eq!(output.stderr_text().lines().count(), 2, "{fault:?}");
        // It is not tried again, and nothing else is.
        let tries = azure.hosts().iter().filter(|host| *host == ENTRA).count();
        assert_eq!(tries, index + 1, "{fault:?}");
    }
    azure.expect(&[]);
}

#[test]
fn a_vault_s_faults_condemn_it_once() {
    for (fault, words, hint) in lasting(VAULT) {
        let azure = Standin::start();
        for vault in ["kv-prod", "kv-test"] {
            azure.secrets(vault, 2);
        }
        azure.tls_fault(VAULT, fault);
        let output = Akv::new()
            .args(["fetch", "--vault", "kv-prod,kv-test"])
            .args(["--secret", "secret-001,secret-002"])
            .app(&azure)
            .status(6)
            .stderr_has(format!(
                "akv-xsoar: error: cannot read from the vault `kv-prod`: {words}"
            ))
            .stderr_has(format!("akv-xsoar: hint: {hint}"))
            .run();
        assert_eq!(output.stderr_text().lines().count(), 2, "{fault:?}");
        azure.expect(&[
            &azure.token_request(),
            "GET kv-test.vault.azure.net/secrets/secret-001?api-version=7.4",
            "GET kv-test.vault.azure.net/secrets/secret-002?api-version=7.4",
        ]);
        azure.expect_hosts(&[ENTRA, VAULT, "kv-test.vault.azure.net"]);
    }
}

#[test]
fn a_listing_tells_it_the_same_way() {
    let azure = Standin::start();
    azure.secrets("kv-test", 1);
    azure.tls_fault(VAULT, TlsFault::WrongName);
    Akv::new()
        .args(["list", "--vault", "kv-prod,kv-test"])
        .app(&azure)
        .status(6)
        .stderr_has(format!(
            "the certificate of `{VAULT}` is for `wrong-name.example`, not for it"
        ))
        .run();
    azure.expect(&[
        &azure.token_request(),
        "GET kv-test.vault.azure.net/secrets?api-version=7.4",
    ]);
    azure.expect_hosts(&[ENTRA, VAULT, "kv-test.vault.azure.net"]);
}

#[test]
fn a_handshake_that_is_cut_is_tried_again() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 2);
    azure.tls_fault(VAULT, TlsFault::Cut);
    let output = Akv::new()
        .args(["fetch", "--vault=kv-prod", "--secret=secret-001,secret-002"])
        .args(["--timeout", "3"])
        .app(&azure)
        .in_sequence()
        .status(6)
        .stderr_has(format!(
            "`{VAULT}` closed the connection during the handshake"
        ))
        .run();
    // Once for the vault, not once a secret.
    assert_eq!(output.stderr_text().matches("error:").count(), 1);
    azure.expect(&[&azure.token_request()]);
    // At 0, 0.2, 0.6 and 1.4 s, give or take a quarter; the next at 3 s does not fit.
    let tries = azure.hosts().iter().filter(|host| *host == VAULT).count();
    assert!((3..=5).contains(&tries), "{tries}");
}

#[test]
fn a_handshake_that_stalls_ends_with_the_deadline() {
    for host in [ENTRA, VAULT] {
        let azure = Standin::start();
        azure.secrets("kv-prod", 1);
        azure.tls_fault(host, TlsFault::Stall);
        let output = Akv::new()
            .args(["get", "kv-prod/secret-001", "--timeout", "1"])
            .app(&azure)
            .status(8)
            .stderr_has(format!(
                "the deadline of 1 s (`--timeout`) passed while connecting to `{host}`"
            ))
            .run();
        assert!(output.elapsed.as_millis() >= 1000, "{output:?}");
        assert!(output.elapsed.as_millis() < 1750, "{output:?}");
        azure.ignore_log();
    }
}

/// Where a distribution keeps the roots, its own file is what the hint gives.
#[test]
fn the_hint_names_the_machine_s_own_bundle() {
    let azure = Standin::start();
    azure.tls_fault(ENTRA, TlsFault::UnknownIssuer);
    let known = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let (file, whose) = match known.iter().find(|file| Path::new(file).is_file()) {
        Some(file) => (*file, "this machine's own bundle, if it knows that CA"),
        None => ("FILE", "the CA's certificate in PEM"),
    };
    Akv::new()
        .args(["get", "kv-prod/one"])
        .app(&azure)
        .status(6)
        .stderr_has(format!("{ISSUER}{file}` ({whose})\n"))
        .run();
    azure.expect(&[]);
}

/// As the application, led to the stand-in, which only the certificates that the test gives make trusted.
fn untrusting(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["get", "kv-prod/one"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .args(["--connect-to", &azure.connect_to()])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .canary("value-of-one")
}

/// The stand-in with one secret.
fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "one", "value-of-one");
    azure
}

fn expect_one(azure: &Standin) {
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/one?api-version=7.4",
    ]);
}

#[test]
fn the_stand_in_is_trusted_by_its_file_alone() {
    let azure = azure();
    untrusting(&azure)
        .status(6)
        .stderr_has("was issued by nobody whom this program trusts")
        .run();
    azure.expect(&[]);
}

/// A certificate that is none: its PEM is sound, its inside is not.
const UNUSABLE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[test]
fn the_option_the_variable_and_the_file_name_a_bundle() {
    let azure = azure();
    let directory = Scratch::new("ca");
    let good = azure.ca_file();
    let bad = directory.write("bad.pem", UNUSABLE);
    let json = serde_json::json!({ "ca_file": good });
    let config = private(&directory, "config.json", json.to_string());
    let due = |akv: Akv| {
        let output = akv.stdout_any().run();
        assert_eq!(output.stdout_text(), "value-of-one");
        expect_one(&azure);
    };
    let akv = || {
        Akv::new()
            .args(["get", "kv-prod/one"])
            .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
            .args(["--connect-to", &azure.connect_to()])
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
    };
    due(akv().arg("--ca-file").arg(&good));
    due(akv().env("SSL_CERT_FILE", &good));
    due(akv().arg("--config").arg(&config));
    // The option is stronger than the variable, the variable than the file; an empty one is none.
    due(akv().arg("--ca-file").arg(&good).env("SSL_CERT_FILE", &bad));
    due(akv().arg("--config").arg(&config).env("SSL_CERT_FILE", ""));
    untrusting(&azure)
        .arg("--config")
        .arg(&config)
        .env("SSL_CERT_FILE", &bad)
        .status(2)
        .stderr_has("SSL_CERT_FILE")
        .run();
}

#[test]
fn a_bundle_that_cannot_be_used_is_an_error_before_anything_is_sent() {
    let azure = azure();
    let directory = Scratch::new("ca");
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (content, words) in [
        ("", "no certificate in it"),
        ("hello\n", "no certificate in it"),
        (key, "no certificate in it"),
        (UNUSABLE, "none of its 1 certificates can be used as a root"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "not valid PEM (a section without its end)",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n~~~~\n-----END CERTIFICATE-----\n",
            "not valid PEM (a section that is not base64)",
        ),
        ("\u{0}\u{1}DER", "no certificate in it"),
    ] {
        let file = directory.write("ca.pem", content);
        let named = format!("in `{}`: {words}\n", file.display());
        let hint = "akv-xsoar: hint: it must hold CA certificates in PEM (`-----BEGIN CERTIFICATE-----`)\n";
        untrusting(&azure)
            .arg("--ca-file")
            .arg(&file)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the certificates of `--ca-file` {named}{hint}"
            ))
            .run();
        untrusting(&azure)
            .env("SSL_CERT_FILE", &file)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the certificates of `SSL_CERT_FILE` {named}{hint}"
            ))
            .run();
    }
    azure.expect(&[]);
    assert!(azure.connections().is_empty());
}

#[test]
fn a_bundle_that_is_not_there_is_an_error() {
    let azure = azure();
    let directory = Scratch::new("ca");
    for (path, words) in [
        (directory.join("gone.pem"), "no such file"),
        (directory.path().to_owned(), "directory"),
    ] {
        let output = untrusting(&azure)
            .arg("--ca-file")
            .arg(&path)
            .status(2)
            .stderr_has("cannot use the certificates of `--ca-file`")
            .stderr_has(path.display().to_string())
            .run();
        assert!(output.stderr_text().to_lowercase().contains(words));
    }
    azure.expect(&[]);
}

#[test]
fn what_a_bundle_has_besides_is_passed_over() {
    let azure = azure();
    let directory = Scratch::new("ca");
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let text = format!("# our CA\n{UNUSABLE}{key}{}\nbye\n", azure.ca_pem());
    let file = directory.write("ca.pem", text.replace('\n', "\r\n"));
    let output = Akv::new()
        .args(["get", "kv-prod/one", "--verbose"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .args(["--connect-to", &azure.connect_to()])
        .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
        .arg("--ca-file")
        .arg(&file)
        .stdout("value-of-one")
        .stderr_has("1 certificate(s) in `")
        .run();
    assert!(output.stderr_text().contains("cannot be used as roots"));
    expect_one(&azure);
}
