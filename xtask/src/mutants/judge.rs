//! Which tests meet which mutants, and which of them fail.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::list::Mutant;
use super::tree::{Program, folder};

/// Names the file to which programs with mutants write which of them are met (`switch.rs`).
const MET: &str = "CDI_MUTANTS_MET";
/// Which tests are put to mutants, and where.
pub(crate) struct Suite {
    /// The packages whose tests take part.
    packages: &'static [&'static str],
    /// The modules of the command line's tests that take part.
    modules: &'static [&'static str],
    /// Where each is run.
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As any test is.
    Here,
    /// Where it can do nothing to the machine (`sandbox.sh`).
    Sandbox,
}

/// For the crates that decide. Of the command line's tests, those of what is decided and how it is told; others take minutes over processes and
/// files.
pub(crate) const OF_DECISIONS: Suite = Suite {
    packages: &[
        "cdi-cli",
        "cdi-decider",
        "cdi-envelope",
        "cdi-graph",
        "cdi-placement",
        "cdi-policy",
        "cdi-testkit",
        "cdi-verify",
        "fuzz",
    ],
    modules: &[
        "affected::",
        "answers::",
        "bundles::",
        "catalogues::",
        "deploying::",
        "documents::",
        "explain::",
        "formats::",
        "graph::",
        "nodes::",
        "placing::",
        "policies::",
        "policy_lint::",
        "policy_words::",
        "report::",
        "trust::",
        "trusted_time::",
        "verdicts::",
    ],
    place: Place::Here,
};
/// For the gate: its own, and those of the command line that run programs.
pub(crate) const OF_PROGRAMS: Suite = Suite {
    packages: &["cdi-cli", "cdi-gate", "fuzz"],
    modules: &[
        "declared_runtimes::",
        "deploying::",
        "environments::",
        "placing::",
        "running::",
        "runtime::",
        "runtimes_inside::",
        "walls::",
    ],
    place: Place::Sandbox,
};
/// The script of [`Place::Sandbox`], and the status with which it ends where it could not make one.
const SANDBOX: &str = include_str!("sandbox.sh");
const NO_SANDBOX: i32 = 99;
/// The most memory of a test, in KiB: a mutant may ask for all there is.
pub(crate) const MEMORY: u32 = 6 << 20;
/// A test takes what it takes, so many times over, and this besides.
const PATIENCE: u32 = 5;
const AT_LEAST: Duration = Duration::from_secs(15);
/// A test that takes longer says nothing that shorter ones do not.
const LONGEST: Duration = Duration::from_secs(120);
/// So many random worlds, but if `CDI_WORLDS` says otherwise: the fifty thousand of a run of all tests take minutes.
const WORLDS: &str = "2000";

/// One test, and what it meets.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    program: Program,
    name: String,
    place: Place,
    takes: Duration,
    meets: BTreeSet<usize>,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This test fails.
    Caught(String),
    /// This test does not come to its end.
    TimedOut(String),
    /// All tests that meet it pass; there are so many.
    Survived(usize),
}

enum Ended {
    Passed,
    Failed,
    TooLate,
}

/// Runs every test by itself; those that fail, or take too long, are told and left out.
pub(crate) fn tests(programs: &[Program], suite: &Suite) -> Result<Vec<Test>, String> {
    fs::write(folder().join("sandbox.sh"), SANDBOX).map_err(|error| error.to_string())?;
    let mut named = Vec::new();
    for program in programs {
        if !suite.packages.iter().any(|package| program.folder.ends_with(package)) {
            continue;
        }
        let mut list = Command::new(&program.path);
        list.args(["--list", "--format", "terse"]).current_dir(&program.folder);
        let output = list.output().map_err(|error| format!("{list:?}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
        let names: BTreeSet<&str> = names.filter_map(|name| one_run(program, name, suite)).collect();
        named.extend(names.into_iter().map(|name| (program.clone(), name.to_owned())));
    }
    let kept = folder().join("met.tsv");
    let known = known(&kept);
    println!("{} tests", named.len());
    let found = in_two(named, |(program, name)| {
        let key = key(&program, &name)?;
        let (takes, meets) = match known.get(&key) {
            Some(known) => known.clone(),
            None => {
                let found = listen(&program, &name, suite.place)?;
                append(&kept, &row(&key, &found))?;
                found
            }
        };
        Ok(Test { program, name, place: suite.place, takes, meets })
    })?;
    Ok(found.into_iter().filter(|test| test.takes < LONGEST && !test.meets.is_empty()).collect())
}

/// What is run at once: one test, or of the command line's, many of which set up the same deployment first, a module.
fn one_run<'a>(program: &Program, name: &'a str, suite: &Suite) -> Option<&'a str> {
    if !program.folder.ends_with("cdi-cli") {
        return Some(name);
    }
    let module = name.get(..name.find("::")? + 2).filter(|module| suite.modules.contains(module))?;
    Some(match suite.place {
        Place::Here => module,
        Place::Sandbox => name,
    })
}

/// How long a test takes, and which mutants it meets.
fn listen(program: &Program, name: &str, place: Place) -> Result<(Duration, BTreeSet<usize>), String> {
    let met = room()?.1.join("met");
    let _ = fs::remove_file(&met);
    let start = Instant::now();
    let ended = run(program, name, place, LONGEST, (MET, met.as_os_str()))?;
    let takes = match ended {
        Ended::Passed => start.elapsed(),
        Ended::Failed | Ended::TooLate => {
            println!("left out, as it fails without a mutant or takes too long: {name}");
            LONGEST
        }
    };
    let numbers = fs::read_to_string(&met).unwrap_or_default();
    Ok((takes, numbers.lines().filter_map(|line| line.parse().ok()).collect()))
}

/// A test of one program as it was built.
fn key(program: &Program, name: &str) -> Result<String, String> {
    let built = fs::metadata(&program.path).and_then(|file| file.modified());
    let built = built.map_err(|error| format!("{}: {error}", program.path.display()))?;
    let since = built.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{}\t{}\t{name}", program.path.display(), since.as_millis()))
}

fn row(key: &str, (takes, meets): &(Duration, BTreeSet<usize>)) -> String {
    let meets: Vec<String> = meets.iter().map(ToString::to_string).collect();
    format!("{key}\t{}\t{}", takes.as_millis(), meets.join(" "))
}

fn known(path: &Path) -> BTreeMap<String, (Duration, BTreeSet<usize>)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let row = |line: &str| {
        let (rest, meets) = line.rsplit_once('\t')?;
        let (key, takes) = rest.rsplit_once('\t')?;
        let meets = meets.split(' ').filter_map(|number| number.parse().ok()).collect();
        Some((key.to_owned(), (Duration::from_millis(takes.parse().ok()?), meets)))
    };
    text.lines().filter_map(row).collect()
}

/// Puts the tests to each mutant until one fails: first those that have caught most for their time, and for so long.
pub(crate) fn judge(
    mutants: &[&Mutant],
    tests: &[Test],
    budget: Duration,
    told: impl Fn(&Mutant, &Outcome) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let caught = Mutex::new(vec![0.2_f64; tests.len()]);
    in_two(mutants.to_vec(), |mutant| {
        let scores = caught.lock().map_err(|error| error.to_string())?.clone();
        let score = |(test, caught): (&Test, &f64)| caught / (test.takes.as_secs_f64() + 0.02);
        let mut order: Vec<(usize, f64)> = tests.iter().zip(&scores).map(score).enumerate().collect();
        order.retain(|(nth, _)| tests.get(*nth).is_some_and(|test| test.meets.contains(&mutant.number)));
        order.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let (mut outcome, mut spent) = (Outcome::Survived(order.len()), Duration::ZERO);
        for (nth, _) in order {
            let Some(test) = tests.get(nth) else { continue };
            spent += test.takes;
            if spent > budget {
                continue;
            }
            let limit = test.takes * PATIENCE + AT_LEAST;
            let number = mutant.number.to_string();
            let run = || run(&test.program, &test.name, test.place, limit, ("CDI_MUTANT", number.as_ref()));
            // The machine may have had something else to do.
            let ended = run().and_then(|ended| if let Ended::TooLate = ended { run() } else { Ok(ended) });
            match ended? {
                Ended::Passed => continue,
                Ended::Failed => outcome = Outcome::Caught(test.name.clone()),
                Ended::TooLate => outcome = Outcome::TimedOut(test.name.clone()),
            }
            // What caught long ago counts for less: mutants that stand together are caught together.
            let mut caught = caught.lock().map_err(|error| error.to_string())?;
            caught.iter_mut().for_each(|caught| *caught = (*caught * 0.98).max(0.2));
            caught.get_mut(nth).into_iter().for_each(|caught| *caught += 1.0);
            break;
        }
        told(mutant, &outcome)
    })
    .map(drop)
}

/// A folder of this thread's own, where a sandbox is put together, and the one that keeps what is written from it.
fn room() -> Result<(PathBuf, PathBuf), String> {
    let id = format!("{:?}", std::thread::current().id()).replace(|one: char| !one.is_ascii_digit(), "");
    let folders = ["", ".out"].map(|end| folder().join(format!("room-{id}{end}")));
    for folder in &folders {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let [room, out] = folders;
    Ok((room, out))
}

/// A mutant can freeze the group of its sandbox; what is frozen cannot be ended.
fn thaw(room: &Path) {
    let name = room.display().to_string().trim_start_matches('/').replace('/', "-");
    let state = Path::new("/sys/fs/cgroup/freezer/cdi-mutants").join(name).join("freezer.state");
    if state.exists() {
        let _ = fs::write(state, "THAWED");
    }
}

/// Runs one test in a group of processes of its own, which is ended with it.
fn run(
    program: &Program,
    name: &str,
    place: Place,
    limit: Duration,
    (variable, value): (&str, &OsStr),
) -> Result<Ended, String> {
    use std::os::unix::process::CommandExt as _;
    let mut test = Command::new("sh");
    if place == Place::Sandbox {
        test.arg(folder().join("sandbox.sh")).arg(room()?.0).arg("sh");
    }
    let shell = format!("ulimit -d {MEMORY}; exec \"$0\" \"$@\"");
    test.args(["-c", &shell]).arg(&program.path).args([name, "--test-threads", "1"]);
    if !name.ends_with("::") {
        test.arg("--exact");
    }
    if std::env::var_os("CDI_WORLDS").is_none() {
        test.env("CDI_WORLDS", WORLDS);
    }
    test.current_dir(&program.folder).process_group(0);
    test.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    test.env(variable, value);
    let mut child = test.spawn().map_err(|error| format!("{test:?}: {error}"))?;
    let (start, mut pause) = (Instant::now(), Duration::from_millis(1));
    let ended = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => break Ended::Passed,
            Some(status) if place == Place::Sandbox && status.code() == Some(NO_SANDBOX) => {
                return Err(
                    "no sandbox can be made; that takes root, `unshare` and an overlay over `/`".to_owned()
                );
            }
            Some(_) => break Ended::Failed,
            None if start.elapsed() > limit => break Ended::TooLate,
            None => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    if !matches!(ended, Ended::Passed) {
        if place == Place::Sandbox {
            thaw(&room()?.0);
        }
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = child.wait();
    }
    Ok(ended)
}

/// Does this for all of them, two at a time.
pub(crate) fn in_two<T: Send, U: Send>(
    all: Vec<T>,
    one: impl Fn(T) -> Result<U, String> + Sync,
) -> Result<Vec<U>, String> {
    let left = Mutex::new(all.into_iter());
    let worker = || -> Result<Vec<U>, String> {
        let mut done = Vec::new();
        loop {
            let next = left.lock().map_err(|error| error.to_string())?.next();
            let Some(next) = next else { return Ok(done) };
            done.push(one(next)?);
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(worker);
        let mut done = worker()?;
        done.extend(other.join().map_err(|_| "a worker panicked".to_owned())??);
        Ok(done)
    })
}

/// Adds a line to a file.
pub(crate) fn append(path: &Path, line: &str) -> Result<(), String> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .map_err(|error| format!("{}: {error}", path.display()))
}
