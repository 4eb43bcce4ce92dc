//! The file of certificates that are trusted besides: who may write it, and what it holds instead.

use std::fs;
use std::os::unix::fs::chown;

use super::{azure, expect_one};
use crate::command::Akv;
use crate::files::{set_mode, utf_16};
use crate::standin::{CLIENT_ID, CLIENT_SECRET, Scratch, TENANT};

#[test]
fn anybody_may_read_certificates() {
    let azure = azure();
    for mode in [0o444, 0o644, 0o604] {
        set_mode(azure.ca_file(), mode);
        Akv::new()
            .args(["get", "kv-prod/one"])
            .app(&azure)
            .stdout("value-of-one")
            .run();
        expect_one(&azure);
    }
}

#[test]
fn certificates_as_they_are_copied() {
    let azure = azure();
    let pem = azure.ca_pem();
    for text in [
        format!("    {}", pem.replace('\n', "\n    ")),
        pem.replace('\n', " \r\n"),
        format!("\u{feff}{pem}"),
        format!("Our proxy's:\n\n{pem}"),
    ] {
        let directory = Scratch::new("tls");
        let path = directory.write("ca.pem", text);
        set_mode(&path, 0o644);
        Akv::new()
            .args(["get", "kv-prod/one", "--connect-to", &azure.connect_to()])
            .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .env("SSL_CERT_FILE", &path)
            .stdout("value-of-one")
            .run();
        expect_one(&azure);
    }
}

/// Whoever may write them decides whom the program trusts.
#[test]
fn certificates_that_others_may_write() {
    let azure = azure();
    let directory = Scratch::new("tls");
    let pem = fs::read(azure.ca_file()).unwrap();
    let path = directory.write("c a.pem", pem);
    let name = path.display();
    let runs = || {
        [
            (
                Akv::new()
                    .args(["get", "kv-prod/one"])
                    .arg("--ca-file")
                    .arg(&path),
                "--ca-file",
            ),
            (
                Akv::new()
                    .args(["get", "kv-prod/one"])
                    .env("SSL_CERT_FILE", &path),
                "SSL_CERT_FILE",
            ),
        ]
    };
    for mode in [0o666, 0o622, 0o664, 0o602, 0o620] {
        set_mode(&path, mode);
        for (akv, origin) in runs() {
            akv.args(["--connect-to", &azure.connect_to()])
                .status(2)
                .stderr(format!(
                    "akv-xsoar: error: cannot use the certificates of `{origin}` in `{name}`: others may write it (mode 0{mode:o})\n\
                     akv-xsoar: hint: `chmod go-w '{name}'`\n"
                ))
                .run();
        }
    }
    if rustix::process::geteuid().is_root() {
        set_mode(&path, 0o644);
        chown(&path, Some(12_345), None).unwrap();
        for (akv, origin) in runs() {
            akv.status(2)
                .stderr(format!(
                    "akv-xsoar: error: cannot use the certificates of `{origin}` in `{name}`: it belongs to another user\n\
                     akv-xsoar: hint: `chown \"$(id -u)\" '{name}'`\n"
                ))
                .run();
        }
    }
    azure.expect(&[]);
}

/// What Windows exports, and what it makes of a text.
#[test]
fn certificates_in_other_forms() {
    let azure = azure();
    let directory = Scratch::new("tls");
    let pem = fs::read_to_string(azure.ca_file()).unwrap();
    let der = |head: &[u8]| [&[0x30, 0x82, 0x03, 0xe8][..], head, &[0x30; 995]].concat();
    for (bytes, words) in [
        (
            utf_16(&pem, "\u{feff}", u16::to_le_bytes),
            "it is UTF-16 text\nakv-xsoar: hint: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)",
        ),
        (
            der(&[0x30, 0x82]),
            "it is a certificate in DER, and not in PEM\nakv-xsoar: hint: convert it: `openssl x509 -inform DER -in FILE -out FILE.pem`",
        ),
        (
            der(&[0x06, 0x09, 0x2a]),
            "it is PKCS #7 (`.p7b`), and not PEM\nakv-xsoar: hint: convert it: `openssl pkcs7 -inform DER -in FILE -print_certs -out FILE.pem`",
        ),
        (
            der(&[0x02, 0x01, 0x03]),
            "it is PKCS #12 (`.pfx`, `.p12`), and not PEM\nakv-xsoar: hint: convert it: `openssl pkcs12 -in FILE -nodes -out FILE.pem`",
        ),
    ] {
        let path = directory.write("ca", bytes);
        Akv::new()
            .args(["get", "kv-prod/one", "--ca-file"])
            .arg(&path)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the certificates of `--ca-file` in `{}`: {words}\n",
                path.display()
            ))
            .run();
    }
    // With the mark that Windows puts in front it is PEM all the same, and with comments in another code.
    for before in [
        &b"\xef\xbb\xbf"[..],
        b"# Zertifizierungsstelle f\xfcr alle\r\n",
    ] {
        let path = directory.write(
            "ca",
            [before, pem.replace('\n', "\r\n").as_bytes()].concat(),
        );
        Akv::new()
            .args(["get", "kv-prod/one"])
            .args(["--connect-to", &azure.connect_to(), "--ca-file"])
            .arg(&path)
            .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
            .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
            .stdout("value-of-one")
            .run();
        expect_one(&azure);
    }
}
