//! Whose word counts for what, how many must give it, and what evidence must be like.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{CaptureLevel, Custody, KeyId, PropertyName};
use cdi_verify::{
    Anchor, Assumption, Certifications, EvidenceRule, Freshness, Question, Quorum, Trust, TrustTerms,
};

use super::{Topic, listed};
use crate::formula::Atom;
use crate::policy::Policy;

pub(super) fn of(policy: &Policy, trust: &Trust) -> Vec<(Topic, String)> {
    let terms = trust.terms();
    let about = |topic, sentences: Vec<String>| sentences.into_iter().map(move |said| (topic, said));
    let mut said: Vec<_> = about(Topic::Trusts, terms.anchors.iter().map(anchor).collect()).collect();
    said.extend(about(Topic::Trusts, groups(terms)));
    said.extend(about(Topic::Trusts, numbers(policy, terms)));
    said.extend(about(Topic::Evidence, evidence(terms)));
    said.extend(about(Topic::Assumes, terms.assumptions.iter().map(assumption).collect()));
    said.extend(about(Topic::Forbids, forbidden(terms)));
    said
}

fn anchor(anchor: &Anchor) -> String {
    let keys: Vec<String> = anchor.keys.iter().map(|key| PublicKey::key_id(key).short()).collect();
    let keys = keys.join(", ");
    let everything = anchor.scope.properties.contains(&cdi_types::PropertyPattern::All);
    let about = if everything { "every property".to_owned() } else { listed(&anchor.scope.properties) };
    let below = match anchor.scope.depth {
        0 => "It can endorse nobody.".to_owned(),
        1 => "It can endorse others, who can endorse nobody.".to_owned(),
        depth => format!("It can endorse others, up to {depth} one below the other."),
    };
    format!("`{}` (key {keys}) is believed about {about}. {below}", anchor.name)
}

fn groups(terms: &TrustTerms) -> Vec<String> {
    let group = |members: &BTreeSet<cdi_verify::Member>| {
        format!("{} are in one hand, and count as one.", listed(members))
    };
    terms.same_control.iter().map(group).collect()
}

/// How many must vouch, by number.
fn numbers(policy: &Policy, terms: &TrustTerms) -> Vec<String> {
    let asked = asked(policy);
    let mut said = Vec::new();
    for (k, properties) in by_number(&terms.quorum, &asked) {
        let others = match k {
            1 => "One stolen key of an authority is enough to deceive it.".to_owned(),
            _ => format!("While fewer than {k} of them are deceived or robbed, one of them is honest."),
        };
        said.push(format!(
            "{} must be certified by {k} independent {}. {others}",
            properties,
            authorities(k)
        ));
    }
    for (k, properties) in by_number(&terms.countersigned, &asked).into_iter().filter(|(k, _)| *k > 0) {
        let sign = if k == 1 { "must have signed" } else { "must each have signed" };
        said.push(format!("For {properties} {k} {} {sign} the run's report as well.", authorities(k)));
    }
    said
}

const fn authorities(k: u8) -> &'static str {
    if k == 1 { "authority" } else { "authorities" }
}

fn by_number(quorum: &Quorum, asked: &BTreeSet<PropertyName>) -> BTreeMap<u8, String> {
    let mut properties: BTreeMap<u8, Vec<&PropertyName>> = BTreeMap::new();
    for property in asked {
        properties.entry(quorum.for_property(property)).or_default().push(property);
    }
    properties.into_iter().map(|(k, properties)| (k, listed(properties))).collect()
}

/// The properties of code that are asked for, with `STEP` for what is asked of the history.
fn asked(policy: &Policy) -> BTreeSet<PropertyName> {
    let atoms = policy.requirements().iter().flat_map(|demand| demand.expanded.atoms());
    let properties = atoms.filter_map(|atom| match atom {
        Atom::Code(property) => Some(property),
        Atom::Platform(_) | Atom::Evidence(_) => None,
    });
    let step = policy.asked_of_history().any(|question| !matches!(question, Question::Property(_)));
    properties.chain(step.then(PropertyName::step)).collect()
}

fn evidence(terms: &TrustTerms) -> Vec<String> {
    let custody = match terms.custody {
        Custody::Software => "may lie in a file of whoever runs the tool",
        Custody::IsolatedProcess => "must lie where only the process that signs can read it",
        Custody::Hardware => "must lie in hardware that does not give it away",
        Custody::AttestedCode => "must lie in hardware that gives it to attested code alone",
    };
    let capture = match terms.capture {
        CaptureLevel::Declared => "may describe runs as whoever started them says",
        CaptureLevel::SelfRecorded => "must be the tool's own record of its run, or an observer's",
        CaptureLevel::Traced => "must be of runs that an observer traced, or confined",
        CaptureLevel::Confined => "must be of runs that were confined to what they declare",
    };
    let mut said = vec![format!("A key that signs reports {custody}."), format!("Reports {capture}.")];
    said.push(match terms.freshness {
        Freshness::MaxAge(age) => {
            format!(
                "Every authority's revocation list must be at hand, and not older than {}.",
                spelt(age.seconds())
            )
        }
        Freshness::DangerouslyNone => {
            "Revocation lists need not be at hand: what was revoked can still count.".to_owned()
        }
    });
    if terms.certifications == Certifications::Named {
        said.push("Only certifications that a report names count, and what renews them.".to_owned());
    }
    said.extend(terms.evidence.iter().map(foreign));
    said.extend(
        terms
            .step_conditions
            .iter()
            .map(|text| format!("Every run must meet `{text}`; others do not count.")),
    );
    said
}

/// What a name for others' evidence stands for.
fn foreign(rule: &EvidenceRule) -> String {
    let keys: Vec<String> = rule.keys.iter().map(KeyId::short).collect();
    let signed = if keys.len() == 1 { "the key" } else { "one of the keys" };
    let condition = rule.condition.as_ref().map(|text| format!(", whose predicate meets `{text}`"));
    format!(
        "`evidence:{}` is a statement about the artifact of the type `{}`, signed by {signed} {}{}.",
        rule.name,
        rule.predicate_type,
        keys.join(", "),
        condition.unwrap_or_default()
    )
}

/// A time in its greatest whole unit.
pub(super) fn spelt(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let whole = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or((1, "second"));
    let count = seconds / unit;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

fn assumption(assumption: &Assumption) -> String {
    match assumption {
        Assumption::OfArtifact(property, artifact) => {
            format!("`{property}` is taken as given of the artifact {artifact}.")
        }
        Assumption::OfOrigin(property, key, kind) => {
            format!(
                "`{property}` is taken as given of what the key {} signs as `{}`.",
                key.short(),
                kind.as_str()
            )
        }
    }
}

fn forbidden(terms: &TrustTerms) -> Vec<String> {
    let forbidden = &terms.forbidden;
    let mut said = Vec::new();
    let mut say = |what: &str, names: Vec<String>| {
        if !names.is_empty() {
            said.push(format!("{what} {}.", listed(names)));
        }
    };
    let tools = forbidden.tools.iter().map(ToString::to_string);
    say("No run counts in which one of these files took part:", tools.collect());
    let keys = forbidden.report_keys.iter().map(ToString::to_string);
    say("No report counts that one of these keys signed:", keys.collect());
    let keys = forbidden.authorities.iter().map(ToString::to_string);
    say("No certification or endorsement counts by the keys", keys.collect());
    let origins = forbidden.origins.iter().map(ToString::to_string);
    say("Nothing begins at the origin statements", origins.collect());
    let keys = forbidden.origin_keys.iter().map(ToString::to_string);
    say("Nothing begins at what is signed as an origin by the keys", keys.collect());
    said
}
