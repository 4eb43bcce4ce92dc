//! python-dotenv, of today and of before its quotes were read more strictly.

use std::env;
use std::path::Path;

use super::consumer::Consumer;
use super::{any_value_survives, every_character_survives, names};

const READER: &str = include_str!("dotenv.py");

fn versions() -> Vec<Consumer> {
    let python = env::var("AKV_XSOAR_PYTHON").unwrap_or_default();
    assert!(
        !python.is_empty(),
        "this needs a Python that has python-dotenv: run scripts/test, which makes one \
         and names it in AKV_XSOAR_PYTHON"
    );
    let older = Path::new(&python)
        .ancestors()
        .nth(2)
        .map(|venv| venv.join("older"));
    let older = older.filter(|path| path.is_dir());
    let older = older.expect("older packages beside AKV_XSOAR_PYTHON's: run scripts/test");
    let names = names();
    let mut words = vec![&*python, "-c", READER];
    words.extend(names.iter().map(String::as_str));
    let version = |path: &str| {
        Consumer::new(&words, "python3")
            .ways(3)
            .env("PYTHONPATH", path)
            .env("x", "no secret")
    };
    ["", older.to_str().unwrap()].map(version).into()
}

#[test]
fn any_value_survives_python_dotenv() {
    any_value_survives("dotenv", versions());
}

#[test]
fn every_character_survives_python_dotenv() {
    every_character_survives("dotenv", versions());
}
