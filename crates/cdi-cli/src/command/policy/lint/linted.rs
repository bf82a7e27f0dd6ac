//! What was found, as it is shown; and how policies and configurations come to be looked at.

use std::path::Path;

use cdi_envelope::PublicKey;
use cdi_policy::{
    Catalogues, Configuration, EditionError, Level, Lines, PlatformProperty, Policy, RequiredPrincipal,
    Setting, Voice, Written, conflicts, lint,
};
use cdi_types::{KeyId, Name, PolicyEdition, Timestamp};
use serde::Serialize;

use crate::command::policy::source::{Source, sources};
use crate::decision;
use crate::failure::Failure;
use crate::{count, embedded};

#[derive(Serialize, Default)]
pub(super) struct Linted {
    pub(super) policies: Vec<OfPolicy>,
    pub(super) conflicts: Vec<Conflict>,
    #[serde(skip)]
    worst: Option<Level>,
}

#[derive(Serialize)]
pub(super) struct OfPolicy {
    pub(super) file: String,
    principal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    pub(super) findings: Vec<Finding>,
}

#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) level: &'static str,
    pub(super) place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

#[derive(Serialize)]
pub(super) struct Conflict {
    pub(super) level: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: &'static str,
    pub(super) texts: Vec<Text>,
}

#[derive(Serialize)]
pub(super) struct Text {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) principal: Option<String>,
    pub(super) file: String,
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    pub(super) text: String,
}

/// A policy of a configuration, with its file.
struct Filed<'c> {
    entry: &'c RequiredPrincipal,
    file: String,
    policy: Policy,
    lines: Lines,
}

impl Filed<'_> {
    const fn voice(&self) -> Voice<'_> {
        Voice { entry: self.entry, written: Written { policy: &self.policy, lines: &self.lines } }
    }
}

impl Linted {
    /// Looks at every policy of a file.
    pub(super) fn file(
        &mut self,
        path: &Path,
        catalogues: &Catalogues,
        now: Timestamp,
    ) -> Result<(), Failure> {
        for source in sources(path, catalogues)? {
            self.policy(path.display().to_string(), &source, catalogues, now);
        }
        Ok(())
    }

    /// Looks at one policy, once.
    fn policy(&mut self, file: String, source: &Source, catalogues: &Catalogues, now: Timestamp) {
        let version = source.edition.as_ref().map(|edition| edition.version);
        if self.policies.iter().any(|known| known.is(&file) && known.version == version) {
            return;
        }
        let lines = Lines::of(&source.bytes);
        let findings = lint(Written { policy: &source.policy, lines: &lines }, catalogues, now);
        self.worst = self.worst.into_iter().chain(findings.iter().map(|finding| finding.level)).min();
        self.policies.push(OfPolicy {
            file,
            principal: source.policy.principal().to_string(),
            version,
            findings: findings.into_iter().map(Finding::of).collect(),
        });
    }

    /// Adds an error to what was found in the newest policy of a file.
    fn add(&mut self, file: &str, error: Option<Finding>) {
        let newest =
            self.policies.iter_mut().filter(|known| known.is(file)).max_by_key(|known| known.version);
        if let (Some(newest), Some(error)) = (newest, error) {
            newest.findings.push(error);
            self.worst = Some(Level::Error);
        }
    }

    /// Looks at the policies of a configuration, and at what does not go together.
    pub(super) fn configuration(&mut self, path: &Path, now: Timestamp) -> Result<(), Failure> {
        let (configuration, catalogues) = decision::configuration(path)?;
        let bytes = cdi_store::read_document(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut filed = Vec::new();
        for entry in configuration.principals() {
            let Some(policy) = &entry.policy else { continue };
            let file = folder.join(policy);
            let key = configuration.policy_key(&entry.name).map(PublicKey::key_id);
            let Some(source) = newest(sources(&file, &catalogues)?, key) else { continue };
            entry
                .load(&source.bytes, &catalogues)
                .map_err(|error| Failure::from(error).about(format!("policy of `{}`", entry.name)))?;
            let file = file.display().to_string();
            self.policy(file.clone(), &source, &catalogues, now);
            let unfit = source.edition.as_deref().and_then(|edition| unfit(edition, entry, &configuration));
            self.add(&file, unfit);
            filed.push(Filed { entry, file, lines: Lines::of(&source.bytes), policy: source.policy });
        }
        self.together(path, &configuration, &Lines::of(&bytes), &filed)
    }

    fn together(
        &mut self,
        path: &Path,
        configuration: &Configuration,
        lines: &Lines,
        filed: &[Filed<'_>],
    ) -> Result<(), Failure> {
        let voices: Vec<Voice<'_>> = filed.iter().map(Filed::voice).collect();
        let places = places(configuration)?;
        let found = conflicts(Setting { configuration, lines, places: &places }, &voices);
        self.worst = self.worst.into_iter().chain(found.iter().map(|conflict| conflict.level)).min();
        let file = |name: &cdi_types::Name| {
            let of = filed.iter().find(|filed| filed.entry.name == *name);
            of.map(|filed| filed.file.clone()).unwrap_or_default()
        };
        let text = |quoted: cdi_policy::Quoted| Text {
            principal: quoted.whose.as_ref().map(ToString::to_string),
            file: quoted.whose.as_ref().map_or_else(|| path.display().to_string(), file),
            place: quoted.place,
            line: quoted.line,
            text: quoted.text,
        };
        self.conflicts.extend(found.into_iter().map(|conflict| Conflict {
            level: conflict.level.as_str(),
            code: conflict.code,
            message: conflict.message,
            hint: conflict.hint,
            texts: conflict.texts.into_iter().map(text).collect(),
        }));
        Ok(())
    }

    pub(super) fn worst(&self) -> Option<Level> {
        self.worst
    }

    /// How much was found, for people.
    pub(super) fn count(&self) -> String {
        let findings = self.policies.iter().map(|policy| policy.findings.len()).sum();
        let (findings, policies) = (count::of(findings, "finding"), count::of(self.policies.len(), "policy"));
        match self.conflicts.len() {
            0 => format!("{findings} in {policies}"),
            more => format!(
                "{findings} in {policies}, and {}",
                count::of(more, "finding") + " in what they are together"
            ),
        }
    }
}

impl OfPolicy {
    fn is(&self, file: &str) -> bool {
        let at = |path: &str| Path::new(path).canonicalize().ok();
        self.file == file || at(&self.file).is_some_and(|known| Some(known) == at(file))
    }
}

/// Why no decision under this configuration goes by an edition, if that can be told without its time.
fn unfit(
    edition: &PolicyEdition,
    entry: &RequiredPrincipal,
    configuration: &Configuration,
) -> Option<Finding> {
    let (decider, version) = (configuration.name(), edition.version);
    let error = if edition.principal != entry.name {
        let (expected, found) = (entry.name.clone(), edition.principal.clone());
        EditionError::OfAnother { expected, found }
    } else if !edition.audience.contains(decider) {
        let found: Vec<&str> = edition.audience.iter().map(Name::as_str).collect();
        EditionError::Audience { decider: decider.clone(), found: found.join("`, `") }
    } else {
        let least = entry.at_least.filter(|least| version < *least)?;
        EditionError::BelowLeast { found: version, least }
    };
    let (level, place) = (Level::Error.as_str(), "edition".to_owned());
    let (code, message, hint) = (error.code(), error.to_string(), error.hint());
    Some(Finding { level, place, line: None, code, message, hint })
}

impl Finding {
    fn of(finding: cdi_policy::Finding) -> Self {
        let cdi_policy::Finding { level, place, line, code, message, hint } = finding;
        Self { level: level.as_str(), place, line, code, message, hint }
    }
}

/// The edition by the policy key with the greatest version; a document is alone.
fn newest(sources: Vec<Source>, key: Option<KeyId>) -> Option<Source> {
    let signed_by = |source: &Source| source.edition.as_ref().map(|edition| edition.issuer) == key;
    sources
        .into_iter()
        .filter(signed_by)
        .max_by_key(|source| source.edition.as_ref().map(|edition| edition.version))
}

/// The environments of a configuration and of the gate; the former take the place of the latter.
fn places(configuration: &Configuration) -> Result<Vec<(String, Vec<PlatformProperty>)>, Failure> {
    let described = configuration.environments().iter();
    let mut places: Vec<_> =
        described.map(|environment| (environment.name.to_string(), environment.provides.clone())).collect();
    for (name, provides) in embedded::everywhere()? {
        if !places.iter().any(|(known, _)| *known == name) {
            places.push((name, provides));
        }
    }
    Ok(places)
}
