//! What is denied in containers, as their runtimes take it (OCI runtime specification, `linux.seccomp`).

use serde_json::{Value, json};

use super::contained::{DENIED, DENIED_OLDER, DENIED_WITH};
use super::{Bits, Call};

/// A filter that answers what is denied as if the kernel did not have it. Other interfaces of the kernel's than this
/// machine's own are not named in it, so that runtimes let them end the program.
pub(crate) fn filter() -> Value {
    let names: Vec<&str> = DENIED.iter().chain(DENIED_OLDER).map(Call::name).collect();
    let denied = |names: &[&str], arguments: Vec<Value>| json!({ "names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": libc::ENOSYS, "args": arguments });
    let rows = DENIED_WITH.iter().flat_map(|limited| limited.rows.iter().map(|row| (limited.call, row)));
    let limited = rows.map(|(call, row)| denied(&[call.name()], row.iter().map(argument).collect()));
    let calls: Vec<Value> = std::iter::once(denied(&names, Vec::new())).chain(limited).collect();
    let architecture = if cfg!(target_arch = "aarch64") { "SCMP_ARCH_AARCH64" } else { "SCMP_ARCH_X86_64" };
    json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": [architecture], "syscalls": calls })
}

fn argument(bits: &Bits) -> Value {
    json!({ "index": bits.argument, "value": bits.mask, "valueTwo": bits.value, "op": "SCMP_CMP_MASKED_EQ" })
}
