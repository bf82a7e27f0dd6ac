//! The syntax tree of a condition: what it may have, and what it reads.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::operators;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue};

use crate::ConditionError;

/// The one variable of a condition about a run.
pub(crate) const OPERATION: &str = "operation";

/// The one variable of a condition about somebody else's evidence.
pub(crate) const PREDICATE: &str = "predicate";

/// What a condition is about: it has that one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum About {
    /// A run: its members are known, and read by their names.
    #[default]
    Operation,
    /// A foreign predicate, whose members may be anything.
    Predicate,
}

impl About {
    const fn variable(self) -> &'static str {
        match self {
            Self::Operation => OPERATION,
            Self::Predicate => PREDICATE,
        }
    }
}

/// Nodes of a syntax tree. Macros make a few of one token.
const NODES: usize = 2_048;

/// A member of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Member {
    Program,
    Arguments,
    Directory,
    Settings,
    Exit,
    Platform,
}

impl Member {
    pub(crate) const ALL: [Self; 6] =
        [Self::Program, Self::Arguments, Self::Directory, Self::Settings, Self::Exit, Self::Platform];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Arguments => "arguments",
            Self::Directory => "directory",
            Self::Settings => "settings",
            Self::Exit => "exit",
            Self::Platform => "platform",
        }
    }
}

pub(crate) const ENVIRONMENT: &str = "environment";

const CALLS: [&str; 20] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
    operators::NOT_STRICTLY_FALSE,
    "size",
    "startsWith",
    "endsWith",
    "contains",
];

/// What a condition reads.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) members: BTreeSet<Member>,
    /// Variables by their names: the environment as a whole cannot be read.
    pub(crate) variables: BTreeSet<String>,
    about: About,
    nodes: usize,
}

/// Names that a loop brings, the innermost last.
type Scope<'e> = Vec<&'e str>;

impl Reads {
    /// Holds a syntax tree to what a condition may have.
    pub(crate) fn of(tree: &IdedExpr, about: About) -> Result<Self, ConditionError> {
        let mut reads = Self { about, ..Self::default() };
        reads.visit(&tree.expr, &mut Vec::new())?;
        Ok(reads)
    }

    /// Whether nothing of the operation is read.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.variables.is_empty()
    }

    pub(crate) const fn nodes(&self) -> usize {
        self.nodes
    }

    fn visit<'e>(&mut self, expr: &'e Expr, scope: &mut Scope<'e>) -> Result<(), ConditionError> {
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(ConditionError::refused(format!("has more than {NODES} nodes")));
        }
        // Else what a loop costs would grow with the square of what is read.
        let variable = self.about.variable();
        let reads = matches!(expr, Expr::Ident(name) if name == variable);
        if !scope.is_empty() && (reads || self.of_operation(expr).is_some()) {
            return Err(ConditionError::refused(format!("reads `{variable}` inside a loop")));
        }
        if let Some(member) = self.of_operation(expr) {
            return self.member(member, expr);
        }
        match expr {
            Expr::Call(call) => self.call(call, scope),
            Expr::Select(select) => {
                match self.of_operation(&select.operand.expr).filter(|_| scope.is_empty()) {
                    Some(ENVIRONMENT) => self.variable(&select.field),
                    _ => self.visit(&select.operand.expr, scope),
                }
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, scope),
            Expr::List(list) if list.optional_indices.is_empty() => {
                list.elements.iter().try_for_each(|element| self.visit(&element.expr, scope))
            }
            Expr::Ident(name) if scope.contains(&name.as_str()) => Ok(()),
            Expr::Ident(_) if reads => match self.about {
                About::Predicate => Ok(()),
                About::Operation => Err(ConditionError::refused(format!(
                    "reads `{OPERATION}` as a whole, and not a member of it"
                ))),
            },
            Expr::Ident(name) => {
                let name = name.escape_debug();
                Err(ConditionError::refused(format!("reads `{name}`, which there is not")))
            }
            Expr::Literal(
                LiteralValue::Boolean(_)
                | LiteralValue::Int(_)
                | LiteralValue::UInt(_)
                | LiteralValue::String(_),
            ) => Ok(()),
            Expr::Literal(LiteralValue::Double(_) | LiteralValue::Null) if self.about == About::Predicate => {
                Ok(())
            }
            Expr::Literal(LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::Null)
            | Expr::List(_)
            | Expr::Map(_)
            | Expr::Struct(_)
            | Expr::Unspecified => {
                Err(ConditionError::refused("has a value that is no text, whole number, truth value or list"))
            }
        }
    }

    /// A member of the operation, read as a whole.
    fn member(&mut self, name: &str, expr: &Expr) -> Result<(), ConditionError> {
        if name == ENVIRONMENT {
            return Err(ConditionError::refused(
                "reads the environment as a whole, and not a variable by its name",
            ));
        }
        if matches!(expr, Expr::Select(select) if select.test) {
            return Err(ConditionError::refused(format!("asks whether there is `{OPERATION}.{name}`")));
        }
        match Member::ALL.into_iter().find(|member| member.name() == name) {
            Some(member) => {
                self.members.insert(member);
                Ok(())
            }
            None => {
                let name = name.escape_debug();
                Err(ConditionError::refused(format!("reads `{OPERATION}.{name}`, which there is not")))
            }
        }
    }

    fn variable(&mut self, name: &str) -> Result<(), ConditionError> {
        self.variables.insert(name.to_owned());
        Ok(())
    }

    fn call<'e>(&mut self, call: &'e CallExpr, scope: &mut Scope<'e>) -> Result<(), ConditionError> {
        if !CALLS.contains(&call.func_name.as_str()) {
            let name = call.func_name.escape_debug();
            return Err(ConditionError::refused(format!("calls `{name}`, which conditions have not")));
        }
        let arguments: Vec<&Expr> = call
            .target
            .iter()
            .map(|target| &target.expr)
            .chain(call.args.iter().map(|one| &one.expr))
            .collect();
        // `operation.environment["X"]` and `"X" in operation.environment`.
        let (map, key) = match (call.func_name.as_str(), arguments.as_slice()) {
            (operators::INDEX, [map, key]) | (operators::IN, [key, map]) => (Some(*map), Some(*key)),
            _ => (None, None),
        };
        if scope.is_empty()
            && let (Some(ENVIRONMENT), Some(Expr::Literal(LiteralValue::String(name)))) =
                (map.and_then(|map| self.of_operation(map)), key)
        {
            return self.variable(name.inner());
        }
        arguments.into_iter().try_for_each(|argument| self.visit(argument, scope))
    }

    /// A loop over a list; none inside another, so that no condition takes more than its length times a list's.
    fn comprehension<'e>(
        &mut self,
        comprehension: &'e ComprehensionExpr,
        scope: &mut Scope<'e>,
    ) -> Result<(), ConditionError> {
        if !scope.is_empty() {
            return Err(ConditionError::refused("has a loop inside a loop"));
        }
        self.visit(&comprehension.iter_range.expr, scope)?;
        let names = [Some(comprehension.iter_var.as_str()), comprehension.iter_var2.as_deref()];
        let variable = self.about.variable();
        if names.contains(&Some(variable)) {
            return Err(ConditionError::refused(format!("names the element of a loop `{variable}`")));
        }
        scope.extend(names.into_iter().flatten());
        scope.push(&comprehension.accu_var);
        let inside = [
            &comprehension.accu_init,
            &comprehension.loop_cond,
            &comprehension.loop_step,
            &comprehension.result,
        ];
        inside.into_iter().try_for_each(|part| self.visit(&part.expr, scope))?;
        scope.clear();
        Ok(())
    }

    /// `X` of `operation.X`, in a condition about a run.
    fn of_operation<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        match expr {
            Expr::Select(select) if self.about == About::Operation => match &select.operand.expr {
                Expr::Ident(name) if name == OPERATION => Some(&select.field),
                _ => None,
            },
            _ => None,
        }
    }
}
