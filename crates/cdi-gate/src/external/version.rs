//! What a declared runtime says of its version. A configuration that is only looked at must not do anything to the host: the
//! runtime is asked where it reaches nothing of it.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use cdi_sys::{Launch, Namespace, Resource, Step, Stream};

use super::file::ExternalFile;
use crate::native::{Confinement, plan};
use crate::wasm::WasiRequest;

/// A runtime that has not said its version by then has none.
const TIME: Duration = Duration::from_secs(5);
/// What it may use to say it, in bytes.
const MEMORY: u64 = 256 << 20;
/// What is read of what it says, in bytes.
const MOST_BYTES: u64 = 4096;
/// What is shown of it.
const MOST_CHARACTERS: usize = 64;

/// The last word of the first line that it prints when it is executed with these arguments, confined and with nothing given
/// to it; `None` if it fails.
pub(super) fn version(file: &ExternalFile, program: &str, arguments: &[String]) -> Option<String> {
    let (mut answer, told) = io::pipe().ok()?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null").ok()?;
    let confinement = Confinement::of(&WasiRequest::default()).ok()?;
    let mut within = vec![
        Step::Lead { stream: Stream::Input, to: null.as_fd() },
        Step::Lead { stream: Stream::Output, to: told.as_fd() },
        Step::Lead { stream: Stream::Error, to: null.as_fd() },
    ];
    within.extend(plan::limits(Resource::Data, MEMORY));
    within.extend(confinement.within().ok()?);
    let texts = std::iter::once(program).chain(arguments.iter().map(String::as_str));
    let launch = Launch {
        executable: file.sealed().as_fd(),
        arguments: texts.map(|text| plan::c_text("argument", text)).collect::<Result<_, _>>().ok()?,
        environment: Vec::new(),
        namespaces: &Namespace::ALL,
        before: confinement.before().ok()?,
        within,
        messenger: None,
    };
    let ended = plan::run(&launch, TIME).ok()?;
    drop(launch);
    drop(told);
    if ended.status != 0 {
        return None;
    }
    // All its processes have ended: nobody is left who could still write.
    let mut text = Vec::new();
    answer.by_ref().take(MOST_BYTES).read_to_end(&mut text).ok()?;
    let text = String::from_utf8(text).ok()?;
    let word = text.lines().next()?.split_whitespace().next_back()?;
    Some(word.chars().filter(|one| !one.is_control()).take(MOST_CHARACTERS).collect())
}
