//! What is looked at: what a fetch would read, and what would become of it.

use super::count;
use super::steps::{Next, Report};
use crate::arm::Scope;
use crate::credentials::{Credential, Shape, has_nul};
use crate::error::Error;
use crate::fetch::Output;
use crate::named::nul;
use crate::selection::{Missing, Selection, Wanted};
use crate::vault::{Content, VaultName};

/// What a fetch would do, as far as that is known.
pub(super) struct Subject {
    pub(super) selection: Option<Selection>,
    pub(super) missing: Option<Missing>,
    /// A subscription to look at.
    pub(super) scope: Option<Scope>,
    pub(super) shape: Shape,
    pub(super) output: Option<Output>,
}

impl Subject {
    pub(super) fn is_open(&self) -> bool {
        self.selection.as_ref().is_some_and(Selection::is_open)
    }

    /// Where vaults are looked for, if anywhere.
    pub(super) fn scope(&self) -> Option<&Scope> {
        let selected = self.selection.as_ref().and_then(Selection::scope);
        selected.or(self.scope.as_ref())
    }

    /// Whether what is selected depends on that, or there is nothing else to look at.
    pub(super) fn needs_scope(&self) -> bool {
        self.selection
            .as_ref()
            .is_some_and(|selection| selection.scope().is_some() || selection.vaults().is_empty())
    }

    /// The vaults whose names are known.
    pub(super) fn vaults(&self) -> Vec<VaultName> {
        let selection = self.selection.as_ref();
        selection.map(Selection::vaults).unwrap_or_default()
    }

    /// Which steps there is no way to, `first` before them; none: there would have been none.
    pub(super) fn left(&self, first: Option<&str>) -> Option<String> {
        let mut left: Vec<&str> = first.into_iter().collect();
        let nothing = self
            .selection
            .as_ref()
            .is_some_and(|selection| selection.scope().is_none() && selection.vaults().is_empty());
        for (name, is_left) in [
            ("subscription", self.scope().is_some()),
            ("vaults", !nothing),
            ("variables", self.lists_variables()),
        ] {
            if is_left {
                left.push(name);
            }
        }
        let last = left.pop()?;
        Some(match left.as_slice() {
            [] => last.to_owned(),
            others => format!("{} and {last}", others.join(", ")),
        })
    }

    /// Whether the names of variables are judged, and not before listings are known.
    pub(super) fn lists_variables(&self) -> bool {
        matches!(self.output, Some(Output::Variables(..))) && self.is_open()
    }

    /// The names that variables would have, where there are any: of what was listed, or of what is known
    /// without.
    pub(super) fn variables(&self, listed: Option<&[Wanted]>, report: &mut Report) -> Next {
        let (Some(selection), Some(Output::Variables(_, naming, _))) =
            (&self.selection, &self.output)
        else {
            return Ok(());
        };
        let known = match listed {
            Some(_) => Vec::new(),
            None => selection.known(),
        };
        let wanted = listed.unwrap_or(&known);
        let credentials: Vec<_> = wanted.iter().map(|wanted| &wanted.credential).collect();
        let names = naming.names(&credentials, |_| false);
        match report.take("variables", names)? {
            Some(names) => {
                let names = names.iter().map(Vec::len).sum::<usize>();
                let found = format!("{}, each of its own", count(names, "name"));
                report.ok("variables", &found)
            }
            None => Ok(()),
        }
    }

    /// What would be made of a value; nothing is kept of it.
    pub(super) fn try_out(&self, credential: &Credential, content: Content) -> Result<(), Error> {
        match &self.output {
            None => Ok(()),
            Some(Output::Documents(..)) => self.shape.document(credential, content).map(drop),
            Some(Output::Files(decode, _)) => {
                self.shape.bytes(credential, content, *decode).map(drop)
            }
            Some(Output::Variables(..)) => {
                let document = self.shape.document(credential, content)?;
                if has_nul(&document.password) {
                    return Err(nul(credential));
                }
                Ok(())
            }
        }
    }
}
