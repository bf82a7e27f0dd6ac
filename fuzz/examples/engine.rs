//! libFuzzer around one target, whose name the variable `CDI_FUZZ_TARGET` has; the arguments are libFuzzer's own. With
//! `CDI_FUZZ_SEEDS` it writes what all targets begin with into that folder instead, and prints the targets, each with the most
//! bytes of an input.
//!
//! An example for one reason: so it is built with the very libraries that the tests of all crates are built with.

#![no_main]

use std::path::Path;
use std::process::exit;
use std::sync::LazyLock;

use cdi_fuzz::{TARGETS, Target, target, write_seeds};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = std::env::var("CDI_FUZZ_TARGET").unwrap_or_default();
    target(&name).unwrap_or_else(|| {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("CDI_FUZZ_TARGET is `{}`; there are {}", name.escape_debug(), names.join(", "));
        exit(2);
    })
});

/// Before the first input.
fn begin() {
    let Some(folder) = std::env::var_os("CDI_FUZZ_SEEDS") else {
        LazyLock::force(&CHOSEN);
        return;
    };
    if let Err(error) = write_seeds(Path::new(&folder)) {
        eprintln!("{}: {error}", folder.display());
        exit(2);
    }
    TARGETS.iter().for_each(|target| println!("{} {}", target.name, target.most));
    exit(0);
}

fuzz_target!(init: begin(), |bytes: &[u8]| (CHOSEN.run)(bytes));
