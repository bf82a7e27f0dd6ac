//! Which process is meant, so that another with the same number later is not taken for it.

use std::fs;
use std::path::Path;

use crate::StoreError;

/// A process of this machine, of one start of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Which start of the machine: the first digits of the kernel's boot id.
    boot: String,
    /// The namespace in which the number counts.
    namespace: u64,
    /// The number.
    pid: u32,
    /// When it began, in the kernel's ticks.
    start: u64,
}

/// What is known of a process now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Runs,
    /// It has ended.
    Ended,
    /// Its number counts in another namespace: in a container, say.
    Elsewhere,
}

/// Digits of a boot id: enough to tell one start of a machine from another.
const BOOT: usize = 12;

impl Process {
    /// The process that asks.
    ///
    /// # Errors
    /// What keeps `/proc` from being read.
    pub fn this() -> Result<Self, StoreError> {
        Self::at(Path::new("/proc/self/stat"))
    }

    /// A process of this namespace that runs now.
    #[cfg(test)]
    pub(crate) fn of(pid: u32) -> Result<Self, StoreError> {
        Self::at(Path::new(&format!("/proc/{pid}/stat")))
    }

    fn at(path: &Path) -> Result<Self, StoreError> {
        let untold = || StoreError::of("understand", path, std::io::Error::other("it has another form"));
        let stat = read(path)?;
        let (pid, _) = stat.split_once(' ').ok_or_else(untold)?;
        let pid = pid.parse().map_err(|_| untold())?;
        let (_, start) = stat_of(&stat).ok_or_else(untold)?;
        Ok(Self { boot: boot()?, namespace: namespace()?, pid, start })
    }

    /// Its number.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs. What has ended and was not waited for has ended.
    ///
    /// # Errors
    /// What keeps `/proc` from being read.
    pub fn life(&self) -> Result<Life, StoreError> {
        if boot()? != self.boot {
            return Ok(Life::Ended);
        }
        if namespace()? != self.namespace {
            return Ok(Life::Elsewhere);
        }
        let path = format!("/proc/{}/stat", self.pid);
        let stat = match fs::read_to_string(&path) {
            Ok(stat) => stat,
            // There is no such process, or it ended while it was looked at. Any other fault says nothing of it.
            Err(error) if is_gone(&error) => return Ok(Life::Ended),
            Err(source) => return Err(StoreError::of("read", Path::new(&path), source)),
        };
        let lives =
            stat_of(&stat).is_some_and(|(state, start)| start == self.start && !"ZXx".contains(state));
        Ok(if lives { Life::Runs } else { Life::Ended })
    }

    /// The process as a word that no other process has: a part of a file's name, and of entries of a journal.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}-{}-{}", self.boot, self.namespace, self.pid, self.start)
    }

    /// The process that a name means.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('-').collect();
        let [boot, namespace, pid, start] = parts.as_slice() else { return None };
        let process = Self {
            boot: (*boot).to_owned(),
            namespace: namespace.parse().ok()?,
            pid: pid.parse().ok()?,
            start: start.parse().ok()?,
        };
        // One way to write each, and no other.
        let hex = process.boot.len() == BOOT && process.boot.bytes().all(|b| b.is_ascii_hexdigit());
        (hex && process.name() == name).then_some(process)
    }
}

/// Whether a fault says that there is no such process.
fn is_gone(error: &std::io::Error) -> bool {
    let no_such_process = rustix::io::Errno::SRCH.raw_os_error();
    error.kind() == std::io::ErrorKind::NotFound || error.raw_os_error() == Some(no_such_process)
}

fn read(path: &Path) -> Result<String, StoreError> {
    fs::read_to_string(path).map_err(|source| StoreError::of("read", path, source))
}

fn boot() -> Result<String, StoreError> {
    let id = read(Path::new("/proc/sys/kernel/random/boot_id"))?;
    Ok(id.chars().filter(char::is_ascii_hexdigit).take(BOOT).collect())
}

fn namespace() -> Result<u64, StoreError> {
    use std::os::unix::fs::MetadataExt as _;
    let path = Path::new("/proc/self/ns/pid");
    fs::metadata(path)
        .map(|metadata| metadata.ino())
        .map_err(|source| StoreError::of("look at", path, source))
}

/// The state and the start of a process, as `/proc/PID/stat` has them (proc(5)). Its program's name stands between brackets
/// and can have anything in it, brackets and spaces too: what counts comes behind the last one.
fn stat_of(stat: &str) -> Option<(char, u64)> {
    let (_, behind) = stat.rsplit_once(") ")?;
    let mut fields = behind.split(' ');
    let state = fields.next()?.chars().next()?;
    // The state is the third field, the start the twenty-second.
    let start = fields.nth(18)?.parse().ok()?;
    Some((state, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_runs_until_it_ends() {
        let this = Process::this().unwrap();
        assert_eq!(this.life().unwrap(), Life::Runs);
        assert_eq!(Process::named(&this.name()), Some(this.clone()));
        let reused = Process { start: this.start + 1, ..this.clone() };
        assert_eq!(reused.life().unwrap(), Life::Ended);
        let before_the_boot = Process { boot: "0".repeat(BOOT), ..this.clone() };
        assert_eq!(before_the_boot.life().unwrap(), Life::Ended);
        let contained = Process { namespace: 1, ..this };
        assert_eq!(contained.life().unwrap(), Life::Elsewhere);
    }

    #[test]
    fn a_programs_name_says_nothing_of_its_start() {
        let stat = "7 (a) Z 1 (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        assert_eq!(stat_of(stat), Some(('S', 4242)));
        assert_eq!(stat_of("7 (a"), None);
        assert_eq!(stat_of("7 (a) S 1"), None);
    }

    #[test]
    fn a_process_that_cannot_be_looked_at_is_not_called_gone() {
        let fault = |errno: rustix::io::Errno| std::io::Error::from_raw_os_error(errno.raw_os_error());
        assert!(is_gone(&fault(rustix::io::Errno::NOENT)) && is_gone(&fault(rustix::io::Errno::SRCH)));
        assert!(!is_gone(&fault(rustix::io::Errno::ACCESS)) && !is_gone(&fault(rustix::io::Errno::MFILE)));
    }

    #[test]
    fn a_name_is_written_in_one_way() {
        let name = Process::this().unwrap().name();
        for wrong in [
            String::new(),
            "-".to_owned(),
            format!("{name}-1"),
            format!("{name}x"),
            name.replacen('-', "-0", 1),
        ] {
            assert_eq!(Process::named(&wrong), None, "{wrong}");
        }
    }
}
