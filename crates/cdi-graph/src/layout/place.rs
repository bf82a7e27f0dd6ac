//! How high each item stands: as near as can be to those it is joined to, in the order of its layer and without touching.
//!
//! For one layer this is a least-squares problem under an order, which pooling adjacent violators solves in linear time.

use super::layers::{Item, Layers};

/// Between two boxes, between a box and an edge that passes, between two of these.
const BOXES_APART: f64 = 16.0;
const PASSING_APART: f64 = 11.0;
const EDGES_APART: f64 = 7.0;

/// Sweeps back and forth; for very many items fewer.
const SWEEPS: usize = 24;
const MANY: usize = 20_000;
const SWEEPS_OF_MANY: usize = 6;

/// An edge that passes is kept straight rather than one that ends.
const STRAIGHT: f64 = 6.0;

/// The height of each item's middle; the highest item touches 0.
pub(crate) fn centres(layers: &Layers) -> Vec<f64> {
    let mut at = stacked(layers);
    let sweeps = if layers.items.len() > MANY { SWEEPS_OF_MANY } else { SWEEPS };
    let count = layers.layers.len();
    for sweep in 0..sweeps {
        for step in 0..count {
            let (layer, sides) = match sweep % 3 {
                0 => (step, Sides::Right),
                1 => (count - 1 - step, Sides::Left),
                _ => (step, Sides::Both),
            };
            settle(layers, layer, sides, &mut at);
        }
    }
    let top =
        layers.items.iter().zip(&at).map(|(item, y)| y - item.height / 2.0).fold(f64::INFINITY, f64::min);
    if top.is_finite() {
        at.iter_mut().for_each(|y| *y -= top);
    }
    at
}

#[derive(Clone, Copy, PartialEq)]
enum Sides {
    Right,
    Left,
    Both,
}

fn gap(a: &Item, b: &Item) -> f64 {
    match (a.passes, b.passes) {
        (true, true) => EDGES_APART,
        (false, false) => BOXES_APART,
        _ => PASSING_APART,
    }
}

/// Each layer stacked around 0.
fn stacked(layers: &Layers) -> Vec<f64> {
    let mut at = vec![0.0; layers.items.len()];
    for items in &layers.layers {
        let offsets = offsets(layers, items);
        let middle = offsets.last().copied().unwrap_or_default() / 2.0;
        for (item, offset) in items.iter().zip(&offsets) {
            at.get_mut(*item).into_iter().for_each(|y| *y = offset - middle);
        }
    }
    at
}

/// For each item of a layer the least distance of its middle to the first one's.
fn offsets(layers: &Layers, items: &[usize]) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(items.len());
    let (mut below, mut last): (f64, Option<&Item>) = (0.0, None);
    for item in items.iter().filter_map(|item| layers.items.get(*item)) {
        if let Some(last) = last {
            below += last.height / 2.0 + gap(last, item) + item.height / 2.0;
        }
        offsets.push(below);
        last = Some(item);
    }
    offsets
}

/// Moves one layer to where its neighbours want it.
fn settle(layers: &Layers, layer: usize, sides: Sides, at: &mut [f64]) {
    let Some(items) = layers.layers.get(layer) else { return };
    let offsets = offsets(layers, items);
    let wanted: Vec<(f64, f64)> = items
        .iter()
        .zip(&offsets)
        .map(|(item, offset)| {
            let (y, weight) = wanted(layers, *item, sides, at);
            (y - offset, weight)
        })
        .collect();
    for ((item, offset), y) in items.iter().zip(&offsets).zip(pooled(&wanted)) {
        at.get_mut(*item).into_iter().for_each(|place| *place = y + offset);
    }
}

/// Where its neighbours want an item, and how much.
fn wanted(layers: &Layers, item: usize, sides: Sides, at: &[f64]) -> (f64, f64) {
    let passes = |item: usize| layers.items.get(item).is_some_and(|item| item.passes);
    let (right, left) = (layers.right.get(item), layers.left.get(item));
    let joined = match sides {
        Sides::Right => [right, None],
        Sides::Left => [left, None],
        Sides::Both => [right, left],
    };
    let (mut sum, mut weight) = (0.0, 0.0);
    for other in joined.into_iter().flatten().flatten() {
        let straight = if passes(item) && passes(*other) { STRAIGHT } else { 1.0 };
        sum += straight * at.get(*other).copied().unwrap_or_default();
        weight += straight;
    }
    if weight > 0.0 {
        (sum / weight, weight)
    } else {
        // Nobody wants it anywhere: it stays, and gives way.
        (at.get(item).copied().unwrap_or_default(), 0.01)
    }
}

/// Numbers that do not fall and are nearest to the wanted ones, each by its weight.
fn pooled(wanted: &[(f64, f64)]) -> Vec<f64> {
    struct Pool {
        mean: f64,
        weight: f64,
        size: usize,
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (mean, weight) in wanted {
        let mut last = Pool { mean: *mean, weight: *weight, size: 1 };
        while let Some(before) = pools.pop_if(|before| before.mean >= last.mean) {
            let weight = before.weight + last.weight;
            let mean = (before.mean * before.weight + last.mean * last.weight) / weight;
            last = Pool { mean, weight, size: before.size + last.size };
        }
        pools.push(last);
    }
    pools.into_iter().flat_map(|pool| std::iter::repeat_n(pool.mean, pool.size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_order_stay_and_others_are_pooled() {
        assert_eq!(pooled(&[(1.0, 1.0), (2.0, 1.0)]), [1.0, 2.0]);
        assert_eq!(pooled(&[(3.0, 1.0), (1.0, 1.0)]), [2.0, 2.0]);
        assert_eq!(pooled(&[(5.0, 1.0), (1.0, 3.0), (9.0, 1.0)]), [2.0, 2.0, 9.0]);
    }
}
