//! From what was written down of a run to what its report says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cdi_types::{
    ArtifactDigest, FileDigest, Input, MeasuredFile, MeasuredTool, RecordedPath, StatementId, Subject, Trace,
};

use super::entry::{Entry, Origin};
use super::hasher::Version;
use super::ledger::Ledger;
use super::programs::Program;
use super::purpose::Purpose;
use super::sockets;
use super::telling::Telling;
use crate::file::{self, Born};
use crate::{FileFault, FileRole, RecordError, writers};

/// What the dynamic loader reads to find libraries: the libraries themselves are measured.
const LOADER_CACHE: &str = "/etc/ld.so.cache";

/// A run that is over, as it was traced.
#[derive(Debug)]
pub(crate) struct TracedRun {
    pub(crate) ledger: Ledger,
    pub(crate) programs: Vec<Program>,
}

/// What it gives to a report, beside what was declared.
#[derive(Debug)]
pub(crate) struct FoundFiles {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Subject>,
    /// Of a report whose inputs and subjects are the declared ones, then these.
    pub(crate) trace: Trace,
    /// Files that would be outputs had they but one name.
    pub(crate) linked: Vec<String>,
}

/// The reports behind a file, by its path and digest.
type Behind<'a> = dyn Fn(&Path, ArtifactDigest) -> Result<Vec<StatementId>, RecordError> + 'a;

/// What was declared of a run that was traced.
pub(crate) struct DeclaredFiles<'a> {
    pub(crate) inputs: Vec<&'a RecordedPath>,
    pub(crate) outputs: &'a [Subject],
    /// Of each file below an output that is a folder: the folder's place, and the file as it is named to people.
    pub(crate) leaves: HashMap<(u64, u64), (usize, String)>,
    /// Where what is made is none of the outputs.
    pub(crate) temporary: Vec<PathBuf>,
    /// The folder of the whole build, if this is a sub-run: what is below is not there for a while only.
    pub(crate) build: Option<&'a Path>,
    /// The reports behind an input, by its path and digest.
    pub(crate) behind: &'a Behind<'a>,
}

impl TracedRun {
    /// The libraries: files of which a program made executable memory.
    pub(crate) fn libraries(&mut self) -> Result<Vec<MeasuredFile>, RecordError> {
        self.ledger.libraries()
    }

    /// Why not all libraries are known.
    pub(crate) fn unmeasured(&self) -> Option<&str> {
        self.ledger.unmeasured.as_deref()
    }

    /// What was not there for the tool, since nobody had declared it.
    pub(crate) fn out_of_reach(&self) -> Vec<super::OutOfReach> {
        self.ledger.out_of_reach.clone()
    }

    /// What was refused to the tool, in words.
    pub(crate) fn refusals(&self) -> Vec<String> {
        refusals_of(&self.ledger)
    }

    /// Finds what was read as it was when it was read, and measures what was made.
    pub(crate) fn conclude(
        mut self,
        tool: &MeasuredTool,
        declared: &DeclaredFiles<'_>,
    ) -> Result<FoundFiles, RecordError> {
        if let Some(fault) = self.ledger.fault.take() {
            return Err(fault);
        }
        for entry in &mut self.ledger.entries {
            let role = if entry.maps.is_empty() { FileRole::Input } else { FileRole::Executable };
            let path = entry.name.whole.clone();
            entry.unchanged().map_err(|fault| RecordError::file(role, path.to_string_lossy(), fault))?;
        }
        let programs = std::mem::take(&mut self.programs);
        let mut telling = Telling::of(&programs, tool);
        let inputs = self.inputs(tool, declared, &mut telling)?;
        let (outputs, linked) = self.outputs(declared, &mut telling)?;
        let trace = telling.trace(&self.ledger, declared, &inputs);
        Ok(FoundFiles { inputs, outputs, trace, linked })
    }

    fn inputs(
        &mut self,
        tool: &MeasuredTool,
        declared: &DeclaredFiles<'_>,
        telling: &mut Telling<'_>,
    ) -> Result<Vec<Input>, RecordError> {
        let mut found = BTreeMap::new();
        let loads = self.loads();
        for entry in &mut self.ledger.entries {
            let Some(reader) = entry.input_of(&loads) else { continue };
            if entry.is_declared() {
                let place =
                    declared.inputs.iter().position(|&path| Some(path) == entry.name.recorded.as_ref());
                telling.read(place.into_iter(), reader);
                continue;
            }
            let Some(Ok(measured)) = entry.version.as_mut().map(Version::measured) else { continue };
            let path = entry.recorded()?;
            if is_script(tool, &entry.name.whole, FileDigest::new(measured.digest)) {
                continue;
            }
            let digest = ArtifactDigest::File(measured.digest);
            let reports = (declared.behind)(&entry.name.whole, digest)?;
            let input = Input { path: path.clone(), digest, reports };
            let twice =
                declared.inputs.contains(&&path) || found.insert(path.clone(), (input, reader)).is_some();
            if twice {
                // One name led to two files: the report could not say which bytes were read.
                return Err(RecordError::file(FileRole::Input, path.as_str(), FileFault::Changed));
            }
        }
        let first = declared.inputs.len();
        let found = found.into_values().enumerate().map(|(place, (input, reader))| {
            telling.read(std::iter::once(first + place), reader);
            input
        });
        Ok(found.collect())
    }

    /// How often each program made executable memory of a library.
    fn loads(&self) -> BTreeMap<usize, u32> {
        let mut loads = BTreeMap::<usize, u32>::new();
        for (program, maps) in self.ledger.entries.iter().flat_map(|entry| &entry.maps) {
            let loads = loads.entry(*program).or_default();
            *loads = loads.saturating_add(*maps);
        }
        loads
    }

    fn outputs(
        &self,
        declared: &DeclaredFiles<'_>,
        telling: &mut Telling<'_>,
    ) -> Result<(Vec<Subject>, Vec<String>), RecordError> {
        let (mut linked, mut shared) = (Vec::new(), self.ledger.shared.clone());
        let there: Vec<Option<(u64, u64)>> = declared.outputs.iter().map(inode_of).collect();
        let mut found = BTreeMap::new();
        let (mut told, mut written, mut folders) = (HashSet::new(), HashSet::new(), HashSet::new());
        for entry in &self.ledger.entries {
            let Some(writer) = entry.writer else { continue };
            let known = there.iter().position(|inode| *inode == Some(entry.stamp.inode()));
            let is_left = !entry.uses.removed && entry.has_its_name();
            if let Some(place) = known.filter(|_| is_left) {
                telling.wrote(place, writer);
                told.insert(place);
                continue;
            }
            let inode = entry.stamp.inode();
            if let Some((place, _)) = declared.leaves.get(&inode).filter(|_| is_left) {
                // Told once: by whoever wrote the first of its files.
                if folders.insert(*place) {
                    telling.wrote(*place, writer);
                }
                written.insert(inode);
                continue;
            }
            match entry.output(self, declared)? {
                Left::Output(digest) => {
                    let path = entry.recorded()?;
                    found.insert(path.clone(), (Subject { path: Some(path), digest }, writer));
                    continue;
                }
                Left::Linked => linked.push(entry.name.whole.display().to_string()),
                Left::Shared => drop(shared.get_or_insert_with(|| entry.name.whole.clone())),
                Left::Nothing => {}
            }
            telling.other(entry);
        }
        if let (true, Some(path)) = (found.is_empty() && declared.outputs.is_empty(), shared) {
            return Err(RecordError::file(
                FileRole::Output,
                path.to_string_lossy(),
                FileFault::OpenForWriting,
            ));
        }
        let of_others =
            |(place, output): &(usize, &Subject)| !output.digest.is_tree() && !told.contains(place);
        if let Some((_, output)) = declared.outputs.iter().enumerate().find(of_others) {
            let path = output.path.as_ref().map(|path| path.as_str().to_owned()).unwrap_or_default();
            return Err(RecordError::OutputNotWritten { path });
        }
        if let Some((_, (_, path))) = declared.leaves.iter().find(|(inode, _)| !written.contains(*inode)) {
            return Err(RecordError::OutputNotWritten { path: path.clone() });
        }
        let first = declared.outputs.len();
        let found = found.into_values().enumerate().map(|(place, (output, writer))| {
            telling.wrote(first + place, writer);
            output
        });
        Ok((found.collect(), linked))
    }
}

/// What was refused, in words.
pub(crate) fn refusals_of(ledger: &Ledger) -> Vec<String> {
    let named = ledger.denials.iter().map(|(path, why)| format!("`{}` {why}", path.display()));
    let mut refusals: Vec<String> = named.collect();
    let sockets = sockets::names(&ledger.network);
    if !sockets.is_empty() {
        refusals.push(format!("sockets ({})", sockets.join(", ")));
    }
    refusals
}

/// What is left of a file that a run made.
enum Left {
    /// An output.
    Output(ArtifactDigest),
    /// A file with a second name, by which it can be changed.
    Linked,
    /// A file that others write to as well.
    Shared,
    /// None that lasts.
    Nothing,
}

impl Entry {
    /// The program that read it as an input, if it is one: read as data, or its bytes went on in another way.
    fn input_of(&self, loads: &BTreeMap<usize, u32>) -> Option<usize> {
        if matches!(self.origin, Origin::Made | Origin::Given) {
            return None;
        }
        let moved = self.uses.renamed || self.uses.linked;
        if self.origin == Origin::Found && !self.was_read_as_data() && !moved || self.is_loaders(loads) {
            return None;
        }
        let read = self.reads.keys().next().copied();
        if self.is_declared() { read } else { Some(read.unwrap_or(self.by)) }
    }

    /// Whether only the dynamic loader read it: once for the libraries that a program begins with, and once for each plug-in.
    fn is_loaders(&self, loads: &BTreeMap<usize, u32>) -> bool {
        let loaded = |program| loads.get(program).copied().unwrap_or(0);
        self.name.whole == Path::new(LOADER_CACHE)
            && self.reads.iter().all(|(program, &reads)| reads <= loaded(program).max(1))
    }

    pub(super) fn recorded(&self) -> Result<RecordedPath, RecordError> {
        self.name.recorded.clone().map_or_else(|| whole(&self.name.whole), Ok)
    }

    /// What the run made, if that is still there, has one name, and is not in a temporary folder.
    fn output(&self, run: &TracedRun, declared: &DeclaredFiles<'_>) -> Result<Left, RecordError> {
        let path = &self.name.whole;
        let temporary = declared.temporary.iter().any(|folder| path.starts_with(folder));
        let start = &run.ledger.start;
        let at_work = start.is_above(path) || declared.build.is_some_and(|build| path.starts_with(build));
        if self.uses.removed || temporary && !at_work {
            return Ok(Left::Nothing);
        }
        let failed = |fault| RecordError::file(FileRole::Output, path.to_string_lossy(), fault);
        let opened = match file::open_unlinked(path) {
            Ok(opened) => opened,
            // Somebody else has put something else there: it is none of the run's.
            Err(FileFault::Missing | FileFault::NotRegular | FileFault::Folder | FileFault::ByDescriptor) => {
                return Ok(Left::Nothing);
            }
            Err(fault) => return Err(failed(fault)),
        };
        let metadata = opened.metadata().map_err(|error| failed(file::fault(error)))?;
        let is_another = (metadata.dev(), metadata.ino()) != self.stamp.inode()
            || self.born.is_some_and(|born| Born::of(&opened) != Some(born));
        if is_another {
            return Ok(Left::Nothing);
        }
        if metadata.nlink() != 1 {
            return Ok(Left::Linked);
        }
        if run.ledger.purpose == Purpose::SubRun {
            // No process of the sub-run is left: whoever could write to it is another one. A shell that redirects keeps the
            // file open; of a file that the sub-run made, a process that is just beginning may still have a copy.
            let excluded =
                if self.is_given() { writers::excluded_now(&opened) } else { writers::excluded(&opened) };
            match excluded {
                Ok(_) if !self.uses.shared => {}
                Ok(_) | Err(FileFault::OpenForWriting) if self.is_given() && !self.uses.read_back => {
                    return Ok(Left::Shared);
                }
                Ok(_) => return Err(failed(FileFault::OpenForWriting)),
                Err(fault) => return Err(failed(fault)),
            }
        }
        let measured = file::measure(&opened).map_err(failed)?;
        Ok(Left::Output(ArtifactDigest::File(measured.digest)))
    }
}

/// The file that an output is, whatever the tool called it.
fn inode_of(output: &Subject) -> Option<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(output.path.as_ref()?.as_str()).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Whether a file that was read is a script that was executed: its interpreter reads it.
fn is_script(tool: &MeasuredTool, path: &Path, digest: FileDigest) -> bool {
    tool.executables.iter().any(|file| file.sha256 == digest && Path::new(file.path.as_str()) == path)
        && file_begins_as_script(path)
}

fn file_begins_as_script(path: &Path) -> bool {
    use std::io::Read as _;
    let mut head = [0; 2];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok_and(|()| head == *b"#!")
}

pub(super) fn whole(path: &Path) -> Result<RecordedPath, RecordError> {
    let not_unicode = || RecordError::NotUnicode { what: format!("the path `{}`", path.display()) };
    Ok(RecordedPath::parse(path.to_str().ok_or_else(not_unicode)?)?)
}
