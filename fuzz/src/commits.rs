//! Objects of git, as a repository answers with them that somebody else has made (rule F-COMMIT).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::rc::Rc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use cdi_git::{Entries, Entry, Kind, Objects, id_of, paths, tree_of};
use cdi_types::{GitDigest, ObjectFormat};

use crate::{Target, shown};

pub(crate) const TARGET: Target = Target {
    name: "commits",
    oracle: "entries and trees are those of a second reader, and written again the same bytes; an object is taken only under the id \
             that another library computes; of a repository the walk finds what a recursion over the folders finds, no name leads \
             out, one object in another's place refuses, and another leaf is another tree",
    run,
    seeds,
    words,
    most: 512,
};

/// The form by the first byte, and by its highest bit the format of ids.
fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let format = if first & 128 == 0 { ObjectFormat::Sha1 } else { ObjectFormat::Sha256 };
    match first % 4 {
        0 => tree(format, rest),
        1 => commit(format, rest),
        2 => answer(format, rest),
        _ => repository(format, rest),
    }
}

/// The id of an object, by another library.
fn second_id(format: ObjectFormat, kind: Kind, bytes: &[u8]) -> GitDigest {
    let algorithm = match format {
        ObjectFormat::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        ObjectFormat::Sha256 => &SHA256,
    };
    let word = match kind {
        Kind::Commit => "commit",
        Kind::Tree => "tree",
        Kind::Blob => "blob",
    };
    let all = [format!("{word} {}\0", bytes.len()).as_bytes(), bytes].concat();
    GitDigest::from_bytes(format, digest(algorithm, &all).as_ref()).unwrap()
}

fn tree(format: ObjectFormat, bytes: &[u8]) {
    for kind in [Kind::Commit, Kind::Tree, Kind::Blob] {
        assert_eq!(id_of(format, kind, bytes), Some(second_id(format, kind, bytes)));
    }
    let found: Result<Vec<_>, _> = Entries::of(format, bytes).collect();
    let expected = second_tree(format, bytes);
    assert_eq!(found.is_ok(), expected.is_some(), "{found:?}");
    let (Ok(found), Some(expected)) = (found, expected) else { return };
    for ((entry, name, id), (mode, other_name, digits)) in found.iter().zip(&expected) {
        assert_eq!((*name, id.digits().as_str()), (*other_name, digits.as_str()));
        assert_eq!(*entry, entry_of(mode).unwrap());
    }
    assert_eq!(found.len(), expected.len());
}

/// Mode, name and digits of each entry, from the end of each name on: `MODE NAME`, a zero, an id.
fn second_tree(format: ObjectFormat, bytes: &[u8]) -> Option<Vec<(String, &[u8], String)>> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let mut parts = rest.splitn(2, |byte| *byte == 0);
        let (text, behind) = (parts.next()?, parts.next()?);
        let (id, behind) = behind.split_at_checked(format.bytes())?;
        let mut words = text.splitn(2, |byte| *byte == b' ');
        let (mode, name) = (String::from_utf8(words.next()?.to_vec()).ok()?, words.next()?);
        entry_of(&mode)?;
        plain(name).then_some(())?;
        entries.push((mode, name, id.iter().map(|byte| format!("{byte:02x}")).collect()));
        rest = behind;
    }
    Some(entries)
}

fn entry_of(mode: &str) -> Option<Entry> {
    Some(match u32::from_str_radix(mode, 8).ok().filter(|_| !mode.starts_with(['0', '+']))? {
        0o040_000 => Entry::Folder,
        0o100_644 | 0o100_664 => Entry::File { executable: false },
        0o100_755 => Entry::File { executable: true },
        0o120_000 => Entry::Link,
        0o160_000 => Entry::Submodule,
        _ => return None,
    })
}

/// A name that stays where it is, and is none of the repository's own.
fn plain(name: &[u8]) -> bool {
    let own = String::from_utf8_lossy(name).to_lowercase();
    !["", ".", "..", ".git"].contains(&own.as_str()) && !own.contains('/')
}

fn commit(format: ObjectFormat, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split_once('\n').map_or(&*text, |(line, _)| line);
    let digits = line.strip_prefix("tree ").filter(|digits| digits.len() == 2 * format.bytes());
    let hex = |digits: &&str| digits.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    let expected = digits.filter(hex).map(str::to_owned);
    assert_eq!(tree_of(format, bytes).map(|id| id.digits()), expected);
}

/// Whatever git says when it is asked for one object.
fn answer(format: ObjectFormat, bytes: &[u8]) {
    let content = bytes.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    for (kind, content) in [(Kind::Tree, &b""[..]), (Kind::Commit, content)] {
        let id = second_id(format, kind, content);
        match Objects::between(io::sink(), bytes).read(kind, id) {
            Ok(read) => assert_eq!(second_id(format, kind, &read), id),
            Err(error) => shown::told(error.code(), &error),
        }
        let said = format!(
            "{} {} {}\n",
            id.digits(),
            if kind == Kind::Tree { "tree" } else { "commit" },
            content.len()
        );
        let sound = [said.as_bytes(), content, b"\n"].concat();
        assert_eq!(Objects::between(io::sink(), &*sound).read(kind, id).unwrap(), content);
    }
}

/// A tree as it is put together: of each entry its mode, its name, and which of the trees before it or which bytes.
type Folder = Vec<(&'static str, Vec<u8>, u8)>;

const MODES: [&str; 8] = ["100644", "100755", "120000", "160000", "40000", "40000", "100664", "040000"];

/// Trees, of which the last is the root, and what is answered in the place of what.
fn repository(format: ObjectFormat, bytes: &[u8]) {
    let Some(([wrong, from, leaf], rest)) = bytes.split_first_chunk::<3>() else { return };
    let folders = folders(rest);
    if sizes(&folders) > 4_096 {
        return;
    }
    let (ids, mut objects) = stored(format, &folders);
    let root = ids[ids.len() - 1];
    let at = |number: u8| usize::from(number) % ids.len();
    let lie = wrong & 1 == 1 && objects[&ids[at(*wrong)]] != objects[&ids[at(*from)]];
    if lie {
        let other = objects[&ids[at(*from)]].clone();
        objects.insert(ids[at(*wrong)], other);
    }
    let asked = Rc::new(RefCell::new(Vec::new()));
    let git = Git { asked: Rc::clone(&asked), objects, said: Vec::new() };
    let found = paths(&mut Objects::between(Asked(asked), BufReader::new(git)), root);
    let mut expected = BTreeMap::new();
    let sound = walk(&folders, &ids, folders.len() - 1, &[], &mut expected, lie.then(|| ids[at(*wrong)]));
    assert_eq!(found.is_ok(), sound.is_some(), "{folders:?}");
    match found {
        Ok(found) => assert_eq!(found, expected),
        Err(error) => shown::told(error.code(), &error),
    }
    another_leaf(format, &folders, *leaf, root);
}

fn folders(bytes: &[u8]) -> Vec<Folder> {
    let (mut folders, mut rest) = (vec![Folder::new()], bytes);
    while let [mode, length, behind @ ..] = rest {
        let Some((name, behind)) = behind.split_at_checked(usize::from(length % 8)) else { break };
        let Some((which, behind)) = behind.split_first() else { break };
        // A name ends at a zero.
        let name = name.iter().copied().filter(|byte| *byte != 0).collect();
        folders.last_mut().unwrap().push((MODES[usize::from(mode % 8)], name, *which));
        if mode & 8 != 0 {
            folders.push(Folder::new());
        }
        rest = behind;
    }
    folders
}

/// Which of the trees before it an entry is.
fn inner(at: usize, which: u8) -> Option<usize> {
    usize::from(which).checked_rem(at)
}

/// How many entries the walk meets.
fn sizes(folders: &[Folder]) -> usize {
    let mut sizes: Vec<usize> = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        let below = folder.iter().map(|(mode, _, which)| match inner(at, *which) {
            Some(inner) if *mode == "40000" => sizes[inner],
            _ => 0,
        });
        sizes.push(below.fold(folder.len(), usize::saturating_add));
    }
    sizes.last().copied().unwrap_or_default()
}

/// The ids of trees, and their bytes by these.
fn stored(format: ObjectFormat, folders: &[Folder]) -> (Vec<GitDigest>, BTreeMap<GitDigest, Vec<u8>>) {
    let (mut ids, mut objects) = (Vec::new(), BTreeMap::new());
    for (at, folder) in folders.iter().enumerate() {
        let mut bytes = Vec::new();
        for (mode, name, which) in folder {
            bytes.extend([mode.as_bytes(), b" ", name, b"\0"].concat());
            let id = target(format, &ids, at, mode, *which);
            let digits = id.digits();
            let pairs = (0..digits.len() / 2).map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16));
            bytes.extend(pairs.map(Result::unwrap));
        }
        let id = second_id(format, Kind::Tree, &bytes);
        ids.push(id);
        objects.insert(id, bytes);
    }
    (ids, objects)
}

fn target(format: ObjectFormat, ids: &[GitDigest], at: usize, mode: &str, which: u8) -> GitDigest {
    match inner(at, which) {
        Some(inner) if mode == "40000" => ids[inner],
        _ => second_id(format, Kind::Blob, &[which]),
    }
}

/// What the folders have; nothing where the walk must refuse.
fn walk(
    folders: &[Folder],
    ids: &[GitDigest],
    at: usize,
    path: &[u8],
    found: &mut BTreeMap<Vec<u8>, (Entry, GitDigest)>,
    wrong: Option<GitDigest>,
) -> Option<()> {
    if wrong == Some(ids[at]) {
        return None;
    }
    let mut names = Vec::new();
    for (mode, name, which) in &folders[at] {
        if !plain(name) || names.contains(&name) {
            return None;
        }
        names.push(name);
        let (entry, path) = (entry_of(mode)?, [path, name].concat());
        if entry == Entry::Folder {
            walk(folders, ids, inner(at, *which)?, &[&path, &b"/"[..]].concat(), found, wrong)?;
        } else {
            found.insert(path, (entry, target(ids[at].format(), ids, at, mode, *which)));
        }
    }
    Some(())
}

/// With another file somewhere below, the root is another one.
fn another_leaf(format: ObjectFormat, folders: &[Folder], leaf: u8, root: GitDigest) {
    let (mut reached, mut due) = (vec![false; folders.len()], vec![folders.len() - 1]);
    while let Some(at) = due.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            let below = folders[at].iter().filter(|(mode, ..)| *mode == "40000");
            due.extend(below.filter_map(|(.., which)| inner(at, *which)));
        }
    }
    let leaves = |at: usize| (0..folders[at].len()).map(move |entry| (at, entry));
    let all = (0..folders.len()).filter(|at| reached[*at]).flat_map(leaves);
    let files: Vec<(usize, usize)> = all.filter(|(at, entry)| folders[*at][*entry].0 != "40000").collect();
    let Some((at, entry)) = files.get(usize::from(leaf) % files.len().max(1)) else { return };
    let mut others = folders.to_vec();
    others[*at][*entry].2 ^= 1;
    let (ids, _) = stored(format, &others);
    assert_ne!(ids[ids.len() - 1], root);
}

/// What a repository is asked through.
struct Asked(Rc<RefCell<Vec<u8>>>);

impl Write for Asked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A repository that answers as `git cat-file --batch` does.
struct Git {
    asked: Rc<RefCell<Vec<u8>>>,
    objects: BTreeMap<GitDigest, Vec<u8>>,
    said: Vec<u8>,
}

impl Read for Git {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.said.is_empty() {
            let asked = std::mem::take(&mut *self.asked.borrow_mut());
            let digits = String::from_utf8(asked).unwrap();
            let Ok(id) = GitDigest::from_digits(digits.trim_end()) else { return Ok(0) };
            self.said = match self.objects.get(&id) {
                Some(bytes) => {
                    [format!("{} tree {}\n", id.digits(), bytes.len()).as_bytes(), bytes, b"\n"].concat()
                }
                None => format!("{} missing\n", id.digits()).into_bytes(),
            };
        }
        let length = self.said.len().min(room.len());
        room[..length].copy_from_slice(&self.said[..length]);
        self.said.drain(..length);
        Ok(length)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let id = [7; 20];
    let entry = |text: &str| [text.as_bytes(), b"\0", &id].concat();
    let tree: Vec<u8> =
        ["100644 a", "100755 b.sh", "120000 link", "160000 sub", "40000 src"].map(entry).concat();
    let digits = "ab".repeat(20);
    let commit = format!("tree {digits}\nparent {digits}\nauthor a <a@example.com> 1 +0000\n\none\n");
    let mut seeds = vec![[&[0], tree.as_slice()].concat(), [&[1], commit.as_bytes()].concat()];
    for name in [".", "..", ".GIT", "a/b", ""] {
        seeds.push([&[0], entry(&format!("100644 {name}")).as_slice()].concat());
    }
    let wide = "ab".repeat(32);
    seeds.push([&[129], format!("tree {wide}\n").as_bytes()].concat());
    for said in [
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904 tree 0\n\n",
        "4b825d missing\n",
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904 tree 67108865\n",
    ] {
        seeds.push([&[2], said.as_bytes()].concat());
    }
    // A folder of two files; one that has it twice; with a lie, and with a name twice.
    let small: &[u8] = &[0, 1, b'a', 1, 9, 1, b'b', 2];
    let folders =
        [small, &[4, 1, b'c', 0, 2, 1, b'l', 9, 12, 1, b'd', 0], &[4, 2, b'x', b'y', 1, 3, 1, b's', 4]]
            .concat();
    for head in [[3, 0, 0, 0], [131, 1, 0, 2], [3, 1, 2, 1]] {
        seeds.push([&head[..], &folders].concat());
    }
    seeds.push([&[3, 0, 0, 0][..], &[0, 1, b'a', 1, 12, 1, b'b', 0, 0, 1, b'a', 1, 4, 1, b'a', 0]].concat());
    seeds
}

fn words() -> Vec<Vec<u8>> {
    let words = [
        "100644 ",
        "100755 ",
        "120000 ",
        "160000 ",
        "40000 ",
        "040000 ",
        "100664 ",
        ".git",
        "..",
        "/",
        "tree ",
        "commit ",
        "blob ",
        " missing\n",
        "\n",
        "\0",
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    ];
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}
