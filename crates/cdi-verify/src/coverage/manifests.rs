//! What origin statements list, as certified invocations take inputs for what they are by it (rule M-MANIFEST).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cdi_types::{ArtifactDigest, Invocation, KeyId, Manifest, Origin, OriginKind, Report, Role, StatementId};

use super::{Files, Roles};
use crate::provenance::Signed;

/// That an origin statement lists an input, and what an invocation takes it for by that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) statement: StatementId,
    pub(crate) key: KeyId,
    pub(crate) kind: OriginKind,
    pub(crate) role: Role,
}

/// By which manifests an input that no argument names can be taken for something else than code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excuse {
    /// For whatever role: the first of the invocation's manifests that lists it.
    pub(crate) any: Rc<Listed>,
    /// For a role that the policy exempts from a complete history: the first of those.
    pub(crate) exempt: Option<Rc<Listed>>,
}

/// Of the inputs of runs, which are listed by statements of the signers and kinds that certifications name. Of several
/// statements of one signer and kind the first by its id.
#[derive(Debug, Default)]
pub(crate) struct Listings(BTreeMap<ArtifactDigest, BTreeMap<(KeyId, OriginKind), StatementId>>);

/// The signers and kinds that certifications name.
pub(crate) type Wanted = BTreeSet<(KeyId, OriginKind)>;

impl Listings {
    /// How many subjects of these statements have to be looked at.
    pub(crate) fn size<'o>(origins: impl Iterator<Item = &'o Signed<Origin>>, wanted: &Wanted) -> usize {
        named(origins, wanted).map(|origin| 1 + origin.statement().subject().len()).sum()
    }

    /// `origins` are those that the policy does not forbid, in the order of their ids.
    pub(crate) fn of<'o>(
        origins: impl Iterator<Item = &'o Signed<Origin>>,
        wanted: &Wanted,
        read: &BTreeSet<ArtifactDigest>,
    ) -> Self {
        let mut listings = Self::default();
        for origin in named(origins, wanted) {
            let by = (origin.issuer(), origin.predicate().kind);
            let subjects = origin.statement().subject().iter().map(|subject| subject.digest);
            for digest in subjects.filter(|digest| read.contains(digest)) {
                let of_file = listings.0.entry(digest).or_default();
                of_file.entry(by).or_insert(origin.id());
            }
        }
        listings
    }

    /// How an input is listed as the manifest wants it, if it is.
    pub(crate) fn listed(&self, file: ArtifactDigest, manifest: &Manifest) -> Option<Listed> {
        let (key, kind) = (manifest.key.key_id(), manifest.kind);
        let statement = *self.0.get(&file)?.get(&(key, kind))?;
        Some(Listed { statement, key, kind, role: manifest.role.clone() })
    }
}

fn named<'o>(
    origins: impl Iterator<Item = &'o Signed<Origin>>,
    wanted: &Wanted,
) -> impl Iterator<Item = &'o Signed<Origin>> {
    origins.filter(move |origin| wanted.contains(&(origin.issuer(), origin.predicate().kind)))
}

/// By which of its manifests the invocation can take inputs for something else than code: those whose path no argument
/// names, as an input or as an output.
pub(super) fn excuses(
    invocation: &Invocation,
    report: &Report,
    roles: &Roles<'_>,
    files: &Files<'_, '_>,
) -> BTreeMap<usize, Excuse> {
    let mut excuses = BTreeMap::new();
    let listings = files.listings().filter(|listings| !listings.0.is_empty());
    let Some(listings) = listings.filter(|_| !invocation.manifests.is_empty()) else { return excuses };
    let mut known: BTreeMap<(usize, StatementId), Rc<Listed>> = BTreeMap::new();
    for (place, input) in report.inputs.iter().enumerate() {
        let file = input.digest;
        if roles.names(&input.path) || !listings.0.contains_key(&file) {
            continue;
        }
        let mut of_input = invocation.manifests.iter().enumerate().filter_map(|(nth, manifest)| {
            let listed = listings.listed(file, manifest)?;
            Some(Rc::clone(known.entry((nth, listed.statement)).or_insert_with(|| Rc::new(listed))))
        });
        let Some(any) = of_input.next() else { continue };
        let is_exempt = |listed: &Rc<Listed>| files.is_exempt(&listed.role);
        let found = Some(Rc::clone(&any)).filter(is_exempt).or_else(|| of_input.find(is_exempt));
        excuses.insert(place, Excuse { any, exempt: found });
    }
    excuses
}
