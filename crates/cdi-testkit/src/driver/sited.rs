//! A world at a node, as production is told of it, and what it decides.

use super::policy::document;
use super::signed::decided;
use super::{Core, Fault, Names, Sealed, Words};
use crate::model::decide::Outcome;
use crate::model::sited::{Accepts, Level, SitedWorld, Stance, Whose};
use crate::model::world::{Principal, Rule};
use crate::scenario::{Party, PlaceNode};

/// What production decides about a world at a node.
///
/// # Errors
/// [`Fault`] for what nobody can sign.
pub fn decide_sited(sited: &SitedWorld, names: Names) -> Result<Outcome, Fault> {
    let world = &sited.world;
    let (catalogue, words) = (Core::policies_catalogue(world)?, Words::of(&world.catalogue));
    let party = |(principal, stance): (&Principal, &Stance)| {
        let mut text = document(principal, names, &words, catalogue, &world.evidence)?;
        if principal.rule == Rule::DefaultDeny {
            text.push_str(&places(stance, names, &words)?);
        }
        Ok(Party::unsigned(&principal.name, &text))
    };
    let parties = world.principals.iter().zip(&sited.stances).map(party);
    let parties = parties.collect::<Result<Vec<Party>, Fault>>()?;
    let key = names.key_id(&sited.key)?.to_string();
    let node = match sited.whose {
        Whose::Own => None,
        Whose::Listed => Some(PlaceNode::Fleet(key)),
        Whose::Unlisted => Some(PlaceNode::Stranger(key)),
    };
    decided(
        world,
        names,
        Sealed::world(world, names)?.bundle()?.into_untrusted().into_bytes(),
        &parties,
        node,
    )
}

/// The part of a policy that says what is asked of nodes.
fn places(stance: &Stance, names: Names, words: &Words) -> Result<String, Fault> {
    let mut members = Vec::new();
    match &stance.accepts {
        Accepts::Nobody => {}
        Accepts::Configured => members.push("nodes: configured".to_owned()),
        Accepts::Keys(keys) => {
            let node = |key: &String| {
                let pem = names.public_key(key)?.to_pem();
                let info: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
                Ok(format!("{{name: {key}, key: \"{info}\"}}"))
            };
            let nodes = keys.iter().map(node).collect::<Result<Vec<_>, Fault>>()?;
            members.push(format!("nodes: {{keys: [{}]}}", nodes.join(", ")));
        }
    }
    members.extend(stance.level.map(|level| format!("level: {}", word(level))));
    let name = |word: &str| words.platform(word).split('=').next().unwrap_or_default().to_owned();
    let levels = stance.levels.iter();
    let levels: Vec<String> =
        levels.map(|(property, level)| format!("{}: {}", name(property), word(*level))).collect();
    if !levels.is_empty() {
        members.push(format!("levels: {{{}}}", levels.join(", ")));
    }
    Ok(format!("  places: {{{}}}\n", members.join(", ")))
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Asserted => "asserted",
        Level::Certified => "certified",
        Level::Attested => "attested",
    }
}
