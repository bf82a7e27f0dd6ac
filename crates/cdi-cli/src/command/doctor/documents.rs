//! The configuration, its policies and its directories.

use std::path::Path;

use cdi_policy::{Catalogues, Configuration, EditionError, Hearing, Policy, RequiredPrincipal, Rule, When};
use cdi_types::{Clock, Timestamp};
use cdi_verify::{Freshness, Trust};

use super::files::{folder_of, writers};
use super::report::Report;
use crate::failure::Failure;
use crate::memory::Remembered;
use crate::parties;
use crate::words;

/// Looks at the documents.
pub(super) fn look(path: &Path, memory: &Remembered, now: Timestamp, report: &mut Report) {
    report.looked("the configuration", path.display());
    let (configuration, catalogues) = match crate::decision::configuration(path) {
        Ok(read) => read,
        Err(failure) if failure.code == "file-missing" => {
            report.error(path.display(), failure.hint("`cdi init` writes one to begin with"));
            return;
        }
        Err(failure) => {
            report.error(path.display(), failure);
            return;
        }
    };
    writers(path, report);
    let folder = path.parent().unwrap_or(Path::new(""));
    for entry in configuration.catalogue_entries() {
        let path = folder.join(&entry.path);
        report.looked("the catalogue", path.display());
        writers(&path, report);
    }
    let always = |principal: &&RequiredPrincipal| principal.required == When::Always;
    let mut asked = false;
    for principal in configuration.principals() {
        let policy = match &principal.key {
            Some(_) => {
                let hearing = hearing(&configuration, &catalogues, memory, now);
                editions(folder, principal, &configuration, (memory, hearing), report)
            }
            None => policy(folder, principal, &catalogues, report),
        };
        let asks = policy.is_none_or(|policy| policy.rule() == Rule::DefaultDeny);
        asked |= asks && always(&principal);
    }
    if !asked {
        let message = "everybody who must always agree accepts everything";
        report.warning(path.display(), Failure::failed("nothing-required", message));
    }
    directories(folder, &configuration, report);
    locks(&folder_of(path), report);
}

/// Who decides, as `cdi verify` would now.
fn hearing<'a>(
    configuration: &'a Configuration,
    catalogues: &'a Catalogues,
    memory: &Remembered,
    now: Timestamp,
) -> Hearing<'a> {
    // A clock that is behind is told of elsewhere.
    let clock = Clock::at(memory.time(now).unwrap_or(now));
    Hearing { decider: configuration.name(), clock, catalogues }
}

/// The file of a principal who signs its policies, if the configuration names one: what of it is in force is asked as a
/// decision asks it.
fn editions(
    folder: &Path,
    principal: &RequiredPrincipal,
    configuration: &Configuration,
    (memory, hearing): (&Remembered, Hearing<'_>),
    report: &mut Report,
) -> Option<Policy> {
    let path = folder.join(principal.policy.as_ref()?);
    report.looked("the signed policy", path.display());
    let party = match parties::read(folder, principal, configuration, hearing.catalogues) {
        Ok(party) => party,
        Err(failure) => {
            report.error(path.display(), failure);
            return None;
        }
    };
    writers(&path, report);
    let mut in_force = None;
    for found in party.filed_in_force(memory.edition(&party), hearing) {
        match found {
            Ok(policy) => in_force = Some(policy.policy().clone()),
            Err(error) => {
                let failure = Failure::failed(error.code(), &error).hint(error.hint());
                // What is remembered can come with the bundle of each artifact.
                match error {
                    EditionError::RolledBack { .. } | EditionError::OnlyTried { .. } => {
                        report.warning(path.display(), failure.about("refused by itself"));
                    }
                    _ => report.error(path.display(), failure),
                }
            }
        }
    }
    if let Some(trust) = in_force.as_ref().and_then(Policy::trust) {
        trusts(&path, trust, hearing.catalogues, report);
    }
    in_force
}

fn policy(
    folder: &Path,
    principal: &RequiredPrincipal,
    catalogues: &Catalogues,
    report: &mut Report,
) -> Option<Policy> {
    let path = folder.join(principal.policy.as_ref()?);
    report.looked("the policy", path.display());
    let bytes = match cdi_store::read_document(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let hint = format!("the configuration names it as the policy of `{}`", principal.name);
            report.error(path.display(), Failure::from(error).hint(hint));
            return None;
        }
    };
    writers(&path, report);
    match principal.load(&bytes, catalogues) {
        Ok(policy) => {
            if let Some(trust) = policy.trust() {
                trusts(&path, trust, catalogues, report);
            }
            Some(policy)
        }
        Err(error) => {
            let pin = error.code() == "policy-digest";
            let mut failure = words::unread(error, catalogues);
            if pin {
                failure =
                    failure.hint("look at what was changed, then pin the new digest in the configuration");
            }
            report.error(path.display(), failure);
            None
        }
    }
}

fn trusts(path: &Path, trust: &Trust, catalogues: &Catalogues, report: &mut Report) {
    for anchor in &trust.terms().anchors {
        let about = format!("{}, anchor `{}`", path.display(), anchor.name);
        if anchor.scope.properties.is_empty() {
            let message = "it has no scope, and may speak about nothing";
            let failure = Failure::failed("anchor-without-scope", message);
            report.warning(&about, failure.hint("name what it may speak about, or take the anchor out"));
        } else if let Err(failure) = words::scope_meant(&anchor.scope.properties, catalogues) {
            report.warning(&about, failure);
        }
    }
    if trust.terms().freshness == Freshness::DangerouslyNone {
        let message = "revocations that are left out of a bundle are not missed";
        let failure = Failure::failed("revocation-not-asked", message);
        report.warning(path.display(), failure.hint("say how old lists may be: `revocation: {maxAge: 7d}`"));
    }
}

fn directories(folder: &Path, configuration: &Configuration, report: &mut Report) {
    for directory in configuration.directories() {
        let path = folder.join(&directory.path);
        report.looked("the directory", path.display());
        if !path.is_dir() {
            let message = format!("the directory `{}` is not there", directory.name);
            let failure = Failure::failed("directory-missing", message);
            report.error(path.display(), failure.hint("make it, or take it out of the configuration"));
        }
    }
}

/// Folders are locked while something in them is written.
fn locks(folder: &Path, report: &mut Report) {
    let locked = std::fs::File::open(folder).map(|folder| folder.try_lock_shared());
    if let Ok(Err(std::fs::TryLockError::Error(error))) = locked {
        let message = format!("its file system does not lock folders: {error}");
        let failure = Failure::failed("folder-lock-unavailable", message);
        report.warning(folder.display(), failure.hint("let only one process at a time write there"));
    }
}
