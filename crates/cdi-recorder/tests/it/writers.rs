//! Files that somebody else can write to while a run uses them, by memory above all, where writes leave no trace in times.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cdi_recorder::{Disclosure, Materials, Run};

use crate::support::{Folder, ran, recorded, shell};

/// `writer hold FILE` has the file's first byte in writable memory, written to once, and no descriptor; it stays until its
/// input ends. `writer swap FILE` puts another byte there and the old one back.
const WRITER: &str = r#"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words) {
    int file = open(words[2], O_RDWR);
    volatile char *byte = mmap(0, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (byte == MAP_FAILED) return 1;
    close(file);
    char old = *byte;
    if (words[1][0] == 's') *byte = old ^ 1;
    *byte = old;
    if (words[1][0] == 's') return 0;
    puts("ready");
    fflush(stdout);
    return getchar() != EOF;
}
"#;

pub(crate) fn writer(folder: &Folder) -> String {
    let (source, program) = (folder.write("writer.c", WRITER), folder.path("writer"));
    assert!(Command::new("cc").args(["-o", &program, &source]).status().unwrap().success());
    program
}

/// Somebody who can store into the file without opening it. It is a child of another thread: all children of a recorder's
/// own belong to the run.
struct Holder {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Holder {
    fn of(writer: &str, file: &str) -> Self {
        let mut command = Command::new(writer);
        command.args(["hold", file]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let ((ready, wait), (done, end)) = (channel(), channel::<()>());
        let thread = std::thread::spawn(move || {
            let mut child = command.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            ready.send(line).unwrap();
            let _ = end.recv();
            drop(child.stdin.take());
            child.wait().unwrap();
        });
        assert_eq!(wait.recv().unwrap(), "ready\n");
        Self { done: Some(done), thread: Some(thread) }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.done.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Times of files advance in ticks: the files of a test are older than its run.
fn settle() {
    std::thread::sleep(Duration::from_millis(80));
}

#[test]
fn an_input_that_is_open_for_writing_is_rejected() {
    let folder = Folder::new();
    let input = folder.write("in", "one");
    let run = || Run { inputs: vec![input.clone()], ..shell(&folder, ": >OUT") };
    let open = std::fs::OpenOptions::new().append(true).open(&input).unwrap();
    assert_eq!(Materials::take(run()).unwrap_err().code(), "input-open-for-writing");
    drop(open);
    assert!(recorded(run()).is_ok());
}

#[test]
fn an_input_that_somebody_has_in_writable_memory_is_rejected() {
    let folder = Folder::new();
    let (writer, input) = (writer(&folder), folder.write("in", "one"));
    settle();
    let holder = Holder::of(&writer, &input);
    for run in [
        Run { inputs: vec![input.clone()], ..shell(&folder, ": >OUT") },
        Run { stdin: Some(input.clone()), ..shell(&folder, ": >OUT") },
    ] {
        assert_eq!(Materials::take(run).unwrap_err().code(), "input-open-for-writing");
    }
    drop(holder);
    assert!(recorded(Run { inputs: vec![input], ..shell(&folder, ": >OUT") }).is_ok());
}

#[test]
fn a_library_that_somebody_has_in_writable_memory_is_not_measured() {
    let folder = Folder::new();
    let (writer, library) = (writer(&folder), folder.path("library.so"));
    let source = folder.write("library.c", "int one = 1;");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o", &library, &source]).status();
    assert!(made.unwrap().success());
    settle();
    let run = || {
        let mut run = shell(&folder, ": >OUT");
        run.environment.set("LD_PRELOAD", &library, Disclosure::Open).unwrap();
        run
    };
    let holder = Holder::of(&writer, &library);
    let notes = ran(run()).unwrap().notes().to_vec();
    assert!(notes.iter().any(|note| note.contains("open for writing")), "{notes:?}");
    drop(holder);
    assert!(ran(run()).unwrap().notes().is_empty());
}

#[test]
fn a_script_that_somebody_has_in_writable_memory_is_rejected() {
    let folder = Folder::new();
    let writer = writer(&folder);
    let script = folder.script("script", &format!("#!/bin/sh\n: >{}\n", folder.path("out")));
    settle();
    let _holder = Holder::of(&writer, &script);
    // The kernel executes nothing that is open for writing; `sh` opens what it is given.
    let run = Run { program: script, outputs: vec![folder.path("out")], ..Run::default() };
    let code = ran(run).unwrap_err().code();
    assert!(["program-unusable", "executable-open-for-writing"].contains(&code), "{code}");
}

#[test]
fn a_write_without_a_trace_in_memory_is_rejected() {
    let Some(folder) = Folder::in_memory() else { return };
    // What is in memory may not be executed everywhere.
    let disk = Folder::new();
    let (writer, input) = (writer(&disk), folder.write("in", "one"));
    settle();
    let (swap, read) = (format!("{writer} swap {input}; cat {input} >OUT"), format!("cat {input} >OUT"));
    for (script, expected) in [(swap, Err("input-changed")), (read, Ok(()))] {
        let run = Run { inputs: vec![input.clone()], ..shell(&folder, &script) };
        assert_eq!(recorded(run).map(drop).map_err(|error| error.code()), expected, "{script}");
    }
}

#[test]
fn a_tool_that_opens_its_input_for_writing_is_not_held_up() {
    let folder = Folder::new();
    let input = folder.write("in", "one");
    settle();
    let begun = Instant::now();
    let run = Run { inputs: vec![input.clone()], ..shell(&folder, &format!(": >>{input}; : >OUT")) };
    assert!(recorded(run).is_ok());
    // It has written nothing; the kernel would let it wait for 45 seconds.
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn more_inputs_than_are_kept_open_are_recorded() {
    let folder = Folder::new();
    let inputs: Vec<String> = (0..300).map(|number| folder.write(&format!("in{number}"), "one")).collect();
    assert_eq!(recorded(Run { inputs, ..shell(&folder, ": >OUT") }).unwrap().inputs.len(), 300);
}
