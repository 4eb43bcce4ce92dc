//! Ranks over every proof that an application can have, and over managed identities.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Given, METADATA, READ, STRAY, application, azure, given, identity_line};
use crate::files::private;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, OTHER_TENANT, Scratch, Standin, TENANT, USER_CLIENT_ID,
    USER_RESOURCE_ID,
};

const IDS: [&str; 4] = ["--tenant-id", TENANT, "--client-id", CLIENT_ID];

/// An application that Azure knows by every proof there is, and the files with its proofs.
pub(super) struct Proofs {
    pub(super) azure: Standin,
    pub(super) directory: Scratch,
    /// The private key in PEM.
    pub(super) key: String,
    /// The certificate's, as the portal shows it.
    pub(super) thumbprint: String,
    token: String,
}

impl Proofs {
    pub(super) fn new() -> Self {
        let azure = azure();
        let directory = Scratch::new("choice");
        let (key, certificate) = azure.certificate();
        let token = azure.federate();
        private(&directory, "app.pem", certificate.pem() + key.pkcs8());
        private(&directory, "token", &token);
        Self {
            azure,
            directory,
            key: key.pkcs8().to_owned(),
            thumbprint: certificate.thumbprint(),
            token,
        }
    }

    /// The run succeeds as the application, with this proof, and says why.
    #[track_caller]
    pub(super) fn check(&self, given: &Given, sent: &str, because: &str) {
        let proof = match sent {
            "PS256" | "RS256" => "certificate",
            other => other,
        };
        given
            .run_in(&self.directory, &self.azure)
            .arg("--verbose")
            .canary(&self.key)
            .stdout("value-of-api")
            .stderr_has(identity_line(&application(proof), because))
            .run();
        self.azure.expect(&[&self.azure.token_request(), READ]);
        assert_eq!(self.sent(), sent, "{given}");
    }

    /// The proof in the last form: `secret`, `federated token`, or the algorithm that a certificate's key signed with.
    fn sent(&self) -> String {
        let requests = self.azure.requests();
        let last = requests.iter().rfind(|request| request.method == "POST");
        let form = last.expect("a request for a token").form();
        let field = |name: &str| {
            let mut fields = form.iter();
            fields.find(|(found, _)| found == name).map(|(_, v)| v)
        };
        assert_eq!(field("client_id").map(String::as_str), Some(CLIENT_ID));
        match (field("client_secret"), field("client_assertion")) {
            (Some(secret), None) => {
                assert_eq!(secret, CLIENT_SECRET);
                "secret".to_owned()
            }
            (None, Some(assertion)) if *assertion == self.token => "federated token".to_owned(),
            (None, Some(assertion)) => {
                let header = assertion.split('.').next().unwrap_or_default();
                let header = URL_SAFE_NO_PAD.decode(header).expect("a header");
                let header: Value = serde_json::from_slice(&header).expect("JSON");
                header["alg"].as_str().unwrap_or_default().to_owned()
            }
            _ => panic!("not one proof: {form:?}"),
        }
    }
}

fn ids_in_env(given: Given) -> Given {
    given
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_ID", CLIENT_ID)
}

/// Ids that belong to nothing here.
fn stray_ids(given: Given) -> Given {
    given
        .env("AZURE_TENANT_ID", OTHER_TENANT)
        .env("AZURE_CLIENT_ID", STRAY)
}

/// The ids, and something more.
fn with_ids(json: &Value) -> Value {
    let mut all = json!({"tenant_id": TENANT, "client_id": CLIENT_ID});
    let fields = json.as_object().expect("an object").clone();
    all.as_object_mut().expect("an object").extend(fields);
    all
}

#[test]
fn every_proof_at_every_rank() {
    let proofs = Proofs::new();
    let on_line = |origin: &str| format!("`{origin}` with `--client-id` and `--tenant-id`");
    let in_env = |origin: &str| format!("`{origin}` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`");
    let in_file = |origin: &str| {
        format!(
            "`{origin}` in `config.json` with `client_id` in `config.json` and `tenant_id` in `config.json`"
        )
    };
    for (option, path, sent) in [
        ("--client-secret-file", "secret", "secret"),
        ("--client-certificate", "app.pem", "PS256"),
        ("--federated-token-file", "token", "federated token"),
    ] {
        let set = given().args(&IDS).args(&[option, path]);
        proofs.check(&set, sent, &on_line(option));
        // The same in the file, whose strays are the environment's.
        let key = option.trim_start_matches("--").replace('-', "_");
        let json = json!({key.clone(): path});
        let set = stray_ids(given()).file(&with_ids(&json));
        proofs.check(&set, sent, &in_file(&key));
    }
    for (variable, value, sent) in [
        ("AZURE_CLIENT_SECRET", CLIENT_SECRET, "secret"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem", "PS256"),
        ("AZURE_FEDERATED_TOKEN_FILE", "token", "federated token"),
    ] {
        let set = ids_in_env(given().env(variable, value));
        proofs.check(&set, sent, &in_env(variable));
    }
    // XSOAR's own words for a certificate, today's and yesterday's.
    let (key, thumbprint) = (&proofs.key, &proofs.thumbprint);
    let line = key.trim_end().replace('\n', " ");
    for json in [
        json!({"private_key": key, "credentials_certificate_thumbprint": {"identifier": "", "password": thumbprint}}),
        json!({"private_key": line, "certificate_thumbprint": thumbprint.to_lowercase()}),
        json!({"private_key": {"password": line}, "certificate_thumbprint": {"password": thumbprint}}),
    ] {
        let set = stray_ids(given()).file(&with_ids(&json));
        proofs.check(&set, "RS256", &in_file("private_key"));
    }
}

#[test]
fn the_highest_rank_that_names_a_proof_decides() {
    let proofs = Proofs::new();
    let certificate = |more: Value| {
        let mut json = with_ids(&more);
        json["private_key"] = json!(proofs.key);
        json["certificate_thumbprint"] = json!(proofs.thumbprint);
        json
    };
    let all_in_env = || {
        given()
            .env("AZURE_CLIENT_SECRET", "stray secret")
            .env("AZURE_CLIENT_CERTIFICATE_PATH", "gone.pem")
            .env("AZURE_FEDERATED_TOKEN_FILE", "gone")
    };
    // What Azure Workload Identity's webhook sets.
    let pod = || {
        ids_in_env(given())
            .env("AZURE_FEDERATED_TOKEN_FILE", "token")
            .env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/")
    };
    for (given, sent, because) in [
        // The command line's, whatever is below it, were it contradictory, half or unreadable.
        (
            stray_ids(all_in_env())
                .args(&IDS)
                .args(&["--client-certificate", "app.pem"])
                .file(&json!({"use_managed_identities": true})),
            "PS256",
            "`--client-certificate` with `--client-id` and `--tenant-id`",
        ),
        (
            stray_ids(all_in_env())
                .args(&IDS)
                .args(&["--federated-token-file", "token"])
                .file(&json!({"private_key": "half"})),
            "federated token",
            "`--federated-token-file` with `--client-id` and `--tenant-id`",
        ),
        (
            pod()
                .args(&["--client-secret-file", "secret"])
                .file(&certificate(json!({}))),
            "secret",
            "`--client-secret-file` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`",
        ),
        // The environment's before the file's.
        (
            pod().file(&certificate(json!({"tenant_id": OTHER_TENANT}))),
            "federated token",
            "`AZURE_FEDERATED_TOKEN_FILE` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`",
        ),
        (
            pod().file(&json!({"use_managed_identities": true})),
            "federated token",
            "`AZURE_FEDERATED_TOKEN_FILE` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`",
        ),
        (
            given()
                .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
                .file(&certificate(json!({}))),
            "PS256",
            "`AZURE_CLIENT_CERTIFICATE_PATH` with `client_id` in `config.json` and `tenant_id` in `config.json`",
        ),
        (
            ids_in_env(given())
                .env("AZURE_CLIENT_SECRET", CLIENT_SECRET)
                .file(&json!({"client_certificate": "gone.pem", "client_id": STRAY})),
            "secret",
            "`AZURE_CLIENT_SECRET` with `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`",
        ),
        // What is missing is filled in; the command line's ids always win.
        (
            stray_ids(given())
                .args(&IDS)
                .file(&certificate(json!({"tenant_id": OTHER_TENANT}))),
            "RS256",
            "`private_key` in `config.json` with `--client-id` and `--tenant-id`",
        ),
        (
            given()
                .args(&["--tenant-id", TENANT])
                .env("AZURE_TENANT_ID", OTHER_TENANT)
                .env("AZURE_FEDERATED_TOKEN_FILE", "token")
                .file(&json!({"client_id": CLIENT_ID})),
            "federated token",
            "`AZURE_FEDERATED_TOKEN_FILE` with `client_id` in `config.json` and `--tenant-id`",
        ),
        (
            given()
                .args(&["--client-certificate", "app.pem"])
                .env("AZURE_CLIENT_ID", CLIENT_ID)
                .file(&json!({"tenant_id": TENANT, "client_id": STRAY})),
            "PS256",
            "`--client-certificate` with `AZURE_CLIENT_ID` and `tenant_id` in `config.json`",
        ),
        // What counts only with `use_managed_identities`.
        (
            given().file(&certificate(json!({"managed_identities_client_id": USER_CLIENT_ID, "use_managed_identities": false}))),
            "RS256",
            "`private_key` in `config.json` with `client_id` in `config.json` and `tenant_id` in `config.json`",
        ),
    ] {
        proofs.check(&given, sent, because);
    }
}

/// Never workload, and never with an application's id.
#[test]
fn a_managed_identity_above_every_proof() {
    let proofs = Proofs::new();
    let resource_id = USER_RESOURCE_ID.replace('/', "%2F");
    for (given, query, because) in [
        (
            ids_in_env(given())
                .env("AZURE_FEDERATED_TOKEN_FILE", "token")
                .args(&["--managed-identity"]),
            String::new(),
            "`--managed-identity` says so",
        ),
        (
            ids_in_env(given())
                .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
                .args(&["--managed-identity-client-id", USER_CLIENT_ID])
                .file(&json!({"federated_token_file": "token"})),
            format!("&client_id={USER_CLIENT_ID}"),
            "`--managed-identity-client-id` says so",
        ),
        (
            ids_in_env(given())
                .args(&["--managed-identity-resource-id", USER_RESOURCE_ID])
                .file(&json!({"private_key": "half"})),
            format!("&msi_res_id={resource_id}"),
            "`--managed-identity-resource-id` says so",
        ),
    ] {
        given
            .run_in(&proofs.directory, &proofs.azure)
            .arg("--verbose")
            .stdout("value-of-api")
            .stderr_has(format!(", by the metadata endpoint: {because}\n"))
            .run();
        proofs.azure.expect(&[&format!("{METADATA}{query}"), READ]);
    }
}

/// Half an application, whatever its proof.
#[test]
fn a_proof_without_its_ids() {
    const NO_TENANT: &str = "no tenant id (`--tenant-id`, `AZURE_TENANT_ID`, `tenant_id`)";
    const NO_CLIENT: &str = "no client id (`--client-id`, `AZURE_CLIENT_ID`, `client_id`)";

    let proofs = Proofs::new();
    for (given, origin, missing) in [
        (
            given().args(&["--client-certificate", "app.pem"]),
            "`--client-certificate`",
            format!("{NO_TENANT}, and {NO_CLIENT}"),
        ),
        (
            given()
                .env("AZURE_FEDERATED_TOKEN_FILE", "token")
                .env("AZURE_CLIENT_ID", CLIENT_ID),
            "`AZURE_FEDERATED_TOKEN_FILE`",
            NO_TENANT.to_owned(),
        ),
        (
            given().file(&json!({
                "private_key": proofs.key, "certificate_thumbprint": proofs.thumbprint, "tenant_id": TENANT,
            })),
            "`private_key` in `config.json`",
            NO_CLIENT.to_owned(),
        ),
    ] {
        given
            .run_in(&proofs.directory, &proofs.azure)
            .canary(&proofs.key)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {origin} is half an application: there is {missing}\n{}",
                super::refusals::MISSING
            ))
            .run();
        proofs.azure.expect(&[]);
    }
}
