//! What a recorder that watched every access saw of a run beside its inputs and outputs (rule F-TRACE).
//!
//! Paths are told once: an input, a subject, an executable is told here by its place in the report's list of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::report::{CaptureLevel, Exit, Report};
use super::{PredicateError, no_duplicates, not_empty};
use crate::{RecordedPath, Subject, limits};

/// The place of an executable in the report's list.
pub type ExecutableIndex = u32;

/// A program that the run executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TracedProgram {
    /// Its executable.
    pub executable: ExecutableIndex,
    /// The program that executed it, by its place in this list; none of the tool itself, which comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// How its process ended; none if that executed another program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
}

/// What a run did with a file that is neither an input nor an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileUse {
    /// It made it.
    Created,
    /// It wrote to one that was there.
    Written,
    /// It read what it had written itself.
    Read,
    /// It gave it another name.
    Renamed,
    /// It gave it a second name.
    Linked,
    /// It removed it.
    Removed,
    /// It read the names in it: a folder.
    Listed,
    /// It read what the kernel says of itself and of the run there.
    Kernel,
    /// It used a device that has nobody's bytes.
    Device,
}

/// A file that is neither an input nor an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TracedFile {
    /// Where it was.
    pub path: RecordedPath,
    /// The executable that used it first.
    pub by: ExecutableIndex,
    /// What was done with it.
    pub uses: Vec<FileUse>,
}

/// Inputs that an executable read, or subjects that it wrote, before any other did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirstUse {
    /// The executable.
    pub by: ExecutableIndex,
    /// Their places in the report's list.
    pub files: Vec<u32>,
}

/// What there was no room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Omitted {
    /// Programs; their executables are in the report's list all the same.
    pub programs: u64,
    /// Files that are neither inputs nor outputs.
    pub files: u64,
}

impl Omitted {
    const fn is_none(&self) -> bool {
        self.programs == 0 && self.files == 0
    }
}

/// What a confined run could reach besides its inputs and outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reach {
    /// Files, and folders with all that is below them, that it could read and execute.
    pub reads: Vec<RecordedPath>,
    /// Folders in which it could make, change and remove whatever it liked.
    pub writes: Vec<RecordedPath>,
}

/// The trace of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trace {
    /// The programs in the order in which they began, the tool first.
    pub programs: Vec<TracedProgram>,
    /// Which executable read which inputs.
    pub reads: Vec<FirstUse>,
    /// Declared inputs that nothing opened, by their places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<u32>,
    /// Which executable wrote which subjects.
    pub writes: Vec<FirstUse>,
    /// The other files that the run used.
    pub files: Vec<TracedFile>,
    /// The families of sockets (address_families(7)) that it asked for and was refused, such as `inet`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sockets: Vec<String>,
    /// How often it opened a name that did not lead to a file.
    pub absent: u64,
    /// How often it was refused a file whose bytes nobody could vouch for.
    pub refused: u64,
    /// What it could reach, of a confined run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// What there was no room for.
    #[serde(default, skip_serializing_if = "Omitted::is_none")]
    pub omitted: Omitted,
}

impl Trace {
    /// Holds the trace to the report that it is of.
    pub(super) fn admit(&self, report: &Report, subject: &[Subject]) -> Result<(), PredicateError> {
        if !report.capture.is_watched() {
            return Err(PredicateError::TraceMisplaced { capture: report.capture.as_str() });
        }
        at_most(self.programs.len(), limits::TRACE_PROGRAMS, "programs")?;
        at_most(self.files.len(), limits::TRACE_FILES, "files")?;
        at_most(self.sockets.len(), limits::TRACE_SOCKETS, "sockets")?;
        self.admit_reach(report.capture)?;
        not_empty(&self.programs, "trace.programs")?;
        no_duplicates(self.files.iter().map(|file| &file.path), "trace.files")?;
        no_duplicates(self.sockets.iter(), "trace.sockets")?;
        let read = self.reads.iter().flat_map(|one| &one.files).chain(&self.unread);
        let (found, expected) =
            (places(read.copied(), report.inputs.len(), "trace.reads")?, report.inputs.len());
        if found != expected {
            let (found, expected) = (found as u64, expected as u64);
            return Err(PredicateError::TraceInconsistent { what: "trace.reads", found, expected });
        }
        let written = self.writes.iter().flat_map(|one| &one.files);
        places(written.copied(), subject.len(), "trace.writes")?;
        self.admit_files(report)?;
        self.admit_programs(report.tool.executables.len())
    }

    /// A confined run has told what it could reach, and no other.
    fn admit_reach(&self, capture: CaptureLevel) -> Result<(), PredicateError> {
        let (found, expected) = (self.reach.is_some(), capture == CaptureLevel::Confined);
        if found != expected {
            let (found, expected) = (u64::from(found), u64::from(expected));
            return Err(PredicateError::TraceInconsistent { what: "trace.reach", found, expected });
        }
        let Some(reach) = &self.reach else { return Ok(()) };
        for (paths, member) in [(&reach.reads, "trace.reach.reads"), (&reach.writes, "trace.reach.writes")] {
            at_most(paths.len(), limits::TRACE_REACH, member)?;
            no_duplicates(paths.iter(), member)?;
        }
        Ok(())
    }

    /// No file is told twice, and each for something.
    fn admit_files(&self, report: &Report) -> Result<(), PredicateError> {
        let inputs: BTreeSet<_> = report.inputs.iter().map(|input| &input.path).collect();
        for file in &self.files {
            not_empty(&file.uses, "trace.files.uses")?;
            no_duplicates(file.uses.iter().map(|one| format!("{one:?}")), "trace.files.uses")?;
            if inputs.contains(&file.path) {
                return Err(PredicateError::Duplicate {
                    member: "trace.files",
                    element: file.path.to_string(),
                });
            }
        }
        Ok(())
    }

    /// The tool comes first, and each program after the one that executed it.
    fn admit_programs(&self, executables: usize) -> Result<(), PredicateError> {
        no_duplicates(self.reads.iter().map(|one| one.by), "trace.reads")?;
        no_duplicates(self.writes.iter().map(|one| one.by), "trace.writes")?;
        let used = self.reads.iter().chain(&self.writes).map(|one| one.by);
        let used = used.chain(self.files.iter().map(|file| file.by));
        let used = used.chain(self.programs.iter().map(|program| program.executable));
        used.map(|index| within(index, executables, "executable")).collect::<Result<Vec<()>, _>>()?;
        for (place, program) in (0_u32..).zip(&self.programs) {
            let fits = match program.parent {
                None => place == 0,
                Some(parent) => parent < place,
            };
            if !fits {
                let (found, expected) = (program.parent.map_or(0, u64::from), u64::from(place));
                return Err(PredicateError::TraceInconsistent { what: "parent", found, expected });
            }
        }
        Ok(())
    }
}

fn at_most(found: usize, most: usize, member: &'static str) -> Result<(), PredicateError> {
    if found <= most { Ok(()) } else { Err(PredicateError::TraceTooLong { member, found, most }) }
}

fn within(place: u32, length: usize, what: &'static str) -> Result<(), PredicateError> {
    let (found, expected) = (u64::from(place), length as u64);
    if found < expected { Ok(()) } else { Err(PredicateError::TraceInconsistent { what, found, expected }) }
}

/// How many places there are: each within the list, and none twice.
fn places(
    all: impl Iterator<Item = u32> + Clone,
    length: usize,
    what: &'static str,
) -> Result<usize, PredicateError> {
    all.clone().map(|place| within(place, length, what)).collect::<Result<Vec<()>, _>>()?;
    no_duplicates(all.clone(), what)?;
    Ok(all.count())
}

#[cfg(test)]
mod tests {
    use crate::limits;
    use crate::parse_statement;

    /// A report of one executable, one input and one subject, with this trace.
    fn read(trace: &str) -> Result<(), &'static str> {
        read_at(trace, "traced")
    }

    fn read_at(trace: &str, capture: &str) -> Result<(), &'static str> {
        let digest = "7edf4d103044fb42afa0e34761463017ca41d21419475aab3a98cf1fbf699bd9";
        let file = format!(r#"{{"path":"a","sha256":"{digest}"}}"#);
        let statement = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"o","digest":{{"sha256":"{digest}"}}}}],
            "predicateType":"https://code-deployment-integrity.io/report/v1","predicate":{{"issuer":"{digest}",
            "kind":"transform","tool":{{"executables":[{file}],"libraries":"unmeasured"}},"recorder":{file},
            "capture":"{capture}","operation":{{"program":"a","arguments":[],"directory":"/","environment":{{}},
            "exit":{{"code":0}},"startedAt":"2026-05-01T10:00:00Z","finishedAt":"2026-05-01T10:00:00Z",
            "platform":{{"os":"linux","architecture":"x86_64"}}}},"inputs":[{file}],"trace":{trace},
            "algorithms":{{"digest":"sha256","signature":"by-key"}}}}}}"#
        );
        parse_statement(statement.as_bytes()).map(drop).map_err(|error| error.code())
    }

    fn trace(programs: usize, files: usize, sockets: usize) -> String {
        let many = |of: &dyn Fn(usize) -> String, so: usize| (0..so).map(of).collect::<Vec<_>>().join(",");
        let program = |place: usize| match place {
            0 => r#"{"executable":0}"#.to_owned(),
            other => format!(r#"{{"executable":0,"parent":{}}}"#, other - 1),
        };
        let file = |place: usize| format!(r#"{{"path":"f{place}","by":0,"uses":["created"]}}"#);
        format!(
            r#"{{"programs":[{}],"reads":[],"unread":[0],"writes":[],"files":[{}],"sockets":[{}],"absent":0,"refused":0}}"#,
            many(&program, programs),
            many(&file, files),
            many(&|place| format!("\"{place}\""), sockets),
        )
    }

    #[test]
    fn a_trace_is_as_large_as_it_may_be_and_no_larger() {
        let (programs, files, sockets) = (limits::TRACE_PROGRAMS, limits::TRACE_FILES, limits::TRACE_SOCKETS);
        assert_eq!(read(&trace(programs, files, sockets)), Ok(()));
        for larger in [trace(programs + 1, 0, 0), trace(1, files + 1, 0), trace(1, 0, sockets + 1)] {
            assert_eq!(read(&larger), Err("limit-trace"));
        }
    }

    #[test]
    fn only_a_confined_run_tells_what_it_could_reach() {
        let told = |reach: &str, capture: &str| {
            let trace = trace(1, 0, 0).replace("\"refused\":0", &format!("\"refused\":0{reach}"));
            read_at(&trace, capture)
        };
        let reach = ",\"reach\":{\"reads\":[\"/usr/lib\"],\"writes\":[\"out\"]}";
        assert_eq!(told(reach, "confined"), Ok(()));
        assert_eq!(told("", "confined"), Err("trace-inconsistent"));
        assert_eq!(told(reach, "traced"), Err("trace-inconsistent"));
        let twice = ",\"reach\":{\"reads\":[\"/usr\",\"/usr\"],\"writes\":[]}";
        assert_eq!(told(twice, "confined"), Err("predicate-duplicate"));
        let many: Vec<String> = (0..=limits::TRACE_REACH).map(|place| format!("\"f{place}\"")).collect();
        let many = format!(",\"reach\":{{\"reads\":[],\"writes\":[{}]}}", many.join(","));
        assert_eq!(told(&many, "confined"), Err("limit-trace"));
    }

    #[test]
    fn a_program_has_an_earlier_one_for_a_parent() {
        let two = |parent: &str| {
            trace(1, 0, 0).replace("}],\"reads\"", &format!("}},{{\"executable\":0{parent}}}],\"reads\""))
        };
        assert_eq!(read(&two(",\"parent\":0")), Ok(()));
        assert_eq!(read(&two(",\"parent\":1")), Err("trace-inconsistent"));
        assert_eq!(read(&two("")), Err("trace-inconsistent"));
    }
}
