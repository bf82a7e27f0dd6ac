//! A file that outgrows the limit of its size (setrlimit(2)) is an error of whoever writes it, not its end.

/// From now on a write beyond the limit fails with `EFBIG` in this process, as a write to a full disk fails, where the kernel would
/// end the process by a signal. Programs that it launches get the signal as they expect it.
pub fn outgrown_files_are_errors() {
    // SAFETY: signal(2): to ignore a signal takes no handler. That it fails is not possible for a signal that exists.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    let _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;

    /// In a process of its own: a limit and a signal are of the whole process.
    #[test]
    fn a_file_that_outgrows_its_limit_is_an_error() {
        if std::env::var_os("CDI_SYS_TEST_OUTGROWS").is_none() {
            let mut itself = std::process::Command::new(std::env::current_exe().unwrap());
            let ended = itself
                .args(["outgrown::tests::a_file_that_outgrows_its_limit_is_an_error", "--exact"])
                .env("CDI_SYS_TEST_OUTGROWS", "1")
                .stdout(std::process::Stdio::null())
                .status();
            assert_eq!(ended.unwrap().code(), Some(0));
            return;
        }
        outgrown_files_are_errors();
        let mut file = tempfile::tempfile().unwrap();
        let limit = Rlimit { current: Some(16), ..getrlimit(Resource::Fsize) };
        setrlimit(Resource::Fsize, limit).unwrap();
        let error = file.write_all(&[0; 17]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    }
}
