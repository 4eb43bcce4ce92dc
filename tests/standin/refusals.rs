//! The services' own refusals as faults: every row of their tables.

use super::denials::{Caller, Permissions, Right, denied};
use super::faults::Fault;
use super::http::{Answer, Request};
use super::{CLIENT_ID, TENANT, app_service, arm, clock, entra, metadata, vault, xsoar};

const AUTHORITY: &str = "login.microsoftonline.com";
const AUDIENCE: &str = "https://vault.azure.net";

/// Azure's own refusals.
impl Fault {
    /// A refusal in Key Vault's form.
    pub fn vault_error(status: u16, code: &str, inner: Option<&str>, message: &str) -> Self {
        Self::answer(vault::refusal(status, code, inner, message))
    }

    /// A refusal in Resource Manager's form.
    pub fn arm_error(status: u16, code: &str, message: &str) -> Self {
        Self::answer(arm::refusal(status, code, message))
    }

    /// Resource Manager's answer to too many requests, with how long to wait.
    pub fn arm_throttled(seconds: u32) -> Self {
        let text = format!(
            "The request is being throttled as the limit has been reached for operation type - Read_SubscriptionScope. For more information, see - https://aka.ms/arm-throttling. Please try again after '{seconds}' seconds."
        );
        Self::arm_error(429, "SubscriptionRequestsThrottled", &text)
            .header("Retry-After", seconds.to_string())
    }

    /// A refusal in an XSOAR server's form.
    pub fn xsoar_error(status: u16, id: &str, title: &str, detail: &str) -> Self {
        Self::answer(xsoar::refusal(status, id, title, detail, ""))
    }

    /// A refusal in the form of what stands before an XSOAR server of version 8.
    pub fn xsoar_gateway(status: u16, text: &str) -> Self {
        Self::answer(xsoar::gateway(status, text))
    }

    /// A refusal in Entra's form; older texts part their lines with CR and LF, as this one does.
    pub fn entra(status: u16, error: &str, code: u32, text: &str) -> Self {
        Self::answer(entra::refusal(status, error, code, text, "\r\n"))
    }

    /// One of Entra's documented refusals, with its own status, `error` and text.
    pub fn aadsts(code: u32) -> Self {
        Self::answer(entra::documented(code, ("", "")))
    }

    /// A refusal in the metadata endpoint's form.
    pub fn metadata_error(status: u16, error: &str, description: &str) -> Self {
        Self::answer(metadata::refusal(status, error, description))
    }

    /// Another challenge than Arc's agent's own; what is made of the path in it goes behind `WWW-Authenticate: `.
    pub fn arc_challenge(change: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::change(move |_, answer| {
            for (name, value) in &mut answer.headers {
                if name == "WWW-Authenticate" {
                    let path = value.strip_prefix("Basic realm=").unwrap_or_default();
                    *value = change(path);
                }
            }
        })
    }

    /// Arc's refusal without a challenge.
    pub fn arc_no_challenge() -> Self {
        Self::change(|_, answer| {
            let headers = &mut answer.headers;
            headers.retain(|(name, _)| name != "WWW-Authenticate");
        })
    }

    /// A refusal in App Service's form.
    pub fn app_service_error(status: u16, message: &str) -> Self {
        Self::answer(app_service::refusal(status, message))
    }

    /// What a container's proxy says in the place of the metadata endpoint.
    pub fn metadata_unreachable() -> Self {
        let text = "ERROR: dial tcp 169.254.169.254:80: connectex: A socket operation was attempted to an unreachable network.";
        Self::raw(403, "text/plain", text)
    }

    /// Key Vault's answer to a good token whose key it cannot find at the moment; it shows the token's header.
    pub fn unresolved_key() -> Self {
        Self::change(|request, answer| {
            let text = format!(
                "AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '{}'",
                token_header(request)
            );
            *answer = vault::challenge(AUTHORITY, TENANT, AUDIENCE, &text);
        })
    }

    /// A vault's refusal of a token, with the challenge that comes with each.
    pub fn token_refused(message: &str) -> Self {
        Self::answer(vault::challenge(AUTHORITY, TENANT, AUDIENCE, message))
    }

    /// The same without a body, as some of its front ends have it.
    pub fn challenge_alone() -> Self {
        Self::change(|_, answer| {
            *answer = vault::challenge(AUTHORITY, TENANT, AUDIENCE, "");
            answer.body.clear();
            answer.headers.retain(|(name, _)| name != "Content-Type");
        })
    }

    /// What EC2 says at the metadata endpoint's address, whatever is asked for.
    pub fn ec2(status: u16) -> Self {
        let page = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html><head><title>No</title></head></html>";
        Self::raw(status, "text/html", page).header("Server", "EC2ws")
    }

    /// What Google Cloud says there.
    pub fn google(status: u16) -> Self {
        let page = "<!DOCTYPE html>\n<html lang=en><title>Error</title></html>";
        Self::raw(status, "text/html; charset=UTF-8", page)
            .header("Metadata-Flavor", "Google")
            .header("Server", "Metadata Server for VM")
    }

    /// An answer with nothing in it, and the connection closed.
    pub fn empty(status: u16) -> Self {
        let headers = vec![("Connection".to_owned(), "close".to_owned())];
        let body = Vec::new();
        Self::answer(Answer {
            status,
            headers,
            body,
        })
    }

    /// The agent of a machine's Metadata Security Protocol: this program may not ask.
    pub fn locked_down() -> Self {
        Self::empty(403)
    }

    /// The same agent: it does not know, at the moment, who asks.
    pub fn unattributed() -> Self {
        Self::empty(421)
    }

    /// Key Vault's answer to too many requests: no `Retry-After` comes with it.
    pub fn throttled() -> Self {
        let text = "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
        Self::vault_error(429, "Throttled", None, text)
    }

    /// The secret does not exist.
    pub fn not_found(name: &str) -> Self {
        Self::answer(vault::not_found(name))
    }

    /// The secret is disabled, which some answers say in the message alone.
    pub fn disabled_in_words() -> Self {
        let text = "Operation get is not allowed on a disabled secret.";
        Self::vault_error(403, "Forbidden", None, text)
    }

    /// The caller has no role to read.
    pub fn no_role(vault: &str) -> Self {
        Self::denied(Permissions::Roles, vault)
    }

    /// The vault's access policy does not let the caller read.
    pub fn no_policy(vault: &str) -> Self {
        Self::denied(Permissions::Policies, vault)
    }

    fn denied(permissions: Permissions, vault: &str) -> Self {
        let object = clock::uuid();
        Self::answer(denied(permissions, Right::Get, vault, &caller(&object)))
    }

    /// The vault has no access policy for the caller at all.
    pub fn access_denied(vault: &str) -> Self {
        let caller = caller(&clock::uuid()).describe();
        let text = format!(
            "Access denied. Caller was not found on any access policy.\r\nCaller: {caller}\r\nVault: {vault};location=northeurope"
        );
        Self::vault_error(403, "Forbidden", Some("AccessDenied"), &text)
    }

    /// The vault's firewall does not let the caller's address in.
    pub fn firewall(vault: &str) -> Self {
        let caller = caller(&clock::uuid()).describe();
        let text = format!(
            "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\nCaller: {caller}\r\nVault: {vault};location=northeurope"
        );
        Self::vault_error(403, "Forbidden", Some("ForbiddenByFirewall"), &text)
    }

    /// The vault is reached over private endpoints alone.
    pub fn no_public_access() -> Self {
        let text = "Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\n";
        Self::vault_error(403, "Forbidden", Some("ForbiddenByConnection"), text)
    }

    /// The vault does not know the api-version.
    pub fn unknown_api_version(version: &str) -> Self {
        Self::answer(vault::unknown_api_version(version))
    }
}

fn caller(object: &str) -> Caller<'_> {
    Caller {
        client: CLIENT_ID,
        object,
        tenant: TENANT,
    }
}

/// The first part of the token that a request has.
fn token_header(request: &Request) -> &str {
    let header = request.header("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    token.split('.').next().unwrap_or_default()
}
