//! The arguments of a run: every way to read them is tried, and one must be as described.

use super::View;
use super::holds::lists;
use super::made::{self, Value};
use super::vote::Roles;
use super::world::{
    Arg, Digest, Direction, EnvRule, Invocation, Line, Name, Opt, Repeats, Report, Spelling, is_tree,
};
use std::collections::BTreeSet;

/// The rule of the longest description of a variable.
pub(super) fn variable<'i>(invocation: &'i Invocation, name: &str) -> Option<&'i EnvRule> {
    let describes = |described: &&Name| match described.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => *described == name,
    };
    let exact = |described: &&Name| !described.ends_with('*');
    let mut all: Vec<&Name> = invocation.environment.keys().filter(describes).collect();
    all.sort_by_key(|described| (exact(described), described.len()));
    invocation.environment.get(*all.last()?)
}

/// An argument, or two, as one of the ways to read them has it.
#[derive(Clone, Debug)]
enum Item<'r> {
    Option(&'r Name, &'r Opt, Option<&'r String>, Option<String>),
    Positional(&'r String),
}

/// The roles that the arguments give, if they can be read as described and every path is recorded once.
pub(super) fn roles(view: View<'_>, invocation: &Invocation, report: &Report) -> Option<Roles> {
    let first = invocation.arguments.len();
    let (before, after) = report.arguments.split_at_checked(first)?;
    let before: Vec<(&Arg, String)> = invocation.arguments.iter().zip(before.iter().cloned()).collect();
    let Some(line) = &invocation.line else {
        return if after.is_empty() { held(view, (invocation, report), &before, &[]) } else { None };
    };
    let described = readings(line, after).into_iter().filter_map(|items| texts(line, &items));
    described
        .map(|(more, values)| (before.iter().cloned().chain(more).collect::<Vec<_>>(), values))
        .find_map(|(all, values)| held(view, (invocation, report), &all, &values))
}

/// Every way to read the arguments.
fn readings<'r>(line: &'r Line, arguments: &'r [String]) -> Vec<Vec<Item<'r>>> {
    let Some((one, rest)) = arguments.split_first() else { return vec![Vec::new()] };
    let mut ways: Vec<(Item<'r>, &'r [String])> = vec![(Item::Positional(one), rest)];
    for (name, option) in &line.options {
        let alone = one == name;
        if alone && option.value.is_none() {
            ways.push((Item::Option(name, option, None, None), rest));
        }
        for spelling in &option.spelling {
            let joined = one.strip_prefix(&format!("{name}=")).map(str::to_owned);
            let adjoined = one.strip_prefix(name.as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
            match (spelling, joined, adjoined, rest.split_first()) {
                (Spelling::Bare, ..) if alone => ways.push((Item::Option(name, option, None, None), rest)),
                (Spelling::Separate, _, _, Some((value, rest))) if alone => {
                    ways.push((Item::Option(name, option, Some(value), None), rest));
                }
                (Spelling::Joined, Some(value), ..) | (Spelling::Adjoined, _, Some(value), _) => {
                    ways.push((Item::Option(name, option, None, Some(value)), rest));
                }
                _ => {}
            }
        }
    }
    let with_rest = |(item, rest): (Item<'r>, &'r [String])| {
        let longer = move |mut tail: Vec<Item<'r>>| {
            tail.insert(0, item.clone());
            tail
        };
        readings(line, rest).into_iter().map(longer)
    };
    ways.into_iter().flat_map(with_rest).collect()
}

/// Texts with what each must be, and what options have.
type Described<'r> = (Vec<(&'r Arg, String)>, Vec<Value>);

/// What each text must be, and what the options have, if this way to read the arguments is one that the line describes.
fn texts<'r>(line: &'r Line, items: &[Item<'r>]) -> Option<Described<'r>> {
    let (mut texts, mut values, mut equal) = (Vec::new(), Vec::<Value>::new(), Vec::new());
    let mut positional = 0;
    for item in items {
        match item {
            Item::Positional(text) => {
                texts.push((line.positional.get(positional).or(line.rest.as_ref())?, (*text).clone()));
                positional += 1;
            }
            Item::Option(..) if positional > 0 && !line.options_after_positional => return None,
            Item::Option(name, option, next, here) => {
                let text = next.cloned().or_else(|| here.clone());
                let mut take = |set, text| values.push(Value { option: (*name).clone(), set, text });
                take(None, text.clone());
                match (&option.value, text) {
                    (Some(Arg::Sets(sets)), Some(text)) => {
                        let (set, setting, value) = made::setting(sets, &text)?;
                        take(Some(set), value.clone());
                        texts.extend(setting.value.as_ref().zip(value));
                    }
                    (Some(Arg::Equals(pieces)), Some(text)) => equal.push((pieces, text)),
                    (rule, text) => texts.extend(rule.as_ref().zip(text)),
                }
            }
        }
    }
    let equals = |(pieces, text): &(&Vec<_>, String)| made::made(pieces, &values).as_ref() == Some(text);
    if !equal.iter().all(equals) || !line.options.iter().all(|(name, option)| settings(name, option, &values))
    {
        return None;
    }
    let is_there =
        |wanted: &Name| items.iter().any(|item| matches!(item, Item::Option(name, ..) if *name == wanted));
    let right = line.options.iter().all(|(name, option)| {
        let whole: Vec<&Value> =
            values.iter().filter(|value| value.option == *name && value.set.is_none()).collect();
        often_enough(option.repeats, &whole) && (!option.required || is_there(name))
    });
    (right && positional >= line.positional.len()).then_some((texts, values))
}

/// Whether an option may have these values, one after the other.
fn often_enough(repeats: Repeats, values: &[&Value]) -> bool {
    match repeats {
        Repeats::Refuse => values.len() <= 1,
        Repeats::Same => values.iter().map(|value| &value.text).collect::<BTreeSet<_>>().len() <= 1,
        Repeats::Any => true,
    }
}

/// Whether an option sets what it must, and nothing more often than it may.
fn settings(option: &Name, described: &Opt, values: &[Value]) -> bool {
    let Some(Arg::Sets(sets)) = &described.value else { return true };
    let of = |name: &Name| -> Vec<&Value> {
        values.iter().filter(|value| value.option == *option && value.set.as_ref() == Some(name)).collect()
    };
    let all_there = sets.iter().all(|(name, setting)| !setting.required || !of(name).is_empty());
    let names: BTreeSet<&Name> = values
        .iter()
        .filter(|value| value.option == *option)
        .filter_map(|value| value.set.as_ref())
        .collect();
    let repeats = |name: &Name| sets.get(name).or_else(|| sets.get("*")).map(|setting| setting.repeats);
    all_there
        && names.into_iter().all(|name| repeats(name).is_some_and(|often| often_enough(often, &of(name))))
}

/// No tool takes this text for an option, a response file, a setting or an address.
pub(super) fn only_a_path(text: &str) -> bool {
    if text.chars().any(|c| [',', ':', ';', '='].contains(&c)) {
        return false;
    }
    if ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
        return true;
    }
    let before_slash: Vec<char> = text.chars().take_while(|c| *c != '/').collect();
    before_slash.first().is_some_and(|c| c.is_alphanumeric() || *c == '_' || *c == '.')
}

/// Paths and the roles that they get.
type Given = Vec<(Name, Name)>;

/// The roles that the texts give, and what no argument names whole, if each text is what it must be.
fn held(
    view: View<'_>,
    (invocation, report): (&Invocation, &Report),
    texts: &[(&Arg, String)],
    values: &[Value],
) -> Option<Roles> {
    let (mut inputs, mut outputs) = (Given::new(), Given::new());
    for (described, text) in texts {
        let once = |recorded: &[(Name, Digest)]| {
            let found: Vec<Digest> =
                recorded.iter().filter(|(path, _)| path == text).map(|(_, digest)| digest.clone()).collect();
            <[Digest; 1]>::try_from(found).ok().filter(|_| only_a_path(text))
        };
        match described {
            Arg::Literal(literal) if literal == text => {}
            Arg::OneOf(texts) if texts.contains(text) => {}
            Arg::Any(kind) if made::is_of(*kind, text) => {}
            Arg::Begins(start) if text.starts_with(start.as_str()) => {}
            Arg::Literal(_) | Arg::OneOf(_) | Arg::Any(_) | Arg::Begins(_) => return None,
            // What only an option can have.
            Arg::Equals(_) | Arg::Sets(_) => return None,
            Arg::Path { direction, role } | Arg::Tree { direction, role } => {
                let (recorded, given) = match direction {
                    Direction::Input => (&report.inputs, &mut inputs),
                    Direction::Output => (&report.outputs, &mut outputs),
                };
                let [digest] = once(recorded)?;
                if is_tree(&digest) != matches!(described, Arg::Tree { .. }) {
                    return None;
                }
                given.push((text.clone(), role.clone()));
            }
            Arg::Named { direction, role, endings } => {
                let (recorded, given) = match direction {
                    Direction::Input => (&report.inputs, &mut inputs),
                    Direction::Output => (&report.outputs, &mut outputs),
                };
                let [digest] = once(recorded)?;
                if is_tree(&digest) {
                    return None;
                }
                endings.iter().find(|ending| made::ends(text, ending))?;
                given.push((text.clone(), role.clone()));
            }
            Arg::Known { role, digests } => {
                let [digest] = once(&report.inputs)?;
                if is_tree(&digest) || !digests.contains(&digest) {
                    return None;
                }
                inputs.push((text.clone(), role.clone()));
            }
            Arg::Listed(manifest) => {
                let [digest] = once(&report.inputs)?;
                if is_tree(&digest) || !lists(view, &manifest.key, |kind| kind == manifest.kind, &digest) {
                    return None;
                }
                inputs.push((text.clone(), manifest.role.clone()));
            }
        }
    }
    outputs.extend(made::outputs(invocation, report, values));
    let given: Vec<_> = inputs.iter().chain(&outputs).collect();
    let two_roles = given.iter().any(|one| given.iter().any(|two| one.0 == two.0 && one.1 != two.1));
    let map = |given: Given| given.into_iter().collect();
    if two_roles { None } else { Some(Roles { inputs: map(inputs), outputs: map(outputs) }) }
}
