//! Identity endpoints that come up after this program, and what is said of those that never do.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::command::Akv;
use crate::files::private;
use crate::running::Output;
use crate::standin::{Fault, Listener, NOBODY, Scratch, Standin};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const MOVED: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

fn get(azure: &Standin) -> Akv<'_> {
    Akv::new().args(["get", "kv-prod/api"]).azure(azure)
}

/// `get` where App Service says that its endpoint is at this address.
fn get_as_app<'a>(azure: &'a Standin, address: &str) -> Akv<'a> {
    let header = azure.app_service().header;
    get(azure)
        .env("IDENTITY_ENDPOINT", format!("http://{address}/msi/token"))
        .env("IDENTITY_HEADER", header)
}

/// `get` where Arc's agent says the same.
fn get_as_server<'a>(azure: &'a Standin, address: &str) -> Akv<'a> {
    let endpoint = format!("http://{address}/metadata/identity/oauth2/token");
    get(azure)
        .env("IDENTITY_ENDPOINT", endpoint)
        .env("IMDS_ENDPOINT", format!("http://{address}"))
}

/// `get` on a machine whose metadata endpoint was moved there.
fn get_as_machine<'a>(azure: &'a Standin, address: &str) -> Akv<'a> {
    get(azure).env(MOVED, format!("http://{address}"))
}

/// A run on a machine whose endpoint is said to be at this address.
type Run = for<'a> fn(&'a Standin, &str) -> Akv<'a>;

/// Runs it, and opens the door some time after it has begun.
fn opened_late(azure: &Standin, run: Akv<'_>, listener: Listener, address: SocketAddr) -> Output {
    let run = run.stdout("value-of-api").spawn();
    thread::sleep(Duration::from_millis(1700));
    azure.listen(listener, address);
    run.wait()
}

#[test]
fn app_service_s_endpoint_comes_up_after_the_app() {
    let azure = azure();
    let address = Standin::address_to_come();
    let run = get_as_app(&azure, &address.to_string());
    opened_late(&azure, run, Listener::AppService, address);
    azure.expect(&["GET app-service/msi/token?*", READ]);
}

#[test]
fn a_sidecar_in_front_of_the_metadata_endpoint_comes_up_late() {
    let azure = azure();
    let address = Standin::address_to_come();
    let run = get_as_machine(&azure, &address.to_string());
    opened_late(&azure, run, Listener::Local, address);
    azure.expect(&["GET metadata/*", READ]);
}

/// What it answers first is no worse for the tries before.
#[test]
fn a_late_endpoint_that_is_busy_first() {
    let azure = azure();
    let address = Standin::address_to_come();
    azure.fault(
        "GET app-service/",
        Fault::app_service_error(500, "Not yet").once(),
    );
    let run = get_as_app(&azure, &address.to_string());
    opened_late(&azure, run, Listener::AppService, address);
    azure.expect(&["GET app-service/*", "GET app-service/*", READ]);
}

/// The waits before each further try, as `--verbose` tells them.
fn waits(output: &Output) -> Vec<f64> {
    let text = output.stderr_text();
    let waits = text.lines().filter_map(|line| {
        let (_, wait) = line.split_once(": try ")?.1.split_once(" in ")?;
        wait.strip_suffix(" s")?.parse().ok()
    });
    waits.collect()
}

#[test]
fn one_that_never_comes_up_is_tried_until_the_deadline() {
    let azure = azure();
    let kinds: [(Run, &str, &str); 3] = [
        (
            get_as_app,
            "the app's identity endpoint does not listen (no connection to `127.0.0.1` (127.0.0.1:1): connection refused)\n",
            "is it up? It comes some seconds after the app's start, and an init container has none; `IDENTITY_ENDPOINT` must be this app's\n",
        ),
        (
            get_as_server,
            "Azure Arc's agent does not listen (no connection to `127.0.0.1` (127.0.0.1:1): connection refused)\n",
            "is it running? `systemctl status himdsd`, `azcmagent show`\n",
        ),
        (
            get_as_machine,
            "there is no metadata endpoint here (no connection to `127.0.0.1` (127.0.0.1:1): connection refused)\n",
            "`AZURE_POD_IDENTITY_AUTHORITY_HOST` moves it to `http://127.0.0.1:1`: is what should listen there up?\n",
        ),
    ];
    thread::scope(|scope| {
        for (run, words, hint) in kinds {
            let azure = &azure;
            scope.spawn(move || {
                let output = run(azure, NOBODY)
                    .args(["--timeout", "16", "--verbose"])
                    .status(3)
                    .stderr_has(format!(
                        "akv-xsoar: error: cannot get a token for this machine's managed identity: {words}"
                    ))
                    .stderr_has(format!("akv-xsoar: hint: {hint}"))
                    .stderr_lacks("443")
                    .stderr_lacks("proxy")
                    .stderr_lacks("--connect-to")
                    .run();
                let waits = waits(&output);
                assert!(waits.len() >= 5, "{waits:?}");
                assert!(waits[0] < 1.0 && waits.iter().all(|wait| *wait <= 6.0), "{waits:?}");
                assert!(output.elapsed >= Duration::from_secs(15), "{output:?}");
                assert!(output.elapsed < Duration::from_millis(16_500), "{output:?}");
            });
        }
    });
    azure.expect(&[]);
}

#[test]
fn check_says_the_same() {
    let azure = azure();
    let header = azure.app_service().header;
    Akv::new()
        .args(["check", "kv-prod/api", "--timeout", "2"])
        .azure(&azure)
        .env("IDENTITY_ENDPOINT", format!("http://{NOBODY}/msi/token"))
        .env("IDENTITY_HEADER", header)
        .status(3)
        .stdout_has("FAILED token: cannot get a token for this machine's managed identity: the app's identity endpoint does not listen (no connection to `127.0.0.1` (127.0.0.1:1): connection refused); what to do: is it up? ")
        .run();
    azure.ignore_log();
}

/// What can help depends on who was to be reached, and how.
#[test]
fn a_connection_that_fails_has_the_hint_for_that_host_and_port() {
    let azure = azure();
    let directory = Scratch::new("late");
    private(&directory, "key", "Canary-key-of-xsoar");
    let lead = |to: &str| {
        private(
            &directory,
            "c.json",
            json!({"connect_to": [to], "timeout": 2}).to_string(),
        );
        Akv::new()
            .args(["get", "kv-prod/api", "--config", "c.json"])
            .args(["--tenant-id", "t.example", "--client-id", "c"])
            .env("AZURE_CLIENT_SECRET", "Canary-secret")
            .cwd(directory.path())
            .status(6)
    };
    lead(&format!("::{NOBODY}"))
        .stderr_has("hint: `--connect-to` leads there: does anything listen on port 1 of `127.0.0.1`, such as the tunnel or the private endpoint?\n")
        .stderr_lacks("443")
        .run();
    lead("unused.example:1:127.0.0.1:1")
        .args([
            "--authority-host",
            "127.0.0.1:1",
            "--vault-suffix",
            "vault.azure.net",
        ])
        .stderr_has("hint: does the service on this machine run, and listen on port 1?\n")
        .stderr_lacks("443")
        .run();
    Akv::new()
        .args(["push", "kv-prod/api", "--timeout", "2"])
        .args([
            "--xsoar-url",
            &format!("http://{NOBODY}"),
            "--xsoar-key-file",
            "key",
        ])
        .app(&azure)
        .cwd(directory.path())
        .status(6)
        .stderr_has("hint: does the service on this machine run, and listen on port 1?\n")
        .stderr_lacks("443")
        .run();
    azure.ignore_log();
}
