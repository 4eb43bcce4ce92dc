//! Which cloud is meant: a known one by name or authority, or one of three hosts.

use super::settings::{Rank, Setting, Settings};
use crate::cloud::{Cloud, Host};
use crate::error::{Error, printable};

/// Decides. `proof` is the rank that an application's proof comes from.
pub fn choose(settings: &Settings, proof: Option<Rank>) -> Result<Cloud, Error> {
    let named = settings.strongest("cloud");
    let authority = settings.strongest("authority-host");
    let suffix = host(settings.strongest("vault-suffix"))?;
    let management = host(settings.strongest("management-endpoint"))?;
    let by_name = named.map(of_name).transpose()?;
    let mut cloud = match (named, by_name, authority) {
        (_, None, None) => Cloud::public(),
        (_, Some(cloud), None) => cloud,
        (named, by_name, Some(authority)) => {
            let rank = named.map(|setting| setting.origin.rank);
            // The stronger of the two decides; side by side they must agree.
            match by_name {
                Some(cloud) if rank < Some(authority.origin.rank) => cloud,
                by_name => of_authority(authority, by_name, named, suffix.is_some(), proof)?,
            }
        }
    };
    if let Some(suffix) = suffix {
        cloud.vault_suffix = suffix;
    }
    if management.is_some() {
        cloud.management = management;
    }
    Ok(cloud)
}

fn of_name(setting: &Setting) -> Result<Cloud, Error> {
    Cloud::by_name(setting.text()).ok_or_else(|| {
        let what = format!(
            "{} is no cloud that this program knows: `{}`",
            setting.origin,
            printable(setting.text())
        );
        Error::usage(what).hint(format!(
            "known are {}; for another one give `--authority-host` and `--vault-suffix`",
            Cloud::names()
        ))
    })
}

fn of_authority(
    setting: &Setting,
    by_name: Option<Cloud>,
    named: Option<&Setting>,
    has_suffix: bool,
    proof: Option<Rank>,
) -> Result<Cloud, Error> {
    let authority = host(Some(setting))?.unwrap_or_else(|| Cloud::public().authority);
    let side_by_side = named.filter(|named| named.origin.rank == setting.origin.rank);
    // Several clouds share an authority: a name beside it says which.
    if let Some(cloud) = by_name
        .as_ref()
        .filter(|cloud| cloud.authority == authority)
    {
        return Ok(cloud.clone());
    }
    if let Some(cloud) = Cloud::by_authority(&authority) {
        return match side_by_side {
            Some(named) => Err(Error::usage(format!(
                "{} and {} are of different clouds",
                named.origin, setting.origin
            ))
            .hint("leave one of them out")),
            None => Ok(cloud),
        };
    }
    // A proof from elsewhere must not go to a host that a stray variable names.
    if setting.origin.rank == Rank::Environment
        && proof.is_some_and(|proof| proof != Rank::Environment)
    {
        let what = format!(
            "{} names `{authority}`, which is no known cloud's, and the proof does not come from the environment",
            setting.origin
        );
        return Err(Error::usage(what).hint("if it is meant, give it as `--authority-host`"));
    }
    if !has_suffix {
        let what = format!(
            "{} names `{authority}`, which is no known cloud's: `--vault-suffix` is missing",
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

fn host(setting: Option<&Setting>) -> Result<Option<Host>, Error> {
    let Some(setting) = setting else {
        return Ok(None);
    };
    match Host::parse(setting.text()) {
        Some(host) => Ok(Some(host)),
        None => {
            let what = format!(
                "{} is no host: `{}`",
                setting.origin,
                printable(setting.text())
            );
            Err(Error::usage(what).hint(
                "a host is written as `HOST` or `https://HOST`, and with `:PORT` for an emulator",
            ))
        }
    }
}
