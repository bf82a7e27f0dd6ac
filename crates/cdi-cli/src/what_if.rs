//! What would be decided without some of the evidence: the same decision, about what remains.
//!
//! In go a decision's walk, what came of it, and perhaps which things are to have a switch; out come the outcomes of
//! combinations of them. *Off* means absent, not revoked: the lines are taken out of the evidence, and everything is verified,
//! appraised, decided and placed anew. Nothing is admitted by it.

mod absent;
mod signers;
mod switches;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cdi_report::{Extent, Supposed, SupposedPrincipal, WhatIf};
use cdi_types::{Clock, Timestamp, limits};

use crate::decision::{DecisionArguments, Outcome, Walk};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::judged::Judging;
use crate::page;
use absent::{Absent, Lines};
use signers::Signers;
use switches::Switch;

/// Of so many switches every combination is computed: 1,024 decisions.
const ALL: usize = 10;
/// So many things get a switch: 301 decisions for each alone and every two.
const SWITCHES: usize = 24;
/// Signature verifications of all combinations together: as many as one decision may take.
const VERIFICATIONS: usize = limits::SIGNATURE_VERIFICATIONS;
/// Bytes that all combinations together may read: a megabyte of evidence is up to some hundredths of a second to decide about.
const BYTES: usize = 32 << 20;
/// Lines of evidence that all combinations together may look at.
const LINES: usize = 262_144;
/// What hostile evidence may cost besides: each search for chains of authorities can take a second.
const TIME: Duration = Duration::from_secs(60);

/// The switches of a decision, and what would come of them.
pub(crate) fn of(
    mut walk: Walk,
    outcome: &Outcome,
    chosen: &[IdPrefix],
    arguments: &DecisionArguments,
    clock: Clock,
) -> Result<WhatIf, Failure> {
    let Telling { lines, verifications } = Telling::of(&mut walk, outcome, clock)?;
    let (switches, further) = switches::of(outcome, &lines, chosen, SWITCHES)?;
    let planned = Plan::of(&switches, &lines, verifications);
    let mut computed = Computed::beginning_with(supposed(outcome));
    let started = Instant::now();
    let mut stopped = false;
    for (off, absent) in &planned.combinations {
        if started.elapsed() > TIME {
            stopped = true;
            break;
        }
        computed.add(off, absent, &mut walk, &lines, clock)?;
    }
    Ok(WhatIf {
        switches: switches.iter().map(|switch| switch.shown(&lines)).collect(),
        outcomes: computed.outcomes,
        combinations: computed.combinations,
        extent: if stopped { Extent::Stopped } else { planned.extent },
        further,
        command: command(arguments, clock.now()),
        budget: VERIFICATIONS,
        seconds: TIME.as_secs(),
    })
}

/// The lines that tell anything, and how many signature verifications they take.
struct Telling {
    lines: Lines,
    verifications: usize,
}

impl Telling {
    /// Drops, once for all combinations, lines whose signatures are not those of whom they name: no combination has more keys
    /// than the whole. They are kept after all if the decision is another without them.
    fn of(walk: &mut Walk, outcome: &Outcome, clock: Clock) -> Result<Self, Failure> {
        let signers = Signers::of_outcome(outcome);
        let lines = Lines::of(&walk.evidence.together, &signers);
        let Some(known) = outcome.provenance.as_ref().map(cdi_verify::Verified::get) else {
            return Ok(Self { lines, verifications: 0 });
        };
        let all = Self { verifications: known.verifications(), lines };
        let discarded = known.discarded().iter().filter(|line| line.code == "signature-invalid");
        let silent: BTreeSet<usize> = discarded.map(|line| line.line).collect();
        if silent.is_empty() {
            return Ok(all);
        }
        let bundle = all.lines.without(&Absent::default())?;
        let lines = all.lines.dropping(&silent);
        walk.evidence.together = lines.without(&Absent::default())?;
        let without = walk.decide(clock)?;
        match &without.provenance {
            Some(known) if supposed(&without) == supposed(outcome) => {
                Ok(Self { lines, verifications: known.get().verifications() })
            }
            Some(_) | None => Ok(Self { lines: Lines::of(&bundle, &signers), ..all }),
        }
    }
}

fn command(arguments: &DecisionArguments, at: Timestamp) -> String {
    format!("{} --out what-if.html", page::command("report", arguments, at))
}

/// The combinations that are computed, each with what is absent in it.
struct Plan {
    extent: Extent,
    combinations: Vec<(BTreeSet<usize>, Absent)>,
}

impl Plan {
    /// As many as there are verifications, bytes and lines for: all, or each alone and every two, or each alone. That depends on the evidence
    /// alone, and not on how fast this machine is.
    fn of(switches: &[Switch], lines: &Lines, verifications: usize) -> Self {
        let count = switches.len();
        let sizes = [(Extent::All, count), (Extent::Pairs, 2), (Extent::Singles, 1)];
        for (extent, most) in sizes {
            if (extent == Extent::All && count > ALL) || (extent == Extent::Pairs && count <= 2) {
                continue;
            }
            let combinations = combinations(count, most).into_iter().map(|off| {
                let absent = switches.iter().enumerate().filter(|(at, _)| off.contains(at));
                let absent = Absent::of(absent.map(|(_, switch)| switch), lines);
                (off, absent)
            });
            let combinations: Vec<_> = combinations.collect();
            let different: BTreeSet<&Absent> = combinations.iter().map(|(_, absent)| absent).collect();
            // What comes of all of the evidence is known.
            let anew = different.len().saturating_sub(1);
            let fits = |each: usize, most: usize| anew.saturating_mul(each) <= most;
            if lines.is_known()
                && fits(verifications, VERIFICATIONS)
                && fits(lines.bytes(), BYTES)
                && fits(lines.count(), LINES)
            {
                return Self { extent, combinations };
            }
        }
        Self { extent: Extent::Nothing, combinations: Vec::new() }
    }
}

/// All choices of at most `most` of the first `count` numbers, the smaller ones first.
fn combinations(count: usize, most: usize) -> Vec<BTreeSet<usize>> {
    let mut all = vec![BTreeSet::new()];
    let mut last = all.clone();
    for _ in 0..most.min(count) {
        let longer = last.iter().flat_map(|chosen| {
            let next = chosen.last().map_or(0, |last| last + 1);
            (next..count).map(|one| chosen.iter().copied().chain([one]).collect())
        });
        last = longer.collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// What was computed so far.
struct Computed {
    outcomes: Vec<Supposed>,
    combinations: BTreeMap<BTreeSet<usize>, usize>,
    /// What came of each choice of lines: two combinations can come to the same lines.
    of_lines: BTreeMap<Absent, usize>,
}

impl Computed {
    /// The outcome of all of the evidence is known already.
    fn beginning_with(whole: Supposed) -> Self {
        let of_lines = BTreeMap::from([(Absent::default(), 0)]);
        Self { outcomes: vec![whole], combinations: BTreeMap::new(), of_lines }
    }

    fn add(
        &mut self,
        off: &BTreeSet<usize>,
        absent: &Absent,
        walk: &mut Walk,
        lines: &Lines,
        clock: Clock,
    ) -> Result<(), Failure> {
        let at = match self.of_lines.get(absent) {
            Some(at) => *at,
            None => {
                walk.evidence.together = lines.without(absent)?;
                let supposed = supposed(&walk.decide(clock)?);
                let known = self.outcomes.iter().position(|outcome| *outcome == supposed);
                let at = known.unwrap_or(self.outcomes.len());
                if known.is_none() {
                    self.outcomes.push(supposed);
                }
                self.of_lines.insert(absent.clone(), at);
                at
            }
        };
        self.combinations.insert(off.clone(), at);
        Ok(())
    }
}

/// What came of a decision, in short.
fn supposed(outcome: &Outcome) -> Supposed {
    let (verdict, error, principals) = Judging::of(outcome).judged();
    let of_all = error.map(|error| SupposedPrincipal {
        name: "the evidence".to_owned(),
        verdict: page::word(verdict),
        failures: vec![("usable evidence".to_owned(), error.code)],
    });
    let each = principals.into_iter().map(|principal| SupposedPrincipal {
        name: principal.name,
        verdict: page::word(principal.verdict),
        failures: principal
            .failures
            .into_iter()
            .map(|failed| (failed.requirement, failed.shown.code))
            .collect(),
    });
    Supposed { verdict: page::word(verdict), principals: of_all.into_iter().chain(each).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_comes_once_and_the_smaller_ones_first() {
        let all = combinations(4, 4);
        assert_eq!(all.len(), 16);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 16);
        assert!(all.windows(2).all(|two| two[0].len() <= two[1].len()));
        assert_eq!(combinations(24, 2).len(), 1 + 24 + 276);
        assert_eq!(combinations(0, 2), [BTreeSet::new()]);
    }
}
