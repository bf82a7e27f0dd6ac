//! The decision about a program that runs, made again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cdi_decider::{Party, Seat};
use cdi_journal::GivenBundle;
use cdi_placement::Environment;
use cdi_policy::{Access, Catalogues, Configuration, Request, RequestedDirectory, RunLimits};
use cdi_store::{Running, read_document};
use cdi_types::{Clock, Duration, Sha256, Timestamp};
use cdi_verify::Patience;

use super::evidence::Evidence;
use super::heard::Heard;
use super::taken_back::TakenBack;
use crate::decision::{self, Embedded, Grounds, Measured, Outcome, Verdict};
use crate::failure::Failure;
use crate::judged::Judging;
use crate::memory::Remembered;
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
    evidence: Evidence,
    pub(super) outcome: Outcome,
}

/// What came of looking at a program.
pub(super) enum Looked {
    /// It was decided about.
    Decided(Box<Again>),
    /// Nobody needed to be asked.
    TakenBack(Box<TakenBack>),
}

impl Looked {
    /// Decides by what the files have now (rule J-WATCH).
    ///
    /// # Errors
    /// What cannot be read, so that nothing is decided.
    pub(super) fn of(record: &Running, given: &Given<'_>) -> Result<Self, Failure> {
        let config = configuration_of(record, given.config);
        let ((configuration, catalogues), document) = decision::digested_configuration(&config)?;
        let folder = config.parent().unwrap_or(Path::new(""));
        let request = request(record);
        if let Some(taken) = TakenBack::of(record, &request, (&configuration, document), given.embedded) {
            return Ok(Self::TakenBack(Box::new(taken)));
        }
        let heard = Heard::of(record, &request, (&configuration, &catalogues), folder)?;
        let Heard { configuration, parties, unheard } = heard;
        let environment = decision::environment(&record.environment, &configuration, given.embedded)?;
        let decided = |evidence: &Evidence, patience| {
            let grounds = Grounds {
                catalogues: &catalogues,
                configuration: &configuration,
                parties: &parties,
                request: &request,
                environment: environment.as_ref(),
                evidence: &evidence.all,
                memory: given.memory,
                measured: Measured::WhereAsked,
                patience,
            };
            grounds.decide(Clock::at(given.at))
        };
        let mut evidence = Evidence::as_it_is(record, given)?;
        let mut outcome = decided(&evidence, Patience::Little)?;
        if let Verdict::Unusable { code, message } = &outcome.verdict {
            evidence = Evidence::as_it_was(record, given, &Failure::failed(code, message))?;
            outcome = decided(&evidence, Patience::Whole)?;
        }
        given.memory.keep(&outcome, given.at);
        let again =
            Again { configuration, catalogues, document, parties, request, environment, evidence, outcome };
        match unheard.filter(|_| again.judged().0 != Word::Deny) {
            Some(failure) => Err(failure),
            None => Ok(Self::Decided(Box::new(again))),
        }
    }
}

impl Again {
    /// The files of the evidence, as they are now.
    pub(super) fn bundles(&self) -> Vec<GivenBundle> {
        self.evidence.bundles.clone()
    }

    /// Files of the evidence that are of no use now.
    pub(super) fn unusable(&mut self) -> Vec<Shown> {
        std::mem::take(&mut self.evidence.unusable)
    }

    pub(super) fn grounds<'a>(&'a self, memory: &'a Remembered) -> Grounds<'a> {
        Grounds {
            catalogues: &self.catalogues,
            configuration: &self.configuration,
            parties: &self.parties,
            request: &self.request,
            environment: self.environment.as_ref(),
            evidence: &self.evidence.all,
            memory,
            measured: Measured::WhereAsked,
            patience: Patience::Whole,
        }
    }

    /// Until when the outcome stays as it is if no file changes, if it ever comes out otherwise by itself.
    pub(super) fn until(&self, at: Timestamp) -> Option<Timestamp> {
        let provenance = self.outcome.provenance.as_ref()?;
        let policies = self.outcome.seats.iter().filter_map(Seat::policy);
        let end = settled(provenance, policies, &self.parties, Clock::at(at)).end;
        (end > at && end.unix() < u64::MAX).then_some(end)
    }

    /// What it came to. What was kept of the evidence, with what is given, is over a limit only by what this host brings: that says
    /// nothing against what runs.
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
        limits: RunLimits {
            memory_bytes: record.limits.memory_bytes,
            time: Duration::from_seconds(record.limits.time_seconds),
        },
    }
}
