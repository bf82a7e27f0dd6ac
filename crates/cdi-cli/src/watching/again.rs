//! The decision about a program that runs, made again.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use cdi_decider::{Party, Seat};
use cdi_journal::GivenBundle;
use cdi_placement::Environment;
use cdi_policy::{Access, Catalogues, Configuration, Request, RequestedDirectory};
use cdi_store::{Running, StoreError, read_bundle, read_bundles, read_document, without_repetitions};
use cdi_types::{Bundle, Clock, Sha256, Timestamp, Unverified};

use crate::decision::{self, Embedded, Grounds, Measured, Outcome, Verdict};
use crate::decision_record;
use crate::failure::Failure;
use crate::judged::Judging;
use crate::memory::Remembered;
use crate::parties;
use crate::settled::settled;
use crate::shown::Shown;
use crate::verdict::{Principal, Word};

/// What stands beside every record.
pub(super) struct Given<'a> {
    pub(super) config: Option<&'a Path>,
    pub(super) bundles: &'a [PathBuf],
    pub(super) embedded: &'a Embedded,
    pub(super) memory: &'a Remembered,
    pub(super) at: Timestamp,
}

/// A program that was decided about again.
pub(super) struct Again {
    configuration: Configuration,
    catalogues: Catalogues,
    /// The digest of the configuration's document.
    pub(super) document: Sha256,
    parties: Vec<Party>,
    request: Request,
    environment: Option<Environment>,
    evidence: Unverified<Bundle>,
    /// The files of it, as they are now.
    pub(super) bundles: Vec<GivenBundle>,
    pub(super) outcome: Outcome,
}

impl Again {
    /// Decides by what the files have now (rule J-WATCH).
    ///
    /// # Errors
    /// What cannot be read, so that nothing is decided.
    pub(super) fn of(record: &Running, given: &Given<'_>) -> Result<Self, Failure> {
        let config = configuration_of(record, given.config);
        let ((configuration, catalogues), document) = decision::digested_configuration(&config)?;
        let folder = config.parent().unwrap_or(Path::new(""));
        let request = request(record);
        let party = |principal| parties::read(folder, principal, &configuration, &catalogues);
        let required = configuration.required(&request)?;
        let mut parties = required.into_iter().map(party).collect::<Result<Vec<_>, Failure>>()?;
        parties::name(&mut parties, &record.principals, folder, (&configuration, &catalogues))?;
        let environment = decision::environment(&record.environment, &configuration, given.embedded)?;
        let (evidence, bundles) = evidence(record, given)?;
        let grounds = Grounds {
            catalogues: &catalogues,
            configuration: &configuration,
            parties: &parties,
            request: &request,
            environment: environment.as_ref(),
            evidence: &evidence,
            memory: given.memory,
            measured: Measured::WhereAsked,
        };
        let outcome = grounds.decide(Clock::at(given.at))?;
        given.memory.keep(&outcome, given.at);
        Ok(Self {
            configuration,
            catalogues,
            document,
            parties,
            request,
            environment,
            evidence,
            bundles,
            outcome,
        })
    }

    pub(super) fn grounds<'a>(&'a self, memory: &'a Remembered) -> Grounds<'a> {
        Grounds {
            catalogues: &self.catalogues,
            configuration: &self.configuration,
            parties: &self.parties,
            request: &self.request,
            environment: self.environment.as_ref(),
            evidence: &self.evidence,
            memory,
            measured: Measured::WhereAsked,
        }
    }

    /// Until when the outcome stays as it is if no file changes, if it ever comes out otherwise by itself.
    pub(super) fn until(&self, at: Timestamp) -> Option<Timestamp> {
        let provenance = self.outcome.provenance.as_ref()?;
        let policies = self.outcome.seats.iter().filter_map(Seat::policy);
        let end = settled(provenance, policies, &self.parties, Clock::at(at)).end;
        (end > at && end.unix() < u64::MAX).then_some(end)
    }

    /// What it came to. Evidence that is over a limit shows nothing, against what runs neither: whoever can add lines to a
    /// bundle could stop the program by adding many.
    pub(super) fn judged(&self) -> (Word, Option<Shown>, Vec<Principal>) {
        let (word, error, principals) = Judging::of(&self.outcome).judged();
        match self.outcome.verdict {
            Verdict::Settled(_) => (word, error, principals),
            Verdict::Unusable { .. } => (Word::Unknown, error, principals),
        }
    }
}

/// The files that a decision about this record rests on, as far as they can be told.
pub(super) fn files(record: &Running, config: Option<&Path>) -> BTreeSet<PathBuf> {
    let config = configuration_of(record, config);
    let mut files: BTreeSet<PathBuf> = record.bundles.iter().map(PathBuf::from).collect();
    let folder = config.parent().unwrap_or(Path::new(""));
    // What the configuration names is told also where something that it names cannot be read.
    let bytes = read_document(&config).unwrap_or_default();
    let catalogues = Configuration::catalogues(&bytes).unwrap_or_default();
    files.extend(catalogues.iter().map(|entry| folder.join(&entry.path)));
    if let Ok((configuration, _)) = decision::configuration(&config) {
        let policies = configuration.principals().iter().filter_map(|principal| principal.policy.as_ref());
        files.extend(policies.map(|policy| folder.join(policy)));
    }
    files.insert(config);
    files
}

pub(super) fn configuration_of(record: &Running, config: Option<&Path>) -> PathBuf {
    config.map_or_else(|| PathBuf::from(&record.configuration), Path::to_owned)
}

/// What the program was given. Of a variable policies ask the name only, and its value is not written down.
pub(super) fn request(record: &Running) -> Request {
    let directories = record.directories.iter().map(|given| RequestedDirectory {
        name: given.name.clone(),
        access: if given.write { Access::ReadWrite } else { Access::Read },
    });
    Request {
        artifact: record.artifact,
        arguments: record.arguments.clone(),
        directories: directories.collect(),
        environment: record.variables.iter().map(|name| (name.clone(), String::new())).collect(),
    }
}

/// What it was let in by, what its bundles have now, what is given, and what this host remembers; each line once. A bundle
/// that is gone takes nothing away.
fn evidence(record: &Running, given: &Given<'_>) -> Result<(Unverified<Bundle>, Vec<GivenBundle>), Failure> {
    let mut lines: Vec<Vec<u8>> = record.evidence.iter().map(|line| line.clone().into_bytes()).collect();
    let mut bundles = Vec::new();
    for path in record.bundles.iter().map(Path::new) {
        match read_bundle(path) {
            Err(StoreError::Missing { .. }) => {}
            other => {
                let bytes = other?.into_untrusted().into_bytes();
                bundles.push(decision_record::given((path, Sha256::of(&bytes))));
                lines.push(bytes);
            }
        }
    }
    let beside = read_bundles(given.bundles)?;
    bundles.extend(beside.sources.digests().map(decision_record::given));
    lines.push(beside.together.into_untrusted().into_bytes());
    lines.extend(given.memory.lists().iter().map(|line| line.clone().into_bytes()));
    // What a bundle still has is in the record too: a legal bundle must not be over a limit for being read twice.
    let mut seen = HashSet::new();
    let each = lines.iter().flat_map(|lines| lines.split(|byte| *byte == b'\n'));
    let all = cdi_store::join_lines(each.filter(|line| !line.is_empty() && seen.insert(*line)));
    let over = |error: cdi_types::BundleError| Failure::failed(error.code(), error);
    let all = Bundle::parse(all).map_err(over)?;
    let all = Bundle::parse(without_repetitions(all.as_untrusted()).bytes).map_err(over)?;
    Ok((all, bundles))
}
