//! Where in a world the points are that a reason names: from real ids back to the world's names.

use std::collections::BTreeMap;

use cdi_testkit::driver::{Line, Names, Sealed, Words};
use cdi_testkit::model::holds::artifacts;
use cdi_testkit::model::world::{Digest, Id, Key, Libraries, Property, STEP, World};
use cdi_types::{ArtifactDigest, FileDigest, KeyId, PropertyName, StatementId};

/// A statement of the world.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Endorsement(Id),
    Certification(Id),
    Report(Id),
}

/// The world's names of what reasons point at.
pub(super) struct Points {
    said: BTreeMap<StatementId, Said>,
    keys: BTreeMap<KeyId, Key>,
    artifacts: BTreeMap<ArtifactDigest, Digest>,
    files: BTreeMap<FileDigest, Digest>,
    words: BTreeMap<String, Property>,
}

impl Points {
    pub(super) fn of(world: &World, lines: &Sealed, names: Names) -> Self {
        let evidence = &world.evidence;
        // Lines are in this order.
        let said = evidence.endorsements.iter().map(|one| Said::Endorsement(one.id.clone()));
        let said = said.chain(evidence.certifications.iter().map(|c| Said::Certification(c.id.clone())));
        let said = said.chain(evidence.reports.iter().map(|one| Said::Report(one.id.clone())));
        let said = lines.0.iter().map(|line: &Line| line.id).zip(said).collect();
        let anchored = world.principals.iter().flat_map(|p| &p.anchors).flat_map(|anchor| &anchor.keys);
        let endorsed = evidence.endorsements.iter().flat_map(|e| [&e.issuer, &e.child]);
        let certified = evidence.certifications.iter().flat_map(|c| [&c.issuer, &c.report_key]);
        let listed = evidence.revocation_lists.iter().map(|list| &list.issuer);
        let reported = evidence.reports.iter().map(|report| &report.key);
        let keys = anchored.chain(endorsed).chain(certified).chain(listed).chain(reported);
        let keys = keys.map(|key| (names.key_id(key).unwrap(), key.clone())).collect();
        let artifacts = artifacts(world).into_iter().map(|name| (names.artifact(&name), name)).collect();
        let files = evidence.reports.iter().flat_map(|report| {
            let libraries: &[Digest] = match &report.libraries {
                Libraries::Measured(libraries) => libraries,
                Libraries::Unmeasured => &[],
            };
            report.executables.iter().chain(libraries).chain([&report.recorder])
        });
        let files = files.map(|name| (names.file(name), name.clone())).collect();
        let words = Words::of(&world.catalogue);
        let known = world.catalogue.code.iter().cloned().chain([STEP.to_owned()]);
        let words = known.map(|word| (words.property(&word).to_owned(), word)).collect();
        Self { said, keys, artifacts, files, words }
    }

    pub(super) fn said(&self, id: StatementId) -> Option<&Said> {
        self.said.get(&id)
    }

    /// The report's id in the world.
    pub(super) fn report(&self, id: StatementId) -> Option<&Id> {
        match self.said.get(&id)? {
            Said::Report(id) => Some(id),
            Said::Endorsement(_) | Said::Certification(_) => None,
        }
    }

    /// The certification's id in the world.
    pub(super) fn certification(&self, id: StatementId) -> Option<&Id> {
        match self.said.get(&id)? {
            Said::Certification(id) => Some(id),
            Said::Endorsement(_) | Said::Report(_) => None,
        }
    }

    pub(super) fn key(&self, id: KeyId) -> Key {
        self.keys.get(&id).unwrap().clone()
    }

    pub(super) fn artifact(&self, digest: ArtifactDigest) -> Digest {
        self.artifacts.get(&digest).unwrap().clone()
    }

    pub(super) fn file(&self, digest: FileDigest) -> Digest {
        self.files.get(&digest).unwrap().clone()
    }

    pub(super) fn word(&self, property: &PropertyName) -> Property {
        self.words.get(property.as_str()).unwrap().clone()
    }

    /// A text with the world's names in the place of real ids: statements are signed anew in every round.
    pub(super) fn named(&self, text: &str) -> String {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        names.extend(self.said.iter().map(|(id, said)| (id.to_string(), format!("{said:?}"))));
        names.extend(self.keys.iter().map(|(id, key)| (id.to_string(), key.clone())));
        names.extend(self.artifacts.iter().map(|(id, name)| (id.to_string(), name.clone())));
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let mut out = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let run = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
            let (digits, after) = rest.split_at(run);
            out.push_str(names.get(digits).map_or(digits, String::as_str));
            let other = after.find(is_digit).unwrap_or(after.len());
            let (between, next) = after.split_at(other);
            out.push_str(between);
            rest = next;
        }
        out
    }
}
