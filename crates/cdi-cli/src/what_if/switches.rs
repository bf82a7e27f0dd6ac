//! What gets a switch: authorities that a principal knows, and what they certified.

use std::collections::{BTreeMap, BTreeSet};

use cdi_decider::Seat;
use cdi_report::SwitchKind;
use cdi_types::{KeyId, StatementId};
use cdi_verify::{Provenance, Verified};

use crate::decision::Outcome;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::names::Names;

use crate::what_if::absent::{Absent, Lines};

/// Something that can be supposed to be absent.
#[derive(Debug, Clone)]
pub(crate) struct Switch {
    label: String,
    off: Off,
}

/// What is gone with it.
#[derive(Debug, Clone)]
enum Off {
    Certification(StatementId),
    /// An authority with all of its keys; never empty.
    Authority(BTreeSet<KeyId>),
}

impl Switch {
    /// The keys of an authority.
    pub(super) const fn keys(&self) -> Option<&BTreeSet<KeyId>> {
        match &self.off {
            Off::Certification(_) => None,
            Off::Authority(keys) => Some(keys),
        }
    }

    /// The certification.
    pub(super) const fn statement(&self) -> Option<StatementId> {
        match &self.off {
            Off::Certification(id) => Some(*id),
            Off::Authority(_) => None,
        }
    }

    /// The ids that stand for it.
    fn ids(&self) -> Vec<String> {
        match &self.off {
            Off::Certification(id) => vec![id.to_string()],
            Off::Authority(keys) => keys.iter().map(KeyId::to_string).collect(),
        }
    }

    pub(super) fn shown(&self, lines: &Lines) -> cdi_report::Switch {
        cdi_report::Switch {
            id: self.ids().into_iter().next().unwrap_or_default(),
            kind: match &self.off {
                Off::Certification(_) => SwitchKind::Certification,
                Off::Authority(_) => SwitchKind::Authority,
            },
            label: self.label.clone(),
            lines: Absent::of(std::iter::once(self), lines).count(),
            statement: self.statement(),
        }
    }
}

/// The switches of a decision, at most so many, and how many things could have one besides; or those that are `chosen`.
pub(super) fn of(
    outcome: &Outcome,
    lines: &Lines,
    chosen: &[IdPrefix],
    most: usize,
) -> Result<(Vec<Switch>, usize), Failure> {
    let all = outcome.provenance.as_ref().map(|known| every(outcome, known, lines)).unwrap_or_default();
    let (mut switches, further) = if chosen.is_empty() {
        let further = all.len().saturating_sub(most);
        (all, further)
    } else {
        let wanted = chosen.iter().map(|id| one(id, &all)).collect::<Result<BTreeSet<usize>, _>>()?;
        let wanted = all.iter().enumerate().filter(|(at, _)| wanted.contains(at));
        let wanted: Vec<Switch> = wanted.map(|(_, switch)| switch.clone()).collect();
        let further = all.len() - wanted.len();
        (wanted, further)
    };
    switches.truncate(most);
    Ok((switches, further))
}

/// The position of the switch that an id stands for.
fn one(id: &IdPrefix, all: &[Switch]) -> Result<usize, Failure> {
    let by_id: BTreeMap<String, usize> = all
        .iter()
        .enumerate()
        .flat_map(|(at, switch)| switch.ids().into_iter().map(move |id| (id, at)))
        .collect();
    let missing = || {
        let message =
            format!("{id} is neither an authority that a principal trusts here nor a certification by one");
        Failure::failed("what-if-unknown", message)
            .hint("`cdi inspect` shows the certifications of a bundle and the keys of their authorities")
    };
    let known = by_id.keys().map(String::as_str);
    let id = id.among(known, missing)?;
    Ok(by_id.get(id).copied().unwrap_or_default())
}

/// Authorities first, each by its name; what is in nobody's evidence cannot be taken out.
fn every(outcome: &Outcome, provenance: &Verified<Provenance>, lines: &Lines) -> Vec<Switch> {
    let provenance = provenance.get();
    let policies = outcome.seats.iter().filter_map(Seat::policy);
    let names: Vec<Names<'_>> = policies.clone().map(|policy| Names::of(policy, provenance)).collect();
    let mut called: BTreeMap<KeyId, BTreeSet<&str>> = BTreeMap::new();
    for (key, name) in names.iter().flat_map(Names::authorities) {
        called.entry(*key).or_default().insert(name);
    }
    let trusted = policies.filter_map(|policy| policy.trust());
    let anchors = trusted.flat_map(|trust| &trust.terms().anchors);
    let anchors = anchors.map(|anchor| anchor.keys.iter().map(|key| key.key_id()).collect());
    let single = called.keys().map(|key| BTreeSet::from([*key]));
    let authorities = joined(anchors.chain(single)).into_iter().map(|keys| {
        let label: BTreeSet<&str> =
            keys.iter().filter_map(|key| called.get(key)).flatten().copied().collect();
        Switch { label: join(label), off: Off::Authority(keys) }
    });
    let certifications = provenance.certifications().iter().filter_map(|certification| {
        let (issuer, said) = (called.get(&certification.issuer())?, certification.predicate());
        let label = format!("{} {} by {}", said.tool.name, said.tool.version, join(issuer.clone()));
        Some(Switch { label, off: Off::Certification(certification.id()) })
    });
    let mut switches: Vec<Switch> = authorities.chain(certifications).collect();
    switches.retain(|switch| Absent::of(std::iter::once(switch), lines).count() > 0);
    switches.sort_by_key(|switch| (switch.statement().is_some(), switch.label.clone(), switch.ids()));
    switches
}

/// Principals may call one authority by several names.
fn join(names: BTreeSet<&str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(" or ")
}

/// Sets that have something in common, as one.
fn joined(sets: impl Iterator<Item = BTreeSet<KeyId>>) -> Vec<BTreeSet<KeyId>> {
    let mut joined: Vec<BTreeSet<KeyId>> = Vec::new();
    for mut set in sets {
        joined.retain(|other| {
            let apart = other.is_disjoint(&set);
            if !apart {
                set.extend(other);
            }
            apart
        });
        joined.push(set);
    }
    joined
}
