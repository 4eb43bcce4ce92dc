//! Variables for `eval` in any POSIX shell.
//!
//! One `NAME='…'` a variable, from the beginning of a line. Between single quotes every byte stands for
//! itself in dash, bash, busybox sh and the others; only the quote needs a spelling of its own.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::{Refused, Variable, check_variables, measured};

/// The variables' assignments, in memory that is wiped.
///
/// # Errors
/// Those whose value has a NUL.
pub fn render(variables: &[Variable]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    check_variables(variables)?;
    Ok(measured(|out| {
        variables
            .iter()
            .try_for_each(|(name, value)| assign(name, value.expose(), out))
    }))
}

fn assign(name: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{name}='")?;
    for (index, part) in value.split('\'').enumerate() {
        if index > 0 {
            out.write_all(br"'\''")?;
        }
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"'\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn text(value: &str) -> String {
        let value = Secret::new(value.into());
        let text = render(&[("A", &value)]).unwrap();
        assert_eq!(text.len(), text.capacity());
        String::from_utf8(text.to_vec()).unwrap()
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
