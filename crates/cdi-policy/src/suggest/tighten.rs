//! Terms made as tight as the evidence lets them be, one after the other.

use std::collections::BTreeSet;

use cdi_types::{CaptureLevel, Custody, Exit, PropertyName, limits};
use cdi_verify::{Certifications, Inputs};

use super::draft::Draft;
use super::{Good, SuggestError};

/// How many must vouch comes first: everything after it keeps their votes.
pub(super) fn all(draft: &mut Draft, good: Good<'_>) -> Result<(), SuggestError> {
    numbers(draft, good)?;
    anchors(draft, good)?;
    let custodies = [Custody::AttestedCode, Custody::Hardware, Custody::IsolatedProcess];
    first(draft, good, custodies, |draft, custody| draft.custody = custody)?;
    let levels = [CaptureLevel::Confined, CaptureLevel::Traced, CaptureLevel::SelfRecorded];
    first(draft, good, levels, |draft, capture| draft.capture = capture)?;
    draft.tightened(good, |draft| draft.certifications = Certifications::Named)?;
    draft.tightened(good, |draft| draft.inputs = Inputs::Linked)?;
    conditions(draft, good)
}

/// Takes the first of these that the evidence meets, the tightest standing first.
fn first<T>(
    draft: &mut Draft,
    good: Good<'_>,
    values: impl IntoIterator<Item = T>,
    mut set: impl FnMut(&mut Draft, T),
) -> Result<(), SuggestError> {
    for value in values {
        if draft.tightened(good, |draft| set(draft, value))? {
            break;
        }
    }
    Ok(())
}

/// The greatest quorum, and the most countersignatures, of each property.
fn numbers(draft: &mut Draft, good: Good<'_>) -> Result<(), SuggestError> {
    let most = u8::try_from(draft.anchors.len()).unwrap_or(u8::MAX).min(limits::QUORUM);
    for property in draft.asked() {
        raise(good, most, 2, draft, |draft, k| {
            draft.quorum.insert(property.clone(), k);
        })?;
        raise(good, most, 1, draft, |draft, k| {
            draft.countersigned.insert(property.clone(), k);
        })?;
    }
    Ok(())
}

fn raise(
    good: Good<'_>,
    most: u8,
    from: u8,
    draft: &mut Draft,
    mut set: impl FnMut(&mut Draft, u8),
) -> Result<(), SuggestError> {
    for k in from..=most {
        if !draft.tightened(good, |draft| set(draft, k))? {
            break;
        }
    }
    Ok(())
}

/// Anchors that may endorse no deeper, and speak about no more, than was needed.
fn anchors(draft: &mut Draft, good: Good<'_>) -> Result<(), SuggestError> {
    for n in 0..draft.anchors.len() {
        let depths = 0..limits::ENDORSEMENT_DEPTH;
        first(draft, good, depths, |draft, depth| {
            draft.anchors.iter_mut().skip(n).take(1).for_each(|anchor| anchor.depth = depth);
        })?;
    }
    for n in (0..draft.anchors.len()).rev() {
        let scope = draft.anchors.get(n).map(|anchor| anchor.scope.clone()).unwrap_or_default();
        for property in scope {
            narrow(draft, good, n, &property)?;
        }
    }
    draft.anchors.retain(|anchor| !anchor.scope.is_empty());
    Ok(())
}

/// Takes a property out of an anchor's scope, if nothing rests on it. An anchor without a scope is none.
fn narrow(draft: &mut Draft, good: Good<'_>, n: usize, property: &PropertyName) -> Result<(), SuggestError> {
    let mut tighter = draft.clone();
    tighter.anchors.iter_mut().skip(n).take(1).for_each(|anchor| {
        anchor.scope.remove(property);
    });
    let mut asked = tighter.clone();
    asked.anchors.retain(|anchor| !anchor.scope.is_empty());
    if !asked.anchors.is_empty() && asked.tightened(good, |_| {})? {
        *draft = tighter;
    }
    Ok(())
}

/// Conditions to every run: that it ended well, and which program it was.
fn conditions(draft: &mut Draft, good: Good<'_>) -> Result<(), SuggestError> {
    let used = draft.reports(good)?;
    let reports = good.provenance.get().reports().iter();
    let operations: Vec<_> = reports
        .filter(|report| used.contains(&report.id()))
        .map(|report| &report.predicate().operation)
        .collect();
    if !operations.is_empty() && operations.iter().all(|operation| operation.exit == Exit::Code(0)) {
        draft.tightened(good, |draft| draft.conditions.push("operation.exit == 0".to_owned()))?;
    }
    let programs: BTreeSet<&str> = operations.iter().map(|operation| operation.program.as_str()).collect();
    let plain =
        |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-/".contains(&byte));
    if !programs.is_empty() && programs.len() <= 8 && programs.iter().all(plain) {
        let one = programs.iter().map(|program| format!("operation.program == '{program}'"));
        let condition = one.collect::<Vec<_>>().join(" || ");
        draft.tightened(good, |draft| draft.conditions.push(condition))?;
    }
    Ok(())
}
