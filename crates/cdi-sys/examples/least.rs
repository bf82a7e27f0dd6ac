//! The least that making a program's calls for it can cost: `least PROGRAM [ARGUMENT...]` starts it under the recorder's filter,
//! copies each path, opens the file and hands it over, and writes nothing down. What the recorder costs more is its own;
//! `cargo xtask capture-cost` prints both. It guards against nothing, and makes no file: what would is left to the caller.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement, not a part of CDI"
)]

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;

use cdi_sys::{
    Asked, Ending, Ends, Event, Listener, Named, Next, Notification, Pid, Program, Resume, Sight, next_event,
    read_memory, resume, spawn_traced,
};
use rustix::fs::{CWD, Mode, OFlags, open, openat};
use rustix::io::Errno;

/// Room for a path, and for its end.
const PATH: usize = 4096;
const PAGE: u64 = 4096;

fn main() {
    let own = |text: std::ffi::OsString| CString::new(text.into_vec()).unwrap();
    let arguments: Vec<CString> = std::env::args_os().skip(1).map(own).collect();
    let environment: Vec<CString> = std::env::vars_os()
        .map(|(mut name, value)| {
            name.push("=");
            name.push(value);
            own(name)
        })
        .collect();
    let path = arguments.first().expect("usage: least PROGRAM [ARGUMENT...]").clone();
    let stdin = std::io::stdin();
    let mut program = spawn_traced(&Program {
        path: &path,
        arguments: &arguments,
        environment: &environment,
        stdin: stdin.as_fd(),
        stdout: None,
        stderr: None,
        sight: Sight::Files,
        fence: None,
    })
    .unwrap();
    let listener = program.listener.take().unwrap();
    let calls = std::thread::spawn(move || answer(&listener));
    let ended = follow(program.pid);
    let asked = calls.join().unwrap();
    eprintln!("{asked} calls");
    std::process::exit(ended.into());
}

/// Lets all processes run; how the first one ended.
fn follow(first: Pid) -> u8 {
    let mut code = 0;
    while let Next::Event(event) = next_event(true).unwrap() {
        match event {
            Event::Ended { pid, ending } => {
                cdi_sys::reap(pid).unwrap();
                if pid == first {
                    code = if let Ending::Code(code) = ending { code } else { u8::MAX };
                }
            }
            Event::Executed { pid, .. } | Event::Created { pid, .. } | Event::Filtered { pid, .. } => {
                let _ = resume(pid, Resume::Run);
            }
            Event::Stopped { pid, resume: how } => {
                let _ = resume(pid, how);
            }
        }
    }
    code
}

/// Makes calls until nobody is left to ask; how many.
fn answer(listener: &Listener) -> u64 {
    cdi_sys::own_surroundings().unwrap();
    let mut folders = HashMap::new();
    let mut asked = 0;
    while let Some(call) = listener.next().unwrap() {
        asked += 1;
        let id = call.id;
        match open_for(&call, &mut folders) {
            None => listener.leave(id).unwrap(),
            Some(Err(errno)) => listener.answer(id, Err(errno)).unwrap(),
            Some(Ok((file, ends))) => {
                let _ = listener.give(id, file.as_fd(), ends);
            }
        }
    }
    asked
}

/// Opens what is only to be read.
fn open_for(
    call: &Notification,
    folders: &mut HashMap<Pid, OwnedFd>,
) -> Option<Result<(OwnedFd, Ends), Errno>> {
    match call.asked {
        Asked::Move => {
            folders.remove(&call.thread);
            None
        }
        Asked::Open { file: Named { at: libc::AT_FDCWD, path }, flags, .. } => {
            let flags = OFlags::from_bits_retain(flags);
            if flags.intersects(OFlags::CREATE | OFlags::WRONLY | OFlags::RDWR | OFlags::DIRECTORY) {
                return None;
            }
            let mut buffer = [0; PATH];
            let path = copied(call.thread, path, &mut buffer)?;
            let folder: BorrowedFd<'_> = if path.to_bytes().starts_with(b"/") {
                CWD
            } else {
                let opened = || {
                    let link = format!("/proc/{}/cwd", call.thread.as_raw_nonzero());
                    open(link, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap()
                };
                let folder: &OwnedFd = folders.entry(call.thread).or_insert_with(opened);
                folder.as_fd()
            };
            let ends = if flags.contains(OFlags::CLOEXEC) { Ends::WhenExecuting } else { Ends::WhenClosed };
            Some(openat(folder, path, flags | OFlags::CLOEXEC, Mode::empty()).map(|file| (file, ends)))
        }
        _ => None,
    }
}

/// A text, up to the end of its page at first: the next one may not be there.
fn copied(thread: Pid, address: u64, buffer: &mut [u8; PATH]) -> Option<&CStr> {
    let first = usize::try_from(PAGE - address % PAGE).unwrap().min(256);
    let mut length = read_memory(thread, address, &mut buffer[..first]).ok()?;
    if !buffer[..length].contains(&0) {
        length += read_memory(thread, address + length as u64, &mut buffer[length..]).ok()?;
    }
    CStr::from_bytes_until_nul(&buffer[..length]).ok()
}
