//! The arguments of a run held against an invocation, and the roles that they give.
//!
//! An invocation that can be misread is refused when it is read (rule F-INVOCATION): here each argument is one option or none.

use std::collections::BTreeSet;
use std::rc::Rc;

use cdi_types::{
    AfterPositional, ArgumentRule, Arguments, ArtifactDigest, Assigned, CommandLine, CommandOption,
    FileDigest, Invocation, NamedFile, RecordedPath, Report, ReportKind, Role, Subject, Written,
    is_plainly_a_path,
};

use super::values::Values;
use super::{Listings, Mismatch, Named, Roles, any_of, escaped, two_roles};

/// The roles that the arguments give, and the values of options for outputs that none of them names whole (rule M-FILES).
///
/// # Errors
/// The first argument that is not described, or what is missing after the last.
pub(super) fn roles<'a>(
    described: &'a Invocation,
    found: &'a [String],
    files: &Files<'_, 'a>,
) -> Result<Roles<'a>, Mismatch> {
    let mut reading = Reading { found, files, values: Values::default(), roles: Roles::default() };
    match &described.arguments {
        Arguments::Sequence(rules) => reading.sequence(rules)?,
        Arguments::CommandLine(line) => reading.command_line(line)?,
    }
    reading.unnamed(described)?;
    reading.roles.agree().map(|()| reading.roles)
}

/// An argument, or the part of it that is an option's value, with its position from 1.
type Text<'r> = (usize, &'r str);

/// The files of a run, to be looked up by every invocation that the run is held against, and what is known of files.
#[derive(Default)]
pub(crate) struct Files<'f, 'a> {
    listings: Option<&'f Listings>,
    exempt: Option<&'f BTreeSet<Role>>,
    inputs: Recorded<'a>,
    outputs: Recorded<'a>,
}

/// Recorded paths in ascending order, which are distinct (rule F-REPORT).
#[derive(Default)]
struct Recorded<'a>(Vec<(&'a RecordedPath, ArtifactDigest)>);

impl<'a> Recorded<'a> {
    fn of(files: impl Iterator<Item = (&'a RecordedPath, ArtifactDigest)>) -> Self {
        let mut files: Vec<_> = files.collect();
        files.sort_unstable_by_key(|(path, _)| *path);
        Self(files)
    }

    /// The file that a text names, if it is plainly a path.
    fn file(&self, text: &str) -> Option<(&'a RecordedPath, ArtifactDigest)> {
        // Most are written as they are recorded.
        self.named(text).or_else(|| self.named(RecordedPath::normalise(text).ok()?.as_str()))
    }

    fn named(&self, path: &str) -> Option<(&'a RecordedPath, ArtifactDigest)> {
        let place = self.0.binary_search_by(|(known, _)| known.as_str().cmp(path)).ok()?;
        self.0.get(place).copied()
    }
}

impl<'f, 'a> Files<'f, 'a> {
    /// Of invocations that name no manifest more need not be known.
    pub(crate) fn of(report: &'a Report, subject: &'a [Subject]) -> Self {
        let inputs = report.inputs.iter().map(|input| (&input.path, input.digest));
        // The subjects of an inspection are what it read: it has no outputs.
        let made = if report.kind == ReportKind::Transform { subject } else { &[] };
        let outputs = made.iter().filter_map(|output| Some((output.path.as_ref()?, output.digest)));
        Self { listings: None, exempt: None, inputs: Recorded::of(inputs), outputs: Recorded::of(outputs) }
    }

    /// The same, with what manifests list. `exempt` are the roles that need no history, as the policy says.
    pub(crate) fn with(self, listings: &'f Listings, exempt: &'f BTreeSet<Role>) -> Self {
        Self { listings: Some(listings), exempt: Some(exempt), ..self }
    }

    pub(super) const fn listings(&self) -> Option<&'f Listings> {
        self.listings
    }

    pub(super) fn is_exempt(&self, role: &Role) -> bool {
        self.exempt.is_some_and(|exempt| exempt.contains(role))
    }
}

/// What a path is recorded as: a tool that is given a folder does something else than with a file.
const INPUT: &str = "input";
const OUTPUT: &str = "output";
const INPUT_TREE: &str = "input tree";
const OUTPUT_TREE: &str = "output tree";

struct Reading<'f, 'r> {
    found: &'r [String],
    files: &'f Files<'f, 'r>,
    values: Values<'r>,
    roles: Roles<'r>,
}

impl<'r> Reading<'_, 'r> {
    fn sequence(&mut self, rules: &'r [ArgumentRule]) -> Result<(), Mismatch> {
        let found = self.found;
        self.each(rules)?;
        // Counted last: a differing argument says more than a differing number.
        if rules.len() == found.len() { Ok(()) } else { Err(self.count(rules.len())) }
    }

    /// The first arguments, as many as there are of both.
    fn each(&mut self, rules: &'r [ArgumentRule]) -> Result<(), Mismatch> {
        let found = self.found;
        let mut pairs = rules.iter().zip(found).enumerate();
        pairs.try_for_each(|(index, (rule, argument))| self.hold(rule, (index + 1, argument)))
    }

    fn count(&self, expected: usize) -> Mismatch {
        Mismatch::ArgumentCount { expected, found: self.found.len() }
    }

    fn command_line(&mut self, line: &'r CommandLine) -> Result<(), Mismatch> {
        self.each(&line.first)?;
        let mut positional = 0;
        let mut rest = self.found.iter().enumerate().skip(line.first.len());
        while let Some((index, argument)) = rest.next() {
            let position = index + 1;
            let Some((name, option, written)) = line.option(argument) else {
                self.positional(line, positional, (position, argument))?;
                positional += 1;
                continue;
            };
            if positional > 0 && line.options_after_positional == AfterPositional::Refuse {
                return Err(Mismatch::OptionAfterPositional { position, option: escaped(name) });
            }
            let value = match written {
                Written::Nothing => None,
                Written::Value(text) => Some((position, text)),
                Written::Adjoined(text) => {
                    plainly_adjoined(name, option, (position, text))?;
                    Some((position, text))
                }
                Written::Next => match rest.next() {
                    Some((next, text)) => Some((next + 1, text.as_str())),
                    None => return Err(Mismatch::MissingValue { position, option: escaped(name) }),
                },
            };
            if let (Some(rule), Some(value)) = (&option.value, value) {
                self.value(name, rule, value)?;
            }
            let text = value.map(|(_, text)| text);
            if !self.values.take((name, None), text, option.repeats) {
                return Err(Mismatch::RepeatedOption { position, option: escaped(name) });
            }
        }
        if let Some(option) = self.values.missing(line) {
            return Err(Mismatch::MissingOption { option: escaped(&option) });
        }
        let missing = line.positional.len().saturating_sub(positional)
            + line.first.len().saturating_sub(self.found.len());
        if missing > 0 {
            return Err(self.count(self.found.len() + missing));
        }
        self.values.differing().map_or(Ok(()), Err)
    }

    /// The value of an option: as its rule says, or what it sets as the rule for that says.
    fn value(&mut self, name: &'r str, rule: &'r ArgumentRule, value: Text<'r>) -> Result<(), Mismatch> {
        let (position, text) = value;
        let written = self.found.get(position.saturating_sub(1)).map_or("", String::as_str);
        match rule {
            ArgumentRule::Equals(parts) => {
                self.values.must_equal(position, text, parts);
                Ok(())
            }
            ArgumentRule::Assigns(_) => {
                let (set, after) = match text.split_once('=') {
                    Some((set, after)) => (set, Some(after)),
                    None => (text, None),
                };
                let Some(Assigned { value: described, repeats, .. }) = rule.assigned(set) else {
                    return Err(undescribed(rule, value));
                };
                match (described, after) {
                    (None, None) => {}
                    (Some(inner), Some(after)) => {
                        let inner_value = (position, after);
                        let told = |mismatch| whole(mismatch, inner, inner_value, written);
                        self.hold(inner, inner_value).map_err(told)?;
                    }
                    (Some(_), None) | (None, Some(_)) => return Err(undescribed(rule, value)),
                }
                if self.values.take((name, Some(set)), after, *repeats) {
                    Ok(())
                } else {
                    let option = escaped(&format!("{name} {set}"));
                    Err(Mismatch::RepeatedOption { position, option })
                }
            }
            _ => self.hold(rule, value).map_err(|mismatch| whole(mismatch, rule, value, written)),
        }
    }

    /// The roles of outputs that no argument names whole.
    fn unnamed(&mut self, described: &'r Invocation) -> Result<(), Mismatch> {
        for output in &described.outputs {
            let made = self.values.made(&output.path).filter(|text| is_plainly_a_path(text));
            let file = made.and_then(|text| self.files.outputs.file(&text));
            if let Some((path, _)) = file.filter(|(_, digest)| !digest.is_tree()) {
                give(&mut self.roles.outputs, path, &output.role)?;
            }
        }
        Ok(())
    }

    fn positional(
        &mut self,
        line: &'r CommandLine,
        nth: usize,
        (position, argument): Text<'_>,
    ) -> Result<(), Mismatch> {
        match line.positional.get(nth).or(line.rest.as_ref()) {
            Some(rule) if !is_an_option(argument) => self.hold(rule, (position, argument)),
            None if !is_an_option(argument) => Err(self.count(self.found.len().saturating_sub(1))),
            Some(_) | None => Err(Mismatch::UndescribedOption { position, found: escaped(argument) }),
        }
    }

    fn hold(&mut self, rule: &'r ArgumentRule, (position, text): Text<'_>) -> Result<(), Mismatch> {
        match rule {
            ArgumentRule::Is(one) if one == text => Ok(()),
            ArgumentRule::OneOf(texts) if texts.contains(text) => Ok(()),
            ArgumentRule::Is(one) => Err(other_text([one], (position, text))),
            ArgumentRule::OneOf(texts) => Err(other_text(texts, (position, text))),
            ArgumentRule::Any(kind) if kind.has(text) => Ok(()),
            ArgumentRule::Any(kind) => Err(other((position, text), kind.meaning().to_owned())),
            ArgumentRule::Begins(start) if text.starts_with(start.as_str()) => Ok(()),
            ArgumentRule::Begins(start) => {
                Err(other((position, text), format!("what begins with `{}`", escaped(start))))
            }
            // An option's only (rule F-INVOCATION).
            ArgumentRule::Equals(_) | ArgumentRule::Assigns(_) => Err(undescribed(rule, (position, text))),
            ArgumentRule::Input(role) => {
                let (path, _) = self.path((position, text), INPUT)?;
                give(&mut self.roles.inputs, path, role)
            }
            ArgumentRule::Output(role) => {
                let (path, _) = self.path((position, text), OUTPUT)?;
                give(&mut self.roles.outputs, path, role)
            }
            ArgumentRule::InputTree(role) => {
                let (path, _) = self.path((position, text), INPUT_TREE)?;
                give(&mut self.roles.inputs, path, role)
            }
            ArgumentRule::OutputTree(role) => {
                let (path, _) = self.path((position, text), OUTPUT_TREE)?;
                give(&mut self.roles.outputs, path, role)
            }
            ArgumentRule::NamedInput(named) => {
                let (path, _) = self.path((position, text), INPUT)?;
                has_ending(named, (position, text))?;
                give(&mut self.roles.inputs, path, &named.role)
            }
            ArgumentRule::NamedOutput(named) => {
                let (path, _) = self.path((position, text), OUTPUT)?;
                has_ending(named, (position, text))?;
                give(&mut self.roles.outputs, path, &named.role)
            }
            ArgumentRule::KnownInput(known) => {
                let (path, digest) = self.path((position, text), INPUT)?;
                if !digest.file().is_some_and(|digest| known.sha256.contains(&FileDigest::new(digest))) {
                    return Err(Mismatch::UnknownInput { position, found: escaped(text) });
                }
                give(&mut self.roles.inputs, path, &known.role)
            }
            ArgumentRule::ManifestInput(manifest) => {
                let (path, digest) = self.path((position, text), INPUT)?;
                let listed = self.files.listings.and_then(|known| known.listed(digest, manifest));
                let Some(listed) = listed else {
                    let (found, key) = (escaped(text), manifest.key.key_id());
                    return Err(Mismatch::UnlistedInput { position, found, key, kind: manifest.kind });
                };
                self.roles.named_by.insert(Rc::new(listed));
                give(&mut self.roles.inputs, path, &manifest.role)
            }
        }
    }

    /// What an argument names: its recorded path, and its digest.
    fn path(
        &self,
        (position, text): Text<'_>,
        direction: &'static str,
    ) -> Result<(&'r RecordedPath, ArtifactDigest), Mismatch> {
        if !is_plainly_a_path(text) {
            return Err(Mismatch::NotPlainlyAPath { position, found: escaped(text), direction });
        }
        let recorded = match direction {
            OUTPUT | OUTPUT_TREE => &self.files.outputs,
            _ => &self.files.inputs,
        };
        let is_tree = matches!(direction, INPUT_TREE | OUTPUT_TREE);
        let file = recorded.file(text).filter(|(_, digest)| digest.is_tree() == is_tree);
        file.ok_or_else(|| Mismatch::UnrecordedPath { position, found: escaped(text), direction })
    }
}

/// Whether tools read such an argument as an option. `-` alone is standard input or output to most.
fn is_an_option(argument: &str) -> bool {
    argument.len() > 1 && argument.starts_with(['-', '+', '@'])
}

fn other_text<'t>(texts: impl IntoIterator<Item = &'t String>, found: Text<'_>) -> Mismatch {
    other(found, any_of(texts))
}

fn other((position, argument): Text<'_>, expected: String) -> Mismatch {
    Mismatch::Argument { position, found: escaped(argument), expected }
}

/// A name that an option does not set, or with a value where it has none, or the other way round.
fn undescribed(rule: &ArgumentRule, found: Text<'_>) -> Mismatch {
    let shown = |(name, assigned): (&String, &Assigned)| match assigned.value {
        Some(_) => format!("{name}=VALUE"),
        None => name.clone(),
    };
    let names: Vec<String> = rule.names().map(shown).collect();
    other_text(&names, found)
}

/// A mismatch of an option's value, told as a command line has it: where the value stands in the option's own argument, with
/// what stands before it.
fn whole(mismatch: Mismatch, rule: &ArgumentRule, (position, value): Text<'_>, argument: &str) -> Mismatch {
    let (Mismatch::Argument { position: at, .. }, Some(before)) = (&mismatch, argument.strip_suffix(value))
    else {
        return mismatch;
    };
    let texts: Vec<String> = match rule {
        ArgumentRule::Is(one) => vec![format!("{before}{one}")],
        ArgumentRule::OneOf(texts) => texts.iter().map(|text| format!("{before}{text}")).collect(),
        ArgumentRule::Any(_)
        | ArgumentRule::Begins(_)
        | ArgumentRule::Equals(_)
        | ArgumentRule::Assigns(_)
        | ArgumentRule::Input(_)
        | ArgumentRule::Output(_)
        | ArgumentRule::NamedInput(_)
        | ArgumentRule::NamedOutput(_)
        | ArgumentRule::InputTree(_)
        | ArgumentRule::OutputTree(_)
        | ArgumentRule::KnownInput(_)
        | ArgumentRule::ManifestInput(_) => return mismatch,
    };
    if *at == position { other_text(&texts, (position, argument)) } else { mismatch }
}

/// What follows a name at once can be the rest of another name: `-Ttext` is no file `text` to a linker. A path is told by how
/// it begins; a response file by its sign.
fn plainly_adjoined(name: &str, option: &CommandOption, (position, text): Text<'_>) -> Result<(), Mismatch> {
    let Some(rule) = &option.value else { return Ok(()) };
    let direction = match (rule, rule.input(), rule.output()) {
        (ArgumentRule::InputTree(_), ..) => INPUT_TREE,
        (ArgumentRule::OutputTree(_), ..) => OUTPUT_TREE,
        (_, Some(_), _) => INPUT,
        (_, None, Some(_)) => OUTPUT,
        (_, None, None) => return Ok(()),
    };
    if name == "@" || ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
        return Ok(());
    }
    Err(Mismatch::NotPlainlyAPath { position, found: escaped(text), direction })
}

fn has_ending(named: &NamedFile, (position, text): Text<'_>) -> Result<(), Mismatch> {
    if named.has(text) {
        return Ok(());
    }
    let endings: Vec<String> = named.endings.iter().map(|ending| ending.as_str().to_owned()).collect();
    Err(Mismatch::OtherEnding { position, found: escaped(text), expected: any_of(&endings) })
}

fn give<'r>(roles: &mut Named<'r>, path: &'r RecordedPath, role: &'r Role) -> Result<(), Mismatch> {
    match roles.binary_search_by_key(&path, |(known, _)| known) {
        Ok(place) => match roles.get(place) {
            Some((_, one)) if *one != role => Err(two_roles(path, one, role)),
            _ => Ok(()),
        },
        Err(place) => {
            roles.insert(place, (path, role));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(option: &str, arguments: &[&str]) -> Result<(), String> {
        line_held(&format!(r#""options": {{{option}}}"#), arguments)
    }

    fn line_held(line: &str, arguments: &[&str]) -> Result<(), String> {
        let text = format!(
            r#"{{"program": ["x"], "environment": {{}}, "exitStatus": [0], "arguments": {{{line}}}}}"#
        );
        let described: Invocation = serde_json::from_str(&text).unwrap();
        let found: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let mismatch = roles(&described, &found, &Files::default()).map(drop);
        mismatch.map_err(|mismatch| format!("{mismatch}; {}", mismatch.remedy().text))
    }

    #[test]
    fn a_value_in_its_options_argument_is_told_with_the_option() {
        let level = r#""-O": {"value": {"oneOf": ["1", "2"]}, "spelling": ["adjoined"]}"#;
        assert_eq!(held(level, &["-O2"]), Ok(()));
        let said =
            "argument 1 is `-O3`, expected `-O1` or `-O2`; run the tool with `-O1` or `-O2` as argument 1";
        assert_eq!(held(level, &["-O3"]), Err(said.to_owned()));
        let joined = r#""--level": {"value": {"is": "1"}, "spelling": ["joined", "separate"]}"#;
        let said =
            "argument 1 is `--level=3`, expected `--level=1`; run the tool with `--level=1` as argument 1";
        assert_eq!(held(joined, &["--level=3"]), Err(said.to_owned()));
        let said = "argument 2 is `3`, expected `1`; run the tool with `1` as argument 2";
        assert_eq!(held(joined, &["--level", "3"]), Err(said.to_owned()));
    }
    #[test]
    fn what_is_no_option_is_there_in_number() {
        let line = r#""first": [{"is": "build"}], "options": {"-v": {}}, "positional": [{"is": "a"}]"#;
        let told = |arguments: &[&str]| {
            line_held(line, arguments).map_err(|said| said.split_once("; ").unwrap().0.to_owned())
        };
        assert_eq!(told(&["build", "a"]), Ok(()));
        assert_eq!(told(&["build", "-v", "a"]), Ok(()));
        assert_eq!(told(&[]), Err("0 arguments, expected 2".to_owned()));
        assert_eq!(told(&["build"]), Err("1 arguments, expected 2".to_owned()));
        assert_eq!(told(&["build", "-v"]), Err("2 arguments, expected 3".to_owned()));
        assert_eq!(told(&["build", "a", "b"]), Err("3 arguments, expected 2".to_owned()));
        let said = "argument 3, `-w`, is an option that is not described";
        assert_eq!(told(&["build", "a", "-w"]), Err(said.to_owned()));
    }

    #[test]
    fn a_dash_alone_is_no_option() {
        let line = r#""positional": [{"is": "-"}]"#;
        assert_eq!(line_held(line, &["-"]), Ok(()));
        assert!(line_held(line, &["--"]).is_err() && line_held(line, &["+"]).is_err());
    }
}
