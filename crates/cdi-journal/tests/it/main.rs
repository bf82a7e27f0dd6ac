//! Journals in files: what is changed in them is seen, and what was acknowledged is there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail loudly")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cdi_envelope::Algorithm;
use cdi_journal::{
    Agreement, Decision, ENTRY_BYTES, GivenBundle, GivenLimits, Head, Journal, JournalError, Occasion, Place,
    Record, Stopped, Verdict,
};
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_types::{ArtifactDigest, Name, Sha256, StatementId, Timestamp};

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[seed; 32]).unwrap()
}

fn record(n: u64) -> Record {
    let verdict = if n % 3 == 2 { Verdict::Deny } else { Verdict::Allow };
    let decided_at = Timestamp::from_unix(1_800_000_000 + n);
    Record {
        name: "app.cwasm".to_owned(),
        artifact: ArtifactDigest::of(&n.to_be_bytes()),
        verifier: "https://decider.example/host".to_owned(),
        resource: "file:///srv/app.cwasm".to_owned(),
        decided_at,
        configuration: ("file:///etc/cdi.yaml".to_owned(), Sha256::of(b"configuration")),
        evidence: vec![StatementId::of(b"a report")],
        levels: vec!["CDI_POLICY_MET".to_owned()],
        decision: Decision {
            verdict,
            occasion: Occasion::Deploy,
            process: None,
            stopped: None,
            arguments: vec!["--top".to_owned(), n.to_string()],
            variables: Vec::new(),
            directories: Vec::new(),
            limits: Some(GivenLimits { memory_bytes: 1 << 20, time_seconds: 60 }),
            bundles: vec![GivenBundle {
                uri: "file:///srv/app.intoto.jsonl".to_owned(),
                sha256: Sha256::of(b"bundle"),
            }],
            annex: None,
            principals: vec![Agreement {
                name: Name::parse("provider").unwrap(),
                verdict,
                policy: None,
                version: None,
                catalogue: None,
            }],
            lists: Vec::new(),
            node: None,
            environment: Some("embedded".to_owned()),
            runtime: None,
            expires: decided_at,
            nonce: format!("{n:032x}"),
            codes: Vec::new(),
        },
    }
}

/// A journal of `n` entries in a folder of its own.
fn journal(n: u64) -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path().join("journal.intoto.jsonl"));
    for at in 0..n {
        journal.append(record(at), &key(1)).unwrap();
    }
    (folder, journal)
}

fn read(journal: &Journal, kept: Option<Head>) -> Result<Vec<Head>, &'static str> {
    let mut heads = Vec::new();
    let read = journal.read(key(1).public_key(), kept, |entry| heads.push(entry.head()));
    read.map(|_| heads).map_err(|error| error.code())
}

fn lines(journal: &Journal) -> Vec<String> {
    std::fs::read_to_string(journal.path()).unwrap().lines().map(str::to_owned).collect()
}

fn put(journal: &Journal, lines: &[String]) {
    std::fs::write(journal.path(), lines.iter().map(|line| line.clone() + "\n").collect::<String>()).unwrap();
}

fn head_path(journal: &Journal) -> PathBuf {
    let mut name = journal.path().to_owned().into_os_string();
    name.push(".head");
    PathBuf::from(name)
}

/// The last entries, as many as that, the last one first.
fn read_back(journal: &Journal, most: usize) -> Result<Vec<u64>, &'static str> {
    let mut numbers = Vec::new();
    let read = journal.read_back(key(1).public_key(), |entry| {
        numbers.push(entry.head().sequence);
        if numbers.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    read.map(|()| numbers).map_err(|error| error.code())
}

#[test]
fn a_journal_is_read_from_its_end_as_from_its_beginning() {
    let (_folder, empty) = journal(0);
    assert_eq!(read_back(&empty, 9), Err("journal-file"), "it is not there");
    // More than is read at a time.
    let (_folder, journal) = journal(300);
    assert!(std::fs::metadata(journal.path()).unwrap().len() > 512 << 10);
    assert_eq!(read_back(&journal, 1), Ok(vec![299]));
    assert_eq!(read_back(&journal, 1000), Ok((0..300).rev().collect()));
    let mut file = std::fs::OpenOptions::new().append(true).open(journal.path()).unwrap();
    file.write_all(b"{\"payload\":\"ey").unwrap();
    assert_eq!(read_back(&journal, 2), Ok(vec![299, 298]));
    let whole = lines(&journal)[..300].to_vec();
    let without = |at: usize| {
        let mut lines = whole.clone();
        lines.remove(at);
        put(&journal, &lines);
    };
    without(0);
    assert_eq!(
        (read_back(&journal, 299).map(|found| found.len()), read_back(&journal, 999)),
        (Ok(299), Err("journal-chain"))
    );
    without(150);
    assert_eq!(
        (read_back(&journal, 149).map(|found| found.len()), read_back(&journal, 999)),
        (Ok(149), Err("journal-chain"))
    );
    without(299);
    assert_eq!(read_back(&journal, 1), Err("journal-cut"));
    let mut forged = whole.clone();
    forged[298] = forged[298].replacen("\"sig\":\"", "\"sig\":\"AA", 1);
    put(&journal, &forged);
    assert_eq!((read_back(&journal, 1), read_back(&journal, 2)), (Ok(vec![299]), Err("journal-signature")));
    put(&journal, &["x".repeat(cdi_types::limits::LINE_BYTES + 1), whole[0].clone()]);
    assert_eq!(read_back(&journal, 2), Err("journal-cut"));
    std::fs::remove_file(head_path(&journal)).unwrap();
    assert_eq!(read_back(&journal, 2), Err("journal-signature"));
}

#[test]
fn entries_are_read_as_they_were_written() {
    let (_folder, journal) = journal(4);
    let mut entries = Vec::new();
    let (head, torn) = journal.read(key(1).public_key(), None, |entry| entries.push(entry)).unwrap();
    assert_eq!((entries.len(), head.map(|head| head.sequence), torn), (4, Some(3), None));
    for (n, entry) in (0..).zip(&entries) {
        let written = record(n);
        assert_eq!((entry.artifact(), entry.name()), (written.artifact, "app.cwasm"));
        assert_eq!(entry.verified().decision(), &written.decision);
        assert_eq!(entry.verified().decided_at(), written.decided_at);
        assert_eq!(entry.verified().resource(), written.resource);
    }
}

#[test]
fn what_is_changed_taken_out_put_in_or_moved_is_rejected() {
    let (_folder, journal) = journal(4);
    let whole = lines(&journal);
    let taken_out = |at: usize| {
        let mut lines = whole.clone();
        lines.remove(at);
        lines
    };
    let mut swapped = whole.clone();
    swapped.swap(1, 2);
    let mut twice = whole.clone();
    twice.insert(2, whole[1].clone());
    for (lines, code) in [
        (taken_out(0), "journal-chain"),
        (taken_out(2), "journal-chain"),
        (swapped, "journal-chain"),
        (twice, "journal-chain"),
    ] {
        put(&journal, &lines);
        assert_eq!(read(&journal, None), Err(code));
    }
    put(
        &journal,
        &whole.iter().map(|line| line.replacen("\"sig\":\"M", "\"sig\":\"N", 1)).collect::<Vec<_>>(),
    );
    assert_eq!(read(&journal, None), Err("journal-signature"));
    put(&journal, &whole);
    assert_eq!(read(&journal, None).map(|heads| heads.len()), Ok(4));
    let strangers = journal.read(key(2).public_key(), None, |_| ()).unwrap_err();
    assert_eq!(strangers.code(), "journal-signature");
}

#[test]
fn an_entry_that_says_of_itself_what_its_details_do_not_is_rejected() {
    let (_folder, journal) = journal(1);
    let line = lines(&journal).remove(0);
    let envelope = cdi_envelope::Envelope::parse(line.as_bytes()).unwrap().into_untrusted();
    let payload = String::from_utf8(envelope.payload().to_vec()).unwrap();
    for (from, to) in [
        ("\"PASSED\"", "\"FAILED\""),
        ("\"CDI_POLICY_MET\"", "\"FAILED\""),
        ("\"cdi_journal\"", "\"journal\""),
        ("\"sequence\":0", "\"sequence\":0,\"more\":1"),
        ("verification_summary/v1", "verification_summary/v2"),
    ] {
        let changed = payload.replacen(from, to, 1);
        assert_ne!(changed, payload, "{from}");
        let sealed = cdi_keys::seal_foreign(changed.as_bytes(), &key(1)).unwrap();
        put(&journal, &[String::from_utf8(sealed.line).unwrap()]);
        assert_eq!(read(&journal, None), Err("journal-entry"), "{from}");
    }
}

#[test]
fn an_entry_about_a_stop_says_how_and_no_other_does() {
    let (_folder, journal) = journal(1);
    let stop = |verdict, occasion, stopped| {
        let mut record = record(1);
        (record.decision.verdict, record.decision.occasion, record.decision.stopped) =
            (verdict, occasion, stopped);
        let written = journal.append(record, &key(1));
        let read = journal.read(key(1).public_key(), None, |_| {}).map(drop);
        let all = lines(&journal);
        put(&journal, &all[..1]);
        std::fs::remove_file(head_path(&journal)).ok();
        written.and(read).map_err(|error| error.code())
    };
    assert_eq!(stop(Verdict::Deny, Occasion::Stop, Some(Stopped::Killed)), Ok(()));
    for (verdict, occasion, stopped) in [
        (Verdict::Deny, Occasion::Stop, None),
        (Verdict::Allow, Occasion::Stop, Some(Stopped::Asked)),
        (Verdict::Deny, Occasion::Watch, Some(Stopped::Asked)),
    ] {
        assert_eq!(stop(verdict, occasion, stopped), Err("journal-entry"), "{verdict:?} {occasion:?}");
    }
}

#[test]
fn an_entry_of_another_journal_or_none_at_all_is_rejected() {
    let (_folder, journal) = journal(3);
    let (_other_folder, other) = self::journal(0);
    for at in 10..13 {
        other.append(record(at), &key(1)).unwrap();
    }
    let (mut lines, others) = (lines(&journal), lines(&other));
    lines[2].clone_from(&others[2]);
    put(&journal, &lines);
    assert_eq!(read(&journal, None), Err("journal-chain"));
    lines[2] = String::new();
    put(&journal, &lines);
    assert_eq!(read(&journal, None), Err("journal-signature"));
}

#[test]
fn a_journal_whose_end_was_cut_off_is_rejected_and_not_added_to() {
    let (_folder, journal) = journal(4);
    let head = read(&journal, None).unwrap().pop();
    let whole = lines(&journal);
    for left in [3, 1, 0] {
        put(&journal, &whole[..left]);
        assert_eq!(read(&journal, None), Err("journal-cut"));
        assert_eq!(journal.append(record(9), &key(1)).unwrap_err().code(), "journal-cut");
    }
    std::fs::remove_file(head_path(&journal)).unwrap();
    put(&journal, &whole[..2]);
    assert_eq!(read(&journal, None).map(|heads| heads.len()), Ok(2), "nobody kept a head");
    assert_eq!(read(&journal, head), Err("journal-cut"), "somebody did");
    put(&journal, &whole);
    assert_eq!(read(&journal, head).map(|heads| heads.len()), Ok(4));
}

#[test]
fn another_journal_with_one_entry_more_is_rejected_and_not_added_to() {
    let (_folder, journal) = journal(2);
    let kept = std::fs::read(head_path(&journal)).unwrap();
    let (_other_folder, other) = self::journal(0);
    for at in 10..13 {
        other.append(record(at), &key(1)).unwrap();
    }
    let others = lines(&other);
    put(&journal, &others);
    assert_eq!(read(&journal, None), Err("journal-cut"));
    assert_eq!(journal.append(record(9), &key(1)).unwrap_err().code(), "journal-cut");
    assert_eq!(lines(&journal), others);
    assert_eq!(std::fs::read(head_path(&journal)).unwrap(), kept);
}

#[test]
fn nothing_is_added_to_a_journal_whose_last_entry_does_not_hold() {
    let (_folder, journal) = journal(2);
    let before = lines(&journal);
    assert_eq!(journal.append(record(2), &key(2)).unwrap_err().code(), "journal-signature");
    assert_eq!(lines(&journal), before);
}

#[test]
fn nothing_is_added_where_the_last_entry_does_not_follow_the_one_before() {
    let (_folder, journal) = journal(4);
    let whole = lines(&journal);
    let code = || journal.append(record(9), &key(1)).unwrap_err().code();
    let mut without = whole.clone();
    without.remove(2);
    put(&journal, &without);
    assert_eq!(code(), "journal-chain");
    let mut forged = whole.clone();
    forged[2] = forged[2].replacen("\"sig\":\"", "\"sig\":\"AA", 1);
    put(&journal, &forged);
    assert_eq!(code(), "journal-signature");
    put(&journal, &whole);
    assert_eq!(journal.append(record(9), &key(1)).unwrap().head.sequence, 4);
}

/// One writer's lists make no entry longer for whoever reads the journal, and are there once however often they are named.
#[test]
fn long_lists_are_set_apart_and_what_is_changed_of_them_is_seen() {
    let (folder, journal) = journal(1);
    let long = |n: u64| {
        let mut record = record(n);
        record.evidence = (0..40_000_u32).map(|one| StatementId::of(&one.to_be_bytes())).collect();
        record
    };
    let mut appended = Vec::new();
    for n in 1..3 {
        appended.push(journal.append(long(n), &key(1)).unwrap());
    }
    assert!(lines(&journal).iter().all(|line| line.len() < 2 * ENTRY_BYTES), "they are short");
    let mut entries = Vec::new();
    journal.read(key(1).public_key(), None, |entry| entries.push(entry)).unwrap();
    assert_eq!(journal.annex(&entries[0]).unwrap(), None);
    for (n, entry) in (1..3).zip(&entries[1..]) {
        let annex = journal.annex(entry).unwrap().unwrap();
        assert_eq!(annex.statements, long(n).evidence);
        assert_eq!((annex.arguments, annex.bundles), (long(n).decision.arguments, long(n).decision.bundles));
    }
    // The same lists are one file.
    journal.append(long(2), &key(1)).unwrap();
    let files: Vec<PathBuf> = std::fs::read_dir(folder.path().join("journal.intoto.jsonl.annexes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2);
    assert_eq!(journal.entry_at(key(1).public_key(), appended[1].place()).unwrap(), entries[2]);
    for file in &files {
        let changed = std::fs::read_to_string(file).unwrap().replace("--top", "--pot");
        std::fs::write(file, changed).unwrap();
    }
    assert_eq!(journal.annex(&entries[1]).unwrap_err().code(), "journal-annex");
    files.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    assert_eq!(journal.annex(&entries[2]).unwrap_err().code(), "journal-annex");
    let mut huge = long(7);
    huge.decision.arguments = vec!["x".repeat(cdi_journal::ANNEX_BYTES)];
    assert_eq!(journal.append(huge, &key(1)).unwrap_err().code(), "limit-journal-annex");
    assert_eq!(lines(&journal).len(), 4, "what is too large leaves it as it was");
}

#[test]
fn an_entry_is_found_again_by_its_place() {
    let (_folder, journal) = journal(3);
    let appended = journal.append(record(3), &key(1)).unwrap();
    journal.append(record(4), &key(1)).unwrap();
    let found = |place| {
        journal.entry_at(key(1).public_key(), place).map(|entry| entry.head()).map_err(|error| error.code())
    };
    assert_eq!(found(appended.place()), Ok(appended.head));
    assert_eq!(journal.end(key(1).public_key()).unwrap().map(|head| head.sequence), Some(4));
    assert_eq!(found(Place { at: 0, ..appended.place() }), Err("journal-cut"));
    assert_eq!(found(Place { at: appended.at + 1, ..appended.place() }), Err("journal-signature"));
    assert_eq!(found(Place { at: 1 << 40, ..appended.place() }), Err("journal-cut"));
}

#[test]
fn a_torn_end_is_cut_off_by_the_next_writer_and_read_by_nobody() {
    let (_folder, journal) = journal(2);
    let mut file = std::fs::OpenOptions::new().append(true).open(journal.path()).unwrap();
    file.write_all(b"{\"payload\":\"ey").unwrap();
    let (head, torn) = journal.read(key(1).public_key(), None, |_| ()).unwrap();
    assert_eq!((head.map(|head| head.sequence), torn.map(|torn| torn.bytes)), (Some(1), Some(14)));
    let appended = journal.append(record(2), &key(1)).unwrap();
    assert_eq!((appended.head.sequence, appended.torn.map(|torn| torn.bytes)), (2, Some(14)));
    assert_eq!(read(&journal, None).map(|heads| heads.len()), Ok(3));
}

#[test]
fn a_writer_that_was_killed_before_it_kept_the_head_costs_nothing() {
    let (_folder, journal) = journal(2);
    let early = std::fs::read(head_path(&journal)).unwrap();
    for n in 2..5 {
        journal.append(record(n), &key(1)).unwrap();
        let late = std::fs::read(head_path(&journal)).unwrap();
        if n == 2 {
            std::fs::write(head_path(&journal), &early).unwrap();
        }
        assert_ne!(late, early);
    }
    assert_eq!(read(&journal, None).map(|heads| heads.len()), Ok(5));
}

#[test]
fn a_link_in_the_place_of_a_journal_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("precious");
    std::fs::write(&target, "precious").unwrap();
    let path = folder.path().join("journal.intoto.jsonl");
    std::os::unix::fs::symlink(&target, &path).unwrap();
    let journal = Journal::at(&path);
    assert!(matches!(journal.append(record(0), &key(1)), Err(JournalError::File { action: "open", .. })));
    assert_eq!(std::fs::read(&target).unwrap(), b"precious");
}

#[test]
fn a_link_or_a_pipe_in_the_place_of_a_head_is_rejected() {
    let (folder, journal) = journal(2);
    let before = lines(&journal);
    let target = folder.path().join("precious");
    std::fs::rename(head_path(&journal), &target).unwrap();
    let head = std::fs::read(&target).unwrap();
    std::os::unix::fs::symlink(&target, head_path(&journal)).unwrap();
    let is_rejected = |action: &str| {
        let is_of_head = |error: JournalError| matches!(error, JournalError::File { action: at, path, .. } if at == action && path.ends_with(".head"));
        assert!(is_of_head(journal.append(record(2), &key(1)).unwrap_err()));
        assert!(is_of_head(journal.read(key(1).public_key(), None, |_| ()).unwrap_err()));
        assert_eq!(lines(&journal), before);
    };
    is_rejected("open");
    assert_eq!(std::fs::read(&target).unwrap(), head);
    std::fs::remove_file(head_path(&journal)).unwrap();
    let made = Command::new("mkfifo").arg(head_path(&journal)).status().unwrap();
    assert!(made.success());
    is_rejected("use");
    std::fs::remove_file(head_path(&journal)).unwrap();
    std::fs::rename(&target, head_path(&journal)).unwrap();
    assert_eq!(journal.append(record(2), &key(1)).unwrap().head.sequence, 2);
}

#[test]
fn a_damaged_head_is_told_without_what_steers_a_terminal() {
    let (_folder, journal) = journal(1);
    std::fs::write(head_path(&journal), r#"{"\u001b[2J":0}"#).unwrap();
    for error in [
        journal.append(record(1), &key(1)).unwrap_err(),
        journal.read(key(1).public_key(), None, |_| ()).unwrap_err(),
    ] {
        assert_eq!(error.code(), "journal-file");
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
    assert_eq!(lines(&journal).len(), 1);
}

#[test]
fn several_writers_at_once_lose_nothing() {
    let (_folder, journal) = journal(0);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let journal = &journal;
            scope.spawn(move || {
                for n in 0..10 {
                    journal.append(record(writer * 100 + n), &key(1)).unwrap();
                }
            });
        }
    });
    let heads = read(&journal, None).unwrap();
    assert!(heads.iter().map(|head| head.sequence).eq(0..40));
}

const CHILD: &str = "CDI_JOURNAL_TEST_WRITES";

/// Not a test by itself: the process that [`whoever_is_killed_loses_nothing_that_was_acknowledged`] kills.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let journal = Journal::at(Path::new(&path));
    for n in 0.. {
        let appended = journal.append(record(n), &key(1)).unwrap();
        println!("\nacknowledged {}", appended.head.sequence);
    }
}

#[test]
fn whoever_is_killed_loses_nothing_that_was_acknowledged() {
    let (_folder, journal) = journal(0);
    let mut acknowledged = None;
    for round in 0..100 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(CHILD, journal.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
        // It is killed while it writes some entry behind the second.
        let mut numbers = numbers.inspect(|number| acknowledged = Some(*number));
        assert!(numbers.by_ref().nth(1).is_some());
        std::thread::sleep(std::time::Duration::from_micros(round * 37));
        child.kill().unwrap();
        child.wait().unwrap();
        numbers.for_each(drop);
        let heads = read(&journal, None).unwrap();
        assert!(heads.last().map(|head| head.sequence) >= acknowledged, "round {round}");
    }
}
