//! Mutants under vectors and random worlds, many in one process (`cases.rs`).

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::judge::{MEMORY, Outcome, in_two};
use super::list::Mutant;
use super::tree::Program;

/// The status with which the program ends where a case takes too long.
const TOO_LONG: i32 = 3;

/// Puts all cases to these mutants, by two processes.
pub(crate) fn judge_by_cases(
    mutants: &[&Mutant],
    program: &Program,
    told: impl Fn(&Mutant, &Outcome) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let half = |odd: usize| mutants.iter().copied().skip(odd).step_by(2).collect::<VecDeque<_>>();
    in_two(vec![half(0), half(1)], |mut left| {
        while !left.is_empty() {
            run(&mut left, program, &told)?;
        }
        Ok(())
    })
    .map(drop)
}

/// Runs the program once: to the end, or to a mutant that ends it.
fn run(
    left: &mut VecDeque<&Mutant>,
    program: &Program,
    told: &impl Fn(&Mutant, &Outcome) -> Result<(), String>,
) -> Result<(), String> {
    let mut cases = Command::new("sh");
    cases
        .args(["-c", &format!("ulimit -d {MEMORY}; exec \"$0\"")])
        .arg(&program.path)
        .current_dir(&program.folder);
    cases.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let failed = |error: std::io::Error| format!("{}: {error}", program.path.display());
    let mut child = cases.spawn().map_err(failed)?;
    let numbers: String = left.iter().map(|mutant| format!("{}\n", mutant.number)).collect();
    let (input, output) = (child.stdin.take(), child.stdout.take());
    input.ok_or("no input")?.write_all(numbers.as_bytes()).map_err(failed)?;
    let mut begun = false;
    for line in BufReader::new(output.ok_or("no output")?).lines() {
        let line = line.map_err(failed)?;
        let mut words = line.splitn(3, ' ');
        let (number, word, rest) = (words.next(), words.next(), words.next().unwrap_or_default());
        let outcome = match (number, word) {
            (Some("-"), _) => {
                println!("{line}");
                continue;
            }
            (_, Some("caught")) => Outcome::Caught(rest.to_owned()),
            (_, Some("survived")) => Outcome::Survived(rest.parse().unwrap_or_default()),
            _ => {
                begun = true;
                continue;
            }
        };
        if let Some(mutant) = left.pop_front() {
            told(mutant, &outcome)?;
        }
        begun = false;
    }
    let status = child.wait().map_err(failed)?;
    match (left.pop_front(), begun) {
        (None, _) => Ok(()),
        (Some(mutant), true) if status.code() == Some(TOO_LONG) => {
            told(mutant, &Outcome::TimedOut("a case".to_owned()))
        }
        (Some(mutant), true) => told(mutant, &Outcome::Caught("the end of the process".to_owned())),
        (Some(_), false) => Err(format!("{}: {status}, before the first mutant", program.path.display())),
    }
}
