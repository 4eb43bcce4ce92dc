//! What a word names: a credential, a vault, or neither.

use std::fmt;

use super::settings::{Origin, Rank, Setting};
use crate::cloud::{Cloud, Host, strip_https};
use crate::credentials::Credential;
use crate::error::{Error, escaped};
use crate::redact::without_user;
use crate::text::surrounded;
use crate::vault::{SecretName, SecretVersion, VaultName, parse_id};

/// Whether two spellings of one credential mean one version of it.
pub(super) fn one_version(old: &Credential, new: &Credential) -> Result<(), Error> {
    if old.version == new.version {
        return Ok(());
    }
    Err(Error::usage(format!(
        "two versions of `{new}` are asked for, and a credential has one password"
    )))
}

pub(super) fn vault(setting: &Setting, text: &str, cloud: &Cloud) -> Result<VaultName, Error> {
    vault_at(Place::Setting(&setting.origin), text, cloud)
}

/// A vault by its name, its URL, or its host.
fn vault_at(place: Place, text: &str, cloud: &Cloud) -> Result<VaultName, Error> {
    let is_url = strip_https(text).len() != text.len();
    // Resource Manager's id of a vault may have dots in it, too.
    if !is_url && (!text.contains('.') || text.contains("/vaults/")) {
        return VaultName::parse(text).ok_or_else(|| bad_name(place, "vault", text));
    }
    let url = format!("https://{}", strip_https(text.trim()));
    VaultName::in_url(&url, &cloud.vault_suffix).ok_or_else(|| match text.split('.').count() {
        // With one dot it is rather a name with a wrong character.
        ..=2 if !is_url => bad_name(place, "vault", text),
        _ => foreign(place, text, cloud),
    })
}

/// Where a name stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// Among the arguments.
    Argument,
    /// In an option, a variable or a key.
    Setting(&'a Origin),
}

impl Place<'_> {
    /// A part of what stands there, for a hint; of the configuration file nothing is shown.
    fn part(self, name: &str) -> &str {
        match self {
            Self::Setting(origin) if origin.rank == Rank::File => "NAME",
            Self::Argument | Self::Setting(_) => name,
        }
    }

    /// What stands there, as a message may end with it.
    fn shown(self, text: &str) -> String {
        match self {
            Self::Argument => format!(": `{}`", escaped(&without_user(text))),
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

/// A URL, or a host, that is not that of a vault in this cloud.
fn foreign(place: Place, url: &str, cloud: &Cloud) -> Error {
    let (suffix, shown) = (&cloud.vault_suffix, place.shown(url));
    let what = if url.contains('/') {
        format!(
            "{place} has a URL that is not that of a vault in this cloud (`https://NAME.{suffix}`){shown}"
        )
    } else {
        format!(
            "{place} has a host that is not that of a vault in this cloud (`NAME.{suffix}`){shown}"
        )
    };
    Error::usage(what).hint(whose(place, url, cloud))
}

/// Where such a URL may come from, and what to write instead.
fn whose(place: Place, url: &str, cloud: &Cloud) -> String {
    let suffix = &cloud.vault_suffix;
    let (host, path) = strip_https(url.trim())
        .split_once('/')
        .unwrap_or((strip_https(url), ""));
    let label = host.split('.').next().unwrap_or_default();
    let name = place.part(label);
    let has = |label: &str| host.to_ascii_lowercase().contains(label);
    let ends_in_dot = host.ends_with('.');
    let host = Host::parse(host);
    let is_ours = host.as_ref().is_some_and(|host| has_suffix(host, suffix));
    if has(".privatelink.") || has(".vaultcore.") {
        format!(
            "name it as everywhere, `{name}` or `https://{name}.{suffix}`: a private endpoint is found by its private DNS zone, or by `--connect-to`"
        )
    } else if has(".managedhsm.") {
        "a managed HSM holds keys, and no secrets".to_owned()
    } else if !path.is_empty() && is_ours && VaultName::parse(label).is_some() {
        format!("a vault's URL ends behind its host: `{name}`, or `https://{name}.{suffix}`")
    } else if url.to_ascii_lowercase().starts_with("http://") {
        "a vault is asked by `https://` only".to_owned()
    } else if ends_in_dot {
        "leave out the dot at the host's end".to_owned()
    } else if is_ours {
        format!("a vault's name has {VAULT_RULE}")
    } else if let Some(other) = host.and_then(|host| Cloud::of_vault(&host)) {
        format!("it is of another cloud: `--cloud {other}`")
    } else {
        "is it the right cloud (`--cloud`)?".to_owned()
    }
}

/// Whether one label stands before the suffix.
fn has_suffix(host: &Host, suffix: &Host) -> bool {
    let rest = host.name().split_once('.').map(|(_, rest)| rest);
    rest == Some(suffix.name()) && host.port() == suffix.port()
}

/// An id of something else in a vault, as the portal shows it beside the secret's.
fn other_object(place: Place, word: &str) -> Option<Error> {
    let mut parts = strip_https(word).split('/').skip(1);
    let (kind, name) = (parts.next()?.to_ascii_lowercase(), parts.next()?);
    let (what, hint) = match kind.as_str() {
        "certificates" => (
            "the id of a certificate",
            format!(
                "its secret, with the private key, has the same name: `…/secrets/{}`",
                place.part(name)
            ),
        ),
        "keys" => (
            "the id of a key",
            "a key never leaves its vault; only secrets can be fetched".to_owned(),
        ),
        _ => return None,
    };
    let shown = place.shown(word);
    SecretName::parse(name)?;
    Some(Error::usage(format!("{place} is {what}, not of a secret{shown}")).hint(hint))
}

/// A credential's words.
pub(super) fn credential(place: Place, word: &str, cloud: &Cloud) -> Result<Credential, Error> {
    if !is_plausible(word) {
        return Err(malformed(place, word));
    }
    if strip_https(word).len() != word.len() || is_id_without_scheme(word) {
        let url = format!("https://{}", strip_https(word));
        let id = parse_id(&url)
            .ok_or_else(|| other_object(place, word).unwrap_or_else(|| malformed(place, word)))?;
        let vault = id.vault(&cloud.vault_suffix);
        let vault = vault.ok_or_else(|| foreign(place, word, cloud))?;
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
            Error::usage(format!("{place} has an invalid version{shown}"))
                .hint("a version has 32 letters and digits")
        })?),
    };
    Ok(Credential {
        vault: vault_at(place, vault, cloud)?,
        secret: SecretName::parse(secret).ok_or_else(|| bad_name(place, "secret", secret))?,
        version,
    })
}

/// Whether a word is an id from which `https://` was left out: a vault's name has no dot.
fn is_id_without_scheme(word: &str) -> bool {
    let mut parts = word.split('/');
    let (host, kind, name) = (parts.next(), parts.next(), parts.next());
    let kinds = ["secrets", "certificates", "keys"];
    host.is_some_and(|host| host.contains('.'))
        && kind.is_some_and(|kind| kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)))
        && name.is_some_and(|name| !name.is_empty())
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
            format!("`{}` is not a CREDENTIAL", escaped(&without_user(word)))
        }
        Place::Argument => "an argument is not a CREDENTIAL".to_owned(),
        Place::Setting(origin) => format!("{origin} is not a CREDENTIAL"),
    };
    Error::usage(what)
        .hint("a CREDENTIAL is VAULT/SECRET, VAULT/SECRET/VERSION, or https://VAULT…/secrets/NAME[/VERSION]")
        .maybe_hint(surrounded(word).filter(|_| word.contains('/')))
}

pub(super) fn of_setting(setting: &Setting, kind: &str, text: &str) -> Error {
    bad_name(Place::Setting(&setting.origin), kind, text)
}

fn bad_name(place: Place, kind: &str, text: &str) -> Error {
    let shown = place.shown(text);
    let rule = match kind {
        "vault" => VAULT_RULE,
        _ => "1 to 127 letters, digits and hyphens",
    };
    // Resource Manager's id of a vault ends with its name.
    let name = text.rsplit_once("/vaults/").map(|(_, name)| name);
    let name = name.filter(|name| kind == "vault" && VaultName::parse(name).is_some());
    let hint = match name {
        Some(name) => format!("a vault is named by its name: `{}`", place.part(name)),
        None => format!("a {kind}'s name has {rule}"),
    };
    Error::usage(format!("{place} has an invalid {kind} name{shown}")).hint(hint)
}

const VAULT_RULE: &str = "3 to 24 letters, digits and single hyphens, beginning with a letter";
