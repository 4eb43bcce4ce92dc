//! Hints of a refusal that depend on who asks, and on the way there.

use super::{READ, SECRET, VAULT, azure, fetch};
use crate::command::Akv;
use crate::standin::{Fault, SUBSCRIPTION, Standin};

const ROLE: &str = "give it the role `Key Vault Secrets User` on the vault (`az role assignment create`), and wait some minutes";
const ALLOW: &str = "allow it (`az keyvault set-policy --secret-permissions get list`)";
const BY_GROUP: &str = "; what comes by a group takes a managed identity up to 24 hours (its tokens are kept that long): give it to the identity itself";

fn by_machine(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["fetch", "kv-prod/db"]).azure(azure)
}

fn by_app_service(azure: &Standin) -> Akv<'_> {
    let there = azure.app_service();
    by_machine(azure)
        .env("IDENTITY_ENDPOINT", there.endpoint)
        .env("IDENTITY_HEADER", there.header)
}

/// A machine's tokens are old; an application's are not.
#[test]
fn a_group_s_role_takes_a_managed_identity_long() {
    let azure = azure();
    azure.ignore_log();
    for (fault, hint) in [
        (Fault::no_role("kv-prod"), ROLE),
        (Fault::no_policy("kv-prod"), ALLOW),
        (
            Fault::access_denied("kv-prod"),
            "add it (`az keyvault set-policy --secret-permissions get list`)",
        ),
    ] {
        azure.mend();
        azure.fault(READ, fault);
        for run in [by_machine(&azure), by_app_service(&azure)] {
            run.status(4)
                .stderr_has(format!("hint: {hint}{BY_GROUP}\n"))
                .run();
        }
        fetch(&azure)
            .status(4)
            .stderr_any()
            .stderr_lacks("24 hours")
            .run();
    }
}

#[test]
fn resource_manager_s_too() {
    let azure = azure();
    azure.list_vault("kv-prod");
    azure.deny_subscription(SUBSCRIPTION);
    azure.ignore_log();
    let vaults = || Akv::new().args(["vaults", "--subscription-id", SUBSCRIPTION]);
    vaults()
        .azure(&azure)
        .status(4)
        .stderr_has("give it the role `Reader` on the subscription or resource group (`az role assignment create`), and wait some minutes; what comes by a group takes a managed identity up to 24 hours")
        .run();
    vaults()
        .app(&azure)
        .status(4)
        .stderr_any()
        .stderr_lacks("24 hours")
        .run();
}

/// No role helps against that.
#[test]
fn a_deny_assignment() {
    let azure = azure();
    let text = "Caller is not authorized to perform action on resource.\r\nCaller: appid=a\r\nAssignment: (not found)\r\nDenyAssignmentId: '6d266d71-a890-53b7-b0d8-2af6769ac019'\r\nVault: kv-prod;location=x\r\n";
    let fault = Fault::vault_error(403, "Forbidden", Some("ForbiddenByRbac"), text);
    azure.fault(READ, fault);

    fetch(&azure)
        .status(4)
        .stderr_has(format!("{SECRET}a deny assignment forbids it: Caller is not"))
        .stderr_has("hint: no role outweighs it: ask whoever manages the vault's subscription to change it\n")
        .run();

    azure.expect(&[&azure.token_request(), READ]);
}

/// The firewall has no rule for such an address.
#[test]
fn a_private_address_at_the_firewall() {
    let azure = azure();
    for (address, is_private) in [
        ("10.1.2.3", true),
        ("172.31.0.9", true),
        ("192.168.7.7", true),
        ("fde4:8dba:1200:1:ac1f::9", true),
        ("203.0.113.7", false),
        ("172.32.0.9", false),
        ("2001:db8::7", false),
        ("", false),
    ] {
        let text = format!(
            "Client address is not authorized and caller is not a trusted service.\r\nClient address: {address}\r\nCaller: appid=a\r\nVault: kv-prod;location=x"
        );
        let fault = Fault::vault_error(403, "Forbidden", Some("ForbiddenByFirewall"), &text);
        azure.mend();
        azure.fault(READ, fault);
        let hint = if is_private {
            "the vault sees a private address, for which its firewall has no rule: add the subnet (`az keyvault network-rule add --subnet`), or come through the vault's private endpoint"
        } else {
            "add the address to the vault's firewall, or come through its private endpoint or service endpoint"
        };

        fetch(&azure)
            .status(4)
            .stderr_has(format!(
                "{VAULT}the vault's firewall does not let this address in: "
            ))
            .stderr_has(format!("hint: {hint}\n"))
            .run();

        azure.expect(&[&azure.token_request(), READ]);
    }
}

#[test]
fn a_version_that_is_not_there() {
    let azure = azure();
    let version = "0123456789abcdef0123456789abcdef";
    Akv::new()
        .args(["get", &format!("kv-prod/db/{version}")])
        .app(&azure)
        .status(5)
        .stderr_has("hint: check the version (`az keyvault secret list-versions`), and the name\n")
        .run();
    azure.ignore_log();
}

/// The clock is spoken of where it differs.
#[test]
fn a_clock_that_differs() {
    let azure = azure();
    azure.ignore_log();
    azure.fault(READ, Fault::token_refused("Odd."));
    fetch(&azure)
        .status(4)
        .stderr_has("hint: check the tenant and the cloud (`--cloud`)\n")
        .run();
    let list = "GET management.azure.com/";
    azure.fault(list, Fault::arm_error(401, "Odd", "said"));
    let vaults = || {
        Akv::new()
            .args(["vaults", "--subscription-id", SUBSCRIPTION])
            .app(&azure)
            .status(4)
    };
    vaults()
        .stderr_has("hint: check the tenant and the cloud (`--cloud`, `--management-endpoint`)\n")
        .run();
    let date = "Mon, 23 Nov 2020 12:00:00 GMT";
    let other = |fault: Fault| fault.header("Date", date);
    azure.mend();
    azure.fault(READ, other(Fault::token_refused("Odd.")));
    azure.fault(list, other(Fault::arm_error(401, "Odd", "said")));
    for run in [fetch(&azure).status(4), vaults()] {
        run.stderr_has("hint: set this machine's clock: it says ")
            .stderr_has(format!(", the server's says {date}\n"))
            .run();
    }
}

/// What is between here and there takes the token away.
#[test]
fn a_token_that_does_not_arrive() {
    let azure = azure();
    let unseen = "AKV10000: Request is missing a Bearer or PoP token.";
    azure.fault(READ, Fault::token_refused(unseen));
    fetch(&azure)
        .status(4)
        .stderr_has(format!("{VAULT}the vault says that no token came: AKV10000: "))
        .stderr_has("hint: does something in between (an inspecting proxy) remove the header `Authorization`?\n")
        .run();
    azure.ignore_log();
}

/// A machine's identity has the machine's tenant, which no option changes.
#[test]
fn a_managed_identity_has_no_other_tenant() {
    let azure = azure();
    azure.ignore_log();
    azure.fault(READ, Fault::token_refused("Odd."));
    by_machine(&azure)
        .status(4)
        .stderr_has("hint: check the cloud (`--cloud`)\n")
        .run();
    Akv::new()
        .args(["vaults", "--subscription-id"])
        .arg("99999999-1111-2222-3333-444444444444")
        .azure(&azure)
        .status(5)
        .stderr_has("hint: check the id (`az account list`) and the cloud (`--cloud`); a managed identity sees its machine's tenant alone\n")
        .run();
}
