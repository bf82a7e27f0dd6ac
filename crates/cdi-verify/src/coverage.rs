//! Whether a certified invocation covers a run, and which roles it gives (rule M-INVOCATION). Closed-world: an argument,
//! variable, setting or exit status that the invocation does not describe makes it not cover.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cdi_types::{
    EnvironmentRule, EnvironmentValue, Exit, Input, Invocation, RecordedPath, Report, Role, Runtime, Unnamed,
};

mod arguments;
mod manifests;
mod mismatch;
mod values;

pub(crate) use arguments::Files;
pub(crate) use manifests::{Excuse, Listed, Listings, Wanted};
pub use mismatch::Mismatch;

/// The roles that an invocation gives to the files of a run it covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roles<'a> {
    inputs: Named<'a>,
    outputs: Named<'a>,
    /// How the inputs are listed that arguments name by a manifest.
    named_by: BTreeSet<Rc<Listed>>,
    /// Of inputs that no argument names, by their places: what else than code they can be taken for.
    excuses: BTreeMap<usize, Excuse>,
}

/// Files that arguments name, in ascending order of their paths, each with its role.
type Named<'a> = Vec<(&'a RecordedPath, &'a Role)>;

fn role<'a>(named: &Named<'a>, path: &RecordedPath) -> Option<&'a Role> {
    let place = named.binary_search_by(|(known, _)| (*known).cmp(path)).ok()?;
    named.get(place).map(|(_, role)| *role)
}

impl<'a> Roles<'a> {
    /// Whether an input has this role. One that no argument names is code: what nobody accounts for must be assumed to matter.
    pub(crate) fn input_is(&self, path: &RecordedPath, role: &Role) -> bool {
        self.named_input(path).map_or_else(|| role.is_code(), |named| named == role)
    }

    /// A file that is read and written under one path has one role.
    fn agree(&self) -> Result<(), Mismatch> {
        let both = self.inputs.iter().filter_map(|(path, one)| Some((*path, *one, self.output(path)?)));
        match both.into_iter().find(|(_, one, other)| one != other) {
            Some((path, one, other)) => Err(two_roles(path, one, other)),
            None => Ok(()),
        }
    }

    /// The role of an input that an argument names.
    pub(crate) fn named_input(&self, path: &RecordedPath) -> Option<&'a Role> {
        role(&self.inputs, path)
    }

    /// Whether an argument names the path, as an input or as an output.
    fn names(&self, path: &RecordedPath) -> bool {
        self.named_input(path).is_some() || self.output(path).is_some()
    }

    /// The manifests by which arguments name inputs: without them the invocation would not cover the run.
    pub(crate) const fn named_by(&self) -> &BTreeSet<Rc<Listed>> {
        &self.named_by
    }

    /// What else than code the input at this place can be taken for.
    pub(crate) fn excuse(&self, place: usize) -> Option<&Excuse> {
        self.excuses.get(&place)
    }

    /// Whether an input is code.
    pub(crate) fn input_is_code(&self, path: &RecordedPath) -> bool {
        self.named_input(path).is_none_or(Role::is_code)
    }

    /// The role of an output; one that no argument names has none, and no claim is about it.
    pub(crate) fn output(&self, path: &RecordedPath) -> Option<&'a Role> {
        role(&self.outputs, path)
    }
}

fn two_roles(path: &RecordedPath, one: &Role, other: &Role) -> Mismatch {
    Mismatch::TwoRoles { path: path.clone(), one: one.clone(), other: other.clone() }
}

/// The roles that `invocation` gives to the files of the run.
///
/// # Errors
/// [`Mismatch`] names the first thing that the invocation does not describe.
pub(crate) fn cover<'a>(
    invocation: &'a Invocation,
    report: &'a Report,
    files: &Files<'_, 'a>,
) -> Result<Roles<'a>, Mismatch> {
    let operation = &report.operation;
    program(invocation, &operation.program)?;
    exit_status(invocation, operation.exit)?;
    let roles = arguments::roles(invocation, &operation.arguments, files)?;
    environment(invocation, &operation.environment)?;
    settings(invocation, &operation.settings)?;
    let excuses = manifests::excuses(invocation, report, &roles, files);
    let roles = Roles { excuses, ..roles };
    listed(invocation, report, &roles).map(|()| roles)
}

/// Where all that was read has to be known, no input is code for want of somebody's word.
fn listed(invocation: &Invocation, report: &Report, roles: &Roles<'_>) -> Result<(), Mismatch> {
    match invocation.unnamed {
        Unnamed::Code => Ok(()),
        Unnamed::Listed => {
            let known = |(place, input): &(usize, &Input)| {
                roles.named_input(&input.path).is_some() || roles.excuse(*place).is_some()
            };
            match report.inputs.iter().enumerate().find(|input| !known(input)) {
                None => Ok(()),
                Some((_, input)) => Err(Mismatch::UnlistedRead { path: input.path.clone() }),
            }
        }
    }
}

/// Holds `invocation` against a runtime as it is set up. It has not ended, and has no files: an argument that is to be the
/// path of one is not there.
///
/// # Errors
/// As [`cover`].
pub(crate) fn cover_runtime(invocation: &Invocation, runtime: &Runtime) -> Result<(), Mismatch> {
    program(invocation, &runtime.program)?;
    arguments::roles(invocation, &runtime.arguments, &Files::default())?;
    environment(invocation, &runtime.environment)?;
    settings(invocation, &runtime.settings)
}

fn program(invocation: &Invocation, found: &str) -> Result<(), Mismatch> {
    let name = found.rsplit('/').next().unwrap_or_default();
    let described = invocation.program.iter().any(|program| program == name);
    if described { Ok(()) } else { Err(Mismatch::Program { found: escaped(found) }) }
}

fn exit_status(invocation: &Invocation, exit: Exit) -> Result<(), Mismatch> {
    match exit {
        Exit::Code(code) if invocation.exit_status.contains(&code) => Ok(()),
        Exit::Code(code) => Err(Mismatch::ExitStatus { found: format!("status {code}") }),
        Exit::Signal(signal) => Err(Mismatch::ExitStatus { found: format!("signal {signal}") }),
    }
}

fn environment(invocation: &Invocation, found: &BTreeMap<String, EnvironmentValue>) -> Result<(), Mismatch> {
    for (name, value) in found {
        match (invocation.variable(name), value) {
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

fn settings(invocation: &Invocation, recorded: &BTreeMap<String, String>) -> Result<(), Mismatch> {
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

fn any_of<'t>(texts: impl IntoIterator<Item = &'t String>) -> String {
    let mut texts = texts.into_iter();
    let mut named: Vec<String> =
        texts.by_ref().take(NAMED).map(|text| format!("`{}`", escaped(text))).collect();
    if let more @ 1.. = texts.count() {
        named.push(format!("one of {more} more"));
    }
    named.join(" or ")
}

/// Text of a report on its way to a terminal or a log.
fn escaped(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}
