//! How a secret becomes a credential: whose the user is, and what of the value is the password.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{Credential, Document};
use crate::error::{Error, Exit};
use crate::secret::Secret;
use crate::vault::{Content, SecretName, Tags};
use crate::words::words;

/// What the user wants to be made of a secret.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// The tag whose value is the user.
    pub user_tag: Option<String>,
    /// Whether values are JSON objects with user and password.
    pub json_value: bool,
}

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
    /// The bytes of a value, decoded where that is wanted.
    pub(crate) fn bytes(
        decode: Option<Self>,
        credential: &Credential,
        content: &Content,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let kind = content.content_type.as_deref();
        Shape::decoded(decode, credential, kind, &content.tags, &content.value)
    }
}

impl Shape {
    /// The user of a credential: a tag's value, or the secret's name.
    #[must_use]
    pub fn user<'a>(&self, secret: &'a SecretName, tags: &'a Tags) -> &'a str {
        let tagged = self.user_tag.as_ref().and_then(|key| tags.get(key));
        tagged.map_or(secret.as_str(), String::as_str)
    }

    /// The document of a secret.
    ///
    /// # Errors
    /// [`Exit::Service`] where the value is not the JSON object that was asked for.
    pub fn document(&self, credential: &Credential, content: Content) -> Result<Document, Error> {
        let name = credential.to_string();
        let user = self.user(&credential.secret, &content.tags);
        if !self.json_value {
            return Ok(Document {
                user: user.to_owned(),
                password: content.value,
                name,
            });
        }
        let pair = Pair::parse(&content.value).ok_or_else(|| {
            let operation = format!("cannot use the value of `{credential}`");
            let cause = "it is no JSON object with the texts `username` (or `user`) and `password`";
            Error::new(Exit::Service, operation, cause).hint(
                "`--json-value` wants it of every secret: leave this one out, or fetch it without",
            )
        })?;
        Ok(Document {
            user: pair.user.expose().to_owned(),
            password: pair.password,
            name,
        })
    }

    /// The bytes of a password, decoded where that is wanted.
    ///
    /// # Errors
    /// [`Exit::Service`] where it is not the base64 that was asked for.
    pub(crate) fn bytes(
        &self,
        credential: &Credential,
        content: Content,
        decode: Option<Decode>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (kind, tags) = (content.content_type.clone(), content.tags.clone());
        let password = self.document(credential, content)?.password;
        Self::decoded(decode, credential, kind.as_deref(), &tags, &password)
    }

    fn decoded(
        decode_: Option<Decode>,
        credential: &Credential,
        content_type: Option<&str>,
        tags: &Tags,
        value: &Secret,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let wanted = match decode_ {
            None => false,
            Some(Decode::Base64) => true,
            Some(Decode::Auto) => is_said_to_be_base64(content_type, tags),
        };
        if !wanted {
            return Ok(Zeroizing::new(value.expose().as_bytes().to_vec()));
        }
        decode(value).ok_or_else(|| {
            let operation = format!("cannot decode the value of `{credential}`");
            Error::new(Exit::Service, operation, "it is not base64")
                .hint("fetch it without `--decode`, or correct its content type or tag")
        })
    }
}

/// What `--json-value` expects.
struct Pair {
    user: Secret,
    password: Secret,
}

impl Pair {
    fn parse(value: &Secret) -> Option<Self> {
        // As they stand in the value: a `user` that is not needed may be anything.
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            username: Option<&'a RawValue>,
            user: Option<&'a RawValue>,
            password: Option<&'a RawValue>,
        }
        let text = value.expose();
        // serde would take a list of three for an object, too.
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let fields: Fields = serde_json::from_str(text).ok()?;
        let text = |field: &RawValue| serde_json::from_str(field.get()).ok();
        Some(Self {
            user: text(fields.username.or(fields.user)?)?,
            password: text(fields.password?)?,
        })
    }
}

const PFX: &str = "application/x-pkcs12";
const ENCODING: &str = "file-encoding";

fn is_said_to_be_base64(content_type: Option<&str>, tags: &Tags) -> bool {
    let kind = content_type.map(|text| text.split(';').next().unwrap_or_default().trim());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(PFX))
        || tags
            .get(ENCODING)
            .is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"))
}

/// With or without padding, and with the line breaks that many encoders make.
fn decode(value: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text = value.expose().as_bytes();
    let mut packed = Zeroizing::new(Vec::with_capacity(text.len()));
    packed.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    // Never more than this, so the buffer does not grow and leave a copy.
    let mut bytes = Zeroizing::new(vec![0; packed.len()]);
    let length = LENIENT.decode_slice(&*packed, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_json_value_has_user_and_password() {
        let pair = |json: &str| {
            Pair::parse(&secret(json)).map(|pair| {
                let text = |secret: Secret| secret.expose().to_owned();
                (text(pair.user), text(pair.password))
            })
        };
        let both = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(pair(r#"{"username":"u","password":"p"}"#), both("u", "p"));
        assert_eq!(
            pair(r#" {"password":"p","user":"u","x":[1]} "#),
            both("u", "p")
        );
        assert_eq!(
            pair(r#"{"user":"b","username":"a","password":""}"#),
            both("a", "")
        );
        assert_eq!(
            pair(r#"{"username":null,"user":"b","password":"p"}"#),
            both("b", "p")
        );
        assert_eq!(
            pair(r#"{"username":"a\u00e9","user":{"id":7},"password":"\"p\n"}"#),
            both("a\u{e9}", "\"p\n")
        );
        for bad in [
            "",
            "p",
            "\"p\"",
            "7",
            "null",
            "[\"u\",\"u\",\"p\"]",
            "{}",
            r#"{"username":"u"}"#,
            r#"{"password":"p"}"#,
            r#"{"username":7,"password":"p"}"#,
            r#"{"username":"u","password":["p"]}"#,
            r#"{"username":"u","password":"p"} x"#,
            r#"{"username":"u","username":"v","password":"p"}"#,
            r#"{"username":"u","user":"v","user":"w","password":"p"}"#,
            r#"{"username":7,"user":"u","password":"p"}"#,
            r#"{"username":"u","password":null}"#,
            r#"{"Username":"u","Password":"p"}"#,
            r#"{"username":"u","password":"p","x":}"#,
        ] {
            assert_eq!(pair(bad), None, "{bad}");
        }
    }

    #[test]
    fn base64_with_and_without_padding_and_line_breaks() {
        for text in ["aGVsbG8=", "aGVsbG8", "aGVs\r\nbG8=\n", ""] {
            let expected: &[u8] = if text.is_empty() { b"" } else { b"hello" };
            assert_eq!(
                decode(&secret(text)).unwrap().as_slice(),
                expected,
                "{text}"
            );
        }
        for bad in ["a", "aGVsbG8==", "aGV sb-8=", "ä"] {
            assert!(decode(&secret(bad)).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_pfx_or_a_tag_says_base64() {
        let tags = |value: &str| Tags::from([("file-encoding".to_owned(), value.to_owned())]);
        assert!(is_said_to_be_base64(
            Some("application/x-pkcs12"),
            &Tags::new()
        ));
        assert!(is_said_to_be_base64(None, &tags("BASE64")));
        assert!(!is_said_to_be_base64(Some("text/plain"), &tags("utf-8")));
        assert!(!is_said_to_be_base64(None, &Tags::new()));
    }
}
