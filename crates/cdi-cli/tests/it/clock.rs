//! A host whose clock is what a test says: a library that is loaded before the program answers for the clock.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cdi_types::Timestamp;

use crate::support::is_there;

const SOURCE: &str = r#"
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
  const char *told = getenv("CDI_TEST_CLOCK");
  if (clock != CLOCK_REALTIME || !told) return syscall(SYS_clock_gettime, clock, at);
  at->tv_sec = atoll(told);
  at->tv_nsec = 0;
  return 0;
}
"#;

/// The library, compiled once; `None`, and the reason printed, where there is no compiler.
fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let made = LIBRARY.get_or_init(|| {
        if !is_there("gcc") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (source, library) = (folder.path().join("clock.c"), folder.path().join("clock.so"));
        std::fs::write(&source, SOURCE).unwrap();
        let mut compiler = Command::new("gcc");
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
        assert!(compiler.status().unwrap().success());
        Some((folder, library))
    });
    made.as_ref().map(|(_, library)| library.as_path())
}

/// The command, to which it is `time`; `None` where that cannot be.
pub(crate) fn at(mut command: Command, time: Timestamp) -> Option<Command> {
    command.env("LD_PRELOAD", library()?).env("CDI_TEST_CLOCK", time.unix().to_string());
    Some(command)
}

/// The same of a time as text.
pub(crate) fn at_text(command: Command, time: &str) -> Option<Command> {
    at(command, Timestamp::parse(time).unwrap())
}
