//! Trust: the roots in this binary, those of `--ca-file`, and words for what a certificate lacks.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::Resumption;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore,
};

use super::failure::{Failure, FailureKind};
use super::key_share::Sessions;
use super::observe::{Observed, Observer};
use super::url::bare;

/// Certificates that are trusted besides the built-in roots.
#[derive(Clone, Default)]
pub(crate) struct ExtraRoots(Vec<rustls::pki_types::TrustAnchor<'static>>);

impl ExtraRoots {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The certificates of a PEM file; those that cannot be a root are counted, not kept.
    pub(crate) fn from_pem(pem: &[u8]) -> Result<(Self, usize), String> {
        let mut store = RootCertStore::empty();
        let mut unusable = 0;
        // As it is copied out of YAML, indented.
        let lines: Vec<_> = pem
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .collect();
        for item in CertificateDer::pem_slice_iter(&lines.join(&b'\n')) {
            match item {
                Ok(certificate) if store.add(certificate.clone()).is_ok() => {}
                Ok(_) => unusable += 1,
                Err(error) => return Err(format!("not valid PEM ({})", pem_words(&error))),
            }
        }
        match (store.roots.is_empty(), unusable) {
            (false, _) => Ok((Self(store.roots), unusable)),
            (true, 0) => Err("no certificate in it".to_owned()),
            (true, n) => Err(format!(
                "none of its {n} certificates can be used as a root"
            )),
        }
    }
}

fn pem_words(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section without its end",
        pem::Error::IllegalSectionStart { .. } => "a malformed section start",
        pem::Error::Base64Decode(_) => "a section that is not base64",
        _ => "unreadable",
    }
}

/// Our own rustls configuration: ureq's takes either the built-in roots or a file's, not both.
pub(crate) fn client_config(extra: &ExtraRoots, observed: Option<&Observed>) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3");
    let verifier = observed.and_then(|observed| {
        let built_in = roots(&ExtraRoots::default());
        Observer::new(built_in, roots(extra), observed, &provider)
    });
    let mut config = match verifier {
        Some(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        None => builder
            .with_root_certificates(roots(extra))
            .with_no_client_auth(),
    };
    config.resumption = Resumption::store(Sessions::new());
    Arc::new(config)
}

fn roots(extra: &ExtraRoots) -> RootCertStore {
    let builtin = webpki_roots::TLS_SERVER_ROOTS.iter();
    builtin.chain(&extra.0).cloned().collect()
}

/// What came of a handshake, for `--verbose`.
pub(crate) fn agreed(connection: &ClientConnection, host: &str) -> String {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let group = connection.negotiated_key_exchange_group();
    let group = group.map_or_else(String::new, |group| format!(", {:?}", group.name()));
    let how = match connection.handshake_kind() {
        Some(HandshakeKind::FullWithHelloRetryRequest) => ", the hello repeated",
        Some(HandshakeKind::Resumed) => ", resumed",
        _ => "",
    };
    format!("connection to `{host}`: {version}{group}{how}")
}

/// What a failed handshake means, and what to do about it.
pub(crate) fn describe(error: &rustls::Error, host: &str) -> Failure {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(error) => certificate(error, host),
        E::InvalidMessage(_) => tls(format!("`{host}` does not speak TLS on this port"))
            .hint("something else answers there: check the address, `--connect-to`, or the proxy"),
        E::AlertReceived(alert) => tls(format!("`{host}` refused TLS with the alert {alert:?}")),
        E::PeerIncompatible(_) => tls(format!("`{host}` offers no TLS that is safe to use"))
            .hint("TLS 1.2 with forward secrecy, or TLS 1.3, is needed: an inspecting proxy may be too old"),
        _ => tls(format!("TLS with `{host}` failed: {error}")),
    }
}

fn tls(cause: String) -> Failure {
    Failure::new(FailureKind::Tls, cause)
}

fn certificate(error: &CertificateError, host: &str) -> Failure {
    use CertificateError as C;
    let of = format!("the certificate of `{host}`");
    match error {
        C::UnknownIssuer => tls(format!(
            "{of} was issued by nobody whom this program trusts"
        ))
        .hint(issuer_hint()),
        C::NotValidForName => wrong_name(&of, &[]),
        C::NotValidForNameContext { presented, .. } => wrong_name(&of, presented),
        C::Expired => tls(format!("{of} has expired")).hint(CLOCK),
        C::ExpiredContext { time, not_after } => tls(format!(
            "{of} expired on {} (this machine's clock: {})",
            date(*not_after),
            date(*time)
        ))
        .hint(CLOCK),
        C::NotValidYet => tls(format!("{of} is not valid yet")).hint(CLOCK_BEHIND),
        C::NotValidYetContext { time, not_before } => tls(format!(
            "{of} is not valid before {} (this machine's clock: {})",
            date(*not_before),
            date(*time)
        ))
        .hint(CLOCK_BEHIND),
        C::Revoked => tls(format!("{of} is revoked")),
        C::BadSignature => tls(format!("{of} has a signature that is not its issuer's"))
            .hint("somebody in between has another CA of the same name: an inspecting proxy?"),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            tls(format!("{of} was not issued for a server")).hint(REISSUE)
        }
        C::Other(other) => match format!("{other:?}") {
            text if text.contains("CaUsedAsEndEntity") => {
                tls(format!("{of} is a CA's certificate, not a server's")).hint(REISSUE)
            }
            text if text.contains("UnsupportedCertVersion") => {
                tls(format!("{of} is X.509 version 1, which cannot be checked")).hint(REISSUE)
            }
            _ => tls(format!("{of} cannot be used: {other}")).hint(REISSUE),
        },
        other => tls(format!("{of} cannot be used: {other}")).hint(REISSUE),
    }
}

// Whether the clock is to blame is not seen here: nobody has told another time yet.
const CLOCK: &str = "if this machine's clock is wrong, set it; else whoever runs that server (or the inspecting proxy) must renew the certificate";

const CLOCK_BEHIND: &str = "if this machine's clock is behind, set it; else that server (or the inspecting proxy) must not use the certificate before then";

const REISSUE: &str = "whoever runs that server (or the inspecting proxy) must issue a certificate \
    that is X.509 version 3, for a server, and not itself a CA";

fn wrong_name(of: &str, presented: &[String]) -> Failure {
    if presented.is_empty() {
        return tls(format!("{of} has no subject alternative name, so it is valid for no host"))
            .hint("whoever runs that server (or the inspecting proxy) must issue it with the host's name in it");
    }
    let names: Vec<_> = presented
        .iter()
        .take(3)
        .map(|name| bare_name(name))
        .collect();
    let more = if presented.len() > 3 { ", …" } else { "" };
    tls(format!("{of} is for {}{more}, not for it", names.join(", ")))
        .hint("the connection ends at another server: check the name, its DNS, `--connect-to`, or the proxy")
}

/// `DnsName("a.example")` of webpki's words for a name, as `a.example`.
fn bare_name(name: &str) -> String {
    let inner = name.split('"').nth(1).unwrap_or(name);
    format!("`{}`", crate::error::printable(inner))
}

fn date(time: UnixTime) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs());
    httpdate::fmt_http_date(time)
}

/// Where Linux distributions keep the roots that their administrator trusts.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

fn issuer_hint() -> String {
    let bundle = BUNDLES.iter().find(|path| Path::new(path).is_file());
    let file = bundle.copied().unwrap_or("FILE");
    let whose = match bundle {
        Some(_) => "this machine's own bundle, if it knows that CA",
        None => "the CA's certificate in PEM",
    };
    format!("behind an inspecting proxy or with a private CA, add `--ca-file {file}` ({whose})")
}

/// The name that the server's certificate must be for.
pub(crate) fn server_name(host: &str) -> Option<ServerName<'static>> {
    ServerName::try_from(bare(host).to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_says_so() {
        let problem = |pem: &str| ExtraRoots::from_pem(pem.as_bytes()).err().unwrap();
        assert_eq!(problem(""), "no certificate in it");
        assert_eq!(problem("hello"), "no certificate in it");
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert_eq!(problem(cut), "not valid PEM (a section without its end)");
        let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(
            problem(empty),
            "none of its 1 certificates can be used as a root"
        );
    }

    #[test]
    fn extra_roots_come_besides_the_built_in_ones() {
        let builtin = webpki_roots::TLS_SERVER_ROOTS;
        assert_eq!(roots(&ExtraRoots::default()).len(), builtin.len());
        let extra = ExtraRoots(vec![builtin[0].clone()]);
        assert_eq!(roots(&extra).len(), builtin.len() + 1);
    }

    #[test]
    fn names_are_shown_bare() {
        assert_eq!(bare_name("DnsName(\"a.example\")"), "`a.example`");
        assert_eq!(bare_name("a.example"), "`a.example`");
    }
}
