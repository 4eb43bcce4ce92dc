//! Values through `eval` in the shells that few have: as they are, and nothing else happens.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::children::Kept;
use crate::command::{Akv, names_in};
use crate::standin::{Scratch, Standin};

/// What means something to a shell somewhere.
const NASTY: [&str; 36] = [
    "",
    " ",
    " a  b ",
    "'",
    "''",
    "'\\''",
    "\"",
    "\\",
    "\\\\",
    "it's \"so\"",
    "$HOME",
    "${HOME}",
    "${x:=$(>ran)}",
    "$(>ran)",
    "`>ran`",
    "$((1+1))",
    "x[$(>ran)0]",
    "$'\\n'",
    "=ls",
    "~",
    "~root",
    "*",
    "/et[c]",
    "{a,b}",
    "!!",
    "!1",
    "a!b'c",
    "#x",
    "x #y",
    ";>ran",
    "\n>ran\n",
    "one\ntwo\n\n",
    "tab\tcr\r\n",
    "%F{red}%(e.a.b)%{",
    "\u{1}\u{8}\u{1b}[31m\u{7f}",
    "\\x41\\u0041\\0101\\c",
];

/// Every character of these, by itself a value's whole and in the middle of others.
const BEYOND: [&str; 5] = [
    "äöüß€",
    "Á\u{c0}\u{c8}\u{85}\u{a0}",
    "世界",
    "😀e\u{301}",
    "\u{2028}\u{feff}\u{10ffff}",
];

/// The shells, and whether they read what is no ASCII in the locale C, too.
const SHELLS: [(&[&str], bool); 4] = [
    (&["mksh"], true),
    (&["ksh93"], true),
    (&["zsh", "-f"], true),
    (&["yash"], false),
];

#[test]
fn any_value_survives_eval_in_any_shell() {
    let azure = Standin::start();
    let ascii: String = (1..128_u8).map(char::from).collect();
    let both: String = NASTY.concat() + &ascii;
    let mut values: Vec<String> = NASTY.map(str::to_owned).into();
    values.extend([ascii, both.repeat(20)]);
    let plain = values.len();
    values.extend(BEYOND.map(str::to_owned));
    let names: Vec<_> = (0..values.len())
        .map(|number| format!("V_{number}"))
        .collect();
    for (name, value) in names.iter().zip(&values) {
        azure.secret("kv-prod", &name.replace('_', "-"), value);
    }
    let directory = Scratch::new("evaluated");
    let file = |names: &[String]| {
        let secrets = names
            .iter()
            .map(|name| format!("kv-prod/{}", name.replace('_', "-")));
        let run = Akv::new().args(["fetch", "--format=shell"]).args(secrets);
        run.app(&azure).stdout_any().run().stdout
    };
    directory.write("plain", file(&names[..plain]));
    directory.write("all", file(&names));
    azure.ignore_log();
    for (shell, in_c) in SHELLS {
        for (locale, file) in [
            ("C.UTF-8", "all"),
            ("C", if in_c { "all" } else { "plain" }),
        ] {
            let count = if file == "all" { values.len() } else { plain };
            let found = evaluated(shell, locale, file, &names[..count], directory.path());
            for (number, value) in values[..count].iter().enumerate() {
                let found = found
                    .get(number)
                    .map(|found| String::from_utf8_lossy(found));
                assert_eq!(found.as_deref(), Some(&**value), "{shell:?} in {locale}");
            }
            assert_eq!(names_in(directory.path()), ["all", "plain"], "{shell:?}");
        }
    }
}

/// What a shell has in its variables once it has evaluated a file.
fn evaluated(
    shell: &[&str],
    locale: &str,
    file: &str,
    names: &[String],
    directory: &Path,
) -> Vec<Vec<u8>> {
    let values = names.iter().map(|name| format!(" \"${name}\""));
    let script = format!(
        "eval \"$(cat {file})\" && printf '%s\\0'{}",
        values.collect::<String>()
    );
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", &script]).env_clear();
    command.env("PATH", env::var_os("PATH").unwrap_or_default());
    command
        .env("LC_ALL", locale)
        .current_dir(directory)
        .stdin(Stdio::null());
    let output = Kept::output(&mut command)
        .unwrap_or_else(|error| panic!("{shell:?}: {error}: install it (scripts/test does)"));
    assert!(
        output.stderr.is_empty(),
        "{shell:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|byte| *byte == 0)
        .map(<[u8]>::to_vec)
        .collect()
}
