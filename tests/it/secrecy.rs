//! Secrets are where they are due, and nowhere else: not in messages, memory dumps or other processes' sight.

mod echoes;
mod process;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::canary::shows;
use crate::command::{Akv, names_in};
use crate::files::{private, set_mode};
use crate::messages::faults;
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Fault, PROXY_PASSWORD, Request, Scratch, Standin, TENANT, TlsFault,
};

const READ: &str = "GET kv-prod.vault.azure.net/secrets/a?api-version=7.4";
const READ_B: &str = "GET kv-prod.vault.azure.net/secrets/b?api-version=7.4";

/// The value of a secret, with characters that other forms spell in another way.
const VALUE: &str =
    "Canary \"V4lue\" + ü/ö & 100% \\ 😀\n-----BEGIN X-----\nMIIEvQIBADANBgkqhkiGCanary0w";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", VALUE);
    azure.secret("kv-prod", "b", "another value of b");
    azure
}

// Every way to fail.

/// Reads one secret, then another in a way that fails.
fn fail(fault: Fault, status: i32, timeout: &str) {
    let azure = azure();
    azure.fault(READ, fault);
    let arguments = ["fetch", "kv-prod/b", "kv-prod/a", "--verbose", timeout];
    let run = Akv::new().args(arguments).app(&azure).in_sequence();
    let run = run.canary("1234567890");
    run.status(status).stderr_has("akv-xsoar: error: ").run();
    // How often it asks is another test's affair.
    azure.ignore_log();
    let requests: Vec<_> = azure.requests().iter().map(Request::line).collect();
    assert_eq!(requests[..2], [azure.token_request().as_str(), READ_B]);
}

#[test]
fn no_refusal_shows_a_secret() {
    for (route, fault, status) in faults() {
        if route == READ {
            fail(fault, status, "--timeout=60");
        }
    }
    fail(Fault::with("value", 1_234_567_890_u64), 7, "--timeout=60");
    fail(Fault::with("value", Value::Null), 7, "--timeout=60");
}

#[test]
fn no_broken_connection_shows_a_secret() {
    let slow = Duration::from_millis(50);
    let page = format!("https://{CLIENT_ID}:{PROXY_PASSWORD}@portal.example/");
    thread::scope(|scope| {
        for (fault, status) in [
            (Fault::status(503).header("Retry-After", CLIENT_SECRET), 8),
            (Fault::throttled(), 7),
            (Fault::cut(), 6),
            (Fault::cut_after_head(), 6),
            (Fault::cut_in_body(), 6),
            (Fault::stall(), 8),
            (Fault::stall_in_body(), 8),
            (Fault::trickle_body(slow), 8),
            (Fault::endless_chunked(), 7),
            (Fault::redirect(&page), 7),
        ] {
            scope.spawn(move || fail(fault, status, "--timeout=3"));
        }
    });
}

#[test]
fn no_failure_of_tls_shows_a_secret() {
    for fault in [
        TlsFault::UnknownIssuer,
        TlsFault::WrongName,
        TlsFault::Expired,
        TlsFault::Version1,
    ] {
        let azure = azure();
        azure.tls_fault("login.microsoftonline.com", fault);
        let run = Akv::new()
            .args(["fetch", "kv-prod/a", "--verbose"])
            .app(&azure);
        run.status(6).stderr_has("akv-xsoar: error: ").run();
        azure.expect(&[]);
    }
}

/// A proxy that answers each CONNECT with a no that says back all it was told.
fn rude_proxy(answer: fn(&str) -> String) -> String {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = door.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for socket in door.incoming() {
            let mut socket = socket.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap_or(0) == 1 {
                request.extend(byte);
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let credentials = request.lines().find_map(|line| line.split_once("asic "));
            let credentials = credentials.map_or("none", |(_, credentials)| credentials);
            let _ = socket.write_all(answer(credentials).as_bytes());
        }
    });
    address
}

#[test]
fn a_proxy_s_password_is_never_shown() {
    let password = utf8_percent_encode(PROXY_PASSWORD, NON_ALPHANUMERIC).to_string();
    let no: fn(&str) -> String = |told| {
        let decoded = String::from_utf8(STANDARD.decode(told).unwrap()).unwrap();
        format!(
            "HTTP/1.1 407 No {told}\r\nProxy-Authenticate: Basic realm=\"{told} {decoded}\"\r\nContent-Type: text/{told}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"
        )
    };
    let broken: fn(&str) -> String = |told| format!("Basic {told}\r\n\r\n");
    let refused = "127.0.0.1:1".to_owned();
    for (proxy, timeout) in [
        (rude_proxy(no), "60"),
        (rude_proxy(broken), "2"),
        (refused, "2"),
    ] {
        for url in [
            format!("http://user:{password}@{proxy}"),
            format!("http://{password}:{password}@{proxy}/"),
        ] {
            let arguments = ["fetch", "kv-prod/a", "--verbose", "--timeout", timeout];
            let run = Akv::new().args(arguments).env("HTTPS_PROXY", url);
            let run = run.args(["--tenant-id", TENANT, "--client-id", CLIENT_ID]);
            let run = run.env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
            run.status(6).stderr_has("akv-xsoar: error: ").run();
        }
    }
    // What is not a valid proxy URL, and one where everybody would see it.
    for url in [
        format!("socks5://user:{password}@proxy.example"),
        format!("http://user:{PROXY_PASSWORD}@proxy.example:port"),
        format!("http://user:{password}@"),
        format!("http://user:{password}@proxy.example/x y"),
    ] {
        let run = || {
            Akv::new()
                .args(["fetch", "kv-prod/a", "--verbose"])
                .stderr_has("akv-xsoar: error: ")
        };
        run().env("HTTPS_PROXY", &url).status(2).run();
        run().arg(format!("--proxy={url}")).status(2).run();
    }
}

// What is wrong with what was given.

#[test]
fn a_secret_on_the_command_line_is_not_repeated() {
    let canary = "Canary-On-Argv";
    for arguments in [
        vec!["fetch", "kv-prod/a", "--client-secret=Canary-On-Argv"],
        vec!["fetch", "kv-prod/a", "--client-secret", canary],
        vec!["fetch", "kv-prod/a", "--password=Canary-On-Argv"],
        vec!["fetch", "kv-prod/a", "--quiet=Canary-On-Argv"],
        vec!["fetch", "kv-prod/a", "--verbose=Canary-On-Argv"],
        vec!["fetch", "kv-prod/a", "-pCanary-On-Argv"],
        vec!["fetch", "kv-prod/a", "-p", canary],
        vec!["fetch", "kv-prod/a", "--Canary-On-Argv=x"],
        vec![canary],
        vec!["help", canary],
        vec!["--proxy=http://u:Canary-On-Argv@h:1", "fetch", "kv-prod/a"],
    ] {
        // The name of an unknown option is no secret.
        let name = arguments.iter().any(|word| word.starts_with("--Canary"));
        let run = Akv::new()
            .args(&arguments)
            .status(2)
            .stderr_has("akv-xsoar: error: ");
        if name {
            run.run()
        } else {
            run.canary(canary).run()
        };
    }
}

#[test]
fn a_configuration_s_secrets_are_not_repeated() {
    let canary = "Canary-In-File";
    for (config, status) in [
        (json!({"credentials": canary}), 2),
        (json!({"credentials": {"password": [canary]}}), 2),
        (json!({"credentials": {"password": {canary: 1}}}), 2),
        (json!({"credentials": {"password": canary}}), 2),
        (
            json!({"credentials": {"password": canary}, "client_secret": canary}),
            2,
        ),
        (json!({"client_secret": 1_234_567_890}), 2),
        (
            json!({"tenant_id": "t", "client_id": "c", "credentials": {"password": canary}, "use_managed_identities": true}),
            2,
        ),
        (json!({"proxy": format!("http://u:{canary}@h:port")}), 2),
        (json!({"proxy": [canary]}), 2),
        (json!([canary]), 2),
        (json!(canary), 2),
        (json!({"timeout": canary, "client_secret": canary}), 2),
    ] {
        let directory = Scratch::new("config");
        let text = config.to_string();
        // Whole, cut off, and with something behind it.
        for text in [
            text.clone(),
            text[..text.len() - 1].to_owned(),
            format!("{text} {canary}"),
            text.replace(':', ""),
        ] {
            let path = private(&directory, "config.json", text);
            let run = Akv::new()
                .args(["fetch", "kv-prod/a", "--verbose", "--config"])
                .arg(&path);
            let run = run
                .status(status)
                .stderr_has("akv-xsoar: error: ")
                .canary("1234567890");
            // A text that stands for a number is repeated so that one finds it.
            if config.get("timeout").is_some() {
                run.run()
            } else {
                run.canary(canary).run()
            };
        }
    }
}

#[test]
fn a_secret_s_file_is_not_repeated() {
    let canary = "Canary-In-File";
    let directory = Scratch::new("secret");
    for (content, mode) in [
        (canary.to_owned(), 0o644),
        (canary.to_owned(), 0o600),
        (canary.repeat(100_000), 0o600),
        (format!("{canary}\0{canary}"), 0o600),
        (format!("{canary}\n{canary}\u{1b}"), 0o600),
    ] {
        let path = directory.write("secret", &content);
        set_mode(&path, mode);
        let azure = azure();
        let run = Akv::new()
            .args(["fetch", "kv-prod/a", "--verbose", "--client-secret-file"])
            .arg(&path);
        let run = run
            .args(["--tenant-id", TENANT, "--client-id", CLIENT_ID])
            .azure(&azure);
        let asks = mode == 0o600 && content == canary;
        let status = if asks { 3 } else { 2 };
        run.canary(canary)
            .status(status)
            .stderr_has("akv-xsoar: error: ")
            .run();
        azure.expect(if asks {
            &["POST login.microsoftonline.com/*"]
        } else {
            &[]
        });
    }
}

// The surroundings.

#[test]
fn a_hostile_directory_changes_nothing() {
    let azure = azure();
    let directory = Scratch::new("hostile");
    let config = json!({
        "tenant_id": "evil", "client_id": "evil", "credentials": {"password": "evil"}, "vault": "evil",
        "proxy": "http://127.0.0.1:1", "connect_to": ["::127.0.0.1:1"], "insecure": true, "output": "evil",
    });
    for name in [
        "akv-xsoar.json",
        ".akv-xsoar.json",
        "akv-xsoar",
        ".akv-xsoar",
        "config.json",
        "settings.json",
        ".config",
    ] {
        directory.write(name, config.to_string());
    }
    let variables =
        "AZURE_TENANT_ID=evil\nHTTPS_PROXY=http://127.0.0.1:1\nAKV_XSOAR_CONFIG=akv-xsoar.json\n";
    for name in [".env", ".envrc", ".env.local", "akv-xsoar.env", ".profile"] {
        directory.write(name, variables);
    }
    for (name, text) in [
        (".netrc", "default login evil password evil\n"),
        (".curlrc", "proxy = http://127.0.0.1:1\n"),
        ("akv-xsoar.toml", "proxy = 'http://127.0.0.1:1'\n"),
        ("akv-xsoar.yaml", "proxy: http://127.0.0.1:1\n"),
        ("cert.pem", "evil"),
        ("hosts", "127.0.0.1 kv-prod.vault.azure.net"),
        ("resolv.conf", "nameserver 127.0.0.1"),
    ] {
        directory.write(name, text);
    }
    let before = names_in(directory.path());
    let run = Akv::new()
        .args(["get", "kv-prod/a"])
        .app(&azure)
        .cwd(directory.path());
    let home = directory.path();
    let run = run
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("PWD", home)
        .env("PATH", home);
    run.stdout(VALUE).run();
    azure.expect(&[&azure.token_request(), READ]);
    assert_eq!(names_in(directory.path()), before);
}

#[test]
fn a_list_reads_no_value_and_shows_none() {
    let azure = azure();
    for format in [vec![], vec!["--format=xsoar"], vec!["--format=jsonl"]] {
        let run = Akv::new()
            .args(["list", "--vault=kv-prod", "--verbose"])
            .args(format)
            .app(&azure);
        let output = run.stdout_any().stderr_any().run();
        assert!(!shows(&output.stdout, VALUE));
        azure.expect(&[
            &azure.token_request(),
            "GET kv-prod.vault.azure.net/secrets?api-version=7.4",
        ]);
    }
}
