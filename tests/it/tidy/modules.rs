//! Who may name which module: a child is its parent's own affair.

use std::collections::{BTreeMap, BTreeSet};

use super::{product, sources};

/// The names of a module and of those that it is in, from the crate's root on.
type Place = Vec<String>;

/// The child that everybody may name: `lib.rs` shows it to the tests, which hold documents to it.
const SHOWN: [&str; 2] = ["options", "table"];

#[test]
fn a_child_module_is_its_parent_s_own_affair() {
    let sources = sources();
    let modules = all(&sources);
    let mut wrong = Vec::new();
    for (name, text) in &sources {
        let own = place(name);
        for module in named(name, text, &modules) {
            let parent = &module[..module.len() - 1];
            if !own.starts_with(parent) && module != SHOWN {
                wrong.push(format!("{name} names `{}`", module.join("::")));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these name another module's child, which is to offer itself what others need:\n{}",
        wrong.join("\n")
    );
}

/// The files in which something may be `pub`: what `main.rs` calls, the table, and the exit codes.
const PUBLIC: [&str; 3] = ["lib.rs", "error.rs", "options/table.rs"];

/// The way by which the table is seen.
const WAY: (&str, &str) = ("options.rs", "pub mod table;");

/// What no other crate uses is not `pub`: the compiler then sees what nobody uses.
#[test]
fn nothing_is_public_that_nobody_else_uses() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let text = product(&text);
        let public = || text.lines().filter(|line| is_public(line));
        let allowed = PUBLIC.contains(&name.as_str()) || name.starts_with("options/table/");
        if !allowed {
            let others = public().filter(|line| (name.as_str(), *line) != WAY);
            wrong.extend(others.map(|line| format!("{name}: {}", line.trim())));
        }
    }
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} are `pub` and should be `pub(crate)` or less:\n{}",
        wrong.join("\n")
    );
}

/// An item, a field or a method, or what a macro makes one of.
fn is_public(line: &str) -> bool {
    line.trim_start().starts_with("pub ")
}

/// Every module of these files.
pub(super) fn all(sources: &[(String, String)]) -> BTreeSet<Place> {
    sources.iter().map(|(name, _)| place(name)).collect()
}

/// Where the module of a file of `src` is.
fn place(name: &str) -> Place {
    let path = name.strip_suffix(".rs").unwrap_or(name);
    let path = if path == "lib" { "" } else { path };
    let names = path.split('/').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Every module that a file names on its way to something, or imports.
pub(super) fn named(name: &str, text: &str, modules: &BTreeSet<Place>) -> BTreeSet<Place> {
    let own = &place(name);
    let paths = paths(&product(text));
    let mut imported = BTreeMap::new();
    for path in &paths {
        let resolved = resolve(path, own, modules, &BTreeMap::new());
        if let Some(module) = resolved.filter(|place| modules.contains(place)) {
            imported.insert(path[path.len() - 1].clone(), module);
        }
    }
    let resolved = paths
        .iter()
        .filter_map(|path| resolve(path, own, modules, &imported));
    let ways = resolved.flat_map(|place| (1..=place.len()).map(move |end| place[..end].to_vec()));
    ways.filter(|way| modules.contains(way)).collect()
}

/// A path from the crate's root on; nothing for one that begins elsewhere.
fn resolve(
    path: &[String],
    own: &Place,
    modules: &BTreeSet<Place>,
    imported: &BTreeMap<String, Place>,
) -> Option<Place> {
    let (first, rest) = path.split_first()?;
    let mut place = match first.as_str() {
        "crate" | "akv_xsoar" => Vec::new(),
        "self" => own.clone(),
        "super" => own.split_last()?.1.to_vec(),
        name => {
            let child = [&own[..], &[name.to_owned()]].concat();
            let known = modules.contains(&child).then_some(child);
            known.or_else(|| imported.get(name).cloned())?
        }
    };
    for name in rest {
        match name.as_str() {
            "self" => {}
            "super" => drop(place.pop()?),
            _ => place.push(name.clone()),
        }
    }
    Some(place)
}

/// Every path in a text; one for each name in braces.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        if begins_name(first) && !matches!(before, '.' | '\'') {
            rest = tree(rest, &[], &mut found);
            before = 'x';
        } else {
            rest = &rest[first.len_utf8()..];
            before = first;
        }
    }
    found
}

/// Reads one path, with all that branches off, and says what is behind it.
fn tree<'a>(text: &'a str, stem: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = stem.to_vec();
    let mut rest = text;
    loop {
        let end = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
        path.push(rest[..end].to_owned());
        rest = &rest[end..];
        let Some(behind) = rest.strip_prefix("::") else {
            break;
        };
        if let Some(inner) = behind.strip_prefix('{') {
            return branches(inner, &path, found);
        }
        if !behind.starts_with(begins_name) {
            break;
        }
        rest = behind;
    }
    found.push(path);
    rest
}

/// Reads what is in braces, to their end.
fn branches<'a>(text: &'a str, stem: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '}' {
            return &rest[1..];
        }
        rest = if begins_name(first) {
            tree(rest, stem, found)
        } else {
            &rest[first.len_utf8()..]
        };
        if let Some(renamed) = rest.strip_prefix(" as ") {
            rest = renamed.trim_start_matches(is_in_name);
        }
    }
    rest
}

fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let places = ["a", "a/b", "a/b/c", "d", "d/e", "lib"].map(place);
    let modules = places.into_iter().collect();
    let named = |text: &str, own: &str| {
        let named = named(own, text, &modules);
        let named = named.iter().map(|place| place.join("::"));
        named.collect::<Vec<_>>().join(" ")
    };
    for (text, found) in [
        ("use crate::a::b::X;", "a a::b"),
        ("use crate::a::{X, b::Y};", "a a::b"),
        (
            "use crate::a::{\n    b::{self, c::Z},\n    X,\n};",
            "a a::b a::b::c",
        ),
        ("use crate::{a::X as Y, d};", "a d"),
        ("use crate::a;\nlet x = a::b::f();", "a a::b"),
        ("let x = crate::a::b::f::<u8>();", "a a::b"),
        ("use super::a::b;", "a a::b"),
        ("use e::X;\nlet y = self::e::f();", "d::e d"),
        ("use std::a::b; x.a::<b>(); a::b::c();", ""),
        ("pub(crate) use e::Thing;", "d::e d"),
    ] {
        let found: BTreeSet<_> = found.split_whitespace().collect();
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(named(text, "d"), found.join(" "), "{text}");
    }
    assert_eq!(named("use a::b::X;", "lib"), "a a::b");
    assert_eq!(
        named("use super::super::X;\nuse super::c;", "a/b/c"),
        "a a::b a::b::c"
    );
}
