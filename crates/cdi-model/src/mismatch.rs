//! The first thing about a run that an invocation does not describe, in the order of rule M-INVOCATION. The arguments are
//! read one after the other here; [`super::arguments`] tries every way to read them, and both must find the same runs covered.

use super::View;
use super::arguments::{only_a_path, variable};
use super::holds::lists;
use super::made::{self, Value};
use super::obstacle::Reason;
use super::world::{
    Arg, Digest, Direction, EnvRule, EnvValue, Exit, Invocation, Line, Name, Opt, Repeats, Report, Setting,
    Spelling, is_tree,
};
use std::collections::BTreeMap;

/// What was met before: the stages of a comparison.
const EXIT: u8 = 1;
const ARGUMENT: u8 = 2;
const ALL_ARGUMENTS: u8 = 3;
const ENVIRONMENT: u8 = 4;
const SETTINGS: u8 = 5;
const READ: u8 = 6;

/// Why the invocation does not cover the run, if it does not.
pub(super) fn mismatch<'r>(view: View<'r>, invocation: &'r Invocation, report: &'r Report) -> Option<Reason> {
    let at = |stage, code| Some(Reason { code, progress: (stage, 0) });
    if !matches!(report.exit, Exit::Code(code) if invocation.exit_status.contains(&code)) {
        return at(EXIT, "invocation-exit-status");
    }
    if let Err(reason) =
        (Reading { view, report, inputs: BTreeMap::new(), outputs: BTreeMap::new(), values: Vec::new() })
            .read(invocation)
    {
        return Some(reason);
    }
    let described = |(name, value): (&Name, &EnvValue)| match (variable(invocation, name), value) {
        (Some(EnvRule::Any), _) => true,
        (Some(EnvRule::OneOf(values)), EnvValue::Value(value)) => values.contains(value),
        (Some(EnvRule::OneOf(_)), EnvValue::Commitment(_)) | (None, _) => false,
    };
    if !report.environment.iter().all(described) {
        return at(ENVIRONMENT, "invocation-environment");
    }
    let listed = |(name, value): (&Name, &String)| {
        invocation.settings.get(name).is_some_and(|values| values.contains(value))
    };
    let all_recorded = invocation.settings.keys().all(|name| report.settings.contains_key(name));
    if !report.settings.iter().all(listed) || !all_recorded {
        return at(SETTINGS, "invocation-settings");
    }
    let roles = super::arguments::roles(view, invocation, report)?;
    if invocation.all_listed && !super::vote::all_listed(view, invocation, &roles, report) {
        return at(READ, "invocation-manifest");
    }
    None
}

/// The arguments, as far as they are read, and the roles that they gave.
struct Reading<'r> {
    view: View<'r>,
    report: &'r Report,
    inputs: BTreeMap<&'r str, &'r Name>,
    outputs: BTreeMap<&'r str, &'r Name>,
    values: Vec<Value>,
}

const fn at(place: usize, code: &'static str) -> Reason {
    Reason { code, progress: (ARGUMENT, place) }
}

const fn after_all(code: &'static str) -> Reason {
    Reason { code, progress: (ALL_ARGUMENTS, 0) }
}

impl<'r> Reading<'r> {
    fn read(mut self, invocation: &'r Invocation) -> Result<(), Reason> {
        let (rules, found) = (&invocation.arguments, &self.report.arguments);
        for (place, (rule, text)) in rules.iter().zip(found).enumerate() {
            self.hold(rule, place, text)?;
        }
        match &invocation.line {
            None if rules.len() != found.len() => return Err(after_all("invocation-arguments")),
            None => {}
            Some(line) => self.line(line, rules.len())?,
        }
        let made = made::outputs(invocation, self.report, &self.values);
        let (inputs, mut outputs) = (owned(&self.inputs), owned(&self.outputs));
        for (path, role) in made {
            if outputs.insert(path, role.clone()).is_some_and(|before| before != role) {
                return Err(after_all("invocation-roles"));
            }
        }
        let clash = inputs.iter().any(|(path, role)| outputs.get(path).is_some_and(|o| o != role));
        if clash { Err(after_all("invocation-roles")) } else { Ok(()) }
    }

    fn line(&mut self, line: &'r Line, first: usize) -> Result<(), Reason> {
        let found = &self.report.arguments;
        let mut seen: BTreeMap<&Name, Option<&str>> = BTreeMap::new();
        let (mut place, mut positional) = (first, 0);
        let mut equal = Vec::new();
        while let Some(text) = found.get(place) {
            let Some((name, option, written)) = as_option(line, text) else {
                self.positional(line, positional, place, text)?;
                (positional, place) = (positional + 1, place + 1);
                continue;
            };
            if positional > 0 && !line.options_after_positional {
                return Err(at(place, "invocation-option-position"));
            }
            let (value, last) = match written {
                Spelling::Bare => (None, place),
                Spelling::Joined => (text.get(name.len() + 1..), place),
                Spelling::Adjoined => (text.get(name.len()..), place),
                Spelling::Separate => match found.get(place + 1) {
                    None => return Err(at(place, "invocation-arguments")),
                    Some(next) => (Some(next.as_str()), place + 1),
                },
            };
            if let (Some(rule), Some(value)) = (&option.value, value) {
                let is_path = matches!(
                    rule,
                    Arg::Path { .. }
                        | Arg::Tree { .. }
                        | Arg::Named { .. }
                        | Arg::Known { .. }
                        | Arg::Listed(_)
                );
                let begins = ["/", "./", "../"].iter().any(|start| value.starts_with(start));
                if written == Spelling::Adjoined && is_path && !begins && name != "@" {
                    return Err(at(last, "invocation-path"));
                }
                match rule {
                    Arg::Equals(pieces) => equal.push((pieces, value)),
                    Arg::Sets(sets) => self.sets(name, sets, last, value)?,
                    _ => self.hold(rule, last, value)?,
                }
            }
            self.values.push(Value { option: name.clone(), set: None, text: value.map(str::to_owned) });
            match (seen.insert(name, value), option.repeats) {
                (None, _) | (Some(_), Repeats::Any) => {}
                (Some(before), Repeats::Same) if before == value => {}
                (Some(_), Repeats::Same | Repeats::Refuse) => {
                    return Err(at(place, "invocation-option-repeated"));
                }
            }
            place = last + 1;
        }
        if line.options.iter().any(|(name, option)| option.required && !seen.contains_key(name))
            || line.options.iter().any(|(name, option)| self.lacks_a_setting(name, option))
        {
            return Err(after_all("invocation-option-missing"));
        }
        let all = positional >= line.positional.len() && found.len() >= first;
        let equals =
            |(pieces, text): &(&Vec<_>, &str)| made::made(pieces, &self.values).as_deref() == Some(*text);
        if all && equal.iter().all(equals) { Ok(()) } else { Err(after_all("invocation-arguments")) }
    }

    /// What an option sets is as described, and set as often as it may be.
    fn sets(
        &mut self,
        option: &'r Name,
        sets: &'r BTreeMap<Name, Setting>,
        place: usize,
        text: &'r str,
    ) -> Result<(), Reason> {
        let Some((name, setting, _)) = made::setting(sets, text) else {
            return Err(at(place, "invocation-arguments"));
        };
        let value = text.get(name.len() + 1..);
        if let (Some(rule), Some(value)) = (&setting.value, value) {
            self.hold(rule, place, value)?;
        }
        let is_it = |value: &&Value| value.option == *option && value.set.as_ref() == Some(&name);
        let before: Vec<&Value> = self.values.iter().filter(is_it).collect();
        let same = before.iter().all(|before| before.text.as_deref() == value);
        let often = match setting.repeats {
            Repeats::Refuse => before.is_empty(),
            Repeats::Same => same,
            Repeats::Any => true,
        };
        self.values.push(Value { option: option.clone(), set: Some(name), text: value.map(str::to_owned) });
        if often { Ok(()) } else { Err(at(place, "invocation-option-repeated")) }
    }

    fn lacks_a_setting(&self, option: &Name, described: &Opt) -> bool {
        let Some(Arg::Sets(sets)) = &described.value else { return false };
        let is_set = |name: &Name| {
            self.values.iter().any(|value| value.option == *option && value.set.as_ref() == Some(name))
        };
        sets.iter().any(|(name, setting)| setting.required && !is_set(name))
    }

    fn positional(&mut self, line: &'r Line, nth: usize, place: usize, text: &'r str) -> Result<(), Reason> {
        if text.chars().count() > 1 && ["-", "+", "@"].iter().any(|sign| text.starts_with(sign)) {
            return Err(at(place, "invocation-option"));
        }
        match line.positional.get(nth).or(line.rest.as_ref()) {
            Some(rule) => self.hold(rule, place, text),
            None => Err(after_all("invocation-arguments")),
        }
    }

    /// The text is what the rule says, and no path gets two roles.
    fn hold(&mut self, rule: &'r Arg, place: usize, text: &'r str) -> Result<(), Reason> {
        let (recorded, given, role, known) = match rule {
            Arg::Literal(literal) if literal == text => return Ok(()),
            Arg::OneOf(texts) if texts.iter().any(|one| one == text) => return Ok(()),
            Arg::Any(kind) if made::is_of(*kind, text) => return Ok(()),
            Arg::Begins(start) if text.starts_with(start.as_str()) => return Ok(()),
            Arg::Literal(_)
            | Arg::OneOf(_)
            | Arg::Any(_)
            | Arg::Begins(_)
            | Arg::Equals(_)
            | Arg::Sets(_) => return Err(at(place, "invocation-arguments")),
            Arg::Path { direction: Direction::Input, role }
            | Arg::Tree { direction: Direction::Input, role }
            | Arg::Named { direction: Direction::Input, role, .. } => {
                (&self.report.inputs, &mut self.inputs, role, None)
            }
            Arg::Path { direction: Direction::Output, role }
            | Arg::Tree { direction: Direction::Output, role }
            | Arg::Named { direction: Direction::Output, role, .. } => {
                (&self.report.outputs, &mut self.outputs, role, None)
            }
            Arg::Known { role, digests } => (&self.report.inputs, &mut self.inputs, role, Some(digests)),
            Arg::Listed(manifest) => (&self.report.inputs, &mut self.inputs, &manifest.role, None),
        };
        let found: Option<&Digest> = recorded.iter().find(|(path, _)| path == text).map(|(_, digest)| digest);
        let of_kind = |digest: &&Digest| is_tree(digest) == matches!(rule, Arg::Tree { .. });
        let Some(digest) = found.filter(of_kind).filter(|_| only_a_path(text)) else {
            return Err(at(place, "invocation-path"));
        };
        if let Arg::Named { endings, .. } = rule
            && !endings.iter().any(|ending| made::ends(text, ending))
        {
            return Err(at(place, "invocation-path"));
        }
        if known.is_some_and(|digests| !digests.contains(digest)) {
            return Err(at(place, "invocation-input"));
        }
        if let Arg::Listed(manifest) = rule
            && !lists(self.view, &manifest.key, |kind| kind == manifest.kind, digest)
        {
            return Err(at(place, "invocation-manifest"));
        }
        match given.insert(text, role) {
            Some(before) if before != role => Err(after_all("invocation-roles")),
            _ => Ok(()),
        }
    }
}

fn owned(given: &BTreeMap<&str, &Name>) -> BTreeMap<Name, Name> {
    given.iter().map(|(path, role)| ((*path).to_owned(), (*role).clone())).collect()
}

/// The option that an argument is, and how it is written.
fn as_option<'l>(line: &'l Line, text: &str) -> Option<(&'l Name, &'l Opt, Spelling)> {
    let spelt = |(name, option): (&'l Name, &'l Opt)| {
        let rest = text.strip_prefix(name.as_str())?;
        let written = option.spelling.iter().copied().find(|spelling| match spelling {
            Spelling::Bare | Spelling::Separate => rest.is_empty(),
            Spelling::Joined => rest.starts_with('='),
            Spelling::Adjoined => !rest.is_empty(),
        });
        // One that takes no value has no spelling.
        let written =
            if option.value.is_none() { rest.is_empty().then_some(Spelling::Bare) } else { written };
        written.map(|written| (name, option, written))
    };
    line.options.iter().find_map(spelt)
}
