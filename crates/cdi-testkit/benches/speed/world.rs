//! A host as it is before a decision: policies read, evidence as bytes.

use cdi_decider::{Catalogues, Clock, Configuration, Decider, Party, Request, Timestamp};
use cdi_testkit::scenario::{Scenario, configured};
use cdi_types::ArtifactDigest;

/// Lines of this size, and so payloads of three quarters of it.
const LINE: usize = 4_096;

/// A host with the policies of a world.
pub(crate) struct Host {
    catalogues: Catalogues,
    configuration: Configuration,
    parties: Vec<Party>,
    request: Request,
    pub(crate) clock: Clock,
}

impl Host {
    pub(crate) fn of(world: &Scenario) -> Self {
        let (catalogues, parties) = (Catalogues::builtin().unwrap(), world.parties());
        let file = |number: usize| format!("policy-{number}");
        let configuration = configured(&parties, file).expect("somebody must agree");
        let configuration = Configuration::load(configuration.as_bytes(), &catalogues).unwrap();
        let request = Request::bare(ArtifactDigest::parse(&world.artifact).unwrap());
        let party = |entry: &cdi_policy::RequiredPrincipal| {
            let party = parties.iter().find(|party| party.principal == entry.name.as_str()).unwrap();
            let document = party.document.clone().map(String::into_bytes);
            Party::new(entry, document, &configuration, &catalogues).unwrap()
        };
        let heard = configuration.required(&request).unwrap().iter().copied().map(party).collect();
        let clock = Clock::at(Timestamp::parse(&world.now).unwrap());
        Self { catalogues, parties: heard, request, clock, configuration }
    }

    pub(crate) fn decider(&self) -> Decider<'_> {
        Decider::new(&self.configuration, &self.catalogues, &self.parties, self.request.clone()).unwrap()
    }
}

/// Runs by tools of their own, so many levels deep and so many to each: `LINE` bytes each, and as many certifications.
pub(crate) fn woven(levels: usize, width: usize) -> Scenario {
    Scenario::woven(levels, width).0.padded(LINE / 4 * 3 - 192)
}
