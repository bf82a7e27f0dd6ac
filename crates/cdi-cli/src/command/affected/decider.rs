//! What an answer about a bundle rests on besides the bundle: policies, the place, lines that every bundle gets, the time.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cdi_decider::{Party, Seat, asked, verified};
use cdi_gate::Driver;
use cdi_placement::{Environment, Foreseen, foresee as foresee_placed};
use cdi_policy::{Catalogues, Hearing, Request, Seen, foresee};
use cdi_store::{Stamp, join_lines, read_stamped_bundle};
use cdi_types::{ArtifactDigest, Bundle, Clock, KeyId, Name, Runtime, Sha256, Timestamp, Unverified, limits};
use cdi_verify::{
    AppraiseError, FirstSeen, Provenance, Question, Supposed, Supposition, Vantage, Verified, suppose,
};

use super::index::FORM;
use super::loss::{Known, Stand};
use crate::decision::{self, Embedded};
use crate::embedded;
use crate::failure::Failure;
use crate::memory::Remembered;
use crate::parties;
use crate::settled::settled;

/// Whose answers are asked for, and by what.
pub(crate) struct Decider {
    pub(crate) parties: Vec<Party>,
    /// The newest editions that this host has gone by, party by party.
    seen: Vec<Option<Seen>>,
    catalogues: Catalogues,
    name: Name,
    environment: Option<Environment>,
    drivers: Vec<Driver>,
    /// The runtime of the environment, measured where evidence asks for it.
    runtime: OnceLock<Option<Arc<Runtime>>>,
    /// Lines that stand beside those of every bundle: of files that were named, and what this host remembers.
    shared: Vec<u8>,
    /// When this host first relied on which report. Of what it relies on later nothing survives a compromise that is known now
    /// (`settled`), so that only another memory brings other answers.
    first_seen: FirstSeen,
    /// Which memory that is.
    sightings: String,
    pub(crate) clock: Clock,
    /// The digest of all of this but the time. What was found out by another decider says nothing here.
    pub(crate) fingerprint: Sha256,
}

/// What a decider is made from.
pub(crate) struct Told<'a> {
    pub(crate) config: &'a Path,
    pub(crate) environment: &'a str,
    pub(crate) embedded: &'a Embedded,
    pub(crate) bundles: &'a [PathBuf],
    pub(crate) memory: &'a Remembered,
    pub(crate) clock: Clock,
}

impl Decider {
    /// Reads everything. All principals of the configuration are asked, those too who must agree only where something of
    /// theirs is given.
    pub(crate) fn read(told: &Told<'_>) -> Result<Self, Failure> {
        let (configuration, catalogues) = decision::configuration(told.config)?;
        let folder = told.config.parent().unwrap_or(Path::new(""));
        let party = |principal| parties::read(folder, principal, &configuration, &catalogues);
        let parties = configuration.principals().iter().map(party).collect::<Result<Vec<_>, Failure>>()?;
        let seen = parties.iter().map(|party| told.memory.edition(party)).collect();
        let environment = decision::environment(told.environment, &configuration, told.embedded)?;
        let drivers = embedded::drivers(Some(&configuration))?;
        let mut parts = Vec::new();
        for path in told.bundles {
            parts.push(read_stamped_bundle(path)?.0);
        }
        parts.extend(told.memory.lists().iter().map(|line| line.as_bytes().to_vec()));
        let shared = join_lines(parts.iter().map(Vec::as_slice));
        let (name, fingerprint) = (configuration.name().clone(), Sha256::of(b""));
        let clock = told.clock;
        let (runtime, first_seen) = (OnceLock::new(), told.memory.all_seen()?);
        let sightings = told.memory.sightings();
        let mut decider = Self {
            parties,
            seen,
            catalogues,
            name,
            environment,
            drivers,
            runtime,
            shared,
            first_seen,
            sightings,
            clock,
            fingerprint,
        };
        decider.fingerprint = decider.fingerprint();
        Ok(decider)
    }

    /// Each part after its length, so that none can run into another. Of this program its version is not enough while it is
    /// made: where it lies and when it was written say which one it is.
    fn fingerprint(&self) -> Sha256 {
        let program = std::env::current_exe().ok().and_then(|path| Stamp::of_artifact(&path));
        let mut parts = vec![
            FORM.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
            serde_json::to_string(&program).unwrap_or_default(),
            self.catalogues.all().map(|catalogue| catalogue.digest().to_string()).collect(),
            self.name.to_string(),
            Sha256::of(&self.shared).to_string(),
            self.sightings.clone(),
            self.parties.len().to_string(),
        ];
        for (party, seen) in self.parties.iter().zip(&self.seen) {
            let told = party.fingerprint();
            parts.extend([told.len().to_string(), format!("{seen:?}")].into_iter().chain(told));
        }
        if let Some(place) = &self.environment {
            parts.extend([place.name.clone(), place.asserted_by.to_string()]);
            parts.extend(place.provides.iter().map(ToString::to_string));
        }
        let framed: Vec<u8> = parts
            .iter()
            .flat_map(|part| (part.len() as u64).to_be_bytes().into_iter().chain(part.bytes()))
            .collect();
        Sha256::of(&framed)
    }

    /// The bundle with the lines that every one gets; the code of the limit that it exceeds, if it does.
    pub(crate) fn verify(&self, bundle: &[u8]) -> Result<Verified<Provenance>, &'static str> {
        if bundle.len() > limits::BUNDLE_BYTES {
            return Err("limit-bundle-bytes");
        }
        let together = join_lines([bundle, self.shared.as_slice()]);
        let bundle: Unverified<Bundle> = Bundle::parse(together).map_err(|error| error.code())?;
        verified(&bundle, &self.parties, &self.catalogues).map_err(|error| error.code())
    }

    /// The policies that are in force for each party, with what they excuse of an artifact.
    fn seats(&self, provenance: &Provenance, artifact: ArtifactDigest) -> Vec<Vec<Seat>> {
        let hearing = Hearing { decider: &self.name, clock: self.clock, catalogues: &self.catalogues };
        let each = self.parties.iter().zip(&self.seen);
        each.map(|(party, seen)| party.seats(provenance, artifact, *seen, hearing)).collect()
    }

    /// The time around the decider's in which the answers about a bundle stay as they are.
    pub(crate) fn settled(&self, provenance: &Verified<Provenance>) -> Range<Timestamp> {
        let nothing = ArtifactDigest::of(b"");
        let seats = self.seats(provenance.get(), nothing);
        let policies = seats.iter().flatten().filter_map(Seat::policy);
        settled(provenance, policies, &self.parties, self.clock)
    }

    /// How each principal would stand to an artifact under a supposition.
    pub(crate) fn stands(
        &self,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        supposition: &Supposition,
    ) -> Vec<Stand> {
        let of = |seats: &Vec<Seat>| {
            let each = seats.iter().map(|seat| self.stand(seat, provenance, artifact, supposition));
            // A party that need not agree stands in nobody's way.
            let nobody = Stand { verdict: Foreseen::Allow.into(), known: Vec::new() };
            each.reduce(Stand::and).unwrap_or(nobody)
        };
        self.seats(provenance.get(), artifact).iter().map(of).collect()
    }

    fn vantage(&self) -> Vantage<'_> {
        Vantage::remembering(self.clock, &self.first_seen)
    }

    fn stand(
        &self,
        seat: &Seat,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        supposition: &Supposition,
    ) -> Stand {
        let Seat::InForce(in_force, waivers) = seat else {
            return Stand { verdict: Foreseen::Deny.into(), known: Vec::new() };
        };
        let (policy, now) = (in_force.policy(), self.clock.now());
        let place = self.placed(provenance);
        let questions: BTreeSet<Question> = asked(policy, place.as_ref(), self.clock);
        let supposed: Option<Result<Supposed, AppraiseError>> = policy
            .trust()
            .map(|trust| suppose(provenance, trust, artifact, &questions, self.vantage(), supposition));
        let supposed = supposed.as_ref().map(Result::as_ref);
        let findings = foresee(in_force, supposed, waivers, &Request::bare(artifact), now);
        let known = questions.iter().map(|question| {
            let answer = supposed.and_then(Result::ok).and_then(|supposed| supposed.answer(question));
            (question.clone(), Known::of(answer))
        });
        let known = known.collect();
        Stand { verdict: foresee_placed(findings, place.as_ref()).into(), known }
    }

    /// The environment, with its runtime where the evidence certifies one. A runtime that cannot be measured supplies nothing.
    fn placed(&self, provenance: &Verified<Provenance>) -> Option<Environment> {
        let place = self.environment.as_ref()?;
        let measured = || embedded::runtime(&self.drivers, &place.name).ok().flatten();
        let asked = embedded::asked_for(provenance);
        let runtime = if asked { self.runtime.get_or_init(measured).clone() } else { None };
        Some(Environment { runtime, ..place.clone() })
    }

    /// Everybody whom a policy names as an authority, and whom they endorse, at whatever time: those whose names for things
    /// are heard. Names explain and decide nothing.
    pub(crate) fn known_authorities(&self, provenance: &Provenance) -> BTreeSet<KeyId> {
        let seats = self.seats(provenance, ArtifactDigest::of(b""));
        let trusts = seats.iter().flatten().filter_map(|seat| seat.policy()?.trust());
        let anchors = trusts.flat_map(|trust| &trust.terms().anchors);
        let mut known: BTreeSet<KeyId> =
            anchors.flat_map(|anchor| anchor.keys.iter().map(|key| key.key_id())).collect();
        for _ in 1..limits::AUTHORITY_CHAIN {
            let endorsed = provenance.endorsements().iter().filter(|one| known.contains(&one.issuer()));
            let children: Vec<KeyId> = endorsed.map(|one| one.predicate().public_key.key_id()).collect();
            known.extend(children);
        }
        known
    }
}
