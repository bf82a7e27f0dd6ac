//! A principal's policy, loaded whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cdi_types::{
    CaptureLevel, CatalogueDigest, Name, PlatformProperty, PolicyDigest, PropertyName, Role, Runtime,
    Timestamp,
};
use cdi_verify::{Depth, KnownKey, Question, Quorum, Trust, TrustTerms};
use serde::Deserialize;

use crate::catalogue::Catalogue;
use crate::catalogues::Catalogues;
use crate::document::Document;
use crate::formula::{Atom, EVIDENCE, Formula};
use crate::grants::GrantRules;
use crate::history_document::HistoryDocument;
use crate::places::{PlaceOf, Places, PlacesDocument};
use crate::policy_error::PolicyError;
use crate::trust_document::{AnchorDocument, AssumptionDocument, Keyring, TrustDocument, members};

/// The paper's two policies, by their names (paper 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Requires nothing.
    AcceptAll,
    /// Refuses what does not show everything that the policy asks for.
    DefaultDeny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    principal: Name,
    rule: Rule,
    #[serde(default)]
    catalogue: Option<CatalogueDigest>,
    #[serde(default)]
    trust: Option<TrustDocument>,
    #[serde(default)]
    require: Option<Formula<String>>,
    #[serde(default)]
    require_from: Option<Vec<LaterDocument>>,
    #[serde(default)]
    history: Option<HistoryDocument>,
    #[serde(default)]
    accept_asserted: Option<BTreeSet<Name>>,
    #[serde(default)]
    places: Option<PlacesDocument>,
    #[serde(default)]
    grants: Option<GrantRules>,
}

/// A requirement that begins at a time.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LaterDocument {
    from: Timestamp,
    require: Formula<String>,
}

/// A formula that must hold, and since when.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The first second at which it is required; `None` for always. No allowance for clocks is made.
    pub from: Option<Timestamp>,
    /// The formula as the document has it.
    pub written: Formula<String>,
    /// The same with its tags expanded.
    pub expanded: Formula<Atom>,
}

impl Demand {
    /// Whether it is required at this time.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now)
    }

    /// The parts of a conjunction; a formula that is no conjunction is its own part.
    #[must_use]
    pub fn parts(&self) -> Vec<Part<'_>> {
        match (&self.written, &self.expanded) {
            (Formula::All(written), Formula::All(expanded)) => {
                let pairs = written.iter().zip(expanded);
                pairs.map(|(written, expanded)| Part { written, expanded }).collect()
            }
            (written, expanded) => vec![Part { written, expanded }],
        }
    }
}

/// A part of a requirement that must hold by itself.
#[derive(Debug, Clone, Copy)]
pub struct Part<'p> {
    /// The part as the document has it: by this text waivers and refusals name it.
    pub written: &'p Formula<String>,
    /// The same with its tags expanded.
    pub expanded: &'p Formula<Atom>,
}

/// What a `default-deny` policy asks for.
#[derive(Debug, Clone)]
pub(crate) struct Demands {
    pub(crate) catalogue: CatalogueDigest,
    pub(crate) trust: Option<Trust>,
    pub(crate) require: Vec<Demand>,
    /// What the history is asked.
    pub(crate) history: BTreeSet<Question>,
    pub(crate) accept_asserted: BTreeSet<Name>,
    pub(crate) places: Places,
    pub(crate) grants: GrantRules,
}

/// A policy that was loaded.
#[derive(Debug, Clone)]
pub struct Policy {
    name: Name,
    principal: Name,
    digest: PolicyDigest,
    keyring: Vec<KnownKey>,
    /// `None` for `accept-all`.
    pub(crate) demands: Option<Demands>,
}

impl Policy {
    /// Reads a policy under the catalogue that it names, which must be one of these.
    ///
    /// # Errors
    /// [`PolicyError`] names the first rule that the document breaks; one bad entry fails the whole policy.
    pub fn load(bytes: &[u8], catalogues: &Catalogues) -> Result<Self, PolicyError> {
        let document: Document<Spec> = Document::load(bytes, "Policy")?;
        let spec = document.spec;
        let mut keyring = Keyring::default();
        let demands = match spec.rule {
            Rule::AcceptAll => accept_all(&spec).map(|()| None)?,
            Rule::DefaultDeny => Some(demands(&spec, catalogues, &mut keyring)?),
        };
        let (name, principal) = (document.metadata.name, spec.principal);
        Ok(Self { name, principal, digest: PolicyDigest::of(bytes), keyring: keyring.0, demands })
    }

    /// The document's name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The principal whose policy it is, as it says itself.
    #[must_use]
    pub const fn principal(&self) -> &Name {
        &self.principal
    }

    /// The catalogue under which it was read; none for one that asks for nothing.
    #[must_use]
    pub fn catalogue(&self) -> Option<CatalogueDigest> {
        self.demands.as_ref().map(|demands| demands.catalogue)
    }

    /// The digest of the document.
    #[must_use]
    pub const fn digest(&self) -> PolicyDigest {
        self.digest
    }

    /// Which of the two kinds of policy it is.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        if self.demands.is_some() { Rule::DefaultDeny } else { Rule::AcceptAll }
    }

    /// The keys that the policy names: a verifier needs them to verify what they signed.
    #[must_use]
    pub fn keyring(&self) -> &[KnownKey] {
        &self.keyring
    }

    /// Whom the principal trusts; `None` if it asks for nothing that somebody must vouch for.
    #[must_use]
    pub fn trust(&self) -> Option<&Trust> {
        self.demands.as_ref().and_then(|demands| demands.trust.as_ref())
    }

    /// Every requirement of the document, those that begin later included.
    #[must_use]
    pub fn requirements(&self) -> &[Demand] {
        self.demands.as_ref().map(|demands| demands.require.as_slice()).unwrap_or_default()
    }

    /// The requirements that a waiver can excuse, each in the words in which a verdict names it.
    #[must_use]
    pub fn waivable(&self) -> Vec<String> {
        let parts = self.requirements().iter().flat_map(|demand| match &demand.written {
            Formula::All(parts) => parts.iter().map(ToString::to_string).collect(),
            whole => vec![whole.to_string()],
        });
        let history = self.asked_of_history().map(ToString::to_string);
        parts.chain(history).collect()
    }

    /// What the history is asked, at every time.
    pub fn asked_of_history(&self) -> impl Iterator<Item = &Question> {
        self.demands.iter().flat_map(|demands| &demands.history)
    }

    /// What is asked of the history, for people; `None` if nothing is.
    #[must_use]
    pub fn history(&self) -> Option<String> {
        let demands = self.demands.as_ref()?;
        let terms = demands.trust.as_ref()?.terms();
        let exempt: Vec<String> = terms.exempt.iter().map(|role| format!("`{role}`")).collect();
        let exempt = (!exempt.is_empty()).then(|| format!("of inputs other than {}", exempt.join(", ")));
        let depth = terms.depths.iter().map(|Depth { tool, steps }| match steps {
            0 => format!("none behind `{tool}`"),
            1 => format!("at most 1 step behind `{tool}`"),
            steps => format!("at most {steps} steps behind `{tool}`"),
        });
        let verifiers: BTreeSet<&str> = terms.summaries.iter().map(|rule| rule.verifier.as_str()).collect();
        let verifiers = verifiers.into_iter().map(|verifier| format!("or what `{verifier}` has verified"));
        let limits: Vec<String> = exempt.into_iter().chain(depth).chain(verifiers).collect();
        let complete = demands.history.contains(&Question::Complete).then(|| match limits.as_slice() {
            [] => format!("a {}", Question::Complete),
            limits => format!("a {} ({})", Question::Complete, limits.join("; ")),
        });
        let reproduced = terms.reproduced.as_ref().map(|asked| {
            format!("runs of {} of {} independent custodians", asked.count, asked.custodians.len())
        });
        let asked: Vec<String> = complete.into_iter().chain(reproduced).collect();
        (!asked.is_empty()).then(|| asked.join(", and "))
    }

    /// Whose word about a place the principal takes besides its own.
    #[must_use]
    pub fn accepts_asserted_by(&self, principal: &Name) -> bool {
        *principal == self.principal
            || self.demands.as_ref().is_some_and(|demands| demands.accept_asserted.contains(principal))
    }

    /// What the policy asks of places besides their properties.
    #[must_use]
    pub fn places(&self) -> Places {
        self.demands.as_ref().map_or_else(Places::anywhere, |demands| demands.places.clone())
    }

    /// What must be found out about an artifact for this policy to be decided at this time.
    #[must_use]
    pub fn questions(&self, now: Timestamp) -> BTreeSet<Question> {
        let in_force = self.requirements().iter().filter(|requirement| requirement.is_in_force(now));
        let asked = in_force.flat_map(|requirement| asked(&requirement.expanded));
        asked.chain(self.asked_of_history().cloned()).collect()
    }

    /// What a word of a requirement of this policy stands for.
    ///
    /// # Errors
    /// As for a word of a document that is loaded.
    pub fn meaning(&self, word: &str, catalogues: &Catalogues) -> Result<Formula<Atom>, PolicyError> {
        let rules = self.trust().map(|trust| trust.terms().evidence.as_slice()).unwrap_or_default();
        match word.strip_prefix(EVIDENCE) {
            Some(name) => evidence(name, &rules.iter().map(|rule| &rule.name).collect()),
            None => catalogues.meaning(word),
        }
    }

    /// Whether an authority that the policy trusts may say that a runtime supplies this property of a place.
    #[must_use]
    pub fn believes_runtimes_about(&self, property: &PropertyName) -> bool {
        let anchors = self.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default();
        anchors.iter().any(|anchor| anchor.scope.covers(property))
    }

    /// What must be found out about a place's node for this policy to be decided; nothing of the decider's own place, or if the
    /// policy trusts nobody who could revoke one.
    #[must_use]
    pub fn question_of(&self, place: PlaceOf) -> Option<Question> {
        self.trust().and_then(|_| place.key()).map(Question::Node)
    }

    /// What must be found out about a runtime for this policy to be decided at this time: whether it supplies what the policy
    /// would have of a place. Nothing, if the policy trusts nobody who could certify one.
    #[must_use]
    pub fn questions_of(&self, runtime: &Arc<Runtime>, now: Timestamp) -> BTreeSet<Question> {
        let in_force = self.requirements().iter().filter(|requirement| requirement.is_in_force(now));
        let asked =
            in_force.filter(|_| self.trust().is_some()).flat_map(|requirement| place(&requirement.expanded));
        asked.map(|property| Question::Supplied(Arc::clone(runtime), property)).collect()
    }
}

/// What is asked about the artifact in a formula.
fn asked(formula: &Formula<Atom>) -> impl Iterator<Item = Question> + use<> {
    formula.atoms().into_iter().filter_map(|atom| atom.question())
}

/// The properties of a place in a formula.
fn place(formula: &Formula<Atom>) -> impl Iterator<Item = PlatformProperty> + use<> {
    formula.atoms().into_iter().filter_map(|atom| match atom {
        Atom::Code(_) | Atom::Evidence(_) => None,
        Atom::Platform(property) => Some(property),
    })
}

/// The properties of code in a formula.
fn code(formula: &Formula<Atom>) -> impl Iterator<Item = PropertyName> + use<> {
    formula.atoms().into_iter().filter_map(|atom| match atom {
        Atom::Code(property) => Some(property),
        Atom::Platform(_) | Atom::Evidence(_) => None,
    })
}

/// `accept-all` is an explicit no-op: anything beside it would suggest a demand that is not made.
fn accept_all(spec: &Spec) -> Result<(), PolicyError> {
    let beside = [
        ("catalogue", spec.catalogue.is_some()),
        ("trust", spec.trust.is_some()),
        ("require", spec.require.is_some()),
        ("requireFrom", spec.require_from.is_some()),
        ("history", spec.history.is_some()),
        ("acceptAsserted", spec.accept_asserted.is_some()),
        ("places", spec.places.is_some()),
        ("grants", spec.grants.is_some()),
    ];
    match beside.into_iter().find(|(_, there)| *there) {
        Some((member, _)) => Err(PolicyError::AcceptsAllBut { member }),
        None => Ok(()),
    }
}

fn demands(spec: &Spec, catalogues: &Catalogues, keyring: &mut Keyring) -> Result<Demands, PolicyError> {
    let missing = || PolicyError::malformed_policy("spec", "missing field `catalogue`");
    let found = spec.catalogue.ok_or_else(missing)?;
    let catalogue = catalogues.named(found)?;
    if spec.require.is_none() && spec.history.is_none() {
        return Err(PolicyError::RequiresNothing);
    }
    let require = requirements(spec, catalogue)?;
    let asks_of_code = require.iter().any(|requirement| code(&requirement.expanded).next().is_some());
    let trust = match &spec.trust {
        Some(document) => Some(trust(document, spec, &require, (catalogue, catalogues), keyring)?),
        None if spec.history.is_some() => return Err(PolicyError::NoTrust { member: "history" }),
        None if asks_of_code => return Err(PolicyError::NoTrust { member: "require" }),
        None => None,
    };
    let accept_asserted = spec.accept_asserted.clone().unwrap_or_default();
    let places = spec.places.as_ref().map(|places| places.read(catalogue, keyring)).transpose()?;
    let places = places.unwrap_or_default();
    let grants = spec.grants.clone().unwrap_or_default();
    let history = spec.history.iter().flat_map(HistoryDocument::questions).collect();
    Ok(Demands { catalogue: found, trust, require, history, accept_asserted, places, grants })
}

/// What is required now, and what will be.
fn requirements(spec: &Spec, catalogue: &Catalogue) -> Result<Vec<Demand>, PolicyError> {
    let later = spec.require_from.as_deref();
    if later.is_some_and(<[LaterDocument]>::is_empty) {
        return Err(PolicyError::Empty { path: "spec.requireFrom" });
    }
    let later = later.unwrap_or_default().iter().map(|later| (Some(later.from), &later.require));
    let described: BTreeSet<&Role> =
        spec.trust.iter().flat_map(|trust| &trust.evidence).map(|one| &one.name).collect();
    let read = |(from, written): (Option<Timestamp>, &Formula<String>)| {
        let expanded = written.expand(&mut |word| match word.strip_prefix(EVIDENCE) {
            Some(name) => evidence(name, &described),
            None => catalogue.meaning(word),
        })?;
        Ok(Demand { from, written: written.clone(), expanded })
    };
    spec.require.iter().map(|written| (None, written)).chain(later).map(read).collect()
}

/// What a word for others' evidence stands for.
fn evidence(name: &str, described: &BTreeSet<&Role>) -> Result<Formula<Atom>, PolicyError> {
    let found = Role::parse(name).ok().filter(|name| described.contains(name));
    found.map(|name| Formula::Atom(Atom::Evidence(name))).ok_or_else(|| {
        let word = format!("{EVIDENCE}{name}").chars().take(80).flat_map(char::escape_debug).collect();
        let all: Vec<String> = described.iter().map(|name| format!("`{name}`")).collect();
        let known = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
        PolicyError::UnknownEvidence { word, known }
    })
}

fn trust(
    document: &TrustDocument,
    spec: &Spec,
    require: &[Demand],
    (catalogue, catalogues): (&Catalogue, &Catalogues),
    keyring: &mut Keyring,
) -> Result<Trust, PolicyError> {
    if document.anchors.is_empty() {
        return Err(PolicyError::Empty { path: "spec.trust.anchors" });
    }
    let read = |anchor: &AnchorDocument, keyring: &mut Keyring| anchor.read(keyring);
    let anchors =
        document.anchors.iter().map(|anchor| read(anchor, keyring)).collect::<Result<Vec<_>, _>>()?;
    let same_control = members(&document.same_control, &anchors)?;
    let read = |given: &AssumptionDocument, keyring: &mut Keyring| given.read(catalogue, keyring);
    let assumptions =
        document.assume.iter().map(|given| read(given, keyring)).collect::<Result<Vec<_>, _>>()?;
    let history = spec.history.as_ref().map(|history| history.read(keyring)).transpose()?.unwrap_or_default();
    let evidence = document.evidence.iter().map(|one| one.read(keyring)).collect::<Result<Vec<_>, _>>()?;
    let trust = Trust::new(TrustTerms {
        anchors,
        same_control,
        quorum: quorum(&document.quorum, catalogue)?,
        countersigned: countersigned(&document.countersigned, catalogue)?,
        custody: document.custody,
        capture: document.capture.unwrap_or(CaptureLevel::Declared),
        freshness: document.revocation.read(),
        assumptions,
        origins: history.origins,
        reproduced: history.reproduced,
        forbidden: document.forbid.read(),
        step_conditions: document.step_conditions.clone(),
        certifications: document.certifications.read(),
        inputs: document.inputs.read(),
        exempt: history.exempt,
        depths: history.depths,
        summaries: history.summaries,
        evidence,
        vocabulary: catalogues.vocabulary(catalogue),
    })?;
    enough_anchors(&trust, require, spec.history.as_ref())?;
    Ok(trust)
}

/// How many authorities are to certify.
fn quorum(document: &BTreeMap<String, u8>, catalogue: &Catalogue) -> Result<Quorum, PolicyError> {
    let missing = || PolicyError::malformed_policy("spec.trust.quorum", "missing field `default`");
    let default = document.get("default").copied().ok_or_else(missing)?;
    Ok(Quorum { default, of: numbers(document, catalogue)? })
}

/// How many are to have signed a report themselves. Of places no report speaks, so that a word of one would be a demand that
/// is never made.
fn countersigned(document: &BTreeMap<String, u8>, catalogue: &Catalogue) -> Result<Quorum, PolicyError> {
    let of_a_place = |word: &&String| matches!(catalogue.meaning(word), Ok(Formula::Atom(Atom::Platform(_))));
    if let Some(word) = document.keys().find(of_a_place) {
        let detail = format!("`{word}` is a property of places, of which no report speaks");
        return Err(PolicyError::malformed_policy("spec.trust.countersigned", detail));
    }
    let default = document.get("default").copied().unwrap_or(0);
    Ok(Quorum { default, of: numbers(document, catalogue)? })
}

/// The number of each property: its own, or that of the tags it stands in, whichever is greatest.
fn numbers(
    document: &BTreeMap<String, u8>,
    catalogue: &Catalogue,
) -> Result<BTreeMap<PropertyName, u8>, PolicyError> {
    let mut of: BTreeMap<PropertyName, u8> = BTreeMap::new();
    for (word, k) in document {
        match word.as_str() {
            "default" => {}
            cdi_types::STEP => drop(of.insert(PropertyName::step(), *k)),
            word => {
                for atom in catalogue.meaning(word)?.atoms() {
                    let property = match atom {
                        Atom::Code(property) => property,
                        Atom::Platform(PlatformProperty { name, .. }) => name,
                        // The catalogue has no such words.
                        Atom::Evidence(_) => continue,
                    };
                    let known = of.entry(property).or_insert(*k);
                    *known = (*known).max(*k);
                }
            }
        }
    }
    Ok(of)
}

/// A quorum that could never be met is a mistake, and somebody would mend it at the wrong moment.
fn enough_anchors(
    trust: &Trust,
    require: &[Demand],
    history: Option<&HistoryDocument>,
) -> Result<(), PolicyError> {
    let asked = require.iter().flat_map(|demand| code(&demand.expanded));
    for property in asked.chain(history.map(|_| PropertyName::step())) {
        let terms = trust.terms();
        let countersigned = terms.countersigned.for_property(&property);
        let quorum = terms.quorum.for_property(&property).max(countersigned);
        let anchors = trust.anchors_for(&property);
        if usize::from(quorum) > anchors {
            return Err(PolicyError::QuorumBeyondAnchors { property, quorum, anchors });
        }
    }
    Ok(())
}
