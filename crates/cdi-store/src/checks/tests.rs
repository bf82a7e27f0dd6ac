use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn check(number: u8) -> CheckId {
    CheckId::from_bytes([number; 32])
}

fn folder() -> (tempfile::TempDir, ChecksFolder) {
    let parent = tempfile::tempdir().unwrap();
    let folder = ChecksFolder::at(parent.path().join("checks"));
    (parent, folder)
}

fn artifact() -> ArtifactDigest {
    ArtifactDigest::of(b"an artifact")
}

/// A folder with these checks.
fn kept(numbers: &[u8]) -> (tempfile::TempDir, ChecksFolder) {
    let (parent, folder) = folder();
    let checks: Vec<CheckId> = numbers.iter().copied().map(check).collect();
    folder.keep(artifact(), &Checks::default(), &checks).unwrap();
    (parent, folder)
}

fn code(found: Result<Checks, StoreError>) -> &'static str {
    found.map_or_else(|error| error.code(), |_| "")
}

#[test]
fn what_was_checked_is_read_back_and_nothing_else() {
    let (_parent, folder) = folder();
    assert_eq!(folder.read(artifact()).unwrap().count(), 0);
    folder.keep(artifact(), &Checks::default(), &[]).unwrap();
    assert!(!folder.0.exists(), "nothing is written for nothing");
    folder.keep(artifact(), &Checks::default(), &[check(3), check(1), check(3)]).unwrap();
    let before = folder.read(artifact()).unwrap();
    assert!(before.holds(&check(1)) && before.holds(&check(3)) && !before.holds(&check(2)));
    folder.keep(artifact(), &before, &[check(2), check(1)]).unwrap();
    let after = folder.read(artifact()).unwrap();
    assert_eq!((after.count(), after.holds(&check(2))), (3, true));
    assert_eq!(folder.read(ArtifactDigest::of(b"another")).unwrap().count(), 0);
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder.0.join(KEY)), mode(folder.0.clone())), (0o600, 0o700));
}

#[test]
fn no_byte_that_was_changed_and_no_file_that_was_cut_off_counts() {
    let (_parent, folder) = kept(&[1, 2, 3]);
    let path = folder.file(artifact());
    let whole = fs::read(&path).unwrap();
    let by = FORM.len()..FORM.len() + PROGRAM;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            fs::write(&path, flipped).unwrap();
            let found = folder.read(artifact());
            if by.contains(&at) {
                assert_eq!(found.unwrap().count(), 0, "another program wrote it: {at} {bit}");
            } else {
                assert_eq!(code(found), "checks-damaged", "{at} {bit}");
            }
        }
        fs::write(&path, &whole[..at]).unwrap();
        assert_eq!(code(folder.read(artifact())), "checks-damaged", "{at}");
    }
    for more in [&b"x"[..], &[9; 32]] {
        fs::write(&path, [whole.as_slice(), more].concat()).unwrap();
        assert_eq!(code(folder.read(artifact())), "checks-damaged");
    }
    let (begin, names) = whole.split_at(FORM.len() + PROGRAM + CODE);
    let swapped = [begin, &names[32..64], &names[..32], &names[64..]].concat();
    fs::write(&path, swapped).unwrap();
    assert_eq!(code(folder.read(artifact())), "checks-damaged");
    // What counts for nothing is written anew.
    folder.keep(artifact(), &Checks::default(), &[check(1)]).unwrap();
    assert_eq!(folder.read(artifact()).unwrap().count(), 1);
}

#[test]
fn a_file_of_another_artifact_or_key_does_not_count() {
    let (_parent, folder) = kept(&[1]);
    let other = ArtifactDigest::of(b"another");
    fs::copy(folder.file(artifact()), folder.file(other)).unwrap();
    assert_eq!(code(folder.read(other)), "checks-damaged");
    let (_elsewhere, foreign) = kept(&[1, 2]);
    fs::copy(foreign.file(artifact()), folder.file(artifact())).unwrap();
    assert_eq!(code(folder.read(artifact())), "checks-damaged");
    // With its key it would: whoever can write the key can write the file.
    fs::copy(foreign.0.join(KEY), folder.0.join(KEY)).unwrap();
    assert_eq!(folder.read(artifact()).unwrap().count(), 2);
}

#[test]
fn what_another_program_checked_does_not_count() {
    let (_parent, folder) = kept(&[1]);
    let (path, key) = (folder.file(artifact()), folder.key().unwrap().unwrap());
    let [other, names] = [[7; PROGRAM], [1; NAME]];
    let code = hmac::sign(&key, &signed(&other, artifact(), &names));
    fs::write(&path, [FORM.as_bytes(), &other, code.as_ref(), &names].concat()).unwrap();
    assert_eq!(folder.read(artifact()).unwrap().count(), 0);
    folder.keep(artifact(), &Checks::default(), &[check(2)]).unwrap();
    let read = folder.read(artifact()).unwrap();
    assert_eq!((read.count(), read.holds(&check(2))), (1, true));
}

#[test]
fn a_key_that_is_not_this_users_alone_is_none() {
    let (parent, folder) = kept(&[1]);
    let key = folder.0.join(KEY);
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    for open in [0o640, 0o604, 0o620] {
        set(&key, open);
        assert_eq!(code(folder.read(artifact())), "checks-damaged", "{open:o}");
    }
    set(&key, 0o600);
    for open in [0o770, 0o707, 0o1777] {
        set(&folder.0, open);
        assert_eq!(code(folder.read(artifact())), "checks-damaged", "{open:o}");
        let kept = folder.keep(artifact(), &Checks::default(), &[check(2)]);
        assert_eq!(kept.unwrap_err().code(), "checks-damaged");
    }
    set(&folder.0, 0o700);
    assert_eq!(code(folder.read(artifact())), "");
    let elsewhere = parent.path().join("elsewhere");
    fs::rename(&key, &elsewhere).unwrap();
    assert_eq!(code(folder.read(artifact())), "checks-damaged", "it is missing");
    symlink(&elsewhere, &key).unwrap();
    assert_eq!(code(folder.read(artifact())), "file-is-link");
    for bad in [&b""[..], &[1; 31], &[1; 33]] {
        fs::remove_file(&key).unwrap();
        fs::write(&key, bad).unwrap();
        set(&key, 0o600);
        assert_eq!(code(folder.read(artifact())), "checks-damaged");
    }
    // A key is made anew, and by it what was there counts for nothing.
    folder.keep(artifact(), &Checks::default(), &[check(2)]).unwrap();
    let read = folder.read(artifact()).unwrap();
    assert_eq!((read.count(), read.holds(&check(2))), (1, true));
    if std::os::unix::fs::chown(&key, Some(65534), None).is_ok() {
        assert_eq!(code(folder.read(artifact())), "checks-damaged", "it is another's");
    }
}

#[test]
fn only_so_much_is_kept_and_what_was_written_first_goes() {
    let (_parent, folder) = folder();
    let many = |from: u32| -> Vec<CheckId> {
        let name = |number: u32| {
            let mut name = [0; 32];
            name[..4].copy_from_slice(&number.to_be_bytes());
            CheckId::from_bytes(name)
        };
        (from..from + 65_536).map(name).collect()
    };
    folder.keep(artifact(), &Checks::default(), &many(0)).unwrap();
    let before = folder.read(artifact()).unwrap();
    folder.keep(artifact(), &before, &many(30_000)).unwrap();
    let after = folder.read(artifact()).unwrap();
    assert_eq!(
        (after.count(), after.holds(&many(30_000)[65_535]), after.holds(&many(0)[0])),
        (65_536, true, false)
    );
    let artifacts: Vec<ArtifactDigest> = (0..10_u8).map(|n| ArtifactDigest::of(&[n])).collect();
    for (at, artifact) in artifacts.iter().enumerate() {
        folder.keep(*artifact, &Checks::default(), &many(0)).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + at as u64);
        fs::File::open(folder.file(*artifact)).unwrap().set_modified(time).unwrap();
    }
    fs::remove_file(folder.file(artifact())).unwrap();
    folder.keep(artifact(), &Checks::default(), &many(0)).unwrap();
    let left: Vec<bool> = artifacts.iter().map(|artifact| folder.file(*artifact).exists()).collect();
    assert!(left.is_sorted() && left.iter().filter(|there| **there).count() == 6, "{left:?}");
    assert!(folder.file(artifact()).exists() && folder.0.join(KEY).exists());
}

#[test]
fn many_who_write_at_once_leave_a_sound_file() {
    let (_parent, folder) = folder();
    let write = |number: u8| {
        for _ in 0..20 {
            let before = folder.read(artifact()).unwrap_or_default();
            folder.keep(artifact(), &before, &[check(number)]).unwrap();
            assert!(folder.read(artifact()).unwrap().count() >= 1);
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|number| drop(scope.spawn(move || write(number))));
    });
    let read = folder.read(artifact()).unwrap();
    assert!((0..4).filter(|number| read.holds(&check(*number))).count() == read.count());
}

#[test]
fn what_is_no_memorys_is_noticed() {
    let (_parent, folder) = kept(&[1]);
    assert_eq!(folder.stranger().unwrap(), None);
    fs::write(folder.0.join(".draft.tmp"), "").unwrap();
    assert_eq!(folder.stranger().unwrap(), None);
    fs::write(folder.0.join("letter.txt"), "dear").unwrap();
    assert!(folder.stranger().unwrap().unwrap().contains("letter.txt"));
}
