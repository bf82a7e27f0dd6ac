//! Layers: each box as far to the right as what it leads to allows, and a place in every layer that a long edge passes.

use super::Size;

/// A box, or the place where an edge passes a layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) layer: usize,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) passes: bool,
}

/// What an edge passes, from left to right.
#[derive(Debug, Default)]
pub(crate) struct Route {
    pub(crate) items: Vec<usize>,
    /// Whether the edge leads from right to left, because it closes a cycle.
    pub(crate) is_reversed: bool,
}

/// A graph in layers. Layer 0 is the last on the right.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    pub(crate) items: Vec<Item>,
    /// For each layer its items from above.
    pub(crate) layers: Vec<Vec<usize>>,
    /// Edges between neighbouring layers, from left to right.
    pub(crate) segments: Vec<(usize, usize)>,
    /// For each item those it is joined to on the left, and on the right.
    pub(crate) left: Vec<Vec<usize>>,
    pub(crate) right: Vec<Vec<usize>>,
    pub(crate) routes: Vec<Route>,
}

/// More places for edges that pass than these are not given away: then long edges run straight across.
const PASSING: usize = 200_000;
/// The longest edge that still gets them.
const LONG: usize = 4;

impl Layers {
    pub(crate) fn of(boxes: &[Size], edges: &[(usize, usize)]) -> Self {
        let forward = forward(boxes.len(), edges);
        let layer_of = longest(boxes.len(), &forward);
        let item = |(size, layer): (&Size, &usize)| Item {
            layer: *layer,
            width: size.width,
            height: size.height,
            passes: false,
        };
        let mut layers = Self { items: boxes.iter().zip(&layer_of).map(item).collect(), ..Self::default() };
        let layer = |at: usize| layer_of.get(at).copied().unwrap_or_default();
        let span = |(from, to, _): &(usize, usize, bool)| layer(*from).saturating_sub(layer(*to));
        let passing: usize =
            forward.iter().map(|edge| span(edge).saturating_sub(1)).fold(0, usize::saturating_add);
        for edge in &forward {
            let (from, to, is_reversed) = *edge;
            let mut items = vec![from];
            if from != to && (passing <= PASSING || span(edge) <= LONG) {
                for between in (layer(to) + 1..layer(from)).rev() {
                    items.push(layers.items.len());
                    layers.items.push(Item { layer: between, width: 0.0, height: 0.0, passes: true });
                }
            }
            items.push(to);
            let pairs = items.iter().zip(items.iter().skip(1)).map(|(a, b)| (*a, *b));
            layers.segments.extend(pairs.filter(|_| span(edge) == items.len() - 1));
            layers.routes.push(Route { items, is_reversed });
        }
        layers.joined();
        layers.stacked();
        layers
    }

    fn joined(&mut self) {
        self.left = vec![Vec::new(); self.items.len()];
        self.right = vec![Vec::new(); self.items.len()];
        for (from, to) in &self.segments {
            self.right.get_mut(*from).into_iter().for_each(|all| all.push(*to));
            self.left.get_mut(*to).into_iter().for_each(|all| all.push(*from));
        }
    }

    /// A first order: as a walk from the right meets the items, so that a tree has no crossings.
    fn stacked(&mut self) {
        let count = self.items.iter().map(|item| item.layer + 1).max().unwrap_or_default();
        self.layers = vec![Vec::new(); count];
        let mut met = vec![false; self.items.len()];
        let ends = (0..self.items.len()).filter(|at| self.right.get(*at).is_none_or(Vec::is_empty));
        let mut due: Vec<usize> = ends.collect();
        due.reverse();
        while let Some(at) = due.pop() {
            if met.get_mut(at).is_none_or(|met| std::mem::replace(met, true)) {
                continue;
            }
            let layer = self.items.get(at).map_or(0, |item| item.layer);
            self.layers.get_mut(layer).into_iter().for_each(|all| all.push(at));
            due.extend(self.left.get(at).into_iter().flatten().rev().copied());
        }
    }
}

/// The edges without cycles: those that lead back to where a walk comes from are turned round, and said to be.
fn forward(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize, bool)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (place, (_, to)) in edges.iter().enumerate() {
        before.get_mut(*to).into_iter().for_each(|all| all.push(place));
    }
    let mut marks = vec![Mark::New; count];
    let mut back = vec![false; edges.len()];
    for start in 0..count {
        // Each entry: a node, and how many of its edges were followed.
        let mut walk = vec![(start, 0)];
        while let Some((at, next)) = walk.pop() {
            if next == 0 {
                match marks.get_mut(at) {
                    Some(mark) if *mark == Mark::New => *mark = Mark::Open,
                    _ => continue,
                }
            }
            let Some(place) = before.get(at).and_then(|all| all.get(next)) else {
                marks.get_mut(at).into_iter().for_each(|mark| *mark = Mark::Done);
                continue;
            };
            walk.push((at, next + 1));
            let from = edges.get(*place).map_or(at, |(from, _)| *from);
            match marks.get(from) {
                Some(Mark::New) => walk.push((from, 0)),
                Some(Mark::Open) => back.get_mut(*place).into_iter().for_each(|back| *back = true),
                Some(Mark::Done) | None => {}
            }
        }
    }
    let turned = edges.iter().zip(back);
    turned.map(|((from, to), back)| if back { (*to, *from, true) } else { (*from, *to, false) }).collect()
}

/// For each box the length of the longest way from it to the right.
fn longest(count: usize, edges: &[(usize, usize, bool)]) -> Vec<usize> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut missing = vec![0_usize; count];
    for (from, to, _) in edges.iter().filter(|(from, to, _)| from != to) {
        before.get_mut(*to).into_iter().for_each(|all| all.push(*from));
        missing.get_mut(*from).into_iter().for_each(|missing| *missing += 1);
    }
    let mut layers = vec![0; count];
    let mut ready: Vec<usize> =
        missing.iter().enumerate().filter(|(_, missing)| **missing == 0).map(|(at, _)| at).collect();
    while let Some(at) = ready.pop() {
        let layer = layers.get(at).copied().unwrap_or_default() + 1;
        for from in before.get(at).into_iter().flatten() {
            layers.get_mut(*from).into_iter().for_each(|own: &mut usize| *own = (*own).max(layer));
            if let Some(missing) = missing.get_mut(*from) {
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    ready.push(*from);
                }
            }
        }
    }
    layers
}
