//! Repositories that somebody made to be signed, or to have something run.

use std::os::unix::fs::PermissionsExt as _;

use cdi_git::compare;
use cdi_types::WorkTree;

use crate::repository::{Repository, files};

/// A program that leaves a mark when it runs, and whether it has.
struct Trap {
    folder: tempfile::TempDir,
}

impl Trap {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (program, mark) = (folder.path().join("program"), folder.path().join("mark"));
        std::fs::write(&program, format!("#!/bin/sh\n: > {}\nexit 1\n", mark.display())).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn program(&self) -> String {
        self.folder.path().join("program").to_str().unwrap().to_owned()
    }

    /// Whether it has run since this was last asked.
    fn has_run(&self) -> bool {
        std::fs::remove_file(self.folder.path().join("mark")).is_ok()
    }
}

/// Each member of a configuration by which git runs a program; `git status` shows that the traps are traps.
#[test]
fn nothing_that_a_repository_names_is_run() {
    let (repository, trap) = (Repository::with_commit("sha1"), Trap::new());
    repository.write(".gitattributes", "* filter=trap diff=trap\n");
    repository.commit();
    let program = trap.program();
    let include = repository.path(".git/more");
    std::fs::write(&include, format!("[core]\n\tfsmonitor = {program}\n\thooksPath = .git/hooks\n")).unwrap();
    for member in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.askPass",
        "core.editor",
        "core.alternateRefsCommand",
        "core.gitProxy",
        "credential.helper",
        "diff.external",
        "diff.trap.command",
        "diff.trap.textconv",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.trap.process",
        "gpg.program",
        "pager.rev-parse",
        "pager.cat-file",
        "pager.ls-files",
        "uploadpack.packObjectsHook",
    ] {
        repository.git(&["config", member, &program]);
    }
    for alias in ["rev-parse", "cat-file", "ls-files"] {
        repository.git(&["config", &format!("alias.{alias}"), &format!("!{program}")]);
    }
    repository.git(&["config", "include.path", include.to_str().unwrap()]);
    repository.git(&["config", "submodule.recurse", "true"]);
    for hook in ["post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"] {
        std::fs::copy(trap.program(), repository.path(&format!(".git/hooks/{hook}"))).unwrap();
    }
    trap.has_run();
    let found = repository.compared();
    assert!(!trap.has_run());
    assert_eq!(found.commit.work_tree, WorkTree::Clean);
    // The control: whoever asks git for this runs it.
    std::fs::write(repository.path("src/a.c"), "int b;\n").unwrap();
    repository.tried(&["status", "--porcelain"]);
    assert!(trap.has_run());
    assert_eq!(repository.compared().commit.work_tree, WorkTree::Dirty);
    assert!(!trap.has_run());
}

/// A partial clone asks for what it lacks, by a helper of the repository's choosing.
#[test]
fn what_is_missing_is_not_fetched() {
    let (repository, trap) = (Repository::with_commit("sha1"), Trap::new());
    let tree = repository.git(&["rev-parse", "HEAD:src"]);
    std::fs::remove_file(object(&repository, &tree)).unwrap();
    repository.git(&["config", "core.repositoryFormatVersion", "1"]);
    repository.git(&["config", "extensions.partialClone", "origin"]);
    repository.git(&["config", "remote.origin.promisor", "true"]);
    repository.git(&["config", "remote.origin.url", &format!("ext::{}", trap.program())]);
    repository.git(&["config", "protocol.ext.allow", "always"]);
    assert_eq!(repository.refused(), "git-object");
    assert!(!trap.has_run());
    // The control.
    repository.tried(&["cat-file", "-t", &tree]);
    assert!(trap.has_run());
}

fn object(repository: &Repository, id: &str) -> std::path::PathBuf {
    repository.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

/// Puts the bytes of one loose object under the name of another.
fn forge(repository: &Repository, id: &str, by: &str) {
    let (to, from) = (object(repository, id), object(repository, by));
    std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::copy(from, to).unwrap();
}

#[test]
fn objects_that_are_not_what_their_ids_say_are_refused() {
    for (name, other) in [("HEAD~1", "HEAD"), ("HEAD~1^{tree}", "HEAD^{tree}"), ("HEAD~1:src", "HEAD:src")] {
        let repository = Repository::with_commit("sha1");
        repository.write("src/a.c", "int evil;\n");
        repository.commit();
        let ids = [name, other].map(|name| repository.git(&["rev-parse", name]));
        let good = repository.git(&["rev-parse", "HEAD~1"]);
        repository.git(&["update-ref", "HEAD", &good]);
        forge(&repository, &ids[0], &ids[1]);
        assert!(matches!(repository.refused(), "git-object" | "git-refused"), "{name}");
    }
}

#[test]
fn replacements_of_objects_are_not_looked_at() {
    let repository = Repository::with_commit("sha1");
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.write("src/a.c", "int evil;\n");
    repository.commit();
    let second = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-ref", "HEAD", &first]);
    repository.git(&["replace", &first, &second]);
    assert_eq!(
        repository.git(&["rev-parse", "HEAD^{tree}"]),
        repository.git(&["rev-parse", &format!("{second}^{{tree}}")])
    );
    let found = repository.compared();
    assert_eq!(found.commit.id.digest().digits(), first);
    assert_eq!(found.commit.work_tree, WorkTree::Dirty);
    assert_eq!(files(&found), ["build.sh"]);
}

#[test]
fn trees_that_no_checkout_makes_are_refused() {
    let repository = Repository::with_commit("sha1");
    let blob = repository.blob("int a;\n");
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let (blob, tree) = (blob.as_str(), tree.as_str());
    let outside = repository.path("../a.c");
    for (entries, code) in [
        (vec![("100644", &b"../a.c"[..], blob)], "git-object"),
        (vec![("100644", b"..", blob)], "git-object"),
        (vec![("100644", b".git", blob)], "git-object"),
        (vec![("100644", b".GIT", blob)], "git-object"),
        (vec![("100644", b"src/a.c", blob)], "git-object"),
        (vec![("100644", b"a", blob), ("100755", b"a", blob)], "git-object"),
        (vec![("100644", b"a", blob), ("40000", b"a", tree)], "git-object"),
        (vec![("40000", b"a", tree), ("40000", b"a", tree)], "git-object"),
        (vec![("100600", b"a", blob)], "git-object"),
        (vec![("40000", b"a", blob)], "git-object"),
    ] {
        repository.commit_tree(&entries);
        assert_eq!(repository.refused(), code, "{entries:?}");
    }
    assert!(!outside.exists());
    for name in ["new\nline", "\u{1b}[2J"] {
        repository.write(name, "int a;\n");
        repository.commit_tree(&[("100644", name.as_bytes(), blob)]);
        assert_eq!(repository.refused(), "path-not-plain", "{name:?}");
    }
    let broken = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff");
    std::fs::write(repository.path("").join(broken), "int a;\n").unwrap();
    repository.commit_tree(&[("100644", b"\xff", blob)]);
    assert_eq!(repository.refused(), "path-not-plain");
}

/// A few small trees, each with the one below it many times: files without end.
#[test]
fn a_tree_that_unfolds_without_end_is_refused() {
    let repository = Repository::new("sha1");
    let mut inner = repository.blob("");
    let names: Vec<String> = (0..1_100).map(|n| format!("{n:04}")).collect();
    for mode in ["100644", "40000", "40000"] {
        let entries: Vec<_> = names.iter().map(|name| (mode, name.as_bytes(), inner.as_str())).collect();
        inner = repository.commit_tree(&entries);
    }
    assert_eq!(repository.refused(), "limit-origin-files");
}

#[test]
fn a_work_tree_elsewhere_is_refused() {
    let (repository, other) = (Repository::with_commit("sha1"), Repository::with_commit("sha1"));
    repository.git(&["config", "core.worktree", other.path("").to_str().unwrap()]);
    assert_eq!(repository.refused(), "git-refused");
    // One that has the folder in it, and not the repository.
    repository.git(&["config", "core.worktree", "/"]);
    assert_eq!(repository.refused(), "git-refused");
}

#[test]
fn what_is_no_repository_or_has_no_commit_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(compare(empty.path()).unwrap_err().code(), "git-refused");
    assert_eq!(compare(&empty.path().join("none")).unwrap_err().code(), "git-refused");
    assert_eq!(Repository::new("sha1").refused(), "git-refused");
    let repository = Repository::with_commit("sha1");
    repository.git(&["config", "core.bare", "true"]);
    assert_eq!(repository.refused(), "git-refused");
}

/// A checkout can have in it what looks like a repository, with a configuration that came with the commit.
#[test]
fn a_bare_repository_inside_of_a_checkout_is_refused() {
    let repository = Repository::with_commit("sha1");
    repository.git(&["init", "-q", "--bare", "inside"]);
    repository.git(&[
        "--git-dir",
        repository.path("inside").to_str().unwrap(),
        "config",
        "core.worktree",
        "..",
    ]);
    assert_eq!(compare(&repository.path("inside")).unwrap_err().code(), "git-refused");
}

#[test]
fn a_repository_behind_a_link_is_what_its_objects_are() {
    let repository = Repository::with_commit("sha1");
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::rename(repository.path(".git"), elsewhere.path().join("git")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("git"), repository.path(".git")).unwrap();
    assert_eq!(repository.compared().commit.work_tree, WorkTree::Clean);
}

/// Only root can give a folder away, and only where no configuration of theirs holds every folder safe.
#[test]
fn a_repository_of_somebody_else_is_refused() {
    let repository = Repository::with_commit("sha1");
    let asked = std::process::Command::new("git").args(["config", "--global", "safe.directory"]).output();
    let all = [repository.path(""), repository.path(".git")];
    let given = all.iter().all(|path| std::os::unix::fs::chown(path, Some(65_534), None).is_ok());
    if given && asked.unwrap().stdout.is_empty() {
        assert_eq!(repository.refused(), "git-refused");
    }
}
