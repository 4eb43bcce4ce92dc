//! How much there may be: one large value, many of them, and the system's limits by name.

use super::azure;
use crate::command::Akv;
use crate::shell::Shell;
use crate::standin::Standin;

#[test]
fn the_largest_value_of_a_vault() {
    let azure = azure();
    let value: String = ('!'..='~').cycle().take(25 * 1024).collect();
    azure.secret("kv-prod", "large", &value);
    Akv::new()
        .args([
            "exec",
            "kv-prod/large",
            "--",
            "sh",
            "-c",
            "printf %s \"$LARGE\"",
        ])
        .app(&azure)
        .stdout(value)
        .run();
    azure.expect(&[&azure.token_request(), "GET *"]);
}

#[test]
fn five_hundred_secrets() {
    let azure = Standin::start();
    azure.ignore_log();
    azure.secrets("kv-prod", 500);
    let output = Akv::new()
        .args([
            "exec",
            "--vault",
            "kv-prod",
            "--all",
            "--prefix",
            "KV_",
            "--pristine",
        ])
        .args(["--", "env"])
        .app(&azure)
        .stdout_any()
        .run();
    let mut found: Vec<_> = output.stdout_text().lines().map(str::to_owned).collect();
    found.sort();
    let name = |number| format!("{number:03}");
    let expected: Vec<_> = (1..=500)
        .map(|n| format!("KV_SECRET_{0}=value-of-secret-{0}", name(n)))
        .collect();
    assert_eq!(found, expected);
    let (read, listed) = (
        azure.count("GET kv-prod.vault.azure.net/secrets/*"),
        azure.count("GET kv-prod.vault.azure.net/secrets?*"),
    );
    assert_eq!((read, listed), (500, 20));
}

#[test]
fn one_variable_that_is_too_long() {
    let azure = azure();
    // `LONG=` and the NUL behind it count, too.
    let longest = 32 * 4096 - "LONG=".len() - 1;
    azure.secret("kv-prod", "long", "x".repeat(longest));
    let run = || {
        Akv::new()
            .args(["exec", "kv-prod/long", "--", "sh", "-c", "echo ${#LONG}"])
            .app(&azure)
    };
    run().stdout(format!("{longest}\n")).run();
    azure.expect(&[&azure.token_request(), "GET *"]);
    azure.secret("kv-prod", "long", "x".repeat(longest + 1));
    run()
        .status(126)
        .stderr(
            "akv-xsoar: error: cannot run `/bin/sh`: the system takes no variable of more than 131072 bytes\n\
             akv-xsoar: hint: leave that secret out, or use `fetch --format files`\n",
        )
        .run();
    azure.expect(&[&azure.token_request(), "GET *"]);
}

#[test]
fn more_than_the_system_takes() {
    let azure = Standin::start();
    azure.ignore_log();
    for number in 0..15 {
        azure.secret("kv-prod", &format!("s{number:02}"), "x".repeat(25_000));
    }
    let shell = Shell::new(&azure);
    let script = |stack: u32| {
        format!(
            "ulimit -s {stack}; akv exec --vault kv-prod --all --prefix KV_ -- /bin/sh -c 'echo $0 ${{#KV_S14}}'"
        )
    };
    // A quarter of a megabyte, and of two.
    shell.run(
        &script(1024),
        126,
        "",
        "akv-xsoar: error: cannot run `/bin/sh`: environment and arguments are larger than the system takes, 262144 bytes: the secrets' 15 variables have 375120\n\
         akv-xsoar: hint: Linux takes a quarter of the stack's limit (`ulimit -s`), at most 6 MiB: select fewer secrets, raise the limit, or use `fetch --format files`\n",
    );
    shell.run(&script(2048), 0, "/bin/sh 25000\n", "");
}
