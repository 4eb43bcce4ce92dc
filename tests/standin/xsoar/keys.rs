//! Whether a request proves that it has the server's key.

use std::collections::BTreeSet;

use ring::digest::{SHA256, digest};

use super::super::http::Request;
use super::Xsoar;

/// How far an advanced key's time may be off, in milliseconds.
const TOLERANCE: i64 = 5 * 60 * 1000;

/// The nonces that were used.
#[derive(Default)]
pub(super) struct Keys {
    nonces: BTreeSet<String>,
}

impl Keys {
    /// `Err` says that a request is refused, and what no client should have done, if it is that.
    pub(super) fn check(
        &mut self,
        xsoar: &Xsoar,
        request: &Request,
        now: i64,
    ) -> Result<(), Option<String>> {
        let given = request.header("authorization").ok_or(None)?;
        let id = request.header("x-xdr-auth-id");
        if xsoar.key_id.is_some() && id != xsoar.key_id.as_deref() {
            return Err(None);
        }
        if !xsoar.advanced {
            return if given == xsoar.key {
                Ok(())
            } else {
                Err(None)
            };
        }
        let time = request.header("x-xdr-timestamp").ok_or(None)?;
        let nonce = request.header("x-xdr-nonce").ok_or(None)?;
        let wrong = |text: &str| Some(text.to_owned());
        if nonce.len() != 64 || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(wrong("the nonce is not 64 letters and digits"));
        }
        if !self.nonces.insert(nonce.to_owned()) {
            return Err(wrong("a nonce that was used before"));
        }
        let milliseconds: i64 = time.parse().map_err(|_| wrong("the time is no number"))?;
        if (milliseconds - now * 1000).abs() > TOLERANCE {
            return Err(None);
        }
        let proof = digest(&SHA256, format!("{}{nonce}{time}", xsoar.key).as_bytes());
        if given == hex(proof.as_ref()) {
            Ok(())
        } else {
            Err(None)
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}
