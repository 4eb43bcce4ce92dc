//! `--decode`: bytes that a vault holds as base64.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::with;
use crate::command::{Akv, names_in};
use crate::selection::{expect, refused, with_file};
use crate::standin::{Scratch, Secret, Standin};

const PFX: &str = "application/x-pkcs12";
const CAUSE: &str = "it is not base64\nakv-xsoar: hint: fetch it without `--decode`, or correct its content type or tag\n";

fn get<'a>(azure: &'a Standin, decode: &str) -> Akv<'a> {
    Akv::new()
        .args(["get", "kv-prod/a", "--decode", decode])
        .app(azure)
}

/// Every byte there is, some of them twice, as a PFX file may have them.
fn bytes() -> Vec<u8> {
    (0..=255).chain([0x30, 0x82, 0, 0xff]).collect()
}

#[test]
fn a_pfx_file_byte_for_byte() {
    let text = STANDARD.encode(bytes());
    let azure = with(Secret::new("a", &*text).content_type(PFX).managed());
    for decode in ["base64", "auto"] {
        get(&azure, decode).stdout(bytes()).run();
        expect(&azure, &[], &[("kv-prod", "a")]);

        let directory = Scratch::new("shaping");
        get(&azure, decode)
            .args(["--output", "a.pfx"])
            .cwd(directory.path())
            .run();
        expect(&azure, &[], &[("kv-prod", "a")]);
        assert_eq!(fs::read(directory.join("a.pfx")).unwrap(), bytes());
    }
    Akv::new()
        .args(["get", "kv-prod/a"])
        .app(&azure)
        .stdout(text)
        .run();
    expect(&azure, &[], &[("kv-prod", "a")]);
}

#[test]
fn base64_as_people_make_it() {
    for (text, bytes) in [
        ("aGVsbG8=", "hello"),
        ("aGVsbG8", "hello"),
        ("aGVs\nbG8=\n", "hello"),
        ("  aGVs\r\n  bG8=\r\n", "hello"),
        ("", ""),
    ] {
        let azure = with(Secret::new("a", text));
        get(&azure, "base64").stdout(bytes).run();
        expect(&azure, &[], &[("kv-prod", "a")]);
    }
}

/// Where nothing says that it is base64, it is what it is, even if it could be.
#[test]
fn what_is_said_to_be_base64() {
    let (text, bytes) = ("aGVsbG8=", "hello");
    let secret = || Secret::new("a", text);
    for (secret, value) in [
        (secret(), text),
        (secret().content_type("text/plain"), text),
        (secret().content_type("application/x-pem-file"), text),
        (secret().tag("file-encoding", "utf-8"), text),
        (secret().tag("encoding", "base64"), text),
        (secret().content_type(PFX), bytes),
        (secret().content_type("Application/X-PKCS12; x=y"), bytes),
        (secret().tag("file-encoding", "base64"), bytes),
        (
            secret()
                .content_type("text/plain")
                .tag("file-encoding", "Base64"),
            bytes,
        ),
    ] {
        let azure = with(secret);
        get(&azure, "auto").stdout(value).run();
        expect(&azure, &[], &[("kv-prod", "a")]);
        get(&azure, "base64").stdout(bytes).run();
        expect(&azure, &[], &[("kv-prod", "a")]);
    }
}

#[test]
fn what_is_no_base64() {
    for value in [
        "-----BEGIN CERTIFICATE-----",
        "a",
        "aGVsbG8==",
        "aGVs=bG8",
        "aGVs-bG8_",
        "aGVsbG9\u{fc}",
        "Canary0fTheValue!",
    ] {
        let azure = with(Secret::new("a", value).content_type(PFX));
        for decode in ["base64", "auto"] {
            let directory = Scratch::new("shaping");
            get(&azure, decode)
                .args(["--output", "a.pfx"])
                .cwd(directory.path())
                .env("CASE", value)
                .status(7)
                .stderr(format!(
                    "akv-xsoar: error: cannot decode the value of `kv-prod/a`: {CAUSE}"
                ))
                .run();
            expect(&azure, &[], &[("kv-prod", "a")]);
            assert!(names_in(directory.path()).is_empty());
        }
    }
}

#[test]
fn in_files() {
    let azure = with(Secret::new("a", STANDARD.encode(bytes())).content_type(PFX));
    azure.secret("kv-prod", "b", "aGVsbG8=");
    let reads = ["a", "b"].map(|name| ("kv-prod", name));
    for (decode, b) in [("auto", "aGVsbG8="), ("base64", "hello")] {
        let directory = Scratch::new("shaping");
        let files = || {
            Akv::new()
                .args(["fetch", "--vault=kv-prod", "--all", "--format=files"])
                .args(["--output=it", "--decode", decode])
                .app(&azure)
                .cwd(directory.path())
        };
        files().run();
        expect(&azure, &["kv-prod"], &reads);
        let file = |name: &str| fs::read(directory.join("it/kv-prod").join(name)).unwrap();
        assert_eq!((file("a"), file("b")), (bytes(), b.as_bytes().to_vec()));

        // One that cannot be decoded leaves all as it was.
        let bad = Secret::new("c", "no base64!").content_type(PFX);
        azure.put("kv-prod", bad);
        files()
            .status(7)
            .stderr(format!(
                "akv-xsoar: error: cannot decode the value of `kv-prod/c`: {CAUSE}"
            ))
            .run();
        expect(
            &azure,
            &["kv-prod"],
            &["a", "b", "c"].map(|name| ("kv-prod", name)),
        );
        assert_eq!((file("a"), file("b")), (bytes(), b.as_bytes().to_vec()));
        assert_eq!(names_in(&directory.join("it/kv-prod")), ["a", "b"]);
        azure.remove("kv-prod", "c");
    }
}

/// There it is for whom it may concern, and no error for others.
#[test]
fn in_the_configuration_file() {
    let azure = with(Secret::new("a", "aGVsbG8=").content_type(PFX));
    let directory = Scratch::new("shaping");
    let document = "[\n{\"user\":\"a\",\"password\":\"aGVsbG8=\",\"name\":\"kv-prod/a\"}\n]\n";
    for (command, args, text) in [
        ("get", &[][..], "hello"),
        ("fetch", &[], document),
        ("fetch", &["--format=shell"], "A='aGVsbG8='\n"),
    ] {
        let keys = json!({"decode": "auto", "vault": "kv-prod", "secret": "a"});
        with_file(&azure, &directory, command, &keys)
            .args(args)
            .stdout(text)
            .run();
        expect(&azure, &[], &[("kv-prod", "a")]);
    }
    // What documents are made of is no concern of `get`'s.
    let keys = json!({"decode": "auto", "json_value": true, "vault": "kv-prod", "secret": "a"});
    with_file(&azure, &directory, "get", &keys)
        .stdout("hello")
        .run();
    expect(&azure, &[], &[("kv-prod", "a")]);
}

#[test]
fn where_it_does_not_belong() {
    let azure = with(Secret::new("a", "aGVsbG8="));
    let hint = "akv-xsoar: hint: other formats carry text, and what is decoded may be any bytes";
    for format in ["xsoar", "jsonl", "dotenv", "shell"] {
        refused(
            &azure,
            &["fetch", "kv-prod/a", "--decode=auto", "--format", format],
            &format!("`--decode` belongs to `get` and to the format `files`\n{hint}"),
        );
    }
    refused(
        &azure,
        &["fetch", "kv-prod/a", "--decode=auto"],
        &format!("`--decode` belongs to `get` and to the format `files`\n{hint}"),
    );
    for (command, rest) in [("list", &[][..]), ("exec", &["--", "true"])] {
        refused(
            &azure,
            &[&[command, "kv-prod/a", "--decode=auto"], rest].concat(),
            &format!(
                "`--decode` does not belong to `{command}`\nakv-xsoar: hint: `akv-xsoar help {command}` lists its options"
            ),
        );
    }
    for value in ["hex", "base32hex", "true"] {
        refused(
            &azure,
            &["get", "kv-prod/a", "--decode", value],
            &format!("`--decode` must be `base64` or `auto`, not `{value}`"),
        );
    }
    refused(
        &azure,
        &[
            "fetch",
            "kv-prod/a",
            "--format=files",
            "--output=it",
            "--json-value",
            "--decode=auto",
        ],
        "`--decode` and `--json-value` exclude each other",
    );
}
