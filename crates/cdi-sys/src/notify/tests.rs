//! A small parent that makes the calls of small programs.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsFd as _;

use super::*;
use crate::{Ending, Event, Next, Program, Resume, Sight, next_event, reap, resume, spawn_traced};

/// Runs a shell's script; `answered` gets every call of it, and the path that it names. How the shell ended.
fn shell(script: &str, answered: impl FnMut(&Listener, Notification, &str) + Send + 'static) -> Ending {
    let script = script.to_owned();
    // Its children are of this thread alone.
    std::thread::spawn(move || run(&script, answered)).join().unwrap()
}

fn run(script: &str, mut answered: impl FnMut(&Listener, Notification, &str) + Send + 'static) -> Ending {
    let stdin = File::open("/dev/null").unwrap();
    let words = ["sh", "-c", script].map(|word| CString::new(word).unwrap());
    let program = Program {
        path: c"/bin/sh",
        arguments: &words,
        environment: &[c"PATH=/usr/bin:/bin".to_owned()],
        stdin: stdin.as_fd(),
        stdout: None,
        stderr: None,
        sight: Sight::Files,
        fence: None,
    };
    let mut traced = spawn_traced(&program).unwrap();
    let listener = traced.listener.take().unwrap();
    let parent = std::thread::spawn(move || {
        while let Some(call) = listener.next().unwrap() {
            let path = match call.asked {
                Asked::Open { file, .. } | Asked::Unlink { file } => text(call.thread, file.path),
                _ => String::new(),
            };
            assert!(listener.waits(call.id));
            answered(&listener, call, &path);
            assert!(!listener.waits(call.id), "{call:?}");
        }
    });
    let mut ending = None;
    loop {
        match next_event(true).unwrap() {
            Next::Event(Event::Ended { pid, ending: how }) => {
                ending = ending.or((pid == traced.pid).then_some(how));
                reap(pid).unwrap();
            }
            Next::Quiet => {}
            Next::Event(Event::Stopped { pid, resume: how }) => resume(pid, how).unwrap(),
            Next::Event(
                Event::Executed { pid, .. } | Event::Created { pid, .. } | Event::Filtered { pid, .. },
            ) => resume(pid, Resume::Run).unwrap(),
            Next::NoChild => break,
        }
    }
    parent.join().unwrap();
    ending.unwrap()
}

fn text(thread: Pid, address: u64) -> String {
    let mut bytes = [0; 256];
    let read = read_memory(thread, address, &mut bytes).unwrap();
    let end = bytes[..read].iter().position(|&byte| byte == 0).unwrap();
    String::from_utf8(bytes[..end].to_vec()).unwrap()
}

#[test]
fn a_program_gets_the_file_that_its_parent_opens() {
    let folder = tempfile::tempdir().unwrap();
    let given = folder.path().join("given");
    std::fs::write(&given, "the parent's\n").unwrap();
    for ends in [Ends::WhenClosed, Ends::WhenExecuting] {
        let given = given.clone();
        let script = "read -r line </no/such/file; test \"$line\" = \"the parent's\"";
        let ending = shell(script, move |listener, call, path| {
            let file = File::open(&given).unwrap();
            match (path, ends) {
                ("/no/such/file", Ends::WhenExecuting) => {
                    listener.give(call.id, file.as_fd(), ends).unwrap();
                }
                ("/no/such/file", Ends::WhenClosed) => {
                    let placed = listener.place(call.id, file.as_fd(), ends).unwrap();
                    listener.answer(call.id, Ok(placed)).unwrap();
                }
                _ => listener.leave(call.id).unwrap(),
            }
        });
        assert_eq!(ending, Ending::Code(0), "{ends:?}");
    }
}

#[test]
fn a_kernel_that_lets_nobody_listen_leaves_no_child() {
    let first = libc::SECCOMP_SET_MODE_FILTER;
    let filter = crate::filter::without(libc::SYS_seccomp, first);
    std::thread::spawn(move || {
        assert!(crate::Step::NoNewPrivileges.taken() && crate::Step::Filter(filter).taken());
        let stdin = File::open("/dev/null").unwrap();
        let (path, arguments) = (c"/bin/true", [c"true".to_owned()]);
        let sight = Sight::Files;
        let program = Program {
            path,
            arguments: &arguments,
            environment: &[],
            stdin: stdin.as_fd(),
            stdout: None,
            stderr: None,
            sight,
            fence: None,
        };
        let refused = spawn_traced(&program).unwrap_err();
        assert!(matches!(refused, crate::SpawnError::ListenRefused(_)), "{refused:?}");
        assert_eq!(next_event(false).unwrap(), Next::NoChild);
    })
    .join()
    .unwrap();
}

#[test]
fn a_call_fails_as_its_parent_says() {
    let ending = shell("rm /tmp/cdi-sys-no-such-file 2>/dev/null", |listener, call, _| match call.asked {
        Asked::Unlink { .. } => listener.answer(call.id, Err(Errno::NOENT)).unwrap(),
        _ => listener.leave(call.id).unwrap(),
    });
    assert_eq!(ending, Ending::Code(1));
}

#[test]
fn what_is_not_there_is_no_memory_to_read() {
    let own = rustix::process::getpid();
    assert_eq!(read_memory(own, 8, &mut [0; 8]), Err(Errno::FAULT));
    let bytes = [7_u8; 8];
    let mut read = [0; 8];
    assert_eq!(read_memory(own, bytes.as_ptr().addr() as u64, &mut read), Ok(8));
    assert_eq!(read, bytes);
}

#[test]
fn a_kernels_version_begins_its_release() {
    assert_eq!(version("6.1.0-13-amd64"), Some((6, 1)));
    assert_eq!(version("6.18.44"), Some((6, 18)));
    assert_eq!(version("6.11-rc1"), Some((6, 11)));
    assert_eq!(version(""), None);
    assert!(kernel_is_at_least(5, 19) && !kernel_is_at_least(999, 0));
}
