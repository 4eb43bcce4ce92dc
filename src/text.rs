//! What editors, shells and Windows put around a text, and what is no text at all.

use crate::error::is_hidden;

/// Without UTF-8's byte order mark, which Windows puts at the beginning of a file.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Whether it was copied with more than itself.
pub(crate) fn is_surrounded(text: &str) -> bool {
    let around = |c: char| is_hidden(c) || matches!(c, '"' | '\'' | '`');
    text.starts_with(around) || text.ends_with(around)
}
