//! Who vouches for the tools of a chain: their certifications, who signed these, and who endorsed whom.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Endorsement, KeyId, Statement, StatementId, ToolCertification};

use crate::evidence::Evidence;

/// How many certifications of one tool, or endorsements of one authority, by people whom nobody trusts are drawn: anybody
/// can write as many as they like.
const STRANGERS: usize = 3;

/// Who vouches for some report keys.
#[derive(Default)]
pub(crate) struct Vouching<'a> {
    /// The certifications, each with the report key.
    pub(crate) certifications: BTreeMap<StatementId, &'a Statement<ToolCertification>>,
    /// The authorities behind them.
    pub(crate) authorities: BTreeSet<KeyId>,
    /// Their endorsements, by issuer and child.
    pub(crate) endorsements: BTreeMap<(KeyId, KeyId), &'a Statement<Endorsement>>,
    /// What authorities are called by those who endorsed them and are trusted: strangers can endorse anybody under any name.
    pub(crate) names: BTreeMap<KeyId, &'a str>,
}

impl<'a> Vouching<'a> {
    /// For these report keys. `knows` says of a certification, and `trusts` of an endorser, whether they are no strangers.
    pub(crate) fn of(
        evidence: &Evidence<'a>,
        tools: &BTreeSet<KeyId>,
        knows: impl Fn(StatementId) -> bool,
        trusts: impl Fn(KeyId) -> bool,
    ) -> Self {
        let mut vouching = Self::default();
        let mut strangers: BTreeMap<KeyId, usize> = BTreeMap::new();
        for (id, certification) in &evidence.certifications {
            let key = certification.predicate().report_key.key_id();
            if tools.contains(&key) && (knows(*id) || is_one_of_few(&mut strangers, key)) {
                vouching.certifications.insert(*id, certification);
                vouching.authorities.insert(certification.predicate().issuer);
            }
        }
        let mut of_child: BTreeMap<KeyId, Vec<&'a Statement<Endorsement>>> = BTreeMap::new();
        for endorsement in evidence.endorsements.values() {
            let child = endorsement.predicate().public_key.key_id();
            if trusts(endorsement.predicate().issuer) || is_one_of_few(&mut strangers, child) {
                of_child.entry(child).or_default().push(endorsement);
            }
        }
        let mut due: Vec<KeyId> = vouching.authorities.iter().copied().collect();
        while let Some(child) = due.pop() {
            for endorsement in of_child.get(&child).into_iter().flatten() {
                let issuer = endorsement.predicate().issuer;
                vouching.endorsements.entry((issuer, child)).or_insert(endorsement);
                let is_new = vouching.authorities.insert(issuer);
                // Who stands behind a stranger makes no difference, and could be anybody.
                if trusts(issuer) {
                    vouching.names.entry(child).or_insert(endorsement.predicate().name.as_str());
                    due.extend(is_new.then_some(issuer));
                }
            }
        }
        vouching
    }

    /// The signers of these certifications, and all from whom a chain of endorsements leads to one of them.
    pub(crate) fn behind(&self, certifications: &BTreeSet<StatementId>) -> BTreeSet<KeyId> {
        let signed = certifications.iter().filter_map(|id| self.certifications.get(id));
        let mut behind: BTreeSet<KeyId> = signed.map(|one| one.predicate().issuer).collect();
        let mut due: Vec<KeyId> = behind.iter().copied().collect();
        let mut above: BTreeMap<KeyId, Vec<KeyId>> = BTreeMap::new();
        for (issuer, child) in self.endorsements.keys() {
            above.entry(*child).or_default().push(*issuer);
        }
        while let Some(child) = due.pop() {
            let issuers = above.get(&child).into_iter().flatten();
            due.extend(issuers.copied().filter(|issuer| behind.insert(*issuer)));
        }
        behind
    }
}

fn is_one_of_few(strangers: &mut BTreeMap<KeyId, usize>, key: KeyId) -> bool {
    let known = strangers.entry(key).or_default();
    *known += 1;
    *known <= STRANGERS
}
