//! What a certification says of a run by itself: worked out by the first who asks, for all (rules M-VOTE, M-INVOCATION).

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use cdi_types::{Invocation, Libraries, Linkage, Report, Role, ToolCertification};

use crate::authority::Authorities;
use crate::coverage::{Files, Listings, Mismatch, cover};
use crate::covering::Covering;
use crate::obstacle::Obstacle;
use crate::provenance::Signed;
use crate::way::Way;

/// What a certification says of a run by itself, whoever asks.
pub(crate) struct Held<'a> {
    /// That something ran, was loaded or recorded which is not what was certified, if so.
    measured: Option<Obstacle>,
    /// Whether the invocations cover the run, by their names in ascending order, once somebody asks; `None` for one that names a
    /// manifest: what that lists hangs on what a policy forbids.
    covers: OnceCell<Covers<'a>>,
    /// How its first claims speak of the artifact, where the report is about one only and nothing that a policy says matters; once
    /// somebody asks. Anybody can claim any number of times, and what is kept for each report must not grow with it.
    speak: [OnceCell<Option<Rc<Way>>>; 8],
    /// The tool's name and version, once somebody asks.
    tool: OnceCell<Arc<str>>,
}

type Covers<'a> = Vec<Asked<'a>>;

/// An invocation's name, and whether it covers the run, where that is the same whoever asks.
pub(crate) type Asked<'a> = (&'a Role, Option<Cover<'a>>);

/// The invocation as it covers the run, or why it does not.
pub(crate) type Cover<'a> = Result<Covering<'a>, Mismatch>;

impl<'a> Held<'a> {
    pub(crate) fn of(certification: &'a Signed<ToolCertification>, report: &'a Signed<Report>) -> Self {
        let (covers, speak, tool) = (OnceCell::new(), Default::default(), OnceCell::new());
        Self { measured: measured(certification, report), covers, speak, tool }
    }

    /// Works out which invocations cover the run, once.
    pub(crate) fn cover(&self, certification: &'a Signed<ToolCertification>, report: &'a Signed<Report>) {
        self.covers.get_or_init(|| {
            let files = Files::of(report.predicate(), report.statement().subject());
            let invocations = certification.predicate().invocations.iter();
            let covers = invocations.map(|(name, invocation)| {
                let alone = invocation.all_manifests().next().is_none();
                (name, alone.then(|| covering(invocation, report, &files)))
            });
            covers.collect()
        });
    }

    /// That something ran, was loaded or recorded which is not what was certified, if so.
    pub(crate) const fn measured(&self) -> Option<&Obstacle> {
        self.measured.as_ref()
    }

    /// What is known of the invocation at this place, once [`Self::cover`] has worked it out.
    pub(crate) fn covers(&self, invocation: usize) -> Option<&Asked<'a>> {
        self.covers.get()?.get(invocation)
    }

    /// Where to keep how the claim at this place speaks of the run's only artifact, for the first few.
    pub(crate) fn speak(&self, claim: usize) -> Option<&OnceCell<Option<Rc<Way>>>> {
        self.speak.get(claim)
    }

    /// The tool's name and version, worked out once.
    pub(crate) fn tool(&self, certification: &ToolCertification) -> Arc<str> {
        Arc::clone(self.tool.get_or_init(|| tool_name(certification).into()))
    }
}

/// Whether those of the invocations that name manifests cover the run.
pub(crate) fn covered_by_manifests<'a>(
    certification: &'a Signed<ToolCertification>,
    report: &'a Signed<Report>,
    authorities: &Authorities<'_>,
    listings: &Listings,
) -> Vec<(&'a Role, Cover<'a>)> {
    let invocations = certification.predicate().invocations.iter();
    let mut invocations = invocations.filter(|(_, one)| one.all_manifests().next().is_some()).peekable();
    if invocations.peek().is_none() {
        return Vec::new();
    }
    let exempt = &authorities.trust.terms().exempt;
    let files = Files::of(report.predicate(), report.statement().subject()).with(listings, exempt);
    invocations.map(|(name, invocation)| (name, covering(invocation, report, &files))).collect()
}

fn covering<'a>(invocation: &'a Invocation, report: &'a Signed<Report>, files: &Files<'_, 'a>) -> Cover<'a> {
    let run = report.predicate();
    cover(invocation, run, files).map(|roles| Covering::new(invocation, roles, run))
}

/// The name and version of a certified tool.
pub(crate) fn tool_name(certification: &ToolCertification) -> String {
    [certification.tool.name.as_str(), " ", certification.tool.version.as_str()].concat()
}

/// That something ran, was loaded or recorded which is not what was certified, if so.
fn measured(certification: &Signed<ToolCertification>, report: &Signed<Report>) -> Option<Obstacle> {
    let predicate = certification.predicate();
    let run = report.predicate();
    let report = report.id();
    let tool = || tool_name(predicate);
    let entry = certification.statement().subject().first().and_then(|subject| subject.digest.file());
    let first = run.tool.executables.first().map(|file| file.sha256.sha256());
    if entry.is_none() || entry != first {
        let text =
            |digest: Option<cdi_types::Sha256>| digest.map_or_else(String::new, |digest| digest.to_string());
        return Some(Obstacle::Executable {
            report,
            tool: tool(),
            expected: text(entry),
            found: text(first),
        });
    }
    let in_closure = |file: &&cdi_types::MeasuredFile| {
        Some(file.sha256.sha256()) == entry
            || predicate.closure.iter().any(|known| known.sha256 == file.sha256)
    };
    let libraries = match (&run.tool.libraries, predicate.linkage) {
        (Libraries::Measured(files), _) => files.as_slice(),
        (Libraries::Unmeasured, Linkage::Static) => &[],
        (Libraries::Unmeasured, Linkage::Dynamic) => {
            return Some(Obstacle::UnmeasuredLibraries { report, tool: tool() });
        }
    };
    if let Some(stray) = run.tool.executables.iter().chain(libraries).find(|file| !in_closure(file)) {
        return Some(Obstacle::Closure { report, tool: tool(), file: stray.path.to_string() });
    }
    let (expected, found) = (predicate.recorder, run.recorder.sha256);
    let other = expected != found;
    other.then(|| Obstacle::Recorder {
        report,
        tool: tool(),
        expected: expected.to_string(),
        found: found.to_string(),
    })
}
