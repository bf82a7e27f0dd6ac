//! A row as what measures has written it: a line of JSON.

use std::path::Path;

use serde_json::Value;

/// One comparison, with what it comes to.
pub(super) struct Row {
    pub(super) part: String,
    pub(super) what: String,
    /// The figure that is aimed at.
    pub(super) target: Option<Target>,
    pub(super) median: Option<f64>,
    pub(super) least: Option<f64>,
    pub(super) unit: String,
    pub(super) clock: String,
    pub(super) sides: String,
    pub(super) holds: Option<bool>,
}

/// What is aimed at.
#[derive(Clone, Copy)]
pub(super) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Row {
    /// All rows of a file.
    pub(super) fn read(lines: &Path) -> Result<Vec<Self>, String> {
        let text = std::fs::read_to_string(lines).map_err(|error| format!("{}: {error}", lines.display()))?;
        text.lines().map(Self::of).collect()
    }

    /// Of one line.
    pub(super) fn of(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| format!("`{line}`: {error}"))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| value.get(name).and_then(Value::as_f64);
        let target = |name: &str| value.get("target").and_then(|target| target.get(name)?.as_f64());
        Ok(Self {
            part: text("part"),
            what: text("what"),
            target: target("atMost").map(Target::AtMost).or(target("atLeast").map(Target::AtLeast)),
            median: number("median"),
            least: number("least"),
            unit: text("unit"),
            clock: text("clock"),
            sides: text("sides"),
            holds: value.get("holds").and_then(Value::as_bool),
        })
    }

    /// What was found over what is aimed at, so that less is better and 1 just holds.
    pub(super) fn share(&self) -> Option<f64> {
        self.median.zip(self.target).map(|(found, target)| match target {
            Target::AtMost(most) => found / most,
            Target::AtLeast(least) => least / found,
        })
    }

    /// What is aimed at, as text.
    pub(super) fn aim(&self) -> String {
        match self.target {
            Some(Target::AtMost(most)) => format!("\u{2264} {}", self.figure(most)),
            Some(Target::AtLeast(least)) => format!("\u{2265} {}", self.figure(least)),
            None => String::new(),
        }
    }

    /// What was found, as text.
    pub(super) fn found(&self) -> String {
        self.median.map_or_else(|| "not measured".to_owned(), |found| self.measured(found))
    }

    /// A measured figure: with one digit more where a miss would look like what is aimed at.
    pub(super) fn measured(&self, of: f64) -> String {
        let aimed = self.target.map(|(Target::AtMost(figure) | Target::AtLeast(figure))| figure);
        let looks_alike =
            self.median.zip(aimed).is_some_and(|(found, aimed)| self.figure(found) == self.figure(aimed));
        self.in_digits(of, usize::from(looks_alike && self.holds == Some(false)))
    }

    /// A figure with its unit, in as many digits as it has sense.
    fn figure(&self, of: f64) -> String {
        self.in_digits(of, 0)
    }

    fn in_digits(&self, of: f64, more: usize) -> String {
        let digits = match of.abs() {
            size if size >= 10.0 && of.fract() == 0.0 => 0,
            size if size >= 10.0 => 1,
            size if size >= 0.1 => 2,
            _ => 3,
        };
        let (digits, blank) = (digits + more, if self.unit.is_empty() { "" } else { " " });
        format!("{of:.digits$}{blank}{}", self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_never_looks_like_what_is_aimed_at() {
        let row = |median: f64| {
            let (target, holds) = (r#"{"atMost": 1.01}"#, median <= 1.01);
            Row::of(&format!(r#"{{"target": {target}, "median": {median}, "holds": {holds}}}"#)).unwrap()
        };
        let found = [1.0106, 1.0099, 1.02].map(|median| row(median).found());
        assert_eq!(found, ["1.011", "1.01", "1.02"]);
    }
}
