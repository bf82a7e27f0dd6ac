//! The command line.
//!
//! Every option stands once at most, options of the tool's own recorder stand before the subcommand, and nothing is read
//! from the environment.

use cdi_tool::RecordingOptions;
use cdi_wasm_aot::{OptLevel, Profile, SpectreMitigations};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

/// Turn core WebAssembly into machine code for one engine profile, or text into a module.
///
/// The output is written under a temporary name, synced and renamed: it is whole or absent. Equal inputs and options
/// give equal outputs on every machine.
///
/// Exit status: 0 done, 1 the input was refused, 2 anything else, for example wrong usage or an unreadable file.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Who signs the report of the run.
    #[command(flatten)]
    pub(crate) recording: RecordingOptions,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cdi-wasm-aot assemble hello.wat -o hello.wasm
  cdi-wasm-aot compile --profile wasmtime-48-guard-pages --opt-level speed hello.wasm -o hello.cwasm
  cdi-wasm-aot compile --profile wasmtime-48-software-checks --opt-level speed hello.wasm -o hello.cwasm";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile a core module to machine code.
    ///
    /// `wasmtime-48-guard-pages` leaves out most bounds checks and is safe only on a host that lays out guard pages of
    /// the same sizes. `wasmtime-48-software-checks` puts a check before every access; it costs some 40 to 76 % of speed
    /// and needs no guard pages.
    Compile(CompileArguments),
    /// Assemble WebAssembly text to a core module.
    Assemble(Files),
}

/// The options of `compile`.
#[derive(Debug, Args)]
pub(crate) struct CompileArguments {
    /// The engine profile that the artifact is for.
    #[arg(long, value_name = "NAME", value_parser = names(Profile::ALL.map(Profile::name)).try_map(|name| name.parse::<Profile>()))]
    pub(crate) profile: Profile,
    /// How hard to optimise.
    #[arg(long, value_name = "LEVEL", value_parser = names(OptLevel::ALL.map(OptLevel::name)).try_map(|name| name.parse::<OptLevel>()))]
    pub(crate) opt_level: OptLevel,
    /// Whether bounds checks hold under speculative execution too. No engine refuses code without it: only a report and
    /// a policy can.
    #[arg(long, value_name = "CHOICE", default_value = SpectreMitigations::On.name(), value_parser = names(SpectreMitigations::ALL.map(SpectreMitigations::name)).try_map(|name| name.parse::<SpectreMitigations>()))]
    pub(crate) spectre_mitigations: SpectreMitigations,
    /// What to read and write.
    #[command(flatten)]
    pub(crate) files: Files,
}

/// What to read and write.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// The file to read, 64 MiB at most.
    #[arg(value_name = "INPUT")]
    pub(crate) input: String,
    /// The file to write; one that exists is replaced.
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: String,
}

impl Command {
    /// The operation in the form that reports carry and certifications describe: every option once, in this order, with
    /// its default written out; then the paths as they were given.
    pub(crate) fn canonical(&self) -> Vec<String> {
        let (mut words, files) = match self {
            Self::Compile(arguments) => (
                vec![
                    "compile",
                    "--profile",
                    arguments.profile.name(),
                    "--opt-level",
                    arguments.opt_level.name(),
                    "--spectre-mitigations",
                    arguments.spectre_mitigations.name(),
                ],
                &arguments.files,
            ),
            Self::Assemble(files) => (vec!["assemble"], files),
        };
        words.extend([files.input.as_str(), "-o", files.output.as_str()]);
        words.into_iter().map(str::to_owned).collect()
    }
}

fn names<const N: usize>(names: [&'static str; N]) -> PossibleValuesParser {
    PossibleValuesParser::new(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_option_given_twice_is_refused() {
        let line = "x compile --profile wasmtime-48-guard-pages --profile wasmtime-48-guard-pages --opt-level speed a -o b";
        assert!(Arguments::try_parse_from(line.split(' ')).is_err());
    }

    #[test]
    fn the_canonical_form_has_every_option_whatever_was_typed() {
        let line = "x compile --opt-level none a.wasm -o b.cwasm --profile wasmtime-48-guard-pages";
        let canonical = Arguments::try_parse_from(line.split(' ')).unwrap().command.canonical();
        let expected = "compile --profile wasmtime-48-guard-pages --opt-level none --spectre-mitigations on a.wasm -o b.cwasm";
        assert_eq!(canonical.join(" "), expected);
    }

    #[test]
    fn an_abbreviated_option_is_refused() {
        let line = "x compile --prof wasmtime-48-guard-pages --opt-level speed a -o b";
        assert!(Arguments::try_parse_from(line.split(' ')).is_err());
    }
}
