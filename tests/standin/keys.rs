//! Private keys and certificates of applications, made at run time: none is in the tree.
//!
//! The keys are `openssl`'s, as a user's are; rcgen makes the certificates, since it can give them any dates.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm, date_time_ymd,
};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::der::{SEQUENCE, element, integer, public_key};
use super::scratch::Scratch;

/// What encrypted keys are encrypted with.
pub const PASSPHRASE: &str = "Canary-passphrase";

/// A private key.
pub struct Key {
    pkcs8: String,
    /// The public half, as it stands in a certificate.
    public: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

/// Which key.
impl Key {
    /// An RSA key of this many bits.
    pub fn rsa(bits: u32) -> Self {
        Self::generate("RSA", &format!("rsa_keygen_bits:{bits}"), &[])
    }

    /// The RSA key of all tests that do not care which: a new one takes its time.
    pub fn usual() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(|| Self::rsa(2048))
    }

    /// Another RSA key, for all tests that need a wrong one.
    pub fn other() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(|| Self::rsa(2048))
    }

    /// An RSA key with the public exponent 3.
    pub fn exponent_3() -> Self {
        let exponent = ["-pkeyopt", "rsa_keygen_pubexp:3"];
        Self::generate("RSA", "rsa_keygen_bits:2048", &exponent)
    }

    /// A key on the curve P-256.
    pub fn elliptic() -> Self {
        Self::generate(
            "EC",
            "ec_paramgen_curve:P-256",
            &["-pkeyopt", "ec_param_enc:named_curve"],
        )
    }

    /// What looks like an RSA key of 8192 bits: it has the size, but a real one takes a minute to find.
    pub fn huge() -> Self {
        let number = |bytes: usize| {
            let mut digits: Vec<u8> = (0..=250).cycle().step_by(89).take(bytes).collect();
            // All bits long, and odd.
            digits[0] = 0xc5;
            digits[bytes - 1] |= 1;
            integer(&digits)
        };
        let (modulus, exponent) = (number(1024), integer(&[1, 0, 1]));
        let public = element(SEQUENCE, &[&modulus[..], &exponent].concat());
        let halves = [512; 5].map(number).concat();
        let private = [
            &integer(&[])[..],
            &modulus,
            &exponent,
            &number(1024),
            &halves,
        ]
        .concat();
        let rsa = [
            0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0,
        ];
        let octets = element(0x04, &element(SEQUENCE, &private));
        let whole = element(SEQUENCE, &[&integer(&[])[..], &rsa, &octets].concat());
        Self {
            pkcs8: pem("PRIVATE KEY", &whole),
            public,
            algorithm: &PKCS_RSA_SHA256,
        }
    }

    fn generate(kind: &str, option: &str, more: &[&str]) -> Self {
        let words = [&["genpkey", "-algorithm", kind, "-pkeyopt", option], more].concat();
        let pkcs8 = text(openssl(&words, b""));
        let info = openssl(&["pkey", "-pubout", "-outform", "DER"], pkcs8.as_bytes());
        let algorithm = if kind == "EC" {
            &PKCS_ECDSA_P256_SHA256
        } else {
            &PKCS_RSA_SHA256
        };
        Self {
            pkcs8,
            public: public_key(&info),
            algorithm,
        }
    }
}

/// How it is written.
impl Key {
    /// `BEGIN PRIVATE KEY`.
    pub fn pkcs8(&self) -> &str {
        &self.pkcs8
    }

    /// `BEGIN RSA PRIVATE KEY`, or `BEGIN EC PRIVATE KEY`.
    pub fn pkcs1(&self) -> String {
        text(openssl(&["pkey", "-traditional"], self.pkcs8.as_bytes()))
    }

    /// `BEGIN ENCRYPTED PRIVATE KEY`.
    pub fn encrypted(&self) -> String {
        self.with_passphrase(&["pkcs8", "-topk8", "-v2", "aes-256-cbc"])
    }

    /// `BEGIN RSA PRIVATE KEY` with `Proc-Type: 4,ENCRYPTED` behind it.
    pub fn encrypted_pkcs1(&self) -> String {
        self.with_passphrase(&["rsa", "-traditional", "-aes256"])
    }

    fn with_passphrase(&self, words: &[&str]) -> String {
        let passphrase = format!("pass:{PASSPHRASE}");
        let words = [words, &["-passout", &passphrase]].concat();
        text(openssl(&words, self.pkcs8.as_bytes()))
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// A certificate.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    /// The certificate of who signed it, as PEM; none of one that signed itself.
    issuer: String,
}

impl Certificate {
    /// A certificate of this key, signed by an authority, from 2020 to 2099.
    pub fn of(key: &Key) -> Self {
        Self::valid(key, (2020, 1, 1), (2099, 1, 1))
    }

    /// The same between other days: year, month, day.
    pub fn valid(key: &Key, from: (i32, u8, u8), until: (i32, u8, u8)) -> Self {
        let authority = KeyPair::generate().expect("a key");
        let mut params = named("Contoso Issuing CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = params.self_signed(&authority).expect("a certificate").pem();
        let authority = Issuer::from_params(&params, &authority);
        let mut params = named("akv-xsoar");
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        let certificate = params.signed_by(key, &authority).expect("a certificate");
        Self {
            der: certificate.der().to_vec(),
            issuer,
        }
    }

    /// A certificate that the key signed itself, good for a day: what users make.
    pub fn self_signed(key: &Key) -> Self {
        // Not the machine's own configuration: there may be none.
        let files = Scratch::new("openssl");
        let config = files.write("config", "[req]\ndistinguished_name=name\n[name]\n");
        let config = config.display().to_string();
        let key_file = files.write("key.pem", &key.pkcs8).display().to_string();
        let words = [
            "req",
            "-new",
            "-x509",
            "-sha256",
            "-days",
            "1",
            "-subj",
            "/CN=akv-xsoar",
        ];
        let place = ["-config", &config, "-key", &key_file, "-outform", "DER"];
        Self {
            der: openssl(&[&words[..], &place].concat(), b""),
            issuer: String::new(),
        }
    }

    /// The certificate alone.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate alone: `BEGIN CERTIFICATE`.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// The certificate, and then that of the authority.
    pub fn chain(&self) -> String {
        self.pem() + &self.issuer
    }

    /// The SHA-1 thumbprint as the portal shows it: hexadecimal, in upper case.
    pub fn thumbprint(&self) -> String {
        hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref())
    }

    /// The SHA-256 thumbprint in the same form.
    pub fn thumbprint_256(&self) -> String {
        hexadecimal(digest(&SHA256, &self.der).as_ref())
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params
}

/// Bytes as the portal shows them.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.concat()
}

/// PEM with lines of 64.
pub fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines = base64.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// What `openssl` makes of its input.
fn openssl(words: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("openssl: {error}: install openssl"));
    let mut stdin = child.stdin.take().expect("a pipe");
    // What does not read its input says so by its result.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("a child to wait for");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {words:?}: {said}");
    output.stdout
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("PEM is text")
}
