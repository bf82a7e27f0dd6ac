//! The invocation of a recorded run: it describes that run to the letter.

use std::collections::BTreeMap;
use std::path::Path;

use cdi_envelope::Envelope;
use cdi_types::{
    AnyStatement, Bundle, CaptureLevel, EnvironmentValue, Exit, RecordedPath, Report, ReportKind, Statement,
    StatementId, parse_statement,
};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// The report of a bundle, the one that was named if there are several.
pub(super) fn report(
    bundle: &Bundle,
    path: &Path,
    named: Option<&IdPrefix>,
) -> Result<Statement<Report>, Failure> {
    let mut reports: BTreeMap<StatementId, Statement<Report>> = BTreeMap::new();
    for line in bundle.lines() {
        let Ok(envelope) = Envelope::parse(line.bytes) else { continue };
        let parsed = parse_statement(envelope.into_untrusted().payload());
        if let Ok((id, AnyStatement::Report(report))) = parsed {
            reports.insert(id, *report);
        }
    }
    let none = || {
        let message = format!("`{}` has no such report", path.display());
        Failure::failed("report-not-there", message).hint("`cdi wrap --key KEY ...` records one")
    };
    let id = match (named, reports.len()) {
        (Some(prefix), _) => prefix.among(reports.keys().copied(), none)?,
        (None, 0 | 1) => *reports.keys().next().ok_or_else(none)?,
        (None, many) => {
            let message = format!("`{}` has {many} reports", path.display());
            return Err(Failure::failed("report-unnamed", message)
                .hint("name one with `--report`; `cdi inspect` shows them"));
        }
    };
    reports.remove(&id).ok_or_else(none)
}

/// Whether an argument is this path, as it stands or from where the run was.
fn names(argument: &str, path: &RecordedPath) -> bool {
    path.as_str() == argument.trim_start_matches("./")
}

/// How many files the run read that no argument names.
pub(super) fn unnamed(report: &Statement<Report>) -> usize {
    let run = report.predicate();
    let named = |path: &RecordedPath| run.operation.arguments.iter().any(|argument| names(argument, path));
    run.inputs.iter().filter(|input| !named(&input.path)).count()
}

/// The invocation that describes the run to the letter.
pub(super) fn invocation(report: &Statement<Report>) -> Value {
    let said = report.predicate();
    let operation = &said.operation;
    let program = operation.program.rsplit('/').next().unwrap_or_default();
    let mut roles = Roles { report, outputs: 0 };
    let arguments: Vec<Value> = operation.arguments.iter().map(|argument| roles.rule(argument)).collect();
    let environment: serde_json::Map<String, Value> = operation
        .environment
        .iter()
        .map(|(name, value)| {
            let rule = match value {
                // A confined run has a folder of its own, with another name each time.
                EnvironmentValue::Value(_) if said.capture == CaptureLevel::Confined && name == "TMPDIR" => {
                    json!("any")
                }
                EnvironmentValue::Value(value) => json!({ "oneOf": [value] }),
                EnvironmentValue::Commitment(_) => json!("any"),
            };
            (name.clone(), rule)
        })
        .collect();
    let status = match operation.exit {
        Exit::Code(code) => code,
        Exit::Signal(_) => 0,
    };
    let settings: BTreeMap<&String, [&String; 1]> =
        operation.settings.iter().map(|(name, value)| (name, [value])).collect();
    json!({
        "program": [program],
        "arguments": arguments,
        "environment": environment,
        "settings": settings,
        "exitStatus": [status],
    })
}

/// The roles of paths among the arguments.
struct Roles<'r> {
    report: &'r Statement<Report>,
    outputs: usize,
}

impl Roles<'_> {
    /// A path that was read is code, the first that was written too; whatever else is written has a role of its own. Of an
    /// inspection only what it is about may be another file: with other rules, or other tests, it would find something else.
    fn rule(&mut self, argument: &str) -> Value {
        let names = |path: &RecordedPath| names(argument, path);
        let subject = self.report.subject().iter().find(|subject| subject.path.as_ref().is_some_and(names));
        let run = self.report.predicate();
        if let Some(input) = run.inputs.iter().find(|input| names(&input.path)) {
            return match run.kind {
                // No rule pins a tree: this one matches none, until somebody says what may be there.
                ReportKind::Inspection if subject.is_none() => {
                    json!({ "knownInput": { "role": "known", "sha256": [input.digest.digits()] } })
                }
                _ if input.digest.is_tree() => json!({ "inputTree": "code" }),
                ReportKind::Inspection | ReportKind::Transform => json!({ "input": "code" }),
            };
        }
        if let Some(subject) = subject {
            self.outputs += 1;
            let role = if self.outputs == 1 { "code".to_owned() } else { format!("output-{}", self.outputs) };
            return if subject.digest.is_tree() {
                json!({ "outputTree": role })
            } else {
                json!({ "output": role })
            };
        }
        json!({ "is": argument })
    }
}
