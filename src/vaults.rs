//! `vaults`: the vaults of a subscription, as text or as JSON.

use serde::Serialize;

use crate::arm::{Scope, VaultResource};
use crate::error::Failures;
use crate::report::Reporter;
use crate::session::Azure;
use crate::sink::Sink;

/// Where vaults are looked for, and how they are shown.
pub(crate) struct Vaults {
    pub(crate) azure: Azure,
    pub(crate) scope: Scope,
    pub(crate) jsonl: bool,
    pub(crate) sink: Sink,
}

impl Vaults {
    pub(crate) fn run(&self, reporter: &dyn Reporter) -> Result<(), Failures> {
        let client = self.azure.client(reporter);
        let found = self.azure.session(&client).vaults(&self.scope)?;
        let show = if self.jsonl { object } else { line };
        let text: String = found.iter().map(show).collect();
        reporter.progress_over();
        self.sink.write(text.as_bytes(), client.deadline())?;
        Ok(())
    }
}

/// Name, URI, location, and whether public network access is on.
fn line(found: &VaultResource) -> String {
    let VaultResource {
        name,
        uri,
        location,
        public,
    } = found;
    let public = match public {
        Some(true) => "public",
        Some(false) => "private",
        // Resource Manager leaves it out where it was never set: then it is on.
        None => "public (not set)",
    };
    format!("{name}\t{uri}\t{location}\t{public}\n")
}

/// Whether public access is on is `null` where Resource Manager does not say.
#[derive(Serialize)]
struct Object<'a> {
    name: &'a str,
    uri: &'a str,
    location: &'a str,
    #[serde(rename = "publicNetworkAccess")]
    public: Option<bool>,
}

fn object(found: &VaultResource) -> String {
    let object = Object {
        name: found.name.as_str(),
        uri: &found.uri,
        location: &found.location,
        public: found.public,
    };
    // Text and a switch: nothing that JSON cannot hold.
    serde_json::to_string(&object).unwrap_or_default() + "\n"
}
