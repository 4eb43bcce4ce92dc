//! What a vault says to those who may not do what they ask for.

use super::http::Answer;
use super::{SUBSCRIPTION, vault};

/// What is done with a vault's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Reading one.
    Get,
    /// Listing all.
    List,
}

/// What a vault goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Role assignments.
    Roles,
    /// Its own access policies.
    Policies,
}

/// Who asks.
pub(super) struct Caller<'a> {
    pub(super) client: &'a str,
    pub(super) object: &'a str,
    pub(super) tenant: &'a str,
}

impl Caller<'_> {
    pub(super) fn describe(&self) -> String {
        format!(
            "appid={};oid={};iss=https://sts.windows.net/{}/",
            self.client, self.object, self.tenant
        )
    }
}

/// The refusal of somebody without the right.
pub(super) fn denied(
    permissions: Permissions,
    right: Right,
    vault: &str,
    caller: &Caller<'_>,
) -> Answer {
    let caller = caller.describe();
    let (code, text) = match permissions {
        Permissions::Roles => {
            let action = match right {
                Right::Get => "getSecret",
                Right::List => "readMetadata",
            };
            (
                "ForbiddenByRbac",
                format!(
                    "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\nAction: 'Microsoft.KeyVault/vaults/secrets/{action}/action'\r\nResource: '/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.keyvault/vaults/{vault}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: {vault};location=northeurope\r\n"
                ),
            )
        }
        Permissions::Policies => {
            let (caller, right) = (
                caller.to_lowercase(),
                match right {
                    Right::Get => "get",
                    Right::List => "list",
                },
            );
            (
                "ForbiddenByPolicy",
                format!(
                    "The user, group or application '{caller}' does not have secrets {right} permission on key vault '{vault};location=northeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
                ),
            )
        }
    };
    vault::refusal(403, "Forbidden", Some(code), &text)
}
