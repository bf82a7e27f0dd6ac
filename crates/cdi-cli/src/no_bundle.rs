//! Files that were named as bundles and are none: not one of their lines is an envelope.

use std::collections::BTreeMap;

use cdi_envelope::Envelope;
use cdi_store::Bundles;

use crate::failure::Failure;
use crate::terminal::plain;

/// A file that is no bundle.
pub(crate) struct NoBundle {
    pub(crate) file: String,
    lines: usize,
}

impl NoBundle {
    /// Those among the files that were read. An empty file is an empty bundle.
    pub(crate) fn among(bundles: &Bundles) -> Vec<Self> {
        let mut files: BTreeMap<String, (usize, bool)> = BTreeMap::new();
        for line in bundles.together.as_untrusted().lines() {
            let Some((path, _)) = bundles.sources.of(line.number) else { continue };
            let (lines, some) = files.entry(path.display().to_string()).or_default();
            *lines += 1;
            *some = *some || Envelope::parse(line.bytes).is_ok();
        }
        let none = files.into_iter().filter(|(_, (_, some))| !some);
        none.map(|(file, (lines, _))| Self { file, lines }).collect()
    }

    /// The same as an error, for whoever asked for this very file.
    pub(crate) fn failure(&self) -> Failure {
        let beside = cdi_store::default_bundle_path(&self.file);
        let failure = Failure::failed("bundle-none", self.says());
        if beside.exists() {
            failure.hint(format!("its bundle is `{}`", plain(&beside.display().to_string())))
        } else {
            failure
        }
    }

    /// The same in words.
    pub(crate) fn says(&self) -> String {
        let file = plain(&self.file);
        match self.lines {
            1 => format!("`{file}` is no bundle: its only line is no envelope"),
            lines => format!("`{file}` is no bundle: none of its {lines} lines is an envelope"),
        }
    }
}
