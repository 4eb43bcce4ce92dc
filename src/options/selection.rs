//! What is asked for: words to credentials, vaults and secrets.

use std::fmt;

use super::settings::{Origin, Rank, Setting, Settings, items};
use super::table::{Command, CommandRow};
use crate::arm::Scope;
use crate::cloud::{Cloud, Host, strip_https};
use crate::credentials::Credential;
use crate::error::{Error, printable};
use crate::missing::Missing;
use crate::select;
use crate::selection::{Filter, FromVaults, Pattern, Selection, Tag, Vaults, What};
use crate::vault::{SecretName, SecretVersion, VaultName, parse_id};

/// The options that select, besides arguments.
const SELECTING: [&str; 6] = [
    "vault",
    "secret",
    "all",
    "match",
    "tag",
    "include-certificates",
];

/// Decides. Arguments or the command line's options replace, as a whole, what the file selects. `named`
/// are the credentials of `--env`, where the command line or the file has any and they count.
pub fn choose(
    command: &CommandRow,
    arguments: &[String],
    settings: &Settings,
    cloud: &Cloud,
    variables: &[(String, Credential)],
    variables_rank: Option<Rank>,
) -> Result<Selection, Error> {
    let at = |name, rank| settings.at(name, rank).is_some();
    let optioned = SELECTING
        .into_iter()
        .find(|name| at(name, Rank::CommandLine));
    let on_command_line =
        !arguments.is_empty() || optioned.is_some() || variables_rank == Some(Rank::CommandLine);
    let rank = if on_command_line {
        Rank::CommandLine
    } else {
        Rank::File
    };
    let mut named = Vec::new();
    if let (Some(option), false) = (optioned, arguments.is_empty()) {
        return Err(
            Error::usage(format!("arguments and `--{option}` exclude each other")).hint(
                "name each credential as VAULT/SECRET, or give vaults and secrets by options",
            ),
        );
    }
    for word in arguments {
        add(&mut named, credential(Place::Argument, word, cloud)?)?;
    }
    if variables_rank == Some(rank) {
        for (_, credential) in variables {
            add(&mut named, credential.clone())?;
        }
    }
    let from_vaults = if arguments.is_empty() {
        from_vaults(command, settings, rank, cloud, named.is_empty())?
    } else {
        None
    };
    let selection = Selection { named, from_vaults };
    if command.command == Command::Get {
        only_one(&selection)?;
    }
    Ok(selection)
}

fn from_vaults(
    command: &CommandRow,
    settings: &Settings,
    rank: Rank,
    cloud: &Cloud,
    alone: bool,
) -> Result<Option<FromVaults>, Error> {
    let vaults = vaults(settings, rank, cloud)?;
    let secrets = unique(settings, "secret", rank, |setting, item| {
        SecretName::parse(item).ok_or_else(|| of_setting(setting, "secret", item))
    })?;
    let filter = filter(settings, rank)?;
    let narrowing = narrowing(settings, rank, &filter);
    let listing = command.command == Command::List;
    let certificates = settings.on("include-certificates", rank);
    let Some(vaults) = vaults else {
        let widow = match narrowing.or(certificates) {
            _ if !secrets.is_empty() => "there are secrets, and no vault".to_owned(),
            Some(setting) => format!("{} needs a vault", setting.origin),
            None if alone && command.command != Command::Check => {
                return Err(Error::usage("nothing is selected").hint(format!(
                    "name what you want: `akv-xsoar {} VAULT/SECRET`",
                    command.name
                )));
            }
            None => return Ok(None),
        };
        return Err(Error::usage(format!("nothing is selected: {widow}"))
            .hint("name the vaults with `--vault NAME[,NAME…]`"));
    };
    let what = match (secrets.is_empty(), narrowing.or(certificates)) {
        (false, Some(narrowing)) => {
            let secret = settings.at("secret", rank).map(|s| s.origin.to_string());
            let what = format!(
                "{} and {} exclude each other",
                secret.unwrap_or_default(),
                narrowing.origin
            );
            return Err(Error::usage(what).hint("name the secrets, or say which of all are meant"));
        }
        (false, None) => What::Secrets(secrets),
        (true, _) if narrowing.is_some() || listing => What::Listed(filter),
        (true, _) => {
            let hint = match command.command {
                Command::Get => "name the secrets with `--secret NAME[,NAME…]`",
                _ => {
                    "name the secrets with `--secret NAME[,NAME…]`, or take all of them with `--all`"
                }
            };
            let what = "nothing is selected: there are vaults, and no secrets";
            return Err(Error::usage(what).hint(hint));
        }
    };
    Ok(Some(FromVaults { vaults, what }))
}

/// What asks for listings. A list of patterns without any pattern in it asks for nothing: it must not mean all.
fn narrowing<'a>(settings: &'a Settings, rank: Rank, filter: &Filter) -> Option<&'a Setting> {
    let patterns = || {
        settings
            .at("match", rank)
            .filter(|_| !filter.patterns.is_empty())
    };
    let all = settings.on("all", rank);
    all.or_else(patterns).or_else(|| settings.at("tag", rank))
}

/// The vaults by name, or all of a subscription.
fn vaults(settings: &Settings, rank: Rank, cloud: &Cloud) -> Result<Option<Vaults>, Error> {
    let every = settings
        .all("vault", rank)
        .find(|setting| items(setting.text()).any(|item| item == "*"));
    if let Some(every) = every {
        let count: usize = settings
            .all("vault", rank)
            .map(|setting| items(setting.text()).filter(|item| *item != "*").count())
            .sum();
        if count > 0 {
            return Err(Error::usage(format!(
                "{} names vaults beside `*`, which is every vault",
                every.origin
            ))
            .hint("leave one of them out"));
        }
        return scope(settings, &format!("{} `*`", every.origin))
            .map(Vaults::Found)
            .map(Some);
    }
    let vaults = unique(settings, "vault", rank, |setting, item| {
        vault(setting, item, cloud)
    })?;
    Ok((!vaults.is_empty()).then_some(Vaults::Named(vaults)))
}

/// The subscription, and the resource group where one is given; `whose` asks for it.
pub fn scope(settings: &Settings, whose: &str) -> Result<Scope, Error> {
    let Some(subscription) = settings.strongest("subscription-id") else {
        let what = format!("{whose} needs a subscription to look for vaults in");
        return Err(
            Error::usage(what).hint("give it as `--subscription-id ID` or `AZURE_SUBSCRIPTION_ID`")
        );
    };
    let checked = |setting: &Setting, most: usize, kind: &str| {
        let text = setting.text();
        let fits = text.chars().count() <= most
            && !matches!(text, "." | "..")
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.()".contains(c));
        if fits {
            return Ok(text.to_owned());
        }
        let what = format!("{} is no {kind}{}", setting.origin, setting.shown(": "));
        Err(Error::usage(what))
    };
    let group = settings.strongest("resource-group");
    Ok(Scope {
        subscription: checked(subscription, 64, "subscription's id")
            .map_err(|error| error.hint("a subscription's id is a GUID (`az account list`)"))?,
        resource_group: group
            .map(|group| checked(group, 90, "resource group's name"))
            .transpose()
            .map_err(|error| error.hint("`az group list` shows the names"))?,
    })
}

/// The subscription, where there is one.
pub fn maybe_scope(settings: &Settings) -> Result<Option<Scope>, Error> {
    match settings.strongest("subscription-id") {
        Some(_) => scope(settings, "").map(Some),
        None => Ok(None),
    }
}

fn filter(settings: &Settings, rank: Rank) -> Result<Filter, Error> {
    let patterns = unique(settings, "match", rank, |setting, item| {
        Pattern::parse(item).ok_or_else(|| {
            let shown = setting.origin.shown(": ", item);
            let what = format!(
                "{} has a pattern that no name can match{shown}",
                setting.origin
            );
            Error::usage(what).hint("a pattern has letters, digits, hyphens, `*` and `?`")
        })
    })?;
    let mut tags = Vec::new();
    for setting in settings.all("tag", rank) {
        let tag = Tag::parse(setting.text()).ok_or_else(|| {
            Error::usage(format!("{} has no key", setting.origin))
                .hint("a tag is written as `KEY`, `KEY=VALUE`, or `KEY=` for an empty value")
        })?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(Filter {
        patterns,
        tags,
        certificates: settings.on("include-certificates", rank).is_some(),
    })
}

/// The `--missing`.
pub fn missing(settings: &Settings) -> Result<Missing, Error> {
    let Some(setting) = settings.strongest("missing") else {
        return Ok(Missing::Sparse);
    };
    match setting.text() {
        "sparse" => Ok(Missing::Sparse),
        "error" => Ok(Missing::Error),
        "skip" => Ok(Missing::Skip),
        _ => Err(Error::usage(format!(
            "{} must be `sparse`, `error` or `skip`{}",
            setting.origin,
            setting.shown(", not ")
        ))),
    }
}

fn only_one(selection: &Selection) -> Result<(), Error> {
    let count = select::known(selection).len();
    if count == 1 && !selection.is_open() {
        return Ok(());
    }
    let count = if selection.is_open() {
        "any number".to_owned()
    } else {
        count.to_string()
    };
    Err(Error::usage(format!(
        "`get` prints one secret's value, and {count} are selected"
    ))
    .hint("`fetch` writes several"))
}

/// Adds a credential unless it is there already; two versions of one secret have one name.
fn add(named: &mut Vec<Credential>, new: Credential) -> Result<(), Error> {
    match named.iter().find(|old| old.key() == new.key()) {
        None => {
            named.push(new);
            Ok(())
        }
        Some(old) => one_version(old, &new),
    }
}

/// Whether two spellings of one credential mean one version of it.
pub fn one_version(old: &Credential, new: &Credential) -> Result<(), Error> {
    if old.version == new.version {
        return Ok(());
    }
    Err(Error::usage(format!(
        "two versions of `{new}` are asked for, and a credential has one password"
    )))
}

/// The items of an option at a rank, each once, as first spelled.
fn unique<T: PartialEq>(
    settings: &Settings,
    name: &str,
    rank: Rank,
    parse: impl Fn(&Setting, &str) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    for setting in settings.all(name, rank) {
        for item in items(setting.text()) {
            let item = parse(setting, item)?;
            if !all.contains(&item) {
                all.push(item);
            }
        }
    }
    Ok(all)
}

fn vault(setting: &Setting, text: &str, cloud: &Cloud) -> Result<VaultName, Error> {
    if strip_https(text).len() == text.len() {
        return VaultName::parse(text).ok_or_else(|| of_setting(setting, "vault", text));
    }
    let host = Host::parse(text);
    host.and_then(|host| spelled(&host, text, cloud))
        .ok_or_else(|| foreign(Place::Setting(&setting.origin), text, cloud))
}

/// The vault of a URL in this cloud, with its name as the URL spells it.
fn spelled(host: &Host, url: &str, cloud: &Cloud) -> Option<VaultName> {
    let name = VaultName::of_host(host, &cloud.vault_suffix)?;
    let label = strip_https(url)
        .split('.')
        .next()
        .and_then(VaultName::parse);
    Some(label.unwrap_or(name))
}

/// Where a name stands.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// Among the arguments.
    Argument,
    /// In an option or a key.
    Setting(&'a Origin),
}

impl Place<'_> {
    /// What stands there, as a message may end with it.
    fn shown(self, text: &str) -> String {
        match self {
            Self::Argument => format!(": `{}`", printable(text)),
            Self::Setting(origin) => origin.shown(": ", text),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => f.write_str("a CREDENTIAL"),
            Self::Setting(origin) => origin.fmt(f),
        }
    }
}

fn foreign(place: Place, url: &str, cloud: &Cloud) -> Error {
    let what = format!(
        "{place} has a URL that is no vault's in this cloud (`https://NAME.{}`){}",
        cloud.vault_suffix,
        place.shown(url)
    );
    Error::usage(what).hint("is it the right cloud (`--cloud`)?")
}

/// A credential's words.
pub fn credential(place: Place, word: &str, cloud: &Cloud) -> Result<Credential, Error> {
    if !is_plausible(word) {
        return Err(malformed(place, word));
    }
    if strip_https(word).len() != word.len() {
        let id = parse_id(word).ok_or_else(|| malformed(place, word))?;
        let vault = spelled(&id.host, word, cloud).ok_or_else(|| foreign(place, word, cloud))?;
        return Ok(Credential {
            vault,
            secret: id.secret,
            version: id.version,
        });
    }
    let mut parts = word.split('/');
    let (Some(vault), Some(secret), version, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed(place, word));
    };
    let version = match version {
        None => None,
        Some(version) => Some(SecretVersion::parse(version).ok_or_else(|| {
            let shown = place.shown(word);
            Error::usage(format!("{place} has a version that is none{shown}"))
                .hint("a version has 32 letters and digits")
        })?),
    };
    Ok(Credential {
        vault: VaultName::parse(vault).ok_or_else(|| bad_name(place, "vault", vault))?,
        secret: SecretName::parse(secret).ok_or_else(|| bad_name(place, "secret", secret))?,
        version,
    })
}

/// Whether a word is made of what names and URLs are made of. Any other may be anything, a secret too,
/// and is not shown.
fn is_plausible(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./: *?".contains(c);
    word.contains('/') && word.chars().all(fits)
}

fn malformed(place: Place, word: &str) -> Error {
    let what = match place {
        Place::Argument if is_plausible(word) => {
            format!("`{}` is no CREDENTIAL", printable(word))
        }
        Place::Argument => "an argument is no CREDENTIAL".to_owned(),
        Place::Setting(origin) => format!("{origin} names what is no CREDENTIAL"),
    };
    Error::usage(what).hint("a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]")
}

fn of_setting(setting: &Setting, kind: &str, text: &str) -> Error {
    bad_name(Place::Setting(&setting.origin), kind, text)
}

fn bad_name(place: Place, kind: &str, text: &str) -> Error {
    let shown = place.shown(text);
    let rule = match kind {
        "vault" => "3 to 24 letters, digits and single hyphens, beginning with a letter",
        _ => "1 to 127 letters, digits and hyphens",
    };
    Error::usage(format!("{place} has a name that no {kind} can have{shown}"))
        .hint(format!("a {kind}'s name has {rule}"))
}
