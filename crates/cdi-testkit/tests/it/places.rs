//! Whose node and whose word a policy takes, in every case there is, against the rules said plainly (P-NODES, P-LEVEL,
//! P-PLACE, M-SUPPLY). The plain rules share no code with the core.

use cdi_testkit::scenario::{
    Part, Place, PlaceNode, Scenario, Verdict, executable, key_id, public_key, runtime,
};
use serde_json::json;

const OWNER: &str = "cloud-provider";
const NODE: &str = "edge-node";
const REQUIRE: &str = "  require: WASM_SPECTRE_MITIGATED";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Fleet,
    Stranger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepts {
    Nobody,
    Configured,
    ThisKey,
    AnotherKey,
}

#[derive(Debug, Clone, Copy)]
struct World {
    whose: Whose,
    accepts: Accepts,
    level: Option<&'static str>,
    /// Whether the principal takes the word of whoever vouches for the place.
    heard: bool,
    /// Whether the place is said to have what is asked for.
    said: bool,
    /// Whether its runtime is certified to supply it.
    certified: bool,
}

/// What the rules say.
fn allowed(world: World) -> bool {
    let named = world.whose != Whose::Own && world.accepts == Accepts::ThisKey;
    let accepted = world.whose == Whose::Own
        || named
        || (world.whose == Whose::Fleet && world.accepts == Accepts::Configured);
    // A node that the configuration does not list has nobody who vouches for it but itself.
    let heard = world.heard && world.whose != Whose::Stranger;
    let by_word = world.said
        && match world.level {
            None => heard,
            Some("asserted") => heard || named,
            Some(_) => false,
        };
    let by_runtime = world.certified && world.level != Some("attested");
    accepted && (by_word || by_runtime)
}

fn supplies() -> Part {
    let claims = json!([{ "property": "VM_ISOLATION", "effect": "supplies", "invocation": "default" }]);
    Part::certification("north", "host-runtime", &claims, &json!([]))
}

fn scenario(world: World) -> Scenario {
    let keys = |name: &str| format!("nodes: {{keys: [{{name: {NODE}, key: \"{}\"}}]}}", public_key(name));
    let nodes = match world.accepts {
        Accepts::Nobody => None,
        Accepts::Configured => Some("nodes: configured".to_owned()),
        Accepts::ThisKey => Some(keys(NODE)),
        Accepts::AnotherKey => Some(keys("another-node")),
    };
    let level = world.level.map(|level| format!("level: {level}"));
    let places: Vec<String> = nodes.into_iter().chain(level).collect();
    let places = format!("  places: {{{}}}\n  require: VM_ISOLATION", places.join(", "));
    let mut scenario = Scenario::small().with_policy(OWNER, REQUIRE, &places).and(supplies());
    scenario.place = Some(Place {
        name: "host".to_owned(),
        provides: if world.said { vec!["VM_ISOLATION".to_owned()] } else { Vec::new() },
        asserted_by: if world.heard { OWNER } else { "operator" }.to_owned(),
        runtime: world.certified.then(|| runtime("host-runtime")),
        node: match world.whose {
            Whose::Own => None,
            Whose::Fleet => Some(PlaceNode::Fleet(key_id(NODE))),
            Whose::Stranger => Some(PlaceNode::Stranger(key_id(NODE))),
        },
    });
    scenario
}

#[test]
fn every_node_level_and_word_is_taken_as_the_rules_say() {
    assert_eq!(runtime("host-runtime").executable.to_string(), executable("host-runtime"));
    let (mut seen, mut lawful) = (0, 0);
    for whose in [Whose::Own, Whose::Fleet, Whose::Stranger] {
        for accepts in [Accepts::Nobody, Accepts::Configured, Accepts::ThisKey, Accepts::AnotherKey] {
            for level in [None, Some("asserted"), Some("certified"), Some("attested")] {
                for bits in 0..8 {
                    let [heard, said, certified] = [1, 2, 4].map(|bit| bits & bit != 0);
                    let world = World { whose, accepts, level, heard, said, certified };
                    let outcome = scenario(world).decide();
                    assert_eq!(outcome.verdict == Verdict::Allow, allowed(world), "{world:?}: {outcome:?}");
                    seen += 1;
                    lawful += usize::from(allowed(world));
                }
            }
        }
    }
    assert_eq!((seen, lawful > 50), (384, true), "{lawful}");
}

#[test]
fn a_node_is_named_once_and_so_is_its_key() {
    let accepting = |nodes: [(&str, &str); 2]| {
        let nodes = nodes.map(|(name, key)| format!("{{name: {name}, key: \"{}\"}}", public_key(key)));
        let places = format!("  places: {{nodes: {{keys: [{}]}}}}\n{REQUIRE}", nodes.join(", "));
        Scenario::small().with_policy(OWNER, REQUIRE, &places).decide()
    };
    assert_eq!(accepting([("one", NODE), ("other", "another-node")]).verdict, Verdict::Allow);
    for twice in [[("one", NODE), ("other", NODE)], [("one", NODE), ("one", "another-node")]] {
        let outcome = accepting(twice);
        assert_eq!(
            (outcome.verdict, outcome.code.as_deref()),
            (Verdict::LoadError, Some("policy-malformed"))
        );
    }
}
