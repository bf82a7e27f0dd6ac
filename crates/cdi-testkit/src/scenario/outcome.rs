//! What the production core makes of a world: verify, appraise, decide, place.

use cdi_decider::{Decider, Help, Party as Heard, Patience, Verification, verified_helped};
use cdi_envelope::CheckId;
use cdi_placement::{Environment, Refusal, Settled, Unmet, settle};
use cdi_policy::{
    Catalogues, Configuration, Denial, Excuse, PlaceOf, PlatformProperty, PrincipalFindings, Request,
    decide as decide_about,
};
use cdi_types::{ArtifactDigest, Bundle, Clock, KeyId, Name, Runtime, StatementId, Timestamp};
use cdi_verify::{FirstSeen, Provenance, Vantage, Verified};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::parties::{Party, configuration};

/// What comes of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every principal is satisfied, and the place provides what is left.
    Allow,
    /// Somebody is not.
    Deny,
    /// It cannot be told.
    Unknown,
    /// A policy cannot be used.
    LoadError,
    /// The bundle as a whole cannot be used.
    ParseError,
}

/// Where an artifact is to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// The environment's name.
    pub name: String,
    /// What it provides.
    pub provides: Vec<String>,
    /// Who says so.
    pub asserted_by: String,
    /// Its runtime, as it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The node whose place it is; absent for the decider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<PlaceNode>,
}

/// The node of a place, by the id of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceNode {
    /// One that the decider's configuration lists.
    Fleet(String),
    /// One that it does not list.
    Stranger(String),
}

/// What the core decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The principal that refuses first, in the order of the policies.
    pub principal: Option<String>,
    /// The code of its first failure.
    pub code: Option<String>,
    /// Every failure of every principal, with its code.
    pub failures: Vec<(String, String)>,
    /// Every failure that is excused, with its code.
    pub excused: Vec<(String, String)>,
    /// The code of each line that was discarded, in the order of the lines.
    pub discarded: Vec<String>,
    /// How many signatures were verified.
    pub verifications: usize,
}

impl Outcome {
    fn of(verdict: Verdict, failures: Vec<(String, String)>) -> Self {
        let (principal, code) = failures.first().cloned().unzip();
        let principal = principal.filter(|name| !name.is_empty());
        Self {
            verdict,
            principal,
            code,
            failures,
            excused: Vec::new(),
            discarded: Vec::new(),
            verifications: 0,
        }
    }

    fn settled(settled: &Settled) -> Self {
        let refused = |verdict, refusal: &Refusal| Self {
            excused: excused(&refusal.principals, &refusal.excused),
            ..Self::of(verdict, failures(refusal))
        };
        match settled {
            Settled::Allow(placement) => Self {
                excused: excused(placement.admitted().principals(), placement.excused()),
                ..Self::of(Verdict::Allow, Vec::new())
            },
            Settled::Deny(refusal) => refused(Verdict::Deny, refusal),
            Settled::Unknown(refusal) => refused(Verdict::Unknown, refusal),
        }
    }

    fn error(verdict: Verdict, code: &str) -> Self {
        Self::of(verdict, vec![(String::new(), code.to_owned())])
    }
}

/// What the production core decides about these bytes.
#[must_use]
pub fn decide(
    bundle: Vec<u8>,
    parties: &[Party],
    artifact: &str,
    now: &str,
    place: Option<&Place>,
) -> Outcome {
    decide_with(&[], &BTreeMap::new(), bundle, parties, artifact, now, place)
}

/// As [`decide`], with these documents of catalogues besides the one that ships, by a decider that relied on these reports at
/// these times.
#[must_use]
pub fn decide_with(
    documents: &[String],
    seen: &BTreeMap<String, String>,
    bundle: Vec<u8>,
    parties: &[Party],
    artifact: &str,
    now: &str,
    place: Option<&Place>,
) -> Outcome {
    Put { documents, seen, bundle, parties, artifact, now, place }.decide(Help::NONE).outcome
}

/// As [`decide`], by other catalogues.
#[must_use]
pub fn decide_under(
    catalogues: &Catalogues,
    seen: &BTreeMap<String, String>,
    bundle: Vec<u8>,
    parties: &[Party],
    artifact: &str,
    now: &str,
    place: Option<&Place>,
) -> Outcome {
    Put { documents: &[], seen, bundle, parties, artifact, now, place }
        .decide_under(catalogues, Help::NONE)
        .outcome
}

/// All that a decider is told.
#[derive(Debug, Clone)]
pub struct Put<'a> {
    /// The catalogues besides the one that ships.
    pub documents: &'a [String],
    /// When it relied on which report.
    pub seen: &'a BTreeMap<String, String>,
    /// The evidence.
    pub bundle: Vec<u8>,
    /// Who must agree.
    pub parties: &'a [Party],
    /// The artifact's digest.
    pub artifact: &'a str,
    /// The time.
    pub now: &'a str,
    /// Where it is to run.
    pub place: Option<&'a Place>,
}

/// What comes of it, with all that was found on the way.
#[derive(Debug)]
pub struct Decided {
    /// What the core decided.
    pub outcome: Outcome,
    /// What was verified, if the bundle as a whole could be used.
    pub provenance: Option<Verified<Provenance>>,
    /// The checks that verified it, if anybody keeps them.
    pub checks: Vec<CheckId>,
    /// The decision, if one was made.
    pub settled: Option<Settled>,
}

impl From<Outcome> for Decided {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, provenance: None, checks: Vec::new(), settled: None }
    }
}

impl Put<'_> {
    /// What the core decides, with such help.
    #[must_use]
    pub fn decide(self, help: Help<'_>) -> Decided {
        let mut catalogues = Catalogues::builtin().expect("the catalogue that ships");
        for document in self.documents {
            if let Err(error) = catalogues.extend(document.as_bytes()) {
                return Outcome::error(Verdict::LoadError, error.code()).into();
            }
        }
        self.decide_under(&catalogues, help)
    }

    /// As [`Self::decide`], by these catalogues and no documents.
    #[must_use]
    pub fn decide_under(self, catalogues: &Catalogues, help: Help<'_>) -> Decided {
        let Self { seen, bundle, parties, artifact, now, place, .. } = self;
        let configuration = match configuration(parties, catalogues) {
            Ok(configuration) => configuration,
            Err(code) => return Outcome::error(Verdict::LoadError, code).into(),
        };
        let heard = match &configuration {
            None => Vec::new(),
            Some(configuration) => match heard(parties, configuration, catalogues, artifact) {
                Ok(heard) => heard,
                Err(code) => return Outcome::error(Verdict::LoadError, code).into(),
            },
        };
        let bundle = match Bundle::parse(bundle) {
            Ok(bundle) => bundle,
            Err(error) => return Outcome::error(Verdict::ParseError, error.code()).into(),
        };
        let found = verified_helped(&bundle, &heard, catalogues, Patience::Whole, help);
        let Verification { provenance, checks } = match found {
            Ok(found) => found,
            Err(error) => return Outcome::error(Verdict::ParseError, error.code()).into(),
        };
        let (clock, first_seen) = (Clock::at(Timestamp::parse(now).expect("a time")), first_seen(seen));
        let (vantage, place) = (Vantage::remembering(clock, &first_seen), place.map(Place::environment));
        let settled = match &configuration {
            // Nobody must agree: there is no configuration that says so, and nobody to ask.
            None => settle(decide_about(bare(artifact), &[], clock.now()), place),
            Some(configuration) => {
                let decider = Decider::new(configuration, catalogues, &heard, bare(artifact));
                let remembered = |heard: &Heard| {
                    parties.iter().find(|party| heard.principal().name.as_str() == party.principal)?.seen()
                };
                decider.expect("everybody is heard").decide(&provenance, place, vantage, remembered).settled
            }
        };
        let mut outcome = Outcome::settled(&settled);
        let discarded = provenance.get().discarded();
        outcome.discarded = discarded.iter().map(|line| line.code.to_owned()).collect();
        outcome.verifications = provenance.get().verifications();
        Decided { outcome, provenance: Some(provenance), checks, settled: Some(settled) }
    }
}

/// Those who must agree, in the order of the world, with their files.
fn heard(
    parties: &[Party],
    configuration: &Configuration,
    catalogues: &Catalogues,
    artifact: &str,
) -> Result<Vec<Heard>, &'static str> {
    let required = configuration.required(&bare(artifact)).expect("nothing is granted");
    let asked = parties.iter().filter_map(|party| {
        Some((party, required.iter().find(|entry| entry.name.as_str() == party.principal)?))
    });
    let heard = asked.map(|(party, entry)| {
        let file = party.document.as_ref().map(|text| text.as_bytes().to_vec());
        Heard::new(entry, file, configuration, catalogues).map_err(|error| error.code())
    });
    heard.collect()
}

fn first_seen(seen: &BTreeMap<String, String>) -> FirstSeen {
    let report = |id: &String| StatementId::parse(id).expect("a report's id");
    let at = |time: &String| Timestamp::parse(time).expect("a time");
    seen.iter().map(|(id, time)| (report(id), at(time))).collect()
}

fn bare(artifact: &str) -> Request {
    Request::bare(ArtifactDigest::parse(artifact).expect("an artifact's digest"))
}

/// Every failure that is excused, with its code: first at the code, then at the place.
fn excused(principals: &[PrincipalFindings], place: &[(Unmet, Excuse)]) -> Vec<(String, String)> {
    let at_the_code = principals.iter().flat_map(|findings| {
        let codes = findings.excused.iter().map(|excused| excused.failure.code.to_owned());
        codes.map(|code| (findings.principal.to_string(), code)).collect::<Vec<_>>()
    });
    let at_the_place = place.iter().map(|(unmet, _)| (unmet.principal.to_string(), unmet.code().to_owned()));
    at_the_code.chain(at_the_place).collect()
}

/// Every failure: first what fails at the code, principal by principal, then what fails at the place.
fn failures(refusal: &Refusal) -> Vec<(String, String)> {
    if refusal.principals.is_empty() {
        return vec![(String::new(), Denial::NOBODY.to_owned())];
    }
    let of = |findings: &PrincipalFindings| {
        let principal = findings.principal.to_string();
        let codes = findings.failures.iter().map(|failure| failure.code.to_owned());
        codes.map(|code| (principal.clone(), code)).collect::<Vec<_>>()
    };
    let at_the_code = refusal.principals.iter().flat_map(of);
    let at_the_place = refusal.unmet.iter();
    at_the_code
        .chain(at_the_place.map(|unmet| (unmet.principal.to_string(), unmet.code().to_owned())))
        .collect()
}

impl PlaceNode {
    fn read(&self) -> PlaceOf {
        let key = |id: &str| KeyId::parse(id).expect("the id of a key");
        match self {
            Self::Fleet(id) => PlaceOf::Fleet(key(id)),
            Self::Stranger(id) => PlaceOf::Stranger(key(id)),
        }
    }
}

impl Place {
    fn environment(&self) -> Environment {
        let provides = self.provides.iter().map(|text| PlatformProperty::parse(text));
        Environment {
            name: self.name.clone(),
            provides: provides.collect::<Option<_>>().expect("platform properties"),
            asserted_by: Name::parse(&self.asserted_by).expect("a name"),
            of: self.node.as_ref().map_or(PlaceOf::Decider, PlaceNode::read),
            runtime: self.runtime.clone().map(Arc::new),
        }
    }
}
