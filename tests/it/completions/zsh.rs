//! zsh, with its own completion system.

use super::{Answer, Place, completes_by_what_was_typed, completes_the_table, types_less};
use crate::documents::{needed, shared};

/// Each match goes through `compadd`, and so through ours.
pub fn ask(place: &Place, lines: &[String]) -> Vec<Answer> {
    needed("zsh", "zsh");
    let folder = shared("completions/_akv-xsoar");
    let settings = format!(
        r#"
fpath=("{}" $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {{
  # With these it only looks for matches.
  if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a matches
  builtin compadd -A matches "$@"
  if (( $#matches )); then
    print -rl -- "+"$^matches >>log
  fi
  builtin compadd "$@"
}}
akv-xsoar() {{ print -r -- "=$*" >>log }}
"#,
        folder.parent().unwrap().display()
    );
    place.0.write(".zshrc", settings);
    place.typed("zsh -d -i", lines)
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
