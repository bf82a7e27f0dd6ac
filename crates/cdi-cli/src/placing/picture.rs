//! A placement as a picture.

use cdi_graph::svg::{Theme, draw_placement};
use cdi_graph::{Blame, Crossing, Placement};

use super::answer::{Chosen, Placed, RuledOut, Why};

/// The picture of what came of it; of something that was supposed, with what it is without.
pub(super) fn of(placed: &Placed, as_it_is: Option<&Placed>) -> String {
    let (workload, artifact) = (&placed.workload, placed.artifact.to_string());
    let would_do = placed.would_do.iter().map(|place| crossing(place, placed, Crossing::WouldDo));
    let chosen = placed.choice.iter().map(|place| crossing(place, placed, Crossing::Chosen));
    let head = if as_it_is.is_some() { format!("supposed: {}", placed.head()) } else { placed.head() };
    let picture = Placement::of(workload, &artifact, &head, placed.choice.is_some());
    let picture = picture.with(chosen.chain(would_do).chain(placed.ruled_out.iter().flat_map(ruled_out)));
    let as_it_is =
        as_it_is.map(|as_it_is| format!("as it is, and not as it is supposed here: {}", as_it_is.head()));
    let failures = placed.failures.iter().map(|why| {
        let principal = why.principal.as_deref().unwrap_or_default();
        format!("{principal}: {} [{}]", why.message, why.code)
    });
    let not_counted =
        placed.not_counted.iter().map(|why| format!("does not count: {} [{}]", why.message, why.code));
    let over = left_off(placed);
    let over = (over > 0).then(|| format!("{over} places more are not drawn, and stand as not on offer."));
    let notes = as_it_is.into_iter().chain(failures).chain(placed.relief()).chain(not_counted).chain(over);
    let picture = notes.fold(picture, |picture, note| picture.note(note.trim_start()));
    draw_placement(&picture, Theme::Auto)
}

fn crossing<'p>(
    place: &'p Chosen,
    placed: &Placed,
    outcome: impl Fn(String) -> Crossing,
) -> (&'p str, &'p str, Crossing) {
    let price = format!("{} {}", place.price, placed.currency());
    (&place.node, &place.environment, outcome(price))
}

fn ruled_out(group: &RuledOut) -> impl Iterator<Item = (&str, &str, Crossing)> {
    let blame = |why: &Why| Blame {
        principal: why.principal.clone(),
        requirement: why.requirement.clone(),
        message: why.message.clone(),
        code: why.code,
    };
    let blames: Vec<Blame> = group.reasons.iter().map(blame).collect();
    group
        .drawn
        .iter()
        .map(move |node| (node.as_str(), group.environment.as_str(), Crossing::RuledOut(blames.clone())))
}

/// How many places have no name here.
fn left_off(placed: &Placed) -> usize {
    let unnamed = placed.ruled_out.iter().map(|group| group.count.saturating_sub(group.drawn.len()));
    placed.left_off + unnamed.sum::<usize>() + placed.unlisted()
}
