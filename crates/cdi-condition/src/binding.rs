//! The parts of an operation that a condition reads, as CEL's values.

use std::collections::HashMap;
use std::sync::Arc;

use cdi_types::{EnvironmentValue, Exit, Operation};
use cel::Value;

use crate::Unmet;
use crate::tree::{Member, Reads};

/// Bytes that are bound: command lines of large links have tens of thousands.
const BYTES: usize = 64 << 10;
/// Elements of lists and maps that are bound.
pub(crate) const ELEMENTS: usize = 1_024;

/// How many elements the condition could loop over.
pub(crate) fn elements(reads: &Reads, operation: &Operation) -> usize {
    let of = |member: &Member| match member {
        Member::Arguments => operation.arguments.len(),
        Member::Settings => operation.settings.len(),
        Member::Program | Member::Directory | Member::Exit | Member::Platform => 1,
    };
    reads.members.iter().map(of).sum::<usize>().min(ELEMENTS)
}

/// How many bytes the condition could compare.
pub(crate) fn bytes(reads: &Reads, operation: &Operation) -> usize {
    bytes_read(reads, operation).min(BYTES)
}

/// The value of `operation`, with what is read and nothing else.
pub(crate) fn bind(reads: &Reads, operation: &Operation) -> Result<Value, Unmet> {
    let found = elements_read(reads, operation);
    if found > ELEMENTS {
        return Err(Unmet::TooLarge { found, limit: ELEMENTS });
    }
    let found = bytes_read(reads, operation);
    if found > BYTES {
        return Err(Unmet::TooLarge { found, limit: BYTES });
    }
    let mut bound: HashMap<String, Value> = HashMap::new();
    for member in &reads.members {
        if let Some(value) = value(*member, operation) {
            bound.insert(member.name().to_owned(), value);
        }
    }
    bound.insert("environment".to_owned(), environment(reads, operation)?);
    Ok(bound.into())
}

fn elements_read(reads: &Reads, operation: &Operation) -> usize {
    let arguments = if reads.members.contains(&Member::Arguments) { operation.arguments.len() } else { 0 };
    let settings = if reads.members.contains(&Member::Settings) { operation.settings.len() } else { 0 };
    arguments + settings
}

fn bytes_read(reads: &Reads, operation: &Operation) -> usize {
    let of = |member: &Member| -> usize {
        match member {
            Member::Program => operation.program.len(),
            Member::Arguments => operation.arguments.iter().map(String::len).sum(),
            Member::Directory => operation.directory.len(),
            Member::Settings => operation.settings.iter().map(|(name, value)| name.len() + value.len()).sum(),
            Member::Exit | Member::Platform => 0,
        }
    };
    let variables = reads.variables.iter().filter_map(|name| operation.environment.get(name));
    let variables = variables.map(|value| match value {
        EnvironmentValue::Value(text) => text.len(),
        EnvironmentValue::Commitment(_) => 0,
    });
    reads.members.iter().map(of).sum::<usize>() + variables.sum::<usize>()
}

/// The value of a member, if it has one: a run that was ended by a signal has no exit code.
fn value(member: Member, operation: &Operation) -> Option<Value> {
    let text = |text: &str| Value::from(text);
    Some(match member {
        Member::Program => text(&operation.program),
        Member::Arguments => {
            Value::List(Arc::new(operation.arguments.iter().map(|argument| text(argument)).collect()))
        }
        Member::Directory => text(&operation.directory),
        Member::Settings => {
            let settings = operation.settings.iter().map(|(name, value)| (name.clone(), text(value)));
            settings.collect::<HashMap<String, Value>>().into()
        }
        Member::Exit => match operation.exit {
            Exit::Code(code) => Value::Int(i64::from(code)),
            Exit::Signal(_) => return None,
        },
        Member::Platform => {
            let platform =
                [("os", &operation.platform.os), ("architecture", &operation.platform.architecture)];
            let platform =
                platform.into_iter().map(|(name, value)| (name.to_owned(), text(&value.to_string())));
            platform.collect::<HashMap<String, Value>>().into()
        }
    })
}

/// The variables that are read by name. One that is only committed to has no value, and is not absent either.
fn environment(reads: &Reads, operation: &Operation) -> Result<Value, Unmet> {
    let mut bound: HashMap<String, Value> = HashMap::new();
    for name in &reads.variables {
        match operation.environment.get(name) {
            None => {}
            Some(EnvironmentValue::Value(text)) => {
                bound.insert(name.clone(), Value::from(text.as_str()));
            }
            Some(EnvironmentValue::Commitment(_)) => {
                return Err(Unmet::Committed {
                    variable: name.chars().flat_map(char::escape_debug).collect(),
                });
            }
        }
    }
    Ok(bound.into())
}
