//! The stand-in held to the protocol: Resource Manager lists a subscription's vaults, to those who may know.

use percent_encoding::NON_ALPHANUMERIC;
use serde_json::{Value, json};

use super::{Client, connect, exchange, parsed};
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Fault, OTHER_TENANT, Paging, RESOURCE_GROUP, SUBSCRIPTION, Standin,
    TENANT,
};

const MANAGEMENT: &str = "management.azure.com";
const AUDIENCE: &str = "https://management.azure.com";
const VERSION: &str = "api-version=2022-07-01";
const VAULTS: &str = "providers/Microsoft.KeyVault/vaults";

/// Resource Manager, and somebody who asks it.
struct Caller {
    azure: Standin,
    client: Client,
    token: String,
}

impl Caller {
    fn new() -> Self {
        let azure = Standin::start();
        azure.ignore_log();
        let client = connect(&azure, MANAGEMENT);
        let token = azure.issue(AUDIENCE, TENANT);
        Self {
            azure,
            client,
            token,
        }
    }

    /// Sends what is given as `Authorization`.
    fn with(&mut self, authorization: &str, target: &str) -> String {
        let header = match authorization {
            "" => String::new(),
            value => format!("Authorization: {value}\r\n"),
        };
        let request = format!("GET {target} HTTP/1.1\r\nHost: {MANAGEMENT}\r\n{header}\r\n");
        exchange(&mut self.client, &request)
    }

    fn ask(&mut self, target: &str) -> (u16, Value) {
        let authorization = format!("Bearer {}", self.token);
        parsed(&self.with(&authorization, target))
    }

    /// The status and the code of a refusal, whose message says this.
    #[track_caller]
    fn refused(&mut self, target: &str, words: &str) -> (u16, String) {
        let (status, body) = self.ask(target);
        let message = body["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{body}");
        let code = body["error"]["code"].as_str().unwrap_or_default();
        (status, code.to_owned())
    }

    /// The names of the vaults there, in how many pages.
    fn names(&mut self, target: &str) -> (Vec<String>, usize) {
        let (mut names, mut pages) = (Vec::new(), 0);
        let mut target = target.to_owned();
        loop {
            let (status, body) = self.ask(&target);
            assert_eq!(status, 200, "{target}: {body}");
            let items = body["value"].as_array().unwrap();
            names.extend(
                items
                    .iter()
                    .map(|item| item["name"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            let Some(next) = body["nextLink"].as_str() else {
                return (names, pages);
            };
            next.strip_prefix(AUDIENCE).unwrap().clone_into(&mut target);
        }
    }
}

fn of(subscription: &str) -> String {
    format!("/subscriptions/{subscription}/{VAULTS}?{VERSION}")
}

fn of_group(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}/{VAULTS}?{VERSION}")
}

#[test]
fn a_vault_is_told_of_as_azure_tells_of_it() {
    let mut caller = Caller::new();
    caller.azure.list_vault("KV-Prod");
    let (status, body) = caller.ask(&of(SUBSCRIPTION));
    assert_eq!(status, 200);
    let id =
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/{VAULTS}/KV-Prod");
    let properties = json!({
        "sku": {"family": "A", "name": "standard"}, "tenantId": TENANT, "enableSoftDelete": true,
        "enableRbacAuthorization": true, "vaultUri": "https://kv-prod.vault.azure.net/",
        "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
    });
    let vault = json!({
        "id": id, "name": "KV-Prod", "type": "Microsoft.KeyVault/vaults", "location": "northeurope", "tags": {},
        "properties": properties,
    });
    assert_eq!(body, json!({"value": [vault]}));

    // Told again, in another way; older vaults do not say who reaches them.
    let list = |public| {
        let azure = &caller.azure;
        azure.list_in_subscription(
            "kv-prod",
            SUBSCRIPTION,
            RESOURCE_GROUP,
            "westeurope",
            public,
        );
        azure.arm_vault_uri("kv-prod", "https://kv-prod.example/");
    };
    list(None);
    let (_, body) = caller.ask(&of(SUBSCRIPTION));
    let told = &body["value"][0];
    assert_eq!(told["location"], "westeurope");
    assert_eq!(told["properties"]["vaultUri"], "https://kv-prod.example/");
    assert!(told["properties"].get("publicNetworkAccess").is_none());
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
}

#[test]
fn a_vault_is_in_one_subscription_and_one_group() {
    let mut caller = Caller::new();
    let elsewhere = "22222222-1111-2222-3333-444444444444";
    caller.azure.list_vault("kv-one");
    for (vault, subscription, group) in [
        ("kv-two", SUBSCRIPTION, "rg-other"),
        ("kv-three", elsewhere, RESOURCE_GROUP),
    ] {
        caller
            .azure
            .list_in_subscription(vault, subscription, group, "northeurope", Some(false));
    }
    for (target, expected) in [
        (of(SUBSCRIPTION), &["kv-one", "kv-two"][..]),
        (of_group(SUBSCRIPTION, RESOURCE_GROUP), &["kv-one"]),
        // Names have no case, nor do Azure's own words.
        (of_group(SUBSCRIPTION, "RG-Other"), &["kv-two"]),
        (of_group(SUBSCRIPTION, "rg%2Dother"), &["kv-two"]),
        (of(SUBSCRIPTION).to_lowercase(), &["kv-one", "kv-two"]),
        (of(elsewhere), &["kv-three"]),
    ] {
        assert_eq!(caller.names(&target).0, expected, "{target}");
    }
    caller.azure.resource_group(SUBSCRIPTION, "rg-empty");
    let empty = caller.names(&of_group(SUBSCRIPTION, "rg-empty"));
    assert_eq!(empty, (Vec::new(), 1));
}

#[test]
fn a_list_of_vaults_has_the_pages_it_was_told_to_have() {
    let mut caller = Caller::new();
    let all: Vec<String> = (1..=5).map(|number| format!("kv-{number:03}")).collect();
    for vault in &all {
        caller.azure.list_vault(vault);
    }
    assert_eq!(caller.names(&of(SUBSCRIPTION)), (all.clone(), 1));
    let two = format!("{}&$top=2", of(SUBSCRIPTION));
    assert_eq!(caller.names(&two), (all.clone(), 3));
    caller.azure.arm_paging(Paging {
        size: 2,
        empty: 1,
        last: None,
    });
    let (status, first) = caller.ask(&of(SUBSCRIPTION));
    assert_eq!((status, first["value"].clone()), (200, json!([])));
    let next = first["nextLink"].as_str().unwrap();
    assert!(next.starts_with(AUDIENCE), "{next}");
    assert!(next.contains("%24skiptoken="), "{next}");
    caller.azure.arm_paging(Paging {
        size: 2,
        empty: 2,
        last: Some(Value::Null),
    });
    assert_eq!(caller.names(&of(SUBSCRIPTION)), (all, 11));
    for wrong in ["$top=0", "$top=x", "$skiptoken=x"] {
        let target = format!("{}&{wrong}", of(SUBSCRIPTION));
        assert_eq!(caller.ask(&target).0, 400, "{wrong}");
    }
}

#[test]
fn what_it_is_not_asked_rightly_it_refuses() {
    let mut caller = Caller::new();
    let target = format!("/subscriptions/{SUBSCRIPTION}/{VAULTS}");
    let required = "The api-version query parameter (?api-version=) is required for all requests.";
    let missing = caller.refused(&target, required);
    assert_eq!(missing, (400, "MissingApiVersionParameter".into()));
    let unknown = caller.refused(
        &format!("{target}?api-version=7.4"),
        "The api-version '7.4' is invalid. The supported versions are '",
    );
    assert_eq!(unknown, (400, "InvalidApiVersionParameter".into()));

    let id = "00000000-0000-0000-0000-00000000dead";
    let absent = caller.refused(
        &of(id),
        &format!("The subscription '{id}' could not be found."),
    );
    assert_eq!(absent, (404, "SubscriptionNotFound".into()));
    let malformed = caller.refused(
        &of("Pay-As-You-Go"),
        "The provided subscription identifier 'Pay-As-You-Go' is malformed or invalid.",
    );
    assert_eq!(malformed, (400, "InvalidSubscriptionId".into()));
    let absent = caller.refused(
        &of_group(SUBSCRIPTION, "rg-none"),
        "Resource group 'rg-none' could not be found.",
    );
    assert_eq!(absent, (404, "ResourceGroupNotFound".into()));

    assert!(caller.azure.take_violations().is_empty());
    caller.ask(&format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Web/sites?{VERSION}"
    ));
    assert_eq!(caller.azure.take_violations().len(), 1);
}

#[test]
fn a_role_on_the_group_is_no_role_on_the_subscription() {
    let mut caller = Caller::new();
    caller.azure.list_vault("kv-prod");
    caller.azure.deny_subscription(SUBSCRIPTION);
    let denied = caller.refused(
        &of(SUBSCRIPTION),
        &format!("does not have authorization to perform action 'Microsoft.KeyVault/vaults/read' over scope '/subscriptions/{SUBSCRIPTION}' or the scope is invalid."),
    );
    assert_eq!(denied, (403, "AuthorizationFailed".into()));
    let client = format!("The client '{CLIENT_ID}' with object id '");
    let denied = caller.refused(&of_group(SUBSCRIPTION, RESOURCE_GROUP), &client);
    assert_eq!(denied, (403, "AuthorizationFailed".into()));
    caller
        .azure
        .allow_resource_group(SUBSCRIPTION, RESOURCE_GROUP);
    let (names, _) = caller.names(&of_group(SUBSCRIPTION, RESOURCE_GROUP));
    assert_eq!(names, ["kv-prod"]);
    assert_eq!(caller.ask(&of(SUBSCRIPTION)).0, 403);
}

#[test]
fn a_token_is_for_it_or_is_refused() {
    let mut caller = Caller::new();
    for (audience, good) in [
        ("https://management.azure.com", true),
        ("https://management.azure.com/", true),
        ("https://vault.azure.net", false),
    ] {
        caller.token = caller.azure.issue(audience, TENANT);
        let status = caller.ask(&of(SUBSCRIPTION)).0;
        assert_eq!(status == 200, good, "{audience}: {status}");
    }
    let wrong = caller.refused(
        &of(SUBSCRIPTION),
        "The access token has been obtained for wrong audience or resource 'https://vault.azure.net'. It should exactly match with one of the allowed audiences 'https://management.azure.com/','https://management.azure.com'.",
    );
    assert_eq!(wrong, (401, "InvalidAuthenticationTokenAudience".into()));

    caller.token = caller.azure.issue(AUDIENCE, OTHER_TENANT);
    let wrong = caller.refused(
        &of(SUBSCRIPTION),
        &format!("The access token is from the wrong issuer 'https://sts.windows.net/{OTHER_TENANT}/'. It must match the tenant 'https://sts.windows.net/{TENANT}/' associated with this subscription."),
    );
    assert_eq!(wrong, (401, "InvalidAuthenticationTokenTenant".into()));
    caller.azure.subscription_tenant(SUBSCRIPTION, OTHER_TENANT);
    assert_eq!(caller.ask(&of(SUBSCRIPTION)).0, 200);

    caller.azure.revoke_tokens();
    let old = caller.refused(&of(SUBSCRIPTION), "is earlier than current UTC time");
    assert_eq!(old, (401, "ExpiredAuthenticationToken".into()));
    for (authorization, code) in [
        ("", "AuthenticationFailed"),
        ("Basic eDp5", "AuthenticationFailedInvalidHeader"),
        ("Bearer made-up", "InvalidAuthenticationToken"),
    ] {
        let answer = caller.with(authorization, &of(SUBSCRIPTION));
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
        let challenge = format!(
            "WWW-Authenticate: Bearer authorization_uri=\"https://login.microsoftonline.com/{OTHER_TENANT}\", error=\"invalid_token\""
        );
        assert!(answer.contains(&challenge), "{answer}");
    }
}

#[test]
fn everybody_who_gives_tokens_gives_them_for_it() {
    let mut caller = Caller::new();
    let authority = "login.microsoftonline.com";
    let secret = percent_encoding::utf8_percent_encode(CLIENT_SECRET, NON_ALPHANUMERIC);
    for scope in [AUDIENCE.to_owned(), format!("{AUDIENCE}/")] {
        let form = format!(
            "client_id={CLIENT_ID}&client_secret={secret}&grant_type=client_credentials&scope={scope}/.default"
        );
        let length = form.len();
        let request = format!(
            "POST /{TENANT}/oauth2/v2.0/token HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        );
        let answer = exchange(&mut connect(&caller.azure, authority), &request);
        caller.token = token_in(&answer);
        assert_eq!(caller.ask(&of(SUBSCRIPTION)).0, 200, "{scope}");
    }

    let app_service = caller.azure.app_service();
    let metadata = caller.azure.metadata_url();
    let arc = caller.azure.arc().identity_endpoint;
    caller.azure.arc_challenges(false);
    for (url, header) in [
        (
            format!("{arc}?api-version=2020-06-01"),
            "Metadata: true".to_owned(),
        ),
        (
            format!("{metadata}/metadata/identity/oauth2/token?api-version=2018-02-01"),
            "Metadata: true".to_owned(),
        ),
        (
            format!("{}?api-version=2019-08-01", app_service.endpoint),
            format!(
                "Metadata: true\r\nX-IDENTITY-HEADER: {}",
                app_service.header
            ),
        ),
    ] {
        let (host, target) = url
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let mut socket = std::net::TcpStream::connect(host).unwrap();
        for resource in [AUDIENCE.to_owned(), format!("{AUDIENCE}/")] {
            let request = format!(
                "GET /{target}&resource={resource} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n\r\n"
            );
            caller.token = token_in(&exchange(&mut socket, &request));
            assert_eq!(caller.ask(&of(SUBSCRIPTION)).0, 200, "{url} {resource}");
        }
    }
}

fn token_in(answer: &str) -> String {
    let (status, body) = parsed(answer);
    assert_eq!(status, 200, "{answer}");
    body["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn it_is_where_the_cloud_has_it() {
    for (suffix, host) in [
        ("vault.azure.net", "management.azure.com"),
        ("vault.usgovcloudapi.net", "management.usgovcloudapi.net"),
        ("vault.azure.cn", "management.chinacloudapi.cn"),
        ("vault.microsoftazure.de", "management.microsoftazure.de"),
        ("vault.sovcloud-api.fr", "management.sovcloud-api.fr"),
        (
            "vault.cloudapi.eaglex.ic.gov",
            "management.azure.eaglex.ic.gov",
        ),
        (
            "vault.cloudapi.microsoft.scloud",
            "management.azure.microsoft.scloud",
        ),
        ("vault.example", "arm.example"),
    ] {
        let mut builder = Standin::builder().cloud("login.example", suffix);
        if suffix.ends_with("example") {
            builder = builder.management("arm.example");
        }
        let azure = builder.start();
        azure.ignore_log();
        azure.list_vault("kv-prod");
        let token = azure.issue(&format!("https://{host}"), TENANT);
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n",
            of(SUBSCRIPTION)
        );
        let (status, body) = parsed(&exchange(&mut connect(&azure, host), &request));
        assert_eq!(status, 200, "{host}: {body}");
        let uri = format!("https://kv-prod.{suffix}/");
        assert_eq!(body["value"][0]["properties"]["vaultUri"], uri);
    }
}

#[test]
fn it_goes_wrong_in_the_ways_it_is_told_to() {
    let mut caller = Caller::new();
    let route = format!("GET {MANAGEMENT}/subscriptions/");
    caller.azure.fault(&route, Fault::arm_throttled(17).once());
    let throttled = caller.refused(&of(SUBSCRIPTION), "Please try again after '17' seconds.");
    assert_eq!(throttled, (429, "SubscriptionRequestsThrottled".into()));
    assert_eq!(caller.ask(&of(SUBSCRIPTION)).0, 200);
}
