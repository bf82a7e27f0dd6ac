//! The walk from an artifact to a decision: store, verify, appraise, decide, place. `cdi verify` and `cdi run` share it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cdi_decider::{Decided, Decider, Party, Seat};
use cdi_placement::{Environment, Placement, Settled};
use cdi_policy::{
    Catalogues, Configuration, ConfigurationError, PlatformProperty, PrincipalFindings, Request, RunLimits,
};
use cdi_store::{
    Bundles, StoreError, default_bundle_path, read_artifact, read_bundles_remembering, read_document,
};
use cdi_types::{Artifact, Bundle, CatalogueDigest, Clock, Sha256, StatementId, Unverified};
use cdi_verify::{
    FirstSeen, Ground, Patience, ProofStep, Provenance, Signed, SignedEvidence, SignedSummary, Vantage,
    Verification, Verified,
};
use clap::Args;

use crate::catalogues;
use crate::checked::{Checked, Made};
use crate::embedded;
use crate::failure::Failure;
use crate::grants::GrantArguments;
use crate::memory::{Remembered, StateArguments};
use crate::parties;
use crate::progress::Progress;
use crate::walk_log;
use crate::words;

/// What both commands are told.
#[derive(Args)]
pub(crate) struct DecisionArguments {
    /// The artifact
    pub(crate) artifact: PathBuf,
    /// Who must agree, and what this host has to give
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    pub(crate) config: PathBuf,
    /// A bundle of evidence; may be given several times [default: ARTIFACT.intoto.jsonl]
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Vec<PathBuf>,
    /// The environment to run in: one of the gate's own or of the configuration; `none` asks what the code leaves open
    #[arg(long, value_name = "NAME", default_value = "embedded")]
    pub(crate) environment: String,
    #[command(flatten)]
    pub(crate) grants: GrantArguments,
    #[command(flatten)]
    pub(crate) state: StateArguments,
}

/// The environments that the gate in this program provides, with what it provides in each.
pub(crate) type Embedded = Vec<(String, Vec<PlatformProperty>)>;

/// Everything that a decision rests on, read and held to its form.
pub(crate) struct Walk {
    pub(crate) artifact: Artifact,
    pub(crate) catalogues: Catalogues,
    pub(crate) configuration: Configuration,
    pub(crate) parties: Vec<Party>,
    pub(crate) request: Request,
    pub(crate) environment: Option<Environment>,
    pub(crate) evidence: Bundles,
    /// The bundle that was looked for beside the artifact and is not there.
    pub(crate) no_bundle: Option<PathBuf>,
    /// What this host remembers of earlier decisions.
    pub(crate) memory: Remembered,
    /// Whether the runtime of the place is measured.
    pub(crate) measured: Measured,
}

/// Whether the runtime of a place is measured. It is a large file to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measured {
    /// Where the evidence certifies one, or it is another program than this.
    WhereAsked,
    /// Always.
    Always,
}

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) provenance: Option<Verified<Provenance>>,
    /// The place that was decided for, with its runtime if it was measured.
    pub(crate) environment: Option<Environment>,
    /// The policies that were decided by; none if the bundle as a whole could not be used.
    pub(crate) seats: Vec<Seat>,
    /// When this host had first relied on the reports of the evidence, before this.
    pub(crate) seen: FirstSeen,
    pub(crate) verdict: Verdict,
    /// The signatures that were checked, to be kept.
    pub(crate) checked: Option<Made>,
}

impl Outcome {
    /// How each policy came out.
    pub(crate) fn findings(&self) -> &[PrincipalFindings] {
        let Verdict::Settled(settled) = &self.verdict else { return &[] };
        match settled.as_ref() {
            Settled::Allow(placement) => placement.admitted().principals(),
            Settled::Deny(refusal) | Settled::Unknown(refusal) => &refusal.principals,
        }
    }

    /// The lines of the evidence that whom they name has not signed: they never show anything, whoever decides.
    pub(crate) fn unsigned(&self) -> BTreeSet<usize> {
        let discarded = self.provenance.iter().flat_map(|provenance| provenance.get().discarded());
        discarded.filter(|one| one.code == "signature-invalid").map(|one| one.line).collect()
    }

    /// Where it may run, of an allow.
    pub(crate) fn placement(&self) -> Option<&Placement> {
        let Verdict::Settled(settled) = &self.verdict else { return None };
        match settled.as_ref() {
            Settled::Allow(placement) => Some(placement),
            Settled::Deny(_) | Settled::Unknown(_) => None,
        }
    }

    /// Every statement that was verified for the decision, by its id.
    pub(crate) fn statements(&self) -> Vec<StatementId> {
        let Some(evidence) = self.provenance.as_ref().map(Verified::get) else { return Vec::new() };
        let reports = evidence.reports().iter().map(Signed::id);
        let certifications = evidence.certifications().iter().map(Signed::id);
        let endorsements = evidence.endorsements().iter().map(Signed::id);
        let origins = evidence.origins().iter().map(Signed::id);
        let lists = evidence.revocations().iter().map(Signed::id);
        let policies = evidence.editions().iter().map(Signed::id);
        let waivers = evidence.waivers().iter().map(Signed::id);
        let summaries = evidence.summaries().iter().map(SignedSummary::id);
        let foreign = evidence.evidence().iter().map(SignedEvidence::id);
        let filed = self.seats.iter().filter_map(Seat::edition).map(|edition| edition.id);
        let all = reports.chain(certifications).chain(endorsements).chain(origins).chain(lists);
        let all: BTreeSet<StatementId> =
            all.chain(policies).chain(waivers).chain(summaries).chain(foreign).chain(filed).collect();
        all.into_iter().collect()
    }

    /// The reports on which an allow rests; of a refusal none.
    pub(crate) fn relied_on(&self) -> BTreeSet<StatementId> {
        let Verdict::Settled(settled) = &self.verdict else { return BTreeSet::new() };
        let Settled::Allow(placement) = settled.as_ref() else { return BTreeSet::new() };
        let reasons = placement.admitted().principals().iter().flat_map(|findings| &findings.reasons);
        let report = |step: &ProofStep| match &step.ground {
            Ground::Report { report, .. } | Ground::Linked { report, .. } => Some(*report),
            Ground::Supplied { .. }
            | Ground::NotAsked { .. }
            | Ground::Summary { .. }
            | Ground::Evidence { .. }
            | Ground::Assumed { .. }
            | Ground::Origin { .. } => None,
        };
        reasons.flat_map(|reason| &reason.proof).filter_map(report).collect()
    }
}

/// The verdict, with what the next step needs.
pub(crate) enum Verdict {
    Settled(Box<Settled>),
    /// The bundle as a whole is over a limit.
    Unusable {
        code: &'static str,
        message: String,
    },
}

impl Walk {
    /// Reads everything; nothing is decided yet. `program` are the arguments of the program that is to run.
    pub(crate) fn read(
        arguments: &DecisionArguments,
        embedded: &Embedded,
        program: &[String],
    ) -> Result<Self, Failure> {
        let (configuration, catalogues) = configuration(&arguments.config)?;
        let memory = Remembered::read(&arguments.state)?;
        Self::under((configuration, catalogues), memory, arguments, embedded, program)
    }

    /// As [`Self::read`], under a configuration and a memory that are at hand. Paths of the configuration start from the
    /// folder of `arguments.config`.
    pub(crate) fn under(
        configured: (Configuration, Catalogues),
        memory: Remembered,
        arguments: &DecisionArguments,
        embedded: &Embedded,
        program: &[String],
    ) -> Result<Self, Failure> {
        let reading = Progress::of("reading the artifact");
        let artifact = read_artifact(&arguments.artifact)?;
        drop(reading);
        Self::about(artifact, configured, memory, arguments, embedded, program)
    }

    /// As [`Self::under`], about an artifact that is at hand.
    pub(crate) fn about(
        artifact: Artifact,
        (configuration, catalogues): (Configuration, Catalogues),
        memory: Remembered,
        arguments: &DecisionArguments,
        embedded: &Embedded,
        program: &[String],
    ) -> Result<Self, Failure> {
        let reading = Progress::of("reading the evidence");
        let (evidence, no_bundle) = evidence(arguments, memory.lists())?;
        drop(reading);
        walk_log::read(&artifact.digest(), &evidence);
        // Whoever asks for other limits says so before anything is decided.
        let limits = configuration.limits().unwrap_or(RunLimits::USUAL);
        let request = arguments.grants.request(artifact.digest(), program, limits)?;
        let folder = arguments.config.parent().unwrap_or(Path::new(""));
        let required = configuration.required(&request).map_err(|error| known(error, &configuration))?;
        let party = |principal| parties::read(folder, principal, &configuration, &catalogues);
        let parties = required.into_iter().map(party).collect::<Result<Vec<_>, Failure>>()?;
        let environment = environment(&arguments.environment, &configuration, embedded)?;
        Ok(Self {
            artifact,
            catalogues,
            configuration,
            parties,
            request,
            environment,
            evidence,
            no_bundle,
            memory,
            measured: Measured::WhereAsked,
        })
    }

    /// Verifies, settles which policies are in force, appraises for each, decides and places.
    pub(crate) fn decide(&self, clock: Clock) -> Result<Outcome, Failure> {
        self.grounds().decide(clock)
    }

    pub(crate) const fn grounds(&self) -> Grounds<'_> {
        Grounds {
            catalogues: &self.catalogues,
            configuration: &self.configuration,
            parties: self.parties.as_slice(),
            request: &self.request,
            environment: self.environment.as_ref(),
            evidence: &self.evidence.together,
            memory: &self.memory,
            measured: self.measured,
            patience: Patience::Whole,
        }
    }

    /// The catalogues under which policies were read, the one that ships aside.
    pub(crate) fn extensions(&self, seats: &[Seat]) -> BTreeSet<CatalogueDigest> {
        let named = seats.iter().filter_map(|seat| seat.policy()?.catalogue());
        named.filter(|digest| *digest != self.catalogues.base().digest()).collect()
    }
}

/// What a decision rests on, whether the artifact's bytes are at hand or only its digest.
#[derive(Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) catalogues: &'a Catalogues,
    pub(crate) configuration: &'a Configuration,
    pub(crate) parties: &'a [Party],
    pub(crate) request: &'a Request,
    pub(crate) environment: Option<&'a Environment>,
    pub(crate) evidence: &'a Unverified<Bundle>,
    pub(crate) memory: &'a Remembered,
    pub(crate) measured: Measured,
    /// How much may be verified in vain.
    pub(crate) patience: Patience,
}

impl Grounds<'_> {
    /// Verifies, settles which policies are in force, appraises for each, decides and places.
    pub(crate) fn decide(&self, clock: Clock) -> Result<Outcome, Failure> {
        let (begun, _deciding) = (Instant::now(), Progress::of("verifying and deciding"));
        let request = self.request.clone();
        let decider = Decider::new(self.configuration, self.catalogues, self.parties, request)
            .map_err(|error| Failure::failed(error.code(), error))?;
        let checked = Checked::about(self.request.artifact, self.memory.checks().as_ref());
        let found = decider.verify_helped(self.evidence, self.patience, checked.help());
        let Verification { provenance, checks } = match found {
            Ok(found) => {
                walk_log::verified(&found.provenance, begun);
                found
            }
            Err(error) => {
                let verdict = Verdict::Unusable { code: error.code(), message: error.to_string() };
                let environment = self.environment.cloned();
                let (seats, seen) = (Vec::new(), FirstSeen::default());
                return Ok(Outcome { provenance: None, environment, seats, seen, verdict, checked: None });
            }
        };
        let environment = self.placed(&provenance)?;
        let seen = self.memory.first_seen(&provenance)?;
        let vantage = Vantage::remembering(clock, &seen);
        let edition = |party: &Party| self.memory.edition(party);
        let Decided { seats, settled } = decider.decide(&provenance, environment.clone(), vantage, edition);
        let verdict = Verdict::Settled(Box::new(settled));
        let checked = Some(checked.made(checks));
        Ok(Outcome { provenance: Some(provenance), environment, seats, seen, verdict, checked })
    }

    /// The environment, with its runtime where that is measured.
    fn placed(&self, provenance: &Verified<Provenance>) -> Result<Option<Environment>, Failure> {
        let Some(place) = self.environment else { return Ok(None) };
        let drivers = embedded::drivers(Some(self.configuration))?;
        let asked = self.measured == Measured::Always
            || embedded::asked_for(provenance)
            || embedded::is_another_program(&drivers, &place.name);
        let runtime = if asked { embedded::runtime(&drivers, &place.name)? } else { None };
        Ok(Some(Environment { runtime, ..place.clone() }))
    }
}

/// The configuration, and the catalogues that it names.
pub(crate) fn configuration(path: &Path) -> Result<(Configuration, Catalogues), Failure> {
    digested_configuration(path).map(|(read, _)| read)
}

/// The same, with the digest of the document as it was read: for records of decisions.
pub(crate) fn digested_configuration(path: &Path) -> Result<((Configuration, Catalogues), Sha256), Failure> {
    let bytes = read_document(path).map_err(|error| {
        Failure::from(error)
            .hint("name the configuration with `--config FILE`: it says whose policies must agree")
    })?;
    let mut catalogues = Catalogues::builtin()?;
    let about = |error, known: &Catalogues| words::unread(error, known).about(path.display());
    for entry in Configuration::catalogues(&bytes).map_err(|error| about(error, &catalogues))? {
        let file = path.parent().unwrap_or(Path::new("")).join(&entry.path);
        let document = read_document(&file).map_err(|error| {
            Failure::from(error)
                .hint(format!("the configuration `{}` names it as a catalogue", path.display()))
        })?;
        let taken = entry.load(&document, &mut catalogues);
        taken.map_err(|error| catalogues::unread(error.into()).about(file.display()))?;
    }
    let configuration =
        Configuration::load(&bytes, &catalogues).map_err(|error| about(error, &catalogues))?;
    Ok(((configuration, catalogues), Sha256::of(&bytes)))
}

/// The evidence; an artifact without a bundle beside it is one of which nothing is proved, and whoever asks for nothing
/// still accepts it.
fn evidence(
    arguments: &DecisionArguments,
    remembered: &[String],
) -> Result<(Bundles, Option<PathBuf>), Failure> {
    if !arguments.bundle.is_empty() {
        return Ok((read_bundles_remembering(&arguments.bundle, remembered)?, None));
    }
    let beside = default_bundle_path(&arguments.artifact);
    match read_bundles_remembering([&beside], remembered) {
        Err(StoreError::Missing { .. }) => {
            Ok((read_bundles_remembering::<PathBuf>([], remembered)?, Some(beside)))
        }
        other => Ok((other?, None)),
    }
}

pub(crate) fn environment(
    name: &str,
    configuration: &Configuration,
    embedded: &Embedded,
) -> Result<Option<Environment>, Failure> {
    if name == "none" {
        return Ok(None);
    }
    let provided = embedded.iter().find(|(known, _)| known == name);
    let provides =
        configuration.environment(name, provided.map(|(_, provides)| provides.as_slice())).map_err(
            |error| match cdi_gate::Driver::named(&cdi_gate::Driver::all(), name) {
                Some(_) => Failure::from(error).hint(
                    "it is on offer only where the configuration describes it, under `environments`: a program may do there what its \
                     user may",
                ),
                None => Failure::from(error).known("environments", name, &environments(configuration, embedded)),
            },
        )?;
    let (name, asserted_by) = (name.to_owned(), configuration.host().clone());
    Ok(Some(Environment { name, provides, asserted_by, of: cdi_policy::PlaceOf::Decider, runtime: None }))
}

/// The names for `--environment`: the gate's own, and those of the configuration.
fn environments<'a>(configuration: &'a Configuration, embedded: &'a Embedded) -> Vec<&'a str> {
    let own = embedded.iter().map(|(name, _)| name.as_str());
    let described = configuration.environments().iter().map(|environment| environment.name.as_str());
    let all: BTreeSet<&str> = own.chain(described).chain(["none"]).collect();
    all.into_iter().collect()
}

/// A request for a directory that is not there, with those that are.
fn known(error: ConfigurationError, configuration: &Configuration) -> Failure {
    let ConfigurationError::UnknownDirectory { name } = &error else { return error.into() };
    let wanted = name.to_string();
    let names: Vec<&str> =
        configuration.directories().iter().map(|directory| directory.name.as_str()).collect();
    Failure::from(error).known("directories of the configuration", &wanted, &names)
}
