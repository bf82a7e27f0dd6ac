//! The fuzz targets under libFuzzer: a few seconds each, or as long as asked for (`fuzz/README.md`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Mutex;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::build::{command, run as run_to_its_end, target};
use crate::repository::root;

/// The name that stands for every target.
const ALL: &str = "all";
/// The name that stands for those that have not run for so long yet.
const UP_TO: &str = "up-to";
/// How long one goes on before it is another's turn, in seconds.
const TURN: u32 = 300;
/// How long one input may take, in seconds: in the end thousands are run each second.
const TIMEOUT: u32 = 10;
/// A second of a processor, as `/proc` counts it.
const TICKS: u64 = 100;
/// What was run with a folder: target, seconds of a processor, executions.
const RAN: &str = "ran.tsv";
/// The most memory of a target, in MiB.
const MEMORY: u32 = 2_048;

/// A target, with the most bytes of its inputs.
struct Target {
    name: String,
    most: u32,
}

/// What one target was run for.
struct Ran {
    name: String,
    /// Of a processor.
    seconds: u64,
    executions: u64,
    covered: u64,
}

/// Builds the engine and runs a target, or all of them two at a time, each for so many seconds; from a seed, what is tried first
/// is the same each time. `up-to` goes on until each has had so many seconds of a processor, in this run and all before.
pub(crate) fn run(name: &str, seconds: &str, seed: Option<&str>) -> Result<(), String> {
    let seconds: u32 = seconds.parse().map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    let seed: Option<u32> = seed
        .map(|seed| seed.parse().map_err(|_| format!("`{seed}` is no number to start from")))
        .transpose()?;
    let (engine, folder) = (engine()?, target(root()).join("fuzz"));
    let targets = seeds(&engine, &folder)?;
    let run = |chosen: &[&Target], seconds| {
        two_at_a_time(chosen, |target| fuzz(&engine, &folder, target, (seconds, seed)))
    };
    if name == UP_TO {
        loop {
            let had = seconds_had(&folder)?;
            let owing =
                |target: &&Target| had.get(&target.name).copied().unwrap_or_default() < u64::from(seconds);
            let owing: Vec<&Target> = targets.iter().filter(owing).collect();
            if owing.is_empty() {
                println!("each target has had {seconds} seconds of a processor, or more");
                return Ok(());
            }
            run(&owing, TURN.min(seconds))?;
        }
    }
    let chosen: Vec<&Target> = targets.iter().filter(|target| name == ALL || target.name == name).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        return Err(format!("there is no such target: they are {}, `{ALL}` or `{UP_TO}`", names.join(", ")));
    }
    run(&chosen, seconds)
}

/// Runs these, and says what became of each.
fn two_at_a_time(
    chosen: &[&Target],
    run: impl Fn(&Target) -> Result<Ran, String> + Sync,
) -> Result<(), String> {
    let left = Mutex::new(chosen.iter());
    let worker = || {
        let mut done = Vec::new();
        while let Some(target) = left.lock().ok().and_then(|mut left| left.next()) {
            done.push(run(target));
        }
        done
    };
    let done = std::thread::scope(|scope| {
        let other = scope.spawn(worker);
        let mut done = worker();
        done.extend(other.join().unwrap_or_default());
        done
    });
    let found: Vec<String> = done.iter().filter_map(|one| one.as_ref().err().cloned()).collect();
    let ran: Vec<&Ran> = done.iter().flatten().collect();
    for Ran { name, executions, covered, .. } in &ran {
        println!("{name:<12} {executions:>9} executions, {covered:>6} edges");
    }
    if found.is_empty() && ran.len() == chosen.len() { Ok(()) } else { Err(found.join("\n")) }
}

/// Lets the engine write seeds and dictionaries, and say what targets there are.
fn seeds(engine: &Path, folder: &Path) -> Result<Vec<Target>, String> {
    let output = Command::new(engine).env("CDI_FUZZ_SEEDS", folder).output();
    let output = output.map_err(|error| format!("{}: {error}", engine.display()))?;
    if !output.status.success() {
        return Err(format!("the engine writes no seeds: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let target = |line: &str| {
        let (name, most) = line.split_once(' ')?;
        Some(Target { name: name.to_owned(), most: most.parse().ok()? })
    };
    Ok(told.lines().filter_map(target).collect())
}

/// The engine, with the targets in it. All packages are named, so that libraries have the features that they have in tests, and those
/// that no counters are put into are the tests' own.
fn engine() -> Result<PathBuf, String> {
    let built = ["--quiet", "--workspace", "--features", "cdi-fuzz/engine", "--example", "engine"];
    let fuzz = root().join("fuzz");
    let mut build = command(root(), &["build"]);
    build.args(built).arg("--config").arg(fuzz.join("engine.toml"));
    run_to_its_end(build.env("RUSTC_WRAPPER", fuzz.join("instrument.sh")))?;
    Ok(target(root()).join("debug/examples/engine"))
}

/// Runs one target on what it knows, and on what it makes of that.
fn fuzz(
    engine: &Path,
    folder: &Path,
    target: &Target,
    (seconds, seed): (u32, Option<u32>),
) -> Result<Ran, String> {
    let name = &target.name;
    let [corpus, findings, logs] = ["corpus", "findings", "logs"].map(|part| folder.join(part).join(name));
    for path in [&corpus, &findings, &logs] {
        fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let log = logs.join("last");
    let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut engine = Command::new(engine);
    engine.env("CDI_FUZZ_TARGET", name).stderr(file);
    // What is put into the corpus comes first: libFuzzer writes into the first folder only.
    engine.arg(&corpus).arg(folder.join("seeds").join(name));
    let regressions = root().join("fuzz/regressions").join(name);
    if regressions.exists() {
        engine.arg(regressions);
    }
    let dictionary = folder.join(format!("{name}.dict"));
    if fs::metadata(&dictionary).is_ok_and(|file| file.len() > 0) {
        engine.arg(format!("-dict={}", dictionary.display()));
    }
    let limits = [
        ("max_total_time", seconds),
        ("timeout", TIMEOUT),
        ("rss_limit_mb", MEMORY),
        ("max_len", target.most),
    ];
    engine.args(limits.map(|(limit, value)| format!("-{limit}={value}")));
    engine.args(seed.map(|seed| format!("-seed={seed}")));
    engine
        .args(["-print_final_stats=1", "-len_control=0"])
        .arg(format!("-artifact_prefix={}/", findings.display()));
    let (status, seconds) = timed(&mut engine).map_err(|error| format!("{name}: {error}"))?;
    let text = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
    let ran = Ran { name: name.clone(), seconds, executions: executions(&text), covered: covered(&text) };
    keep_count(folder, &ran)?;
    if status.success() {
        return Ok(ran);
    }
    let last: Vec<&str> = text.lines().rev().take(40).collect();
    let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
    Err(format!("{last}\n{name}: found something; its input is in {}", findings.display()))
}

/// Runs a program to its end: how it ended, and how many seconds of a processor it took.
fn timed(program: &mut Command) -> std::io::Result<(ExitStatus, u64)> {
    let mut child = program.spawn()?;
    // Ended but not waited for, it can still be asked.
    let ended = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let waited = ended.map(|pid| waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT));
    waited.transpose()?;
    let told = fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    Ok((child.wait()?, ticks(&told).unwrap_or_default() / TICKS))
}

/// The time of a processor that a process took, in the kernel and outside, out of what `/proc/PID/stat` says (proc(5)).
fn ticks(told: &str) -> Option<u64> {
    // What stands before the last parenthesis is a name, which may have anything in it.
    let mut told = told.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(told.next()?.parse::<u64>().ok()? + told.next()?.parse::<u64>().ok()?)
}

/// How many inputs were run, as libFuzzer counts at its end; of a run that found something, as it counted last.
fn executions(log: &str) -> u64 {
    let last = log.lines().rev().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let counted = || {
        let counts = log.lines().rev().filter_map(|line| line.strip_prefix('#')?.split_whitespace().next());
        counts.filter_map(|number| number.parse().ok()).next()
    };
    last.and_then(|number| number.trim().parse().ok()).or_else(counted).unwrap_or_default()
}

/// How many edges were covered, as libFuzzer told last.
fn covered(log: &str) -> u64 {
    let told = |line: &str| line.split_once("cov: ")?.1.split_whitespace().next()?.parse().ok();
    log.lines().rev().find_map(told).unwrap_or_default()
}

/// Adds a run to the count of all that were made with this folder.
fn keep_count(folder: &Path, ran: &Ran) -> Result<(), String> {
    let path = folder.join(RAN);
    let file = fs::OpenOptions::new().create(true).append(true).open(&path);
    let line = format!("{}\t{}\t{}\n", ran.name, ran.seconds, ran.executions);
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// For how many seconds each target was run with this folder.
fn seconds_had(folder: &Path) -> Result<BTreeMap<String, u64>, String> {
    let path = folder.join(RAN);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| format!("{}: {error}", path.display()))?,
    };
    let mut had = BTreeMap::new();
    for line in text.lines() {
        let mut told = line.split('\t');
        let (Some(name), Some(Ok(seconds))) = (told.next(), told.next().map(str::parse::<u64>)) else {
            continue;
        };
        *had.entry(name.to_owned()).or_default() += seconds;
    }
    Ok(had)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_took_is_told() {
        let told = "12 (a) b) S 1 12 12 0 -1 4194304 90 0 0 0 250 31 7 9 20 0 1 0 0 0 0";
        assert_eq!(ticks(told), Some(281));
        assert_eq!((ticks("12 (a) S 1"), ticks("")), (None, None));
        let (status, seconds) = timed(Command::new("sh").args(["-c", "exit 3"])).unwrap();
        assert_eq!((status.code(), seconds), (Some(3), 0));
    }

    #[test]
    fn runs_of_one_target_are_added_up() {
        let folder = tempfile::tempdir().unwrap();
        assert!(seconds_had(folder.path()).unwrap().is_empty());
        for (name, seconds) in [("json", 40), ("keys", 3), ("json", 2)] {
            let ran = Ran { name: name.to_owned(), seconds, executions: 7, covered: 1 };
            keep_count(folder.path(), &ran).unwrap();
        }
        let had = seconds_had(folder.path()).unwrap();
        assert_eq!(had.into_iter().collect::<Vec<_>>(), [("json".to_owned(), 42), ("keys".to_owned(), 3)]);
    }

    const LOG: &str =
        "INFO: seed corpus: files: 5\n#64\tpulse  cov: 12 ft: 30\n#128\tDONE   cov: 20 ft: 41\n";

    #[test]
    fn counts_are_those_of_the_end_or_the_last_ones() {
        assert_eq!((executions(LOG), covered(LOG)), (128, 20));
        assert_eq!(
            executions(&format!("{LOG}stat::number_of_executed_units: 130\nstat::peak_rss_mb: 40\n")),
            130
        );
        assert_eq!((executions(""), covered("")), (0, 0));
    }
}
