//! The arguments of a run held against an invocation, and the roles that they give.
//!
//! An invocation that can be misread is refused when it is read (rule F-INVOCATION): here each argument is one option or none.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cdi_types::{
    AfterPositional, ArgumentRule, Arguments, CommandLine, CommandOption, FileDigest, RecordedPath, Repeats,
    Report, ReportKind, Role, Subject, Written,
};

use super::{Listings, Mismatch, Roles, any_of, escaped};

/// The roles that the arguments give.
///
/// # Errors
/// The first argument that is not described, or what is missing after the last.
pub(super) fn roles(described: &Arguments, found: &[String], files: &Files<'_>) -> Result<Roles, Mismatch> {
    let mut reading = Reading { found, files, roles: Roles::default() };
    match described {
        Arguments::Sequence(rules) => reading.sequence(rules)?,
        Arguments::CommandLine(line) => reading.command_line(line)?,
    }
    reading.roles.agree().map(|()| reading.roles)
}

/// An argument, or the part of it that is an option's value, with its position from 1.
type Text<'r> = (usize, &'r str);

/// The files of a run, to be looked up by every invocation that the run is held against, and what is known of files.
#[derive(Default)]
pub(crate) struct Files<'r> {
    listings: Option<&'r Listings>,
    exempt: Option<&'r BTreeSet<Role>>,
    inputs: BTreeMap<&'r RecordedPath, FileDigest>,
    outputs: BTreeSet<&'r RecordedPath>,
}

impl<'r> Files<'r> {
    /// `exempt` are the roles that need no history, as the policy says.
    pub(crate) fn of(
        report: &'r Report,
        subject: &'r [Subject],
        listings: &'r Listings,
        exempt: &'r BTreeSet<Role>,
    ) -> Self {
        let inputs = report.inputs.iter().map(|input| (&input.path, FileDigest::new(input.sha256.sha256())));
        // The subjects of an inspection are what it read: it has no outputs.
        let made = if report.kind == ReportKind::Transform { subject } else { &[] };
        let outputs = made.iter().filter_map(|output| output.path.as_ref()).collect();
        Self { listings: Some(listings), exempt: Some(exempt), inputs: inputs.collect(), outputs }
    }

    pub(super) const fn listings(&self) -> Option<&Listings> {
        self.listings
    }

    pub(super) fn is_exempt(&self, role: &Role) -> bool {
        self.exempt.is_some_and(|exempt| exempt.contains(role))
    }
}

struct Reading<'r> {
    found: &'r [String],
    files: &'r Files<'r>,
    roles: Roles,
}

impl Reading<'_> {
    fn sequence(&mut self, rules: &[ArgumentRule]) -> Result<(), Mismatch> {
        let found = self.found;
        self.each(rules)?;
        // Counted last: a differing argument says more than a differing number.
        if rules.len() == found.len() { Ok(()) } else { Err(self.count(rules.len())) }
    }

    /// The first arguments, as many as there are of both.
    fn each(&mut self, rules: &[ArgumentRule]) -> Result<(), Mismatch> {
        let found = self.found;
        let mut pairs = rules.iter().zip(found).enumerate();
        pairs.try_for_each(|(index, (rule, argument))| self.hold(rule, (index + 1, argument)))
    }

    fn count(&self, expected: usize) -> Mismatch {
        Mismatch::ArgumentCount { expected, found: self.found.len() }
    }

    fn command_line(&mut self, line: &CommandLine) -> Result<(), Mismatch> {
        self.each(&line.first)?;
        let mut seen: BTreeMap<&str, Option<&str>> = BTreeMap::new();
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
                self.hold(rule, value).map_err(|mismatch| whole(mismatch, rule, value, argument))?;
            }
            let text = value.map(|(_, text)| text);
            match (seen.insert(name, text), option.repeats) {
                (None, _) | (Some(_), Repeats::Any) => {}
                (Some(before), Repeats::Same) if before == text => {}
                (Some(_), Repeats::Same | Repeats::Refuse) => {
                    return Err(Mismatch::RepeatedOption { position, option: escaped(name) });
                }
            }
        }
        let missing =
            |(name, option): &(&String, &CommandOption)| option.required && !seen.contains_key(name.as_str());
        if let Some((name, _)) = line.options.iter().find(missing) {
            return Err(Mismatch::MissingOption { option: escaped(name) });
        }
        let missing = line.positional.len().saturating_sub(positional)
            + line.first.len().saturating_sub(self.found.len());
        if missing == 0 { Ok(()) } else { Err(self.count(self.found.len() + missing)) }
    }

    fn positional(
        &mut self,
        line: &CommandLine,
        nth: usize,
        (position, argument): Text<'_>,
    ) -> Result<(), Mismatch> {
        match line.positional.get(nth).or(line.rest.as_ref()) {
            Some(rule) if !is_an_option(argument) => self.hold(rule, (position, argument)),
            None if !is_an_option(argument) => Err(self.count(self.found.len().saturating_sub(1))),
            Some(_) | None => Err(Mismatch::UndescribedOption { position, found: escaped(argument) }),
        }
    }

    fn hold(&mut self, rule: &ArgumentRule, (position, text): Text<'_>) -> Result<(), Mismatch> {
        match rule {
            ArgumentRule::Is(one) if one == text => Ok(()),
            ArgumentRule::OneOf(texts) if texts.contains(text) => Ok(()),
            ArgumentRule::Is(one) => Err(other_text([one], (position, text))),
            ArgumentRule::OneOf(texts) => Err(other_text(texts, (position, text))),
            ArgumentRule::Input(role) => {
                let path = self.path((position, text), "input")?;
                give(&mut self.roles.inputs, path, role)
            }
            ArgumentRule::Output(role) => {
                let path = self.path((position, text), "output")?;
                give(&mut self.roles.outputs, path, role)
            }
            ArgumentRule::KnownInput(known) => {
                let path = self.path((position, text), "input")?;
                if !self.files.inputs.get(&path).is_some_and(|digest| known.sha256.contains(digest)) {
                    return Err(Mismatch::UnknownInput { position, found: escaped(text) });
                }
                give(&mut self.roles.inputs, path, &known.role)
            }
            ArgumentRule::ManifestInput(manifest) => {
                let path = self.path((position, text), "input")?;
                let digest = self.files.inputs.get(&path).copied();
                let listed = digest
                    .zip(self.files.listings)
                    .and_then(|(digest, known)| known.listed(digest, manifest));
                let Some(listed) = listed else {
                    let (found, key) = (escaped(text), manifest.key.key_id());
                    return Err(Mismatch::UnlistedInput { position, found, key, kind: manifest.kind });
                };
                self.roles.named_by.insert(Rc::new(listed));
                give(&mut self.roles.inputs, path, &manifest.role)
            }
        }
    }

    /// The recorded path that an argument names.
    fn path(&self, (position, text): Text<'_>, direction: &'static str) -> Result<RecordedPath, Mismatch> {
        if !is_plainly_a_path(text) {
            return Err(Mismatch::NotPlainlyAPath { position, found: escaped(text), direction });
        }
        let recorded = |path: &RecordedPath| match direction {
            "output" => self.files.outputs.contains(path),
            _ => self.files.inputs.contains_key(path),
        };
        // Recorded paths are distinct (rule F-REPORT), so that there is no other of this name.
        let path = RecordedPath::normalise(text).ok().filter(recorded);
        path.ok_or_else(|| Mismatch::UnrecordedPath { position, found: escaped(text), direction })
    }
}

/// Whether tools read such an argument as an option. `-` alone is standard input or output to most.
fn is_an_option(argument: &str) -> bool {
    argument.len() > 1 && argument.starts_with(['-', '+', '@'])
}

fn other_text<'t>(texts: impl IntoIterator<Item = &'t String>, (position, argument): Text<'_>) -> Mismatch {
    Mismatch::Argument { position, found: escaped(argument), expected: any_of(texts) }
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
        ArgumentRule::Input(_)
        | ArgumentRule::Output(_)
        | ArgumentRule::KnownInput(_)
        | ArgumentRule::ManifestInput(_) => return mismatch,
    };
    if *at == position { other_text(&texts, (position, argument)) } else { mismatch }
}

/// What follows a name at once can be the rest of another name: `-Ttext` is no file `text` to a linker. A path is told by how
/// it begins; a response file by its sign.
fn plainly_adjoined(name: &str, option: &CommandOption, (position, text): Text<'_>) -> Result<(), Mismatch> {
    let direction = match option.value {
        Some(ArgumentRule::Input(_) | ArgumentRule::KnownInput(_) | ArgumentRule::ManifestInput(_)) => {
            "input"
        }
        Some(ArgumentRule::Output(_)) => "output",
        Some(ArgumentRule::Is(_) | ArgumentRule::OneOf(_)) | None => return Ok(()),
    };
    if name == "@" || ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
        return Ok(());
    }
    Err(Mismatch::NotPlainlyAPath { position, found: escaped(text), direction })
}

fn give(roles: &mut BTreeMap<RecordedPath, Role>, path: RecordedPath, role: &Role) -> Result<(), Mismatch> {
    match roles.insert(path.clone(), role.clone()) {
        Some(one) if one != *role => Err(Mismatch::TwoRoles { path, one, other: role.clone() }),
        _ => Ok(()),
    }
}

/// Whether a tool can read an argument as nothing but a path. A file may be called `@flags`, `-x` or `a=b`; where a tool
/// would take that for a response file, an option or a setting, whoever names the files would choose more than the files.
/// `./@flags` is the same file, and nothing else.
fn is_plainly_a_path(argument: &str) -> bool {
    // Tools split lists of paths, options and settings at these, wherever they stand: `-Wp,-MMD,FILE`, `-cp A:B`.
    if argument.contains([',', ':', ';', '=']) {
        return false;
    }
    let first = argument.split('/').next().unwrap_or_default();
    match first {
        "" | "." | ".." => !argument.is_empty(),
        name => name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(option: &str, arguments: &[&str]) -> Result<(), String> {
        let text = format!(r#"{{"options": {{{option}}}}}"#);
        let described: Arguments = serde_json::from_str(&text).unwrap();
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
}
