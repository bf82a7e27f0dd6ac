//! Grants that one principal makes and another refuses.

use super::{Conflict, Quoted, Setting, Voice};
use crate::configuration::{DirectoryRule, When};
use crate::grants::Access;
use crate::lint::Level;

pub(super) fn of(setting: &Setting<'_>, voices: &[Voice<'_>]) -> Vec<Conflict> {
    let directories = setting.configuration.directories().iter().enumerate();
    let mut found: Vec<Conflict> =
        directories.filter_map(|(n, directory)| directory_of(setting, n, directory, voices)).collect();
    found.extend(voices.iter().flat_map(|voice| variables(*voice, voices)));
    found.extend(voices.iter().filter_map(|voice| everything(setting, *voice)));
    found
}

/// Who is asked when a directory is given, of those that look at grants.
fn asked<'a>(directory: &DirectoryRule, voices: &[Voice<'a>]) -> Vec<Voice<'a>> {
    let is_asked = |voice: &&Voice<'_>| {
        let looks = voice.written.policy.demands.is_some();
        looks && (voice.entry.required != When::Granted || voice.entry.name == directory.owner)
    };
    voices.iter().filter(is_asked).copied().collect()
}

/// What a policy lets be done with a directory, and where it says so.
fn allows(voice: Voice<'_>, directory: &DirectoryRule) -> Option<(Access, Quoted)> {
    let grants = &voice.written.policy.demands.as_ref()?.grants.directories;
    let own = grants.iter().enumerate().filter(|(_, grant)| grant.name == directory.name);
    let (n, most) = own.max_by_key(|(_, grant)| grant.access)?;
    Some((most.access, voice.quote(format!("spec.grants.directories[{n}]"))))
}

fn directory_of(
    setting: &Setting<'_>,
    n: usize,
    directory: &DirectoryRule,
    voices: &[Voice<'_>],
) -> Option<Conflict> {
    let asked = asked(directory, voices);
    let said: Vec<_> = asked.iter().map(|voice| (*voice, allows(*voice, directory))).collect();
    let granting = said.iter().find_map(|(voice, said)| Some((voice, said.as_ref()?)));
    let refusing = said.iter().find(|(_, said)| said.is_none());
    let name = &directory.name;
    match (granting, refusing) {
        (None, None) => None,
        (None, Some((refusing, _))) => Some(Conflict {
            level: Level::Note,
            code: "directory-never-granted",
            message: format!("no policy grants `{name}`, so that no program is given it"),
            hint: "have every principal that must agree grant it, or leave it out of the configuration",
            texts: vec![setting.quote(format!("spec.directories[{n}]")), refusing.quote("spec.grants")],
        }),
        (Some((granting, (access, text))), Some((refusing, _))) => Some(Conflict {
            level: Level::Warning,
            code: "grants-conflict",
            message: format!(
                "`{}` grants `{name}` to {}, and `{}` does not grant it: no program is given it",
                granting.entry.name,
                access.as_str(),
                refusing.entry.name
            ),
            hint: "every principal that must agree has to grant it",
            texts: vec![text.clone(), refusing.quote("spec.grants")],
        }),
        (Some(_), None) => less(name, &said),
    }
}

/// Everybody grants it, and not to the same.
fn less(name: &cdi_types::Name, said: &[(Voice<'_>, Option<(Access, Quoted)>)]) -> Option<Conflict> {
    let of = |wanted: Access| {
        said.iter().find_map(|(voice, said)| {
            let (access, text) = said.as_ref()?;
            (*access == wanted).then_some((voice, text))
        })
    };
    let ((wide, more), (narrow, less)) = (of(Access::ReadWrite)?, of(Access::Read)?);
    Some(Conflict {
        level: Level::Note,
        code: "grants-conflict",
        message: format!(
            "`{}` grants `{name}` to read-write, and `{}` to read: no program may write there",
            wide.entry.name, narrow.entry.name
        ),
        hint: "the least of what all grant is what a program can be given",
        texts: vec![more.clone(), less.clone()],
    })
}

/// The variables that a policy grants; `None` if it does not look at grants.
fn granted<'a>(voice: Voice<'a>) -> Option<&'a [String]> {
    Some(voice.written.policy.demands.as_ref()?.grants.environment.as_slice())
}

/// Variables that this principal grants and one that is always asked does not.
fn variables(voice: Voice<'_>, voices: &[Voice<'_>]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (n, name) in granted(voice).unwrap_or_default().iter().enumerate() {
        let refuses = |other: &&Voice<'_>| {
            other.is_always_asked() && granted(**other).is_some_and(|granted| !granted.contains(name))
        };
        let Some(refusing) = voices.iter().find(refuses) else { continue };
        found.push(Conflict {
            level: Level::Note,
            code: "grants-conflict",
            message: format!(
                "`{}` grants the variable `{}`, and `{}` does not: no program is given it",
                voice.entry.name,
                name.escape_debug(),
                refusing.entry.name
            ),
            hint: "every principal that must agree has to grant it",
            texts: vec![voice.quote(format!("spec.grants.environment[{n}]")), refusing.quote("spec.grants")],
        });
    }
    found
}

/// A principal that grants writing in everything that there is.
fn everything(setting: &Setting<'_>, voice: Voice<'_>) -> Option<Conflict> {
    let directories = setting.configuration.directories();
    let all =
        directories.iter().all(|directory| matches!(allows(voice, directory), Some((Access::ReadWrite, _))));
    (all && directories.len() > 1).then(|| Conflict {
        level: Level::Warning,
        code: "grants-everything",
        message: format!("`{}` grants every directory of the configuration to read-write", voice.entry.name),
        hint: "grant what programs need, each to the access that they need",
        texts: vec![voice.quote("spec.grants.directories")],
    })
}
