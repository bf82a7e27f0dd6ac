//! What a WebAssembly runtime that a host has declared takes, by its settings: those of this machine's configuration, or of a
//! node's report (rules P-RUNTIME, G-EXTERNAL). It is asked before a place is chosen; the gate there decides by itself.

use std::collections::BTreeMap;

use cdi_gate::ArtifactKind;
use cdi_policy::{Modules, Request};

/// What it takes.
pub(super) struct Takes {
    /// The modules.
    pub(super) runs: &'static [ArtifactKind],
    /// Its template, as settings have it; none where they do not tell.
    template: Option<String>,
}

impl Takes {
    /// By the settings; where they do not tell it is bytecode, as where a configuration does not.
    pub(super) fn of(settings: &BTreeMap<String, String>) -> Self {
        let precompiled =
            settings.get("modules").is_some_and(|modules| modules == Modules::Precompiled.as_str());
        let runs: &[ArtifactKind] =
            if precompiled { &[ArtifactKind::PrecompiledModule] } else { &[ArtifactKind::WasmModule] };
        Self { runs, template: settings.get("arguments").cloned() }
    }

    /// What the request asks for and the template has no place for.
    pub(super) fn lacks(&self, request: &Request) -> Option<&'static str> {
        let template = self.template.as_ref()?;
        let asked = [
            (request.arguments.is_empty(), "{arguments}", "arguments"),
            (request.directories.is_empty(), "{directory}", "directories"),
            (request.environment.is_empty(), "{variable}", "variables"),
        ];
        let mut lacking = asked.into_iter().filter(|(none, place, _)| !none && !template.contains(place));
        lacking.next().map(|(_, _, what)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_takes_what_its_settings_have_a_place_for() {
        let settings = |all: &[(&str, &str)]| {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let takes =
            Takes::of(&settings(&[("modules", "bytecode"), ("arguments", "--\n{module}\n{arguments}")]));
        assert_eq!(takes.runs, [ArtifactKind::WasmModule]);
        let mut request = Request::bare(cdi_types::ArtifactDigest::of(b""));
        request.arguments = vec!["--top".to_owned()];
        assert_eq!(takes.lacks(&request), None);
        request.environment = vec![("A".to_owned(), "b".to_owned())];
        assert_eq!(takes.lacks(&request), Some("variables"));
        let untold = Takes::of(&settings(&[("modules", "precompiled")]));
        assert_eq!((untold.runs, untold.lacks(&request)), (&[ArtifactKind::PrecompiledModule][..], None));
    }
}
