//! What the arguments of a run may be, in production's words.

use super::statements::origin_kind;
use super::{Fault, Names};
use crate::model::world::{self, Direction};
use cdi_types::{
    AfterPositional, ArgumentRule, Arguments, CommandLine, CommandOption, FileDigest, KnownInput, Manifest,
    Repeats, Role, Spelling,
};

pub(super) fn arguments(described: &world::Invocation, names: Names) -> Result<Arguments, Fault> {
    let rules =
        |found: &[world::Arg]| found.iter().map(|one| rule(one, names)).collect::<Result<Vec<_>, _>>();
    let first = rules(&described.arguments)?;
    let Some(line) = &described.line else { return Ok(Arguments::Sequence(first)) };
    let options = line.options.iter().map(|(name, one)| Ok((name.clone(), option(one, names)?)));
    Ok(Arguments::CommandLine(CommandLine {
        first,
        options: options.collect::<Result<_, Fault>>()?,
        positional: rules(&line.positional)?,
        rest: line.rest.as_ref().map(|one| rule(one, names)).transpose()?,
        options_after_positional: match line.options_after_positional {
            true => AfterPositional::Accept,
            false => AfterPositional::Refuse,
        },
    }))
}

fn option(option: &world::Opt, names: Names) -> Result<CommandOption, Fault> {
    let spelling = option.spelling.iter().map(|one| match one {
        world::Spelling::Bare => Spelling::Bare,
        world::Spelling::Separate => Spelling::Separate,
        world::Spelling::Joined => Spelling::Joined,
        world::Spelling::Adjoined => Spelling::Adjoined,
    });
    Ok(CommandOption {
        value: option.value.as_ref().map(|one| rule(one, names)).transpose()?,
        spelling: spelling.collect(),
        required: option.required,
        repeats: match option.repeats {
            world::Repeats::Refuse => Repeats::Refuse,
            world::Repeats::Same => Repeats::Same,
            world::Repeats::Any => Repeats::Any,
        },
    })
}

fn rule(rule: &world::Arg, names: Names) -> Result<ArgumentRule, Fault> {
    Ok(match rule {
        world::Arg::Literal(text) => ArgumentRule::Is(text.clone()),
        world::Arg::OneOf(texts) => ArgumentRule::OneOf(texts.iter().cloned().collect()),
        world::Arg::Path { direction: Direction::Input, role } => ArgumentRule::Input(Role::parse(role)?),
        world::Arg::Path { direction: Direction::Output, role } => ArgumentRule::Output(Role::parse(role)?),
        world::Arg::Known { role, digests } => ArgumentRule::KnownInput(KnownInput {
            role: Role::parse(role)?,
            sha256: digests.iter().map(|name| FileDigest::new(names.artifact(name).sha256())).collect(),
        }),
        world::Arg::Listed(one) => ArgumentRule::ManifestInput(manifest(one, names)?),
    })
}

pub(super) fn manifest(manifest: &world::Manifest, names: Names) -> Result<Manifest, Fault> {
    Ok(Manifest {
        key: names.public_key(&manifest.key)?.info().clone(),
        kind: origin_kind(manifest.kind),
        role: Role::parse(&manifest.role)?,
    })
}
