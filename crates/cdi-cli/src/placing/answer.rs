//! What `cdi place` answers (`docs/schema/place.v1.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use cdi_gate::ArtifactKind;
use cdi_placement::{
    ACCEPTED_NODE, Explanation, Offered, Reason, Requirement, Tenancy, Unmet, Why as Unmetness,
};
use cdi_policy::PrincipalFindings;
use cdi_types::{ArtifactDigest, KeyId, Name, Timestamp};
use cdi_verify::SeenNode;
use serde::Serialize;

use super::inputs::Inputs;
use super::market::Market;
use super::relieved::Relieved;
use super::{LISTED, picture};
use crate::answer::{Answer, Cell, Table};
use crate::failure::Kind;
use crate::layout::Page;
use crate::starting;
use crate::terminal::{STRONG, plain};

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Placed {
    pub(super) workload: String,
    pub(super) artifact: ArtifactDigest,
    decided_at: Timestamp,
    verdict: Verdict,
    /// What fails at the code, whatever the place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<Why>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) choice: Option<Chosen>,
    runners_up: Vec<Chosen>,
    /// All that would do and are known by name.
    #[serde(skip)]
    pub(super) would_do: Vec<Chosen>,
    /// How many more places would do, at a higher price.
    dearer: usize,
    pub(super) ruled_out: Vec<RuledOut>,
    /// How many places are ruled out besides, in groups that are not listed.
    pub(super) left_off: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    relief: Option<Relieved>,
    /// What would make the artifact one that could run, if there is no place for it at all.
    #[serde(skip)]
    runnable: Option<&'static str>,
    #[serde(skip)]
    kind: ArtifactKind,
    /// The bundle that was looked for beside the artifact and is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_bundle: Option<String>,
    /// Reports of nodes that do not count.
    pub(super) not_counted: Vec<Why>,
    /// What there is to remember of nodes.
    #[serde(skip)]
    seen: BTreeMap<KeyId, SeenNode>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// There is a place.
    Placed,
    /// The code is admitted, and no place on offer is lawful and has room.
    Nowhere,
    /// Somebody refuses the code, whatever the place.
    Denied,
    /// It cannot be told of the code, or of any place that would do otherwise.
    Unknown,
}

/// A place that would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chosen {
    pub(super) node: String,
    pub(super) environment: String,
    /// `shared` or `whole-node`.
    tenancy: &'static str,
    /// In millionths of the currency's unit.
    price_per_hour_micros: u64,
    #[serde(skip)]
    pub(super) price: String,
}

/// Places of one environment that are ruled out for the same reasons.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuledOut {
    pub(super) environment: String,
    pub(super) nodes: Vec<String>,
    pub(super) count: usize,
    pub(super) reasons: Vec<Why>,
    /// The nodes that are known by name.
    #[serde(skip)]
    pub(super) drawn: Vec<String>,
}

/// Why something is not so.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Why {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requirement: Option<String>,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The same decided twice: as it is, and as something is supposed to be.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Compared {
    pub(crate) as_it_is: Placed,
    pub(crate) supposed: Placed,
}

impl Why {
    pub(super) fn of(environment: &Name, reason: &Reason, unmet: &[Unmet]) -> Self {
        let plain = |code, message| Self { principal: None, requirement: None, code, message };
        let Requirement { principal, requirement, .. } = match reason {
            Reason::Requirement(requirement) => requirement,
            Reason::Shortage(shortage) => return plain("place-full", shortage.to_string()),
            Reason::Form { architecture, .. } => {
                let message = format!("`{environment}` on `{architecture}` does not run code of this form");
                return plain("place-unfit", message);
            }
        };
        let found = unmet
            .iter()
            .find(|unmet| unmet.principal == *principal && unmet.part.requirement == *requirement);
        let message = match found {
            Some(Unmet { why: Unmetness::NodeRevoked, .. }) => {
                format!("an authority that `{principal}` trusts has revoked the node")
            }
            Some(Unmet { why: Unmetness::NodeUntold, unsupplied, .. }) => {
                let mut missing = unsupplied.iter().flat_map(|(_, obstacles)| obstacles);
                let missing = missing.next().map_or_else(|| "nobody asked".to_owned(), ToString::to_string);
                format!(
                    "it cannot be told whether an authority that `{principal}` trusts has revoked the node: {missing}"
                )
            }
            _ if requirement == ACCEPTED_NODE => format!("`{principal}` does not accept the node"),
            Some(unmet) if unmet.said => {
                format!(
                    "`{principal}` requires `{requirement}`, and does not take the word that is given for it"
                )
            }
            _ => format!("`{principal}` requires `{requirement}`"),
        };
        Self {
            principal: Some(principal.to_string()),
            requirement: Some(requirement.clone()),
            code: found.map_or(Unmet::CODE, Unmet::code),
            message,
        }
    }
}

impl Placed {
    pub(super) fn about(
        inputs: &Inputs,
        decided_at: Timestamp,
        market: &Market,
        seen: BTreeMap<KeyId, SeenNode>,
    ) -> Self {
        let fault = |(code, message): &(&'static str, String)| Why {
            principal: None,
            requirement: None,
            code,
            message: message.clone(),
        };
        Self {
            workload: inputs.workload.name().to_string(),
            artifact: inputs.walk.artifact.digest(),
            decided_at,
            verdict: Verdict::Nowhere,
            failures: Vec::new(),
            currency: None,
            choice: None,
            runners_up: Vec::new(),
            would_do: Vec::new(),
            dearer: 0,
            ruled_out: Vec::new(),
            left_off: 0,
            relief: None,
            runnable: None,
            kind: ArtifactKind::sniff(inputs.walk.artifact.bytes()),
            missing_bundle: inputs.walk.no_bundle.as_ref().map(|path| path.display().to_string()),
            not_counted: market.faults.iter().map(fault).collect(),
            seen,
        }
    }

    /// What comes of a refusal at the code, whatever the place.
    pub(super) fn refused(self, verdict: Verdict, principals: &[PrincipalFindings]) -> Self {
        let of = |findings: &PrincipalFindings| {
            let principal = findings.principal.to_string();
            let failed = findings.failures.iter().map(|failure| Why {
                principal: Some(principal.clone()),
                requirement: Some(failure.requirement.clone()),
                code: failure.code,
                message: failure.message.clone(),
            });
            failed.collect::<Vec<_>>()
        };
        Self { verdict, failures: principals.iter().flat_map(of).collect(), ..self }
    }

    /// What was chosen; `otherwise` says how it ends if nothing was.
    pub(super) fn chosen(
        self,
        (explanation, asked): (&Explanation, &[Requirement]),
        otherwise: Verdict,
        currency: &str,
        ruled_out: Vec<RuledOut>,
    ) -> Self {
        let is_unfit = |why: &Why| why.code == "place-unfit";
        let unfit = ruled_out.iter().all(|group| group.reasons.iter().any(is_unfit));
        let choice = explanation.choice.as_ref().map(Chosen::of);
        Self {
            verdict: if choice.is_some() { Verdict::Placed } else { otherwise },
            currency: Some(currency.to_owned()),
            choice,
            runners_up: explanation.runners_up.iter().take(LISTED.runners_up).map(Chosen::of).collect(),
            would_do: explanation.runners_up.iter().map(Chosen::of).collect(),
            dearer: explanation.dearer + explanation.runners_up.len().saturating_sub(LISTED.runners_up),
            ruled_out,
            left_off: explanation.left_off,
            relief: explanation.relief.as_ref().map(|relief| Relieved::of(relief, asked, unfit)),
            runnable: unfit.then(|| starting::why_none_runs(self.kind)).flatten(),
            ..self
        }
    }

    /// The environment that was chosen.
    pub(crate) fn environment(&self) -> Option<&str> {
        self.choice.as_ref().map(|choice| choice.environment.as_str())
    }

    /// The codes of why places are ruled out, each once.
    pub(crate) fn codes(&self) -> BTreeSet<&'static str> {
        self.ruled_out.iter().flat_map(|group| &group.reasons).map(|why| why.code).collect()
    }

    /// The newest reports of nodes that were weighed.
    pub(crate) const fn seen(&self) -> &BTreeMap<KeyId, SeenNode> {
        &self.seen
    }

    /// How the command ends, if there is no place.
    pub(crate) fn end(&self) -> Option<Kind> {
        match self.verdict {
            Verdict::Placed => None,
            Verdict::Unknown => Some(Kind::Undecided),
            Verdict::Nowhere | Verdict::Denied => Some(Kind::Denied),
        }
    }

    /// What would have to be given up, or done, line by line; empty if there is a place.
    pub(super) fn relief(&self) -> Vec<String> {
        let mut lines = self.relief.as_ref().map(Relieved::lines).unwrap_or_default();
        lines.extend(self.runnable.map(|what| format!("  {what}")));
        lines
    }

    /// That no evidence was there, for whoever has been refused.
    fn no_evidence(&self) -> Vec<String> {
        let missing = self.missing_bundle.iter().filter(|_| self.choice.is_none());
        let told = missing.flat_map(|missing| {
            let missing = plain(missing);
            [
                format!("no bundle is beside the artifact: there is no file `{missing}`"),
                format!("put the artifact's bundle beside it as `{missing}`, or name it under `artifact.bundles` of the workload"),
            ]
        });
        told.collect()
    }

    /// How many places would do that are not known by name.
    pub(super) fn unlisted(&self) -> usize {
        (self.runners_up.len() + self.dearer).saturating_sub(self.would_do.len())
    }

    pub(super) fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or_default()
    }

    pub(super) fn head(&self) -> String {
        let chosen = self.choice.as_ref().map(|choice| choice.line(self.currency()));
        let why_not = match self.verdict {
            Verdict::Denied => "nowhere: it is refused, whatever the place",
            Verdict::Unknown if self.failures.is_empty() => {
                "nowhere: it cannot be told whether a place on offer is lawful"
            }
            Verdict::Unknown => "nowhere: it cannot be told what the code has",
            Verdict::Nowhere | Verdict::Placed => "nowhere: no place on offer is lawful and has room",
        };
        chosen.unwrap_or_else(|| why_not.to_owned())
    }
}

impl Chosen {
    fn of(offered: &Offered) -> Self {
        Self {
            node: offered.node.to_string(),
            environment: offered.environment.to_string(),
            tenancy: match offered.tenancy {
                Tenancy::Shared => "shared",
                Tenancy::WholeNode => "whole-node",
            },
            price_per_hour_micros: u64::try_from(offered.price.micros_per_hour()).unwrap_or(u64::MAX),
            price: offered.price.to_string(),
        }
    }

    fn line(&self, currency: &str) -> String {
        let whole = if self.tenancy == "shared" { "" } else { ", the whole node" };
        format!("{}/{}{whole}: {} {currency} an hour", self.node, self.environment, self.price)
    }
}

/// Groups of the same nodes and reasons, with the names of all their environments, in the order of the first.
fn alike(groups: &[RuledOut]) -> Vec<(Vec<&str>, &RuledOut)> {
    let mut together: Vec<(Vec<&str>, &RuledOut)> = Vec::new();
    for group in groups {
        let same = |(_, other): &&mut (Vec<&str>, &RuledOut)| {
            (&group.nodes, group.count, &group.reasons) == (&other.nodes, other.count, &other.reasons)
        };
        match together.iter_mut().find(same) {
            Some((environments, _)) => environments.push(&group.environment),
            None => together.push((vec![&group.environment], group)),
        }
    }
    together
}

impl Answer for Placed {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        writeln!(page, "{STRONG}{}{STRONG:#}: {}", plain(&self.workload), plain(&self.head()))?;
        for failure in &self.failures {
            let principal = failure.principal.as_deref().unwrap_or_default();
            writeln!(page, "  {}: {} [{}]", plain(principal), plain(&failure.message), failure.code)?;
        }
        if !self.runners_up.is_empty() {
            writeln!(page, "next")?;
        }
        for next in &self.runners_up {
            writeln!(page, "  {}", plain(&next.line(self.currency())))?;
        }
        if self.dearer > 0 {
            writeln!(page, "  and {} more at a higher price", self.dearer)?;
        }
        if !self.ruled_out.is_empty() {
            writeln!(page, "ruled out")?;
        }
        for (environments, group) in alike(&self.ruled_out) {
            let (nodes, left) = (group.nodes.join(", "), group.count.saturating_sub(group.nodes.len()));
            let more = if left > 0 { format!(" and {left} more") } else { String::new() };
            writeln!(page, "  {} on {}{more}", plain(&environments.join(", ")), plain(&nodes))?;
            for why in &group.reasons {
                writeln!(page, "    {} [{}]", plain(&why.message), why.code)?;
            }
        }
        if self.left_off > 0 {
            writeln!(page, "  and {} places more for other reasons", self.left_off)?;
        }
        let lines = self.relief().into_iter().chain(self.no_evidence());
        lines.into_iter().try_for_each(|line| writeln!(page, "{line}"))?;
        self.not_counted
            .iter()
            .try_for_each(|why| writeln!(page, "does not count: {} [{}]", plain(&why.message), why.code))
    }

    fn tables(&self) -> Vec<Table> {
        let mut places =
            Table::new("Places", &["node", "environment", "outcome", "price an hour", "why", "codes"]);
        let chosen = self.choice.iter().map(|place| ("chosen", place));
        for (outcome, place) in chosen.chain(self.runners_up.iter().map(|place| ("would do", place))) {
            let whole = if place.tenancy == "shared" { "" } else { "the whole node" };
            places.row([
                Cell::text(&place.node),
                Cell::text(&place.environment),
                Cell::Word(outcome),
                Cell::text(&place.price),
                Cell::text(whole),
                Cell::Word(""),
            ]);
        }
        for group in &self.ruled_out {
            let codes: Vec<&str> = group.reasons.iter().map(|why| why.code).collect();
            let why: Vec<&str> = group.reasons.iter().map(|why| why.message.as_str()).collect();
            places.row([
                Cell::text(group.nodes.join(", ")),
                Cell::text(&group.environment),
                Cell::Word("ruled out"),
                Cell::Word(""),
                Cell::text(why.join("; ")),
                Cell::text(codes.join(", ")),
            ]);
        }
        let mut failures = Table::new("What fails", &["principal", "requirement", "code", "why"]);
        for why in self.failures.iter().chain(&self.not_counted) {
            failures.row([
                Cell::text(why.principal.as_deref().unwrap_or_default()),
                Cell::text(why.requirement.as_deref().unwrap_or_default()),
                Cell::Word(why.code),
                Cell::text(&why.message),
            ]);
        }
        vec![places, failures]
    }

    fn picture(&self) -> String {
        picture::of(self, None)
    }
}

impl Compared {
    /// Whether a report that is supposed does not count, because nobody knows its key.
    fn supposes_a_stranger(&self) -> bool {
        let is_news = |why: &&Why| !self.as_it_is.not_counted.contains(why);
        let mut news = self.supposed.not_counted.iter().filter(is_news);
        news.any(|why| why.code == "issuer-key-unknown")
    }
}

impl Answer for Compared {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let same =
            self.as_it_is.verdict == self.supposed.verdict && self.as_it_is.choice == self.supposed.choice;
        writeln!(page, "as it is   {}", plain(&self.as_it_is.head()))?;
        writeln!(page, "supposed   {}", plain(&self.supposed.head()))?;
        if same {
            writeln!(page, "nothing is otherwise")?;
        }
        if self.supposes_a_stranger() {
            writeln!(
                page,
                "a node is weighed only if its key stands under `nodes` of the configuration, or a policy names it; `cdi key show \
                 --only public-key` prints it"
            )?;
        }
        writeln!(page)?;
        self.supposed.text(page)
    }

    fn tables(&self) -> Vec<Table> {
        let of = |what: &str, placed: &Placed| {
            let with = |mut table: Table| {
                table.heading = format!("{what}: {}", table.heading);
                table
            };
            placed.tables().into_iter().map(with).collect::<Vec<_>>()
        };
        [of("As it is", &self.as_it_is), of("Supposed", &self.supposed)].concat()
    }

    fn picture(&self) -> String {
        picture::of(&self.supposed, Some(&self.as_it_is))
    }
}
