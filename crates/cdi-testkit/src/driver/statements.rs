//! Endorsements, origins and revocation lists of a world as statements.

use super::{Fault, Names, Words};
use crate::model::world::{self, Says};
use cdi_types::{
    Annotations, ArtifactDigest, DigestSet, Endorsement, KeyId, Name, Origin, OriginKind, PropertyPattern,
    Revocation, RevocationList, RevocationReason, RevokedId, RunWindow, SUMMARY_TYPE, Scope, Statement,
    StatementId, Subject, Timestamp,
};
use serde_json::json;
use std::collections::BTreeMap;

/// The real ids of the statements that are already sealed, by their kind and their id in the world.
#[derive(Debug, Default)]
pub(super) struct Ids(BTreeMap<(&'static str, world::Id), StatementId>);

impl Ids {
    pub(super) fn learn(&mut self, kind: &'static str, id: &world::Id, real: StatementId) {
        self.0.insert((kind, id.clone()), real);
    }

    /// The real id; for one that names nothing, one that names nothing.
    pub(super) fn of(&self, kind: &'static str, id: &world::Id, names: Names) -> StatementId {
        let known = self.0.get(&(kind, id.clone())).copied();
        known.unwrap_or_else(|| StatementId::new(names.hash(kind, id)))
    }
}

/// The id in the world, where no decision reads it: two statements that differ only in their ids stay two.
pub(super) fn annotated(id: &world::Id) -> Annotations {
    Annotations::new(BTreeMap::from([("id".to_owned(), id.clone())]))
}

pub(super) fn subject_key(key: KeyId) -> Vec<Subject> {
    vec![Subject { path: None, digest: ArtifactDigest::File(key.sha256()) }]
}

pub(super) fn endorsement(
    endorsement: &world::Endorsement,
    names: Names,
    words: &Words,
) -> Result<Statement<Endorsement>, Fault> {
    let child = names.public_key(&endorsement.child)?;
    let predicate = Endorsement {
        issuer: names.key_id(&endorsement.issuer)?,
        serial: 1,
        not_before: Timestamp::from_unix(endorsement.not_before),
        not_after: Timestamp::from_unix(endorsement.not_after),
        name: Name::parse(&endorsement.child)?,
        public_key: child.info().clone(),
        scope: Scope { properties: patterns(&endorsement.scope, words)?, depth: depth(endorsement.depth) },
        parent: None,
        annotations: annotated(&endorsement.id),
    };
    Ok(Statement::new(subject_key(child.key_id()), predicate)?)
}

fn patterns(scope: &[world::Pattern], words: &Words) -> Result<Vec<PropertyPattern>, Fault> {
    let patterns = scope.iter().flat_map(|pattern| words.patterns(pattern));
    patterns.map(|text| PropertyPattern::parse(&text).map_err(Fault::from)).collect()
}

/// Depths of a world are 0 to 5; one that is out of range is left for production to refuse.
fn depth(depth: u32) -> u8 {
    u8::try_from(depth).unwrap_or(u8::MAX)
}

pub(super) const fn origin_kind(kind: world::OriginKind) -> OriginKind {
    match kind {
        world::OriginKind::Source => OriginKind::Source,
        world::OriginKind::Library => OriginKind::Library,
        world::OriginKind::Toolchain => OriginKind::Toolchain,
        world::OriginKind::Binary => OriginKind::Binary,
    }
}

pub(super) fn origin(origin: &world::Origin, names: Names) -> Result<Statement<Origin>, Fault> {
    let subject = |digest: &world::Digest| Subject { path: None, digest: names.artifact(digest) };
    let predicate = Origin {
        issuer: names.key_id(&origin.key)?,
        kind: origin_kind(origin.kind),
        commit: None,
        annotations: annotated(&origin.id),
    };
    Ok(Statement::new(origin.digests.iter().map(subject).collect(), predicate)?)
}

/// What a verifier of this name calls itself.
pub(super) fn verifier_id(name: &str) -> String {
    format!("https://{name}.example/verifier")
}

/// Where a verifier's policy of this name is.
pub(super) fn policy_uri(name: &str) -> String {
    format!("https://policies.example/{name}")
}

/// A summary's payload. Nothing of ours writes one, so it is written here as others write it.
pub(super) fn summary(summary: &world::Summary, names: Names) -> Vec<u8> {
    let subject = |digest: &world::Digest| json!({ "digest": DigestSet::from(names.artifact(digest)) });
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": summary.subjects.iter().map(subject).collect::<Vec<_>>(),
        "predicateType": SUMMARY_TYPE,
        "predicate": {
            "verifier": { "id": verifier_id(&summary.verifier), "version": { summary.id.clone(): "1" } },
            "timeVerified": Timestamp::from_unix(summary.time),
            "resourceUri": "https://example.com/of-the-world",
            "policy": { "uri": policy_uri(&summary.policy) },
            "verificationResult": if summary.passed { "PASSED" } else { "FAILED" },
            "verifiedLevels": [format!("SLSA_BUILD_LEVEL_{}", summary.level)],
            "dependencyLevels": { "SLSA_BUILD_LEVEL_0": 1.5 },
        },
    });
    statement.to_string().into_bytes()
}

/// The type of others' predicates of this name.
pub(super) fn foreign_type(kind: &str) -> String {
    format!("https://example.com/{kind}/v1")
}

/// The payload of somebody else's statement, as others write it: of either version, with more than anybody asks for.
pub(super) fn foreign(foreign: &world::Foreign, names: Names) -> Vec<u8> {
    let subject = |digest: &world::Digest| {
        let digest = names.artifact(digest);
        json!({ "digest": { digest.algorithm(): digest.digits(), "md5": "0" } })
    };
    let version = if foreign.id.len().is_multiple_of(2) { "v1" } else { "v0.1" };
    let predicate = match foreign.says {
        Says::Score(score) => {
            json!({ "score": f64::from(score), "note": null, "of": foreign.id, "big": u64::MAX })
        }
        Says::ScoreInText(score) => {
            json!({ "$serde_json::private::RawValue": format!("{{\"score\":{score}}}") })
        }
        Says::NoObject => json!([foreign.id]),
    };
    let statement = json!({
        "_type": format!("https://in-toto.io/Statement/{version}"),
        "subject": foreign.subjects.iter().map(subject).collect::<Vec<_>>(),
        "predicateType": foreign_type(&foreign.kind),
        "predicate": predicate,
    });
    statement.to_string().into_bytes()
}

pub(super) fn list(
    list: &world::RevocationList,
    names: Names,
    ids: &Ids,
) -> Result<Statement<RevocationList>, Fault> {
    let issuer = names.key_id(&list.issuer)?;
    let entries = list.entries.iter().map(|entry| revocation(entry, list, names, ids));
    let predicate = RevocationList {
        issuer,
        serial: list.serial,
        not_before: Timestamp::from_unix(list.not_before),
        not_after: Timestamp::from_unix(list.not_after),
        revoked: entries.collect::<Result<_, _>>()?,
        annotations: annotated(&list.id),
    };
    Ok(Statement::new(subject_key(issuer), predicate)?)
}

fn revocation(
    entry: &world::Entry,
    list: &world::RevocationList,
    names: Names,
    ids: &Ids,
) -> Result<Revocation, Fault> {
    let id = match &entry.target {
        world::Target::Certification(id) => RevokedId::Certification(ids.of("certification", id, names)),
        world::Target::Endorsement(id) => RevokedId::Endorsement(ids.of("endorsement", id, names)),
        world::Target::Report(id) => RevokedId::Report(ids.of("report", id, names)),
        world::Target::Key(key) => RevokedId::Key(names.key_id(key)?),
    };
    let reason = match entry.reason {
        world::Reason::KeyCompromise => RevocationReason::KeyCompromise,
        world::Reason::Other => RevocationReason::Superseded,
    };
    let survivors = entry.survivors.iter().map(|id| ids.of("report", id, names)).collect();
    let date = Timestamp::from_unix(list.not_before);
    let time = |(from, until)| (Timestamp::from_unix(from), Timestamp::from_unix(until));
    let since = entry.since.map(Timestamp::from_unix);
    let runs = entry.runs.map(time).map(|(from, until)| RunWindow { from, until });
    Ok(Revocation { id, reason, runs, since, date, survivors, successor: None })
}
