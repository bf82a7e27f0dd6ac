//! Signals for a program whose runtime does not hand them on.
//!
//! `runsc` ends by a signal, and its container with it. So each is carried by a call of the same executable, `runsc kill`, in the
//! namespaces where the container is, and under the same filters.

use std::fs::{File, OpenOptions};
use std::os::fd::AsFd as _;

use cdi_sys::{Messenger, Resource, Step, Stream};

use super::runtime::{self, ContainerRuntime, RuntimeFile};
use crate::native::{LaunchError, refusals};

/// Where a messenger's complaints go, if this runtime needs messengers: that a container is not there yet concerns nobody.
pub(super) fn null(kind: ContainerRuntime) -> Result<Option<File>, LaunchError> {
    let open = || OpenOptions::new().read(true).write(true).open("/dev/null");
    let null = kind.dies_of_signals().then(open).transpose();
    null.map_err(|error| LaunchError::resources("`/dev/null`", error))
}

/// What carries signals to the program in a container.
pub(super) fn messenger<'a>(
    runtime: &'a RuntimeFile,
    container: &str,
    null: &'a File,
) -> Result<Messenger<'a>, LaunchError> {
    let streams = [Stream::Input, Stream::Output, Stream::Error];
    let mut within: Vec<_> = streams.map(|stream| Step::Lead { stream, to: null.as_fd() }).into();
    within.push(Step::Limit(Resource::Core, 0));
    within.extend(refusals()?);
    Messenger::new(runtime.sealed().as_fd(), runtime::environment(), within, |signal| {
        runtime.kind().arguments(&["kill", container, signal])
    })
}
