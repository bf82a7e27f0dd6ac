//! `cdi catalogue`.

use std::process::ExitCode;

use cdi_policy::Kind;
use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::terminal::{self, DIM, STRONG};

/// Show the words that certifications and policies use, and what they mean.
///
/// A policy names its catalogue by the digest shown here, and is read under that one only.
#[derive(Args)]
pub(crate) struct Catalogue {
    /// How it is written: for people, as the document itself, or its digest alone
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Form {
    #[default]
    Text,
    Yaml,
    Digest,
}

impl Catalogue {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let catalogue = cdi_policy::Catalogue::builtin()?;
        match self.output {
            Form::Digest => terminal::line(catalogue.digest())?,
            Form::Yaml => {
                terminal::line(
                    String::from_utf8_lossy(cdi_policy::Catalogue::builtin_document()).trim_end(),
                )?;
            }
            Form::Text => text(&catalogue)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(catalogue: &cdi_policy::Catalogue) -> Result<(), Failure> {
    terminal::line(format_args!("{STRONG}{}{STRONG:#}  sha256 {}", catalogue.name(), catalogue.digest()))?;
    for (title, kind) in [("of the code", Kind::Code), ("of the place", Kind::Platform)] {
        terminal::line(format_args!("\nproperties {title}"))?;
        for (name, property) in catalogue.properties().iter().filter(|(_, property)| property.kind == kind) {
            let kept = if property.preservable { " (a step can preserve it)" } else { "" };
            terminal::line(format_args!(
                "  {STRONG}{name}{STRONG:#}{DIM}{kept}{DIM:#}\n      {}",
                property.meaning
            ))?;
        }
    }
    terminal::line("\ntags")?;
    for (name, tag) in catalogue.tags() {
        terminal::line(format_args!("  {STRONG}{name}{STRONG:#} := {}\n      {}", tag.formula, tag.meaning))?;
    }
    Ok(())
}
