//! Documents as JSON: an array with one credential a line, or one object a line.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::{Document, measured};

/// A JSON array, one credential a line.
#[must_use]
pub fn array(documents: &[Document]) -> Zeroizing<Vec<u8>> {
    measured(|out| {
        if documents.is_empty() {
            return out.write_all(b"[]\n");
        }
        out.write_all(b"[\n")?;
        for (index, document) in documents.iter().enumerate() {
            if index > 0 {
                out.write_all(b",\n")?;
            }
            object(document, out)?;
        }
        out.write_all(b"\n]\n")
    })
}

/// One JSON object a line.
#[must_use]
pub fn lines(documents: &[Document]) -> Zeroizing<Vec<u8>> {
    measured(|out| {
        for document in documents {
            object(document, out)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

/// `serde_json` escapes only what JSON must.
fn object(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"user\":")?;
    serde_json::to_writer(&mut *out, &document.user)?;
    out.write_all(b",\"password\":")?;
    serde_json::to_writer(&mut *out, document.password.expose())?;
    out.write_all(b",\"name\":")?;
    serde_json::to_writer(&mut *out, &document.name)?;
    out.write_all(b"}")
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

    type Format = fn(&[Document]) -> Zeroizing<Vec<u8>>;

    fn text(format: Format, values: &[&str]) -> String {
        let documents: Vec<_> = values.iter().map(|value| document(value)).collect();
        String::from_utf8(format(&documents).to_vec()).unwrap()
    }

    #[test]
    fn the_array_has_one_credential_a_line() {
        assert_eq!(text(array, &[]), "[]\n");
        assert_eq!(text(lines, &[]), "");
        let a = "{\"user\":\"s\",\"password\":\"a\",\"name\":\"kv/s\"}";
        assert_eq!(text(array, &["a"]), format!("[\n{a}\n]\n"));
        assert_eq!(text(array, &["a", "a"]), format!("[\n{a},\n{a}\n]\n"));
        assert_eq!(text(lines, &["a", "a"]), format!("{a}\n{a}\n"));
    }

    #[test]
    fn only_what_json_must_is_escaped() {
        let line = text(
            lines,
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
            let json: serde_json::Value = serde_json::from_str(&text(array, &[&value])).unwrap();
            prop_assert_eq!(json[0]["password"].as_str(), Some(value.as_str()));
        }

        #[test]
        fn the_buffer_never_grows(values in prop::collection::vec(any::<String>(), 0..4)) {
            let documents: Vec<_> = values.iter().map(|value| document(value)).collect();
            let text = array(&documents);
            prop_assert_eq!(text.len(), text.capacity());
        }
    }
}
