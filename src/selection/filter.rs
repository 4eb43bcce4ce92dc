//! Which of a vault's secrets are meant, by what its listing says of them.

use std::fmt;

use crate::vault::Listed;

/// Which of a vault's secrets are meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Any of these must match the name; none: every name does.
    pub(crate) patterns: Vec<Pattern>,
    /// Any of these must be there; none: nothing must.
    pub(crate) tags: Vec<Tag>,
    /// Whether the secrets behind certificates are meant, too.
    pub(crate) certificates: bool,
}

/// Why a listed secret is left out, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// It cannot be read.
    Disabled,
    /// It merely backs a certificate.
    Certificate,
}

impl Filter {
    /// Whether name and tags are as they should be.
    pub(crate) fn fits(&self, listed: &Listed) -> bool {
        let name = || self.patterns.iter().any(|pattern| pattern.fits(listed));
        let tag = || self.tags.iter().any(|tag| tag.fits(listed));
        (self.patterns.is_empty() || name()) && (self.tags.is_empty() || tag())
    }

    /// Why it is left out, if it is.
    pub(crate) fn leaves_out(&self, listed: &Listed) -> Option<LeftOut> {
        if !listed.enabled {
            Some(LeftOut::Disabled)
        } else if listed.managed && !self.certificates {
            Some(LeftOut::Certificate)
        } else {
            None
        }
    }

    /// Whether there is any criterion, so that matching nothing means something.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.patterns.is_empty() || !self.tags.is_empty()
    }
}

/// A pattern of names: `*` is anything, `?` one character, letters have no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    /// Letters, digits, hyphens, `*` and `?`: anything else matches no secret's name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-*?".contains(&b);
        (!text.is_empty() && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// Whether a secret's name is like it.
    pub(crate) fn fits(&self, listed: &Listed) -> bool {
        glob(
            self.0.to_ascii_lowercase().as_bytes(),
            listed.name.key().as_bytes(),
        )
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// With one place to go back to, the last `*`: no pattern takes longer than pattern × name.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match &mut back {
                None => return false,
                Some((after, from)) => {
                    *from += 1;
                    (p, n) = (*after, *from);
                }
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// A tag that a secret must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    key: String,
    /// `None`: whatever its value is.
    value: Option<String>,
}

impl Tag {
    /// Reads `KEY` or `KEY=VALUE`, where the value may be empty.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        (!key.is_empty()).then(|| Self {
            key: key.to_owned(),
            value,
        })
    }

    /// Whether a secret has it.
    pub(crate) fn fits(&self, listed: &Listed) -> bool {
        listed
            .tags
            .get(&self.key)
            .is_some_and(|found| self.value.as_ref().is_none_or(|value| value == found))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        match &self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{SecretName, VaultName};

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name) in [
            ("*", ""),
            ("*", "a"),
            ("a*", "a"),
            ("*a*", "bab"),
            ("?", "x"),
            ("db-*-prod", "db-a-b-prod"),
            ("*-key", "api-key-key"),
            ("**a**", "a"),
            ("a?c*", "abcd"),
        ] {
            assert!(
                glob(pattern.as_bytes(), name.as_bytes()),
                "{pattern} {name}"
            );
        }
        for (pattern, name) in [
            ("", "a"),
            ("?", ""),
            ("a", "ab"),
            ("a*", "ba"),
            ("*a", "ab"),
            ("db-?", "db-"),
            ("*-key", "key"),
        ] {
            assert!(
                !glob(pattern.as_bytes(), name.as_bytes()),
                "{pattern} {name}"
            );
        }
        let (stars, name) = ("*a".repeat(60) + "b", "a".repeat(127));
        assert!(!glob(stars.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn patterns_are_made_of_what_names_are_made_of() {
        for good in ["*", "db-?", "A*"] {
            assert!(Pattern::parse(good).is_some(), "{good}");
        }
        for bad in ["", "[ab]", "a_b", "a b", "kv/a", "ä*"] {
            assert!(Pattern::parse(bad).is_none(), "{bad}");
        }
    }

    fn listed(name: &str, tags: &[(&str, &str)]) -> Listed {
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Listed {
            vault: VaultName::parse("kv-prod").unwrap(),
            name: SecretName::parse(name).unwrap(),
            enabled: true,
            managed: false,
            tags: tags.iter().map(text).collect(),
        }
    }

    #[test]
    fn any_pattern_and_any_tag() {
        let filter = |patterns: &[&str], tags: &[&str]| Filter {
            patterns: patterns.iter().filter_map(|p| Pattern::parse(p)).collect(),
            tags: tags.iter().filter_map(|tag| Tag::parse(tag)).collect(),
            certificates: false,
        };
        let secret = listed("Db-Password", &[("team", "soc"), ("empty", "")]);
        for (patterns, tags) in [
            (&[][..], &[][..]),
            (&["dB-*"], &[]),
            (&["x", "*WORD"], &[]),
            (&[], &["team"]),
            (&[], &["x", "team=soc"]),
            (&[], &["empty", "x"]),
            (&[], &["empty="]),
            (&["x", "db*"], &["x", "team"]),
        ] {
            assert!(
                filter(patterns, tags).fits(&secret),
                "{patterns:?} {tags:?}"
            );
        }
        for (patterns, tags) in [
            (&["db"][..], &[][..]),
            (&[], &["Team"]),
            (&[], &["team="]),
            (&[], &["team=SOC"]),
            (&[], &["empty=x"]),
            (&["db*"], &["x"]),
            (&["x"], &["team"]),
        ] {
            assert!(
                !filter(patterns, tags).fits(&secret),
                "{patterns:?} {tags:?}"
            );
        }
    }

    #[test]
    fn disabled_comes_before_certificate() {
        let [plain, with] = [false, true].map(|certificates| Filter {
            certificates,
            ..Filter::default()
        });
        let mut secret = listed("a", &[]);
        assert_eq!(plain.leaves_out(&secret), None);
        secret.managed = true;
        assert_eq!(plain.leaves_out(&secret), Some(LeftOut::Certificate));
        assert_eq!(with.leaves_out(&secret), None);
        secret.enabled = false;
        assert_eq!(plain.leaves_out(&secret), Some(LeftOut::Disabled));
        assert_eq!(with.leaves_out(&secret), Some(LeftOut::Disabled));
    }

    #[test]
    fn a_tag_has_a_key() {
        assert_eq!(Tag::parse("team").unwrap().value, None);
        assert_eq!(Tag::parse("team=").unwrap().value.as_deref(), Some(""));
        assert_eq!(Tag::parse("a=b=c").unwrap().value.as_deref(), Some("b=c"));
        assert!(Tag::parse("=x").is_none() && Tag::parse("").is_none());
    }
}
