//! What of a world can be said to production. This is the one place where a world is changed before it is compared.

use crate::model::policy::refusal;
use crate::model::world::{
    Arg, Assumed, CODE, Capture, Certification, Claim, Claimed, Effect, Endorsement, Evidence, Id,
    Invocation, Key, Manifest, Name, Origin, OriginRule, Piece, Principal, Reason, Report, ReportKind,
    RevocationList, Rule, STEP, Target, World,
};
use std::collections::BTreeSet;

/// How far production lets a clock run ahead of its own, in seconds.
const SKEW: u64 = 120;

/// A rule of production's formats that a world breaks, and what is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restriction {
    /// Nobody endorses their own key; such endorsements are dropped.
    EndorsementOfOneself,
    /// A certification claims something, of claims that can be, by invocations that accept something; others are
    /// dropped.
    MalformedCertification,
    /// A report is about something, names each path once, and an inspection finds only what it inspected; others are
    /// dropped.
    MalformedReport,
    /// Somebody brings the key of a report: the reports of others are dropped.
    UnknownReportKey,
    /// A report names reports that were there before it; other names are dropped.
    LaterReport,
    /// An origin lists something; others are dropped.
    EmptyOrigin,
    /// A list names each thing once; others are dropped.
    RepeatedEntry,
    /// A list says of compromised keys alone since when they are so, and of no time after it; others are dropped.
    MisplacedSince,
    /// One host asserts what an environment is; what others say besides the first one is dropped.
    SeveralHosts,
}

/// The world without what production refuses to read, and the restrictions that changed it.
///
/// Production refuses a malformed statement whole, where the model would only not credit the malformed part. Nothing that
/// is dropped here is looked at again: that such statements are refused is for vectors to show.
///
/// What a stranger signs whose key nobody brings is not there for production (rule V-ISSUER). It shows nothing to anybody, so
/// that to drop it is no restriction; a reason could speak of it.
///
/// Production's skew allowance is fixed. Windows that begin in the future are moved by the difference, which changes
/// nothing for anybody and is no restriction: what had begun for the world's allowance has begun for production's.
pub fn expressible(world: &World) -> (World, BTreeSet<Restriction>) {
    let mut world = world.clone();
    let mut broken = BTreeSet::new();
    move_starts(&mut world);
    forget_exemptions(&mut world);
    let policy_keys = policy_keys(&world);
    let evidence = &mut world.evidence;
    if !name_earlier_reports(evidence) {
        broken.insert(Restriction::LaterReport);
    }
    let mut keep = |admitted: bool, restriction: Restriction| {
        if !admitted {
            broken.insert(restriction);
        }
        admitted
    };
    evidence.endorsements.retain(|e| keep(endorsement(e), Restriction::EndorsementOfOneself));
    evidence.certifications.retain(|c| keep(certification(c), Restriction::MalformedCertification));
    evidence.reports.retain(|r| keep(report(r), Restriction::MalformedReport));
    let known = brought(evidence, policy_keys);
    evidence.reports.retain(|r| keep(known.contains(&r.key), Restriction::UnknownReportKey));
    evidence.endorsements.retain(|e| known.contains(&e.issuer));
    evidence.certifications.retain(|c| known.contains(&c.issuer));
    evidence.origins.retain(|o| keep(origin(o), Restriction::EmptyOrigin));
    evidence.revocation_lists.retain(|l| keep(list(l), Restriction::RepeatedEntry));
    evidence.revocation_lists.retain(|l| keep(since(l), Restriction::MisplacedSince));
    let host: Option<Name> = world.asserted.first().map(|(who, _)| who.clone());
    world.asserted.retain(|(who, _)| keep(Some(who) == host.as_ref(), Restriction::SeveralHosts));
    (world, broken)
}

/// The keys that anybody brings: policies, and what is signed with a key that is brought.
fn brought(evidence: &Evidence, policy_keys: BTreeSet<Key>) -> BTreeSet<Key> {
    let mut known = policy_keys;
    loop {
        let before = known.len();
        let endorsed = evidence.endorsements.iter().map(|e| (&e.issuer, &e.child));
        let certified = evidence.certifications.iter().map(|c| (&c.issuer, &c.report_key));
        let more = endorsed.chain(certified).filter(|(issuer, _)| known.contains(*issuer));
        let more: Vec<Key> = more.map(|(_, key)| key.clone()).collect();
        known.extend(more);
        if known.len() == before {
            return known;
        }
    }
}

/// The keys that policies bring: those that do not load bring none.
fn policy_keys(world: &World) -> BTreeSet<Key> {
    let loads = |p: &&Principal| p.rule == Rule::DefaultDeny && refusal(p, &world.catalogue).is_none();
    let of = |principal: &Principal| {
        let mut keys: Vec<Key> = principal.anchors.iter().flat_map(|anchor| anchor.keys.clone()).collect();
        keys.extend(principal.complete.iter().flatten().filter_map(|rule| match rule {
            OriginRule::Key(key, _) => Some(key.clone()),
            OriginRule::Digest(_) => None,
        }));
        keys.extend(principal.assumptions.iter().filter_map(|(_, of)| match of {
            Assumed::ByOrigin(key, _) => Some(key.clone()),
            Assumed::ByDigest(_) => None,
        }));
        keys
    };
    world.principals.iter().filter(loads).flat_map(of).collect()
}

/// Drops the names of reports that do not come before the one that names them: a real one names the digest of what it
/// names. Whether there were none.
fn name_earlier_reports(evidence: &mut Evidence) -> bool {
    let (mut earlier, mut all) = (BTreeSet::new(), true);
    let known: BTreeSet<Id> = evidence.reports.iter().map(|report| report.id.clone()).collect();
    for report in &mut evidence.reports {
        for ids in report.links.values_mut() {
            let before = ids.len();
            ids.retain(|id| earlier.contains(id) || !known.contains(id));
            all &= ids.len() == before;
        }
        earlier.insert(report.id.clone());
    }
    all
}

/// A policy says what is exempt from a history where it asks for one; elsewhere there is nothing to be exempt from.
fn forget_exemptions(world: &mut World) {
    let asks_for_none = world.principals.iter_mut().filter(|principal| principal.complete.is_none());
    asks_for_none.for_each(|principal| {
        principal.exempt.clear();
        principal.depth.clear();
        principal.summaries.clear();
    });
}

fn move_starts(world: &mut World) {
    let (time, ahead) = (world.time, SKEW.saturating_sub(world.skew));
    let evidence = &mut world.evidence;
    let windows = evidence.endorsements.iter_mut().map(|e| (&mut e.not_before, &mut e.not_after));
    let windows =
        windows.chain(evidence.certifications.iter_mut().map(|c| (&mut c.not_before, &mut c.not_after)));
    let windows =
        windows.chain(evidence.revocation_lists.iter_mut().map(|l| (&mut l.not_before, &mut l.not_after)));
    for (start, end) in windows.filter(|(start, _)| **start > time) {
        (*start, *end) = (*start + ahead, *end + ahead);
    }
    let verified = evidence.summaries.iter_mut().map(|summary| &mut summary.time);
    verified.filter(|verified| **verified > time).for_each(|verified| *verified += ahead);
    // What was surely seen before a time by the world's allowance was so by production's.
    world.seen.values_mut().for_each(|seen| *seen = seen.saturating_sub(ahead));
    world.skew = SKEW;
}

fn endorsement(endorsement: &Endorsement) -> bool {
    endorsement.issuer != endorsement.child
        && endorsement.not_before < endorsement.not_after
        && !endorsement.scope.is_empty()
}

fn certification(certification: &Certification) -> bool {
    let described = |claim: &Claim| certification.invocations.contains_key(&claim.invocation);
    certification.issuer != certification.report_key
        && certification.not_before < certification.not_after
        && !certification.claims.is_empty()
        && certification
            .claims
            .iter()
            .all(|claim| described(claim) && possible(claim) && knows(certification, claim))
        && certification.invocations.values().all(invocation)
        && !certification.invocations.values().any(|one| asks_the_tool(one, &certification.report_key))
}

/// A claim about all that was read is about runs of which that is known.
fn knows(certification: &Certification, claim: &Claim) -> bool {
    let all_listed = certification.invocations.get(&claim.invocation).is_some_and(|one| one.all_listed);
    !all_listed || claim.lowest_capture.is_some_and(|lowest| lowest >= Capture::SelfRecorded)
}

/// Whether the key of a manifest is this one: no tool says of its own inputs what they are.
fn asks_the_tool(invocation: &Invocation, report_key: &Key) -> bool {
    let listed = rules(invocation).filter_map(|rule| match rule {
        Arg::Listed(manifest) => Some(manifest),
        _ => None,
    });
    invocation.manifests.iter().chain(listed).any(|manifest| manifest.key == *report_key)
}

/// Every rule for an argument.
fn rules(invocation: &Invocation) -> impl Iterator<Item = &Arg> {
    let of_the_line = invocation.line.iter().flat_map(|line| {
        let values = line.options.values().filter_map(|option| option.value.as_ref());
        let values = values.flat_map(Arg::with_settings);
        values.chain(&line.positional).chain(&line.rest)
    });
    invocation.arguments.iter().chain(of_the_line)
}

/// Only what is preserved can be `*`, and only what is established can be the reserved property.
fn possible(claim: &Claim) -> bool {
    match &claim.property {
        Claimed::Star => claim.effect == Effect::Preserves,
        Claimed::Exact(_) if claim.effect == Effect::Supplies => is_of_no_run(claim),
        Claimed::Exact(property) => property != STEP || claim.effect == Effect::Establishes,
    }
}

/// What a runtime supplies is about no output, no capture and no operation, and never the reserved property.
fn is_of_no_run(claim: &Claim) -> bool {
    claim.property != Claimed::Exact(STEP.to_owned())
        && claim.output_role == CODE
        && claim.lowest_capture.is_none()
        && claim.condition.is_none()
}

/// An empty choice would accept nothing.
fn invocation(invocation: &Invocation) -> bool {
    let codes = &invocation.exit_status;
    let chooses = |argument: &Arg| match argument {
        Arg::OneOf(texts) => !texts.is_empty(),
        Arg::Known { digests, .. } => !digests.is_empty(),
        Arg::Listed(manifest) => manifest.role != CODE,
        Arg::Named { endings, .. } => !endings.is_empty(),
        Arg::Begins(text) => text.chars().count() > 1,
        Arg::Equals(pieces) => pieces.iter().any(|piece| matches!(piece, Piece::Option { .. })),
        Arg::Sets(sets) => !sets.is_empty(),
        Arg::Literal(_) | Arg::Any(_) | Arg::Path { .. } | Arg::Tree { .. } => true,
    };
    let manifests: BTreeSet<&Manifest> = invocation.manifests.iter().collect();
    !codes.is_empty()
        && manifests.len() == invocation.manifests.len()
        && manifests.iter().all(|manifest| manifest.role != CODE)
        && (!invocation.all_listed || !manifests.is_empty())
        && codes.iter().all(|code| u8::try_from(*code).is_ok())
        && rules(invocation).all(chooses)
        && invocation.settings.values().all(|values| !values.is_empty())
}

fn report(report: &Report) -> bool {
    let once = |paths: &[(Name, _)]| {
        let names: BTreeSet<&Name> = paths.iter().map(|(path, _)| path).collect();
        names.len() == paths.len()
    };
    let about = match report.kind {
        ReportKind::Transform => !report.outputs.is_empty() && report.findings.is_empty(),
        ReportKind::Inspection => {
            let inspected = |digest| report.inputs.iter().any(|(_, input)| input == digest);
            !report.inputs.is_empty() && report.findings.iter().all(|(digest, _)| inspected(digest))
        }
    };
    about && once(&report.inputs) && once(&report.outputs) && !report.executables.is_empty()
}

fn origin(origin: &Origin) -> bool {
    !origin.digests.is_empty()
}

fn list(list: &RevocationList) -> bool {
    let repeated = |target| list.entries.iter().filter(|entry| entry.target == target).count() > 1;
    list.not_before < list.not_after && !list.entries.iter().any(|entry| repeated(entry.target.clone()))
}

fn since(list: &RevocationList) -> bool {
    list.entries.iter().all(|entry| {
        entry.since.is_none_or(|since| {
            let of_key = matches!(entry.target, Target::Key(_));
            of_key && entry.reason == Reason::KeyCompromise && since <= list.not_before
        })
    })
}
