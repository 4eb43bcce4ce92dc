//! The vaults of a subscription, as text or as JSON.

use serde::Serialize;

use crate::arm::{Scope, VaultResource};
use crate::error::Failures;
use crate::session::Session;

/// One vault a line: name, URI, location, and whether public network access is on.
///
/// # Errors
/// As [`Session::vaults`].
pub fn vaults(session: &Session, scope: &Scope, jsonl: bool) -> Result<String, Failures> {
    let found = session.vaults(scope)?;
    Ok(found
        .iter()
        .map(|found| if jsonl { object(found) } else { line(found) })
        .collect())
}

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
