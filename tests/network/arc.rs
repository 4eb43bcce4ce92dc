//! Azure Arc's agent. Its keys lie in one folder that only root may write to: here it is the tests' own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::json;

use crate::command::Akv;
use crate::scenarios;
use crate::standin::{
    Fault, NOBODY, Scratch, Standin, USER_CLIENT_ID, USER_OBJECT_ID, USER_RESOURCE_ID,
};

scenarios![
    the_key_is_read_and_sent_back,
    each_id_of_a_user_assigned_identity,
    an_old_agent_answers_for_another_identity,
    an_identity_that_the_server_does_not_have,
    the_agent_s_program_shows_that_it_is_there,
    pinned_where_the_variables_say_otherwise,
    a_quoted_realm,
    a_key_with_a_line_s_end,
    challenges_that_name_other_files,
    no_challenge_at_all,
    an_answer_without_a_challenge,
    keys_that_cannot_be_used,
    a_key_that_is_a_link,
    a_folder_that_is_a_link,
    a_key_that_cannot_be_read,
    a_key_that_the_agent_does_not_take,
    a_token_that_is_not_good_now,
    what_stays_after_all_tries,
    a_wait_that_does_not_fit,
    nobody_listens,
];

const KEYS: &str = "/var/opt/azcmagent/tokens";
const TOKEN: &str = "GET arc/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net";
const READ: &str = "GET kv-prod.vault.azure.net/secrets/api?api-version=7.4";
const SYSTEM: &str = "akv-xsoar: error: cannot get a token for this machine's managed identity: ";
const NOT_ARC: &str =
    "akv-xsoar: hint: what listens there is not Azure Arc's agent: check `IDENTITY_ENDPOINT`\n";

fn azure() -> Standin {
    let _ = fs::remove_dir_all("/var/opt/azcmagent");
    let azure = Standin::start();
    azure.secret("kv-prod", "api", "value-of-api");
    azure
}

/// `get` on a server whose agent has set its variables.
fn get(azure: &Standin) -> Akv<'_> {
    let agent = azure.arc();
    Akv::new()
        .args(["get", "kv-prod/api"])
        .azure(azure)
        .env("IDENTITY_ENDPOINT", agent.identity_endpoint)
        .env("IMDS_ENDPOINT", agent.imds_endpoint)
}

fn the_key_is_read_and_sent_back() {
    let azure = azure();
    // A proxy that is set for all others is not asked.
    get(&azure)
        .env("HTTPS_PROXY", format!("http://{NOBODY}"))
        .env("http_proxy", format!("http://{NOBODY}"))
        .arg("--verbose")
        .stdout("value-of-api")
        .stderr_has("identity: this machine's managed identity, by Azure Arc: ")
        .stderr_has("`IDENTITY_ENDPOINT` and `IMDS_ENDPOINT` are set\n")
        .run();
    azure.expect(&[TOKEN, TOKEN, READ]);
    let requests = azure.requests();
    assert_eq!(requests[0].header("authorization"), None);
    // Each key was used.
    assert_eq!(fs::read_dir(KEYS).unwrap().count(), 0);
}

fn each_id_of_a_user_assigned_identity() {
    let azure = azure();
    for (name, id, parameter) in [
        ("client", USER_CLIENT_ID, "client_id"),
        ("object", USER_OBJECT_ID, "object_id"),
        ("resource", USER_RESOURCE_ID, "msi_res_id"),
    ] {
        // Azure's ids have no case.
        for id in [id.to_owned(), id.to_uppercase()] {
            get(&azure)
                .args([&format!("--managed-identity-{name}-id"), &id])
                .stdout("value-of-api")
                .run();
            let request = format!("{TOKEN}&{parameter}={}", id.replace('/', "%2F"));
            azure.expect(&[&request, &request, READ]);
        }
    }
}

fn an_old_agent_answers_for_another_identity() {
    let azure = azure();
    azure.arc_knows_users(false);
    for (name, id) in [
        ("client", USER_CLIENT_ID),
        ("object", USER_OBJECT_ID),
        ("resource", USER_RESOURCE_ID),
    ] {
        get(&azure)
            .args([&format!("--managed-identity-{name}-id"), id])
            .status(3)
            .stderr_has(format!(
                "cannot get a token for the managed identity `{id}`: "
            ))
            .stderr_has("akv-xsoar: hint: ")
            .run();
        let request = format!("{TOKEN}&*");
        azure.expect(&[&request, &request]);
    }
    // The machine's own it has.
    get(&azure).stdout("value-of-api").run();
    azure.expect(&[TOKEN, TOKEN, READ]);
}

fn an_identity_that_the_server_does_not_have() {
    let azure = azure();
    azure.system_assigned(false);
    get(&azure)
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}Azure Arc's agent answered 400: Identity not found\n"
        ))
        .stderr_has("akv-xsoar: hint: `azcmagent show` says whether the machine is connected\n")
        .run();
    azure.expect(&[TOKEN, TOKEN]);
}

/// Without variables, as under systemd: the agent's program is there, and its port is known.
fn the_agent_s_program_shows_that_it_is_there() {
    let azure = azure();
    azure.arc_at("127.0.0.1:40342".parse().unwrap());
    fs::create_dir_all("/opt/azcmagent/bin").unwrap();
    fs::write("/opt/azcmagent/bin/himds", "").unwrap();
    let run = || Akv::new().args(["get", "kv-prod/api"]).azure(&azure);
    run()
        .arg("--verbose")
        .stdout("value-of-api")
        .stderr_has("there is `/opt/azcmagent/bin/himds`\n")
        .run();
    azure.expect(&[TOKEN, TOKEN, READ]);
    // App Service's variables come first, and `--identity` before everything.
    let app = azure.app_service();
    run()
        .env("IDENTITY_ENDPOINT", app.endpoint)
        .env("IDENTITY_HEADER", app.header)
        .stdout("value-of-api")
        .run();
    azure.expect(&["GET app-service/msi/token?*", READ]);
    run()
        .args(["--identity", "imds"])
        .stdout("value-of-api")
        .run();
    azure.expect(&["GET metadata/metadata/identity/oauth2/token?*", READ]);
    fs::remove_dir_all("/opt/azcmagent").unwrap();
}

fn pinned_where_the_variables_say_otherwise() {
    let azure = azure();
    azure.arc_at("127.0.0.1:40342".parse().unwrap());
    let app = azure.app_service();
    Akv::new()
        .args(["get", "kv-prod/api", "--identity", "arc"])
        .azure(&azure)
        .env("IDENTITY_ENDPOINT", app.endpoint)
        .env("IDENTITY_HEADER", app.header)
        .stdout("value-of-api")
        .run();
    azure.expect(&[TOKEN, TOKEN, READ]);
}

fn a_quoted_realm() {
    let azure = azure();
    azure.fault(
        "GET arc/",
        Fault::arc_challenge(|path| format!("Basic realm=\"{path}\"")).once(),
    );
    get(&azure).stdout("value-of-api").run();
    azure.expect(&[TOKEN, TOKEN, READ]);
}

fn a_key_with_a_line_s_end() {
    let azure = azure();
    azure.arc_key_tail("\n");
    get(&azure).stdout("value-of-api").run();
    azure.expect(&[TOKEN, TOKEN, READ]);
}

fn challenges_that_name_other_files() {
    let azure = azure();
    let elsewhere = Scratch::new("arc");
    let bait = elsewhere.write("bait.key", "CanaryThatMustNotBeSent");
    let bait = bait.display().to_string();
    let words = "names a file that is not a key in the agent's folder `/var/opt/azcmagent/tokens`";
    let row = |challenge: &str, words: &'static str| (challenge.to_owned(), words);
    for (challenge, words) in [
        row(&format!("Basic realm={bait}"), words),
        row(&format!("Basic realm={KEYS}/../../../..{bait}"), words),
        row(&format!("Basic realm={KEYS}/../tokens/a.key"), words),
        row(&format!("Basic realm={KEYS}/deeper/a.key"), words),
        row(&format!("Basic realm={KEYS}/a.txt"), words),
        row(&format!("Basic realm={KEYS}"), words),
        row(&format!("Basic realm={KEYS}/.key"), words),
        row("Basic realm=a.key", words),
        row("Basic realm=var/opt/azcmagent/tokens/a.key", words),
        row("Basic realm=", words),
        row("Basic", "names no key file"),
        row("Basic charset=UTF-8", "names no key file"),
        row(&format!("Bearer realm={KEYS}/a.key"), "is not a Basic one"),
    ] {
        azure.mend();
        azure.fault("GET arc/", Fault::arc_challenge(move |_| challenge.clone()));
        get(&azure)
            .canary("CanaryThatMustNotBeSent")
            .status(3)
            .stderr_has(format!("{SYSTEM}the agent's challenge {words}\n"))
            .stderr_has(NOT_ARC)
            .run();
        azure.expect(&[TOKEN]);
    }
    azure.mend();
    azure.arc_key_suffix(".txt");
    get(&azure).status(3).stderr_has(words).run();
    azure.arc_key_suffix(".key");
    azure.arc_key_dir(elsewhere.path());
    get(&azure).status(3).stderr_has(words).run();
    azure.expect(&[TOKEN, TOKEN]);
}

fn no_challenge_at_all() {
    let azure = azure();
    azure.fault("GET arc/", Fault::arc_no_challenge());
    get(&azure)
        .status(3)
        .stderr_has(format!("{SYSTEM}the agent's challenge is "))
        .stderr_has(NOT_ARC)
        .run();
    azure.expect(&[TOKEN]);
}

fn an_answer_without_a_challenge() {
    let azure = azure();
    azure.arc_challenges(false);
    get(&azure)
        .status(3)
        .stderr_has(format!("{SYSTEM}the agent answered without a challenge\n"))
        .stderr_has(NOT_ARC)
        .run();
    azure.expect(&[TOKEN]);
}

/// The agent names this file in its folder.
fn names_file(azure: &Standin, name: &str) -> PathBuf {
    let path = Path::new(KEYS).join(name);
    fs::create_dir_all(KEYS).unwrap();
    let realm = format!("Basic realm={}", path.display());
    azure.mend();
    azure.fault(
        "GET arc/",
        Fault::arc_challenge(move |_| realm.clone()).once(),
    );
    path
}

fn keys_that_cannot_be_used() {
    let azure = azure();
    for (content, words) in [
        (Vec::new(), "it holds no key"),
        (b" \n".to_vec(), "it holds no key"),
        (b"two words".to_vec(), "it holds no key"),
        (b"\xff\xfe".to_vec(), "it holds no key"),
        (b"a\r\nX-Injected: yes".to_vec(), "it holds no key"),
        (vec![b'a'; 4097], ""),
    ] {
        let path = names_file(&azure, "odd.key");
        fs::write(&path, content).unwrap();
        get(&azure)
            .status(3)
            .stderr_has(format!("{SYSTEM}the agent's key `{KEYS}/odd.key`: {words}"))
            .run();
        azure.expect(&[TOKEN]);
    }
    names_file(&azure, "gone.key");
    get(&azure)
        .status(3)
        .stderr_has(format!(
            "the agent's key `{KEYS}/gone.key`: no such file or directory"
        ))
        .run();
    let folder = names_file(&azure, "folder.key");
    fs::create_dir(folder).unwrap();
    get(&azure)
        .status(3)
        .stderr_has(format!("the agent's key `{KEYS}/folder.key`: "))
        .run();
    azure.expect(&[TOKEN, TOKEN]);
}

fn a_key_that_is_a_link() {
    let azure = azure();
    let elsewhere = Scratch::new("arc");
    let bait = elsewhere.write("bait", "CanaryThatMustNotBeSent");
    symlink(bait, names_file(&azure, "link.key")).unwrap();
    get(&azure)
        .canary("CanaryThatMustNotBeSent")
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}the agent's key `{KEYS}/link.key`: it, or a folder of it, is a symbolic link\n"
        ))
        .run();
    azure.expect(&[TOKEN]);
}

fn a_folder_that_is_a_link() {
    let azure = azure();
    let elsewhere = Scratch::new("arc");
    elsewhere.write("bait.key", "CanaryThatMustNotBeSent");
    names_file(&azure, "bait.key");
    fs::remove_dir_all(KEYS).unwrap();
    symlink(elsewhere.path(), KEYS).unwrap();
    get(&azure)
        .canary("CanaryThatMustNotBeSent")
        .status(3)
        .stderr_has("it, or a folder of it, is a symbolic link\n")
        .run();
    azure.expect(&[TOKEN]);
    fs::remove_file(KEYS).unwrap();
}

/// Root may read everything, unless it gives up what lets it.
fn a_key_that_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;

    let azure = azure();
    let path = names_file(&azure, "himds.key");
    fs::write(&path, "x").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    get(&azure)
        .through(&["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}the agent's key `{KEYS}/himds.key`: permission denied\n"
        ))
        .stderr_has("akv-xsoar: hint: the user who runs this must be in the group `himds`: `usermod -a -G himds USER`, then log in again\n")
        .run();
    azure.expect(&[TOKEN]);
}

fn a_key_that_the_agent_does_not_take() {
    let azure = azure();
    let path = names_file(&azure, "stale.key");
    fs::write(path, "CanaryStaleKey").unwrap();
    get(&azure)
        .canary("CanaryStaleKey")
        .status(3)
        .stderr_has(format!(
            "{SYSTEM}Azure Arc's agent answered 401: Invalid Basic Authorization header\n"
        ))
        .run();
    azure.expect(&[TOKEN, TOKEN]);
    // The test's own doing.
    assert_eq!(azure.take_violations().len(), 1);
}

fn a_token_that_is_not_good_now() {
    let azure = azure();
    for (from, until, words) in [
        (3600, 7200, "the token is not valid yet"),
        (-7200, -3600, "the token's lifetime is over"),
    ] {
        azure.token_lifetime(from, until);
        get(&azure)
            .status(3)
            .stderr_has(format!("{SYSTEM}{words}\n"))
            .stderr_has("clock: it says ")
            .run();
        azure.expect(&[TOKEN, TOKEN]);
    }
}

/// The agent's own words, with a status that may pass; a key that was sent in vain is still good.
fn busy(status: u16) -> Fault {
    let words = format!("The identity service is busy ({status})");
    Fault::json(
        status,
        &json!({"error": "temporarily_unavailable", "error_description": words}),
    )
    .undone()
}

/// What the agent says to the first request or to the second: as App Service's, it is the service that fails.
fn what_stays_after_all_tries() {
    let azure = azure();
    let challenge = "GET arc/";
    thread::scope(|scope| {
        for status in [404, 410, 429] {
            scope.spawn(move || {
                let azure = Standin::start();
                azure.fault(challenge, busy(status));
                get(&azure)
                    .args(["--timeout", "120"])
                    .status(7)
                    .stderr(format!(
                        "{SYSTEM}Azure Arc's agent answered {status}: The identity service is busy ({status}), 6 times\n\
                         akv-xsoar: hint: try again later\n"
                    ))
                    .run();
                azure.expect(&[TOKEN; 6]);
            });
        }
        // Behind the challenge.
        azure.fault(challenge, busy(429).skip(1));
        get(&azure)
            .args(["--timeout", "120"])
            .status(7)
            .stderr_has("answered 429: The identity service is busy (429), 6 times\n")
            .run();
        azure.expect(&[TOKEN; 7]);
    });
}

fn a_wait_that_does_not_fit() {
    for (status, skip) in [(404, 0), (410, 0), (429, 1)] {
        let azure = azure();
        azure.fault("GET arc/", busy(status).skip(skip));
        get(&azure)
            .args(["--timeout", "6"])
            .status(8)
            .stderr(format!(
                "{SYSTEM}Azure Arc's agent answered {status}: The identity service is busy ({status}); the next try would be in 6 s, \
                 and `--timeout` is too short for it (6 s)\n\
                 akv-xsoar: hint: give it more time with `--timeout SECONDS`, or try later\n"
            ))
            .run();
        let tries = 3 + skip as usize;
        azure.expect(&vec![TOKEN; tries]);
    }
}

fn nobody_listens() {
    Akv::new()
        .args(["get", "kv-prod/api"])
        .env(
            "IDENTITY_ENDPOINT",
            format!("http://{NOBODY}/metadata/identity/oauth2/token"),
        )
        .env("IMDS_ENDPOINT", format!("http://{NOBODY}"))
        .status(3)
        .stderr_has(format!("{SYSTEM}Azure Arc's agent does not listen ("))
        .stderr_has("akv-xsoar: hint: is it running? `systemctl status himdsd`, `azcmagent show`\n")
        .run();
}
