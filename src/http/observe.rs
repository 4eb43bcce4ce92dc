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
pub enum Trust {
    /// One of Mozilla's roots, which are in this program.
    BuiltIn,
    /// A certificate of `--ca-file`, and no built-in root: an inspecting proxy's, or a private CA's.
    CaFile,
}

/// What was seen so far, by the name that the certificate is for.
pub type Observed = Arc<Mutex<HashMap<String, Trust>>>;

/// rustls's verifier, and a note of which roots it needed.
#[derive(Debug)]
pub struct Observer {
    built_in: Arc<WebPkiServerVerifier>,
    all: Arc<WebPkiServerVerifier>,
    observed: Observed,
}

impl Observer {
    pub fn new(
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
