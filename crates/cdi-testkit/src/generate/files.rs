//! Outputs that no argument names whole, what options set, and what names of files must end in (M-FILES, M-TEXT).

use super::{Mutation, pick, table};
use crate::model::world::{
    Arg, CODE, Direction, Invocation, Kind, Line, Made, Opt, Piece, Repeats, Report, ReportKind, Setting,
    Spelling, World,
};
use fastrand::Rng;
use std::collections::BTreeMap;

/// Mutations of files that no argument names whole. Most take the output's argument away first.
pub(super) const MUTATIONS: &[Mutation] = table![
    make_the_output_of_a_word,
    make_the_output_of_another_word,
    make_the_output_of_a_file,
    make_two_outputs,
    make_the_output_of_what_is_not_there,
    call_a_target_by_the_output,
    call_a_target_otherwise,
    set_something,
    set_something_else,
    set_something_twice,
    read_what_is_set,
    take_texts_of_a_kind,
    want_an_ending,
];

const NAME: &str = "--name";

fn runs(world: &mut World) -> impl Iterator<Item = &mut Report> {
    world.evidence.reports.iter_mut().filter(|run| run.kind == ReportKind::Transform)
}

fn invocations(world: &mut World) -> impl Iterator<Item = &mut Invocation> {
    let certifications = world.evidence.certifications.iter_mut();
    certifications
        .flat_map(|one| one.invocations.iter_mut())
        .filter_map(|(name, invocation)| ["safe", "fast"].contains(&name.as_str()).then_some(invocation))
}

/// The line behind the arguments, in which options may stand anywhere.
fn line(invocation: &mut Invocation) -> &mut Line {
    let line = invocation.line.get_or_insert_default();
    line.options_after_positional = true;
    line
}

fn describe(world: &mut World, name: &str, option: &Opt) {
    invocations(world).for_each(|one| drop(line(one).options.insert(name.to_owned(), option.clone())));
}

fn argue(world: &mut World, texts: &[&str]) {
    runs(world).for_each(|run| run.arguments.extend(texts.iter().map(|&text| text.to_owned())));
}

fn value_of(name: &str) -> Piece {
    Piece::Option { name: name.to_owned(), set: None, without: None, otherwise: None }
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

/// Each run says `--name=WORD`, and what it writes is made of that.
fn make(world: &mut World, value: &str, kind: Kind, path: &[Piece], role: &str) {
    let is_output = |rule: &Arg| {
        matches!(
            rule,
            Arg::Path { direction: Direction::Output, .. } | Arg::Named { direction: Direction::Output, .. }
        )
    };
    for one in invocations(world) {
        one.arguments.retain(|rule| !is_output(rule));
        line(one).positional.retain(|rule| !is_output(rule));
        one.outputs.push(Made { role: role.to_owned(), path: path.to_vec() });
    }
    runs(world)
        .for_each(|run| run.arguments.retain(|argument| argument != "out.o" && !argument.starts_with(NAME)));
    let option = Opt {
        value: Some(Arg::Any(kind)),
        spelling: vec![Spelling::Joined, Spelling::Separate],
        required: false,
        repeats: Repeats::Same,
    };
    describe(world, NAME, &option);
    argue(world, &[&format!("{NAME}={value}")]);
}

fn make_the_output_of_a_word(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &[CODE, CODE, CODE, "log"]);
    make(world, "out", Kind::Word, &[value_of(NAME), text(".o")], role);
}

fn make_the_output_of_another_word(world: &mut World, rng: &mut Rng) {
    let value = pick(rng, &["other", "", "-out", "a/out", "out=", "\"out\""]);
    let kind = pick(rng, &[Kind::Word, Kind::Quoted, Kind::Path]);
    let path = pick(rng, &[vec![value_of(NAME), text(".o")], vec![text(""), value_of(NAME), text(".o")]]);
    make(world, value, kind, &path, CODE);
}

fn make_the_output_of_a_file(world: &mut World, rng: &mut Rng) {
    let without = Piece::Option {
        name: NAME.to_owned(),
        set: None,
        without: Some(".c".to_owned()),
        otherwise: Some("out".to_owned()),
    };
    let value = pick(rng, &["out.c", "out.c", "out.h", ".c", "out"]);
    make(world, value, Kind::Path, &[without, text(".o")], CODE);
}

fn make_two_outputs(world: &mut World, rng: &mut Rng) {
    make_the_output_of_a_word(world, rng);
    let (ending, role) = (pick(rng, &[".log", ".o"]), pick(rng, &[CODE, "log"]));
    for one in invocations(world) {
        one.outputs.push(Made { role: role.to_owned(), path: vec![value_of(NAME), text(ending)] });
    }
}

fn make_the_output_of_what_is_not_there(world: &mut World, rng: &mut Rng) {
    let otherwise = pick(rng, &[None, Some("out".to_owned()), Some("other".to_owned())]);
    let piece = Piece::Option { name: NAME.to_owned(), set: None, without: None, otherwise };
    make(world, "out", Kind::Word, &[piece, text(".o")], CODE);
    runs(world).for_each(|run| run.arguments.retain(|argument| !argument.starts_with(NAME)));
}

fn target(world: &mut World, value: &str) {
    make(world, "out", Kind::Word, &[value_of(NAME), text(".o")], CODE);
    let option = Opt {
        value: Some(Arg::Equals(vec![value_of(NAME), text(".o")])),
        spelling: vec![Spelling::Separate],
        required: false,
        repeats: Repeats::Refuse,
    };
    describe(world, "-T", &option);
    argue(world, &["-T", value]);
}

fn call_a_target_by_the_output(world: &mut World, _: &mut Rng) {
    target(world, "out.o");
}

fn call_a_target_otherwise(world: &mut World, rng: &mut Rng) {
    target(world, pick(rng, &["./out.o", "in.c", "out", "other.o"]));
}

/// An option with settings, and runs that give it these.
fn set(world: &mut World, required: bool, any: Option<Arg>, texts: &[&str]) {
    let level = Arg::OneOf(vec!["1".to_owned(), "2".to_owned()]);
    let setting = |value, required, repeats| Setting { value, required, repeats };
    let mut sets = BTreeMap::from([
        ("level".to_owned(), setting(Some(level), required, Repeats::Refuse)),
        ("fast".to_owned(), setting(None, false, Repeats::Any)),
    ]);
    sets.extend(any.map(|rule| ("*".to_owned(), setting(Some(rule), false, Repeats::Same))));
    let option = Opt {
        value: Some(Arg::Sets(sets)),
        spelling: vec![Spelling::Separate, Spelling::Adjoined],
        required: false,
        repeats: Repeats::Any,
    };
    describe(world, "-C", &option);
    argue(world, texts);
}

fn set_something(world: &mut World, rng: &mut Rng) {
    let texts: &[&str] =
        pick(rng, &[&["-C", "level=1"][..], &["-Clevel=2", "-C", "fast"], &["-Cfast", "-Cfast"], &[]]);
    let required = rng.bool();
    set(world, required, None, texts);
}

fn set_something_else(world: &mut World, rng: &mut Rng) {
    let text = pick(rng, &["level=3", "level", "fast=1", "slow", "slow=1", "*=1", "=1", ""]);
    let any = pick(rng, &[None, Some(Arg::Any(Kind::Tail)), Some(Arg::Begins("no".to_owned()))]);
    set(world, false, any, &["-C", text]);
}

fn set_something_twice(world: &mut World, rng: &mut Rng) {
    let second = pick(rng, &["level=1", "level=2", "slow=1", "slow=2"]);
    set(world, false, Some(Arg::Any(Kind::Word)), &["-C", "level=1", "-C", "slow=1", "-C", second]);
}

/// A library is named under a word.
fn read_what_is_set(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &[CODE, "library", "data"]).to_owned();
    let any = Arg::Path { direction: Direction::Input, role };
    let text = pick(rng, &["lib=lib.a", "in=in.c", "lib=none.a"]);
    set(world, false, Some(any), &["-C", text]);
}

fn take_texts_of_a_kind(world: &mut World, rng: &mut Rng) {
    let rule = match rng.u8(0..4) {
        0 => Arg::Any(Kind::Word),
        1 => Arg::Any(Kind::Quoted),
        2 => Arg::Any(Kind::Path),
        _ => Arg::Begins("cfg(".to_owned()),
    };
    let option =
        Opt { value: Some(rule), spelling: vec![Spelling::Separate], required: true, repeats: Repeats::Any };
    describe(world, "-w", &option);
    let text = pick(rng, &["word", "w", "\"word\"", "\"\"", "a/b", "cfg(a, b)", "-w", "@w", "a=b", ""]);
    argue(world, &["-w", text]);
}

/// A file that an argument names must end so.
fn want_an_ending(world: &mut World, rng: &mut Rng) {
    let endings = pick(rng, &[&[".c", ".o", ".a"][..], &[".c", ".a"], &[".o"], &[".h"]]);
    let endings: Vec<String> = endings.iter().map(|&ending| ending.to_owned()).collect();
    let named = |rule: &mut Arg| {
        if let Arg::Path { direction, role } = rule {
            *rule = Arg::Named { direction: *direction, role: role.clone(), endings: endings.clone() };
        }
    };
    for one in invocations(world) {
        one.arguments.iter_mut().for_each(named);
        one.line.iter_mut().for_each(|line| line.positional.iter_mut().for_each(named));
    }
}
