//! The few system calls that need `unsafe`: starting a child under trace or in namespaces of its own, making its calls for
//! it, forwarding signals to it, leases on files, and what children have cost.
//!
//! In go plain values (paths, arguments, descriptors, steps); out come a child and its events, as enums. Nothing here
//! measures or decides: what an event means for a report is the recorder's to say, what a program may see the gate's. Each unsafe block
//! names the kernel contract that it rests on; the manual pages meant are ptrace(2), seccomp(2), fork(2), execve(2),
//! seccomp_unotify(2), waitid(2), process_vm_readv(2), fcntl(2), personality(2), clone(2), mount(2), signal-safety(7) and sigaction(2).

mod filter;
mod forward;
mod launch;
mod lease;
mod newborn;
mod notify;
mod outgrown;
mod personality;
mod spawn;
mod trace;
mod usage;

pub use forward::Forwarding;
pub use launch::{
    Hindrance, Launch, Launched, Messenger, Namespace, Outcome, Resource, Step, Stream, TREES, TreeAccess,
    launch,
};
pub use lease::{lease_lasts, take_lease};
pub use libc::sock_filter;
pub use notify::{Asked, Ends, Listener, Named, Notification, own_surroundings, read_memory};
pub use outgrown::outgrown_files_are_errors;
pub use personality::personality;
pub use rustix::process::Pid;
pub use spawn::{Program, Sight, SpawnError, Start, Traced, spawn_traced};
pub use trace::{Call, Ending, Event, Next, Resume, has_ended, next_event, next_stop, reap, resume};
pub use usage::cpu_of_children;
