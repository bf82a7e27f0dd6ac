//! Capture level `traced`: what a run reads and makes is found, call by call.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use cdi_recorder::{Capture, Recorded, Run};
use cdi_types::{ArtifactDigest, CaptureLevel, FileUse, Report, Trace};

use crate::support::{Folder, command, digest, libraries, names, ran, recorded, report};

fn traced(words: &[&str]) -> Run {
    Run { capture: Capture::Traced, ..command(words) }
}

pub(crate) fn script(text: &str) -> Run {
    traced(&["sh", "-c", text])
}

pub(crate) fn inputs(report: &Report) -> BTreeMap<&str, ArtifactDigest> {
    report.inputs.iter().map(|input| (input.path.as_str(), input.digest)).collect()
}

fn outputs(recorded: &Recorded) -> Vec<&str> {
    recorded.outputs.iter().filter_map(|output| output.path.as_ref()).map(|path| path.as_str()).collect()
}

fn trace(report: &Report) -> &Trace {
    report.trace.as_ref().unwrap()
}

fn uses<'t>(trace: &'t Trace, path: &str) -> &'t [FileUse] {
    trace.files.iter().find(|file| file.path.as_str() == path).map_or(&[], |file| &file.uses)
}

#[test]
fn what_is_read_and_made_is_found_without_being_declared() {
    let folder = Folder::new();
    let (from, to) = (folder.write("a", "one"), folder.path("b"));
    let run = Run { outputs: vec![to.clone()], ..traced(&["cp", &from, &to]) };
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    let report = statement.predicate();
    assert_eq!(report.capture, CaptureLevel::Traced);
    assert_eq!(inputs(report)[from.as_str()].digits(), digest(&from));
    assert_eq!(outputs(&recorded), [to.as_str()]);
    assert!(libraries(report).iter().any(|path| path.contains("libc.so")), "{:?}", libraries(report));
    assert!(libraries(report).iter().any(|path| path.contains("ld-linux")), "{:?}", libraries(report));
    assert!(
        report.inputs.iter().all(|input| !input.path.as_str().contains("libc.so")),
        "{:?}",
        report.inputs
    );
    assert_eq!(names(report), ["cp"]);
    assert_eq!(trace(report).programs.len(), 1);
}

#[test]
fn a_compiler_is_found_to_read_its_headers() {
    let folder = Folder::new();
    let source =
        folder.write("hello.c", "#include <stdio.h>\n#include \"own.h\"\nint main(void) { return OWN; }\n");
    let (header, out) = (folder.write("own.h", "#define OWN 0\n"), folder.path("hello"));
    let run = Run { outputs: vec![out.clone()], ..traced(&["gcc", "-o", &out, &source]) };
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    let report = statement.predicate();
    let inputs = inputs(report);
    for path in [source.as_str(), header.as_str(), "/usr/include/stdio.h"] {
        assert_eq!(inputs[path].digits(), digest(path), "{path}");
    }
    let found = |name: &str| report.inputs.iter().any(|input| input.path.as_str().contains(name));
    assert!(found("crt1.o") && found("libc.so") && found("libgcc.a"), "{inputs:?}");
    assert!(Command::new(&out).status().unwrap().success());
    let programs = &trace(report).programs;
    assert!(
        programs.len() >= 5 && programs.iter().skip(1).all(|program| program.parent.is_some()),
        "{programs:?}"
    );
    assert!(trace(report).files.iter().any(|file| file.uses.contains(&FileUse::Removed)));
    assert!(trace(report).absent > 0);
}

#[test]
fn what_a_run_makes_and_reads_again_is_no_input() {
    let folder = Folder::new();
    let (kept, gone) = (folder.path("kept"), folder.path("gone"));
    let run = script(&format!("echo x >{gone}; cat {gone} {gone} >{kept}; rm {gone}"));
    let recorded = recorded(Run { outputs: vec![kept.clone()], ..run }).unwrap();
    let statement = report(&recorded);
    let report = statement.predicate();
    assert!(
        report.inputs.iter().all(|input| !input.path.as_str().starts_with(&folder.path(""))),
        "{:?}",
        report.inputs
    );
    assert_eq!(uses(trace(report), &gone), [FileUse::Created, FileUse::Read, FileUse::Removed]);
    assert_eq!(outputs(&recorded), [kept]);
}

#[test]
fn a_file_that_is_changed_in_place_is_an_input_as_it_was() {
    let folder = Folder::new();
    let file = folder.write("file", "before\n");
    let before = digest(&file);
    std::thread::sleep(std::time::Duration::from_millis(80));
    let run = script(&format!("echo after >>{file}"));
    let recorded = recorded(Run { outputs: vec![file.clone()], ..run }).unwrap();
    let statement = report(&recorded);
    assert_eq!(inputs(statement.predicate())[file.as_str()].digits(), before);
    assert_eq!(recorded.outputs[0].digest.digits(), digest(&file));
    assert_ne!(digest(&file), before);
}

/// The program of `calls.c`, which makes one call after the other.
fn calls(folder: &Folder) -> String {
    let program = folder.path("calls");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/calls.c");
    assert!(Command::new("cc").args(["-pthread", "-w", "-o", &program, source]).status().unwrap().success());
    program
}

fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(80));
}

#[test]
fn every_call_that_reads_is_seen() {
    let (tools, folder) = (Folder::new(), Folder::new());
    let calls = calls(&tools);
    settle();
    for how in [
        "open",
        "openat",
        "openat2",
        "beneath",
        "chdir",
        "cwd-link",
        "again",
        "thread-link",
        "hard-link",
        "symbolic-link",
        "renamed",
        "creat",
        "nameless",
        "excl",
    ] {
        let (input, out) = (folder.write("in", how), folder.path("out"));
        let bytes = digest(&input);
        settle();
        let run = Run { outputs: vec![out.clone()], ..traced(&[&calls, how, &input, &out]) };
        let recorded = recorded(run).unwrap_or_else(|error| panic!("{how}: {error}"));
        let statement = report(&recorded);
        let inputs = inputs(statement.predicate());
        assert!(inputs.values().any(|input| input.digits() == bytes), "{how}: {inputs:?}");
        assert_eq!(std::fs::read_to_string(&out).unwrap(), how);
        for left in ["in", "out", "second", "symbolic", "other"] {
            let _ = std::fs::remove_file(folder.path(left));
        }
    }
}

#[test]
fn what_goes_past_the_recorder_is_refused_to_the_tool() {
    let folder = Folder::new();
    let calls = calls(&folder);
    for how in [
        "io_uring",
        "handle",
        "chroot",
        "unshare",
        "untraced",
        "socket",
        "undumpable",
        "own",
        "path-only",
        "datagrams",
        "semaphores",
        "limits",
        "newer",
        "attributes",
    ] {
        let ran = ran(traced(&[&calls, how])).unwrap();
        assert_eq!(ran.exit(), cdi_types::Exit::Code(0), "{how}");
        match how {
            "socket" => assert_eq!(ran.refusals(), ["sockets (inet)"]),
            "own" => assert!(ran.refusals().is_empty(), "{:?}", ran.refusals()),
            _ => {}
        }
    }
}

#[test]
fn what_procfs_says_of_the_run_holds_no_bytes_that_somebody_chose() {
    let folder = Folder::new();
    let out = folder.path("out");
    for (view, given) in [
        ("self/environ", false),
        ("self/cmdline", false),
        ("thread-self/environ", false),
        ("net/unix", false),
        ("self/net/unix", false),
        ("sys/kernel/random/uuid", false),
        ("kmsg", false),
        ("self/status", true),
        ("self/task/1/stat", false),
        ("self/maps", true),
        ("cpuinfo", true),
        ("sys/vm/overcommit_memory", true),
    ] {
        let text = format!("echo >{out}; cat /proc/{view} >{out} || true");
        let ran = ran(script(&text)).unwrap();
        let refusals = ran.refusals();
        assert_eq!(std::fs::read(&out).unwrap().is_empty(), !given, "{view}: {refusals:?}");
        std::fs::remove_file(&out).unwrap();
    }
}

#[test]
fn another_procfs_is_none_of_the_runs() {
    let folder = Folder::new();
    let (place, out) = (folder.path("proc"), folder.path("out"));
    std::fs::create_dir(&place).unwrap();
    let mounted = |kind: &[&str]| Command::new("mount").args(kind).arg(&place).status().unwrap().success();
    let stranger = std::process::id();
    for kind in [&["-t", "proc", "proc"][..], &["--bind", "/proc"]] {
        if !mounted(kind) {
            eprintln!("skipped: mounts are the superuser's");
            return;
        }
        let text =
            format!("for file in {stranger}/status self/status; do cat {place}/$file >>{out} || true; done");
        let ran = ran(script(&text));
        assert!(Command::new("umount").arg(&place).status().unwrap().success());
        assert_eq!(ran.unwrap().exit(), cdi_types::Exit::Code(0));
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "", "{kind:?}");
        std::fs::remove_file(&out).unwrap();
    }
}

#[test]
fn what_lies_in_a_folder_that_is_moved_is_moved_too() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path("there/below")).unwrap();
    let [first, second] = ["there/first", "there/below/second"].map(|name| folder.write(name, name));
    let digests = [digest(&first), digest(&second)];
    settle();
    let outputs = ["here/below/second", "here/first"].map(|name| folder.path(name)).to_vec();
    let text = format!("mv {} {}", folder.path("there"), folder.path("here"));
    let recorded = recorded(Run { outputs, ..script(&text) }).unwrap();
    let statement = report(&recorded);
    let inputs = inputs(statement.predicate());
    for digest in digests {
        assert!(
            recorded.outputs.iter().any(|output| output.digest.digits() == digest),
            "{:?}",
            recorded.outputs
        );
        assert!(inputs.values().any(|input| input.digits() == digest), "{inputs:?}");
    }
}

#[test]
fn a_run_may_set_the_times_of_what_it_reads() {
    let folder = Folder::new();
    let out = folder.path("out");
    let inputs: Vec<String> = (0..300).map(|n| folder.write(&format!("in{n}"), &n.to_string())).collect();
    settle();
    let all = inputs.join(" ");
    let text = format!("cat {all} >{out}; touch {all}; cat {all} >>{out}; touch -d 2001-01-01 {all}");
    let recorded = recorded(Run { outputs: vec![out], ..script(&text) }).unwrap();
    assert!(report(&recorded).predicate().inputs.len() >= 300);
}

#[test]
fn a_program_that_is_executed_by_descriptor_is_seen() {
    let folder = Folder::new();
    let calls = calls(&folder);
    let ran = ran(traced(&[&calls, "execveat", "/bin/true"])).unwrap();
    let executables: Vec<_> = ran.tool().executables.iter().map(|file| file.sha256.sha256()).collect();
    assert_eq!(executables, [digest(&calls), digest("/bin/true")]);
}

#[test]
fn a_process_that_outlives_the_tool_is_refused_and_killed() {
    let folder = Folder::new();
    let calls = calls(&folder);
    assert_eq!(ran(traced(&[&calls, "daemon"])).unwrap_err().code(), "tool-still-running");
}

#[test]
fn processes_that_are_seen_before_their_makers_have_parents() {
    let folder = Folder::new();
    let out = folder.path("out");
    let one = "( ( ( (/bin/true; :) | (/bin/true; :) ) | (/bin/true; :) ) & wait ) &\n";
    let text = format!("{}wait; echo done >{out}", one.repeat(20));
    let recorded = recorded(Run { outputs: vec![out], ..script(&text) }).unwrap();
    let statement = report(&recorded);
    let programs = &trace(statement.predicate()).programs;
    assert_eq!(programs.len(), 61);
    assert!(programs[1..].iter().all(|program| program.parent == Some(0)), "{programs:?}");
}

#[test]
fn a_file_that_somebody_else_puts_in_the_place_of_an_output_is_none() {
    let folder = Folder::new();
    let (out, go) = (folder.path("out"), folder.path("go"));
    let run = script(&format!("echo tool >{out}; until [ -e {go} ]; do :; done"));
    let run = Run { outputs: vec![out.clone()], ..run };
    let neighbour = std::thread::spawn(move || {
        let told = || {
            let file = std::fs::metadata(&out).ok().filter(|file| file.len() > 0)?;
            Some((file.ino(), file.created().unwrap()))
        };
        let (inode, born) = loop {
            if let Some(first) = told() {
                break first;
            }
        };
        // File systems give numbers out again, most of them at once; clocks of files go by some milliseconds.
        for _ in 0..100_000 {
            std::fs::remove_file(&out).unwrap();
            std::fs::write(&out, "neighbour").unwrap();
            if told().is_some_and(|(now, at)| now == inode && at != born) {
                break;
            }
        }
        std::fs::write(go, "").unwrap();
    });
    let error = recorded(run).unwrap_err();
    neighbour.join().unwrap();
    assert_eq!(error.code(), "output-not-written", "{error}");
}

#[test]
fn files_are_made_with_the_permissions_that_the_tool_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let calls = calls(&folder);
    let (file, pipe) = (folder.path("file"), folder.path("pipe"));
    assert_eq!(ran(traced(&[&calls, "mask", &file, &pipe])).unwrap().exit(), cdi_types::Exit::Code(0));
    for made in [file, pipe] {
        assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o640, "{made}");
    }
}

#[test]
fn a_pipe_that_waits_for_its_other_end_holds_nobody_up() {
    let folder = Folder::new();
    let calls = calls(&folder);
    let ran = ran(traced(&[&calls, "fifo", &folder.path("pipe")])).unwrap();
    assert_eq!(ran.exit(), cdi_types::Exit::Code(0));
}

#[test]
fn a_relative_path_starts_wherever_its_thread_has_been_taken() {
    let folder = Folder::new();
    let program = calls(&folder);
    let (a, b) = (folder.path("a"), folder.path("b"));
    for (folder, text) in [(&a, "a"), (&b, "b")] {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(format!("{folder}/f"), text).unwrap();
    }
    let out = folder.path("out");
    let text = format!("{program} moves {a} {b}; echo $? >{out}");
    let recorded = recorded(Run { outputs: vec![out.clone()], ..script(&text) }).unwrap();
    assert_eq!(std::fs::read_to_string(out).unwrap(), "0\n");
    let statement = report(&recorded);
    let inputs = inputs(statement.predicate());
    for folder in [a, b] {
        let path = format!("{folder}/f");
        assert_eq!(inputs[path.as_str()].digits(), digest(&path));
    }
}

#[test]
fn a_path_that_another_thread_writes_over_is_the_one_that_was_read() {
    let folder = Folder::new();
    let calls = calls(&folder);
    let (one, other) = (folder.write("one", "1"), folder.write("two", "2"));
    settle();
    let out = folder.path("out");
    let text = format!("{calls} race {one} {other}; : >{out}");
    let run = Run { outputs: vec![out], ..script(&text) };
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    let inputs = inputs(statement.predicate());
    for (path, digest) in &inputs {
        assert_eq!(digest.digits(), crate::support::digest(path), "{path}");
    }
    assert!(inputs.contains_key(one.as_str()) || inputs.contains_key(other.as_str()), "{inputs:?}");
}

#[test]
fn standard_input_is_the_tools_own() {
    let folder = Folder::new();
    let (input, out) = (folder.write("in", "text"), folder.path("out"));
    settle();
    let text = format!("cat /dev/stdin >{out}");
    let run = Run { stdin: Some(input.clone()), outputs: vec![out.clone()], ..script(&text) };
    let recorded = recorded(run).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "text");
    let statement = report(&recorded);
    assert!(trace(statement.predicate()).unread.is_empty());
}

#[test]
fn a_declared_input_that_nothing_opened_is_told() {
    let folder = Folder::new();
    let (read, unread, out) = (folder.write("a", "x"), folder.write("b", "y"), folder.path("out"));
    settle();
    let run = script(&format!("cat {read} >{out}"));
    let run = Run { inputs: vec![unread, read], outputs: vec![out], ..run };
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    assert_eq!(trace(statement.predicate()).unread, [0]);
    assert_eq!(statement.predicate().inputs[1].path.as_str(), folder.path("a"));
}

#[test]
fn an_input_that_somebody_else_changes_while_it_is_traced_is_rejected() {
    let folder = Folder::new();
    let (input, out, go) = (folder.write("in", "one"), folder.path("out"), folder.path("go"));
    settle();
    let text = format!("read -r line <{input}; : >{go}; while [ -e {go} ]; do sleep 0.01; done; : >{out}");
    let other = std::thread::spawn({
        let (input, go) = (input.clone(), go.clone());
        move || {
            while !std::fs::exists(&go).unwrap() {
                std::thread::yield_now();
            }
            std::fs::write(&input, "two").unwrap();
            std::fs::remove_file(&go).unwrap();
        }
    });
    let run = Run { outputs: vec![out], ..script(&text) };
    assert_eq!(recorded(run).unwrap_err().code(), "input-changed");
    other.join().unwrap();
}

#[test]
fn bytes_that_nobody_can_vouch_for_are_refused() {
    let folder = Folder::new();
    let (out, pipe) = (folder.path("out"), folder.path("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let text =
        format!("cat /proc/1/environ >{out}; cat {pipe} >>{out}; cat /proc/sys/kernel/ostype >>{out}; :");
    let ran = ran(Run { outputs: vec![out.clone()], ..script(&text) }).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "Linux\n");
    assert_eq!(ran.refusals().len(), 2, "{:?}", ran.refusals());
}

/// All files that a report tells of.
fn told(recorded: &Recorded) -> std::collections::BTreeSet<String> {
    let statement = report(recorded);
    let report = statement.predicate();
    let inputs = report.inputs.iter().map(|input| input.path.to_string());
    let executables = report.tool.executables.iter().map(|file| file.path.to_string());
    let others = trace(report).files.iter().map(|file| file.path.to_string());
    let made = outputs(recorded).into_iter().map(ToOwned::to_owned);
    inputs.chain(executables).chain(others).chain(made).chain(libraries(report)).collect()
}

#[test]
fn no_file_is_missed_that_the_kernel_sees_opened() {
    let folder = Folder::new();
    let oracle = folder.path("oracle");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/oracle.c");
    assert!(Command::new("cc").args(["-w", "-o", &oracle, source]).status().unwrap().success());
    let hello = "#include <stdio.h>\n#include <math.h>\n#include <pthread.h>\nint main(void) { return puts(\"\") < 0; }\n";
    let (source, out) = (folder.write("hello.c", hello), folder.path("hello"));
    let build = ["gcc", "-O2", "-flto", "-o", &out, &source, "-lm"];
    let seen = Command::new(&oracle).args(build).env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
    if seen.status.code() == Some(77) {
        eprintln!("skipped: fanotify and mounts are the superuser's");
        return;
    }
    assert!(seen.status.success());
    std::fs::remove_file(&out).unwrap();
    settle();
    let told = told(&recorded(Run { outputs: vec![out.clone()], ..traced(&build) }).unwrap());
    let seen = String::from_utf8(seen.stdout).unwrap();
    // Temporary files have other names each time; the loader's list of libraries is none of what a report tells.
    let lasting = seen.lines().filter(|path| !path.starts_with("/tmp/cc") && *path != "/etc/ld.so.cache");
    // The report calls a file as the tool does, links included; the kernel by its place.
    let told: std::collections::BTreeSet<_> =
        told.iter().map(|path| std::fs::canonicalize(path).unwrap_or_else(|_| path.into())).collect();
    let missed: Vec<_> = lasting.clone().filter(|path| !told.contains(std::path::Path::new(path))).collect();
    assert!(missed.is_empty(), "{missed:?} of {told:?}");
    assert!(lasting.count() > 100);
}

#[test]
fn what_is_left_under_another_name_is_an_output_under_that() {
    let folder = Folder::new();
    let [first, second, old, moved, twice, again] =
        ["first", "second", "old", "moved", "twice", "again"].map(|name| folder.path(name));
    std::fs::write(&old, "old").unwrap();
    settle();
    let text = format!(
        "echo x >{first}; mv {first} {second}; mv {old} {moved}; echo y >{twice}; ln {twice} {again}; truncate -s 1 {moved}"
    );
    let declared = vec![second.clone(), moved.clone()];
    let bytes = digest(&old);
    let ran = ran(Run { outputs: declared, ..script(&text) }).unwrap();
    let products = ran.products().unwrap();
    assert!(products.inputs().iter().any(|input| input.digest.digits() == bytes), "{:?}", products.inputs());
    let recorded = products.seal(&crate::support::key(), &[]).unwrap();
    let statement = report(&recorded);
    assert_eq!(outputs(&recorded), [second, moved]);
    assert_eq!(trace(statement.predicate()).writes.iter().map(|one| one.files.len()).sum::<usize>(), 2);
    assert_eq!(uses(trace(statement.predicate()), &again), [], "{:?}", trace(statement.predicate()).files);
    assert_eq!(uses(trace(statement.predicate()), &twice), [FileUse::Created, FileUse::Linked]);
}

#[test]
fn a_library_that_is_read_as_data_is_an_input_too() {
    let folder = Folder::new();
    let out = folder.path("out");
    let library = std::fs::canonicalize("/lib/x86_64-linux-gnu/libc.so.6").unwrap();
    let text = format!("cat {} >{out}", library.display());
    let recorded = recorded(Run { outputs: vec![out.clone()], ..script(&text) }).unwrap();
    let statement = report(&recorded);
    let report = statement.predicate();
    assert!(libraries(report).contains(&library.display().to_string()));
    // Its name is the loader's, who opened it first.
    assert!(inputs(report).values().any(|input| input.digits() == digest(&out)), "{:?}", report.inputs);
}

#[test]
fn a_withheld_file_is_not_had_by_any_name() {
    let folder = Folder::new();
    let (key, other) = (folder.write("key.pem", "secret"), folder.path("other"));
    std::os::unix::fs::symlink(&key, folder.path("link")).unwrap();
    std::fs::hard_link(&key, folder.path("second")).unwrap();
    let text = format!(
        "cd {}; cat key.pem link second; mv second {other}; cat {other}; exec 2>&- 3<key.pem",
        folder.path("").trim_end_matches('/')
    );
    let ran = ran(Run { withheld: vec![key.into()], ..script(&text) }).unwrap();
    assert_ne!(ran.exit(), cdi_types::Exit::Code(0));
    assert!(ran.refusals().iter().all(|refused| refused.contains("withheld")), "{:?}", ran.refusals());
    assert!(!std::fs::exists(other).unwrap());
}

#[test]
fn digests_of_a_toolchain_are_kept_for_the_next_run() {
    use cdi_keys::Signer as _;
    let (folder, kept) = (Folder::new(), Folder::new());
    let (out, key) = (folder.path("out"), crate::support::key());
    let text = format!(": >{out}");
    for _ in 0..2 {
        let cache = cdi_recorder::DigestCache::open(kept.path("cdi"), key.public_key());
        let run = Run { outputs: vec![out.clone()], ..script(&text) };
        let ran = cdi_recorder::Materials::take(run).unwrap().remembering(&cache).run().unwrap();
        cache.keep(&key).unwrap();
        let tool = ran.tool().clone();
        ran.products().unwrap().seal(&key, &[]).unwrap();
        assert_eq!(tool.executables[0].sha256.sha256(), digest(crate::support::real("sh")));
        std::fs::remove_file(&out).unwrap();
    }
    let file = format!("cdi/digests-{}", key.public_key().key_id());
    let text = std::fs::read_to_string(kept.path(&file)).unwrap();
    assert!(text.contains(&digest(crate::support::real("sh")).to_string()));
}

#[test]
fn a_run_may_change_the_permissions_of_what_it_reads() {
    let folder = Folder::new();
    let (input, out) = (folder.write("in", "x"), folder.path("out"));
    settle();
    let text = format!("cat {input} >{out}; chmod 700 {input}; cat {input} >>{out}; chmod 600 {input}");
    let recorded = recorded(Run { outputs: vec![out.clone()], ..script(&text) }).unwrap();
    let statement = report(&recorded);
    assert_eq!(inputs(statement.predicate())[input.as_str()].digits(), digest(&input));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "xx");
}

#[test]
fn a_name_that_leaves_no_room_for_a_bundles_is_read_all_the_same() {
    let folder = Folder::new();
    let (input, out) = (folder.write(&"n".repeat(250), "x"), folder.path("out"));
    settle();
    let run = script(&format!("cat {input} >{out}"));
    let recorded = recorded(Run { outputs: vec![out], ..run }).unwrap();
    assert!(recorded.inputs.iter().any(|found| found.path.as_str() == input));
}
