//! Archives (POSIX pax, and GNU's form): put together from a few bytes, and read as different readers read them.

use std::collections::BTreeMap;

const BLOCK: usize = 512;

/// What an archive has, by the paths from its root.
pub(crate) type Files = BTreeMap<Vec<u8>, File>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum File {
    Folder,
    Bytes { bytes: Vec<u8>, executable: bool },
}

/// How a reader reads what others read otherwise.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    /// What stands in the field of prefixes counts whatever form the header has.
    prefix_in_every_form: bool,
    /// A file whose name ends with `/` is a directory.
    slash_is_a_folder: bool,
    /// What follows the header of a directory is its content.
    folders_have_content: bool,
    /// Of a keyword that is there twice the last one counts.
    last_record: bool,
    /// A name of GNU's is before one in an extended header.
    long_name_first: bool,
    /// A number ends before the first character that is no digit, instead of being none.
    numbers_end: bool,
    /// A record that is malformed ends the extended header, instead of the reading.
    records_end: bool,
    /// A record without a value is none.
    no_value_is_no_record: bool,
    /// A long name ends at its first zero.
    names_end: bool,
}

/// Roughly Python's library, libarchive, and Rust's library.
pub(crate) const READERS: [Reader; 3] = [
    Reader {
        name: "one that forgives",
        prefix_in_every_form: true,
        slash_is_a_folder: true,
        folders_have_content: false,
        last_record: true,
        long_name_first: false,
        numbers_end: true,
        records_end: true,
        no_value_is_no_record: true,
        names_end: true,
    },
    Reader {
        name: "one that is strict",
        prefix_in_every_form: false,
        slash_is_a_folder: true,
        folders_have_content: true,
        last_record: true,
        long_name_first: false,
        numbers_end: false,
        records_end: false,
        no_value_is_no_record: true,
        names_end: true,
    },
    Reader {
        name: "one that takes the first",
        prefix_in_every_form: false,
        slash_is_a_folder: false,
        folders_have_content: true,
        last_record: false,
        long_name_first: true,
        numbers_end: false,
        records_end: false,
        no_value_is_no_record: false,
        names_end: false,
    },
];

type Records = Vec<(Vec<u8>, Vec<u8>)>;

impl Reader {
    /// What this reader finds; nothing where it gives up.
    pub(crate) fn read(&self, archive: &[u8]) -> Option<Files> {
        let (mut files, mut at) = (Files::new(), 0);
        let (mut records, mut long): (Records, Option<Vec<u8>>) = (Vec::new(), None);
        while let Some(header) = archive.get(at..at + BLOCK).filter(|block| block.iter().any(|b| *b != 0)) {
            let (kind, mut size) = (header[156], self.number(&header[124..136])?);
            let own =
                if matches!(kind, b'x' | b'L' | b'K' | b'g') { None } else { self.value(&records, "size") };
            if let Some(text) = own {
                size = std::str::from_utf8(text).ok()?.parse().ok()?;
            }
            if kind == b'5' && !self.folders_have_content {
                size = 0;
            }
            at += BLOCK;
            let content = archive.get(at..at.checked_add(size)?)?;
            at += size.next_multiple_of(BLOCK);
            match kind {
                b'x' => records = self.records(content)?,
                b'L' => long = Some(self.long_name(content)),
                b'K' => {}
                _ => {
                    let named = self.value(&records, "path").map(<[u8]>::to_vec);
                    let (first, second) = (long.take(), named);
                    let (first, second) =
                        if self.long_name_first { (first, second) } else { (second, first) };
                    let path = first.or(second).unwrap_or_else(|| self.name_of(header));
                    self.entry(kind, &path, header, content, &mut files)?;
                    records.clear();
                }
            }
        }
        Some(files)
    }

    fn entry(&self, kind: u8, path: &[u8], header: &[u8], content: &[u8], files: &mut Files) -> Option<()> {
        let steps = path.split(|byte| *byte == b'/').filter(|step| !matches!(step, [] | [b'.']));
        let steps: Vec<&[u8]> = steps.collect();
        let folder = match kind {
            b'5' => true,
            b'0' | 0 => self.slash_is_a_folder && path.ends_with(b"/"),
            _ => return None,
        };
        for end in 1..steps.len() {
            files.entry(steps[..end].join(&b'/')).or_insert(File::Folder);
        }
        if steps.is_empty() {
            return folder.then_some(());
        }
        let executable = self.number(&header[100..108]).is_some_and(|mode| mode & 0o111 != 0);
        let file = if folder { File::Folder } else { File::Bytes { bytes: content.to_vec(), executable } };
        files.insert(steps.join(&b'/'), file);
        Some(())
    }

    fn name_of(&self, header: &[u8]) -> Vec<u8> {
        let (name, prefix) = (until_zero(&header[..100]), until_zero(&header[345..500]));
        let has_prefix = self.prefix_in_every_form || header[257..].starts_with(b"ustar\0");
        if has_prefix && !prefix.is_empty() { [prefix, b"/", name].concat() } else { name.to_vec() }
    }

    fn number(&self, field: &[u8]) -> Option<usize> {
        if field[0] & 0x80 != 0 {
            return field[1..]
                .iter()
                .try_fold(0_usize, |number, byte| number.checked_mul(256)?.checked_add(usize::from(*byte)));
        }
        let text = until_zero(field).trim_ascii();
        let end = text.iter().position(|byte| !(b'0'..=b'7').contains(byte)).unwrap_or(text.len());
        let digits = if self.numbers_end { &text[..end] } else { text };
        usize::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
    }

    fn records(&self, content: &[u8]) -> Option<Records> {
        let (mut records, mut rest) = (Vec::new(), content);
        while !rest.is_empty() {
            match record(rest) {
                Some((key, value, behind)) => {
                    records.push((key.to_vec(), value.to_vec()));
                    rest = behind;
                }
                None if self.records_end => break,
                None => return None,
            }
        }
        Some(records)
    }

    fn value<'r>(&self, records: &'r Records, key: &str) -> Option<&'r [u8]> {
        let mut all =
            records.iter().filter(|(found, _)| found == key.as_bytes()).map(|(_, value)| value.as_slice());
        let found = if self.last_record { all.next_back() } else { all.next() };
        found.filter(|value| !(self.no_value_is_no_record && value.is_empty()))
    }

    fn long_name(&self, content: &[u8]) -> Vec<u8> {
        let whole = content.strip_suffix(&[0]).unwrap_or(content);
        if self.names_end { until_zero(content).to_vec() } else { whole.to_vec() }
    }
}

/// `LENGTH KEY=VALUE` and a line feed, all of which the length counts.
fn record(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = text.iter().position(|byte| *byte == b' ')?;
    let length = std::str::from_utf8(&text[..blank]).ok()?.parse::<usize>().ok()?;
    let record = text.get(blank + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &text[length..]))
}

fn until_zero(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An archive of entries, of each a type, flags, a name and content with their lengths; what is no whole entry stands behind the end.
pub(crate) fn put_together(bytes: &[u8]) -> Vec<u8> {
    let (mut archive, mut rest) = (Vec::new(), bytes);
    while let Some((entry, behind)) = entry(rest) {
        archive.extend(entry);
        rest = behind;
    }
    archive.extend([0; 2 * BLOCK]);
    archive.extend(rest);
    archive
}

fn entry(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let [kind, flags, rest @ ..] = bytes else { return None };
    let (name, rest) = counted(rest)?;
    let (content, rest) = counted(rest)?;
    let mut header = [0; BLOCK];
    let mut put = |at: usize, field: &[u8]| header[at..at + field.len()].copy_from_slice(field);
    put(0, &name[..name.len().min(100)]);
    put(100, if flags & 1 == 0 { b"0000644\0" } else { b"0000755\0" });
    put(108, b"0000000\x000000000\0");
    put(136, b"00000000000\0");
    put(156, &[*kind]);
    put(257, if flags & 2 == 0 { b"ustar\x0000" } else { b"ustar  \0" });
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    // What stands in the headers of few.
    if flags & 4 != 0 {
        put(345, b"prefix");
    }
    if flags & 8 != 0 {
        put(257, b"\0\0\0\0\0\0\0\0");
    }
    if flags & 16 != 0 {
        put(124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, content.len() as u8]);
    }
    if flags & 32 != 0 {
        put(124, format!("{:11o} ", content.len()).as_bytes());
    }
    if flags & 64 != 0 {
        put(124, &content[..content.len().min(12)]);
    }
    if flags & 128 != 0 {
        put(100, &content[..content.len().min(8)]);
    }
    put(148, b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let padding = vec![0; content.len().next_multiple_of(BLOCK) - content.len()];
    Some(([&header, content, &padding].concat(), rest))
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}
