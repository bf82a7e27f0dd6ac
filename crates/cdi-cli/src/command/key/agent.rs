//! `cdi key agent`.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cdi_keys::{Signer, serve};
use clap::Args;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::failure::Failure;
use crate::log;
use crate::passphrase::{AGENT, PassphraseSource, open_private_key};

/// So many callers at once.
const CALLERS: usize = 64;

/// Hold private keys in a process of their own, which signs for others and gives no key away.
///
/// Where a command wants a private key, give it the public one (`--key compiler.pub.pem`): it asks the agent whose socket
/// CDI_AGENT names, or else SSH_AUTH_SOCK, for OpenSSH's agent will do as well. This one signs statements and nothing else,
/// of any size that a bundle takes; OpenSSH's takes 256 KiB. Its memory cannot be read by other processes of the same user,
/// nor can they attach to it.
///
/// With a COMMAND the agent lasts as long as that, and only it and what it starts are told the socket; the exit status is
/// the command's. Otherwise it runs until it is stopped, and whoever may use the socket may sign: its owner, unless you change
/// the socket's mode.
///
///   cdi key agent compiler.pem -- cdi wrap --capture traced --key compiler.pub.pem -- gcc -c hello.c
///   cdi key agent --socket /run/cdi/agent.sock compiler.pem linker.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct KeyAgent {
    /// Private keys, in PEM
    #[arg(required = true, value_name = "KEY.pem")]
    keys: Vec<PathBuf>,
    /// Listen here; a socket that nobody listens at any more is replaced
    #[arg(long, value_name = "SOCKET", required_unless_present = "command", conflicts_with = "command")]
    socket: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// Run this command with the agent, and end with it
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// A key, and the file that it came from.
type Held = (Box<dyn Signer>, String);

impl KeyAgent {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        // Before there is a key in memory: no core, no /proc/PID/mem, no ptrace but by whoever has the privilege.
        set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|errno| {
            Failure::failed("file-io", format!("cannot close this process to others: {errno}"))
        })?;
        let keys: Vec<Held> = self.keys.iter().map(|path| self.held(path)).collect::<Result<_, _>>()?;
        let keys = Arc::new(keys);
        match (&self.socket, self.command.as_slice()) {
            (Some(socket), _) => {
                let listener = listen(socket)?;
                let held =
                    keys.iter().map(|(key, file)| format!("{file} ({})", key.public_key().key_id().short()));
                let held: Vec<String> = held.collect();
                log::notice(
                    "agent-listening",
                    format!("holding {} at `{}`", held.join(", "), socket.display()),
                );
                answer(&listener, &keys);
                Ok(ExitCode::SUCCESS)
            }
            (None, [program, arguments @ ..]) => during(program, arguments, keys),
            // Either is required.
            (None, []) => Ok(ExitCode::FAILURE),
        }
    }

    fn held(&self, path: &Path) -> Result<Held, Failure> {
        let key = open_private_key(path, &self.passphrase)?;
        Ok((Box::new(key), path.display().to_string()))
    }
}

/// Runs a command that alone is told of the agent, to its end.
fn during(program: &str, arguments: &[String], keys: Arc<Vec<Held>>) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed("file-io", format!("cannot make the agent's socket: {error}"))
    };
    // Of mode 0700, and removed with what is in it.
    let folder = tempfile::Builder::new().prefix("cdi-agent.").tempdir().map_err(failed)?;
    let socket = folder.path().join("socket");
    let listener = listen(&socket)?;
    std::thread::spawn(move || answer(&listener, &keys));
    let status =
        Command::new(program).args(arguments).env(AGENT, &socket).status().map_err(|error| {
            Failure::failed("program-unusable", format!("cannot run `{program}`: {error}"))
        })?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Listens for its owner alone. The socket gets its name when it has its mode.
fn listen(socket: &Path) -> Result<UnixListener, Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed("file-io", format!("cannot listen at `{}`: {error}", socket.display()))
    };
    match socket.symlink_metadata() {
        Ok(metadata) => {
            use std::os::unix::fs::FileTypeExt as _;
            let stale = metadata.file_type().is_socket()
                && UnixStream::connect(socket)
                    .is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
            if !stale {
                let message = format!("`{}` exists already", socket.display());
                return Err(
                    Failure::failed("file-exists", message).hint("another agent may be listening there")
                );
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut hidden = socket.as_os_str().to_owned();
    hidden.push(format!(".{}", std::process::id()));
    let hidden = PathBuf::from(hidden);
    let listener = UnixListener::bind(&hidden).map_err(failed)?;
    let named = std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(0o600))
        .and_then(|()| std::fs::rename(&hidden, socket));
    if named.is_err() {
        let _ = std::fs::remove_file(&hidden);
    }
    named.map_err(failed)?;
    Ok(listener)
}

/// Answers callers, each in a thread of its own, for as long as this process lasts.
fn answer(listener: &UnixListener, keys: &Arc<Vec<Held>>) {
    let callers = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Out of descriptors: others hang up first.
            std::thread::sleep(std::time::Duration::from_millis(10));
            continue;
        };
        if callers.fetch_add(1, Ordering::Relaxed) >= CALLERS {
            callers.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (keys, callers) = (Arc::clone(keys), Arc::clone(&callers));
        std::thread::spawn(move || {
            let keys: Vec<(&dyn Signer, &str)> =
                keys.iter().map(|(key, file)| (key.as_ref(), file.as_str())).collect();
            // Whoever breaks the protocol is hung up on.
            let _ = serve(stream, &keys);
            callers.fetch_sub(1, Ordering::Relaxed);
        });
    }
}
