//! The same certificate and key in other forms: as Windows saves and exports them, and with more than themselves.

use std::fs;
use std::process::Command;

use super::{azure, expect_got, get, instance, with_configuration, with_pem};
use crate::files::{private, set_mode, utf_16};
use crate::standin::{CLIENT_SECRET, Scratch};

#[test]
fn a_pem_file_as_editors_leave_it() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    let pem = certificate.pem() + key.pkcs8();
    for text in [
        format!("\u{feff}{pem}"),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\r"),
        format!("\u{feff}{}", pem.replace('\n', "\r\n")),
        pem.trim_end().to_owned(),
        format!("\n\n  {}\n", pem.replace('\n', "  \n")),
        // As `openssl pkcs12` writes it.
        format!(
            "Bag Attributes\n    friendlyName: prüfung\nKey Attributes: <No Attributes>\n{pem}"
        ),
    ] {
        with_pem(&azure, &directory, &text)
            .env("CASE", &text[..20])
            .stdout("value-of-api")
            .run();
        expect_got(&azure);
    }
}

#[test]
fn a_key_and_a_thumbprint_as_they_are_copied() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    let plain = certificate.thumbprint();
    for (thumbprint, key) in [
        (format!("{plain}\n"), key.pkcs8().to_owned()),
        (format!(" {plain}\r\n"), key.pkcs8().replace('\n', "\r\n")),
        (plain.to_lowercase(), format!("{}\n\n", key.pkcs8())),
        (plain.clone(), key.pkcs8().replace('\n', "\\n")),
        (plain.clone(), format!("\u{feff}{}", key.pkcs8())),
        (plain.clone(), format!("\"{}\"", key.pkcs8())),
        // Windows' own window puts a mark in front that is not seen.
        (format!("\u{200e}{plain}"), key.pkcs8().to_owned()),
    ] {
        with_configuration(&azure, &directory, &instance(&thumbprint, &key))
            .stdout("value-of-api")
            .run();
        expect_got(&azure);
    }
    for (thumbprint, has_hint) in [
        (format!("\"{plain}\""), true),
        (format!("'{plain}' "), true),
        (plain[1..].to_owned(), false),
        (format!(" {} ", &plain[1..]), false),
    ] {
        let hint = if has_hint {
            "akv-xsoar: hint: there are blanks, quotes or invisible characters around it: leave them out\n"
        } else {
            ""
        };
        with_configuration(&azure, &directory, &instance(&thumbprint, key.pkcs8()))
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `private_key` in `c.json` with `credentials_certificate_thumbprint` in `c.json` cannot be used: the thumbprint is not valid: one has 40 hexadecimal digits, with or without colons\n{hint}"
            ))
            .run();
        azure.expect(&[]);
    }
}

/// What Windows and the portal export, made by `openssl`.
#[test]
fn forms_that_are_no_pem() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    private(&directory, "app.pem", certificate.pem() + key.pkcs8());
    for (file, words) in [
        (
            "app.pfx",
            "pkcs12 -export -in app.pem -passout pass:x -out app.pfx",
        ),
        ("app.cer", "x509 -in app.pem -outform DER -out app.cer"),
        ("key.der", "pkey -in app.pem -outform DER -out key.der"),
        (
            "rsa.der",
            "rsa -in app.pem -traditional -outform DER -out rsa.der",
        ),
        (
            "app.p7b",
            "crl2pkcs7 -nocrl -certfile app.pem -outform DER -out app.p7b",
        ),
    ] {
        let openssl = Command::new("openssl")
            .args(words.split(' '))
            .current_dir(directory.path())
            .output()
            .expect("openssl");
        assert!(openssl.status.success(), "{words}: {openssl:?}");
        set_mode(directory.join(file), 0o600);
    }
    let pem = fs::read_to_string(directory.join("app.pem")).unwrap();
    private(
        &directory,
        "utf-16.pem",
        utf_16(&pem, "\u{feff}", u16::to_le_bytes),
    );
    private(&directory, "bare.pem", utf_16(&pem, "", u16::to_le_bytes));
    private(&directory, "binary", b"\x7fELF\x80");
    let convert =
        |how: &str| format!("\nakv-xsoar: hint: convert it: `openssl {how} -out FILE.pem`");
    let utf_16 =
        "it is UTF-16 text\nakv-xsoar: hint: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)";
    let key = format!(
        "it is a private key in DER, and not in PEM{}",
        convert("pkey -inform DER -in FILE")
    );
    for (file, words) in [
        (
            "app.pfx",
            format!(
                "it is PKCS #12 (`.pfx`, `.p12`), and not PEM{}",
                convert("pkcs12 -in FILE -nodes")
            ),
        ),
        (
            "app.cer",
            format!(
                "it is a certificate in DER, and not in PEM{}",
                convert("x509 -inform DER -in FILE")
            ),
        ),
        ("key.der", key.clone()),
        ("rsa.der", key),
        (
            "app.p7b",
            format!(
                "it is PKCS #7 (`.p7b`), and not PEM{}",
                convert("pkcs7 -inform DER -in FILE -print_certs")
            ),
        ),
        ("utf-16.pem", utf_16.to_owned()),
        ("bare.pem", utf_16.to_owned()),
        ("binary", "it is not UTF-8 text".to_owned()),
    ] {
        get(&azure)
            .cwd(directory.path())
            .args(["--client-certificate", file])
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot read the certificate of `--client-certificate` from `{file}`: {words}\n"
            ))
            .run();
        azure.expect(&[]);
    }
    // Of a client secret nobody is told how to convert a certificate.
    get(&azure)
        .cwd(directory.path())
        .args(["--client-secret-file", "app.pfx"])
        .canary(CLIENT_SECRET)
        .status(2)
        .stderr("akv-xsoar: error: cannot read the client secret of `--client-secret-file` from `app.pfx`: it is not UTF-8 text\n")
        .run();
    azure.expect(&[]);
}
