//! Memory and time have an end.

use std::time::Duration;

use cdi_wasm_aot::Profile;

use crate::host::{AMPLE, Host, Limits, MEBIBYTE, compiled};

/// Long enough for the host to load the guest, short enough to wait for.
const SHORT: Limits = Limits { time: Duration::from_millis(500), ..AMPLE };
const SMALL: Limits = Limits { memory_bytes: MEBIBYTE, ..AMPLE };

#[test]
fn growth_within_the_limit_is_granted_and_beyond_it_refused() {
    let text = include_str!("../../guests/grow.wat");
    for profile in Profile::ALL {
        let artifact = compiled(text, profile);
        assert_eq!(Host::unified().run(&artifact, profile, AMPLE).status, Some(0), "{profile}");
        assert_eq!(Host::unified().run(&artifact, profile, SMALL).status, Some(3), "{profile}");
    }
}

#[test]
fn a_guest_that_starts_too_large_is_refused_with_both_sizes() {
    let text = include_str!("../../guests/large.wat");
    for profile in Profile::ALL {
        let ended = Host::unified().run(&compiled(text, profile), profile, SMALL);
        ended.failed_with("memory-limit-exceeded");
        assert!(ended.stderr.contains("16777216 bytes of memory, limit 1048576"), "{ended:?}");
    }
}

#[test]
fn a_guest_that_never_ends_is_ended() {
    let text = include_str!("../../guests/spin.wat");
    for profile in Profile::ALL {
        Host::unified().run(&compiled(text, profile), profile, SHORT).failed_with("time-limit-exceeded");
    }
}

#[test]
fn a_guest_that_blocks_standard_error_is_ended_too() {
    let artifact = compiled(include_str!("../../guests/flood.wat"), Profile::GuardPages);
    let (status, elapsed) = Host::unified().run_unread(&artifact, Profile::GuardPages, SHORT);
    assert_eq!(status, Some(125));
    assert!(elapsed >= SHORT.time && elapsed < Duration::from_secs(30), "{elapsed:?}");
}
