//! New files and replaced files.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use cdi_store::{replace, replace_name, write_new};

use crate::{closed_folder, names};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_file_has_bytes_and_mode_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    write_new(&path, b"secret", 0o600).unwrap();
    assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"secret".to_vec(), 0o600));
    assert_eq!(names(&folder), ["key.pem"]);
}

#[test]
fn write_new_never_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("file"), "old").unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    symlink("file", path("link")).unwrap();
    for name in ["file", "folder", "dangling", "link"] {
        assert_eq!(write_new(path(name), b"new", 0o644).unwrap_err().code(), "file-exists", "{name}");
    }
    assert_eq!(std::fs::read(path("file")).unwrap(), b"old");
    assert_eq!(names(&folder), ["dangling", "file", "folder", "link"]);
}

#[test]
fn of_many_writers_of_a_new_file_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let won: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8_u8)
            .map(|i| (i, &path))
            .map(|(i, path)| scope.spawn(move || write_new(path, &[i; 1000], 0o644)))
            .collect();
        writers.into_iter().map(|writer| usize::from(writer.join().unwrap().is_ok())).sum()
    });
    assert_eq!(won, 1);
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() == 1000 && bytes.iter().all(|byte| *byte == bytes[0]));
    assert_eq!(names(&folder), ["new"]);
}

#[test]
fn replace_makes_or_replaces_and_follows_links() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    replace(path("file"), b"one", 0o644).unwrap();
    replace(path("file"), b"two", 0o600).unwrap();
    assert_eq!((std::fs::read(path("file")).unwrap(), mode(&path("file"))), (b"two".to_vec(), 0o600));
    symlink("file", path("link")).unwrap();
    replace(path("link"), b"three", 0o600).unwrap();
    assert_eq!(std::fs::read(path("file")).unwrap(), b"three");
    assert!(path("link").is_symlink());
    symlink("nowhere", path("dangling")).unwrap();
    assert_eq!(replace(path("dangling"), b"x", 0o600).unwrap_err().code(), "file-missing");
    assert_eq!(names(&folder), ["dangling", "file", "link"]);
}

#[test]
fn replace_name_makes_or_replaces_and_follows_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    replace_name(path("file"), b"one", 0o644).unwrap();
    replace_name(path("file"), b"two", 0o600).unwrap();
    assert_eq!((std::fs::read(path("file")).unwrap(), mode(&path("file"))), (b"two".to_vec(), 0o600));
    for (link, target) in [("link", "file"), ("dangling", "nowhere")] {
        symlink(target, path(link)).unwrap();
        replace_name(path(link), b"three", 0o600).unwrap();
        assert!(!path(link).is_symlink());
        assert_eq!(std::fs::read(path(link)).unwrap(), b"three");
    }
    assert_eq!(std::fs::read(path("file")).unwrap(), b"two");
    assert_eq!(names(&folder), ["dangling", "file", "link"]);
}

#[test]
fn whoever_has_the_old_file_open_keeps_it_whole() {
    use std::io::Read;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    replace(&path, b"old", 0o644).unwrap();
    let mut old = std::fs::File::open(&path).unwrap();
    replace(&path, b"new and longer", 0o644).unwrap();
    let mut text = String::new();
    old.read_to_string(&mut text).unwrap();
    assert_eq!(text, "old");
}

#[test]
fn places_that_cannot_be_written_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such/folder");
    for result in [write_new(&missing, b"", 0o644), replace(&missing, b"", 0o644)] {
        assert_eq!(result.unwrap_err().code(), "folder-missing");
    }
    assert_eq!(write_new("/", b"", 0o644).unwrap_err().code(), "file-without-name");
    assert_eq!(replace("..", b"", 0o644).unwrap_err().code(), "file-without-name");
    assert_eq!(replace(folder.path(), b"", 0o644).unwrap_err().code(), "file-is-folder");
    if let Some(closed) = closed_folder(&folder) {
        let error = write_new(closed.join("x"), b"", 0o644).unwrap_err();
        assert_eq!(error.code(), "file-permission-denied");
    }
}

#[test]
fn long_names_have_room_for_the_hidden_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x".repeat(255), "\u{e9}".repeat(127)] {
        write_new(folder.path().join(&name), b"", 0o644).unwrap();
        cdi_store::append_lines(folder.path().join(&name), &[b"2".to_vec()]).unwrap();
    }
    assert_eq!(names(&folder).len(), 2);
}
