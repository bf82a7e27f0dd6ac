//! The order in each layer: each item between those it is joined to, so that few edges cross.

use super::layers::Layers;

/// Sweeps that bring nothing better before it is left as it is.
const PATIENCE: usize = 4;
/// Sweeps at most, and items above which there are few.
const SWEEPS: usize = 24;
const MANY: usize = 20_000;
const SWEEPS_OF_MANY: usize = 4;

/// Orders the layers by barycentres, back and forth, and keeps the best that was found.
pub(crate) fn reduce_crossings(layers: &mut Layers) {
    let sweeps = if layers.items.len() > MANY { SWEEPS_OF_MANY } else { SWEEPS };
    let mut best = (crossings(layers), layers.layers.clone());
    let mut in_vain = 0;
    for sweep in 0..sweeps {
        if best.0 == 0 || in_vain >= PATIENCE {
            break;
        }
        turn(layers, sweep % 2 == 0);
        let found = crossings(layers);
        if found < best.0 {
            best = (found, layers.layers.clone());
            in_vain = 0;
        } else {
            in_vain += 1;
        }
    }
    layers.layers = best.1;
}

/// One sweep: to the left by what stands on the right, or back.
fn turn(layers: &mut Layers, to_the_left: bool) {
    let count = layers.layers.len();
    let mut place = places(layers);
    for step in 0..count {
        let layer = if to_the_left { step } else { count - 1 - step };
        let joined = if to_the_left { &layers.right } else { &layers.left };
        let Some(items) = layers.layers.get_mut(layer) else { continue };
        let mut keyed: Vec<(f64, usize)> = items
            .iter()
            .map(|at| {
                let own = place.get(*at).copied().unwrap_or_default();
                let others = joined.get(*at).map(Vec::as_slice).unwrap_or_default();
                let sum: f64 = others.iter().filter_map(|other| place.get(*other)).sum();
                let mean = if others.is_empty() { own } else { sum / lossy(others.len()) };
                (mean, *at)
            })
            .collect();
        // Stable: those between the same stay in their order.
        keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let size = lossy(keyed.len());
        for (position, (_, at)) in keyed.iter().enumerate() {
            // As a share of the layer, so that layers of different sizes compare.
            place.get_mut(*at).into_iter().for_each(|place| *place = (lossy(position) + 0.5) / size);
        }
        *items = keyed.into_iter().map(|(_, at)| at).collect();
    }
}

fn places(layers: &Layers) -> Vec<f64> {
    let mut place = vec![0.0; layers.items.len()];
    for items in &layers.layers {
        for (position, at) in items.iter().enumerate() {
            let share = (lossy(position) + 0.5) / lossy(items.len());
            place.get_mut(*at).into_iter().for_each(|place| *place = share);
        }
    }
    place
}

/// How many pairs of edges cross, counted layer by layer with a tree of sums (Barth, Jünger and Mutzel 2002).
fn crossings(layers: &Layers) -> u64 {
    let mut position = vec![0_usize; layers.items.len()];
    for items in &layers.layers {
        for (at, item) in items.iter().enumerate() {
            position.get_mut(*item).into_iter().for_each(|place| *place = at);
        }
    }
    let mut total = 0_u64;
    for items in &layers.layers {
        let width = items.len();
        let mut ends = Vec::new();
        let left_of = |item: &usize| layers.right.get(*item).into_iter().flatten();
        let target = items.iter().flat_map(left_of).filter_map(|to| position.get(*to)).max();
        let Some(target) = target.map(|most| most + 1) else { continue };
        ends.reserve(width);
        for item in items {
            let mut own: Vec<usize> = left_of(item).filter_map(|to| position.get(*to)).copied().collect();
            own.sort_unstable();
            ends.extend(own);
        }
        total = total.saturating_add(inversions(&ends, target));
    }
    total
}

/// How many pairs stand in the wrong order; all are below `bound`.
fn inversions(ends: &[usize], bound: usize) -> u64 {
    let mut sums = vec![0_u64; bound + 1];
    let (mut total, mut before) = (0, 0_u64);
    for end in ends {
        let mut not_above = 0;
        let mut at = end + 1;
        while at > 0 {
            not_above += sums.get(at).copied().unwrap_or_default();
            at &= at - 1;
        }
        total += before - not_above;
        before += 1;
        let mut at = end + 1;
        while at <= bound {
            sums.get_mut(at).into_iter().for_each(|sum| *sum += 1);
            at += at & at.wrapping_neg();
        }
    }
    total
}

/// Exact up to 2^53, and no layer has so many.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
pub(crate) const fn lossy(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversions_are_counted() {
        assert_eq!(inversions(&[0, 1, 2], 3), 0);
        assert_eq!(inversions(&[2, 1, 0], 3), 3);
        assert_eq!(inversions(&[1, 1, 0], 2), 2);
        assert_eq!(inversions(&[], 1), 0);
    }
}
