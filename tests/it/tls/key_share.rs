//! Which group keys are exchanged by, and whether it cost a round trip more.

use super::{ENTRA, VAULT};
use crate::command::Akv;
use crate::standin::{Standin, TlsFault};

/// Reads one secret, and says by what each host's keys were exchanged.
fn agreed(azure: &Standin, authority: &str) -> [String; 2] {
    azure.secret("kv-prod", "one", "value-of-one");
    let mut run = Akv::new().args(["get", "kv-prod/one", "--verbose"]);
    if authority != ENTRA {
        run = run.args([
            "--authority-host",
            authority,
            "--vault-suffix",
            "vault.azure.net",
        ]);
    }
    let run = run
        .app(azure)
        .stdout("value-of-one")
        .stderr_has("connection to ");
    let said = run.run().stderr_text();
    azure.expect(&[
        &azure.token_request(),
        "GET kv-prod.vault.azure.net/secrets/one?api-version=7.4",
    ]);
    [authority, VAULT].map(|host| {
        let before = format!("akv-xsoar: info: connection to `{host}`: ");
        let lines: Vec<_> = said
            .lines()
            .filter_map(|line| line.strip_prefix(&before))
            .collect();
        let [line] = lines[..] else {
            panic!("{host}: {said}");
        };
        line.to_owned()
    })
}

#[test]
fn entra_is_offered_what_it_takes_at_once() {
    let azure = Standin::builder().hangs_up(false).start();
    azure.tls_fault(ENTRA, TlsFault::OnlySecp384r1);
    let agreed = agreed(&azure, ENTRA);
    assert_eq!(agreed, ["TLS 1.3, secp384r1", "TLS 1.3, X25519"]);
}

#[test]
fn by_another_name_of_its_too() {
    let azure = Standin::builder()
        .hangs_up(false)
        .cloud("login.windows.net", "vault.azure.net")
        .start();
    azure.tls_fault("login.windows.net", TlsFault::OnlySecp384r1);
    let [entra, _] = agreed(&azure, "login.windows.net");
    assert_eq!(entra, "TLS 1.3, secp384r1");
}

#[test]
fn whoever_chooses_otherwise_is_connected_to_all_the_same() {
    let azure = Standin::builder().hangs_up(false).start();
    azure.tls_fault(ENTRA, TlsFault::OnlyX25519);
    azure.tls_fault(VAULT, TlsFault::OnlySecp384r1);
    assert_eq!(
        agreed(&azure, ENTRA),
        [
            "TLS 1.3, X25519, the hello repeated",
            "TLS 1.3, secp384r1, the hello repeated"
        ]
    );
}

#[test]
fn an_authority_that_nobody_knows_is_like_any_other_host() {
    let azure = Standin::builder()
        .hangs_up(false)
        .cloud("login.example", "vault.azure.net")
        .start();
    let [unknown, _] = agreed(&azure, "login.example");
    assert_eq!(unknown, "TLS 1.3, X25519");
}
