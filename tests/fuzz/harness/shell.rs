//! How any POSIX shell reads assignments (Shell Command Language, 2.2 "Quoting"), as far as ours need it: what
//! stands unquoted and is no letter, digit, `_`, `=` or an escaped quote would mean something, and is refused.

/// The names and values of assignments, one a line; nothing where there is something else.
pub fn shell(text: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'=')?;
        let (name, behind) = (&rest[..end], &rest[end + 1..]);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if name.is_empty() || !name.iter().all(is_name) || name[0].is_ascii_digit() {
            return None;
        }
        let (value, behind) = word(behind)?;
        all.push((name.to_vec(), value));
        rest = behind;
    }
    Some(all)
}

/// A word up to the end of its line.
fn word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    loop {
        match rest {
            [b'\n', behind @ ..] => return Some((value, behind)),
            [b'\\', b'\'', behind @ ..] => {
                value.push(b'\'');
                rest = behind;
            }
            [b'\'', behind @ ..] => {
                let end = behind.iter().position(|byte| *byte == b'\'')?;
                value.extend(&behind[..end]);
                rest = &behind[end + 1..];
            }
            _ => return None,
        }
    }
}
