//! What every reader of archives reads in the same way. Readers differ in whether a directory has content, in what a name that ends
//! with `/` is, in which of two names counts, in how a number is written; where they do, one that was inspected is another than
//! the one that runs.

use std::collections::BTreeSet;

use tar::{EntryType, Header};

use super::archive::{ArchiveError, shown};

const BLOCK: usize = 512;

/// The keywords and values of an extended header.
type Records<'a> = Vec<(&'a [u8], &'a [u8])>;

/// What stands before an entry and is about it.
#[derive(Default)]
struct Before<'a> {
    records: Records<'a>,
    long_name: Option<&'a [u8]>,
}

/// Holds if the headers of an archive can be read in one way only. That there is nothing wrong with it otherwise does not follow.
pub(super) fn hold_to_one(archive: &[u8]) -> Result<(), ArchiveError> {
    let (mut rest, mut before) = (archive, Before::default());
    while let Some((block, behind)) = rest.split_first_chunk::<BLOCK>() {
        if block.iter().all(|&byte| byte == 0) {
            break;
        }
        let header = Header::from_byte_slice(block);
        let own_name = header.path_bytes();
        let fault = |what| ArchiveError::Several { path: shown(&own_name), what };
        hold_to_one_form(header).map_err(fault)?;
        number(&header.as_old().mode).ok_or_else(|| fault("its mode is not written in octal digits"))?;
        let size = number(&header.as_old().size);
        let size = size.ok_or_else(|| fault("its size is not written in octal digits"))?;
        let content = behind.get(..size);
        let content = content.ok_or_else(|| ArchiveError::Malformed("it breaks off".to_owned()))?;
        rest = behind.get(size.next_multiple_of(BLOCK)..).unwrap_or_default();
        match header.entry_type() {
            EntryType::XHeader => before.records = records(content).map_err(fault)?,
            EntryType::GNULongName => before.long_name = Some(long_name(content).map_err(fault)?),
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            kind => std::mem::take(&mut before).hold_to_one_entry(kind, &own_name, size)?,
        }
    }
    Ok(())
}

/// Beside POSIX's own form there is GNU's, whose further fields others read as the beginning of a name.
fn hold_to_one_form(header: &Header) -> Result<(), &'static str> {
    match (header.as_ustar(), header.as_gnu()) {
        (Some(_), _) => Ok(()),
        (None, Some(_)) if header.as_bytes().iter().skip(345).all(|&byte| byte == 0) => Ok(()),
        (None, Some(_)) => Err("it has fields that only GNU knows"),
        (None, None) => Err("its header is neither POSIX's nor GNU's"),
    }
}

/// Digits, with blanks before and blanks or zeros behind; without any it is none.
fn number(field: &[u8]) -> Option<usize> {
    let start = field.iter().position(|&byte| byte != b' ').unwrap_or(field.len());
    let field = field.get(start..)?;
    let end = field.iter().position(|byte| !(b'0'..=b'7').contains(byte)).unwrap_or(field.len());
    let (digits, rest) = field.split_at_checked(end)?;
    let plain = rest.iter().all(|byte| matches!(byte, 0 | b' '));
    let digits = std::str::from_utf8(digits).ok().filter(|_| plain)?;
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}

/// The records of an extended header, each of which has the length that it says.
fn records(content: &[u8]) -> Result<Records<'_>, &'static str> {
    const MALFORMED: &str = "its extended header is not made of records";
    let (mut records, mut rest) = (Vec::new(), content);
    while !rest.is_empty() {
        let blank = rest.iter().position(|&byte| byte == b' ').ok_or(MALFORMED)?;
        let digits = rest.get(..blank).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let length: usize = digits.and_then(|digits| digits.parse().ok()).ok_or(MALFORMED)?;
        let (record, behind) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        let record =
            record.get(blank + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or(MALFORMED)?;
        // Some end a record at its length, and some at the line's end.
        if record.contains(&b'\n') {
            return Err("its extended header has a record of two lines");
        }
        let equals = record.iter().position(|&byte| byte == b'=').ok_or(MALFORMED)?;
        records.push((record.get(..equals).ok_or(MALFORMED)?, record.get(equals + 1..).ok_or(MALFORMED)?));
        rest = behind;
    }
    Ok(records)
}

/// A name of GNU's ends with a zero.
fn long_name(content: &[u8]) -> Result<&[u8], &'static str> {
    let name = content.strip_suffix(&[0]).filter(|name| !name.contains(&0) && !name.is_empty());
    name.ok_or("its long name does not end where it should")
}

impl Before<'_> {
    fn hold_to_one_entry(&self, kind: EntryType, own: &[u8], size: usize) -> Result<(), ArchiveError> {
        let named = self.records.iter().find(|(key, _)| *key == b"path").map(|(_, value)| *value);
        let name = self.long_name.or(named).unwrap_or(own);
        let ambiguous = |key: &[u8]| ArchiveError::Ambiguous { path: shown(name), key: shown(key) };
        let mut known = BTreeSet::new();
        for &(key, value) in &self.records {
            let is_one = match key {
                b"size" => value == size.to_string().as_bytes(),
                b"path" => !value.is_empty() && !value.contains(&0),
                b"hdrcharset" => false,
                other => !other.starts_with(b"GNU.sparse."),
            };
            // Of a keyword that is there twice readers take the first or the last.
            if !is_one || !known.insert(key) {
                return Err(ambiguous(key));
            }
        }
        let fault = |what| Err(ArchiveError::Several { path: shown(name), what });
        match kind {
            _ if self.long_name.is_some() && named.is_some() => fault("it has two long names"),
            EntryType::Directory if size > 0 => fault("it is a directory with content"),
            EntryType::Regular if name.ends_with(b"/") => fault("it is a file with the name of a directory"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tar::Builder;

    use super::*;

    fn header(kind: EntryType, name: &str, size: u64) -> Header {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header
    }

    /// Holds an archive of these headers, each with one byte of content for each that it says, to one reading.
    fn read(entries: &[(Header, &[u8])]) -> Result<(), ArchiveError> {
        let mut builder = Builder::new(Vec::new());
        for (header, content) in entries {
            let mut header = header.clone();
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        hold_to_one(&builder.into_inner().unwrap())
    }

    fn refused(entries: &[(Header, &[u8])]) -> String {
        read(entries).unwrap_err().to_string()
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn what_readers_read_in_different_ways_is_refused() {
        let one = |header: &Header| refused(&[(header.clone(), b"1")]);
        assert!(read(&[(header(FILE, "x", 1), b"1")]).is_ok());
        assert!(one(&header(EntryType::Directory, "x/", 1)).contains("directory with content"));
        assert!(one(&header(FILE, "x/", 1)).contains("name of a directory"));
        let mut other = header(FILE, "x", 1);
        other.as_ustar_mut().unwrap().version = *b"  ";
        assert!(one(&other).contains("neither POSIX"));
        let mut gnu = Header::new_gnu();
        gnu.set_size(1);
        assert!(read(&[(gnu.clone(), b"1")]).is_ok());
        gnu.as_gnu_mut().unwrap().atime[0] = b'1';
        assert!(one(&gnu).contains("only GNU"));
    }

    #[test]
    fn numbers_that_are_not_octal_digits_are_refused() {
        for size in [*b"\x80\0\0\0\0\0\0\0\0\0\0\x01", *b"+0000000001\0", *b"1x\0\0\0\0\0\0\0\0\0\0"] {
            let mut header = header(FILE, "x", 1);
            header.as_old_mut().size = size;
            assert!(refused(&[(header, b"1")]).contains("its size"), "{}", size.escape_ascii());
        }
        let mut mode = header(FILE, "x", 1);
        mode.as_old_mut().mode = *b"755x\0\0\0\0";
        assert!(refused(&[(mode.clone(), b"1")]).contains("its mode"));
        mode.as_old_mut().mode = [0; 8];
        assert!(read(&[(mode, b"1")]).is_ok());
    }

    #[test]
    fn an_extended_header_is_records_and_gives_no_second_name() {
        let extended = |records: &'static [u8]| {
            let header = header(EntryType::XHeader, "h", records.len() as u64);
            [(header, records), (self::header(FILE, "x", 1), &b"1"[..])]
        };
        assert!(read(&extended(b"10 path=y\n")).is_ok());
        for records in [&b"\n10 path=y\n"[..], b"+9 path=y\n", b"10 path=y", b"99 path=y\n", b"7 path\n"] {
            assert!(
                refused(&extended(records)).contains("not made of records"),
                "{}",
                records.escape_ascii()
            );
        }
        assert!(refused(&extended(b"18 a\n10 path=y=b\n\n")).contains("two lines"));
        for records in [&b"8 path=\n"[..], b"10 size=2\n"] {
            assert!(matches!(read(&extended(records)), Err(ArchiveError::Ambiguous { .. })));
        }
        let [records, file] = extended(b"10 path=y\n");
        let long = (header(EntryType::GNULongName, "l", 2), &b"z\0"[..]);
        assert!(read(&[long.clone(), file.clone()]).is_ok());
        assert!(refused(&[long, records, file.clone()]).contains("two long names"));
        for name in [&b"z\0y"[..], b"z\0y\0", b"\0", b""] {
            let unended = (header(EntryType::GNULongName, "l", name.len() as u64), name);
            assert!(refused(&[unended, file.clone()]).contains("does not end"), "{}", name.escape_ascii());
        }
    }

    #[test]
    fn names_of_others_steer_no_terminal() {
        let name = format!("{}/", "\u{1b}\u{202e}".repeat(9));
        let said = refused(&[(header(FILE, &name, 1), b"1")]);
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
        assert!(said.contains("\\u{1b}\\u{202e}"), "{said:?}");
    }
}
