//! Which lines of a bundle concern an artifact: those that a decision about it could look at, with all that they need.
//!
//! In goes an untrusted bundle; out comes for each line whether it is kept, and why not. Nothing is verified, so more may
//! be kept than a decision uses, and never less. No decision of any policy about the artifacts changes by what is dropped,
//! as long as it stays within the limits: adding what does not matter can bring a bundle over them, and dropping it back.
//!
//! A statement is kept if
//! - it speaks about an artifact that is wanted (a report, an origin, a foreign statement): then what went into it is wanted;
//! - a kept statement names it by its id;
//! - it brings a key that is wanted, and a key is if it is the issuer of a kept statement, or one that a signature of it
//!   names: so certifications of the key that signed a kept report, endorsements of who countersigned it, those above
//!   them, and what anybody else says of these keys;
//! - it is a revocation list of such an issuer, old ones included: entries never lapse;
//! - it certifies what a runtime supplies: that is so for whatever runs in it;
//! - it is a policy or a waiver: what a principal asks for, and excuses, is not for whoever carries it to leave out.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use cdi_types::{ArtifactDigest, Bundle, KeyId, StatementId};

use crate::bundle::append_guarded;
use crate::said::{Entry, Part, Said, entries};

/// Why a line was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DropReason {
    /// The line is no envelope with a statement, so it proves nothing.
    #[error("{reason}")]
    Unusable {
        /// The code of what is wrong with it.
        code: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The same statement is there with the same signatures.
    #[error("the same statement is there with the same signatures")]
    Repeated,
    /// A request to an authority.
    #[error("a request to an authority is no evidence")]
    Request,
    /// It speaks about other artifacts only.
    #[error("it is about other artifacts, and none of these went into yours")]
    OtherArtifacts,
    /// It brings a key that signed nothing that is kept.
    #[error("nothing that is kept is signed with the key that it brings")]
    UnusedKey,
    /// It is the list of an authority that signed nothing that is kept.
    #[error("it is the list of an authority that signed nothing that is kept")]
    UnusedAuthority,
}

impl DropReason {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unusable { code, .. } => code,
            Self::Repeated => "statement-repeated",
            Self::Request => "statement-no-evidence",
            Self::OtherArtifacts => "statement-of-other-artifacts",
            Self::UnusedKey => "statement-of-unused-key",
            Self::UnusedAuthority => "list-of-unused-authority",
        }
    }
}

/// A line that is not in the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The line's number, from 1.
    pub line: usize,
    /// The statement's id, if the line has one.
    pub id: Option<StatementId>,
    /// Why.
    pub reason: DropReason,
}

/// A bundle made of whole lines of another, each with its bytes as they were, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The lines, each with a line feed.
    pub bytes: Vec<u8>,
    /// How many there are.
    pub lines: usize,
    /// Lines that were left out, in their order.
    pub dropped: Vec<Dropped>,
    /// Lines that are there and prove nothing, in their order.
    pub unusable: Vec<Dropped>,
}

impl Selection {
    fn keep(&mut self, entry: &Entry<'_>) {
        append_guarded(&mut self.bytes, entry.line.bytes);
        self.bytes.push(b'\n');
        self.lines += 1;
    }

    fn drop(&mut self, entry: &Entry<'_>, reason: DropReason) {
        self.dropped.push(Dropped { line: entry.line.number, id: entry.id(), reason });
    }
}

impl Entry<'_> {
    fn id(&self) -> Option<StatementId> {
        self.said.as_ref().ok().map(|said| said.id)
    }

    fn is_of_a_runtime(&self) -> bool {
        self.said.as_ref().is_ok_and(|said| said.part == Part::Runtime)
    }

    fn unusable(&self) -> Option<DropReason> {
        let unusable = self.said.as_ref().err()?;
        Some(DropReason::Unusable { code: unusable.code, reason: unusable.reason.clone() })
    }
}

/// Every line once. Two lines repeat each other if they have the same statement and the same signatures, or are the same
/// bytes; a statement under other signatures is kept, because nobody has said which of them are good. So are lines that
/// cannot be used: another reader may know what they are.
#[must_use]
pub fn without_repetitions(bundle: &Bundle) -> Selection {
    let entries = entries(bundle);
    let repeated = repetitions(&entries);
    let mut selection = Selection::default();
    for (entry, repeated) in entries.iter().zip(repeated) {
        if repeated {
            selection.drop(entry, DropReason::Repeated);
            continue;
        }
        selection.keep(entry);
        if let Some(reason) = entry.unusable() {
            selection.unusable.push(Dropped { line: entry.line.number, id: None, reason });
        }
    }
    selection
}

/// What the statements of a bundle are about.
pub struct Concerns<'a> {
    entries: Vec<Entry<'a>>,
    repeated: Vec<bool>,
    index: Index,
}

/// Where to find what brings a wanted thing.
#[derive(Default)]
struct Index {
    by_subject: HashMap<ArtifactDigest, Vec<usize>>,
    by_id: HashMap<StatementId, Vec<usize>>,
    by_key: HashMap<KeyId, Vec<usize>>,
    lists: HashMap<KeyId, Vec<usize>>,
}

impl<'a> Concerns<'a> {
    /// Reads a bundle; nothing in it is trusted.
    #[must_use]
    pub fn of(bundle: &'a Bundle) -> Self {
        let entries = entries(bundle);
        let repeated = repetitions(&entries);
        let mut index = Index::default();
        for (at, entry) in entries.iter().enumerate() {
            if let Ok(said) = &entry.said {
                index.add(at, said);
            }
        }
        Self { entries, repeated, index }
    }

    /// Whether any statement speaks about the artifact.
    #[must_use]
    pub fn know(&self, artifact: &ArtifactDigest) -> bool {
        self.index.by_subject.contains_key(artifact)
    }

    /// The lines that concern any of these artifacts.
    #[must_use]
    pub fn with(&self, artifacts: &[ArtifactDigest]) -> Selection {
        let kept = self.closure(artifacts);
        let mut selection = Selection::default();
        for (at, (entry, repeated)) in self.entries.iter().zip(&self.repeated).enumerate() {
            match (&entry.said, entry.unusable()) {
                (_, Some(reason)) => selection.drop(entry, reason),
                (Ok(_), None) if *repeated => selection.drop(entry, DropReason::Repeated),
                (Ok(said), None) if said.part == Part::Policy || kept.contains(&at) => selection.keep(entry),
                (Ok(said), None) => selection.drop(entry, DropReason::of(said.part)),
                (Err(_), None) => {}
            }
        }
        selection
    }

    /// The artifacts that statements of the bundle speak about and that went into nothing else in it, in order.
    #[must_use]
    pub fn ends(&self) -> Vec<ArtifactDigest> {
        let said = || self.entries.iter().filter_map(|entry| entry.said.as_ref().ok());
        let read_by = |said: &'_ Said| -> Vec<ArtifactDigest> {
            let own: HashSet<&ArtifactDigest> = said.subjects.iter().collect();
            said.inputs.iter().filter(|input| !own.contains(input)).copied().collect()
        };
        let read: HashSet<ArtifactDigest> = said().flat_map(read_by).collect();
        let subjects: BTreeSet<&ArtifactDigest> = said().flat_map(|said| &said.subjects).collect();
        subjects.into_iter().filter(|subject| !read.contains(subject)).copied().collect()
    }

    fn closure(&self, artifacts: &[ArtifactDigest]) -> HashSet<usize> {
        let mut wanted = Wanted::default();
        wanted.artifacts(artifacts, &self.index);
        let runtimes = self.entries.iter().enumerate().filter(|(_, entry)| entry.is_of_a_runtime());
        wanted.next.extend(runtimes.map(|(at, _)| at));
        let mut kept = HashSet::new();
        while let Some(at) = wanted.next.pop() {
            if !kept.insert(at) {
                continue;
            }
            let Some(Ok(said)) = self.entries.get(at).map(|entry| &entry.said) else { continue };
            wanted.artifacts(&said.inputs, &self.index);
            for id in &said.named {
                wanted.next.extend(first_time(&mut wanted.ids, *id, &self.index.by_id));
            }
            for key in said.signers() {
                if !wanted.keys.insert(key) {
                    continue;
                }
                wanted.next.extend(self.index.by_key.get(&key).into_iter().flatten());
                wanted.next.extend(self.index.lists.get(&key).into_iter().flatten());
            }
        }
        kept
    }
}

impl DropReason {
    const fn of(part: Part) -> Self {
        match part {
            // Policies and certifications of runtimes are never dropped for their part.
            Part::Artifacts | Part::Policy | Part::Runtime => Self::OtherArtifacts,
            Part::Key => Self::UnusedKey,
            Part::List => Self::UnusedAuthority,
            Part::Request => Self::Request,
        }
    }
}

impl Index {
    fn add(&mut self, at: usize, said: &Said) {
        self.by_id.entry(said.id).or_default().push(at);
        for subject in &said.subjects {
            self.by_subject.entry(*subject).or_default().push(at);
        }
        if let Some(key) = said.brings {
            self.by_key.entry(key).or_default().push(at);
        }
        if let (Part::List, Some(key)) = (said.part, said.issuer) {
            self.lists.entry(key).or_default().push(at);
        }
    }
}

/// What was wanted before, and the lines that are to be looked at for it. Each thing brings its lines once, so the work
/// grows with the size of the bundle and not with its paths.
#[derive(Default)]
struct Wanted {
    artifacts: HashSet<ArtifactDigest>,
    ids: HashSet<StatementId>,
    keys: HashSet<KeyId>,
    next: Vec<usize>,
}

impl Wanted {
    fn artifacts(&mut self, artifacts: &[ArtifactDigest], index: &Index) {
        for artifact in artifacts {
            self.next.extend(first_time(&mut self.artifacts, *artifact, &index.by_subject));
        }
    }
}

/// The lines for a thing, the first time that it is wanted.
fn first_time<T: Eq + Hash + Copy>(
    wanted: &mut HashSet<T>,
    thing: T,
    index: &HashMap<T, Vec<usize>>,
) -> Vec<usize> {
    if wanted.insert(thing) { index.get(&thing).cloned().unwrap_or_default() } else { Vec::new() }
}

/// Which entries say nothing that an earlier one has not said under the same signatures.
fn repetitions(entries: &[Entry<'_>]) -> Vec<bool> {
    let mut statements = HashSet::new();
    let mut lines = HashSet::new();
    let repeats = |entry: &Entry<'_>| match &entry.said {
        Ok(said) => !statements.insert((said.id, said.signatures.clone())),
        Err(_) => !lines.insert(entry.line.bytes.trim_ascii().to_vec()),
    };
    entries.iter().map(repeats).collect()
}
