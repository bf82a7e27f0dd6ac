//! What an answer about a bundle rests on besides the bundle: policies, the place, lines that every bundle gets, the time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cdi_placement::{Environment, foresee as foresee_placed};
use cdi_policy::{Catalogue, Policy, Request, foresee};
use cdi_store::{Stamp, join_lines, read_stamped_bundle};
use cdi_types::{ArtifactDigest, Bundle, Clock, KeyId, Name, Sha256, Unverified, limits};
use cdi_verify::{AppraiseError, Provenance, Question, Supposed, Supposition, Verified, suppose, verify};

use super::index::FORM;
use super::loss::{Known, Stand};
use crate::decision::{self, Embedded};
use crate::failure::Failure;
use crate::memory::Remembered;

/// Whose answers are asked for, and by what.
pub(crate) struct Decider {
    pub(crate) policies: Vec<(Name, Policy)>,
    environment: Option<Environment>,
    /// Lines that stand beside those of every bundle: of files that were named, and what this host remembers.
    shared: Vec<u8>,
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
        let catalogue = Catalogue::builtin()?;
        let configuration = decision::configuration(told.config, &catalogue)?;
        let folder = told.config.parent().unwrap_or(Path::new(""));
        let policies = configuration.principals().iter().map(|principal| {
            let (principal, policy) = decision::policy(folder, principal, &catalogue)?;
            Ok((principal.name, policy))
        });
        let policies: Vec<(Name, Policy)> = policies.collect::<Result<_, Failure>>()?;
        let environment = decision::environment(told.environment, &configuration, told.embedded)?;
        let mut parts = Vec::new();
        for path in told.bundles {
            parts.push(read_stamped_bundle(path)?.0);
        }
        parts.extend(told.memory.lists().iter().map(|line| line.as_bytes().to_vec()));
        let shared = join_lines(parts.iter().map(Vec::as_slice));
        let mut decider =
            Self { policies, environment, shared, clock: told.clock, fingerprint: Sha256::of(b"") };
        decider.fingerprint = decider.fingerprint(&catalogue);
        Ok(decider)
    }

    /// Each part after its length, so that none can run into another. Of this program its version is not enough while it is
    /// made: where it lies and when it was written say which one it is.
    fn fingerprint(&self, catalogue: &Catalogue) -> Sha256 {
        let program = std::env::current_exe().ok().and_then(|path| Stamp::of_artifact(&path));
        let mut parts = vec![
            FORM.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
            serde_json::to_string(&program).unwrap_or_default(),
            catalogue.digest().to_string(),
            Sha256::of(&self.shared).to_string(),
            self.policies.len().to_string(),
        ];
        for (name, policy) in &self.policies {
            parts.extend([name.to_string(), policy.digest().to_string()]);
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
        let keyring = self.policies.iter().flat_map(|(_, policy)| policy.keyring());
        verify(&bundle, keyring).map_err(|error| error.code())
    }

    /// How each principal would stand to an artifact under a supposition.
    pub(crate) fn stands(
        &self,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        supposition: &Supposition,
    ) -> Vec<Stand> {
        let of = |(_, policy): &(Name, Policy)| self.stand(policy, provenance, artifact, supposition);
        self.policies.iter().map(of).collect()
    }

    fn stand(
        &self,
        policy: &Policy,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        supposition: &Supposition,
    ) -> Stand {
        let questions: &BTreeSet<Question> = policy.questions();
        let supposed: Option<Result<Supposed, AppraiseError>> = policy
            .trust()
            .map(|trust| suppose(provenance, trust, artifact, questions, self.clock, supposition));
        let supposed = supposed.as_ref().map(Result::as_ref);
        let findings = foresee(policy, supposed, &Request::bare(artifact));
        let known = questions.iter().map(|question| {
            let answer = supposed.and_then(Result::ok).and_then(|supposed| supposed.answer(question));
            (question.clone(), Known::of(answer))
        });
        let known = known.collect();
        Stand { verdict: foresee_placed(findings, self.environment.as_ref()).into(), known }
    }

    /// Everybody whom a policy names as an authority, and whom they endorse, at whatever time: those whose names for things
    /// are heard. Names explain and decide nothing.
    pub(crate) fn known_authorities(&self, provenance: &Provenance) -> BTreeSet<KeyId> {
        let trusts = self.policies.iter().filter_map(|(_, policy)| policy.trust());
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
