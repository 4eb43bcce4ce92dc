//! What is selected: options and arguments to credentials, vaults and secrets.

use std::collections::{HashMap, HashSet};

use super::credential::{Place, credential, of_setting, one_version, vault};
use super::settings::{Rank, Setting};
use super::table::{OptionRow, Verb};
use super::{Configured, table};
use crate::arm::Scope;
use crate::cloud::Cloud;
use crate::credentials::Credential;
use crate::error::Error;
use crate::selection::{Filter, FromVaults, Missing, Pattern, Selection, Tag, VaultSet, What};
use crate::text::surrounded;
use crate::variables::Naming;
use crate::vault::{SecretName, VaultName};

/// The options that select, besides arguments.
const SELECTING: [&OptionRow; 6] = [
    &table::VAULT,
    &table::SECRET,
    &table::ALL,
    &table::MATCH,
    &table::TAG,
    &table::INCLUDE_CERTIFICATES,
];

impl Configured<'_> {
    /// Arguments or the command line's options replace, as a whole, what the file selects. The variables of
    /// `--env` select, too, where there are any.
    pub(crate) fn selection(
        &self,
        cloud: &Cloud,
        naming: Option<&Naming>,
    ) -> Result<Selection, Error> {
        let arguments = &self.words.credentials;
        let at = |row: &&&OptionRow| self.settings.at(row, Rank::CommandLine).is_some();
        let option = SELECTING.iter().find(at);
        let env = self
            .settings
            .strongest(&table::ENV)
            .filter(|_| naming.is_some());
        let env = env.map(|setting| setting.origin.rank);
        let on_command_line =
            !arguments.is_empty() || option.is_some() || env == Some(Rank::CommandLine);
        let rank = if on_command_line {
            Rank::CommandLine
        } else {
            Rank::File
        };
        if let (Some(option), false) = (option, arguments.is_empty()) {
            let what = format!("arguments and `--{}` exclude each other", option.name);
            return Err(Error::usage(what).hint(
                "name each credential as VAULT/SECRET, or give vaults and secrets by options",
            ));
        }
        let mut named = Named::default();
        for word in arguments {
            named.add(credential(Place::Argument, word, cloud)?)?;
        }
        if let Some(naming) = naming.filter(|_| env == Some(rank)) {
            for (_, credential) in &naming.exact {
                named.add(credential.clone())?;
            }
        }
        let named = named.all;
        let from_vaults = if arguments.is_empty() {
            self.of_vaults(rank, cloud, named.is_empty())?
        } else {
            None
        };
        let selection = Selection {
            named,
            from_vaults,
            missing: Missing::default(),
        };
        // Whoever may write to a vault chooses the names in it.
        if selection.is_open() && naming.is_some_and(|naming| naming.prefix.is_empty()) {
            return Err(Error::usage(
                "variables of secrets that are not named one by one need a `--prefix`",
            )
            .hint("such as `--prefix KV_`: whoever writes to the vault must not choose whole names of variables"));
        }
        Ok(selection)
    }

    /// `alone`: nothing else is selected.
    fn of_vaults(
        &self,
        rank: Rank,
        cloud: &Cloud,
        alone: bool,
    ) -> Result<Option<FromVaults>, Error> {
        let vaults = self.vaults_of(rank, cloud)?;
        let secrets = self.each(&table::SECRET, rank, SecretName::key, |setting, item| {
            SecretName::parse(item).ok_or_else(|| of_setting(setting, "secret", item))
        })?;
        let filter = self.filter(rank)?;
        let narrowing = self.narrowing(rank, &filter);
        let certificates = self.settings.on(&table::INCLUDE_CERTIFICATES, rank);
        let Some(vaults) = vaults else {
            let needing = narrowing.or(certificates);
            if secrets.is_empty() && needing.is_none() && (!alone || self.verb() == Verb::Check) {
                return Ok(None);
            }
            return Err(self.no_vault(!secrets.is_empty(), needing));
        };
        let what = match (secrets.is_empty(), narrowing.or(certificates)) {
            (false, Some(narrowing)) => {
                let secret = self.settings.at(&table::SECRET, rank);
                let secret = secret.map(|setting| setting.origin.to_string());
                let what = format!(
                    "{} and {} exclude each other",
                    secret.unwrap_or_default(),
                    narrowing.origin
                );
                return Err(
                    Error::usage(what).hint("name the secrets, or say which of all are meant")
                );
            }
            (false, None) => What::Secrets(secrets),
            (true, _) if narrowing.is_some() || self.verb() == Verb::List => What::Listed(filter),
            (true, _) => return Err(self.no_secrets()),
        };
        Ok(Some(FromVaults { vaults, what }))
    }

    fn no_vault(&self, has_secrets: bool, needing: Option<&Setting>) -> Error {
        let widow = match needing {
            _ if has_secrets => "secrets are given, but no vault".to_owned(),
            Some(setting) => format!("{} needs a vault", setting.origin),
            None => {
                return Error::usage("nothing is selected").hint(format!(
                    "name what you want: `akv-xsoar {} VAULT/SECRET`",
                    self.words.row.name
                ));
            }
        };
        Error::usage(format!("nothing is selected: {widow}"))
            .hint("name the vaults with `--vault NAME[,NAME…]`")
    }

    fn no_secrets(&self) -> Error {
        let hint = match self.verb() {
            Verb::Get => "name the secrets with `--secret NAME[,NAME…]`",
            _ => "name the secrets with `--secret NAME[,NAME…]`, or take all of them with `--all`",
        };
        Error::usage("nothing is selected: vaults are given, but no secrets").hint(hint)
    }

    /// What asks for listings. A list of patterns without any pattern in it asks for nothing: it must not
    /// mean all.
    fn narrowing(&self, rank: Rank, filter: &Filter) -> Option<&Setting> {
        let patterns = || {
            self.settings
                .at(&table::MATCH, rank)
                .filter(|_| !filter.patterns.is_empty())
        };
        let all = self.settings.on(&table::ALL, rank);
        all.or_else(patterns)
            .or_else(|| self.settings.at(&table::TAG, rank))
    }

    /// The vaults by name, or all of a subscription.
    fn vaults_of(&self, rank: Rank, cloud: &Cloud) -> Result<Option<VaultSet>, Error> {
        let settings = || self.settings.all(&table::VAULT, rank);
        let Some(every) = settings().find(|setting| setting.items().any(|item| item == "*")) else {
            let vaults = self.each(&table::VAULT, rank, VaultName::key, |setting, item| {
                vault(setting, item, cloud)
            })?;
            return Ok((!vaults.is_empty()).then_some(VaultSet::Named(vaults)));
        };
        if settings().any(|setting| setting.items().any(|item| item != "*")) {
            return Err(Error::usage(format!(
                "{} names vaults beside `*`, which is every vault",
                every.origin
            ))
            .hint("leave one of them out"));
        }
        let scope = self.scope(&format!("{} `*`", every.origin))?;
        Ok(Some(VaultSet::Every(scope)))
    }

    fn filter(&self, rank: Rank) -> Result<Filter, Error> {
        let patterns = self.each(&table::MATCH, rank, Pattern::to_string, |setting, item| {
            Pattern::parse(item).ok_or_else(|| {
                let (origin, shown) = (&setting.origin, setting.origin.shown(": ", item));
                Error::usage(format!(
                    "{origin} has a pattern that cannot match any name{shown}"
                ))
                .hint("a pattern has letters, digits, hyphens, `*` and `?`")
            })
        })?;
        let mut tags = Vec::new();
        for setting in self.settings.all(&table::TAG, rank) {
            let tag = Tag::parse(setting.text()).ok_or_else(|| {
                Error::usage(format!("{} has no key", setting.origin))
                    .hint("a tag is written as `KEY`, `KEY=VALUE`, or `KEY=` for an empty value")
            })?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let certificates = self.settings.on(&table::INCLUDE_CERTIFICATES, rank);
        Ok(Filter {
            patterns,
            tags,
            certificates: certificates.is_some(),
        })
    }

    pub(crate) fn missing(&self) -> Result<Missing, Error> {
        Ok(self.settings.word(&table::MISSING)?.unwrap_or_default())
    }

    /// The items of an option at a rank, each once, as first spelled.
    fn each<T>(
        &self,
        row: &OptionRow,
        rank: Rank,
        key: impl Fn(&T) -> String,
        parse: impl Fn(&Setting, &str) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        for setting in self.settings.all(row, rank) {
            for item in setting.items() {
                let item = parse(setting, item)?;
                if seen.insert(key(&item)) {
                    all.push(item);
                }
            }
        }
        Ok(all)
    }

    /// The subscription, where there is one.
    pub(crate) fn maybe_scope(&self) -> Result<Option<Scope>, Error> {
        match self.settings.strongest(&table::SUBSCRIPTION_ID) {
            Some(_) => self.scope("").map(Some),
            None => Ok(None),
        }
    }

    /// The subscription, and the resource group where one is given; `whose` asks for it.
    pub(crate) fn scope(&self, whose: &str) -> Result<Scope, Error> {
        let Some(subscription) = self.settings.strongest(&table::SUBSCRIPTION_ID) else {
            let what = format!("{whose} needs a subscription to look for vaults in");
            return Err(Error::usage(what)
                .hint("give it as `--subscription-id ID` or `AZURE_SUBSCRIPTION_ID`"));
        };
        let group = self.settings.strongest(&table::RESOURCE_GROUP);
        Ok(Scope {
            subscription: in_a_path(subscription, 64, "subscription id").map_err(|error| {
                error.default_hint("a subscription's id is a GUID (`az account list`)")
            })?,
            resource_group: group
                .map(|group| in_a_path(group, 90, "resource group name"))
                .transpose()
                .map_err(|error| error.default_hint("`az group list` shows the names"))?,
        })
    }
}

/// What `get` prints.
pub(super) fn only_one(selection: &Selection) -> Result<Credential, Error> {
    let mut known = selection.known();
    let count = match known.len() {
        _ if selection.is_open() => "any number".to_owned(),
        1 => return Ok(known.remove(0).credential),
        count => count.to_string(),
    };
    let what = format!("`get` prints one secret's value, and {count} are selected");
    Err(Error::usage(what).hint("`fetch` writes several"))
}

/// What can be part of Resource Manager's paths, and of at most so many characters.
fn in_a_path(setting: &Setting, most: usize, kind: &str) -> Result<String, Error> {
    let text = setting.text();
    let fits = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
    if text.chars().count() <= most && !matches!(text, "." | "..") && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    let (origin, shown) = (&setting.origin, setting.shown(": "));
    let error = Error::usage(format!("{origin} is not a valid {kind}{shown}"));
    Err(error.maybe_hint(surrounded(text)))
}

/// Credentials that are named one by one, each once, and where each of them stands.
#[derive(Default)]
struct Named {
    all: Vec<Credential>,
    places: HashMap<(String, String), usize>,
}

impl Named {
    /// Adds a credential unless it is there already; two versions of one secret have one name.
    fn add(&mut self, new: Credential) -> Result<(), Error> {
        let place = *self.places.entry(new.key()).or_insert(self.all.len());
        match self.all.get(place) {
            None => {
                self.all.push(new);
                Ok(())
            }
            Some(old) => one_version(old, &new),
        }
    }
}
