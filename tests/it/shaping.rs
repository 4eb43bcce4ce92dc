//! What becomes of a secret: whose the user is, what of the value is the password, and what is decoded.

mod decode;
mod ids;
mod json_value;
mod users;

use crate::standin::{Secret, Standin};

/// A vault with this secret.
fn with(secret: Secret) -> Standin {
    let azure = Standin::start();
    azure.put("kv-prod", secret);
    azure
}

/// One credential as `--format jsonl` has it; the texts as JSON has them.
fn line(user: &str, password: &str, name: &str) -> String {
    format!("{{\"user\":\"{user}\",\"password\":\"{password}\",\"name\":\"kv-prod/{name}\"}}\n")
}
