//! Names for the keys and statements that a refusal speaks of. A principal's policy names its anchors, and whom they
//! endorse the endorsements name. Names explain; nothing is decided by them.

use std::collections::BTreeMap;

use cdi_policy::Policy;
use cdi_types::{KeyId, RevokedId, limits};
use cdi_verify::{Anchor, Obstacle, Provenance};

/// What one principal calls the authorities that the evidence is signed by.
pub(crate) struct Names<'a> {
    anchors: &'a [Anchor],
    provenance: &'a Provenance,
    authorities: BTreeMap<KeyId, String>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(policy: &'a Policy, provenance: &'a Provenance) -> Self {
        let anchors = policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default();
        let own = anchors.iter().flat_map(|anchor| anchor.keys.iter().map(move |key| (key.key_id(), anchor)));
        let mut authorities: BTreeMap<_, _> =
            own.map(|(key, anchor)| (key, anchor.name.to_string())).collect();
        for _ in 1..limits::AUTHORITY_CHAIN {
            let mut next = authorities.clone();
            for endorsement in provenance.endorsements() {
                if let Some(issuer) = authorities.get(&endorsement.issuer()) {
                    let child = endorsement.predicate();
                    let name = || format!("{issuer} > {}", child.name);
                    next.entry(child.public_key.key_id()).or_insert_with(name);
                }
            }
            authorities = next;
        }
        Self { anchors, provenance, authorities }
    }

    /// Every authority to which a chain of keys leads from an anchor, whatever its scope, by the principal's name for it.
    pub(crate) const fn authorities(&self) -> &BTreeMap<KeyId, String> {
        &self.authorities
    }

    /// The obstacle in words, with names where they are known.
    pub(crate) fn message(&self, obstacle: &Obstacle) -> String {
        let mut text = obstacle.to_string();
        if let Obstacle::Revoked { id, .. } = obstacle
            && let Some((id, name)) = self.revoked(*id)
        {
            text = text.replacen(&id, &name, 1);
        }
        let known = obstacle.authority().and_then(|key| Some((key, self.authorities.get(&key)?)));
        known.map_or(text.clone(), |(key, name)| {
            text.replace(&key.to_string(), &format!("`{name}` ({})", key.short()))
        })
    }

    /// What would mend the policy, if it is the policy that keeps a chain from an anchor to this authority from holding.
    pub(crate) fn hint(&self, obstacle: &Obstacle) -> Option<String> {
        let anchor = &self.without_depth(obstacle)?.name;
        Some(format!(
            "`{anchor}` endorses an authority, and may not: give the anchor `{anchor}` a `depth` in the policy"
        ))
    }

    /// The anchor that endorses the authority of the obstacle, if the policy lets it endorse nobody.
    fn without_depth(&self, obstacle: &Obstacle) -> Option<&Anchor> {
        let (Obstacle::UntrustedAuthority { authority } | Obstacle::OutOfScope { authority, .. }) = obstacle
        else {
            return None;
        };
        let endorsements = self.provenance.endorsements().iter();
        let issuers = endorsements.filter(|e| e.predicate().public_key.key_id() == *authority);
        let mut issuers = issuers.map(cdi_verify::Signed::issuer);
        issuers.find_map(|issuer| {
            let of = |anchor: &&Anchor| anchor.keys.iter().any(|key| key.key_id() == issuer);
            self.anchors.iter().find(|anchor| anchor.scope.depth == 0 && of(anchor))
        })
    }

    /// The id of what was revoked as an obstacle has it, and the same with the name of what it is about.
    fn revoked(&self, id: RevokedId) -> Option<(String, String)> {
        let tool = |c: &cdi_types::ToolCertification| format!("{} {}", c.tool.name, c.tool.version);
        let certifications = self.provenance.certifications();
        let (id, short, name) = match id {
            RevokedId::Certification(id) => {
                let found = certifications.iter().find(|certification| certification.id() == id)?;
                (id.to_string(), id.short(), tool(found.predicate()))
            }
            RevokedId::Endorsement(id) => {
                let found = self.provenance.endorsements().iter().find(|e| e.id() == id)?;
                (id.to_string(), id.short(), found.predicate().name.to_string())
            }
            RevokedId::Key(key) => {
                // A stranger may certify any key under any name.
                let mut known = certifications.iter().filter(|c| self.authorities.contains_key(&c.issuer()));
                let of_tool = known.find(|c| c.predicate().report_key.key_id() == key);
                let of_tool = of_tool.map(|certification| tool(certification.predicate()));
                (key.to_string(), key.short(), self.authorities.get(&key).cloned().or(of_tool)?)
            }
            RevokedId::Report(_) => return None,
        };
        Some((id, format!("of `{name}` ({short})")))
    }
}
