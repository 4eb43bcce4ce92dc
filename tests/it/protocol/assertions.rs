//! The stand-in held to the protocol: it sees through false assertions, and accepts all that Entra ID does.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::connect;
use crate::standin::keys::{Certificate, Key};
use crate::standin::{CLIENT_ID, ISSUER, SUBJECT, Standin, TENANT, federated_token};

const AUTHORITY: &str = "login.microsoftonline.com";

/// Sends an assertion, and says what Entra answers: the code of its refusal, or 0 for a token.
fn send(azure: &Standin, assertion: &str) -> u64 {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let assertion = assertion.replace('\n', "%0A");
    let form = format!(
        "client_id={CLIENT_ID}&grant_type=client_credentials&scope=https%3A%2F%2Fvault.azure.net%2F.default&client_assertion_type={kind}&client_assertion={assertion}"
    );
    let length = form.len();
    let request = format!(
        "POST /{TENANT}/oauth2/v2.0/token HTTP/1.1\r\nHost: {AUTHORITY}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    let mut client = connect(azure, AUTHORITY);
    client.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 8192];
    // The stand-in keeps the connection: the answer ends with its body.
    let body: Value = loop {
        let count = client.read(&mut chunk).unwrap();
        answer.extend(&chunk[..count]);
        let text = String::from_utf8_lossy(&answer);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
        if let Some(Ok(body)) = body.map(serde_json::from_str) {
            break body;
        }
        assert!(count > 0, "{text}");
    };
    let code = body["error_codes"][0].as_u64();
    code.unwrap_or_else(|| u64::from(!body["access_token"].is_string()))
}

/// An assertion before it is signed.
struct Draft {
    header: Value,
    claims: Value,
}

impl Draft {
    fn new(alg: &str, certificate: &Certificate, number: u32) -> Self {
        let der = certificate.der();
        let header = match alg {
            "PS256" => json!({
                "alg": alg, "typ": "JWT",
                "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, der)),
            }),
            _ => json!({
                "alg": alg, "typ": "JWT",
                "x5t": URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der)),
            }),
        };
        let now = now();
        let claims = json!({
            "aud": format!("https://{AUTHORITY}/{TENANT}/oauth2/v2.0/token"), "iss": CLIENT_ID, "sub": CLIENT_ID,
            "jti": format!("id-{number}"), "nbf": now, "iat": now, "exp": now + 600,
        });
        Self { header, claims }
    }

    fn sign(&self, key: &Key) -> String {
        let der = PrivatePkcs8KeyDer::from_pem_slice(key.pkcs8().as_bytes()).unwrap();
        let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&self.header), part(&self.claims));
        let mut signature = vec![0; pair.public().modulus_len()];
        let random = SystemRandom::new();
        let made = match self.header["alg"].as_str() {
            Some("PS256") => pair.sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature),
            _ => pair.sign(
                &RSA_PKCS1_SHA256,
                &random,
                signed.as_bytes(),
                &mut signature,
            ),
        };
        made.unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

fn azure() -> (Standin, Certificate) {
    let azure = Standin::start();
    azure.ignore_log();
    let (_, certificate) = azure.certificate();
    (azure, certificate)
}

/// What is done to a draft.
type Change = fn(&mut Draft, &Certificate);

#[test]
fn it_accepts_what_entra_accepts() {
    let (azure, certificate) = azure();
    let changes: [Change; 6] = [
        |_, _| {},
        |draft, _| {
            draft.claims.as_object_mut().unwrap().remove("nbf");
        },
        |draft, _| draft.claims["exp"] = json!(draft.claims["iat"].as_f64().unwrap() + 599.5),
        |draft, certificate| {
            // With padding, as Microsoft's own library has it.
            let name = if draft.header["alg"] == "PS256" {
                "x5t#S256"
            } else {
                "x5t"
            };
            let der = certificate.der();
            let sha256 = URL_SAFE.encode(digest(&SHA256, der));
            let sha1 = URL_SAFE.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der));
            draft.header[name] = json!(if name == "x5t" { sha1 } else { sha256 });
        },
        |draft, certificate| draft.header["x5c"] = json!([STANDARD.encode(certificate.der())]),
        |draft, certificate| {
            let text = certificate.pem();
            let lines: Vec<_> = text.lines().filter(|line| !line.contains("---")).collect();
            draft.header["x5c"] = json!([lines.join("\n"), lines.join("\r\n")]);
        },
    ];
    let mut number = 0;
    for alg in ["PS256", "RS256"] {
        for change in changes {
            number += 1;
            let mut draft = Draft::new(alg, &certificate, number);
            change(&mut draft, &certificate);
            assert_eq!(send(&azure, &draft.sign(Key::usual())), 0, "{number}");
        }
    }
    assert_eq!(azure.assertions().len(), 12);
    assert_eq!(azure.take_violations(), [""; 0]);
}

#[test]
fn it_refuses_what_no_client_should_send() {
    let (azure, certificate) = azure();
    let changes: [(Change, u64); 15] = [
        (
            |draft, _| draft.claims["aud"] = json!("https://elsewhere.example/"),
            700_023,
        ),
        (
            |draft, _| draft.claims["aud"] = json!(format!("https://{AUTHORITY}/{TENANT}/")),
            700_023,
        ),
        (
            |draft, _| draft.claims["sub"] = json!("somebody-else"),
            700_021,
        ),
        (|draft, _| draft.claims["jti"] = json!("used"), 50_027),
        (|draft, _| draft.claims["jti"] = json!(""), 50_027),
        (|draft, _| draft.claims["exp"] = json!(now() + 900), 50_027),
        (|draft, _| draft.claims["exp"] = json!("tomorrow"), 50_027),
        (|draft, _| draft.claims["nbf"] = json!("today"), 50_027),
        (|draft, _| draft.claims["scope"] = json!("more"), 50_027),
        (|draft, _| draft.header["kid"] = json!("more"), 50_027),
        (|draft, _| draft.header["alg"] = json!("RS512"), 50_027),
        (|draft, _| draft.header["typ"] = json!("jwt"), 50_027),
        (
            |draft, _| {
                let thumbprint = draft.header["x5t#S256"].take();
                draft.header = json!({"alg": "PS256", "typ": "JWT", "x5t": thumbprint});
            },
            50_027,
        ),
        (
            |draft, _| draft.header["x5c"] = json!(["no base64"]),
            50_027,
        ),
        (
            |draft, _| {
                let other = Certificate::of(Key::other());
                draft.header["x5c"] = json!([STANDARD.encode(other.der())]);
            },
            50_027,
        ),
    ];
    let mut used = Draft::new("PS256", &certificate, 0);
    used.claims["jti"] = json!("used");
    assert_eq!(send(&azure, &used.sign(Key::usual())), 0);
    for (number, (change, code)) in (1..).zip(changes) {
        let mut draft = Draft::new("PS256", &certificate, number);
        change(&mut draft, &certificate);
        assert_eq!(send(&azure, &draft.sign(Key::usual())), code, "{number}");
        assert_eq!(azure.take_violations().len(), 1, "{number}");
    }
}

#[test]
fn it_refuses_what_depends_on_the_machine() {
    let (azure, certificate) = azure();
    let draft = |number| Draft::new("PS256", &certificate, number);
    // Another key, a certificate of nobody's, and what was changed after it was signed.
    assert_eq!(send(&azure, &draft(1).sign(Key::other())), 700_027);
    let unknown = Draft::new("RS256", &Certificate::of(Key::usual()), 2);
    assert_eq!(send(&azure, &unknown.sign(Key::usual())), 700_027);
    let signed = draft(3).sign(Key::usual());
    let (_, signature) = signed.rsplit_once('.').unwrap();
    let changed = draft(4).sign(Key::usual());
    let (changed, _) = changed.rsplit_once('.').unwrap();
    assert_eq!(send(&azure, &format!("{changed}.{signature}")), 700_027);
    // The time.
    for (ahead, code) in [(1200, 700_024), (-1200, 700_024), (240, 0), (-240, 0)] {
        azure.clock_ahead(ahead);
        let number = u32::try_from(2000 + ahead).unwrap();
        assert_eq!(
            send(&azure, &draft(number).sign(Key::usual())),
            code,
            "{ahead}"
        );
    }
    // No assertion.
    for text in ["", "a.b", "a.b.c", "e30.e30.e30.e30"] {
        assert_eq!(send(&azure, text), 50_027, "{text}");
    }
    assert_eq!(azure.take_violations(), [""; 0]);
}

#[test]
fn a_federated_token_is_good_as_it_is() {
    let (azure, _) = azure();
    assert_eq!(send(&azure, &federated_token(ISSUER, SUBJECT)), 70_025);
    let token = azure.federate();
    assert_eq!(send(&azure, &token), 0);
    assert_eq!(send(&azure, &format!("{token}\n")), 50_027);
    assert_eq!(
        send(&azure, &federated_token("elsewhere", SUBJECT)),
        700_211
    );
    assert_eq!(send(&azure, &federated_token(ISSUER, "another")), 700_213);
    let subject = SUBJECT.to_uppercase();
    assert_eq!(send(&azure, &federated_token(ISSUER, &subject)), 7_002_138);
    assert_eq!(send(&azure, &federated_token(ISSUER, SUBJECT)), 50_013);
    assert_eq!(azure.take_violations(), [""; 0]);
}
