//! The stand-in for Azure as a program, for the demo, the benchmark and Microsoft's own client.
//!
//!     standin --dir DIR [--delay MS] [--vault NAME=COUNT]... [--demo]
//!
//! Writes the authority's certificate, the client secret and, when everything is ready, `DIR/env` with what a
//! shell script needs to know. Each request becomes a line of `DIR/requests.log`. Ends when its stdin does.

#[path = "mod.rs"]
mod standin;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use standin::{Secret, Standin};

struct Options {
    directory: PathBuf,
    delay: Duration,
    vaults: Vec<(String, usize)>,
    demo: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    fs::create_dir_all(&options.directory)?;
    let directory = fs::canonicalize(&options.directory)?;
    let azure = Standin::builder()
        .delay(options.delay)
        .log_to(&directory.join("requests.log"))
        .start();
    azure.ignore_log();
    for (vault, count) in &options.vaults {
        azure.secrets(vault, *count);
    }
    if options.demo {
        demo(&azure);
    }
    describe(&azure, &directory)?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    for violation in azure.take_violations() {
        writeln!(
            io::stderr(),
            "standin: no client should do this: {violation}"
        )?;
    }
    Ok(())
}

fn options() -> Result<Options, Box<dyn Error>> {
    use lexopt::prelude::*;

    let mut options = Options {
        directory: PathBuf::new(),
        delay: Duration::ZERO,
        vaults: Vec::new(),
        demo: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("dir") => options.directory = parser.value()?.into(),
            Long("delay") => options.delay = Duration::from_millis(parser.value()?.parse()?),
            Long("vault") => {
                let value = parser.value()?.string()?;
                let (name, count) = value.split_once('=').ok_or("--vault wants NAME=COUNT")?;
                options.vaults.push((name.to_owned(), count.parse()?));
            }
            Long("demo") => options.demo = true,
            _ => return Err(argument.unexpected().into()),
        }
    }
    if options.directory.as_os_str().is_empty() {
        return Err("--dir is missing".into());
    }
    Ok(options)
}

/// A vault as it might be.
fn demo(azure: &Standin) {
    let vault = "kv-prod";
    azure.secret(vault, "db-password", "old, and replaced since");
    azure.put(
        vault,
        Secret::new("db-password", r#"p@ss "word" with \ and 'quotes'"#).tag("user", "xsoar_db"),
    );
    azure.put(
        vault,
        Secret::new("mail-relay", "Grüße-aus-Zürich-€42 日本").content_type("text/plain"),
    );
    azure.secret(
        vault,
        "siem-api-key",
        "c2llbS1hcGkta2V5LWZvci10aGUtZGVtbw==",
    );
    let key = "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5LCBidXQgaXQgaGFzIHRoZSBsb29rIG9m\nIG9uZTogdHdvIGxpbmVzLCBhbmQgYSB0aGlyZA==\n-----END PRIVATE KEY-----\n";
    azure.put(
        vault,
        Secret::new("sftp-key", key).content_type("application/x-pem-file"),
    );
    azure.put(
        vault,
        Secret::new("tls-cert", "bm90IGEgUEZY")
            .content_type("application/x-pkcs12")
            .managed(),
    );
    azure.put(vault, Secret::new("retired", "never to be read").disabled());
}

/// Writes what others need to know; last, and at once, the file they wait for.
fn describe(azure: &Standin, directory: &Path) -> io::Result<()> {
    let ca_file = directory.join("ca.pem");
    fs::copy(azure.ca_file(), &ca_file)?;
    let secret_file = directory.join("client-secret");
    let _ = fs::remove_file(&secret_file);
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&secret_file)?;
    writeln!(file, "{}", standin::CLIENT_SECRET)?;

    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let lines = [
        ("PORT", azure.tls_port().to_string()),
        ("METADATA", azure.metadata_url()),
        ("CA_FILE", quoted(&ca_file)),
        ("TENANT_ID", standin::TENANT.to_owned()),
        ("CLIENT_ID", standin::CLIENT_ID.to_owned()),
        ("CLIENT_SECRET_FILE", quoted(&secret_file)),
        (
            "USER_ASSIGNED_CLIENT_ID",
            standin::USER_CLIENT_ID.to_owned(),
        ),
        (
            "USER_ASSIGNED_OBJECT_ID",
            standin::USER_OBJECT_ID.to_owned(),
        ),
        (
            "USER_ASSIGNED_RESOURCE_ID",
            standin::USER_RESOURCE_ID.to_owned(),
        ),
    ];
    let lines = lines.map(|(name, value)| format!("{name}={value}\n"));
    let unfinished = directory.join("env.unfinished");
    fs::write(&unfinished, lines.concat())?;
    fs::rename(unfinished, directory.join("env"))
}
