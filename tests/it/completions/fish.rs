//! fish, which says itself what it would propose.

use super::{Answer, Place, completes_by_what_was_typed, completes_the_table, parse};
use crate::children::Kept;
use crate::documents::shared;

/// `complete -C` is what the tab does.
pub fn ask(place: &Place, lines: &[String]) -> Vec<Answer> {
    place.0.write("lines", lines.join("\n") + "\n");
    let script = format!(
        r#"
source '{}'
while read -l line
    complete -C "$line" | string replace -r '\t.*' '' | string replace -r '^' +
    echo =
end <lines
"#,
        shared("completions/akv-xsoar.fish").display()
    );
    let mut fish = place.command("fish", "fish");
    let output = Kept::output(fish.args(["--no-config", "-c", &script])).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    let answers = parse(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(answers.len(), lines.len());
    answers
}

#[test]
fn the_table() {
    completes_the_table(ask);
}

#[test]
fn what_was_typed() {
    completes_by_what_was_typed(ask);
}
