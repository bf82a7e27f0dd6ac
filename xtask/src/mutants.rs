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
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::repository::root;
use by_cases::judge_by_cases;
use judge::{Outcome, append, judge, tests};
use list::{Mutant, list};

/// The packages whose mutants are woven into one build.
const PACKAGES: [&str; 3] = ["cdi-envelope", "cdi-policy", "cdi-verify"];

/// How long tests are first put to a mutant: most are caught in a second or two.
const QUICKLY: Duration = Duration::from_secs(45);

/// Puts all tests to the mutants whose file or name has one of these parts, or to all; what was judged before is not judged again but if it survived.
pub(crate) fn mutants(only: &[String]) -> Result<(), String> {
    let mutants = list(&PACKAGES)?;
    println!("{} mutants", mutants.len());
    let built = tree::build(&mutants, &tree::WITH_CASES)?;
    let judged = tree::folder().join("judged.tsv");
    let before = outcomes(&fs::read_to_string(&judged).unwrap_or_default());
    let caught = |mutant: &&Mutant| before.get(&mutant.shown()).is_some_and(|outcome| outcome != "survived");
    let tried: Vec<&Mutant> = mutants
        .iter()
        .filter(|mutant| !built.unviable.contains(&mutant.number) && !built.left.contains(&mutant.number))
        .filter(|mutant| only.is_empty() || only.iter().any(|part| mutant.shown().contains(part)))
        .collect();
    println!(
        "{} do not compile, {} are left out, {} to judge",
        built.unviable.len(),
        built.left.len(),
        tried.len()
    );
    let again: Vec<&Mutant> = tried.iter().filter(|mutant| !caught(mutant)).copied().collect();
    // Those that vectors and worlds did not catch in an earlier run go to the tests at once.
    let (spared, new): (Vec<&Mutant>, Vec<&Mutant>) =
        again.into_iter().partition(|mutant| before.contains_key(&mutant.shown()));
    let mut again = put(new, &judged, |mutants, told| judge_by_cases(mutants, &tree::cases(), told))?;
    again.extend(spared);
    println!("{} survive vectors and worlds", again.len());
    let tests = if again.is_empty() {
        Vec::new()
    } else {
        tests(&tree::build(&mutants, &tree::WITH_TESTS)?.programs)?
    };
    let again = put(again, &judged, |mutants, told| judge(mutants, &tests, QUICKLY, told))?;
    println!("{} survive what is quick: all tests are put to them", again.len());
    put(again, &judged, |mutants, told| judge(mutants, &tests, Duration::MAX, told))?;
    let found = outcomes(&fs::read_to_string(&judged).unwrap_or_default());
    let left = mutants.iter().filter(|mutant| built.left.contains(&mutant.number));
    left.for_each(|mutant| println!("left to cargo-mutants: {}", mutant.shown()));
    told(&mutants, &tried, &built.unviable, &found)
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
fn told(
    mutants: &[Mutant],
    tried: &[&Mutant],
    unviable: &BTreeSet<usize>,
    found: &BTreeMap<String, String>,
) -> Result<(), String> {
    let page = root().join("docs/mutation.md");
    let reasons = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let mut bare = Vec::new();
    for package in PACKAGES {
        let count = |word: &str| {
            let so = |mutant: &&&Mutant| {
                mutant.package == package && found.get(&mutant.shown()).is_some_and(|found| found == word)
            };
            tried.iter().filter(so).count()
        };
        let all = mutants.iter().filter(|mutant| mutant.package == package);
        let dead = all.clone().filter(|mutant| unviable.contains(&mutant.number)).count();
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
