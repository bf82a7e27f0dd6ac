//! The quorum of authorities (rule M-QUORUM): no k-1 controllers stand on every chain of the votes.
//!
//! The law: while fewer than k keys are stolen, every quorum of k that is met has a vote whose whole chain is honest.
//! Counting anchors, signers or signatures does not give it. Found by search: take one chain; whoever could break the
//! quorum must stand on it; so try to do without each of them, k-1 deep.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cdi_types::{KeyId, PropertyName};

use crate::authority::Authorities;
use crate::search::{Chain, End, Ends, Heed, Search, Steps, StepsExhausted};
use crate::trust::Controller;

/// Answers by property, quorum and ends.
type Known<A> = BTreeMap<PropertyName, BTreeMap<u8, BTreeMap<Ends, A>>>;

/// Remembers the answers of one appraisal.
pub(crate) struct Quorums<'s, 'a> {
    pub(crate) authorities: &'s Authorities<'a>,
    met: Known<bool>,
    witnesses: Known<Rc<[Rc<Chain>]>>,
    chains: BTreeMap<PropertyName, BTreeMap<End, Option<Rc<Chain>>>>,
}

impl<'s, 'a> Quorums<'s, 'a> {
    pub(crate) const fn new(authorities: &'s Authorities<'a>) -> Self {
        Self { authorities, met: BTreeMap::new(), witnesses: BTreeMap::new(), chains: BTreeMap::new() }
    }

    /// Whether the ends meet a quorum of `k` for `property`.
    pub(crate) fn met(
        &mut self,
        property: &PropertyName,
        ends: &Ends,
        k: u8,
        steps: &mut Steps,
    ) -> Result<bool, StepsExhausted> {
        if ends.is_empty() {
            return Ok(false);
        }
        let known = self.met.get(property).and_then(|of_k| of_k.get(&k)?.get(ends));
        if let Some(answer) = known {
            return Ok(*answer);
        }
        steps.take(ends.len())?;
        let search = Search { authorities: self.authorities, property, ends, heed: Heed::Revocations };
        let answer = withstands(&search, k.saturating_sub(1), &mut Vec::new(), &mut Vec::new(), steps)?;
        self.met.entry(property.clone()).or_default().entry(k).or_default().insert(ends.clone(), answer);
        Ok(answer)
    }

    /// Chains that meet a quorum of `k` by themselves, if the ends do: for explanations. One end may need several.
    pub(crate) fn witness(
        &mut self,
        property: &PropertyName,
        ends: &Ends,
        k: u8,
        steps: &mut Steps,
    ) -> Result<Rc<[Rc<Chain>]>, StepsExhausted> {
        if let Some(known) = self.witnesses.get(property).and_then(|of_k| of_k.get(&k)?.get(ends)) {
            return Ok(Rc::clone(known));
        }
        let (search, mut found) =
            (Search { authorities: self.authorities, property, ends, heed: Heed::Revocations }, Vec::new());
        withstands(&search, k.saturating_sub(1), &mut Vec::new(), &mut found, steps)?;
        let found: Rc<[Rc<Chain>]> = found.into_iter().map(Rc::new).collect();
        let of_property = self.witnesses.entry(property.clone()).or_default();
        of_property.entry(k).or_default().insert(ends.clone(), Rc::clone(&found));
        Ok(found)
    }

    /// A chain to each end by itself, where there is one: for explanations.
    pub(crate) fn chain(
        &mut self,
        property: &PropertyName,
        end: &End,
        steps: &mut Steps,
    ) -> Result<Option<Rc<Chain>>, StepsExhausted> {
        if let Some(known) = self.chains.get(property).and_then(|of_end| of_end.get(end)) {
            return Ok(known.clone());
        }
        let ends = Ends::from_iter([end.clone()]);
        let found = self.search(property, &ends, Heed::Revocations).avoiding(&[], steps)?.map(Rc::new);
        self.chains.entry(property.clone()).or_default().insert(end.clone(), found.clone());
        Ok(found)
    }

    /// A chain to this certifier that would be there if no authority further up had revoked anything: for explanations.
    pub(crate) fn chain_unheeding(
        &self,
        property: &PropertyName,
        certifier: KeyId,
        steps: &mut Steps,
    ) -> Result<Option<Chain>, StepsExhausted> {
        let ends = Ends::from_iter([End { certifier, shunned: BTreeSet::new() }]);
        self.search(property, &ends, Heed::Nothing).avoiding(&[], steps)
    }

    const fn search<'r>(&'r self, property: &'r PropertyName, ends: &'r Ends, heed: Heed) -> Search<'r, 'a> {
        Search { authorities: self.authorities, property, ends, heed }
    }
}

/// Whether a chain remains when any `spare` more controllers fall besides those in `fallen`; the chains that remained are
/// added to `found`.
fn withstands(
    search: &Search<'_, '_>,
    spare: u8,
    fallen: &mut Vec<Controller>,
    found: &mut Vec<Chain>,
    steps: &mut Steps,
) -> Result<bool, StepsExhausted> {
    let Some(chain) = search.avoiding(fallen, steps)? else { return Ok(false) };
    let trust = search.authorities.trust;
    let on_chain: BTreeSet<Controller> = chain.keys.iter().map(|key| trust.controller(*key)).collect();
    found.push(chain);
    let Some(spare) = spare.checked_sub(1) else { return Ok(true) };
    for controller in on_chain {
        fallen.push(controller);
        let remains = withstands(search, spare, fallen, found, steps)?;
        fallen.pop();
        if !remains {
            return Ok(false);
        }
    }
    Ok(true)
}
