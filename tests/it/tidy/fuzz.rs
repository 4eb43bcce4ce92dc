//! What is fuzzed is what is shipped, and every fuzzer is run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{files, root};

#[test]
fn fuzzers_are_built_of_the_same_crates() {
    let [shipped, fuzzed] = ["Cargo.lock", "tests/fuzz/Cargo.lock"].map(locked);
    let mut seen = BTreeSet::new();
    let mut next = vec!["akv-xsoar".to_owned()];
    while let Some(wanted) = next.pop() {
        // A name alone, where there is one version.
        let fits = |(name, version): &&(String, String)| {
            *name == wanted || format!("{name} {version}") == wanted
        };
        let krate = fuzzed.keys().find(fits).unwrap();
        // What compiles C++ for libFuzzer has a job server.
        let is_ours = shipped.keys().any(|(name, _)| *name == krate.0);
        if is_ours && seen.insert(krate.clone()) {
            assert!(
                shipped.contains_key(krate),
                "the fuzzers have {krate:?}: copy Cargo.lock to tests/fuzz, and have cargo complete it"
            );
            next.extend(fuzzed[krate].iter().cloned());
        }
    }
    assert!(seen.len() > 30, "the lock files were not read");
}

/// Every crate of a lock file by name and version, and what it depends on.
fn locked(name: &str) -> BTreeMap<(String, String), Vec<String>> {
    let text = fs::read_to_string(root().join(name)).unwrap();
    let read = |package: &str| {
        let quoted = |line: &str| line.split('"').nth(1).unwrap().to_owned();
        let field = |name: &str| {
            let mut lines = package.lines();
            quoted(lines.find(|line| line.starts_with(name)).unwrap())
        };
        let dependencies = package.lines().filter(|line| line.starts_with(" \""));
        let key = (field("name = "), field("version = "));
        (key, dependencies.map(quoted).collect())
    };
    text.split("[[package]]").skip(1).map(read).collect()
}

#[test]
fn every_fuzzer_is_known_and_has_something_to_begin_with() {
    let folder = root().join("tests/fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let targets = files(&folder.join("targets"), "rs");
    let targets: BTreeSet<_> = targets.iter().map(|path| stem(path)).collect();
    assert!(!targets.is_empty(), "the fuzzers were not found");
    for target in &targets {
        let path = format!("path = \"targets/{target}.rs\"");
        assert!(
            manifest.contains(&path),
            "tests/fuzz/Cargo.toml lacks {target}"
        );
    }
    let seeds = fs::read_dir(folder.join("seeds")).unwrap();
    let seeds: BTreeSet<_> = seeds.map(|entry| stem(&entry.unwrap().path())).collect();
    assert_eq!(seeds, targets);
}
