//! What would have to be given up where no place is lawful.

use cdi_placement::{Conflicting, Level, Relief, Requirement, Wanted};
use serde::Serialize;

use crate::terminal::plain;

/// What would have to be given up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relieved {
    /// `conflict`, `unverifiable`, `inventory`, `unfit` or `no-room`.
    because: &'static str,
    /// The smallest sets of requirements, giving up any of which would do.
    give_up: Vec<Vec<GivenUp>>,
    left_off: usize,
    /// The requirements that contradict each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflict: Vec<GivenUp>,
    /// The requirements that no place can be shown to meet yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unverifiable: Vec<GivenUp>,
}

/// A requirement of a principal.
#[derive(Debug, Serialize)]
struct GivenUp {
    principal: String,
    requirement: String,
}

impl Relieved {
    /// Of what was `asked`; `unfit` if there is no place that runs the artifact at all.
    pub(super) fn of(relief: &Relief, asked: &[Requirement], unfit: bool) -> Self {
        let named = |requirements: &[Requirement]| -> Vec<GivenUp> {
            let one = |of: &Requirement| GivenUp {
                principal: of.principal.to_string(),
                requirement: of.requirement.clone(),
            };
            requirements.iter().map(one).collect()
        };
        match relief {
            Relief::NoRoom => Self {
                because: if unfit { "unfit" } else { "no-room" },
                give_up: Vec::new(),
                left_off: 0,
                conflict: Vec::new(),
                unverifiable: Vec::new(),
            },
            Relief::GiveUp { sets, left_off, conflict } => {
                let unverifiable: Vec<_> = asked.iter().filter(|of| is_unverifiable(of)).cloned().collect();
                let (because, conflict) = match conflict {
                    Conflicting::WithEachOther(all) => ("conflict", named(all)),
                    Conflicting::WithThisInventory if unverifiable.is_empty() => ("inventory", Vec::new()),
                    Conflicting::WithThisInventory => ("unverifiable", Vec::new()),
                };
                let give_up = sets.iter().map(|set| named(set)).collect();
                Self { because, give_up, left_off: *left_off, conflict, unverifiable: named(&unverifiable) }
            }
        }
    }

    /// The same line by line, for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let spelt = |set: &[GivenUp]| {
            let all = set.iter().map(|one| format!("`{}` of `{}`", one.requirement, one.principal));
            plain(&all.collect::<Vec<_>>().join(" and "))
        };
        let because = match self.because {
            "conflict" => "no place could ever meet all of it",
            "inventory" => "a place could meet all of it, and none on offer does",
            "unverifiable" => "no place can be shown to meet all of it yet",
            "unfit" => "no place on offer runs a file of this kind",
            _ => "no place that runs it has enough free",
        };
        let mut lines = vec![because.to_owned()];
        for (number, set) in self.give_up.iter().enumerate() {
            let begin = if number == 0 { "there would be one without" } else { "or without" };
            lines.push(format!("  {begin} {}", spelt(set)));
        }
        if !self.conflict.is_empty() {
            lines.push(format!("  these contradict each other: {}", spelt(&self.conflict)));
        }
        if !self.unverifiable.is_empty() {
            lines.push(format!("  nothing can show yet: {}", spelt(&self.unverifiable)));
        }
        lines
    }
}

/// Whether no place meets it, whatever it is: evidence of hardware, and that nothing else runs on a node, nothing verifies yet
/// (rule P-LEVEL).
fn is_unverifiable(of: &Requirement) -> bool {
    let could_be = |wanted: &Wanted| wanted.level != Level::Attested && !wanted.takes_the_whole_node();
    !of.open.holds(&mut |wanted| could_be(wanted))
}
