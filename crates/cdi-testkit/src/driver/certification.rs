//! Tool certifications of a world as statements.

use super::statements::{Ids, annotated};
use super::{Fault, Names, Words};
use crate::model::world;
use cdi_types::{
    ArtifactDigest, CaptureLevel, CatalogueDigest, Claim, ClaimedProperty, ClosureFile, Custody, Effect,
    EnvironmentRule, Invocation, Linkage, Name, PlatformProperty, PropertyName, Role, Statement, Subject,
    Timestamp, ToolCertification, ToolIdentity, Unnamed, Vetting,
};

/// Argument zero of all runs: the model does not know it.
pub(super) const PROGRAM: &str = "tool";

pub(super) fn certification(
    certification: &world::Certification,
    names: Names,
    ids: &Ids,
    words: &Words,
    catalogue: Option<CatalogueDigest>,
) -> Result<Statement<ToolCertification>, Fault> {
    let name = |text: &str| Name::parse(text);
    let entry = ArtifactDigest::File(names.file(&certification.entry).sha256());
    let closure =
        |digest: &String| Ok(ClosureFile { name: Name::parse(digest)?, sha256: names.file(digest) });
    let invocations = certification.invocations.iter();
    let predicate = ToolCertification {
        issuer: names.key_id(&certification.issuer)?,
        serial: 1,
        not_before: Timestamp::from_unix(certification.not_before),
        not_after: Timestamp::from_unix(certification.not_after),
        tool: ToolIdentity {
            name: name(&certification.entry)?,
            version: name("1.0")?,
            supplier: name("supplier")?,
            release_key: None,
        },
        report_key: names.public_key(&certification.report_key)?.info().clone(),
        custody: custody(certification.custody),
        recorder: names.file(&certification.recorder),
        closure: certification.closure.iter().map(closure).collect::<Result<_, Fault>>()?,
        linkage: linkage(certification.linkage),
        claims: claims(&certification.claims, words)?,
        invocations: invocations
            .map(|(name, described)| Ok((Role::parse(name)?, invocation(described, names)?)))
            .collect::<Result<_, Fault>>()?,
        catalogue: catalogue.unwrap_or_else(|| CatalogueDigest::new(names.hash("catalogue", "another"))),
        vetting: Vetting { method: name("none")?, references: Vec::new() },
        chain: Vec::new(),
        renews: certification.renews.as_ref().map(|id| ids.of("certification", id, names)),
        annotations: annotated(&certification.id),
    };
    Ok(Statement::new(vec![Subject { path: None, digest: entry }], predicate)?)
}

/// Each claim once: to say it again says no more (rule F-CERTIFICATION).
fn claims(claimed: &[world::Claim], words: &Words) -> Result<Vec<Claim>, Fault> {
    let mut claims = Vec::new();
    for one in claimed {
        let one = claim(one, words)?;
        if !claims.contains(&one) {
            claims.push(one);
        }
    }
    Ok(claims)
}

pub(super) const fn custody(custody: world::Custody) -> Custody {
    match custody {
        world::Custody::Software => Custody::Software,
        world::Custody::IsolatedProcess => Custody::IsolatedProcess,
        world::Custody::Hardware => Custody::Hardware,
        world::Custody::AttestedCode => Custody::AttestedCode,
    }
}

pub(super) const fn capture(capture: world::Capture) -> CaptureLevel {
    match capture {
        world::Capture::Declared => CaptureLevel::Declared,
        world::Capture::SelfRecorded => CaptureLevel::SelfRecorded,
        world::Capture::Traced => CaptureLevel::Traced,
        world::Capture::Confined => CaptureLevel::Confined,
    }
}

const fn linkage(linkage: world::Linkage) -> Linkage {
    match linkage {
        world::Linkage::Static => Linkage::Static,
        world::Linkage::Dynamic => Linkage::Dynamic,
    }
}

fn claim(claim: &world::Claim, words: &Words) -> Result<Claim, Fault> {
    let property = match &claim.property {
        world::Claimed::Star => ClaimedProperty::EveryPreservable,
        world::Claimed::Exact(word) if claim.effect == world::Effect::Supplies => {
            supplied(words.platform(word))?
        }
        world::Claimed::Exact(word) => ClaimedProperty::Named(PropertyName::parse(words.property(word))?),
    };
    let effect = match claim.effect {
        world::Effect::Establishes => Effect::Establishes,
        world::Effect::Preserves => Effect::Preserves,
        world::Effect::Attests => Effect::Attests,
        world::Effect::Supplies => Effect::Supplies,
    };
    Ok(Claim {
        property,
        effect,
        invocation: Role::parse(&claim.invocation)?,
        output: Role::parse(&claim.output_role)?,
        lowest_capture: claim.lowest_capture.map(capture),
        condition: claim.condition.map(condition),
    })
}

fn supplied(word: &str) -> Result<ClaimedProperty, Fault> {
    let property = PlatformProperty::parse(word).ok_or_else(|| Fault::Platform(word.to_owned()))?;
    let valued = property.value.is_some();
    Ok(if valued { ClaimedProperty::Valued(property) } else { ClaimedProperty::Named(property.name) })
}

pub(super) fn condition(condition: world::Condition) -> String {
    match condition {
        world::Condition::True => "size(operation.arguments) >= 0".to_owned(),
        world::Condition::ExitIs(code) => format!("operation.exit == {code}"),
        world::Condition::Error => "operation.settings.nothing == '' || operation.exit < 0".to_owned(),
    }
}

fn invocation(described: &world::Invocation, names: Names) -> Result<Invocation, Fault> {
    let variable = |rule: &world::EnvRule| match rule {
        world::EnvRule::Any => EnvironmentRule::Any,
        world::EnvRule::OneOf(values) => EnvironmentRule::OneOf(values.iter().cloned().collect()),
    };
    Ok(Invocation {
        program: vec![PROGRAM.to_owned()],
        arguments: super::arguments::arguments(described, names)?,
        environment: described.environment.iter().map(|(n, rule)| (n.clone(), variable(rule))).collect(),
        settings: described.settings.clone(),
        exit_status: described.exit_status.iter().filter_map(|code| u8::try_from(*code).ok()).collect(),
        generates: described.generates,
        manifests: described
            .manifests
            .iter()
            .map(|one| super::arguments::manifest(one, names))
            .collect::<Result<_, Fault>>()?,
        unnamed: if described.all_listed { Unnamed::Listed } else { Unnamed::Code },
        outputs: super::arguments::outputs(described)?,
    })
}
