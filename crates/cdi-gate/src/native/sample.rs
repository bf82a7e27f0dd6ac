//! Programs of a few instructions, for measurements and probes: what an environment costs does not depend on a compiler
//! that happens to be there.

/// Where the one segment lies in memory; the header comes first, then the code.
const BASE: u64 = 0x40_0000;
const HEADERS: u64 = 64 + 56;

/// A static program that counts down from a number, one multiplication a round, and ends with status 0.
#[must_use]
pub fn spinning(rounds: u64) -> Vec<u8> {
    let mut code = vec![0x48, 0xb9];
    code.extend(rounds.to_le_bytes()); // mov rcx, rounds
    code.extend([0x48, 0xc7, 0xc0, 0x01, 0, 0, 0]); // mov rax, 1
    code.extend([0x48, 0x69, 0xc0, 0x0d, 0x66, 0x19, 0x00]); // round: imul rax, rax, 1664525
    code.extend([0x48, 0xff, 0xc9]); // dec rcx
    code.extend([0x75, 0xf4]); // jnz round
    code.extend(EXIT);
    program(&code)
}

/// A static program that asks the kernel for a number so many times, and ends with status 0.
#[must_use]
pub fn calling(rounds: u64) -> Vec<u8> {
    let mut code = vec![0x48, 0xbb];
    code.extend(rounds.to_le_bytes()); // mov rbx, rounds
    code.extend([0xb8, 110, 0, 0, 0]); // round: mov eax, getppid
    code.extend([0x0f, 0x05]); // syscall
    code.extend([0x48, 0xff, 0xcb]); // dec rbx
    code.extend([0x75, 0xf4]); // jnz round
    code.extend(EXIT);
    program(&code)
}

/// mov eax, exit_group; xor edi, edi; syscall
const EXIT: [u8; 9] = [0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05];

/// An ELF file of one segment, readable and executable (elf(5)).
fn program(code: &[u8]) -> Vec<u8> {
    let size = HEADERS + code.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // ET_EXEC, EM_X86_64, version.
    file.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    for word in [BASE + HEADERS, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    // Flags; sizes of the headers, one program header, no section headers.
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    // PT_LOAD, readable and executable.
    file.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    for word in [0, BASE, BASE, size, size, 0x1000] {
        file.extend(word.to_le_bytes());
    }
    file.extend(code);
    file
}
