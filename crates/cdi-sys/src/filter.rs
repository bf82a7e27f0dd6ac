//! The filter (seccomp(2), classic BPF) that stops a traced program where it makes a file executable in its memory, and
//! nowhere else: that it executes another program ptrace(2) tells by itself. It forbids nothing. [`asking`] is the one that asks about files as well.
//!
//! System calls that no rule names are never looked at: the kernel keeps them in a bit map (since 5.11).

pub(crate) mod asking;

use libc::{c_long, sock_filter};

/// `PROT_EXEC` and `MAP_ANONYMOUS` as the filter sees them: the low half of an argument.
const PROT_EXEC: u32 = libc::PROT_EXEC as u32;
const MAP_ANONYMOUS: u32 = libc::MAP_ANONYMOUS as u32;
/// `READ_IMPLIES_EXEC` of personality(2): every readable mapping is executable then.
const READ_IMPLIES_EXEC: u32 = libc::READ_IMPLIES_EXEC as u32;

/// `AUDIT_ARCH_...` of linux/audit.h: the ELF machine, 64 bits, little endian.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 62 | 0xc000_0000;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 183 | 0xc000_0000;
/// Numbers from here on belong to the x32 interface of x86-64, which other architectures do not have.
const FOREIGN_NUMBERS: u32 = 0x4000_0000;

/// Offsets in `struct seccomp_data`, on a little-endian machine.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// Why the filter stopped a program: the data of its verdict.
pub(crate) const MAP: u16 = 1;
pub(crate) const PROTECT: u16 = 2;
pub(crate) const PERSONALITY: u16 = 3;
pub(crate) const FOREIGN: u16 = 4;

/// The filter's program. Jumps are relative to the next instruction.
pub(crate) fn program() -> Vec<sock_filter> {
    let mut code = vec![
        load(ARCH),
        jump(libc::BPF_JEQ, ARCHITECTURE, 1, 0),
        stop(FOREIGN),
        load(NUMBER),
        jump(libc::BPF_JGE, FOREIGN_NUMBERS, 0, 1),
        stop(FOREIGN),
    ];
    let executable = jump(libc::BPF_JSET, PROT_EXEC, 1, 0);
    let of_a_file = jump(libc::BPF_JSET, MAP_ANONYMOUS, 0, 1);
    let map = [load(argument(2)), executable, allow(), load(argument(3)), of_a_file, allow(), stop(MAP)];
    code.extend(on(libc::SYS_mmap, &map));
    for call in [libc::SYS_mprotect, libc::SYS_pkey_mprotect] {
        code.extend(on(call, &[load(argument(2)), executable, allow(), stop(PROTECT)]));
    }
    let reading_executes = jump(libc::BPF_JSET, READ_IMPLIES_EXEC, 1, 0);
    code.extend(on(
        libc::SYS_personality,
        &[load(argument(0)), reading_executes, allow(), stop(PERSONALITY)],
    ));
    code.push(allow());
    code
}

/// The instructions for one call; each list ends in a verdict. The call's number is in the accumulator, and stays
/// there for the next one if it is another.
fn on(call: c_long, then: &[sock_filter]) -> Vec<sock_filter> {
    let number = u32::try_from(call).unwrap_or(u32::MAX);
    let skip = u8::try_from(then.len()).unwrap_or(u8::MAX);
    let mut code = vec![jump(libc::BPF_JEQ, number, 0, skip)];
    code.extend_from_slice(then);
    code
}

const fn load(offset: u32) -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

const fn jump(condition: u32, operand: u32, yes: u8, no: u8) -> sock_filter {
    instruction(libc::BPF_JMP | condition | libc::BPF_K, operand, yes, no)
}

/// Of what is in the accumulator, these bits.
const fn only(bits: u32) -> sock_filter {
    instruction(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, bits, 0, 0)
}

const fn allow() -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0)
}

const fn stop(data: u16) -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_TRACE | data as u32, 0, 0)
}

/// The call fails with this error.
const fn refuse(errno: i32) -> sock_filter {
    let data = errno.unsigned_abs() & libc::SECCOMP_RET_DATA;
    instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | data, 0, 0)
}

/// Whoever has the listener makes the call.
const fn ask() -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_USER_NOTIF, 0, 0)
}

const fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

/// Answers a call with this first argument as if the kernel did not have it: what some outer container's filter may do.
#[cfg(test)]
pub(crate) fn without(call: c_long, first: u32) -> Vec<sock_filter> {
    let mut code = vec![load(NUMBER)];
    let refused = [load(argument(0)), jump(libc::BPF_JEQ, first, 0, 1), refuse(libc::ENOSYS), allow()];
    code.extend(on(call, &refused));
    code.push(allow());
    code
}

/// A plain interpreter of the few instructions that are used: the verdict about a call.
#[cfg(test)]
fn interpret(code: &[sock_filter], arch: u32, number: i64, arguments: [u64; 6]) -> u32 {
    let word = |offset: u32| match offset {
        NUMBER => u32::try_from(number).unwrap(),
        ARCH => arch,
        other => u32::try_from(arguments[((other - 16) / 8) as usize] & 0xffff_ffff).unwrap(),
    };
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let step = code[at];
        let jump = |yes: bool| usize::from(if yes { step.jt } else { step.jf });
        at += 1;
        match u32::from(step.code) & !libc::BPF_K {
            c if c == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => accumulator = word(step.k),
            c if c == libc::BPF_JMP | libc::BPF_JEQ => at += jump(accumulator == step.k),
            c if c == libc::BPF_JMP | libc::BPF_JGE => at += jump(accumulator >= step.k),
            c if c == libc::BPF_JMP | libc::BPF_JSET => at += jump(accumulator & step.k != 0),
            c if c == libc::BPF_ALU | libc::BPF_AND => accumulator &= step.k,
            c if c == libc::BPF_RET => return step.k,
            other => panic!("instruction {other:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(arch: u32, number: i64, arguments: [u64; 6]) -> u32 {
        interpret(&program(), arch, number, arguments)
    }

    fn native(number: i64, arguments: [u64; 6]) -> u32 {
        verdict(ARCHITECTURE, number, arguments)
    }

    const fn stopped(data: u16) -> u32 {
        libc::SECCOMP_RET_TRACE | data as u32
    }

    #[test]
    fn a_file_that_becomes_executable_memory_stops_the_program() {
        let private = 2;
        assert_eq!(native(libc::SYS_mmap, [0, 1, 5, private, 3, 0]), stopped(MAP));
        assert_eq!(native(libc::SYS_mmap, [0, 1, 1, private, 3, 0]), libc::SECCOMP_RET_ALLOW);
        assert_eq!(native(libc::SYS_mmap, [0, 1, 7, private | 0x20, 0, 0]), libc::SECCOMP_RET_ALLOW);
        assert_eq!(native(libc::SYS_mprotect, [0, 1, 5, 0, 0, 0]), stopped(PROTECT));
        assert_eq!(native(libc::SYS_mprotect, [0, 1, 3, 0, 0, 0]), libc::SECCOMP_RET_ALLOW);
        assert_eq!(native(libc::SYS_pkey_mprotect, [0, 1, 4, 0, 0, 0]), stopped(PROTECT));
    }

    #[test]
    fn foreign_calls_stop_the_program_and_others_do_not() {
        assert_eq!(native(libc::SYS_execve, [0; 6]), libc::SECCOMP_RET_ALLOW);
        assert_eq!(native(libc::SYS_personality, [0x40_0000, 0, 0, 0, 0, 0]), stopped(PERSONALITY));
        assert_eq!(native(libc::SYS_personality, [0; 6]), libc::SECCOMP_RET_ALLOW);
        assert_eq!(native(0x4000_0001, [0; 6]), stopped(FOREIGN));
        assert_eq!(verdict(0x4000_0003, 1, [0; 6]), stopped(FOREIGN));
        assert_eq!(native(libc::SYS_read, [7; 6]), libc::SECCOMP_RET_ALLOW);
    }
}
