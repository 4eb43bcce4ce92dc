//! `eval` in the shells that people have.

use akv_xsoar::credentials::shell::render;

use super::consumer::Consumer;
use super::{NAMES, come_back, comes_back, refuses_nul, values};

/// As the README says to do it, with one file after another.
fn script() -> String {
    let values: Vec<_> = NAMES
        .map(|name| format!("\"${{{name}+=}}${{{name}-}}\""))
        .into();
    format!(
        "while read -r file; do unset {}; eval \"$(cat \"$file\")\"; printf '%s\\0' {}; done",
        NAMES.join(" "),
        values.join(" ")
    )
}

fn each_shell(test: impl Fn(Consumer)) {
    for (shell, package) in [
        (&["dash"][..], "dash"),
        (&["bash"], "bash"),
        (&["busybox", "sh"], "busybox"),
    ] {
        for locale in ["C", "C.UTF-8"] {
            let script = script();
            let words = [shell, &["-c", &script]].concat();
            test(
                Consumer::new(&words, package)
                    .env("LC_ALL", locale)
                    .env("x", "no secret"),
            );
        }
    }
}

#[test]
fn any_value_survives_eval() {
    each_shell(|consumer| come_back(render, consumer));
}

#[test]
fn every_character_survives_eval() {
    each_shell(|mut consumer| comes_back(render, &mut consumer, &values::each_character()));
}

#[test]
fn a_nul_is_refused() {
    refuses_nul(render);
}
