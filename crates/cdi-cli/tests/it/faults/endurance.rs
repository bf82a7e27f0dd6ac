//! A long run of decisions under policies and revocations that change: what it takes of memory stays what it is. `CDI_ENDURE` says
//! for how many minutes; `cargo xtask endure` says thirty.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use cdi_testkit::scenario::{Part, Scenario, Verdict, key_id};
use serde_json::json;

use crate::deploying::{scene, want_the_moon};
use crate::watching::{end, started, watching};

/// What a process may need more at the end than after it has done everything once: what an allocator keeps.
const MORE_KIB: u64 = 6 << 10;

/// How long to go on: some seconds in a run of all tests.
fn lasting() -> Duration {
    let minutes = std::env::var("CDI_ENDURE").ok().map(|minutes| minutes.parse::<u64>().unwrap());
    minutes.map_or(Duration::from_secs(8), |minutes| Duration::from_secs(60 * minutes))
}

/// What a process has of memory now, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Does `turn` until the time is over, and holds the process to what it took after the first turns.
fn endure(pid: u32, first: usize, mut turn: impl FnMut(usize)) {
    let begun = Instant::now();
    (0..first).for_each(&mut turn);
    let (early, mut turns) = (resident(pid), first);
    while begun.elapsed() < lasting() || turns < 3 * first {
        turn(turns);
        turns += 1;
    }
    let late = resident(pid);
    eprintln!("{turns} turns: {early} KiB after {first}, {late} KiB at the end");
    assert!(late <= early + MORE_KIB, "{early} KiB after {first} turns, {late} KiB after {turns}");
}

/// The library, in a process of its own, in which no other test takes memory.
#[test]
fn decisions_without_end_take_no_more_memory() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "faults::endurance::helper_that_decides_without_end",
        "--ignored",
        "--nocapture",
    ]);
    let output = command.env("CDI_DECIDE_WITHOUT_END", "yes").output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("KiB at the end"), "{said}");
    eprintln!("{said}");
}

/// Policies get stricter and laxer, lists have ever more serials, and reports come and go.
#[test]
#[ignore = "started by another test"]
fn helper_that_decides_without_end() {
    if std::env::var_os("CDI_DECIDE_WITHOUT_END").is_none() {
        return;
    }
    endure(std::process::id(), 60, |turn| {
        let revoked = match turn % 3 {
            0 => {
                json!([{ "id": { "key": key_id("compiler") }, "reason": "key-compromise", "date": "2026-05-01T00:00:00Z" }])
            }
            _ => json!([]),
        };
        let world = Scenario::small().without("north-revokes");
        let world = world.and(Part::list("north", u64::try_from(turn).unwrap(), &revoked));
        let world = if turn % 5 == 4 {
            world.with_policy("cloud-provider", "require: WASM_SPECTRE_MITIGATED", "require: WASM_VALIDATED")
        } else {
            world
        };
        let allowed = turn % 3 != 0 && turn % 5 != 4;
        assert_eq!(world.decide().verdict == Verdict::Allow, allowed, "{turn}");
    });
}

/// `cdi watch`, which decides again about a program that runs whenever its policy changes.
#[test]
fn watching_without_end_takes_no_more_memory() {
    let scene = scene("sleep");
    // As long as the program itself sleeps.
    let workload = String::from_utf8(scene.read("workload.yaml")).unwrap();
    scene.write("workload.yaml", workload.replace("lifetime: 1m", "lifetime: 1h").as_bytes());
    let mut child: Child = started(&scene);
    let lax = scene.read("p.yaml");
    let (watcher, mut lines) = watching(&scene, "--every 1h");
    assert!(lines.any(|line| line.starts_with("allow process ")));
    endure(watcher.id(), 20, |turn| {
        let expected = if turn % 2 == 0 {
            want_the_moon(&scene);
            "deny process "
        } else {
            scene.write("p.yaml", &lax);
            "allow process "
        };
        assert!(lines.any(|line| line.starts_with(expected)), "{turn}");
        assert_eq!(child.try_wait().unwrap(), None, "nothing is left to watch after {turn} turns");
    });
    end(watcher);
    end(child);
    let said = scene.done("journal verify");
    assert!(said.starts_with("the journal holds: "), "{said}");
}
