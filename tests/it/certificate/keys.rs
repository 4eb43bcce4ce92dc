//! Keys and files that cannot be used: each has words of its own, and nothing is sent.

use serde_json::json;

use super::{azure, get, instance, secret_part, with_configuration, with_pem};
use crate::files::{private, set_mode};
use crate::standin::keys::{Certificate, Key, PASSPHRASE, pem};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT};

const HINT: &str = "akv-xsoar: hint: the file holds the certificate and its RSA private key in PEM, one behind the other\n";

const ENCRYPTED: &str = "the private key is encrypted: ";
const NOT_RSA: &str = "the private key is not RSA, and Entra ID takes no other";

#[test]
fn each_unusable_file_has_its_own_words() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (usual, other) = (Key::usual(), Key::other());
    let certificate = Certificate::of(usual).pem();
    let with = |key: &Key| Certificate::of(key).pem() + key.pkcs8();
    let broken = usual.pkcs8().replace("-----END", "!!!!\n-----END");
    let half: String = usual.pkcs8().chars().take(900).collect();
    let elliptic = Key::elliptic();
    for (text, words) in [
        (
            certificate.clone() + &usual.encrypted(),
            format!("{ENCRYPTED}store it without a passphrase"),
        ),
        (
            usual.encrypted_pkcs1() + &certificate,
            format!("{ENCRYPTED}store it without a passphrase"),
        ),
        (with(&elliptic), NOT_RSA.to_owned()),
        (
            Certificate::of(&elliptic).pem() + &elliptic.pkcs1(),
            NOT_RSA.to_owned(),
        ),
        (
            with(&Key::rsa(1024)),
            "the private key is too short: 2048 to 4096 bits are taken".to_owned(),
        ),
        (
            with(&Key::huge()),
            "the private key is too long: 2048 to 4096 bits are taken".to_owned(),
        ),
        (
            with(&Key::exponent_3()),
            "the private key's public exponent is too small: it must be at least 65537".to_owned(),
        ),
        (
            certificate.clone() + other.pkcs8(),
            "the private key does not belong to the certificate".to_owned(),
        ),
        (
            certificate.clone() + usual.pkcs8() + other.pkcs8(),
            "there are several private keys in it".to_owned(),
        ),
        (
            certificate.clone() + usual.pkcs8() + &elliptic.pkcs1(),
            "there are several private keys in it".to_owned(),
        ),
        (
            usual.pkcs8().to_owned(),
            "there is no certificate in it".to_owned(),
        ),
        (
            certificate.clone(),
            "there is no private key in it".to_owned(),
        ),
        (String::new(), "there is no private key in it".to_owned()),
        (
            "no PEM at all\n".to_owned(),
            "there is no private key in it".to_owned(),
        ),
        (certificate.clone() + &broken, "malformed".to_owned()),
        (certificate.clone() + &half, "malformed".to_owned()),
        (
            certificate + &pem("PRIVATE KEY", b"nothing like a key"),
            "the private key is malformed".to_owned(),
        ),
    ] {
        with_pem(&azure, &directory, &text)
            .canary(PASSPHRASE)
            .status(2)
            .stderr_has("akv-xsoar: error: cannot read the certificate of `--client-certificate` from `app.pem`: ")
            .stderr_has(words)
            .stderr_has(HINT)
            .run();
    }
}

#[test]
fn each_unusable_instance_has_its_own_words() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let usual = Key::usual();
    let thumbprint = Certificate::of(usual).thumbprint();
    let one_line = usual.encrypted().replace('\n', " ");
    let elliptic = Key::elliptic();
    for (thumbprint, key, words) in [
        (&thumbprint[..], &one_line[..], ENCRYPTED),
        (&thumbprint, elliptic.pkcs8(), NOT_RSA),
        (
            &thumbprint,
            Key::rsa(1024).pkcs8(),
            "the private key is too short",
        ),
        (&thumbprint, "not a key", "there is no private key in it"),
        (
            &thumbprint[1..],
            usual.pkcs8(),
            "the thumbprint is not valid: one has 40 hexadecimal digits, with or without colons",
        ),
        (
            &Certificate::of(usual).thumbprint_256(),
            usual.pkcs8(),
            "the thumbprint is not valid: one has 40 hexadecimal digits",
        ),
        (
            &thumbprint.replacen(|_: char| true, "g", 1),
            usual.pkcs8(),
            "the thumbprint is not valid",
        ),
    ] {
        with_configuration(&azure, &directory, &instance(thumbprint, key))
            .status(2)
            .stderr_has("`private_key` in `c.json` with `credentials_certificate_thumbprint` in `c.json` cannot be used: ")
            .stderr_has(words)
            .run();
    }
}

#[test]
fn half_a_certificate() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let key = Key::usual();
    let thumbprint = Certificate::of(key).thumbprint();
    for (json, words) in [
        (
            json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "private_key": key.pkcs8()}),
            "`private_key` in `c.json` is half a certificate: there is no `credentials_certificate_thumbprint`",
        ),
        (
            json!({"tenant_id": TENANT, "client_id": CLIENT_ID, "certificate_thumbprint": thumbprint}),
            "`certificate_thumbprint` in `c.json` is half a certificate: there is no `private_key`",
        ),
    ] {
        with_configuration(&azure, &directory, &json)
            .status(2)
            .stderr_has(words)
            .run();
    }

    // And half an application.
    private(
        &directory,
        "app.pem",
        Certificate::of(key).pem() + key.pkcs8(),
    );
    crate::command::Akv::new()
        .args(["get", "kv-prod/api", "--client-certificate", "app.pem"])
        .args(["--client-id", CLIENT_ID])
        .azure(&azure)
        .cwd(directory.path())
        .status(2)
        .stderr_has("`--client-certificate` is half an application: there is no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)")
        .run();
}

#[test]
fn the_file_itself() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let key = Key::usual();
    let file = private(
        &directory,
        "app.pem",
        Certificate::of(key).pem() + key.pkcs8(),
    );
    set_mode(&file, 0o644);
    get(&azure)
        .cwd(directory.path())
        .args(["--client-certificate", "app.pem"])
        .status(2)
        .stderr("akv-xsoar: error: cannot read the certificate of `--client-certificate` from `app.pem`: every user may read it (mode 0644)\nakv-xsoar: hint: `chmod o-rwx app.pem`\n")
        .run();
    get(&azure)
        .args(["--client-certificate", "nowhere.pem"])
        .status(2)
        .stderr_has("cannot read the certificate of `--client-certificate` from `nowhere.pem`: ")
        .run();
    private(&directory, "app.pem", "x".repeat(70 * 1024));
    get(&azure)
        .cwd(directory.path())
        .args(["--client-certificate", "app.pem"])
        .status(2)
        .stderr_has("cannot read the certificate of `--client-certificate` from `app.pem`: ")
        .run();
}

#[test]
fn two_proofs_are_one_too_many_unless_the_kind_is_pinned() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    private(&directory, "app.pem", certificate.pem() + key.pkcs8());
    private(&directory, "secret", CLIENT_SECRET);
    let run = || {
        crate::command::Akv::new()
            .args(["get", "kv-prod/api"])
            .azure(&azure)
            .cwd(directory.path())
            .canary(secret_part(key.pkcs8()))
            .env("AZURE_TENANT_ID", TENANT)
            .env("AZURE_CLIENT_ID", CLIENT_ID)
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
    };
    run()
        .status(2)
        .stderr_has("`AZURE_CLIENT_SECRET` and `AZURE_CLIENT_CERTIFICATE_PATH` name two identities")
        .run();
    for (kind, assertions) in [("secret", 0), ("certificate", 1)] {
        run()
            .args(["--identity", kind])
            .stdout("value-of-api")
            .run();
        super::expect_got(&azure);
        assert_eq!(azure.assertions().len(), assertions, "{kind}");
    }
    // What the command line says otherwise is an error.
    run()
        .args(["--identity", "secret", "--client-certificate", "app.pem"])
        .status(2)
        .stderr_has("`--client-certificate` is not of the kind that `--identity` pins")
        .run();
    run()
        .args(["--identity", "passport"])
        .status(2)
        .stderr_has("`--identity` must be `secret`, `certificate`, `workload`, `imds`, `arc` or `app-service`, not `passport`")
        .run();
    get(&azure)
        .args(["--identity", "certificate"])
        .status(2)
        .stderr_has(
            "there is no certificate (`--client-certificate`, `AZURE_CLIENT_CERTIFICATE_PATH`",
        )
        .run();
}
