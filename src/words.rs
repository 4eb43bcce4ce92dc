//! What is chosen by one of fixed words: each word stands once, beside what it means.

/// A choice of which each value has a word.
pub(crate) trait Word: Copy + 'static {
    /// All of them, in the order in which people are told.
    const WORDS: &'static [&'static str];

    /// The value of a word.
    fn parse(word: &str) -> Option<Self>;
}

/// Declares an enum whose variants are chosen by words.
macro_rules! words {
    (
        $(#[$about:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$meaning:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$meaning])* $variant,)+
        }

        impl $crate::words::Word for $name {
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use words;

/// The candidate that is near enough to be what was meant: one or two letters off, or spelled with other case or
/// hyphens.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = word;
    let word = word.to_ascii_lowercase().replace('_', "-");
    let length = word.chars().count();
    // Of a long word nobody meant another, and it takes its time.
    if !(3..=40).contains(&length) {
        return None;
    }
    let most = if length < 6 { 1 } else { 2 };
    let distance = |candidate: &str| {
        let candidate = candidate.to_ascii_lowercase().replace('_', "-");
        strsim::osa_distance(&word, &candidate)
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most && *candidate != given)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The words for a message: `a`, `b` or `c`.
pub(crate) fn any_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_meant() {
        let words = [
            "vault",
            "vaults",
            "secret",
            "all",
            "tag",
            "client-id",
            "connect-to",
        ];
        for (word, meant) in [
            ("vualt", Some("vault")),
            ("valt", Some("vault")),
            ("Vaultt", Some("vault")),
            ("secrte", Some("secret")),
            ("clientid", Some("client-id")),
            ("conect_to", Some("connect-to")),
            ("tga", Some("tag")),
            ("al", None),
            ("xyz", None),
            ("password", None),
            ("vault", Some("vaults")),
            ("VAULT", Some("vault")),
            ("client_id", Some("client-id")),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
        assert_eq!(nearest(&"v".repeat(1000), words), None);
    }

    #[test]
    fn words_in_a_message() {
        assert_eq!(any_of(&["a"]), "`a`");
        assert_eq!(any_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
