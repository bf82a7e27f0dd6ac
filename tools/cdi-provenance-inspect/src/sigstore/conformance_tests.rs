//! Cases of sigstore-conformance (`vectors/outside`): what Sigstore's clients have to take is verified here, what they have to
//! refuse is not, but for what is listed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::*;

const PUBLIC_GOOD: &[u8] =
    include_bytes!("../../../../crates/cdi-import/tests/fixtures/sigstore-public-good.json");

#[derive(Deserialize)]
struct Index {
    default: Unsaid,
    cases: Vec<Case>,
}

/// What a case says that says nothing else.
#[derive(Deserialize)]
struct Unsaid {
    artifact: String,
    identity: String,
    issuer: String,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    root: Option<String>,
    artifact: Option<String>,
    identity: Option<String>,
    issuer: Option<String>,
}

fn outside(name: &str) -> Vec<u8> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../vectors/outside", name].iter().collect();
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Case {
    fn is_valid(&self) -> bool {
        !self.name.ends_with("_fail")
    }

    fn is_verified(&self, default: &Unsaid) -> bool {
        let root = self.root.as_ref();
        let root = root.map_or(PUBLIC_GOOD.to_vec(), |root| outside(&format!("sigstore/roots/{root}")));
        let certificate = Certificate {
            trusted_root: &root,
            identity: self.identity.as_ref().unwrap_or(&default.identity),
            issuer: self.issuer.as_ref().unwrap_or(&default.issuer),
        };
        let bundle = outside(&format!("sigstore/{}.json", self.name));
        let artifact = self.artifact.as_ref().unwrap_or(&default.artifact);
        verified(&bundle, artifact.as_bytes(), certificate).is_ok()
    }
}

#[test]
fn cases_of_sigstore_have_their_verdict_but_for_what_is_listed() {
    let Index { default, cases } = serde_json::from_slice(&outside("sigstore/cases.json")).unwrap();
    let valid = cases.iter().filter(|case| case.is_valid()).count();
    assert_eq!((cases.len(), valid), (66, 19));
    let differs = |case: &Case| match (case.is_valid(), case.is_verified(&default)) {
        (true, false) => Some("refused"),
        (false, true) => Some("accepted"),
        _ => None,
    };
    let found: BTreeMap<_, _> =
        cases.iter().filter_map(|case| Some((case.name.clone(), differs(case)?.to_owned()))).collect();
    let row = |line: &str| {
        let (case, rest) = line.strip_prefix("| `sigstore/")?.split_once("` | ")?;
        let (ours, why) = rest.split_once(" | ")?;
        assert!(why.len() > 20, "{case} has a reason");
        Some((case.to_owned(), ours.to_owned()))
    };
    let listed = String::from_utf8(outside("README.md")).unwrap();
    assert_eq!(found, listed.lines().filter_map(row).collect());
}
