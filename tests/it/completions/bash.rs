//! bash, as it is without the package bash-completion.

use super::{Answer, Place, completes_by_what_was_typed, completes_the_table, types_less};
use crate::documents::{needed, shared};

/// Readline splits the words, calls the function, and fills in what is proposed.
pub fn ask(place: &Place, lines: &[String]) -> Vec<Answer> {
    ask_with(place, lines, "")
}

fn ask_with(place: &Place, lines: &[String], settings: &str) -> Vec<Answer> {
    needed("bash", "bash");
    let settings = format!(
        r#"
. '{}'
{settings}
tell() {{ _akv_xsoar "$@"; printf '+%s\n' "${{COMPREPLY[@]}}" >>log; }}
complete -F tell akv-xsoar
akv-xsoar() {{ printf '=%s\n' "$*" >>log; }}
"#,
        shared("completions/akv-xsoar.bash").display()
    );
    place.0.write("settings", settings);
    place.typed("bash --noprofile --rcfile settings -i", lines)
}

#[test]
fn the_table() {
    completes_the_table(ask);
}

#[test]
fn what_was_typed() {
    completes_by_what_was_typed(ask);
}

#[test]
fn in_the_end() {
    types_less(ask);
}

/// Some people want `=` and `:` to be letters like others.
#[test]
fn where_words_end_only_at_blanks() {
    let lines = ["--missing=er", "--owner=root:roo"].map(|word| format!("akv-xsoar fetch {word}"));
    let settings = "COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]/}";
    let answers = ask_with(&Place::new(), &lines, settings);
    let words = answers.iter().map(|answer| answer.words.join(" "));
    let words: Vec<_> = words.collect();
    assert_eq!(words, ["fetch --missing=error", "fetch --owner=root:root"]);
}
