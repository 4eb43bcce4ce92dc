//! Resource Manager's no: what it means, what to do, and the exit code.

use super::{GROUP, LIST, line, vaults};
use crate::command::Akv;
use crate::standin::{
    CLIENT_ID, Fault, OTHER_TENANT, RESOURCE_GROUP, SUBSCRIPTION, Standin, TENANT, TlsFault,
};

const ERROR: &str = "akv-xsoar: error: cannot list the vaults of the subscription `00000000-1111-2222-3333-444444444444`: ";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.list_vault("kv-prod");
    azure
}

#[test]
fn what_does_not_exist() {
    let azure = azure();
    let hint = "akv-xsoar: hint: check the id (`az account list`), the tenant (`--tenant-id`) and the cloud (`--cloud`)\n";
    for (id, words) in [
        (
            "99999999-1111-2222-3333-444444444444",
            "The subscription '99999999-1111-2222-3333-444444444444' could not be found",
        ),
        (
            "my-subscription",
            "The provided subscription identifier 'my-subscription' is malformed or invalid",
        ),
    ] {
        Akv::new()
            .args(["vaults", "--subscription-id", id])
            .app(&azure)
            .status(5)
            .stderr_has(format!(
                "akv-xsoar: error: cannot list the vaults of the subscription `{id}`: there is no such subscription in this tenant and cloud: {words}. (request id "
            ))
            .stderr_has(hint)
            .run();
        azure.expect(&[&azure.token_request(), "GET management.azure.com/*"]);
    }
    vaults(&azure)
        .args(["--resource-group", "rg-gone"])
        .status(5)
        .stderr_has("akv-xsoar: error: cannot list the vaults of the resource group `rg-gone` in the subscription `00000000-1111-2222-3333-444444444444`: there is no such resource group in the subscription: Resource group 'rg-gone' could not be found. (request id ")
        .stderr_has("akv-xsoar: hint: check the name (`az group list`)\n")
        .run();
    azure.expect(&[&azure.token_request(), "GET management.azure.com/*"]);
}

#[test]
fn an_identity_without_a_role() {
    let azure = azure();
    azure.deny_subscription(SUBSCRIPTION);
    vaults(&azure)
        .status(4)
        .stderr_has(format!(
            "{ERROR}the identity lacks a role there: The client '{CLIENT_ID}' with object id '"
        ))
        .stderr_has("akv-xsoar: hint: give it the role `Reader` on the subscription or resource group (`az role assignment create`), and wait some minutes; to read secrets of vaults that are named it is not needed\n")
        .run();
    azure.expect(&[&azure.token_request(), LIST]);

    // A role on the group is enough for the group.
    azure.allow_resource_group(SUBSCRIPTION, RESOURCE_GROUP);
    vaults(&azure)
        .args(["--resource-group", RESOURCE_GROUP])
        .stdout(line("kv-prod"))
        .run();
    azure.expect(&[&azure.token_request(), GROUP]);
}

#[test]
fn a_token_that_it_does_not_take() {
    let azure = azure();
    azure.subscription_tenant(SUBSCRIPTION, OTHER_TENANT);
    vaults(&azure)
        .status(4)
        .stderr_has(format!(
            "{ERROR}the subscription belongs to the tenant `{OTHER_TENANT}`, the token is of another one: The access token is from the wrong issuer"
        ))
        .stderr_has(format!(
            "akv-xsoar: hint: use an application of the subscription's tenant (`--tenant-id {OTHER_TENANT}`); a managed identity belongs to its machine's tenant alone\n"
        ))
        .run();
    let token = azure.token_request();
    azure.expect(&[&token, LIST, &token, LIST]);
    azure.subscription_tenant(SUBSCRIPTION, TENANT);

    for (code, what, hint) in [
        (
            "InvalidAuthenticationTokenTenant",
            "the subscription belongs to another tenant than the token: said",
            "use an application of the subscription's tenant; a managed identity belongs to its machine's tenant alone",
        ),
        (
            "InvalidAuthenticationTokenAudience",
            "the token is for another audience: said",
            "is it the right cloud (`--cloud`, `--management-endpoint`)?",
        ),
        (
            "ExpiredAuthenticationToken",
            "Resource Manager does not accept the token: said",
            "check the tenant and the cloud (`--cloud`, `--management-endpoint`)",
        ),
    ] {
        azure.mend();
        azure.fault(LIST, Fault::arm_error(401, code, "said"));
        vaults(&azure)
            .status(4)
            .stderr_has(format!("{ERROR}{what} (request id "))
            .stderr_has(format!("akv-xsoar: hint: {hint}\n"))
            .run();
        let token = azure.token_request();
        azure.expect(&[&token, LIST, &token, LIST]);
    }
}

#[test]
fn other_refusals() {
    for (fault, status, what, hint) in [
        (
            Fault::arm_error(403, "RequestDisallowedByPolicy", "said"),
            4,
            "Resource Manager denies access: said (request id ",
            "check the identity's roles, and the policies of its tenant",
        ),
        (
            Fault::arm_error(404, "InvalidResourceType", "said"),
            7,
            "Resource Manager answered 404 InvalidResourceType: said (request id ",
            "",
        ),
        (
            Fault::arm_error(404, "", "said"),
            7,
            "Resource Manager answered 404: said (request id ",
            "",
        ),
        (
            Fault::arm_error(409, "Odd\u{1b}[31m", ""),
            7,
            "Resource Manager answered 409 Odd [31m (request id ",
            "",
        ),
        (
            Fault::raw(403, "text/html", "<html>Canary"),
            7,
            "`management.azure.com` answered 403 with text/html, not with an error of Resource Manager's\n",
            "something that is not Azure answers there: an inspecting proxy, a wrong address?",
        ),
        (
            Fault::redirect("https://portal.example/"),
            7,
            "`management.azure.com` answered 302 with text/html, not with an error of Resource Manager's\n",
            "redirects are not followed: a captive portal or a proxy may be in the way",
        ),
        (
            Fault::arm_throttled(3600),
            8,
            "Resource Manager is throttled: The request is being throttled as the limit has been reached for operation type - Read_SubscriptionScope.",
            "give it more time with `--timeout SECONDS`, or try later",
        ),
    ] {
        let azure = azure();
        azure.fault(LIST, fault);
        vaults(&azure)
            .canary("Canary")
            .canary("portal.example")
            .status(status)
            .stderr_has(format!("{ERROR}{what}"))
            .stderr_has(hint)
            .run();
        azure.expect(&[&azure.token_request(), LIST]);
    }
}

/// No message shows a secret, whoever sends it back.
#[test]
fn an_echo_of_the_token() {
    let azure = azure();
    azure.fault(
        LIST,
        Fault::change(|request, answer| {
            let token = request
                .header("authorization")
                .unwrap_or_default()
                .to_owned();
            let body = serde_json::json!({"error": {"code": token, "message": token}});
            (answer.status, answer.body) = (400, body.to_string().into_bytes());
        }),
    );
    vaults(&azure)
        .status(7)
        .stderr_has(format!("{ERROR}Resource Manager answered 400 Bearer "))
        .run();
    azure.expect(&[&azure.token_request(), LIST]);
}

#[test]
fn what_passes_is_asked_for_again() {
    for fault in [
        Fault::arm_throttled(1),
        Fault::arm_error(503, "ServerTimeout", "said"),
        Fault::cut(),
    ] {
        let azure = azure();
        azure.fault(LIST, fault.once());
        vaults(&azure).stdout(line("kv-prod")).run();
        azure.expect(&[&azure.token_request(), LIST, LIST]);
    }
}

/// The token is asked for Resource Manager, so that the messages are its own.
#[test]
fn no_token_for_it() {
    let azure = azure();
    azure.fault(&azure.token_request(), Fault::aadsts(7_000_215));
    vaults(&azure)
        .status(3)
        .stderr_has(format!(
            "akv-xsoar: error: cannot get a token for the application `{CLIENT_ID}`: "
        ))
        .run();
    azure.expect(&[&azure.token_request()]);
    azure.mend();

    azure.tls_fault("management.azure.com", TlsFault::UnknownIssuer);
    vaults(&azure)
        .status(6)
        .stderr_has(format!("{ERROR}the certificate of `management.azure.com` was issued by nobody whom this program trusts\n"))
        .run();
    azure.expect(&[&azure.token_request()]);
}
