//! What a placement rests on: the workload, the configuration, policies, evidence, nodes and prices.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cdi_decider::Party;
use cdi_envelope::Envelope;
use cdi_journal::Occasion;
use cdi_placement::CostModel;
use cdi_policy::{
    Catalogues, Configuration, Policy, RequiredPrincipal, WorkloadDocument, WorkloadDocumentError,
};
use cdi_store::{default_bundle_path, read_artifact, read_document};
use cdi_types::{AnyStatement, Artifact, Bundle, Sha256, StatementId, Unverified, parse_statement};

use crate::decision::{DecisionArguments, Walk, digested_configuration};
use crate::decision_record::Undecided;
use crate::embedded;
use crate::failure::Failure;
use crate::grants::GrantArguments;
use crate::id_prefix::IdPrefix;
use crate::memory::{Remembered, StateArguments};
use crate::node_reports::{self, ReportFiles};
use crate::{parties, words};

/// What is supposed to be otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Statements that are not there.
    pub(crate) without: Vec<IdPrefix>,
    /// More reports of nodes.
    pub(crate) nodes: Vec<PathBuf>,
    /// Documents in the place of their principals' policies.
    pub(crate) policies: Vec<PathBuf>,
}

/// What a placement is asked for.
pub(crate) struct Wanted<'a> {
    pub(crate) workload: &'a Path,
    pub(crate) config: &'a Path,
    pub(crate) nodes: &'a [PathBuf],
    pub(crate) cost: Option<&'a Path>,
    pub(crate) state: &'a StateArguments,
}

/// Everything that a placement rests on, read and held to its form.
pub(crate) struct Inputs {
    pub(crate) workload: WorkloadDocument,
    /// The digest of the configuration's document.
    pub(crate) configuration: Sha256,
    /// As if somebody had asked about the artifact alone.
    pub(crate) decision: DecisionArguments,
    pub(crate) walk: Walk,
    pub(crate) evidence: Unverified<Bundle>,
    pub(crate) reports: ReportFiles,
    pub(crate) cost: Option<CostModel>,
    /// Where it is written what environments of this machine were measured to cost.
    pub(crate) state: StateArguments,
}

/// What is read first: enough to write down that nothing could be decided.
pub(crate) struct Known {
    workload: WorkloadDocument,
    configured: (Configuration, Catalogues),
    configuration: Sha256,
    decision: DecisionArguments,
    artifact: Artifact,
}

impl Known {
    pub(crate) fn read(wanted: &Wanted<'_>) -> Result<Self, Failure> {
        let workload = workload(wanted.workload)?;
        let folder = wanted.workload.parent().unwrap_or(Path::new(""));
        let decision = DecisionArguments {
            artifact: folder.join(&workload.artifact().path),
            config: wanted.config.to_owned(),
            bundle: bundles(&workload, folder),
            environment: "none".to_owned(),
            grants: GrantArguments { directories: workload.directories(), variables: workload.variables() },
            state: wanted.state.clone(),
        };
        let (configured, configuration) = digested_configuration(wanted.config)?;
        let artifact = read_artifact(&decision.artifact)?;
        Ok(Self { workload, configured, configuration, decision, artifact })
    }

    /// The record to write if nothing comes of it.
    pub(crate) fn undecided(&self) -> Undecided {
        let (configuration, _) = &self.configured;
        Undecided {
            occasion: Occasion::Deploy,
            path: self.decision.artifact.clone(),
            artifact: self.artifact.digest(),
            configuration: (configuration.name().clone(), self.configuration),
            arguments: self.workload.arguments().to_vec(),
            variables: self.decision.grants.variables.iter().map(|(name, _)| name.clone()).collect(),
            directories: self.decision.grants.directories.clone(),
            limits: None,
            runs: None,
        }
    }

    /// All the rest.
    pub(crate) fn inputs(self, wanted: &Wanted<'_>, changes: &Changes) -> Result<Inputs, Failure> {
        let Self { workload, configured, configuration, decision, artifact } = self;
        let memory = Remembered::read(wanted.state)?;
        let embedded = embedded::environments()?;
        let mut walk = Walk::about(artifact, configured, memory, &decision, &embedded, workload.arguments())?;
        workload.is_of(walk.artifact.digest()).map_err(|error| Failure::failed(error.code(), error))?;
        let config_folder = wanted.config.parent().unwrap_or(Path::new(""));
        let known = (&walk.configuration, &walk.catalogues);
        parties::name(&mut walk.parties, workload.principals(), config_folder, known)?;
        changes.policies.iter().try_for_each(|path| instead(&mut walk, path))?;
        let nodes: Vec<PathBuf> = wanted.nodes.iter().chain(&changes.nodes).cloned().collect();
        let reports = node_reports::reports(&nodes)?;
        let evidence =
            with_lists_of(&without(&walk.evidence.together, &changes.without)?, &reports.together)?;
        let cost = wanted.cost.map(cost).transpose()?;
        Ok(Inputs {
            workload,
            configuration,
            decision,
            walk,
            evidence,
            reports,
            cost,
            state: wanted.state.clone(),
        })
    }
}

impl Inputs {
    pub(crate) fn read(wanted: &Wanted<'_>, changes: &Changes) -> Result<Self, Failure> {
        Known::read(wanted)?.inputs(wanted, changes)
    }
}

fn workload(path: &Path) -> Result<WorkloadDocument, Failure> {
    let bytes = read_document(path)?;
    let unread = |error| match error {
        WorkloadDocumentError::Document(error) => words::misspelt(&error),
        error => Failure::failed(error.code(), error),
    };
    WorkloadDocument::load(&bytes).map_err(|error| unread(error).about(path.display()))
}

fn cost(path: &Path) -> Result<CostModel, Failure> {
    let bytes = read_document(path)?;
    cdi_policy::load_spec(&bytes, "CostModel").map_err(|error| words::misspelt(&error).about(path.display()))
}

/// The bundles of the artifact, and those that travel with the data.
fn bundles(workload: &WorkloadDocument, folder: &Path) -> Vec<PathBuf> {
    let named = &workload.artifact().bundles;
    let beside = default_bundle_path(folder.join(&workload.artifact().path));
    let of_data = workload.data().iter().filter_map(|data| data.policy.as_ref());
    let own: Vec<PathBuf> = match named.as_slice() {
        [] if workload.data().iter().all(|data| data.policy.is_none()) => return Vec::new(),
        [] => [beside].into_iter().filter(|path| path.exists()).collect(),
        named => named.iter().map(|path| folder.join(path)).collect(),
    };
    // One that is named again says nothing more.
    let mut known = BTreeSet::new();
    let all = own.into_iter().chain(of_data.map(|path| folder.join(path)));
    all.filter(|path| known.insert(path.clone())).collect()
}

/// Puts a document in the place of its principal's policy.
fn instead(walk: &mut Walk, path: &Path) -> Result<(), Failure> {
    let about = |failure: Failure| failure.about(path.display());
    let bytes = read_document(path)?;
    let policy = Policy::load(&bytes, &walk.catalogues)
        .map_err(|error| about(words::unread(error.into(), &walk.catalogues)))?;
    let of_it = |party: &&mut Party| party.principal().name == *policy.principal();
    let Some(party) = walk.parties.iter_mut().find(of_it) else {
        let message = format!("`{}` is not asked about this workload", policy.principal());
        return Err(about(Failure::failed("usage", message)));
    };
    if party.key().is_some() {
        let message = format!("`{}` signs its policies, and this document is not signed", policy.principal());
        return Err(about(Failure::failed("usage", message)));
    }
    let principal = RequiredPrincipal { sha256: None, ..party.principal().clone() };
    walk.configuration = walk.configuration.clone().unpinned(&principal.name);
    *party = Party::new(&principal, Some(bytes), &walk.configuration, &walk.catalogues)
        .map_err(|error| about(Failure::failed(error.code(), error)))?;
    Ok(())
}

/// The evidence with the revocation lists that lie among reports of nodes: what authorities have revoked is asked wherever
/// they say it (rule M-NODE).
fn with_lists_of(
    evidence: &Unverified<Bundle>,
    reports: &Unverified<Bundle>,
) -> Result<Unverified<Bundle>, Failure> {
    let is_list = |line: &[u8]| {
        let statement =
            Envelope::parse(line).ok().map(|envelope| parse_statement(envelope.into_untrusted().payload()));
        matches!(statement, Some(Ok((_, AnyStatement::Revocations(_)))))
    };
    let lists = reports.as_untrusted().lines().map(|line| line.bytes).filter(|line| is_list(line));
    let lines: Vec<&[u8]> = evidence.as_untrusted().lines().map(|line| line.bytes).chain(lists).collect();
    Bundle::parse(lines.join(&b'\n')).map_err(|error| Failure::failed(error.code(), error))
}

/// The evidence without these statements.
fn without(evidence: &Unverified<Bundle>, ids: &[IdPrefix]) -> Result<Unverified<Bundle>, Failure> {
    let id = |line: &[u8]| Some(StatementId::of(Envelope::parse(line).ok()?.into_untrusted().payload()));
    let lines: Vec<&[u8]> = evidence.as_untrusted().lines().map(|line| line.bytes).collect();
    let known: Vec<Option<StatementId>> = lines.iter().map(|line| id(line)).collect();
    let mut gone = Vec::new();
    for prefix in ids {
        let missing = || {
            Failure::failed(
                "usage",
                format!("no statement of the evidence has an id that begins with `{prefix}`"),
            )
        };
        gone.push(prefix.among(known.iter().flatten().copied(), missing)?);
    }
    let kept = lines.iter().zip(&known).filter(|(_, id)| id.is_none_or(|id| !gone.contains(&id)));
    let bytes: Vec<&[u8]> = kept.map(|(line, _)| *line).collect();
    Bundle::parse(bytes.join(&b'\n')).map_err(|error| Failure::failed(error.code(), error))
}
