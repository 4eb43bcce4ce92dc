//! Certificates and keys: PEM as people have it, and any DER in sound PEM.

#![no_main]

use akv_xsoar::fuzzing::pem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{check, line, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(text) = text(data) {
        let (thumbprint, pem_text) = line(text);
        check(&pem(pem_text, thumbprint));
        check(&pem(text, "0123456789abcdef0123456789abcdef01234567"));
    }
    let der = STANDARD.encode(data);
    for label in [
        "CERTIFICATE",
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
    ] {
        let whole = format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n");
        check(&pem(&whole, "0123456789abcdef0123456789abcdef01234567"));
    }
});
