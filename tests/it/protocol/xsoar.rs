//! The stand-in held to the protocol: an XSOAR server's credential store, and who may use it.

use std::net::TcpStream;
use std::thread;

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{connect, exchange, parsed};
use crate::standin::{
    Credential, Fault, KeyRights, Standin, TENANT, XSOAR_KEY, XSOAR_KEY_ID, Xsoar,
};

const CREDENTIALS: &str = "/settings/credentials";

/// A server, and somebody who uses it.
struct Store {
    azure: Standin,
    url: String,
    /// What stands before a call's path.
    prefix: &'static str,
    headers: Vec<(String, String)>,
}

impl Store {
    fn new(xsoar: Xsoar) -> Self {
        let azure = Standin::start();
        azure.ignore_log();
        let url = azure.xsoar(xsoar);
        let mut store = Self {
            azure,
            url,
            prefix: "",
            headers: Vec::new(),
        };
        store.header("Accept", "application/json");
        store.header("Content-Type", "application/json");
        store.header("Authorization", XSOAR_KEY);
        store
    }

    fn six() -> Self {
        Self::new(Xsoar::six())
    }

    /// Version 8, with a key's number.
    fn eight(xsoar: Xsoar) -> Self {
        let mut store = Self::new(xsoar);
        store.prefix = "/xsoar/public/v1";
        store.header("x-xdr-auth-id", XSOAR_KEY_ID);
        store
    }

    /// Sends this header from now on; an empty one no more.
    fn header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(before, _)| before != name);
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Sends what an advanced key makes.
    fn sign(&mut self, key: &str, nonce: &str, milliseconds: i64) {
        let proof = digest(&SHA256, format!("{key}{nonce}{milliseconds}").as_bytes());
        let hex: Vec<String> = proof.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        self.header("Authorization", &hex.concat());
        self.header("x-xdr-nonce", nonce);
        self.header("x-xdr-timestamp", &milliseconds.to_string());
    }

    /// The whole answer, as text.
    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap();
        let (host, account) = rest.split_once('/').unwrap_or((rest, ""));
        let account = if account.is_empty() {
            ""
        } else {
            &rest[host.len()..]
        };
        let headers = self.headers.iter();
        let headers: Vec<String> = headers
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let request = format!(
            "{method} {account}{}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n{}\r\n{body}",
            self.prefix,
            body.len(),
            headers.concat()
        );
        if scheme == "https" {
            exchange(&mut connect(&self.azure, host), &request)
        } else {
            exchange(&mut TcpStream::connect(host).unwrap(), &request)
        }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        parsed(&self.send(method, path, &body.to_string()))
    }

    fn put(&self, body: &Value) -> (u16, Value) {
        self.ask("PUT", CREDENTIALS, body)
    }

    /// The names on a page, and how many there are.
    fn page(&self, page: usize, size: usize) -> (Vec<String>, u64) {
        let (status, body) = self.ask("POST", CREDENTIALS, &json!({"page": page, "size": size}));
        assert_eq!(status, 200, "{body}");
        let listed = body["credentials"].as_array().unwrap();
        let names = listed
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        (names.collect(), body["total"].as_u64().unwrap())
    }

    /// Whether the key is good.
    fn is_open(&self) -> bool {
        self.ask("POST", CREDENTIALS, &json!({"page": 0, "size": 1}))
            .0
            == 200
    }
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn nonce(first: char) -> String {
    format!("{first}{}", "n0nce".repeat(13).split_at(63).0)
}

#[test]
fn a_credential_is_created_and_updated_and_its_password_is_never_told() {
    let store = Store::six();
    let new = json!({"name": "kv-prod/api", "user": "api", "password": "Pa55word-1", "version": -1, "comment": "ours"});
    let (status, created) = store.put(&new);
    assert_eq!(status, 200);
    for (field, value) in [
        ("id", json!("kv-prod/api")),
        ("name", json!("kv-prod/api")),
        ("user", json!("api")),
        ("comment", json!("ours")),
        ("version", json!(1)),
        ("hasPassword", json!(true)),
        ("password", json!("")),
    ] {
        assert_eq!(created[field], value, "{field}");
    }
    let update = json!({"id": "kv-prod/api", "name": "kv-prod/renamed", "user": "api2", "password": "Pa55word-2", "version": 1});
    let (status, updated) = store.put(&update);
    assert_eq!((status, &updated["version"]), (200, &json!(2)));
    assert_eq!(updated["id"], "kv-prod/api");

    let (_, listed) = store.ask("POST", CREDENTIALS, &json!({"page": 0, "size": 500}));
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["credentials"][0]["name"], "kv-prod/renamed");
    assert!(!listed.to_string().contains("Pa55word"));
    // What was left out is empty.
    let kept = Credential::new("kv-prod/renamed", "api2", "Pa55word-2")
        .id("kv-prod/api")
        .version(2);
    assert_eq!(store.azure.store(), [Credential { writes: 2, ..kept }]);
    assert!(store.azure.values().contains(&"Pa55word-2".to_owned()));
}

#[test]
fn who_does_not_know_the_version_does_not_write() {
    for status in [400, 409] {
        let store = Store::new(Xsoar::six().conflict(status));
        store
            .azure
            .xsoar_credential(Credential::new("api", "api", "old").version(7));
        let body = |version: i64| json!({"id": "api", "name": "api", "user": "u", "password": "new", "version": version});
        for version in [0, 1, 6, 8] {
            let (refused, body) = store.put(&body(version));
            assert_eq!(
                (refused, &body["id"]),
                (status, &json!("errOptimisticLock"))
            );
        }
        // A name that is there is not created again, nor taken by another.
        let (refused, _) = store.put(&json!({"name": "api", "password": "new", "version": -1}));
        assert_eq!(refused, status);
        store
            .azure
            .xsoar_credential(Credential::new("other", "", ""));
        let (refused, _) = store.put(&json!({"id": "other", "name": "api", "version": 1}));
        assert_eq!(refused, status);
        assert_eq!(store.azure.store()[0].password, "old");

        store
            .azure
            .xsoar_change("api", |credential| credential.user.push('2'));
        assert_eq!(store.put(&body(7)).0, status);
        assert_eq!(store.put(&body(8)).0, 200);
        // Whichever it is.
        assert_eq!(store.put(&body(-1)).0, 200);
        let kept = &store.azure.store()[0];
        assert_eq!(
            (kept.version, kept.writes, kept.password.as_str()),
            (10, 2, "new")
        );
        let absent = json!({"id": "nobody", "name": "nobody", "version": -1});
        assert_eq!(store.put(&absent).0, 404);
    }
}

#[test]
fn what_is_never_told_is_kept() {
    let store = Store::six();
    let credential = Credential::new("api", "api", "old")
        .sshkey("a key")
        .workgroup("soc");
    store.azure.xsoar_credential(credential);
    let (_, listed) = store.ask("POST", CREDENTIALS, &json!({"page": 0, "size": 5}));
    assert_eq!(listed["credentials"][0]["workgroup"], "soc");
    store.put(&json!({"id": "api", "name": "api", "user": "api", "version": 1}));
    let kept = &store.azure.store()[0];
    assert_eq!(
        (kept.password.as_str(), kept.sshkey.as_str()),
        ("old", "a key")
    );
    assert_eq!(kept.workgroup, "");
}

#[test]
fn a_page_is_no_longer_than_the_server_wants() {
    let store = Store::new(Xsoar::six().page_limit(50));
    let names: Vec<String> = (0..120)
        .map(|number| format!("credential-{number:03}"))
        .collect();
    for name in &names {
        store.azure.xsoar_credential(Credential::new(name, "", ""));
    }
    for (page, size, range) in [
        (0, 500, 0..50),
        (1, 500, 50..100),
        (2, 500, 100..120),
        (3, 500, 120..120),
        (1, 7, 7..14),
        (0, 0, 0..0),
    ] {
        assert_eq!(
            store.page(page, size),
            (names[range].to_vec(), 120),
            "{page} {size}"
        );
    }
    assert_eq!(Store::six().page(0, 500), (Vec::new(), 0));
}

#[test]
fn version_6_takes_the_key_as_it_is() {
    let mut store = Store::six();
    assert!(store.is_open());
    for wrong in ["", "wrong", &format!("Bearer {XSOAR_KEY}")] {
        store.header("Authorization", wrong);
        let (status, body) = store.ask("POST", CREDENTIALS, &json!({"page": 0, "size": 1}));
        // So it says, to everybody without a good key.
        let found = (status, &body["id"], &body["detail"]);
        assert_eq!(
            found,
            (403, &json!("forbidden"), &json!("Issue with CSRF code"))
        );
    }
}

#[test]
fn version_6_may_have_accounts() {
    let mut store = Store::new(Xsoar::six().account("TENANT"));
    assert_eq!(store.url, "https://xsoar.example/acc_TENANT");
    assert!(store.is_open());
    store.url = "https://xsoar.example".to_owned();
    assert!(!store.is_open());
    assert_eq!(store.azure.take_violations().len(), 1);
}

#[test]
fn version_8_takes_the_key_with_its_number() {
    let mut store = Store::eight(Xsoar::eight());
    assert_eq!(store.url, "https://api-xsoar.example");
    assert!(store.is_open());
    store.prefix = "/xsoar";
    assert!(store.is_open());
    for (key, id) in [(XSOAR_KEY, ""), (XSOAR_KEY, "18"), ("wrong", XSOAR_KEY_ID)] {
        store.header("Authorization", key);
        store.header("x-xdr-auth-id", id);
        let (status, body) = store.ask("POST", CREDENTIALS, &json!({"page": 0, "size": 1}));
        let reply = &body["reply"];
        assert_eq!((status, &reply["err_code"]), (401, &json!(401)));
        assert_eq!(reply["err_msg"], "Public API request unauthorized");
    }
    assert!(store.azure.take_violations().is_empty());
    store.prefix = "";
    store.is_open();
    assert_eq!(store.azure.take_violations().len(), 1);
}

#[test]
fn an_advanced_key_proves_itself_once() {
    let mut store = Store::eight(Xsoar::eight().advanced());
    // The key itself is not enough.
    assert!(!store.is_open());
    store.sign(XSOAR_KEY, &nonce('a'), now());
    assert!(store.is_open());
    for (key, nonce, time) in [
        ("another-key", nonce('b'), now()),
        (XSOAR_KEY, nonce('c'), now() - 6 * 60_000),
        (XSOAR_KEY, nonce('d'), now() + 6 * 60_000),
        // Seconds are no milliseconds.
        (XSOAR_KEY, nonce('e'), now() / 1000),
    ] {
        store.sign(key, &nonce, time);
        assert!(!store.is_open(), "{key} {nonce} {time}");
        assert!(store.azure.take_violations().is_empty());
    }
    for wrong in [
        nonce('a'),
        "short".to_owned(),
        format!("-{}", &nonce('f')[1..]),
    ] {
        store.sign(XSOAR_KEY, &wrong, now());
        assert!(!store.is_open(), "{wrong}");
        assert_eq!(store.azure.take_violations().len(), 1, "{wrong}");
    }
    // What matters is the server's clock.
    store.azure.clock_ahead(3600);
    store.sign(XSOAR_KEY, &nonce('g'), now());
    assert!(!store.is_open());
    store.sign(XSOAR_KEY, &nonce('h'), now() + 3_600_000);
    assert!(store.is_open());
    store.header("x-xdr-auth-id", "18");
    store.sign(XSOAR_KEY, &nonce('i'), now() + 3_600_000);
    assert!(!store.is_open());
}

#[test]
fn a_key_may_do_less() {
    for (store, code) in [
        (Store::six(), "/id"),
        (Store::eight(Xsoar::eight()), "/reply/err_code"),
    ] {
        store.azure.xsoar_rights(KeyRights::Read);
        assert!(store.is_open());
        let (status, body) = store.put(&json!({"name": "api", "version": -1}));
        assert_eq!(status, 403);
        assert!(body.pointer(code).is_some(), "{body}");
        store.azure.xsoar_rights(KeyRights::Nothing);
        assert!(!store.is_open());
        assert!(store.azure.store().is_empty());
    }
}

#[test]
fn it_notices_what_no_client_should_do_at_xsoar() {
    let mut store = Store::six();
    store.azure.xsoar_credential(Credential::new("api", "", ""));
    let violates = |store: &Store, method: &str, path: &str, body: &str, status: u16| {
        let (found, _) = parsed(&store.send(method, path, body));
        assert_eq!(found, status, "{method} {path} {body}");
        assert_eq!(
            store.azure.take_violations().len(),
            1,
            "{method} {path} {body}"
        );
    };
    let list = r#"{"page":0,"size":1}"#;
    violates(&store, "GET", "/settings/credentials", "", 404);
    violates(&store, "POST", "/incident", list, 404);
    violates(&store, "POST", "/settings/credentials?page=0", list, 200);
    violates(&store, "PUT", CREDENTIALS, "{", 400);
    violates(
        &store,
        "POST",
        "/settings/credentials/delete",
        r#"{"id":"api"}"#,
        200,
    );
    assert!(store.azure.store().is_empty());

    let token = store.azure.issue("https://vault.azure.net", TENANT);
    let password = json!({"name": "token", "password": token, "version": -1});
    violates(&store, "PUT", CREDENTIALS, &password.to_string(), 200);
    let key_in_url = format!("{CREDENTIALS}/{XSOAR_KEY}");
    parsed(&store.send("POST", &key_in_url, list));
    let noticed = store.azure.take_violations();
    assert!(
        noticed
            .iter()
            .any(|text| text.contains("a secret in the URL"))
    );

    for (name, status) in [("Accept", 406), ("Content-Type", 415)] {
        store.header(name, "");
        violates(&store, "POST", CREDENTIALS, list, status);
        store.header(name, "text/plain, application/json; charset=utf-8");
    }
    assert!(store.is_open());

    // The key is nobody's but XSOAR's.
    store.azure.vault("kv-prod");
    store.url = "https://kv-prod.vault.azure.net".to_owned();
    store.send("GET", "/secrets?api-version=7.4", "");
    let noticed = store.azure.take_violations();
    assert!(
        noticed
            .iter()
            .any(|text| text.contains("XSOAR's key at Azure"))
    );
    assert!(store.azure.canaries().contains(&XSOAR_KEY.to_owned()));
}

#[test]
fn it_is_reached_without_tls_on_the_same_machine() {
    let mut store = Store::six();
    store.url = store.azure.xsoar_without_tls();
    assert!(store.url.starts_with("http://127.0.0.1:"), "{}", store.url);
    assert!(store.is_open());
    assert_eq!(store.azure.count("POST xsoar/settings/credentials"), 1);

    let mut eight = Store::eight(Xsoar::eight());
    eight.url = eight.azure.xsoar_without_tls();
    assert!(eight.is_open());
    let mut account = Store::new(Xsoar::six().account("TENANT"));
    account.url = account.azure.xsoar_without_tls();
    assert!(account.url.ends_with("/acc_TENANT"), "{}", account.url);
    assert!(account.is_open());
}

#[test]
fn a_write_is_done_or_lost_as_the_script_says() {
    let put = "PUT xsoar.example/settings/credentials";
    let body = json!({"name": "api", "password": "new", "version": -1}).to_string();
    for (fault, answer, written) in [
        (Fault::cut(), "", 1),
        (Fault::cut().undone(), "", 0),
        (Fault::cut_in_body(), "HTTP/1.1 200", 1),
        (Fault::status(503), "HTTP/1.1 503", 1),
        (Fault::status(503).undone(), "HTTP/1.1 503", 0),
        (Fault::see_other("/#/login"), "HTTP/1.1 303", 1),
        (Fault::captive_portal().undone(), "HTTP/1.1 200", 0),
        (
            Fault::xsoar_error(500, "internal_server_error", "", "").undone(),
            "HTTP/1.1 500",
            0,
        ),
        (Fault::xsoar_gateway(500, "").undone(), "HTTP/1.1 500", 0),
    ] {
        let store = Store::six();
        store.azure.fault(put, fault.once());
        let found = store.send("PUT", CREDENTIALS, &body);
        assert!(found.starts_with(answer), "{found}");
        assert!(!answer.is_empty() || found.is_empty(), "{found}");
        assert_eq!(store.azure.store().len(), written, "{answer}");
    }
}

#[test]
fn a_client_can_be_stopped_at_any_request() {
    let store = Store::six();
    store.azure.fault("*", Fault::stall().skip(2).once());
    for number in 0..4 {
        let body = json!({"name": format!("credential-{number}"), "version": -1});
        let body = body.to_string();
        thread::scope(|scope| {
            let asking = scope.spawn(|| store.send("PUT", CREDENTIALS, &body));
            store.azure.wait_for_requests(number + 1);
            // What is not answered is done all the same.
            assert_eq!(store.azure.store().len(), number + 1);
            let answer = asking.join().unwrap();
            assert_eq!(answer.is_empty(), number == 2, "{number}: {answer}");
        });
    }
}
