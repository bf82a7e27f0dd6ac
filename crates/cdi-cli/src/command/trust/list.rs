//! `cdi trust list`.

use cdi_policy::{Policy, RequiredPrincipal, Rule, When};
use cdi_types::{ArtifactDigest, KeyId, PolicyDigest};
use cdi_verify::OriginRule;
use clap::Args;
use serde::Serialize;

use super::documents::{ConfigurationFile, Documents};
use crate::arguments::Output;
use crate::failure::Failure;
use crate::terminal::{self, DIM, STRONG, plain};

/// Show who must agree on this host, and whom their policies trust.
///
///   cdi trust list
///   cdi trust list --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct List {
    #[command(flatten)]
    file: ConfigurationFile,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    anchors: Vec<Anchor>,
    origins: Vec<Origin>,
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
        let documents = Documents::read(&self.file)?;
        let principals = documents.configuration.principals().iter().map(|principal| {
            if let Some(key) = documents.configuration.policy_key(&principal.name) {
                return Ok(Principal::signing(principal, key.key_id()));
            }
            let path = documents.policy_path(principal)?;
            Ok(Principal::of(principal, &documents.policy(principal)?, path.display().to_string()))
        });
        let document = Document {
            configuration: documents.path.display().to_string(),
            host: documents.configuration.host().to_string(),
            principals: principals.collect::<Result<_, Failure>>()?,
        };
        match self.output {
            Output::Json => terminal::json(&document),
            Output::Text => text(&document),
        }
    }
}

impl Principal {
    /// One who signs its policies: whom they trust is known when they are in force.
    fn signing(principal: &RequiredPrincipal, key: KeyId) -> Self {
        Self {
            name: principal.name.to_string(),
            required: required(principal.required),
            policy: principal.policy.clone(),
            key: Some(key),
            sha256: principal.sha256,
            pinned: principal.sha256.is_some(),
            rule: None,
            anchors: Vec::new(),
            origins: Vec::new(),
        }
    }

    fn of(principal: &RequiredPrincipal, policy: &Policy, path: String) -> Self {
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
            name: principal.name.to_string(),
            required: required(principal.required),
            policy: Some(path),
            key: None,
            sha256: Some(policy.digest()),
            pinned: principal.sha256.is_some(),
            rule: Some(match policy.rule() {
                Rule::AcceptAll => "accept-all",
                Rule::DefaultDeny => "default-deny",
            }),
            anchors: anchors.collect(),
            origins: origins.collect(),
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

fn text(document: &Document) -> Result<(), Failure> {
    let (configuration, host) = (plain(&document.configuration), plain(&document.host));
    terminal::line(format_args!("{STRONG}{configuration}{STRONG:#}  host {host}"))?;
    for principal in &document.principals {
        let (name, path, pinned) = (
            plain(&principal.name),
            plain(principal.policy.as_deref().unwrap_or("carried")),
            if principal.pinned { ", pinned" } else { "" },
        );
        let (required, rule) = (principal.required, principal.rule.unwrap_or("signed"));
        let sha256 =
            principal.sha256.map(|sha256| format!(", sha256 {}", sha256.short())).unwrap_or_default();
        let key = principal.key.map(|key| format!(", key {}", key.short())).unwrap_or_default();
        terminal::line(format_args!(
            "\n{STRONG}{name}{STRONG:#}  {required}, {rule}  {DIM}{path}{key}{sha256}{pinned}{DIM:#}"
        ))?;
        for anchor in &principal.anchors {
            let (name, scope, depth) = (plain(&anchor.name), plain(&anchor.scope.join(", ")), anchor.depth);
            let scope = if scope.is_empty() { "nothing".to_owned() } else { scope };
            terminal::line(format_args!("  anchor {name}  for {scope}, depth {depth}"))?;
            anchor.keys.iter().try_for_each(|key| terminal::line(format_args!("    key {key}")))?;
        }
        for origin in &principal.origins {
            match (origin.artifact, origin.key) {
                (Some(artifact), _) => terminal::line(format_args!("  origin artifact {artifact}"))?,
                (None, Some(key)) => {
                    terminal::line(format_args!("  origin {}\n    key {key}", origin.kinds.join(", ")))?;
                }
                (None, None) => {}
            }
        }
    }
    Ok(())
}
