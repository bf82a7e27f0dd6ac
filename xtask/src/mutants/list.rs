//! The mutants that cargo-mutants makes of a package.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::build::command;
use crate::repository::root;

/// What is replaced, by the names of cargo-mutants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

/// One mutant.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// It is switched on by this number; the first is 1.
    pub(crate) number: usize,
    pub(crate) package: String,
    pub(crate) file: String,
    /// What is done, without the place.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) replacement: String,
    /// What the function gives back has a type that its body alone says: no other value has it.
    pub(crate) opaque: bool,
    /// Line and column, counted from 1, of what is replaced; and of what follows.
    pub(crate) from: (usize, usize),
    pub(crate) to: (usize, usize),
}

impl Mutant {
    /// The mutant as it is shown, as cargo-mutants does.
    pub(crate) fn shown(&self) -> String {
        format!("{}:{}:{}: {}", self.file, self.from.0, self.from.1, self.name)
    }
}

/// All mutants of these packages, as `.cargo/mutants.toml` leaves them.
pub(crate) fn list(packages: &[&str]) -> Result<Vec<Mutant>, String> {
    let mut list = command(root(), &["mutants", "--list", "--json"]);
    list.args(packages.iter().flat_map(|package| ["--package", package]));
    let output = list.output().map_err(|error| format!("{list:?}: {error}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo-mutants is needed (`cargo install cargo-mutants`): {told}"));
    }
    let mut listed: Vec<Value> = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    // A module that is declared twice, shown or not, is listed twice.
    let mut known = BTreeSet::new();
    listed.retain(|value| known.insert(value.to_string()));
    let mutants = listed.iter().enumerate().map(|(n, value)| mutant(n + 1, value));
    mutants.collect::<Option<_>>().ok_or_else(|| "a mutant in a form that is not known here".to_owned())
}

fn mutant(number: usize, value: &Value) -> Option<Mutant> {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let place = |end: &str| {
        let at = value.get("span")?.get(end)?;
        let number = |name: &str| at.get(name)?.as_u64()?.try_into().ok();
        Some((number("line")?, number("column")?))
    };
    let kind = match value.get("genre")?.as_str()? {
        "FnValue" => Kind::FnValue,
        "BinaryOperator" => Kind::BinaryOperator,
        "UnaryOperator" => Kind::UnaryOperator,
        "MatchArm" => Kind::MatchArm,
        "MatchArmGuard" => Kind::MatchArmGuard,
        "StructField" => Kind::StructField,
        _ => return None,
    };
    let (package, file, shown) = (text("package")?, text("file")?, text("name")?);
    let name = shown.splitn(4, ':').nth(3)?.trim().to_owned();
    let replacement = text("replacement")?;
    let returned = name.split_once("-> ").map_or("", |(_, rest)| rest);
    let opaque = kind == Kind::FnValue && returned.contains("impl ");
    let (from, to) = (place("start")?, place("end")?);
    Some(Mutant { number, package, file, name, kind, replacement, opaque, from, to })
}
