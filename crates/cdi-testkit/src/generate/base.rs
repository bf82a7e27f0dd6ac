//! The world to begin with: lines of authorities, tools certified along them, one history, fresh lists.

use super::runs::{certification, inspection_report, transform_report};
use super::{
    CODE_PROPERTIES, NOBODY_ASSERTS, PLATFORM_PROPERTIES, TIME, manifests, percent, pick, places, policies,
};
use crate::model::world::{
    Assumed, Catalogue, Certification, Claim, Claimed, Effect, Endorsement, Entry, Evidence, Origin,
    OriginKind, Pattern, Property, Reason, Report, RevocationList, STEP, Summary, Target, Under, World,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// A line of authorities from a root downwards; the last one certifies.
pub(super) type Line = Vec<String>;

/// How an artifact comes by a property.
pub(super) enum Source {
    /// The tool of this step establishes it.
    Step(usize),
    /// The inspector finds it in the artifact with this number.
    Inspection(usize),
    /// Every policy assumes it of the first artifact.
    Assumption(Assumed),
}

/// What the world is built from.
pub(super) struct Plan {
    /// Independent lines of authorities.
    pub(super) lines: Vec<Line>,
    /// The tool of each step.
    pub(super) steps: Vec<String>,
    /// Artifacts: the first one is the origin, the last one is deployed.
    pub(super) artifacts: Vec<String>,
    /// The properties of the deployed artifact.
    pub(super) properties: Vec<(Property, Source)>,
    /// Whether steps also read a library.
    pub(super) library: bool,
    /// Whether the last step was done a second time, under a report key of its own.
    pub(super) rebuilt: bool,
    /// Whether the last authority of each line has signed the reports too.
    pub(super) countersigned: bool,
    /// Whether a verifier has verified the first artifact, and nobody says whose it is.
    pub(super) verified: bool,
}

/// A world that its principals should allow.
pub(super) fn world(rng: &mut Rng) -> World {
    let plan = plan(rng);
    let evidence = Evidence {
        endorsements: endorsements(&plan, rng),
        certifications: Vec::new(),
        reports: reports(&plan, rng),
        origins: origins(&plan),
        summaries: summaries(&plan),
        foreign: Vec::new(),
        revocation_lists: lists(&plan, rng),
    };
    let mut world = World {
        time: TIME,
        skew: pick(rng, &[0, 60]),
        principals: Vec::new(),
        evidence,
        artifact: plan.artifacts.last().cloned().unwrap_or_default(),
        catalogue: catalogue_of(&plan, rng),
        asserted: Vec::new(),
        runtime: None,
        seen: BTreeMap::new(),
    };
    certify(&mut world, &plan, rng);
    if percent(rng, 30) {
        places::add_runtime(&mut world, &plan, rng);
    }
    if plan.rebuilt {
        rebuild(&mut world.evidence, &plan);
    }
    if plan.countersigned {
        countersign(&mut world.evidence.reports, &plan);
    }
    name_certifications(&mut world.evidence);
    policies::add_principals(&mut world, &plan, rng);
    if percent(rng, 30) {
        manifests::read_headers(&mut world, rng);
    }
    world
}

/// The words of all generated worlds.
pub(super) fn catalogue() -> Catalogue {
    let code: BTreeSet<Property> = CODE_PROPERTIES.iter().map(|&p| p.to_owned()).collect();
    let platform = PLATFORM_PROPERTIES.iter().chain([&NOBODY_ASSERTS]).map(|&p| p.to_owned()).collect();
    Catalogue { preservable: code.clone(), code, platform, ..Catalogue::default() }
}

/// The word that an extension adds in some worlds.
pub(super) const ADDED: &str = "TESTED";

/// Some properties that a step establishes are of making, and one is of an extension.
fn catalogue_of(plan: &Plan, rng: &mut Rng) -> Catalogue {
    let mut catalogue = catalogue();
    let established = plan.properties.iter().filter(|(_, source)| matches!(source, Source::Step(_)));
    catalogue.making =
        established.filter(|_| percent(rng, 25)).map(|(property, _)| property.clone()).collect();
    if percent(rng, 25) {
        catalogue.added.insert(ADDED.to_owned());
    }
    catalogue
}

/// Does the last step again, with the same tool under another report key.
fn rebuild(evidence: &mut Evidence, plan: &Plan) {
    let (Some(tool), Some(app)) = (plan.steps.last(), plan.artifacts.last()) else { return };
    let (key, again) = (format!("{tool}-key"), second_key(tool));
    let mut certifications: Vec<Certification> =
        evidence.certifications.iter().filter(|c| c.report_key == key).cloned().collect();
    for certification in &mut certifications {
        certification.id.push_str("-again");
        certification.report_key.clone_from(&again);
    }
    evidence.certifications.extend(certifications);
    let made = |report: &&Report| report.outputs.iter().any(|(_, output)| output == app);
    let mut reports: Vec<Report> = evidence.reports.iter().filter(made).cloned().collect();
    for report in &mut reports {
        report.id.push_str("-again");
        report.key.clone_from(&again);
    }
    evidence.reports.extend(reports);
}

/// The key under which a tool's runs are done again.
pub(super) fn second_key(tool: &str) -> String {
    format!("{tool}-key-again")
}

fn countersign(reports: &mut [Report], plan: &Plan) {
    let signers: BTreeSet<String> = plan.lines.iter().filter_map(|line| line.last().cloned()).collect();
    reports.iter_mut().for_each(|report| report.countersigners.clone_from(&signers));
}

fn plan(rng: &mut Rng) -> Plan {
    let number = pick(rng, &[1, 2, 2, 3, 3]);
    let longest = if number == 3 { 1 } else { 2 };
    let lines = (0..number)
        .map(|line| {
            let below = rng.usize(0..=longest).min(if line == 2 { 0 } else { 2 });
            let roots = [format!("root{line}")].into_iter();
            roots.chain((0..below).map(|i| format!("va{line}{i}"))).collect()
        })
        .collect();
    let tools: &[&str] = if number < 3 && percent(rng, 50) { &["compiler", "linker"] } else { &["compiler"] };
    let steps: Vec<String> = (0..rng.usize(1..=3)).map(|_| pick(rng, tools).to_owned()).collect();
    let mut artifacts: Vec<String> = (0..steps.len()).map(|i| format!("artifact{i}")).collect();
    artifacts.push("app".to_owned());
    let mut properties = Vec::new();
    for property in CODE_PROPERTIES {
        let assumed = pick(
            rng,
            &[
                Assumed::ByDigest("artifact0".to_owned()),
                Assumed::ByOrigin("developer-key".to_owned(), OriginKind::Source),
            ],
        );
        match rng.u8(0..8) {
            0..=2 => properties.push((property.to_owned(), Source::Step(rng.usize(0..steps.len())))),
            3..=4 => {
                properties.push((property.to_owned(), Source::Inspection(rng.usize(0..artifacts.len()))))
            }
            5 => properties.push((property.to_owned(), Source::Assumption(assumed))),
            _ => {}
        }
    }
    Plan {
        lines,
        steps,
        artifacts,
        properties,
        library: percent(rng, 50),
        rebuilt: percent(rng, 25),
        countersigned: percent(rng, 25),
        verified: percent(rng, 15),
    }
}

/// A window that contains the instant, often just so.
pub(super) fn window(rng: &mut Rng) -> (u64, u64) {
    (pick(rng, &[TIME - 1000, TIME - 1000, TIME]), pick(rng, &[TIME + 1000, TIME + 1000, TIME + 1]))
}

/// A scope that contains all properties, in one of several ways of writing it.
pub(super) fn wide_scope(rng: &mut Rng) -> Vec<Pattern> {
    let exact = |p: &str| Pattern::Exact(p.to_owned());
    pick(
        rng,
        &[
            vec![Pattern::All],
            vec![exact("MEM_BOUNDS"), exact("MEM_STACK"), exact("TESTED"), exact(STEP)],
            vec![Pattern::Prefix("MEM_".to_owned()), exact("TESTED"), exact(STEP)],
        ],
    )
}

fn endorsements(plan: &Plan, rng: &mut Rng) -> Vec<Endorsement> {
    let mut all = Vec::new();
    for line in &plan.lines {
        for (place, (issuer, child)) in line.iter().zip(line.iter().skip(1)).enumerate() {
            let (not_before, not_after) = window(rng);
            let needed = (line.len() - 2 - place) as u32;
            all.push(Endorsement {
                id: format!("e-{issuer}-{child}"),
                issuer: issuer.clone(),
                child: child.clone(),
                scope: wide_scope(rng),
                depth: needed + rng.u32(0..2),
                not_before,
                not_after,
            });
        }
    }
    all
}

/// What the tool is certified for, so that the plan comes about.
fn claims_of(plan: &Plan, tool: &str, rng: &mut Rng) -> Vec<Claim> {
    let claim = |property: Claimed, effect: Effect, invocation: &str| Claim {
        property,
        effect,
        invocation: invocation.to_owned(),
        output_role: "code".to_owned(),
        lowest_capture: None,
        condition: None,
    };
    let exact = |property: &str| Claimed::Exact(property.to_owned());
    let mut claims = Vec::new();
    let star = percent(rng, 60);
    for (property, source) in &plan.properties {
        match source {
            Source::Inspection(_) if tool == "inspector" => {
                claims.push(claim(exact(property), Effect::Attests, "inspect"));
            }
            Source::Step(step) if plan.steps.get(*step).is_some_and(|of| of == tool) => {
                claims.push(claim(exact(property), Effect::Establishes, "safe"));
            }
            Source::Inspection(_) | Source::Step(_) | Source::Assumption(_) => {}
        }
        if tool != "inspector" && !star {
            claims.push(claim(exact(property), Effect::Preserves, "safe"));
            claims.push(claim(exact(property), Effect::Preserves, "fast"));
        }
    }
    if tool != "inspector" {
        if star {
            claims.push(claim(Claimed::Star, Effect::Preserves, "safe"));
            claims.push(claim(Claimed::Star, Effect::Preserves, "fast"));
        }
        claims.push(claim(exact(STEP), Effect::Establishes, "safe"));
        claims.push(claim(exact(STEP), Effect::Establishes, "fast"));
    }
    claims
}

fn certify(world: &mut World, plan: &Plan, rng: &mut Rng) {
    let mut tools: Vec<&str> = plan.steps.iter().map(String::as_str).collect();
    tools.push("inspector");
    tools.sort_unstable();
    tools.dedup();
    for tool in tools {
        let claims = claims_of(plan, tool, rng);
        for line in plan.lines.iter().filter(|_| !claims.is_empty()) {
            let issuer = line.last().cloned().unwrap_or_default();
            let mut certification = certification(tool, &issuer, claims.clone(), plan.library, rng);
            certification.catalogue = pick(rng, &[Under::Policies, Under::Policies, Under::Further]);
            world.evidence.certifications.push(certification);
        }
    }
}

/// Each report names the certifications of its key.
fn name_certifications(evidence: &mut Evidence) {
    for report in &mut evidence.reports {
        let of_its_key = evidence.certifications.iter().filter(|c| c.report_key == report.key);
        report.certifications = of_its_key.map(|c| c.id.clone()).collect();
    }
}

fn reports(plan: &Plan, rng: &mut Rng) -> Vec<Report> {
    let mut all = Vec::new();
    for (step, (tool, (input, output))) in
        plan.steps.iter().zip(plan.artifacts.iter().zip(plan.artifacts.iter().skip(1))).enumerate()
    {
        let establishes = plan.properties.iter().any(|(_, s)| matches!(s, Source::Step(s) if *s == step));
        let invocation = if establishes { "safe" } else { pick(rng, &["safe", "fast"]) };
        all.push(transform_report(tool, invocation, (input, output), plan.library, rng));
    }
    for (property, source) in &plan.properties {
        if let Source::Inspection(number) = source
            && let Some(artifact) = plan.artifacts.get(*number)
        {
            all.push(inspection_report(artifact, property, rng));
        }
    }
    all
}

fn origins(plan: &Plan) -> Vec<Origin> {
    let origin = |id: &str, key: &str, kind, digest: &str| Origin {
        id: id.to_owned(),
        key: key.to_owned(),
        kind,
        digests: vec![digest.to_owned()],
    };
    let mut all = vec![origin("o-source", "developer-key", OriginKind::Source, "artifact0")];
    all.retain(|_| !plan.verified);
    if plan.library {
        all.push(origin("o-library", "supplier-key", OriginKind::Library, "library"));
    }
    all
}

fn summaries(plan: &Plan) -> Vec<Summary> {
    let summary = Summary {
        id: "v-source".to_owned(),
        key: "verifier-key".to_owned(),
        verifier: "verifier".to_owned(),
        subjects: vec!["artifact0".to_owned()],
        passed: true,
        level: 3,
        policy: "strict".to_owned(),
        time: TIME - 50,
    };
    if plan.verified { vec![summary] } else { Vec::new() }
}

/// A fresh list of each authority; some have an older one too, and some entries that touch nothing.
fn lists(plan: &Plan, rng: &mut Rng) -> Vec<RevocationList> {
    let nothing = Entry {
        target: Target::Certification("c-of-old".to_owned()),
        reason: Reason::Other,
        runs: None,
        since: None,
        survivors: BTreeSet::new(),
    };
    let mut all = Vec::new();
    for issuer in plan.lines.iter().flatten() {
        let list = |serial: u64, begun: u64, entries: Vec<Entry>| RevocationList {
            id: format!("l-{issuer}-{serial}"),
            issuer: issuer.clone(),
            serial,
            not_before: begun,
            not_after: begun + 1000,
            entries,
        };
        let entries = if percent(rng, 20) { vec![nothing.clone()] } else { Vec::new() };
        all.push(list(2, TIME - 100, entries));
        if percent(rng, 20) {
            all.push(list(1, TIME - 5000, Vec::new()));
        }
    }
    all
}
