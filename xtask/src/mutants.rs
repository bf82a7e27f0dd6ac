//! Mutants of what decides: which of them no test catches (`docs/mutation.md`).
//!
//! cargo-mutants lists them. It builds each by itself, which here takes half a minute; this recipe builds all of them at
//! once (`mutants/weave.rs`), learns which tests meet which (`mutants/judge.rs`), and runs those only.

mod by_cases;
mod judge;
mod list;
mod tree;
mod weave;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use crate::repository::root;
use by_cases::judge_by_cases;
use judge::{OF_DECISIONS, OF_PROGRAMS, Outcome, Test, append, judge, tests};
use list::{Mutant, list};
use tree::{Built, What};

/// The packages that decide: their mutants are woven into one build.
const PACKAGES: [&str; 3] = ["cdi-envelope", "cdi-policy", "cdi-verify"];
/// What runs what they admit. Some of its mutants would signal or unmount what is not theirs: its tests are run in a sandbox.
const GATE: &str = "cdi-gate";

/// How long tests are first put to a mutant: most are caught in a second or two.
const QUICKLY: Duration = Duration::from_secs(45);

/// Puts all tests to the mutants whose file or name has one of these parts, or to all that decide; what was judged before is not judged again but
/// if it survived. With the gate's name first they are the gate's.
pub(crate) fn mutants(only: &[String]) -> Result<(), String> {
    match only.split_first() {
        Some((first, rest)) if first == GATE => of_the_gate(rest),
        _ => of_what_decides(only),
    }
}

fn of_what_decides(only: &[String]) -> Result<(), String> {
    let run = Run::of(&PACKAGES, only, What::Cases)?;
    // Those that vectors and worlds did not catch in an earlier run go to the tests at once.
    let (spared, new): (Vec<&Mutant>, Vec<&Mutant>) =
        run.again().into_iter().partition(|mutant| run.before.contains_key(&mutant.shown()));
    let mut again = put(new, &run.judged, |mutants, told| judge_by_cases(mutants, &tree::cases(), told))?;
    again.extend(spared);
    println!("{} survive vectors and worlds", again.len());
    let tests = if again.is_empty() {
        Vec::new()
    } else {
        tests(&tree::build(&run.mutants, What::TestsAndCases)?.programs, &OF_DECISIONS)?
    };
    run.finish(again, &tests)
}

fn of_the_gate(only: &[String]) -> Result<(), String> {
    let run = Run::of(&[GATE], only, What::Tests)?;
    let tests = tests(&run.built.programs, &OF_PROGRAMS)?;
    run.finish(run.again(), &tests)
}

/// What is built, and what is known of it.
struct Run {
    packages: Vec<&'static str>,
    mutants: Vec<Mutant>,
    built: Built,
    only: Vec<String>,
    /// The file that has what became of each mutant, and what it had before.
    judged: PathBuf,
    before: BTreeMap<String, String>,
}

impl Run {
    fn of(packages: &[&'static str], only: &[String], what: What) -> Result<Self, String> {
        let mutants = list(packages)?;
        println!("{} mutants", mutants.len());
        let built = tree::build(&mutants, what)?;
        let judged = tree::folder().join("judged.tsv");
        let before = outcomes(&fs::read_to_string(&judged).unwrap_or_default());
        let run = Self { packages: packages.to_vec(), mutants, built, only: only.to_vec(), judged, before };
        let (unviable, left) = (run.built.unviable.len(), run.built.left.len());
        println!("{unviable} do not compile, {left} are left out, {} to judge", run.tried().len());
        Ok(run)
    }

    fn tried(&self) -> Vec<&Mutant> {
        let woven = |mutant: &&Mutant| {
            !self.built.unviable.contains(&mutant.number) && !self.built.left.contains(&mutant.number)
        };
        let wanted = |mutant: &&Mutant| {
            self.only.is_empty() || self.only.iter().any(|part| mutant.shown().contains(part))
        };
        self.mutants.iter().filter(woven).filter(wanted).collect()
    }

    /// Those that no earlier run has caught.
    fn again(&self) -> Vec<&Mutant> {
        let caught =
            |mutant: &Mutant| self.before.get(&mutant.shown()).is_some_and(|outcome| outcome != "survived");
        self.tried().into_iter().filter(|mutant| !caught(mutant)).collect()
    }

    /// Puts the tests to these, and tells what became of all.
    fn finish(&self, again: Vec<&Mutant>, tests: &[Test]) -> Result<(), String> {
        let again = put(again, &self.judged, |mutants, told| judge(mutants, tests, QUICKLY, told))?;
        println!("{} survive what is quick: all tests are put to them", again.len());
        put(again, &self.judged, |mutants, told| judge(mutants, tests, Duration::MAX, told))?;
        let found = outcomes(&fs::read_to_string(&self.judged).unwrap_or_default());
        let left = self.mutants.iter().filter(|mutant| self.built.left.contains(&mutant.number));
        left.for_each(|mutant| println!("left to cargo-mutants: {}", mutant.shown()));
        told(self, &found)
    }
}

/// Who is told what a mutant came to.
type Told<'a> = dyn Fn(&Mutant, &Outcome) -> Result<(), String> + Sync + 'a;

/// Judges these and writes down what they come to; those that survived.
fn put<'m>(
    mutants: Vec<&'m Mutant>,
    judged: &Path,
    judge: impl FnOnce(&[&'m Mutant], &Told<'_>) -> Result<(), String>,
) -> Result<Vec<&'m Mutant>, String> {
    let survived = Mutex::new(BTreeSet::new());
    judge(&mutants, &|mutant, outcome| {
        let (word, by) = match outcome {
            Outcome::Caught(test) => ("caught", test.clone()),
            Outcome::TimedOut(test) => ("timed-out", test.clone()),
            Outcome::Survived(met) => ("survived", met.to_string()),
        };
        if matches!(outcome, Outcome::Survived(_)) {
            survived.lock().map_err(|error| error.to_string())?.insert(mutant.number);
        }
        append(judged, &format!("{}\t{word}\t{by}", mutant.shown()))
    })?;
    let survived = survived.into_inner().map_err(|error| error.to_string())?;
    Ok(mutants.into_iter().filter(|mutant| survived.contains(&mutant.number)).collect())
}

/// What each mutant came to last.
fn outcomes(text: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let mut fields = line.split('\t');
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    };
    text.lines().filter_map(row).collect()
}

/// Counts by package; an error if something survives for which `docs/mutation.md` has no reason.
fn told(run: &Run, found: &BTreeMap<String, String>) -> Result<(), String> {
    let page = root().join("docs/mutation.md");
    let reasons = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let (mut bare, tried) = (Vec::new(), run.tried());
    for package in &run.packages {
        let count = |word: &str| {
            let so = |mutant: &&&Mutant| {
                mutant.package == *package && found.get(&mutant.shown()).is_some_and(|found| found == word)
            };
            tried.iter().filter(so).count()
        };
        let all = run.mutants.iter().filter(|mutant| mutant.package == *package);
        let dead = all.clone().filter(|mutant| run.built.unviable.contains(&mutant.number)).count();
        let (all, caught, late, survived) =
            (all.count(), count("caught"), count("timed-out"), count("survived"));
        println!(
            "{package}: {all} mutants, {dead} unviable, {caught} caught, {late} timed out, {survived} survived"
        );
    }
    for mutant in
        tried.iter().filter(|mutant| found.get(&mutant.shown()).is_some_and(|word| word == "survived"))
    {
        if !has_reason(&reasons, mutant) {
            bare.push(mutant.shown());
        }
    }
    if bare.is_empty() {
        Ok(())
    } else {
        Err(format!("{} survive without a reason:\n{}", bare.len(), bare.join("\n")))
    }
}

/// Whether a row of the page names the file and what is done, where `…` stands for any text.
fn has_reason(page: &str, mutant: &Mutant) -> bool {
    page.lines().any(|line| {
        let mut cells = line.split(" | ").map(|cell| cell.trim_start_matches("| ").trim_matches('`'));
        cells.next() == Some(&mutant.file) && cells.next().is_some_and(|pattern| fits(&mutant.name, pattern))
    })
}

/// Whether the pieces of the pattern stand in the text in their order, the first and the last at its ends.
fn fits(text: &str, pattern: &str) -> bool {
    let (begin, rest) = pattern.split_once('…').unwrap_or((pattern, ""));
    let Some(left) = text.strip_prefix(begin) else { return false };
    if begin.len() == pattern.len() {
        return left.is_empty();
    }
    let (between, end) = rest.rsplit_once('…').unwrap_or(("", rest));
    let Some(mut left) = left.strip_suffix(end) else { return false };
    between.split('…').all(|piece| {
        left.find(piece).is_some_and(|at| {
            left = left.get(at + piece.len()..).unwrap_or_default();
            true
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_for_what_fits_its_row() {
        assert!(fits("replace + with * in f", "replace + with * in f"));
        assert!(
            fits("replace + with * in f", "replace …in f")
                && fits("replace + with * in f", "replace … with … in f")
        );
        assert!(
            !fits("replace + with * in fg", "replace …in f") && !fits("replace + with * in f", "replace +")
        );
        assert!(!fits("replace - in f", "replace … with … in f"));
    }
}
