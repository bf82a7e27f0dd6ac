//! Tests of policies: what should become of artifacts, as a document says (rule P-TEST). Nothing is decided here.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Name, Timestamp};
use serde::Deserialize;

use crate::document::Document;
use crate::grants::DirectoryGrant;
use crate::policy_error::PolicyError;

/// A verdict that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
    /// It cannot be told.
    Unknown,
}

impl Expected {
    /// The verdict's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }
}

/// What is expected, of all principals together or of one.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Expected,
    /// The codes of everything that fails, no more and no fewer; `None` if any will do.
    #[serde(default)]
    pub codes: Option<BTreeSet<String>>,
    /// What is expected of single principals; only beside an expectation of all.
    #[serde(default)]
    pub principals: BTreeMap<Name, Self>,
}

/// One artifact, with its evidence and what it is to be given, and what should become of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestCase {
    /// The case's name.
    pub name: Name,
    /// The path of the artifact, from the folder of the test.
    pub artifact: String,
    /// The paths of the bundles; `None` for the one beside the artifact.
    #[serde(default)]
    pub bundles: Option<Vec<String>>,
    /// The time of the decision; `None` for that of the test, or now.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// The environment; `None` for `embedded`.
    #[serde(default)]
    pub environment: Option<String>,
    /// The directories that are given.
    #[serde(default)]
    pub directories: Vec<DirectoryGrant>,
    /// The variables that are given.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// What should become of it.
    pub expect: Expectation,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    configuration: Option<String>,
    #[serde(default)]
    policies: Option<BTreeMap<Name, String>>,
    #[serde(default)]
    host: Option<Name>,
    #[serde(default)]
    at: Option<Timestamp>,
    cases: Vec<TestCase>,
}

/// What is tested.
#[derive(Debug, Clone)]
pub enum Tested {
    /// The policies of a configuration, by its path.
    Configuration(String),
    /// Policies by themselves, by their paths: each principal must agree.
    Policies {
        /// The principals, each with the path of its policy.
        policies: BTreeMap<Name, String>,
        /// The principal whose word about places is taken for the host's.
        host: Name,
    },
}

/// A test, held to its rules.
#[derive(Debug, Clone)]
pub struct PolicyTest {
    name: Name,
    tested: Tested,
    cases: Vec<TestCase>,
}

impl PolicyTest {
    /// Reads a test. Nothing in it is left unread, and it has a case: a test of nothing would pass.
    ///
    /// # Errors
    /// [`PolicyError`] names the first rule that the document breaks.
    pub fn load(bytes: &[u8]) -> Result<Self, PolicyError> {
        let Document { metadata, spec, .. } = Document::<Spec>::load(bytes, "PolicyTest")?;
        let tested = tested(&spec)?;
        if spec.cases.is_empty() {
            return Err(PolicyError::Empty { path: "spec.cases" });
        }
        let mut names = BTreeSet::new();
        for (n, case) in spec.cases.iter().enumerate() {
            let place = format!("spec.cases[{n}]");
            if !names.insert(&case.name) {
                return Err(malformed(format!("{place}.name"), "another case has this name"));
            }
            if case.bundles.as_ref().is_some_and(Vec::is_empty) {
                return Err(malformed(format!("{place}.bundles"), "the list is empty"));
            }
            admit(&case.expect, &format!("{place}.expect"), false)?;
        }
        let at = spec.at;
        let mut cases = spec.cases;
        cases.iter_mut().for_each(|case| case.at = case.at.or(at));
        Ok(Self { name: metadata.name, tested, cases })
    }

    /// The test's name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// What is tested.
    #[must_use]
    pub const fn tested(&self) -> &Tested {
        &self.tested
    }

    /// The cases; never empty.
    #[must_use]
    pub fn cases(&self) -> &[TestCase] {
        &self.cases
    }
}

fn malformed(path: String, detail: &str) -> PolicyError {
    PolicyError::malformed_policy(path, detail)
}

fn tested(spec: &Spec) -> Result<Tested, PolicyError> {
    match (&spec.configuration, &spec.policies, &spec.host) {
        (Some(path), None, None) => Ok(Tested::Configuration(path.clone())),
        (None, Some(policies), host) => {
            let first = policies.keys().next().ok_or(PolicyError::Empty { path: "spec.policies" })?;
            let host = host.as_ref().unwrap_or(first).clone();
            Ok(Tested::Policies { policies: policies.clone(), host })
        }
        _ => Err(malformed(
            "spec".to_owned(),
            "expected `configuration`, or `policies` with or without `host`",
        )),
    }
}

/// Holds an expectation to what a verdict can be.
fn admit(expectation: &Expectation, place: &str, inner: bool) -> Result<(), PolicyError> {
    let codes = expectation.codes.iter().flatten();
    let is_code = |code: &&String| {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        code.split('-').all(word)
    };
    if codes.clone().any(|code| !is_code(&code)) {
        return Err(malformed(format!("{place}.codes"), "expected codes such as `property-lost`"));
    }
    if expectation.verdict == Expected::Allow && codes.count() > 0 {
        return Err(malformed(format!("{place}.codes"), "nothing fails in an allow"));
    }
    if expectation.verdict != Expected::Allow && expectation.codes.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(malformed(format!("{place}.codes"), "something fails in a refusal"));
    }
    if inner && !expectation.principals.is_empty() {
        return Err(malformed(format!("{place}.principals"), "a principal has no principals"));
    }
    let mut principals = expectation.principals.iter();
    principals.try_for_each(|(name, one)| admit(one, &format!("{place}.principals.{name}"), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "apiVersion: code-deployment-integrity.io/v1
kind: PolicyTest
metadata: {name: t}
spec:
  configuration: cdi.yaml
  at: \"2026-06-01T12:00:00Z\"
  cases:
    - name: good
      artifact: app
      expect: {verdict: deny, codes: [property-lost], principals: {host: {verdict: allow}}}
";

    fn load(from: &str, to: &str) -> Result<PolicyTest, PolicyError> {
        assert!(SOUND.contains(from));
        PolicyTest::load(SOUND.replace(from, to).as_bytes())
    }

    #[test]
    fn a_sound_test_is_read() {
        let test = load("", "").unwrap();
        assert!(test.cases()[0].at.is_some() && matches!(test.tested(), Tested::Configuration(_)));
        let alone = load("configuration: cdi.yaml", "policies: {host: p.yaml, owner: o.yaml}").unwrap();
        assert!(matches!(alone.tested(), Tested::Policies { host, .. } if host.as_str() == "host"));
    }

    #[test]
    fn a_test_of_nothing_or_of_what_cannot_be_is_rejected() {
        let (cases, _) = SOUND.split_once("  cases:").unwrap();
        let empty = PolicyTest::load(format!("{cases}  cases: []\n").as_bytes());
        assert_eq!(empty.unwrap_err().code(), "policy-empty-list");
        for (from, to) in [
            ("verdict: deny", "verdict: refuse"),
            ("verdict: deny", "verdict: allow"),
            ("codes: [property-lost]", "codes: []"),
            ("codes: [property-lost]", "codes: [Property lost]"),
            ("codes:", "kodes:"),
            ("artifact: app", "artifact: app\n      bundles: []"),
            ("{verdict: allow}", "{verdict: allow, principals: {a: {verdict: allow}}}"),
            ("configuration: cdi.yaml", "configuration: cdi.yaml\n  policies: {a: b}"),
            ("configuration: cdi.yaml", "host: a"),
            ("expect:", "expects:"),
            (
                "    - name: good",
                "    - {name: good, artifact: a, expect: {verdict: allow}}\n    - name: good",
            ),
        ] {
            assert_eq!(load(from, to).unwrap_err().code(), "policy-malformed", "{to}");
        }
    }
}
