//! Policies that must agree and cannot: shown with both texts (rule P-CONFLICT).

use cdi_types::{Name, PlatformProperty};

use super::formulas::{Part, parts};
use super::{Level, Written};
use crate::configuration::{Configuration, RequiredPrincipal, When};
use crate::contradiction::contradiction;
use crate::lines::Lines;

mod authorities;
mod grants;
mod places;

/// A principal of a configuration with the policy that its file has.
#[derive(Debug, Clone, Copy)]
pub struct Voice<'a> {
    /// The principal.
    pub entry: &'a RequiredPrincipal,
    /// Its policy.
    pub written: Written<'a>,
}

impl<'a> Voice<'a> {
    fn quote(self, place: impl Into<String>) -> Quoted {
        let place = place.into();
        let lines = self.written.lines;
        let (line, text) = (lines.line(&place), lines.quote(&place));
        Quoted { whose: Some(self.entry.name.clone()), place, line, text }
    }

    fn is_always_asked(self) -> bool {
        self.entry.required == When::Always
    }

    fn parts(self) -> Vec<(Self, Part<'a>)> {
        parts(self.written.policy).into_iter().map(|part| (self, part)).collect()
    }
}

/// Where the policies meet: the configuration, and every environment with what its host asserts of it.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// The lines of its document.
    pub lines: &'a Lines,
    /// The environments: those of the configuration, and those of the gate.
    pub places: &'a [(String, Vec<PlatformProperty>)],
}

impl Setting<'_> {
    fn quote(&self, place: impl Into<String>) -> Quoted {
        let place = place.into();
        let (line, text) = (self.lines.line(&place), self.lines.quote(&place));
        Quoted { whose: None, place, line, text }
    }
}

/// A text of a document, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quoted {
    /// The principal whose policy it is; `None` for the configuration.
    pub whose: Option<Name>,
    /// The place in the document.
    pub place: String,
    /// Its first line, from 1.
    pub line: Option<usize>,
    /// The lines.
    pub text: String,
}

/// What does not go together, with all texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// How bad it is.
    pub level: Level,
    /// The stable code of this kind of conflict.
    pub code: &'static str,
    /// What does not go together, in one clause.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
    /// The texts; never empty.
    pub texts: Vec<Quoted>,
}

/// What does not go together in a configuration: among its principals' policies, and between these and what it has to give.
/// The worst comes first.
#[must_use]
pub fn conflicts(setting: Setting<'_>, voices: &[Voice<'_>]) -> Vec<Conflict> {
    let mut found = values(voices);
    found.extend(places::unheard(&setting, voices));
    if found.is_empty() {
        found.extend(places::nowhere(&setting, voices));
    }
    found.extend(places::two_values(&setting));
    found.extend(places::met_without_code(&setting, voices));
    found.extend(grants::of(&setting, voices));
    found.extend(authorities::disputed(voices));
    found.sort();
    found
}

/// Requirements of several principals that no place can meet together.
fn values(voices: &[Voice<'_>]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (n, one) in voices.iter().enumerate() {
        for other in voices.iter().skip(n + 1) {
            found.extend(contradicting(&[*one, *other]));
        }
    }
    if found.is_empty() {
        let always: Vec<_> = voices.iter().copied().filter(|voice| voice.is_always_asked()).collect();
        found.extend(contradicting(&always));
    }
    found
}

fn contradicting(voices: &[Voice<'_>]) -> Option<Conflict> {
    let parts: Vec<_> = voices.iter().flat_map(|voice| voice.parts()).collect();
    let core = contradiction(parts.iter().map(|part| (part, part.1.expanded)).collect())?;
    let names: std::collections::BTreeSet<&Name> = core.iter().map(|(voice, _)| &voice.entry.name).collect();
    if names.len() < 2 {
        return None;
    }
    let asks = |(voice, part): &&(Voice<'_>, Part<'_>)| {
        let from = part.from.map(|from| format!(" from {from} on")).unwrap_or_default();
        format!("`{}` asks for `{}`{from}", voice.entry.name, part.written)
    };
    let asked: Vec<String> = core.iter().map(asks).collect();
    let always = core.iter().all(|(voice, _)| voice.is_always_asked());
    Some(Conflict {
        level: if always { Level::Error } else { Level::Warning },
        code: "policies-conflict",
        message: format!(
            "{}: no place can meet {}",
            asked.join(", and "),
            if asked.len() == 2 { "both" } else { "all" }
        ),
        hint: "a place has one value of a property: the principals must agree on one, or on any of several",
        texts: core.iter().map(|(voice, part)| voice.quote(part.place.as_str())).collect(),
    })
}
