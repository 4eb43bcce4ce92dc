//! Who asks a proxy, and proxies that want to be asked otherwise.

use std::os::unix::fs::PermissionsExt;
use std::{fs, str};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::peer::{ENTRA, azure, expect_got, get, got};
use crate::rogue::{HTTP, Manner, Rogue};
use crate::scenarios;
use crate::standin::Scratch;

scenarios![
    a_user_and_a_password_as_curl_takes_them,
    a_user_with_a_domain_in_each_place,
    one_that_takes_no_password,
    one_that_takes_a_password_too,
    one_that_has_much_to_say,
];

/// What stands in the URL, and what the proxy is to be told.
const USERS: [(&str, &[u8]); 17] = [
    ("xsoar:C4nary-plain", b"xsoar:C4nary-plain"),
    (
        r"DOMAIN\svc-xsoar:C4nary-domain",
        br"DOMAIN\svc-xsoar:C4nary-domain",
    ),
    ("DOMAIN%5Csvc:C4nary-encoded", br"DOMAIN\svc:C4nary-encoded"),
    (r"user:C4nary^|{}\`<>[]", br"user:C4nary^|{}\`<>[]"),
    ("user:C4nary!$&'()*+,;=~\"", b"user:C4nary!$&'()*+,;=~\""),
    (
        "jürgen:C4näry-pässwörd",
        "jürgen:C4näry-pässwörd".as_bytes(),
    ),
    ("user:密码C4nary", "user:密码C4nary".as_bytes()),
    ("j%C3%BCrgen:C4n%C3%A4ry", "jürgen:C4näry".as_bytes()),
    // Latin-1, as some proxies want it.
    ("j%FCrgen:C4n%E4ry", b"j\xfcrgen:C4n\xe4ry"),
    ("user:C4nary%40%3A%2F%3f%23%20%25", b"user:C4nary@:/?# %"),
    // No two digits behind it: a percent sign.
    ("user:C4nary%", b"user:C4nary%"),
    ("user:C4nary%zz%4", b"user:C4nary%zz%4"),
    ("user+x:C4nary+plus", b"user+x:C4nary+plus"),
    ("user:C4nary:colon", b"user:C4nary:colon"),
    ("user:", b"user:"),
    ("user", b"user:"),
    (":C4nary-alone", b":C4nary-alone"),
];

fn a_user_and_a_password_as_curl_takes_them() {
    let (azure, _names) = azure();
    for (written, told) in USERS {
        let proxy = Rogue::start(Manner::Proper);
        let password = told.splitn(2, |&byte| byte == b':').nth(1).unwrap();
        let mut got = got(&azure)
            .arg("--verbose")
            .env("HTTPS_PROXY", format!("http://{written}@127.0.0.1:3128"))
            .stderr_any();
        if let Ok(password) = str::from_utf8(password) {
            if !password.is_empty() {
                got = got.canary(password);
            }
        }
        got.run();
        expect_got(&azure);
        let line = format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(told));
        let heads = proxy.heads();
        assert_eq!(heads.len(), 2, "{written}");
        assert!(
            heads.iter().all(|head| head.contains(&line)),
            "{written}: {heads:?}"
        );
    }
    // Nobody is no user.
    for url in [HTTP, "http://@127.0.0.1:3128/"] {
        let proxy = Rogue::start(Manner::Proper);
        got(&azure).env("HTTPS_PROXY", url).run();
        expect_got(&azure);
        let heads = proxy.heads();
        assert!(!heads.concat().contains("Proxy-Authorization"), "{heads:?}");
    }
}

fn a_user_with_a_domain_in_each_place() {
    let (azure, _names) = azure();
    let url = r"http://DOMAIN\svc:C4nary{1}@127.0.0.1:3128";
    let directory = Scratch::new("config");
    let json = serde_json::json!({ "proxy": url });
    let file = directory.write("config.json", json.to_string());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let told = STANDARD.encode(br"DOMAIN\svc:C4nary{1}");
    for place in ["HTTPS_PROXY", "https_proxy", "file"] {
        let proxy = Rogue::start(Manner::Proper);
        let got = got(&azure).canary("C4nary{1}");
        match place {
            "file" => got.arg("--config").arg(&file).run(),
            variable => got.env(variable, url).run(),
        };
        expect_got(&azure);
        assert!(
            proxy.heads().iter().all(|head| head.contains(&told)),
            "{place}"
        );
    }
    // A user alone may be on the command line.
    let proxy = Rogue::start(Manner::Proper);
    got(&azure)
        .args(["--proxy", r"http://DOMAIN\svc@127.0.0.1:3128"])
        .run();
    expect_got(&azure);
    let told = STANDARD.encode(br"DOMAIN\svc:");
    assert!(proxy.heads().iter().all(|head| head.contains(&told)));
}

fn one_that_takes_no_password() {
    let (azure, _names) = azure();
    let relay = "run a relay for it on this machine (cntlm, px), and name that as the proxy";
    for (headers, schemes) in [
        ("Proxy-Authenticate: NTLM\r\n", "NTLM"),
        ("Proxy-Authenticate: Negotiate\r\n", "Negotiate"),
        (
            "proxy-authenticate: negotiate, ntlm\r\n",
            "Negotiate and NTLM",
        ),
        (
            "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Kerberos\r\nProxy-Authenticate: NTLM\r\n",
            "Negotiate, Kerberos and NTLM",
        ),
        (
            "Proxy-Authenticate: NTLM TlRMTVNTUAACAAAA\r\nContent-Length: 0\r\n",
            "NTLM",
        ),
        (
            "Proxy-Authenticate: Digest realm=\"a, Basic realm\", nonce=\"basic\", qop=\"auth\"\r\n",
            "Digest",
        ),
    ] {
        let answer = format!("HTTP/1.1 407 Proxy Authentication Required\r\n{headers}\r\n");
        let proxy = Rogue::start(Manner::Says(answer.leak().as_bytes()));
        for url in [HTTP, r"http://DOMAIN\user:C4nary-Ntlm@127.0.0.1:3128"] {
            get(&azure)
                .env("HTTPS_PROXY", url)
                .canary("C4nary-Ntlm")
                .status(6)
                .stderr_has(format!(
                    "the proxy `127.0.0.1:3128` refused to connect to `{ENTRA}` (status 407)"
                ))
                .stderr_has(format!("akv-xsoar: hint: it takes only {schemes}, and this program has no way but a user and a password (Basic): {relay}\n"))
                .run();
        }
        // The first time, without a user, the vault's tunnel may have been asked for meanwhile.
        assert!((2..=3).contains(&proxy.heads().len()));
    }
}

fn one_that_takes_a_password_too() {
    let (azure, _names) = azure();
    for headers in [
        "Proxy-Authenticate: Basic realm=\"x\"\r\n",
        "Proxy-Authenticate: NTLM\r\nProxy-Authenticate: BASIC realm=\"x, y\"\r\n",
        "Proxy-Authenticate: Negotiate, Digest realm=\"r\", nonce=\"n\", basic realm=\"x\"\r\n",
        "",
    ] {
        let answer = format!("HTTP/1.0 407 x\r\n{headers}\r\n");
        let _proxy = Rogue::start(Manner::Says(answer.leak().as_bytes()));
        get(&azure)
            .args(["--proxy", HTTP])
            .status(6)
            .stderr_has("akv-xsoar: hint: it asks for a user and a password")
            .run();
        get(&azure)
            .env("HTTPS_PROXY", "http://user:C4nary-Wr0ng@127.0.0.1:3128")
            .canary("C4nary-Wr0ng")
            .status(6)
            .stderr_has("akv-xsoar: hint: it does not accept the user and the password in its URL")
            .run();
    }
}

/// More headers than any server has, and an answer that never ends.
fn one_that_has_much_to_say() {
    let (azure, _names) = azure();
    let many = "X-Filler: some words\r\n".repeat(60);
    let answer = format!("HTTP/1.1 407 x\r\n{many}Proxy-Authenticate: NTLM\r\n\r\n");
    let proxy = Rogue::start(Manner::Says(answer.leak().as_bytes()));
    get(&azure)
        .args(["--proxy", HTTP])
        .status(6)
        .stderr_has("akv-xsoar: hint: it takes only NTLM")
        .run();
    drop(proxy);
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20));
    let _proxy = Rogue::start(Manner::SaysAndStays(endless.leak().as_bytes()));
    let output = get(&azure)
        .args(["--proxy", HTTP, "--timeout", "20"])
        .status(6)
        .stderr_has("the proxy cannot be used: what `127.0.0.1:3128` answers is not HTTP")
        .run();
    assert!(output.elapsed.as_secs() < 5, "{output:?}");
}
