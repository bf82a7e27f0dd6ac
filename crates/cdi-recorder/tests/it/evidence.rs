//! What is carried along from an input to an output.

use std::os::unix::fs::symlink;

use cdi_recorder::{Run, write_bundle};

use crate::support::{Folder, recorded, shell};

#[test]
fn lines_that_are_no_envelopes_stay_where_they_are() {
    let folder = Folder::new();
    let (first, input) = (recorded(shell(&folder, ": >OUT")).unwrap(), folder.write("in", "one"));
    let envelope = String::from_utf8(first.sealed.line.clone()).unwrap();
    folder.write("in.intoto.jsonl", &format!("a secret\n{{\"key\": 1}}\n{envelope}\n"));
    let run = Run { inputs: vec![input.clone()], ..shell(&folder, "echo >>OUT") };
    let second = recorded(run).unwrap();
    write_bundle(folder.path("out"), [input.as_str()], &[], &second.sealed).unwrap();
    let bundle = std::fs::read_to_string(folder.path("out.intoto.jsonl")).unwrap();
    let second = String::from_utf8(second.sealed.line).unwrap();
    assert!(bundle.lines().eq([envelope, second]), "{bundle}");
}

#[test]
fn evidence_behind_a_link_is_rejected() {
    let folder = Folder::new();
    let (input, output) = (folder.write("in", "one"), folder.path("out"));
    let report = recorded(shell(&folder, ": >OUT")).unwrap();
    folder.write("elsewhere", "\n");
    symlink("elsewhere", folder.path("in.intoto.jsonl")).unwrap();
    let run = Run { inputs: vec![input.clone()], ..shell(&folder, "echo >>OUT") };
    assert_eq!(recorded(run).unwrap_err().code(), "file-is-link");
    let carried = write_bundle(&output, [input.as_str()], &[], &report.sealed);
    assert_eq!(carried.unwrap_err().code(), "file-is-link");
    symlink("elsewhere", folder.path("out.intoto.jsonl")).unwrap();
    assert_eq!(write_bundle(&output, [], &[], &report.sealed).unwrap_err().code(), "file-is-link");
    assert_eq!(std::fs::read(folder.path("elsewhere")).unwrap(), b"\n");
}
