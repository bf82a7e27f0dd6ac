//! Reports of a world as statements.

use super::certification::{PROGRAM, capture};
use super::statements::{Ids, annotated};
use super::{Fault, Names, Words};
use crate::model::world;
use cdi_types::{
    Algorithms, EnvironmentValue, Exit, Finding, Input, Libraries, MeasuredFile, MeasuredTool, Operation,
    Platform, PropertyName, RecordedPath, Report, ReportKind, Statement, Subject, Timestamp, Tree,
};
use std::collections::BTreeMap;

/// The report; its subjects are the outputs of a transform, the inputs of an inspection.
pub(super) fn report(
    report: &world::Report,
    names: Names,
    ids: &Ids,
    words: &Words,
) -> Result<Statement<Report>, Fault> {
    let subjects = match report.kind {
        world::ReportKind::Transform => &report.outputs,
        world::ReportKind::Inspection => &report.inputs,
    };
    let subjects = subjects.iter().map(|(path, digest)| {
        Ok(Subject { path: Some(RecordedPath::parse(path)?), digest: names.artifact(digest) })
    });
    let inputs = report.inputs.iter().map(|(path, digest)| {
        let named = report.links.get(path).into_iter().flatten();
        let reports = named.map(|id| ids.of("report", id, names)).collect();
        Ok(Input { path: RecordedPath::parse(path)?, digest: names.artifact(digest), reports })
    });
    let findings = report.findings.iter().map(|(digest, property)| {
        let property = PropertyName::parse(words.property(property))?;
        Ok(Finding { digest: names.artifact(digest), property })
    });
    let outputs = if report.kind == world::ReportKind::Transform { report.outputs.as_slice() } else { &[] };
    let trees = report.inputs.iter().chain(outputs).filter(|(_, digest)| digest.ends_with('/'));
    let trees = trees.map(|(path, _)| Ok((RecordedPath::parse(path)?, Tree { files: 1 })));
    let predicate = Report {
        issuer: names.key_id(&report.key)?,
        kind: match report.kind {
            world::ReportKind::Transform => ReportKind::Transform,
            world::ReportKind::Inspection => ReportKind::Inspection,
        },
        certifications: report.certifications.iter().map(|id| ids.of("certification", id, names)).collect(),
        tool: tool(report, names)?,
        recorder: measured(&report.recorder, names)?,
        capture: capture(report.capture),
        operation: operation(report, names),
        inputs: inputs.collect::<Result<_, Fault>>()?,
        trees: trees.collect::<Result<_, Fault>>()?,
        trace: None,
        findings: findings.collect::<Result<_, Fault>>()?,
        algorithms: Algorithms { digest: "sha256".to_owned(), signature: "of the key".to_owned() },
        annotations: annotated(&report.id),
    };
    Ok(Statement::new(subjects.collect::<Result<_, Fault>>()?, predicate)?)
}

fn measured(digest: &world::Digest, names: Names) -> Result<MeasuredFile, Fault> {
    Ok(MeasuredFile { path: RecordedPath::parse(&format!("/bin/{digest}"))?, sha256: names.file(digest) })
}

fn tool(report: &world::Report, names: Names) -> Result<MeasuredTool, Fault> {
    Ok(MeasuredTool {
        executables: all(&report.executables, names)?,
        libraries: libraries(&report.libraries, names)?,
    })
}

fn all(digests: &[world::Digest], names: Names) -> Result<Vec<MeasuredFile>, Fault> {
    digests.iter().map(|digest| measured(digest, names)).collect()
}

pub(super) fn libraries(found: &world::Libraries, names: Names) -> Result<Libraries, Fault> {
    Ok(match found {
        world::Libraries::Measured(digests) => Libraries::Measured(all(digests, names)?),
        world::Libraries::Unmeasured => Libraries::Unmeasured,
    })
}

pub(super) fn variables(
    found: &BTreeMap<world::Name, world::EnvValue>,
    names: Names,
) -> BTreeMap<String, EnvironmentValue> {
    let value = |value: &world::EnvValue| match value {
        world::EnvValue::Value(text) => EnvironmentValue::Value(text.clone()),
        world::EnvValue::Commitment(text) => EnvironmentValue::Commitment(names.hash("commitment", text)),
    };
    found.iter().map(|(name, found)| (name.clone(), value(found))).collect()
}

fn operation(report: &world::Report, names: Names) -> Operation {
    // A code that a process cannot end with is none that an invocation lists.
    let byte = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    Operation {
        program: format!("/bin/{PROGRAM}"),
        arguments: report.arguments.clone(),
        directory: "/build".to_owned(),
        environment: variables(&report.environment, names),
        settings: report.settings.clone(),
        exit: match report.exit {
            world::Exit::Code(code) => Exit::Code(byte(code)),
            world::Exit::Signal(signal) => Exit::Signal(byte(signal)),
        },
        started_at: Timestamp::from_unix(report.ran.0),
        finished_at: Timestamp::from_unix(report.ran.1),
        platform: Platform { os: "linux".to_owned(), architecture: "x86_64".to_owned() },
    }
}
