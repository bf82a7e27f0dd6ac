//! Reading bundles and artifacts, and things that are neither.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use cdi_store::{StoreError, read_artifact, read_bundle, read_bundles};
use cdi_types::{ArtifactDigest, Bundle, Unverified, limits};
use rustix::fs::{CWD, FileType, Mode};

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

fn lines(bundle: &Unverified<Bundle>) -> Vec<String> {
    let lines = bundle.as_untrusted().lines();
    lines.map(|line| String::from_utf8(line.bytes.to_vec()).unwrap()).collect()
}

fn codes(path: &Path) -> [&'static str; 2] {
    [code(read_bundle(path)), code(read_artifact(path))]
}

#[test]
fn an_artifact_is_read_with_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    for bytes in [&b""[..], b"abc", &[7; 100_000]] {
        std::fs::write(&path, bytes).unwrap();
        let artifact = read_artifact(&path).unwrap();
        assert_eq!((artifact.bytes(), artifact.digest()), (bytes, ArtifactDigest::of(bytes)));
    }
}

#[test]
fn links_are_followed_and_what_leads_nowhere_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("real"), "x\n").unwrap();
    symlink("real", path("link")).unwrap();
    symlink("gone", path("dangling")).unwrap();
    symlink("loop", path("loop")).unwrap();
    assert_eq!(codes(&path("link")), ["ok", "ok"]);
    assert_eq!(codes(&path("dangling")), ["file-missing", "file-missing"]);
    assert_eq!(codes(&path("loop")), ["file-io", "file-io"]);
    assert_eq!(codes(&path("none")), ["file-missing", "file-missing"]);
    assert_eq!(codes(&path("real/below")), ["file-missing", "file-missing"]);
}

#[test]
fn what_is_no_regular_file_is_rejected_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, Mode::from(0o600), 0).unwrap();
    let link = folder.path().join("link");
    symlink(&fifo, &link).unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let begin = Instant::now();
    for path in [fifo.as_path(), &link, &socket, Path::new("/dev/zero"), Path::new("/dev/full")] {
        assert_eq!(codes(path), ["file-not-regular", "file-not-regular"], "{}", path.display());
    }
    assert_eq!(codes(folder.path()), ["file-is-folder", "file-is-folder"]);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn files_without_permission_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "x").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if rustix::process::geteuid().is_root() {
        assert_eq!(codes(&path), ["ok", "ok"], "no mode stops the superuser");
    } else {
        assert_eq!(codes(&path), ["file-permission-denied", "file-permission-denied"]);
    }
}

/// A file with a hole: large to look at, and not on disk.
fn sparse(path: &Path, length: usize) {
    std::fs::File::create(path).unwrap().set_len(u64::try_from(length).unwrap()).unwrap();
}

#[test]
fn a_file_over_the_limit_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big");
    sparse(&path, limits::BUNDLE_BYTES + 1);
    assert_eq!(code(read_bundle(&path)), "limit-bundle-bytes");
    assert_eq!(code(read_bundles([&path])), "limit-bundle-bytes");
    sparse(&path, 1 << 40);
    assert_eq!(code(read_bundle(&path)), "limit-bundle-bytes");
}

#[test]
fn a_file_that_says_that_it_is_empty_is_read_all_the_same() {
    assert!(!read_artifact("/proc/self/status").unwrap().bytes().is_empty());
}

#[test]
fn bundles_are_read_as_one_and_their_lines_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
    for (path, text) in paths.iter().zip(["1\n2", "", "3\r\n\n", "4\n"]) {
        std::fs::write(path, text).unwrap();
    }
    let bundles = read_bundles(&paths).unwrap();
    assert_eq!(lines(&bundles.together), ["1", "2", "3\r", "4"]);
    let numbers: Vec<usize> = bundles.together.as_untrusted().lines().map(|line| line.number).collect();
    for number in numbers {
        let line = bundles.together.as_untrusted().lines().find(|line| line.number == number).unwrap();
        let (path, within) = bundles.sources.of(number).unwrap();
        let text = std::fs::read(path).unwrap();
        assert_eq!(text.split(|&byte| byte == b'\n').nth(within - 1), Some(line.bytes));
    }
    assert!(bundles.sources.of(0).is_none());
    assert_eq!(lines(&read_bundle(&paths[0]).unwrap()), ["1", "2"]);
    assert!(lines(&read_bundles::<&Path>([]).unwrap().together).is_empty());
    let missing = folder.path().join("missing");
    assert_eq!(code(read_bundles([&paths[0], &missing])), "file-missing");
}

#[test]
fn bundles_are_held_to_the_limits_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many");
    std::fs::write(&path, "x\n".repeat(limits::BUNDLE_LINES / 2 + 1)).unwrap();
    assert_eq!(code(read_bundle(&path)), "ok");
    assert_eq!(code(read_bundles([&path, &path])), "limit-bundle-lines");
}
