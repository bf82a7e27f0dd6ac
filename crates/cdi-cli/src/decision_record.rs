//! What the journal is to say of a decision (rule J-ENTRY).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cdi_decider::Seat;
use cdi_gate::DECISION_LIFETIME;
use cdi_journal::{
    Agreement, Decision, GivenBundle, GivenDirectory, GivenLimits, ListSerial, Occasion, Record, Verdict,
};
use cdi_policy::{Access, RequestedDirectory, RunLimits};
use cdi_types::{ArtifactDigest, KeyId, Name, Sha256, TYPE_PREFIX, Timestamp};
use cdi_verify::Verified;

use crate::decision::{Grounds, Outcome};
use crate::escaped::escaped;
use crate::failure::{Failure, Kind};
use crate::judged::Judging;
use crate::levels;
use crate::placing::HERE;
use crate::verdict::Word;

/// A decision that was made about a workload, at a place or at none.
pub(crate) struct Made<'a> {
    pub(crate) grounds: Grounds<'a>,
    pub(crate) occasion: Occasion,
    /// The process, of a program that runs.
    pub(crate) process: Option<String>,
    pub(crate) outcome: &'a Outcome,
    /// The digest of the configuration's document.
    pub(crate) configuration: Sha256,
    /// The artifact's file.
    pub(crate) path: &'a Path,
    /// The files of evidence that were read.
    pub(crate) bundles: Vec<GivenBundle>,
    pub(crate) at: Timestamp,
    /// What it came to, the choice of a place included.
    pub(crate) verdict: Word,
    /// The node and the environment that were chosen.
    pub(crate) place: Option<(String, String)>,
    /// Why places were ruled out, where none was chosen.
    pub(crate) ruled_out: BTreeSet<&'static str>,
}

impl Made<'_> {
    /// The record of it.
    ///
    /// # Errors
    /// `no-randomness`.
    pub(crate) fn record(&self) -> Result<Record, Failure> {
        let Self { grounds, outcome, at, .. } = self;
        let name = grounds.configuration.name();
        Ok(Record {
            name: file_name(self.path),
            artifact: grounds.request.artifact,
            verifier: uri("decider/v1", name),
            resource: file_uri(self.path),
            decided_at: *at,
            configuration: (uri("configuration/v1", name), self.configuration),
            evidence: outcome.statements(),
            levels: levels::of_all(outcome),
            decision: self.decision()?,
        })
    }

    fn decision(&self) -> Result<Decision, Failure> {
        let Self { grounds, outcome, at, verdict, .. } = self;
        let request = grounds.request;
        let (principals, codes) = self.said();
        let environment = outcome.environment.as_ref();
        Ok(Decision {
            verdict: word(*verdict),
            occasion: self.occasion,
            process: self.process.clone(),
            stopped: None,
            arguments: request.arguments.clone(),
            variables: request.environment.iter().map(|(name, _)| name.clone()).collect(),
            directories: directories(&request.directories),
            limits: Some(limits(request.limits)),
            bundles: self.bundles.clone(),
            annex: None,
            principals,
            lists: lists(outcome),
            node: self.place.as_ref().map(|(node, _)| node.clone()),
            environment: self.place.as_ref().map(|(_, environment)| environment.clone()),
            runtime: environment.and_then(|place| place.runtime.as_deref()).cloned(),
            expires: at.after(DECISION_LIFETIME),
            nonce: nonce()?,
            codes,
        })
    }

    /// What each principal said, and the codes of what failed.
    fn said(&self) -> (Vec<Agreement>, Vec<String>) {
        let (_, error, judged) = Judging::of(self.outcome).judged();
        let catalogue = |digest| {
            let mut policies = self.outcome.seats.iter().filter_map(Seat::policy);
            policies.find(|policy| policy.digest() == digest).and_then(|policy| policy.catalogue())
        };
        let failed = judged.iter().flat_map(|one| &one.failures).map(|failed| failed.shown.code);
        let codes: BTreeSet<&str> = failed
            .chain(error.iter().map(|error| error.code))
            .chain(self.ruled_out.iter().copied())
            .collect();
        let principals = judged.iter().zip(self.outcome.findings()).map(|(judged, findings)| Agreement {
            name: findings.principal.clone(),
            verdict: word(judged.verdict),
            policy: findings.policy,
            version: findings.edition.as_ref().map(|edition| edition.version),
            catalogue: findings.policy.and_then(catalogue),
        });
        (principals.collect(), codes.into_iter().map(str::to_owned).collect())
    }
}

/// A decision without any principal's: what is known where nothing was verified, or needed to be.
pub(crate) struct Undecided {
    pub(crate) occasion: Occasion,
    pub(crate) path: PathBuf,
    pub(crate) artifact: ArtifactDigest,
    /// The decider's name, and the digest of the configuration's document.
    pub(crate) configuration: (Name, Sha256),
    pub(crate) arguments: Vec<String>,
    /// The names of variables.
    pub(crate) variables: Vec<String>,
    pub(crate) directories: Vec<RequestedDirectory>,
    pub(crate) limits: Option<RunLimits>,
    /// The process and the environment, of a program that runs.
    pub(crate) runs: Option<(String, String)>,
}

impl Undecided {
    /// The record of it: nobody has said anything, and nothing was let in.
    ///
    /// # Errors
    /// `no-randomness`.
    pub(crate) fn record(&self, at: Timestamp, why: &Failure) -> Result<Record, Failure> {
        let (name, configuration) = &self.configuration;
        let decision = Decision {
            verdict: if why.kind == Kind::Denied { Verdict::Deny } else { Verdict::Unknown },
            occasion: self.occasion,
            process: self.runs.as_ref().map(|(process, _)| process.clone()),
            stopped: None,
            arguments: self.arguments.clone(),
            variables: self.variables.clone(),
            directories: directories(&self.directories),
            limits: self.limits.map(limits),
            bundles: Vec::new(),
            annex: None,
            principals: Vec::new(),
            lists: Vec::new(),
            node: self.runs.as_ref().map(|_| HERE.to_owned()),
            environment: self.runs.as_ref().map(|(_, environment)| environment.clone()),
            runtime: None,
            expires: at.after(DECISION_LIFETIME),
            nonce: nonce()?,
            codes: vec![why.code.to_owned()],
        };
        Ok(Record {
            name: file_name(&self.path),
            artifact: self.artifact,
            verifier: uri("decider/v1", name),
            resource: file_uri(&self.path),
            decided_at: at,
            configuration: (uri("configuration/v1", name), *configuration),
            evidence: Vec::new(),
            levels: Vec::new(),
            decision,
        })
    }
}

fn uri(kind: &str, name: &Name) -> String {
    format!("{TYPE_PREFIX}{kind}#{}", escaped(name.as_str()))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn directories(wanted: &[RequestedDirectory]) -> Vec<GivenDirectory> {
    let given = |one: &RequestedDirectory| GivenDirectory {
        name: one.name.clone(),
        write: one.access == Access::ReadWrite,
    };
    wanted.iter().map(given).collect()
}

const fn limits(asked: RunLimits) -> GivenLimits {
    GivenLimits { memory_bytes: asked.memory_bytes, time_seconds: asked.time.seconds() }
}

/// A file of evidence, by the digest of the bytes that were read.
pub(crate) fn given((path, sha256): (&Path, Sha256)) -> GivenBundle {
    GivenBundle { uri: file_uri(path), sha256 }
}

/// The file as a URI, wherever the command was started.
pub(crate) fn file_uri(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let parts: Vec<String> = whole.split('/').map(escaped).collect();
    format!("file://{}", parts.join("/"))
}

pub(crate) const fn word(word: Word) -> Verdict {
    match word {
        Word::Allow => Verdict::Allow,
        Word::Deny => Verdict::Deny,
        Word::Unknown => Verdict::Unknown,
    }
}

/// The newest list of each authority that was at hand.
fn lists(outcome: &Outcome) -> Vec<ListSerial> {
    let mut newest: BTreeMap<KeyId, u64> = BTreeMap::new();
    for list in outcome.provenance.as_ref().map(Verified::get).into_iter().flat_map(|all| all.revocations()) {
        let serial = newest.entry(list.issuer()).or_default();
        *serial = (*serial).max(list.predicate().serial);
    }
    newest.into_iter().map(|(authority, serial)| ListSerial { authority, serial }).collect()
}

fn nonce() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| Failure::failed("no-randomness", "the operating system gives no randomness"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
