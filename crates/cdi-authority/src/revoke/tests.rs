use cdi_keys::{Signer as _, SoftwareKey};
use cdi_types::{KeyId, RunWindow, StatementId, Timestamp};

use super::*;
use crate::testing::{NOW, days, endorsement, file, key, records_of, root, scope};
use crate::{RecordError, Window};

fn code(result: Result<Sealed, AuthorityError>) -> &'static str {
    result.unwrap_err().code()
}

fn entry(id: RevokedId, reason: RevocationReason) -> Revocation {
    Revocation { id, reason, runs: None, since: None, date: NOW, survivors: Vec::new(), successor: None }
}

fn some_key(text: &str) -> RevokedId {
    RevokedId::Key(KeyId::of(text.as_bytes()))
}

/// Records with lists that revoke these, one after the other.
fn after(authority: &SoftwareKey, entries: &[Revocation]) -> (Records, Vec<Sealed>) {
    let mut lists = vec![first_list(authority, days(7)).unwrap()];
    let read = |lists: &[Sealed]| records_of(authority, &[], &lists.iter().collect::<Vec<_>>(), Vec::new());
    for entry in entries {
        lists.push(revoke(&read(&lists), entry.clone(), days(7), authority).unwrap());
    }
    (read(&lists), lists)
}

#[test]
fn each_list_has_all_earlier_entries_and_the_next_serial() {
    let authority = key(1);
    let entries = ["a", "b"].map(|text| entry(some_key(text), RevocationReason::Superseded));
    let (records, lists) = after(&authority, &entries);
    assert_eq!(records.lists().newest().revoked, entries);
    assert_eq!(records.lists().newest().serial, 2);
    let fresh = publish(&records, days(7), &authority).unwrap();
    let all: Vec<&Sealed> = lists.iter().chain([&fresh]).collect();
    assert_eq!(records.lists().file_with(&fresh), file(&all));
    let records = records_of(&authority, &[], &all, Vec::new());
    assert_eq!((records.lists().newest().serial, records.lists().newest().revoked.len()), (3, 2));
}

#[test]
fn records_that_drop_an_entry_or_a_list_are_rejected() {
    let authority = key(1);
    let (_, lists) = after(&authority, &[entry(some_key("a"), RevocationReason::Superseded)]);
    let (_, other) = after(&authority, &[entry(some_key("b"), RevocationReason::Superseded)]);
    let third = publish(
        &after(&authority, &[entry(some_key("b"), RevocationReason::Superseded)]).0,
        days(7),
        &authority,
    );
    let parse = |lists: &[&Sealed]| {
        Records::parse(authority.public_key().clone(), Vec::new(), file(lists), Vec::new())
            .map_err(|error: RecordError| error.code())
    };
    assert_eq!(parse(&[&lists[0], &lists[1], &third.unwrap()]).unwrap_err(), "record-entry-dropped");
    assert_eq!(parse(&[&lists[1]]).unwrap_err(), "record-serial");
    assert_eq!(parse(&[&lists[0], &lists[1], &other[1]]).unwrap_err(), "record-entry-dropped");
    assert_eq!(parse(&[]).unwrap_err(), "record-without-list");
    let foreign = first_list(&key(2), days(7)).unwrap();
    assert_eq!(parse(&[&foreign]).unwrap_err(), "record-line-unusable");
}

#[test]
fn only_statements_of_this_authority_are_revoked_by_id() {
    let (authority, child) = (key(1), key(2));
    let endorsed = endorsement(&child, scope(&["*"], 0), &root(&authority, &[]), &authority);
    let records = root(&authority, &[&endorsed]);
    let with = |id| revoke(&records, entry(id, RevocationReason::Superseded), days(7), &authority);
    assert!(with(RevokedId::Endorsement(endorsed.id)).is_ok());
    assert_eq!(code(with(RevokedId::Certification(endorsed.id))), "revokes-unknown");
    let unknown = StatementId::of(b"unknown");
    assert_eq!(code(with(RevokedId::Endorsement(unknown))), "revokes-unknown");
    assert!(with(RevokedId::Report(unknown)).is_ok());
}

#[test]
fn an_entry_gets_worse_and_never_better() {
    let authority = key(1);
    let (id, compromise) = (some_key("a"), RevocationReason::KeyCompromise);
    let (records, _) = after(&authority, &[entry(id, RevocationReason::Superseded)]);
    assert_eq!(
        code(revoke(&records, entry(id, RevocationReason::Superseded), days(7), &authority)),
        "revoked-already"
    );
    let (records, _) = after(&authority, &[entry(id, RevocationReason::Superseded), entry(id, compromise)]);
    assert_eq!(records.lists().newest().revoked, [entry(id, compromise)]);
    assert_eq!(
        code(revoke(&records, entry(id, RevocationReason::Superseded), days(7), &authority)),
        "revocation-weakened"
    );
    let saved = Revocation { survivors: vec![StatementId::of(b"report")], ..entry(id, compromise) };
    assert!(revoke(&records, saved, days(7), &authority).is_ok());
}

#[test]
fn survivors_and_successors_stand_where_they_are_read() {
    let authority = key(1);
    let records = root(&authority, &[]);
    let survivors = vec![StatementId::of(b"report")];
    let superseded = entry(some_key("a"), RevocationReason::Superseded);
    let misplaced = Revocation { survivors, ..superseded };
    assert_eq!(code(revoke(&records, misplaced, days(7), &authority)), "revocation-member-misplaced");
    let report = entry(RevokedId::Report(StatementId::of(b"r")), RevocationReason::Unspecified);
    let misplaced = Revocation { successor: Some(KeyId::of(b"k")), ..report };
    assert_eq!(code(revoke(&records, misplaced, days(7), &authority)), "revocation-member-misplaced");
}

#[test]
fn the_time_of_revoked_runs_gets_longer_and_never_shorter() {
    let authority = key(1);
    let id = some_key("a");
    let at = |seconds: u64| Timestamp::from_unix(seconds);
    let of = |from: u64, until: u64| Revocation {
        runs: Some(RunWindow { from: at(from), until: at(until) }),
        ..entry(id, RevocationReason::VettingWithdrawn)
    };
    let (records, _) = after(&authority, &[of(10, 20)]);
    let with = |entry| code(revoke(&records, entry, days(7), &authority));
    assert_eq!(with(of(10, 20)), "revoked-already");
    assert_eq!(with(of(11, 30)), "revocation-narrowed");
    assert!(revoke(&records, of(5, 20), days(7), &authority).is_ok());
    let (records, _) = after(&authority, &[of(10, 20), entry(id, RevocationReason::VettingWithdrawn)]);
    assert_eq!(code(revoke(&records, of(1, 99), days(7), &authority)), "revocation-narrowed");
    let stolen = Revocation { reason: RevocationReason::KeyCompromise, ..of(10, 20) };
    let of_report = Revocation { id: RevokedId::Report(StatementId::of(b"r")), ..of(10, 20) };
    for misplaced in [stolen, of_report] {
        let refused = revoke(&root(&authority, &[]), misplaced, days(7), &authority);
        assert_eq!(code(refused), "revocation-member-misplaced");
    }
}

#[test]
fn lists_go_forward_in_time_and_do_not_last() {
    let authority = key(1);
    let records = root(&authority, &[]);
    let earlier = Window::between(Timestamp::from_unix(NOW.unix() - 1), days(1).not_after()).unwrap();
    assert_eq!(code(publish(&records, earlier, &authority)), "list-goes-back");
    assert_eq!(code(publish(&records, days(31), &authority)), "window-too-long");
    assert_eq!(code(first_list(&authority, days(31))), "window-too-long");
    assert_eq!(code(publish(&records, days(7), &key(2))), "authority-foreign-signer");
}
