//! Worlds in which everything passes.

use std::collections::BTreeMap;

use serde_json::json;

use super::statements::artifact;
use super::{Demand, NOW, Part, Party, Place, PolicyText, Scenario};

/// The property that the compiler establishes and that the small worlds require.
pub const MITIGATED: &str = "WASM_SPECTRE_MITIGATED";

impl Part {
    /// The compiler's certification: from one module to one artifact.
    #[must_use]
    pub fn compiler(authority: &str) -> Self {
        let claims = json!([
            { "property": "WASM_BOUNDS_CHECKED_BY_GUARD_PAGES", "effect": "establishes", "invocation": "default" },
            { "property": MITIGATED, "effect": "establishes", "invocation": "default" },
            { "property": "*", "effect": "preserves", "invocation": "default" },
            { "property": "STEP", "effect": "establishes", "invocation": "default" },
        ]);
        let arguments = json!([{ "is": "-o" }, { "output": "code" }, { "input": "code" }]);
        let mut part = Self::certification(authority, "compiler", &claims, &arguments);
        part.change(|statement| {
            let invocation = &mut statement["predicate"]["invocations"]["default"];
            invocation["settings"] = json!({ "opt-level": ["speed", "size"] });
            invocation["environment"] = json!({ "LANG": { "oneOf": ["C"] }, "HOME": "any" });
        });
        part
    }

    /// The inspector's certification: it looks at one module.
    #[must_use]
    pub fn inspector(authority: &str) -> Self {
        let claims = json!([
            { "property": "WASM_VALIDATED", "effect": "attests", "invocation": "default" },
            { "property": "WASM_NO_NETWORK_IMPORTS", "effect": "attests", "invocation": "default" },
        ]);
        Self::certification(authority, "inspector", &claims, &json!([{ "input": "code" }]))
    }

    /// The certification of a linker, a tool of any number of inputs: it preserves everything and is a step.
    #[must_use]
    pub fn linker(authority: &str, tool: &str) -> Self {
        let claims = json!([
            { "property": "*", "effect": "preserves", "invocation": "default" },
            { "property": "STEP", "effect": "establishes", "invocation": "default" },
        ]);
        Self::certification(authority, tool, &claims, &json!([{ "output": "code" }]))
    }

    /// The compiler's run.
    #[must_use]
    pub fn compiling(from: &str, to: &str) -> Self {
        let mut part = Self::report("compiler", "transform", &["-o", to, from], &[from], &[to]);
        part.change(|statement| {
            let operation = &mut statement["predicate"]["operation"];
            operation["settings"] = json!({ "opt-level": "speed" });
            operation["environment"] = json!({ "LANG": { "value": "C" } });
        });
        part
    }

    /// The inspector's run, which found both of its properties.
    #[must_use]
    pub fn inspecting(path: &str) -> Self {
        let mut part = Self::report("inspector", "inspection", &[path], &[path], &[path]);
        part.change(|statement| {
            let finding = |property| json!({ "sha256": artifact(path), "property": property });
            statement["predicate"]["findings"] =
                json!([finding("WASM_VALIDATED"), finding("WASM_NO_NETWORK_IMPORTS")]);
        });
        part
    }

    /// A linker's run.
    #[must_use]
    pub fn linking(tool: &str, from: &[&str], to: &str) -> Self {
        Self::report(tool, "transform", &[to], from, &[to])
    }
}

impl Scenario {
    /// One principal, who trusts these anchors and asks `quorum` of them for what the compiler establishes.
    #[must_use]
    pub fn quorum(anchors: &[&str], quorum: u8) -> Self {
        let deep: Vec<(&str, u8)> = anchors.iter().map(|&name| (name, 0)).collect();
        let demand = Demand { require: MITIGATED.to_owned(), ..Demand::default() };
        let quorum = format!("{{default: {quorum}}}");
        let policy = PolicyText { principal: "cloud-provider", anchors: &deep, quorum: &quorum, demand };
        let mut parts = vec![Part::compiling("app.wasm", "app.cwasm")];
        parts.extend(anchors.iter().flat_map(|name| [Part::compiler(name), Part::empty_list(name)]));
        Self {
            now: NOW.to_owned(),
            artifact: artifact("app.cwasm"),
            parts,
            policies: vec![policy.document()],
            catalogues: Vec::new(),
            signing: Vec::new(),
            seen: BTreeMap::new(),
            place: None,
        }
    }

    /// `layers` of `width` runs, each by a tool of its own, each from everything in the layer below it; at the bottom lies the
    /// developer's module. Deployed is what the first run of the last layer made, whose path is given too. A width of one is
    /// a chain.
    #[must_use]
    pub fn woven(layers: usize, width: usize) -> (Self, String) {
        let name = |layer: usize, n: usize| format!("a{layer}-{n}");
        let mut world = Self::linked(&["app.wasm"], "app", &["app.wasm"]);
        world = world.without("linker-runs").without("north-certifies-linker");
        let mut below = vec!["app.wasm".to_owned()];
        for layer in 0..layers {
            let inputs: Vec<&str> = below.iter().map(String::as_str).collect();
            for n in 0..width {
                let tool = format!("tool-{layer}-{n}");
                world.parts.push(Part::linker("north", &tool));
                world.parts.push(Part::linking(&tool, &inputs, &name(layer, n)));
            }
            below = (0..width).map(|n| name(layer, n)).collect();
        }
        let last = name(layers.saturating_sub(1), 0);
        (world.deploying(&artifact(&last)), last)
    }

    /// The world with statements of at least so many bytes, as those of real tools are.
    #[must_use]
    pub fn padded(mut self, bytes: usize) -> Self {
        for part in &mut self.parts {
            let room = bytes.saturating_sub(part.payload.len());
            part.change(|statement| {
                statement["predicate"]["annotations"] = json!({ "padding": "x".repeat(room) });
            });
        }
        self
    }

    /// The world, with principals more who ask for what the first does.
    #[must_use]
    pub fn agreed_by(mut self, others: &[&str]) -> Self {
        if let Some((principal, text)) = self.policies.first().cloned() {
            let more = others.iter().map(|other| ((*other).to_owned(), text.replace(&principal, other)));
            self.policies.extend(more);
        }
        self
    }

    /// The smallest world: one principal, one anchor, one certification, one run.
    #[must_use]
    pub fn small() -> Self {
        Self::quorum(&["north"], 1)
    }

    /// The small world, whose principal has signed its policy, and a bundle carries it.
    #[must_use]
    pub fn signed() -> Self {
        let world = Self::small();
        let document = world.policies.first().map(|(_, text)| text.clone()).unwrap_or_default();
        world.signing_with(Part::edition("cloud-policy", "cloud-provider", 3, &document))
    }

    /// The world by this edition of the cloud provider's policy, in the place of its document.
    #[must_use]
    pub fn signing_with(mut self, edition: Part) -> Self {
        self.policies.clear();
        self.signing = vec![Party::signing("cloud-provider", "cloud-policy")];
        self.and(edition)
    }

    /// The small world, with an anchor that may endorse and a child that certifies in its place.
    #[must_use]
    pub fn endorsed() -> Self {
        let mut world = Self::small().with_policy("cloud-provider", "depth: 0", "depth: 1");
        world.parts.retain(|part| part.name != "north-certifies-compiler");
        let parts =
            [Part::endorsement("north", "child", 0), Part::compiler("child"), Part::empty_list("child")];
        world.parts.extend(parts);
        world
    }

    /// The small world, whose principal also wants a history that begins at the developer's.
    #[must_use]
    pub fn history() -> Self {
        let demand =
            Demand { require: MITIGATED.to_owned(), origins: "developer".to_owned(), ..Demand::default() };
        let policy = PolicyText {
            principal: "cloud-provider",
            anchors: &[("north", 0)],
            quorum: "{default: 1}",
            demand,
        };
        let mut world = Self::small().and(Part::origin("developer", "binary", &["app.wasm"]));
        world.policies = vec![policy.document()];
        world
    }

    /// A world in which a linker joins what it is given, and the principal wants a history without gaps.
    #[must_use]
    pub fn linked(from: &[&str], to: &str, origins: &[&str]) -> Self {
        let mut world = Self::history();
        world.parts = vec![
            Part::linker("north", "linker"),
            Part::empty_list("north"),
            Part::linking("linker", from, to),
            Part::origin("developer", "binary", origins),
        ];
        world.with_policy("cloud-provider", &format!("  require: {MITIGATED}\n"), "").deploying(&artifact(to))
    }

    /// The whole world: three anchors, one of which endorses a child that certifies in its place; a compiler and an
    /// inspector; a developer's module; three principals with policies of their own; a host with guard pages.
    #[must_use]
    pub fn full() -> Self {
        let certifiers = ["north", "south", "west-lab"];
        let mut parts = vec![
            Part::compiling("app.wasm", "app.cwasm"),
            Part::inspecting("app.wasm"),
            Part::origin("developer", "binary", &["app.wasm"]),
            Part::endorsement("west", "west-lab", 0),
            Part::empty_list("west"),
        ];
        parts.extend(
            certifiers
                .iter()
                .flat_map(|name| [Part::compiler(name), Part::inspector(name), Part::empty_list(name)]),
        );
        let anchors = [("north", 0), ("south", 0), ("west", 1)];
        let policy = |principal, quorum, require: &str, origins: &str, accept: &str| {
            let demand = Demand {
                require: require.to_owned(),
                origins: origins.to_owned(),
                accept_asserted: accept.to_owned(),
            };
            PolicyText { principal, anchors: &anchors, quorum, demand }.document()
        };
        let host = "cloud-provider";
        Self {
            now: NOW.to_owned(),
            artifact: artifact("app.cwasm"),
            parts,
            policies: vec![
                policy(host, "{default: 3}", "{allOf: [CODE_SANDBOXING, SPECULATION_HARDENING]}", "", ""),
                policy("developer", "{default: 2}", "WASM_VALIDATED", "developer", ""),
                policy(
                    "data-owner",
                    "{default: 2}",
                    "{allOf: [NO_NETWORK, CODE_SANDBOXING]}",
                    "",
                    "[cloud-provider]",
                ),
            ],
            catalogues: Vec::new(),
            signing: Vec::new(),
            seen: BTreeMap::new(),
            place: Some(Place {
                name: "embedded".to_owned(),
                provides: vec!["GUARD_PAGES=WASMTIME_4GIB_32MIB".to_owned()],
                asserted_by: host.to_owned(),
                runtime: None,
                node: None,
            }),
        }
    }
}
