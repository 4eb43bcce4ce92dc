//! Values through each format and back out of the program that it is for.

mod consumer;
mod dotenv;
mod shell;
mod values;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::command::Akv;
use crate::selection::expect;
use crate::standin::Standin;
use consumer::Consumer;

/// What the values' variables are called at first: some of the values speak of these.
const NAMES: [&str; 5] = ["A", "B_2", "_c", "PASSWORD", "Z9"];

/// So many values a file; one name more is left out of each, so that it must not be there.
const MOST: usize = 59;

/// So many values that are hard to quote.
const SOME: usize = 1_800;

fn names() -> Vec<String> {
    let others = (NAMES.len()..=MOST).map(|number| format!("V{number}"));
    NAMES.map(str::to_owned).into_iter().chain(others).collect()
}

/// Values that nobody thought of, as secrets of a vault; each is read back by each consumer.
fn any_value_survives(format: &str, consumers: Vec<Consumer>) {
    let values = values::some(SOME).new_tree(&mut TestRunner::default());
    survive(format, consumers, &values.expect("values").current());
}

/// The same with each character.
fn every_character_survives(format: &str, consumers: Vec<Consumer>) {
    survive(format, consumers, &values::each_character());
}

fn survive(format: &str, mut consumers: Vec<Consumer>, values: &[String]) {
    let azure = Standin::start();
    let secrets: Vec<_> = (0..values.len()).map(|place| format!("s{place}")).collect();
    for (secret, value) in secrets.iter().zip(values) {
        azure.secret("kv-prod", secret, value.as_str());
    }
    let mut names = names();
    for (secrets, values) in secrets.chunks(MOST).zip(values.chunks(MOST)) {
        let file = fetch(&azure, format, &names, secrets);
        let expected: Vec<_> = names.iter().map(String::as_str).zip(values).collect();
        for consumer in &mut consumers {
            let result = compare(consumer, &file, &expected);
            result.unwrap_or_else(|problem| panic!("{}: {problem}", consumer.name()));
        }
        // Each is once the first, the last and the one that is not there.
        names.rotate_left(1);
    }
}

/// What the program writes of these secrets.
fn fetch(azure: &Standin, format: &str, names: &[String], secrets: &[String]) -> Vec<u8> {
    let variables = names.iter().zip(secrets);
    let variables: Vec<_> = variables
        .map(|(name, secret)| format!("{name}=kv-prod/{secret}"))
        .collect();
    let output = Akv::new()
        .args(["fetch", "--format", format, "--env", &variables.join(",")])
        .app(azure)
        .stdout_any()
        .run();
    let reads: Vec<_> = secrets
        .iter()
        .map(|secret| ("kv-prod", &**secret))
        .collect();
    expect(azure, &[], &reads);
    output.stdout
}

fn compare(
    consumer: &mut Consumer,
    file: &[u8],
    expected: &[(&str, &String)],
) -> Result<(), String> {
    for found in consumer.read(file)? {
        for (name, found) in found {
            let wanted = expected.iter().find(|(wanted, _)| *wanted == name);
            let wanted = wanted.map(|(_, value)| value.as_bytes());
            if found.as_deref() != wanted {
                let [wanted, found] = [wanted, found.as_deref()].map(|text| text.map(shown));
                return Err(format!("{name} is {found:?}, not {wanted:?}"));
            }
        }
    }
    Ok(())
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
