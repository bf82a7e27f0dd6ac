//! A repository in a folder of its own.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cdi_git::{Compared, GitError, How, compare};

pub(crate) struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub(crate) fn new(format: &str) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.git(&["init", "-q", "-b", "main", "--object-format", format]);
        repository
    }

    /// With two files, one of them executable, and a link, committed.
    pub(crate) fn with_commit(format: &str) -> Self {
        let repository = Self::new(format);
        repository.write("src/a.c", "int a;\n");
        repository.write("build.sh", "#!/bin/sh\n");
        repository.mode("build.sh", 0o755);
        std::os::unix::fs::symlink("src/a.c", repository.path("link.c")).unwrap();
        repository.commit();
        repository
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).arg("-C").arg(self.path(""));
        command.args(arguments).stderr(Stdio::piped());
        command
    }

    /// What git prints, without the end of the line.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Whatever comes of it.
    pub(crate) fn tried(&self, arguments: &[&str]) {
        drop(self.command(arguments).output().unwrap());
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "one"]);
    }

    /// Makes a commit of these entries of a tree, whatever they are, and checks nothing out.
    pub(crate) fn commit_tree(&self, entries: &[(&str, &[u8], &str)]) -> String {
        let bytes = |digits: &str| -> Vec<u8> {
            (0..digits.len() / 2).map(|n| u8::from_str_radix(&digits[2 * n..][..2], 16).unwrap()).collect()
        };
        let entry = |(mode, name, id): &(&str, &[u8], &str)| {
            [mode.as_bytes(), b" ", name, b"\0", &bytes(id)].concat()
        };
        let tree: Vec<u8> = entries.iter().flat_map(entry).collect();
        let tree = self.git_with(&["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], &tree);
        let commit = self.git(&["commit-tree", "-m", "made", &tree]);
        self.git(&["update-ref", "HEAD", &commit]);
        tree
    }

    pub(crate) fn blob(&self, text: &str) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes())
    }

    pub(crate) fn compare(&self) -> Result<Compared, GitError> {
        compare(self.folder.path())
    }

    pub(crate) fn compared(&self) -> Compared {
        self.compare().unwrap()
    }

    pub(crate) fn refused(&self) -> &'static str {
        self.compare().unwrap_err().code()
    }
}

/// The paths of the files that are as in the commit.
pub(crate) fn files(compared: &Compared) -> Vec<&str> {
    compared.files.iter().map(|file| file.path.as_str()).collect()
}

pub(crate) fn changes(compared: &Compared) -> Vec<(&str, How)> {
    compared.changes.iter().map(|change| (change.path.as_str(), change.how)).collect()
}
