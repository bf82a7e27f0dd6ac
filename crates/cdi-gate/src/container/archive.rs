//! A root file system from an archive (POSIX pax): files and directories, and nothing that could mean something else to
//! somebody else.

use std::collections::BTreeSet;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Cursor, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use cdi_types::steers_a_display;
use tar::{Archive, EntryType};

use super::reading::hold_to_one;

/// Entries of one archive: a distribution's root has some ten thousand.
const MOST_ENTRIES: usize = 200_000;
/// Steps of one path.
const DEEPEST: usize = 64;

/// Why an archive is no root file system.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read as one.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// A path leads out of it, or is none.
    #[error("the path `{0}` leads out of it")]
    PathOutside(String),
    /// Something that is neither a file nor a directory.
    #[error("`{path}` is {what}, and only files and directories have a place in it")]
    OtherThanFiles {
        /// Its path.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// One path twice, or a file where a directory is to be.
    #[error("`{0}` is in it twice, or is both a file and a directory")]
    Twice(String),
    /// Too many entries, or too deep ones.
    #[error("it has more than {MOST_ENTRIES} entries, or paths of more than {DEEPEST} steps")]
    TooLarge,
    /// Something in an extended header that readers do not agree about.
    #[error("what the extended header of `{path}` says of `{key}` can be read in several ways")]
    Ambiguous {
        /// The entry's path.
        path: String,
        /// The header's keyword.
        key: String,
    },
    /// An entry that readers do not agree about.
    #[error("`{path}` can be read in several ways: {what}")]
    Several {
        /// Its path.
        path: String,
        /// What they read in different ways.
        what: &'static str,
    },
    /// Bytes behind its end.
    #[error("there is something behind its end")]
    Trailing,
    /// It cannot be written.
    #[error("it cannot be unpacked: {0}")]
    Unwritable(io::Error),
}

/// Unpacks an archive into an empty folder that nobody else can reach. On `Ok` the folder has its files, and nothing else.
///
/// # Errors
/// It is no root file system (rule G-ARCHIVE), or cannot be written; what was written before is there.
pub fn unpack(archive: &[u8], root: &Path) -> Result<(), ArchiveError> {
    hold_to_one(archive)?;
    let mut reader = Archive::new(Cursor::new(archive));
    let mut known = BTreeSet::new();
    for (number, entry) in reader.entries().map_err(malformed)?.enumerate() {
        let mut entry = entry.map_err(malformed)?;
        let kind = entry.header().entry_type();
        let path = inside(&entry.path().map_err(malformed)?)?;
        let shown = shown(path.as_os_str().as_bytes());
        if number >= MOST_ENTRIES || path.components().count() > DEEPEST {
            return Err(ArchiveError::TooLarge);
        }
        if let Some(what) = other_than_files(kind) {
            return Err(ArchiveError::OtherThanFiles { path: shown, what });
        }
        if !known.insert(path.clone()) {
            return Err(ArchiveError::Twice(shown));
        }
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        let unwritable = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => ArchiveError::Twice(shown.clone()),
            _ => ArchiveError::Unwritable(error),
        };
        let target = root.join(&path);
        if kind == EntryType::Directory {
            std::fs::create_dir_all(&target).map_err(unwritable)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(unwritable)?;
        }
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
        let mut file = opened.map_err(unwritable)?;
        io::copy(&mut entry, &mut file).map_err(malformed)?;
        let mode = if executable { 0o555 } else { 0o444 };
        file.set_permissions(Permissions::from_mode(mode)).map_err(ArchiveError::Unwritable)?;
    }
    nothing_behind(reader.into_inner())
}

/// Whether an archive has a program of this path, from its root: a file that may be executed. What else is in it, and whether it
/// can be unpacked, is not looked at.
///
/// # Errors
/// It cannot be read.
pub(crate) fn has_program(archive: &[u8], program: &str) -> Result<bool, ArchiveError> {
    let Some(wanted) = program.strip_prefix('/').map(Path::new) else { return Ok(false) };
    let Ok(wanted) = inside(wanted) else { return Ok(false) };
    let mut reader = Archive::new(Cursor::new(archive));
    for entry in reader.entries_with_seek().map_err(malformed)? {
        let entry = entry.map_err(malformed)?;
        if inside(&entry.path().map_err(malformed)?)? == wanted {
            let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
            return Ok(executable && entry.header().entry_type() == EntryType::Regular);
        }
    }
    Ok(false)
}

/// Text of others in a message: bounded, what steers a display escaped.
pub(super) fn shown(bytes: &[u8]) -> String {
    let escaped = |c: char| -> Vec<char> {
        if steers_a_display(c) { c.escape_unicode().collect() } else { c.escape_debug().collect() }
    };
    String::from_utf8_lossy(bytes).chars().take(300).flat_map(escaped).collect()
}

fn malformed(error: io::Error) -> ArchiveError {
    ArchiveError::Malformed(shown(error.to_string().as_bytes()))
}

/// The path as it is inside; `./` in front, as `tar` itself writes it, is no step.
fn inside(path: &Path) -> Result<PathBuf, ArchiveError> {
    let mut inside = PathBuf::new();
    for step in path.components() {
        match step {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(ArchiveError::PathOutside(shown(path.as_os_str().as_bytes())));
            }
        }
    }
    Ok(inside)
}

const fn other_than_files(kind: EntryType) -> Option<&'static str> {
    match kind {
        EntryType::Regular | EntryType::Directory => None,
        EntryType::Link => Some("a second name of a file"),
        EntryType::Symlink => Some("a symbolic link"),
        EntryType::Char | EntryType::Block => Some("a device"),
        EntryType::Fifo => Some("a pipe"),
        _ => Some("of a kind of its own"),
    }
}

fn nothing_behind(mut rest: Cursor<&[u8]>) -> Result<(), ArchiveError> {
    let mut behind = Vec::new();
    rest.read_to_end(&mut behind).map_err(malformed)?;
    if behind.iter().any(|&byte| byte != 0) { Err(ArchiveError::Trailing) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tar::{Builder, Header};

    fn header(kind: EntryType, path: &[u8], size: u64) -> Header {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(size);
        // As bytes: what is tried here, the library's own setters refuse.
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.set_cksum();
        header
    }

    fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, path, content) in entries {
            let mut header = header(*kind, path.as_bytes(), content.len() as u64);
            if [EntryType::Link, EntryType::Symlink].contains(kind) {
                header.set_size(0);
                header.set_link_name("target").unwrap();
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            } else {
                builder.append(&header, content.as_bytes()).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn unpacked(archive: &[u8]) -> Result<Vec<String>, ArchiveError> {
        let folder = tempfile::tempdir().unwrap();
        unpack(archive, folder.path())?;
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        Ok(names)
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn files_and_directories_are_unpacked() {
        let archive = archive(&[(FILE, "./bin/app", "program"), (EntryType::Directory, "etc/", "")]);
        assert_eq!(unpacked(&archive).unwrap(), ["bin", "etc"]);
    }

    #[test]
    fn a_file_is_executed_only_if_the_archive_says_so_and_written_by_nobody() {
        let mut builder = Builder::new(Vec::new());
        for (path, mode) in [("program", 0o755), ("owner's", 0o700), ("data", 0o644), ("rights", 0o6666)] {
            let mut header = header(FILE, path.as_bytes(), 1);
            header.set_mode(mode);
            header.set_cksum();
            builder.append(&header, &b"1"[..]).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        unpack(&builder.into_inner().unwrap(), folder.path()).unwrap();
        for (path, mode) in [("program", 0o555), ("owner's", 0o555), ("data", 0o444), ("rights", 0o444)] {
            let found = std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode();
            assert_eq!(found & 0o7777, mode, "{path}");
        }
    }

    #[test]
    fn paths_have_at_most_so_many_steps() {
        let deep = |steps: usize| unpacked(&extended(&[("path", &vec!["d"; steps].join("/"))]));
        assert_eq!(deep(DEEPEST - 1).unwrap(), ["d"]);
        assert_eq!(deep(DEEPEST).unwrap(), ["d"]);
        assert!(matches!(deep(DEEPEST + 1), Err(ArchiveError::TooLarge)));
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["../x", "a/../../x", "/x", "a/.."] {
            let refused = unpacked(&archive(&[(FILE, path, "")])).unwrap_err();
            assert!(matches!(refused, ArchiveError::PathOutside(_)), "{path}: {refused}");
        }
    }

    #[test]
    fn links_devices_and_pipes_are_refused() {
        for (kind, named) in [
            (EntryType::Link, "a second name of a file"),
            (EntryType::Symlink, "a symbolic link"),
            (EntryType::Char, "a device"),
            (EntryType::Block, "a device"),
            (EntryType::Fifo, "a pipe"),
            (EntryType::Continuous, "of a kind of its own"),
        ] {
            match unpacked(&archive(&[(kind, "x", "")])) {
                Err(ArchiveError::OtherThanFiles { what, .. }) => assert_eq!(what, named, "{kind:?}"),
                other => panic!("{kind:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_there_twice_is_refused() {
        for entries in [
            [(FILE, "x", "1"), (FILE, "x", "2")],
            [(FILE, "x", "1"), (FILE, "./x", "2")],
            [(FILE, "x", "1"), (FILE, "x/y", "2")],
            [(FILE, "x/y", "1"), (FILE, "x", "2")],
            [(FILE, "x", "1"), (EntryType::Directory, "x/", "")],
        ] {
            let refused = unpacked(&archive(&entries)).unwrap_err();
            assert!(matches!(refused, ArchiveError::Twice(_)), "{entries:?}: {refused}");
        }
    }

    #[test]
    fn bytes_behind_the_end_are_refused() {
        let mut archive = archive(&[(FILE, "x", "1")]);
        archive.push(0);
        assert!(unpacked(&archive).is_ok());
        archive.push(1);
        assert!(matches!(unpacked(&archive), Err(ArchiveError::Trailing)));
    }

    /// One file with these records in an extended header before it.
    fn extended(records: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions(records.iter().map(|(key, value)| (*key, value.as_bytes()))).unwrap();
        builder.append(&header(FILE, b"x", 1), &b"1"[..]).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn an_extended_header_that_can_be_read_in_several_ways_is_refused() {
        let sound: [&[(&str, &str)]; 3] =
            [&[("mtime", "1.5"), ("LIBARCHIVE.creationtime", "2")], &[("size", "1")], &[("path", "y")]];
        for records in sound {
            assert!(unpacked(&extended(records)).is_ok(), "{records:?}");
        }
        let broken: [&[(&str, &str)]; 7] = [
            &[("size", "-1")],
            &[("size", "01")],
            &[("size", "+1")],
            &[("path", "y"), ("path", "z")],
            &[("GNU.sparse.size", "1")],
            &[("GNU.sparse.realsize", "7")],
            &[("hdrcharset", "BINARY")],
        ];
        for records in broken {
            let refused = unpacked(&extended(records)).unwrap_err();
            assert!(matches!(refused, ArchiveError::Ambiguous { .. }), "{records:?}: {refused}");
        }
    }

    #[test]
    fn the_program_of_an_archive_is_a_file_in_it_that_may_be_executed() {
        let archive = archive(&[(FILE, "./bin/app", "program"), (EntryType::Directory, "etc/", "")]);
        let has = |path: &str| has_program(&archive, path).unwrap();
        assert!(has("/bin/app") && has("/./bin//app"));
        for path in ["bin/app", "/app", "/etc", "/", "", "/etc/../bin/app"] {
            assert!(!has(path), "{path}");
        }
        let mut builder = Builder::new(Vec::new());
        let mut header = header(FILE, b"data", 1);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, &b"1"[..]).unwrap();
        assert!(!has_program(&builder.into_inner().unwrap(), "/data").unwrap());
    }

    #[test]
    fn an_archive_that_breaks_off_is_refused() {
        let archive = archive(&[(FILE, "x", &"y".repeat(2000))]);
        assert!(matches!(unpacked(&archive[..1024]), Err(ArchiveError::Malformed(_))));
    }

    #[test]
    fn archives_are_read_as_gnu_tar_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let long = "long".repeat(30);
        std::fs::create_dir_all(folder.path().join("root").join(&long)).unwrap();
        std::fs::write(folder.path().join("root").join(&long).join("name"), "1").unwrap();
        for format in ["gnu", "oldgnu", "pax", "posix"] {
            let file = folder.path().join(format);
            let mut tar = std::process::Command::new("tar");
            tar.arg(format!("--format={format}")).arg("-cf").arg(&file);
            assert!(tar.arg("-C").arg(folder.path().join("root")).arg(".").status().unwrap().success());
            assert_eq!(unpacked(&std::fs::read(&file).unwrap()).unwrap(), [&*long], "{format}");
        }
    }
}
