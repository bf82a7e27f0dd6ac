//! All evidence of a world, sealed: the lines of a bundle.

use super::statements::{Ids, endorsement, foreign, list, origin, summary};
use super::{Core, Fault, Names, Words, certification, report};
use crate::model::world::{Id, World};
use cdi_envelope::{PAYLOAD_TYPE, Pae, write_line};
use cdi_keys::{Signer as _, countersign, seal};
use cdi_policy::Catalogue;
use cdi_types::{Bundle, KeyId, Predicate, Statement, StatementId, Timestamp, Unverified};
use std::collections::BTreeMap;

/// One sealed statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The statement's id.
    pub id: StatementId,
    /// Who signed it.
    pub issuer: KeyId,
    /// Whether it is a revocation list.
    pub is_list: bool,
    /// The envelope.
    pub bytes: Vec<u8>,
}

/// The lines of a world's bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed(pub Vec<Line>);

impl Sealed {
    /// Seals every statement of the world, the lists last: they speak about the ids of the others.
    ///
    /// # Errors
    /// [`Fault`] for the first statement that production does not let anybody make.
    pub fn world(world: &World, names: Names) -> Result<Self, Fault> {
        Self::with_ids(world, names).map(|(all, _)| all)
    }

    /// When the decider of the world first relied on reports, by their real ids.
    ///
    /// # Errors
    /// As [`Self::world`].
    pub fn seen(world: &World, names: Names) -> Result<BTreeMap<StatementId, Timestamp>, Fault> {
        if world.seen.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (_, ids) = Self::with_ids(world, names)?;
        let real = |(id, at): (&Id, &u64)| (ids.of("report", id, names), Timestamp::from_unix(*at));
        Ok(world.seen.iter().map(real).collect())
    }

    fn with_ids(world: &World, names: Names) -> Result<(Self, Ids), Fault> {
        let (words, evidence) = (Words::of(&world.catalogue), &world.evidence);
        let mut all = Self(Vec::new());
        let mut ids = Ids::default();
        for one in &evidence.endorsements {
            let statement = endorsement(one, names, &words)?;
            ids.learn("endorsement", &one.id, all.seal(&statement, &one.issuer, &one.id, names)?);
        }
        for one in &evidence.certifications {
            let catalogue = Core::catalogue(world, one.catalogue)?.map(Catalogue::digest);
            let statement = certification::certification(one, names, &ids, &words, catalogue)?;
            ids.learn("certification", &one.id, all.seal(&statement, &one.issuer, &one.id, names)?);
        }
        for one in &evidence.reports {
            let statement = report::report(one, names, &ids, &words)?;
            ids.learn("report", &one.id, all.seal(&statement, &one.key, &one.id, names)?);
            one.countersigners.iter().try_for_each(|key| all.countersign(key, &one.id, names))?;
        }
        for one in &evidence.origins {
            all.seal(&origin(one, names)?, &one.key, &one.id, names)?;
        }
        for one in &evidence.summaries {
            all.sign(&summary(one, names), &one.key, &one.id, names)?;
        }
        for one in &evidence.foreign {
            all.sign(&foreign(one, names), &one.key, &one.id, names)?;
        }
        let lists = all.0.len();
        for one in &evidence.revocation_lists {
            all.seal(&list(one, names, &ids)?, &one.issuer, &one.id, names)?;
        }
        all.0.iter_mut().skip(lists).for_each(|line| line.is_list = true);
        Ok((all, ids))
    }

    fn seal<P: Predicate>(
        &mut self,
        statement: &Statement<P>,
        issuer: &str,
        id: &str,
        names: Names,
    ) -> Result<StatementId, Fault> {
        let key = names.key(issuer)?;
        let sealed =
            seal(statement, key.as_ref()).map_err(|error| Fault::Seal { statement: id.to_owned(), error })?;
        let (id, issuer) = (sealed.id, statement.predicate().issuer());
        self.0.push(Line { id, issuer, is_list: false, bytes: sealed.line });
        Ok(id)
    }

    /// Signs what nothing of ours seals.
    fn sign(&mut self, payload: &[u8], key: &str, id: &str, names: Names) -> Result<(), Fault> {
        let key = names.key(key)?;
        let issuer = key.public_key().key_id();
        let signature = key
            .sign(&Pae::new(PAYLOAD_TYPE, payload))
            .map_err(|error| Fault::Seal { statement: id.to_owned(), error: error.into() })?;
        let bytes = write_line(payload, &[(issuer, signature)]);
        self.0.push(Line { id: StatementId::of(payload), issuer, is_list: false, bytes });
        Ok(())
    }

    /// Lets somebody else sign the last line too.
    fn countersign(&mut self, key: &str, id: &str, names: Names) -> Result<(), Fault> {
        let Some(line) = self.0.last_mut() else { return Ok(()) };
        let key = names.key(key)?;
        if key.public_key().key_id() != line.issuer {
            line.bytes = countersign(&line.bytes, key.as_ref())
                .map_err(|error| Fault::Seal { statement: id.to_owned(), error })?;
        }
        Ok(())
    }

    /// The bundle with these lines in this order.
    ///
    /// # Errors
    /// [`Fault::Bundle`] if there are too many.
    pub fn bundle(&self) -> Result<Unverified<Bundle>, Fault> {
        let mut bytes = Vec::new();
        for line in &self.0 {
            bytes.extend_from_slice(&line.bytes);
            bytes.push(b'\n');
        }
        Ok(Bundle::parse(bytes)?)
    }
}
