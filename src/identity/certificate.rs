//! An app registration's certificate: an assertion that its private key signs.
//!
//! Source: the second case of Microsoft's "OAuth 2.0 client credentials flow", and "Microsoft identity
//! platform application authentication certificate credentials" for the assertion's form. XSOAR's
//! integration has only a thumbprint (SHA-1), for which the older form with RS256 stands.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::json;

use super::Application;
use super::entra::ProvenBy;
use super::pem::{Key, Pem};
use crate::cloud::Host;
use crate::error::{Error, Exit, is_hidden};
use crate::http::Client;
use crate::secret::Secret;
use crate::token::{AccessToken, Audience};

/// How long an assertion is good for: Microsoft says 5 to 10 minutes.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// An application that proves itself with a private key, whose certificate Entra ID knows.
pub(crate) struct Certificate {
    application: Application,
    key: RsaKeyPair,
    named: Named,
}

/// How the assertion says which certificate it means.
enum Named {
    /// By the certificate: PS256 and `x5t#S256`; with `x5c` where the chain is sent.
    Whole { sha256: String, chain: Vec<String> },
    /// By its SHA-1 thumbprint alone: RS256 and `x5t`.
    Thumbprint(String),
}

impl Certificate {
    /// Of a PEM text with certificate (or chain) and private key, in either order.
    pub(crate) fn from_pem(
        application: Application,
        pem: &str,
        send_chain: bool,
    ) -> Result<Self, String> {
        let pem = Pem::parse(pem)?;
        let key = rsa_key(&pem)?;
        if pem.certificates.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        // A certificate holds its public key as it is: PKCS #1 in DER.
        let public = key.public().as_ref();
        let fits = |der: &Vec<u8>| der.windows(public.len()).any(|window| window == public);
        let Some(leaf) = pem.certificates.iter().position(fits) else {
            return Err("the private key does not belong to the certificate".to_owned());
        };
        let sha256 = digest::digest(&digest::SHA256, &pem.certificates[leaf]);
        let mut chain = Vec::new();
        if send_chain {
            let others = pem
                .certificates
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != leaf);
            chain.push(STANDARD.encode(&pem.certificates[leaf]));
            chain.extend(others.map(|(_, der)| STANDARD.encode(der)));
        }
        let named = Named::Whole {
            sha256: URL_SAFE_NO_PAD.encode(sha256),
            chain,
        };
        Ok(Self {
            application,
            key,
            named,
        })
    }

    /// Of a private key and its certificate's SHA-1 thumbprint in hex, as XSOAR's integration has them.
    pub(crate) fn from_thumbprint(
        application: Application,
        key: &str,
        thumbprint: &str,
    ) -> Result<Self, String> {
        let sha1 = parse_thumbprint(thumbprint).ok_or(
            "the thumbprint is not valid: one has 40 hexadecimal digits, with or without colons",
        )?;
        let key =
            rsa_key(&Pem::parse(key).map_err(|problem| format!("the private key: {problem}"))?)?;
        let named = Named::Thumbprint(URL_SAFE_NO_PAD.encode(sha1));
        Ok(Self {
            application,
            key,
            named,
        })
    }

    pub(crate) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn token(
        &self,
        client: &Client,
        authority: &Host,
        audience: &Audience,
    ) -> Result<AccessToken, Error> {
        let endpoint = self.application.endpoint(authority);
        let assertion = self.assertion(&endpoint, SystemTime::now())?;
        let (application, by) = (&self.application, ProvenBy::Certificate);
        application.token_by_assertion(client, authority, audience, by, &assertion)
    }

    /// A signed JWT (RFC 7515, 7519) for the token endpoint.
    fn assertion(&self, endpoint: &str, now: SystemTime) -> Result<Secret, Error> {
        let broken = |cause: &str| Error::new(Exit::Internal, self.application.operation(), cause);
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random
            .fill(&mut id)
            .map_err(|_| broken("the system gives no random numbers"))?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (header, encoding) = self.header();
        let claims = json!({
            "aud": endpoint,
            "iss": self.application.client_id,
            "sub": self.application.client_id,
            "jti": uuid(id),
            "nbf": now.as_secs(),
            "iat": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(encoding, &random, signed.as_bytes(), &mut signature)
            .map_err(|_| broken("the private key does not sign"))?;
        Ok(Secret::new(format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }

    fn header(&self) -> (serde_json::Value, &'static dyn RsaEncoding) {
        match &self.named {
            Named::Thumbprint(sha1) => (
                json!({"alg": "RS256", "typ": "JWT", "x5t": sha1}),
                &RSA_PKCS1_SHA256,
            ),
            Named::Whole { sha256, chain } => {
                let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": sha256});
                if !chain.is_empty() {
                    header["x5c"] = json!(chain);
                }
                (header, &RSA_PSS_SHA256)
            }
        }
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({:?})", self.application)
    }
}

/// The one private key, if it is one that Entra ID takes.
fn rsa_key(pem: &Pem) -> Result<RsaKeyPair, String> {
    let key = match pem.keys.as_slice() {
        _ if pem.encrypted => {
            return Err("the private key is encrypted: store it without a passphrase (`openssl pkey`), readable by its user alone".to_owned());
        }
        [] => return Err("there is no private key in it".to_owned()),
        [key] => key,
        _ => return Err("there are several private keys in it".to_owned()),
    };
    let (pair, length) = match key {
        Key::Pkcs8(der) => (RsaKeyPair::from_pkcs8(der), der.len()),
        Key::Pkcs1(der) => (RsaKeyPair::from_der(der), der.len()),
        Key::Sec1 => return Err(NOT_RSA.to_owned()),
    };
    pair.map_err(|rejected| rejection(&rejected.to_string(), length))
}

const NOT_RSA: &str = "the private key is not RSA, and Entra ID takes no other";

/// In DER a key of 2048 bits has at least so many bytes: its parts have four and a half times 256.
const LENGTH_OF_2048_BITS: usize = 1100;

/// ring's one-word reasons, for a key whose DER is so long.
fn rejection(reason: &str, length: usize) -> String {
    match reason {
        "WrongAlgorithm" => NOT_RSA.to_owned(),
        // Said of the exponent, too.
        "TooSmall" if length >= LENGTH_OF_2048_BITS => {
            "the private key's public exponent is too small: it must be at least 65537".to_owned()
        }
        "TooSmall" => "the private key is too short: 2048 to 4096 bits are taken".to_owned(),
        "TooLarge" => "the private key is too long: 2048 to 4096 bits are taken".to_owned(),
        "InvalidComponent" | "InconsistentComponents" => {
            "the private key is not sound: its parts do not fit".to_owned()
        }
        _ => "the private key is malformed".to_owned(),
    }
}

/// Hex digits, with whatever stands between pairs of them; Windows copies a mark in front that nobody sees.
fn parse_thumbprint(text: &str) -> Option<[u8; 20]> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !matches!(c, ':' | '-') && !is_hidden(*c))
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect();
    (digits.len() == 40)
        .then(|| bytes.try_into().ok())
        .flatten()
}

/// Random bytes as a version 4 UUID (RFC 9562).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    let groups = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thumbprints_are_read_in_every_spelling() {
        let plain = "0123456789abcdef0123456789ABCDEF01234567";
        let colons: Vec<_> = plain
            .as_bytes()
            .chunks(2)
            .map(|c| String::from_utf8_lossy(c))
            .collect();
        for text in [
            plain.to_owned(),
            plain.to_uppercase(),
            colons.join(":"),
            colons.join(" "),
        ] {
            assert_eq!(
                parse_thumbprint(&text).unwrap()[..3],
                [0x01, 0x23, 0x45],
                "{text}"
            );
        }
        for bad in [
            "",
            "0123",
            &plain[1..],
            "zz23456789abcdef0123456789ABCDEF01234567",
        ] {
            assert!(parse_thumbprint(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    proptest! {
        #[test]
        fn no_thumbprint_panics(text in any::<String>()) {
            let _ = parse_thumbprint(&text);
        }

        #[test]
        fn no_key_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let body = STANDARD.encode(bytes);
            let text = format!("-----BEGIN PRIVATE KEY----- {body} -----END PRIVATE KEY-----");
            let application = Application { tenant: "t".into(), client_id: "c".into() };
            prop_assert!(Certificate::from_pem(application, &text, true).is_err());
        }
    }
}
