//! The file itself: whether it can be read, whose it is, and who else may read it.

use std::fs;
use std::os::unix::fs::chown;

use super::{all_four, azure, configuration, expect_all_four, instance};
use crate::command::Akv;
use crate::files::{make_fifo, private, set_mode, utf_16};
use crate::standin::Scratch;

const UTF_16: &str =
    "it is UTF-16 text\nakv-xsoar: hint: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)";

#[test]
fn files_that_cannot_be_used() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    fs::create_dir(directory.join("directory")).unwrap();
    directory.write("large", vec![b' '; 300 << 10]);
    for (name, open) in [("others", 0o602), ("group", 0o620), ("all", 0o666)] {
        let path = directory.write(name, "{}");
        set_mode(&path, open);
    }
    for (name, mark, order) in [
        ("utf-16", "\u{feff}", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("utf-16-be", "\u{feff}", u16::to_be_bytes),
        ("utf-16-bare", "", u16::to_le_bytes),
    ] {
        private(
            &directory,
            name,
            utf_16(&instance().to_string(), mark, order),
        );
    }
    for (name, open) in [("read", 0o604), ("read-all", 0o644), ("it's mine", 0o644)] {
        let path = directory.write(name, instance().to_string());
        set_mode(&path, open);
    }
    for (file, problem) in [
        ("gone", "no such file or directory"),
        ("directory", "it is a directory"),
        ("large", "it is larger than 262144 bytes"),
        (
            "others",
            "others may write it (mode 0602)\nakv-xsoar: hint: `chmod go-w others`",
        ),
        (
            "group",
            "others may write it (mode 0620)\nakv-xsoar: hint: `chmod go-w group`",
        ),
        (
            "all",
            "others may write it (mode 0666)\nakv-xsoar: hint: `chmod go-w all`",
        ),
        (
            "read",
            "it holds a secret, and every user may read it (mode 0604)\nakv-xsoar: hint: `chmod o-rwx read`",
        ),
        (
            "read-all",
            "it holds a secret, and every user may read it (mode 0644)\nakv-xsoar: hint: `chmod o-rwx read-all`",
        ),
        (
            "it's mine",
            "it holds a secret, and every user may read it (mode 0644)\nakv-xsoar: hint: `chmod o-rwx 'it'\\''s mine'`",
        ),
        ("utf-16", UTF_16),
        ("utf-16-be", UTF_16),
        ("utf-16-bare", UTF_16),
    ] {
        Akv::new()
            .args(["fetch", "--config", file])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: cannot use the configuration file `{file}`: {problem}\n"
            ))
            .run();
        azure.expect(&[]);
    }
    // A group may read it.
    let path = configuration(&directory, instance().to_string());
    set_mode(&path, 0o640);
    Akv::new()
        .args(["fetch", "--config", "c.json"])
        .azure(&azure)
        .cwd(directory.path())
        .stdout(all_four())
        .run();
    expect_all_four(&azure);
}

/// Only root can give a file away; anybody finds one of root's.
#[test]
fn whose_it_is() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let path = configuration(&directory, instance().to_string());
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(12_345), None).unwrap();
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr(
                "akv-xsoar: error: cannot use the configuration file `c.json`: it belongs to another user\n\
                 akv-xsoar: hint: `chown \"$(id -u)\" c.json`\n",
            )
            .run();
        azure.expect(&[]);
    }
    // Root's own is read, whoever runs this: it is just not JSON.
    Akv::new()
        .args(["fetch", "--config", "/etc/passwd"])
        .azure(&azure)
        .status(2)
        .stderr_has("akv-xsoar: error: `/etc/passwd`, line 1, column ")
        .run();
    azure.expect(&[]);
}

#[test]
fn from_a_pipe() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    make_fifo(&directory.join("pipe"));
    let run = Akv::new()
        .args(["fetch", "--config", "pipe"])
        .azure(&azure)
        .cwd(directory.path())
        .stdout(all_four())
        .spawn();
    fs::write(directory.join("pipe"), instance().to_string()).unwrap();
    run.wait();
    expect_all_four(&azure);

    Akv::new()
        .args(["fetch", "--config", "pipe", "--timeout", "0.2"])
        .azure(&azure)
        .cwd(directory.path())
        .status(8)
        .stderr("akv-xsoar: error: cannot use the configuration file `pipe`: nothing came from it within 0.2 s (`--timeout`)\n")
        .run();
    azure.expect(&[]);
}

#[test]
fn as_windows_saves_it() {
    let azure = azure();
    let directory = Scratch::new("configuration");
    let pretty = serde_json::to_string_pretty(&instance()).unwrap();
    for text in [
        format!("\u{feff}{pretty}"),
        format!("\u{feff}{}\r\n", pretty.replace('\n', "\r\n")),
        format!("\n\n{pretty}\n\n"),
    ] {
        configuration(&directory, text);
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
    // One mark, and at the beginning.
    for text in [
        format!("\u{feff}\u{feff}{pretty}"),
        format!("\n\u{feff}{pretty}"),
    ] {
        configuration(&directory, text);
        Akv::new()
            .args(["fetch", "--config", "c.json"])
            .azure(&azure)
            .cwd(directory.path())
            .status(2)
            .stderr_has(": not valid JSON\n")
            .run();
        azure.expect(&[]);
    }
}

#[test]
fn from_standard_input() {
    let azure = azure();
    let text = instance().to_string();
    for akv in [
        Akv::new().args(["fetch", "--config", "-"]),
        Akv::new().args(["fetch", "--config=-"]),
        Akv::new().arg("fetch").env("AKV_XSOAR_CONFIG", "-"),
    ] {
        akv.azure(&azure)
            .stdin(format!("\u{feff}{text}\n"))
            .stdout(all_four())
            .run();
        expect_all_four(&azure);
    }
    // It is called by its name.
    let none = "{}".to_owned();
    for (text, words) in [
        (
            String::new(),
            "standard input, line 1, column 0: not valid JSON",
        ),
        (
            "{\n\"tennant_id\": 1}".to_owned(),
            "standard input, line 2: `tennant_id` is not a key of this file\nakv-xsoar: hint: did you mean `tenant_id`?",
        ),
        (
            "{\"timeout\": \"soon\"}".to_owned(),
            "`timeout` in standard input must be a number of seconds above 0\nakv-xsoar: hint: decimals are allowed, such as `2.5`",
        ),
        (
            " ".repeat(300 << 10),
            "cannot use the configuration on standard input: it is larger than 262144 bytes",
        ),
        (
            none,
            "nothing is selected\nakv-xsoar: hint: name what you want: `akv-xsoar fetch VAULT/SECRET`",
        ),
    ] {
        Akv::new()
            .args(["fetch", "--config", "-"])
            .azure(&azure)
            .stdin(text)
            .status(2)
            .stderr(format!("akv-xsoar: error: {words}\n"))
            .run();
        azure.expect(&[]);
    }
    Akv::new()
        .args(["fetch", "--config", "-", "--timeout", "0.2"])
        .azure(&azure)
        .stdin_open()
        .status(8)
        .stderr("akv-xsoar: error: cannot use the configuration on standard input: nothing came from it within 0.2 s (`--timeout`)\n")
        .run();
    azure.expect(&[]);
}

/// Standard input is read once.
#[test]
fn nothing_else_comes_from_standard_input_then() {
    let azure = azure();
    let ids = r#""tenant_id": "t", "client_id": "c""#;
    let server = r#""xsoar_url": "https://xsoar.example""#;
    let given = |akv: Akv<'static>, json: String, words: &str| {
        akv.stdin(json)
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: {words} both read standard input\n\
                 akv-xsoar: hint: put one of the two into a file\n"
            ))
            .run();
    };
    let get = || Akv::new().args(["get", "kv-prod/api", "--config=-"]);
    given(
        get().arg("--client-secret-file=-"),
        format!("{{{ids}}}"),
        "`--config` and `--client-secret-file`",
    );
    given(
        get(),
        format!(r#"{{{ids}, "client_secret_file": "-"}}"#),
        "`--config` and `client_secret_file` in standard input",
    );
    given(
        Akv::new()
            .args(["get", "kv-prod/api", "--client-certificate=-"])
            .env("AKV_XSOAR_CONFIG", "-"),
        format!("{{{ids}}}"),
        "`AKV_XSOAR_CONFIG` and `--client-certificate`",
    );
    given(
        Akv::new()
            .args(["push", "kv-prod/api", "--config=-", "--xsoar-key-file=-"])
            .env("AZURE_CLIENT_SECRET", "x"),
        format!("{{{ids}, {server}}}"),
        "`--config` and `--xsoar-key-file`",
    );
    azure.expect(&[]);
}
