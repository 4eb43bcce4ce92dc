//! Names that are derived, and names that are given.

use super::{lines, shell, with};
use crate::command::Akv;
use crate::selection::expect;

#[test]
fn a_name_in_upper_case_behind_a_prefix() {
    let secrets = ["db-Password", "a", "X-1--2-"];
    let azure = with(&secrets);
    let credentials = secrets.map(|name| format!("kv-prod/{name}"));
    let reads = secrets.map(|name| ("kv-prod", name));
    for (prefix, names) in [
        (None, ["DB_PASSWORD", "A", "X_1__2_"]),
        (Some(""), ["DB_PASSWORD", "A", "X_1__2_"]),
        (Some("kv_"), ["kv_DB_PASSWORD", "kv_A", "kv_X_1__2_"]),
        (Some("_"), ["_DB_PASSWORD", "_A", "_X_1__2_"]),
        (Some("P9"), ["P9DB_PASSWORD", "P9A", "P9X_1__2_"]),
    ] {
        let prefix = prefix.map(|prefix| format!("--prefix={prefix}"));
        let variables: Vec<_> = names.into_iter().zip(secrets).collect();
        shell(&azure, &credentials.each_ref().map(String::as_str))
            .args(prefix)
            .stdout(lines(&variables))
            .run();
        expect(&azure, &[], &reads);
    }
}

#[test]
fn a_prefix_makes_names_of_what_is_none() {
    let azure = with(&["1st", "-", "path"]);
    let reads = ["1st", "-", "path"].map(|name| ("kv-prod", name));
    shell(
        &azure,
        &["kv-prod/1st", "kv-prod/-", "kv-prod/path", "--prefix=KV_"],
    )
    .stdout(lines(&[
        ("KV_1ST", "1st"),
        ("KV__", "-"),
        ("KV_PATH", "path"),
    ]))
    .run();
    expect(&azure, &[], &reads);
}

#[test]
fn a_name_that_is_given() {
    let azure = with(&["a", "b"]);
    let reads = [("kv-prod", "a"), ("kv-prod", "b")];
    for (args, variables) in [
        // The prefix is for names that are derived.
        (
            &[
                "kv-prod/a",
                "kv-prod/b",
                "--env",
                "Any_9=kv-prod/b",
                "--prefix=P_",
            ][..],
            &[("P_A", "a"), ("Any_9", "b")][..],
        ),
        // Several names for one secret, in their order, whatever its spelling.
        (
            &[
                "--env=Z=kv-prod/a,Y=KV-PROD/A",
                "--env",
                "A=kv-prod/a",
                "--env=B=kv-prod/b",
            ],
            &[("Z", "a"), ("Y", "a"), ("A", "a"), ("B", "b")],
        ),
        // The same twice.
        (
            &[
                "--env",
                "A=kv-prod/a",
                "--env",
                " A=KV-prod/a , B=kv-prod/b",
            ],
            &[("A", "a"), ("B", "b")],
        ),
        // By its whole id.
        (
            &["--env=A=https://kv-prod.vault.azure.net/secrets/a,B=kv-prod/b"],
            &[("A", "a"), ("B", "b")],
        ),
        // Names that are derived and names that are given change places.
        (
            &[
                "kv-prod/a",
                "kv-prod/b",
                "--env",
                "A=kv-prod/b",
                "--env=B=kv-prod/a",
            ],
            &[("B", "a"), ("A", "b")],
        ),
    ] {
        shell(&azure, args).stdout(lines(variables)).run();
        expect(&azure, &[], &reads);
    }
}

#[test]
fn a_version_of_a_secret() {
    let azure = with(&["a"]);
    let old = azure.secret("kv-prod", "b", "the old one");
    azure.secret("kv-prod", "b", "value-of-b");
    let version = format!("b/{old}");
    let env = format!("OLD=kv-prod/{version}");
    shell(&azure, &["--env", &env])
        .stdout("OLD='the old one'\n")
        .run();
    expect(&azure, &[], &[("kv-prod", &version)]);
    // It counts for what else selects the secret, too.
    shell(&azure, &["--vault=kv-prod", "--secret=b,a", "--env", &env])
        .stdout("OLD='the old one'\nA='value-of-a'\n")
        .run();
    expect(&azure, &[], &[("kv-prod", &version), ("kv-prod", "a")]);
    shell(
        &azure,
        &["--vault=kv-prod", "--all", "--prefix=P_", "--env", &env],
    )
    .stdout("P_A='value-of-a'\nOLD='the old one'\n")
    .run();
    expect(
        &azure,
        &["kv-prod"],
        &[("kv-prod", "a"), ("kv-prod", &version)],
    );
    // The version is no part of a derived name.
    shell(&azure, &[&format!("kv-prod/{version}")])
        .stdout("B='the old one'\n")
        .run();
    expect(&azure, &[], &[("kv-prod", &version)]);
}

/// What means something may still be meant: `--env` says so.
#[test]
fn any_name_may_be_given() {
    for name in [
        "PATH",
        "HOME",
        "IFS",
        "ENV",
        "GLIBC_TUNABLES",
        "LD_PRELOAD",
        "PYTHONPATH",
        "PERL5LIB",
        "RUBYOPT",
        "NODE_OPTIONS",
        "JAVA_TOOL_OPTIONS",
        "GIT_SSH",
        "HTTPS_PROXY",
        "https_proxy",
        "SSL_CERT_FILE",
    ] {
        let secret = name.to_lowercase().replace('_', "-");
        let azure = with(&[&secret]);
        for format in ["--format=dotenv", "--format=shell"] {
            let value = format!("value-of-{secret}");
            let line = match format {
                "--format=shell" => format!("{name}='{value}'\n"),
                _ => format!("{name}={value}\n"),
            };
            Akv::new()
                .args([
                    "fetch",
                    format,
                    "--env",
                    &format!("{name}=kv-prod/{secret}"),
                ])
                .app(&azure)
                .stdout(line)
                .run();
            expect(&azure, &[], &[("kv-prod", &secret)]);
        }
    }
    // What a shell keeps for itself is nothing to others.
    let azure = with(&["a"]);
    Akv::new()
        .args(["fetch", "--format=dotenv", "--env"])
        .arg("UID=kv-prod/a,RANDOM=kv-prod/a,_=kv-prod/a")
        .app(&azure)
        .stdout("UID=value-of-a\nRANDOM=value-of-a\n_=value-of-a\n")
        .run();
    expect(&azure, &[], &[("kv-prod", "a")]);
}
