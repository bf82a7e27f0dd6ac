//! Where boxes and edges go: layers from left to right, or from below, in the manner of Sugiyama, Tagawa and Toda (1981).
//!
//! In go sizes and edges, out come places and routes; edges go around boxes, because each long edge has a place of its own
//! in every layer that it passes. Why this is not a library's work says ADR 0023. Nothing recurses: a chain may be thousands
//! of steps deep. The same input gives the same picture.

mod layers;
mod order;
mod place;

use self::layers::Layers;

/// A box's width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Size {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// Where everything goes.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The upper left corner of each box.
    pub(crate) boxes: Vec<Point>,
    /// For each edge the points that it passes, from its start to its end: it runs level between the two of each pair, and
    /// bends from pair to pair.
    pub(crate) routes: Vec<Vec<Point>>,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) direction: Direction,
}

/// Which way time runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Direction {
    /// From left to right.
    #[default]
    Right,
    /// From below: what was made last stands on top.
    Up,
}

/// Between the columns, at least.
const COLUMN_GAP: f64 = 52.0;
/// More of it for each edge that passes, up to [`COLUMN_GAP_MOST`].
const GAP_OF_EDGE: f64 = 1.2;
const COLUMN_GAP_MOST: f64 = 150.0;

/// A picture that is wider than this, and so many times wider than high, is turned.
const WIDE: f64 = 2_400.0;
const WIDER: f64 = 2.5;

/// Lays out a graph, and says which way time runs: a long chain that is no wider than it must be runs up, because people
/// scroll up and down. Edges lead along; those that close a cycle lead back.
pub(crate) fn layout(boxes: &[Size], edges: &[(usize, usize)]) -> Layout {
    let right = laid(boxes, edges);
    if right.width <= WIDE || right.width <= WIDER * right.height {
        return right;
    }
    let turned: Vec<Size> =
        boxes.iter().map(|size| Size { width: size.height, height: size.width }).collect();
    let laid = laid(&turned, edges);
    let length = laid.width;
    let corners = laid.boxes.iter().zip(&turned);
    let boxes = corners.map(|(at, size)| Point { x: at.y, y: length - at.x - size.width }).collect();
    let turn = |at: &Point| Point { x: at.y, y: length - at.x };
    let routes = laid.routes.iter().map(|route| route.iter().map(turn).collect()).collect();
    Layout { boxes, routes, width: laid.height, height: length, direction: Direction::Up }
}

/// From left to right.
fn laid(boxes: &[Size], edges: &[(usize, usize)]) -> Layout {
    let mut layers = Layers::of(boxes, edges);
    order::reduce_crossings(&mut layers);
    let centres = place::centres(&layers);
    let height = layers.items.iter().zip(&centres).map(|(item, y)| y + item.height / 2.0).fold(0.0, f64::max);
    let columns = columns(&layers);
    let width = columns.first().map_or(0.0, |(x, width)| x + width);
    let corner = |at: usize| {
        let item = layers.items.get(at)?;
        let (x, column) = columns.get(item.layer).copied()?;
        let y = centres.get(at)? - item.height / 2.0;
        Some(Point { x: x + (column - item.width) / 2.0, y })
    };
    let corners: Vec<Point> = (0..boxes.len()).filter_map(corner).collect();
    let routes = layers.routes.iter().map(|route| {
        let last = route.items.len().saturating_sub(1);
        let mut points = Vec::new();
        for (position, at) in route.items.iter().enumerate() {
            let (Some(item), Some(y)) = (layers.items.get(*at), centres.get(*at)) else { continue };
            let Some((x, column)) = columns.get(item.layer).copied() else { continue };
            let right = corners.get(*at).map_or(x, |corner| corner.x + item.width);
            let left = corners.get(*at).map_or(x, |corner| corner.x);
            let (from, to) = match position {
                0 => (right, x + column),
                _ if position == last => (x, left),
                _ => (x, x + column),
            };
            points.extend([Point { x: from, y: *y }, Point { x: to, y: *y }]);
        }
        if route.is_reversed {
            points.reverse();
        }
        points
    });
    let routes = routes.collect();
    Layout { boxes: corners, routes, width, height, direction: Direction::Right }
}

/// The height of so many rows.
pub(crate) fn rows(count: usize, height: f64) -> f64 {
    order::lossy(count) * height
}

/// For each layer where its column begins, and how wide it is. Layer 0 is the last on the right.
fn columns(layers: &Layers) -> Vec<(f64, f64)> {
    let count = layers.layers.len();
    let mut widths = vec![0.0_f64; count];
    let mut crossing = vec![0_u32; count];
    for item in &layers.items {
        widths.get_mut(item.layer).into_iter().for_each(|width| *width = width.max(item.width));
    }
    for (from, _) in &layers.segments {
        let layer = layers.items.get(*from).map_or(0, |item| item.layer);
        crossing.get_mut(layer).into_iter().for_each(|count| *count = count.saturating_add(1));
    }
    let mut columns = vec![(0.0, 0.0); count];
    let mut x = 0.0;
    for (column, (width, edges)) in columns.iter_mut().zip(widths.iter().zip(&crossing)).rev() {
        *column = (x, *width);
        x += width + (COLUMN_GAP + GAP_OF_EDGE * f64::from(*edges)).min(COLUMN_GAP_MOST);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Size = Size { width: 100.0, height: 40.0 };

    fn apart(layout: &Layout, boxes: &[Size]) {
        let all: Vec<_> = layout.boxes.iter().zip(boxes).collect();
        for (i, (a, size)) in all.iter().enumerate() {
            for (b, other) in all.iter().skip(i + 1) {
                let beside = a.x + size.width <= b.x || b.x + other.width <= a.x;
                let above = a.y + size.height <= b.y || b.y + other.height <= a.y;
                assert!(beside || above, "{a:?} and {b:?} overlap");
            }
        }
    }

    #[test]
    fn edges_lead_to_the_right_and_boxes_are_apart() {
        let edges = [(0, 2), (1, 2), (2, 3), (0, 3), (4, 3), (1, 4)];
        let boxes = [BOX; 5];
        let layout = layout(&boxes, &edges);
        apart(&layout, &boxes);
        for (from, to) in edges {
            assert!(layout.boxes[from].x + BOX.width < layout.boxes[to].x, "{from} {to}");
        }
        assert!(layout.boxes.iter().all(|at| at.x >= 0.0 && at.y >= 0.0));
    }

    #[test]
    fn a_cycle_is_drawn_with_an_edge_that_leads_back() {
        let boxes = [BOX; 3];
        let layout = layout(&boxes, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        apart(&layout, &boxes);
        assert_eq!(layout.routes.len(), 4);
        assert!(
            layout.routes.iter().all(|route| route.iter().all(|at| at.x.is_finite() && at.y.is_finite()))
        );
    }

    #[test]
    fn a_straight_chain_is_straight_and_a_long_one_runs_up() {
        let chain = |count: usize| {
            let edges: Vec<_> = (1..count).map(|at| (at - 1, at)).collect();
            layout(&vec![BOX; count], &edges)
        };
        let (short, long) = (chain(10), chain(50));
        assert_eq!((short.direction, long.direction), (Direction::Right, Direction::Up));
        assert!(short.boxes.iter().all(|at| (at.y - short.boxes[0].y).abs() < 0.01));
        assert!(long.boxes.iter().all(|at| (at.x - long.boxes[0].x).abs() < 0.01));
        assert!(long.boxes[49].y < long.boxes[0].y && long.boxes[49].y.abs() < 0.01);
        apart(&long, &[BOX; 50]);
    }

    #[test]
    fn nothing_is_laid_out_as_nothing() {
        let layout = layout(&[], &[]);
        assert_eq!((layout.width, layout.height), (0.0, 0.0));
    }

    #[test]
    fn random_graphs_have_no_boxes_over_each_other() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..40 {
            let count = 2 + random(40);
            let boxes: Vec<_> =
                (0..count).map(|_| Size { width: 60.0, height: 20.0 + 10.0 * random(5) as f64 }).collect();
            let edges: Vec<_> = (0..random(90)).map(|_| (random(count), random(count))).collect();
            let layout = layout(&boxes, &edges);
            assert_eq!((layout.boxes.len(), layout.routes.len()), (count, edges.len()));
            apart(&layout, &boxes);
        }
    }
}
