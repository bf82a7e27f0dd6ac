//! Writers that are killed: there is the old file or the new one, and nothing beside it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cdi_store::{append_lines, replace, write_new};
use cdi_types::limits;

use crate::names;

/// So much that a kill falls into the writing of it.
const BYTES: usize = 48 << 20;

/// The other end of the test below: writes and writes until it is killed.
#[test]
#[ignore = "started by another test"]
fn helper_that_writes_without_end() {
    let (Some(folder), Some(how)) = (std::env::var_os("WRITE_IN"), std::env::var_os("WRITE_HOW")) else {
        return;
    };
    let folder = Path::new(&folder);
    let (bytes, line) = (vec![b'n'; BYTES], vec![b'n'; limits::LINE_BYTES]);
    for n in 0_u64.. {
        match how.to_str().unwrap() {
            "write_new" => write_new(folder.join(format!("new-{n}")), &bytes, 0o644).unwrap(),
            "replace" => replace(folder.join("old"), &bytes, 0o644).unwrap(),
            _ => {
                let own = [n.to_string().as_bytes(), &line[8..]].concat();
                append_lines(folder.join("old"), &[own]).map(drop).unwrap();
            }
        }
    }
}

#[test]
fn a_killed_writer_leaves_whole_files_and_nothing_else() {
    for how in ["write_new", "replace", "append"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("old"), "old\n").unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::helper_that_writes_without_end", "--ignored"])
            .env("WRITE_IN", folder.path())
            .env("WRITE_HOW", how)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(400));
        child.kill().unwrap();
        child.wait().unwrap();
        for name in names(&folder) {
            assert!(!name.starts_with('.'), "{how} left {name}");
            let bytes = std::fs::read(folder.path().join(&name)).unwrap();
            let whole = if how == "append" { bytes.last() == Some(&b'\n') } else { bytes.len() == BYTES };
            assert!(whole || bytes == b"old\n", "{how}: {name} has {} bytes", bytes.len());
        }
    }
}
