//! Nodes, from the files of their reports (rules V-NODE, M-MEMORY, P-FLEET).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_envelope::Envelope;
use cdi_placement::Environment;
use cdi_policy::{Configuration, PlaceOf};
use cdi_store::{read_bundle, read_bundles};
use cdi_types::{Bundle, Clock, FileDigest, KeyId, NodeEnvironment, NodeReport, Timestamp, Unverified};
use cdi_verify::{KnownKey, Provenance, SeenNode, Verified, nodes_in_force, nodes_to_remember, verify};
use serde::Serialize;

use crate::failure::Failure;
use crate::terminal;

/// How the names of files with reports end.
const SUFFIX: &str = ".intoto.jsonl";

/// What was read for reports of nodes. One file of a folder that cannot be read, or is over a limit, spoils nothing for the others.
pub(crate) struct ReportFiles {
    pub(crate) together: Unverified<Bundle>,
    /// Why files of folders were left out: by a code, in words.
    unread: Vec<(&'static str, String)>,
}

/// Reports of nodes, verified.
pub(crate) struct NodeReports<'c> {
    configuration: &'c Configuration,
    unread: &'c [(&'static str, String)],
    provenance: Verified<Provenance>,
    /// The newest ones that this host has seen before.
    seen: BTreeMap<KeyId, SeenNode>,
}

/// What counts of one node.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reported {
    /// The name that the configuration gives it, or that it gives itself.
    pub(crate) name: String,
    pub(crate) key: KeyId,
    pub(crate) serial: u64,
    pub(crate) until: Timestamp,
    pub(crate) architecture: String,
    pub(crate) cpu_milli: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) asserts: Vec<String>,
    pub(crate) environments: Vec<ReportedEnvironment>,
}

/// What a node says of one of its environments.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportedEnvironment {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    /// The executable of its runtime, if it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) executable: Option<FileDigest>,
    pub(crate) asserts: Vec<String>,
}

impl<'c> NodeReports<'c> {
    /// Verifies reports with the keys of the configuration and these.
    pub(crate) fn verified(
        files: &'c ReportFiles,
        configuration: &'c Configuration,
        keys: &[KnownKey],
        seen: BTreeMap<KeyId, SeenNode>,
    ) -> Result<Self, Failure> {
        let listed: Vec<KnownKey> = configuration.node_keys().cloned().map(KnownKey::from).collect();
        let provenance = verify(&files.together, listed.iter().chain(keys))
            .map_err(|error| Failure::failed(error.code(), error))?;
        Ok(Self { configuration, unread: &files.unread, provenance, seen })
    }

    /// The reports that count, and why others do not: by a code, in words.
    pub(crate) fn in_force(&self, clock: Clock) -> (Vec<&NodeReport>, Vec<(&'static str, String)>) {
        let discarded = self.provenance.get().discarded().iter();
        let mut faults: Vec<(&'static str, String)> = self
            .unread
            .iter()
            .cloned()
            .chain(discarded.map(|line| (line.code, line.reason.clone())))
            .collect();
        let mut reports = Vec::new();
        for found in nodes_in_force(&self.provenance, &self.seen, clock).into_values() {
            match found {
                Ok(report) => reports.push(report.predicate()),
                Err(fault) => faults.push((fault.code(), fault.to_string())),
            }
        }
        reports.sort_by_key(|report| (self.name(report), report.issuer));
        (reports, faults)
    }

    /// What is to be remembered of them.
    pub(crate) fn to_remember(&self, clock: Clock) -> BTreeMap<KeyId, SeenNode> {
        nodes_to_remember(&self.provenance, clock)
    }

    /// The name that the configuration gives a node; of one that it does not list, the node's own with its key, so that it
    /// cannot take the name of another.
    pub(crate) fn name(&self, report: &NodeReport) -> String {
        let own = || format!("{}@{}", report.name, report.issuer.short());
        self.configuration.node(report.issuer).map_or_else(own, |node| node.name.to_string())
    }

    /// Whether the configuration lists the node.
    pub(crate) fn lists(&self, report: &NodeReport) -> bool {
        self.configuration.node(report.issuer).is_some()
    }

    /// The class by which a node is priced, if the configuration says.
    pub(crate) fn class(&self, report: &NodeReport) -> Option<String> {
        self.configuration.node(report.issuer)?.class.as_ref().map(ToString::to_string)
    }

    /// An environment of a node as a place.
    pub(crate) fn place(&self, report: &NodeReport, environment: &NodeEnvironment) -> Environment {
        let listed = self.configuration.node(report.issuer);
        let operator = listed.and_then(|node| node.operator.as_ref());
        Environment {
            name: format!("{}/{}", self.name(report), environment.name),
            provides: report.asserted_of(environment),
            asserted_by: operator.unwrap_or(self.configuration.host()).clone(),
            of: match listed {
                Some(_) => PlaceOf::Fleet(report.issuer),
                None => PlaceOf::Stranger(report.issuer),
            },
            runtime: environment.runtime.clone().map(Arc::new),
        }
    }

    /// What counts, for people and programs.
    pub(crate) fn reported(&self, clock: Clock) -> (Vec<Reported>, Vec<(&'static str, String)>) {
        let (reports, faults) = self.in_force(clock);
        (reports.into_iter().map(|report| self.one(report)).collect(), faults)
    }

    fn one(&self, report: &NodeReport) -> Reported {
        let texts = |all: &[cdi_types::PlatformProperty]| all.iter().map(ToString::to_string).collect();
        let environment = |one: &NodeEnvironment| ReportedEnvironment {
            name: one.name.to_string(),
            kind: one.kind.as_str(),
            executable: one.runtime.as_ref().map(|runtime| runtime.executable),
            asserts: texts(&one.asserts),
        };
        Reported {
            name: self.name(report),
            key: report.issuer,
            serial: report.serial,
            until: report.not_after,
            architecture: report.architecture.to_string(),
            cpu_milli: report.allocatable.cpu_milli,
            memory_bytes: report.allocatable.memory_bytes,
            asserts: texts(&report.asserts),
            environments: report.environments.iter().map(environment).collect(),
        }
    }
}

/// What lies in these files, and in the bundles of these folders.
pub(crate) fn reports(paths: &[PathBuf]) -> Result<ReportFiles, Failure> {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let (reports, others) = reports_in(path)?;
        unread.extend(others.iter().filter(|other| has_an_envelope(other)).map(|other| {
            let message =
                format!("`{}` is not read: its name does not end in `{SUFFIX}`", terminal::path(other));
            ("node-file-name", message)
        }));
        for file in reports {
            match read_bundle(&file) {
                Ok(_) => files.push(file),
                Err(error) => unread.push((error.code(), error.to_string())),
            }
        }
    }
    Ok(ReportFiles { together: read_bundles(&files)?.together, unread })
}

/// Whether a file is evidence by what is in it. Nobody's report has a megabyte.
fn has_an_envelope(path: &Path) -> bool {
    let small = path.metadata().is_ok_and(|found| found.is_file() && found.len() < 1 << 20);
    let read = small.then(|| read_bundle(path).ok()).flatten();
    read.is_some_and(|bundle| bundle.as_untrusted().lines().any(|line| Envelope::parse(line.bytes).is_ok()))
}

/// The bundles of a folder, and the other files there, each in the order of their names. Hidden ones are nobody's reports.
fn reports_in(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::failed("folder-unreadable", error).about(folder.display());
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(SUFFIX) {
            files.push(path);
        } else if !name.starts_with('.') && !path.is_dir() {
            others.push(path);
        }
    }
    files.sort();
    others.sort();
    Ok((files, others))
}
