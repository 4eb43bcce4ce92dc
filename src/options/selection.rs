//! What is asked for: words to credentials, vaults and secrets.

use std::fmt;

use super::settings::{Rank, Setting, Settings, items};
use super::table::{Command, CommandRow};
use crate::cloud::{Cloud, Host, strip_https};
use crate::credentials::Credential;
use crate::error::{Error, printable};
use crate::missing::Missing;
use crate::session::Selection;
use crate::vault::{SecretName, SecretVersion, VaultName, parse_id};

/// Decides. Arguments or the command line's options replace, as a whole, what the file selects.
pub fn choose(
    command: &CommandRow,
    arguments: &[String],
    settings: &Settings,
    cloud: &Cloud,
) -> Result<Selection, Error> {
    let has = |name, rank| settings.at(name, rank).is_some();
    let optioned = ["vault", "secret"]
        .into_iter()
        .find(|name| has(name, Rank::CommandLine));
    if !arguments.is_empty() {
        if let Some(option) = optioned {
            return Err(
                Error::usage(format!("arguments and `--{option}` exclude each other")).hint(
                    "name each credential as VAULT/SECRET, or give vaults and secrets by options",
                ),
            );
        }
        let mut named = Vec::new();
        for word in arguments {
            add(&mut named, credential(word, cloud)?)?;
        }
        return one_for_get(command, Selection::Named(named));
    }
    let rank = if optioned.is_some() {
        Rank::CommandLine
    } else {
        Rank::File
    };
    let vaults = unique(settings, "vault", rank, |setting, item| {
        vault(setting, item, cloud)
    })?;
    let secrets = unique(settings, "secret", rank, |setting, item| {
        SecretName::parse(item).ok_or_else(|| of_setting(setting, "secret", item))
    })?;
    let listing = command.command == Command::List;
    match (vaults.is_empty(), secrets.is_empty()) {
        (false, false) => one_for_get(command, Selection::Product(vaults, secrets)),
        (false, true) if listing => Ok(Selection::Whole(vaults)),
        (false, true) => Err(
            Error::usage("nothing is selected: there are vaults, and no secrets")
                .hint("name the secrets with `--secret NAME[,NAME…]`"),
        ),
        (true, false) => Err(
            Error::usage("nothing is selected: there are secrets, and no vault")
                .hint("name the vaults with `--vault NAME[,NAME…]`"),
        ),
        (true, true) => Err(Error::usage("nothing is selected").hint(format!(
            "name what you want: `akv-xsoar {} VAULT/SECRET`",
            command.name
        ))),
    }
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

fn one_for_get(command: &CommandRow, selection: Selection) -> Result<Selection, Error> {
    let count = selection.credentials().len();
    if command.command == Command::Get && count != 1 {
        return Err(Error::usage(format!(
            "`get` prints one secret's value, and {count} are selected"
        ))
        .hint("`fetch` writes several"));
    }
    Ok(selection)
}

/// Adds a credential unless it is there already; two versions of one secret have one name.
fn add(named: &mut Vec<Credential>, new: Credential) -> Result<(), Error> {
    match named.iter().find(|old| old.key() == new.key()) {
        None => {
            named.push(new);
            Ok(())
        }
        Some(old) if old.version == new.version => Ok(()),
        Some(_) => Err(Error::usage(format!(
            "two versions of `{new}` are asked for, and a credential has one password"
        ))),
    }
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
        .ok_or_else(|| foreign(&setting.origin, &setting.origin.shown(": ", text), cloud))
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

/// `shown` is the end of the message: the URL, where it may be shown.
fn foreign(origin: impl fmt::Display, shown: &str, cloud: &Cloud) -> Error {
    let what = format!(
        "{origin} has a URL that is no vault's in this cloud (`https://NAME.{}`){shown}",
        cloud.vault_suffix
    );
    Error::usage(what).hint("is it the right cloud (`--cloud`)?")
}

fn credential(word: &str, cloud: &Cloud) -> Result<Credential, Error> {
    if !is_plausible(word) {
        return Err(malformed(word));
    }
    if strip_https(word).len() != word.len() {
        let id = parse_id(word).ok_or_else(|| malformed(word))?;
        let vault = spelled(&id.host, word, cloud).ok_or_else(|| {
            let url = format!(": `{}`", printable(word));
            foreign("a CREDENTIAL", &url, cloud)
        })?;
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
        return Err(malformed(word));
    };
    let version = match version {
        None => None,
        Some(version) => Some(SecretVersion::parse(version).ok_or_else(|| {
            Error::usage(format!(
                "the version in `{}` is none: 32 letters and digits",
                printable(word)
            ))
        })?),
    };
    Ok(Credential {
        vault: VaultName::parse(vault).ok_or_else(|| of_credential("vault", vault))?,
        secret: SecretName::parse(secret).ok_or_else(|| of_credential("secret", secret))?,
        version,
    })
}

/// Whether a word is made of what names and URLs are made of. Any other may be anything, a secret too,
/// and is not shown.
fn is_plausible(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./: *?".contains(c);
    word.contains('/') && word.chars().all(fits)
}

fn malformed(word: &str) -> Error {
    let what = if is_plausible(word) {
        format!("`{}` is no CREDENTIAL", printable(word))
    } else {
        "an argument is no CREDENTIAL".to_owned()
    };
    Error::usage(what).hint("a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]")
}

fn of_setting(setting: &Setting, kind: &str, text: &str) -> Error {
    bad_name(&setting.origin, kind, &setting.origin.shown(": ", text))
}

fn of_credential(kind: &str, text: &str) -> Error {
    bad_name("a CREDENTIAL", kind, &format!(": `{}`", printable(text)))
}

/// `shown` is the end of the message: the name, where it may be shown.
fn bad_name(origin: impl fmt::Display, kind: &str, shown: &str) -> Error {
    let rule = match kind {
        "vault" => "3 to 24 letters, digits and single hyphens, beginning with a letter",
        _ => "1 to 127 letters, digits and hyphens",
    };
    Error::usage(format!(
        "{origin} has a name that no {kind} can have{shown}"
    ))
    .hint(format!("a {kind}'s name has {rule}"))
}
