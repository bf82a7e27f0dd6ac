//! Lines added to a bundle by one writer.

use std::os::unix::fs::{PermissionsExt, symlink};

use cdi_store::{append_lines, link_new};
use cdi_types::limits;

use crate::{closed_folder, names};

/// A line of the shape of an envelope.
fn line(text: &str) -> Vec<u8> {
    format!("{{\"payload\":\"{text}\",\"signatures\":[]}}").into_bytes()
}

/// A bundle of such lines.
fn bundle(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| [line(text), b"\n".to_vec()].concat()).collect()
}

#[test]
fn lines_are_added_at_the_end_and_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.intoto.jsonl");
    assert_eq!(append_lines(&path, &[line("1"), line("2"), line("1")]).unwrap(), 2);
    assert_eq!(append_lines(&path, &[line("2"), line("3")]).unwrap(), 1);
    assert_eq!(append_lines(&path, &[line("3")]).unwrap(), 0);
    assert_eq!(std::fs::read(&path).unwrap(), bundle(&["1", "2", "3"]));
    assert_eq!(names(&folder), ["b.intoto.jsonl"]);
}

#[test]
fn a_last_line_without_its_end_stays_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b");
    std::fs::write(&path, line("1")).unwrap();
    assert_eq!(append_lines(&path, &[line("2"), line("1")]).unwrap(), 1);
    assert_eq!(std::fs::read(&path).unwrap(), bundle(&["1", "2"]));
}

#[test]
fn nothing_to_add_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(append_lines(folder.path().join("b"), &[]).unwrap(), 0);
    assert!(names(&folder).is_empty());
}

#[test]
fn what_is_not_one_line_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    for bad in ["", " \t", "1\n2", "\n"] {
        let error = append_lines(folder.path().join("b"), &[line("1"), bad.as_bytes().to_vec()]).unwrap_err();
        assert_eq!(error.code(), "line-malformed", "{bad:?}");
    }
    assert!(names(&folder).is_empty());
}

#[test]
fn a_bundle_over_the_limits_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b");
    let full = [bundle(&["1"]), "x\n".repeat(limits::BUNDLE_LINES - 1).into_bytes()].concat();
    std::fs::write(&path, &full).unwrap();
    assert_eq!(append_lines(&path, &[line("y")]).unwrap_err().code(), "limit-bundle-lines");
    let long = vec![b'y'; limits::LINE_BYTES + 1];
    let other = folder.path().join("c");
    assert_eq!(append_lines(&other, &[long]).unwrap_err().code(), "limit-line-bytes");
    assert_eq!(std::fs::read(&path).unwrap(), full);
    assert_eq!(names(&folder), ["b"]);
}

#[test]
fn the_mode_is_kept_and_a_link_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("b"), bundle(&["1"])).unwrap();
    std::fs::set_permissions(path("b"), std::fs::Permissions::from_mode(0o664)).unwrap();
    symlink("b", path("link")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    for link in ["link", "dangling"] {
        assert_eq!(append_lines(path(link), &[line("2")]).unwrap_err().code(), "file-is-link");
    }
    append_lines(path("b"), &[line("2")]).unwrap();
    assert_eq!(std::fs::read(path("b")).unwrap(), bundle(&["1", "2"]));
    assert_eq!(std::fs::metadata(path("b")).unwrap().permissions().mode() & 0o777, 0o664);
}

#[test]
fn what_a_killed_writer_has_left_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b");
    std::fs::write(folder.path().join(".b.append.tmp"), "half a li").unwrap();
    append_lines(&path, &[line("1")]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bundle(&["1"]));
    assert_eq!(names(&folder), ["b"]);
}

#[test]
fn places_that_are_no_bundle_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let code = |path: &std::path::Path| append_lines(path, &[line("1")]).unwrap_err().code();
    assert_eq!(code(folder.path()), "file-is-folder");
    assert_eq!(code(&folder.path().join("no/folder")), "folder-missing");
    assert_eq!(code(std::path::Path::new("/dev/null")), "file-not-regular");
    if let Some(closed) = closed_folder(&folder) {
        assert_eq!(code(&closed.join("b")), "file-permission-denied");
    }
}

#[test]
fn nothing_is_added_to_what_is_no_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b");
    for other in ["int main;\n", "\u{7f}ELF", "-----BEGIN PRIVATE KEY-----\n", "{\"payload\":\"1\"}\n"] {
        std::fs::write(&path, other).unwrap();
        assert_eq!(append_lines(&path, &[line("1")]).unwrap_err().code(), "bundle-none", "{other}");
        assert_eq!(append_lines(&path, &[]).unwrap_err().code(), "bundle-none", "{other}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
    }
    std::fs::write(&path, " \n\n").unwrap();
    assert_eq!(append_lines(&path, &[line("1")]).unwrap(), 1, "a blank file is an empty bundle");
}

#[test]
fn a_second_name_takes_nobodys_place_and_what_is_added_under_it_stays_there() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, taken] = ["first", "second", "taken"].map(|name| folder.path().join(name));
    append_lines(&first, &[line("1")]).unwrap();
    symlink("nowhere", &taken).unwrap();
    link_new(&first, &second).unwrap();
    for there in [&second, &taken, &first] {
        assert_eq!(link_new(&first, there).unwrap_err().code(), "file-exists");
    }
    assert!(link_new(folder.path().join("absent"), folder.path().join("new")).is_err());
    let before = std::fs::read(&first).unwrap();
    append_lines(&second, &[line("2")]).unwrap();
    assert_eq!(std::fs::read(&first).unwrap(), before);
    assert_eq!(append_lines(&second, &[line("1"), line("2")]).unwrap(), 0);
    assert_eq!(names(&folder), ["first", "second", "taken"]);
}
