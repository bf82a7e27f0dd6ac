//! Folders that are inputs and outputs as a whole.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use cdi_recorder::{Capture, Materials, Reach, RecordError, Run, Tree};
use cdi_types::{ArtifactDigest, Report};

use crate::support::{Folder, command, recorded, report, shell};

/// A folder in which names are in another order than folders, and some are told apart by bytes only.
fn source(folder: &Folder) -> String {
    for name in ["a/b", "a-b", "a.c", "A.c", "a/z/deep.h", "with space", "e\u{301}", "\u{e9}", "empty"] {
        let path = folder.path(&format!("src/{name}"));
        std::fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(path, if name == "empty" { "" } else { name }).unwrap();
    }
    let bytes = std::ffi::OsStr::from_bytes(b"no\xfftext");
    std::fs::write(Path::new(&folder.path("src")).join(bytes), "bytes").unwrap();
    std::fs::create_dir(folder.path("src/nothing")).unwrap();
    settle();
    folder.path("src/")
}

/// Times of files advance in ticks: what is there is older than what comes.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(80));
}

fn sh(script: &str) -> String {
    let done = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The digest as in-toto's specification of digest sets has it found by hand.
fn by_hand(folder: &str) -> String {
    let list = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r -d '\\n' sha256sum";
    format!("dirHash1:{}", sh(&format!("cd {folder} && {list} | sha256sum | cut -f1 -d' '")).trim())
}

fn code(run: Run) -> &'static str {
    recorded(run).unwrap_err().code()
}

fn input(report: &Report) -> (&str, ArtifactDigest) {
    (report.inputs[0].path.as_str(), report.inputs[0].digest)
}

#[test]
fn a_folder_is_one_input_by_the_digest_that_others_find() {
    let folder = Folder::new();
    let source = source(&folder);
    let run = Run { inputs: vec![source.clone()], ..shell(&folder, &format!("cat {source}a.c >OUT")) };
    let statement = report(&recorded(run).unwrap());
    let report = statement.predicate();
    let (path, digest) = input(report);
    assert_eq!((format!("{path}/"), digest.to_string()), (source.clone(), by_hand(&source)));
    assert_eq!(report.trees.values().map(|tree| tree.files).collect::<Vec<_>>(), [10]);
    let tree = Tree::measure(Path::new(&source)).unwrap();
    assert_eq!((tree.digest(), tree.files()), (digest, 10));
    let list = folder.path("list");
    std::fs::write(&list, tree.list()).unwrap();
    assert_eq!(digest.digits(), crate::support::digest(&list));
    sh(&format!("cd {source} && sha256sum --check --quiet {list}"));
}

#[test]
fn what_no_list_can_tell_apart_is_rejected_before_the_run() {
    for (make, expected) in [
        ("ln -s /etc/passwd src/link", "tree-link"),
        ("ln -s . src/a/loop", "tree-link"),
        ("mkfifo src/a/pipe", "tree-special"),
        ("touch \"src/a/line\nfeed\"", "tree-name"),
        ("rm -r src; mkdir -p src/a/b", "tree-empty"),
        ("rm -r src", "input-missing"),
        ("rm -r src; touch src", "input-no-folder"),
        ("rm -r src; mkfifo src", "input-no-folder"),
    ] {
        let folder = Folder::new();
        let source = source(&folder);
        sh(&format!("cd {} && {make}", folder.path("")));
        let run = Run { inputs: vec![source], ..shell(&folder, ": >OUT") };
        assert_eq!(Materials::take(run).map(drop).unwrap_err().code(), expected, "{make}");
    }
}

#[test]
fn what_is_mounted_below_a_folder_is_rejected() {
    let folder = Folder::new();
    let source = source(&folder);
    let (whole, below) = (folder.path("src"), folder.path("src/nothing"));
    let mounted = Command::new("mount").args(["--bind", &whole, &below]).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this user may mount nothing");
        return;
    }
    let found = Tree::measure(Path::new(&source));
    sh(&format!("umount {below}"));
    assert_eq!(found.unwrap_err().code(), "tree-mounted");
    assert!(Tree::measure(Path::new(&source)).is_ok());
}

#[test]
fn what_is_declared_twice_is_rejected() {
    let folder = Folder::new();
    let source = source(&folder);
    std::os::unix::fs::symlink(&source, folder.path("other")).unwrap();
    std::fs::hard_link(folder.path("src/a.c"), folder.path("linked")).unwrap();
    let other = |name: &str| folder.path(name);
    for (inputs, outputs, expected) in [
        (vec![source.clone(), other("src")], vec![], "path-repeated"),
        (vec![source.clone(), other("src/a.c")], vec![], "path-overlaps"),
        (vec![source.clone(), other("linked")], vec![], "path-overlaps"),
        (vec![source.clone(), other("src/a/")], vec![], "path-overlaps"),
        (vec![source.clone(), other("other/")], vec![], "path-overlaps"),
        (vec![source.clone(), other("other/a/")], vec![], "path-overlaps"),
        (vec![source.clone()], vec![other("src/out")], "path-overlaps"),
        (vec![source.clone()], vec![other("src/a/new/out/")], "path-overlaps"),
        (vec![source.clone()], vec![other("other/out/")], "path-overlaps"),
        (vec![source.clone()], vec![source.clone()], "path-repeated"),
        (vec![], vec![other("out/"), other("out/app")], "path-overlaps"),
        (vec![], vec![other("out/"), other("out/more/")], "path-overlaps"),
    ] {
        let named = format!("{inputs:?} {outputs:?}");
        let run = Run { inputs, outputs, ..command(&["true"]) };
        assert_eq!(Materials::take(run).map(drop).unwrap_err().code(), expected, "{named}");
    }
    let beside = vec![other("out/"), other("outer")];
    assert!(Materials::take(Run { inputs: vec![source], outputs: beside, ..command(&["true"]) }).is_ok());
}

/// What becomes of a folder that is an input while a tool runs.
const CHANGES: [&str; 9] = [
    "echo x >SRC/a/new",
    "echo x >SRC/a/new; rm SRC/a/new",
    "mkdir SRC/a/new; rmdir SRC/a/new",
    "cp -p SRC/a.c OLD; rm SRC/a.c; cp -p OLD SRC/a.c",
    "mv SRC/a.c OLD; mv OLD SRC/a.c",
    "mv SRC/a OLD; ln -s OLD SRC/a; rm SRC/a; mv OLD SRC/a",
    "echo x >>SRC/a.c",
    "cp -p SRC/a.c OLD; echo x >SRC/a.c; cp -p OLD SRC/a.c",
    "mv SRC OLD; mkdir SRC; rmdir SRC; mv OLD SRC",
];

fn changed_in(new: impl Fn() -> Folder, capture: Capture) {
    for change in CHANGES {
        let folder = new();
        let source = source(&folder);
        let change = change.replace("SRC", source.trim_end_matches('/')).replace("OLD", &folder.path("old"));
        let run = Run { inputs: vec![source], capture, ..shell(&folder, &format!(": >OUT; {change}")) };
        assert_eq!(code(run), "input-changed", "{change}");
    }
}

#[test]
fn a_folder_in_which_something_changes_for_a_moment_is_rejected() {
    changed_in(Folder::new, Capture::Declared);
    changed_in(Folder::new, Capture::Traced);
}

#[test]
fn a_folder_in_memory_in_which_something_changes_for_a_moment_is_rejected() {
    if Folder::in_memory().is_some() {
        changed_in(|| Folder::in_memory().unwrap(), Capture::Declared);
    }
}

#[test]
fn a_write_through_memory_to_a_file_of_a_folder_is_rejected() {
    let Some(folder) = Folder::in_memory() else { return };
    let writer = crate::writers::writer(&folder);
    let source = source(&folder);
    let swapping = format!(": >OUT; {writer} swap {source}a.c");
    let run = Run { inputs: vec![source.clone()], ..shell(&folder, &swapping) };
    assert_eq!(code(run), "input-changed");
    std::fs::hard_link(folder.path("src/a.c"), folder.path("linked")).unwrap();
    let run = Run { inputs: vec![source], ..shell(&folder, ": >OUT") };
    assert_eq!(Materials::take(run).map(drop).unwrap_err().code(), "input-linked");
}

#[test]
fn a_folder_is_one_output() {
    let folder = Folder::new();
    let out = folder.path("built/");
    for capture in [Capture::Declared, Capture::Traced] {
        let script = format!("rm -rf {out}; mkdir -p {out}a; echo x >{out}a/b; cp {out}a/b {out}a-b");
        let run = Run { outputs: vec![out.clone()], capture, ..command(&["sh", "-c", &script]) };
        let statement = report(&recorded(run).unwrap());
        let [subject] = statement.subject() else { panic!("{:?}", statement.subject()) };
        assert_eq!(format!("{}/", subject.path.as_ref().unwrap()), out);
        assert_eq!(subject.digest.to_string(), by_hand(&out));
        assert_eq!(statement.predicate().trees.values().map(|tree| tree.files).collect::<Vec<_>>(), [2]);
    }
}

#[test]
fn a_folder_that_the_run_did_not_write_whole_is_rejected() {
    let folder = Folder::new();
    let out = folder.path("built/");
    for (before, script, expected) in [
        ("true", "true", "output-missing"),
        ("touch built", "true", "output-no-folder"),
        ("mkdir built", "true", "tree-empty"),
        ("mkdir built; touch built/old", "echo x >built/new", "output-not-written"),
        ("mkdir built; touch built/old", "chmod 755 built/old", "output-not-written"),
        ("mkdir built; touch built/old", "echo x >built/old", ""),
        ("mkdir other; ln -s other built", "echo x >built/new", "output-no-folder"),
        ("true", "mkdir built; ln -s /etc/passwd built/x", "tree-link"),
        ("true", "mkdir built; mkfifo built/x", "tree-special"),
        ("true", "mkdir built; touch built/x; ln built/x other", "output-linked"),
    ] {
        for capture in [Capture::Declared, Capture::Traced] {
            let root = folder.path("");
            sh(&format!("cd {root} && rm -rf built other && {before}"));
            settle();
            let script = format!("cd {root} && {script}");
            let run = Run { outputs: vec![out.clone()], capture, ..command(&["sh", "-c", &script]) };
            let found = recorded(run).map_or_else(|error| error.code(), |_| "");
            assert_eq!(found, expected, "{before}; {script}");
        }
    }
}

/// A-CAP-13: what another process puts there meanwhile is none of the run's.
#[test]
fn a_folder_into_which_somebody_else_writes_is_rejected() {
    let folder = Folder::new();
    let (out, ready, go) = (folder.path("built/"), folder.path("ready"), folder.path("go"));
    let script = format!("mkdir {out}; : >{out}one; : >{ready}; while ! test -e {go}; do sleep 0.01; done");
    let foreign = format!("{out}foreign");
    let somebody = std::thread::spawn(move || {
        while !std::fs::exists(&ready).unwrap() {
            std::thread::yield_now();
        }
        std::fs::write(foreign, "x").unwrap();
        std::fs::write(go, "").unwrap();
    });
    let run = Run { outputs: vec![out], capture: Capture::Traced, ..command(&["sh", "-c", &script]) };
    assert_eq!(code(run), "output-not-written");
    somebody.join().unwrap();
}

#[test]
fn a_traced_run_tells_of_a_folder_once() {
    let folder = Folder::new();
    let source = source(&folder);
    let beside = folder.write("beside", "x");
    let out = folder.path("built/");
    let script = format!(
        "ls -R {source} >/dev/null; mkdir {out}; cat {source}a.c {source}a/b {beside} >{out}one; \
         cp {source}a-b {out}two; sh -c ': >{out}three'"
    );
    let run = Run {
        inputs: vec![source.clone(), folder.write("unread", "x")],
        outputs: vec![out],
        capture: Capture::Traced,
        ..command(&["sh", "-c", &script])
    };
    let statement = report(&recorded(run).unwrap());
    let report = statement.predicate();
    let paths: Vec<&str> = report.inputs.iter().map(|input| input.path.as_str()).collect();
    assert_eq!(paths, [source.trim_end_matches('/'), &folder.path("unread"), &beside]);
    assert_eq!(statement.subject().len(), 1);
    let trace = report.trace.as_ref().unwrap();
    let read: Vec<u32> = trace.reads.iter().flat_map(|one| one.files.clone()).collect();
    assert_eq!((read.contains(&0), trace.unread.as_slice()), (true, &[1][..]), "{trace:?}");
    assert_eq!(trace.writes.iter().flat_map(|one| one.files.clone()).collect::<Vec<_>>(), [0]);
    let below: Vec<_> = trace.files.iter().filter(|file| file.path.as_str().starts_with(&source)).collect();
    assert!(below.is_empty(), "{below:?}");
}

#[test]
fn a_library_in_a_folder_is_told_of_by_itself() {
    let folder = Folder::new();
    let source = source(&folder);
    let libc = sh("ldd /bin/sh | sed -n 's/.*=> \\(.*libc.so[^ ]*\\) .*/\\1/p'");
    sh(&format!("cp -L {} {source}libc.so.6", libc.trim()));
    settle();
    let script = format!("LD_LIBRARY_PATH={source} ls / >{}", folder.path("out"));
    let run = Run {
        inputs: vec![source.clone()],
        outputs: vec![folder.path("out")],
        capture: Capture::Traced,
        ..command(&["sh", "-c", &script])
    };
    let statement = report(&recorded(run).unwrap());
    let libraries = crate::support::libraries(statement.predicate());
    assert!(libraries.contains(&format!("{source}libc.so.6")), "{libraries:?}");
}

#[test]
fn a_confined_run_reaches_its_folders_and_no_neighbours() {
    let folder = Folder::new();
    let source = source(&folder);
    folder.write("beside", "x");
    let out = folder.path("built/");
    let run = |script: &str| Run {
        inputs: vec![source.clone()],
        outputs: vec![out.clone()],
        capture: Capture::Confined,
        reach: Reach { reads: vec!["/usr".to_owned(), "/bin".to_owned(), "/lib".to_owned()], writes: vec![] },
        ..command(&["sh", "-c", &script.replace("SRC", &source).replace("BUILT", &out)])
    };
    let taken = Materials::take(run("true")).unwrap().run().map(drop);
    match taken.map_err(|error| error.code()) {
        Err("fence-refused") => {
            eprintln!("skipped: this kernel confines nobody");
            return;
        }
        found => assert_eq!(found, Err("reach-unusable"), "the folder is not there"),
    }
    std::fs::create_dir(&out).unwrap();
    let script = "mkdir BUILT/a; cat SRC/a.c SRC/a/z/deep.h >BUILT/a/b; ! cat SRC/../beside 2>BUILT/said; \
                  ! echo x >SRC/new";
    let statement = report(&recorded(run(script)).unwrap());
    assert_eq!(statement.subject()[0].digest.to_string(), by_hand(&out));
    assert_eq!(statement.predicate().inputs[0].digest.to_string(), by_hand(&source));
    assert!(!std::fs::exists(folder.path("src/new")).unwrap());
}

#[test]
fn a_report_about_many_files_is_small() {
    let Some(folder) = Folder::in_memory() else { return };
    for group in 0..200 {
        std::fs::create_dir_all(folder.path(&format!("src/{group}"))).unwrap();
        for file in 0..100 {
            std::fs::write(folder.path(&format!("src/{group}/{file}.c")), format!("{group} {file}")).unwrap();
        }
    }
    let source = folder.path("src/");
    let script = format!("find {source} -name '*.c' -exec cat {{}} + >{}", folder.path("out"));
    let run = Run {
        inputs: vec![source],
        outputs: vec![folder.path("out")],
        capture: Capture::Traced,
        ..command(&["sh", "-c", &script])
    };
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    assert_eq!(statement.predicate().trees.values().next().map(|tree| tree.files), Some(20_000));
    assert_eq!(statement.predicate().inputs.iter().filter(|input| input.digest.is_tree()).count(), 1);
    let size = recorded.sealed.line.len();
    assert!(size < 20_000, "{size} bytes");
}

#[test]
fn an_error_about_a_folder_says_which_file_it_is() {
    let folder = Folder::new();
    let source = source(&folder);
    std::os::unix::fs::symlink("x", folder.path("src/a/link")).unwrap();
    let error: RecordError = Tree::measure(Path::new(&source)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the input folder `{source}` has the symbolic link `a/link` in it, and a tree is of files alone"
        )
    );
    assert!(error.hint().is_some());
}
