//! Tools, what they are certified for, and reports that follow their invocations.
//!
//! A transform runs as `MODE PATH [PATH] PATH`, an inspection as `--deep PATH`. The mode of the invocation
//! `safe` is `--checks=1`, that of `fast` is `--checks=0`.

use super::base::window;
use super::{percent, pick};
use crate::model::world::{
    Arg, Capture, Certification, Claim, Custody, Direction, EnvRule, EnvValue, Exit, Invocation, Libraries,
    Line, Linkage, Name, Opt, Repeats, Report, ReportKind, Spelling, Under,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

fn path(direction: Direction, role: &str) -> Arg {
    Arg::Path { direction, role: role.to_owned() }
}

fn invocation(arguments: Vec<Arg>) -> Invocation {
    let values = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
    Invocation {
        arguments,
        line: None,
        environment: BTreeMap::from([
            ("PATH".to_owned(), EnvRule::OneOf(values(&["/bin", "/usr/bin:/bin"]))),
            ("TMPDIR".to_owned(), EnvRule::Any),
        ]),
        settings: BTreeMap::from([("target".to_owned(), values(&["x86_64", "aarch64"]))]),
        exit_status: BTreeSet::from([0, 3]),
        generates: false,
        manifests: Vec::new(),
        all_listed: false,
        outputs: Vec::new(),
    }
}

/// The invocations of a tool.
pub(super) fn invocations(tool: &str, library: bool, rng: &mut Rng) -> BTreeMap<Name, Invocation> {
    if tool == "inspector" {
        let deep = Arg::Literal("--deep".to_owned());
        return BTreeMap::from([(
            "inspect".to_owned(),
            invocation(vec![deep, path(Direction::Input, "code")]),
        )]);
    }
    let also = if percent(rng, 50) { &["--checks=yes"][..] } else { &[] };
    let mut transform = |mode: &str, others: &[&str]| {
        let modes = [mode].iter().chain(others).map(|&text| text.to_owned()).collect();
        let mut arguments = vec![Arg::OneOf(modes), path(Direction::Input, "code")];
        if library {
            arguments.push(path(Direction::Input, "library"));
        }
        arguments.push(path(Direction::Output, "code"));
        let mut invocation = invocation(arguments);
        if percent(rng, 35) {
            as_a_line(&mut invocation, rng);
        }
        invocation
    };
    BTreeMap::from([
        ("safe".to_owned(), transform("--checks=1", also)),
        ("fast".to_owned(), transform("--checks=0", &[])),
    ])
}

/// The same arguments, as an option and positional ones.
fn as_a_line(invocation: &mut Invocation, rng: &mut Rng) {
    let mut arguments = std::mem::take(&mut invocation.arguments).into_iter();
    let Some(Arg::OneOf(modes)) = arguments.next() else { return };
    let values = modes.iter().filter_map(|mode| mode.strip_prefix("--checks=")).map(str::to_owned).collect();
    let checks = Opt {
        value: Some(Arg::OneOf(values)),
        spelling: pick(rng, &[vec![Spelling::Joined], vec![Spelling::Joined, Spelling::Separate]]),
        required: rng.bool(),
        repeats: pick(rng, &[Repeats::Refuse, Repeats::Same, Repeats::Any]),
    };
    invocation.line = Some(Line {
        options: BTreeMap::from([("--checks".to_owned(), checks)]),
        positional: arguments.collect(),
        rest: None,
        options_after_positional: rng.bool(),
    });
}

/// A certification of the tool by the issuer.
pub(super) fn certification(
    tool: &str,
    issuer: &str,
    claims: Vec<Claim>,
    library: bool,
    rng: &mut Rng,
) -> Certification {
    let (not_before, not_after) = window(rng);
    Certification {
        id: format!("c-{tool}-{issuer}"),
        issuer: issuer.to_owned(),
        not_before,
        not_after,
        entry: format!("{tool}-exe"),
        closure: BTreeSet::from([format!("{tool}-helper"), format!("{tool}-lib")]),
        linkage: pick(rng, &[Linkage::Static, Linkage::Dynamic]),
        report_key: format!("{tool}-key"),
        custody: pick(rng, &[Custody::IsolatedProcess, Custody::Hardware, Custody::AttestedCode]),
        recorder: "recorder".to_owned(),
        claims,
        invocations: invocations(tool, library, rng),
        catalogue: Under::Policies,
        renews: None,
    }
}

fn run(tool: &str, arguments: &[&str], rng: &mut Rng) -> Report {
    let mut executables = vec![format!("{tool}-exe")];
    if percent(rng, 30) {
        executables.push(format!("{tool}-helper"));
    }
    let mut environment = BTreeMap::new();
    if percent(rng, 70) {
        environment.insert("PATH".to_owned(), EnvValue::Value("/bin".to_owned()));
    }
    if percent(rng, 50) {
        let value = "/tmp".to_owned();
        let any = pick(rng, &[EnvValue::Value(value.clone()), EnvValue::Commitment(value)]);
        environment.insert("TMPDIR".to_owned(), any);
    }
    Report {
        id: String::new(),
        key: format!("{tool}-key"),
        kind: ReportKind::Transform,
        executables,
        libraries: Libraries::Measured(vec![format!("{tool}-lib")]),
        recorder: "recorder".to_owned(),
        capture: pick(rng, &[Capture::SelfRecorded, Capture::Traced, Capture::Confined]),
        arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
        environment,
        settings: BTreeMap::from([("target".to_owned(), pick(rng, &["x86_64", "aarch64"]).to_owned())]),
        exit: Exit::Code(pick(rng, &[0, 0, 0, 3])),
        ran: (1, 2),
        inputs: Vec::new(),
        outputs: Vec::new(),
        findings: Vec::new(),
        certifications: BTreeSet::new(),
        links: BTreeMap::new(),
        countersigners: BTreeSet::new(),
    }
}

/// A report of a run by one of the tool's invocations, from the first artifact to the second.
pub(super) fn transform_report(
    tool: &str,
    invocation: &str,
    (input, output): (&String, &String),
    library: bool,
    rng: &mut Rng,
) -> Report {
    let mode = if invocation == "safe" { "--checks=1" } else { "--checks=0" };
    let arguments: &[&str] =
        if library { &[mode, "in.c", "lib.a", "out.o"] } else { &[mode, "in.c", "out.o"] };
    let mut report = run(tool, arguments, rng);
    report.id = format!("r-{output}");
    report.inputs.push(("in.c".to_owned(), input.clone()));
    report.links.insert("in.c".to_owned(), BTreeSet::from([format!("r-{input}")]));
    if library {
        report.inputs.push(("lib.a".to_owned(), "library".to_owned()));
    }
    report.outputs.push(("out.o".to_owned(), output.clone()));
    if percent(rng, 40) {
        report.outputs.push(("out.log".to_owned(), format!("log-{output}")));
    }
    report
}

/// A report of the inspector that finds the property in the artifact.
pub(super) fn inspection_report(artifact: &str, property: &str, rng: &mut Rng) -> Report {
    let mut report = run("inspector", &["--deep", "in.c"], rng);
    report.id = format!("r-{artifact}-{property}");
    report.kind = ReportKind::Inspection;
    report.inputs.push(("in.c".to_owned(), artifact.to_owned()));
    report.findings.push((artifact.to_owned(), property.to_owned()));
    report
}
