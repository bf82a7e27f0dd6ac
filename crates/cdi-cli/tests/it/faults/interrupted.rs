//! Commands that are killed, that find the disk full, read only, failing or closed to them, and two of them at once: nothing is
//! lost, nothing is half written, and what comes after can go on (A-TIM-15, A-GAT-13).
//!
//! Where it happens is by seed. `CDI_FAULTS` says how often, for each command and fault; `cargo xtask faults` says a hundred.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::writing::{Copied, ELSEWHERE, Ids, READING, WRITING, Writing, sound, world};
use crate::deploying::{scene, want_the_moon};
use crate::support::{Scene, is_there};
use crate::ways::each;

/// The calls by which files come to be, change, or get to disk, and by which others are kept waiting.
const CALLS: [&str; 18] = [
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "ftruncate",
    "fchmod",
    "flock",
    "close",
];

/// Those that fail on a disk that is full, or that is not to be written to.
const CHANGES: [&str; 13] = [
    "write",
    "pwrite64",
    "fsync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "ftruncate",
];

/// How often each command meets each fault. In a run of all tests, which has no time for it, every other command is killed once, and
/// the others meet one fault of a disk, by turns.
fn times() -> Option<usize> {
    std::env::var("CDI_FAULTS").ok().map(|times| times.parse().unwrap())
}

/// The commands whose turn it is: every `of`th from the `first` on, or all where it is said how often.
fn turns(first: usize, of: usize) -> Vec<&'static Writing> {
    let all = WRITING.iter().enumerate();
    all.filter(|(number, _)| times().is_some() || number % of == first).map(|(_, writing)| writing).collect()
}

/// A moment: the so-manieth call of a kind.
type Point = (String, usize);

/// Every such moment of a command in the world.
fn points(world: &Scene, line: &str, calls: &[&str]) -> Vec<Point> {
    let copy = Copied::of(world);
    let log = copy.path("calls.log");
    let before =
        ["strace", "-f", "-qq", "-e", &format!("trace={}", calls.join(",")), "-o"].map(str::to_owned);
    let before = [before.to_vec(), vec![log.display().to_string()]].concat();
    copy.command(&before, line).output().unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for call in text.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('(')) {
        if calls.contains(&call.0) {
            *counts.entry(call.0).or_default() += 1;
        }
    }
    counts.into_iter().flat_map(|(call, count)| (1..=count).map(move |n| (call.to_owned(), n))).collect()
}

/// So many of them by chance, which is the same for one seed; all of them if they are not more.
fn some(mut points: Vec<Point>, count: usize, seed: &str) -> Vec<Point> {
    let mut state = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    while points.len() > count {
        let index = next(points.len());
        points.swap_remove(index);
    }
    points
}

/// `strace` that does something to one call, or to all from then on.
fn disturbing((call, n): &Point, what: &str, on: &str) -> Vec<String> {
    let inject = format!("inject={call}:{what}:when={n}{on}");
    ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]
        .map(str::to_owned)
        .to_vec()
}

/// Whether a command that is given again does its work, or says that it is done.
fn again(copy: &Copied, writing: &Writing, line: &str) -> Result<(), String> {
    let (status, said) = copy.cdi(line);
    let done = status == Some(0) || writing.again.iter().any(|code| said.contains(&format!("[{code}]")));
    if done { Ok(()) } else { Err(format!("given again it ends with {status:?}: {said}")) }
}

/// What a command makes that nothing disturbs; that this is sound is held as well.
fn undisturbed(world: &Scene, line: &str) -> Result<BTreeSet<PathBuf>, String> {
    let copy = Copied::of(world);
    let before = copy.tree();
    let (status, said) = copy.cdi(line);
    let told = |what: String| format!("cdi {line}, undisturbed: {what}");
    if status != Some(0) {
        return Err(told(format!("it ends with {status:?}: {said}")));
    }
    sound(&copy, &before, line).map_err(told)?;
    let after = copy.tree();
    if after == before {
        return Err(told("it writes nothing".to_owned()));
    }
    let kept =
        |path: &PathBuf| [".state", "other"].iter().any(|begins| path.to_string_lossy().starts_with(begins));
    Ok(after.into_keys().filter(|path| !before.contains_key(path) && !kept(path)).collect())
}

#[test]
fn every_command_that_writes_is_interrupted_here_or_elsewhere() {
    let scene = Scene::new();
    scene.done("man --out man1");
    let page = |name: &str| String::from_utf8(scene.read(&format!("man1/{name}"))).unwrap();
    let mut leaves = BTreeSet::new();
    for entry in std::fs::read_dir(scene.path("man1")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !page(&name).contains(".SH SUBCOMMANDS") {
            leaves.insert(name.trim_start_matches("cdi-").trim_end_matches(".1").to_owned());
        }
    }
    let dashed = |command: &str| command.replace(' ', "-");
    let mut known: Vec<String> = WRITING.iter().map(|writing| dashed(writing.command)).collect();
    known.extend(ELSEWHERE.iter().map(|(command, _)| dashed(command)));
    known.extend(READING.iter().map(|command| dashed(command)));
    let all: BTreeSet<String> = known.iter().cloned().collect();
    assert_eq!(all.len(), known.len(), "a command is there twice");
    assert_eq!(all, leaves, "each command of the tree is one that writes, or one that does not");
    assert!(ELSEWHERE.iter().all(|(_, reason)| reason.len() > 20));
    assert!(WRITING.iter().all(|writing| writing.line.starts_with(writing.command)));
}

/// Each command with the moments at which this happens to it.
fn all(
    world: &Scene,
    commands: Vec<&'static Writing>,
    calls: &[&str],
    seed: &str,
) -> Vec<(&'static Writing, String, Vec<Point>)> {
    let ids = Ids::of(world);
    let commands = commands.into_iter().map(|writing| {
        let line = ids.line(writing.line);
        let seed = format!("{seed} {}", writing.command);
        let points = some(points(world, &line, calls), times().unwrap_or(1), &seed);
        (writing, line, points)
    });
    commands.collect()
}

#[test]
fn whatever_is_killed_has_lost_nothing_and_left_nothing_by_half() {
    if !is_there("strace") {
        return;
    }
    let world = world();
    let killed = each(&all(&world, turns(0, 2), &CALLS, "kill"), |(writing, line, points)| {
        undisturbed(&world, line)?;
        for point in points {
            let copy = Copied::of(&world);
            let before = copy.tree();
            copy.command(&disturbing(point, "signal=SIGKILL", ""), line).output().unwrap();
            let told = |what: String| format!("cdi {line}, killed at {point:?}: {what}");
            sound(&copy, &before, line).map_err(told)?;
            again(&copy, writing, line).map_err(told)?;
            sound(&copy, &before, line).map_err(|what| told(format!("given again: {what}")))?;
        }
        Ok(true)
    });
    assert_eq!(killed, turns(0, 2).len());
}

#[test]
fn a_disk_that_takes_no_more_loses_nothing_and_is_no_success() {
    if !is_there("strace") {
        return;
    }
    let world = world();
    for (number, error) in ["ENOSPC", "EROFS", "EACCES", "EIO"].into_iter().enumerate() {
        let turns = || turns(2 * number + 1, 8);
        let met = each(&all(&world, turns(), &CHANGES, error), |(writing, line, points)| {
            let made = undisturbed(&world, line)?;
            for point in points {
                let copy = Copied::of(&world);
                let before = copy.tree();
                let output =
                    copy.command(&disturbing(point, &format!("error={error}"), "+"), line).output().unwrap();
                let told = |what: String| format!("cdi {line}, {error} from {point:?} on: {what}");
                sound(&copy, &before, line).map_err(told)?;
                let lacks = made.iter().find(|path| !copy.path(&path.to_string_lossy()).exists());
                if let (Some(0), Some(path)) = (output.status.code(), lacks) {
                    return Err(told(format!(
                        "it says that all is well, and there is no {}",
                        path.display()
                    )));
                }
                again(&copy, writing, line).map_err(told)?;
                sound(&copy, &before, line).map_err(|what| told(format!("given again: {what}")))?;
            }
            Ok(true)
        });
        assert_eq!(met, turns().len());
    }
}

#[test]
fn two_at_once_lose_nothing_and_one_does_its_work() {
    let world = world();
    let ids = Ids::of(&world);
    each(WRITING, |writing| {
        let line = ids.line(writing.line);
        for _ in 0..times().unwrap_or(1).div_ceil(10) {
            let copy = Copied::of(&world);
            let before = copy.tree();
            let start = || {
                let mut command = copy.command(&[], &line);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
            let told = |what: String| format!("cdi {line}, two at once: {what}");
            let well = both.iter().filter(|output| output.status.success()).count();
            let refused = both.iter().filter(|output| {
                let said = String::from_utf8_lossy(&output.stderr);
                !output.status.success()
                    && writing.again.iter().any(|code| said.contains(&format!("[{code}]")))
            });
            if well == 0 || well + refused.count() != 2 {
                let said = both
                    .map(|output| format!("{:?} {}", output.status, String::from_utf8_lossy(&output.stderr)));
                return Err(told(said.join(" ")));
            }
            sound(&copy, &before, &line).map_err(told)?;
        }
        Ok(true)
    });
}

/// A-GAT-13: a gate that is killed at any moment has started nothing that it did not decide about.
#[test]
fn a_gate_that_is_killed_before_its_decision_starts_nothing() {
    if !is_there("strace") {
        return;
    }
    let scene = scene("mark");
    let started = |command: &mut Command| {
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).contains("mark")
    };
    let line = "run guest --environment process -- mark";
    assert!(started(&mut Copied::of(&scene).command(&[], line)), "the control");
    want_the_moon(&scene);
    let points = some(points(&scene, line, &CALLS), 20.max(times().unwrap_or(0)), "gate");
    assert!(points.len() >= 20);
    each(&points, |point| {
        let copy = Copied::of(&scene);
        let killed = started(&mut copy.command(&disturbing(point, "signal=SIGKILL", ""), line));
        let failed = started(&mut copy.command(&disturbing(point, "error=EIO", "+"), line));
        if killed || failed { Err(format!("it was started at {point:?}")) } else { Ok(true) }
    });
}
