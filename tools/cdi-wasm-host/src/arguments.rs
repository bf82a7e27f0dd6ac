//! The command line. Nothing is read from the environment, and what stands behind `--` is nobody's option.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_gate::wasm::{Access, Grant, Profile};
use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::FAILED;

/// Run a WebAssembly program that was compiled ahead of time.
///
/// This program decides nothing: whatever it is given, it runs as machine code. Declare it as a runtime in the configuration of a
/// host, so that `cdi run` decides what it is given, and put it into an environment that keeps apart what must be kept apart.
///
/// The exit status is the program's own, 0 to 125. 125 stands for a failure too, and for an irregular end.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The engine profile that the module was compiled for
    #[arg(long, value_name = "NAME", default_value = Profile::GuardPages.name(),
          value_parser = PossibleValuesParser::new(Profile::ALL.map(Profile::name)).try_map(|name| name.parse::<Profile>()))]
    pub(crate) profile: Profile,
    /// A directory that the program finds by the same name; with `:rw` it may write there, if the place lets it; may be repeated
    #[arg(long = "dir", value_name = "/NAME[:rw]", value_parser = directory)]
    pub(crate) directories: Vec<Grant>,
    /// A variable that the program gets; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) variables: Vec<(String, String)>,
    /// The most linear memory
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 32)]
    pub(crate) memory: u64,
    /// The module, and the program's arguments
    #[arg(last = true, required = true, value_name = "MODULE [ARGUMENT]")]
    pub(crate) program: Vec<String>,
}

const EXAMPLES: &str = "\
As a runtime in a configuration:
  runtime:
    program: /opt/cdi/bin/cdi-wasm-host
    inside: gvisor
    modules: precompiled
    arguments: [\"--dir={directory}:rw\", \"--env={variable}\", \"--\", \"{module}\", \"{arguments}\"]

By hand, where nothing else keeps the program apart:
  cdi-wasm-host --dir /data -- app.cwasm /data/today.csv";

impl Arguments {
    /// # Errors
    /// The status to end with, when what there is to say has been said.
    pub(crate) fn read() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            if !error.use_stderr() {
                print!("{error}");
                return ExitCode::SUCCESS;
            }
            let plain = |c: char| c == '\n' || !c.is_control();
            let said: String = error.to_string().chars().filter(|c| plain(*c)).collect();
            eprint!("{said}");
            ExitCode::from(FAILED)
        })
    }
}

fn directory(text: &str) -> Result<Grant, &'static str> {
    let (path, access) = match text.strip_suffix(":rw") {
        Some(path) => (path, Access::ReadWrite),
        None => (text, Access::Read),
    };
    let name = path.strip_prefix('/').unwrap_or_default();
    if name.is_empty() || name.contains('/') || [".", ".."].contains(&name) {
        return Err("it is no directory of the root, as `/NAME`");
    }
    Ok(Grant { host: PathBuf::from(path), guest: path.to_owned(), access })
}

fn variable(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it is not `NAME=VALUE`")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from([&["cdi-wasm-host"], words].concat())
    }

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_directory_is_one_of_the_root() {
        let read = |text: &str| parse(&["--dir", text, "--", "m"]).map(|read| read.directories[0].clone());
        let grant = read("/data").unwrap();
        assert_eq!((grant.guest.as_str(), grant.access), ("/data", Access::Read));
        let grant = read("/data:rw").unwrap();
        assert_eq!((grant.guest.as_str(), grant.access), ("/data", Access::ReadWrite));
        for text in ["", "/", "data", "/..", "/.", "/a/b", ":rw", "/:rw"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_two_dashes_is_the_programs() {
        let read = parse(&["--env=A=b=c", "--", "--help", "--dir", "-x", "--"]).unwrap();
        assert_eq!(read.program, ["--help", "--dir", "-x", "--"]);
        assert_eq!(read.variables, [("A".to_owned(), "b=c".to_owned())]);
        assert!(read.directories.is_empty());
        assert!(parse(&["module"]).is_err() && parse(&["--"]).is_err());
    }
}
