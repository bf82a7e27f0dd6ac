//! From statements and views to a graph.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{
    ArtifactDigest, ClaimedProperty, Effect, KeyId, Name, PolicyDigest, Report, ReportKind, StatementId,
    Timestamp, ToolCertification,
};
use cdi_verify::{Anchor, Obstacle, View};

use crate::chain::{Chain, Step};
use crate::coloured::Eyes;
use crate::evidence::Evidence;
use crate::graph::{About, Edge, Folded, Graph, Kind, Link, Node, NodeId, Seen, State, Viewer};
use crate::text::plain;
use crate::vouching::Vouching;

/// A principal with whose eyes a chain is looked at.
pub struct Principal<'a> {
    /// Its name.
    pub name: &'a Name,
    /// The policy by whose trust it looks.
    pub policy: PolicyDigest,
    /// The authorities that the policy names.
    pub anchors: &'a [Anchor],
    /// What it makes of the chain; `None` if the policy trusts nobody.
    pub view: Option<&'a View>,
    /// How an obstacle is told to it.
    pub says: &'a dyn Fn(&Obstacle) -> String,
}

impl Graph {
    /// The chain of an artifact, as these principals see it at a time. Without any it is what the evidence says, and nobody's
    /// trust. Reports by keys that no authority of theirs has certified are counted and not followed.
    #[must_use]
    pub fn of(
        artifact: ArtifactDigest,
        evidence: &Evidence<'_>,
        principals: &[Principal<'_>],
        at: Option<Timestamp>,
    ) -> Self {
        let views: Vec<&View> = principals.iter().filter_map(|principal| principal.view).collect();
        let is_known = |report| views.is_empty() || views.iter().any(|view| view.certified.contains(&report));
        let chain = Chain::back_from(artifact, evidence, is_known);
        let eyes: Vec<Option<Eyes<'_>>> =
            principals.iter().map(|principal| Eyes::of(principal, artifact)).collect();
        let mut builder = Builder {
            evidence,
            eyes: &eyes,
            tools: tools(evidence, &eyes),
            nodes: Vec::new(),
            places: BTreeMap::new(),
            edges: BTreeSet::new(),
        };
        builder.chain(&chain);
        builder.vouching(&chain, principals, &views);
        let viewers = principals.iter().zip(&eyes).map(|(principal, eyes)| Viewer {
            name: principal.name.to_string(),
            policy: principal.policy,
            answers: eyes.as_ref().map(Eyes::answers).unwrap_or_default(),
        });
        let (nodes, edges) = (builder.nodes, builder.edges.into_iter().collect());
        Self {
            artifact,
            evidence: evidence.standing,
            at,
            principals: viewers.collect(),
            nodes,
            edges,
            folded: Folded::default(),
        }
    }

    /// Whether any statement speaks about the artifact.
    #[must_use]
    pub fn knows_the_artifact(&self) -> bool {
        self.nodes.len() > 1
    }
}

struct Builder<'b, 'a> {
    evidence: &'b Evidence<'a>,
    eyes: &'b [Option<Eyes<'b>>],
    /// For each report key the certification that names its tool.
    tools: BTreeMap<KeyId, &'a ToolCertification>,
    nodes: Vec<Node>,
    places: BTreeMap<About, NodeId>,
    edges: BTreeSet<Edge>,
}

impl<'a> Builder<'_, 'a> {
    fn seen(&self, look: impl Fn(&Eyes<'_>) -> Seen) -> Vec<Seen> {
        self.eyes.iter().map(|eyes| eyes.as_ref().map_or_else(Seen::unused, &look)).collect()
    }

    fn add(
        &mut self,
        kind: Kind,
        about: Option<About>,
        name: String,
        lines: Vec<String>,
        seen: Vec<Seen>,
    ) -> NodeId {
        let id = NodeId(self.nodes.len());
        self.places.extend(about.map(|about| (about, id)));
        self.nodes.push(Node { id, kind, name, about, lines, stands_for: 1, seen });
        id
    }

    fn link(&mut self, from: Option<NodeId>, to: Option<NodeId>, link: Link) {
        self.edges.extend(from.zip(to).map(|(from, to)| Edge { from, to, link }));
    }

    fn place(&self, about: About) -> Option<NodeId> {
        self.places.get(&about).copied()
    }

    fn chain(&mut self, chain: &Chain<'a>) {
        for digest in &chain.artifacts {
            let slash = if digest.is_tree() { "/" } else { "" };
            let name =
                chain.names.get(digest).map(|name| format!("{}{slash}", plain(name))).unwrap_or_default();
            let seen = self.seen(|eyes| eyes.artifact(*digest));
            self.add(Kind::Artifact, Some(About::Artifact(*digest)), name, Vec::new(), seen);
        }
        for (id, step) in &chain.steps {
            self.step(*id, *step);
        }
        for (digest, count) in &chain.strangers {
            let name = match count {
                1 => "1 report by a stranger".to_owned(),
                count => format!("{count} reports by strangers"),
            };
            let lines = vec!["no authority that is trusted here certified the key".to_owned()];
            let seen = self.seen(|_| Seen {
                state: State::Fails,
                code: Some("report-key-uncertified"),
                ..Seen::unused()
            });
            let node = self.add(Kind::Strangers, None, name, lines, seen);
            self.link(Some(node), self.place(About::Artifact(*digest)), Link::Made);
        }
    }

    fn step(&mut self, id: StatementId, step: Step<'a>) {
        let about: BTreeSet<ArtifactDigest> = step.subjects().iter().map(|subject| subject.digest).collect();
        let made: Vec<ArtifactDigest> =
            about.into_iter().filter(|one| self.place(About::Artifact(*one)).is_some()).collect();
        let (node, link) = match step {
            Step::Report(report) => {
                let run = report.predicate();
                let read: Vec<ArtifactDigest> = run.inputs.iter().map(|input| input.digest).collect();
                let transforms = run.kind == ReportKind::Transform;
                let (kind, link) =
                    if transforms { (Kind::Run, Link::Made) } else { (Kind::Inspection, Link::Inspected) };
                let inputs = if transforms { read.as_slice() } else { &[] };
                let seen = self.seen(|eyes| eyes.step(id, &made, inputs));
                let node = self.add(
                    kind,
                    Some(About::Statement(id)),
                    self.tool_of(report.predicate()),
                    run_lines(run),
                    seen,
                );
                for input in inputs {
                    self.link(self.place(About::Artifact(*input)), Some(node), Link::Read);
                }
                (node, link)
            }
            Step::Origin(origin) => {
                let (key, kind) = (origin.predicate().issuer, origin.predicate().kind.as_str());
                let seen = self.seen(|eyes| eyes.origin(id));
                let commit = origin.predicate().commit.as_ref().map(ToString::to_string);
                let lines = std::iter::once(format!("by key {}", key.short())).chain(commit).collect();
                let node = self.add(Kind::Origin, Some(About::Statement(id)), kind.to_owned(), lines, seen);
                (node, Link::Listed)
            }
        };
        for artifact in made {
            self.link(Some(node), self.place(About::Artifact(artifact)), link);
        }
    }

    /// The tool as a certification calls it; by what was run if it has none.
    fn tool_of(&self, run: &Report) -> String {
        let certified = self.tools.get(&run.issuer);
        certified.map_or_else(|| plain(&run.operation.program), |one| tool(one))
    }

    fn vouching(&mut self, chain: &Chain<'a>, principals: &[Principal<'_>], views: &[&View]) {
        let steps = chain.steps.iter().filter_map(|(id, step)| match step {
            Step::Report(report) => Some((*id, report.predicate())),
            Step::Origin(_) => None,
        });
        let mut runs: BTreeMap<KeyId, Vec<(StatementId, &Report)>> = BTreeMap::new();
        for (id, run) in steps {
            runs.entry(run.issuer).or_default().push((id, run));
        }
        let tools: BTreeSet<KeyId> = runs.keys().copied().collect();
        let eyes = self.eyes;
        let is_known = |id| views.is_empty() || eyes.iter().flatten().any(|eyes| eyes.knows(id));
        let is_trusted =
            |key: KeyId| views.is_empty() || views.iter().any(|view| view.standing.contains(&key));
        let vouching = Vouching::of(self.evidence, &tools, is_known, is_trusted);
        for (key, runs) in &runs {
            self.tool(*key, runs);
        }
        for (id, certification) in &vouching.certifications {
            let predicate = certification.predicate();
            let seen = self.seen(|eyes| eyes.certification(*id));
            let node = self.add(
                Kind::Certification,
                Some(About::Statement(*id)),
                tool(predicate),
                claims(predicate),
                seen,
            );
            self.link(Some(node), self.place(About::Key(predicate.report_key.key_id())), Link::Certifies);
        }
        self.authorities(&vouching, principals);
    }

    fn tool(&mut self, key: KeyId, runs: &[(StatementId, &Report)]) {
        let name = runs.first().map(|(_, run)| self.tool_of(run)).unwrap_or_default();
        let executables: BTreeSet<_> =
            runs.iter().filter_map(|(_, run)| run.tool.executables.first()).map(|file| file.sha256).collect();
        let mut lines: Vec<String> =
            executables.iter().take(2).map(|digest| format!("executable {}", digest.short())).collect();
        if !self.tools.contains_key(&key) {
            lines.push("no certification is here".to_owned());
        }
        let steps: Vec<NodeId> =
            runs.iter().filter_map(|(id, _)| self.place(About::Statement(*id))).collect();
        let best = |principal: usize| {
            let seen = steps.iter().filter_map(|step| self.nodes.get(step.0)?.seen.get(principal));
            let best = seen.min_by_key(|seen| seen.state);
            best.map_or_else(Seen::unused, |best| Seen { marks: Vec::new(), ..best.clone() })
        };
        let seen = (0..self.eyes.len()).map(best).collect();
        let node = self.add(Kind::Tool, Some(About::Key(key)), name, lines, seen);
        for step in steps {
            self.link(Some(node), Some(step), Link::Ran);
        }
    }

    fn authorities(&mut self, vouching: &Vouching<'a>, principals: &[Principal<'_>]) {
        let counting = |principal: usize| {
            let nodes = self.nodes.iter().filter(|node| node.kind == Kind::Certification);
            let counting =
                nodes.filter(|node| node.seen.get(principal).is_some_and(|seen| seen.state == State::Counts));
            let ids = counting.filter_map(|node| match node.about {
                Some(About::Statement(id)) => Some(id),
                _ => None,
            });
            vouching.behind(&ids.collect())
        };
        let behind: Vec<BTreeSet<KeyId>> = (0..self.eyes.len()).map(counting).collect();
        let mut anchors: BTreeMap<KeyId, &Name> = BTreeMap::new();
        for anchor in principals.iter().flat_map(|principal| principal.anchors) {
            for key in &anchor.keys {
                anchors.entry(key.key_id()).or_insert(&anchor.name);
            }
        }
        for key in &vouching.authorities {
            let look = |(eyes, behind): (&Option<Eyes<'_>>, &BTreeSet<KeyId>)| {
                eyes.as_ref().map_or_else(Seen::unused, |eyes| eyes.authority(*key, behind.contains(key)))
            };
            let seen = self.eyes.iter().zip(&behind).map(look).collect();
            let endorsed = || vouching.names.get(key).copied();
            let name = anchors.get(key).map(|name| name.as_str()).or_else(endorsed).map(plain);
            let lines =
                if anchors.contains_key(key) { vec!["anchor of a policy".to_owned()] } else { Vec::new() };
            self.add(Kind::Authority, Some(About::Key(*key)), name.unwrap_or_default(), lines, seen);
        }
        for (id, certification) in &vouching.certifications {
            let (signer, node) = (About::Key(certification.predicate().issuer), About::Statement(*id));
            self.link(self.place(signer), self.place(node), Link::Signed);
        }
        for (issuer, child) in vouching.endorsements.keys() {
            self.link(self.place(About::Key(*issuer)), self.place(About::Key(*child)), Link::Endorsed);
        }
    }
}

/// For each report key a certification of it: one that somebody knows before others, because strangers name what they like.
fn tools<'a>(evidence: &Evidence<'a>, eyes: &[Option<Eyes<'_>>]) -> BTreeMap<KeyId, &'a ToolCertification> {
    let is_known = |id: StatementId| eyes.iter().flatten().any(|eyes| eyes.knows(id));
    let (known, others): (Vec<_>, Vec<_>) =
        evidence.certifications.iter().partition(|(id, _)| is_known(**id));
    let mut tools = BTreeMap::new();
    for (_, certification) in known.into_iter().chain(others) {
        let predicate = certification.predicate();
        tools.entry(predicate.report_key.key_id()).or_insert(predicate);
    }
    tools
}

fn tool(certification: &ToolCertification) -> String {
    plain(&format!("{} {}", certification.tool.name, certification.tool.version))
}

fn run_lines(run: &Report) -> Vec<String> {
    vec![format!("capture {}", run.capture.as_str())]
}

/// What a certification claims, in the order of its claims.
fn claims(certification: &ToolCertification) -> Vec<String> {
    let said = certification.claims.iter().map(|claim| {
        let property = match &claim.property {
            ClaimedProperty::EveryPreservable => "all that can be".to_owned(),
            ClaimedProperty::Named(name) => name.to_string(),
            ClaimedProperty::Valued(property) => plain(&property.to_string()),
        };
        let verb = match claim.effect {
            Effect::Establishes => "establishes",
            Effect::Preserves => "preserves",
            Effect::Attests => "attests",
            Effect::Supplies => "supplies",
        };
        format!("{verb} {property}")
    });
    let said: BTreeSet<String> = said.collect();
    said.into_iter().collect()
}
