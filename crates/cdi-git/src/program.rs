//! The program `git`, asked so that it runs nothing that a repository names.
//!
//! What a repository's configuration can have run is filters and `textconv` (by status, diff and checkout, which are not
//! asked), hooks, a monitor of the file system, a pager, helpers that fetch what is missing, and aliases, which never stand
//! for a command that git has. Each is turned off besides, on the command line or in the environment, which outrank
//! every file. Of configurations the user's own is read as well, in which stand the folders that they hold safe
//! (`safe.directory`); whether a repository of somebody else is read at all, git judges as always.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

use cdi_types::GitDigest;

use crate::GitError;
use crate::error::shown;

/// What goes over every configuration.
const SETTINGS: [&str; 10] = [
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.attributesFile=/dev/null",
    // A cache of what commits say; here they are read.
    "core.commitGraph=false",
    "core.useReplaceRefs=false",
    "submodule.recurse=false",
    "protocol.allow=never",
    // What looks like a repository inside of a checkout is none.
    "safe.bareRepository=explicit",
];

/// What is kept of the environment: where programs are, and whose configuration is read.
const KEPT: [&str; 3] = ["PATH", "HOME", "XDG_CONFIG_HOME"];

const SET: [(&str, &str); 9] = [
    ("LC_ALL", "C"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PROTOCOL_FROM_USER", "0"),
];

/// One answer is a line: a path, or an id.
const ANSWER: u64 = 16 * 1024;

/// What is read of the list of files: some million names.
const LIST: u64 = 256 * 1024 * 1024;

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)))).envs(SET);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).arg("-C").arg(folder);
    command
}

/// The top of the work tree that the folder is in.
pub(crate) fn top(folder: &Path) -> Result<PathBuf, GitError> {
    let said = line(folder, "rev-parse", &["--show-toplevel"])?;
    let top = PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&said));
    let elsewhere = |reason| GitError::Elsewhere { top: shown(&said), reason };
    let found = |path: &Path| path.canonicalize().map_err(|_| elsewhere("is not there"));
    // A configuration can name any folder for the work tree.
    if !found(folder)?.starts_with(found(&top)?) {
        return Err(elsewhere("does not have the folder in it"));
    }
    if top.join(".git").symlink_metadata().is_err() {
        return Err(elsewhere("is not where the repository is"));
    }
    Ok(top)
}

/// The commit that is checked out.
pub(crate) fn head(top: &Path) -> Result<GitDigest, GitError> {
    let said = line(top, "rev-parse", &["--verify", "--end-of-options", "HEAD^{commit}"])?;
    let digits = String::from_utf8_lossy(&said);
    GitDigest::from_digits(&digits)
        .map_err(|error| GitError::Refused { command: "rev-parse", said: error.to_string() })
}

/// Shows each path that is in the index, or in the work tree and not ignored.
pub(crate) fn listed(top: &Path, mut show: impl FnMut(&[u8])) -> Result<(), GitError> {
    let arguments = ["-z", "--cached", "--others", "--exclude-standard", "--no-recurse-submodules"];
    let mut running = Running::start(command(top).arg("ls-files").args(arguments), "ls-files")?;
    let mut list = BufReader::new(running.output()?).take(LIST);
    let mut path = Vec::new();
    while list.read_until(0, &mut path).map_err(GitError::Unavailable)? > 0 {
        if path.pop() != Some(0) {
            return Err(GitError::LongList);
        }
        show(&path);
        path.clear();
    }
    running.end()
}

/// Objects, one after the other, by their ids.
pub(crate) fn objects(top: &Path) -> Result<Running, GitError> {
    let mut command = command(top);
    command.args(["cat-file", "--batch"]).stdin(Stdio::piped());
    Running::start(&mut command, "cat-file")
}

fn line(folder: &Path, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let mut running = Running::start(command(folder).arg(name).args(arguments), name)?;
    let mut said = Vec::new();
    running.output()?.take(ANSWER).read_to_end(&mut said).map_err(GitError::Unavailable)?;
    running.end()?;
    match said.pop() {
        Some(b'\n') if !said.is_empty() => Ok(said),
        _ => Err(GitError::Refused { command: name, said: "it says no line".to_owned() }),
    }
}

/// A `git` that runs; it is ended when nobody listens any more.
pub(crate) struct Running {
    child: Child,
    name: &'static str,
    /// What it complains of, read beside: a pipe that nobody empties would stop it.
    complaints: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    fn start(command: &mut Command, name: &'static str) -> Result<Self, GitError> {
        let mut child = command.spawn().map_err(GitError::Unavailable)?;
        let complaints = child.stderr.take().map(|pipe| std::thread::spawn(move || begin_of(pipe)));
        Ok(Self { child, name, complaints })
    }

    pub(crate) fn input(&mut self) -> Result<ChildStdin, GitError> {
        self.child.stdin.take().ok_or_else(|| self.closed())
    }

    pub(crate) fn output(&mut self) -> Result<ChildStdout, GitError> {
        self.child.stdout.take().ok_or_else(|| self.closed())
    }

    fn closed(&self) -> GitError {
        GitError::Refused { command: self.name, said: "it has no such end of a pipe".to_owned() }
    }

    /// Waits for its end, and says what it said if that is no success.
    pub(crate) fn end(mut self) -> Result<(), GitError> {
        let status = self.child.wait().map_err(GitError::Unavailable)?;
        if status.success() {
            return Ok(());
        }
        let said = self.complaints.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        let said = shown(said.trim_ascii());
        let said = if said.is_empty() { format!("it ended with {status}") } else { said };
        Err(GitError::Refused { command: self.name, said })
    }
}

/// The first of what comes out of a pipe, which is read to its end.
fn begin_of(mut pipe: impl Read) -> Vec<u8> {
    let mut said = Vec::new();
    // A pipe that breaks has said what it said.
    if pipe.by_ref().take(ANSWER).read_to_end(&mut said).is_ok() {
        drop(std::io::copy(&mut pipe, &mut std::io::sink()));
    }
    said
}

impl Drop for Running {
    fn drop(&mut self) {
        // Of a process that has ended already this says so, which is what is wanted.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}
