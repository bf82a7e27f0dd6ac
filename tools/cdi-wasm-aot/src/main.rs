//! `cdi-wasm-aot`: ahead-of-time compiler and assembler for core WebAssembly.

mod arguments;
mod run;

use std::process::ExitCode;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments: Arguments = cdi_tool::arguments();
    match run::run(&arguments.recording, &arguments.command) {
        Ok(report) => {
            if let Some(id) = report {
                eprintln!("cdi-wasm-aot: report {id}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cdi-wasm-aot: error: {} [{}]", cdi_tool::printable(&error), error.code());
            ExitCode::from(error.status())
        }
    }
}
