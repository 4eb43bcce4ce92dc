//! Secrets that go by the names of variables: the names are judged before anything is read.

use std::collections::HashMap;

use crate::buffer::Buffer;
use crate::credentials::{Credential, Dialect, Shape, Variable, has_nul};
use crate::error::{Error, Exit, Failures};
use crate::resolve::Plan;
use crate::secret::Secret;
use crate::session::Session;
use crate::variables::Naming;

/// What variables hold, in order.
pub(crate) struct Named(Vec<NamedSecret>);

/// A password, and the variables that hold it: there may be several.
struct NamedSecret {
    names: Vec<String>,
    credential: Credential,
    password: Secret,
}

/// Reads the plan, if its names can be. `is_taken` knows the names that are there already.
pub(crate) fn read_named(
    session: &Session,
    plan: Plan,
    naming: &Naming,
    shape: &Shape,
    is_taken: impl Fn(&str) -> bool,
) -> Result<Named, Failures> {
    let credentials: Vec<_> = plan.wanted.iter().map(|one| &one.credential).collect();
    let names = match naming.names(&credentials, is_taken) {
        Ok(names) => names,
        Err(error) => return Err(plan.failed(error)),
    };
    let keys = credentials.iter().map(|credential| credential.key());
    let mut names: HashMap<_, _> = keys.zip(names).collect();
    let secrets = plan.read(session, |wanted, content| {
        let credential = wanted.credential.clone();
        Ok(NamedSecret {
            names: names.remove(&credential.key()).unwrap_or_default(),
            password: shape.document(&credential, content)?.password,
            credential,
        })
    })?;
    Named(secrets).checked()
}

impl Named {
    /// No variable can hold a NUL.
    fn checked(self) -> Result<Self, Failures> {
        let with_nul = self.0.iter().filter(|one| has_nul(&one.password));
        Failures::check(with_nul.map(|one| nul(&one.credential)).collect())?;
        Ok(self)
    }

    /// How many secrets there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Each variable's name and value.
    pub(crate) fn variables(&self) -> Vec<Variable<'_>> {
        let variables = self.0.iter().flat_map(|one| {
            let names = one.names.iter();
            names.map(|name| (name.as_str(), &one.password))
        });
        variables.collect()
    }

    pub(crate) fn render(&self, dialect: Dialect) -> Buffer {
        dialect.render(&self.variables())
    }
}

pub(crate) fn nul(credential: &Credential) -> Error {
    let operation = format!("cannot put `{credential}` into a variable");
    Error::new(
        Exit::Output,
        operation,
        "its value has a NUL character in it",
    )
    .hint(
        "no variable can hold one: leave it out, or use another format (`xsoar`, `jsonl`, `files`)",
    )
}
