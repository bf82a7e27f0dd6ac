//! The command line. Every option stands once at most, and nothing is read from the environment.

use cdi_tool::RecordingOptions;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

/// Say whether somebody's provenance vouches for a file: signed by whom, and saying what.
///
/// Exit status: 0 it does, 1 it does not, 2 anything else, for example wrong usage or an unreadable file.
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
What is read: SLSA provenance v1 and v0.2, in-toto links v0.3, collections of Witness, each in an envelope; with `--key` also
links that are the payload of an envelope.

With `--trusted-root` the file is one Sigstore bundle, and verified are, without a network: the certificate's chain, its embedded
timestamp of a certificate log, its name and issuer, the entry of the transparency log with proof and checkpoint, the times, and
the signature. All of it must be so. With `--key` a signature by this very key is verified, ECDSA P-256 or Ed25519.

The property that `--finds` names is found if all that is asked for is so. Whoever certifies this tool says, in the invocation,
for which values of the other options the property means something.

Examples:
  cdi-provenance-inspect inspect --finds ACME_BUILT_BY_CI --trusted-root trusted_root.json \\
    --certificate-identity https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main \\
    --certificate-issuer https://token.actions.githubusercontent.com app app.sigstore.json
  cdi-provenance-inspect inspect --finds ACME_BUILT --key builder.pem --builder https://ci.example app app.intoto.jsonl";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify a file's provenance, and hold it to what is asked for.
    Inspect(InspectArguments),
}

/// The options of `inspect`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("signer").required(true).args(["trusted_root", "key"]))]
pub(crate) struct InspectArguments {
    /// The property that is found if everything is as asked for.
    #[arg(long, value_name = "PROPERTY")]
    pub(crate) finds: String,
    /// The trusted root of Sigstore by which a certificate is verified (JSON).
    #[arg(long, value_name = "FILE", requires_all = ["certificate_identity", "certificate_issuer"])]
    pub(crate) trusted_root: Option<String>,
    /// The name in the certificate, whole: a URI, or an electronic mail address.
    #[arg(long, value_name = "NAME", requires = "trusted_root")]
    pub(crate) certificate_identity: Option<String>,
    /// The identity provider in the certificate, whole.
    #[arg(long, value_name = "URL", requires = "trusted_root")]
    pub(crate) certificate_issuer: Option<String>,
    /// The public key that must have signed (PEM).
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) key: Option<String>,
    /// The builder's id, whole.
    #[arg(long, value_name = "ID")]
    pub(crate) builder: Option<String>,
    /// The type of the build, whole.
    #[arg(long, value_name = "URI")]
    pub(crate) build_type: Option<String>,
    /// The name of the step.
    #[arg(long, value_name = "NAME")]
    pub(crate) step: Option<String>,
    /// The URI or name of something that it was made of, whole: the source repository, say.
    #[arg(long, value_name = "NAME")]
    pub(crate) input: Option<String>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
    /// The file that it is about.
    #[arg(value_name = "ARTIFACT")]
    pub(crate) artifact: String,
    /// The file with the provenance, one statement.
    #[arg(value_name = "PROVENANCE")]
    pub(crate) provenance: String,
}

impl InspectArguments {
    /// The operation in the form that reports carry and certifications describe: options in one order, those that are not there
    /// left out. How it was printed makes no difference.
    pub(crate) fn canonical(&self) -> Vec<String> {
        let options = [
            ("--finds", Some(&self.finds)),
            ("--trusted-root", self.trusted_root.as_ref()),
            ("--certificate-identity", self.certificate_identity.as_ref()),
            ("--certificate-issuer", self.certificate_issuer.as_ref()),
            ("--key", self.key.as_ref()),
            ("--builder", self.builder.as_ref()),
            ("--build-type", self.build_type.as_ref()),
            ("--step", self.step.as_ref()),
            ("--input", self.input.as_ref()),
        ];
        let mut arguments = vec!["inspect".to_owned()];
        for (name, value) in options.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
        {
            arguments.extend([name.to_owned(), value.clone()]);
        }
        arguments.extend([self.artifact.clone(), self.provenance.clone()]);
        arguments
    }
}

/// How to print what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }
}
