//! `cdi policy explain`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use cdi_policy::{Catalogues, Reading, Rule, Topic, Word};
use cdi_types::{KeyId, Mode, Name, PolicyDigest, PolicyEdition, Timestamp};
use clap::Args;
use serde::Serialize;

use super::source::{Source, sources};
use crate::answer::{Answer, Outputs, VALUES};
use crate::catalogues::CatalogueArguments;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal::{DIM, STRONG, plain};

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
    #[command(flatten)]
    output: Outputs<VALUES>,
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
        self.output.say(&Explained { policies })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Answer for Explained {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        self.policies.iter().try_for_each(|policy| policy.text(page))
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

    fn text(&self, page: &mut Page) -> io::Result<()> {
        let (name, principal) = (plain(self.name.as_str()), plain(self.principal.as_str()));
        writeln!(page, "{STRONG}{name}{STRONG:#}, the policy of `{principal}`")?;
        writeln!(page, "  {DIM}document {}{DIM:#}", self.document)?;
        if let Some(edition) = &self.edition {
            edition.sentences().iter().try_for_each(|said| writeln!(page, "  {}", plain(said)))?;
        }
        let mut topic = "";
        for said in &self.says {
            if std::mem::replace(&mut topic, said.topic) != said.topic {
                writeln!(page, "{STRONG}{}{STRONG:#}", said.topic)?;
            }
            writeln!(page, "  {}", plain(&said.sentence))?;
        }
        if !self.words.is_empty() {
            writeln!(page, "{STRONG}words{STRONG:#}")?;
        }
        self.words.iter().try_for_each(|word| word.text(page))
    }
}

impl Meaning {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let (word, meaning) = (plain(&self.word), plain(&self.meaning));
        writeln!(page, "  {STRONG}{word}{STRONG:#} ({}): {meaning}", self.kind)?;
        let stands_for = self.stands_for.as_deref().map(plain);
        stands_for.map_or(Ok(()), |formula| writeln!(page, "    {DIM}it stands for {formula}{DIM:#}"))
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
