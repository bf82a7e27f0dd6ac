//! Authorities that one principal anchors and another will have no part in.

use cdi_envelope::PublicKey;

use super::{Conflict, Voice};
use crate::lint::Level;

pub(super) fn disputed(voices: &[Voice<'_>]) -> Vec<Conflict> {
    let pairs = voices.iter().flat_map(|one| voices.iter().map(move |other| (*one, *other)));
    pairs.flat_map(|(anchoring, forbidding)| between(anchoring, forbidding)).collect()
}

fn between(anchoring: Voice<'_>, forbidding: Voice<'_>) -> Vec<Conflict> {
    let terms = |voice: Voice<'_>| voice.written.policy.trust().map(|trust| trust.terms().clone());
    let (Some(anchored), Some(other)) = (terms(anchoring), terms(forbidding)) else { return Vec::new() };
    let anchors = anchored.anchors.iter().enumerate();
    let forbidden = anchors.filter(|(_, anchor)| {
        anchor.keys.iter().map(PublicKey::key_id).any(|key| other.forbidden.authorities.contains(&key))
    });
    let conflict = |(n, anchor): (usize, &cdi_verify::Anchor)| Conflict {
        level: Level::Note,
        code: "authority-disputed",
        message: format!(
            "`{}` trusts `{}`, and `{}` will have no part in that authority",
            anchoring.entry.name, anchor.name, forbidding.entry.name
        ),
        hint: "each principal goes by its own trust: ask why one of them forbids it",
        texts: vec![
            anchoring.quote(format!("spec.trust.anchors[{n}]")),
            forbidding.quote("spec.trust.forbid.authorities"),
        ],
    };
    forbidden.map(conflict).collect()
}
