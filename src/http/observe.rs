//! Whose certificates servers show: a built-in root's, or only one of `--ca-file`'s. For `check` alone.
//!
//! Nothing is checked less than otherwise: rustls's own verifier decides, asked twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// What a server's certificate is chained to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// One of Mozilla's roots, which are in this program.
    BuiltIn,
    /// A certificate of `--ca-file`, and no built-in root: an inspecting proxy's, or a private CA's.
    CaFile,
}

/// What was seen so far, by the name that the certificate is for.
pub(crate) type Observed = Arc<Mutex<HashMap<String, Trust>>>;

/// rustls's verifier, and a note of which roots it needed.
#[derive(Debug)]
pub(crate) struct Observer {
    built_in: Arc<WebPkiServerVerifier>,
    all: Arc<WebPkiServerVerifier>,
    observed: Observed,
}

impl Observer {
    pub(crate) fn new(
        built_in: RootCertStore,
        all: RootCertStore,
        observed: &Observed,
        provider: &Arc<CryptoProvider>,
    ) -> Option<Self> {
        let verifier = |roots| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .build()
                .ok()
        };
        Some(Self {
            built_in: verifier(built_in)?,
            all: verifier(all)?,
            observed: Arc::clone(observed),
        })
    }
}

impl ServerCertVerifier for Observer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let trust = match by(&self.built_in) {
            Ok(_) => Trust::BuiltIn,
            Err(_) => Trust::CaFile,
        };
        let verified = by(&self.all)?;
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        observed.insert(server_name.to_str().to_ascii_lowercase(), trust);
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.all
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.all
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.all.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::crypto::ring::default_provider;

    use super::*;

    /// A certificate authority.
    struct Authority(CertificateParams, KeyPair);

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            Self(params, KeyPair::generate().unwrap())
        }

        fn root(&self) -> CertificateDer<'static> {
            self.0.self_signed(&self.1).unwrap().der().clone()
        }

        /// The certificate of a host.
        fn issue(&self, name: &str) -> CertificateDer<'static> {
            let params = CertificateParams::new([name.to_owned()]).unwrap();
            let issuer = Issuer::from_params(&self.0, &self.1);
            let key = KeyPair::generate().unwrap();
            params.signed_by(&key, &issuer).unwrap().der().clone()
        }
    }

    fn store(authorities: &[&Authority]) -> RootCertStore {
        let mut store = RootCertStore::empty();
        for authority in authorities {
            store.add(authority.root()).unwrap();
        }
        store
    }

    /// Whether a host's certificate is taken, and what was noted of the host.
    fn verify(observer: &Observer, leaf: &CertificateDer, name: &str) -> (bool, Option<Trust>) {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let taken = observer.verify_server_cert(leaf, &[], &name, &[], UnixTime::now());
        let known = observer.observed.lock().unwrap();
        let noted = known.get(&name.to_str().to_ascii_lowercase());
        (taken.is_ok(), noted.copied())
    }

    #[test]
    fn what_a_certificate_is_chained_to() {
        let (built_in, private, stranger) = (Authority::new(), Authority::new(), Authority::new());
        let provider = Arc::new(default_provider());
        let observer = |extra: &[&Authority]| {
            let all = [&[&built_in], extra].concat();
            let observed = Observed::default();
            Observer::new(store(&[&built_in]), store(&all), &observed, &provider).unwrap()
        };
        for extra in [&[][..], &[&private], &[&built_in, &private]] {
            let observer = observer(extra);
            let public = built_in.issue("public.example");
            let verified = verify(&observer, &public, "Public.example");
            assert_eq!(verified, (true, Some(Trust::BuiltIn)));
            // What does not hold leaves no trace, whoever issued it.
            for authority in [&built_in, &private, &stranger] {
                let leaf = authority.issue("wrong.example");
                assert_eq!(verify(&observer, &leaf, "right.example"), (false, None));
            }
            let strange = stranger.issue("strange.example");
            assert_eq!(
                verify(&observer, &strange, "strange.example"),
                (false, None)
            );
        }
        let leaf = private.issue("private.example");
        let verified = verify(&observer(&[&private]), &leaf, "private.example");
        assert_eq!(verified, (true, Some(Trust::CaFile)));
        assert_eq!(
            verify(&observer(&[]), &leaf, "private.example"),
            (false, None)
        );
    }

    /// The same host may show another certificate on another connection: the last one counts.
    #[test]
    fn a_host_that_changes() {
        let (built_in, private) = (Authority::new(), Authority::new());
        let provider = Arc::new(default_provider());
        let all = store(&[&built_in, &private]);
        let known = Observed::default();
        let observer = Observer::new(store(&[&built_in]), all, &known, &provider).unwrap();
        for (authority, trust) in [(&built_in, Trust::BuiltIn), (&private, Trust::CaFile)] {
            let leaf = authority.issue("a.example");
            assert_eq!(verify(&observer, &leaf, "a.example"), (true, Some(trust)));
        }
    }

    #[test]
    fn without_roots_there_is_no_observer() {
        let provider = Arc::new(default_provider());
        let none = RootCertStore::empty;
        let authority = Authority::new();
        let observed = Observed::default();
        assert!(Observer::new(none(), store(&[&authority]), &observed, &provider).is_none());
    }
}
