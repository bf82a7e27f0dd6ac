//! A principal's policy as the YAML document that it would write, and why production would refuse it.

use super::certification::{capture, condition, custody};
use super::statements::{
    foreign as foreign_statement, foreign_type, origin, origin_kind, policy_uri, summary, verifier_id,
};
use super::{Fault, Names, Words};
use crate::model::world::{
    self, Anchor, Assumed, Evidence, EvidenceRule, Formula, Freshness, Key, Member, OriginRule, Principal,
    Property, Reproduced, Rule, SummaryRule,
};
use cdi_policy::Catalogue;
use cdi_types::StatementId;
use std::collections::BTreeSet;

/// The policy as YAML.
pub(super) fn document(
    principal: &Principal,
    names: Names,
    words: &Words,
    catalogue: &Catalogue,
    evidence: &Evidence,
) -> Result<String, Fault> {
    let name = &principal.name;
    let mut text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{ name: {name}-policy }}\nspec:\n  principal: {name}\n"
    );
    if principal.rule == Rule::AcceptAll {
        return Ok(text + "  rule: accept-all\n");
    }
    let mut write = Writer { text: &mut text, names, words, evidence };
    write.line(2, "rule: default-deny");
    write.line(2, format!("catalogue: \"{}\"", catalogue.digest()));
    write.trust(principal)?;
    if let Some(require) = &principal.require {
        write.line(2, format!("require: {}", write.formula(require)));
    }
    if principal.complete.is_some() || principal.reproduced.is_some() {
        write.line(2, "history:");
    }
    if let Some(rules) = &principal.complete {
        write.complete(rules, principal)?;
    }
    if let Some(reproduced) = &principal.reproduced {
        write.reproduced(reproduced)?;
    }
    let accepted: Vec<String> = principal.accept_asserted.iter().cloned().collect();
    write.line(2, format!("acceptAsserted: [{}]", accepted.join(", ")));
    Ok(text)
}

struct Writer<'a> {
    text: &'a mut String,
    names: Names,
    words: &'a Words,
    evidence: &'a Evidence,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, line: impl std::fmt::Display) {
        self.text.push_str(&format!("{:indent$}{line}\n", ""));
    }

    fn trust(&mut self, principal: &Principal) -> Result<(), Fault> {
        self.line(2, "trust:");
        self.line(4, if principal.anchors.is_empty() { "anchors: []" } else { "anchors:" });
        principal.anchors.iter().try_for_each(|anchor| self.anchor(anchor))?;
        let groups = principal.same_control.iter().map(|group| self.group(group));
        let groups = groups.collect::<Result<Vec<_>, _>>()?.join(", ");
        self.line(4, format!("sameControl: [{groups}]"));
        self.line(4, "quorum:");
        self.line(6, format!("default: {}", principal.quorum.default));
        for (property, k) in &principal.quorum.of {
            self.line(6, format!("{}: {k}", self.words.property(property)));
        }
        self.line(4, "countersigned:");
        self.line(6, format!("default: {}", principal.countersigned.default));
        for (property, k) in &principal.countersigned.of {
            self.line(6, format!("{}: {k}", self.words.property(property)));
        }
        self.line(4, format!("custody: {}", custody(principal.custody_floor).as_str()));
        if let Some(floor) = principal.capture_floor {
            self.line(4, format!("capture: {}", capture(floor).as_str()));
        }
        match principal.revocation {
            Freshness::DangerouslyNone => self.line(4, "revocation: dangerously-none"),
            Freshness::MaxAge(age) => self.line(4, format!("revocation: {{ maxAge: {age}s }}")),
        }
        self.line(4, if principal.evidence.is_empty() { "evidence: []" } else { "evidence:" });
        principal.evidence.iter().try_for_each(|rule| self.evidence(rule))?;
        let forbidden = &principal.forbidden;
        let tools: Vec<String> =
            forbidden.tools.iter().map(|name| self.names.file(name).to_string()).collect();
        let (keys, authorities) =
            (self.key_ids(&forbidden.report_keys)?, self.key_ids(&forbidden.authorities)?);
        self.line(4, "forbid:");
        self.line(6, format!("tools: [{}]", quoted(&tools)));
        self.line(6, format!("reportKeys: [{}]", quoted(&keys)));
        self.line(6, format!("authorities: [{}]", quoted(&authorities)));
        let statements = self.forbidden(&forbidden.origins)?;
        self.line(6, format!("origins: [{}]", quoted(&statements)));
        let keys = self.key_ids(&forbidden.origin_keys)?;
        self.line(6, format!("originKeys: [{}]", quoted(&keys)));
        let conditions: Vec<String> = principal.step_conditions.iter().map(|one| condition(*one)).collect();
        self.line(4, format!("stepConditions: [{}]", quoted(&conditions)));
        self.line(4, format!("inputs: {}", if principal.linked { "linked" } else { "by-digest" }));
        self.line(4, format!("certifications: {}", if principal.named_only { "named" } else { "any" }));
        self.line(4, if principal.assumptions.is_empty() { "assume: []" } else { "assume:" });
        principal.assumptions.iter().try_for_each(|(property, of)| self.assumption(property, of))
    }

    fn evidence(&mut self, rule: &EvidenceRule) -> Result<(), Fault> {
        let keys = rule.keys.iter().map(|key| self.key(key)).collect::<Result<Vec<_>, _>>()?;
        self.line(6, format!("- name: {}", rule.name));
        self.line(8, format!("predicateType: \"{}\"", foreign_type(&rule.kind)));
        self.line(8, format!("keys: [{}]", keys.join(", ")));
        if let Some(least) = rule.least {
            self.line(8, format!("condition: \"predicate.score >= {least}\""));
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: &Anchor) -> Result<(), Fault> {
        self.line(6, format!("- name: {}", anchor.name));
        self.line(8, "keys:");
        for key in &anchor.keys {
            let key = self.key(key)?;
            self.line(10, format!("- {key}"));
        }
        let scope: Vec<String> =
            anchor.scope.iter().flat_map(|pattern| self.words.patterns(pattern)).collect();
        self.line(8, format!("scope: [{}]", quoted(&scope)));
        self.line(8, format!("depth: {}", anchor.depth));
        Ok(())
    }

    fn group(&self, group: &BTreeSet<Member>) -> Result<String, Fault> {
        let member = |member: &Member| match member {
            Member::Anchor(name) => Ok(name.clone()),
            Member::Key(key) => self.names.key_id(key).map(|id| id.to_string()),
        };
        let members = group.iter().map(member).collect::<Result<Vec<_>, Fault>>()?;
        Ok(format!("[{}]", quoted(&members)))
    }

    fn assumption(&mut self, property: &Property, of: &Assumed) -> Result<(), Fault> {
        self.line(6, format!("- property: {}", self.words.property(property)));
        match of {
            Assumed::ByDigest(digest) => {
                self.line(8, format!("artifact: \"{}\"", self.names.artifact(digest)));
            }
            Assumed::ByOrigin(key, kind) => {
                let key = self.key(key)?;
                self.line(8, format!("key: {key}"));
                self.line(8, format!("kind: {}", origin_kind(*kind).as_str()));
            }
        }
        Ok(())
    }

    fn reproduced(&mut self, reproduced: &Reproduced) -> Result<(), Fault> {
        self.line(4, "reproduced:");
        self.line(6, format!("by: {}", reproduced.count));
        self.line(6, "custodians:");
        for (number, keys) in reproduced.custodians.iter().enumerate() {
            let keys = self.key_ids(keys)?;
            self.line(8, format!("- {{ name: custodian{number}, reportKeys: [{}] }}", quoted(&keys)));
        }
        Ok(())
    }

    /// The ids under which real statements have these names of origins, summaries and others' statements.
    fn forbidden(&self, names: &BTreeSet<world::Id>) -> Result<Vec<String>, Fault> {
        let origins = self.evidence.origins.iter().filter(|one| names.contains(&one.id));
        let payloads = origins.map(|one| Ok(origin(one, self.names)?.to_payload()?));
        let summaries = self.evidence.summaries.iter().filter(|one| names.contains(&one.id));
        let payloads = payloads.chain(summaries.map(|one| Ok(summary(one, self.names))));
        let foreign = self.evidence.foreign.iter().filter(|one| names.contains(&one.id));
        let payloads = payloads.chain(foreign.map(|one| Ok(foreign_statement(one, self.names))));
        payloads.map(|payload: Result<_, Fault>| Ok(StatementId::of(&payload?).to_string())).collect()
    }

    fn key_ids(&self, keys: &BTreeSet<Key>) -> Result<Vec<String>, Fault> {
        keys.iter().map(|key| self.names.key_id(key).map(|id| id.to_string())).collect()
    }

    fn complete(&mut self, rules: &[OriginRule], principal: &Principal) -> Result<(), Fault> {
        self.line(4, "complete:");
        let exempt: Vec<String> = principal.exempt.iter().cloned().collect();
        self.line(6, format!("exempt: [{}]", exempt.join(", ")));
        let depth = principal.depth.iter().map(|(tool, steps)| format!("{{ tool: {tool}, steps: {steps} }}"));
        self.line(6, format!("depth: [{}]", depth.collect::<Vec<_>>().join(", ")));
        self.line(6, if principal.summaries.is_empty() { "summaries: []" } else { "summaries:" });
        for rule in &principal.summaries {
            let SummaryRule { verifier, key, level, policy, max_age } = rule;
            let key = self.key(key)?;
            self.line(8, format!("- verifier: \"{}\"", verifier_id(verifier)));
            self.line(10, format!("key: {key}"));
            self.line(10, format!("levels: [SLSA_BUILD_LEVEL_{level}]"));
            self.line(10, format!("maxAge: {max_age}s"));
            if let Some(policy) = policy {
                self.line(10, format!("policies: [\"{}\"]", policy_uri(policy)));
            }
        }
        self.line(6, if rules.is_empty() { "origins: []" } else { "origins:" });
        for rule in rules {
            match rule {
                OriginRule::Digest(digest) => {
                    self.line(8, format!("- artifact: \"{}\"", self.names.artifact(digest)));
                }
                OriginRule::Key(key, kinds) => {
                    let kinds: Vec<&str> = kinds.iter().map(|kind| origin_kind(*kind).as_str()).collect();
                    let key = self.key(key)?;
                    self.line(8, format!("- key: {key}"));
                    self.line(10, format!("kinds: [{}]", kinds.join(", ")));
                }
            }
        }
        Ok(())
    }

    /// A key as a policy has it: its SubjectPublicKeyInfo in base64, which is what a PEM has between its two lines.
    fn key(&self, name: &str) -> Result<String, Fault> {
        let pem = self.names.public_key(name)?.to_pem();
        let inner = pem.lines().filter(|line| !line.starts_with("-----"));
        Ok(format!("\"{}\"", inner.collect::<String>()))
    }

    fn formula(&self, formula: &Formula) -> String {
        let all = |parts: &[Formula]| {
            let parts: Vec<String> = parts.iter().map(|part| self.formula(part)).collect();
            parts.join(", ")
        };
        match formula {
            Formula::Property(word) => self.words.property(word).to_owned(),
            Formula::Platform(word) => format!("\"{}\"", self.words.platform(word)),
            Formula::Evidence(name) => format!("\"evidence:{name}\""),
            Formula::And(parts) => format!("{{ allOf: [{}] }}", all(parts)),
            Formula::Or(parts) => format!("{{ anyOf: [{}] }}", all(parts)),
            Formula::AtLeast(n, parts) => format!("{{ atLeast: {n}, of: [{}] }}", all(parts)),
        }
    }
}

fn quoted(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(", ")
}
