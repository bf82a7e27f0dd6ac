//! `cdi-wasm-aot`: ahead-of-time compiler and assembler for core WebAssembly.

mod arguments;
mod files;
mod run;

use std::process::ExitCode;

use arguments::Arguments;
use clap::Parser;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run::run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cdi-wasm-aot: error: {error} [{}]", error.code());
            ExitCode::from(error.status())
        }
    }
}
