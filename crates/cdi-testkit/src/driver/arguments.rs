//! What the arguments of a run may be, in production's words.

use super::statements::origin_kind;
use super::{Fault, Names};
use crate::model::world::{self, Direction};
use cdi_types::{
    AfterPositional, ArgumentRule, Arguments, Assigned, CommandLine, CommandOption, Ending, KnownInput,
    MadeOutput, Manifest, NamedFile, OptionPart, Part, Repeats, Role, Spelling, TextKind,
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
        repeats: repeats(option.repeats),
    })
}

const fn repeats(repeats: world::Repeats) -> Repeats {
    match repeats {
        world::Repeats::Refuse => Repeats::Refuse,
        world::Repeats::Same => Repeats::Same,
        world::Repeats::Any => Repeats::Any,
    }
}

const fn kind(kind: world::Kind) -> TextKind {
    match kind {
        world::Kind::Word => TextKind::Word,
        world::Kind::Tail => TextKind::Tail,
        world::Kind::Quoted => TextKind::Quoted,
        world::Kind::Path => TextKind::Path,
    }
}

fn assigned(setting: &world::Setting, names: Names) -> Result<Assigned, Fault> {
    Ok(Assigned {
        value: setting.value.as_ref().map(|one| rule(one, names)).transpose()?.map(Box::new),
        required: setting.required,
        repeats: repeats(setting.repeats),
    })
}

fn parts(pieces: &[world::Piece]) -> Result<Vec<Part>, Fault> {
    let part = |piece: &world::Piece| {
        Ok(match piece {
            world::Piece::Text(text) => Part::Text(text.clone()),
            world::Piece::Option { name, set, without, otherwise } => Part::Option(OptionPart {
                name: name.clone(),
                assigned: set.clone(),
                without: without.as_deref().map(ending).transpose()?,
                otherwise: otherwise.clone(),
            }),
        })
    };
    pieces.iter().map(part).collect()
}

fn ending(text: &str) -> Result<Ending, Fault> {
    Ending::parse(text).map_err(Fault::Ending)
}

pub(super) fn outputs(described: &world::Invocation) -> Result<Vec<MadeOutput>, Fault> {
    let output =
        |made: &world::Made| Ok(MadeOutput { role: Role::parse(&made.role)?, path: parts(&made.path)? });
    described.outputs.iter().map(output).collect()
}

fn rule(rule: &world::Arg, names: Names) -> Result<ArgumentRule, Fault> {
    Ok(match rule {
        world::Arg::Literal(text) => ArgumentRule::Is(text.clone()),
        world::Arg::OneOf(texts) => ArgumentRule::OneOf(texts.iter().cloned().collect()),
        world::Arg::Any(one) => ArgumentRule::Any(kind(*one)),
        world::Arg::Begins(text) => ArgumentRule::Begins(text.clone()),
        world::Arg::Equals(pieces) => ArgumentRule::Equals(parts(pieces)?),
        world::Arg::Sets(sets) => {
            let set = sets.iter().map(|(name, setting)| Ok((name.clone(), assigned(setting, names)?)));
            ArgumentRule::Assigns(set.collect::<Result<_, Fault>>()?)
        }
        world::Arg::Path { direction: Direction::Input, role } => ArgumentRule::Input(Role::parse(role)?),
        world::Arg::Tree { direction: Direction::Input, role } => ArgumentRule::InputTree(Role::parse(role)?),
        world::Arg::Tree { direction: Direction::Output, role } => {
            ArgumentRule::OutputTree(Role::parse(role)?)
        }
        world::Arg::Path { direction: Direction::Output, role } => ArgumentRule::Output(Role::parse(role)?),
        world::Arg::Named { direction, role, endings } => {
            let endings = endings.iter().map(|text| ending(text)).collect::<Result<_, Fault>>()?;
            let named = NamedFile { role: Role::parse(role)?, endings };
            match direction {
                Direction::Input => ArgumentRule::NamedInput(named),
                Direction::Output => ArgumentRule::NamedOutput(named),
            }
        }
        world::Arg::Known { role, digests } => ArgumentRule::KnownInput(KnownInput {
            role: Role::parse(role)?,
            sha256: digests.iter().map(|name| names.file(name)).collect(),
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
