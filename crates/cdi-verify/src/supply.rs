//! What a runtime supplies to the code that it runs (rule M-SUPPLY): votes like those about a run, with the runtime as it was
//! measured in the place of a report.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{
    Effect, FileDigest, Invocation, Libraries, Linkage, PlatformProperty, RevokedId, Runtime,
    ToolCertification,
};

use crate::appraisal::Appraisal;
use crate::authority::Authorities;
use crate::coverage::cover_runtime;
use crate::held::tool_name;
use crate::obstacle::{Obstacle, RuntimeFault};
use crate::provenance::Signed;
use crate::search::{End, Ends, StepsExhausted};

/// What it costs to hold a certification against a runtime, and how much of what invocations describe is one more step.
const CANDIDATE: usize = 16;
const DESCRIBED: usize = 64;

/// How many certifications by strangers are named.
const STRANGERS: usize = 4;

/// A certification by which a runtime supplies something.
pub(crate) struct Ballot<'a> {
    pub(crate) certification: &'a Signed<ToolCertification>,
    pub(crate) end: End,
    /// What a revocation can name to take the vote away, besides what stands on its chain.
    pub(crate) named: BTreeSet<RevokedId>,
}

/// The votes that a runtime supplies something, and why others are not cast.
#[derive(Default)]
pub(crate) struct Supply<'a> {
    pub(crate) cast: Vec<Ballot<'a>>,
    pub(crate) faults: Vec<Obstacle>,
}

impl Supply<'_> {
    pub(crate) fn ends(&self) -> Ends {
        self.cast.iter().map(|ballot| ballot.end.clone()).collect()
    }

    /// Where the votes end, with what a revocation can name to take them away.
    pub(crate) fn named(&self) -> BTreeMap<End, BTreeSet<RevokedId>> {
        let mut named: BTreeMap<End, BTreeSet<RevokedId>> = BTreeMap::new();
        for ballot in &self.cast {
            named.entry(ballot.end.clone()).or_default().extend(&ballot.named);
        }
        named
    }
}

impl<'a> Appraisal<'_, 'a> {
    /// The votes that `runtime` supplies `property`.
    pub(crate) fn supply(
        &mut self,
        runtime: &Runtime,
        property: &PlatformProperty,
    ) -> Result<Supply<'a>, StepsExhausted> {
        let (mut supply, mut strangers) = (Supply::default(), 0);
        let fault = |tool, why| Obstacle::Runtime {
            runtime: runtime.executable,
            tool,
            property: property.clone(),
            why,
        };
        if let Some(file) = self.unfit(runtime) {
            supply.faults.push(fault(None, RuntimeFault::Forbidden(file)));
            return Ok(supply);
        }
        let authorities = self.quorums.authorities;
        self.steps.take(self.provenance.certifications.len())?;
        for certification in self.provenance.certifications.iter().filter(|one| is_of(one, runtime)) {
            let authority = certification.issuer();
            if !authorities.revocations.standing.contains(&authority) {
                strangers += 1;
                supply
                    .faults
                    .extend((strangers <= STRANGERS).then_some(Obstacle::UntrustedAuthority { authority }));
                continue;
            }
            let invocations = &certification.predicate().invocations;
            let described: usize = invocations.values().map(Invocation::size).sum();
            self.steps.take(CANDIDATE + described / DESCRIBED + measured(runtime).count())?;
            match ballot(certification, runtime, property, authorities) {
                Ok(ballot) => supply.cast.push(ballot),
                Err(Silence::Obstacle(obstacle)) => supply.faults.push(obstacle),
                Err(Silence::Fault(why)) => {
                    supply.faults.push(fault(Some(tool_name(certification.predicate())), why));
                }
            }
        }
        if supply.cast.is_empty() && supply.faults.is_empty() {
            supply.faults.push(fault(None, RuntimeFault::Uncertified));
        }
        Ok(supply)
    }

    /// Whether `runtime` supplies `property`: its votes meet the quorum.
    pub(crate) fn supplies(
        &mut self,
        property: &PlatformProperty,
        supply: &Supply<'_>,
    ) -> Result<bool, StepsExhausted> {
        let k = self.quorums.authorities.trust.terms().quorum.for_property(&property.name);
        self.quorums.met(&property.name, &supply.ends(), k, self.steps)
    }

    /// The file of the runtime that the policy forbids, or that is supposed to be unfit.
    fn unfit(&self, runtime: &Runtime) -> Option<FileDigest> {
        let authorities = self.quorums.authorities;
        let supposed = authorities.revocations.unfit_tools();
        let forbidden = &authorities.trust.terms().forbidden.tools;
        measured(runtime).find(|file| forbidden.contains(file) || supposed.contains(file))
    }
}

/// The executable and the libraries of a runtime.
fn measured(runtime: &Runtime) -> impl Iterator<Item = FileDigest> {
    let libraries = match &runtime.libraries {
        Libraries::Measured(files) => files.as_slice(),
        Libraries::Unmeasured => &[],
    };
    [runtime.executable].into_iter().chain(libraries.iter().map(|file| file.sha256))
}

/// Whether a certification is of this very executable, and of a runtime.
fn is_of(certification: &Signed<ToolCertification>, runtime: &Runtime) -> bool {
    let entry = certification.statement().subject().first().and_then(|subject| subject.digest.file());
    entry == Some(runtime.executable.sha256()) && certification.predicate().is_of_a_runtime()
}

/// Why a certification says nothing of a runtime.
enum Silence {
    Obstacle(Obstacle),
    Fault(RuntimeFault),
}

impl From<Obstacle> for Silence {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

impl From<RuntimeFault> for Silence {
    fn from(fault: RuntimeFault) -> Self {
        Self::Fault(fault)
    }
}

fn ballot<'a>(
    certification: &'a Signed<ToolCertification>,
    runtime: &Runtime,
    property: &PlatformProperty,
    authorities: &Authorities<'_>,
) -> Result<Ballot<'a>, Silence> {
    let (predicate, certifier) = (certification.predicate(), certification.issuer());
    let vocabulary = &authorities.trust.terms().vocabulary;
    let means = vocabulary.means_the_same(&property.name, predicate.catalogue);
    let claimed: Vec<_> = predicate
        .claims
        .iter()
        .filter(|claim| means && claim.effect == Effect::Supplies && claim.property.is_of_a_place(property))
        .collect();
    if claimed.is_empty() {
        return Err(RuntimeFault::NotClaimed.into());
    }
    let named = BTreeSet::from([
        RevokedId::Certification(certification.id()),
        RevokedId::Key(predicate.report_key.key_id()),
    ]);
    let what = || format!("tool certification for `{}`", tool_name(predicate));
    let silenced = authorities
        .dated(predicate, certification.id(), what)
        .or_else(|| authorities.signer(certifier))
        .or_else(|| named.iter().find_map(|id| authorities.revoked(certifier, *id)));
    if let Some(obstacle) = silenced {
        return Err(obstacle.into());
    }
    in_closure(predicate, runtime)?;
    let mut mismatches = Vec::new();
    for claim in claimed {
        // Every claim names a described invocation (rule F-CERTIFICATION).
        let Some(invocation) = predicate.invocations.get(&claim.invocation) else { continue };
        match cover_runtime(invocation, runtime) {
            Ok(()) => {
                let shunned = named.iter().flat_map(|id| authorities.revocations.revokers(*id)).collect();
                return Ok(Ballot { certification, end: End { certifier, shunned }, named });
            }
            Err(mismatch) => mismatches.push(RuntimeFault::Invocation(claim.invocation.clone(), mismatch)),
        }
    }
    let closest = mismatches.into_iter().max_by_key(|fault| fault.progress());
    Err(closest.unwrap_or(RuntimeFault::NotClaimed).into())
}

/// Every library that the runtime has loaded is certified with it; where nobody looked, there are none.
fn in_closure(predicate: &ToolCertification, runtime: &Runtime) -> Result<(), RuntimeFault> {
    let libraries = match (&runtime.libraries, predicate.linkage) {
        (Libraries::Measured(files), _) => files.as_slice(),
        (Libraries::Unmeasured, Linkage::Static) => &[],
        (Libraries::Unmeasured, Linkage::Dynamic) => return Err(RuntimeFault::UnmeasuredLibraries),
    };
    let known: BTreeSet<FileDigest> =
        predicate.closure.iter().map(|file| file.sha256).chain([runtime.executable]).collect();
    match libraries.iter().find(|file| !known.contains(&file.sha256)) {
        None => Ok(()),
        Some(stray) => Err(RuntimeFault::Closure(stray.path.to_string())),
    }
}
