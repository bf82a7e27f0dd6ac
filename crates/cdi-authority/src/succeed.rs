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
    ids.into_iter().any(|id| old.lists().entry(id).is_some())
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
