//! `cdi-provenance-inspect`: inspector of others' provenance.

mod arguments;
mod render;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, Command, InspectArguments};
use cdi_envelope::{KeyError, PublicKey};
use cdi_provenance_inspect::{Certificate, Expected, InspectError, Provenance, inspect};
use cdi_tool::{RecordingOptions, ToolError};
use cdi_types::{PropertyError, PropertyName, StatementId};

/// Why nothing was found, or not printed, or there is no report.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("the key cannot be used: {0}")]
    Key(#[from] KeyError),
    #[error("the key cannot be used: it is no text")]
    KeyNoText,
    #[error(transparent)]
    Property(#[from] PropertyError),
    #[error("cannot write what was found as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write what was found: {0}")]
    Unwritable(io::Error),
}

impl RunError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tool(error) => error.code(),
            Self::Inspect(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::KeyNoText => "key-pem-malformed",
            Self::Property(error) => error.code(),
            Self::Json(_) | Self::Unwritable(_) => "output-unwritable",
        }
    }

    const fn status(&self) -> u8 {
        match self {
            Self::Inspect(InspectError::RootUnusable { .. }) => 2,
            Self::Inspect(_) => 1,
            _ => 2,
        }
    }
}

fn main() -> ExitCode {
    let Arguments { recording, command: Command::Inspect(arguments) } = cdi_tool::arguments();
    match run(&recording, &arguments) {
        Ok(report) => {
            if let Some(id) = report {
                eprintln!("cdi-provenance-inspect: report {id}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cdi-provenance-inspect: error: {} [{}]", cdi_tool::printable(&error), error.code());
            ExitCode::from(error.status())
        }
    }
}

fn run(recording: &RecordingOptions, arguments: &InspectArguments) -> Result<Option<StatementId>, RunError> {
    PropertyName::parse(&arguments.finds)?;
    let mut session = recording.start(arguments.canonical())?;
    let artifact = session.input(&arguments.artifact)?;
    let text = session.input(&arguments.provenance)?;
    let named = |path: &Option<String>, session: &mut cdi_tool::Session| {
        path.as_ref().map(|path| session.input(path)).transpose().map(Option::unwrap_or_default)
    };
    let (root, pem) = (named(&arguments.trusted_root, &mut session)?, named(&arguments.key, &mut session)?);
    let key;
    let provenance = match &arguments.key {
        Some(_) => {
            key = PublicKey::from_pem(std::str::from_utf8(&pem).map_err(|_| RunError::KeyNoText)?)?;
            Provenance::ByKey(&text, &key)
        }
        None => Provenance::ByCertificate(&text, certificate(arguments, &root)),
    };
    let found = inspect(provenance, &artifact, &expected(arguments))?;
    let shown = render::render(&found, &arguments.finds, arguments.output)?;
    io::stdout().write_all(shown.as_bytes()).map_err(RunError::Unwritable)?;
    session.finding(&artifact, &arguments.finds)?;
    Ok(session.finish_about(&arguments.artifact)?)
}

fn certificate<'a>(arguments: &'a InspectArguments, trusted_root: &'a [u8]) -> Certificate<'a> {
    Certificate {
        trusted_root,
        identity: arguments.certificate_identity.as_deref().unwrap_or_default(),
        issuer: arguments.certificate_issuer.as_deref().unwrap_or_default(),
    }
}

fn expected(arguments: &InspectArguments) -> Expected {
    Expected {
        builder: arguments.builder.clone(),
        build_type: arguments.build_type.clone(),
        step: arguments.step.clone(),
        input: arguments.input.clone(),
    }
}
