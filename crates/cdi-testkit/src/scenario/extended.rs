//! A world under a catalogue that extends the one that ships.

use serde_json::json;

use super::{Part, Scenario, artifact, catalogue_digest, sha256};

/// The document of an extension, but for what it extends.
pub(crate) const ACME: &str = "apiVersion: code-deployment-integrity.io/v1
kind: Catalogue
metadata: {name: acme-1}
spec:
  extends: \"<extended>\"
  prefix: ACME_
  properties:
    ACME_REVIEWED: {kind: code, of: bytes, preservable: true, meaning: Two people have read these bytes.}
    ACME_RACK: {kind: platform, value: required, meaning: The rack that the node stands in.}
  tags:
    ACME_FIT: {meaning: Fit for us., formula: {anyOf: [ACME_REVIEWED, CODE_SANDBOXING]}}
";

/// The document of an extension.
#[must_use]
pub fn acme() -> String {
    ACME.replace("<extended>", &catalogue_digest())
}

impl Scenario {
    /// A module that an inspector found reviewed, under an extension; the policy asks for it under the same.
    #[must_use]
    pub fn reviewed() -> Self {
        let mut tool = Part::inspector("north");
        tool.change(|statement| {
            statement["predicate"]["catalogue"] = json!(sha256(acme()));
            statement["predicate"]["claims"][0]["property"] = json!("ACME_REVIEWED");
        });
        let mut run = Part::inspecting("app.wasm");
        run.change(|statement| statement["predicate"]["findings"][0]["property"] = json!("ACME_REVIEWED"));
        let mut world = Self::small().without("compiler-runs").and(tool).and(run);
        world.catalogues.push(acme());
        let world = world.with_policy("cloud-provider", &catalogue_digest(), &sha256(acme()));
        let asked = ("  require: WASM_SPECTRE_MITIGATED\n", "  require: ACME_REVIEWED\n");
        world.with_policy("cloud-provider", asked.0, asked.1).deploying(&artifact("app.wasm"))
    }
}
