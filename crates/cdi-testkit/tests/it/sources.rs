//! The workspace's own sources, for tests that ask whether something is held by a test.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::{Path, PathBuf};

/// Every Rust source of a folder.
pub(crate) fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut due = vec![folder.to_owned()];
    while let Some(folder) = due.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                due.push(path);
            } else if path.extension().is_some_and(|suffix| suffix == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// Whether the source has a test function of this name.
pub(crate) fn has_test(source: &str, name: &str) -> bool {
    let is_it = |line: &str| line.trim_start().starts_with(&format!("fn {name}("));
    let mut lines = source.lines().enumerate().filter(|(_, line)| is_it(line));
    lines.any(|(at, _)| {
        let above = source.lines().take(at).collect::<Vec<_>>();
        above
            .iter()
            .rev()
            .take_while(|line| line.trim_start().starts_with('#'))
            .any(|l| l.trim() == "#[test]")
    })
}
