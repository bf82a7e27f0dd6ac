//! Digests of files that nobody wants to have in memory: by one thread or by two, as if the file had been read.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use cdi_store::{StoreError, artifact_digest, digest_of_file, read_artifact, stamped_artifact_digest};
use cdi_types::{ArtifactDigest, Sha256, limits};

/// From here on a thread reads while another one hashes.
const LARGE: usize = 8 << 20;
/// What it reads at once.
const HANDED: usize = 1 << 20;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
}

#[test]
fn the_digest_is_that_of_the_bytes_whatever_the_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let piece = 128 << 10;
    let small = [0, 1, piece - 1, piece, piece + 1, HANDED + 1];
    let large = [LARGE - 1, LARGE, LARGE + 1, LARGE + HANDED - 1, LARGE + 2 * HANDED, 2 * LARGE + 7];
    for length in small.into_iter().chain(large) {
        let bytes = bytes(length);
        std::fs::write(&path, &bytes).unwrap();
        let expected = ArtifactDigest::of(&bytes);
        assert_eq!(artifact_digest(&path).unwrap(), expected, "{length}");
        assert_eq!(stamped_artifact_digest(&path).unwrap().0, expected, "{length}");
        assert_eq!(read_artifact(&path).unwrap().digest(), expected, "{length}");
        // What was expected is a hint.
        for expected in [0, LARGE] {
            let found =
                digest_of_file(&File::open(&path).unwrap(), u64::try_from(expected).unwrap()).unwrap();
            assert_eq!(found, (Sha256::of(&bytes), u64::try_from(length).unwrap()));
        }
    }
}

#[test]
fn what_cannot_be_read_has_the_same_code_as_where_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let code = |path: &Path| {
        let hashed = artifact_digest(path).map_err(|error| error.code());
        let read = read_artifact(path).map(|artifact| artifact.digest()).map_err(|error| error.code());
        assert_eq!(hashed, read, "{}", path.display());
        hashed.err()
    };
    assert_eq!(code(&folder.path().join("none")), Some("file-missing"));
    assert_eq!(code(folder.path()), Some("file-is-folder"));
    assert_eq!(code(Path::new("/dev/zero")), Some("file-not-regular"));
    assert!(artifact_digest("/proc/self/status").is_ok(), "it says that it is empty");
    let sparse = folder.path().join("sparse");
    File::create(&sparse).unwrap().set_len(u64::try_from(limits::ARTIFACT_BYTES).unwrap() + 1).unwrap();
    assert!(matches!(artifact_digest(&sparse), Err(StoreError::ArtifactTooLarge { .. })));
}

#[test]
fn a_read_that_fails_is_told_by_one_thread_and_by_two() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable = OpenOptions::new().write(true).create_new(true).open(folder.path().join("a")).unwrap();
    for expected in [0, LARGE, usize::MAX] {
        assert!(digest_of_file(&unreadable, u64::try_from(expected).unwrap()).is_err(), "{expected}");
    }
}

/// Whatever somebody else does to the length, what was read is what was hashed.
#[test]
fn a_file_that_changes_its_length_has_the_digest_of_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::create_new(folder.path().join("a")).unwrap();
    let read = File::open(folder.path().join("a")).unwrap();
    let length = |times: usize| u64::try_from(LARGE * times).unwrap();
    let over = AtomicBool::new(false);
    let zeros = vec![0_u8; 4 * LARGE];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                [3, 0, 2, 1].into_iter().for_each(|times| file.set_len(length(times)).unwrap());
            }
        });
        for expected in [0, length(1), length(3)].into_iter().cycle().take(60) {
            let (digest, size) = digest_of_file(&read, expected).unwrap();
            let size = usize::try_from(size).unwrap();
            assert_eq!(digest, Sha256::of(&zeros[..size]), "{size}");
        }
        over.store(true, Ordering::Relaxed);
    });
}
