//! Journals in files: sound ones, changed by whoever can write to them (rules J-CHAIN, J-HEAD, J-TAIL, J-APPEND).

use std::fs;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use arbitrary::{Arbitrary as _, Unstructured};
use cdi_journal::{Decision, Head, Journal, Occasion, Record, Verdict};
use cdi_keys::Signer as _;
use cdi_testkit::scenario::key;
use cdi_types::{ArtifactDigest, Sha256, Timestamp};

use crate::{Target, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "journal",
    oracle: "what is read is a beginning of what was written, in its order, and with the head that was kept all of it; read \
             backwards it is the same; a journal that is refused takes no entry, and stays as it was",
    run,
    seeds,
    words: Vec::new,
    most: 128,
};

/// Entries of the sound journal.
const ENTRIES: u64 = 5;

/// The sound journal: its lines, and the head after each.
static SOUND: LazyLock<(Vec<Vec<u8>>, Vec<Head>)> = LazyLock::new(|| {
    let folder = seeds::scratch();
    let journal = Journal::at(folder.path().join("journal"));
    let heads = (0..ENTRIES).map(|n| journal.append(record(n), &key("host")).unwrap().head).collect();
    let text = fs::read(journal.path()).unwrap();
    let lines = text.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
    (lines.collect(), heads)
});

/// Operations on the lines, and which head was kept.
fn run(bytes: &[u8]) {
    let (sound, heads) = &*SOUND;
    let mut input = Unstructured::new(bytes);
    let Ok(kept) = input.int_in_range(0..=heads.len() + 1) else { return };
    let junk = if kept > heads.len() { junk(&mut input) } else { None };
    let kept = kept % (heads.len() + 1);
    let mut lines = sound.clone();
    let mut text = None;
    for _ in 0..8 {
        if input.is_empty() || lines.is_empty() {
            break;
        }
        match operation(&mut input, &mut lines) {
            Ok(None) => {}
            Ok(Some(end)) => text = Some(end),
            Err(_) => break,
        }
    }
    let mut text =
        text.unwrap_or_else(|| lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect());
    if lines.is_empty() {
        text.clear();
    }
    let folder = seeds::scratch();
    let journal = Journal::at(folder.path().join("journal"));
    fs::write(journal.path(), &text).unwrap();
    let head_file = folder.path().join("journal.head");
    if let Some(head) = kept.checked_sub(1).map(|n| heads[n]) {
        fs::write(&head_file, serde_json::to_vec(&head).unwrap()).unwrap();
    }
    if let Some(junk) = junk {
        fs::write(&head_file, junk).unwrap();
    }
    held(&journal, kept, &text);
}

/// A file in the place of the head: a member's name and a number, as they come.
fn junk(input: &mut Unstructured<'_>) -> Option<String> {
    let length = usize::from(u8::arbitrary(input).ok()? % 24).min(input.len());
    let name = String::from_utf8_lossy(input.bytes(length).ok()?).into_owned();
    let id = "ab".repeat(32);
    Some(format!(r#"{{"sequence":{length},"id":"{id}",{}:0}}"#, serde_json::to_string(&name).unwrap()))
}

fn held(journal: &Journal, kept: usize, text: &[u8]) {
    let (_, heads) = &*SOUND;
    let (signer, mut forwards) = (key("host"), Vec::new());
    let read = journal.read(signer.public_key(), None, |entry| forwards.push(entry.head()));
    assert!(forwards.len() <= heads.len());
    match &read {
        Ok((last, _)) => {
            assert_eq!(forwards, heads[..forwards.len()]);
            assert!(forwards.len() >= kept, "the head that was kept is not there");
            assert_eq!(*last, forwards.last().copied());
        }
        Err(error) => shown::told(error.code(), error),
    }
    let mut backwards = Vec::new();
    let back = journal.read_back(signer.public_key(), |entry| {
        backwards.push(entry.head());
        ControlFlow::Continue(())
    });
    backwards.reverse();
    if read.is_ok() && back.is_ok() {
        assert_eq!(backwards, forwards);
    }
    let appended = journal.append(record(99), &signer);
    match appended {
        Err(error) => {
            shown::told(error.code(), &error);
            assert_eq!(fs::read(journal.path()).unwrap(), text);
        }
        Ok(appended) if read.is_ok() => {
            let mut all = Vec::new();
            journal.read(signer.public_key(), None, |entry| all.push(entry.head())).unwrap();
            assert_eq!(all.pop(), Some(appended.head));
            assert_eq!(all, forwards);
        }
        // Whoever appends looks at the end only: what is broken before it is seen by who reads it.
        Ok(_) => assert!(journal.read(signer.public_key(), None, |_| {}).is_err()),
    }
}

/// Changes the lines; or gives the whole text, which lines cannot say.
fn operation(input: &mut Unstructured<'_>, lines: &mut Vec<Vec<u8>>) -> arbitrary::Result<Option<Vec<u8>>> {
    let (at, to) = (input.choose_index(lines.len())?, input.choose_index(lines.len())?);
    match u8::arbitrary(input)? % 8 {
        0 => lines.swap(at, to),
        1 => drop(lines.remove(at)),
        2 => lines.insert(to, lines[at].clone()),
        3 => lines.truncate(at),
        4 => {
            let (byte, bit) = (u16::arbitrary(input)?, u8::arbitrary(input)? % 8);
            let length = lines[at].len().max(1);
            if let Some(byte) = lines[at].get_mut(usize::from(byte) % length) {
                *byte ^= 1 << bit;
            }
        }
        5 => lines.insert(at, Vec::new()),
        6 => lines[at].extend(input.bytes(input.len().min(8))?),
        _ => {
            let mut text: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
            let cut = usize::from(u16::arbitrary(input)?) % (text.len() + 1);
            text.truncate(cut);
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn record(n: u64) -> Record {
    let at = Timestamp::from_unix(1_800_000_000 + n);
    Record {
        name: "app.cwasm".to_owned(),
        artifact: ArtifactDigest::of(&n.to_be_bytes()),
        verifier: "https://decider.example/host".to_owned(),
        resource: "file:///srv/app.cwasm".to_owned(),
        decided_at: at,
        configuration: ("file:///etc/cdi.yaml".to_owned(), Sha256::of(b"configuration")),
        evidence: Vec::new(),
        levels: Vec::new(),
        decision: Decision {
            verdict: Verdict::Allow,
            occasion: Occasion::Deploy,
            process: None,
            stopped: None,
            arguments: Vec::new(),
            variables: Vec::new(),
            directories: Vec::new(),
            limits: None,
            bundles: Vec::new(),
            annex: None,
            principals: Vec::new(),
            lists: Vec::new(),
            node: None,
            environment: None,
            runtime: None,
            expires: at,
            nonce: format!("{n:032x}"),
            codes: Vec::new(),
        },
    }
}

/// Each operation by itself, with and without the last head.
fn seeds() -> Vec<Vec<u8>> {
    let one = |kept: u8, kind: u8| vec![kept, 40, 200, kind, 17, 90, 2, 1, 1];
    [0, 5, 6].into_iter().flat_map(|kept| (0..8).map(move |kind| one(kept, kind))).collect()
}
