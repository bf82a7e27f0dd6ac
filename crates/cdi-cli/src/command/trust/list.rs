//! `cdi trust list`.

use std::io::{self, Write as _};
use std::path::Path;

use cdi_decider::Party;
use cdi_policy::{Edition, Hearing, Policy, RequiredPrincipal, Rule, When};
use cdi_types::{ArtifactDigest, Clock, KeyId, PolicyDigest, Timestamp};
use cdi_verify::{OriginRule, Provenance};
use clap::Args;
use serde::Serialize;

use super::documents::{ConfigurationFile, Documents};
use crate::answer::Answer;
use crate::command::verify::now;
use crate::failure::Failure;
use crate::layout::Page;
use crate::parties;
use crate::terminal::{DIM, STRONG, plain};

/// Show who must agree on this host, and whom their policies trust.
///
///   cdi trust list
///   cdi trust list --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct List {
    #[command(flatten)]
    file: ConfigurationFile,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    configuration: String,
    host: String,
    principals: Vec<Principal>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Principal {
    name: String,
    required: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    /// The key that signs its policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<PolicyDigest>,
    pinned: bool,
    /// The lowest version that is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<u64>,
    /// The editions of the file that are in force now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    editions: Vec<Signed>,
    /// Why none is, by the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// Whose word about a place is taken, of those that the configuration names, beside its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accept_asserted: Vec<String>,
    anchors: Vec<Anchor>,
    origins: Vec<Origin>,
}

/// An edition of a signed policy.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    version: u64,
    mode: &'static str,
    audience: Vec<String>,
    not_after: Timestamp,
}

#[derive(Serialize)]
struct Refused {
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Anchor {
    name: String,
    keys: Vec<KeyId>,
    scope: Vec<String>,
    depth: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<ArtifactDigest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyId>,
    kinds: Vec<&'static str>,
}

impl List {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (documents, at) = (Documents::read(&self.file)?, now()?);
        let principals = documents.configuration.principals().iter().map(|principal| {
            if let Some(key) = documents.configuration.policy_key(&principal.name) {
                return Ok(Principal::signing(principal, key.key_id(), &documents, Clock::at(at)));
            }
            let path = documents.policy_path(principal)?;
            let policy = documents.policy(principal)?;
            Ok(Principal::of(principal, &policy, path.display().to_string()).believing(&policy, &documents))
        });
        let document = Document {
            configuration: documents.path.display().to_string(),
            host: documents.configuration.host().to_string(),
            principals: principals.collect::<Result<_, Failure>>()?,
        };
        self.file.output.say(&document)
    }
}

impl Principal {
    /// One who signs its policies: whom they trust is what the editions of the file say that are in force now. What this host
    /// remembers has no part in it.
    fn signing(principal: &RequiredPrincipal, key: KeyId, documents: &Documents, clock: Clock) -> Self {
        let blank = Self { key: Some(key), policy: principal.policy.clone(), ..Self::blank(principal) };
        if principal.policy.is_none() {
            return blank;
        }
        let refused = |code, message| Some(Refused { code, message });
        let (folder, catalogues) = (documents.path.parent().unwrap_or(Path::new("")), &documents.catalogues);
        let party = match parties::read(folder, principal, &documents.configuration, catalogues) {
            Ok(party) => party,
            Err(failure) => return Self { refused: refused(failure.code, failure.message), ..blank },
        };
        let hearing = Hearing { decider: documents.configuration.name(), clock, catalogues };
        let mut shown = blank;
        for found in party.filed_in_force(None, hearing) {
            match found {
                Err(error) => shown.refused = refused(error.code(), error.to_string()),
                Ok(policy) => {
                    shown.editions.extend(policy.edition().map(|edition| Signed::of(edition, &party)));
                    shown = shown.with(policy.policy()).believing(policy.policy(), documents);
                }
            }
        }
        shown
    }

    fn of(principal: &RequiredPrincipal, policy: &Policy, path: String) -> Self {
        Self { policy: Some(path), ..Self::blank(principal).with(policy) }
    }

    fn blank(principal: &RequiredPrincipal) -> Self {
        Self {
            name: principal.name.to_string(),
            required: required(principal.required),
            policy: None,
            key: None,
            sha256: principal.sha256,
            pinned: principal.sha256.is_some(),
            at_least: principal.at_least,
            editions: Vec::new(),
            refused: None,
            rule: None,
            accept_asserted: Vec::new(),
            anchors: Vec::new(),
            origins: Vec::new(),
        }
    }

    /// The same, with what this policy says.
    fn with(self, policy: &Policy) -> Self {
        let terms = policy.trust().map(cdi_verify::Trust::terms);
        let anchors = terms.iter().flat_map(|terms| &terms.anchors).map(|anchor| Anchor {
            name: anchor.name.to_string(),
            keys: anchor.keys.iter().map(cdi_envelope::PublicKey::key_id).collect(),
            scope: anchor.scope.properties.iter().map(ToString::to_string).collect(),
            depth: anchor.scope.depth,
        });
        let origins = terms.iter().flat_map(|terms| &terms.origins).map(|origin| match origin {
            OriginRule::Artifact(artifact) => {
                Origin { artifact: Some(*artifact), key: None, kinds: Vec::new() }
            }
            OriginRule::Key(key, kinds) => {
                let kinds = kinds.iter().map(|kind| kind.as_str()).collect();
                Origin { artifact: None, key: Some(*key), kinds }
            }
        });
        Self {
            sha256: Some(policy.digest()),
            rule: Some(match policy.rule() {
                Rule::AcceptAll => "accept-all",
                Rule::DefaultDeny => "default-deny",
            }),
            anchors: anchors.collect(),
            origins: origins.collect(),
            ..self
        }
    }

    /// Those of this host whose word about a place the policy takes.
    fn believing(self, policy: &Policy, documents: &Documents) -> Self {
        let others = documents.configuration.principals().iter().map(|principal| &principal.name);
        let others = others.filter(|name| **name != *policy.principal() && policy.accepts_asserted_by(name));
        Self { accept_asserted: others.map(ToString::to_string).collect(), ..self }
    }
}

impl Signed {
    fn of(edition: &Edition, party: &Party) -> Self {
        let signed = party.filed().into_iter().flat_map(Provenance::editions);
        let same = signed.filter(|signed| signed.id() == edition.id);
        let audience = same.flat_map(|signed| &signed.predicate().audience).map(ToString::to_string);
        Self {
            version: edition.version,
            mode: edition.mode.as_str(),
            audience: audience.collect(),
            not_after: edition.not_after,
        }
    }
}

const fn required(when: When) -> &'static str {
    match when {
        When::Always => "always",
        When::Granted => "when-granted",
        When::Carried => "when-carried",
    }
}

impl Answer for Document {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let (configuration, host) = (plain(&self.configuration), plain(&self.host));
        writeln!(page, "{STRONG}{configuration}{STRONG:#}  host {host}")?;
        for principal in &self.principals {
            let (name, path, pinned) = (
                plain(&principal.name),
                plain(principal.policy.as_deref().unwrap_or("carried")),
                if principal.pinned { ", pinned" } else { "" },
            );
            let (required, rule) = (principal.required, principal.rule.unwrap_or("signed"));
            let sha256 =
                principal.sha256.map(|sha256| format!(", sha256 {}", sha256.short())).unwrap_or_default();
            let key = principal.key.map(|key| format!(", key {}", key.short())).unwrap_or_default();
            writeln!(
                page,
                "\n{STRONG}{name}{STRONG:#}  {required}, {rule}  {DIM}{path}{key}{sha256}{pinned}{DIM:#}"
            )?;
            principal.at_least.map_or(Ok(()), |least| writeln!(page, "  at least version {least}"))?;
            for Signed { version, mode, audience, not_after } in &principal.editions {
                let audience = plain(&audience.join(", "));
                writeln!(page, "  version {version}, {mode}, for {audience}, until {not_after}")?;
            }
            if let Some(Refused { code, message }) = &principal.refused {
                writeln!(page, "  not in force: {} [{code}]", plain(message))?;
            }
            if !principal.accept_asserted.is_empty() {
                let names = plain(&principal.accept_asserted.join(", "));
                writeln!(page, "  about places takes the word of {names}")?;
            }
            for anchor in &principal.anchors {
                let (name, scope, depth) =
                    (plain(&anchor.name), plain(&anchor.scope.join(", ")), anchor.depth);
                let scope = if scope.is_empty() { "nothing".to_owned() } else { scope };
                writeln!(page, "  anchor {name}  for {scope}, depth {depth}")?;
                anchor.keys.iter().try_for_each(|key| writeln!(page, "    key {key}"))?;
            }
            for origin in &principal.origins {
                match (origin.artifact, origin.key) {
                    (Some(artifact), _) => writeln!(page, "  origin artifact {artifact}")?,
                    (None, Some(key)) => {
                        writeln!(page, "  origin {}\n    key {key}", origin.kinds.join(", "))?;
                    }
                    (None, None) => {}
                }
            }
        }
        Ok(())
    }
}
