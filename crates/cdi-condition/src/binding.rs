//! The parts of an operation that a condition reads, as CEL's values, when it reads them.

use std::collections::HashMap;
use std::sync::Arc;

use cdi_types::{EnvironmentValue, Exit, Operation};
use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelInt, CelList, CelMap, CelMapKey, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;

use crate::Unmet;
use crate::tree::{ENVIRONMENT, Member, Reads};

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

/// The variable of a condition, and its value.
pub(crate) struct Bound<'v> {
    pub(crate) variable: &'static str,
    pub(crate) value: &'v (dyn Val + 'v),
}

impl VariableResolver for Bound<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        (variable == self.variable).then_some(CowVal::Borrowed(self.value))
    }
}

/// An operation as CEL's value: what of it is read becomes one when it is read, and borrows its texts. To make values of all that
/// could be read took longer than to evaluate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'o> {
    reads: &'o Reads,
    operation: &'o Operation,
}

/// The value of `operation`, if all that is read of it is within bounds and told.
pub(crate) fn bind<'o>(reads: &'o Reads, operation: &'o Operation) -> Result<Run<'o>, Unmet> {
    let found = elements_read(reads, operation);
    if found > ELEMENTS {
        return Err(Unmet::TooLarge { found, limit: ELEMENTS });
    }
    let found = bytes_read(reads, operation);
    if found > BYTES {
        return Err(Unmet::TooLarge { found, limit: BYTES });
    }
    // One that is only committed to has no value, and is not absent either.
    let committed =
        |name: &&String| matches!(operation.environment.get(*name), Some(EnvironmentValue::Commitment(_)));
    match reads.variables.iter().find(committed) {
        Some(name) => Err(Unmet::Committed { variable: name.chars().flat_map(char::escape_debug).collect() }),
        None => Ok(Run { reads, operation }),
    }
}

impl Val for Run<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'w>(&'b self) -> Option<&'b (dyn Indexer + 'w)>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn into_indexer<'w>(self: Box<Self>) -> Option<Box<dyn Indexer + 'w>>
    where
        Self: 'w,
    {
        Some(self)
    }

    fn clone_as_boxed<'w>(&self) -> Box<dyn Val + 'w>
    where
        Self: 'w,
    {
        Box::new(*self)
    }
}

impl Indexer for Run<'_> {
    fn get<'b, 'w>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.read(key).map(CowVal::Owned)
    }

    fn steal<'w>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'w>, ExecutionError>
    where
        Self: 'w,
    {
        self.read(key)
    }
}

impl<'o> Run<'o> {
    /// A member that is read: there are no others, and a run that was ended by a signal has no exit code.
    fn read(&self, key: &dyn Val) -> Result<Box<dyn Val + 'o>, ExecutionError> {
        let name = key.downcast_ref::<CelString<'_>>().map_or("", |name| name.inner());
        let known = self.reads.members.iter().find(|member| member.name() == name);
        let found = match known {
            Some(member) => value(*member, self.operation),
            None if name == ENVIRONMENT => Some(self.environment()),
            None => None,
        };
        found.ok_or_else(|| ExecutionError::NoSuchKey(Arc::new(name.to_owned())))
    }

    /// The variables that are read by name.
    fn environment(&self) -> Box<dyn Val + 'o> {
        map(self.reads.variables.iter().filter_map(|name| match self.operation.environment.get(name) {
            Some(EnvironmentValue::Value(value)) => Some((name.as_str(), value.as_str())),
            Some(EnvironmentValue::Commitment(_)) | None => None,
        }))
    }
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

fn value(member: Member, operation: &Operation) -> Option<Box<dyn Val + '_>> {
    let platform = &operation.platform;
    Some(match member {
        Member::Program => text(&operation.program),
        Member::Arguments => {
            let arguments: Vec<_> = operation.arguments.iter().map(|argument| text(argument)).collect();
            Box::new(CelList::from(arguments))
        }
        Member::Directory => text(&operation.directory),
        Member::Settings => {
            map(operation.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        }
        Member::Exit => match operation.exit {
            Exit::Code(code) => Box::new(CelInt::from(i64::from(code))),
            Exit::Signal(_) => return None,
        },
        Member::Platform => {
            map([("os", platform.os.as_str()), ("architecture", platform.architecture.as_str())].into_iter())
        }
    })
}

fn text(text: &str) -> Box<dyn Val + '_> {
    Box::new(CelString::from(text))
}

fn map<'o>(members: impl Iterator<Item = (&'o str, &'o str)>) -> Box<dyn Val + 'o> {
    let members: HashMap<CelMapKey<'o>, Box<dyn Val + 'o>> =
        members.map(|(name, value)| (CelMapKey::from(name), text(value))).collect();
    Box::new(CelMap::from(members))
}
