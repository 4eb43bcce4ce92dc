//! Variables of a vault's secrets, as the programs read them that they are for.

use std::env;
use std::fs;

use super::mode_of;
use crate::command::{Akv, names_in};
use crate::shell::Shell;
use crate::standin::{Scratch, Standin};

const VALUES: [(&str, &str); 6] = [
    ("api-key", "plain/1+2=3"),
    ("pem", "-----BEGIN X-----\r\nMII+/=\r\n-----END X-----\r\n"),
    ("quotes", "it's \"${PATH}\" \\ and `id`\\"),
    ("empty", ""),
    ("line-ends", "\n\nüñ😀\u{2028} \t\n"),
    ("marks", "!! # $(id) ; & | * ~ '\\'' = %s"),
];

fn azure() -> Standin {
    let azure = Standin::start();
    for (name, value) in VALUES {
        azure.secret("kv-prod", name, value);
    }
    // What is asked for is looked at elsewhere.
    azure.ignore_log();
    azure
}

/// The secrets' names, and what their variables are called.
fn names() -> (String, Vec<String>) {
    let secrets = VALUES.map(|(name, _)| format!("kv-prod/{name}")).join(" ");
    let variables = VALUES.map(|(name, _)| format!("S_{}", name.to_uppercase().replace('-', "_")));
    (secrets, variables.into())
}

/// Each value with something behind it that shows where it ends.
fn all_values() -> String {
    VALUES.map(|(_, value)| format!("{value}|")).concat()
}

#[test]
fn each_shell_evaluates_what_the_vault_holds() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let (secrets, variables) = names();
    let shown = variables.iter().map(|name| format!("\"${name}\""));
    let shown = shown.collect::<Vec<_>>().join(" ");
    for interpreter in ["dash", "bash", "busybox sh"] {
        let fetch = format!("$RUNNER \"$BIN\" fetch --format shell --prefix S_ {secrets}");
        let script = format!("{interpreter} -c 'eval \"$({fetch})\" && printf \"%s|\" {shown}'");
        shell.run(&script, 0, &all_values(), "");
        // Nothing is in the environment unless the caller says so.
        let child = format!("sh -c '\\''printf \"%s|\" {shown}'\\''");
        for (before, expected) in [("", "||||||".to_owned()), ("set -a; ", all_values())] {
            let script = format!("{interpreter} -c '{before}eval \"$({fetch})\" && {child}'");
            shell.run(&script, 0, &expected, "");
        }
    }
}

#[test]
fn a_failed_fetch_sets_nothing() {
    let azure = azure();
    let shell = Shell::new(&azure);
    let output = shell.output(
        "v=$(akv fetch --format shell kv-prod/empty kv-prod/gone) || echo \"status $?, $v.\"",
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "status 5, .\n");
}

#[test]
fn python_dotenv_reads_what_the_vault_holds() {
    let python = env::var("AKV_XSOAR_PYTHON").unwrap_or_default();
    assert!(
        !python.is_empty(),
        "this needs a Python that has python-dotenv: run scripts/test"
    );
    let azure = azure();
    let shell = Shell::new(&azure);
    let (secrets, variables) = names();
    fs::write(
        shell.join("read.py"),
        "import dotenv, sys\n\
         found = dotenv.dotenv_values(\"it\")\n\
         sys.stdout.buffer.write(\"\".join(found[name] + \"|\" for name in sys.argv[1:]).encode())\n",
    )
    .unwrap();
    let script = format!(
        "akv fetch --format dotenv --prefix S_ {secrets} --output it && {python} read.py {}",
        variables.join(" ")
    );
    shell.run(&script, 0, &all_values(), "");
    assert_eq!(mode_of(&shell.join("it")), 0o600);
}

#[test]
fn a_nul_fits_into_no_variable() {
    let azure = azure();
    azure.secret("kv-prod", "nul", "CanaryBefore\0CanaryBehind");
    azure.secret("kv-prod", "none", "\0");
    for format in ["shell", "dotenv"] {
        let directory = Scratch::new("nul");
        let run = Akv::new().args(["fetch", "--output=it", "--format", format]);
        let error = |name: &str| {
            format!(
                "akv-xsoar: error: cannot put `kv-prod/{name}` into a variable: its value has a NUL character in it\nakv-xsoar: hint: "
            )
        };
        run.args(["kv-prod/nul", "kv-prod/empty", "kv-prod/none"])
            .app(&azure)
            .cwd(directory.path())
            .status(9)
            .stderr_has(error("nul"))
            .stderr_has(error("none"))
            .run();
        assert!(names_in(directory.path()).is_empty());
    }
}
