//! A draft as a document, with a reason beside each line.

use std::collections::BTreeMap;

use cdi_envelope::PublicKey;
use cdi_types::{CaptureLevel, Custody, PropertyName};
use cdi_verify::{Certifications, Freshness, Inputs, OriginRule};

use super::draft::{Draft, DraftAnchor};
use super::{Good, Pins, Wanted};

/// The document.
pub(super) fn text(draft: &Draft, good: Good<'_>, wanted: &Wanted) -> String {
    let name = quoted(wanted.principal.as_str());
    let mut lines = vec![
        "# Suggested from one good bundle: the tightest policy that it satisfies. Review each line: a bundle shows how one"
            .to_owned(),
        "# artifact was made, and cannot say what you need.".to_owned(),
        format!("# artifact {}, as of {}", good.artifact, good.clock.now()),
        "apiVersion: code-deployment-integrity.io/v1".to_owned(),
        "kind: Policy".to_owned(),
        format!("metadata: {{name: {name}}}"),
        "spec:".to_owned(),
        format!("  principal: {name}"),
        "  rule: default-deny".to_owned(),
        format!("  # the words below, as the catalogue `{}` has them", good.catalogues.newest().name()),
        format!("  catalogue: \"{}\"", good.catalogues.newest().digest()),
        "  trust:".to_owned(),
        "    # whom you named, with no more to say than was needed, and no deeper to endorse".to_owned(),
        "    anchors:".to_owned(),
    ];
    lines.extend(draft.anchors.iter().flat_map(anchor));
    lines.extend(numbers(draft));
    lines.extend(evidence(draft));
    lines.extend(required(draft));
    lines.extend(history(draft, wanted));
    lines.push(String::new());
    lines.join("\n")
}

/// A text as both JSON and YAML write it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn key(key: &PublicKey) -> String {
    serde_json::to_string(key.info()).unwrap_or_default()
}

fn anchor(anchor: &DraftAnchor) -> Vec<String> {
    let scope: Vec<&str> = anchor.scope.iter().map(PropertyName::as_str).collect();
    vec![
        format!("      - name: {}", quoted(anchor.name.as_str())),
        format!("        keys: [{}]", key(&anchor.key)),
        format!("        scope: [{}]", scope.join(", ")),
        format!("        depth: {}", anchor.depth),
    ]
}

fn numbers(draft: &Draft) -> Vec<String> {
    let mut lines = vec![
        "    # as many independent authorities as vouched for each".to_owned(),
        format!("    quorum: {}", members(&draft.quorum, 1)),
    ];
    if draft.countersigned.values().any(|k| *k > 0) {
        lines.push("    # as many authorities as signed the reports too".to_owned());
        lines.push(format!("    countersigned: {}", members(&draft.countersigned, 0)));
    }
    lines
}

/// The least number as the default, and those that have more.
fn members(numbers: &BTreeMap<PropertyName, u8>, none: u8) -> String {
    let least = numbers.values().copied().min().unwrap_or(none);
    let more = numbers.iter().filter(|(_, k)| **k > least).map(|(property, k)| format!(", {property}: {k}"));
    format!("{{default: {least}{}}}", more.collect::<String>())
}

fn evidence(draft: &Draft) -> Vec<String> {
    let mut lines = vec![
        match draft.custody {
            Custody::Software => "    # a report key that a certification calls no safer was used".to_owned(),
            _ => "    # every report key that was used is held no less safely".to_owned(),
        },
        format!("    custody: {}", draft.custody.as_str()),
        match draft.capture {
            CaptureLevel::Declared => "    # a report that was used is its invoker's word".to_owned(),
            _ => "    # every report that was used was recorded no less closely".to_owned(),
        },
        format!("    capture: {}", draft.capture.as_str()),
    ];
    if let Freshness::MaxAge(age) = draft.freshness {
        lines.push("    # the oldest list that was used is younger".to_owned());
        lines.push(format!("    revocation: {{maxAge: {}d}}", age.seconds() / 86_400));
    }
    if !draft.conditions.is_empty() {
        lines.push("    # what was so of every run that was used".to_owned());
        lines.push("    stepConditions:".to_owned());
        lines.extend(draft.conditions.iter().map(|text| format!("      - {}", quoted(text))));
    }
    if draft.certifications == Certifications::Named {
        lines.push(
            "    # every certification that was used is named in the report, or renews one that is"
                .to_owned(),
        );
        lines.push("    certifications: named".to_owned());
    }
    if draft.inputs == Inputs::Linked {
        lines.push("    # every report names the runs that made its inputs".to_owned());
        lines.push("    inputs: linked".to_owned());
    }
    lines
}

fn required(draft: &Draft) -> Vec<String> {
    if draft.require.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        "  # every property of code that was shown".to_owned(),
        "  require:".to_owned(),
        "    allOf:".to_owned(),
    ];
    lines.extend(draft.require.iter().map(|property| format!("      - {property}")));
    lines
}

fn history(draft: &Draft, wanted: &Wanted) -> Vec<String> {
    if draft.origins.is_empty() {
        let why = match wanted.pins {
            Pins::Keys => "it is not complete back to origins by keys that you named (`--origin`)",
            Pins::Digests => "it is not complete back to what no report made",
        };
        return vec![format!("  # of the history nothing is asked: {why}")];
    }
    let mut lines = vec![
        "  # the history is complete back to these, and no other may begin it".to_owned(),
        "  history:".to_owned(),
        "    complete:".to_owned(),
        "      origins:".to_owned(),
    ];
    lines.extend(draft.origin_rules().iter().map(|rule| origin(rule, wanted)));
    lines
}

fn origin(rule: &OriginRule, wanted: &Wanted) -> String {
    match rule {
        OriginRule::Artifact(artifact) => format!("        - artifact: \"{artifact}\""),
        OriginRule::Key(id, kinds) => {
            let signer = wanted.origins.iter().find(|key| key.key_id() == *id);
            let key = signer.map(key).unwrap_or_default();
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            format!("        - {{key: {key}, kinds: [{}]}}", kinds.join(", "))
        }
    }
}
