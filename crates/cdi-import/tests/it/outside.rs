//! The test data of in-toto attestation's own libraries (`vectors/outside`): what they call valid is read, what they call
//! invalid is not, but for what is listed.
//!
//! A statement is read if it has the form of one. A descriptor is put to the reader as a dependency in SLSA provenance, a
//! predicate as that of a statement about one artifact.

use std::collections::BTreeMap;

use cdi_import::account_of;
use cdi_types::{AnyStatement, parse_statement};
use serde::Deserialize;

use crate::statement;

const JUDGE: &str = include_str!("../../../../vectors/outside/in-toto-attestation.json");
const DIFFERENCES: &str = include_str!("../../../../vectors/outside/README.md");
const SLSA: &str = "https://slsa.dev/provenance/v1";

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: Kind,
    valid: bool,
    text: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Statement,
    Descriptor,
    Provenance,
}

impl Case {
    fn is_read(&self) -> bool {
        let of_predicate = |predicate: &str| account_of(statement(SLSA, predicate).as_bytes()).is_ok();
        match self.kind {
            Kind::Statement => parse_statement(self.text.as_bytes()).is_ok(),
            Kind::Provenance => of_predicate(&self.text),
            Kind::Descriptor => of_predicate(&format!(
                r#"{{"buildDefinition":{{"buildType":"t","externalParameters":{{}},"resolvedDependencies":[{}]}},"runDetails":{{"builder":{{"id":"b"}}}}}}"#,
                self.text
            )),
        }
    }
}

fn cases() -> Vec<Case> {
    let Cases { cases } = serde_json::from_str(JUDGE).unwrap();
    assert_eq!(cases.len(), 36);
    cases
}

#[test]
fn in_totos_own_cases_have_their_verdict_but_for_what_is_listed() {
    let differs = |case: &Case| match (case.valid, case.is_read()) {
        (true, false) => Some("refused"),
        (false, true) => Some("accepted"),
        _ => None,
    };
    let found: BTreeMap<_, _> =
        cases().iter().filter_map(|case| Some((case.name.clone(), differs(case)?.to_owned()))).collect();
    let row = |line: &str| {
        let (case, rest) = line.strip_prefix("| `in-toto/")?.split_once("` | ")?;
        let (ours, why) = rest.split_once(" | ")?;
        assert!(why.len() > 20, "{case} has a reason");
        Some((case.to_owned(), ours.to_owned()))
    };
    assert_eq!(found, DIFFERENCES.lines().filter_map(row).collect());
}

/// What is read of an invalid statement leads nowhere: it is about no artifact.
#[test]
fn what_is_read_of_an_invalid_statement_is_about_nothing() {
    for case in cases().iter().filter(|case| case.kind == Kind::Statement && !case.valid && case.is_read()) {
        let Ok((_, AnyStatement::Foreign(foreign))) = parse_statement(case.text.as_bytes()) else {
            panic!("{} is a statement of a type that is not CDI's", case.name)
        };
        assert!(foreign.subjects.is_empty(), "{}", case.name);
    }
}
