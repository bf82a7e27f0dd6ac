//! The page: what was measured, where, when and how, with every miss.

use std::process::Command;

use super::row::Row;
use crate::repository::root;

/// What it was measured on.
pub(super) struct Machine {
    processor: String,
    processors: usize,
    memory: String,
    kernel: String,
    rust: String,
    commit: String,
    date: String,
    load: String,
}

impl Machine {
    /// As it is now.
    pub(super) fn now() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
        };
        let memory = after(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        Self {
            processor: after(&read("/proc/cpuinfo"), "model name").unwrap_or_default(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory: format!("{} GiB", kib >> 20),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            rust: said("rustc", &["--version"]),
            commit: said("git", &["rev-parse", "--short=12", "HEAD"]),
            date: said("date", &["-u", "+%F"]),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).current_dir(root()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The page in Markdown.
pub(super) fn written(
    rows: &[Row],
    failed: &[(&'static str, String)],
    machine: &Machine,
    command: &str,
) -> String {
    let Machine { processor, processors, memory, kernel, rust, commit, date, load } = machine;
    let misses: Vec<&Row> = rows.iter().filter(|row| row.holds == Some(false)).collect();
    let held = rows.iter().filter(|row| row.holds == Some(true)).count();
    let told = match misses.len() {
        0 => String::new(),
        1 => " One misses it.".to_owned(),
        more => format!(" {more} miss it."),
    };
    let mut page = format!(
        "# How fast it is\n\n\
         What CDI takes, as ratios: what is compared is done in turns in one run, round after round, so that what else the machine \
         does falls on all alike. {held} rows hold what is aimed at.{told} The median decides; the figure in brackets is of the \
         least times.\n\n\
         ![Each row's share of what is aimed at](speed.svg)\n\n\
         ```text\n{command}\n```\n\n\
         measures all of it and writes this page; it needs python3 with venv, and the first time takes half an hour. `cargo bench` \
         measures and prints what needs no other program.\n\n\
         | | |\n|---|---|\n| processor | {processor}, {processors} of them |\n| memory | {memory} |\n| kernel | Linux {kernel} |\n\
         | compiler | {rust} |\n| commit | {commit} |\n| date | {date} |\n| load before | {load} |\n",
    );
    let mut part = "";
    for row in rows {
        if row.part != part {
            part = &row.part;
            page.push_str(&format!(
                "\n## {}\n\n| what | aimed at | found | | by | |\n|---|---|---|---|---|---|\n",
                title(part)
            ));
        }
        page.push_str(&line(row));
    }
    if !failed.is_empty() {
        page.push_str("\n## Not measured\n\n");
        // Where the repository lies on this machine is nobody's business.
        let here = format!("{}/", root().display());
        for (what, why) in failed {
            page.push_str(&format!("- {what}: {}\n", why.replace(&here, "").replace('\n', " ")));
        }
    }
    page.push_str(
        "\nBy the processor is the time of the thread that works, by the process that of all its threads, by the clock what a watch \
         shows: other work on the machine is in the last. What was tried, and what gave nothing, stands in \
         [performance](performance.md).\n",
    );
    page
}

fn line(row: &Row) -> String {
    let holds = match row.holds {
        Some(true) => "holds",
        Some(false) => "**misses**",
        None => "",
    };
    let least = row.least.map_or_else(String::new, |least| format!(" ({})", row.measured(least)));
    let by = match row.clock.as_str() {
        _ if row.median.is_none() => "",
        "wall" => "clock",
        other => other,
    };
    let (what, aim, found, sides) = (&row.what, row.aim(), row.found(), &row.sides);
    format!("| {what} | {aim} | {found}{least} | {holds} | {by} | {sides} |\n")
}

/// What a part is called.
pub(super) fn title(part: &str) -> String {
    let mut letters = part.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
