//! Commands on file systems that run none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::command::Akv;
use crate::ground::Mounted;
use crate::peer::{azure, expect_got};
use crate::scenarios;
use crate::standin::Scratch;

scenarios![a_file_system_without_programs];

fn a_file_system_without_programs() {
    let (azure, _names) = azure();
    let directory = Scratch::new("exec");
    for name in ["locked", "open"] {
        fs::create_dir(directory.join(name)).unwrap();
    }
    let locked = Mounted::over(&directory.join("locked"), "noexec");
    for name in ["locked", "open"] {
        let tool = directory.join(name).join("tool");
        fs::write(&tool, "#!/bin/sh\necho $0\n").unwrap();
        fs::set_permissions(tool, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let exec = |path: &str| {
        let exec = Akv::new().args(["exec", "kv-prod/secret-001", "--", "tool"]);
        exec.trusting(&azure)
            .app(&azure)
            .cwd(directory.path())
            .env("PATH", path)
    };
    exec("locked")
        .status(126)
        .stderr(
            "akv-xsoar: error: cannot run `tool`: `./locked/tool`: permission denied\n\
             akv-xsoar: hint: nothing was fetched: it must be a file that this user may execute (`ls -l`), on a file system without `noexec`\n",
        )
        .run();
    azure.expect(&[]);
    exec("locked:open").stdout("./open/tool\n").run();
    expect_got(&azure);
    drop(locked);
}
