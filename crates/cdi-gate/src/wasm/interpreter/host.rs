//! WASI preview 1 for interpreted guests: the engine's own implementation, called over the interpreter's memory.
//!
//! The engine's crate publishes these functions without promising that they stay; its version is pinned, and a function that
//! changed would not compile here.

use wasmi::{Caller, Error, Extern, Linker};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as preview1, WasiSnapshotPreview1 as _};
use wasmtime_wasi::runtime::in_tokio;
use wiggle::GuestMemory;

use super::Guest;

/// How many bytes one call may have the host copy: what the engine allows by default.
const COPIED: usize = 128 << 20;

const MODULE: &str = "wasi_snapshot_preview1";

/// Of each function its name and parameters: those that only look, and those that may wait.
macro_rules! functions {
    (
        at_once { $( $name:ident ( $($arg:ident : $type:ty),* ) )* }
        waiting { $( $waiting:ident ( $($warg:ident : $wtype:ty),* ) )* }
    ) => {
        /// Puts every function into `linker`.
        pub(super) fn define(linker: &mut Linker<Guest>) -> Result<(), Error> {
            $( linker.func_wrap(MODULE, stringify!($name), |mut caller: Caller<'_, Guest>, $($arg: $type),*| {
                let (mut memory, guest) = parts(&mut caller)?;
                preview1::$name(&mut guest.wasi, &mut memory, $($arg),*).map_err(|error| failed(&error))
            })?; )*
            $( linker.func_wrap(MODULE, stringify!($waiting), |mut caller: Caller<'_, Guest>, $($warg: $wtype),*| {
                let (mut memory, guest) = parts(&mut caller)?;
                in_tokio(preview1::$waiting(&mut guest.wasi, &mut memory, $($warg),*)).map_err(|error| failed(&error))
            })?; )*
            // It never returns, whatever its signature says of an error number.
            linker.func_wrap(MODULE, "proc_exit", |mut caller: Caller<'_, Guest>, status: i32| {
                let (mut memory, guest) = parts(&mut caller)?;
                preview1::proc_exit(&mut guest.wasi, &mut memory, status).map(drop).map_err(|error| failed(&error))
            })?;
            Ok(())
        }

        const NAMES: &[&str] = &[$( stringify!($name), )* $( stringify!($waiting), )* "proc_exit"];
    };
}

functions! {
    at_once {
        args_get(argv: i32, buffer: i32)
        args_sizes_get(count: i32, size: i32)
        environ_get(environ: i32, buffer: i32)
        environ_sizes_get(count: i32, size: i32)
        clock_res_get(clock: i32, resolution: i32)
        clock_time_get(clock: i32, precision: i64, time: i32)
        fd_allocate(fd: i32, offset: i64, length: i64)
        fd_fdstat_set_flags(fd: i32, flags: i32)
        fd_fdstat_set_rights(fd: i32, base: i64, inheriting: i64)
        fd_prestat_get(fd: i32, prestat: i32)
        fd_prestat_dir_name(fd: i32, path: i32, length: i32)
        fd_tell(fd: i32, offset: i32)
        proc_raise(signal: i32)
        sched_yield()
        random_get(buffer: i32, length: i32)
        sock_accept(fd: i32, flags: i32, accepted: i32)
        sock_recv(fd: i32, vectors: i32, count: i32, flags: i32, length: i32, received: i32)
        sock_send(fd: i32, vectors: i32, count: i32, flags: i32, length: i32)
        sock_shutdown(fd: i32, how: i32)
    }
    waiting {
        fd_advise(fd: i32, offset: i64, length: i64, advice: i32)
        fd_close(fd: i32)
        fd_datasync(fd: i32)
        fd_fdstat_get(fd: i32, stat: i32)
        fd_filestat_get(fd: i32, stat: i32)
        fd_filestat_set_size(fd: i32, size: i64)
        fd_filestat_set_times(fd: i32, accessed: i64, modified: i64, flags: i32)
        fd_read(fd: i32, vectors: i32, count: i32, length: i32)
        fd_pread(fd: i32, vectors: i32, count: i32, offset: i64, length: i32)
        fd_seek(fd: i32, offset: i64, whence: i32, position: i32)
        fd_sync(fd: i32)
        fd_readdir(fd: i32, buffer: i32, length: i32, cookie: i64, used: i32)
        fd_renumber(from: i32, to: i32)
        fd_write(fd: i32, vectors: i32, count: i32, length: i32)
        fd_pwrite(fd: i32, vectors: i32, count: i32, offset: i64, length: i32)
        poll_oneoff(subscriptions: i32, events: i32, count: i32, happened: i32)
        path_create_directory(fd: i32, path: i32, length: i32)
        path_filestat_get(fd: i32, flags: i32, path: i32, length: i32, stat: i32)
        path_filestat_set_times(fd: i32, lookup: i32, path: i32, length: i32, accessed: i64, modified: i64, flags: i32)
        path_link(old: i32, flags: i32, path: i32, length: i32, new: i32, new_path: i32, new_length: i32)
        path_open(fd: i32, lookup: i32, path: i32, length: i32, flags: i32, base: i64, inheriting: i64, fdflags: i32, opened: i32)
        path_readlink(fd: i32, path: i32, length: i32, buffer: i32, size: i32, used: i32)
        path_remove_directory(fd: i32, path: i32, length: i32)
        path_rename(fd: i32, path: i32, length: i32, new: i32, new_path: i32, new_length: i32)
        path_symlink(target: i32, target_length: i32, fd: i32, path: i32, length: i32)
        path_unlink_file(fd: i32, path: i32, length: i32)
    }
}

/// Whether a guest can import this.
pub(super) fn offers(module: &str, name: &str) -> bool {
    module == MODULE && NAMES.contains(&name)
}

/// The guest's memory, and what the host keeps for the guest.
fn parts<'c>(caller: &'c mut Caller<'_, Guest>) -> Result<(GuestMemory<'c>, &'c mut Guest), Error> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::new("the guest exports no memory for host calls"))?;
    let (bytes, guest) = memory.data_and_store_mut(caller);
    guest.wasi.set_hostcall_fuel(COPIED);
    Ok((GuestMemory::Unshared(bytes), guest))
}

/// The end of the guest: a status that it has asked for, or why the call could not be answered.
fn failed(error: &wasmtime::Error) -> Error {
    match error.downcast_ref::<I32Exit>() {
        Some(I32Exit(status)) => Error::i32_exit(*status),
        None => Error::new(format!("{error:#}")),
    }
}
