//! A server that a stray variable names.

use serde_json::{Value, json};

use super::keys::{accepted, config, key_file};
use super::{BOTH, URL, azure};
use crate::command::Akv;
use crate::standin::{Scratch, XSOAR_KEY, XSOAR_KEY_ID};

/// A stray variable leads no key from elsewhere, and no secret behind it, to another server.
#[test]
fn a_url_of_the_environment_is_good_for_a_key_of_the_environment() {
    const STRAY: &str = "https://stray.example";
    let azure = azure();
    let directory = Scratch::new("key");
    let key = key_file(&directory, XSOAR_KEY);
    let with = |verb: &str, json: &Value| {
        Akv::new()
            .arg(verb)
            .args(BOTH)
            .app(&azure)
            .arg("--config")
            .arg(config(&directory, json))
            .canary(XSOAR_KEY)
    };
    let url = json!({"xsoar_url": URL});
    let no_url = json!({"xsoar_key": XSOAR_KEY});
    let object = json!({"xsoar_key": {"identifier": "", "password": XSOAR_KEY}});
    let file = json!({"xsoar_key_file": key});
    let eight =
        json!({"xsoar_key": XSOAR_KEY, "xsoar_key_id": XSOAR_KEY_ID, "xsoar_key_type": "advanced"});
    let option = format!("--xsoar-key-file={}", key.display());
    let refusal = format!(
        "akv-xsoar: error: `DEMISTO_BASE_URL` names the XSOAR server `{STRAY}`, while the API key does not come from the environment\n\
         akv-xsoar: hint: if it is meant, give it as `--xsoar-url`\n"
    );
    let refused = |akv: Akv| {
        akv.env("DEMISTO_BASE_URL", STRAY)
            .status(2)
            .stderr(&*refusal)
            .run();
        azure.expect(&[]);
    };
    refused(with("push", &no_url));
    refused(with("push", &object));
    refused(with("push", &file));
    refused(with("push", &eight));
    refused(with("push", &json!({})).arg(&option));
    // Not even where the file names a server for its own key, or the key's other half is the environment's.
    refused(with("push", &url).arg(&option));
    refused(
        with("push", &json!({}))
            .arg(&option)
            .env("XSIAM_AUTH_ID", XSOAR_KEY_ID),
    );
    refused(with("push", &no_url).env("DEMISTO_API_KEY", "****"));
    refused(with("push", &no_url).arg("--dry-run"));

    // `check` asks it nothing, either.
    with("check", &no_url)
        .env("DEMISTO_BASE_URL", STRAY)
        .status(2)
        .stdout_has("`DEMISTO_BASE_URL` names the XSOAR server `https://stray.example`, while the API key does not come from the environment")
        .stderr_any()
        .run();
    let sent = azure.requests();
    assert!(
        sent.iter().all(|request| request.host() != "stray.example"),
        "{sent:?}"
    );
    azure.ignore_log();

    // A file with both goes by itself, and so does what is typed.
    let typed = ["--xsoar-url", URL];
    let both = json!({"xsoar_url": URL, "xsoar_key": XSOAR_KEY});
    let beside = json!({"xsoar_url": URL, "xsoar_key_file": key});
    let elsewhere = json!({"xsoar_url": STRAY, "xsoar_key": "wrong"});
    let none = json!({});
    let goes = |json: &Value, args: &[&str], url: &str, key: &str| {
        let akv = with("push", json).args(args);
        accepted(
            &azure,
            akv.env("DEMISTO_BASE_URL", url).env("DEMISTO_API_KEY", key),
        );
    };
    goes(&both, &[], STRAY, "");
    goes(&beside, &[], STRAY, "");
    goes(&no_url, &typed, STRAY, "");
    goes(&none, &[&option, "--xsoar-url", URL], STRAY, "wrong");
    goes(&url, &[], "", XSOAR_KEY);
    goes(&elsewhere, &[], URL, XSOAR_KEY);
}
