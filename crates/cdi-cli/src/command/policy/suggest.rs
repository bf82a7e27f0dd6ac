//! `cdi policy suggest`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use cdi_policy::{Good, Pins, SuggestError, Wanted, suggest};
use cdi_store::{artifact_digest, default_bundle_path, read_bundles};
use cdi_types::{Clock, Name, Timestamp};
use cdi_verify::{KnownKey, Provenance, TrustError, Verified, verify};
use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::command::trust::named_key;
use crate::command::verify::now;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal;

/// Write the tightest policy that one good bundle satisfies.
///
/// Requires every property that the evidence shows by the word of your anchors, from as many of them as vouched, with reports
/// as closely recorded and keys as safely held as they were, and a history that begins where this one did. Each line has its
/// reason beside it. Whom to trust is for you to say: a bundle cannot. The policy is written only if it allows the artifact by
/// this very evidence. Review it: it is about how one artifact was made, and not about what you need.
///
///   cdi policy suggest app.cwasm --principal provider --anchor acme=acme.pem --anchor borealis=borealis.pem
///   cdi policy suggest app.cwasm --principal provider --anchor acme=acme.pem --origin developer.pub.pem -o provider.yaml
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Suggest {
    /// The artifact
    artifact: PathBuf,
    /// A bundle of evidence; may be given several times [default: ARTIFACT.intoto.jsonl]
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// The principal whose policy it is to be
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Name,
    /// An authority that the principal trusts, by its own name for it; may be given several times
    #[arg(long, value_name = "NAME=PUBLIC.pem", value_parser = anchor)]
    anchor: Vec<(Name, PathBuf)>,
    /// The key of a developer or supplier at whose origins the history may begin; may be given several times
    #[arg(long, value_name = "PUBLIC.pem")]
    origin: Vec<PathBuf>,
    /// Let the history begin at these very bytes, whoever signs them
    #[arg(long, conflicts_with = "origin")]
    pin_origins: bool,
    /// As of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// Where to write the policy [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

fn anchor(text: &str) -> Result<(Name, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=PUBLIC.pem")?;
    Ok((Name::parse(name).map_err(|error| error.to_string())?, PathBuf::from(path)))
}

impl Suggest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if let Some(out) = &self.out {
            cdi_store::foresee_new(out)?;
        }
        let catalogues = self.catalogues.read()?;
        let artifact = artifact_digest(&self.artifact)?;
        let beside = [default_bundle_path(&self.artifact)];
        let paths = if self.bundle.is_empty() { beside.as_slice() } else { &self.bundle };
        let bundles = read_bundles(paths)?;
        let wanted = self.wanted()?;
        let keys = wanted.anchors.iter().map(|(_, key)| key).chain(&wanted.origins).cloned();
        let keys: Vec<KnownKey> = keys.map(KnownKey::from).collect();
        let provenance = verify(&bundles.together, &keys)
            .map_err(|error| Failure::failed(error.code(), error.to_string()))?;
        let clock = Clock::at(self.at.map_or_else(now, Ok)?);
        let good = Good { provenance: &provenance, artifact, clock, catalogues: &catalogues };
        let text = suggest(good, &wanted).map_err(|error| self.refused(error, &provenance, clock))?;
        if let Some(out) = &self.out {
            cdi_store::write_new(out, text.as_bytes(), 0o644)?;
        }
        let file = self.out.as_ref().map(|out| out.display().to_string());
        self.output.say(&Suggested { policy: text, file })?;
        Ok(ExitCode::SUCCESS)
    }

    fn refused(&self, error: SuggestError, provenance: &Verified<Provenance>, clock: Clock) -> Failure {
        match (&error, none_is_current(provenance.get(), clock)) {
            (SuggestError::ShowsNothing { .. } | SuggestError::NoLists, Some(when)) => {
                let hint = if self.at.is_some() {
                    "choose another time with `--at`"
                } else {
                    "see how it was with `--at`"
                };
                refused(error).hint(format!("{when}; {hint}"))
            }
            _ => refused(error),
        }
    }

    fn wanted(&self) -> Result<Wanted, Failure> {
        let read = |path: &PathBuf| named_key::read(path);
        let anchors = self.anchor.iter().map(|(name, path)| Ok((name.clone(), read(path)?)));
        Ok(Wanted {
            principal: self.principal.clone(),
            anchors: anchors.collect::<Result<_, Failure>>()?,
            origins: self.origin.iter().map(read).collect::<Result<_, _>>()?,
            pins: if self.pin_origins { Pins::Digests } else { Pins::Keys },
        })
    }
}

/// A policy that was suggested.
#[derive(Serialize)]
struct Suggested {
    /// The document.
    policy: String,
    /// Where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

impl Answer for Suggested {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        match &self.file {
            Some(file) => writeln!(page, "wrote the policy `{}`", terminal::plain(file))?,
            None => self.policy.lines().for_each(|line| page.verbatim(&terminal::line_of_document(line))),
        }
        Ok(())
    }
}

/// The certifications of the evidence, if there are any and none of them is current.
fn none_is_current(provenance: &Provenance, clock: Clock) -> Option<String> {
    let windows =
        provenance.certifications().iter().map(|one| (one.predicate().not_before, one.predicate().not_after));
    let is_current =
        |(from, until): &(Timestamp, Timestamp)| clock.has_started(*from) && !clock.has_ended(*until);
    let (first, last) =
        (windows.clone().map(|(from, _)| from).min()?, windows.clone().map(|(_, until)| until).max()?);
    let none = !windows.clone().any(|window| is_current(&window));
    none.then(|| {
        format!(
            "at {} no certification in the bundle is current: they are from {first} to {last}",
            clock.now()
        )
    })
}

fn refused(error: SuggestError) -> Failure {
    let hint = match &error {
        SuggestError::NoAnchor => "name an authority that you trust with `--anchor NAME=PUBLIC.pem`",
        SuggestError::ShowsNothing { .. } => {
            "`cdi inspect` shows what is in the bundle; `cdi explain` says what is missing for a policy that you have"
        }
        SuggestError::NoLists => "add the authorities' newest revocation lists with `cdi bundle add`",
        SuggestError::Trust(TrustError::KeyTwice { .. }) => {
            "two `--anchor` have one key: an authority is named once, by one name"
        }
        SuggestError::Trust(TrustError::NameTwice { .. }) => {
            "give each `--anchor` a name of its own; an authority with several keys needs a policy written by hand"
        }
        SuggestError::Trust(_) => "look at what `--anchor` and `--origin` name",
        SuggestError::Appraise(_) => "leave out what does not concern the artifact, with `cdi bundle prune`",
        SuggestError::Document(_) | SuggestError::NotAllowed { .. } => {
            "this is a fault of the program or of its limits; `cdi policy lint` may tell more"
        }
    };
    Failure::failed(error.code(), error).hint(hint)
}
