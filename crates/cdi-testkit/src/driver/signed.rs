//! Signed policies of a world, as real editions and waivers, and what production decides by them.

use super::core::runtime;
use super::policy::document;
use super::{Core, Fault, Names, Sealed, Words};
use crate::model::decide::{Outcome, Part};
use crate::model::signed::{Edition, Entry, SignedWorld, Waiver};
use crate::model::world::World;
use crate::scenario::{Party, Place, PlaceNode, SeenBefore, Verdict, decide_under};
use cdi_keys::{Signer as _, seal};
use cdi_policy::{Catalogues, Policy};
use cdi_types::{
    Annotations, ArtifactDigest, DocumentBytes, Mode, Name, PolicyDigest, PolicyEdition, Statement, Subject,
    Timestamp,
};

/// What production decides about a world that is asked by signed policies.
///
/// # Errors
/// [`Fault`] for what nobody can sign.
pub fn decide_signed(signed: &SignedWorld, names: Names) -> Result<Outcome, Fault> {
    let (world, catalogues) = (&signed.world, Core::catalogues()?);
    let catalogue = Core::policies_catalogue(world)?;
    let words = Words::of(&world.catalogue);
    let evidence = &world.evidence;
    let texts =
        world.principals.iter().map(|principal| document(principal, names, &words, catalogue, evidence));
    let writer = Writer { names, catalogues, texts: texts.collect::<Result<_, _>>()? };
    let mut bundle = Sealed::world(world, names)?.bundle()?.into_untrusted().into_bytes();
    for edition in &signed.editions {
        bundle.extend(writer.edition(edition)?);
    }
    for waiver in &signed.waivers {
        bundle.extend(writer.waiver(waiver)?);
    }
    let parties = signed.entries.iter().map(|entry| writer.party(entry));
    let parties = parties.collect::<Result<Vec<Party>, Fault>>()?;
    decided(world, names, bundle, &parties, None)
}

/// What production decides by these parties, on the world's host or at a node.
pub(super) fn decided(
    world: &World,
    names: Names,
    bundle: Vec<u8>,
    parties: &[Party],
    node: Option<PlaceNode>,
) -> Result<Outcome, Fault> {
    let words = Words::of(&world.catalogue);
    let place = Place {
        name: "host".to_owned(),
        provides: world.asserted.iter().map(|(_, word)| words.platform(word).to_owned()).collect(),
        asserted_by: world.asserted.first().map_or("host", |(host, _)| host.as_str()).to_owned(),
        runtime: world.runtime.as_ref().map(|found| runtime(found, names)).transpose()?,
        node,
    };
    let (artifact, now) = (names.artifact(&world.artifact).to_string(), Timestamp::from_unix(world.time));
    let seen = Sealed::seen(world, names)?;
    let seen = seen.iter().map(|(report, at)| (report.to_string(), at.to_string())).collect();
    let (catalogues, now) = (Core::catalogues()?, now.to_string());
    let outcome = decide_under(catalogues, &seen, bundle, parties, &artifact, &now, Some(&place));
    Ok(match outcome.verdict {
        Verdict::Allow => Outcome::Allow,
        Verdict::Unknown => Outcome::Unknown,
        Verdict::Deny | Verdict::LoadError | Verdict::ParseError => Outcome::Deny,
    })
}

struct Writer<'a> {
    names: Names,
    catalogues: &'a Catalogues,
    /// The documents, in the order of the world's principals.
    texts: Vec<String>,
}

impl Writer<'_> {
    fn text(&self, document: usize) -> &str {
        self.texts.get(document).map_or("", String::as_str)
    }

    fn subject(&self, document: usize) -> Vec<Subject> {
        let digest = ArtifactDigest::of(self.text(document).as_bytes());
        vec![Subject { path: None, digest }]
    }

    fn party(&self, entry: &Entry) -> Result<Party, Fault> {
        let key = self.names.public_key(&entry.key)?;
        let filed = entry.filed.as_ref().map(|editions| {
            let lines = editions.iter().map(|edition| self.edition(edition));
            Ok::<_, Fault>(
                String::from_utf8_lossy(&lines.collect::<Result<Vec<_>, Fault>>()?.concat()).into_owned(),
            )
        });
        let seen = entry.seen.map(|(version, document)| SeenBefore {
            version,
            document: PolicyDigest::of(self.text(document).as_bytes()).to_string(),
        });
        Ok(Party {
            principal: entry.principal.clone(),
            document: filed.transpose()?,
            key: Some(base64_simd::STANDARD.encode_to_string(key.info().der())),
            at_least: Some(entry.at_least),
            seen,
            required: (!entry.always).then(|| "when-carried".to_owned()),
        })
    }

    fn edition(&self, edition: &Edition) -> Result<Vec<u8>, Fault> {
        let key = self.names.key(&edition.signer)?;
        let predicate = PolicyEdition {
            issuer: key.as_ref().public_key().key_id(),
            principal: Name::parse(&edition.principal)?,
            audience: edition.audience.iter().map(|name| Name::parse(name)).collect::<Result<_, _>>()?,
            version: edition.version,
            not_before: Timestamp::from_unix(edition.not_before),
            not_after: Timestamp::from_unix(edition.not_after),
            mode: if edition.enforced { Mode::Enforce } else { Mode::Warn },
            document: DocumentBytes::new(self.text(edition.document).as_bytes().to_vec()),
            annotations: Annotations::default(),
        };
        self.line(&Statement::new(self.subject(edition.document), predicate)?, &edition.signer)
    }

    fn waiver(&self, waiver: &Waiver) -> Result<Vec<u8>, Fault> {
        let key = self.names.key(&waiver.signer)?;
        // The words of a requirement are those in which the policy itself has it.
        let policy = Policy::load(self.text(waiver.document).as_bytes(), self.catalogues).ok();
        let mut words = policy.map(|policy| policy.waivable()).unwrap_or_default();
        words.retain(|word| word != "complete history" && word != "independent reproduction");
        let word = |part: &Part| match part {
            Part::History => "complete history".to_owned(),
            Part::Reproduced => "independent reproduction".to_owned(),
            Part::Required(place) => words.get(*place).cloned().unwrap_or_else(|| format!("no part {place}")),
        };
        let mut requirements: Vec<String> = waiver.requirements.iter().map(word).collect();
        requirements.sort();
        requirements.dedup();
        let predicate = cdi_types::Waiver {
            issuer: key.as_ref().public_key().key_id(),
            principal: Name::parse(&waiver.principal)?,
            audience: waiver.audience.iter().map(|name| Name::parse(name)).collect::<Result<_, _>>()?,
            not_before: Timestamp::from_unix(waiver.not_before),
            not_after: Timestamp::from_unix(waiver.not_after),
            artifacts: waiver.artifacts.iter().map(|artifact| self.names.artifact(artifact)).collect(),
            requirements,
            reason: Name::parse("a reason")?,
            annotations: Annotations::default(),
        };
        self.line(&Statement::new(self.subject(waiver.document), predicate)?, &waiver.signer)
    }

    fn line<P: cdi_types::Predicate>(
        &self,
        statement: &Statement<P>,
        signer: &str,
    ) -> Result<Vec<u8>, Fault> {
        let key = self.names.key(signer)?;
        let sealed = seal(statement, key.as_ref());
        let sealed = sealed.map_err(|error| Fault::Seal { statement: signer.to_owned(), error })?;
        Ok([sealed.line.as_slice(), b"\n"].concat())
    }
}
