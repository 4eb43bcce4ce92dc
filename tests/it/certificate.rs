//! Applications that prove themselves with a certificate: PEM files, XSOAR's configuration, and what is said of bad ones.

mod forms;
mod keys;
mod refused;

use serde_json::{Value, json};

use crate::command::Akv;
use crate::files::private;
use crate::standin::keys::{Certificate, Key};
use crate::standin::{CLIENT_ID, Scratch, Standin, TENANT, TENANT_DOMAIN};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const CHAIN: &str = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// `get` as the application, without a proof; with keys that no message may show.
fn get(azure: &Standin) -> Akv<'_> {
    Akv::new()
        .args(["get", "kv-prod/api"])
        .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
        .azure(azure)
        .canary(secret_part(Key::usual().pkcs8()))
        .canary(secret_part(Key::other().pkcs8()))
}

/// A line out of the middle of a key.
fn secret_part(pem: &str) -> String {
    pem.lines().nth(8).unwrap().to_owned()
}

/// With this PEM file.
fn with_pem<'a>(azure: &'a Standin, directory: &'a Scratch, pem: &str) -> Akv<'a> {
    private(directory, "app.pem", pem);
    get(azure)
        .cwd(directory.path())
        .args(["--client-certificate", "app.pem"])
}

/// With this instance of XSOAR's integration.
fn with_configuration<'a>(
    azure: &'a Standin,
    directory: &'a Scratch,
    configuration: &Value,
) -> Akv<'a> {
    private(directory, "c.json", configuration.to_string());
    Akv::new()
        .args(["get", "kv-prod/api", "--config", "c.json"])
        .azure(azure)
        .cwd(directory.path())
        .canary(secret_part(Key::usual().pkcs8()))
}

fn instance(thumbprint: &str, key: &str) -> Value {
    json!({
        "tenant_id": TENANT, "client_id": CLIENT_ID, "private_key": key,
        "credentials_certificate_thumbprint": {"password": thumbprint},
    })
}

fn expect_got(azure: &Standin) {
    azure.expect(&[&azure.token_request(), READ]);
}

/// The assertion of the last run: its header and its claims.
fn last_assertion(azure: &Standin) -> (Value, Value) {
    let last = azure.assertions().pop().unwrap();
    (last["header"].clone(), last["claims"].clone())
}

#[test]
fn the_assertion_is_what_microsoft_documents() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();

    with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
        .stdout("value-of-api")
        .run();

    expect_got(&azure);
    let form = azure.requests()[0].form();
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "client_id",
            "client_assertion_type",
            "client_assertion",
            "grant_type",
            "scope"
        ]
    );
    let (header, claims) = last_assertion(&azure);
    let names: Vec<_> = header.as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "typ", "x5t#S256"]);
    assert_eq!(header["alg"], "PS256");
    let endpoint = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token");
    assert_eq!(claims["aud"], endpoint);
    assert_eq!(claims["iss"], CLIENT_ID);
    assert_eq!(claims["sub"], CLIENT_ID);
    assert_eq!(claims["nbf"], claims["iat"]);
    let life = claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap();
    assert!((300..=600).contains(&life), "{life}");
    let id = claims["jti"].as_str().unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
}

#[test]
fn each_assertion_has_an_id_of_its_own() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    for _ in 0..3 {
        with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
            .stdout("value-of-api")
            .run();
        expect_got(&azure);
    }
    let ids = azure.assertions().into_iter();
    let mut ids: Vec<_> = ids.map(|one| one["claims"]["jti"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn the_audience_is_the_endpoint_of_the_tenant_as_it_was_given() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    private(&directory, "app.pem", certificate.pem() + key.pkcs8());
    Akv::new()
        .args(["get", "kv-prod/api", "--client-certificate", "app.pem"])
        .args(["--tenant-id", TENANT_DOMAIN, "--client-id", CLIENT_ID])
        .azure(&azure)
        .cwd(directory.path())
        .stdout("value-of-api")
        .run();
    let endpoint = format!("login.microsoftonline.com/{TENANT_DOMAIN}/oauth2/v2.0/token");
    azure.expect(&[&format!("POST {endpoint}"), READ]);
    let (_, claims) = last_assertion(&azure);
    assert_eq!(claims["aud"], format!("https://{endpoint}"));
}

#[test]
fn one_file_with_certificate_and_key_in_any_order() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let key = Key::usual();
    for certificate in [Certificate::of(key), Certificate::self_signed(key)] {
        azure.register_certificate(&certificate);
        let (pem, chain) = (certificate.pem(), certificate.chain());
        let (pkcs8, pkcs1) = (key.pkcs8(), key.pkcs1());
        assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        for text in [
            format!("{pem}{pkcs8}"),
            format!("{pkcs8}{pem}"),
            format!("{pem}{pkcs1}"),
            format!("{pkcs1}{chain}"),
            format!("Bag Attributes\n    friendlyName: app\n{pkcs8}subject=CN = app\n{chain}"),
            format!("{pem}{pkcs8}").replace('\n', "\r\n"),
            format!("{chain}{pkcs8}").trim_end().to_owned(),
        ] {
            with_pem(&azure, &directory, &text)
                .stdout("value-of-api")
                .run();
            expect_got(&azure);
        }
    }
}

#[test]
fn keys_of_every_size_that_is_taken() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    for bits in [2048, 3072, 4096] {
        let key = Key::rsa(bits);
        let certificate = Certificate::of(&key);
        azure.register_certificate(&certificate);
        with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
            .stdout("value-of-api")
            .run();
        expect_got(&azure);
    }
}

#[test]
fn the_certificate_of_the_environment() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    private(&directory, "app.pem", certificate.pem() + key.pkcs8());
    Akv::new()
        .args(["get", "kv-prod/api", "--verbose"])
        .azure(&azure)
        .cwd(directory.path())
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
        .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
        .stdout("value-of-api")
        .stderr_has(format!(
            "identity: the application `{CLIENT_ID}` of the tenant `{TENANT}`, by its certificate: `AZURE_CLIENT_CERTIFICATE_PATH` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`\n"
        ))
        .run();
    expect_got(&azure);
}

#[test]
fn the_chain_goes_along_where_it_is_wanted() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    // The application's own certificate comes first, wherever it is in the file.
    let issuer = certificate.chain().replace(&certificate.pem(), "");
    let pem = certificate.pem();
    for text in [
        format!("{pem}{issuer}{}", key.pkcs8()),
        format!("{}{issuer}{pem}", key.pkcs8()),
    ] {
        for (value, sent) in [
            ("true", 2),
            ("1", 2),
            ("True", 2),
            ("false", 0),
            ("0", 0),
            ("", 0),
        ] {
            with_pem(&azure, &directory, &text)
                .env(CHAIN, value)
                .stdout("value-of-api")
                .run();
            expect_got(&azure);
            let (header, _) = last_assertion(&azure);
            let chain = header["x5c"].as_array().map_or(0, Vec::len);
            assert_eq!(chain, sent, "{value}");
        }
    }
}

#[test]
fn a_request_that_is_repeated_may_carry_the_same_assertion() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    let busy = crate::standin::Fault::status(503).once();
    azure.fault(&azure.token_request(), busy);
    with_pem(&azure, &directory, &(certificate.pem() + key.pkcs8()))
        .stdout("value-of-api")
        .run();
    let token = azure.token_request();
    azure.expect(&[&token, &token, READ]);
}

#[test]
fn an_instance_of_xsoar_s_integration() {
    let azure = azure();
    let directory = Scratch::new("certificate");
    let (key, certificate) = azure.certificate();
    let thumbprint = certificate.thumbprint();
    let pairs: Vec<_> = thumbprint.as_bytes().chunks(2).collect();
    let pairs: Vec<_> = pairs.into_iter().map(String::from_utf8_lossy).collect();
    let spellings = [
        thumbprint.clone(),
        thumbprint.to_lowercase(),
        pairs.join(":"),
        pairs.join(":").to_lowercase(),
    ];
    for spelling in spellings {
        with_configuration(&azure, &directory, &instance(&spelling, key.pkcs8()))
            .stdout("value-of-api")
            .run();
        expect_got(&azure);
    }
    let (header, claims) = last_assertion(&azure);
    let names: Vec<_> = header.as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "typ", "x5t"]);
    assert_eq!(header["alg"], "RS256");
    assert_eq!(claims["iss"], CLIENT_ID);

    for key in [key.pkcs8(), &key.pkcs1()] {
        for spelling in [
            key.to_owned(),
            key.trim_end().to_owned(),
            // As XSOAR keeps what was typed into one line.
            key.replace('\n', " "),
            key.replace('\n', "\\n"),
            key.replace('\n', "\r\n"),
            format!("  {}  ", key.replace('\n', "  ")),
        ] {
            with_configuration(&azure, &directory, &instance(&thumbprint, &spelling))
                .stdout("value-of-api")
                .run();
            expect_got(&azure);
        }
    }

    // The key of older versions.
    let older = json!({
        "tenant_id": TENANT, "client_id": CLIENT_ID, "private_key": key.pkcs8(),
        "certificate_thumbprint": thumbprint,
    });
    with_configuration(&azure, &directory, &older)
        .arg("--verbose")
        .stdout("value-of-api")
        .stderr_has("by its certificate: `private_key` in `c.json` with `client_id` in `c.json` and `tenant_id` in `c.json`")
        .run();
    expect_got(&azure);
}
