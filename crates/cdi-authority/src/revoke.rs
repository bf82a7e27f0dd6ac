//! Revoking: the next list of an authority.

use cdi_keys::{Sealed, Signer, seal};
use cdi_types::{
    Annotations, ArtifactDigest, Revocation, RevocationList, RevocationReason, RevokedId, Statement, Subject,
};

use crate::{AuthorityError, Entry, LIST_LIFETIME, Records, Signed, Window};

/// The first list of a new authority: serial 0 and empty.
///
/// # Errors
/// [`AuthorityError`] for a window that is too long, and for a signer that does not sign.
pub fn first_list(issuer: &dyn Signer, window: Window) -> Result<Sealed, AuthorityError> {
    list(issuer, 0, window, Vec::new())
}

/// The next list, with no new entries: it says that what was revoked so far is all that was to be revoked until now.
///
/// # Errors
/// As [`revoke`].
pub fn publish(records: &Records, window: Window, issuer: &dyn Signer) -> Result<Sealed, AuthorityError> {
    next_list(records, records.lists().newest().revoked.clone(), window, issuer)
}

/// The next list, with one more entry. On `Ok` it has every earlier entry, and the serial after the newest list's; it
/// must be written into the record of lists before anybody gets it.
///
/// An entry about the same thing takes the place of the earlier one: its reason may become worse, its survivors fewer or
/// more, the time of its runs longer, a compromise earlier or of no known time, but a compromise stays one, and what was
/// revoked stays so. Only statements that this authority signed can be revoked by their id; reports and
/// keys may be anybody's.
///
/// # Errors
/// [`AuthorityError`] names the rule that forbids it.
pub fn revoke(
    records: &Records,
    entry: Revocation,
    window: Window,
    issuer: &dyn Signer,
) -> Result<Sealed, AuthorityError> {
    signed_here(records, entry.id)?;
    members_in_place(&entry)?;
    since_in_place(records, &entry)?;
    let mut revoked = records.lists().newest().revoked.clone();
    match revoked.iter_mut().find(|known| known.id == entry.id) {
        None => revoked.push(entry),
        Some(known) => {
            amendable(known, &entry)?;
            *known = entry;
        }
    }
    next_list(records, revoked, window, issuer)
}

fn next_list(
    records: &Records,
    revoked: Vec<Revocation>,
    window: Window,
    issuer: &dyn Signer,
) -> Result<Sealed, AuthorityError> {
    records.belong_to(issuer)?;
    let (not_before, newest) = (window.not_before(), records.lists().newest());
    if not_before < newest.not_before {
        return Err(AuthorityError::ListGoesBack { not_before, newest: newest.not_before });
    }
    list(issuer, newest.serial.saturating_add(1), window, revoked)
}

fn list(
    issuer: &dyn Signer,
    serial: u64,
    window: Window,
    revoked: Vec<Revocation>,
) -> Result<Sealed, AuthorityError> {
    let window = window.within(LIST_LIFETIME, "a revocation list")?;
    let own = issuer.public_key().key_id();
    let list = RevocationList {
        issuer: own,
        serial,
        not_before: window.not_before(),
        not_after: window.not_after(),
        revoked,
        annotations: Annotations::default(),
    };
    let subject = vec![Subject { path: None, digest: ArtifactDigest::File(own.sha256()) }];
    Ok(seal(&Statement::new(subject, list)?, issuer)?)
}

fn signed_here(records: &Records, id: RevokedId) -> Result<(), AuthorityError> {
    let known = match id {
        RevokedId::Certification(statement) => {
            records.journal().find(statement).is_some_and(|e| matches!(e.signed, Signed::Certification(_)))
        }
        RevokedId::Endorsement(statement) => {
            records.journal().find(statement).is_some_and(|e| matches!(e.signed, Signed::Endorsement(_)))
        }
        RevokedId::Report(_) | RevokedId::Key(_) => true,
    };
    if known { Ok(()) } else { Err(AuthorityError::RevokesUnknown { id }) }
}

/// Survivors are read at compromised keys, successors at keys; anywhere else they would be a promise that nobody keeps.
const fn members_in_place(entry: &Revocation) -> Result<(), AuthorityError> {
    let of_key = matches!(entry.id, RevokedId::Key(_));
    let of_stolen_key = of_key && matches!(entry.reason, RevocationReason::KeyCompromise);
    let (member, place) = if entry.runs.is_some() && (!of_key || of_stolen_key) {
        ("runs of a time", "a key revoked for another reason than `key-compromise`")
    } else if !of_stolen_key && entry.since.is_some() {
        ("the time of a compromise", "a key revoked for `key-compromise`")
    } else if !of_stolen_key && !entry.survivors.is_empty() {
        ("survivors", "a key revoked for `key-compromise`")
    } else if !of_key && entry.successor.is_some() {
        ("a successor", "a revoked key")
    } else {
        return Ok(());
    };
    Err(AuthorityError::RevocationMember { member, place, id: entry.id })
}

/// Since when a key is compromised is read at the report keys that this authority has certified.
fn since_in_place(records: &Records, entry: &Revocation) -> Result<(), AuthorityError> {
    let (Some(_), RevokedId::Key(key)) = (entry.since, entry.id) else { return Ok(()) };
    let is_of = |known: &Entry| match &known.signed {
        Signed::Certification(statement) => statement.predicate().report_key.key_id() == key,
        Signed::Endorsement(_) => false,
    };
    if records.journal().entries().iter().any(is_of) {
        return Ok(());
    }
    let (member, place) = ("the time of a compromise", "a report key that this authority has certified");
    Err(AuthorityError::RevocationMember { member, place, id: entry.id })
}

fn amendable(known: &Revocation, entry: &Revocation) -> Result<(), AuthorityError> {
    let compromise = RevocationReason::KeyCompromise;
    if known.reason == compromise && entry.reason != compromise {
        return Err(AuthorityError::RevocationWeakened { id: entry.id, reason: entry.reason });
    }
    // What was known from the start of the compromise stays known: only an earlier one says more.
    let weaker = |since| known.since.is_none_or(|known| known < since);
    if let Some(since) = entry.since.filter(|since| known.reason == compromise && weaker(*since)) {
        return Err(AuthorityError::CompromiseWeakened { id: entry.id, known: known.since, since });
    }
    let wider = match (known.runs, entry.runs) {
        (_, None) => true,
        (Some(known), Some(new)) => new.from <= known.from && known.until <= new.until,
        (None, Some(_)) => false,
    };
    if !wider {
        return Err(AuthorityError::RevocationNarrowed { id: entry.id });
    }
    let same = Revocation { date: known.date, ..entry.clone() } == *known;
    if same { Err(AuthorityError::RevokedAlready { id: known.id, date: known.date }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
