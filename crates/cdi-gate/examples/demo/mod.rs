//! The host of the folder that `cargo demo` makes, as a program that embeds the gate has it: policies in memory, and a decision a
//! program.

use std::path::Path;

use cdi_placement::{Environment, Placement, place};
use cdi_policy::{
    Access, Case, Catalogues, Configuration, Decision, InForce, PlatformProperty, Request,
    RequestedDirectory, RunLimits, decide,
};
use cdi_types::{Artifact, Bundle, Clock, Name, Timestamp};
use cdi_verify::{Help, Patience, Verification, appraise, verify_helped};

/// What a host has in memory before a program is to run.
pub(crate) struct Host {
    pub(crate) policies: Vec<InForce>,
    pub(crate) configuration: Configuration,
    pub(crate) now: Timestamp,
}

impl Host {
    /// The demo's host, with more in its configuration: lines of `spec`.
    pub(crate) fn of(demo: &Path, more: &str) -> Self {
        let catalogues = Catalogues::builtin().unwrap();
        let configuration = std::fs::read_to_string(demo.join("cdi.yaml")).unwrap() + more;
        let configuration = Configuration::load(configuration.as_bytes(), &catalogues).unwrap();
        let asked = Artifact::new(Vec::new());
        let required = configuration.required(&request(&configuration, &asked, &[])).unwrap();
        let policies = required.into_iter().map(|principal| {
            let text = std::fs::read(demo.join(principal.policy.as_ref().unwrap())).unwrap();
            principal.unsigned(&text, &catalogues).unwrap()
        });
        let policies = policies.collect();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = Timestamp::from_unix(now.as_secs());
        Self { policies, configuration, now }
    }

    /// An environment of its own, without a runtime.
    pub(crate) fn environment(&self, driver: &cdi_gate::Driver) -> Environment {
        let provides: Vec<_> =
            driver.provides().iter().map(|text| PlatformProperty::parse(text).unwrap()).collect();
        Environment {
            name: driver.name().to_owned(),
            provides: self.configuration.environment(driver.name(), Some(&provides)).unwrap(),
            asserted_by: self.configuration.host().clone(),
            of: cdi_policy::PlaceOf::Decider,
            runtime: None,
        }
    }

    /// Who signed what in a bundle.
    pub(crate) fn verify(&self, bundle: Vec<u8>, help: Help<'_>) -> Verification {
        let bundle = Bundle::parse(bundle).unwrap();
        let keyring = self.policies.iter().flat_map(|policy| policy.policy().keyring());
        verify_helped(&bundle, keyring, &mut |_| Vec::new(), Patience::Whole, help).unwrap()
    }

    /// From the bytes of evidence to an admitted placement: everything that a decision is.
    pub(crate) fn admit(
        &self,
        artifact: &Artifact,
        (bundle, help): (Vec<u8>, Help<'_>),
        place_in: Environment,
        arguments: &[String],
    ) -> Placement {
        let provenance = self.verify(bundle, help).provenance;
        let clock = Clock::at(self.now);
        let facts: Vec<_> = self
            .policies
            .iter()
            .map(|policy| {
                let policy = policy.policy();
                let questions = policy.questions(self.now);
                Some(appraise(&provenance, policy.trust()?, artifact.digest(), &questions, clock))
            })
            .collect();
        let cases: Vec<Case<'_>> = self
            .policies
            .iter()
            .zip(&facts)
            .map(|(policy, facts)| Case::of(policy, facts.as_ref().map(Result::as_ref)))
            .collect();
        match decide(request(&self.configuration, artifact, arguments), &cases, self.now) {
            Decision::Allow(admitted) => place(admitted, Some(place_in)).unwrap(),
            other => panic!("the demo's artifact is not allowed: {other:?}"),
        }
    }
}

fn request(host: &Configuration, artifact: &Artifact, arguments: &[String]) -> Request {
    Request {
        directories: vec![RequestedDirectory {
            name: Name::parse("transactions").unwrap(),
            access: Access::Read,
        }],
        arguments: arguments.to_vec(),
        limits: host.limits().unwrap_or(RunLimits::USUAL),
        ..Request::bare(artifact.digest())
    }
}
