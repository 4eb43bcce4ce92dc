//! `eval` in the shells that people have.

use super::consumer::Consumer;
use super::{any_value_survives, every_character_survives, names};

/// As the README says to do it, with one file after another.
fn script() -> String {
    let names = names();
    let values: Vec<_> = names
        .iter()
        .map(|name| format!("\"${{{name}+=}}${{{name}-}}\""))
        .collect();
    format!(
        "while read -r file; do unset {}; eval \"$(cat \"$file\")\"; printf '%s\\0' {}; done",
        names.join(" "),
        values.join(" ")
    )
}

fn shells() -> Vec<Consumer> {
    let script = script();
    let mut consumers = Vec::new();
    for (shell, package) in [
        (&["dash"][..], "dash"),
        (&["bash"], "bash"),
        (&["busybox", "sh"], "busybox"),
    ] {
        for locale in ["C", "C.UTF-8"] {
            let words = [shell, &["-c", &script]].concat();
            let consumer = Consumer::new(&words, package).env("LC_ALL", locale);
            consumers.push(consumer.env("x", "no secret"));
        }
    }
    consumers
}

#[test]
fn any_value_survives_eval() {
    any_value_survives("shell", shells());
}

#[test]
fn every_character_survives_eval() {
    every_character_survives("shell", shells());
}
