//! What recording and running need of the kernel.

use super::report::Report;
use crate::failure::Failure;

/// The capability of tracing any process, by its number in capabilities(7).
const CAP_SYS_PTRACE: u32 = 19;

pub(super) fn look(report: &mut Report) {
    let release = text("/proc/sys/kernel/osrelease");
    report.looked("the kernel", release.as_deref().unwrap_or("unknown").trim());
    if release.is_none() {
        let message = "`/proc` is not there: no run can be recorded, and files are written in a weaker way";
        report.error("kernel", Failure::failed("proc-missing", message).hint("mount it"));
    }
    tracing(report);
    let seccomp = text("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    if !seccomp.split_whitespace().any(|action| action == "trace") {
        let message = "seccomp cannot stop a process for its tracer: `cdi wrap` records nothing";
        report.warning("kernel", Failure::failed("seccomp-trace-missing", message));
    }
    listening(&seccomp, release.as_deref().unwrap_or_default(), report);
    if (std::env::consts::OS, std::env::consts::ARCH) != ("linux", "x86_64") {
        let message = format!("the gate runs nothing on {}", std::env::consts::ARCH);
        report.warning("kernel", Failure::failed("architecture-without-gate", message));
    }
}

/// The first version of Linux in which a call that another process makes is never made twice.
const LISTENING_SINCE: (u32, u32) = (5, 19);

/// Whether the kernel hands the calls of a tool to its recorder, as level `traced` needs.
fn listening(actions: &str, release: &str, report: &mut Report) {
    let mut numbers =
        release.split(|byte: char| !byte.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version < LISTENING_SINCE || !actions.split_whitespace().any(|action| action == "user_notif") {
        let message = "the kernel does not hand a tool's calls to its recorder: `cdi wrap --capture traced` records \
                       nothing";
        let failure = Failure::failed("seccomp-notify-missing", message);
        report.warning("kernel", failure.hint("use Linux 5.19 or later, or record at level `declared`"));
    }
}

/// Yama (ptrace_scope of proc(5)): 2 wants a capability of whoever traces, even its own children; 3 forbids it to all.
fn tracing(report: &mut Report) {
    let scope = text("/proc/sys/kernel/yama/ptrace_scope");
    let scope: u8 = scope.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    if scope >= 3 || scope == 2 && !may_trace() {
        let message =
            format!("`kernel.yama.ptrace_scope` is {scope}: `cdi wrap` cannot follow the tool that it runs");
        let failure = Failure::failed("trace-forbidden", message);
        report.warning(
            "kernel",
            failure.hint("record elsewhere, or set it to 1; from 3 only a restart leads back"),
        );
    }
}

fn may_trace() -> bool {
    let status = text("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    bits >> CAP_SYS_PTRACE & 1 == 1
}

fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}
