//! The key: where it may come from, and where it never goes.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{BOTH, URL, azure, told};
use crate::command::Akv;
use crate::files::{private, set_mode, utf_16};
use crate::standin::{
    CLIENT_ID, CLIENT_SECRET, Scratch, Standin, TENANT, XSOAR_KEY, XSOAR_KEY_ID, Xsoar,
};

/// A run without a key; the server is where the configuration or an option says.
fn bare(azure: &Standin) -> Akv<'_> {
    Akv::new().arg("push").args(BOTH).app(azure)
}

/// A run that ends before anything is sent.
fn unsent() -> Akv<'static> {
    let akv = Akv::new().arg("push").args(BOTH);
    let akv = akv.args(["--tenant-id", TENANT, "--client-id", CLIENT_ID]);
    let akv = akv.env("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    akv.status(2).canary(XSOAR_KEY)
}

pub(super) fn key_file(directory: &Scratch, content: &str) -> PathBuf {
    private(directory, "key", content)
}

pub(super) fn config(directory: &Scratch, json: &Value) -> PathBuf {
    private(directory, "config.json", json.to_string())
}

/// It was the right key.
#[track_caller]
pub(super) fn accepted(azure: &Standin, akv: Akv) {
    azure.ignore_log();
    azure.xsoar(Xsoar::six());
    akv.stdout(told("created", "created")).run();
}

#[test]
fn the_strongest_key_counts() {
    let azure = azure();
    let directory = Scratch::new("key");
    let with_newline = key_file(&directory, &format!("{XSOAR_KEY}\n"));
    let server = json!({"xsoar_url": URL});
    let both = json!({"xsoar_url": URL, "xsoar_key": "wrong"});
    let object = json!({"xsoar_url": URL, "xsoar_key": {"identifier": "", "password": XSOAR_KEY}});
    let masked = json!({"xsoar_url": URL, "xsoar_key": "****"});
    let by_file = json!({"xsoar_url": URL, "xsoar_key_file": with_newline});
    let with = |json: &Value| bare(&azure).arg("--config").arg(config(&directory, json));

    let option = || bare(&azure).arg("--xsoar-key-file").arg(&with_newline);
    accepted(&azure, option().args(["--xsoar-url", URL]));
    accepted(
        &azure,
        option()
            .args(["--xsoar-url", URL])
            .env("DEMISTO_BASE_URL", "https://elsewhere.example")
            .env("DEMISTO_API_KEY", "wrong"),
    );
    accepted(&azure, with(&server).env("DEMISTO_API_KEY", XSOAR_KEY));
    accepted(&azure, with(&both).env("DEMISTO_API_KEY", XSOAR_KEY));
    accepted(
        &azure,
        with(&both).arg("--xsoar-key-file").arg(&with_newline),
    );
    accepted(&azure, with(&object).env("DEMISTO_BASE_URL", ""));
    accepted(&azure, with(&masked).env("DEMISTO_API_KEY", XSOAR_KEY));
    accepted(&azure, with(&by_file).env("DEMISTO_API_KEY", "••••"));
    accepted(&azure, with(&object).env("DEMISTO_API_KEY", ""));
    // What the file says of the server gives way.
    let elsewhere = json!({"xsoar_url": "https://elsewhere.example", "xsoar_key": XSOAR_KEY});
    accepted(&azure, with(&elsewhere).args(["--xsoar-url", URL]));
    accepted(
        &azure,
        with(&elsewhere)
            .env("DEMISTO_BASE_URL", URL)
            .env("DEMISTO_API_KEY", XSOAR_KEY),
    );
    let stdin = || bare(&azure).args(["--xsoar-url", URL, "--xsoar-key-file=-"]);
    for (before, after) in [
        ("", "\r\n"),
        ("", "\r"),
        ("\u{feff}", ""),
        ("\u{feff}", "\n"),
    ] {
        let key = format!("{before}{XSOAR_KEY}{after}");
        accepted(&azure, stdin().stdin(key));
    }
    // Of a variable one newline goes, too.
    for after in ["\n", "\r\n", "\r"] {
        accepted(
            &azure,
            bare(&azure)
                .env("DEMISTO_BASE_URL", format!("{URL}{after}"))
                .env("DEMISTO_API_KEY", format!("{XSOAR_KEY}{after}")),
        );
    }
}

#[test]
fn what_version_8_needs_comes_from_anywhere_too() {
    let azure = azure();
    azure.ignore_log();
    let directory = Scratch::new("key");
    let all = json!({
        "xsoar_url": "https://api-xsoar.example", "xsoar_key": XSOAR_KEY, "xsoar_key_id": XSOAR_KEY_ID,
        "xsoar_key_type": "advanced", "dry_run": false, "adopt": false, "vault": "kv-prod", "secret": "a,b",
    });
    let file = config(&directory, &all);
    let run = |akv: Akv| {
        azure.xsoar(Xsoar::eight().advanced());
        akv.stdout(told("created", "created")).run();
    };
    let arguments = || Akv::new().arg("push").app(&azure);
    run(arguments().arg("--config").arg(&file));
    let variables = || {
        arguments()
            .args(BOTH)
            .env("DEMISTO_BASE_URL", "https://api-xsoar.example")
            .env("DEMISTO_API_KEY", XSOAR_KEY)
            .env("XSIAM_AUTH_ID", XSOAR_KEY_ID)
    };
    run(variables().arg("--xsoar-key-type=advanced"));
    azure.xsoar(Xsoar::eight());
    variables().stdout(told("created", "created")).run();
    let dry = json!({"dry_run": true});
    variables()
        .arg("--config")
        .arg(config(&directory, &dry))
        .stdout(told("unchanged", "unchanged"))
        .run();
}

#[test]
fn without_a_key_or_a_server_it_does_not_begin() {
    unsent()
        .env("DEMISTO_API_KEY", XSOAR_KEY)
        .stderr(
            "akv-xsoar: error: no XSOAR server is named (`--xsoar-url`, `DEMISTO_BASE_URL`, `xsoar_url`)\n\
             akv-xsoar: hint: such as `https://xsoar.example`, `https://xsoar.example/acc_TENANT`, or `https://api-FQDN` of XSOAR 8\n",
        )
        .run();
    for key in ["", "****"] {
        unsent()
            .args(["--xsoar-url", URL])
            .env("DEMISTO_API_KEY", key)
            .stderr(
                "akv-xsoar: error: there is no API key (`--xsoar-key-file`, `DEMISTO_API_KEY`, `xsoar_key`)\n\
                 akv-xsoar: hint: XSOAR makes one under Settings → API Keys; it is never taken from the command line\n",
            )
            .run();
    }
    let directory = Scratch::new("key");
    let two = json!({"xsoar_key": XSOAR_KEY, "xsoar_key_file": "key"});
    unsent()
        .args(["--xsoar-url", URL, "--config"])
        .arg(config(&directory, &two))
        .stderr_has("akv-xsoar: error: `xsoar_key_file` in `")
        .stderr_has(" name two keys\nakv-xsoar: hint: leave one of them out\n")
        .run();
}

#[test]
fn a_key_is_a_file_s_one_word() {
    let directory = Scratch::new("key");
    let ask = |path: &PathBuf| {
        unsent()
            .args(["--xsoar-url", URL, "--xsoar-key-file"])
            .arg(path)
    };
    let path = key_file(&directory, XSOAR_KEY);
    for mode in [0o604, 0o644] {
        set_mode(&path, mode);
        ask(&path)
            .stderr_has("error: cannot read the API key of `--xsoar-key-file` from `")
            .stderr_has(format!("every user may read it (mode 0{mode:o})\n"))
            .stderr_has("hint: `chmod o-rwx ")
            .run();
    }
    set_mode(&path, 0o640);
    for (content, words) in [
        ("", "it is empty\n"),
        ("\n", "it is empty\n"),
        (
            "CanaryXs0arKey7f0c2b9e5d1a4836 \n",
            "the API key or its id has characters that an HTTP header cannot carry\nakv-xsoar: hint: there are blanks, quotes or invisible characters around it: leave them out\n",
        ),
        (
            "\"CanaryXs0arKey7f0c2b9e 5d1a4836\"",
            "the API key or its id has characters that an HTTP header cannot carry\nakv-xsoar: hint: there are blanks, quotes or invisible characters around it: leave them out\n",
        ),
        (
            "CanaryXs0arKey 7f0c2b9e5d1a4836",
            "the API key or its id has characters that an HTTP header cannot carry\nakv-xsoar: hint: both are one word: copy them again from XSOAR\n",
        ),
        (
            "CanaryXs0arKey7f0c2b9e5d1a4836\n\n",
            "it has a line break in it\n",
        ),
        (
            "CanaryXs0arKey7f0c2b9e5d1a4836\u{1}",
            "it has a control character in it\n",
        ),
        ("ä", "it has a character in it that is not ASCII\n"),
        (
            "\u{2068}CanaryXs0arKey7f0c2b9e5d1a4836",
            "it has a character in it that is not ASCII\n",
        ),
    ] {
        ask(&key_file(&directory, content)).stderr_has(words).run();
        // The same in a variable, and in the configuration, of whose texts nothing is dropped.
        let text = content
            .strip_suffix(" \n")
            .map_or(content.to_owned(), |text| format!("{text} "));
        let odd = words.starts_with("it ") && !content.trim().is_empty();
        for (akv, origin) in [
            (
                unsent().env("DEMISTO_API_KEY", content),
                "`DEMISTO_API_KEY`".to_owned(),
            ),
            (
                unsent()
                    .arg("--config")
                    .arg(config(&directory, &json!({"xsoar_key": text}))),
                format!(
                    "`xsoar_key` in `{}`",
                    directory.join("config.json").display()
                ),
            ),
        ] {
            let akv = akv.args(["--xsoar-url", URL]);
            let akv = if odd {
                akv.stderr_has(format!("cannot use the API key of {origin}: {words}"))
                    .stderr_has("hint: copy it again: it is made of visible ASCII characters\n")
            } else if content.trim().is_empty() {
                akv.stderr_any()
            } else {
                akv.stderr_has(words)
            };
            akv.run();
        }
    }
    for bytes in [
        utf_16(XSOAR_KEY, "\u{feff}", u16::to_le_bytes),
        utf_16(XSOAR_KEY, "", u16::to_be_bytes),
    ] {
        ask(&private(&directory, "key", bytes))
            .stderr_has("it is UTF-16 text\nakv-xsoar: hint: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)\n")
            .run();
    }
}

#[test]
fn the_file_of_a_key() {
    let directory = Scratch::new("key");
    unsent()
        .args(["--xsoar-url", URL, "--xsoar-key-file"])
        .arg(directory.join("nowhere"))
        .stderr_has("from `")
        .run();
    let config = directory.write("config.json", json!({"xsoar_key": XSOAR_KEY}).to_string());
    set_mode(&config, 0o644);
    unsent()
        .args(["--xsoar-url", URL, "--config"])
        .arg(&config)
        .stderr_has("it holds a secret, and every user may read it (mode 0644)\n")
        .run();
    unsent()
        .env_remove("AZURE_CLIENT_SECRET")
        .args(["--xsoar-url", URL, "--xsoar-key-file=-", "--client-secret-file=-"])
        .stdin("one")
        .stderr(
            "akv-xsoar: error: `--client-secret-file` and `--xsoar-key-file` both read standard input\n\
             akv-xsoar: hint: put one of the two into a file\n",
        )
        .run();
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    for words in [
        vec![format!("--xsoar-key={XSOAR_KEY}")],
        vec!["--xsoar-key".to_owned(), XSOAR_KEY.to_owned()],
    ] {
        unsent()
            .args(words)
            .stderr(
                "akv-xsoar: error: unknown option `--xsoar-key`\n\
                 akv-xsoar: hint: the key is never given on the command line, where every user sees it: use `--xsoar-key-file PATH` or the variable `DEMISTO_API_KEY`\n",
            )
            .run();
    }
}

#[test]
fn what_goes_with_a_key_is_checked() {
    let ask = || {
        unsent()
            .args(["--xsoar-url", URL])
            .env("DEMISTO_API_KEY", XSOAR_KEY)
    };
    for (given, words) in [
        (
            vec!["--xsoar-key-type=advanced"],
            "`--xsoar-key-type` is of XSOAR 8, whose keys have an id\n",
        ),
        (
            vec!["--xsoar-key-type=standard"],
            "`--xsoar-key-type` is of XSOAR 8, whose keys have an id\n",
        ),
        (
            vec!["--xsoar-key-type=x", "--xsoar-key-id=7"],
            "`--xsoar-key-type` must be `standard` or `advanced`, not `x`\n",
        ),
        (
            vec!["--xsoar-key-type=x"],
            "`--xsoar-key-type` must be `standard` or `advanced`, not `x`\n",
        ),
        (
            vec!["--xsoar-key-id=7\n8"],
            "the API key or its id has characters that an HTTP header cannot carry\n",
        ),
    ] {
        ask().args(given).stderr_has(words).run();
    }
}

/// They are other programs' too, and may be anything there.
#[test]
fn other_commands_do_not_look_at_it() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let azure = azure();
    let odd = OsStr::from_bytes(b"\xff");
    let get = Akv::new().args(["get", "kv-prod/a"]).app(&azure);
    get.env("DEMISTO_API_KEY", odd)
        .env("DEMISTO_BASE_URL", odd)
        .env("XSIAM_AUTH_ID", odd)
        .stdout("value-of-a")
        .run();
    azure.expect(&[&azure.token_request(), super::READ_A]);
    unsent()
        .args(["--xsoar-url", URL])
        .env("DEMISTO_API_KEY", odd)
        .stderr_has("`DEMISTO_API_KEY` is not UTF-8 text\n")
        .run();
    for option in [
        "--xsoar-url=https://x.example",
        "--xsoar-key-file=k",
        "--dry-run",
        "--adopt",
    ] {
        let name = option.split('=').next().unwrap();
        Akv::new()
            .args(["fetch", "kv-prod/a", option])
            .status(2)
            .stderr_has(format!("`{name}` does not belong to `fetch`\n"))
            .run();
    }
}

#[test]
fn a_command_that_is_run_does_not_get_it() {
    let azure = azure();
    let exec = Akv::new().args(["exec", "kv-prod/a"]).app(&azure);
    let output = exec
        .args(["--", "/usr/bin/env"])
        .env("DEMISTO_API_KEY", XSOAR_KEY)
        .env("DEMISTO_BASE_URL", URL)
        .stdout_has("A=value-of-a\n")
        .run();
    let text = output.stdout_text();
    assert!(
        !text.contains("DEMISTO_API_KEY") && text.contains("DEMISTO_BASE_URL"),
        "{text}"
    );
    azure.expect(&[&azure.token_request(), super::READ_A]);
}
