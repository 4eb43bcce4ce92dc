//! Variables for `eval` in any POSIX shell.
//!
//! One `NAME='…'` a variable, from the beginning of a line. Between single quotes every byte stands for
//! itself in dash, bash, busybox sh and the others; only the quote needs a spelling of its own.

use crate::buffer::Buffer;

/// One variable.
pub(super) fn assign(name: &str, value: &str, out: &mut Buffer) {
    out.push(name.as_bytes());
    out.push(b"='");
    for (index, part) in value.split('\'').enumerate() {
        if index > 0 {
            out.push(br"'\''");
        }
        out.push(part.as_bytes());
    }
    out.push(b"'\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut out = Buffer::default();
        assign("A", value, &mut out);
        String::from_utf8(out.as_slice().to_vec()).unwrap()
    }

    #[test]
    fn a_quote_is_the_one_special_character() {
        assert_eq!(text(""), "A=''\n");
        assert_eq!(text("a b"), "A='a b'\n");
        assert_eq!(text("it's"), "A='it'\\''s'\n");
        assert_eq!(text("''"), "A=''\\'''\\'''\n");
        assert_eq!(text("\"$(id)`\\\n!"), "A='\"$(id)`\\\n!'\n");
    }
}
