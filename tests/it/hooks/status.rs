//! What the units leave for whoever watches over them.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};

use super::host::{Host, Variant};
use super::{STATUS, UNIT, azure, failing, silent};

/// What a status tells, which everybody may read who gets to it.
pub fn told(host: &Host, path: &str) -> Value {
    let path = host.path(path);
    let metadata = path.metadata().unwrap();
    assert_eq!(
        (metadata.mode(), metadata.uid()),
        (0o100_644, Host::user().0),
        "{:?}",
        host.variant
    );
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn each_run_tells_how_it_went() {
    let azure = azure();
    azure.ignore_log();
    for variant in Variant::ALL {
        let host = Host::new(&azure, variant);
        host.start(UNIT, silent(&azure));
        let first = told(&host, STATUS);
        assert_eq!(
            (&first["exit"], &first["changed"]),
            (&json!(0), &json!(true))
        );
        host.start(UNIT, silent(&azure));
        let second = told(&host, STATUS);
        assert_eq!(second["changed"], false);
        assert_eq!(second["last_success"], second["time"]);
        for (broken, exit) in [(json!({"secrets": "gone"}), 5), (json!({"key": 1}), 2)] {
            host.configure(&broken);
            host.start(UNIT, failing(&azure, exit));
            let failed = told(&host, STATUS);
            assert_eq!(failed["exit"], exit);
            assert_eq!(failed["last_success"], second["time"]);
            assert_eq!(failed["errors"].as_array().unwrap().len(), 1);
        }
    }
}
