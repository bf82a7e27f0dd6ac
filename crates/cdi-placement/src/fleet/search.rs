//! The search: by price, and past whatever can be seen to be no help (rule PL-CHOICE).

use super::ask::{Asked, Lawful};
use super::bits::{WIDTH, members};
use super::choice::Choice;
use super::state::Fleet;
use crate::cost::{Price, Tenancy};
use crate::inventory::Resources;

/// What a place is weighed by: its price, then the names of node and environment.
type Weight = (u128, (u32, u32));

pub(super) struct Search<'f> {
    fleet: &'f Fleet,
    asked: &'f Asked,
    best: Option<(Weight, Choice)>,
}

impl<'f> Search<'f> {
    pub(super) const fn of(fleet: &'f Fleet, asked: &'f Asked) -> Self {
        Self { fleet, asked, best: None }
    }

    pub(super) fn best(mut self) -> Option<Choice> {
        self.among(&self.asked.shared, Tenancy::Shared);
        self.among(&self.asked.whole, Tenancy::WholeNode);
        self.best.map(|(_, choice)| choice)
    }

    fn among(&mut self, terms: &[Vec<u16>], tenancy: Tenancy) {
        let lawful = Lawful::of(&self.fleet.layout, terms, self.asked.forms.as_ref());
        if lawful.is_nowhere() {
            return;
        }
        let mut left: Vec<(Weight, usize)> = self.stretches(&lawful, tenancy);
        while let Some(at) = least(&left) {
            let (weight, stretch) = left.swap_remove(at);
            if !self.may_improve(weight) {
                return;
            }
            self.stretch(stretch, &lawful, tenancy);
        }
    }

    /// The stretches that may have a place, each with what no place in it comes before.
    fn stretches(&self, lawful: &Lawful<'_>, tenancy: Tenancy) -> Vec<(Weight, usize)> {
        let all = self.fleet.bounds.stretches.iter().zip(&self.fleet.free.stretches).enumerate();
        let workload = &self.asked.workload;
        let candidates = all.filter(|(stretch, (bound, free))| {
            free.hold(&bound.demand(workload)) && lawful.blocks(*stretch) != 0
        });
        candidates.map(|(stretch, (bound, _))| (bound.best(workload, tenancy), stretch)).collect()
    }

    fn stretch(&mut self, stretch: usize, lawful: &Lawful<'_>, tenancy: Tenancy) {
        for block in members(lawful.blocks(stretch)).map(|block| stretch * WIDTH + block) {
            let workload = &self.asked.workload;
            let Some(bound) = self.fleet.bounds.blocks.get(block) else { continue };
            let free = self.fleet.free.blocks.get(block).copied().unwrap_or_default();
            if !free.hold(&bound.demand(workload)) {
                continue;
            }
            let among = match tenancy {
                Tenancy::Shared => u64::MAX,
                Tenancy::WholeNode => self.fleet.free.empty.get(block).copied().unwrap_or_default(),
            };
            let rows = lawful.rows(block, among);
            if rows != 0 && self.may_improve(bound.best(workload, tenancy)) {
                self.block(block, rows, bound.is_even, tenancy);
            }
        }
    }

    fn block(&mut self, block: usize, rows: u64, is_even: bool, tenancy: Tenancy) {
        let mut last: Option<(u32, Resources, Price)> = None;
        for at in members(rows).map(|row| block * WIDTH + row) {
            let (Some(row), Some(free)) = (self.fleet.layout.rows.get(at), self.fleet.free.rows.get(at))
            else {
                continue;
            };
            let known = last.filter(|(costing, ..)| *costing == row.costing);
            let Some((_, demand, price)) = known.or_else(|| self.costs(row.costing, tenancy)) else {
                continue;
            };
            last = Some((row.costing, demand, price));
            let weight = (price.total(), row.tie());
            if free.hold(&demand) && self.may_improve(weight) {
                let (print, node, offer) = (self.fleet.print(), row.node, row.offer);
                self.best = Some((weight, Choice { print, node, offer, tenancy, price, demand }));
                if is_even {
                    return;
                }
            }
        }
    }

    fn costs(&self, costing: u32, tenancy: Tenancy) -> Option<(u32, Resources, Price)> {
        let of = self.fleet.layout.costings.get(costing as usize)?;
        let workload = &self.asked.workload;
        Some((costing, of.demand(workload), of.price(workload, tenancy)))
    }

    /// Whether something of this weight would be chosen rather than what was found. Of one place that can be had shared or
    /// whole for the same price, shared was found first and stays.
    #[inline]
    fn may_improve(&self, weight: Weight) -> bool {
        self.best.as_ref().is_none_or(|(best, _)| weight < *best)
    }
}

fn least(all: &[(Weight, usize)]) -> Option<usize> {
    all.iter().enumerate().min_by_key(|(_, weighed)| **weighed).map(|(at, _)| at)
}
