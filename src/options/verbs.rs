//! Each verb's type, made of what it needs.
//!
//! What is wrong is told in one order for all of them: who asks and in which cloud, what is selected, what becomes
//! of it, and last how the network is used.

use super::output::Format;
use super::selection::only_one;
use super::table::{self, Verb};
use super::{Configured, Identified};
use crate::cloud::Cloud;
use crate::credentials::Json;
use crate::error::Error;
use crate::exec::Exec;
use crate::fetch::Fetch;
use crate::get::Get;
use crate::list::List;
use crate::push::Push;
use crate::selection::Selection;
use crate::session::Azure;
use crate::variables::Naming;
use crate::vaults::Vaults;

impl Configured<'_> {
    pub(crate) fn fetch(&self) -> Result<Fetch, Error> {
        let (identified, cloud) = self.identity_and_cloud()?;
        let format = self.format()?;
        let (mut selection, naming) = self.selection_and_naming(&cloud, format)?;
        let shape = self.shape();
        let output = self.output(format, naming)?;
        selection.missing = self.missing()?;
        Ok(Fetch {
            selection,
            shape,
            output,
            azure: self.azure(identified, cloud)?,
        })
    }

    pub(crate) fn get(&self) -> Result<Get, Error> {
        let (identified, cloud) = self.identity_and_cloud()?;
        let selection = self.selection(&cloud, None)?;
        let credential = only_one(&selection)?;
        let decode = self.settings.word(&table::DECODE)?;
        let sink = self.sink()?;
        Ok(Get {
            credential,
            decode,
            sink,
            azure: self.azure(identified, cloud)?,
        })
    }

    pub(crate) fn list(&self) -> Result<List, Error> {
        let (identified, cloud) = self.identity_and_cloud()?;
        let format = self.format()?;
        let mut selection = self.selection(&cloud, None)?;
        let shape = self.shape();
        let sink = self.sink()?;
        selection.missing = self.missing()?;
        Ok(List {
            selection,
            shape,
            json: format.map(|format| match format {
                Format::Xsoar => Json::Array,
                _ => Json::Lines,
            }),
            sink,
            azure: self.azure(identified, cloud)?,
        })
    }

    pub(crate) fn vaults(&self) -> Result<Vaults, Error> {
        let (identified, cloud) = self.identity_and_cloud()?;
        let jsonl = self.format()?.is_some();
        let sink = self.sink()?;
        let scope = self.scope("`vaults`")?;
        Ok(Vaults {
            scope,
            jsonl,
            sink,
            azure: self.azure(identified, cloud)?,
        })
    }

    pub(crate) fn exec(&self) -> Result<Exec, Error> {
        let (identified, cloud) = self.identity_and_cloud()?;
        let (mut selection, naming) = self.selection_and_naming(&cloud, None)?;
        selection.missing = self.missing()?;
        Ok(Exec {
            selection,
            naming: naming.unwrap_or_default(),
            shape: self.shape(),
            words: self.words.command.clone(),
            pristine: self.settings.is_on(&table::PRISTINE),
            azure: self.azure(identified, cloud)?,
        })
    }

    pub(crate) fn push(&self) -> Result<Push, Error> {
        let (identified, cloud) = self.identity_and_cloud()?;
        let jsonl = self.format()?.is_some();
        let mut selection = self.selection(&cloud, None)?;
        let shape = self.shape();
        let sink = self.sink()?;
        selection.missing = self.missing()?;
        Ok(Push {
            selection,
            shape,
            server: self.server()?,
            dry_run: self.settings.is_on(&table::DRY_RUN),
            adopt: self.settings.is_on(&table::ADOPT),
            jsonl,
            sink,
            azure: self.azure(identified, cloud)?,
        })
    }

    fn identity_and_cloud(&self) -> Result<(Identified, Cloud), Error> {
        let identified = self.identity()?;
        let cloud = self.cloud(identified.proof)?;
        Ok((identified, cloud))
    }

    /// Variables may select.
    pub(crate) fn selection_and_naming(
        &self,
        cloud: &Cloud,
        format: Option<Format>,
    ) -> Result<(Selection, Option<Naming>), Error> {
        let naming = self.naming(cloud, format)?;
        let selection = self.selection(cloud, naming.as_ref())?;
        Ok((selection, naming))
    }

    /// The rest of the way to Azure. A warning is for those who get there.
    fn azure(&self, identified: Identified, cloud: Cloud) -> Result<Azure, Error> {
        let azure = Azure {
            identity: identified.identity,
            because: identified.because,
            cloud,
            api_version: self.api_version()?,
            network: self.network()?,
        };
        if let Some(warning) = &identified.warning {
            self.reporter.warning(warning);
        }
        Ok(azure)
    }

    pub(super) fn verb(&self) -> Verb {
        self.words.row.verb
    }
}
