//! Writes what people read besides the help, for `scripts/manual`.
//!
//!     manual DIR

#[path = "mod.rs"]
mod manual;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).ok_or("usage: manual DIR")?;
    let directory = PathBuf::from(directory);
    for (name, text) in manual::files() {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
