//! Command lines, held against the grammars of the claims that ship (rules F-INVOCATION, M-INVOCATION, M-FILES).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use arbitrary::{Arbitrary as _, Unstructured};
use cdi_authority::Toolchain;
use cdi_testkit::driver::{Names, compare, expressible};
use cdi_testkit::generate::generate_allowing;
use cdi_testkit::model::world::{
    Arg, Direction, Invocation, Kind, Line, Made, Opt, Piece, Repeats, ReportKind, Setting, Spelling, World,
};
use cdi_types::{
    AfterPositional, ArgumentRule, Arguments, Assigned, CommandLine, CommandOption, OptionPart, Part,
    TextKind, Unnamed,
};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "arguments",
    oracle: "a run counts under the grammar of a tool of which claims ship exactly where the model finds, among all ways to read its \
             arguments, one that the grammar describes",
    run,
    seeds,
    words: Vec::new,
    most: 96,
};

const NAMES: Names = Names::salted(0);

/// The words of a command line, at most: the model tries every way to read them.
const WORDS: usize = 9;

/// A grammar, and texts that have to do with it.
struct Grammar {
    invocation: Invocation,
    texts: Vec<String>,
}

static GRAMMARS: LazyLock<Vec<Grammar>> = LazyLock::new(|| {
    let of = |tool: &Toolchain| {
        let claims = tool.claims(&[], Unnamed::Code).unwrap();
        claims.invocations.into_values().map(|found| grammar(&found)).collect::<Vec<_>>()
    };
    Toolchain::all().iter().flat_map(of).collect()
});

/// Worlds that are allowed, and have a step that is a run with an input and an output.
static WORLDS: LazyLock<Vec<World>> = LazyLock::new(|| (0..24).map(generate_allowing).collect());

/// A world, a grammar, and words: each a byte for a text of the grammar and one for what is put to it.
fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(world) = input.choose(&WORLDS[..]) else { return };
    let Ok(grammar) = input.choose(&GRAMMARS[..]) else { return };
    let mut world = world.clone();
    let Some(report) = world.evidence.reports.iter().find(|report| report.kind == ReportKind::Transform)
    else {
        return;
    };
    let files: Vec<String> =
        report.inputs.iter().chain(&report.outputs).map(|(path, _)| path.clone()).collect();
    let arguments = words(&mut input, grammar, &files);
    let key = report.key.clone();
    for report in world.evidence.reports.iter_mut().filter(|report| report.key == key) {
        report.arguments.clone_from(&arguments);
    }
    let certifications = world.evidence.certifications.iter_mut().filter(|one| one.report_key == key);
    for invocation in certifications.flat_map(|one| one.invocations.values_mut()) {
        let Invocation { arguments, line, outputs, .. } = grammar.invocation.clone();
        (invocation.arguments, invocation.line, invocation.outputs) = (arguments, line, outputs);
    }
    let (world, _) = expressible(&world);
    let agreement = compare(&world, NAMES, |_| {});
    assert!(agreement.disagreements.is_empty(), "{arguments:?}: {:#?}", agreement.disagreements);
}

fn words(input: &mut Unstructured<'_>, grammar: &Grammar, files: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    while words.len() < WORDS && input.len() >= 2 {
        match word(input, grammar, files) {
            // Some go on where the last one ended.
            Ok((true, text)) if !words.is_empty() => words.last_mut().unwrap().push_str(&text),
            Ok((_, text)) => words.push(text),
            Err(_) => break,
        }
    }
    words
}

fn word(
    input: &mut Unstructured<'_>,
    grammar: &Grammar,
    files: &[String],
) -> arbitrary::Result<(bool, String)> {
    let (kind, goes_on) = (u8::arbitrary(input)?, bool::arbitrary(input)?);
    let text = match kind % 8 {
        0..4 => input.choose(&grammar.texts)?.clone(),
        4 | 5 if !files.is_empty() => input.choose(files)?.clone(),
        6 => (*input.choose(&[
            "=", "-", "--", "", "./", "@", ",", "a", "0", "\"\"", "..", "/", "x.o", "lib", ".c",
        ])?)
        .to_owned(),
        _ => {
            let length = usize::from(u8::arbitrary(input)? % 6).min(input.len());
            String::from_utf8_lossy(input.bytes(length)?).chars().filter(|c| *c != '\0').collect()
        }
    };
    Ok((goes_on, text))
}

fn grammar(found: &cdi_types::Invocation) -> Grammar {
    let (arguments, line) = match &found.arguments {
        Arguments::Sequence(rules) => (rules.iter().map(rule).collect(), None),
        Arguments::CommandLine(found) => (found.first.iter().map(rule).collect(), Some(line(found))),
    };
    let outputs =
        found.outputs.iter().map(|made| Made { role: made.role.to_string(), path: pieces(&made.path) });
    let invocation = Invocation {
        arguments,
        line,
        environment: BTreeMap::new(),
        settings: BTreeMap::new(),
        exit_status: BTreeSet::new(),
        generates: false,
        manifests: Vec::new(),
        all_listed: false,
        outputs: outputs.collect(),
    };
    let mut texts = BTreeSet::new();
    if let Arguments::CommandLine(line) = &found.arguments {
        texts.extend(line.options.keys().cloned());
    }
    found.arguments.rules().for_each(|rule| texts_of(rule, &mut texts));
    Grammar { invocation, texts: texts.into_iter().collect() }
}

fn texts_of(rule: &ArgumentRule, texts: &mut BTreeSet<String>) {
    match rule {
        ArgumentRule::Is(text) | ArgumentRule::Begins(text) => drop(texts.insert(text.clone())),
        ArgumentRule::OneOf(several) => texts.extend(several.iter().cloned()),
        ArgumentRule::Assigns(set) => texts.extend(set.keys().cloned()),
        ArgumentRule::NamedInput(named) | ArgumentRule::NamedOutput(named) => {
            texts.extend(named.endings.iter().map(|ending| format!("x{}", ending.as_str())));
        }
        _ => {}
    }
}

fn line(line: &CommandLine) -> Line {
    Line {
        options: line.options.iter().map(|(name, found)| (name.clone(), option(found))).collect(),
        positional: line.positional.iter().map(rule).collect(),
        rest: line.rest.as_ref().map(rule),
        options_after_positional: line.options_after_positional == AfterPositional::Accept,
    }
}

fn option(option: &CommandOption) -> Opt {
    let spelling = |found: &cdi_types::Spelling| match found {
        cdi_types::Spelling::Bare => Spelling::Bare,
        cdi_types::Spelling::Separate => Spelling::Separate,
        cdi_types::Spelling::Joined => Spelling::Joined,
        cdi_types::Spelling::Adjoined => Spelling::Adjoined,
    };
    Opt {
        value: option.value.as_ref().map(rule),
        spelling: option.spelling.iter().map(spelling).collect(),
        required: option.required,
        repeats: repeats(option.repeats),
    }
}

const fn repeats(found: cdi_types::Repeats) -> Repeats {
    match found {
        cdi_types::Repeats::Refuse => Repeats::Refuse,
        cdi_types::Repeats::Same => Repeats::Same,
        cdi_types::Repeats::Any => Repeats::Any,
    }
}

fn setting(found: &Assigned) -> Setting {
    Setting {
        value: found.value.as_deref().map(rule),
        required: found.required,
        repeats: repeats(found.repeats),
    }
}

fn pieces(parts: &[Part]) -> Vec<Piece> {
    let piece = |part: &Part| match part {
        Part::Text(text) => Piece::Text(text.clone()),
        Part::Option(OptionPart { name, assigned, without, otherwise }) => Piece::Option {
            name: name.clone(),
            set: assigned.clone(),
            without: without.as_ref().map(|ending| ending.as_str().to_owned()),
            otherwise: otherwise.clone(),
        },
    };
    parts.iter().map(piece).collect()
}

fn rule(rule: &ArgumentRule) -> Arg {
    use Direction::{Input, Output};
    let named = |direction, named: &cdi_types::NamedFile| Arg::Named {
        direction,
        role: named.role.to_string(),
        endings: named.endings.iter().map(|ending| ending.as_str().to_owned()).collect(),
    };
    match rule {
        ArgumentRule::Is(text) => Arg::Literal(text.clone()),
        ArgumentRule::OneOf(texts) => Arg::OneOf(texts.iter().cloned().collect()),
        ArgumentRule::Any(TextKind::Word) => Arg::Any(Kind::Word),
        ArgumentRule::Any(TextKind::Tail) => Arg::Any(Kind::Tail),
        ArgumentRule::Any(TextKind::Quoted) => Arg::Any(Kind::Quoted),
        ArgumentRule::Any(TextKind::Path) => Arg::Any(Kind::Path),
        ArgumentRule::Begins(text) => Arg::Begins(text.clone()),
        ArgumentRule::Equals(parts) => Arg::Equals(pieces(parts)),
        ArgumentRule::Assigns(set) => {
            Arg::Sets(set.iter().map(|(name, found)| (name.clone(), setting(found))).collect())
        }
        ArgumentRule::Input(role) => Arg::Path { direction: Input, role: role.to_string() },
        ArgumentRule::Output(role) => Arg::Path { direction: Output, role: role.to_string() },
        ArgumentRule::InputTree(role) => Arg::Tree { direction: Input, role: role.to_string() },
        ArgumentRule::OutputTree(role) => Arg::Tree { direction: Output, role: role.to_string() },
        ArgumentRule::NamedInput(found) => named(Input, found),
        ArgumentRule::NamedOutput(found) => named(Output, found),
        // Whose content is known has no name here: the world's own files are taken for it.
        ArgumentRule::KnownInput(known) => {
            Arg::Known { role: known.role.to_string(), digests: vec!["main.c".to_owned()] }
        }
        ArgumentRule::ManifestInput(manifest) => {
            Arg::Path { direction: Input, role: manifest.role.to_string() }
        }
    }
}

/// Of each grammar a few lines that begin as it may.
fn seeds() -> Vec<Vec<u8>> {
    let grammars = GRAMMARS.len();
    let one = |n: usize| {
        let byte = |n: usize| u8::try_from(n % 256).unwrap();
        let mut seed = vec![byte(n * 11), byte((n % grammars) * 256 / grammars + 1)];
        seed.extend(
            (0..8).flat_map(|word| [byte(word % 3), 0, byte(n * 29 + word * 53), 4, 0, byte(word * 128)]),
        );
        seed
    };
    (0..grammars * 4).map(one).collect()
}
