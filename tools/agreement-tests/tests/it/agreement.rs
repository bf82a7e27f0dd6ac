//! What loads where, and what a guest's end looks like.

use cdi_wasm_aot::Profile;

use crate::host::{AMPLE, Host, compiled, other};

const HELLO: &str = include_str!("../../guests/hello.wat");

#[test]
fn an_artifact_runs_under_its_own_profile() {
    for profile in Profile::ALL {
        let ended = Host::unified().run(&compiled(HELLO, profile), profile, AMPLE);
        assert_eq!(ended.status, Some(7), "{profile}: {ended:?}");
        assert_eq!(ended.stdout, "hello from the guest\n");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn an_artifact_is_refused_under_the_other_profile() {
    for profile in Profile::ALL {
        let ended = Host::unified().run(&compiled(HELLO, profile), other(profile), AMPLE);
        ended.failed_with("artifact-refused-by-engine");
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn compilation_is_deterministic() {
    for profile in Profile::ALL {
        assert_eq!(compiled(HELLO, profile), compiled(HELLO, profile), "{profile}");
    }
}

#[test]
fn an_artifact_of_another_minor_release_is_refused() {
    let mut artifact = compiled(HELLO, Profile::GuardPages);
    let version = b"48.0.8";
    let at = artifact.windows(version.len()).position(|window| window == version).unwrap();
    artifact[at + version.len() - 1] = b'7';
    Host::unified().run(&artifact, Profile::GuardPages, AMPLE).failed_with("artifact-refused-by-engine");
}

#[test]
fn the_environment_does_not_change_what_loads() {
    for profile in Profile::ALL {
        let (_folder, path) = crate::host::stored(&compiled(HELLO, profile));
        let mut command = Host::unified().command(&path, profile, AMPLE);
        let output = command.env("WASMTIME_BACKTRACE_DETAILS", "1").output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{profile}: {output:?}");
    }
}

#[test]
fn a_module_that_is_not_compiled_is_refused() {
    let module = cdi_wasm_aot::assemble(HELLO.as_bytes()).unwrap().artifact;
    Host::unified().run(&module, Profile::GuardPages, AMPLE).failed_with("not-a-precompiled-module");
}

#[test]
fn half_an_artifact_is_an_error_and_never_an_exit() {
    let artifact = compiled(HELLO, Profile::GuardPages);
    for length in [64, artifact.len() / 2, artifact.len() - 1] {
        let ended = Host::unified().run(&artifact[..length], Profile::GuardPages, AMPLE);
        assert_eq!(ended.status, Some(125), "{length}: {ended:?}");
    }
}

#[test]
fn a_read_outside_of_memory_traps_under_each_profile() {
    let text = include_str!("../../guests/outside.wat");
    for profile in Profile::ALL {
        let ended = Host::unified().run(&compiled(text, profile), profile, AMPLE);
        ended.failed_with("guest-trapped");
        assert!(ended.stderr.contains("out of bounds memory access"), "{ended:?}");
    }
}

#[test]
fn a_call_through_an_empty_table_element_traps_under_each_profile() {
    let text = include_str!("../../guests/empty-table.wat");
    for profile in Profile::ALL {
        Host::unified().run(&compiled(text, profile), profile, AMPLE).failed_with("guest-trapped");
    }
}

#[test]
fn an_import_that_is_not_offered_is_named() {
    let artifact = compiled(include_str!("../../guests/foreign.wat"), Profile::GuardPages);
    let ended = Host::unified().run(&artifact, Profile::GuardPages, AMPLE);
    ended.failed_with("import-unavailable");
    assert!(ended.stderr.contains("`env` `launch`"), "{ended:?}");
}

#[test]
fn a_guest_without_entry_point_is_refused() {
    let artifact = compiled(include_str!("../../guests/library.wat"), Profile::GuardPages);
    Host::unified().run(&artifact, Profile::GuardPages, AMPLE).failed_with("entry-point-missing");
}
