//! What editors, shells and Windows put around a text, and what is no text at all.

use crate::error::{Error, Exit, is_hidden};

/// Without the one newline that editors and `echo` add: LF, CRLF, or CR alone.
pub(crate) fn without_newline(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Without UTF-8's byte order mark, which Windows puts at the beginning of a file.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Bytes that are not what was expected: what they are instead, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) cause: &'static str,
    pub(crate) hint: Option<&'static str>,
}

impl Unfit {
    /// The error that it is.
    pub(crate) fn during(self, operation: &str) -> Error {
        Error::new(Exit::Usage, operation, self.cause).maybe_hint(self.hint.map(str::to_owned))
    }
}

/// A file's text, without its byte order mark.
pub(crate) fn of_file(bytes: &[u8]) -> Result<&str, Unfit> {
    match utf16(bytes) {
        Some(unfit) => Err(unfit),
        None => std::str::from_utf8(without_mark(bytes)).map_err(|_| Unfit {
            cause: "it is not UTF-8 text",
            hint: None,
        }),
    }
}

/// What PowerShell's `>` writes, with its mark or without.
pub(crate) fn utf16(bytes: &[u8]) -> Option<Unfit> {
    let is_it = matches!(
        bytes,
        [0xff, 0xfe, ..]
            | [0xfe, 0xff, ..]
            | [0, 1..=0xff, 0, 1..=0xff, ..]
            | [1..=0xff, 0, 1..=0xff, 0, ..]
    );
    is_it.then_some(Unfit {
        cause: "it is UTF-16 text",
        hint: Some("save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)"),
    })
}

/// What should be PEM and is the DER that PEM is made of: a sequence of more than 127 bytes, told apart by
/// what it begins with.
pub(crate) fn der(bytes: &[u8]) -> Option<Unfit> {
    let ([0x30, 0x80, content @ ..]
    | [0x30, 0x81, _, content @ ..]
    | [0x30, 0x82, _, _, content @ ..]
    | [0x30, 0x83, _, _, _, content @ ..]) = bytes
    else {
        return None;
    };
    let (cause, hint) = match content {
        [0x02, 0x01, 0x03, ..] => (
            "it is PKCS #12 (`.pfx`, `.p12`), and not PEM",
            "convert it: `openssl pkcs12 -in FILE -nodes -out FILE.pem`",
        ),
        [0x02, 0x01, 0x00 | 0x01, ..] => (
            "it is a private key in DER, and not in PEM",
            "convert it: `openssl pkey -inform DER -in FILE -out FILE.pem`",
        ),
        [0x06, ..] => (
            "it is PKCS #7 (`.p7b`), and not PEM",
            "convert it: `openssl pkcs7 -inform DER -in FILE -print_certs -out FILE.pem`",
        ),
        _ => (
            "it is a certificate in DER, and not in PEM",
            "convert it: `openssl x509 -inform DER -in FILE -out FILE.pem`",
        ),
    };
    Some(Unfit {
        cause,
        hint: Some(hint),
    })
}

/// What a header or a form must not carry, where it is there.
pub(crate) fn odd_character(text: &str) -> Option<&'static str> {
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

/// Whether it was copied with more than itself.
pub(crate) fn is_surrounded(text: &str) -> bool {
    let around = |c: char| is_hidden(c) || matches!(c, '"' | '\'' | '`');
    text.starts_with(around) || text.ends_with(around)
}

/// What to do about what was copied with more than itself.
pub(crate) fn surrounded(text: &str) -> Option<String> {
    is_surrounded(text).then(|| {
        "there are blanks, quotes or invisible characters around it: leave them out".to_owned()
    })
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
            of_file("\u{feff}a\u{feff}".as_bytes()).unwrap(),
            "a\u{feff}"
        );
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, words) in [
            (&b"\xff\xfe{\0"[..], "it is UTF-16 text"),
            (b"\xfe\xff\0{", "it is UTF-16 text"),
            (b"{\0\"\0", "it is UTF-16 text"),
            (b"\0{\0\"", "it is UTF-16 text"),
            (b"ab\xff", "it is not UTF-8 text"),
        ] {
            assert_eq!(of_file(bytes).unwrap_err().cause, words);
        }
        assert_eq!(of_file(b"a"), Ok("a"));
        assert_eq!(of_file(b""), Ok(""));
    }

    #[test]
    fn what_is_der_is_told_apart() {
        for (bytes, words) in [
            (&b"\x30\x82\x0a\x01\x02\x01\x03\x30"[..], "PKCS #12"),
            (b"\x30\x80\x02\x01\x03\x30", "PKCS #12"),
            (b"\x30\x82\x04\xbe\x02\x01\x00\x30", "private key"),
            (b"\x30\x82\x04\xbe\x02\x01\x01\x04", "private key"),
            (b"\x30\x82\x04\xbe\x30\x82", "certificate"),
            (b"\x30\x83\x01\x04\xbe\x06\x09\x2a", "PKCS #7"),
        ] {
            assert!(der(bytes).unwrap().cause.contains(words), "{words}");
        }
        for text in [
            &b"-----BEGIN"[..],
            b"0",
            b"01",
            b"",
            b"\x30\x03\x02\x01\x03",
        ] {
            assert!(der(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn odd_characters_and_surroundings() {
        assert!(odd_character("a b~{").is_none());
        for odd in ["a\nb", "a\r", "a\0", "a\u{7f}", "ä", "a\u{feff}"] {
            assert!(odd_character(odd).is_some(), "{odd:?}");
        }
        for text in [" a", "'a'", "a\"", "\u{200e}a", "a\u{feff}", "a\t"] {
            assert!(is_surrounded(text), "{text:?}");
        }
        assert!(!is_surrounded("a'b c") && !is_surrounded(""));
    }
}
