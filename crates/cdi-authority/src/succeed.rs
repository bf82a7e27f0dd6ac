//! Changing the key of an authority: the new key says again what the old one says.

use cdi_keys::{Sealed, Signer, seal};
use cdi_types::{Endorsement, RevokedId, Statement, Timestamp, ToolCertification};

use crate::certify::{one_key_one_tool, readable_conditions, within_own_scope};
use crate::endorse::{fit_for_an_authority, within_own_scope as scope_within_own};
use crate::journal::{Entry, Signed};
use crate::{AuthorityError, Claims, Records, Window};

/// Says again, with the key of `records`, what an entry of the records `old` says: until the same time, and no earlier than
/// now. On `Ok(Some(..))` the sealed statement has the next serial of the journal, into which it must be written before
/// anybody gets it. `Ok(None)` if there is nothing to say again: the entry has ended, was revoked, or is about the new key
/// itself; or the journal says the same already, so that whoever was interrupted can begin again.
///
/// The old journal is signed with the old key, which vouches for it: that somebody proved to hold the report key, and what
/// the authority found about the tool. Whoever calls vouches that both keys are of one authority.
///
/// # Errors
/// [`AuthorityError`] as for a new statement: what the new key may not say it does not.
pub fn say_again(
    entry: &Entry,
    old: &Records,
    records: &Records,
    at: Timestamp,
    issuer: &dyn Signer,
) -> Result<Option<Sealed>, AuthorityError> {
    records.belong_to(issuer)?;
    match &entry.signed {
        Signed::Certification(statement) => {
            let id = RevokedId::Certification(entry.id);
            let key = statement.predicate().report_key.key_id();
            let ended = statement.predicate().not_after <= at;
            if ended || revoked(old, [id, RevokedId::Key(key)]) || says(records, statement) {
                return Ok(None);
            }
            certification(statement, records, at, issuer).map(Some)
        }
        Signed::Endorsement(statement) => {
            let key = statement.predicate().public_key.key_id();
            let ended = statement.predicate().not_after <= at;
            let own = key == records.key().key_id();
            let again = records.journal().endorsements().any(|said| same_child(said, statement.predicate()));
            if ended || own || again || revoked(old, [RevokedId::Endorsement(entry.id), RevokedId::Key(key)])
            {
                return Ok(None);
            }
            endorsement(statement, records, at, issuer).map(Some)
        }
    }
}

fn certification(
    statement: &Statement<ToolCertification>,
    records: &Records,
    at: Timestamp,
    issuer: &dyn Signer,
) -> Result<Sealed, AuthorityError> {
    let said = statement.predicate();
    let window = window(said.not_before, said.not_after, at)?;
    one_key_one_tool(&said.tool, said.report_key.key_id(), records)?;
    let claims = Claims { claims: said.claims.clone(), invocations: said.invocations.clone() };
    within_own_scope(&claims, records, window)?;
    readable_conditions(&claims)?;
    let again = ToolCertification {
        issuer: records.key().key_id(),
        serial: records.journal().next_serial(),
        not_before: window.not_before(),
        chain: records.chain(window.not_before()),
        // What it renewed was said by another key.
        renews: None,
        ..said.clone()
    };
    Ok(seal(&Statement::new(statement.subject().to_vec(), again)?, issuer)?)
}

fn endorsement(
    statement: &Statement<Endorsement>,
    records: &Records,
    at: Timestamp,
    issuer: &dyn Signer,
) -> Result<Sealed, AuthorityError> {
    let said = statement.predicate();
    let window = window(said.not_before, said.not_after, at)?;
    fit_for_an_authority(said.public_key.key_id(), records)?;
    scope_within_own(&said.scope, records, window.not_before())?;
    let again = Endorsement {
        issuer: records.key().key_id(),
        serial: records.journal().next_serial(),
        not_before: window.not_before(),
        parent: records.chain(window.not_before()).first().copied(),
        ..said.clone()
    };
    Ok(seal(&Statement::new(statement.subject().to_vec(), again)?, issuer)?)
}

/// From now, or from when it was to begin.
fn window(begin: Timestamp, end: Timestamp, at: Timestamp) -> Result<Window, AuthorityError> {
    Window::between(begin.max(at), end)
}

fn revoked(old: &Records, ids: [RevokedId; 2]) -> bool {
    ids.into_iter().any(|id| old.lists().entry(id).is_some_and(|entry| entry.runs.is_none()))
}

/// Whether the journal has a certification that says the same of the same tool, until the same time or later.
fn says(records: &Records, statement: &Statement<ToolCertification>) -> bool {
    let said = statement.predicate();
    let same = |known: &Statement<ToolCertification>| {
        known.subject() == statement.subject()
            && known.predicate().says_no_more_than(said)
            && said.says_no_more_than(known.predicate())
            && known.predicate().not_after >= said.not_after
    };
    records.journal().entries().iter().any(|entry| match &entry.signed {
        Signed::Certification(known) => same(known),
        Signed::Endorsement(_) => false,
    })
}

fn same_child(one: &Endorsement, other: &Endorsement) -> bool {
    one.public_key.key_id() == other.public_key.key_id()
        && one.scope == other.scope
        && one.not_after >= other.not_after
}

#[cfg(test)]
mod tests {
    use cdi_types::{Custody, RevocationReason};

    use super::*;
    use crate::testing::{
        NOW, below, child_request, days, endorsement, first, key, records_of, root, scope, terms,
        tool_request,
    };
    use crate::{EndorsementTerms, certify, endorse, revoke};

    /// What the new key with these records says again of the only entry of the old journal.
    fn again(old: &Records, new: &Records, at: Timestamp) -> Result<Option<Sealed>, AuthorityError> {
        say_again(&old.journal().entries()[0], old, new, at, &key(9))
    }

    fn later(days: u64) -> Timestamp {
        NOW.after(cdi_types::Duration::from_seconds(days * 86_400))
    }

    #[test]
    fn everything_but_who_says_it_and_from_when_stays() {
        let (old_key, new_key) = (key(1), key(9));
        let request = tool_request(&key(2), "cc", "acme");
        let sealed =
            certify(&request, terms(&[("A", "establishes")]), &root(&old_key, &[]), &old_key).unwrap();
        let (old, new) = (root(&old_key, &[&sealed]), root(&new_key, &[]));
        let said = again(&old, &new, later(3)).unwrap().unwrap();
        let records = root(&new_key, &[&said]);
        let [Signed::Certification(before)] = [&old.journal().entries()[0].signed] else { panic!() };
        let [Signed::Certification(after)] = [&records.journal().entries()[0].signed] else { panic!() };
        assert_eq!(before.subject(), after.subject());
        let (before, after) = (before.predicate(), after.predicate());
        assert_eq!(after.issuer, records.key().key_id());
        assert_eq!((after.not_before, after.not_after), (later(3), before.not_after));
        let like = ToolCertification {
            issuer: before.issuer,
            serial: before.serial,
            not_before: before.not_before,
            ..after.clone()
        };
        assert_eq!(like, *before);
        assert_eq!(after.custody, Custody::Software);
        assert!(again(&old, &records, later(4)).unwrap().is_none(), "it is said already");
        assert!(again(&old, &new, later(90)).unwrap().is_none(), "it has ended");
    }

    #[test]
    fn what_the_old_key_took_back_is_not_said_again() {
        let old_key = key(1);
        let request = tool_request(&key(2), "cc", "acme");
        let sealed =
            certify(&request, terms(&[("A", "establishes")]), &root(&old_key, &[]), &old_key).unwrap();
        let records = root(&old_key, &[&sealed]);
        let report_key = request.statement().predicate().report_key.key_id();
        for id in [RevokedId::Certification(sealed.id), RevokedId::Key(report_key)] {
            let reason = RevocationReason::Superseded;
            let entry = cdi_types::Revocation {
                id,
                reason,
                runs: None,
                since: None,
                date: NOW,
                survivors: Vec::new(),
                successor: None,
            };
            let list = revoke(&records, entry, days(7), &old_key).unwrap();
            let old = records_of(&old_key, &[&sealed], &[&first(&old_key), &list], Vec::new());
            assert!(again(&old, &root(&key(9), &[]), NOW).unwrap().is_none());
        }
    }

    #[test]
    fn the_new_key_keeps_to_its_own_scope_and_knows_its_own_tools() {
        let (old_key, new_key) = (key(1), key(9));
        let request = tool_request(&key(2), "cc", "acme");
        let sealed =
            certify(&request, terms(&[("A", "establishes")]), &root(&old_key, &[]), &old_key).unwrap();
        let old = root(&old_key, &[&sealed]);
        let parent = key(3);
        let narrow = endorsement(&new_key, scope(&["B"], 0), &root(&parent, &[]), &parent);
        let refused = again(&old, &below(&new_key, &[&narrow], &[&parent]), NOW).unwrap_err();
        assert_eq!(refused.code(), "scope-exceeded");
        let other = tool_request(&key(2), "ld", "acme");
        let other = certify(&other, terms(&[("A", "establishes")]), &root(&new_key, &[]), &new_key).unwrap();
        let refused = again(&old, &root(&new_key, &[&other]), NOW).unwrap_err();
        assert_eq!(refused.code(), "report-key-of-another-tool");
        let refused = say_again(&old.journal().entries()[0], &old, &root(&new_key, &[]), NOW, &old_key);
        assert_eq!(refused.unwrap_err().code(), "authority-foreign-signer");
    }

    #[test]
    fn an_endorsement_is_said_again_unless_it_is_of_the_new_key() {
        let (old_key, new_key) = (key(1), key(9));
        for (child, says) in [(key(4), true), (key(9), false)] {
            let terms = EndorsementTerms { window: days(300), scope: scope(&["*"], 0) };
            let sealed = endorse(&child_request(&child), terms, &root(&old_key, &[]), &old_key).unwrap();
            let said = again(&root(&old_key, &[&sealed]), &root(&new_key, &[]), later(1)).unwrap();
            assert_eq!(said.is_some(), says);
        }
    }
}
