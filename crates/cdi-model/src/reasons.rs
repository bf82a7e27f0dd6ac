//! Why something is not shown: what rule M-OBSTACLES names, from the deployed artifact back to where it is missing.
//!
//! Everything is worked out from the definitions, under the strict reading. Of production's list nothing more is said here
//! than which codes stand in it and which of them is the first: texts and ways are for people.

use super::View;
use super::chain::{all_chains, chains_for, chains_of_countersigner, chains_of_vote, is_authority};
use super::holds::{
    Complete, Depth, asked_behind, completions_so_far, counts, is_origin, sources_of, summaries_of,
};
use super::obstacle::Reason;
use super::quorum::{countersigned, quorum, required};
use super::revocation::{live, survives};
use super::unvoted::{Said, claims, fallen, removed, said, silence, unfit};
use super::vote::line;
use super::world::{
    Arg, Assumed, CODE, Capture, Certification, Digest, Id, Invocation, Key, Manifest, Name, Origin,
    OriginRule, Property, Report, ReportKind, STEP, World,
};
use std::collections::{BTreeSet, VecDeque};

/// What is asked of the deployed artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Whether it has this property.
    Property(Property),
    /// Whether its history is complete.
    Complete,
    /// Whether it was made in independent custody.
    Reproduced,
    /// Whether the principal's evidence of this name is there.
    Evidence(Name),
}

/// What stands against it. Nothing is said of what is shown.
pub fn reasons(view: View<'_>, asked: &Asked) -> BTreeSet<Reason> {
    if let Asked::Evidence(name) = asked {
        return super::evidence::reasons(view, name);
    }
    let property = match asked {
        Asked::Property(property) => property.clone(),
        Asked::Complete | Asked::Reproduced | Asked::Evidence(_) => STEP.to_owned(),
    };
    let shown = match asked {
        Asked::Property(_) => {
            let all = sources_of(view, &property).into_iter();
            all.map(|(_, artifact, source)| (artifact, None, source)).collect()
        }
        Asked::Complete => completions_so_far(view),
        // Nothing is asked of what it was made from.
        Asked::Reproduced | Asked::Evidence(_) => BTreeSet::new(),
    };
    let whole = *asked == Asked::Complete;
    let mut walk = Walk { view, property, whole, shown, found: BTreeSet::new(), due: VecDeque::new() };
    walk.found.extend((*asked == Asked::Reproduced).then_some(Reason::of("reproductions-missing")));
    walk.all()
}

/// What an input lacks: the same of this artifact, so far back, shown by anything (`None`) or by one of these runs.
type Need = (Digest, Depth, Option<By>);

/// What may show something of a linked input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Policy,
    Runs(BTreeSet<Id>),
}

struct Walk<'w> {
    view: View<'w>,
    property: Property,
    whole: bool,
    shown: Complete,
    found: BTreeSet<Reason>,
    /// Where to go on, and how far back it is asked for there.
    due: VecDeque<(Digest, Depth)>,
}

impl<'w> Walk<'w> {
    fn all(mut self) -> BTreeSet<Reason> {
        let mut seen = BTreeSet::new();
        self.due.push_back((self.view.world.artifact.clone(), None));
        while let Some(due) = self.due.pop_front() {
            if seen.insert(due.clone()) {
                self.artifact(&due.0, due.1);
            }
        }
        self.found
    }

    fn name(&mut self, code: &'static str) {
        self.found.insert(Reason::of(code));
    }

    fn artifact(&mut self, artifact: &Digest, asked: Depth) {
        if self.view.world.evidence.origins.iter().any(|origin| self.is_forbidden(origin, artifact)) {
            self.name("forbidden-origin");
        }
        let has = |files: &[(Name, Digest)]| files.iter().any(|(_, digest)| digest == artifact);
        let about = |report: &&Report| match report.kind {
            ReportKind::Transform => has(&report.outputs),
            ReportKind::Inspection => !self.whole && has(&report.inputs),
        };
        let reports: Vec<&Report> = self.view.world.evidence.reports.iter().filter(about).collect();
        if reports.is_empty() {
            let end = self.whole && *artifact != self.view.world.artifact;
            self.name(if end { "origin-not-accepted" } else { "no-report" });
        }
        if self.whole && *artifact != self.view.world.artifact {
            let refused = summaries_of(self.view, artifact);
            self.found.extend(refused.into_iter().flatten().map(Reason::of));
        }
        reports.into_iter().for_each(|report| self.report(report, artifact, asked));
    }

    /// Whether the origin would have been a ground if the principal did not forbid it.
    fn is_forbidden(&self, origin: &Origin, artifact: &Digest) -> bool {
        let (principal, deployed) = (self.view.principal, *artifact == self.view.world.artifact);
        let accepted = principal.complete.iter().flatten().any(|rule| match rule {
            OriginRule::Key(key, kinds) => origin.key == *key && kinds.contains(&origin.kind),
            OriginRule::Digest(_) => false,
        });
        let assumed = principal.assumptions.iter().any(|(property, of)| match of {
            Assumed::ByOrigin(key, kind) => {
                *property == self.property && origin.key == *key && origin.kind == *kind
            }
            Assumed::ByDigest(_) => false,
        });
        let forbidden = &principal.forbidden;
        (forbidden.origins.contains(&origin.id) || forbidden.origin_keys.contains(&origin.key))
            && origin.digests.contains(artifact)
            && (self.is_wanted(origin) || if self.whole { accepted && !deployed } else { assumed })
    }

    /// Whether some certification of a connected report's key, by somebody with standing, takes inputs for something by such
    /// statements.
    fn is_wanted(&self, origin: &Origin) -> bool {
        let keys: BTreeSet<&Key> = connected(self.view.world).into_iter().map(|report| &report.key).collect();
        let certifications = self.view.world.evidence.certifications.iter();
        let of_keys =
            certifications.filter(|c| keys.contains(&c.report_key) && is_authority(self.view, &c.issuer));
        of_keys.flat_map(|c| c.invocations.values()).any(|invocation| {
            manifests(invocation).iter().any(|one| one.key == origin.key && one.kind == origin.kind)
        })
    }

    /// Whether somebody with standing has certified the report's key, or the run of such a key names it for an input.
    fn matters(&self, report: &Report) -> bool {
        let is_certified = |key: &Key| {
            let mut certifications = self.view.world.evidence.certifications.iter();
            certifications.any(|c| c.report_key == *key && is_authority(self.view, &c.issuer))
        };
        let names = |run: &&Report| run.links.values().any(|ids| ids.contains(&report.id));
        let mut naming = connected(self.view.world).into_iter().filter(names);
        is_certified(&report.key) || naming.any(|run| is_certified(&run.key))
    }

    fn report(&mut self, report: &'w Report, artifact: &Digest, asked: Depth) {
        if let Some(reason) = removed(self.view, report).filter(|_| self.matters(report)) {
            self.found.insert(reason);
            return;
        }
        let certifications = self.view.world.evidence.certifications.iter();
        let of_key: Vec<&Certification> = certifications.filter(|c| c.report_key == report.key).collect();
        if of_key.is_empty() {
            self.name("report-key-uncertified");
        }
        let cast: Vec<&Certification> =
            of_key.into_iter().filter(|c| self.votes(c, report, artifact, asked)).collect();
        let mut chains = Vec::new();
        for certification in cast {
            let Some(line) = line(self.view, certification, report) else { continue };
            let of_vote = chains_of_vote(self.view, &self.property, &line, report);
            if of_vote.is_empty() {
                self.found.extend(unreached(self.view, &self.property, &certification.issuer));
            }
            chains.extend(of_vote);
        }
        if chains.is_empty() {
            return;
        }
        if quorum(self.view.principal, &chains, required(self.view.principal, &self.property)) {
            self.countersigners(report);
        } else {
            self.name("quorum-unmet");
        }
    }

    fn countersigners(&mut self, report: &'w Report) {
        let k = countersigned(self.view.principal, &self.property);
        let signed = report.countersigners.iter();
        let chains: Vec<_> =
            signed.flat_map(|key| chains_of_countersigner(self.view, &self.property, key, report)).collect();
        if k > 0 && !quorum(self.view.principal, &chains, k) {
            self.name("countersignatures-missing");
            let authorities = report.countersigners.iter().filter(|key| is_authority(self.view, key));
            self.found.extend(authorities.filter_map(|key| silence(self.view, key)));
        }
    }

    /// Whether the certification votes, the chain aside; what keeps it from that is named.
    fn votes(&mut self, c: &'w Certification, report: &'w Report, artifact: &Digest, asked: Depth) -> bool {
        if !is_authority(self.view, &c.issuer) {
            self.found.extend(chainless(self.view, &c.issuer));
            return false;
        }
        let claims = claims(self.view, c, &self.property);
        if claims.is_empty() {
            self.name("property-not-claimed");
            return false;
        }
        if let Some(reason) = unfit(self.view, c, report) {
            self.found.insert(reason);
            return false;
        }
        let said =
            claims.into_iter().map(|claim| said(self.view, c, claim, &self.property, report, artifact));
        let (said, unsaid): (Vec<_>, Vec<_>) = said.partition(Result::is_ok);
        let (said, unsaid): (Vec<Said<'_>>, Vec<Reason>) =
            (said.into_iter().flatten().collect(), unsaid.into_iter().filter_map(Result::err).collect());
        if said.is_empty() {
            self.found.extend(Reason::closest(&unsaid));
            return false;
        }
        if self.whole && report.capture < Capture::SelfRecorded {
            self.name("capture-too-low");
            return false;
        }
        let behind = if self.whole { asked_behind(self.view.principal, &c.entry, asked) } else { None };
        let ways = said.iter().flat_map(|said| self.ways(report, said));
        let lacking = ways.map(|inputs| self.lacking(report, &inputs, behind)).min_by_key(BTreeSet::len);
        let Some(lacking) = lacking else {
            self.name("step-without-code");
            return false;
        };
        if lacking.is_empty() {
            return true;
        }
        if !self.whole {
            self.found.extend(unsaid.into_iter().filter(|reason| reason.code.starts_with("condition-")));
        }
        for (input, behind, by) in lacking {
            if by == Some(By::Policy) {
                self.name("input-not-linked");
            } else {
                self.name(if self.whole { "input-incomplete" } else { "property-lost" });
                self.due.push_back((input, behind));
            }
        }
        false
    }

    /// The ways in which it may hold: of everything that is not excused; and of one of what is, where there is no other code.
    fn ways(&self, report: &'w Report, said: &Said<'w>) -> Vec<Vec<&'w (Name, Digest)>> {
        let principal = self.view.principal;
        let is_code = |input: &&(Name, Digest)| said.roles.is_input(&input.0, CODE);
        let inputs: Vec<&(Name, Digest)> = if self.whole {
            let exempt =
                |path: &Name| said.roles.inputs.get(path).is_some_and(|r| principal.exempt.contains(r));
            report.inputs.iter().filter(|(path, _)| !exempt(path)).collect()
        } else if said.waits_for.is_empty() {
            return vec![Vec::new()];
        } else {
            said.waits_for.clone()
        };
        let is_excused = |input: &&(Name, Digest)| {
            let mut roles = said.listed.get(&input.0).into_iter().flatten();
            roles.any(|role| !self.whole || principal.exempt.contains(role))
        };
        let (excused, bound): (Vec<_>, Vec<_>) = inputs.into_iter().partition(is_excused);
        let from_nothing = self.whole && said.invocation.generates;
        if from_nothing || bound.iter().any(is_code) {
            return vec![bound];
        }
        let one_of = excused.into_iter().filter(is_code);
        one_of.map(|one| bound.iter().copied().chain([one]).collect()).collect()
    }

    /// Those inputs of which it is not shown so far back, each once for each way in which it could be.
    fn lacking(&self, report: &Report, inputs: &[&(Name, Digest)], behind: Depth) -> BTreeSet<Need> {
        let is_shown = |path: &Name, input: &Digest| {
            self.shown.iter().any(|(of, so_far, source)| {
                of == input
                    && *so_far == behind
                    && counts(self.view, &self.property, report, (path, input), source)
            })
        };
        let lacking = inputs.iter().filter(|(path, input)| !is_shown(path, input));
        lacking.map(|(path, input)| (input.clone(), behind, self.by(report, path, input))).collect()
    }

    fn by(&self, report: &Report, path: &Name, input: &Digest) -> Option<By> {
        let view = self.view;
        if !view.principal.linked && !view.world.catalogue.making.contains(&self.property) {
            return None;
        }
        let named = |run: &&Report| {
            run.kind == ReportKind::Transform
                && report.links.get(path).is_some_and(|ids| ids.contains(&run.id))
                && run.outputs.iter().any(|(_, output)| output == input)
                && survives(view, run)
        };
        let runs = view.world.evidence.reports.iter().filter(named);
        let runs: BTreeSet<Id> = runs.map(|run| run.id.clone()).collect();
        Some(if runs.is_empty() && !is_origin(view, input) { By::Policy } else { By::Runs(runs) })
    }
}

/// The reports about the deployed artifact, about what those runs read, and so on.
fn connected(world: &World) -> Vec<&Report> {
    let (mut known, mut found) = (BTreeSet::from([&world.artifact]), Vec::new());
    loop {
        let is_about = |report: &&Report| {
            let files = match report.kind {
                ReportKind::Transform => &report.outputs,
                ReportKind::Inspection => &report.inputs,
            };
            files.iter().any(|(_, digest)| known.contains(digest))
        };
        let now: Vec<&Report> = world.evidence.reports.iter().filter(is_about).collect();
        if now.len() == found.len() {
            return found;
        }
        let runs = now.iter().filter(|report| report.kind == ReportKind::Transform);
        known.extend(runs.flat_map(|report| report.inputs.iter().map(|(_, digest)| digest)));
        found = now;
    }
}

/// Every manifest by which an invocation takes an input for something, named by an argument or not.
fn manifests(invocation: &Invocation) -> Vec<&Manifest> {
    let line = invocation.line.iter();
    let of_line = line.flat_map(|line| {
        let values = line.options.values().filter_map(|option| option.value.as_ref());
        let values = values.flat_map(Arg::with_settings);
        values.chain(&line.positional).chain(&line.rest)
    });
    let named = invocation.arguments.iter().chain(of_line).filter_map(|rule| match rule {
        Arg::Listed(manifest) => Some(manifest),
        _ => None,
    });
    named.chain(&invocation.manifests).collect()
}

/// Why no chain for the property carries a vote of this authority, which has standing.
fn unreached(view: View<'_>, property: &Property, authority: &Key) -> BTreeSet<Reason> {
    let ends_here = |chains: Vec<super::chain::Chain<'_>>| {
        let stands = |chain: &&super::chain::Chain<'_>| {
            chain.endorsements.iter().all(|endorsement| fallen(view, endorsement).is_none())
        };
        chains.iter().filter(stands).any(|chain| chain.keys.last() == Some(&authority))
    };
    if ends_here(chains_for(view, property)) {
        return BTreeSet::from([Reason::of("revoked")]);
    }
    let may_follow = |e: &super::world::Endorsement| live(view, &e.issuer, e.not_before, e.not_after);
    if ends_here(all_chains(view, &|_| true, &may_follow)) {
        return BTreeSet::from([Reason::of("authority-out-of-scope")]);
    }
    chainless(view, authority)
}

/// Everybody to whom one comes from an anchor by endorsements, whether they stand or not.
fn rooted(view: View<'_>) -> BTreeSet<Key> {
    let mut known: BTreeSet<Key> =
        view.principal.anchors.iter().flat_map(|anchor| anchor.keys.iter().cloned()).collect();
    let endorsements = &view.world.evidence.endorsements;
    for _ in endorsements {
        let next = endorsements.iter().filter(|one| known.contains(&one.issuer));
        let next: Vec<Key> = next.map(|one| one.child.clone()).collect();
        known.extend(next);
    }
    known
}

/// Why no chain of endorsements that stand leads to this key, whatever the property: those on a way from an anchor to it, as
/// far as they do not stand.
fn chainless(view: View<'_>, authority: &Key) -> BTreeSet<Reason> {
    let rooted = rooted(view);
    let (mut seen, mut due, mut found) = (BTreeSet::new(), vec![authority], BTreeSet::new());
    while let Some(child) = due.pop() {
        if seen.insert(child) {
            let endorsed = view.world.evidence.endorsements.iter().filter(|e| e.child == *child);
            for endorsement in endorsed.filter(|endorsement| rooted.contains(&endorsement.issuer)) {
                found.extend(fallen(view, endorsement));
                due.push(&endorsement.issuer);
            }
        }
    }
    if found.is_empty() {
        found.insert(Reason::of("authority-untrusted"));
    }
    found
}
