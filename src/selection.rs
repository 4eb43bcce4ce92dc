//! What is asked for, in words of the domain: names, vaults × secrets, whole vaults, and filters.

use crate::arm::Scope;
use crate::credentials::Credential;
use crate::vault::{Listed, SecretName, VaultName};

/// What was selected.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Exactly these credentials.
    pub named: Vec<Credential>,
    /// What comes from vaults, before those in the order of the output, unless there are arguments.
    pub from_vaults: Option<FromVaults>,
}

/// What is selected by vault.
#[derive(Clone, Debug)]
pub struct FromVaults {
    /// Of which.
    pub vaults: Vaults,
    /// What of each.
    pub what: What,
}

/// The vaults of a selection.
#[derive(Clone, Debug)]
pub enum Vaults {
    /// These.
    Named(Vec<VaultName>),
    /// Every vault of a subscription.
    Found(Scope),
}

/// What is selected of each vault.
#[derive(Clone, Debug)]
pub enum What {
    /// These secrets.
    Secrets(Vec<SecretName>),
    /// All that it lists and the filter lets through.
    Listed(Filter),
}

impl Selection {
    /// Whether vaults are to be looked for first.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match &self.from_vaults.as_ref()?.vaults {
            Vaults::Found(scope) => Some(scope),
            Vaults::Named(_) => None,
        }
    }

    /// Whether it depends on what is in a vault or subscription: whoever may write there has a say.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.from_vaults.as_ref().is_some_and(|from| {
            matches!(from.what, What::Listed(_)) || matches!(from.vaults, Vaults::Found(_))
        })
    }

    /// Whether there must be something in the vaults: not where all is meant, which may be nothing.
    #[must_use]
    pub fn needs_something(&self) -> bool {
        self.from_vaults
            .as_ref()
            .is_some_and(|from| match &from.what {
                What::Secrets(_) => true,
                What::Listed(filter) => filter.is_narrow(),
            })
    }

    /// The same with the vaults that were found.
    #[must_use]
    pub fn with_vaults(mut self, vaults: Vec<VaultName>) -> Self {
        if let Some(from) = &mut self.from_vaults {
            from.vaults = Vaults::Named(vaults);
        }
        self
    }

    /// The vaults whose names are known, each once, in their order.
    #[must_use]
    pub fn vaults(&self) -> Vec<VaultName> {
        let mut vaults: Vec<VaultName> = Vec::new();
        let from: &[_] = match self.from_vaults.as_ref().map(|from| &from.vaults) {
            Some(Vaults::Named(vaults)) => vaults,
            Some(Vaults::Found(_)) | None => &[],
        };
        let named = self.named.iter().map(|credential| &credential.vault);
        for vault in from.iter().chain(named) {
            if !vaults.contains(vault) {
                vaults.push(vault.clone());
            }
        }
        vaults
    }
}

/// Which of a vault's secrets are meant.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Any of these must match the name; none: every name does.
    pub patterns: Vec<Pattern>,
    /// Any of these must be there; none: nothing must.
    pub tags: Vec<Tag>,
    /// Whether the secrets behind certificates are meant, too.
    pub certificates: bool,
}

/// Why a listed secret is left out, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It cannot be read.
    Disabled,
    /// It merely backs a certificate.
    Certificate,
}

impl Filter {
    /// Whether name and tags are as they should be.
    #[must_use]
    pub fn fits(&self, listed: &Listed) -> bool {
        let name = || self.patterns.iter().any(|pattern| pattern.fits(listed));
        let tag = || self.tags.iter().any(|tag| tag.fits(listed));
        (self.patterns.is_empty() || name()) && (self.tags.is_empty() || tag())
    }

    /// Why it is left out, if it is.
    #[must_use]
    pub fn leaves_out(&self, listed: &Listed) -> Option<LeftOut> {
        if !listed.enabled {
            Some(LeftOut::Disabled)
        } else if listed.managed && !self.certificates {
            Some(LeftOut::Certificate)
        } else {
            None
        }
    }

    /// Whether there is any criterion, so that matching nothing means something.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        !self.patterns.is_empty() || !self.tags.is_empty()
    }
}

/// A pattern of names: `*` is anything, `?` one character, letters have no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Letters, digits, hyphens, `*` and `?`: anything else matches no secret's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-*?".contains(&b);
        (!text.is_empty() && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a secret's name is like it.
    #[must_use]
    pub fn fits(&self, listed: &Listed) -> bool {
        glob(
            self.0.to_ascii_lowercase().as_bytes(),
            listed.name.key().as_bytes(),
        )
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
pub struct Tag {
    key: String,
    /// `None`: whatever its value is.
    value: Option<String>,
}

impl Tag {
    /// Reads `KEY` or `KEY=VALUE`, where the value may be empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
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
    #[must_use]
    pub fn fits(&self, listed: &Listed) -> bool {
        listed
            .tags
            .get(&self.key)
            .is_some_and(|found| self.value.as_ref().is_none_or(|value| value == found))
    }

    /// As it was written.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.value {
            Some(value) => format!("{}={value}", self.key),
            None => self.key.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
