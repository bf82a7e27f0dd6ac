//! The third stage: what the tool wrote, measured after it ran; and the report about it.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use cdi_keys::{Sealed, Signer};
use cdi_types::{
    ArtifactDigest, CaptureLevel, Finding, Input, MeasuredTool, Operation, PropertyName, RecordedPath,
    ReportKind, StatementId, Subject, Trace,
};

use crate::evidence::reports_behind;
use crate::file::{self, Stamp};
use crate::links::Links;
use crate::materials::{Before, Expected, Material};
use crate::own::remembered_recorder;
use crate::report::{Parts, platform};
use crate::traced::DeclaredFiles;
use crate::tree::{self, Tree};
use crate::{Capture, FileFault, FileRole, Ran, RecordError, Salt};

/// The third stage: inputs are what they were before the run, outputs are measured. Only this can be sealed.
#[derive(Debug)]
#[must_use]
pub struct Products {
    ran: Ran,
    /// The inputs that were declared, then those that were found.
    inputs: Vec<Input>,
    /// As the inputs.
    outputs: Vec<Subject>,
    trees: BTreeMap<RecordedPath, cdi_types::Tree>,
    trace: Option<Trace>,
    linked: Vec<String>,
    /// What an inspection is about and has found; of a transformation nothing.
    inspection: Option<(Vec<Subject>, Vec<Finding>)>,
}

/// A sealed report, and what does not stand in it.
#[derive(Debug)]
pub struct Recorded {
    /// The report.
    pub sealed: Sealed,
    /// What opens the commitments in it. It is lost unless the caller keeps it.
    pub salts: Vec<Salt>,
    /// The tool as it ran.
    pub tool: MeasuredTool,
    /// The inputs.
    pub inputs: Vec<Input>,
    /// What the report is about: the outputs, or what was inspected.
    pub outputs: Vec<Subject>,
}

impl Products {
    pub(crate) fn take(mut ran: Ran) -> Result<Self, RecordError> {
        for input in &ran.materials.inputs {
            input.unchanged()?;
        }
        let made = ran.materials.outputs.iter().map(Made::of).collect::<Result<Vec<_>, _>>()?;
        let trees = trees(&ran.materials.inputs, &made);
        let mut outputs: Vec<Subject> = made.iter().map(|made| made.subject.clone()).collect();
        let mut inputs: Vec<Input> =
            ran.materials.inputs.iter().map(|material| material.input.clone()).collect();
        let (trace, linked) = match ran.observed.traced.take() {
            None => (None, Vec::new()),
            Some(traced) => {
                let declared = DeclaredFiles {
                    inputs: inputs.iter().map(|input| &input.path).collect(),
                    outputs: &outputs,
                    leaves: leaves(&made),
                    temporary: ran.materials.run.environment.temporary_folders(),
                    build: None,
                    behind: &|path, digest| reports_behind(&path.to_string_lossy(), digest),
                };
                let found = traced.conclude(&ran.observed.tool, &declared)?;
                inputs.extend(found.inputs);
                outputs.extend(found.outputs);
                (Some(Trace { reach: ran.reach.clone(), ..found.trace }), found.linked)
            }
        };
        Ok(Self { ran, inputs, outputs, trees, trace, linked, inspection: None })
    }

    /// The inputs: those that were declared, then those that were found.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The tool as it ran.
    #[must_use]
    pub const fn tool(&self) -> &MeasuredTool {
        &self.ran.observed.tool
    }

    /// The outputs, likewise.
    #[must_use]
    pub fn outputs(&self) -> &[Subject] {
        &self.outputs
    }

    /// Files that the run made and that are no outputs, since each has a second name by which it can be changed.
    #[must_use]
    pub fn linked(&self) -> &[String] {
        &self.linked
    }

    /// The same run as an inspection: its report is about these inputs, and says that the tool found all of these properties of
    /// each. That it did is the word of whoever says so here; it counts only for runs of which a certification says it too.
    ///
    /// # Errors
    /// [`RecordError::InspectionWrote`]: an inspection has no outputs, and there is one.
    /// [`RecordError::NotInspected`]: one of these is no input, or it was seen that nothing opened it.
    pub fn inspecting(
        mut self,
        inspected: &[String],
        properties: &[PropertyName],
    ) -> Result<Self, RecordError> {
        if let Some(path) = self.outputs.iter().find_map(|output| output.path.as_ref()) {
            return Err(RecordError::InspectionWrote { path: path.to_string() });
        }
        let subject = |typed: &String| {
            let path = RecordedPath::normalise(typed)?;
            let mut inputs = self.inputs.iter().enumerate();
            let read = inputs.find(|(place, input)| input.path == path && !self.unread(*place));
            match read {
                Some((_, input)) => Ok(Subject { digest: input.digest, path: Some(path) }),
                None => Err(RecordError::NotInspected { path: path.to_string() }),
            }
        };
        let subjects = inspected.iter().map(subject).collect::<Result<Vec<_>, RecordError>>()?;
        let mut findings = Vec::<Finding>::new();
        for subject in &subjects {
            for property in properties {
                let finding = Finding { digest: subject.digest, property: property.clone() };
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
        self.inspection = Some((subjects, findings));
        Ok(self)
    }

    /// Whether it was seen that nothing opened the input in this place.
    fn unread(&self, place: usize) -> bool {
        self.trace.as_ref().is_some_and(|trace| trace.unread.iter().any(|unread| *unread as usize == place))
    }

    /// Signs the report. Its capture level says who named the inputs: whoever ran the tool (`declared`), or the recorder.
    ///
    /// # Errors
    /// [`RecordError::NoOutput`]; [`RecordError::Seal`]: the signer did not sign.
    pub fn seal(self, signer: &dyn Signer, certifications: &[StatementId]) -> Result<Recorded, RecordError> {
        let (kind, (subjects, findings)) = match self.inspection {
            None => (ReportKind::Transform, (self.outputs, Vec::new())),
            Some(inspection) => (ReportKind::Inspection, inspection),
        };
        if subjects.is_empty() {
            return Err(RecordError::NoOutput);
        }
        let exit = self.ran.exit();
        let Ran { materials, observed, started_at, finished_at, _temporary, reach: _ } = self.ran;
        let (environment, salts) = materials.run.environment.recorded()?;
        let inputs = self.inputs;
        let operation = Operation {
            program: materials.run.program,
            arguments: materials.run.arguments,
            directory: materials.directory,
            environment,
            settings: Default::default(),
            exit,
            started_at,
            finished_at,
            platform: platform(),
        };
        let parts = Parts {
            kind,
            tool: observed.tool.clone(),
            // The kernel lets nobody write to an executable that runs: it is what it was when the run began.
            recorder: remembered_recorder(&materials.digests)?,
            capture: match materials.run.capture {
                Capture::Declared => CaptureLevel::Declared,
                Capture::Traced => CaptureLevel::Traced,
                Capture::Confined => CaptureLevel::Confined,
            },
            trees: self.trees,
            trace: self.trace,
            operation,
            inputs: inputs.clone(),
            findings,
            subject: subjects.clone(),
        };
        let sealed = parts.seal(signer, certifications)?;
        Ok(Recorded { sealed, salts, tool: observed.tool, inputs, outputs: subjects })
    }
}

/// An output that was declared, as it is after the run.
struct Made<'a> {
    expected: &'a Expected,
    subject: Subject,
    tree: Option<Tree>,
}

impl<'a> Made<'a> {
    fn of(expected: &'a Expected) -> Result<Self, RecordError> {
        let (digest, tree) = match &expected.before {
            Before::File(before) => (written(expected, before.as_ref())?, None),
            Before::Tree(before) => {
                let tree = written_tree(expected, before)?;
                (tree.digest(), Some(tree))
            }
        };
        let subject = Subject { path: Some(expected.path.clone()), digest };
        Ok(Self { expected, subject, tree })
    }
}

/// What is told of the trees among the files that were declared.
fn trees(inputs: &[Material], made: &[Made<'_>]) -> BTreeMap<RecordedPath, cdi_types::Tree> {
    let read = inputs.iter().filter_map(|input| Some((&input.input.path, input.tree()?)));
    let made = made.iter().filter_map(|made| Some((&made.expected.path, made.tree.as_ref()?)));
    let told = read.chain(made).map(|(path, tree)| (path.clone(), cdi_types::Tree { files: tree.files() }));
    told.collect()
}

/// Of each file of a folder that is an output: the folder's place among the outputs, and the file's name.
fn leaves(made: &[Made<'_>]) -> HashMap<(u64, u64), (usize, String)> {
    let of_tree = |(place, made): (usize, &Made<'_>)| {
        let leaves = made.tree.as_ref().map(Tree::leaves).unwrap_or_default().iter();
        let typed = &made.expected.typed;
        let told = leaves
            .map(|leaf| (leaf.measured.stamp.inode(), (place, tree::below(typed, &tree::shown(&leaf.name)))));
        told.collect::<Vec<_>>()
    };
    made.iter().enumerate().flat_map(of_tree).collect()
}

/// Measures a folder that the tool wrote: no file in it is as it was before the run.
fn written_tree(expected: &Expected, before: &HashMap<Box<[u8]>, Stamp>) -> Result<Tree, RecordError> {
    let tree = Tree::made(&expected.typed)?;
    let as_before = tree
        .leaves()
        .iter()
        .find(|leaf| before.get(&leaf.name).is_some_and(|before| leaf.measured.stamp.is_content_of(before)));
    match as_before {
        None => Ok(tree),
        Some(leaf) => {
            let path = tree::below(&expected.typed, &tree::shown(&leaf.name));
            Err(RecordError::OutputNotWritten { path })
        }
    }
}

/// Measures an output: a regular file with one name, no link, which the tool wrote.
fn written(expected: &Expected, before: Option<&Stamp>) -> Result<ArtifactDigest, RecordError> {
    let failed = |fault| RecordError::file(FileRole::Output, &expected.typed, fault);
    let file = file::open_unlinked(&expected.typed).map_err(failed)?;
    Links::on(Path::new(&expected.typed)).map_err(failed)?;
    let metadata = file.metadata().map_err(|error| failed(file::fault(error)))?;
    if metadata.nlink() != 1 {
        return Err(failed(FileFault::Linked { names: metadata.nlink() }));
    }
    // The time of change alone is no writing: a new mode or a new name moves it.
    if before.is_some_and(|before| Stamp::of(&metadata).is_content_of(before)) {
        return Err(RecordError::OutputNotWritten { path: expected.typed.clone() });
    }
    let measured = file::measure(&file).map_err(failed)?;
    Ok(ArtifactDigest::File(measured.digest))
}
