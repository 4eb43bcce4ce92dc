//! The stand-in held to the protocol: it notices what it should, and goes wrong in the ways it is told to.

mod assertions;
mod management;
mod xsoar;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, TcpStream, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::standin::names::{Names, Reply};
use crate::standin::{
    CLIENT_ID, Fault, OTHER_TENANT, Paging, Permissions, Right, Standin, TENANT, TlsFault,
};

type Client = StreamOwned<ClientConnection, TcpStream>;

const HOST: &str = "kv-prod.vault.azure.net";
const SECRET: &str = "GET kv-prod.vault.azure.net/secrets/one?api-version=7.4";

/// A connection to the stand-in, under a public name.
fn connect(azure: &Standin, host: &str) -> Client {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(azure.ca_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", azure.tls_port())).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    StreamOwned::new(connection, socket)
}

/// Asks a vault, and reads one answer, as far as it comes.
fn ask(client: &mut Client, token: &str, target: &str) -> String {
    exchange(
        client,
        &format!("GET {target} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n"),
    )
}

/// Sends a request and reads one answer, as far as it comes.
fn exchange(client: &mut (impl Read + Write), request: &str) -> String {
    let mut answer = Vec::new();
    if client.write_all(request.as_bytes()).is_err() {
        return String::new();
    }
    let mut chunk = [0; 4096];
    while !is_whole(&answer) {
        match client.read(&mut chunk) {
            Ok(count @ 1..) => answer.extend(&chunk[..count]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// An answer's status and the JSON in it.
fn parsed(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer: {answer}"));
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
    length.is_some_and(|length| length == body.len().to_string())
}

/// A vault with one secret, and a token for it.
fn azure() -> (Standin, String) {
    let azure = Standin::start();
    azure.secret("kv-prod", "one", "value-of-one");
    let token = azure.issue("https://vault.azure.net", TENANT);
    (azure, token)
}

const ONE: &str = "/secrets/one?api-version=7.4";

#[test]
fn it_fails_a_test_that_does_not_expect_all() {
    let (azure, token) = azure();
    ask(&mut connect(&azure, HOST), &token, ONE);
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(azure)));
    assert!(dropped.is_err());
}

#[test]
fn it_fails_a_test_that_expects_another_order() {
    let (azure, token) = azure();
    ask(&mut connect(&azure, HOST), &token, ONE);
    let compared = catch_unwind(AssertUnwindSafe(|| azure.expect(&[SECRET, SECRET])));
    assert!(compared.is_err());
    ask(&mut connect(&azure, HOST), &token, ONE);
    azure.expect(&["GET kv-prod.vault.azure.net/secrets/*?api-version=7.4"]);
}

#[test]
fn it_notices_what_no_client_should_do() {
    let (azure, token) = azure();
    azure.ignore_log();
    for (host, target) in [
        (HOST, format!("/secrets/one?api-version=7.4&token={token}")),
        (HOST, "/keys?api-version=7.4".to_owned()),
        ("elsewhere.example", ONE.to_owned()),
    ] {
        ask(&mut connect(&azure, host), &token, &target);
        assert!(!azure.take_violations().is_empty(), "{host}{target}");
    }
    let mut local = TcpStream::connect(azure.metadata_url().trim_start_matches("http://")).unwrap();
    local.write_all(b"not a request\r\n\r\n").unwrap();
    assert!(local.read(&mut [0; 100]).is_ok());
    drop(local);
    assert_eq!(azure.take_violations().len(), 1);
}

#[test]
fn a_certificate_fails_in_the_way_that_was_asked_for() {
    let (azure, _) = azure();
    for (fault, words) in [
        (TlsFault::UnknownIssuer, "UnknownIssuer"),
        (TlsFault::WrongName, "not valid for name"),
        (TlsFault::Expired, "expired"),
        (TlsFault::NotYetValid, "not valid yet"),
        (TlsFault::CaAsLeaf, "CaUsedAsEndEntity"),
        (TlsFault::SelfSignedCa, "CaUsedAsEndEntity"),
        (TlsFault::NoSubjectAltName, "not valid for"),
        (TlsFault::Version1, "UnsupportedCertVersion"),
        (TlsFault::Cut, "end of file"),
        (TlsFault::PlainHttp, "corrupt message"),
        (TlsFault::Stall, "temporarily"),
    ] {
        azure.tls_fault(HOST, fault);
        let error = connect(&azure, HOST)
            .write_all(b"x")
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{fault:?}: {error}");
    }
    azure.mend_tls(HOST);
    assert!(connect(&azure, HOST).write_all(b"x").is_ok());

    let connections = azure.connections();
    let failed = connections
        .iter()
        .filter(|one| matches!(one.handshake, Some(Err(_))));
    assert_eq!(failed.count(), 11);
    assert!(azure.hosts().iter().all(|host| host == HOST));
}

#[test]
fn an_answer_fails_in_the_way_that_was_asked_for() {
    let short = Duration::from_millis(1);
    for (fault, begins, ends) in [
        (
            Fault::throttled(),
            "HTTP/1.1 429",
            "VaultRequestTypeLimitReached\"}}",
        ),
        (
            Fault::status(503).header("Retry-After", "1"),
            "HTTP/1.1 503",
            "503",
        ),
        (
            Fault::slow(Duration::from_millis(50)),
            "HTTP/1.1 200",
            "value-of-one\"}",
        ),
        (Fault::cut(), "", ""),
        (Fault::cut_after_head(), "HTTP/1.1 200", "\r\n\r\n"),
        (Fault::cut_in_body(), "HTTP/1.1 200", ""),
        (Fault::close_after(), "HTTP/1.1 200", "value-of-one\"}"),
        (Fault::stall(), "", ""),
        (Fault::stall_in_head(), "HTTP/1.1 200", ""),
        (Fault::stall_in_body(), "HTTP/1.1 200", ""),
        (
            Fault::trickle_head(short),
            "HTTP/1.1 200",
            "value-of-one\"}",
        ),
        (
            Fault::trickle_body(short),
            "HTTP/1.1 200",
            "value-of-one\"}",
        ),
        (Fault::garbage("SSH-2.0-OpenSSH\r\n"), "SSH-2.0", "\r\n"),
        (Fault::captive_portal(), "HTTP/1.1 200", "</html>"),
        (
            Fault::redirect("https://portal.example/"),
            "HTTP/1.1 302",
            "</html>",
        ),
        (Fault::half(), "HTTP/1.1 200", ""),
        (
            Fault::with("id", "https://kv-prod.vault.azure.net/secrets/two/0"),
            "HTTP/1.1 200",
            "}",
        ),
        (Fault::without("value"), "HTTP/1.1 200", "}"),
    ] {
        let (azure, token) = azure();
        azure.fault("GET kv-prod.vault.azure.net/secrets/one", fault.once());
        let answer = ask(&mut connect(&azure, HOST), &token, ONE);
        assert!(answer.starts_with(begins), "{begins} … {ends}: {answer}");
        assert!(answer.ends_with(ends), "{begins} … {ends}: {answer}");
        // Only once.
        let answer = ask(&mut connect(&azure, HOST), &token, ONE);
        assert!(answer.ends_with("value-of-one\"}"), "{answer}");
        azure.expect(&[SECRET, SECRET]);
    }
}

#[test]
fn a_connection_that_was_kept_is_dropped_when_it_is_used() {
    let (azure, token) = azure();
    azure.fault(SECRET, Fault::drop_next().once());
    let mut client = connect(&azure, HOST);
    assert!(ask(&mut client, &token, ONE).ends_with("value-of-one\"}"));
    assert_eq!(ask(&mut client, &token, ONE), "");
    drop(client);
    azure.expect(&[SECRET, SECRET]);
    assert_eq!(azure.connections().len(), 1);
}

#[test]
fn a_body_without_end_ends_with_the_client() {
    let (azure, token) = azure();
    for fault in [Fault::endless_chunked(), Fault::endless_sized()] {
        azure.fault(SECRET, fault.once());
        let mut client = connect(&azure, HOST);
        let request =
            format!("GET {ONE} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n");
        client.write_all(request.as_bytes()).unwrap();
        let mut megabytes = vec![0; 3 << 20];
        client.read_exact(&mut megabytes).unwrap();
        drop(client);
        azure.expect(&[SECRET]);
    }
}

#[test]
fn a_token_is_good_for_its_tenant_and_audience_alone() {
    let (azure, token) = azure();
    azure.ignore_log();
    let mut client = connect(&azure, HOST);
    let elsewhere = azure.issue("https://management.azure.com", TENANT);
    assert!(ask(&mut client, &elsewhere, ONE).contains("AKV10022"));
    assert!(ask(&mut client, "made-up", ONE).contains("AKV10046"));
    azure.vault_tenant("kv-prod", OTHER_TENANT);
    let refused = ask(&mut client, &token, ONE);
    assert!(refused.contains("AKV10032"));
    assert!(refused.contains(&format!(
        "https://login.microsoftonline.com/{OTHER_TENANT}\""
    )));
}

#[test]
fn a_vault_challenges_whoever_has_no_token() {
    let (azure, _) = azure();
    azure.ignore_log();
    let mut client = connect(&azure, HOST);
    // Whatever the api-version: this comes first.
    for target in ["/secrets?api-version=7.4", ONE, "/secrets"] {
        let answer = exchange(
            &mut client,
            &format!("GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"),
        );
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("AKV10000"), "{answer}");
        assert!(answer.contains(&format!(
            "WWW-Authenticate: Bearer authorization=\"https://login.microsoftonline.com/{TENANT}\", resource=\"https://vault.azure.net\""
        )));
    }
}

#[test]
fn a_right_is_denied_on_one_vault_alone() {
    let (azure, token) = azure();
    azure.ignore_log();
    let mut client = connect(&azure, HOST);
    let list = "/secrets?api-version=7.4";
    for (by, code) in [
        (Permissions::Roles, "ForbiddenByRbac"),
        (Permissions::Policies, "ForbiddenByPolicy"),
    ] {
        azure.deny("kv-prod", Right::List, by);
        let refused = ask(&mut client, &token, list);
        assert!(refused.contains(code), "{refused}");
        let words = ["secrets/readMetadata/action'", "secrets list permission"];
        assert!(words.iter().any(|words| refused.contains(words)));
        assert!(
            refused
                .to_lowercase()
                .contains(&format!("appid={CLIENT_ID};"))
        );
        assert!(ask(&mut client, &token, ONE).ends_with("value-of-one\"}"));

        azure.deny("KV-prod", Right::Get, by);
        let refused = ask(&mut client, &token, ONE);
        let words = ["secrets/getSecret/action'", "secrets get permission"];
        assert!(words.iter().any(|words| refused.contains(words)));
        // What does not exist is not told.
        let refused = ask(&mut client, &token, "/secrets/two?api-version=7.4");
        assert!(refused.contains(code), "{refused}");

        azure.allow("kv-prod");
        assert!(ask(&mut client, &token, list).starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn the_authority_tells_anybody_where_a_tenant_s_endpoints_are() {
    let (azure, _) = azure();
    azure.ignore_log();
    let authority = "login.microsoftonline.com";
    let mut client = connect(&azure, authority);
    let mut of = |tenant: &str| {
        let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        parsed(&exchange(&mut client, &request))
    };
    for tenant in [TENANT, "contoso.onmicrosoft.com"] {
        let (status, body) = of(tenant);
        assert_eq!(status, 200);
        let endpoint = format!("https://{authority}/{TENANT}/oauth2/v2.0/token");
        assert_eq!(body["token_endpoint"], endpoint);
    }
    let (status, body) = of("00000000-0000-0000-0000-00000000dead");
    assert_eq!((status, &body["error_codes"][0]), (400, &90_002.into()));
}

#[test]
fn a_list_has_the_pages_it_was_told_to_have() {
    let (azure, token) = azure();
    azure.ignore_log();
    azure.secrets("kv-prod", 5);
    let paging = Paging {
        size: 2,
        empty: 2,
        last: None,
    };
    azure.paging("kv-prod", paging);
    let mut client = connect(&azure, HOST);
    let mut sizes = Vec::new();
    let mut target = "/secrets?api-version=7.4".to_owned();
    loop {
        let answer = ask(&mut client, &token, &target);
        let (_, body) = parsed(&answer);
        sizes.push(body["value"].as_array().unwrap().len());
        let Some(next) = body["nextLink"].as_str() else {
            break;
        };
        target = next
            .strip_prefix("https://kv-prod.vault.azure.net:443")
            .unwrap()
            .to_owned();
    }
    assert_eq!(sizes, [0, 0, 2, 0, 0, 2, 0, 0, 2, 0, 0]);
}

#[test]
fn a_client_that_stays_does_not_hold_up_the_test() {
    let (azure, token) = azure();
    azure.fault(SECRET, Fault::stall());
    let mut client = connect(&azure, HOST);
    ask(&mut client, &token, ONE);
    let start = Instant::now();
    azure.expect(&[SECRET]);
    drop(azure);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_name_server_says_what_it_was_told() {
    let names = Names::start();
    names.loopback("kv-prod.vault.azure.net");
    names.reply(
        "six.example",
        Reply::Addresses(vec![IpAddr::V6(Ipv6Addr::LOCALHOST)]),
    );
    names.reply("silent.example", Reply::Silence);
    names.reply("broken.example", Reply::Failure);
    names.reply_each("half.example", Reply::Refused, Reply::NoSuchName);
    let late = Reply::Late(Duration::from_millis(50), Box::new(Reply::Failure));
    names.reply_each("late.example", Reply::Silence, late);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let question = |name: &str, kind: u8| {
        let mut query = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(u8::try_from(label.len()).unwrap());
            query.extend(label.bytes());
        }
        query.extend([0, 0, kind, 0, 1]);
        socket.send_to(&query, names.address()).unwrap();
        let mut answer = [0; 512];
        let length = socket.recv(&mut answer).ok()?;
        // The code, the number of records, and the last byte of the address.
        Some((answer[3] & 15, answer[7], answer[length - 1]))
    };
    assert_eq!(question("KV-prod.vault.azure.net", 1), Some((0, 1, 1)));
    assert_eq!(question("kv-prod.vault.azure.net", 28), Some((0, 0, 1)));
    assert_eq!(question("six.example", 28), Some((0, 1, 1)));
    assert_eq!(question("unknown.example", 1), Some((3, 0, 1)));
    assert_eq!(question("broken.example", 1), Some((2, 0, 1)));
    assert_eq!(question("silent.example", 1), None);
    assert_eq!(question("half.example", 1), Some((5, 0, 1)));
    assert_eq!(question("half.example", 28), Some((3, 0, 1)));
    assert_eq!(question("late.example", 1), None);
    assert_eq!(question("late.example", 28), Some((2, 0, 1)));
    assert_eq!(names.questions().len(), 10);
}
