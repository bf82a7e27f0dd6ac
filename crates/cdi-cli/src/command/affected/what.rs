//! What the command line means: a thing by its id, or by a name under which authorities know it.

use std::collections::BTreeSet;

use cdi_decider::Party;

use super::decider::Decider;
use super::index::Calling;
use super::judge::Way;
use super::survey::Survey;
use super::thing::{Named, ThingKind};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// The digits of a whole id.
const WHOLE: usize = 64;

/// The things that `what` stands for: one, or all that go by one name.
pub(crate) fn meant(
    what: &str,
    way: Way,
    survey: &Survey<'_>,
    decider: &Decider,
) -> Result<BTreeSet<Named>, Failure> {
    let by_id = match what.parse::<IdPrefix>() {
        Ok(prefix) => by_id(&prefix, what, survey)?,
        Err(_) => BTreeSet::new(),
    };
    let things = match by_id {
        things if !things.is_empty() => things,
        // A whole id that no bundle mentions: it affects nothing.
        _ if what.len() == WHOLE && what.parse::<IdPrefix>().is_ok() => BTreeSet::new(),
        _ => by_name(what, survey, decider)?,
    };
    match way {
        Way::WhatIf => Ok(things),
        Way::AsItIs => Ok(things.into_iter().flat_map(|thing| revocable(thing, survey)).collect()),
    }
}

/// No list names a tool: what can be revoked of it is its certifications.
fn revocable(thing: Named, survey: &Survey<'_>) -> BTreeSet<Named> {
    match thing.kind {
        ThingKind::Tool => survey.called(Calling::Certified, &thing.id),
        _ => BTreeSet::from([thing]),
    }
}

/// The things of one id: a key can be of a tool and sign origins too.
fn by_id(prefix: &IdPrefix, what: &str, survey: &Survey<'_>) -> Result<BTreeSet<Named>, Failure> {
    let found: BTreeSet<&Named> = survey.things().filter(|thing| thing.id.starts_with(what)).collect();
    let ids: BTreeSet<&str> = found.iter().map(|thing| thing.id.as_str()).collect();
    if let several @ 2.. = ids.len() {
        let all: Vec<String> = found.iter().take(8).map(|thing| format!("`{thing}`")).collect();
        let message = format!("`{prefix}` is the beginning of {several} ids, such as {}", all.join(", "));
        return Err(Failure::failed("id-ambiguous", message).hint("give more digits"));
    }
    Ok(found.into_iter().cloned().collect())
}

fn by_name(what: &str, survey: &Survey<'_>, decider: &Decider) -> Result<BTreeSet<Named>, Failure> {
    let mut authorities = survey.called(Calling::Authority, what);
    for policy in decider.parties.iter().flat_map(Party::policies) {
        let anchors = policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default();
        let named = anchors.iter().filter(|anchor| anchor.name.as_str() == what);
        let keys = named.flat_map(|anchor| anchor.keys.iter().map(|key| key.key_id().to_string()));
        authorities.extend(keys.map(|id| Named { kind: ThingKind::Key, id }));
    }
    let tools = survey.called(Calling::Tool, what);
    match (authorities.is_empty(), tools.is_empty()) {
        (false, true) => Ok(authorities),
        (true, false) => Ok(tools),
        (false, false) => {
            let message = format!("`{what}` is the name of an authority and of a tool");
            Err(Failure::failed("name-ambiguous", message).hint("name the key or the digest instead"))
        }
        (true, true) => {
            let message = format!("nothing in these bundles is called `{what}`, and no id begins so");
            let anchors =
                decider.parties.iter().flat_map(Party::policies).filter_map(|policy| policy.trust());
            let names: BTreeSet<&str> = anchors
                .flat_map(|trust| trust.terms().anchors.iter().map(|anchor| anchor.name.as_str()))
                .chain(survey.names())
                .collect();
            Err(Failure::failed("affected-unknown", message).meant(what, names).hint(
                "name an authority or a tool as a certification or a policy does, or the first 8 digits of an id; \
                 what no bundle mentions affects nothing; a verification summary is revoked by nobody, and forbidden by its id \
                 in a policy (`trust.forbid.origins`)",
            ))
        }
    }
}
