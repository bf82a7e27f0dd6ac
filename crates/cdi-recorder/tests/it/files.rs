//! Files that cannot serve: nothing is signed.

use cdi_recorder::{Materials, Run};

use crate::support::{Folder, command, recorded, shell};

fn code(run: Run) -> &'static str {
    recorded(run).unwrap_err().code()
}

#[test]
fn an_input_that_the_tool_changes_is_rejected() {
    let folder = Folder::new();
    let input = folder.write("in", "one");
    for change in [
        format!("echo two >{input}"),
        format!("cp {input} {input}.2; mv {input}.2 {input}"),
        // Swapped and restored with its old times: the digest is the same, the time of change is not.
        format!("cp -p {input} {input}.old; echo two >{input}; cp -p {input}.old {input}"),
        format!("rm {input}"),
    ] {
        folder.write("in", "one");
        // Times of files advance in ticks: the input is older than the run.
        std::thread::sleep(std::time::Duration::from_millis(80));
        let run = Run { inputs: vec![input.clone()], ..shell(&folder, &format!(": >OUT; {change}")) };
        assert_eq!(code(run), "input-changed", "{change}");
    }
}

#[test]
fn an_input_that_was_written_just_before_is_hashed_again() {
    let folder = Folder::new();
    let input = folder.write("in", "one");
    let run = Run { inputs: vec![input.clone()], ..shell(&folder, ": >OUT") };
    assert!(recorded(run).is_ok());
}

#[test]
fn outputs_that_are_missing_or_not_written_are_rejected() {
    let folder = Folder::new();
    assert_eq!(code(shell(&folder, "true")), "output-missing");
    folder.write("out", "old");
    for run in ["true", "chmod 755 OUT", "mv OUT OUT.2; mv OUT.2 OUT", "ln OUT OUT.2; rm OUT.2"] {
        assert_eq!(code(shell(&folder, run)), "output-not-written", "{run}");
    }
    for run in ["echo new >OUT", "cp -p OUT OUT.2; mv OUT.2 OUT"] {
        assert!(recorded(shell(&folder, run)).is_ok(), "{run}");
    }
}

#[test]
fn outputs_that_are_no_plain_files_are_rejected() {
    let folder = Folder::new();
    for (make, expected) in [
        ("ln -s /etc/passwd OUT", "output-not-regular"),
        ("mkfifo OUT", "output-not-regular"),
        ("mkdir OUT", "output-is-folder"),
        ("echo x >OUT; ln OUT OUT.2", "output-linked"),
    ] {
        assert_eq!(code(shell(&folder, make)), expected, "{make}");
        let _ = std::fs::remove_file(folder.path("out")).or_else(|_| std::fs::remove_dir(folder.path("out")));
    }
}

#[test]
fn inputs_that_cannot_be_hashed_are_rejected_before_the_run() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (input, expected) in [
        (folder.path("none"), "input-missing"),
        (folder.path(""), "input-is-folder"),
        (pipe, "input-not-regular"),
    ] {
        let input = input.trim_end_matches('/').to_owned();
        let run = Run { inputs: vec![input], ..shell(&folder, ": >OUT") };
        assert_eq!(Materials::take(run).unwrap_err().code(), expected);
    }
    assert!(!std::fs::exists(folder.path("out")).unwrap());
}

#[test]
fn files_that_are_named_twice_are_rejected() {
    let folder = Folder::new();
    let input = folder.write("in", "x");
    let dotted = folder.path("./in");
    for (inputs, outputs) in [(vec![input.clone(), dotted.clone()], vec![]), (vec![input], vec![dotted])] {
        let run = Run { inputs, outputs, ..command(&["true"]) };
        assert_eq!(Materials::take(run).unwrap_err().code(), "path-repeated");
    }
    let run = Run { inputs: vec!["a/../b".to_owned()], ..command(&["true"]) };
    assert_eq!(Materials::take(run).unwrap_err().code(), "path-not-normalised");
}

#[test]
fn a_run_without_outputs_is_measured_and_not_sealed() {
    assert_eq!(code(command(&["true"])), "output-undeclared");
}

#[test]
fn a_script_that_is_written_to_while_it_runs_is_rejected() {
    let folder = Folder::new();
    let script = folder.path("script");
    folder.script("script", &format!("#!/bin/sh\n: >{}\necho >>{script}\n", folder.path("out")));
    std::thread::sleep(std::time::Duration::from_millis(80));
    let run = Run { outputs: vec![folder.path("out")], ..command(&[&script]) };
    assert_eq!(code(run), "executable-changed");
}

#[test]
fn a_script_that_is_renamed_away_is_rejected() {
    let folder = Folder::new();
    let (script, moved) = (folder.path("script"), folder.path("moved"));
    for (what, expected) in [
        ("echo >>MOVED", Err("executable-changed")),
        ("echo new >SCRIPT; echo >>MOVED", Err("executable-changed")),
        // Its old time of modification is restored; the bytes are others.
        ("touch -r MOVED SCRIPT; echo >>MOVED; touch -r SCRIPT MOVED", Err("executable-changed")),
        // Its interpreter may have opened another by its name.
        ("rm MOVED", Err("executable-changed")),
        (":", Err("executable-changed")),
        ("mv MOVED SCRIPT", Err("executable-changed")),
        ("cp -p MOVED SCRIPT", Err("executable-changed")),
    ] {
        let what = what.replace("SCRIPT", &script).replace("MOVED", &moved);
        let out = folder.path("out");
        folder.script("script", &format!("#!/bin/sh\n: >{out}; mv {script} {moved}\n{what}\nexit 0\n"));
        std::thread::sleep(std::time::Duration::from_millis(80));
        let run = Run { outputs: vec![out.clone()], ..command(&[&script]) };
        assert_eq!(recorded(run).map(drop).map_err(|error| error.code()), expected, "{what}");
        for left in [&script, &moved, &out] {
            let _ = std::fs::remove_file(left);
        }
    }
}

#[test]
fn a_script_behind_a_link_that_is_turned_is_rejected() {
    let folder = Folder::new();
    let (link, out) = (folder.path("link"), folder.path("out"));
    for (turn, expected) in [
        (format!("ln -s script {link}.new; mv -T {link}.new {link}"), Err("executable-changed")),
        (":".to_owned(), Ok(())),
    ] {
        folder.script("script", &format!("#!/bin/sh\n: >{out}\n{turn}\nexit 0\n"));
        std::os::unix::fs::symlink("script", &link).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(80));
        let run = Run { outputs: vec![out.clone()], ..command(&[&link]) };
        assert_eq!(recorded(run).map(drop).map_err(|error| error.code()), expected, "{turn}");
        for left in [&link, &out] {
            std::fs::remove_file(left).unwrap();
        }
    }
}

#[test]
fn an_input_behind_a_link_that_is_turned_is_rejected() {
    let folder = Folder::new();
    folder.write("a", "one");
    folder.write("b", "two");
    for name in ["here", "there"] {
        std::fs::create_dir(folder.path(name)).unwrap();
        folder.write(&format!("{name}/in"), name);
    }
    let turn = |link: &str, to: &str| format!("ln -s {to} LINK.new; mv -T LINK.new {link}; ");
    for (first, then, link, input) in [("a", "b", "link", "link"), ("here", "there", "folder", "folder/in")] {
        let (link, input) = (folder.path(link), folder.path(input));
        std::os::unix::fs::symlink(first, &link).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(80));
        let turned = format!("{}cat {input} >OUT; {}", turn(&link, then), turn(&link, first));
        let script = turned.replace("LINK", &link);
        let run = Run { inputs: vec![input.clone()], ..shell(&folder, &script) };
        assert_eq!(code(run), "input-changed", "{input}");
        let run = Run { inputs: vec![input.clone()], ..shell(&folder, &format!("cat {input} >OUT")) };
        assert!(recorded(run).is_ok(), "{input}");
    }
}

#[test]
fn standard_input_is_the_file_that_was_measured() {
    let folder = Folder::new();
    let input = folder.write("in", "one");
    let materials =
        Materials::take(Run { stdin: Some(input.clone()), ..shell(&folder, "cat >OUT") }).unwrap();
    std::fs::rename(&input, folder.path("moved")).unwrap();
    folder.write("in", "two");
    let ran = materials.run().unwrap();
    assert_eq!(std::fs::read_to_string(folder.path("out")).unwrap(), "one");
    assert_eq!(ran.products().unwrap_err().code(), "input-changed");
}

#[test]
fn an_input_whose_name_is_another_file_to_the_tool_is_rejected() {
    use std::os::fd::AsRawFd as _;
    let folder = Folder::new();
    let here = std::fs::File::open(folder.write("in", "one")).unwrap();
    let link = folder.path("link");
    let (pid, number) = (std::process::id(), here.as_raw_fd());
    for input in [
        format!("/dev/fd/{number}"),
        format!("/proc/self/fd/{number}"),
        format!("/proc/{pid}/fd/{number}"),
        format!("/proc/{pid}/root{}", folder.path("in")),
        "/proc/thread-self/exe".to_owned(),
        link.clone(),
    ] {
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(format!("/dev/fd/{number}"), &link).unwrap();
        let run = Run { inputs: vec![input.clone()], ..shell(&folder, ": >OUT") };
        assert_eq!(Materials::take(run).unwrap_err().code(), "input-by-descriptor", "{input}");
    }
    let out = "/proc/self/cwd/src/lib.rs".to_owned();
    let run = Run { outputs: vec![out], ..command(&["true"]) };
    assert_eq!(code(run), "output-by-descriptor");
}

#[test]
fn files_that_are_made_when_they_are_read_are_rejected() {
    let folder = Folder::new();
    let own = format!("/proc/{}/cmdline", std::process::id());
    let link = folder.path("link");
    std::os::unix::fs::symlink("/proc/version", &link).unwrap();
    for input in [own.as_str(), "/proc/self/status", "/sys/kernel/mm/transparent_hugepage/enabled", &link] {
        let run = Run { inputs: vec![input.to_owned()], ..shell(&folder, ": >OUT") };
        assert_eq!(Materials::take(run).unwrap_err().code(), "input-not-local", "{input}");
        let run = Run { stdin: Some(input.to_owned()), ..shell(&folder, ": >OUT") };
        assert_eq!(Materials::take(run).unwrap_err().code(), "input-not-local", "{input}");
    }
}
