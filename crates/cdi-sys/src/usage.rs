//! What children have cost.

use std::mem::MaybeUninit;
use std::time::Duration;

/// The processor time, of user and kernel, of all children of this process that have ended and been waited for, and of
/// theirs. Zero if the kernel does not tell.
#[must_use]
pub fn cpu_of_children() -> Duration {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage(2) writes one `rusage` where the pointer leads, which has room for one.
    #[expect(unsafe_code, reason = "there is no safe call")]
    let _failed = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    // SAFETY: it is zeros or what the kernel wrote, and any bytes are a `rusage`.
    #[expect(unsafe_code, reason = "the library's type is plain numbers")]
    let usage = unsafe { usage.assume_init() };
    let time = |of: libc::timeval| {
        let (seconds, micros) = (u64::try_from(of.tv_sec), u64::try_from(of.tv_usec));
        Duration::from_secs(seconds.unwrap_or(0)) + Duration::from_micros(micros.unwrap_or(0))
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_children_only_grows() {
        let before = cpu_of_children();
        assert!(std::process::Command::new("sh").args(["-c", ":"]).status().is_ok());
        assert!(cpu_of_children() > before);
    }
}
