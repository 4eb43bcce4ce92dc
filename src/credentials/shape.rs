//! How a secret becomes a credential: whose the user is, and what of the value is the password.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Credential, Decode, Document};
use crate::buffer::Buffer;
use crate::error::{Error, Exit};
use crate::secret::Secret;
use crate::vault::{Content, SecretName, Tags};

/// What the user wants to be made of a secret.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// The tag whose value is the user.
    pub(crate) user_tag: Option<String>,
    /// Whether values are JSON objects with user and password.
    pub(crate) json_value: bool,
}

impl Shape {
    /// The user of a credential: a tag's value, or the secret's name.
    pub(crate) fn user<'a>(&self, secret: &'a SecretName, tags: &'a Tags) -> &'a str {
        let tagged = self.user_tag.as_ref().and_then(|key| tags.get(key));
        tagged.map_or(secret.as_str(), String::as_str)
    }

    /// The document of a secret.
    pub(crate) fn document(
        &self,
        credential: &Credential,
        content: Content,
    ) -> Result<Document, Error> {
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
            let cause =
                "it is not a JSON object with the texts `username` (or `user`) and `password`";
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

    /// The password of a secret as bytes, or what its value is decoded to.
    pub(crate) fn bytes(
        &self,
        credential: &Credential,
        content: Content,
        decode: Option<Decode>,
    ) -> Result<Buffer, Error> {
        match decode {
            Some(decode) => decode.bytes(credential, &content),
            None => Ok(Buffer::from(&self.document(credential, content)?.password)),
        }
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
}
