//! Root file systems in archives (rule G-ARCHIVE).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cdi_gate::{program_of_archive, unpack};

use crate::{Target, seeds, shown, tapes};

pub(crate) const TARGET: Target = Target {
    name: "archives",
    oracle: "what is unpacked is what three readers make of the archive who differ wherever readers do: files, bytes, and what may be \
             executed; nothing is written outside; the program of an archive is one that is then there",
    run,
    seeds,
    words,
    most: 4_096,
};

/// By the first byte an archive, or what an archive is put together from.
fn run(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else { return };
    let archive = if form % 2 == 0 { tapes::put_together(rest) } else { rest.to_vec() };
    let folder = seeds::scratch();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    let unpacked = unpack(&archive, &root);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is outside");
    if let Err(error) = unpacked {
        return shown::harmless(&error);
    }
    let mut found = BTreeMap::new();
    below(&root, &root, &mut found);
    for reader in &tapes::READERS {
        assert_eq!(reader.read(&archive).as_ref(), Some(&found), "{}", reader.name);
    }
    for (path, file) in &found {
        let Ok(path) = std::str::from_utf8(path) else { continue };
        let program = program_of_archive(&archive, &[format!("/{path}")]);
        assert_eq!(program.is_ok(), matches!(file, tapes::File::Bytes { executable: true, .. }), "{path:?}");
        program.iter().for_each(|()| assert!(program_of_archive(&archive, &[path.to_owned()]).is_err()));
    }
}

fn below(root: &Path, folder: &Path, found: &mut tapes::Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
        if metadata.is_dir() {
            found.insert(name, tapes::File::Folder);
            below(root, &path, found);
        } else {
            assert!(metadata.is_file(), "{path:?}");
            let executable = metadata.permissions().mode() & 0o111 != 0;
            found.insert(name, tapes::File::Bytes { bytes: fs::read(&path).unwrap(), executable });
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let one = |entries: &[(u8, u8, &str, &str)]| {
        let entry = |(kind, flags, name, content): &(u8, u8, &str, &str)| {
            let (name, content) = (name.as_bytes(), content.as_bytes());
            [&[*kind, *flags, name.len() as u8], name, &[content.len() as u8], content].concat()
        };
        [vec![0], entries.iter().flat_map(entry).collect()].concat()
    };
    let long = format!("{}/name\0", "long".repeat(30));
    let parts: [&[(u8, u8, &str, &str)]; 12] = [
        &[(b'5', 0, "bin/", ""), (b'0', 1, "bin/app", "program"), (b'0', 0, "./etc/x", "text")],
        &[(b'x', 0, "h", "12 path=a/b\n"), (b'0', 1, "x", "1")],
        &[(b'x', 0, "h", "10 size=1\n15 mtime=1.25\n"), (b'0', 0, "x", "1")],
        &[(b'L', 2, "././@LongLink", &long), (b'0', 3, "x", "1")],
        &[(b'L', 2, "l", "a\0"), (b'x', 0, "h", "10 path=b\n"), (b'0', 2, "x", "1")],
        &[(b'0', 0, "a/", "x"), (b'5', 0, "b", "y"), (b'\0', 0, "c/", "")],
        &[(b'g', 0, "g", "10 path=b\n"), (b'0', 0, "x", "1")],
        &[(b'2', 0, "link", ""), (b'1', 0, "link", ""), (b'3', 0, "device", "")],
        &[(b'0', 0, "../x", ""), (b'0', 0, "/x", ""), (b'0', 0, "a/../b", "")],
        &[(b'0', 0, "a", "1"), (b'0', 0, "a/b", "2"), (b'0', 0, "./a", "2")],
        &[(b'0', 4, "a", "1"), (b'0', 8, "b", "2"), (b'0', 16, "c", "3"), (b'0', 32, "d", "4")],
        &[(b'0', 0, "\u{1b}[2J\u{202e}", "1"), (b'x', 0, "h", "21 GNU.sparse.size=1\n"), (b'0', 0, "x", "1")],
    ];
    let parts: Vec<Vec<u8>> = parts.iter().map(|entries| one(entries)).collect();
    let whole = parts.iter().map(|part| [&[1], tapes::put_together(&part[1..]).as_slice()].concat());
    let whole: Vec<Vec<u8>> = whole.collect();
    parts.into_iter().chain(whole).collect()
}

fn words() -> Vec<Vec<u8>> {
    let words: [&[u8]; 20] = [
        b"ustar\x0000",
        b"ustar  \0",
        b"10 path=b\n",
        b"9 path=\n",
        b"11 path=a/\n",
        b"10 size=1\n",
        b"10 size=0\n",
        b"21 GNU.sparse.size=1\n",
        b"21 hdrcharset=BINARY\n",
        b"+7 a=b\n",
        b"\n",
        b"../",
        b"./",
        b"/",
        b"a/b\0",
        b"\x80\0\0\0\0\0\0\0\0\0\0\x01",
        b"00000000001\0",
        b"5\0\x02d/\0",
        b"x\0\x01h\x0a10 path=b\n",
        b"\xe2\x80\xae",
    ];
    words.iter().map(|word| word.to_vec()).collect()
}
