//! A directory with one file a secret: how it looks, and where it may be.

mod changes;
mod failures;
mod ours;

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::{Path, PathBuf};

use super::links::STRANGER;
use super::{is_root, mode_of};
use crate::command::{Akv, names_in};
use crate::files::{make_fifo, set_mode};
use crate::shell::Shell;
use crate::standin::{Scratch, Standin};

/// What stands in a value byte for byte.
const ODD: &str = "line\r\n\u{0}'\"${x} ü\n\n";

fn azure() -> Standin {
    let azure = Standin::start();
    azure.secret("kv-prod", "a", "value-of-a");
    azure.secret("kv-prod", "b", ODD);
    azure.secret("kv-test", "a", "");
    azure
}

const ALL: &str = "kv-prod/a kv-prod/b kv-test/a";

/// A run that writes some secrets into `creds`.
fn files<'a>(azure: &'a Standin, directory: &'a Path, secrets: &str) -> Akv<'a> {
    Akv::new()
        .args(["fetch", "--format=files", "--output=creds"])
        .args(secrets.split(' '))
        .app(azure)
        .cwd(directory)
}

/// Runs it, and expects all requests that it has to make.
fn write(azure: &Standin, directory: &Path, secrets: &str, options: &[&str]) {
    files(azure, directory, secrets).args(options).run();
    expect(azure, secrets);
}

fn expect(azure: &Standin, secrets: &str) {
    let requests = secrets.split(' ').map(|secret| {
        let (vault, name) = secret.split_once('/').unwrap();
        format!("GET {vault}.vault.azure.net/secrets/{name}?api-version=7.4")
    });
    let requests: Vec<_> = std::iter::once(azure.token_request())
        .chain(requests)
        .collect();
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    azure.expect(&requests);
}

/// The directory of the generation that counts.
fn generation(creds: &Path) -> PathBuf {
    let name = fs::read_link(creds.join("..data")).unwrap();
    let name = name.to_str().unwrap();
    let digits = name.strip_prefix("..akv-xsoar-").unwrap();
    assert!(digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    creds.join(name)
}

/// The file in it that lists what this program made.
fn record_of(creds: &Path) -> String {
    let generation = generation(creds);
    generation.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Everything below a directory: its path, what it is, whose it is, a file's time and its content.
pub fn snapshot(directory: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for name in names_in(directory) {
        let path = directory.join(&name);
        let metadata = path.symlink_metadata().unwrap();
        let kind = metadata.file_type();
        let content = if kind.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string()
        } else if kind.is_file() {
            String::from_utf8(fs::read(&path).unwrap()).unwrap().into()
        } else {
            "".into()
        };
        all.push(format!(
            "{name} {} {:o} {} {} {content:?}",
            metadata.ino(),
            metadata.mode(),
            metadata.uid(),
            if kind.is_dir() {
                0
            } else {
                metadata.mtime_nsec()
            },
        ));
        if kind.is_dir() {
            all.extend(snapshot(&path).iter().map(|line| format!("{name}/{line}")));
        }
    }
    all
}

// How it looks.

#[test]
fn each_secret_is_a_file_of_its_vault() {
    let azure = azure();
    let directory = Scratch::new("tree");
    let creds = directory.join("creds");
    // The second time it is there.
    for _ in 0..2 {
        write(&azure, directory.path(), ALL, &[]);
        let generation = generation(&creds);
        let name = generation.file_name().unwrap().to_str().unwrap();
        assert_eq!(names_in(&creds), [name, "..data", "kv-prod", "kv-test"]);
        for vault in ["kv-prod", "kv-test"] {
            let link = fs::read_link(creds.join(vault)).unwrap();
            assert_eq!(link, Path::new("..data").join(vault));
        }
        assert_eq!(names_in(&creds.join("kv-prod")), ["a", "b"]);
        assert_eq!(names_in(&creds.join("kv-test")), ["a"]);
        for (path, content) in [
            ("kv-prod/a", "value-of-a"),
            ("kv-prod/b", ODD),
            ("kv-test/a", ""),
        ] {
            assert_eq!(fs::read_to_string(creds.join(path)).unwrap(), content);
            assert_eq!(mode_of(&generation.join(path)), 0o600);
        }
        for path in [
            creds.clone(),
            generation.clone(),
            generation.join("kv-prod"),
        ] {
            assert_eq!(mode_of(&path), 0o700);
        }
    }
    assert_eq!(names_in(directory.path()), ["creds"]);
}

#[test]
fn what_is_gone_from_the_selection_goes_and_the_rest_of_the_directory_stays() {
    let azure = azure();
    let directory = Scratch::new("less");
    let creds = directory.join("creds");
    fs::create_dir(&creds).unwrap();
    set_mode(&creds, 0o755);
    for name in [
        "notes",
        ".hidden",
        "..akv-xsoar-notes",
        "..akv-xsoar-0123456789abcdef.tmp",
    ] {
        directory.write(format!("creds/{name}"), "mine");
    }
    fs::create_dir(creds.join("lost+found")).unwrap();
    symlink("..data/other", creds.join("link")).unwrap();
    symlink("notes", creds.join("kv-elsewhere")).unwrap();
    directory.write("creds/..akv-xsoar-fedcba9876543210", "no directory");
    let others = snapshot(&creds);

    write(&azure, directory.path(), ALL, &[]);
    assert_eq!(names_in(&creds).len(), others.len() + 4);
    azure.secret("kv-prod", "a", "new-value-of-a");
    write(&azure, directory.path(), "kv-prod/a", &[]);
    assert_eq!(
        fs::read(creds.join("kv-prod/a")).unwrap(),
        b"new-value-of-a"
    );
    assert_eq!(names_in(&creds.join("kv-prod")), ["a"]);
    assert!(!creds.join("kv-test").is_symlink());
    // Nothing at all is a generation, too.
    azure.remove("kv-prod", "a");
    let none = files(&azure, directory.path(), "kv-prod/a").arg("--missing=skip");
    none.run();
    expect(&azure, "kv-prod/a");
    assert!(!creds.join("kv-prod").is_symlink());
    assert_eq!(names_in(&generation(&creds)), [record_of(&creds)]);

    let mut left = snapshot(&creds);
    let ours = generation(&creds);
    let ours = ours.file_name().unwrap().to_str().unwrap();
    left.retain(|line| !line.starts_with(ours) && !line.starts_with("..data "));
    assert_eq!(left, others);
    assert_eq!(mode_of(&creds), 0o755);
}

#[test]
fn modes_hold_for_files_and_directories() {
    let azure = azure();
    let directory = Scratch::new("modes");
    let creds = directory.join("creds");
    for (option, file, folder) in [
        ("--mode=640", 0o640, 0o750),
        ("--mode=0444", 0o444, 0o555),
        ("--mode=400", 0o400, 0o500),
    ] {
        if creds.exists() {
            set_mode(&creds, 0o700);
            let generation = generation(&creds);
            for path in [
                generation.join("kv-prod"),
                generation.join("kv-test"),
                generation,
            ] {
                set_mode(path, 0o700);
            }
            fs::remove_dir_all(&creds).unwrap();
        }
        // What nobody may write to, the next run replaces nevertheless.
        for _ in 0..2 {
            write(&azure, directory.path(), ALL, &[option]);
            let generation = generation(&creds);
            assert_eq!(mode_of(&generation.join("kv-prod/b")), file);
            for path in [
                creds.clone(),
                generation.clone(),
                generation.join("kv-prod"),
            ] {
                assert_eq!(mode_of(&path), folder, "{option} {path:?}");
            }
            assert_eq!(names_in(&creds).len(), 4, "{option}");
        }
    }
    set_mode(&creds, 0o711);
    write(&azure, directory.path(), ALL, &[]);
    assert_eq!(mode_of(&creds), 0o711);
    assert_eq!(mode_of(&generation(&creds)), 0o700);
}

#[test]
fn the_umask_changes_nothing() {
    let azure = azure();
    let shell = Shell::new(&azure);
    for umask in ["000", "777"] {
        let script = format!("umask {umask}; akv fetch --format files --output {umask}/ {ALL}");
        shell.run(&script, 0, "", "");
        expect(&azure, ALL);
        let creds = shell.join(umask);
        let generation = generation(&creds);
        assert_eq!(mode_of(&creds), 0o700);
        assert_eq!(mode_of(&generation.join("kv-prod")), 0o700);
        assert_eq!(mode_of(&generation.join("kv-prod/a")), 0o600);
    }
}

#[test]
fn owners_hold_for_files_and_directories() {
    let azure = azure();
    let directory = Scratch::new("owners");
    let creds = directory.join("creds");
    let user = rustix::process::geteuid().as_raw();
    let owner = if is_root() { 1234 } else { user };
    let option = format!("--owner={owner}");
    write(&azure, directory.path(), ALL, &[&option]);
    let generation = generation(&creds);
    for path in [
        creds,
        generation.clone(),
        generation.join("kv-prod"),
        generation.join("kv-prod/a"),
    ] {
        assert_eq!(path.metadata().unwrap().uid(), owner, "{path:?}");
    }
}

// Where it is.

#[test]
fn the_directory_is_found_by_any_way() {
    let azure = azure();
    let directory = Scratch::new("ways");
    fs::create_dir(directory.join("sub")).unwrap();
    fs::create_dir(directory.join("sub/there")).unwrap();
    symlink("sub", directory.join("link")).unwrap();
    symlink("sub/new", directory.join("dangling")).unwrap();
    let absolute = directory.join("absolute");
    for (output, path) in [
        ("plain", "plain"),
        ("slash/", "slash"),
        ("link/", "sub"),
        ("link/there", "sub/there"),
        ("dangling", "sub/new"),
        ("sub/../.", "."),
        (absolute.to_str().unwrap(), "absolute"),
    ] {
        let run = Akv::new().args(["fetch", "--format=files", "kv-prod/a", "--output", output]);
        run.app(&azure).cwd(directory.path()).run();
        expect(&azure, "kv-prod/a");
        let written = directory.join(path).join("kv-prod/a");
        assert_eq!(fs::read(written).unwrap(), b"value-of-a", "{output}");
    }
    assert!(directory.join("link").is_symlink() && directory.join("dangling").is_symlink());
}

#[test]
fn a_place_that_is_no_directory_is_named() {
    let azure = azure();
    let directory = Scratch::new("places");
    directory.write("file", "old");
    make_fifo(&directory.join("fifo"));
    symlink("sub", directory.join("link")).unwrap();
    let before = snapshot(directory.path());
    for (output, cause) in [
        ("file", "it is not a directory"),
        ("file/", "it is not a directory"),
        ("fifo", "it is not a directory"),
        ("file/sub", "its directory: not a directory"),
        ("gone/creds", "its directory: no such file or directory"),
        ("/dev/null", "it is not a directory"),
    ] {
        let run = Akv::new().args(["fetch", "--format=files", "kv-prod/a", "--output", output]);
        let error = format!("akv-xsoar: error: cannot write `{output}`: {cause}\n");
        let run = run.app(&azure).cwd(directory.path()).status(9);
        run.stderr_has(error).run();
        expect(&azure, "kv-prod/a");
        assert_eq!(snapshot(directory.path()), before, "{output}");
    }
    if !is_root() {
        println!("only root can give a link to a stranger");
        return;
    }
    fs::create_dir(directory.join("sub")).unwrap();
    lchown(directory.join("link"), Some(STRANGER), None).unwrap();
    for output in ["link", "link/new"] {
        let run = Akv::new().args(["fetch", "--format=files", "kv-prod/a", "--output", output]);
        let run = run.app(&azure).cwd(directory.path()).status(9);
        run.stderr_has("`link` is a symbolic link that belongs to another user\n")
            .run();
        expect(&azure, "kv-prod/a");
    }
    assert!(names_in(&directory.join("sub")).is_empty());
}
