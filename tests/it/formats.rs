//! Values through each format and back out of the program that it is for.

mod consumer;
mod dotenv;
mod shell;
mod values;

use std::cell::RefCell;

use akv_xsoar::credentials::{Refused, Variable};
use akv_xsoar::secret::Secret;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use zeroize::Zeroizing;

use consumer::Consumer;

/// What a format makes of variables.
type Render = fn(&[Variable]) -> Result<Zeroizing<Vec<u8>>, Refused>;

/// So many variables a file, at most.
const NAMES: [&str; 5] = ["A", "B_2", "_c", "PASSWORD", "Z9"];

/// A few hundred files of nasty values, each read back by one and the same process.
fn come_back(render: Render, consumer: Consumer) {
    let consumer = RefCell::new(consumer);
    let config = Config {
        cases: 300,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&values::some(NAMES.len()), |values| {
        compare(render, &mut consumer.borrow_mut(), &values).map_err(TestCaseError::fail)
    });
    result.unwrap_or_else(|error| panic!("{}: {error}", consumer.borrow().name()));
}

/// The same with these values.
fn comes_back(render: Render, consumer: &mut Consumer, values: &[String]) {
    for values in values.chunks(NAMES.len()) {
        let result = compare(render, consumer, values);
        result.unwrap_or_else(|problem| panic!("{}: {problem}: {values:?}", consumer.name()));
    }
}

fn compare(render: Render, consumer: &mut Consumer, values: &[String]) -> Result<(), String> {
    let secrets: Vec<_> = values.iter().cloned().map(Secret::new).collect();
    let variables: Vec<_> = NAMES.into_iter().zip(&secrets).collect();
    let text = render(&variables).map_err(|refused| format!("{refused:?}"))?;
    for found in consumer.read(&text)? {
        let wanted = values.iter().map(|value| Some(value.as_bytes()));
        let wanted = wanted.chain(std::iter::repeat(None));
        for ((name, wanted), found) in NAMES.into_iter().zip(wanted).zip(&found) {
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

fn refuses_nul(render: Render) {
    let [good, bad] = ["good", "\0"].map(|text| Secret::new(text.to_owned()));
    let refused = render(&[("A", &good), ("B", &bad), ("C", &bad)]);
    assert_eq!(refused.unwrap_err(), Refused(vec![1, 2]));
}
