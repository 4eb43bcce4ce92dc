//! A value as bytes, decoded where that is wanted.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Credential;
use crate::buffer::Buffer;
use crate::error::{Error, Exit};
use crate::secret::Secret;
use crate::vault::Content;
use crate::words::words;

words! {
/// Which values are decoded.
pub(crate) enum Decode {
    /// Each, from base64.
    Base64 = "base64",
    /// Those that are said to be base64: by the content type of a PFX file, or by the tag that Azure CLI
    /// sets (`az keyvault secret set --encoding base64`).
    Auto = "auto",
}
}

impl Decode {
    /// The bytes of a secret's value; [`Exit::Service`] where it is not the base64 that was asked for.
    pub(crate) fn bytes(self, credential: &Credential, content: &Content) -> Result<Buffer, Error> {
        if self == Self::Auto && !is_said_to_be_base64(content) {
            return Ok(Buffer::from(&content.value));
        }
        decode(&content.value).ok_or_else(|| {
            let operation = format!("cannot decode the value of `{credential}`");
            Error::new(Exit::Service, operation, "it is not base64")
                .hint("fetch it without `--decode`, or correct its content type or tag")
        })
    }
}

const PFX: &str = "application/x-pkcs12";
const ENCODING: &str = "file-encoding";

fn is_said_to_be_base64(content: &Content) -> bool {
    let kind = content.content_type.as_deref();
    let kind = kind.map(|text| text.split(';').next().unwrap_or_default().trim());
    let encoding = content.tags.get(ENCODING);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(PFX))
        || encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"))
}

/// With or without padding, and with the line breaks that many encoders make.
fn decode(value: &Secret) -> Option<Buffer> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text = value.expose().as_bytes();
    let mut packed = Buffer::with_room(text.len());
    for part in text.split(u8::is_ascii_whitespace) {
        packed.push(part);
    }
    // Never larger than what it is decoded from.
    let mut bytes = Buffer::with_room(text.len());
    bytes
        .fill(|room| LENIENT.decode_slice(packed.as_slice(), room))
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Tags;

    fn content(value: &str, content_type: Option<&str>, encoding: Option<&str>) -> Content {
        let tag = |value: &str| ("file-encoding".to_owned(), value.to_owned());
        Content {
            value: Secret::new(value.to_owned()),
            version: None,
            content_type: content_type.map(str::to_owned),
            tags: encoding.map(tag).into_iter().collect::<Tags>(),
            expires: None,
        }
    }

    #[test]
    fn base64_with_and_without_padding_and_line_breaks() {
        for text in ["aGVsbG8=", "aGVsbG8", "aGVs\r\nbG8=\n", ""] {
            let expected: &[u8] = if text.is_empty() { b"" } else { b"hello" };
            let bytes = decode(&Secret::new(text.to_owned())).unwrap();
            assert_eq!(bytes.as_slice(), expected, "{text}");
        }
        for bad in ["a", "aGVsbG8==", "aGV sb-8=", "ä"] {
            assert!(decode(&Secret::new(bad.to_owned())).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_pfx_or_a_tag_says_base64() {
        let said = |kind, encoding| is_said_to_be_base64(&content("", kind, encoding));
        assert!(said(Some("application/x-pkcs12"), None));
        assert!(said(Some("Application/X-PKCS12; x=y"), None));
        assert!(said(None, Some("BASE64")));
        assert!(!said(Some("text/plain"), Some("utf-8")));
        assert!(!said(None, None));
    }

    #[test]
    fn what_is_not_said_to_be_base64_stays_as_it_is() {
        let id = |name| crate::vault::SecretName::parse(name).unwrap();
        let credential = Credential {
            vault: crate::vault::VaultName::parse("kv-prod").unwrap(),
            secret: id("a"),
            version: None,
        };
        let bytes = |decode: Decode, value, encoding| {
            let bytes = decode.bytes(&credential, &content(value, None, encoding));
            bytes.map(|bytes| bytes.as_slice().to_vec())
        };
        for encoding in [None, Some("base64")] {
            let bytes = bytes(Decode::Base64, "YQ==", encoding);
            assert_eq!(bytes.unwrap(), b"a");
        }
        let plain = bytes(Decode::Auto, "YQ==", None);
        assert_eq!(plain.unwrap(), b"YQ==");
        let decoded = bytes(Decode::Auto, "YQ==", Some("base64"));
        assert_eq!(decoded.unwrap(), b"a");
        let error = bytes(Decode::Base64, "no!", None).unwrap_err();
        assert_eq!(error.exit(), Exit::Service);
    }
}
