//! Name resolution, by the C library that the program was linked with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use crate::ground;
use crate::peer::{ENTRA, VAULT, azure, azure_at, expect_got, get, got};
use crate::standin::names::{Names, Reply};
use crate::{command::Akv, scenarios};

scenarios![
    each_host_is_looked_up_once,
    a_vault_that_does_not_exist,
    an_authority_that_does_not_exist,
    a_name_without_addresses,
    a_name_server_that_fails,
    a_name_server_that_recovers,
    a_silent_name_server_and_the_deadline,
    the_second_name_server_answers,
    the_first_name_server_is_silent,
    names_in_the_file_of_hosts,
    without_any_configuration,
    search_domains_do_no_harm,
];

/// The questions so far, sorted: a name's two kinds are asked for in any order.
pub fn questions(names: &Names) -> Vec<(String, u16)> {
    let mut questions = names.questions();
    questions.sort();
    questions
}

/// Both kinds of address for each of these names, once, sorted.
pub fn once_each(hosts: &[&str]) -> Vec<(String, u16)> {
    let both = |host: &&str| [((*host).to_owned(), 1), ((*host).to_owned(), 28)];
    let mut questions: Vec<_> = hosts.iter().flat_map(both).collect();
    questions.sort();
    questions
}

fn each_host_is_looked_up_once() {
    let (azure, names) = azure();
    azure.secrets("kv-test", 5);
    names.loopback("kv-test.vault.azure.net");
    let secrets = "secret-001,secret-002,secret-003,secret-004,secret-005";

    Akv::new()
        .args(["fetch", "--vault", "kv-prod,kv-test", "--secret", secrets])
        .trusting(&azure)
        .app(&azure)
        .stdout_has("value-of-secret-005")
        .run();

    let mut expected = vec![azure.token_request()];
    for vault in ["kv-prod", "kv-test"] {
        let read = |n| format!("GET {vault}.vault.azure.net/secrets/secret-00{n}?api-version=7.4");
        expected.extend((1..=5).map(read));
    }
    azure.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>());
    let hosts = [ENTRA, VAULT, "kv-test.vault.azure.net"];
    azure.expect_hosts(&hosts);
    assert_eq!(azure.connections().len(), hosts.len());
    assert_eq!(questions(&names), once_each(&hosts));
}

fn a_vault_that_does_not_exist() {
    let (azure, names) = azure();

    Akv::new()
        .args(["fetch", "kv-gone/one", "kv-gone/two", "kv-prod/secret-001"])
        .trusting(&azure)
        .app(&azure)
        .status(6)
        .stderr(
            "akv-xsoar: error: cannot read from the vault `kv-gone`: there is no host `kv-gone.vault.azure.net`\n\
             akv-xsoar: hint: is there a vault `kv-gone` in this cloud? A vault with a private endpoint needs its \
             private DNS zone, or `--connect-to`\n",
        )
        .run();

    // Neither tried again nor asked for its second secret; the other vault is tried all the same.
    expect_got(&azure);
    let hosts = [ENTRA, VAULT, "kv-gone.vault.azure.net"];
    assert_eq!(questions(&names), once_each(&hosts));
}

fn an_authority_that_does_not_exist() {
    let (azure, names) = azure();
    names.reply(ENTRA, Reply::NoSuchName);

    get(&azure)
        .status(6)
        .stderr_has(format!("there is no host `{ENTRA}`"))
        .stderr_has("akv-xsoar: hint: ")
        .run();

    // The vault may have been looked up meanwhile.
    let mut questions = questions(&names);
    questions.retain(|(name, _)| name == ENTRA);
    assert_eq!(questions, once_each(&[ENTRA]));
}

fn a_name_without_addresses() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::Addresses(Vec::new()));

    get(&azure)
        .status(6)
        .stderr_has(format!("there is no host `{VAULT}`"))
        .stderr_has("is there a vault `kv-prod` in this cloud?")
        .run();

    azure.expect(&[&azure.token_request()]);
    // glibc does not tell that from a question that failed: then each kind is asked for alone.
    let mut asked = questions(&names);
    asked.dedup();
    assert_eq!(asked, once_each(&[ENTRA, VAULT]));
}

fn a_name_server_that_fails() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::Failure);

    Akv::new()
        .args([
            "fetch",
            "kv-prod/secret-001",
            "kv-prod/secret-002",
            "--verbose",
        ])
        .trusting(&azure)
        .app(&azure)
        .status(6)
        .stderr_has(format!("the name `{VAULT}` could not be resolved"))
        .stderr_has("akv-xsoar: hint: check the name servers in `/etc/resolv.conf`")
        .stderr_has("try 6 in ")
        .stderr_lacks("try 7 in ")
        .stderr_lacks("secret-002")
        .run();

    azure.expect(&[&azure.token_request()]);
}

fn a_name_server_that_recovers() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::Failure);

    let running = got(&azure).arg("--verbose").stderr_has("try 2 in ").spawn();
    let end = Instant::now() + Duration::from_secs(10);
    while !running.stderr_so_far().contains("try 2 in ") && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    names.loopback(VAULT);
    running.wait();

    expect_got(&azure);
}

fn a_silent_name_server_and_the_deadline() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::Silence);
    ground::resolv_conf("nameserver 127.0.0.1\n");

    let output = Akv::new()
        .args(["fetch", "kv-prod/secret-001", "kv-prod/secret-002"])
        .args(["--timeout", "1.5"])
        .trusting(&azure)
        .app(&azure)
        .status(8)
        .stderr_has("the deadline of 1.5 s (`--timeout`) passed")
        .stderr_has(VAULT)
        .stderr_has("not tried: `kv-prod/secret-002`")
        .run();

    assert!(output.elapsed >= Duration::from_millis(1500), "{output:?}");
    assert!(output.elapsed < Duration::from_secs(2), "{output:?}");
    azure.expect(&[&azure.token_request()]);
}

fn the_second_name_server_answers() {
    let (azure, names) = azure();
    // Nobody is there, and it says so.
    ground::resolv_conf(
        "nameserver 127.0.0.9\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    );
    got(&azure).run();
    expect_got(&azure);
    assert_eq!(questions(&names), once_each(&[ENTRA, VAULT]));
}

fn the_first_name_server_is_silent() {
    let (azure, _names) = azure();
    let silent = UdpSocket::bind("127.0.0.9:53").unwrap();
    ground::resolv_conf(
        "nameserver 127.0.0.9\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    );
    let output = got(&azure).run();
    drop(silent);
    expect_got(&azure);
    // A second for each host, at most.
    assert!(output.elapsed < Duration::from_secs(5), "{output:?}");
}

fn names_in_the_file_of_hosts() {
    let (azure, names) = azure();
    names.reply(VAULT, Reply::NoSuchName);
    names.reply(ENTRA, Reply::NoSuchName);
    ground::hosts(&format!("127.0.0.1 {ENTRA} entra\n127.0.0.1 {VAULT}\n"));

    got(&azure).run();

    expect_got(&azure);
    assert_eq!(questions(&names), []);
}

fn without_any_configuration() {
    let (azure, names) = azure();
    for file in ["resolv.conf", "nsswitch.conf"] {
        ground::remove(file);
    }
    ground::hosts(&format!("127.0.0.1 {ENTRA}\n"));
    // The name server of this machine is asked, for what the file does not say.
    got(&azure).run();
    expect_got(&azure);
    assert_eq!(questions(&names), once_each(&[VAULT]));

    ground::remove("hosts");
    got(&azure).run();
    expect_got(&azure);
    azure.expect_hosts(&[ENTRA, VAULT, ENTRA, VAULT]);
}

fn search_domains_do_no_harm() {
    let names = Names::start_at(SocketAddr::from(([127, 0, 0, 1], 53)));
    let azure = azure_at("::1");
    let here = Reply::Addresses(vec![IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    names.reply(ENTRA, here.clone());
    names.reply(VAULT, here);
    // A company's name server that knows everything: the name itself comes first.
    let lost = Reply::Addresses(vec![IpAddr::V4(Ipv4Addr::new(127, 9, 9, 9))]);
    names.reply(&format!("{VAULT}.corp.example"), lost.clone());
    names.reply(&format!("{ENTRA}.corp.example"), lost);
    ground::resolv_conf(
        "nameserver 127.0.0.1\nsearch corp.example lab.example\noptions timeout:1 attempts:1\n",
    );
    got(&azure).run();
    expect_got(&azure);
    assert_eq!(questions(&names), once_each(&[ENTRA, VAULT]));

    // As in Kubernetes: the search domains come first, and do not know it.
    ground::resolv_conf(
        "nameserver 127.0.0.1\nsearch svc.cluster.local cluster.local\noptions ndots:5 timeout:1 attempts:1\n",
    );
    got(&azure).run();
    expect_got(&azure);

    // What exists nowhere exists nowhere.
    names.reply(VAULT, Reply::NoSuchName);
    get(&azure)
        .status(6)
        .stderr_has(format!("there is no host `{VAULT}`"))
        .run();
    azure.expect(&[&azure.token_request()]);
}
