//! A principal's policy, loaded whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{CaptureLevel, CatalogueDigest, Name, PolicyDigest, PropertyName};
use cdi_verify::{Question, Quorum, Trust, TrustTerms};
use serde::Deserialize;

use crate::catalogue::Catalogue;
use crate::document::Document;
use crate::formula::{Atom, Formula};
use crate::grants::GrantRules;
use crate::history_document::HistoryDocument;
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
    history: Option<HistoryDocument>,
    #[serde(default)]
    accept_asserted: Option<BTreeSet<Name>>,
    #[serde(default)]
    grants: Option<GrantRules>,
}

/// What a `default-deny` policy asks for.
#[derive(Debug, Clone)]
pub(crate) struct Demands {
    pub(crate) trust: Option<Trust>,
    /// The formula as written, for people; and with its tags expanded.
    pub(crate) require: Option<(Formula<String>, Formula<Atom>)>,
    /// What the formula and the history ask of the code.
    questions: BTreeSet<Question>,
    pub(crate) accept_asserted: BTreeSet<Name>,
    pub(crate) grants: GrantRules,
}

/// A policy that was loaded.
#[derive(Debug, Clone)]
pub struct Policy {
    name: Name,
    principal: Name,
    digest: PolicyDigest,
    keyring: Vec<PublicKey>,
    /// `None` for `accept-all`.
    pub(crate) demands: Option<Demands>,
}

impl Policy {
    /// Reads a policy under a catalogue.
    ///
    /// # Errors
    /// [`PolicyError`] names the first rule that the document breaks; one bad entry fails the whole policy.
    pub fn load(bytes: &[u8], catalogue: &Catalogue) -> Result<Self, PolicyError> {
        let document: Document<Spec> = Document::load(bytes, "Policy")?;
        let spec = document.spec;
        let mut keyring = Keyring::default();
        let demands = match spec.rule {
            Rule::AcceptAll => accept_all(&spec).map(|()| None)?,
            Rule::DefaultDeny => Some(demands(&spec, catalogue, &mut keyring)?),
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
    pub fn keyring(&self) -> &[PublicKey] {
        &self.keyring
    }

    /// Whom the principal trusts; `None` if it asks for nothing that somebody must vouch for.
    #[must_use]
    pub fn trust(&self) -> Option<&Trust> {
        self.demands.as_ref().and_then(|demands| demands.trust.as_ref())
    }

    /// The formula as the document has it.
    #[must_use]
    pub fn requirement(&self) -> Option<&Formula<String>> {
        self.demands.as_ref().and_then(|demands| demands.require.as_ref()).map(|(written, _)| written)
    }

    /// What is asked of the history, for people; `None` if nothing is.
    #[must_use]
    pub fn history(&self) -> Option<String> {
        let demands = self.demands.as_ref()?;
        let terms = demands.trust.as_ref()?.terms();
        let exempt: Vec<String> = terms.exempt.iter().map(|role| format!("`{role}`")).collect();
        let complete = demands.questions.contains(&Question::Complete).then(|| match exempt.as_slice() {
            [] => format!("a {}", Question::Complete),
            roles => format!("a {} (of inputs other than {})", Question::Complete, roles.join(", ")),
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

    /// What must be found out about an artifact for this policy to be decided.
    #[must_use]
    pub const fn questions(&self) -> &BTreeSet<Question> {
        static NONE: BTreeSet<Question> = BTreeSet::new();
        match &self.demands {
            Some(demands) => &demands.questions,
            None => &NONE,
        }
    }
}

/// `accept-all` is an explicit no-op: anything beside it would suggest a demand that is not made.
fn accept_all(spec: &Spec) -> Result<(), PolicyError> {
    let beside = [
        ("catalogue", spec.catalogue.is_some()),
        ("trust", spec.trust.is_some()),
        ("require", spec.require.is_some()),
        ("history", spec.history.is_some()),
        ("acceptAsserted", spec.accept_asserted.is_some()),
        ("grants", spec.grants.is_some()),
    ];
    match beside.into_iter().find(|(_, there)| *there) {
        Some((member, _)) => Err(PolicyError::AcceptsAllBut { member }),
        None => Ok(()),
    }
}

fn demands(spec: &Spec, catalogue: &Catalogue, keyring: &mut Keyring) -> Result<Demands, PolicyError> {
    let found = spec.catalogue.ok_or_else(|| PolicyError::Malformed {
        path: "spec".to_owned(),
        detail: "missing field `catalogue`".to_owned(),
    })?;
    if found != catalogue.digest() {
        return Err(PolicyError::UnknownCatalogue { found, known: catalogue.digest() });
    }
    if spec.require.is_none() && spec.history.is_none() {
        return Err(PolicyError::RequiresNothing);
    }
    let expanded = spec.require.as_ref().map(|formula| formula.expand(&mut |word| catalogue.meaning(word)));
    let require = spec.require.clone().zip(expanded.transpose()?);
    let asks_of_code =
        require.iter().any(|(_, formula)| formula.atoms().iter().any(|a| matches!(a, Atom::Code(_))));
    let trust = match &spec.trust {
        Some(document) => Some(trust(document, spec, require.as_ref(), catalogue, keyring)?),
        None if spec.history.is_some() => return Err(PolicyError::NoTrust { member: "history" }),
        None if asks_of_code => return Err(PolicyError::NoTrust { member: "require" }),
        None => None,
    };
    let accept_asserted = spec.accept_asserted.clone().unwrap_or_default();
    let questions = questions(require.as_ref().map(|(_, formula)| formula), spec.history.as_ref());
    let grants = spec.grants.clone().unwrap_or_default();
    Ok(Demands { trust, require, questions, accept_asserted, grants })
}

fn questions(require: Option<&Formula<Atom>>, history: Option<&HistoryDocument>) -> BTreeSet<Question> {
    let atoms = require.into_iter().flat_map(Formula::atoms);
    let properties = atoms.filter_map(|atom| match atom {
        Atom::Code(property) => Some(Question::Property(property)),
        Atom::Platform(_) => None,
    });
    properties.chain(history.into_iter().flat_map(HistoryDocument::questions)).collect()
}

fn trust(
    document: &TrustDocument,
    spec: &Spec,
    require: Option<&(Formula<String>, Formula<Atom>)>,
    catalogue: &Catalogue,
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
    let trust = Trust::new(TrustTerms {
        anchors,
        same_control,
        quorum: quorum(&document.quorum, catalogue)?,
        countersigned: Quorum {
            default: document.countersigned.get("default").copied().unwrap_or(0),
            of: numbers(&document.countersigned, catalogue)?,
        },
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
        vocabulary: catalogue.vocabulary(),
    })?;
    let asked = questions(require.map(|(_, formula)| formula), spec.history.as_ref());
    enough_anchors(&trust, &asked)?;
    Ok(trust)
}

/// How many authorities are to certify.
fn quorum(document: &BTreeMap<String, u8>, catalogue: &Catalogue) -> Result<Quorum, PolicyError> {
    let missing = || PolicyError::Malformed {
        path: "spec.trust.quorum".to_owned(),
        detail: "missing field `default`".to_owned(),
    };
    let default = document.get("default").copied().ok_or_else(missing)?;
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
                    if let Atom::Code(property) = atom {
                        let known = of.entry(property).or_insert(*k);
                        *known = (*known).max(*k);
                    }
                }
            }
        }
    }
    Ok(of)
}

/// A quorum that could never be met is a mistake, and somebody would mend it at the wrong moment.
fn enough_anchors(trust: &Trust, asked: &BTreeSet<Question>) -> Result<(), PolicyError> {
    let properties = asked.iter().map(|question| match question {
        Question::Property(property) => property,
        Question::Complete | Question::Reproduced => PropertyName::the_step(),
    });
    for property in properties {
        let terms = trust.terms();
        let countersigned = terms.countersigned.for_property(property);
        let quorum = terms.quorum.for_property(property).max(countersigned);
        let anchors = trust.anchors_for(property);
        if usize::from(quorum) > anchors {
            return Err(PolicyError::QuorumBeyondAnchors { property: property.clone(), quorum, anchors });
        }
    }
    Ok(())
}
