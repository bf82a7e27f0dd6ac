//! A policy in the making: terms that the evidence meets at every moment.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{
    ArtifactDigest, CaptureLevel, Custody, Duration, KeyId, Name, OriginKind, PropertyName, Report,
    ReportKind, Scope, StatementId, limits,
};
use cdi_verify::{
    Anchor, Answer, Certifications, Facts, Forbidden, Freshness, Ground, Inputs, OriginRule, ProofStep,
    Question, Quorum, Signed, Trust, TrustTerms, Vocabulary, appraise,
};

use super::{Good, Pins, SuggestError, Wanted};
use crate::catalogue::Kind;

/// An anchor in the making.
#[derive(Debug, Clone)]
pub(super) struct DraftAnchor {
    pub(super) name: Name,
    pub(super) key: PublicKey,
    pub(super) scope: BTreeSet<PropertyName>,
    pub(super) depth: u8,
}

/// The terms.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) anchors: Vec<DraftAnchor>,
    pub(super) quorum: BTreeMap<PropertyName, u8>,
    pub(super) countersigned: BTreeMap<PropertyName, u8>,
    pub(super) custody: Custody,
    pub(super) capture: CaptureLevel,
    pub(super) freshness: Freshness,
    pub(super) certifications: Certifications,
    pub(super) inputs: Inputs,
    pub(super) conditions: Vec<String>,
    /// The properties that are required.
    pub(super) require: BTreeSet<PropertyName>,
    /// Where the history begins; empty if it is not asked.
    pub(super) origins: BTreeSet<Beginning>,
    vocabulary: Vocabulary,
}

/// Where a history begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Beginning {
    /// At what a key signed as such.
    Signed(KeyId, OriginKind),
    /// At these bytes.
    Bytes(ArtifactDigest),
}

/// How old lists may be: the first that will do is taken.
const AGES: [u64; 5] = [1, 7, 31, 93, 366];

impl Draft {
    /// The widest terms by these anchors, and everything that the evidence shows by them.
    pub(super) fn shown_by(good: Good<'_>, wanted: &Wanted) -> Result<Self, SuggestError> {
        let code =
            good.catalogues.newest().properties().iter().filter(|(_, property)| property.kind == Kind::Code);
        let all: BTreeSet<PropertyName> = code.map(|(name, _)| name.clone()).collect();
        let anchors = wanted.anchors.iter().map(|(name, key)| DraftAnchor {
            name: name.clone(),
            key: key.clone(),
            scope: all.clone(),
            depth: limits::ENDORSEMENT_DEPTH,
        });
        let mut draft = Self {
            anchors: anchors.collect(),
            quorum: BTreeMap::new(),
            countersigned: BTreeMap::new(),
            custody: Custody::Software,
            capture: CaptureLevel::Declared,
            freshness: Freshness::DangerouslyNone,
            certifications: Certifications::Any,
            inputs: Inputs::ByDigest,
            conditions: Vec::new(),
            require: all.into_iter().filter(|name| !name.is_step()).collect(),
            origins: beginnings(good, wanted),
            vocabulary: good.catalogues.vocabulary(good.catalogues.newest()),
        };
        draft.keep_what_is_shown(good)?;
        draft.want_lists(good)?;
        draft.narrow_scopes();
        Ok(draft)
    }

    /// Requires what is shown and nothing else.
    fn keep_what_is_shown(&mut self, good: Good<'_>) -> Result<(), SuggestError> {
        let facts = self.facts(good)?;
        let shown = |question: &Question| match facts.answer(question) {
            Some(Answer::Shown(proof)) => Some(&**proof),
            Some(Answer::NotShown(_) | Answer::CouldNotTell(_)) | None => None,
        };
        self.require.retain(|property| shown(&Question::Property(property.clone())).is_some());
        self.origins = match shown(&Question::Complete) {
            Some(proof) => self.begun(proof),
            None => BTreeSet::new(),
        };
        if self.require.is_empty() && self.origins.is_empty() {
            return Err(SuggestError::ShowsNothing { artifact: good.artifact });
        }
        Ok(())
    }

    /// The beginnings that a proof rests on.
    fn begun(&self, proof: &[ProofStep]) -> BTreeSet<Beginning> {
        let of = |step: &ProofStep| match &step.ground {
            Ground::Origin { statement: Some(listing) } => Some(Beginning::Signed(listing.key, listing.kind)),
            Ground::Origin { statement: None } => Some(Beginning::Bytes(step.artifact)),
            Ground::Report { .. }
            | Ground::Linked { .. }
            | Ground::NotAsked { .. }
            | Ground::Summary { .. }
            | Ground::Evidence { .. }
            | Ground::Supplied { .. }
            | Ground::Assumed { .. } => None,
        };
        proof.iter().filter_map(of).collect()
    }

    /// Asks for revocation lists, as fresh as they are.
    fn want_lists(&mut self, good: Good<'_>) -> Result<(), SuggestError> {
        for days in AGES {
            let fresh = Freshness::MaxAge(Duration::from_seconds(days * 86_400));
            if self.tightened(good, |draft| draft.freshness = fresh)? {
                return Ok(());
            }
        }
        Err(SuggestError::NoLists)
    }

    /// Lets anchors speak about what is asked, and about nothing else.
    fn narrow_scopes(&mut self) {
        let asked = self.asked();
        self.anchors.iter_mut().for_each(|anchor| anchor.scope.clone_from(&asked));
        self.quorum = asked.iter().map(|property| (property.clone(), 1)).collect();
        self.countersigned = asked.into_iter().map(|property| (property, 0)).collect();
    }

    /// What authorities are asked about.
    pub(super) fn asked(&self) -> BTreeSet<PropertyName> {
        let step = (!self.origins.is_empty()).then(PropertyName::step);
        self.require.iter().cloned().chain(step).collect()
    }

    /// Makes a change if the evidence still shows everything; else leaves the draft as it was.
    pub(super) fn tightened(
        &mut self,
        good: Good<'_>,
        change: impl FnOnce(&mut Self),
    ) -> Result<bool, SuggestError> {
        let mut tighter = self.clone();
        change(&mut tighter);
        let holds = tighter.holds(good)?;
        if holds {
            *self = tighter;
        }
        Ok(holds)
    }

    fn holds(&self, good: Good<'_>) -> Result<bool, SuggestError> {
        let facts = self.facts(good)?;
        let mut questions = self.questions().into_iter();
        Ok(questions.all(|question| matches!(facts.answer(&question), Some(Answer::Shown(_)))))
    }

    /// The reports that proofs rest on.
    pub(super) fn reports(&self, good: Good<'_>) -> Result<BTreeSet<StatementId>, SuggestError> {
        let facts = self.facts(good)?;
        let mut found = BTreeSet::new();
        for question in self.questions() {
            if let Some(Answer::Shown(proof)) = facts.answer(&question) {
                found.extend(proof.iter().filter_map(|step| match &step.ground {
                    Ground::Report { report, .. } | Ground::Linked { report, .. } => Some(*report),
                    Ground::Assumed { .. }
                    | Ground::Origin { .. }
                    | Ground::NotAsked { .. }
                    | Ground::Summary { .. }
                    | Ground::Evidence { .. }
                    | Ground::Supplied { .. } => None,
                }));
            }
        }
        Ok(found)
    }

    fn questions(&self) -> BTreeSet<Question> {
        let complete = (!self.origins.is_empty()).then_some(Question::Complete);
        self.require.iter().cloned().map(Question::Property).chain(complete).collect()
    }

    fn facts(&self, good: Good<'_>) -> Result<Facts, SuggestError> {
        let trust = Trust::new(self.terms())?;
        Ok(appraise(good.provenance, &trust, good.artifact, &self.questions(), good.clock)?)
    }

    fn terms(&self) -> TrustTerms {
        let anchor = |anchor: &DraftAnchor| Anchor {
            name: anchor.name.clone(),
            keys: vec![anchor.key.clone()],
            scope: Scope {
                properties: anchor.scope.iter().cloned().map(cdi_types::PropertyPattern::Exact).collect(),
                depth: anchor.depth,
            },
        };
        TrustTerms {
            anchors: self.anchors.iter().map(anchor).collect(),
            same_control: Vec::new(),
            quorum: Quorum { default: 1, of: self.quorum.clone() },
            countersigned: Quorum { default: 0, of: self.countersigned.clone() },
            custody: self.custody,
            capture: self.capture,
            freshness: self.freshness,
            assumptions: Vec::new(),
            origins: self.origin_rules(),
            reproduced: None,
            exempt: BTreeSet::new(),
            depths: Vec::new(),
            summaries: Vec::new(),
            evidence: Vec::new(),
            forbidden: Forbidden::default(),
            step_conditions: self.conditions.clone(),
            certifications: self.certifications,
            inputs: self.inputs,
            vocabulary: self.vocabulary.clone(),
        }
    }

    /// The beginnings as a policy has them: one rule a key.
    pub(super) fn origin_rules(&self) -> Vec<OriginRule> {
        let mut kinds: BTreeMap<KeyId, BTreeSet<OriginKind>> = BTreeMap::new();
        let mut rules = Vec::new();
        for beginning in &self.origins {
            match beginning {
                Beginning::Signed(key, kind) => drop(kinds.entry(*key).or_default().insert(*kind)),
                Beginning::Bytes(artifact) => rules.push(OriginRule::Artifact(*artifact)),
            }
        }
        rules.extend(kinds.into_iter().map(|(key, kinds)| OriginRule::Key(key, kinds)));
        rules
    }
}

/// Everything at which the principal would let a history begin.
fn beginnings(good: Good<'_>, wanted: &Wanted) -> BTreeSet<Beginning> {
    let keys: BTreeSet<KeyId> = wanted.origins.iter().map(PublicKey::key_id).collect();
    let provenance = good.provenance.get();
    match wanted.pins {
        Pins::Keys => {
            let origins = provenance.origins().iter().filter(|origin| keys.contains(&origin.issuer()));
            origins.map(|origin| Beginning::Signed(origin.issuer(), origin.predicate().kind)).collect()
        }
        Pins::Digests => {
            let reports = provenance.reports();
            let makes = |report: &&Signed<Report>| report.predicate().kind == ReportKind::Transform;
            let made = reports.iter().filter(makes).flat_map(|report| report.statement().subject());
            let made: BTreeSet<ArtifactDigest> = made.map(|subject| subject.digest).collect();
            let read = reports.iter().filter(makes).flat_map(|report| &report.predicate().inputs);
            // The artifact itself would be a history of nothing.
            let begun = read.map(|input| input.digest).filter(|input| *input != good.artifact);
            begun.filter(|input| !made.contains(input)).map(Beginning::Bytes).collect()
        }
    }
}
