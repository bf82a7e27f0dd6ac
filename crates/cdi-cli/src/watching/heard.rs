//! Whoever can be heard about a program that runs.
//!
//! A principal whose policy cannot be used leaves the answer open, and takes nobody else's word away: over principals deny outweighs
//! unknown, and who breaks his own policy must not keep a program running that another refuses.

use std::path::Path;

use cdi_decider::Party;
use cdi_policy::{Catalogues, Configuration, Request};
use cdi_store::Running;

use crate::failure::Failure;
use crate::parties;

/// Those who can be asked.
pub(super) struct Heard {
    /// In which only they are asked.
    pub(super) configuration: Configuration,
    pub(super) parties: Vec<Party>,
    /// Why somebody cannot be.
    pub(super) unheard: Option<Failure>,
}

impl Heard {
    /// Reads the policies of all who must agree to what the program was given, and of those that were named for it.
    ///
    /// # Errors
    /// The configuration does not have what was given; or nobody can be asked.
    pub(super) fn of(
        record: &Running,
        request: &Request,
        (configuration, catalogues): (&Configuration, &Catalogues),
        folder: &Path,
    ) -> Result<Self, Failure> {
        let mut heard = Self { configuration: configuration.clone(), parties: Vec::new(), unheard: None };
        for principal in configuration.required(request)? {
            match parties::read(folder, principal, configuration, catalogues) {
                Ok(party) => heard.parties.push(party),
                Err(failure) => heard.without(&principal.name, failure),
            }
        }
        for name in &record.principals {
            // One who cannot be heard is not asked a second time.
            if heard.configuration.principals().iter().all(|entry| entry.name != *name) {
                continue;
            }
            let known = (&heard.configuration, catalogues);
            if let Err(failure) = parties::name(&mut heard.parties, [name], folder, known) {
                heard.without(name, failure);
            }
        }
        match heard.unheard.take_if(|_| heard.parties.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok(heard),
        }
    }

    fn without(&mut self, name: &cdi_types::Name, failure: Failure) {
        self.configuration = self.configuration.clone().unheard(name);
        self.unheard.get_or_insert(failure);
    }
}
