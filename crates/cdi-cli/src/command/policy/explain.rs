//! `cdi policy explain`.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_policy::{Catalogues, Reading, Rule, Topic, Word};
use cdi_types::{KeyId, Mode, Name, PolicyDigest, PolicyEdition, Timestamp};
use clap::Args;
use serde::Serialize;

use super::source::{Source, sources};
use crate::arguments::Output;
use crate::catalogues::CatalogueArguments;
use crate::failure::Failure;
use crate::terminal::{self, DIM, STRONG, plain};

/// Say in sentences what a policy asks, whom it trusts for what, and what it leaves to the place.
///
/// For whoever has to agree to a policy and has not written it. A file is a document, or the editions that `cdi policy sign`
/// wrote; no signature is verified. Whether the policy is a good one `cdi policy lint` has something to say about, and
/// what it decides about an artifact `cdi verify`.
///
///   cdi policy explain provider.yaml
///   cdi policy explain provider.intoto.jsonl --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Explain {
    /// The policy
    file: PathBuf,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
struct Explained {
    policies: Vec<Policy>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    name: Name,
    principal: Name,
    document: PolicyDigest,
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<Edition>,
    says: Vec<Said>,
    words: Vec<Meaning>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edition {
    key: KeyId,
    version: u64,
    audience: Vec<Name>,
    not_before: Timestamp,
    not_after: Timestamp,
    mode: &'static str,
}

#[derive(Serialize)]
struct Said {
    topic: &'static str,
    sentence: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meaning {
    word: String,
    kind: &'static str,
    meaning: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stands_for: Option<String>,
}

impl Explain {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let catalogues = self.catalogues.read()?;
        let sources = sources(&self.file, &catalogues)?;
        let policies: Vec<Policy> = sources.iter().map(|source| Policy::of(source, &catalogues)).collect();
        match self.output {
            Output::Json => terminal::json(&Explained { policies })?,
            Output::Text => policies.iter().try_for_each(Policy::text)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Policy {
    fn of(source: &Source, catalogues: &Catalogues) -> Self {
        let policy = &source.policy;
        let reading = Reading::of(policy, catalogues);
        let said = |(topic, sentence): (Topic, String)| Said { topic: topic.as_str(), sentence };
        let meaning = |Word { word, kind, meaning, stands_for }| Meaning { word, kind, meaning, stands_for };
        Self {
            name: policy.name().clone(),
            principal: policy.principal().clone(),
            document: policy.digest(),
            rule: match policy.rule() {
                Rule::AcceptAll => "accept-all",
                Rule::DefaultDeny => "default-deny",
            },
            edition: source.edition.as_deref().map(Edition::of),
            says: reading.sentences.into_iter().map(said).collect(),
            words: reading.words.into_iter().map(meaning).collect(),
        }
    }

    fn text(&self) -> Result<(), Failure> {
        let (name, principal) = (plain(self.name.as_str()), plain(self.principal.as_str()));
        terminal::line(format_args!("{STRONG}{name}{STRONG:#}, the policy of `{principal}`"))?;
        terminal::line(format_args!("  {DIM}document {}{DIM:#}", self.document))?;
        if let Some(edition) = &self.edition {
            edition
                .sentences()
                .iter()
                .try_for_each(|said| terminal::line(format_args!("  {}", plain(said))))?;
        }
        let mut topic = "";
        for said in &self.says {
            if std::mem::replace(&mut topic, said.topic) != said.topic {
                terminal::line(format_args!("{STRONG}{}{STRONG:#}", said.topic))?;
            }
            terminal::line(format_args!("  {}", plain(&said.sentence)))?;
        }
        if !self.words.is_empty() {
            terminal::line(format_args!("{STRONG}words{STRONG:#}"))?;
        }
        self.words.iter().try_for_each(Meaning::text)
    }
}

impl Meaning {
    fn text(&self) -> Result<(), Failure> {
        let (word, meaning) = (plain(&self.word), plain(&self.meaning));
        terminal::line(format_args!("  {STRONG}{word}{STRONG:#} ({}): {meaning}", self.kind))?;
        let stands_for = self.stands_for.as_deref().map(plain);
        stands_for
            .map_or(Ok(()), |formula| terminal::line(format_args!("    {DIM}it stands for {formula}{DIM:#}")))
    }
}

impl Edition {
    fn of(edition: &PolicyEdition) -> Self {
        Self {
            key: edition.issuer,
            version: edition.version,
            audience: edition.audience.clone(),
            not_before: edition.not_before,
            not_after: edition.not_after,
            mode: edition.mode.as_str(),
        }
    }

    fn sentences(&self) -> Vec<String> {
        let audience: Vec<&str> = self.audience.iter().map(Name::as_str).collect();
        let refuses = if self.mode == Mode::Enforce.as_str() {
            "What it refuses is refused."
        } else {
            "It refuses nothing: what it would refuse is only shown."
        };
        vec![
            format!(
                "Version {}, by the policy key {}, for the deciders `{}`. The signature is not verified here.",
                self.version,
                self.key.short(),
                audience.join("`, `")
            ),
            format!(
                "It is in force from {} until {}, in mode `{}`. {refuses}",
                self.not_before, self.not_after, self.mode
            ),
        ]
    }
}
