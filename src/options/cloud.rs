//! Which cloud is meant: a known one by name or authority, or one of three hosts.

use super::settings::{Rank, Setting};
use super::{Configured, table};
use crate::cloud::{Cloud, Host};
use crate::error::Error;
use crate::text::surrounded;
use crate::words::nearest;

impl Configured<'_> {
    /// `proof` is the rank that an application's proof comes from.
    pub(crate) fn cloud(&self, proof: Option<Rank>) -> Result<Cloud, Error> {
        let strongest = |row| self.settings.strongest(row);
        let suffix = strongest(&table::VAULT_SUFFIX).map(suffix).transpose()?;
        let management = strongest(&table::MANAGEMENT_ENDPOINT)
            .map(host)
            .transpose()?;
        let named = strongest(&table::CLOUD);
        let mut cloud = match (named, strongest(&table::AUTHORITY_HOST)) {
            (None, None) => Cloud::public(),
            (Some(named), None) => of_name(named)?,
            (None, Some(authority)) => of_authority(authority, None, suffix.is_some(), proof)?,
            // The stronger of the two decides; side by side they must agree.
            (Some(named), Some(authority)) if named.origin.rank < authority.origin.rank => {
                of_name(named)?
            }
            (named, Some(authority)) => of_authority(authority, named, suffix.is_some(), proof)?,
        };
        if let Some(suffix) = suffix {
            cloud.vault_suffix = suffix;
        }
        if management.is_some() {
            cloud.management = management;
        }
        Ok(cloud)
    }
}

fn of_name(setting: &Setting) -> Result<Cloud, Error> {
    Cloud::by_name(setting.text()).ok_or_else(|| {
        let what = format!(
            "{} is not a cloud that this program knows{}",
            setting.origin,
            setting.shown(": ")
        );
        let hint = match nearest(setting.text(), Cloud::every_name()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "known are {}; for another one give `--authority-host` and `--vault-suffix`",
                list_of(&Cloud::NAMES)
            ),
        };
        Error::usage(what).hint(hint)
    })
}

/// The cloud of an authority; `named` is no stronger than it.
fn of_authority(
    setting: &Setting,
    named: Option<&Setting>,
    has_suffix: bool,
    proof: Option<Rank>,
) -> Result<Cloud, Error> {
    let authority = host(setting)?;
    // Several clouds share an authority: a name beside it says which.
    let by_name = named.and_then(|named| Cloud::by_name_and_authority(named.text(), &authority));
    if let Some(cloud) = by_name {
        return Ok(cloud);
    }
    if let Some(named) = named.filter(|named| named.origin.rank == setting.origin.rank) {
        of_name(named)?;
        return Err(Error::usage(format!(
            "{} and {} are of different clouds",
            named.origin, setting.origin
        ))
        .hint("leave one of them out"));
    }
    if let Some(cloud) = Cloud::by_authority(&authority) {
        return Ok(cloud);
    }
    // A proof from elsewhere must not go to a host that a stray variable names.
    if setting.origin.rank == Rank::Environment
        && proof.is_some_and(|proof| proof != Rank::Environment)
    {
        let what = format!(
            "{} names `{authority}`, which is not the authority of a known cloud, while the proof does not come from the environment",
            setting.origin
        );
        return Err(Error::usage(what).hint("if it is meant, give it as `--authority-host`"));
    }
    if !has_suffix {
        let what = format!(
            "{} names `{authority}`, which is not the authority of a known cloud: `--vault-suffix` is missing",
            setting.origin
        );
        return Err(Error::usage(what).hint(
            "the suffix is what follows a vault's name in its host, such as `vault.azure.net`",
        ));
    }
    let public = Cloud::public();
    Ok(Cloud {
        authority,
        vault_suffix: public.vault_suffix,
        management: None,
    })
}

/// Azure CLI writes a suffix with a dot in front.
fn suffix(setting: &Setting) -> Result<Host, Error> {
    let text = setting.text();
    let text = text.strip_prefix('.').unwrap_or(text);
    Host::parse(text).ok_or_else(|| no_host(setting))
}

fn host(setting: &Setting) -> Result<Host, Error> {
    Host::parse(setting.text()).ok_or_else(|| no_host(setting))
}

fn no_host(setting: &Setting) -> Error {
    let what = format!("{} is not a host{}", setting.origin, setting.shown(": "));
    Error::usage(what)
        .hint("a host is written as `HOST` or `https://HOST`, and with `:PORT` for an emulator")
        .maybe_hint(surrounded(setting.text()))
}

fn list_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
