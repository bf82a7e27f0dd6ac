//! What a revocation would cost, told before it is signed.

use std::collections::BTreeSet;

use cdi_types::Revocation;
use cdi_verify::{Supposition, Thing};
use clap::Args;

use super::signing::Signing;
use crate::command::affected::{Named, OverBundles, Report};
use crate::failure::Failure;

/// Where to look for what a revocation would cost.
#[derive(Args)]
pub(super) struct Beforehand {
    #[command(flatten)]
    over: OverBundles,
}

impl Beforehand {
    /// Tells which artifacts would lose what if the authority's next list had this entry, if a folder of bundles was named.
    /// Where the result is for programs, only [`Self::report`] tells.
    pub(super) fn show(&self, signing: &Signing, entry: &Revocation) -> Result<(), Failure> {
        if !self.over.is_named() || !signing.output.is_for_people() {
            return Ok(());
        }
        self.report(signing, entry)?.remark()
    }

    /// The same as a value; without a folder of bundles that of the present folder.
    pub(super) fn report(&self, signing: &Signing, entry: &Revocation) -> Result<Report, Failure> {
        let decider = self.over.decider(signing.at.given())?;
        let mut survey = self.over.survey(&decider)?;
        let things = BTreeSet::from([Named::from(&Thing::Listed(entry.id))]);
        let by = signing.folder()?.key.key_id();
        let supposition = Supposition::Listed { by, entry: entry.clone() };
        let affected = (survey.under(&things, &supposition), survey.running_under(&things, &supposition));
        Ok(Report::of(true, things.into_iter().collect(), affected, &survey, &decider))
    }
}
