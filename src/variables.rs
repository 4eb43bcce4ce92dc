//! What variables secrets go by, and which names no secret may take.
//!
//! Whoever may write to a vault chooses the names of its secrets. None of them may thereby reach for what
//! a loader, a shell, an interpreter or a client does.

mod meaning;

use std::collections::{HashMap, HashSet};

use crate::credentials::Credential;
use crate::error::{Error, Exit};
use meaning::means_something;

pub(crate) use meaning::is_kept_by_shells;

/// How variables are named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Naming {
    /// What stands before a secret's name.
    pub(crate) prefix: String,
    /// Variables whose names are given, each with its secret.
    pub(crate) exact: Vec<(String, Credential)>,
}

impl Naming {
    /// The variables of each credential, in their order. `is_taken` knows the names that are there already.
    pub(crate) fn names(
        &self,
        credentials: &[&Credential],
        is_taken: impl Fn(&str) -> bool,
    ) -> Result<Vec<Vec<String>>, Error> {
        let mut all: Vec<Vec<String>> = Vec::with_capacity(credentials.len());
        // A name that is kept for what is not selected is nobody's.
        let selected: HashSet<_> = credentials.iter().map(|one| one.key()).collect();
        let mut given: HashMap<_, Vec<String>> = HashMap::new();
        let mut owners: HashMap<String, &Credential> = HashMap::new();
        for (name, credential) in &self.exact {
            let key = credential.key();
            if selected.contains(&key) {
                owners.entry(name.clone()).or_insert(credential);
                given.entry(key).or_default().push(name.clone());
            }
        }
        for credential in credentials {
            if let Some(exact) = given.get(&credential.key()) {
                all.push(exact.clone());
                continue;
            }
            let name = derive(&self.prefix, credential.secret.as_str());
            let problem = if !is_identifier(&name) {
                Some("is not a valid variable name".to_owned())
            } else if let Some(other) = owners.get(&name) {
                Some(format!("is `{other}`'s already"))
            } else if means_something(&name) {
                Some("means something to a loader, a shell, an interpreter or a client".to_owned())
            } else if is_taken(&name) {
                Some("is in the environment already".to_owned())
            } else {
                None
            };
            if let Some(problem) = problem {
                let operation = format!("cannot name a variable for `{credential}`");
                let cause = format!("`{name}` {problem}");
                return Err(Error::new(Exit::Usage, operation, cause).hint(format!(
                    "name it yourself: `--env NAME={credential}`; or put something in front of every name: `--prefix`"
                )));
            }
            owners.insert(name.clone(), credential);
            all.push(vec![name]);
        }
        Ok(all)
    }
}

/// The secret's name in upper case, with `_` for `-`.
fn derive(prefix: &str, secret: &str) -> String {
    format!("{prefix}{}", secret.to_ascii_uppercase().replace('-', "_"))
}

/// What POSIX calls a name.
pub(crate) fn is_identifier(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{SecretName, VaultName};

    fn credential(secret: &str) -> Credential {
        Credential {
            vault: VaultName::parse("kv-prod").unwrap(),
            secret: SecretName::parse(secret).unwrap(),
            version: None,
        }
    }

    fn names(naming: &Naming, secrets: &[&str]) -> Result<Vec<Vec<String>>, String> {
        let credentials: Vec<_> = secrets.iter().map(|secret| credential(secret)).collect();
        let references: Vec<_> = credentials.iter().collect();
        let taken = |name: &str| name == "TAKEN";
        naming
            .names(&references, taken)
            .map_err(|error| error.to_string())
    }

    fn prefixed(prefix: &str) -> Naming {
        Naming {
            prefix: prefix.to_owned(),
            exact: Vec::new(),
        }
    }

    #[test]
    fn names_are_derived_or_given() {
        assert_eq!(
            names(&prefixed(""), &["db-Password"]).unwrap(),
            [["DB_PASSWORD"]]
        );
        assert_eq!(names(&prefixed("kv_"), &["1"]).unwrap(), [["kv_1"]]);
        let naming = Naming {
            prefix: String::new(),
            exact: vec![
                ("PATH".to_owned(), credential("path")),
                ("OTHER".to_owned(), credential("PATH")),
            ],
        };
        assert_eq!(
            names(&naming, &["Path", "b"]).unwrap(),
            [vec!["PATH", "OTHER"], vec!["B"]]
        );
    }

    #[test]
    fn names_that_cannot_be() {
        let problem = |secrets: &[&str]| names(&prefixed(""), secrets).unwrap_err();
        let operation = "cannot name a variable for `kv-prod/";
        assert_eq!(
            problem(&["1st"]),
            format!("{operation}1st`: `1ST` is not a valid variable name")
        );
        assert_eq!(
            problem(&["a-b", "A-B-", "a-b-"]),
            format!("{operation}a-b-`: `A_B_` is `kv-prod/A-B-`'s already")
        );
        assert_eq!(
            problem(&["taken"]),
            format!("{operation}taken`: `TAKEN` is in the environment already")
        );
        let exact = Naming {
            prefix: String::new(),
            exact: vec![("A".to_owned(), credential("x"))],
        };
        assert_eq!(
            names(&exact, &["a", "x"]).unwrap_err(),
            format!("{operation}a`: `A` is `kv-prod/x`'s already")
        );
        // What is not selected has no variable, and keeps none from others.
        assert_eq!(names(&exact, &["a"]).unwrap(), [["A"]]);
        for name in [
            "path",
            "home",
            "ifs",
            "env",
            "shellopts",
            "glibc-tunables",
            "ld-preload",
            "bash-env",
            "pythonpath",
            "perl5lib",
            "rubyopt",
            "node-options",
            "java-tool-options",
            "git-ssh",
            "https-proxy",
            "no-proxy",
            "ssl-cert-file",
            "random",
            "uid",
            "dotnet-startup-hooks",
        ] {
            let problem = problem(&[name]);
            assert!(problem.ends_with("an interpreter or a client"), "{problem}");
        }
        assert!(names(&prefixed("X_"), &["path", "ld-preload"]).is_ok());
        // The whole name counts, in any case.
        for (prefix, name) in [("LD_", "preload"), ("pa", "th"), ("http", "-proxy")] {
            let problem = names(&prefixed(prefix), &[name]).unwrap_err();
            assert!(problem.ends_with("an interpreter or a client"), "{problem}");
        }
    }
}
