//! What came of a case, and how that differs from what was expected.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write as _};

use cdi_policy::{Expectation, TestCase};
use cdi_types::Name;
use serde::Serialize;

use crate::answer::{Answer, Case, Cell, Outcome, Suite, Table};
use crate::count;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal::{BAD, GOOD, STRONG, plain};
use crate::verdict::{Document, Principal, Word};

/// What came of all tests.
#[derive(Serialize)]
pub(super) struct AllResults {
    tests: Vec<Results>,
    cases: usize,
    pub(super) failed: usize,
}

impl AllResults {
    pub(super) fn of(tests: Vec<Results>) -> Self {
        let all = || tests.iter().flat_map(|test| &test.cases);
        let failed = all().filter(|case| !case.is_as_expected()).count();
        let cases = all().count();
        Self { tests, cases, failed }
    }

    /// Every case with its test.
    fn each(&self) -> impl Iterator<Item = (&Results, &OfCase)> {
        self.tests.iter().flat_map(|test| test.cases.iter().map(move |case| (test, case)))
    }
}

impl Answer for AllResults {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for test in &self.tests {
            writeln!(page, "{STRONG}{}{STRONG:#}", plain(&test.file))?;
            for case in &test.cases {
                let (style, word) = if case.is_as_expected() { (GOOD, "ok  ") } else { (BAD, "FAIL") };
                let name = plain(case.name.as_str());
                writeln!(page, "  {style}{word}{style:#} {name}: {}", case.verdict.as_str())?;
                let mut all = case.differences.iter();
                all.try_for_each(|difference| writeln!(page, "       {}", plain(&difference.to_string())))?;
            }
        }
        let cases = count::of(self.cases, "case");
        match self.failed {
            0 => writeln!(page, "{cases}, as expected"),
            failed => writeln!(page, "{cases}, {failed} of them not as expected"),
        }
    }

    fn tables(&self) -> Vec<Table> {
        let heading = match self.failed {
            0 => format!("{}, as expected", count::of(self.cases, "case")),
            failed => format!("{}, {failed} of them not as expected", count::of(self.cases, "case")),
        };
        let mut table = Table::new(heading, &["test", "case", "is", "verdict", "difference"]);
        for (test, case) in self.each() {
            let is = Cell::Word(if case.is_as_expected() { "as expected" } else { "not as expected" });
            let (file, name) = (Cell::text(&test.file), Cell::text(&case.name));
            table.row([file, name, is, Cell::Word(case.verdict.as_str()), Cell::text(case.difference())]);
        }
        vec![table]
    }

    fn suites(&self) -> Vec<Suite> {
        let case = |case: &OfCase| Case {
            name: case.name.to_string(),
            outcome: match case.is_as_expected() {
                true => Outcome::Passed,
                false => {
                    Outcome::Failed { code: "policy-test-failed".to_owned(), message: case.difference() }
                }
            },
        };
        let suite = |test: &Results| Suite {
            name: format!("{} ({})", test.name, test.file),
            cases: test.cases.iter().map(case).collect(),
        };
        self.tests.iter().map(suite).collect()
    }
}

#[derive(Serialize)]
pub(super) struct Results {
    pub(super) file: String,
    pub(super) name: Name,
    pub(super) cases: Vec<OfCase>,
}

#[derive(Serialize)]
pub(super) struct OfCase {
    pub(super) name: Name,
    pub(super) verdict: Word,
    codes: BTreeSet<&'static str>,
    /// Empty if it is as expected.
    pub(super) differences: Vec<Difference>,
}

#[derive(Serialize)]
pub(super) struct Difference {
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Name>,
    what: &'static str,
    expected: String,
    found: String,
}

/// How it came out, for all or for one.
struct Found {
    verdict: Word,
    codes: BTreeSet<&'static str>,
}

impl OfCase {
    /// Compares. A principal that takes no part cannot be expected to say anything: the test is mistaken.
    pub(super) fn of(case: &TestCase, document: &Document) -> Result<Self, Failure> {
        let mut each: BTreeMap<&str, Found> = BTreeMap::new();
        for principal in &document.principals {
            let (verdict, codes) = (principal.verdict, codes(principal));
            let known =
                each.entry(&principal.name).or_insert(Found { verdict: Word::Allow, codes: BTreeSet::new() });
            known.verdict = known.verdict.and(verdict);
            known.codes.extend(codes);
        }
        let all = Found {
            verdict: document.verdict,
            codes: each
                .values()
                .flat_map(|found| found.codes.iter().copied())
                .chain(document.error.as_ref().map(|error| error.code))
                .collect(),
        };
        let mut differences = differences(None, &case.expect, &all);
        for (name, expected) in &case.expect.principals {
            let found = each.get(name.as_str()).ok_or_else(|| {
                let message = format!("case `{}`: `{name}` takes no part in the decision", case.name);
                Failure::failed("policy-test-principal", message)
            })?;
            differences.extend(self::differences(Some(name), expected, found));
        }
        Ok(Self { name: case.name.clone(), verdict: all.verdict, codes: all.codes, differences })
    }

    pub(super) fn is_as_expected(&self) -> bool {
        self.differences.is_empty()
    }

    /// All differences on one line.
    fn difference(&self) -> String {
        let all: Vec<String> = self.differences.iter().map(ToString::to_string).collect();
        all.join("; ")
    }
}

fn codes(principal: &Principal) -> impl Iterator<Item = &'static str> {
    principal.failures.iter().map(|failure| failure.shown.code)
}

fn differences(principal: Option<&Name>, expected: &Expectation, found: &Found) -> Vec<Difference> {
    let difference = |what, expected: String, found: String| Difference {
        principal: principal.cloned(),
        what,
        expected,
        found,
    };
    let mut differences = Vec::new();
    if expected.verdict.as_str() != found.verdict.as_str() {
        let (expected, found) = (expected.verdict.as_str(), found.verdict.as_str());
        differences.push(difference("verdict", expected.to_owned(), found.to_owned()));
    }
    if let Some(codes) = &expected.codes {
        let codes: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
        if codes != found.codes {
            differences.push(difference("codes", listed(&codes), listed(&found.codes)));
        }
    }
    differences
}

fn listed(codes: &BTreeSet<&str>) -> String {
    if codes.is_empty() { "none".to_owned() } else { codes.iter().copied().collect::<Vec<_>>().join(", ") }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(principal) = &self.principal {
            write!(f, "{principal}: ")?;
        }
        write!(f, "{} expected: {}; found: {}", self.what, self.expected, self.found)
    }
}
