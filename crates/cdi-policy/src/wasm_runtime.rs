//! A WebAssembly runtime that a host declares: a program, and how it is asked to run a module (rule P-RUNTIME).
//!
//! The arguments are a template with a closed list of placeholders. What stands for them is the request's, and a request can
//! never begin an option of the runtime's: the module has a fixed name, directories and variables stand behind what the
//! host has written, and the program's arguments come last.

use serde::Deserialize;

/// The most arguments of a template, those of its groups counted one by one: no runtime has more options.
const MOST_ARGUMENTS: usize = 64;
/// The longest argument, in bytes.
const LONGEST_ARGUMENT: usize = 1024;
/// Behind this no program that keeps to POSIX's guidelines takes an argument for an option.
const END_OF_OPTIONS: &str = "--";

/// A runtime, as a configuration declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmRuntime {
    /// The path of its executable, from the root.
    pub program: String,
    /// How it is asked to run a module.
    pub template: Template,
    /// The arguments with which it says its version; none, if it is not to be asked.
    pub version: Vec<String>,
    /// In which environment it runs, and the module with it.
    pub inside: Inside,
    /// What it takes.
    pub modules: Modules,
}

/// An environment of the gate that runs a static program: the runtime is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inside {
    /// A process under the kernel's filters and namespaces.
    #[default]
    Confined,
    /// A container of `runc`.
    Runc,
    /// A container of `crun`.
    Crun,
    /// A container of gVisor's `runsc`.
    Gvisor,
}

/// What a runtime takes for a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modules {
    /// Core modules as bytecode.
    #[default]
    Bytecode,
    /// Core modules that Wasmtime has compiled ahead of time.
    Precompiled,
}

impl Inside {
    /// As a configuration has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confined => "confined",
            Self::Runc => "runc",
            Self::Crun => "crun",
            Self::Gvisor => "gvisor",
        }
    }
}

impl Modules {
    /// As a configuration has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bytecode => "bytecode",
            Self::Precompiled => "precompiled",
        }
    }
}

/// A runtime as it is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Declared {
    program: String,
    arguments: Vec<Written>,
    #[serde(default)]
    version: Vec<String>,
    #[serde(default)]
    inside: Inside,
    #[serde(default)]
    modules: Modules,
}

/// One argument, or several that belong together.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Together(Vec<String>),
}

/// The arguments of a runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Group>);

/// Arguments that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How often they are there.
    pub each: Each,
    /// The arguments.
    pub arguments: Vec<Vec<Piece>>,
}

/// How often arguments are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// Once.
    Once,
    /// Once for each directory that the program is given.
    Directory,
    /// Once for each variable that the program is given.
    Variable,
    /// They are the program's own arguments, whatever these begin with.
    Arguments,
    /// The same, where the runtime may take one that begins with `-` for an option of its own.
    ArgumentsWithoutDashes,
}

/// A piece of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// The path of the module.
    Module,
    /// A directory, as `/NAME`.
    Directory,
    /// A variable, as `NAME=VALUE`.
    Variable,
    /// The program's arguments.
    Arguments,
}

/// Why a runtime cannot be declared so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// A program that would be looked for.
    #[error("`{program}` is no path from the root without `.` and `..`")]
    Program {
        /// What is written.
        program: String,
    },
    /// Too many arguments, or one that is too long.
    #[error("it has more than {MOST_ARGUMENTS} arguments, or one of more than {LONGEST_ARGUMENT} bytes")]
    TooLarge,
    /// An argument that is not of visible ASCII.
    #[error("the argument `{argument}` is empty, or has a character that is no visible one of ASCII")]
    Characters {
        /// What is written, with what is not visible escaped.
        argument: String,
    },
    /// A brace that begins or ends no placeholder of the list.
    #[error(
        "`{argument}` has a placeholder that there is not: `{{module}}`, `{{directory}}`, `{{variable}}` and `{{arguments}}` are those"
    )]
    Placeholder {
        /// What is written.
        argument: String,
    },
    /// The module stands nowhere, or twice, or within something else.
    #[error("`{{module}}` must be one argument, once")]
    Module,
    /// The program's arguments are not at the end.
    #[error("`{{arguments}}` must be one argument, the last, behind `{{module}}`")]
    Arguments,
    /// Arguments for each of two things.
    #[error("`{{directory}}` and `{{variable}}` do not stand together, nor with others")]
    Mixed,
}

impl RuntimeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Program { .. } => "runtime-program-refused",
            Self::TooLarge => "limit-runtime-arguments",
            Self::Characters { .. }
            | Self::Placeholder { .. }
            | Self::Module
            | Self::Arguments
            | Self::Mixed => "runtime-template-refused",
        }
    }
}

impl WasmRuntime {
    pub(crate) fn parse(declared: &Declared) -> Result<Self, RuntimeError> {
        let steps = declared.program.strip_prefix('/').map(|rest| rest.split('/'));
        let whole = |mut steps: std::str::Split<'_, char>| {
            steps.all(|step| !["", ".", ".."].contains(&step) && !step.contains('\0'))
        };
        if !steps.is_some_and(whole) {
            return Err(RuntimeError::Program { program: declared.program.escape_debug().to_string() });
        }
        small(declared.version.iter())?;
        declared.version.iter().try_for_each(|text| visible(text))?;
        let template = Template::parse(&declared.arguments)?;
        let Declared { program, version, inside, modules, .. } = declared.clone();
        Ok(Self { program, template, version, inside, modules })
    }
}

impl Template {
    fn parse(written: &[Written]) -> Result<Self, RuntimeError> {
        small(written.iter().flat_map(Written::texts))?;
        let mut groups = written.iter().map(Group::parse).collect::<Result<Vec<_>, _>>()?;
        let named = |piece: &Piece| {
            let all = groups.iter().enumerate();
            let holds = |group: &Group| group.arguments.iter().flatten().any(|found| found == piece);
            all.filter(|(_, group)| holds(group)).map(|(at, _)| at).collect::<Vec<_>>()
        };
        let alone = |at: usize, piece: &Piece| {
            groups.get(at).is_some_and(|group| group.arguments == [std::slice::from_ref(piece)])
        };
        let [module] = *named(&Piece::Module) else { return Err(RuntimeError::Module) };
        if !alone(module, &Piece::Module) {
            return Err(RuntimeError::Module);
        }
        let last = match *named(&Piece::Arguments) {
            [] => return Ok(Self(groups)),
            [at] if at + 1 == groups.len() && alone(at, &Piece::Arguments) => at,
            _ => return Err(RuntimeError::Arguments),
        };
        let ends = |group: &Group| group.arguments == [[Piece::Text(END_OF_OPTIONS.to_owned())]];
        if !groups.iter().take(last).any(ends)
            && let Some(group) = groups.get_mut(last)
        {
            group.each = Each::ArgumentsWithoutDashes;
        }
        Ok(Self(groups))
    }

    /// Its groups, in their order.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.0
    }
}

impl Written {
    fn texts(&self) -> std::slice::Iter<'_, String> {
        match self {
            Self::One(text) => std::slice::from_ref(text).iter(),
            Self::Together(texts) => texts.iter(),
        }
    }
}

impl Group {
    fn parse(written: &Written) -> Result<Self, RuntimeError> {
        let arguments = written.texts().map(|text| pieces(text)).collect::<Result<Vec<_>, _>>()?;
        let mut found = arguments.iter().flatten().filter_map(|piece| match piece {
            Piece::Text(_) | Piece::Module => None,
            Piece::Directory => Some(Each::Directory),
            Piece::Variable => Some(Each::Variable),
            Piece::Arguments => Some(Each::Arguments),
        });
        let each = found.next().unwrap_or(Each::Once);
        if found.any(|other| other != each) {
            return Err(RuntimeError::Mixed);
        }
        Ok(Self { each, arguments })
    }
}

fn small<'t>(mut texts: impl Iterator<Item = &'t String>) -> Result<(), RuntimeError> {
    let long = |text: &String| text.len() > LONGEST_ARGUMENT;
    if texts.by_ref().take(MOST_ARGUMENTS).any(long) || texts.next().is_some() {
        return Err(RuntimeError::TooLarge);
    }
    Ok(())
}

fn visible(text: &str) -> Result<(), RuntimeError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RuntimeError::Characters { argument: text.escape_debug().to_string() });
    }
    Ok(())
}

fn pieces(text: &str) -> Result<Vec<Piece>, RuntimeError> {
    visible(text)?;
    let unknown = || RuntimeError::Placeholder { argument: text.to_owned() };
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, placeholder) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let (name, behind) = placeholder.split_once('}').ok_or_else(unknown)?;
        pieces.push(match name {
            "{module" => Piece::Module,
            "{directory" => Piece::Directory,
            "{variable" => Piece::Variable,
            "{arguments" => Piece::Arguments,
            _ => return Err(unknown()),
        });
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(program: &str, arguments: &str) -> Result<WasmRuntime, RuntimeError> {
        let document = format!(r#"{{"program": "{program}", "arguments": {arguments}}}"#);
        WasmRuntime::parse(&serde_json::from_str(&document).unwrap())
    }

    fn code(arguments: &str) -> &'static str {
        parse("/usr/bin/iwasm", arguments).unwrap_err().code()
    }

    #[test]
    fn a_template_is_read_into_groups() {
        let written = r#"["run", ["--map-dir", "{directory}::{directory}"], "--env={variable}", "--", "{module}", "{arguments}"]"#;
        let runtime = parse("/usr/bin/wasmtime", written).unwrap();
        let each: Vec<Each> = runtime.template.groups().iter().map(|group| group.each).collect();
        assert_eq!(
            each,
            [Each::Once, Each::Directory, Each::Variable, Each::Once, Each::Once, Each::Arguments]
        );
    }

    #[test]
    fn a_runtime_is_confined_and_takes_bytecode_unless_it_is_said_otherwise() {
        let runtime = parse("/a", r#"["{module}"]"#).unwrap();
        assert_eq!((runtime.inside, runtime.modules), (Inside::Confined, Modules::Bytecode));
        for inside in [Inside::Confined, Inside::Runc, Inside::Crun, Inside::Gvisor] {
            for modules in [Modules::Bytecode, Modules::Precompiled] {
                let (inside_word, word) = (inside.as_str(), modules.as_str());
                let said = format!(r#"["{{module}}"], "inside": "{inside_word}", "modules": "{word}""#);
                let runtime = parse("/a", &said).unwrap();
                assert_eq!((runtime.inside, runtime.modules), (inside, modules));
            }
        }
        for other in [r#""inside": "process""#, r#""inside": "none""#, r#""modules": "any""#] {
            let document = format!(r#"{{"program": "/a", "arguments": ["{{module}}"], {other}}}"#);
            assert!(serde_json::from_str::<Declared>(&document).is_err(), "{other}");
        }
    }

    #[test]
    fn a_program_is_named_by_its_whole_path() {
        for program in ["iwasm", "./iwasm", "", "/", "/usr/../bin/iwasm", "/usr/./iwasm", "//iwasm", "/bin/"]
        {
            assert_eq!(parse(program, r#"["{module}"]"#).unwrap_err().code(), "runtime-program-refused");
        }
    }

    #[test]
    fn a_placeholder_that_there_is_not_is_refused() {
        for text in ["{}", "{Module}", "{module", "module}", "{{module}}", "{ module }", "{env}", "{dir:a=b}"]
        {
            assert_eq!(code(&format!(r#"["{{module}}", "{text}"]"#)), "runtime-template-refused", "{text}");
        }
    }

    #[test]
    fn the_module_stands_by_itself_and_once() {
        for text in ["[]", r#"["run"]"#, r#"["{module}", "{module}"]"#, r#"["--module={module}"]"#] {
            assert_eq!(parse("/a", text).unwrap_err(), RuntimeError::Module, "{text}");
        }
        assert_eq!(parse("/a", r#"[["-m", "{module}"]]"#).unwrap_err(), RuntimeError::Module);
    }

    #[test]
    fn the_programs_arguments_stand_last_and_by_themselves() {
        for text in [
            r#"["{arguments}", "{module}"]"#,
            r#"["{module}", "{arguments}", "--dir=/"]"#,
            r#"["{module}", "--args={arguments}"]"#,
            r#"["{module}", ["--", "{arguments}"]]"#,
            r#"["{module}", "{arguments}", "{arguments}"]"#,
        ] {
            assert_eq!(parse("/a", text).unwrap_err(), RuntimeError::Arguments, "{text}");
        }
        assert_eq!(parse("/a", r#"["{module}", "{directory}{variable}"]"#).unwrap_err(), RuntimeError::Mixed);
    }

    #[test]
    fn dashes_of_the_program_are_let_through_behind_the_end_of_options_only() {
        let last = |text: &str| parse("/a", text).unwrap().template.groups().last().unwrap().each;
        assert_eq!(last(r#"["{module}", "{arguments}"]"#), Each::ArgumentsWithoutDashes);
        assert_eq!(last(r#"["{module}", "--", "{arguments}"]"#), Each::Arguments);
        assert_eq!(last(r#"["--", "{module}", "{arguments}"]"#), Each::Arguments);
        assert_eq!(last(r#"["--x=--", "{module}", "{arguments}"]"#), Each::ArgumentsWithoutDashes);
    }

    #[test]
    fn what_is_too_large_or_not_visible_is_refused() {
        let many = vec![r#""a""#; MOST_ARGUMENTS].join(", ");
        assert_eq!(code(&format!(r#"["{{module}}", {many}]"#)), "limit-runtime-arguments");
        let long = "a".repeat(LONGEST_ARGUMENT + 1);
        assert_eq!(code(&format!(r#"["{{module}}", "{long}"]"#)), "limit-runtime-arguments");
        let (_, longest) = long.split_at(1);
        assert!(parse("/a", &format!(r#"["{{module}}", "{longest}"]"#)).is_ok());
        for text in ["", "a b", "a\\u0000", "\\u001b[2J", "\u{e9}"] {
            assert_eq!(code(&format!(r#"["{{module}}", "{text}"]"#)), "runtime-template-refused", "{text}");
        }
    }
}
