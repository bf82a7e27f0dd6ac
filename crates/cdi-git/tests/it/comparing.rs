//! What is as in the commit, and what is not.

use cdi_git::{How, compare};
use cdi_types::{ArtifactDigest, WorkTree};

use crate::repository::{Repository, changes, files};

#[test]
fn a_checkout_is_clean_in_both_object_formats() {
    for format in ["sha1", "sha256"] {
        let repository = Repository::with_commit(format);
        let found = repository.compared();
        assert_eq!(files(&found), ["build.sh", "src/a.c"]);
        assert_eq!(found.files[1].digest, ArtifactDigest::of(b"int a;\n"));
        let ids = [found.commit.id.digest(), found.commit.tree.digest()];
        let names = ["HEAD", "HEAD^{tree}"];
        assert_eq!(ids.map(|id| id.digits()), names.map(|name| repository.git(&["rev-parse", name])));
        assert!(ids.iter().all(|id| id.format().as_str() == format));
        assert_eq!((found.commit.work_tree, found.commit.untracked), (WorkTree::Clean, 0));
        assert_eq!((found.links.len(), found.submodules.len(), found.changes.len()), (1, 0, 0));
    }
}

#[test]
fn a_folder_inside_and_a_second_work_tree_stand_for_their_commit() {
    let repository = Repository::with_commit("sha1");
    let first = repository.compared();
    assert_eq!(compare(&repository.path("src")).unwrap(), first);
    repository.write("src/a.c", "int b;\n");
    repository.commit();
    repository.git(&["worktree", "add", "-q", "--detach", "second", "HEAD~1"]);
    let second = compare(&repository.path("second")).unwrap();
    assert_eq!((second.commit, second.files), (first.commit, first.files));
}

#[test]
fn each_change_is_named_and_what_is_left_is_still_of_the_commit() {
    let repository = Repository::with_commit("sha1");
    for name in ["deep/er/a", "gone", "file", "mode", "pipe"] {
        repository.write(name, name);
    }
    repository.commit();
    repository.write("src/a.c", "int b;\n");
    repository.mode("mode", 0o755);
    std::fs::remove_file(repository.path("gone")).unwrap();
    std::fs::remove_file(repository.path("file")).unwrap();
    std::fs::create_dir(repository.path("file")).unwrap();
    std::fs::remove_file(repository.path("pipe")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(repository.path("pipe")).status().unwrap();
    assert!(pipe.success());
    std::fs::remove_file(repository.path("link.c")).unwrap();
    std::os::unix::fs::symlink("build.sh", repository.path("link.c")).unwrap();
    // The same bytes, through a link that leads out.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::rename(repository.path("deep"), elsewhere.path().join("deep")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("deep"), repository.path("deep")).unwrap();
    let found = repository.compared();
    assert_eq!(found.commit.work_tree, WorkTree::Dirty);
    assert_eq!(files(&found), ["build.sh"]);
    let expected = [
        ("deep/er/a", How::Missing),
        ("file", How::Kind),
        ("gone", How::Missing),
        ("link.c", How::Bytes),
        ("mode", How::Mode),
        ("pipe", How::Kind),
        ("src/a.c", How::Bytes),
    ];
    assert_eq!(changes(&found), expected);
}

#[test]
fn what_the_index_is_told_to_overlook_is_seen() {
    let repository = Repository::with_commit("sha1");
    repository.git(&["update-index", "--assume-unchanged", "src/a.c"]);
    repository.git(&["update-index", "--skip-worktree", "build.sh"]);
    repository.write("src/a.c", "int b;\n");
    repository.write("build.sh", "exit\n");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    assert_eq!(changes(&repository.compared()), [("build.sh", How::Bytes), ("src/a.c", How::Bytes)]);
}

#[test]
fn files_besides_are_counted_unless_they_are_ignored() {
    let repository = Repository::with_commit("sha1");
    repository.write(".gitignore", "*.o\n");
    repository.commit();
    for name in ["a.o", "new.c", "src/new\nline.c", "staged.c", "staged-and-gone.c"] {
        repository.write(name, "x");
    }
    repository.git(&["add", "staged.c", "staged-and-gone.c"]);
    std::fs::remove_file(repository.path("staged-and-gone.c")).unwrap();
    // Out of the index, and still as in the commit.
    repository.git(&["rm", "-q", "--cached", "src/a.c"]);
    let found = repository.compared();
    assert_eq!((found.commit.work_tree, found.commit.untracked), (WorkTree::Clean, 3));
    assert_eq!(files(&found), [".gitignore", "build.sh", "src/a.c"]);
}

#[test]
fn a_filter_that_changes_bytes_makes_a_checkout_dirty() {
    let repository = Repository::with_commit("sha1");
    repository.write(".gitattributes", "*.txt text eol=crlf\n");
    repository.write("page.txt", "one\r\ntwo\r\n");
    repository.commit();
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
    let found = repository.compared();
    assert_eq!(changes(&found), [("page.txt", How::Bytes)]);
    assert_eq!(found.commit.work_tree, WorkTree::Dirty);
}

#[test]
fn a_submodule_is_counted_and_not_looked_into() {
    let repository = Repository::with_commit("sha1");
    let inner = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{inner},inner")]);
    repository.git(&["commit", "-q", "-m", "two"]);
    repository.write("inner/a.c", "int a;\n");
    let found = repository.compared();
    assert_eq!((found.commit.work_tree, found.submodules.len(), found.files.len()), (WorkTree::Clean, 1, 2));
}
