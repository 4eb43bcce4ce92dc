//! What was selected, in words of the domain: names, vaults × secrets, whole vaults, and filters.

mod filter;

use std::collections::{HashMap, HashSet};

pub(crate) use filter::{Filter, LeftOut, Pattern, Tag};

use crate::arm::Scope;
use crate::credentials::Credential;
use crate::vault::{Listed, SecretName, VaultName};
use crate::words::words;

/// What was selected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) named: Vec<Credential>,
    /// What comes from vaults; it stands before what is named.
    pub(crate) from_vaults: Option<FromVaults>,
    pub(crate) missing: Missing,
}

/// What is selected by vault.
#[derive(Clone, Debug)]
pub(crate) struct FromVaults {
    pub(crate) vaults: VaultSet,
    pub(crate) what: What,
}

/// The vaults of a selection.
#[derive(Clone, Debug)]
pub(crate) enum VaultSet {
    Named(Vec<VaultName>),
    /// Every vault of a subscription.
    Every(Scope),
}

/// What is selected of each vault.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Secrets(Vec<SecretName>),
    /// All that it lists and the filter lets through.
    Listed(Filter),
}

words! {
    /// What becomes of a secret that does not exist.
    #[derive(Default)]
    pub(crate) enum Missing {
        /// A named credential must exist; of vaults × secrets, each secret in at least one vault.
        #[default]
        Sparse = "sparse",
        /// Everything must exist.
        Error = "error",
        /// It is left out.
        Skip = "skip",
    }
}

/// A credential to read, and why.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) credential: Credential,
    pub(crate) source: Source,
}

/// Who says that a credential exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The user, by its name.
    Named,
    /// The user, who named vaults and secrets.
    Product,
    /// A vault's listing.
    Listed,
}

impl Selection {
    /// Where vaults are looked for first.
    pub(crate) fn scope(&self) -> Option<&Scope> {
        match &self.from_vaults.as_ref()?.vaults {
            VaultSet::Every(scope) => Some(scope),
            VaultSet::Named(_) => None,
        }
    }

    /// What the vaults are listed for.
    pub(crate) fn filter(&self) -> Option<&Filter> {
        match &self.from_vaults.as_ref()?.what {
            What::Listed(filter) => Some(filter),
            What::Secrets(_) => None,
        }
    }

    /// Whether it depends on what is in a vault or subscription: whoever may write there has a say.
    pub(crate) fn is_open(&self) -> bool {
        self.filter().is_some() || self.scope().is_some()
    }

    /// Whether there must be something in the vaults: not where all is meant, which may be nothing.
    pub(crate) fn needs_something(&self) -> bool {
        self.from_vaults.is_some() && self.filter().is_none_or(Filter::is_narrow)
    }

    /// The same with the vaults that were found.
    pub(crate) fn with_vaults(mut self, vaults: Vec<VaultName>) -> Self {
        if let Some(from) = &mut self.from_vaults {
            from.vaults = VaultSet::Named(vaults);
        }
        self
    }

    /// The vaults whose names are known, each once, in their order.
    pub(crate) fn vaults(&self) -> Vec<VaultName> {
        let mut seen = HashSet::new();
        let named = self.named.iter().map(|credential| &credential.vault);
        let all = self.listed_vaults().iter().chain(named);
        let first = all.filter(|vault| seen.insert(vault.key()));
        first.cloned().collect()
    }

    /// The vaults that secrets or listings come from.
    pub(crate) fn listed_vaults(&self) -> &[VaultName] {
        match self.from_vaults.as_ref().map(|from| &from.vaults) {
            Some(VaultSet::Named(vaults)) => vaults,
            Some(VaultSet::Every(_)) | None => &[],
        }
    }

    /// The credentials whose names are known without asking.
    pub(crate) fn known(&self) -> Vec<Wanted> {
        self.with_listed(std::iter::empty())
    }

    /// Every credential in its order, each once: what was `listed`, and what is known without.
    pub(crate) fn with_listed<'a>(
        &'a self,
        listed: impl Iterator<Item = (&'a VaultName, &'a Listed)>,
    ) -> Vec<Wanted> {
        let current = |vault: &VaultName, secret: &SecretName, source| Wanted {
            credential: Credential {
                vault: vault.clone(),
                secret: secret.clone(),
                version: None,
            },
            source,
        };
        let listed = listed.map(|(vault, listed)| current(vault, &listed.name, Source::Listed));
        let secrets: &[SecretName] = match self.from_vaults.as_ref().map(|from| &from.what) {
            Some(What::Secrets(secrets)) => secrets,
            Some(What::Listed(_)) | None => &[],
        };
        let product = self.listed_vaults().iter().flat_map(|vault| {
            let of_vault = move |secret| current(vault, secret, Source::Product);
            secrets.iter().map(of_vault)
        });
        let named = self.named.iter().map(|credential| Wanted {
            credential: credential.clone(),
            source: Source::Named,
        });
        unique(listed.chain(product).chain(named))
    }
}

/// One that is named, too, stands where it was first, and must exist as one that is named.
fn unique(all: impl Iterator<Item = Wanted>) -> Vec<Wanted> {
    let mut places = HashMap::new();
    let mut unique: Vec<Wanted> = Vec::new();
    for wanted in all {
        let place = *places
            .entry(wanted.credential.key())
            .or_insert(unique.len());
        match unique.get_mut(place) {
            None => unique.push(wanted),
            Some(first) if wanted.source == Source::Named => *first = wanted,
            Some(_) => {}
        }
    }
    unique
}
