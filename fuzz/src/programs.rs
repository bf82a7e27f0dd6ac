//! What a file is by its first bytes, and whether it is a program that is whole (rule G-NATIVE).

use cdi_gate::{ArtifactKind, Embedded, sample};
use cdi_wasm_profile::Profile;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "programs",
    oracle: "a file is the program that is whole exactly where a second reader of its headers finds one; then no part of it is one, \
             bytes behind its end change nothing, and it names no loader; every other file has the kind of its first bytes; one that \
             claims an engine's profile has its numbers in the engine's section",
    run,
    seeds,
    words,
    most: 1_024,
};

fn run(bytes: &[u8]) {
    let kind = ArtifactKind::sniff(bytes);
    let environment = |profile| match profile {
        Profile::GuardPages => "embedded",
        Profile::SoftwareChecks => "embedded-software-checks",
    };
    assert_eq!(Embedded::claimed_by(bytes).map(Embedded::name), Profile::claimed_by(bytes).map(environment));
    if let Some(profile) = Profile::claimed_by(bytes) {
        let layout = profile.memory();
        let numbers = [seven_bits(layout.reservation), seven_bits(layout.guard_size)].concat();
        let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|found| found == wanted);
        assert!(has(&numbers) && has(b".wasmtime.engine\0"), "{}", profile.name());
    }
    if !bytes.starts_with(b"\x7fELF") {
        return assert_eq!(kind, by_first_bytes(bytes));
    }
    match kind {
        // The engine's own mark.
        ArtifactKind::PrecompiledModule | ArtifactKind::PrecompiledComponent => assert_eq!(bytes[7], 200),
        ArtifactKind::StaticElf => {
            let end = whole(bytes).expect("a second reader finds no program that is whole");
            assert_ne!(ArtifactKind::sniff(&bytes[..end - 1]), ArtifactKind::StaticElf);
            assert_eq!(ArtifactKind::sniff(&bytes[..end]), ArtifactKind::StaticElf);
            assert_eq!(ArtifactKind::sniff(&[bytes, b"more"].concat()), ArtifactKind::StaticElf);
        }
        ArtifactKind::DynamicElf | ArtifactKind::Elf => assert_eq!(whole(bytes), None),
        other => panic!("{other}"),
    }
}

fn by_first_bytes(bytes: &[u8]) -> ArtifactKind {
    match bytes {
        [] => ArtifactKind::Empty,
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => ArtifactKind::WasmModule,
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => ArtifactKind::WasmComponent,
        [0, b'a', b's', b'm', ..] => ArtifactKind::Unknown,
        [0, b'a', b'o', b't', ..] => ArtifactKind::WamrAot,
        [b'#', b'!', ..] => ArtifactKind::Script,
        _ if bytes.iter().skip(257).take(5).eq(b"ustar") => ArtifactKind::RootFileSystem,
        _ => ArtifactKind::Unknown,
    }
}

/// A number of so many bytes at a place, the lowest byte first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Where the last segment of a program ends that is whole: elf(5), field by field.
fn whole(bytes: &[u8]) -> Option<usize> {
    let half = |at| number(bytes, at, 2);
    let machine = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let first = bytes.get(4..8)?;
    let usual = matches!(first, [2, 1, 1, 0 | 3])
        && matches!(half(16)?, 2 | 3)
        && half(18)? == machine
        && number(bytes, 20, 4)? == 1
        && (half(52)?, half(54)?) == (64, 56)
        && bytes.len() >= 64;
    let (entry, headers, count) = (number(bytes, 24, 8)?, number(bytes, 32, 8)?, half(56)?);
    // No more than a page has room for.
    if !usual || !(1..=73).contains(&count) || headers < 64 {
        return None;
    }
    let headers = usize::try_from(headers).ok()?;
    let mut end = headers.checked_add(56 * usize::try_from(count).ok()?).filter(|end| *end <= bytes.len())?;
    let (mut entered, mut at) = (false, headers);
    for _ in 0..count {
        let word = |place: usize| number(bytes, at + place, 8);
        let (kind, flags) = (number(bytes, at, 4)?, number(bytes, at + 4, 4)?);
        let (offset, address, size, memory) = (word(8)?, word(16)?, word(32)?, word(40)?);
        let begin = usize::try_from(offset).ok()?;
        let content = bytes.get(begin..begin.checked_add(usize::try_from(size).ok()?)?)?;
        end = end.max(begin + content.len());
        match kind {
            1 if size > memory => return None,
            1 => entered |= flags & 1 == 1 && (address..address.saturating_add(size)).contains(&entry),
            // A library that it asks for, or its own name as one.
            2 if content.chunks_exact(16).any(|tag| matches!(number(tag, 0, 8), Some(1 | 14))) => {
                return None;
            }
            0 | 2 | 4 | 6 | 7 | 0x6474_e550..=0x6474_e553 | 0x6504_1580 => {}
            _ => return None,
        }
        at += 56;
    }
    entered.then_some(end)
}

/// A number of seven bits a byte, the lowest first.
fn seven_bits(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A file that has nothing but the engine's own section, for a profile.
fn precompiled(profile: Profile) -> Vec<u8> {
    let layout = profile.memory();
    let numbers = [seven_bits(layout.reservation), seven_bits(layout.guard_size)].concat();
    let settings =
        b"\x00\x0648.0.8\x18x86_64-unknown-linux-gnu\x02\x03opt\x00\x05speed\x04bool\x02\x01\x00\x00";
    let (names, engine) = (b"\0.wasmtime.engine\0".as_slice(), [settings.as_slice(), &numbers].concat());
    let mut file = sample::spinning(1)[..64].to_vec();
    file.extend([names, &engine].concat());
    let table = file.len() as u64;
    for (name, start, size) in [(0, 0, 0), (0, 64, names.len()), (1, 64 + names.len(), engine.len())] {
        let mut header = [0_u8; 64];
        header[0] = name;
        header[24..32].copy_from_slice(&(start as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        file.extend(header);
    }
    file[40..48].copy_from_slice(&table.to_le_bytes());
    for (place, value) in [(58, 64), (60, 3), (62, 1)] {
        file[place] = value;
    }
    file
}

/// A program with further segments of these types and this content.
fn with_segments(segments: &[(u32, &[u8])]) -> Vec<u8> {
    let plain = sample::spinning(1);
    let (header, code) = plain.split_at(64 + 56);
    let mut file = header.to_vec();
    let added = 56 * segments.len();
    let mut content = (120 + added + code.len()).next_multiple_of(8);
    let behind = content;
    // The code stands further back, and the entry with it.
    file[56] += segments.len() as u8;
    for at in [24, 96, 104] {
        let moved = number(&file, at, 8).unwrap() + added as u64;
        file[at..at + 8].copy_from_slice(&moved.to_le_bytes());
    }
    for (kind, bytes) in segments {
        file.extend(kind.to_le_bytes());
        file.extend(4_u32.to_le_bytes());
        for word in [content, content, content, bytes.len(), bytes.len(), 8] {
            file.extend((word as u64).to_le_bytes());
        }
        content += bytes.len().next_multiple_of(8);
    }
    file.extend(code);
    file.resize(behind, 0);
    for (_, bytes) in segments {
        file.extend(*bytes);
        file.resize(file.len().next_multiple_of(8), 0);
    }
    file
}

fn seeds() -> Vec<Vec<u8>> {
    let tag = |number: u64| [number.to_le_bytes(), 7_u64.to_le_bytes()].concat();
    let texts: [&[u8]; 8] = [
        b"\0asm\x01\0\0\0",
        b"\0asm\x0d\0\x01\0",
        b"\0asm",
        b"\0aot\x06\0\0\0",
        b"#!/bin/sh\n",
        b"\x7fELF\x02\x01\x01",
        b"PK\x03\x04",
        b"",
    ];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|text| text.to_vec()).collect();
    seeds.push([&[0; 257][..], b"ustar\x0000"].concat());
    for profile in Profile::ALL {
        let file = precompiled(profile);
        assert_eq!(Profile::claimed_by(&file), Some(profile));
        seeds.push(file);
    }
    seeds.push(sample::spinning(1));
    seeds.push(sample::calling(1));
    let loader = b"/lib64/ld-linux-x86-64.so.2\0";
    seeds.push(with_segments(&[(0x6474_e551, b""), (4, b"note"), (6, b""), (7, b"")]));
    seeds.push(with_segments(&[(3, loader), (2, &tag(1))]));
    for number in [0, 1, 14, 5] {
        seeds.push(with_segments(&[(2, &[tag(5), tag(number), tag(0)].concat())]));
    }
    seeds.push(with_segments(&[(5, b"")]));
    seeds
}

fn words() -> Vec<Vec<u8>> {
    let words: [&[u8]; 13] = [
        b"\x7fELF\x02\x01\x01",
        &[64, 0, 56, 0],
        &[2, 0, 62, 0],
        &[3, 0, 62, 0],
        &[1, 0, 0, 0, 5, 0, 0, 0],
        &[2, 0, 0, 0, 4, 0, 0, 0],
        &[3, 0, 0, 0, 4, 0, 0, 0],
        &[0x51, 0xe5, 0x74, 0x64],
        &[0xff; 8],
        &[14, 0, 0, 0, 0, 0, 0, 0],
        b"\0asm",
        b"ustar",
        b"\0.wasmtime.engine\0",
    ];
    words.iter().map(|word| word.to_vec()).collect()
}
