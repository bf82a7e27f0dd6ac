//! The evidence about a program that runs: what was kept of it, what its bundles have now, what is given, and what this host
//! remembers.

use std::collections::HashSet;
use std::path::Path;

use cdi_journal::GivenBundle;
use cdi_store::{Running, read_bundle, read_bundles, without_repetitions};
use cdi_types::{Bundle, Sha256, Unverified};

use super::again::Given;
use crate::decision_record;
use crate::failure::Failure;
use crate::shown::Shown;

/// Evidence, with the files that it came from.
pub(super) struct Evidence {
    pub(super) all: Unverified<Bundle>,
    pub(super) bundles: Vec<GivenBundle>,
    /// Files of the record that are of no use as they are now.
    pub(super) unusable: Vec<Shown>,
}

impl Evidence {
    /// With the record's bundles as they are now. One that is gone takes nothing away; neither does one that is of no use, since whoever
    /// can write to it could take it away as well. What keeps it from being read at all says nothing of it.
    ///
    /// # Errors
    /// The system keeps a bundle from being read, or what is given is of no use.
    pub(super) fn as_it_is(record: &Running, given: &Given<'_>) -> Result<Self, Failure> {
        let (mut lines, mut bundles, mut unusable) = (Vec::new(), Vec::new(), Vec::new());
        for path in record.bundles.iter().map(Path::new) {
            match read_bundle(path) {
                Ok(bundle) => {
                    let bytes = bundle.into_untrusted().into_bytes();
                    bundles.push(decision_record::given((path, Sha256::of(&bytes))));
                    lines.push(bytes);
                }
                Err(cdi_store::StoreError::Missing { .. }) => {}
                Err(error) if error.is_of_the_system() => return Err(error.into()),
                Err(error) => unusable.push(Shown::plainly(error.code(), &error.to_string())),
            }
        }
        let kept = Self::together(record, given, (lines, bundles))?;
        match kept {
            Ok(evidence) => Ok(Self { unusable, ..evidence }),
            Err(too_much) => Self::as_it_was(record, given, &too_much),
        }
    }

    /// Without the record's bundles, which are over a limit as they are now.
    ///
    /// # Errors
    /// What is given is of no use, or over a limit with what was kept.
    pub(super) fn as_it_was(record: &Running, given: &Given<'_>, why: &Failure) -> Result<Self, Failure> {
        let evidence = Self::together(record, given, (Vec::new(), Vec::new()))??;
        Ok(Self { unusable: vec![Shown::plainly(why.code, &why.message)], ..evidence })
    }

    /// Each line once: what a bundle still has is in the record too, and a legal bundle must not be over a limit for being read twice.
    /// Inside, whether all of it is within the limits.
    fn together(
        record: &Running,
        given: &Given<'_>,
        (mut lines, mut bundles): (Vec<Vec<u8>>, Vec<GivenBundle>),
    ) -> Result<Result<Self, Failure>, Failure> {
        lines.extend(record.evidence.iter().map(|line| line.clone().into_bytes()));
        let beside = read_bundles(given.bundles)?;
        bundles.extend(beside.sources.digests().map(decision_record::given));
        lines.push(beside.together.into_untrusted().into_bytes());
        lines.extend(given.memory.lists().iter().map(|line| line.clone().into_bytes()));
        let mut seen = HashSet::new();
        let each = lines.iter().flat_map(|lines| lines.split(|byte| *byte == b'\n'));
        let all = cdi_store::join_lines(each.filter(|line| !line.is_empty() && seen.insert(*line)));
        let all =
            Bundle::parse(all).and_then(|all| Bundle::parse(without_repetitions(all.as_untrusted()).bytes));
        let over = |error: cdi_types::BundleError| Failure::failed(error.code(), error);
        Ok(all.map(|all| Self { all, bundles, unusable: Vec::new() }).map_err(over))
    }
}
