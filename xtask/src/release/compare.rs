//! Two files that should have the same bytes; and if not, where they differ.

use std::path::Path;
use std::process::Command;

use super::evidence::output;

/// A part of a program, as `readelf` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    name: String,
    begins: usize,
    size: usize,
}

/// Holds if both have the same bytes; else says in which parts of the program they differ.
pub(super) fn same(one: &Path, other: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let (left, right) = (read(one)?, read(other)?);
    if left == right {
        return Ok(());
    }
    let told = told(&left, &right, &sections(&listed(one)?));
    Err(format!("{} and {} differ:\n{}", one.display(), other.display(), told.join("\n")))
}

fn listed(program: &Path) -> Result<String, String> {
    output(Command::new("readelf").args(["--wide", "--section-headers"]).arg(program))
}

/// The lines `[ 1] .text PROGBITS ADDRESS OFFSET SIZE ...`, of parts that have bytes.
fn sections(listed: &str) -> Vec<Section> {
    let section = |line: &str| {
        let (_, rest) = line.trim_start().strip_prefix('[')?.split_once(']')?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [name, kind, _, begins, size] = words.get(..5)? else { return None };
        let number = |digits: &str| usize::from_str_radix(digits, 16).ok();
        let section = Section { name: (*name).to_owned(), begins: number(begins)?, size: number(size)? };
        (*kind != "NOBITS" && section.size > 0).then_some(section)
    };
    listed.lines().filter_map(section).collect()
}

/// Says of each part how many bytes of it differ, and what stands around the first; of two lengths that too.
fn told(left: &[u8], right: &[u8], sections: &[Section]) -> Vec<String> {
    let mut told = Vec::new();
    if left.len() != right.len() {
        told.push(format!("  {} bytes and {}", left.len(), right.len()));
    }
    let differs: Vec<usize> =
        left.iter().zip(right).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let mut outside = differs.len();
    for Section { name, begins, size } in sections {
        let within = |at: &&usize| (*begins..begins.saturating_add(*size)).contains(*at);
        let inside: Vec<&usize> = differs.iter().filter(within).collect();
        if let Some(&&first) = inside.first() {
            outside = outside.saturating_sub(inside.len());
            let around = |bytes: &[u8]| text(bytes, first);
            let (a, b) = (around(left), around(right));
            told.push(format!(
                "  {name}: {} of {size} bytes, from {first:#x} on: `{a}` and `{b}`",
                inside.len()
            ));
        }
    }
    if outside > 0 {
        told.push(format!("  outside of all sections: {outside} bytes"));
    }
    told
}

/// What stands around a place, as far as it can be shown.
fn text(bytes: &[u8], at: usize) -> String {
    let around = bytes.get(at.saturating_sub(24)..at.saturating_add(40).min(bytes.len())).unwrap_or_default();
    let shown = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    around.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "There are 3 section headers:\n\n  [Nr] Name   Type     Address          Off    Size   ES Flg\n\
        \x20 [ 0]        NULL     0000000000000000 000000 000000 00      0   0  0\n\
        \x20 [ 1] .text  PROGBITS 0000000000001000 000004 000004 00  AX  0   0 16\n\
        \x20 [ 2] .bss   NOBITS   0000000000002000 000008 0000ff 00  WA  0   0 16\n\
        \x20 [10] .data  PROGBITS 0000000000003000 000008 000004 00  WA  0   0 16\n";

    #[test]
    fn parts_of_a_program_are_read_as_they_are_listed() {
        let names: Vec<String> = sections(LISTED).into_iter().map(|section| section.name).collect();
        assert_eq!(names, [".text", ".data"]);
    }

    #[test]
    fn what_differs_is_told_by_the_part_that_it_is_in() {
        let told = told(b"0000aaaabbbb", b"0000aaxabbyyz", &sections(LISTED));
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().any(|line| line.contains(".text: 1 of 4 bytes, from 0x6 on")), "{told:?}");
        assert!(told.iter().any(|line| line.contains(".data: 2 of 4 bytes, from 0xa on")), "{told:?}");
    }

    #[test]
    fn what_differs_in_no_part_is_told_too() {
        assert_eq!(told(b"1", b"2", &[]), ["  outside of all sections: 1 bytes"]);
    }
}
