//! What one bundle says, as the index keeps it: its artifacts, what could be revoked in it, and what each would cost whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use cdi_store::{Stamp, StoreError, artifact_of_bundle, read_stamped_bundle, stamped_artifact_digest};
use cdi_types::{ArtifactDigest, ReportKind, RevokedId, Sha256};
use cdi_verify::{Provenance, Supposition, Thing, Verified, things};

use super::decider::Decider;
use super::index::{Called, Calling, Entry, File, Judged, Tables};
use super::loss::{Loss, losses};

/// How many reports are gone through for the index, all suppositions of a bundle together. One that would take more is looked
/// at when it is asked about.
const WORK: usize = 100_000;

/// A bundle as it was read.
pub(crate) struct Read {
    bytes: Vec<u8>,
    bundle: File,
    artifact: Option<(File, ArtifactDigest)>,
}

impl Read {
    /// Reads a bundle and the artifact beside it, if one is there.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let now = SystemTime::now();
        let file = |stamp: Stamp, sha256: Sha256| File { stamp: stamp.tells(now).then_some(stamp), sha256 };
        let (bytes, stamp) = read_stamped_bundle(path)?;
        let bundle = file(stamp, Sha256::of(&bytes));
        let artifact = match artifact_of_bundle(path).map(|beside| stamped_artifact_digest(&beside)) {
            None | Some(Err(StoreError::Missing { .. } | StoreError::Folder { .. })) => None,
            Some(Err(error)) => return Err(error),
            Some(Ok((artifact, stamp))) => Some((file(stamp, artifact.digits()), artifact)),
        };
        Ok(Self { bytes, bundle, artifact })
    }

    /// Evidence that stands in no file, and the artifact that it is about.
    pub(crate) fn of_evidence(bytes: Vec<u8>, artifact: ArtifactDigest) -> Self {
        let bundle = File { stamp: None, sha256: Sha256::of(&bytes) };
        Self { bytes, bundle, artifact: Some((File { stamp: None, sha256: artifact.digits() }, artifact)) }
    }

    /// The evidence, verified; the code of the limit that it exceeds, if it does.
    pub(crate) fn verified(&self, decider: &Decider) -> Result<Verified<Provenance>, &'static str> {
        decider.verify(&self.bytes)
    }

    pub(crate) const fn bundle(&self) -> &File {
        &self.bundle
    }

    pub(crate) fn artifact(&self) -> Option<&File> {
        self.artifact.as_ref().map(|(file, _)| file)
    }
}

/// Looks at a bundle from all sides.
pub(crate) fn judge(path: &str, read: &Read, decider: &Decider) -> (Tables, Entry) {
    let mut tables = Tables::default();
    let mut entry = Entry {
        path: path.to_owned(),
        bundle: read.bundle.clone(),
        artifact: read.artifact().cloned(),
        from: 0,
        until: u64::MAX,
        whole: true,
        judged: Vec::new(),
        called: Vec::new(),
        mentions: Vec::new(),
    };
    // A bundle that is over a limit shows nothing, so there is nothing to lose.
    let Ok(provenance) = decider.verify(&read.bytes) else { return (tables, entry) };
    let range = decider.settled(&provenance);
    (entry.from, entry.until) = (range.start.unix(), range.end.unix());
    let mentioned = things(&provenance);
    entry.mentions = mentioned.iter().map(|thing| tables.thing(thing)).collect();
    entry.called = called(&mut tables, decider, provenance.get());
    let artifacts = artifacts(read, provenance.get());
    let work = mentioned.len().saturating_mul(provenance.get().reports().len());
    entry.whole = work.saturating_mul(artifacts.len()) <= WORK;
    for (artifact, name) in artifacts {
        let mut judged =
            Judged { artifact: artifact.to_string(), name, losses: Vec::new(), lost: Vec::new() };
        if entry.whole {
            for (thing, loss) in each(&provenance, artifact, &mentioned, decider, Way::WhatIf) {
                judged.losses.push((tables.thing(&thing), tables.loss(loss)));
            }
            for (thing, loss) in each(&provenance, artifact, &mentioned, decider, Way::AsItIs) {
                judged.lost.push((tables.thing(&thing), tables.loss(loss)));
            }
        }
        entry.judged.push(judged);
    }
    (tables, entry)
}

/// Which question is asked of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What would be lost, if everybody had revoked it.
    WhatIf,
    /// What is lost, because somebody has.
    AsItIs,
}

/// What is lost by each of these things by itself, where anything is.
fn each(
    provenance: &Verified<Provenance>,
    artifact: ArtifactDigest,
    things: &BTreeSet<Thing>,
    decider: &Decider,
    way: Way,
) -> Vec<(Thing, Vec<Loss>)> {
    let as_it_is = decider.stands(provenance, artifact, &Supposition::nothing());
    let revoked = listed(provenance.get());
    let asked = things.iter().filter(|thing| way == Way::WhatIf || revoked.contains(thing));
    let lost = asked.filter_map(|thing| {
        let alone = BTreeSet::from([thing.clone()]);
        let losses = match way {
            Way::WhatIf => {
                losses(&as_it_is, &decider.stands(provenance, artifact, &Supposition::Revoked(alone)))
            }
            Way::AsItIs => {
                losses(&decider.stands(provenance, artifact, &Supposition::NotRevoked(alone)), &as_it_is)
            }
        };
        (!losses.is_empty()).then(|| (thing.clone(), losses))
    });
    lost.collect()
}

/// What is lost by all of these things together, artifact by artifact.
pub(crate) fn together(
    read: &Read,
    things: &BTreeSet<Thing>,
    decider: &Decider,
    way: Way,
) -> Vec<(ArtifactDigest, Option<String>, Vec<Loss>)> {
    under(read, &supposed(things, way), decider, way)
}

/// What is supposed of these things.
pub(crate) fn supposed(things: &BTreeSet<Thing>, way: Way) -> Supposition {
    match way {
        Way::WhatIf => Supposition::Revoked(things.clone()),
        Way::AsItIs => Supposition::NotRevoked(things.clone()),
    }
}

/// What is lost under one supposition, artifact by artifact.
pub(crate) fn under(
    read: &Read,
    supposition: &Supposition,
    decider: &Decider,
    way: Way,
) -> Vec<(ArtifactDigest, Option<String>, Vec<Loss>)> {
    let Ok(provenance) = decider.verify(&read.bytes) else { return Vec::new() };
    let of = |(artifact, name)| {
        let as_it_is = decider.stands(&provenance, artifact, &Supposition::nothing());
        let other = decider.stands(&provenance, artifact, supposition);
        let losses = match way {
            Way::WhatIf => losses(&as_it_is, &other),
            Way::AsItIs => losses(&other, &as_it_is),
        };
        (artifact, name, losses)
    };
    artifacts(read, provenance.get()).into_iter().map(of).collect()
}

/// What the lists name.
fn listed(provenance: &Provenance) -> BTreeSet<Thing> {
    let entries = provenance.revocations().iter().flat_map(|list| &list.predicate().revoked);
    entries.map(|entry| Thing::Listed(entry.id)).collect()
}

/// The artifact beside the bundle; where there is none, those that the bundle's runs end in, with their recorded names.
fn artifacts(read: &Read, provenance: &Provenance) -> BTreeMap<ArtifactDigest, Option<String>> {
    if let Some((_, digest)) = &read.artifact {
        return BTreeMap::from([(*digest, None)]);
    }
    let runs = || provenance.reports().iter().filter(|run| run.predicate().kind == ReportKind::Transform);
    let used: BTreeSet<ArtifactDigest> =
        runs().flat_map(|run| run.predicate().inputs.iter().map(|input| input.digest)).collect();
    let made = runs().flat_map(|run| run.statement().subject());
    made.filter(|subject| !used.contains(&subject.digest))
        .map(|subject| (subject.digest, subject.path.as_ref().map(ToString::to_string)))
        .collect()
}

/// The names under which things of the bundle are known, as authorities whom a policy knows say them.
pub(super) fn called(tables: &mut Tables, decider: &Decider, provenance: &Provenance) -> Vec<usize> {
    let known = decider.known_authorities(provenance);
    let mut called = BTreeSet::new();
    let mut call = |as_: Calling, name: String, thing: &Thing| {
        let thing = tables.thing(thing);
        called.insert(tables.call(Called { as_, name, thing }));
    };
    for one in provenance.endorsements().iter().filter(|one| known.contains(&one.issuer())) {
        let child = one.predicate();
        let key = Thing::Listed(RevokedId::Key(child.public_key.key_id()));
        call(Calling::Authority, child.name.to_string(), &key);
    }
    for one in provenance.certifications().iter().filter(|one| known.contains(&one.issuer())) {
        let tool = &one.predicate().tool;
        let Some(entry) = one.statement().subject().first() else { continue };
        let Some(executable) = entry.digest.file() else { continue };
        let file = Thing::Tool(cdi_types::FileDigest::new(executable));
        call(Calling::Tool, tool.name.to_string(), &file);
        call(Calling::Tool, format!("{} {}", tool.name, tool.version), &file);
        let certification = Thing::Listed(RevokedId::Certification(one.id()));
        call(Calling::Certified, entry.digest.to_string(), &certification);
    }
    called.into_iter().collect()
}
