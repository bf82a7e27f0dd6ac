//! Facts: which artifacts have which properties and a complete history. Least fixpoints by naive iteration.

use super::chain::{Chain, chains_of_countersigner};
use super::quorum::{countersigned, quorum, required};
use super::revocation::survives;
use super::vote::{Vote, votes};
use super::world::{
    Assumed, Capture, Claimed, Digest, Id, Key, Name, OriginKind, OriginRule, Principal, Property, Report,
    ReportKind, STEP, Summary, SummaryRule, World,
};
use super::{Bound, Tri, View};
use std::collections::BTreeSet;

/// The pairs of property and artifact that hold.
pub type Held = BTreeSet<(Property, Digest)>;

/// What shows something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The policy says so.
    Policy,
    /// The report of this id.
    Report(Id),
}

/// The same, each with what shows it.
pub type Sources = BTreeSet<(Property, Digest, Source)>;

/// Whether, for the principal, the artifact has the property; false if there is no such principal.
pub fn holds(world: &World, principal: usize, property: &Property, artifact: &Digest) -> Tri {
    let fact = (property.clone(), artifact.clone());
    between(world, principal, |view| held(view).contains(&fact))
}

/// Whether, for the principal, the artifact's history is complete; false if there is no such principal.
pub fn complete(world: &World, principal: usize, artifact: &Digest) -> Tri {
    between(world, principal, |view| completed(view).contains(artifact))
}

fn between(world: &World, principal: usize, fact: impl Fn(View<'_>) -> bool) -> Tri {
    let Some(principal) = world.principals.get(principal) else { return Tri::False };
    let at = |bound| fact(View { world, principal, bound });
    Tri::between(at(Bound::Lower), at(Bound::Upper))
}

/// All facts about properties.
pub fn held(view: View<'_>) -> Held {
    sources(view).into_iter().map(|(property, artifact, _)| (property, artifact)).collect()
}

/// The same, each with what shows it.
pub fn sources(view: View<'_>) -> Sources {
    properties(view).iter().flat_map(|property| sources_of(view, property)).collect()
}

/// What shows one property of which artifacts: everything is worked out anew until nothing changes.
pub fn sources_of(view: View<'_>, property: &Property) -> Sources {
    let votes = votes(view, property);
    let mut held = Sources::new();
    loop {
        let mut next = Sources::new();
        for artifact in artifacts(view.world) {
            let follow = follow(view, property, &artifact, &votes, &held).into_iter();
            next.extend(follow.map(|source| (property.clone(), artifact.clone(), source)));
        }
        if next == held {
            return held;
        }
        held = next;
    }
}

/// What shows, in one more step from what already holds, that the artifact has the property.
fn follow(
    view: View<'_>,
    property: &Property,
    artifact: &Digest,
    votes: &[Vote<'_>],
    held: &Sources,
) -> Vec<Source> {
    let k = required(view.principal, property);
    let assumed = view.principal.assumptions.iter().any(|(assumed, of)| {
        assumed == property
            && match of {
                Assumed::ByDigest(digest) => digest == artifact,
                Assumed::ByOrigin(key, kind) => lists(view, key, |k| k == *kind, artifact),
            }
    });
    let cast = |vote: &Vote<'_>| is_cast(view, property, vote, held);
    let shown = |report: &&Report| {
        quorum(view.principal, &chains(votes, report, artifact, cast), k)
            && is_countersigned(view, report, property)
    };
    let reports = reporting(votes, artifact).into_iter().filter(shown);
    let reports = reports.map(|report| Source::Report(report.id.clone()));
    let policy = if assumed { Some(Source::Policy) } else { None };
    policy.into_iter().chain(reports).collect()
}

/// Whether the property holds of everything that the vote waits for, but for what somebody lists; and of some of it.
pub fn is_cast(view: View<'_>, property: &Property, vote: &Vote<'_>, held: &Sources) -> bool {
    let has = |path: &Name, input: &Digest| {
        held.iter().any(|(shown, of, source)| {
            shown == property && of == input && counts(view, property, vote.report, (path, input), source)
        })
    };
    let listed = |path: &Name| vote.listed.get(path).is_some_and(|roles| !roles.is_empty());
    let mut all = vote.waits_for.iter();
    vote.waits_for.is_empty()
        || (all.clone().any(|(path, input)| has(path, input))
            && all.all(|(path, input)| has(path, input) || listed(path)))
}

/// All chains of those votes of one report about an artifact that are cast.
pub fn chains<'w>(
    votes: &[Vote<'w>],
    report: &Report,
    artifact: &Digest,
    cast: impl Fn(&Vote<'w>) -> bool,
) -> Vec<Chain<'w>> {
    let here = votes.iter().filter(|vote| std::ptr::eq(vote.report, report) && vote.artifact == artifact);
    here.filter(|vote| cast(vote)).flat_map(|vote| vote.chains.iter().cloned()).collect()
}

/// The reports that have votes about an artifact, each once.
fn reporting<'w>(votes: &[Vote<'w>], artifact: &Digest) -> Vec<&'w Report> {
    let mut reports: Vec<&Report> = Vec::new();
    for vote in votes.iter().filter(|vote| vote.artifact == artifact) {
        if !reports.iter().any(|report| std::ptr::eq(*report, vote.report)) {
            reports.push(vote.report);
        }
    }
    reports
}

/// Whether as many independent authorities signed the report as the principal wants for this property.
fn is_countersigned(view: View<'_>, report: &Report, property: &Property) -> bool {
    let k = countersigned(view.principal, property);
    let chains: Vec<Chain<'_>> = report
        .countersigners
        .iter()
        .flat_map(|key| chains_of_countersigner(view, property, key, report))
        .collect();
    k == 0 || quorum(view.principal, &chains, k)
}

/// Whether what shows the property of the artifact shows it of this input of the run: anything does, unless the principal
/// asks for links or the property is one of making. Then it is the policy itself; a run that the report names, which made
/// the artifact and is still there; or an inspection, of an artifact that such a run made or that is an origin.
pub fn counts(
    view: View<'_>,
    property: &Property,
    report: &Report,
    (path, artifact): (&Name, &Digest),
    source: &Source,
) -> bool {
    let linked = view.principal.linked || view.world.catalogue.making.contains(property);
    if !linked || *source == Source::Policy {
        return true;
    }
    let named = |made: &&Report| {
        made.kind == ReportKind::Transform
            && report.links.get(path).is_some_and(|ids| ids.contains(&made.id))
            && made.outputs.iter().any(|(_, output)| output == artifact)
    };
    let runs: Vec<&Report> = surviving(view).into_iter().filter(named).collect();
    let known = !runs.is_empty() || is_origin(view, artifact);
    surviving(view).into_iter().filter(|shows| *source == Source::Report(shows.id.clone())).any(|shows| {
        let is_run = runs.iter().any(|run| run.id == shows.id);
        is_run || (known && shows.kind == ReportKind::Inspection)
    })
}

/// How many steps of a history are asked; `None` is all of it.
pub type Depth = Option<u8>;

/// Artifacts with as much of a history as is asked, each with what shows it.
pub type Complete = BTreeSet<(Digest, Depth, Source)>;

/// All artifacts with a complete history.
pub fn completed(view: View<'_>) -> BTreeSet<Digest> {
    let all = completions_so_far(view).into_iter().filter(|(_, asked, _)| asked.is_none());
    all.map(|(artifact, _, _)| artifact).collect()
}

/// The same, and those of whose history only so many steps are asked, each with what shows it.
pub fn completions_so_far(view: View<'_>) -> Complete {
    let votes = votes(view, &STEP.to_owned());
    let deepest = view.principal.depth.values().max().copied();
    let finite = deepest.into_iter().flat_map(|steps| 0..=steps);
    let depths: Vec<Depth> = [None].into_iter().chain(finite.map(Some)).collect();
    let mut complete = Complete::new();
    loop {
        let mut next = Complete::new();
        for artifact in artifacts(view.world) {
            for asked in &depths {
                if is_origin(view, &artifact) || is_summarised(view, &artifact) || *asked == Some(0) {
                    next.insert((artifact.clone(), *asked, Source::Policy));
                }
                let makers = makers(view, &artifact, *asked, &votes, &complete).into_iter();
                next.extend(makers.map(|id| (artifact.clone(), *asked, Source::Report(id))));
            }
        }
        if next == complete {
            return complete;
        }
        complete = next;
    }
}

/// How much is asked of what goes into a run of the tool, of whose output so much is asked: one step less, and no more than
/// the policy says of the tool.
pub fn asked_behind(principal: &Principal, tool: &Digest, asked: Depth) -> Depth {
    let one_less = asked.map(|steps| steps.saturating_sub(1));
    match (one_less, principal.depth.get(tool).copied()) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Whether a verifier whom the policy names has verified the artifact, as the policy asks. Never of the deployed one.
pub fn is_summarised(view: View<'_>, artifact: &Digest) -> bool {
    *artifact != view.world.artifact && summaries_of(view, artifact).contains(&None)
}

/// Of each summary of the artifact by a verifier whom the policy names, why it does not count, if it does not.
pub(super) fn summaries_of(view: View<'_>, artifact: &Digest) -> BTreeSet<Option<&'static str>> {
    let by_rule = |rule: &SummaryRule| {
        let by = view.world.evidence.summaries.iter().filter(|summary| {
            (&summary.verifier, &summary.key) == (&rule.verifier, &rule.key)
                && summary.subjects.contains(artifact)
        });
        by.map(|summary| summary_failure(view, rule, summary)).collect::<Vec<_>>()
    };
    view.principal.summaries.iter().flat_map(by_rule).collect()
}

/// Why a summary by the verifier of this rule does not count, if it does not.
fn summary_failure(view: View<'_>, rule: &SummaryRule, summary: &Summary) -> Option<&'static str> {
    let World { time, skew, .. } = view.world;
    if view.principal.forbidden.origins.contains(&summary.id) {
        Some("summary-forbidden")
    } else if !summary.passed {
        Some("summary-not-passed")
    } else if summary.level < rule.level {
        Some("summary-level")
    } else if rule.policy.as_ref().is_some_and(|policy| *policy != summary.policy) {
        Some("summary-policy")
    } else if summary.time > time + skew {
        Some("summary-of-the-future")
    } else if summary.time + rule.max_age <= *time {
        Some("summary-too-old")
    } else {
        None
    }
}

/// Whether the policy names the artifact as an origin.
pub(super) fn is_origin(view: View<'_>, artifact: &Digest) -> bool {
    view.principal.complete.iter().flatten().any(|rule| match rule {
        OriginRule::Digest(digest) => digest == artifact,
        OriginRule::Key(key, kinds) => {
            *artifact != view.world.artifact && lists(view, key, |kind| kinds.contains(&kind), artifact)
        }
    })
}

/// The reports of steps that are certified to have made the artifact, from complete inputs only.
fn makers(
    view: View<'_>,
    artifact: &Digest,
    asked: Depth,
    votes: &[Vote<'_>],
    complete: &Complete,
) -> Vec<Id> {
    let step = STEP.to_owned();
    let is_complete = |report: &Report, path: &Name, input: &Digest, asked: Depth| {
        complete.iter().any(|(known, so_far, source)| {
            known == input && *so_far == asked && counts(view, &step, report, (path, input), source)
        })
    };
    let from_complete = |vote: &Vote<'_>| {
        let asked = asked_behind(view.principal, vote.tool, asked);
        let mut code = vote.roles.code_inputs(vote.report).into_iter();
        (vote.invocation.generates || code.any(|(path, input)| is_complete(vote.report, path, input, asked)))
            && vote.report.inputs.iter().all(|(path, input)| {
                is_complete(vote.report, path, input, asked) || is_exempt(view.principal, vote, path)
            })
    };
    let made = |report: &&Report| {
        report.capture >= Capture::SelfRecorded
            && quorum(
                view.principal,
                &chains(votes, report, artifact, from_complete),
                required(view.principal, &step),
            )
            && is_countersigned(view, report, &step)
    };
    reporting(votes, artifact).into_iter().filter(made).map(|report| report.id.clone()).collect()
}

/// Whether the run was from code, or needed none.
pub fn calls_code(vote: &Vote<'_>) -> bool {
    vote.invocation.generates || !vote.roles.code_inputs(vote.report).is_empty()
}

/// Whether the policy asks for no history of the input, by the role that an argument gives it or a manifest would.
pub fn is_exempt(principal: &Principal, vote: &Vote<'_>, path: &Name) -> bool {
    let named = vote.roles.inputs.get(path);
    let listed = vote.listed.get(path).into_iter().flatten();
    named.into_iter().chain(listed).any(|role| principal.exempt.contains(role))
}

/// Whether, for the principal, enough custodians made the artifact by the same executable from the same code.
///
/// Straight from the definition: each two of the reports must have both in common, for some reading of which inputs are code.
pub fn is_reproduced(view: View<'_>, artifact: &Digest) -> bool {
    let Some(asked) = &view.principal.reproduced else { return false };
    let votes = votes(view, &STEP.to_owned());
    let runs = reporting(&votes, artifact).into_iter();
    let runs: Vec<&Report> = runs.filter(|report| report.capture >= Capture::SelfRecorded).collect();
    let recipes: BTreeSet<Recipe> = votes.iter().filter_map(recipe).collect();
    recipes.iter().any(|recipe| {
        let by = |keys: &&BTreeSet<Key>| {
            let is_by = |report: &&Report| keys.contains(&report.key);
            runs.iter().any(|run| is_by(run) && is_step(view, run, artifact, &votes, recipe))
        };
        asked.custodians.iter().filter(by).count() >= asked.count
    })
}

/// An executable, and the code that it read.
type Recipe = (Digest, BTreeSet<Digest>);

/// The recipe that a vote sees in its run.
fn recipe(vote: &Vote<'_>) -> Option<Recipe> {
    let code = vote.roles.code_inputs(vote.report).into_iter().map(|(_, digest)| digest.clone()).collect();
    Some((vote.report.executables.first()?.clone(), code))
}

/// Whether a quorum calls the run a step by this recipe to the artifact.
fn is_step(view: View<'_>, report: &Report, artifact: &Digest, votes: &[Vote<'_>], by: &Recipe) -> bool {
    let step = STEP.to_owned();
    let by_recipe = |vote: &Vote<'_>| calls_code(vote) && recipe(vote).as_ref() == Some(by);
    quorum(view.principal, &chains(votes, report, artifact, by_recipe), required(view.principal, &step))
        && is_countersigned(view, report, &step)
}

fn surviving<'w>(view: View<'w>) -> Vec<&'w Report> {
    view.world.evidence.reports.iter().filter(|report| survives(view, report)).collect()
}

/// Whether an origin statement of the key, of a right kind, lists the artifact, and the principal does not forbid it.
pub(super) fn lists(
    view: View<'_>,
    key: &Key,
    right: impl Fn(OriginKind) -> bool,
    artifact: &Digest,
) -> bool {
    let forbidden = &view.principal.forbidden;
    view.world.evidence.origins.iter().any(|o| {
        o.key == *key
            && right(o.kind)
            && o.digests.contains(artifact)
            && !forbidden.origins.contains(&o.id)
            && !forbidden.origin_keys.contains(&o.key)
    })
}

/// Every property that any claim or assumption could show.
fn properties(view: View<'_>) -> BTreeSet<Property> {
    let principal: &Principal = view.principal;
    let claims = view.world.evidence.certifications.iter().flat_map(|certification| &certification.claims);
    let claimed = claims.filter_map(|claim| match &claim.property {
        Claimed::Exact(property) => Some(property.clone()),
        Claimed::Star => None,
    });
    claimed.chain(principal.assumptions.iter().map(|(property, _)| property.clone())).collect()
}

/// Every artifact that the evidence, the policies or the request names.
pub fn artifacts(world: &World) -> BTreeSet<Digest> {
    let reports = world.evidence.reports.iter().flat_map(|r| r.inputs.iter().chain(&r.outputs));
    let mut all: BTreeSet<Digest> = reports.map(|(_, digest)| digest.clone()).collect();
    all.extend(world.evidence.origins.iter().flat_map(|origin| origin.digests.clone()));
    for principal in &world.principals {
        all.extend(principal.assumptions.iter().filter_map(|(_, of)| match of {
            Assumed::ByDigest(digest) => Some(digest.clone()),
            Assumed::ByOrigin(_, _) => None,
        }));
        all.extend(principal.complete.iter().flatten().filter_map(|rule| match rule {
            OriginRule::Digest(digest) => Some(digest.clone()),
            OriginRule::Key(_, _) => None,
        }));
    }
    all.insert(world.artifact.clone());
    all
}
