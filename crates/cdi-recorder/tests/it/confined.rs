//! Capture level `confined`: a run reaches what was declared, and nothing else.

use std::path::Path;

use cdi_recorder::{Capture, Disclosure, OutOfReach, Reach, Run, Way};
use cdi_types::{CaptureLevel, Exit};

use crate::support::{Folder, command, ran, recorded, report};

/// The shell, what it needs to begin, and what is declared besides.
fn shell(text: &str, reads: &[&str], writes: &[&str]) -> Run {
    let reads = ["/usr"].iter().chain(reads).map(|&path| path.to_owned()).collect();
    let writes = writes.iter().map(|&path| path.to_owned()).collect();
    Run { capture: Capture::Confined, reach: Reach { reads, writes }, ..command(&["sh", "-c", text]) }
}

fn refused(run: Run) -> (Exit, Vec<OutOfReach>) {
    let ran = ran(run).unwrap();
    (ran.exit(), ran.out_of_reach())
}

/// Whether this machine can confine. Where tests were told that everything is here, it must.
fn is_here() -> bool {
    match ran(shell("true", &[], &[])) {
        Err(error)
            if error.code() == "fence-refused" && std::env::var_os("CDI_TEST_ENVIRONMENTS").is_none() =>
        {
            eprintln!("skipped: {error}");
            false
        }
        Err(error) => panic!("{error}"),
        Ok(_) => true,
    }
}

fn told(out_of_reach: &[OutOfReach], path: &str, way: Way) -> bool {
    let path = Path::new(path).canonicalize().unwrap_or_else(|_| path.into());
    out_of_reach.iter().any(|told| told.path == path && told.way == way)
}

#[test]
fn a_compiler_builds_from_what_was_declared() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let source =
        folder.write("hello.c", "#include <stdio.h>\n#include \"own.h\"\nint main(void) { return OWN; }\n");
    let (header, out) = (folder.write("own.h", "#define OWN 7\n"), folder.path("hello"));
    let gcc = |inputs: Vec<String>| Run {
        inputs,
        outputs: vec![out.clone()],
        capture: Capture::Confined,
        reach: Reach { reads: vec!["/usr".into()], writes: Vec::new() },
        ..command(&["gcc", "-o", &out, &source])
    };
    let recorded = recorded(gcc(vec![source.clone(), header.clone()])).unwrap();
    let statement = report(&recorded);
    let report = statement.predicate();
    assert_eq!(report.capture, CaptureLevel::Confined);
    let reach = report.trace.as_ref().unwrap().reach.as_ref().unwrap();
    assert_eq!((reach.reads.len(), reach.writes.len()), (1, 0));
    assert!(report.inputs.iter().any(|input| input.path.as_str() == "/usr/include/stdio.h"));
    assert_eq!(std::process::Command::new(&out).status().unwrap().code(), Some(7));
    std::fs::remove_file(&out).unwrap();

    let (exit, out_of_reach) = refused(gcc(vec![source.clone()]));
    assert_eq!(exit, Exit::Code(1));
    assert!(told(&out_of_reach, &header, Way::Read), "{out_of_reach:?}");
}

#[test]
fn an_undeclared_file_is_not_there_whatever_the_way_to_it() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let (secret, out) = (folder.write("secret", "s3cret"), folder.path("out"));
    let ways = [
        format!("cat {secret}"),
        format!("cat /proc/self/root{secret}"),
        format!("cd / && cat .{secret}"),
        format!("ln -s {secret} {out}; cat {out}"),
        format!("ln {secret} {out}; cat {out}"),
        format!("mv {secret} {out}; cat {out}"),
        format!("cp {secret} {out}"),
        format!("exec 3<{secret}; cat <&3"),
        format!("cat < /proc/self/cwd/../../../../../../../../..{secret}"),
    ];
    for way in ways {
        let run = Run {
            outputs: vec![out.clone()],
            ..shell(
                &format!("({way}) > $TMPDIR/said 2>&1; grep -q s3cret $TMPDIR/said {out} && exit 9; exit 0"),
                &[],
                &[],
            )
        };
        let (exit, out_of_reach) = refused(run);
        assert_eq!(exit, Exit::Code(0), "{way}");
        assert!(out_of_reach.iter().any(|told| told.path == Path::new(&secret)), "{way}: {out_of_reach:?}");
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "s3cret", "{way}");
        let _ = std::fs::remove_file(&out);
    }
}

#[test]
fn nothing_undeclared_is_made_changed_or_removed() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let (kept, out) = (folder.write("kept", "kept"), folder.path("out"));
    let elsewhere = folder.path("elsewhere");
    let ways = [
        format!("echo x > {elsewhere}"),
        format!("echo x >> {kept}"),
        format!("true > {kept}"),
        format!("rm {kept}"),
        format!("truncate -s 0 {kept}"),
        format!("echo x > {out}; mv {out} {elsewhere}"),
        format!("echo x > {out}; mv {out} {kept}"),
        format!("echo x > {out}; ln {out} {elsewhere}"),
        format!("ln -s /usr {elsewhere}"),
        format!("mkfifo {elsewhere}"),
        format!("mkdir {elsewhere}"),
    ];
    for way in ways {
        let run = Run {
            outputs: vec![out.clone()],
            ..shell(&format!("{way} 2> /dev/null && exit 9; exit 0"), &[], &[])
        };
        let (exit, _) = refused(run);
        assert_eq!(exit, Exit::Code(0), "{way}");
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept", "{way}");
        assert!(std::fs::symlink_metadata(&elsewhere).is_err(), "{way}");
        let _ = std::fs::remove_file(&out);
    }
}

#[test]
fn a_folder_that_may_be_written_is_the_runs_own() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let own = folder.path("own");
    std::fs::create_dir(&own).unwrap();
    let before = folder.write("own/before", "before");
    let text = format!(
        "mkdir {own}/sub && echo made > {own}/sub/a && mv {own}/sub/a {own}/a && rmdir {own}/sub && cat {own}/a"
    );
    let run = shell(&text, &[], &[&own]);
    let done = recorded(run).unwrap();
    let outputs: Vec<_> = done
        .outputs
        .iter()
        .filter_map(|output| output.path.as_ref())
        .map(|path| path.as_str().to_owned())
        .collect();
    assert_eq!(outputs.len(), 1, "{outputs:?}");
    assert!(outputs[0].ends_with("own/a"));
    // What was there before is not the run's to read: it was not declared.
    let (exit, out_of_reach) = refused(shell(&format!("cat {before}"), &[], &[&own]));
    assert_eq!(exit, Exit::Code(1));
    assert!(told(&out_of_reach, &before, Way::Read));
}

#[test]
fn what_is_not_within_reach_is_not_executed() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let program = folder.path("program");
    std::fs::copy("/bin/true", &program).unwrap();
    let (exit, _) = refused(shell(&program, &[], &[]));
    assert_eq!(exit, Exit::Code(126));
    let (exit, _) = refused(shell(&program, &[&program], &[]));
    assert_eq!(exit, Exit::Code(0));
}

#[test]
fn the_temporary_folder_is_the_runs_own_and_goes_with_it() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let out = folder.path("out");
    let run = Run {
        outputs: vec![out.clone()],
        ..shell(
            &format!(
                "echo a > $TMPDIR/a && cat $TMPDIR/a > {out} && echo $TMPDIR >> {out} && stat -c %a $TMPDIR >> {out}"
            ),
            &[],
            &[],
        )
    };
    recorded(run).unwrap();
    let said = std::fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines[0], lines[2]), ("a", "700"));
    assert!(!Path::new(lines[1]).exists());

    let mut run = shell("echo a > $TMPDIR/a", &[], &[]);
    let given = folder.path("given");
    std::fs::create_dir(&given).unwrap();
    run.environment.set("TMPDIR", &given, Disclosure::Open).unwrap();
    assert_eq!(ran(run).unwrap().exit(), Exit::Code(0));
    assert!(Path::new(&given).join("a").exists());
}

#[test]
fn names_in_folders_are_within_reach_as_files_are() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let (secret, own) = (folder.path("secret"), folder.path("own"));
    std::fs::create_dir(&secret).unwrap();
    std::fs::create_dir(&own).unwrap();
    let (exit, out_of_reach) = refused(shell(&format!("ls {secret}"), &[], &[&own]));
    assert_eq!(exit, Exit::Code(2));
    assert!(told(&out_of_reach, &secret, Way::Read));
    assert_eq!(refused(shell(&format!("ls {own}"), &[], &[&own])).0, Exit::Code(0));
    assert_eq!(refused(shell(&format!("ls {secret}"), &[&secret], &[])).0, Exit::Code(0));
}

#[test]
fn a_folder_that_is_moved_brings_nothing_within_reach() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    for name in ["own", "own/read", "own/hidden"] {
        std::fs::create_dir(folder.path(name)).unwrap();
    }
    folder.write("own/hidden/secret", "s3cret");
    let (own, read) = (folder.path("own"), folder.path("own/read"));
    for way in [
        format!("mv {own}/hidden {read}/; cat {read}/hidden/secret"),
        format!("mv {read} {own}/aside; mv {own}/hidden {read}; cat {read}/secret"),
    ] {
        let (exit, out_of_reach) = refused(shell(&format!("({way}) 2> /dev/null"), &[&read], &[&own]));
        assert_eq!(exit, Exit::Code(1), "{way}");
        assert!(!out_of_reach.is_empty(), "{way}");
        let _ = std::fs::rename(folder.path("own/aside"), &read);
    }
    // Nor are bytes passed on that it may not have, as of a single file.
    let (exit, _) = refused(shell(&format!("mv {own}/hidden {own}/other 2> /dev/null"), &[], &[&own]));
    assert_eq!(exit, Exit::Code(1));
    std::fs::remove_file(folder.path("own/hidden/secret")).unwrap();
    let (exit, _) = refused(shell(&format!("mv {own}/hidden {own}/other"), &[], &[&own]));
    assert_eq!(exit, Exit::Code(0));
}

#[test]
fn a_pipe_of_others_is_out_of_reach_and_the_runs_own_is_not() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (exit, out_of_reach) = refused(shell(&format!("(echo x > {pipe}) 2> /dev/null"), &[], &[]));
    assert_eq!(exit, Exit::Code(2));
    assert!(told(&out_of_reach, &pipe, Way::Write), "{out_of_reach:?}");
    let own = "mkfifo $TMPDIR/p && (echo x > $TMPDIR/p & cat $TMPDIR/p) && echo y | cat";
    assert_eq!(refused(shell(own, &[], &[])).0, Exit::Code(0));
}

#[test]
fn a_reach_is_told_by_the_kernels_names_and_before_the_tool_runs() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    let own = folder.path("own");
    std::fs::create_dir(&own).unwrap();
    let typed = format!("{own}/../own/.");
    let done = recorded(shell(&format!("echo made > {own}/a"), &[], &[&typed])).unwrap();
    let statement = report(&done);
    let reach = statement.predicate().trace.as_ref().unwrap().reach.as_ref().unwrap();
    assert_eq!((reach.writes.len(), reach.writes[0].as_str()), (1, own.as_str()));
    let error = ran(shell(&format!("echo made > {own}/b"), &["/"], &[&own])).unwrap_err();
    assert_eq!(error.code(), "reach-unusable");
    assert!(!Path::new(&own).join("b").exists());
}

#[test]
fn what_is_to_be_reached_has_to_be_there() {
    if !is_here() {
        return;
    }
    let folder = Folder::new();
    for (reads, writes) in [(vec![folder.path("no")], vec![]), (vec![], vec![folder.path("no")])] {
        let run = Run { reach: Reach { reads, writes }, capture: Capture::Confined, ..command(&["true"]) };
        assert_eq!(ran(run).unwrap_err().code(), "reach-unusable");
    }
}
