//! What editors, shells and Windows put around a text, and what is no text at all.

/// Without the one newline that editors and `echo` add: LF, CRLF, or CR alone.
pub(super) fn without_newline(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Without UTF-8's byte order mark, which Windows puts at the beginning of a file.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// What is wrong with bytes that are not UTF-8 text, and what to do.
pub(super) fn no_text(bytes: &[u8]) -> (&'static str, Option<&'static str>) {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (
            "it is UTF-16 text",
            Some("save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)"),
        ),
        // A sequence of more than 127 bytes.
        [0x30, 0x80..=0x84, ..] => (
            "it is not PEM but binary (DER, or PKCS #12 as in `.pfx` and `.p12`)",
            Some(
                "convert it: `openssl pkcs12 -in FILE -nodes -out app.pem`, or `openssl x509 -inform DER -in FILE -out FILE.pem`",
            ),
        ),
        _ => ("it is not UTF-8 text", None),
    }
}

/// What a header or a form must not carry, where it is there.
pub(super) fn odd_character(text: &str) -> Option<&'static str> {
    if text.contains(['\n', '\r']) {
        Some("it has a line break in it")
    } else if text.chars().any(char::is_control) {
        Some("it has a control character in it")
    } else if !text.is_ascii() {
        Some("it has a character in it that is not ASCII")
    } else {
        None
    }
}

/// What to do about what was copied with more than itself.
pub(super) fn surrounded(text: &str) -> Option<&'static str> {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    (text.starts_with(around) || text.ends_with(around))
        .then_some("there are blanks or quotes around it: leave them out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_is_dropped_and_no_more() {
        for (text, rest) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\r", "a"),
            ("a\n\n", "a\n"),
            ("a\r\r", "a\r"),
            (" a ", " a "),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(without_newline(text), rest, "{text:?}");
        }
        assert_eq!(
            without_mark("\u{feff}a\u{feff}".as_bytes()),
            "a\u{feff}".as_bytes()
        );
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, words) in [
            (&b"\xff\xfe{\0"[..], "UTF-16"),
            (b"\xfe\xff\0{", "UTF-16"),
            (b"\x30\x82\x0a\x01\xff", "PKCS #12"),
            (b"\x30\x80\xff", "PKCS #12"),
            (b"ab\xff", "not UTF-8"),
        ] {
            assert!(no_text(bytes).0.contains(words), "{words}");
        }
    }

    #[test]
    fn odd_characters_and_surroundings() {
        assert!(odd_character("a b~{").is_none());
        for odd in ["a\nb", "a\r", "a\0", "a\u{7f}", "ä", "a\u{feff}"] {
            assert!(odd_character(odd).is_some(), "{odd:?}");
        }
        assert!(surrounded(" a").is_some() && surrounded("'a'").is_some());
        assert!(surrounded("a'b c").is_none());
    }
}
