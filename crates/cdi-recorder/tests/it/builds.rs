//! Builds whose tools are recorded one by one, with the real compiler and make.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_recorder::{Built, Capture, Materials, Outcome, Run, Tool, ToolRun, Tools};
use cdi_types::{Exit, Report, Statement, StatementId};

use crate::support::{Folder, command, digest, key, real, statement};

/// The programs of binutils and GCC that builds here use.
const TOOLS: [&str; 4] = ["gcc", "ar", "strip", "ld"];

/// A build in a folder of its own.
struct Build {
    folder: Folder,
}

/// What came of it.
struct Outcomes {
    built: Built,
    runs: Vec<ToolRun>,
}

impl Build {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        for (name, text) in files {
            if let Some((parent, _)) = name.rsplit_once('/') {
                std::fs::create_dir_all(folder.path(parent)).unwrap();
            }
            folder.write(name, text);
        }
        Self { folder }
    }

    fn run(&self, words: &[&str]) -> Outcomes {
        self.run_with(words, TOOLS.iter().map(|name| real(name)))
    }

    /// `sh -c SCRIPT` in the folder, where a program of it is the only tool.
    fn with_tool(&self, tool: &str, script: &str) -> Outcomes {
        self.run_with(&["sh", "-c", &self.within(script)], [PathBuf::from(self.folder.path(tool))])
    }

    fn within(&self, script: &str) -> String {
        format!("cd {}; {script}", self.folder.path("").trim_end_matches('/'))
    }

    fn run_with(&self, words: &[&str], programs: impl IntoIterator<Item = PathBuf>) -> Outcomes {
        let tool = |program| Tool {
            program,
            signer: Arc::new(key()),
            certifications: Vec::new(),
            evidence: Vec::new(),
        };
        let tools = Tools::find(programs.into_iter().map(tool).collect()).unwrap();
        let run = Run { capture: Capture::Traced, ..command(words) };
        let mut runs = Vec::new();
        let built = Materials::take(run).unwrap().build(tools, &mut |run| runs.push(run)).unwrap();
        Outcomes { built, runs }
    }

    /// `sh -c SCRIPT` in the folder.
    fn shell(&self, script: &str) -> Outcomes {
        self.run(&["sh", "-c", &self.within(script)])
    }

    fn make(&self) -> Outcomes {
        let made = self.run(&["make", "-s", "-j2", "-C", &self.folder.path("")]);
        assert_eq!(made.built.exit(), Exit::Code(0), "{:?}", made.codes());
        made
    }

    /// The report in a file's bundle that is about the file as it is now.
    fn report(&self, name: &str) -> Statement<Report> {
        let now = digest(self.folder.path(name));
        let bundle = std::fs::read(self.folder.path(&format!("{name}.intoto.jsonl"))).unwrap();
        let mut statements =
            bundle.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(statement);
        let about = |report: &Statement<Report>| {
            report.subject().iter().any(|subject| subject.digest.digits() == now)
        };
        statements.rfind(about).unwrap()
    }

    fn has_bundle(&self, name: &str) -> bool {
        Path::new(&self.folder.path(&format!("{name}.intoto.jsonl"))).exists()
    }

    /// How many lines a bundle has.
    fn lines(&self, name: &str) -> usize {
        let bundle = std::fs::read_to_string(self.folder.path(&format!("{name}.intoto.jsonl"))).unwrap();
        bundle.lines().count()
    }
}

impl Outcomes {
    /// Each run by its code: `recorded`, `nothing`, or why there is no report.
    fn codes(&self) -> Vec<&'static str> {
        let code = |run: &ToolRun| match &run.outcome {
            Outcome::Recorded { .. } => "recorded",
            Outcome::NothingMade => "nothing",
            Outcome::Unrecorded(error) => error.code(),
        };
        self.runs.iter().map(code).collect()
    }

    fn only(&self, code: &str) {
        assert_eq!(self.codes(), [code], "{:?}", self.runs);
        assert_eq!(self.built.exit(), Exit::Code(0));
    }
}

/// The reports behind an input of a report.
fn behind(report: &Statement<Report>, path: &str) -> Vec<StatementId> {
    let inputs = &report.predicate().inputs;
    let named: BTreeMap<&str, &[StatementId]> =
        inputs.iter().map(|input| (input.path.as_str(), input.reports.as_slice())).collect();
    named.get(path).unwrap_or_else(|| panic!("{path} in {:?}", named.keys())).to_vec()
}

const MAIN: (&str, &str) = ("main.c", "#include \"own.h\"\nint main(void) { return one() + two() - 3; }\n");
const OWN: (&str, &str) = ("own.h", "#include <stdio.h>\nint one(void); int two(void);\n");
const ONE: (&str, &str) = ("one.c", "#include \"own.h\"\nint one(void) { return 1; }\n");
const TWO: (&str, &str) = ("two.c", "#include \"own.h\"\nint two(void) { return 2; }\n");
const MAKEFILE: (&str, &str) = (
    "Makefile",
    "small: program; strip -o $@ program\n\
     program: main.o libown.a; gcc -o $@ main.o -L. -lown\n\
     libown.a: one.o two.o; ar rcsD $@ one.o two.o\n\
     %.o: %.c own.h; gcc -c -o $@ $<\n",
);

#[test]
fn each_tool_of_a_build_has_a_report_and_they_are_linked_by_digests() {
    let build = Build::of(&[MAIN, OWN, ONE, TWO, MAKEFILE]);
    let made = build.make();
    assert_eq!(made.codes(), ["recorded"; 6]);
    assert!(build.report("main.o").predicate().inputs.len() > 2, "headers of the system too");
    let (small, program, library) =
        (build.report("small"), build.report("program"), build.report("libown.a"));
    assert_eq!(behind(&small, "program").len(), 1);
    assert_eq!(behind(&program, "main.o").len(), 1);
    assert_eq!(behind(&program, "libown.a").len(), 1);
    assert_eq!(behind(&library, "one.o").len(), 1);
    assert_ne!(behind(&library, "one.o"), behind(&library, "two.o"));
    assert_eq!(build.lines("small"), 6, "the whole of it, each report once");
    assert_eq!(build.lines("libown.a"), 3);
    let operation = &program.predicate().operation;
    assert_eq!(operation.program, "gcc");
    assert_eq!(operation.arguments, ["-o", "program", "main.o", "-L.", "-lown"]);
    assert_eq!(operation.directory, build.folder.path("").trim_end_matches('/'));
    assert!(operation.environment.contains_key("MAKEFLAGS"), "{:?}", operation.environment);
}

#[test]
fn a_tool_is_known_by_what_is_executed_whatever_it_is_called() {
    let build = Build::of(&[("a.c", "int a;\n")]);
    let gcc = real("gcc");
    std::os::unix::fs::symlink(&gcc, build.folder.path("other")).unwrap();
    let made = build.shell(&format!("env -i {} -c -o a.o a.c; ./other -c -o b.o a.c", gcc.display()));
    assert_eq!(made.codes(), ["recorded"; 2], "{:?}", made.runs);
    assert!(build.report("a.o").predicate().operation.environment.is_empty());
    assert_eq!(build.report("b.o").predicate().operation.program, "./other");
}

#[test]
fn what_is_changed_between_two_tools_has_no_report_behind_it() {
    let build = Build::of(&[MAIN, OWN, ONE, TWO]);
    let made = build.shell(
        "gcc -c -o main.o main.c; gcc -c -o one.o one.c; gcc -c -o two.o two.c; cp one.o copy.o; \
         printf x >>two.o; gcc -o program main.o copy.o two.o",
    );
    assert_eq!(made.codes(), ["recorded"; 4]);
    let program = build.report("program");
    assert_eq!(behind(&program, "main.o").len(), 1);
    assert_eq!(behind(&program, "copy.o").len(), 1, "a copy has the same bytes");
    assert_eq!(behind(&program, "two.o"), []);
}

#[test]
fn bytes_from_a_pipe_are_nobodys_to_vouch_for() {
    let build = Build::of(&[("a.c", "int a;\n")]);
    let made = build.shell("gcc -E a.c | gcc -x c -c -o a.o -");
    let mut codes = made.codes();
    codes.sort_unstable();
    assert_eq!(codes, ["descriptor-unmeasured", "nothing"], "{:?}", made.runs);
    assert!(Path::new(&build.folder.path("a.o")).exists() && !build.has_bundle("a.o"));
}

#[test]
fn what_is_redirected_is_an_input_and_an_output() {
    let rules = "a.o: a.i; gcc -c -o $@ $<\na.i: a.c; exec gcc -E -x c - <$< >$@\n";
    let build = Build::of(&[("a.c", "int a;\n"), ("Makefile", rules)]);
    assert_eq!(build.make().codes(), ["recorded", "recorded"]);
    let preprocessed = build.report("a.i");
    assert_eq!(behind(&preprocessed, "a.c"), []);
    assert_eq!(behind(&build.report("a.o"), "a.i").len(), 1);
}

#[test]
fn an_output_that_others_have_open_is_not_the_tools_alone() {
    let build = Build::of(&[("a.c", "int a;\n")]);
    let made = build.shell("{ gcc -E a.c; echo; } >a.i; { echo; gcc -E a.c; } >b.i; gcc -c a.c 9<>b.i");
    assert_eq!(
        made.codes(),
        ["output-open-for-writing", "output-open-for-writing", "descriptor-unmeasured"],
        "{:?}",
        made.runs
    );
}

#[test]
fn a_log_that_all_write_to_is_nobodys_output_and_takes_no_report() {
    let build = Build::of(&[("a.c", "int a;\n"), ("b.c", "int b;\n")]);
    let both = "{ gcc -v -c -o a.o a.c & gcc -v -c -o b.o b.c; echo; wait; }";
    let made = build.shell(&format!("{both} >log 2>&1; {both} >>log 2>&1; gcc -x c -c -o c.o - <a.c 2>>log"));
    assert_eq!(made.codes(), ["recorded"; 5], "{:?}", made.runs);
    let subjects = build.report("a.o").subject().len();
    assert_eq!(subjects, 1);
    let made = build.shell("{ gcc -E -x c - <log; } >>log 2>&1");
    assert_ne!(made.codes(), ["recorded"]);
}

#[test]
fn of_two_that_write_one_file_at_most_one_has_a_report() {
    let build = Build::of(&[("a.c", "int a;\n"), ("b.c", "int b;\n")]);
    let wait = "while test ! -s out; do :; done";
    let made = build.shell(&format!("gcc -S -o out a.c & {wait}; echo x >>out; wait; gcc -S -o out b.c"));
    // Whether the shell was in time is chance; that the file's report is about what is in it is not.
    assert_eq!(made.runs.len(), 2, "{:?}", made.runs);
    let _about_what_is_there = build.report("out");
}

#[test]
fn others_that_write_to_an_output_meanwhile_take_its_report() {
    let build = Build::of(&[("a.c", "int a;\n")]);
    build.folder.script("slow", "#!/bin/sh\necho mine >out\nwhile test ! -e done; do :; done\n");
    let slow = |script: &str| build.with_tool("slow", script);
    let made = slow("./slow & while test ! -s out; do :; done; echo theirs >>out; touch done; wait");
    made.only("written-by-others");
    let made = slow("rm -f out done; ./slow & while test ! -s out; do :; done; rm out; touch done; wait");
    made.only("nothing");
    let made = slow("rm -f done; ./slow & while test ! -s out; do :; done; touch done; wait");
    made.only("recorded");
}

#[test]
fn an_input_that_others_change_meanwhile_takes_the_report() {
    let build = Build::of(&[("in", "one\n")]);
    build.folder.script("slow", "#!/bin/sh\ncat in >out\nwhile test ! -e done; do :; done\n");
    let made =
        build.with_tool("slow", "./slow & while test ! -s out; do :; done; echo two >in; touch done; wait");
    made.only("input-changed");
}

#[test]
fn a_tool_that_leaves_a_process_has_no_report_and_the_build_is_unharmed() {
    let build = Build::of(&[]);
    build.folder.script("leaves", "#!/bin/sh\necho x >out\nsleep 60 >/dev/null 2>&1 &\n");
    let made = build.with_tool("leaves", "./leaves; echo after >after");
    made.only("tool-left-processes");
    assert!(made.built.left_processes() && Path::new(&build.folder.path("after")).exists());
}

#[test]
fn a_name_that_no_report_can_carry_takes_the_report() {
    let build = Build::of(&[("a.c", "int a;\n")]);
    let made = build.shell("gcc -c -o \"$(printf 'a\\377.o')\" a.c; gcc -c -o b.o a.c");
    assert_eq!(made.codes(), ["text-not-unicode", "recorded"], "{:?}", made.runs);
}

#[test]
fn what_a_tool_learns_of_other_processes_takes_the_report() {
    let build = Build::of(&[]);
    build.folder.script("reads", "#!/bin/sh\nread words </proc/$PPID/status; echo $words >out\n");
    build.with_tool("reads", "./reads; true").only("input-not-regular");
}

#[test]
fn a_make_within_a_make_is_no_different() {
    let rules = "all:; $(MAKE) -C sub a.o\n";
    let build = Build::of(&[
        ("Makefile", rules),
        ("sub/Makefile", "a.o: a.c; gcc -c -o $@ a.c\n"),
        ("sub/a.c", "int a;\n"),
    ]);
    assert_eq!(build.make().codes(), ["recorded"]);
    let report = build.report("sub/a.o");
    assert_eq!(behind(&report, "a.c"), []);
    assert!(report.predicate().operation.directory.ends_with("/sub"));
}

#[test]
fn a_report_is_in_the_bundles_of_all_outputs_or_of_none() {
    let build = Build::of(&[("a.c", "int a;\n"), ("b.c", "int b;\n")]);
    std::fs::create_dir(build.folder.path("b.o.intoto.jsonl")).unwrap();
    let made = build.shell("gcc -c a.c b.c; gcc -c -o c.o a.c");
    assert_eq!(made.codes()[1..], ["recorded"]);
    assert!(matches!(made.runs[0].outcome, Outcome::Unrecorded(_)), "{:?}", made.runs);
    assert!(!build.has_bundle("a.o") && build.has_bundle("c.o"));
    std::fs::remove_dir(build.folder.path("b.o.intoto.jsonl")).unwrap();
    build.shell("gcc -c a.c b.c").only("recorded");
    assert_eq!(build.report("a.o").predicate(), build.report("b.o").predicate());
}

#[test]
fn a_run_that_fails_has_no_report_and_the_build_goes_on() {
    let build = Build::of(&[("a.c", "int a\n")]);
    let made = build.shell("gcc -c -o a.o a.c 2>errors; touch after");
    made.only("tool-failed");
    assert!(Path::new(&build.folder.path("after")).exists() && !build.has_bundle("a.o"));
}

#[test]
fn a_run_of_a_tool_within_a_tool_is_of_the_outer_one() {
    let build = Build::of(&[("a.c", "int main(void) { return 0; }\n")]);
    // The driver executes the linker, which is a tool as well.
    let made = build.shell("gcc -o a a.c");
    made.only("recorded");
    let report = build.report("a");
    let programs = &report.predicate().trace.as_ref().unwrap().programs;
    assert!(programs.len() >= 4 && programs[0].parent.is_none(), "{programs:?}");
    assert!(programs.iter().skip(1).all(|program| program.parent.is_some()), "{programs:?}");
}
