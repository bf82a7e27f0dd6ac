//! The trace of a report, as it comes together.

use std::collections::{BTreeMap, BTreeSet};

use cdi_sys::Ending;
use cdi_types::{
    Exit, FileUse, FirstUse, Input, MeasuredTool, Omitted, RecordedPath, Trace, TracedFile, TracedProgram,
    limits,
};

use super::conclude::DeclaredFiles;
use super::entry::{Entry, Origin};
use super::ledger::{Aside, Ledger};
use super::programs::Program;
use super::sockets;

/// The trace, in the making.
pub(super) struct Telling<'a> {
    programs: &'a [Program],
    /// Of each program, the place of its executable.
    executables: Vec<u32>,
    reads: BTreeMap<u32, Vec<u32>>,
    writes: BTreeMap<u32, Vec<u32>>,
    files: BTreeMap<RecordedPath, (u32, Vec<FileUse>)>,
    left_out: u64,
}

impl<'a> Telling<'a> {
    pub(super) fn of(programs: &'a [Program], tool: &MeasuredTool) -> Self {
        let place = |program: &Program| tool.executables.iter().position(|file| *file == program.executable);
        let executables = programs.iter().map(|program| number(place(program).unwrap_or(0))).collect();
        let (reads, writes, files) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { programs, executables, reads, writes, files, left_out: 0 }
    }

    fn executable(&self, program: usize) -> u32 {
        self.executables.get(program).copied().unwrap_or(0)
    }

    pub(super) fn read(&mut self, places: impl Iterator<Item = usize>, program: usize) {
        let by = self.executable(program);
        self.reads.entry(by).or_default().extend(places.map(number));
    }

    pub(super) fn wrote(&mut self, place: usize, program: usize) {
        let by = self.executable(program);
        self.writes.entry(by).or_default().push(number(place));
    }

    /// A regular file that is no output.
    pub(super) fn other(&mut self, entry: &Entry) {
        let uses = [
            (entry.origin == Origin::Made, FileUse::Created),
            (entry.origin != Origin::Made && entry.uses.written, FileUse::Written),
            (entry.uses.read_back, FileUse::Read),
            (entry.uses.renamed, FileUse::Renamed),
            (entry.uses.linked, FileUse::Linked),
            (entry.uses.removed, FileUse::Removed),
        ];
        let uses = uses.into_iter().filter_map(|(is, this)| is.then_some(this));
        self.file(entry.recorded().ok(), entry.by, uses);
    }

    fn file(&mut self, path: Option<RecordedPath>, program: usize, uses: impl Iterator<Item = FileUse>) {
        let by = self.executable(program);
        match path {
            Some(path) if self.files.len() < limits::TRACE_FILES || self.files.contains_key(&path) => {
                let (_, all) = self.files.entry(path).or_insert_with(|| (by, Vec::new()));
                all.extend(uses);
                all.sort_unstable();
                all.dedup();
            }
            _ => self.left_out += 1,
        }
    }

    pub(super) fn trace(mut self, ledger: &Ledger, declared: &DeclaredFiles<'_>, found: &[Input]) -> Trace {
        for ((path, aside), &program) in &ledger.others {
            let this = match aside {
                Aside::Listed => FileUse::Listed,
                Aside::Kernel => FileUse::Kernel,
                Aside::Device => FileUse::Device,
                Aside::Made => FileUse::Created,
                Aside::Renamed => FileUse::Renamed,
                Aside::Removed => FileUse::Removed,
            };
            self.file(ledger.start.recorded(path), program, std::iter::once(this));
        }
        // What is an input is told there.
        let inputs = declared.inputs.iter().copied().chain(found.iter().map(|input| &input.path));
        let inputs: BTreeSet<&RecordedPath> = inputs.collect();
        self.files.retain(|path, _| !inputs.contains(path));
        let told = self.programs.iter().zip(&self.executables).take(limits::TRACE_PROGRAMS);
        let programs: Vec<TracedProgram> = told
            .map(|(program, &executable)| TracedProgram {
                executable,
                parent: program.parent.map(number),
                exit: program.ending.map(exit),
            })
            .collect();
        let read: BTreeSet<u32> = self.reads.values().flatten().copied().collect();
        let unread = (0..declared.inputs.len()).map(number).filter(|place| !read.contains(place)).collect();
        let left_out = (ledger.others_left_out as u64).saturating_add(self.left_out);
        let omitted = Omitted { programs: (self.programs.len() - programs.len()) as u64, files: left_out };
        Trace {
            programs,
            reads: first_uses(self.reads),
            unread,
            writes: first_uses(self.writes),
            files: self.files.into_iter().map(|(path, (by, uses))| TracedFile { path, by, uses }).collect(),
            sockets: sockets::names(&ledger.network),
            absent: ledger.absent,
            refused: ledger.denied as u64,
            reach: None,
            omitted,
        }
    }
}

fn first_uses(by: BTreeMap<u32, Vec<u32>>) -> Vec<FirstUse> {
    let sorted = by.into_iter().map(|(by, mut files)| {
        files.sort_unstable();
        files.dedup();
        FirstUse { by, files }
    });
    sorted.filter(|one| !one.files.is_empty()).collect()
}

const fn exit(ending: Ending) -> Exit {
    match ending {
        Ending::Code(code) => Exit::Code(code),
        Ending::Signal(signal) => Exit::Signal(signal),
    }
}

/// Lists of a report are far shorter.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
