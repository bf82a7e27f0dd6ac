//! Complete worlds with real, seeded keys and one fixed time, to be changed in one place and decided about.
//!
//! In goes nothing; out comes a bundle, policies and what the production core makes of them. Statements are built as
//! JSON by hand and not by the types of the core: a vector must be able to say what those types cannot. A scenario that
//! cannot be built is a fault of the test, and panics.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests only: a scenario that cannot be built is a fault of the test"
)]

mod extended;
mod json;
mod keys;
mod outcome;
mod part;
mod parties;
mod policy;
mod statements;
mod twin;
mod worlds;

use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) use extended::ACME;
pub use extended::acme;
pub use json::compact;
pub use keys::{dangerously_sign_bare, key, key_id, other_s, public_key, sha256};
pub use outcome::{Decided, Outcome, Place, PlaceNode, Put, Verdict, decide, decide_under, decide_with};
pub use part::{IN_TOTO, Part, envelope};
pub use parties::{DECIDER, Party, SeenBefore, configured};
pub(crate) use policy::catalogue_digest;
pub use policy::{Demand, PolicyText};
pub use statements::{
    LIST_END, LIST_START, WINDOW_END, WINDOW_START, artifact, executable, measured, runtime,
};
pub use worlds::MITIGATED;

/// The time of every decision, unless a vector says otherwise.
pub const NOW: &str = "2026-06-01T12:00:00Z";

/// A world: statements with their signers, policies, an artifact, a place and a time.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The time of the decision.
    pub now: String,
    /// The artifact's digest, in hexadecimal.
    pub artifact: String,
    /// The statements, in the order of the bundle's lines.
    pub parts: Vec<Part>,
    /// The policies of all principals, in order.
    pub policies: Vec<(String, String)>,
    /// What the decider has of catalogues besides the one that ships, in order.
    pub catalogues: Vec<String>,
    /// The principals who sign their policies.
    pub signing: Vec<Party>,
    /// The reports on which the decider has relied, by their ids, and when it first did.
    pub seen: BTreeMap<String, String>,
    /// Where the artifact is to run.
    pub place: Option<Place>,
}

impl Scenario {
    /// The part of this name.
    #[must_use]
    pub fn part(&self, name: &str) -> &Part {
        let found = self.parts.iter().find(|part| part.name == name);
        found.unwrap_or_else(|| panic!("the scenario has no part `{name}`"))
    }

    fn part_mut(&mut self, name: &str) -> &mut Part {
        let found = self.parts.iter_mut().find(|part| part.name == name);
        found.unwrap_or_else(|| panic!("the scenario has no part `{name}`"))
    }

    /// Adds a part at the end.
    #[must_use]
    pub fn and(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Adds a line that nobody signed here.
    #[must_use]
    pub fn and_line(self, name: &str, line: impl Into<Vec<u8>>) -> Self {
        self.and(Part { line: Some(line.into()), ..Part::new(name, "nobody", &Value::Null) })
    }

    /// Takes a part away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        assert!(self.parts.iter().any(|part| part.name == name), "the scenario has no part `{name}`");
        self.parts.retain(|part| part.name != name);
        self
    }

    /// Changes a statement before it is signed.
    #[must_use]
    pub fn with(mut self, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.part_mut(name).change(change);
        self
    }

    /// Changes the bytes of a statement before they are signed.
    #[must_use]
    pub fn with_payload(mut self, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        let part = self.part_mut(name);
        part.payload = change(std::mem::take(&mut part.payload));
        self
    }

    /// Replaces text in a statement before it is signed.
    #[must_use]
    pub fn with_text(self, name: &str, from: &str, to: &str) -> Self {
        self.with_payload(name, |payload| {
            swap(&String::from_utf8(payload).expect("a text"), from, to).into_bytes()
        })
    }

    /// Lets other keys sign a part.
    #[must_use]
    pub fn signed_by(mut self, name: &str, signers: &[&str]) -> Self {
        self.part_mut(name).signers = signers.iter().map(|&signer| signer.to_owned()).collect();
        self
    }

    /// Changes a line after it was signed.
    #[must_use]
    pub fn with_line(mut self, name: &str, change: impl FnOnce(String) -> String) -> Self {
        let line = String::from_utf8(self.part(name).line()).expect("a text");
        self.part_mut(name).line = Some(change(line).into_bytes());
        self
    }

    /// Replaces text in a line after it was signed.
    #[must_use]
    pub fn with_line_text(self, name: &str, from: &str, to: &str) -> Self {
        self.with_line(name, |line| swap(&line, from, to))
    }

    /// Replaces text in the policy of a principal.
    #[must_use]
    pub fn with_policy(mut self, principal: &str, from: &str, to: &str) -> Self {
        let found = self.policies.iter_mut().find(|(name, _)| name == principal);
        let (_, text) = found.unwrap_or_else(|| panic!("nobody is called `{principal}`"));
        *text = swap(text, from, to);
        self
    }

    /// Moves the time of the decision.
    #[must_use]
    pub fn at(mut self, now: &str) -> Self {
        now.clone_into(&mut self.now);
        self
    }

    /// Lets the decider have relied on the report of a part, as it is now, at this time.
    #[must_use]
    pub fn seen_at(mut self, name: &str, time: &str) -> Self {
        self.seen.insert(self.id(name), time.to_owned());
        self
    }

    /// Deploys another artifact.
    #[must_use]
    pub fn deploying(mut self, artifact: &str) -> Self {
        artifact.clone_into(&mut self.artifact);
        self
    }

    /// The id of a part's statement: the digest of its payload.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        sha256(&self.part(name).payload)
    }

    /// The bundle's lines.
    #[must_use]
    pub fn lines(&self) -> Vec<Vec<u8>> {
        self.parts.iter().map(Part::line).collect()
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> Vec<u8> {
        let mut bundle = self.lines().join(&b'\n');
        bundle.push(b'\n');
        bundle
    }

    /// What the production core decides.
    #[must_use]
    pub fn decide(&self) -> Outcome {
        let (parties, place) = (self.parties(), self.place.as_ref());
        decide_with(&self.catalogues, &self.seen, self.bundle(), &parties, &self.artifact, &self.now, place)
    }

    /// Everybody who must agree: first those with a document, in order, then those who sign their policies.
    #[must_use]
    pub fn parties(&self) -> Vec<Party> {
        let documents =
            self.policies.iter().map(|(principal, document)| Party::unsigned(principal, document));
        documents.chain(self.signing.iter().cloned()).collect()
    }
}

/// `text` with `from` replaced by `to`; it must have been there.
#[must_use]
pub fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in `{text}`");
    text.replacen(from, to, 1)
}
