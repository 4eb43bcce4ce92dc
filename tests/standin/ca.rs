//! Certificates: an authority made at run time, and a leaf for each name a client asks for, sound or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SigningKey, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::der::{BIT_STRING, SEQUENCE, contents, element, elements};

/// What is wrong with the TLS of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsFault {
    /// The certificate comes from an authority that the client does not know.
    UnknownIssuer,
    /// The certificate is for `wrong-name.example`.
    WrongName,
    /// The certificate ended in 2021.
    Expired,
    /// The certificate begins in 2090.
    NotYetValid,
    /// The certificate is an authority's, signed by the known authority.
    CaAsLeaf,
    /// The certificate is an authority's, signed by itself: what `openssl req -x509` makes.
    SelfSignedCa,
    /// The certificate has the name as its common name alone.
    NoSubjectAltName,
    /// The certificate is X.509 version 1.
    Version1,
    /// The client's first message is read and never answered.
    Stall,
    /// The client's first message is read and the connection is closed.
    Cut,
    /// The answer is plain HTTP.
    PlainHttp,
    /// No fault, but a choice: keys are exchanged by secp384r1 alone, as Entra ID's front ends do it without being told.
    OnlySecp384r1,
    /// No fault either: by X25519 alone.
    OnlyX25519,
}

/// Whose front ends exchange keys by secp384r1 alone.
const ENTRA: &str = "login.microsoftonline.com";

/// A certificate authority.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = params_for(None, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { params, key, pem }
    }

    fn sign(&self, params: &CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(key, &issuer).expect("a certificate");
        certificate.der().clone()
    }
}

/// What was made, by name and by what is wrong with it.
type Made = BTreeMap<(String, Option<TlsFault>), Arc<ServerConfig>>;

/// The certificates that the stand-in shows, made when they are first asked for.
pub(super) struct Certificates {
    provider: Arc<CryptoProvider>,
    known: Authority,
    unknown: Authority,
    faults: Mutex<BTreeMap<String, TlsFault>>,
    made: Mutex<Made>,
}

impl Certificates {
    pub(super) fn new() -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            known: Authority::new("Stand-in Root CA"),
            unknown: Authority::new("Unknown Root CA"),
            faults: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// The certificate of the authority that clients are to trust.
    pub(super) fn ca_pem(&self) -> &str {
        &self.known.pem
    }

    pub(super) fn set_fault(&self, name: &str, fault: Option<TlsFault>) {
        let mut faults = self.faults.lock().unwrap();
        match fault {
            Some(fault) => faults.insert(name.to_lowercase(), fault),
            None => faults.remove(&name.to_lowercase()),
        };
    }

    pub(super) fn fault(&self, name: &str) -> Option<TlsFault> {
        self.faults.lock().unwrap().get(name).copied()
    }

    /// The TLS configuration for one name; the same one each time, so that sessions can be resumed.
    pub(super) fn config(&self, name: &str, fault: Option<TlsFault>) -> Arc<ServerConfig> {
        let mut made = self.made.lock().unwrap();
        let config = made
            .entry((name.to_owned(), fault))
            .or_insert_with(|| Arc::new(self.make(name, fault)));
        Arc::clone(config)
    }

    fn make(&self, name: &str, fault: Option<TlsFault>) -> ServerConfig {
        let key = KeyPair::generate().expect("a key");
        let certificate = self.leaf(name, &key, fault);
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = self.provider.key_provider.load_private_key(private);
        // Not `from_der`: it would refuse the certificates that are meant to be refused by the client.
        let certified = CertifiedKey::new(vec![certificate], signer.expect("a usable key"));
        let mut provider = Arc::clone(&self.provider);
        match fault {
            Some(TlsFault::OnlyX25519) => {
                Arc::make_mut(&mut provider).kx_groups = vec![ring::kx_group::X25519];
            }
            // Entra ID's front ends are like that.
            _ if fault == Some(TlsFault::OnlySecp384r1) || name == ENTRA => {
                Arc::make_mut(&mut provider).kx_groups = vec![ring::kx_group::SECP384R1];
            }
            _ => {}
        }
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }

    fn leaf(&self, name: &str, key: &KeyPair, fault: Option<TlsFault>) -> CertificateDer<'static> {
        let mut params = params_for(Some(name), name);
        match fault {
            Some(TlsFault::UnknownIssuer) => return self.unknown.sign(&params, key),
            Some(TlsFault::WrongName) => params = params_for(Some("wrong-name.example"), "wrong"),
            Some(TlsFault::Expired) => params.not_after = date_time_ymd(2021, 2, 3),
            Some(TlsFault::NotYetValid) => params.not_before = date_time_ymd(2090, 2, 3),
            Some(TlsFault::CaAsLeaf) => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            Some(TlsFault::SelfSignedCa) => {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                let certificate = params.self_signed(key).expect("a certificate");
                return certificate.der().clone();
            }
            Some(TlsFault::NoSubjectAltName) => params = params_for(None, name),
            Some(TlsFault::Version1) => {
                let version3 = self.known.sign(&params_for(None, name), key);
                return version1(&version3, &self.known.key);
            }
            Some(
                TlsFault::Stall
                | TlsFault::Cut
                | TlsFault::PlainHttp
                | TlsFault::OnlySecp384r1
                | TlsFault::OnlyX25519,
            )
            | None => {}
        }
        self.known.sign(&params, key)
    }
}

fn params_for(alternative_name: Option<&str>, common_name: &str) -> CertificateParams {
    let names: Vec<String> = alternative_name.map(str::to_owned).into_iter().collect();
    let mut params = CertificateParams::new(names).expect("a name that a certificate can hold");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params
}

/// The same certificate as X.509 version 1: without version and extensions, signed again.
fn version1(certificate: &[u8], authority: &KeyPair) -> CertificateDer<'static> {
    let parts = elements(contents(certificate));
    let [signed, algorithm, _signature] = parts[..] else {
        panic!("a certificate has three parts");
    };
    let kept: Vec<u8> = elements(contents(signed))
        .into_iter()
        // [0] is the version, [3] the extensions.
        .filter(|element| !matches!(element[0], 0xa0 | 0xa3))
        .flatten()
        .copied()
        .collect();
    let signed = element(SEQUENCE, &kept);
    let mut signature = vec![0]; // no unused bits
    signature.extend(authority.sign(&signed).expect("a signature"));
    let whole = [signed, algorithm.to_vec(), element(BIT_STRING, &signature)].concat();
    CertificateDer::from(element(SEQUENCE, &whole))
}
