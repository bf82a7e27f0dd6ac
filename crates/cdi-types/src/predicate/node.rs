//! `node/v1`: what a node says of itself, its execution environments, and what it has to give (rule F-NODE).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::edition::DocumentBytes;
use super::{Dated, Predicate, PredicateError, no_duplicates, not_empty, sole_subject};
use crate::environment::{EnvironmentKind, Overheads, Resources};
use crate::{Annotations, KeyId, Name, PlatformProperty, PropertyName, Runtime, Subject, Timestamp, limits};

/// An execution environment of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeEnvironment {
    /// Its name on the node.
    pub name: Name,
    /// How it keeps apart what it runs.
    pub kind: EnvironmentKind,
    /// The runtime as the node measured it: what is certified of it counts by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// What the node asserts of this environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserts: Vec<PlatformProperty>,
    /// What it costs.
    pub overheads: Overheads,
}

/// What of a node's kernel and processors matters to programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeFeatures {
    /// The kernel's release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Name>,
    /// What the kernel has, as `landlock-7`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_kernel: Vec<Name>,
    /// What the processors have, in the kernel's words, as `avx2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_cpu: Vec<Name>,
}

/// Evidence of the node's hardware. It is carried, and not read: no property is attested by it yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeEvidence {
    /// The name of its format.
    pub format: Name,
    /// Its bytes, in standard base64.
    pub data: DocumentBytes,
}

/// The predicate. The subject is the node's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeReport {
    /// The node's key.
    pub issuer: KeyId,
    /// Counts the reports of this node: a greater one takes the place of a smaller; two with one serial are a contradiction.
    pub serial: u64,
    /// Start of the window.
    pub not_before: Timestamp,
    /// End of the window, which is short: what a node has changes.
    pub not_after: Timestamp,
    /// The node's name, for people.
    pub name: Name,
    /// The architecture of its processors, in the kernel's word, as `x86_64`.
    pub architecture: Name,
    /// What it has.
    pub capacity: Resources,
    /// What of that programs can be given.
    pub allocatable: Resources,
    /// Its execution environments.
    pub environments: Vec<NodeEnvironment>,
    /// What it asserts of all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asserts: Vec<PlatformProperty>,
    /// What of its kernel and processors matters to programs.
    #[serde(default)]
    pub features: NodeFeatures,
    /// Evidence of its hardware.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<NodeEvidence>,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl NodeReport {
    /// The environment of this name.
    #[must_use]
    pub fn environment(&self, name: &str) -> Option<&NodeEnvironment> {
        self.environments.iter().find(|environment| environment.name.as_str() == name)
    }

    /// What the node asserts of one of its environments, of all of them included.
    #[must_use]
    pub fn asserted_of(&self, environment: &NodeEnvironment) -> Vec<PlatformProperty> {
        let mut all: Vec<PlatformProperty> =
            self.asserts.iter().chain(&environment.asserts).cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn short(&self) -> Result<(), PredicateError> {
        self.window()?;
        let most = limits::NODE_WINDOW;
        if self.not_before.after(most) < self.not_after {
            return Err(PredicateError::LongNodeWindow {
                not_before: self.not_before,
                not_after: self.not_after,
            });
        }
        Ok(())
    }

    fn has_what_it_gives(&self) -> Result<(), PredicateError> {
        let there = |resources: Resources| resources.cpu_milli > 0 && resources.memory_bytes > 0;
        if there(self.capacity) && self.capacity.hold(&self.allocatable) {
            return Ok(());
        }
        Err(PredicateError::NodeCapacity)
    }

    fn environments_described(&self) -> Result<(), PredicateError> {
        not_empty(&self.environments, "environments")?;
        at_most(self.environments.len(), limits::NODE_ENVIRONMENTS, "environments")?;
        no_duplicates(self.environments.iter().map(|one| one.name.as_str()), "environments")?;
        at_most(self.asserts.len(), limits::NODE_ASSERTS, "asserts")?;
        no_duplicates(self.asserts.iter(), "asserts")?;
        for environment in &self.environments {
            at_most(environment.asserts.len(), limits::NODE_ASSERTS, "asserts")?;
            no_duplicates(environment.asserts.iter(), "asserts")?;
            one_value(self.asserts.iter().chain(&environment.asserts))?;
            if environment.overheads.slowdown_permille < 1_000 {
                return Err(PredicateError::NodeSpeedsUp { environment: environment.name.to_string() });
            }
        }
        Ok(())
    }
}

/// A place has one value of each property that carries one (rule P-CONFLICT): with two, it would be whatever is asked for.
fn one_value<'p>(asserts: impl Iterator<Item = &'p PlatformProperty>) -> Result<(), PredicateError> {
    let mut values: BTreeMap<&PropertyName, &PlatformProperty> = BTreeMap::new();
    for property in asserts {
        if let Some(other) = values.insert(&property.name, property).filter(|other| *other != property) {
            let (one, other) = (other.to_string(), property.to_string());
            return Err(PredicateError::NodeOfTwoValues { one, other });
        }
    }
    Ok(())
}

fn at_most(found: usize, most: usize, member: &'static str) -> Result<(), PredicateError> {
    if found > most { Err(PredicateError::NodeTooLong { member, found, most }) } else { Ok(()) }
}

impl Dated for NodeReport {
    fn not_before(&self) -> Timestamp {
        self.not_before
    }
    fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Predicate for NodeReport {
    const TYPE: &'static str = "https://code-deployment-integrity.io/node/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        sole_subject(subject, self.issuer.sha256(), "the node's own key")?;
        self.short()?;
        self.has_what_it_gives()?;
        self.environments_described()?;
        at_most(self.features.of_kernel.len(), limits::NODE_FEATURES, "features.ofKernel")?;
        at_most(self.features.of_cpu.len(), limits::NODE_FEATURES, "features.ofCpu")?;
        at_most(self.evidence.len(), limits::NODE_EVIDENCE, "evidence")?;
        let bytes = self.evidence.iter().map(|one| one.data.as_bytes().len()).max().unwrap_or(0);
        at_most(bytes, limits::EVIDENCE_BYTES, "evidence.data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AnyStatement, parse_statement};

    const GOOD: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"KEY"}}],
        "predicateType":"https://code-deployment-integrity.io/node/v1","predicate":{"issuer":"KEY","serial":1,
        "notBefore":"2026-06-01T00:00:00Z","notAfter":"2026-06-08T00:00:00Z","name":"edge","architecture":"x86_64",
        "capacity":{"cpuMilli":4000,"memoryBytes":8000},"allocatable":{"cpuMilli":4000,"memoryBytes":6000},
        "environments":[{"name":"a","kind":"gvisor","asserts":["LOCATION=eu-de"],
        "overheads":{"startUpMicros":1,"memoryBytes":1,"cpuMilli":1,"slowdownPermille":1000}},
        {"name":"b","kind":"sev-snp","overheads":{"startUpMicros":1,"memoryBytes":1,"cpuMilli":1,"slowdownPermille":2500}}],
        "asserts":["OPERATOR=acme"],"features":{"kernel":"6.18"},"evidence":[{"format":"tpm","data":"AAAA"}]}}"#;

    fn read(from: &str, to: &str) -> Result<AnyStatement, &'static str> {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1).replace("KEY", &"11".repeat(32));
        parse_statement(text.as_bytes()).map(|(_, found)| found).map_err(|error| error.code())
    }

    #[test]
    fn a_node_says_what_it_has_and_what_it_asserts() {
        let Ok(AnyStatement::Node(found)) = read("", "") else { panic!("no node") };
        let node = found.predicate();
        let environment = node.environment("a").unwrap();
        assert_eq!(environment.kind.as_str(), "gvisor");
        let asserted: Vec<String> = node.asserted_of(environment).iter().map(ToString::to_string).collect();
        assert_eq!(asserted, ["LOCATION=eu-de", "OPERATOR=acme"]);
        let again = found.to_payload().unwrap();
        assert!(matches!(parse_statement(&again), Ok((_, AnyStatement::Node(_)))));
    }

    #[test]
    fn a_report_that_no_node_can_mean_is_rejected() {
        let many = |what: &str, count: usize| {
            let all: Vec<String> = (0..count).map(|n| what.replace('#', &n.to_string())).collect();
            all.join(",")
        };
        let asserts = many("\"P#\"", limits::NODE_ASSERTS + 1);
        let evidence = many(r#"{"format":"tpm","data":""}"#, limits::NODE_EVIDENCE + 1);
        for (from, to, code) in [
            (
                "\"sha256\":\"KEY\"",
                &format!("\"sha256\":\"{}\"", "22".repeat(32)) as &str,
                "predicate-wrong-subject",
            ),
            ("06-08T00:00:00Z", "06-08T00:00:01Z", "node-window-too-long"),
            ("06-08T00:00:00Z", "06-01T00:00:00Z", "predicate-empty-window"),
            ("\"memoryBytes\":6000", "\"memoryBytes\":8001", "node-capacity"),
            (
                "\"cpuMilli\":4000,\"memoryBytes\":6000",
                "\"cpuMilli\":4001,\"memoryBytes\":6000",
                "node-capacity",
            ),
            (
                "\"cpuMilli\":4000,\"memoryBytes\":8000",
                "\"cpuMilli\":0,\"memoryBytes\":8000",
                "node-capacity",
            ),
            ("\"name\":\"b\"", "\"name\":\"a\"", "predicate-duplicate"),
            ("\"OPERATOR=acme\"", "\"OPERATOR=acme\",\"OPERATOR=acme\"", "predicate-duplicate"),
            ("\"OPERATOR=acme\"", "\"OPERATOR=acme\",\"LOCATION=us\"", "node-of-two-values"),
            ("\"LOCATION=eu-de\"", "\"LOCATION=eu-de\",\"LOCATION\"", "node-of-two-values"),
            ("\"slowdownPermille\":1000", "\"slowdownPermille\":999", "node-slowdown"),
            ("\"OPERATOR=acme\"", &asserts, "limit-node"),
            (r#"{"format":"tpm","data":"AAAA"}"#, &evidence, "limit-node"),
            ("\"gvisor\"", "\"jail\"", "statement-malformed"),
            ("\"OPERATOR=acme\"", "\"operator=acme\"", "statement-malformed"),
            ("\"serial\":1", "\"serial\":1,\"trusted\":true", "statement-malformed"),
            ("\"startUpMicros\":1,", "", "statement-malformed"),
            ("\"serial\":1", "\"serial\":9007199254740992", "json-unsafe-number"),
        ] {
            assert_eq!(read(from, to).map(drop), Err(code), "{to}");
        }
        let (start, end) =
            (GOOD.find("{\"name\":\"a\"").unwrap(), GOOD.find("],\n        \"asserts\"").unwrap());
        assert_eq!(read(&GOOD[start..end], "").map(drop), Err("predicate-empty-list"));
    }

    /// So many of something, as a report has them.
    type Written<'w> = &'w dyn Fn(usize) -> String;

    /// What each list may be: so long, and not one longer.
    #[test]
    fn a_report_is_as_large_as_it_may_be_and_no_larger() {
        let listed =
            |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().join(",");
        let property = |n: usize| format!("\"P{n}\"");
        let feature = |n: usize| format!("\"f{n}\"");
        let environment = |n: usize| {
            let takes = r#"{"startUpMicros":1,"memoryBytes":1,"cpuMilli":1,"slowdownPermille":1000}"#;
            format!(r#"{{"name":"e{n}","kind":"kata","overheads":{takes}}}"#)
        };
        let evidence =
            |bytes: usize| format!("\"{}\"", base64_simd::STANDARD.encode_to_string(vec![0; bytes]));
        let one_of_many = |_| r#"{"format":"tpm","data":"AAAA"}"#.to_owned();
        let (start, end) =
            (GOOD.find("{\"name\":\"a\"").unwrap(), GOOD.find("],\n        \"asserts\"").unwrap());
        let most: [(&str, usize, Written<'_>); 7] = [
            (&GOOD[start..end], limits::NODE_ENVIRONMENTS, &|n| listed(n, &environment)),
            ("\"OPERATOR=acme\"", limits::NODE_ASSERTS, &|n| listed(n, &property)),
            ("\"LOCATION=eu-de\"", limits::NODE_ASSERTS, &|n| listed(n, &property)),
            ("\"kernel\":\"6.18\"", limits::NODE_FEATURES, &|n| {
                format!("\"ofKernel\":[{}]", listed(n, &feature))
            }),
            ("\"kernel\":\"6.18\"", limits::NODE_FEATURES, &|n| {
                format!("\"ofCpu\":[{}]", listed(n, &feature))
            }),
            (r#"{"format":"tpm","data":"AAAA"}"#, limits::NODE_EVIDENCE, &|n| listed(n, &one_of_many)),
            ("\"AAAA\"", limits::EVIDENCE_BYTES, &evidence),
        ];
        for (from, most, written) in most {
            assert_eq!(read(from, &written(most)).map(drop), Ok(()), "{most} of {from}");
            assert_eq!(read(from, &written(most + 1)).map(drop), Err("limit-node"), "one more of {from}");
        }
    }
}
