//! The exhaustive scan over bit masks: the oracle that the search is held to, and timed against.
//!
//! It looks at every row, in the rows' order, and keeps the best. What can be worked out before is: masks by row, and
//! demands and prices for the workload. It shares the rows and the prices of the search, and none of its short cuts.

use super::ask::Asked;
use super::choice::Choice;
use super::state::Fleet;
use crate::cost::{Price, Tenancy};
use crate::inventory::Resources;

/// The masks of a fleet's rows, side by side.
#[derive(Debug)]
pub struct Scan {
    /// For each row, as many words as all atoms need.
    masks: Vec<u64>,
    words: usize,
    forms: Vec<u16>,
}

/// Price, names of node and environment, tenancy.
type Weight = (u128, (u32, u32), Tenancy);

/// A requirement ready to be scanned for.
#[derive(Debug)]
pub struct Scanned {
    shared: Vec<Vec<(usize, u64)>>,
    whole: Vec<Vec<(usize, u64)>>,
    forms: Vec<bool>,
    costs: Vec<(Resources, Price, Price)>,
}

impl Scan {
    /// The masks of a fleet.
    #[must_use]
    pub fn of(fleet: &Fleet) -> Self {
        let words = fleet.layout.atoms.len().div_ceil(64).max(1);
        let mut masks = vec![0; words * fleet.layout.rows.len()];
        for (atom, rows) in fleet.layout.atoms.iter().enumerate() {
            for row in (0..fleet.layout.rows.len()).filter(|row| rows.word(row / 64) >> (row % 64) & 1 == 1) {
                masks
                    .get_mut(row * words + atom / 64)
                    .into_iter()
                    .for_each(|word: &mut u64| *word |= 1 << (atom % 64));
            }
        }
        let form = |row: usize| {
            let of_row =
                fleet.layout.forms.iter().position(|(_, rows)| rows.word(row / 64) >> (row % 64) & 1 == 1);
            of_row.and_then(|form| u16::try_from(form).ok()).unwrap_or(u16::MAX)
        };
        Self { masks, words, forms: (0..fleet.layout.rows.len()).map(form).collect() }
    }

    /// Gets a requirement ready, so that the scan itself only compares.
    #[must_use]
    pub fn ready(&self, fleet: &Fleet, asked: &Asked) -> Scanned {
        let masks = |terms: &[Vec<u16>]| terms.iter().map(|term| mask(term)).collect();
        let cost = |costing: &crate::cost::Costing| {
            let workload = &asked.workload;
            let price = |tenancy| costing.price(workload, tenancy);
            (costing.demand(workload), price(Tenancy::Shared), price(Tenancy::WholeNode))
        };
        let runs = |form| asked.forms.as_ref().is_none_or(|forms| forms.contains(&form));
        Scanned {
            shared: masks(&asked.shared),
            whole: masks(&asked.whole),
            forms: (0..fleet.layout.forms.len()).map(runs).collect(),
            costs: fleet.layout.costings.iter().map(cost).collect(),
        }
    }

    /// The cheapest lawful place, by looking at them all.
    #[must_use]
    pub fn cheapest(&self, fleet: &Fleet, ready: &Scanned) -> Option<Choice> {
        let mut best: Option<(Weight, Choice)> = None;
        let rows = fleet
            .layout
            .rows
            .iter()
            .zip(&fleet.free.rows)
            .zip(&self.forms)
            .zip(self.masks.chunks(self.words));
        for (at, (((row, free), form), mask)) in rows.enumerate() {
            let meets = |terms: &[Vec<(usize, u64)>]| {
                terms.iter().any(|term| {
                    term.iter().all(|(word, bits)| mask.get(*word).is_some_and(|mask| mask & bits == *bits))
                })
            };
            let tenancy = match (meets(&ready.shared), meets(&ready.whole)) {
                (true, _) => Tenancy::Shared,
                (false, true) if fleet.is_empty(at) => Tenancy::WholeNode,
                (false, _) => continue,
            };
            let Some((demand, shared, whole)) = ready.costs.get(row.costing as usize) else { continue };
            if !free.hold(demand) || ready.forms.get(usize::from(*form)) != Some(&true) {
                continue;
            }
            let price = if tenancy == Tenancy::Shared { *shared } else { *whole };
            let weight = (price.total(), row.tie(), tenancy);
            if best.as_ref().is_none_or(|(best, _)| weight < *best) {
                let (node, offer, demand) = (row.node, row.offer, *demand);
                let print = fleet.print();
                best = Some((weight, Choice { print, node, offer, tenancy, price, demand }));
            }
        }
        best.map(|(_, choice)| choice)
    }
}

/// A term as words of a mask.
fn mask(term: &[u16]) -> Vec<(usize, u64)> {
    let mut words: std::collections::BTreeMap<usize, u64> = std::collections::BTreeMap::new();
    for atom in term {
        *words.entry(usize::from(*atom) / 64).or_default() |= 1 << (atom % 64);
    }
    words.into_iter().collect()
}
