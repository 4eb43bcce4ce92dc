//! Names that no secret may take, and options that make no sense: nothing is read.

use super::{HINT, lines, shell, with};
use crate::selection::{expect, refused};
use crate::standin::{Permissions, RESOURCE_GROUP, Right, SUBSCRIPTION, Secret, Standin};

/// A derived name is refused, for this reason, before anything is sent.
#[track_caller]
fn refused_name(secret: &str, name: &str, args: &[&str], reason: &str) {
    let azure = with(&[secret]);
    let credential = format!("kv-prod/{secret}");
    for format in ["dotenv", "shell"] {
        let all = [&["fetch", &*credential, "--format", format], args].concat();
        refused(
            &azure,
            &all,
            &format!(
                "cannot name a variable for `{credential}`: `{name}` {reason}\n\
                 akv-xsoar: hint: name it yourself: `--env NAME={credential}`; {HINT}"
            ),
        );
    }
}

#[test]
fn what_means_something() {
    let reason = "means something to a loader, a shell, an interpreter or a client";
    for name in [
        "PATH",
        "HOME",
        "IFS",
        "ENV",
        "SHELLOPTS",
        "GLIBC_TUNABLES",
        "LD_PRELOAD",
        "LD_X",
        "BASH_ENV",
        "BASH_X",
        "PYTHONPATH",
        "PYTHON",
        "PERL5OPT",
        "RUBYLIB",
        "NODE_OPTIONS",
        "NODE_EXTRA_CA_CERTS",
        "JAVA_TOOL_OPTIONS",
        "GIT_SSH_COMMAND",
        "HTTPS_PROXY",
        "NO_PROXY",
        "X_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ] {
        let secret = name.to_lowercase().replace('_', "-");
        refused_name(&secret, name, &[], reason);
        refused_name(&name.replace('_', "-"), name, &[], reason);
    }
    // The whole name counts, not the secret's alone, and in any case.
    refused_name("preload", "LD_PRELOAD", &["--prefix=LD_"], reason);
    refused_name("th", "PATH", &["--prefix", "PA"], reason);
    refused_name("-proxy", "http_PROXY", &["--prefix=http"], reason);
}

/// What some shell or tool reads, each of another kind; `shells` looks for what shells act on.
#[test]
fn what_else_means_something() {
    let names = "UID RANDOM ARGV0 HISTFILE KSHUID USERNAME PROMPT READNULLCMD YASH_AFTER_CD COMMAND_NOT_FOUND_HANDLER \
        SSLKEYLOGFILE VIMINIT EXINIT RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CMAKE_C_COMPILER_LAUNCHER \
        LESS LESSOPEN LESSCLOSE LESSKEY FZF_DEFAULT_COMMAND BORG_PASSCOMMAND SSH_ASKPASS SUDO_ASKPASS \
        CVS_RSH RSYNC_RSH SVN_SSH KUBE_EDITOR MANPAGER PSQL_PAGER GH_BROWSER CONFIG_SHELL TAR_OPTIONS \
        GREP_OPTIONS PGOPTIONS FZF_DEFAULT_OPTS JAVA_OPTS XZ_OPT TF_CLI_ARGS MAVEN_ARGS RUSTFLAGS \
        MAKEFLAGS FOO_CFLAGS AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 REQUESTS_CA_BUNDLE AWS_CA_BUNDLE \
        KUBECONFIG AWS_CONFIG_FILE RIPGREP_CONFIG_PATH HELM_CONFIG_HOME XDG_CONFIG_HOME PERL_MM_OPT \
        CAML_LD_LIBRARY_PATH HELM_PLUGINS ANSIBLE_ACTION_PLUGINS ANSIBLE_LIBRARY GOAUTH GOCACHEPROG BUNDLE_GEMFILE \
        KUBERNETES_SERVICE_HOST ELECTRON_RUN_AS_NODE QT_PLUGIN_PATH SSH_SK_PROVIDER PIP_INDEX_URL GOPROXY ASPNETCORE_X PSMODULEPATH";
    let azure = with(&[]);
    for name in names.split_whitespace() {
        let secret = name.to_lowercase().replace('_', "-");
        refused_for_meaning(&azure, &secret, name, "");
        // The beginning may be the prefix's.
        let (prefix, secret) = secret.split_at(secret.len() / 2);
        let prefix = prefix.to_uppercase().replace('-', "_");
        refused_for_meaning(&azure, secret, name, &prefix);
    }
}

#[track_caller]
fn refused_for_meaning(azure: &Standin, secret: &str, name: &str, prefix: &str) {
    shell(azure, &[&format!("kv-prod/{secret}"), "--prefix", prefix])
        .status(2)
        .stderr_has(format!("`{name}` means something to a loader, a shell, "))
        .run();
    azure.expect(&[]);
}

#[test]
fn what_only_looks_so() {
    let secrets = [
        "mypath",
        "ld",
        "bash",
        "perl",
        "node",
        "git",
        "proxy",
        "http-proxy-1",
        "ssl-certs",
        "homepage",
        "environment",
        "host",
        "pgpassword",
        "rsync-password",
        "vault-token",
        "command-line",
        "options-1",
        "rsh",
        "flags",
        "endpoint-url",
        "unless",
        "user-name",
    ];
    let azure = with(&secrets);
    let credentials = secrets.map(|name| format!("kv-prod/{name}"));
    let names = secrets.map(|name| name.to_uppercase().replace('-', "_"));
    let variables: Vec<_> = names.iter().map(String::as_str).zip(secrets).collect();
    shell(&azure, &credentials.each_ref().map(String::as_str))
        .stdout(lines(&variables))
        .run();
    expect(&azure, &[], &secrets.map(|name| ("kv-prod", name)));
}

#[test]
fn what_is_no_name() {
    let reason = "is not a valid variable name";
    for (secret, name) in [("1st", "1ST"), ("9", "9"), ("0-a", "0_A")] {
        refused_name(secret, name, &[], reason);
    }
    let azure = with(&[]);
    for prefix in ["1", "a-", "A.", "\u{c4}", "A B", "A="] {
        refused(
            &azure,
            &["fetch", "kv-prod/a", "--format=dotenv", "--prefix", prefix],
            &format!(
                "`--prefix` cannot begin a variable's name: `{prefix}`\n\
                 akv-xsoar: hint: a name has letters, digits and `_`, and does not begin with a digit"
            ),
        );
    }
}

#[test]
fn what_two_would_share() {
    let azure = with(&[]);
    for (args, credential, name, other) in [
        (
            &["kv-prod/a-b", "kv-prod/x", "kv-test/A-B"][..],
            "kv-test/A-B",
            "A_B",
            "kv-prod/a-b",
        ),
        (
            &["--vault=kv-one,kv-two", "--secret=a"],
            "kv-two/a",
            "A",
            "kv-one/a",
        ),
        (
            &["kv-prod/a", "--env=A=kv-prod/x"],
            "kv-prod/a",
            "A",
            "kv-prod/x",
        ),
        (
            &[
                "--vault=kv-prod",
                "--secret=a",
                "--prefix=P_",
                "--env=P_A=kv-one/a",
            ],
            "kv-prod/a",
            "P_A",
            "kv-one/a",
        ),
    ] {
        let args = [&["fetch", "--format=shell"], args].concat();
        refused(
            &azure,
            &args,
            &format!(
                "cannot name a variable for `{credential}`: `{name}` is `{other}`'s already\n\
                 akv-xsoar: hint: name it yourself: `--env NAME={credential}`; {HINT}"
            ),
        );
    }
    for (args, name, one, other) in [
        (
            &["--env=A=kv-prod/a,A=kv-prod/b"][..],
            "A",
            "kv-prod/a",
            "kv-prod/b",
        ),
        (
            &["--env", "A=kv-prod/a", "--env", "A=kv-test/a"],
            "A",
            "kv-prod/a",
            "kv-test/a",
        ),
    ] {
        let args = [&["fetch", "--format=shell"], args].concat();
        refused(
            &azure,
            &args,
            &format!("`--env` gives `{name}` to `{one}` and to `{other}`"),
        );
    }
}

#[test]
fn two_versions() {
    let azure = with(&[]);
    let [one, two] = ["1", "2"].map(|digit| digit.repeat(32));
    let env = |name: &str, version: &str| format!("--env={name}=kv-prod/a/{version}");
    for args in [
        vec![env("A", &one), env("A", &two)],
        vec![env("A", &one), env("B", &two)],
        vec![env("A", &one), "--env=A=kv-prod/a".to_owned()],
        vec!["kv-prod/a".to_owned(), env("A", &one)],
        vec![format!("kv-prod/a/{two}"), "--env=A=kv-prod/a".to_owned()],
    ] {
        let args = args.iter().map(String::as_str);
        let args: Vec<_> = ["fetch", "--format=shell"]
            .into_iter()
            .chain(args)
            .collect();
        refused(
            &azure,
            &args,
            "two versions of `kv-prod/a` are asked for, and a credential has one password",
        );
    }
}

/// Names that come from a listing: that is asked for, and nothing is read.
#[test]
fn names_that_a_vault_chooses() {
    let azure = with(&["a-b", "A", "ld-preload"]);
    let hint = |credential: &str| {
        format!("akv-xsoar: hint: name it yourself: `--env NAME={credential}`; {HINT}\n")
    };
    let all = ["--vault", "kv-prod", "--all"];
    shell(&azure, &all)
        .arg("--prefix=L")
        .stdout(lines(&[
            ("LA", "A"),
            ("LA_B", "a-b"),
            ("LLD_PRELOAD", "ld-preload"),
        ]))
        .run();
    expect(
        &azure,
        &["kv-prod"],
        &["A", "a-b", "ld-preload"].map(|name| ("kv-prod", name)),
    );

    azure.put("kv-prod", Secret::new("preload", "value-of-preload"));
    shell(&azure, &all)
        .args(["--prefix", "LD_"])
        .status(2)
        .stderr(format!(
            "akv-xsoar: error: cannot name a variable for `kv-prod/A`: `LD_A` means something to a loader, a shell, an interpreter or a client\n{}",
            hint("kv-prod/A")
        ))
        .run();
    expect(&azure, &["kv-prod"], &[]);

    azure.secret("kv-test", "a", "value-of-a");
    let shared = format!(
        "akv-xsoar: error: cannot name a variable for `kv-test/a`: `P_A` is `kv-prod/A`'s already\n{}",
        hint("kv-test/a")
    );
    shell(
        &azure,
        &["--vault=kv-prod,kv-test", "--match=a", "--prefix=P_"],
    )
    .status(2)
    .stderr(&*shared)
    .run();
    expect(&azure, &["kv-prod", "kv-test"], &[]);
    // Another vault's failure is told as well, and first: it came first.
    azure.vault("kv-late");
    azure.deny("kv-late", Right::List, Permissions::Roles);
    shell(
        &azure,
        &[
            "--vault=kv-late,kv-prod,kv-test",
            "--match=a",
            "--prefix=P_",
        ],
    )
    .status(4)
    .stderr_has("akv-xsoar: error: cannot list the secrets of `kv-late`: ")
    .stderr_has(&*shared)
    .run();
    expect(&azure, &["kv-late", "kv-prod", "kv-test"], &[]);
    // What `--env` names is free of all that.
    shell(
        &azure,
        &["--vault=kv-prod,kv-test", "--match=a", "--prefix=P_"],
    )
    .args(["--env", "OTHER=kv-test/a"])
    .stdout(lines(&[("P_A", "A"), ("OTHER", "a")]))
    .run();
    expect(
        &azure,
        &["kv-prod", "kv-test"],
        &[("kv-prod", "A"), ("kv-test", "a")],
    );
}

/// Also where the secrets are named, and the vaults are not.
#[test]
fn a_vault_chooses_no_whole_name() {
    let azure = with(&["a"]);
    let needs = "variables of secrets that are not named one by one need a `--prefix`\n\
                 akv-xsoar: hint: such as `--prefix KV_`: whoever writes to the vault must not choose whole names of variables";
    for format in ["--format=dotenv", "--format=shell"] {
        for args in [
            &["--vault=kv-prod", "--all"][..],
            &["--vault=kv-prod", "--match=a"],
            &["--vault=kv-prod", "--tag=a"],
            &["--vault=kv-prod", "--all", "--env=A=kv-prod/a"],
            &["--vault=kv-prod", "--all", "--prefix="],
            &["--vault=*", "--all", "--subscription-id", SUBSCRIPTION],
            &[
                "--vault=*",
                "--secret=a",
                "--subscription-id",
                SUBSCRIPTION,
                "--resource-group",
                RESOURCE_GROUP,
            ],
        ] {
            refused(&azure, &[&["fetch", format], args].concat(), needs);
            let run = ["--", "true"];
            refused(&azure, &[&["exec"], args, &run].concat(), needs);
        }
    }
}

#[test]
fn what_env_needs() {
    let azure = with(&["a"]);
    let name =
        "akv-xsoar: hint: a name has letters, digits and `_`, and does not begin with a digit";
    for (item, words) in [
        ("kv-prod/a", "is not NAME=VAULT/SECRET: `kv-prod/a`\nakv-xsoar: hint: such as `--env PGPASSWORD=kv-prod/db-password`".to_owned()),
        ("A", "is not NAME=VAULT/SECRET: `A`\nakv-xsoar: hint: such as `--env PGPASSWORD=kv-prod/db-password`".to_owned()),
        ("=kv-prod/a", format!("has an invalid variable name: ``\n{name}")),
        ("1=kv-prod/a", format!("has an invalid variable name: `1`\n{name}")),
        ("A-B=kv-prod/a", format!("has an invalid variable name: `A-B`\n{name}")),
        ("A =kv-prod/a", format!("has an invalid variable name: `A `\n{name}")),
        ("A=kv/a", "has an invalid vault name: `kv`\nakv-xsoar: hint: a vault's name has 3 to 24 letters, digits and single hyphens, beginning with a letter".to_owned()),
        ("A=kv-prod/a_b", "has an invalid secret name: `a_b`\nakv-xsoar: hint: a secret's name has 1 to 127 letters, digits and hyphens".to_owned()),
        ("A=https://kv-prod.vault.azure.cn/secrets/a", "has a URL that is not that of a vault in this cloud (`https://NAME.vault.azure.net`): `https://kv-prod.vault.azure.cn/secrets/a`\nakv-xsoar: hint: it is of another cloud: `--cloud china`".to_owned()),
    ] {
        for args in [vec!["--env", item], vec!["kv-prod/a", "--env", item]] {
            let args = [&["fetch", "--format=shell"], &args[..]].concat();
            refused(&azure, &args, &format!("`--env` {words}"));
        }
    }
    // What a shell does not let anybody set would not hold the secret.
    for name in ["UID", "PPID", "SHELLOPTS", "RANDOM", "BASH_VERSINFO", "_"] {
        refused(
            &azure,
            &[
                "fetch",
                "--format=shell",
                "--env",
                &format!("{name}=kv-prod/a"),
            ],
            &format!("`--env` names `{name}`, which a shell keeps for itself"),
        );
    }
}

#[test]
fn where_there_are_no_variables() {
    let azure = with(&["a"]);
    let hint =
        "akv-xsoar: hint: the formats `dotenv` and `shell` have variables, and so has `exec`";
    for format in [
        None,
        Some("--format=xsoar"),
        Some("--format=jsonl"),
        Some("--format=files"),
    ] {
        for option in ["--prefix=P_", "--env=A=kv-prod/a"] {
            let name = option.split('=').next().unwrap();
            let args: Vec<_> = ["fetch", "kv-prod/a", option]
                .into_iter()
                .chain(format)
                .collect();
            refused(
                &azure,
                &args,
                &format!("{name} names variables, and there are none here\n{hint}").replacen(
                    name,
                    &format!("`{name}`"),
                    1,
                ),
            );
        }
    }
    for command in ["get", "list"] {
        for option in ["--prefix=P_", "--env=A=kv-prod/a"] {
            let name = option.split('=').next().unwrap();
            refused(
                &azure,
                &[command, "kv-prod/a", option],
                &format!(
                    "`{name}` does not belong to `{command}`\nakv-xsoar: hint: `akv-xsoar help {command}` lists its options"
                ),
            );
        }
    }
}
