//! Several writers at once, and writers that are killed. A writer process is this test binary again, which finds its
//! orders in the environment.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cdi_store::append_lines;

const BUNDLE: &str = "CDI_STORE_TEST_BUNDLE";
const WRITER: &str = "CDI_STORE_TEST_WRITER";
const LINES: &str = "CDI_STORE_TEST_LINES";

fn text(writer: usize, index: usize) -> String {
    format!("{{\"payload\":\"{writer}-{index}-{}\",\"signatures\":[]}}", "x".repeat(300))
}

fn spawn(bundle: &Path, writer: usize, lines: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["concurrent::a_writer_process", "--exact"])
        .env(BUNDLE, bundle)
        .env(WRITER, writer.to_string())
        .env(LINES, lines.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Does nothing unless it was started by another test.
#[test]
fn a_writer_process() {
    let Some(bundle) = std::env::var_os(BUNDLE) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<usize>().unwrap();
    for index in 0..number(LINES) {
        append_lines(Path::new(&bundle), &[text(number(WRITER), index).into_bytes()]).unwrap();
    }
}

fn content(bundle: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(bundle).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn eight_processes_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("b");
    let children: Vec<Child> = (0..8).map(|writer| spawn(&bundle, writer, 10)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let found = content(&bundle);
    let expected: BTreeSet<String> =
        (0..8).flat_map(|writer| (0..10).map(move |index| text(writer, index))).collect();
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (80, expected));
    assert_eq!(crate::names(&folder), ["b"]);
}

#[test]
fn eight_threads_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("b");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let bundle = &bundle;
            scope.spawn(move || {
                for index in 0..10 {
                    let shared = b"the same line of all".to_vec();
                    append_lines(bundle, &[text(writer, index).into_bytes(), shared]).unwrap();
                }
            });
        }
    });
    let found = content(&bundle);
    assert_eq!(found.iter().filter(|line| line.starts_with("the same")).count(), 1);
    assert_eq!(found.len(), 81);
}

/// Each line of a writer is on disk before it begins the next, so whatever is there is a beginning of what it wrote.
#[test]
fn a_killed_writer_leaves_the_old_bundle_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("b");
    let mut before = Vec::new();
    for writer in 0..12 {
        let mut child = spawn(&bundle, writer, 100_000);
        std::thread::sleep(Duration::from_millis(30 + 7 * writer as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = content(&bundle);
        assert!(after.starts_with(&before), "nothing that was there is lost");
        for (index, line) in after.iter().skip(before.len()).enumerate() {
            assert_eq!(line, &text(writer, index));
        }
        before = after;
    }
    assert!(!before.is_empty(), "at least one writer came to write");
    append_lines(&bundle, &[b"the last".to_vec()]).unwrap();
    assert_eq!(crate::names(&folder), ["b"]);
}
