use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{Memory, MemoryFolder};

/// A folder with a memory in it.
fn begun() -> (tempfile::TempDir, MemoryFolder) {
    let parent = tempfile::tempdir().unwrap();
    let folder = MemoryFolder::at(parent.path().join("state"));
    folder.update(|_| Some(Memory::of(Timestamp::from_unix(1), Vec::new()))).unwrap();
    (parent, folder)
}

fn file(folder: &MemoryFolder) -> PathBuf {
    folder.path().join("sightings")
}

fn report(number: u32) -> StatementId {
    StatementId::of(&number.to_be_bytes())
}

/// A report of the first page.
fn beside(number: u8) -> StatementId {
    let mut bytes = [0; 32];
    bytes[31] = number + 1;
    StatementId::new(Sha256::from_bytes(bytes))
}

fn at(folder: &MemoryFolder, report: StatementId) -> Option<u64> {
    folder.sightings().unwrap().of([report]).unwrap().get(&report).map(|at| at.unix())
}

#[test]
fn a_report_keeps_the_time_of_its_first_sight() {
    let (_parent, folder) = begun();
    assert_eq!(at(&folder, report(1)), None);
    let see = |numbers: &[u32], at: u64| {
        let reports = numbers.iter().map(|number| report(*number)).collect();
        folder.see(&reports, Timestamp::from_unix(at)).unwrap()
    };
    assert_eq!(see(&[1, 2], 10), 0);
    assert_eq!(see(&[2, 3], 20), 0);
    assert_eq!(see(&[1], 5), 0);
    assert_eq!([1, 2, 3, 4].map(|number| at(&folder, report(number))), [Some(10), Some(10), Some(20), None]);
    assert_eq!(folder.sightings().unwrap().all().unwrap().len(), 3);
    assert_eq!(fs::metadata(file(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_page_that_is_full_takes_no_more_and_forgets_nothing() {
    let (_parent, folder) = begun();
    let full: BTreeSet<StatementId> = (0..64).map(beside).collect();
    assert_eq!(folder.see(&full, Timestamp::from_unix(10)).unwrap(), 0);
    assert_eq!(folder.see(&(0..70).map(beside).collect(), Timestamp::from_unix(20)).unwrap(), 6);
    let seen = folder.sightings().unwrap().of((0..70).map(beside)).unwrap();
    assert_eq!(seen.keys().copied().collect::<BTreeSet<_>>(), full);
    assert!(seen.values().all(|at| at.unix() == 10));
}

#[test]
fn many_reports_are_found_again_and_the_file_stays_small() {
    let (_parent, folder) = begun();
    let many: BTreeSet<StatementId> = (0..20_000).map(report).collect();
    assert_eq!(folder.see(&many, Timestamp::from_unix(10)).unwrap(), 0);
    assert_eq!(folder.sightings().unwrap().of(many.clone()).unwrap().len(), many.len());
    assert_eq!(folder.sightings().unwrap().all().unwrap().len(), many.len());
    assert!(fs::metadata(file(&folder)).unwrap().len() <= (PAGES + 1) * PAGE as u64);
}

#[test]
fn a_sight_that_was_altered_is_damage_and_no_other_time() {
    let (_parent, folder) = begun();
    folder.see(&BTreeSet::from([beside(0)]), Timestamp::from_unix(1 << 32)).unwrap();
    let sound = fs::read(file(&folder)).unwrap();
    for place in 0..SLOT {
        let mut altered = sound.clone();
        altered[PAGE + place] ^= 1;
        fs::write(file(&folder), altered).unwrap();
        let found = folder.sightings().unwrap().of([beside(0)]);
        match found {
            // Its id is another's now.
            Ok(found) => assert!(place < ID && found.is_empty(), "{place}"),
            Err(error) => assert!(place >= ID && error.code() == "memory-damaged", "{place}"),
        }
    }
}

#[test]
fn a_file_that_is_cut_short_loses_sights_and_makes_none() {
    let (_parent, folder) = begun();
    let many: BTreeSet<StatementId> = (0..200).map(report).collect();
    folder.see(&many, Timestamp::from_unix(10)).unwrap();
    let sound = fs::read(file(&folder)).unwrap();
    for length in (0..sound.len()).step_by(99_991) {
        fs::write(file(&folder), &sound[..length]).unwrap();
        let found = folder.sightings().and_then(|sightings| sightings.of(many.clone()));
        match found {
            Ok(found) => assert!(found.values().all(|at| at.unix() == 10)),
            Err(error) => assert_eq!(error.code(), "memory-damaged"),
        }
    }
}

#[test]
fn a_file_that_others_may_write_or_that_is_no_such_file_is_refused() {
    let (_parent, folder) = begun();
    folder.see(&BTreeSet::from([report(1)]), Timestamp::from_unix(1)).unwrap();
    let code = || folder.sightings().unwrap_err().code();
    for mode in [0o620, 0o602] {
        fs::set_permissions(file(&folder), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(code(), "memory-damaged");
    }
    fs::set_permissions(file(&folder), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(file(&folder), vec![0; 3 * PAGE]).unwrap();
    assert_eq!(code(), "memory-damaged");
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(file(&folder), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, file(&folder)).unwrap();
    assert_eq!(code(), "file-is-link");
    assert_eq!(folder.see(&BTreeSet::new(), Timestamp::from_unix(1)).unwrap_err().code(), "file-is-link");
}

/// Only where the test may give files away.
#[test]
fn a_file_of_another_user_is_refused() {
    let (_parent, folder) = begun();
    folder.see(&BTreeSet::from([report(1)]), Timestamp::from_unix(1)).unwrap();
    if std::os::unix::fs::chown(file(&folder), Some(geteuid().as_raw() + 1), None).is_ok() {
        assert_eq!(folder.sightings().unwrap_err().code(), "memory-damaged");
    }
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let (_parent, folder) = begun();
    std::thread::scope(|scope| {
        for writer in 0..4_u32 {
            let folder = &folder;
            scope.spawn(move || {
                for number in 0..25 {
                    let reports = BTreeSet::from([report(writer * 25 + number), beside(0)]);
                    folder.see(&reports, Timestamp::from_unix(10 + u64::from(writer))).unwrap();
                    let all = folder.sightings().unwrap().of((0..100).map(report)).unwrap();
                    assert!(all.values().all(|at| (10..14).contains(&at.unix())));
                }
            });
        }
    });
    assert_eq!(folder.sightings().unwrap().all().unwrap().len(), 101);
}
