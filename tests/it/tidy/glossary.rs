//! The glossary of `CONTRIBUTING.md`: each of its words is where it says.

use std::collections::BTreeSet;
use std::fs;

use super::root;

#[test]
fn the_glossary_speaks_of_what_is_there() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let glossary = text.split("## Glossary").nth(1).unwrap();
    let mut words = BTreeSet::new();
    let mut wrong = Vec::new();
    for line in glossary.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.split(" | ");
        let mut cell = || cells.next().unwrap().trim_matches(['|', ' ', '`']);
        let (word, _, file) = (cell(), cell(), cell());
        if !words.insert(word) {
            wrong.push(format!("`{word}` means two things"));
        }
        let there = fs::read_to_string(root().join("src").join(file)).unwrap_or_default();
        if !is_at_home(word, &there) {
            wrong.push(format!("`{word}` is not at home in `src/{file}`"));
        }
    }
    assert!(words.len() > 20, "the glossary was not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a file declares a type of this name, or uses this word.
fn is_at_home(word: &str, text: &str) -> bool {
    let is_type = word.starts_with(|c: char| c.is_ascii_uppercase());
    if !is_type {
        return text.contains(word);
    }
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    ["struct", "enum", "trait", "type"].iter().any(|kind| {
        let declared = format!("{kind} {word}");
        text.split(&declared).skip(1).any(ends)
    })
}
