//! The mark in a credential's comment: which version of which secret it holds.
//!
//! ```text
//! [akv-xsoar kv-prod/db-password 204d23b5e2f34f78b0e708497bc631fa db-password]
//! ```
//!
//! Vault and secret, the version, the user (percent-encoded), and `json` where both come from a JSON value.
//! The rest of a comment is people's.

use std::ops::Range;

use percent_encoding::utf8_percent_encode;

use crate::credentials::Credential;
use crate::http::UNRESERVED;
use crate::vault::{SecretName, SecretVersion, VaultName};

/// What a credential was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Vault and secret, in lower case.
    source: String,
    /// `None`: the vault did not say.
    version: Option<String>,
    /// How user and password came about.
    manner: String,
}

const BEGINNING: &str = "[akv-xsoar ";

/// What people see before the mark of a new credential.
const EXPLANATION: &str =
    "From Azure Key Vault, kept up to date by akv-xsoar, which knows it by this: ";

/// A version that is not known, so that it is never the same.
const UNKNOWN: &str = "?";

impl Mark {
    /// The mark of a secret that was read.
    pub(crate) fn new(
        credential: &Credential,
        version: Option<SecretVersion>,
        user: &str,
        is_json: bool,
    ) -> Self {
        let (vault, secret) = credential.key();
        let user = utf8_percent_encode(user, UNRESERVED);
        Self {
            source: format!("{vault}/{secret}"),
            version: version.map(|version| version.key()),
            manner: format!("{user}{}", if is_json { " json" } else { "" }),
        }
    }

    /// The mark in a comment, if there is one.
    pub(crate) fn find(comment: &str) -> Option<Self> {
        find(comment).map(|(_, mark)| mark)
    }

    /// What stands between the brackets.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let (source, version, manner) = (parts.next()?, parts.next()?, parts.next()?);
        let (vault, secret) = source.split_once('/')?;
        let credential = (VaultName::parse(vault)?, SecretName::parse(secret)?);
        let version = match version {
            UNKNOWN => None,
            version => Some(SecretVersion::parse(version)?),
        };
        // Of a mark that people have cut the bracket is somebody else's.
        let user = manner.strip_suffix(" json").unwrap_or(manner);
        let is_encoded = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
        if !user.bytes().all(is_encoded) {
            return None;
        }
        Some(Self {
            source: format!("{}/{}", credential.0.key(), credential.1.key()),
            version: version.map(|version| version.key()),
            manner: manner.to_owned(),
        })
    }

    /// Whether a credential with this mark is as one with the other would be.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        self == other && self.version.is_some()
    }

    /// Whether it is the same secret's.
    pub(crate) fn is_of_the_same(&self, other: &Self) -> bool {
        self.source == other.source
    }

    /// A comment with this mark, and everything else that people have written there.
    pub(crate) fn comment(&self, before: &str) -> String {
        match find(before) {
            Some((place, _)) => {
                let (head, tail) = (&before[..place.start], &before[place.end..]);
                format!("{head}{}{tail}", self.text())
            }
            None if before.trim().is_empty() => format!("{EXPLANATION}{}", self.text()),
            None => format!("{}\n{EXPLANATION}{}", before.trim_end(), self.text()),
        }
    }

    fn text(&self) -> String {
        let version = self.version.as_deref().unwrap_or(UNKNOWN);
        format!("{BEGINNING}{} {version} {}]", self.source, self.manner)
    }
}

/// The first mark in a comment, and where it is. People may write what only begins like one.
fn find(comment: &str) -> Option<(Range<usize>, Mark)> {
    comment.match_indices(BEGINNING).find_map(|(start, _)| {
        let rest = &comment[start + BEGINNING.len()..];
        let inner = &rest[..rest.find(']')?];
        let end = start + BEGINNING.len() + inner.len() + 1;
        Some((start..end, Mark::parse(inner)?))
    })
}

/// Whether a comment has a mark of ours.
pub(crate) fn is_ours(comment: &str) -> bool {
    Mark::find(comment).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(version: Option<&str>, user: &str, is_json: bool) -> Mark {
        let credential = Credential {
            vault: VaultName::parse("KV-prod").unwrap(),
            secret: SecretName::parse("Db").unwrap(),
            version: None,
        };
        let version = version.map(|version| SecretVersion::parse(version).unwrap());
        Mark::new(&credential, version, user, is_json)
    }

    const VERSION: &str = "204d23b5e2f34f78b0e708497bc631fa";

    #[test]
    fn a_mark_is_found_in_any_comment() {
        for (user, is_json) in [("Db", false), ("a b]c", true), ("", false)] {
            let mark = mark(Some(VERSION), user, is_json);
            for before in [
                "",
                "  ",
                "mine [x]",
                "mine\n",
                "[akv-xsoar is it] [akv-xsoar ",
            ] {
                let comment = mark.comment(before);
                assert!(comment.contains(before.trim()));
                let found = Mark::find(&comment).unwrap();
                assert!(found.is_as(&mark) && is_ours(&comment), "{comment}");
            }
        }
        let comment = mark(Some(VERSION), "Db", false).comment("");
        assert!(comment.ends_with(&format!("[akv-xsoar kv-prod/db {VERSION} Db]")));
    }

    #[test]
    fn a_new_mark_takes_the_old_one_s_place() {
        let (old, new) = (mark(None, "Db", false), mark(Some(VERSION), "Db", false));
        let comment = old.comment("mine") + "\nand yours";
        let again = new.comment(&comment);
        assert!(Mark::find(&again).unwrap().is_as(&new));
        assert!(again.starts_with("mine\n") && again.ends_with("\nand yours"));
        assert_eq!(again.matches(BEGINNING).count(), 1);
    }

    /// What people left of a mark takes nothing behind it along.
    #[test]
    fn a_mark_that_is_cut_is_none() {
        let mark = mark(Some(VERSION), "Db", false);
        for before in [
            "[akv-xsoar kv-prod/a ? x",
            "[akv-xsoar kv-prod/a ? ",
            "[akv-xsoar kv-prod/a ? a json\nmine",
        ] {
            assert!(Mark::find(&format!("{before} [mine]")).is_none());
            let comment = mark.comment(before);
            assert!(comment.starts_with(before.trim_end()), "{comment}");
            assert!(Mark::find(&comment).unwrap().is_as(&mark), "{comment}");
            assert_eq!(mark.comment(&comment), comment);
        }
    }

    #[test]
    fn what_differs_is_not_the_same() {
        let one = mark(Some(VERSION), "Db", false);
        let other_version = mark(Some(&VERSION.replace('2', "3")), "Db", false);
        for other in [
            other_version,
            mark(Some(VERSION), "x", false),
            mark(Some(VERSION), "Db", true),
        ] {
            assert!(!one.is_as(&other) && one.is_of_the_same(&other));
        }
        let unknown = mark(None, "Db", false);
        assert!(!unknown.is_as(&unknown));
        for no_mark in [
            "",
            "akv-xsoar",
            "[akv-xsoar kv/a",
            "[akv-xsoar ]",
            "[akv-xsoar kv-prod/a 1]",
            "[akv-xsoar kv-prod/a 1 a]",
            "[akv-xsoar kv-prod ? a]",
            "[akv-xsoar kv-prod/a_b ? a]",
            "[akv-xsoar writes this one]",
        ] {
            assert!(Mark::find(no_mark).is_none(), "{no_mark}");
        }
    }
}
