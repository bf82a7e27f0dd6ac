//! A world on its way to a graph.

use cdi_graph::{Evidence, Graph, Principal};
use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::Scenario;
use cdi_types::{ArtifactDigest, Bundle, Clock, Timestamp};
use cdi_verify::{Obstacle, Provenance, Verified, View, verify, view};

/// What came of a world for those who have policies in it.
pub(crate) struct Scene {
    pub(crate) artifact: ArtifactDigest,
    pub(crate) provenance: Verified<Provenance>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) views: Vec<Option<View>>,
    pub(crate) clock: Clock,
}

impl Scene {
    pub(crate) fn of(world: &Scenario) -> Self {
        Self::reading(world, world.bundle())
    }

    /// The world, with other lines in its bundle.
    pub(crate) fn reading(world: &Scenario, bundle: Vec<u8>) -> Self {
        let catalogues = Catalogues::builtin().unwrap();
        let policies =
            world.policies.iter().map(|(_, text)| Policy::load(text.as_bytes(), &catalogues).unwrap());
        let policies: Vec<Policy> = policies.collect();
        let bundle = Bundle::parse(bundle).unwrap();
        let provenance = verify(&bundle, policies.iter().flat_map(Policy::keyring)).unwrap();
        let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
        let clock = Clock::at(Timestamp::parse(&world.now).unwrap());
        let look = |policy: &Policy| {
            let questions = policy.questions(clock.now());
            policy.trust().map(|trust| view(&provenance, trust, artifact, &questions, clock).unwrap())
        };
        let views = policies.iter().map(look).collect();
        Self { artifact, provenance, policies, views, clock }
    }

    pub(crate) fn graph(&self) -> Graph {
        let says = |obstacle: &Obstacle| obstacle.to_string();
        let principals = self.policies.iter().zip(&self.views).map(|(policy, view)| Principal {
            name: policy.principal(),
            policy: policy.digest(),
            anchors: policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default(),
            view: view.as_ref(),
            says: &says,
        });
        let principals: Vec<_> = principals.collect();
        Graph::of(self.artifact, &Evidence::verified(&self.provenance), &principals, Some(self.clock.now()))
    }
}

/// The graph of a world.
pub(crate) fn graph(world: &Scenario) -> Graph {
    Scene::of(world).graph()
}
