//! Documents as JSON: an array with one credential a line, or one object a line.

use super::Document;
use crate::buffer::Buffer;

/// How documents are written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// An array, one document a line.
    Array,
    /// One object a line.
    Lines,
}

impl Json {
    /// The documents.
    pub(crate) fn render(self, documents: &[Document]) -> Buffer {
        let (before, between, after) = match self {
            Self::Array if documents.is_empty() => ("[", "", "]\n"),
            Self::Array => ("[\n", ",\n", "\n]\n"),
            Self::Lines if documents.is_empty() => ("", "", ""),
            Self::Lines => ("", "\n", "\n"),
        };
        let mut out = Buffer::default();
        out.push(before.as_bytes());
        for (index, document) in documents.iter().enumerate() {
            if index > 0 {
                out.push(between.as_bytes());
            }
            object(document, &mut out);
        }
        out.push(after.as_bytes());
        out
    }
}

fn object(document: &Document, out: &mut Buffer) {
    let fields = [
        ("{\"user\":", document.user.as_str()),
        (",\"password\":", document.password.expose()),
        (",\"name\":", &document.name),
    ];
    for (key, value) in fields {
        out.push(key.as_bytes());
        // Escapes only what JSON must.
        serde_json::to_writer(&mut *out, value).expect("memory takes what is written to it");
    }
    out.push(b"}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::Secret;

    fn document(value: &str) -> Document {
        Document {
            user: "s".into(),
            password: Secret::new(value.into()),
            name: "kv/s".into(),
        }
    }

    fn text(json: Json, values: &[&str]) -> String {
        let documents: Vec<_> = values.iter().map(|value| document(value)).collect();
        String::from_utf8(json.render(&documents).as_slice().to_vec()).unwrap()
    }

    #[test]
    fn the_array_has_one_credential_a_line() {
        assert_eq!(text(Json::Array, &[]), "[]\n");
        assert_eq!(text(Json::Lines, &[]), "");
        let a = "{\"user\":\"s\",\"password\":\"a\",\"name\":\"kv/s\"}";
        assert_eq!(text(Json::Array, &["a"]), format!("[\n{a}\n]\n"));
        assert_eq!(text(Json::Array, &["a", "a"]), format!("[\n{a},\n{a}\n]\n"));
        assert_eq!(text(Json::Lines, &["a", "a"]), format!("{a}\n{a}\n"));
    }

    #[test]
    fn only_what_json_must_is_escaped() {
        let line = text(
            Json::Lines,
            &["\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}ä世\u{2028}😀<>&'"],
        );
        let value = r#""\"\\/\n\r\t\b\f\u0000\u001f"#.to_owned() + "\u{7f}ä世\u{2028}😀<>&'\"";
        assert_eq!(
            line,
            format!("{{\"user\":\"s\",\"password\":{value},\"name\":\"kv/s\"}}\n")
        );
    }

    proptest! {
        #[test]
        fn any_value_comes_back(value in any::<String>()) {
            let json: serde_json::Value = serde_json::from_str(&text(Json::Array, &[&value])).unwrap();
            prop_assert_eq!(json[0]["password"].as_str(), Some(value.as_str()));
        }
    }
}
