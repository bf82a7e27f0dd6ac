//! Why a certification does not vote: the first of what rule M-VOTE asks for and is not so.

use super::View;
use super::chain::is_authority;
use super::mismatch::mismatch;
use super::obstacle::Reason;
use super::revocation::{
    contradicts_itself, has_fresh_list, is_compromised, lists_of, ran_in, revoked_itself,
};
use super::vote::{Roles, covers, is_about, line, may_be};
use super::world::{
    Capture, Certification, Claim, Condition, Digest, Effect, Endorsement, Entry, Exit, Invocation, Key,
    Libraries, Linkage, Name, Property, Report, ReportKind, Target,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a claim says by a run.
pub(super) struct Said<'w> {
    pub(super) invocation: &'w Invocation,
    pub(super) roles: Roles,
    /// By their paths, what inputs may be taken for instead of code, since somebody lists them.
    pub(super) listed: BTreeMap<Name, BTreeSet<Name>>,
    /// The inputs that must have the property first.
    pub(super) waits_for: Vec<&'w (Name, Digest)>,
}

/// Why a report is not there for a principal, if it is not.
pub(super) fn removed(view: View<'_>, report: &Report) -> Option<Reason> {
    let forbidden = &view.principal.forbidden;
    let libraries = match &report.libraries {
        Libraries::Measured(libraries) => libraries.as_slice(),
        Libraries::Unmeasured => &[],
    };
    let mut measured = report.executables.iter().chain(libraries).chain([&report.recorder]);
    let unmet = |condition: &Condition| condition_failure(*condition, report).is_some();
    let code = if forbidden.report_keys.contains(&report.key) {
        "forbidden-report-key"
    } else if measured.any(|file| forbidden.tools.contains(file)) {
        "forbidden-tool"
    } else if view.principal.step_conditions.iter().any(unmet) {
        "step-condition-unmet"
    } else if is_compromised(view, report) {
        "report-key-compromised"
    } else {
        return None;
    };
    Some(Reason::of(code))
}

/// Why a condition does not hold of a run, if it does not.
fn condition_failure(condition: Condition, report: &Report) -> Option<&'static str> {
    match condition {
        Condition::True => None,
        Condition::Error => Some("condition-error"),
        Condition::ExitIs(code) => match report.exit {
            Exit::Code(found) if found == code => None,
            Exit::Code(_) => Some("condition-false"),
            // There is no exit code to compare.
            Exit::Signal(_) => Some("condition-error"),
        },
    }
}

/// Why nothing counts that this key signs as an authority, if nothing does.
pub(super) fn silence(view: View<'_>, key: &Key) -> Option<Reason> {
    let code = if view.principal.forbidden.authorities.contains(key) {
        "forbidden-authority"
    } else if is_authority(view, key) && revoked_itself(view.world, key) {
        "revoked"
    } else if contradicts_itself(view.world, key) {
        "revocation-lists-contradict"
    } else if view.bound == super::Bound::Lower && !has_fresh_list(view, key) {
        "revocation-list-stale"
    } else {
        return None;
    };
    Some(Reason::of(code))
}

fn undated(view: View<'_>, not_before: u64, not_after: u64) -> Option<Reason> {
    let world = view.world;
    if not_before > world.time + world.skew {
        Some(Reason::of("not-yet-valid"))
    } else if not_after <= world.time {
        Some(Reason::of("expired"))
    } else {
        None
    }
}

/// Whether an authority with standing has an entry such as this one.
fn has_entry(view: View<'_>, by: &Key, such: impl Fn(&Entry) -> bool) -> bool {
    is_authority(view, by) && lists_of(view.world, by).any(|list| list.entries.iter().any(&such))
}

/// Why an endorsement does not stand, whatever those before it on a chain have revoked.
pub(super) fn fallen(view: View<'_>, endorsement: &Endorsement) -> Option<Reason> {
    let taken_back = |entry: &Entry| {
        entry.target == Target::Endorsement(endorsement.id.clone())
            || (entry.target == Target::Key(endorsement.child.clone()) && entry.runs.is_none())
    };
    undated(view, endorsement.not_before, endorsement.not_after)
        .or_else(|| silence(view, &endorsement.issuer))
        .or_else(|| has_entry(view, &endorsement.issuer, taken_back).then_some(Reason::of("revoked")))
}

/// Why the certification does not speak about the run at all, the claims and the chain aside.
pub(super) fn unfit(view: View<'_>, c: &Certification, report: &Report) -> Option<Reason> {
    let line = line(view, c, report);
    let ids: Vec<_> = line.iter().flatten().map(|certification| &certification.id).chain([&c.id]).collect();
    let taken_back = |entry: &Entry| match (&entry.target, entry.runs) {
        (Target::Certification(id), _) => ids.contains(&id),
        (Target::Key(key), None) => *key == report.key,
        (Target::Key(key), Some(time)) => *key == report.key && ran_in(time, report),
        (Target::Report(id), _) => *id == report.id,
        (Target::Endorsement(_), _) => false,
    };
    let in_closure = |digest: &Digest| c.closure.contains(digest);
    let stray = |digest: &Digest| *digest != c.entry && !in_closure(digest);
    let libraries = match &report.libraries {
        Libraries::Measured(libraries) => libraries.as_slice(),
        Libraries::Unmeasured => &[],
    };
    let unmeasured = report.libraries == Libraries::Unmeasured && c.linkage == Linkage::Dynamic;
    let too_low = view.principal.capture_floor.is_some_and(|floor| report.capture < floor);
    let first = |conditions: &[(bool, &'static str)]| {
        conditions.iter().find(|(failed, _)| *failed).map(|(_, code)| Reason::of(code))
    };
    undated(view, c.not_before, c.not_after).or_else(|| silence(view, &c.issuer)).or_else(|| {
        first(&[
            (has_entry(view, &c.issuer, taken_back), "revoked"),
            (c.custody < view.principal.custody_floor, "custody-too-low"),
            (line.is_none(), "certification-not-named"),
            (report.executables.first() != Some(&c.entry), "tool-executable"),
            (unmeasured, "tool-libraries-unmeasured"),
            (report.executables.iter().chain(libraries).any(stray), "tool-closure"),
            (report.recorder != c.recorder, "tool-recorder"),
            (too_low, "capture-too-low"),
        ])
    })
}

/// The claims of a certification about a property.
pub(super) fn claims<'w>(view: View<'w>, c: &'w Certification, property: &Property) -> Vec<&'w Claim> {
    c.claims.iter().filter(|claim| is_about(view.world, c, claim, property)).collect()
}

/// What a claim says of an artifact by a run, or the first reason why it says nothing.
pub(super) fn said<'w>(
    view: View<'w>,
    c: &'w Certification,
    claim: &Claim,
    property: &Property,
    report: &'w Report,
    artifact: &Digest,
) -> Result<Said<'w>, Reason> {
    let nothing = Reason::of("report-wrong-kind");
    let invocation = c.invocations.get(&claim.invocation).ok_or(nothing)?;
    mismatch(view, invocation, report).map_or(Ok(()), Err)?;
    let roles = covers(view, invocation, report).ok_or(Reason::of("invocation-arguments"))?;
    if claim.lowest_capture.is_some_and(|lowest| report.capture < lowest) {
        return Err(Reason::of("capture-too-low"));
    }
    if let Some(code) = claim.condition.and_then(|condition| condition_failure(condition, report)) {
        return Err(Reason { code, progress: (u8::MAX, 0) });
    }
    let (kind, files) = match claim.effect {
        Effect::Establishes | Effect::Preserves => (ReportKind::Transform, &report.outputs),
        Effect::Attests => (ReportKind::Inspection, &report.inputs),
        Effect::Supplies => return Err(nothing),
    };
    let has_role = |path: &Name| match claim.effect {
        Effect::Establishes | Effect::Preserves => roles.is_output(path, &claim.output_role),
        Effect::Attests => roles.is_input(path, &claim.output_role),
        Effect::Supplies => false,
    };
    if report.kind != kind {
        return Err(Reason::of("report-wrong-kind"));
    }
    if !files.iter().any(|(path, digest)| digest == artifact && has_role(path)) {
        return Err(Reason::of("output-role"));
    }
    let found = (artifact.clone(), property.clone());
    let code = roles.code_inputs(report);
    let waits_for = match claim.effect {
        Effect::Supplies => return Err(nothing),
        Effect::Establishes => Vec::new(),
        Effect::Attests if report.findings.contains(&found) => Vec::new(),
        Effect::Attests => return Err(Reason::of("property-not-found")),
        Effect::Preserves if report.capture < Capture::SelfRecorded => {
            return Err(Reason::of("capture-too-low"));
        }
        Effect::Preserves if code.is_empty() => return Err(Reason::of("step-without-code")),
        Effect::Preserves => code,
    };
    let may_be = |input: &(Name, Digest)| (input.0.clone(), may_be(view, invocation, &roles, input));
    let listed = report.inputs.iter().map(may_be).collect();
    Ok(Said { invocation, roles, listed, waits_for })
}
