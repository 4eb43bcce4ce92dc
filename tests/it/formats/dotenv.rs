//! python-dotenv, of today and of before its quotes were read more strictly.

use std::env;
use std::path::Path;

use akv_xsoar::credentials::dotenv::render;

use super::consumer::Consumer;
use super::{come_back, comes_back, refuses_nul, values};

const READER: &str = include_str!("dotenv.py");

fn each_version(test: impl Fn(Consumer)) {
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
    for path in ["", older.to_str().unwrap()] {
        test(
            Consumer::new(&[&python, "-c", READER], "python3")
                .ways(3)
                .env("PYTHONPATH", path)
                .env("x", "no secret"),
        );
    }
}

#[test]
fn any_value_survives_python_dotenv() {
    each_version(|consumer| come_back(render, consumer));
}

#[test]
fn every_character_survives_python_dotenv() {
    each_version(|mut consumer| comes_back(render, &mut consumer, &values::each_character()));
}

#[test]
fn a_nul_is_refused() {
    refuses_nul(render);
}
