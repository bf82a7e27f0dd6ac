//! The arguments of a run: every way to read them is tried, and one must be as described.

use super::View;
use super::holds::lists;
use super::vote::Roles;
use super::world::{Arg, Digest, Direction, EnvRule, Invocation, Line, Name, Opt, Repeats, Report, Spelling};
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
        return if after.is_empty() { held(view, &before, report) } else { None };
    };
    let described = readings(line, after).into_iter().filter_map(|items| texts(line, &items));
    described
        .map(|more| before.iter().cloned().chain(more).collect::<Vec<_>>())
        .find_map(|all| held(view, &all, report))
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

/// What each text must be, if this way to read the arguments is one that the line describes.
fn texts<'r>(line: &'r Line, items: &[Item<'r>]) -> Option<Vec<(&'r Arg, String)>> {
    let mut texts = Vec::new();
    let mut positional = 0;
    for item in items {
        match item {
            Item::Positional(text) => {
                texts.push((line.positional.get(positional).or(line.rest.as_ref())?, (*text).clone()));
                positional += 1;
            }
            Item::Option(..) if positional > 0 && !line.options_after_positional => return None,
            Item::Option(_, option, next, here) => {
                let value = next.cloned().or_else(|| here.clone());
                texts.extend(option.value.as_ref().zip(value));
            }
        }
    }
    let is_there =
        |wanted: &Name| items.iter().any(|item| matches!(item, Item::Option(name, ..) if *name == wanted));
    let values = |wanted: &Name| -> Vec<Option<String>> {
        let value = |item: &Item<'_>| match item {
            Item::Option(name, _, next, here) if *name == wanted => {
                Some(next.cloned().or_else(|| here.clone()))
            }
            _ => None,
        };
        items.iter().filter_map(value).collect()
    };
    let right = line.options.iter().all(|(name, option)| {
        let values = values(name);
        let often = match option.repeats {
            Repeats::Refuse => values.len() <= 1,
            Repeats::Same => values.iter().collect::<BTreeSet<_>>().len() <= 1,
            Repeats::Any => true,
        };
        often && (!option.required || is_there(name))
    });
    (right && positional >= line.positional.len()).then_some(texts)
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

/// The roles that the texts give, if each is what it must be.
fn held(view: View<'_>, texts: &[(&Arg, String)], report: &Report) -> Option<Roles> {
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
            Arg::Literal(_) | Arg::OneOf(_) => return None,
            Arg::Path { direction: Direction::Input, role } => {
                once(&report.inputs)?;
                inputs.push((text.clone(), role.clone()));
            }
            Arg::Path { direction: Direction::Output, role } => {
                once(&report.outputs)?;
                outputs.push((text.clone(), role.clone()));
            }
            Arg::Known { role, digests } => {
                let [digest] = once(&report.inputs)?;
                if !digests.contains(&digest) {
                    return None;
                }
                inputs.push((text.clone(), role.clone()));
            }
            Arg::Listed(manifest) => {
                let [digest] = once(&report.inputs)?;
                if !lists(view, &manifest.key, |kind| kind == manifest.kind, &digest) {
                    return None;
                }
                inputs.push((text.clone(), manifest.role.clone()));
            }
        }
    }
    let given: Vec<_> = inputs.iter().chain(&outputs).collect();
    let two_roles = given.iter().any(|one| given.iter().any(|two| one.0 == two.0 && one.1 != two.1));
    let map = |given: Given| given.into_iter().collect();
    if two_roles { None } else { Some(Roles { inputs: map(inputs), outputs: map(outputs) }) }
}
