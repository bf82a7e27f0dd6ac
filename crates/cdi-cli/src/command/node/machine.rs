//! What this machine has: its processors, its memory, its kernel, as the kernel says.

use std::fs::read_to_string;
use std::thread::available_parallelism;

use cdi_types::{Name, NodeFeatures, Resources};

use crate::failure::Failure;

/// Features of processors that choices of environments or of code hang on. A processor has some 150 others.
const OF_CPU: [&str; 16] = [
    "aes",
    "avx2",
    "avx512f",
    "ibt",
    "la57",
    "pku",
    "sev_snp",
    "sgx",
    "sha_ni",
    "smap",
    "smep",
    "svm",
    "tdx_guest",
    "umip",
    "user_shstk",
    "vmx",
];

/// What the machine has in all, and what of that nobody uses now.
pub(crate) fn resources() -> Result<(Resources, Resources), Failure> {
    let unreadable = |error: std::io::Error| Failure::failed("machine-unreadable", error);
    let cpus = available_parallelism().map_err(unreadable)?.get();
    let cpu_milli = u64::try_from(cpus).unwrap_or(u64::MAX).saturating_mul(1_000);
    let text = read_to_string("/proc/meminfo").map_err(unreadable)?;
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kib.and_then(|kib| kib.checked_mul(1024)).ok_or_else(|| {
            Failure::failed("machine-unreadable", format!("/proc/meminfo does not say `{name}`"))
        })
    };
    let (total, free) = (of("MemTotal")?, of("MemAvailable")?);
    let resources = |memory_bytes| Resources { cpu_milli, memory_bytes };
    Ok((resources(total), resources(free.min(total))))
}

/// What of kernel and processors matters to programs.
pub(crate) fn features() -> NodeFeatures {
    let name = |text: &str| Name::parse(text.trim()).ok();
    let cpuinfo = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = cpuinfo.lines().find_map(|line| line.strip_prefix("flags")).unwrap_or_default();
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let modules = read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    let modules = modules.trim().split(',').filter(|module| !module.is_empty());
    let seccomp = std::path::Path::new("/proc/sys/kernel/seccomp").is_dir().then_some("seccomp");
    NodeFeatures {
        kernel: read_to_string("/proc/sys/kernel/osrelease").ok().as_deref().and_then(name),
        of_kernel: modules.chain(seccomp).filter_map(name).collect(),
        of_cpu: OF_CPU.into_iter().filter(|flag| flags.contains(flag)).filter_map(name).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_processors_and_memory() {
        let (capacity, free) = resources().unwrap();
        assert!(capacity.cpu_milli >= 1_000 && capacity.memory_bytes > 1 << 20);
        assert!(capacity.hold(&free));
        assert!(features().kernel.is_some());
    }
}
