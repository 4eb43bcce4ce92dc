//! Everything that was set as domain values, each part by itself.

use std::ffi::OsString;

use super::settings::Settings;
use super::table::{Command, CommandRow};
use super::{Choice, Options, Surroundings, cloud, identity, network, output, selection, xsoar};
use crate::arm::Scope;
use crate::cloud::Cloud;
use crate::credentials::{Format, Shape};
use crate::error::{Error, Exit};
use crate::http::Network;
use crate::missing::Missing;
use crate::selection::Selection;
use crate::sink::Sink;
use crate::variables::Naming;
use crate::xsoar::Server;

/// The same as for any command, each part by itself: as it is, or what is wrong with it.
pub struct Parts {
    /// What was set, and where.
    pub settings: Vec<String>,
    /// Of what; `None` where that cannot be judged, because something else is wrong.
    pub selection: Option<Result<Selection, Error>>,
    /// What becomes of what does not exist.
    pub missing: Result<Missing, Error>,
    /// What is made of it, how it is written, and where to.
    pub output: Option<Result<Output, Error>>,
    /// Where vaults are looked for.
    pub scope: Result<Option<Scope>, Error>,
    /// An XSOAR server.
    pub server: Result<Option<Server>, Error>,
    /// Who asks.
    pub choice: Result<Choice, Error>,
    /// Which cloud is asked.
    pub cloud: Result<Cloud, Error>,
    /// Key Vault's api-version.
    pub api_version: Result<String, Error>,
    /// How the network is used, and that in words.
    pub network: Result<(Network, String), Error>,
}

/// What becomes of what is read.
pub struct Output {
    /// What credentials are made of.
    pub shape: Shape,
    /// How they are written; `None`: the command's own way.
    pub format: Option<Format>,
    /// What variables they go by.
    pub naming: Naming,
    /// Where to.
    pub sink: Sink,
}

/// Judges each.
pub(super) fn parts(
    command: &CommandRow,
    credentials: &[String],
    settings: &Settings,
    surroundings: &Surroundings,
) -> Parts {
    let choice = identity::choose(settings, surroundings);
    let proof = choice.as_ref().ok().and_then(|choice| choice.proof);
    let cloud = cloud::choose(settings, proof);
    let (selection, output) = match &cloud {
        Ok(cloud) => asked(command, credentials, settings, surroundings, cloud),
        Err(_) => (None, None),
    };
    Parts {
        settings: settings.told(),
        selection,
        missing: selection::missing(settings),
        output,
        scope: match command.command {
            Command::Vaults => selection::scope(settings, "`vaults`").map(Some),
            Command::Check => selection::maybe_scope(settings),
            _ => Ok(None),
        },
        server: match command.command {
            Command::Push => xsoar::server(settings, surroundings).map(Some),
            Command::Check => xsoar::maybe_server(settings, surroundings),
            _ => Ok(None),
        },
        choice,
        cloud,
        api_version: api_version(settings),
        network: network::choose(settings, surroundings).map(|network| {
            let words = network::words(settings, &network);
            (network, words)
        }),
    }
}

/// [`Parts::selection`] and [`Parts::output`].
type Asked = (
    Option<Result<Selection, Error>>,
    Option<Result<Output, Error>>,
);

/// What is selected, and what becomes of it. Variables may select: without their names, which the second
/// has then failed for, the first cannot be judged.
fn asked(
    command: &CommandRow,
    credentials: &[String],
    settings: &Settings,
    surroundings: &Surroundings,
    cloud: &Cloud,
) -> Asked {
    let verb = command.command;
    let named = output::format(command, settings).and_then(|format| {
        let (naming, rank) = output::naming(verb, format, settings, cloud)?;
        Ok((format, naming, rank))
    });
    let (format, naming, rank) = match named {
        Ok(named) => named,
        Err(error) => return (None, Some(Err(error))),
    };
    let has_variables =
        verb == Command::Exec || matches!(format, Some(Format::Dotenv | Format::Shell));
    let select = || {
        if verb == Command::Vaults {
            return Ok(Selection::default());
        }
        let selection =
            selection::choose(command, credentials, settings, cloud, &naming.exact, rank)?;
        output::needs_prefix(&selection, &naming, has_variables)?;
        Ok(selection)
    };
    let selection = select();
    let output = || {
        Ok(Output {
            shape: output::shape(verb, format, settings)?,
            sink: output::sink(format, settings, surroundings.deadline)?,
            format,
            naming,
        })
    };
    (Some(selection), Some(output()))
}

impl Parts {
    /// All of it, or the first thing that is wrong.
    pub(super) fn whole(
        self,
        command: Command,
        settings: &Settings,
        words: Vec<OsString>,
    ) -> Result<Options, Error> {
        let choice = self.choice?;
        let cloud = self.cloud?;
        let missing = || Error::new(Exit::Internal, "the options cannot be judged", "");
        let selection = self.selection.transpose()?;
        let output = self.output.ok_or_else(missing)??;
        let selection = selection.ok_or_else(missing)?;
        Ok(Options {
            command,
            selection,
            missing: self.missing?,
            shape: output.shape,
            format: output.format,
            naming: output.naming,
            sink: output.sink,
            words,
            pristine: settings.is_on("pristine"),
            scope: self.scope?,
            server: self.server?,
            dry_run: settings.is_on("dry-run"),
            adopt: settings.is_on("adopt"),
            choice,
            cloud,
            api_version: self.api_version?,
            network: self.network?.0,
        })
    }
}

/// Versions are dates or numbers; anything else would change the URL.
fn api_version(settings: &Settings) -> Result<String, Error> {
    let Some(setting) = settings.strongest("api-version") else {
        return Ok("7.4".to_owned());
    };
    let text = setting.text();
    let fits = text.len() <= 32
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    if fits {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!(
        "{} is no api-version{}",
        setting.origin,
        setting.shown(": ")
    ))
    .hint("an api-version is written as `7.4` or `2025-07-01`"))
}
