//! Whether a certified invocation covers a run, and which roles it gives (rule M-INVOCATION). Closed-world: an argument,
//! variable, setting or exit status that the invocation does not describe makes it not cover.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{
    ArgumentRule, EnvironmentRule, EnvironmentValue, Exit, Invocation, RecordedPath, Report, ReportKind,
    Role, Subject,
};

/// The first thing about a run that an invocation does not describe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Argument zero ends in another name.
    #[error("the program was called as `{found}`")]
    Program {
        /// Argument zero.
        found: String,
    },
    /// More or fewer arguments.
    #[error("{found} arguments, expected {expected}")]
    ArgumentCount {
        /// How many the invocation describes.
        expected: usize,
        /// How many the run had.
        found: usize,
    },
    /// An argument of another text.
    #[error("argument {position} is `{found}`, expected {expected}")]
    Argument {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// What the invocation describes.
        expected: String,
    },
    /// A path argument that names no recorded input or output.
    #[error("argument {position}, `{found}`, names no recorded {direction}")]
    UnrecordedPath {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// `input` or `output`.
        direction: &'static str,
    },
    /// A path argument that a tool could take for an option, a response file, a setting or an address.
    #[error(
        "argument {position}, `{found}`, could be read as something other than the {direction}'s path; `./` before it makes it one"
    )]
    NotPlainlyAPath {
        /// Its position, from 1.
        position: usize,
        /// The argument.
        found: String,
        /// `input` or `output`.
        direction: &'static str,
    },
    /// One file gets two roles.
    #[error("`{path}` has both the role `{one}` and the role `{other}`")]
    TwoRoles {
        /// The file.
        path: RecordedPath,
        /// A role.
        one: Role,
        /// Another role.
        other: Role,
    },
    /// A variable that the invocation does not describe.
    #[error("the environment variable `{name}` is not described")]
    UndescribedVariable {
        /// Its name.
        name: String,
    },
    /// A variable of another value, or one that is recorded as a commitment only.
    #[error("the environment variable `{name}` has a value that is not listed")]
    VariableValue {
        /// Its name.
        name: String,
    },
    /// A setting that the invocation does not describe.
    #[error("the setting `{name}` is not described")]
    UndescribedSetting {
        /// Its name.
        name: String,
    },
    /// A setting that the run did not record.
    #[error("the setting `{name}` is not recorded")]
    MissingSetting {
        /// Its name.
        name: String,
    },
    /// A setting of another value.
    #[error("the setting `{name}` is `{found}`, expected {expected}")]
    SettingValue {
        /// Its name.
        name: String,
        /// Its value.
        found: String,
        /// What the invocation describes.
        expected: String,
    },
    /// A run that ended in another way.
    #[error("the run ended with {found}")]
    ExitStatus {
        /// How.
        found: String,
    },
}

impl Mismatch {
    /// The stable code of this mismatch.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Program { .. } => "invocation-program",
            Self::ArgumentCount { .. } | Self::Argument { .. } => "invocation-arguments",
            Self::UnrecordedPath { .. } | Self::NotPlainlyAPath { .. } => "invocation-path",
            Self::TwoRoles { .. } => "invocation-roles",
            Self::UndescribedVariable { .. } | Self::VariableValue { .. } => "invocation-environment",
            Self::UndescribedSetting { .. } | Self::MissingSetting { .. } | Self::SettingValue { .. } => {
                "invocation-settings"
            }
            Self::ExitStatus { .. } => "invocation-exit-status",
        }
    }
}

impl Mismatch {
    /// How far the comparison came before this: of several invocations the one that came furthest was meant.
    pub(crate) const fn progress(&self) -> usize {
        match self {
            Self::Program { .. } => 0,
            Self::ExitStatus { .. } => 1,
            Self::Argument { position, .. }
            | Self::UnrecordedPath { position, .. }
            | Self::NotPlainlyAPath { position, .. } => 2_usize.saturating_add(*position),
            Self::ArgumentCount { .. } | Self::TwoRoles { .. } => usize::MAX - 2,
            Self::UndescribedVariable { .. } | Self::VariableValue { .. } => usize::MAX - 1,
            Self::UndescribedSetting { .. } | Self::MissingSetting { .. } | Self::SettingValue { .. } => {
                usize::MAX
            }
        }
    }
}

/// The roles that an invocation gives to the files of a run it covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roles {
    inputs: BTreeMap<RecordedPath, Role>,
    outputs: BTreeMap<RecordedPath, Role>,
}

impl Roles {
    /// The role of an input. One that no argument names is code: what nobody accounts for must be assumed to matter.
    pub(crate) fn input(&self, path: &RecordedPath) -> Role {
        self.inputs.get(path).cloned().unwrap_or_else(Role::code)
    }

    /// A file that is read and written under one path has one role.
    fn agree(&self) -> Result<(), Mismatch> {
        let both = self.inputs.iter().filter_map(|(path, one)| Some((path, one, self.outputs.get(path)?)));
        match both.into_iter().find(|(_, one, other)| one != other) {
            Some((path, one, other)) => {
                Err(Mismatch::TwoRoles { path: path.clone(), one: one.clone(), other: other.clone() })
            }
            None => Ok(()),
        }
    }

    /// Whether an input is code.
    pub(crate) fn input_is_code(&self, path: &RecordedPath) -> bool {
        self.inputs.get(path).is_none_or(Role::is_code)
    }

    /// The role of an output; one that no argument names has none, and no claim is about it.
    pub(crate) fn output(&self, path: &RecordedPath) -> Option<&Role> {
        self.outputs.get(path)
    }
}

/// The roles that `invocation` gives to the files of the run.
///
/// # Errors
/// [`Mismatch`] names the first thing that the invocation does not describe.
pub(crate) fn cover(
    invocation: &Invocation,
    report: &Report,
    subject: &[Subject],
) -> Result<Roles, Mismatch> {
    program(invocation, report)?;
    exit_status(invocation, report)?;
    let roles = arguments(invocation, report, subject)?;
    environment(invocation, report)?;
    settings(invocation, report)?;
    Ok(roles)
}

fn program(invocation: &Invocation, report: &Report) -> Result<(), Mismatch> {
    let found = &report.operation.program;
    let name = found.rsplit('/').next().unwrap_or_default();
    let described = invocation.program.iter().any(|program| program == name);
    if described { Ok(()) } else { Err(Mismatch::Program { found: escaped(found) }) }
}

fn exit_status(invocation: &Invocation, report: &Report) -> Result<(), Mismatch> {
    match report.operation.exit {
        Exit::Code(code) if invocation.exit_status.contains(&code) => Ok(()),
        Exit::Code(code) => Err(Mismatch::ExitStatus { found: format!("status {code}") }),
        Exit::Signal(signal) => Err(Mismatch::ExitStatus { found: format!("signal {signal}") }),
    }
}

fn arguments(invocation: &Invocation, report: &Report, subject: &[Subject]) -> Result<Roles, Mismatch> {
    let (rules, found) = (&invocation.arguments, &report.operation.arguments);
    let inputs: BTreeSet<&RecordedPath> = report.inputs.iter().map(|input| &input.path).collect();
    // The subjects of an inspection are what it read: it has no outputs.
    let made = if report.kind == ReportKind::Transform { subject } else { &[] };
    let outputs: BTreeSet<&RecordedPath> = made.iter().filter_map(|output| output.path.as_ref()).collect();
    let mut roles = Roles::default();
    for (index, (rule, argument)) in rules.iter().zip(found).enumerate() {
        let position = index + 1;
        match rule {
            ArgumentRule::Is(text) => listed(position, argument, std::slice::from_ref(text))?,
            ArgumentRule::OneOf(texts) => listed(position, argument, texts)?,
            ArgumentRule::Input(role) => give(&mut roles.inputs, &inputs, position, argument, role, "input")?,
            ArgumentRule::Output(role) => {
                give(&mut roles.outputs, &outputs, position, argument, role, "output")?
            }
        }
    }
    // Counted last: a differing argument says more than a differing number.
    if rules.len() != found.len() {
        return Err(Mismatch::ArgumentCount { expected: rules.len(), found: found.len() });
    }
    roles.agree().map(|()| roles)
}

fn listed(position: usize, argument: &str, texts: &[String]) -> Result<(), Mismatch> {
    if texts.iter().any(|text| text == argument) {
        return Ok(());
    }
    Err(Mismatch::Argument { position, found: escaped(argument), expected: any_of(texts) })
}

fn give(
    roles: &mut BTreeMap<RecordedPath, Role>,
    recorded: &BTreeSet<&RecordedPath>,
    position: usize,
    argument: &str,
    role: &Role,
    direction: &'static str,
) -> Result<(), Mismatch> {
    if !is_plainly_a_path(argument) {
        return Err(Mismatch::NotPlainlyAPath { position, found: escaped(argument), direction });
    }
    // Recorded paths are distinct (rule F-REPORT), so that there is no other of this name.
    let Some(path) = RecordedPath::normalise(argument).ok().filter(|path| recorded.contains(path)) else {
        return Err(Mismatch::UnrecordedPath { position, found: escaped(argument), direction });
    };
    match roles.insert(path.clone(), role.clone()) {
        Some(one) if one != *role => Err(Mismatch::TwoRoles { path, one, other: role.clone() }),
        _ => Ok(()),
    }
}

/// Whether a tool can read an argument as nothing but a path. A file may be called `@flags`, `-x` or `a=b`; where a tool
/// would take that for a response file, an option or a setting, whoever names the files would choose more than the files.
/// `./@flags` is the same file, and nothing else.
fn is_plainly_a_path(argument: &str) -> bool {
    let first = argument.split('/').next().unwrap_or_default();
    match first {
        "" | "." | ".." => !argument.is_empty(),
        name => {
            let begins = name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
            begins && !name.contains([':', '='])
        }
    }
}

fn environment(invocation: &Invocation, report: &Report) -> Result<(), Mismatch> {
    for (name, value) in &report.operation.environment {
        match (invocation.environment.get(name), value) {
            (None, _) => return Err(Mismatch::UndescribedVariable { name: escaped(name) }),
            (Some(EnvironmentRule::Any), _) => {}
            (Some(EnvironmentRule::OneOf(values)), EnvironmentValue::Value(value))
                if values.contains(value) => {}
            (Some(EnvironmentRule::OneOf(_)), _) => {
                return Err(Mismatch::VariableValue { name: escaped(name) });
            }
        }
    }
    Ok(())
}

fn settings(invocation: &Invocation, report: &Report) -> Result<(), Mismatch> {
    let recorded = &report.operation.settings;
    for (name, found) in recorded {
        match invocation.settings.get(name) {
            None => return Err(Mismatch::UndescribedSetting { name: escaped(name) }),
            Some(values) if values.contains(found) => {}
            Some(values) => {
                let (name, found) = (escaped(name), escaped(found));
                return Err(Mismatch::SettingValue { name, found, expected: any_of(values) });
            }
        }
    }
    match invocation.settings.keys().find(|name| !recorded.contains_key(*name)) {
        None => Ok(()),
        Some(name) => Err(Mismatch::MissingSetting { name: escaped(name) }),
    }
}

/// How many of the texts that would do are named: a list can be as long as a line of a bundle.
const NAMED: usize = 8;

fn any_of(texts: &[String]) -> String {
    let mut named: Vec<String> =
        texts.iter().take(NAMED).map(|text| format!("`{}`", escaped(text))).collect();
    if let Some(more @ 1..) = texts.len().checked_sub(NAMED) {
        named.push(format!("one of {more} more"));
    }
    named.join(" or ")
}

/// Text of a report on its way to a terminal or a log.
fn escaped(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}
