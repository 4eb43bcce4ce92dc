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

/// The words for a message: `a`, `b` or `c`.
pub(crate) fn any_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}
