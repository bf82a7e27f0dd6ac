//! `cdi export cyclonedx`: what a provenance chain contains, as CycloneDX 1.6.
//!
//! The artifacts of the chain are components; the tools and their runs are the formulation. What one artifact was made of
//! says the formulation, and not `dependencies`: code that was compiled depends on no source when it runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::ExitCode;

use cdi_types::{
    ArtifactDigest, FileDigest, Libraries, RecordedPath, Report, ReportKind, Sha256, StatementId,
};
use cdi_verify::{Ground, ProofStep, Signed, Vote};
use clap::Args;

use super::bom::{
    Bom, Command, Component, Composition, Formula, Given, Hash, Metadata, Property, Reference, Step,
    Supplier, Taken, Tools, Workflow,
};
use super::outgoing::Target;
use super::report::{MOST_ASKED, certification, too_many};
use super::view::{View, Viewing, nothing};
use crate::failure::Failure;
use crate::levels::is_by_evidence_alone;

/// Write what a chain contains as a CycloneDX bill of materials.
///
/// Components are the artifact and everything that the reports which count by a principal's policy say went into it, by path
/// and SHA-256. The runs and their tools are the formulation. That nothing is missing is said only where the whole history was
/// shown by that policy, up to the origins that it names. The document is signed by nobody.
///
///   cdi export cyclonedx app.cwasm --principal developer --out app.cdx.json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Cyclonedx {
    #[command(flatten)]
    viewing: Viewing,
    #[command(flatten)]
    target: Target,
}

/// The chain, as far as it was found.
#[derive(Default)]
struct Chain<'v> {
    /// Reports that count, each with a certification by which it does.
    reports: BTreeMap<StatementId, (&'v Signed<Report>, Option<Vote>)>,
    /// Artifacts, each with the first path that a report gives it.
    artifacts: BTreeMap<ArtifactDigest, Option<&'v RecordedPath>>,
    /// What is shown of them.
    properties: BTreeMap<ArtifactDigest, BTreeSet<String>>,
}

impl Cyclonedx {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.target.foresee()?;
        let looked = self.viewing.look()?;
        let view = looked.view()?;
        let complete = view.complete()?;
        let chain = Chain::behind(&view, complete.as_deref().unwrap_or_default())?;
        if chain.reports.is_empty() {
            return Err(nothing("by this policy no report about the artifact counts"));
        }
        let bom = chain.bom(&view, complete.as_deref().is_some_and(is_by_evidence_alone));
        let text = serde_json::to_vec(&bom).map_err(|error| Failure::failed("output-unwritable", error))?;
        self.target.write(&[text], "bill of materials")?;
        Ok(ExitCode::SUCCESS)
    }
}

impl<'v> Chain<'v> {
    /// The chain from the artifact back, over reports that count.
    fn behind(view: &View<'v>, complete: &[ProofStep]) -> Result<Self, Failure> {
        let mut chain = Self::default();
        chain.artifacts.insert(view.artifact(), None);
        chain.take(view, complete);
        let made: BTreeSet<ArtifactDigest> =
            view.provenance().reports().iter().flat_map(super::report::subjects).collect();
        let mut due = VecDeque::from([view.artifact()]);
        let mut asked = BTreeSet::new();
        while let Some(artifact) = due.pop_front() {
            if !made.contains(&artifact) || !asked.insert(artifact) {
                continue;
            }
            if asked.len() > MOST_ASKED {
                return Err(too_many());
            }
            for shown in view.shown(artifact)? {
                chain.take(view, &shown.proof);
                if !shown.property.is_step() && is_by_evidence_alone(&shown.proof) {
                    chain.properties.entry(artifact).or_default().insert(shown.property.to_string());
                }
            }
            due.extend(chain.artifacts.keys().copied().filter(|digest| !asked.contains(digest)));
        }
        Ok(chain)
    }

    /// Takes the reports of a proof, with what each was about and read.
    fn take(&mut self, view: &View<'v>, proof: &[ProofStep]) {
        for step in proof {
            let (id, vote) = match &step.ground {
                Ground::Report { report, votes, .. } => (*report, votes.first()),
                Ground::Linked { report, .. } => (*report, None),
                Ground::Supplied { .. }
                | Ground::NotAsked { .. }
                | Ground::Summary { .. }
                | Ground::Evidence { .. }
                | Ground::Assumed { .. }
                | Ground::Origin { .. } => continue,
            };
            let Some(report) = view.provenance().reports().iter().find(|report| report.id() == id) else {
                continue;
            };
            let known = self.reports.entry(id).or_insert((report, None));
            known.1 = known.1.take().or_else(|| vote.cloned());
            let subjects = report.statement().subject().iter();
            let subjects = subjects.map(|subject| (subject.digest, subject.path.as_ref()));
            let inputs = report.predicate().inputs.iter().map(|input| (input.digest, Some(&input.path)));
            for (digest, path) in subjects.chain(inputs) {
                let known = self.artifacts.entry(digest).or_insert(path);
                *known = known.or(path);
            }
        }
    }

    fn bom(&self, view: &View<'v>, complete: bool) -> Bom {
        let root = view.artifact();
        let others = self.artifacts.iter().filter(|(digest, _)| **digest != root);
        let components: Vec<Component> = others.map(|(digest, path)| self.artifact(*digest, *path)).collect();
        let policy = view.policy();
        let cdi =
            Component { version: Some(env!("CARGO_PKG_VERSION").to_owned()), ..bare("application", "cdi") };
        Bom {
            schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
            bom_format: "CycloneDX",
            spec_version: "1.6",
            serial_number: self.serial_number(view),
            version: 1,
            metadata: Metadata {
                timestamp: view.at(),
                tools: Tools { components: vec![cdi] },
                component: self.artifact(root, self.artifacts.get(&root).copied().flatten()),
                properties: vec![
                    Property::new("cdi:principal", policy.principal()),
                    Property::new("cdi:policy", policy.digest()),
                ],
            },
            components,
            compositions: vec![Composition {
                aggregate: if complete { "complete" } else { "unknown" },
                assemblies: vec![reference(root)],
            }],
            formulation: vec![self.formula(view)],
        }
    }

    fn artifact(&self, digest: ArtifactDigest, path: Option<&RecordedPath>) -> Component {
        let name = path.map_or_else(|| digest.to_string(), ToString::to_string);
        let words = self.properties.get(&digest).into_iter().flatten();
        let words = words.map(|word| Property::new("cdi:property", word));
        // CycloneDX has no hash of a folder.
        let tree = digest.is_tree().then(|| Property::new("cdi:dirHash1", digest.digits()));
        Component {
            bom_ref: Some(reference(digest)),
            hashes: digest.file().map(Hash::of).into_iter().collect(),
            properties: tree.into_iter().chain(words).collect(),
            ..bare(if digest.is_tree() { "data" } else { "file" }, &name)
        }
    }

    fn formula(&self, view: &View<'v>) -> Formula {
        let mut tools: BTreeMap<String, Component> = BTreeMap::new();
        let mut workflows = Vec::new();
        for (report, vote) in self.reports.values() {
            let used = used(view, report.predicate(), vote.as_ref());
            let references = used.iter().filter_map(|component| component.bom_ref.clone());
            let references: BTreeSet<Reference> = references.map(|to| Reference { to }).collect();
            workflows.push(workflow(report, references.into_iter().collect()));
            for component in used {
                tools.entry(component.bom_ref.clone().unwrap_or_default()).or_insert(component);
            }
        }
        Formula { bom_ref: "formula", components: tools.into_values().collect(), workflows }
    }

    /// The same chain at the same time has the same number: what it is made of is its digest, in the form of a UUID whose
    /// content is its maker's own (version 8 of RFC 9562).
    fn serial_number(&self, view: &View<'v>) -> String {
        let mut text = format!("{} {} {}", view.artifact(), view.policy().digest(), view.at());
        self.reports.keys().for_each(|id| text.push_str(&format!(" {id}")));
        let hex = Sha256::of(text.as_bytes()).to_string();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        format!(
            "urn:uuid:{}-{}-8{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}

/// The tool of a run: what of it ran, the libraries that it loaded, and who recorded it.
fn used(view: &View<'_>, report: &Report, vote: Option<&Vote>) -> Vec<Component> {
    let certified = vote.and_then(|vote| certification(view, vote));
    let entry = |index: usize| certified.filter(|_| index == 0).map(|found| &found.tool);
    let executables = report.tool.executables.iter().enumerate().map(|(index, file)| Component {
        supplier: entry(index).map(|tool| Supplier { name: tool.supplier.to_string() }),
        version: entry(index).map(|tool| tool.version.to_string()),
        ..measured(
            "application",
            &entry(index).map_or_else(|| file.path.to_string(), |tool| tool.name.to_string()),
            file.sha256,
        )
    });
    let libraries = match &report.tool.libraries {
        Libraries::Measured(libraries) => libraries.as_slice(),
        Libraries::Unmeasured => &[],
    };
    let libraries = libraries.iter().map(|file| measured("library", file.path.as_str(), file.sha256));
    let recorder = measured("application", report.recorder.path.as_str(), report.recorder.sha256);
    executables.chain(libraries).chain([recorder]).collect()
}

fn measured(kind: &'static str, name: &str, sha256: FileDigest) -> Component {
    let (bom_ref, hashes) = (Some(format!("tool:{sha256}")), vec![Hash::of(sha256.sha256())]);
    Component { bom_ref, hashes, ..bare(kind, name) }
}

fn bare(kind: &'static str, name: &str) -> Component {
    let (supplier, version, hashes, properties) = (None, None, Vec::new(), Vec::new());
    Component { kind, bom_ref: None, supplier, name: name.to_owned(), version, hashes, properties }
}

fn workflow(signed: &Signed<Report>, resource_references: Vec<Reference>) -> Workflow {
    let (report, id) = (signed.predicate(), signed.id());
    let operation = &report.operation;
    let to = |digest: ArtifactDigest| Reference { to: reference(digest) };
    let inputs: BTreeSet<Taken> =
        report.inputs.iter().map(|input| Taken { resource: to(input.digest) }).collect();
    let (task, outputs) = match report.kind {
        ReportKind::Transform => {
            let made = super::report::subjects(signed)
                .map(|digest| Given { kind: "artifact", resource: to(digest) });
            ("build", made.collect::<BTreeSet<Given>>())
        }
        ReportKind::Inspection => ("scan", BTreeSet::new()),
    };
    let words = std::iter::once(&operation.program).chain(&operation.arguments);
    let executed = words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    Workflow {
        bom_ref: format!("report:{id}"),
        uid: id.to_string(),
        name: operation.program.clone(),
        resource_references,
        task_types: vec![task],
        steps: vec![Step { commands: vec![Command { executed }] }],
        inputs: inputs.into_iter().collect(),
        outputs: outputs.into_iter().collect(),
        time_start: operation.started_at,
        time_end: operation.finished_at,
        properties: vec![
            Property::new("cdi:report", id),
            Property::new("cdi:capture", report.capture.as_str()),
        ],
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "/._-+:,=@%".contains(c);
    if !word.is_empty() && word.chars().all(bare) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn reference(digest: ArtifactDigest) -> String {
    format!("artifact:{digest}")
}
