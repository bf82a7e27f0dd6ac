//! Lists of calls as filters of the kernel's (seccomp(2), classic BPF).

use std::collections::BTreeMap;

use cdi_sys::sock_filter;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

use super::allowed::{CONFINED, OLDER, SOCKETS, THREADS};
use super::refused::{RIGHTS, RIGHTS_OLDER, TYPING, UNSEEN};
use super::{Call, Limited};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Numbers from here on belong to the x32 interface of x86-64, which a filter for that does not tell apart by itself.
const FOREIGN_NUMBERS: u32 = 0x4000_0000;

/// What a confined program may do, and nothing else.
pub(crate) fn confined() -> Result<Vec<sock_filter>, String> {
    let mut rules: Rules = CONFINED.iter().chain(OLDER).map(unlimited).collect();
    for limited in SOCKETS.iter().chain([&THREADS]) {
        rules.insert(limited.call.number, rows(limited)?);
    }
    compiled(rules, errno(libc::ENOSYS), SeccompAction::Allow)
}

/// What nobody may do who comes behind these filters, be it a runtime or a program.
pub(crate) fn refusals() -> Result<[Vec<sock_filter>; 2], String> {
    let mut rights = Rules::new();
    for limited in RIGHTS.iter().chain(RIGHTS_OLDER).chain([&TYPING]) {
        rights.insert(limited.call.number, rows(limited)?);
    }
    let unseen = UNSEEN.iter().map(unlimited).collect();
    let compile = |rules, answer| compiled(rules, SeccompAction::Allow, errno(answer));
    Ok([without_foreign_numbers(compile(rights, libc::EPERM)?), compile(unseen, libc::ENOSYS)?])
}

fn unlimited(call: &Call) -> (i64, Vec<SeccompRule>) {
    (call.number, Vec::new())
}

fn rows(limited: &Limited) -> Result<Vec<SeccompRule>, String> {
    let condition = |bits: &super::Bits| {
        SeccompCondition::new(bits.argument, Length::Qword, Compare::MaskedEq(bits.mask), bits.value)
    };
    let row =
        |row: &&[super::Bits]| row.iter().map(condition).collect::<Result<_, _>>().and_then(SeccompRule::new);
    limited.rows.iter().map(row).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn errno(number: libc::c_int) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

fn compiled(rules: Rules, others: SeccompAction, these: SeccompAction) -> Result<Vec<sock_filter>, String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    let filter = SeccompFilter::new(rules, others, these, arch).map_err(|error| error.to_string())?;
    let program = BpfProgram::try_from(filter).map_err(|error| error.to_string())?;
    let own =
        |one: seccompiler::sock_filter| sock_filter { code: one.code, jt: one.jt, jf: one.jf, k: one.k };
    Ok(program.into_iter().map(own).collect())
}

/// The same, by whose list of refusals no call gets away under another number.
fn without_foreign_numbers(filter: Vec<sock_filter>) -> Vec<sock_filter> {
    if cfg!(not(target_arch = "x86_64")) {
        return filter;
    }
    let code = |code: u32, jf, k| sock_filter { code: u16::try_from(code).unwrap_or(0), jt: 0, jf, k };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let mut program = vec![
        code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        code(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 1, FOREIGN_NUMBERS),
        code(libc::BPF_RET | libc::BPF_K, 0, refuse),
    ];
    program.extend(filter);
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_no_longer_than_the_kernel_takes() {
        let [rights, unseen] = refusals().unwrap();
        for filter in [confined().unwrap(), rights, unseen] {
            assert!((4..4096).contains(&filter.len()), "{}", filter.len());
        }
    }
}
