//! 403: what exactly is missing, told by the inner code or, in some answers, by the text alone.

use std::net::IpAddr;

use super::{Reach, Verdict, by_group};
use crate::error::Exit;
use crate::http::Said;

pub(super) fn verdict(said: &Said, message: &str, words: String) -> Verdict {
    let codes = [
        said.text("/error/innererror/code"),
        said.text("/error/code"),
    ];
    let is = |code: &str| codes.contains(&code);
    let says = |part: &str| message.contains(part);
    if is("SecretDisabled") || says("disabled secret") {
        return Verdict::new(Exit::NotFound, "the secret is disabled").hint(
            "enable it (`az keyvault secret set-attributes --enabled true`), or leave it out",
        );
    }
    let denied = |what: &str| Verdict::new(Exit::Denied, what).words(words);
    if is("ForbiddenByFirewall") || says("Client address is not authorized") {
        denied("the vault's firewall does not let this address in")
            .reaching(Reach::Vault)
            .hint(past_the_firewall(said, message))
    } else if is("ForbiddenByConnection") || says("Public network access is disabled") {
        denied("the vault is closed to the public network")
            .reaching(Reach::Vault)
            .hint(if said.answer.by_proxy {
                "the proxy does not come by the vault's private endpoint: if this network has one, go to the vault without the proxy (`NO_PROXY`), or use `--connect-to`"
            } else {
                "come through its private endpoint: its private DNS zone must be linked to this network, or use `--connect-to`"
            })
    } else if is_denied_by_assignment(message) {
        denied("a deny assignment forbids it")
            .hint("no role outweighs it: ask whoever manages the vault's subscription to change it")
    } else if is("ForbiddenByRbac") || says("Caller is not authorized to perform action") {
        denied("the identity lacks a role").hint(format!(
            "give it the role `Key Vault Secrets User` on the vault (`az role assignment create`), and wait some minutes{}",
            by_group(said)
        ))
    } else if is("ForbiddenByPolicy") || says("permission on key vault") {
        denied("the vault's access policy does not allow it").hint(format!(
            "allow it (`az keyvault set-policy --secret-permissions get list`){}",
            by_group(said)
        ))
    } else if is("AccessDenied") || says("not found on any access policy") {
        denied("the identity is in none of the vault's access policies").hint(format!(
            "add it (`az keyvault set-policy --secret-permissions get list`){}",
            by_group(said)
        ))
    } else {
        denied("access denied")
            .hint("check the identity's role or access policy, and the vault's firewall")
    }
}

fn is_denied_by_assignment(message: &str) -> bool {
    let id = after(message, "DenyAssignmentId:");
    id.is_some_and(|id| !matches!(id, "" | "null" | "(not") && id.len() > 8)
}

/// Whose address it is that the vault sees, and whether a rule can name it.
fn past_the_firewall(said: &Said, message: &str) -> &'static str {
    let address = after(message, "Client address:").and_then(|text| text.parse().ok());
    if address.is_some_and(is_private) {
        "the vault sees a private address, for which its firewall has no rule: add the subnet (`az keyvault network-rule add --subnet`), or come through the vault's private endpoint"
    } else if said.answer.by_proxy {
        "the vault sees the proxy's address: add that one to its firewall, or go to the vault without the proxy (`NO_PROXY`)"
    } else {
        "add the address to the vault's firewall, or come through its private endpoint or service endpoint"
    }
}

/// The word behind a label.
fn after<'a>(message: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(label)?;
    rest.trim_start_matches(' ')
        .split([' ', '\r', '\n', ';', ','])
        .next()
}

/// As of a subnet with a service endpoint.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.segments()[0] & 0xfe00 == 0xfc00,
    }
}
