//! `--parallel`: several secrets at once, and everything said as if it was one after another.

use std::time::Duration;

use crate::command::Akv;
use crate::standin::{Fault, Standin};

const HINT: &str = "akv-xsoar: hint: 8 is enough to be limited by nothing but the vault\n";

fn read(vault: &str, number: usize) -> String {
    format!("GET {vault}.vault.azure.net/secrets/secret-{number:03}?api-version=7.4")
}

/// Each of so many secrets of a vault, once.
fn expect_each(azure: &Standin, vault: &str, count: usize) {
    for number in 1..=count {
        assert_eq!(azure.count(&read(vault, number)), 1, "{number}");
    }
    assert_eq!(azure.count("*"), count + 1);
    azure.ignore_log();
}

#[test]
fn only_what_is_a_number_of_lanes() {
    for bad in ["0", "17", "-1", "1.5", "many"] {
        Akv::new()
            .args(["fetch", "kv-prod/a", &format!("--parallel={bad}")])
            .status(2)
            .stderr(format!(
                "akv-xsoar: error: `--parallel` must be a whole number from 1 to 16: `{bad}`\n{HINT}"
            ))
            .run();
    }
}

#[test]
fn each_secret_is_asked_for_once_and_written_in_order() {
    let outputs = ["1", "2", "8", "16"].map(|lanes| {
        let azure = Standin::start();
        azure.secrets("kv-prod", 50);
        let output = Akv::new()
            .args(["fetch", "--vault=kv-prod", "--secret"])
            .arg(
                (1..=50)
                    .map(|n| format!("secret-{n:03}"))
                    .collect::<Vec<_>>()
                    .join(","),
            )
            .args(["--parallel", lanes])
            .app(&azure)
            .in_sequence()
            .stdout_any()
            .run();
        expect_each(&azure, "kv-prod", 50);
        let most: usize = lanes.parse().unwrap();
        assert!(azure.hosts().len() <= 1 + most, "{:?}", azure.hosts());
        output.stdout
    });
    assert!(outputs.iter().all(|output| *output == outputs[0]));
}

#[test]
fn several_are_under_way_at_once() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 8);
    // Nobody is answered before all have asked.
    for number in 1..=8 {
        azure.fault(&read("kv-prod", number), Fault::stall());
    }
    let run = Akv::new()
        .args(["fetch", "--vault=kv-prod", "--parallel=8", "--secret"])
        .arg(
            (1..=8)
                .map(|n| format!("secret-{n:03}"))
                .collect::<Vec<_>>()
                .join(","),
        )
        .app(&azure)
        .in_sequence()
        .spawn();
    azure.wait_for_requests(9);
    drop(run);
    azure.ignore_log();
}

#[test]
fn what_fails_is_told_in_the_order_of_what_was_asked() {
    let said = ["1", "8"].map(|lanes| {
        let azure = Standin::start();
        for vault in ["kv-prod", "kv-test"] {
            azure.secrets(vault, 6);
        }
        // The later the quicker.
        for number in 1..=6 {
            let wait = Duration::from_millis(60) * (7 - number);
            let slow = Fault::status(403).after(wait);
            azure.fault(&read("kv-prod", number as usize), slow);
        }
        azure.remove("kv-test", "secret-003");
        let output = Akv::new()
            .args([
                "fetch",
                "--vault=kv-prod,kv-test",
                "--missing=error",
                "--secret",
            ])
            .arg(
                (1..=6)
                    .map(|n| format!("secret-{n:03}"))
                    .collect::<Vec<_>>()
                    .join(","),
            )
            .args(["--parallel", lanes])
            .app(&azure)
            .in_sequence()
            .status(7)
            .stderr_has("error")
            .run();
        azure.ignore_log();
        let said = output.stderr_text();
        let without_id = |line: &str| {
            line.split(" (request id ")
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        said.lines().map(without_id).collect::<Vec<_>>()
    });
    assert_eq!(said[0], said[1]);
}

#[test]
fn whoever_is_throttled_waits_and_gets_everything() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 20);
    for number in [2, 3, 9] {
        azure.fault(&read("kv-prod", number), Fault::throttled().once());
    }
    let output = Akv::new()
        .args([
            "fetch",
            "--vault=kv-prod",
            "--all",
            "--parallel=8",
            "--verbose",
        ])
        .app(&azure)
        .in_sequence()
        .stdout_has("value-of-secret-020")
        .stderr_has("try 2 in ")
        .run();
    assert!(!output.stderr_text().contains("try 3"));
    azure.ignore_log();
}

#[test]
fn a_token_that_is_not_taken_is_renewed_once() {
    let azure = Standin::start();
    azure.secrets("kv-prod", 20);
    let token = azure.token_request();
    for number in 1..=8 {
        azure.fault(
            &read("kv-prod", number),
            Fault::token_refused("AKV10000: expired").once(),
        );
    }
    Akv::new()
        .args(["fetch", "--vault=kv-prod", "--parallel=8", "--secret"])
        .arg(
            (1..=20)
                .map(|n| format!("secret-{n:03}"))
                .collect::<Vec<_>>()
                .join(","),
        )
        .app(&azure)
        .in_sequence()
        .stdout_has("value-of-secret-020")
        .run();
    assert_eq!(azure.count(&token), 2);
    azure.ignore_log();
}
