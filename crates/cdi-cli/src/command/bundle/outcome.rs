//! What became of bundles, for people and as one JSON document (`docs/schema/bundle.v1.json`).

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use cdi_store::{Dropped, Sources};
use cdi_types::{ArtifactDigest, StatementId};
use serde::Serialize;

use crate::answer::Answer;
use crate::count;
use crate::layout::Page;
use crate::terminal::{DIM, plain};

/// What a command has done with lines.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    /// The bundles that were written, or would be.
    pub(super) written: Vec<Written>,
    /// Lines of the sources that are in none of them.
    pub(super) dropped: Vec<Shown>,
    /// Lines that are in them and prove nothing.
    pub(super) unusable: Vec<Shown>,
}

/// A bundle that was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    pub(super) bundle: String,
    /// The artifacts that it is for; none if it is for all.
    pub(super) artifacts: Vec<ArtifactDigest>,
    pub(super) lines: usize,
}

/// A line, and what is to be said of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    bundle: String,
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<StatementId>,
    code: &'static str,
    reason: String,
}

/// Lines that only prune and merge tell one by one: above so many a person reads the counts.
const TOLD: usize = 20;

impl Answer for Outcome {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for written in &self.written {
            let lines = count::of(written.lines, "line");
            writeln!(page, "{lines} in {}", plain(&written.bundle))?;
        }
        told("dropped", &self.dropped, page)?;
        told("proves nothing:", &self.unusable, page)
    }
}

fn told(word: &str, lines: &[Shown], page: &mut Page) -> io::Result<()> {
    for line in lines.iter().take(TOLD) {
        let (bundle, reason) = (plain(&line.bundle), plain(&line.reason));
        let id = line.id.map(|id| format!(", statement {}", id.short())).unwrap_or_default();
        let (number, code) = (line.line, line.code);
        writeln!(page, "{DIM}{word} line {number} of {bundle}{id}: {reason} [{code}]{DIM:#}")?;
    }
    let Some(rest) = lines.get(TOLD..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    rest.iter().for_each(|line| *counts.entry(line.code).or_default() += 1);
    for (code, lines) in counts {
        let more = count::of(lines, "more line");
        writeln!(page, "{DIM}{word} {more} [{code}]; `--output json` has all{DIM:#}")?;
    }
    Ok(())
}

/// Lines of one bundle.
pub(super) fn of_bundle(lines: &[Dropped], bundle: &Path) -> Vec<Shown> {
    lines.iter().map(|dropped| shown(dropped, bundle, dropped.line)).collect()
}

/// Lines of several bundles that were read as one.
pub(super) fn of_sources(lines: &[Dropped], sources: &Sources) -> Vec<Shown> {
    let place = |dropped: &Dropped| {
        let (bundle, line) = sources.of(dropped.line).unwrap_or((Path::new(""), dropped.line));
        shown(dropped, bundle, line)
    };
    lines.iter().map(place).collect()
}

fn shown(dropped: &Dropped, bundle: &Path, line: usize) -> Shown {
    let (bundle, id) = (bundle.display().to_string(), dropped.id);
    Shown { bundle, line, id, code: dropped.reason.code(), reason: dropped.reason.to_string() }
}
