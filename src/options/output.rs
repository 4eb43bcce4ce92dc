//! What becomes of what is read: format, names of variables, shape, and where to.

use std::path::PathBuf;

use super::selection::{self, Place};
use super::settings::{Rank, Setting, Settings, items};
use super::table::{Command, CommandRow};
use crate::cloud::Cloud;
use crate::credentials::{Credential, Decode, Format, Shape};
use crate::deadline::Deadline;
use crate::error::{Error, Exit, printable};
use crate::selection::Selection;
use crate::sink::{Attributes, Owner, Permissions, Sink};
use crate::variables::{Naming, is_identifier, is_kept_by_shells};

/// The `--format`; `None`: the command's own way.
pub fn format(command: &CommandRow, settings: &Settings) -> Result<Option<Format>, Error> {
    let names = command.formats;
    let Some(setting) = settings.strongest("format").filter(|_| !names.is_empty()) else {
        return Ok(None);
    };
    match Format::parse(setting.text()) {
        Some(format) if names.contains(&setting.text()) => Ok(Some(format)),
        // A file that several commands share may have what `fetch` alone can do.
        Some(_) if setting.origin.rank == Rank::File => Ok(None),
        _ => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            let names = match names.as_slice() {
                [first @ .., last] if !first.is_empty() => {
                    format!("{} or {last}", first.join(", "))
                }
                _ => names.concat(),
            };
            let (origin, shown) = (&setting.origin, setting.shown(", not "));
            Err(Error::usage(format!("{origin} must be {names}{shown}")))
        }
    }
}

/// How variables are named, where the command or the format has any.
pub fn naming(
    command: Command,
    format: Option<Format>,
    settings: &Settings,
    cloud: &Cloud,
) -> Result<(Naming, Option<Rank>), Error> {
    let has_variables =
        command == Command::Exec || matches!(format, Some(Format::Dotenv | Format::Shell));
    if !has_variables {
        let stray = ["prefix", "env"]
            .into_iter()
            .find_map(|name| settings.at(name, Rank::CommandLine));
        return match stray {
            Some(stray) => Err(Error::usage(format!(
                "{} names variables, and there are none here",
                stray.origin
            ))
            .hint("the formats `dotenv` and `shell` have variables, and so has `exec`")),
            None => Ok((Naming::default(), None)),
        };
    }
    let prefix = settings.strongest("prefix");
    if let Some(setting) = prefix.filter(|setting| !is_identifier(setting.text())) {
        let shown = setting.shown(": ");
        return Err(Error::usage(format!(
            "{} cannot be the beginning of a variable's name{shown}",
            setting.origin
        ))
        .hint("a name has letters, digits and `_`, and does not begin with a digit"));
    }
    let mut exact: Vec<(String, Credential)> = Vec::new();
    let mut rank = None;
    for setting in settings.strongest_all("env") {
        rank = Some(setting.origin.rank);
        for item in items(setting.text()) {
            let (name, credential) = variable(setting, item, cloud)?;
            if format == Some(Format::Shell) && is_kept_by_shells(&name) {
                return Err(Error::usage(format!(
                    "{} names `{name}`, which a shell keeps for itself",
                    setting.origin
                )));
            }
            match exact.iter().find(|(other, _)| *other == name) {
                None => exact.push((name, credential)),
                Some((_, other)) if other.key() == credential.key() => {
                    selection::one_version(other, &credential)?;
                }
                Some((_, other)) => {
                    return Err(Error::usage(format!(
                        "{} gives `{name}` to `{other}` and to `{credential}`",
                        setting.origin
                    )));
                }
            }
        }
    }
    let prefix = prefix.map_or_else(String::new, |setting| setting.text().to_owned());
    Ok((Naming { prefix, exact }, rank))
}

/// `NAME=VAULT/SECRET`.
fn variable(setting: &Setting, item: &str, cloud: &Cloud) -> Result<(String, Credential), Error> {
    let origin = &setting.origin;
    let Some((name, credential)) = item.split_once('=') else {
        return Err(Error::usage(format!(
            "{origin} is not NAME=VAULT/SECRET{}",
            origin.shown(": ", item)
        ))
        .hint("such as `--env PGPASSWORD=kv-prod/db-password`"));
    };
    if !is_identifier(name) {
        let shown = origin.shown(": ", &printable(name));
        return Err(Error::usage(format!(
            "{origin} has a name that no variable can have{shown}"
        ))
        .hint("a name has letters, digits and `_`, and does not begin with a digit"));
    }
    Ok((
        name.to_owned(),
        selection::credential(Place::Setting(origin), credential, cloud)?,
    ))
}

/// Whoever may write to a vault chooses the names in it.
pub fn needs_prefix(
    selection: &Selection,
    naming: &Naming,
    has_variables: bool,
) -> Result<(), Error> {
    if has_variables && selection.is_open() && naming.prefix.is_empty() {
        return Err(
            Error::usage("variables of secrets that are not named one by one need a `--prefix`")
                .hint("such as `--prefix KV_`: whoever writes to the vault must not choose whole names of variables"),
        );
    }
    Ok(())
}

/// Users, passwords, and what is decoded.
pub fn shape(
    command: Command,
    format: Option<Format>,
    settings: &Settings,
) -> Result<Shape, Error> {
    let mut shape = Shape {
        user_tag: settings
            .strongest("user-tag")
            .map(|setting| setting.text().to_owned()),
        json_value: settings.is_on("json-value"),
        decode: None,
    };
    let Some(setting) = settings.strongest("decode") else {
        return Ok(shape);
    };
    let decode = match setting.text() {
        "base64" => Decode::Base64,
        "auto" => Decode::Auto,
        _ => {
            let (origin, shown) = (&setting.origin, setting.shown(", not "));
            return Err(Error::usage(format!(
                "{origin} must be `base64` or `auto`{shown}"
            )));
        }
    };
    let origin = &setting.origin;
    let has_bytes = command == Command::Get || format == Some(Format::Files);
    match (has_bytes, shape.json_value && command != Command::Get) {
        (false, _) if origin.rank == Rank::File => {}
        (false, _) => {
            return Err(Error::usage(format!(
                "{origin} belongs to `get` and to the format `files`"
            ))
            .hint("other formats carry text, and what is decoded may be any bytes"));
        }
        (true, true) => {
            return Err(Error::usage(format!(
                "{origin} and `--json-value` exclude each other"
            )));
        }
        (true, false) => shape.decode = Some(decode),
    }
    Ok(shape)
}

/// Where to, and what it is to be like there.
pub fn sink(
    format: Option<Format>,
    settings: &Settings,
    deadline: &Deadline,
) -> Result<Sink, Error> {
    let output = settings.strongest("output");
    let Some(output) = output else {
        return stdout(format, settings);
    };
    let sink = Sink::new(
        PathBuf::from(output.text()),
        attributes(settings, deadline)?,
    );
    if sink.is_stdout() {
        return stdout(format, settings);
    }
    Ok(sink)
}

/// Standard output is what it is. What a file says of another output does not matter then.
fn stdout(format: Option<Format>, settings: &Settings) -> Result<Sink, Error> {
    if format == Some(Format::Files) {
        return Err(
            Error::usage("the format `files` needs a directory").hint("give it as `--output DIR`")
        );
    }
    let stray = ["mode", "owner", "if-changed"]
        .into_iter()
        .find_map(|name| settings.at(name, Rank::CommandLine));
    match stray {
        Some(stray) => Err(Error::usage(format!(
            "{} is for a file, and the result goes to standard output",
            stray.origin
        ))
        .hint("name the file with `--output FILE`")),
        None => Ok(Sink::stdout()),
    }
}

fn attributes(settings: &Settings, deadline: &Deadline) -> Result<Attributes, Error> {
    let permissions = settings.strongest("mode").map(|setting| {
        Permissions::parse(setting.text()).ok_or_else(|| {
            let (origin, shown) = (&setting.origin, setting.shown(": "));
            Error::usage(format!("{origin} is no file's mode{shown}"))
                .hint("a mode has three or four octal digits, at most 0777, such as `0640`")
        })
    });
    let owner = settings.strongest("owner").map(|setting| {
        Owner::parse(setting.text(), deadline).map_err(|nobody| {
            let (origin, shown) = (&setting.origin, setting.shown(" to "));
            let operation = format!("{origin} cannot be set{shown}");
            Error::new(Exit::Usage, operation, nobody.cause).hint(nobody.hint)
        })
    });
    Ok(Attributes {
        permissions: permissions.transpose()?,
        owner: owner.transpose()?,
        if_changed: settings.is_on("if-changed"),
    })
}
