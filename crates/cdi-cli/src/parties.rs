//! Who must agree, and by which policies: documents and signed editions, from the configuration's files and from bundles.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cdi_envelope::PublicKey;
use cdi_policy::{
    Case, Catalogues, Configuration, Edition, EditionError, Hearing, InForce, Policy, RequiredPrincipal,
    Seen, Waivers,
};
use cdi_store::{read_bundles, read_document};
use cdi_types::{ArtifactDigest, Bundle, Clock, KeyId, Name, PolicyEdition, Runtime, Unverified};
use cdi_verify::{
    AppraiseError, Facts, KnownKey, Provenance, Question, Vantage, Verified, VerifyError, appraise, verify,
    verify_editions,
};

use crate::failure::Failure;
use crate::{terminal, words};

/// A principal that must agree, with what the configuration says of its policies.
pub(crate) struct Party {
    pub(crate) principal: RequiredPrincipal,
    source: Source,
}

/// Where a principal's policies come from.
enum Source {
    /// A document that is not signed.
    Document(Box<InForce>),
    /// Editions that the policy key signs: those of the file, if the configuration names one, and carried ones.
    Editions { key: PublicKey, filed: Option<Box<Verified<Provenance>>> },
}

/// A place in the decision: a policy in force, or a principal that must agree and has none.
pub(crate) enum Seat {
    InForce(Box<InForce>, Waivers),
    Empty(Name, EditionError),
}

impl Party {
    pub(crate) fn read(
        folder: &Path,
        principal: &RequiredPrincipal,
        configuration: &Configuration,
        catalogues: &Catalogues,
    ) -> Result<Self, Failure> {
        let path = principal.policy.as_ref().map(|policy| folder.join(policy));
        let shown = path.as_ref().map(|path| format!(", {}", path.display())).unwrap_or_default();
        let about = |failure: Failure| failure.about(format!("policy of `{}`{shown}", principal.name));
        let source = match (configuration.policy_key(&principal.name), &path) {
            (Some(key), path) => {
                let filed = path.as_ref().map(|path| editions(path, key).map_err(about)).transpose()?;
                Source::Editions { key: key.clone(), filed: filed.map(Box::new) }
            }
            (None, Some(path)) => {
                let bytes = read_document(path).map_err(|error| about(error.into()))?;
                let policy = principal.unsigned(&bytes, catalogues);
                Source::Document(Box::new(policy.map_err(|error| about(words::unread(error, catalogues)))?))
            }
            // A configuration without either is not loaded.
            (None, None) => return Err(Failure::failed("internal", "a principal without a policy")),
        };
        let party = Self { principal: principal.clone(), source };
        party.policies().for_each(|policy| warn_of_scopes(principal, policy, catalogues));
        Ok(party)
    }

    /// The policy key, if the principal has one.
    pub(crate) fn key(&self) -> Option<KeyId> {
        match &self.source {
            Source::Document(_) => None,
            Source::Editions { key, .. } => Some(key.key_id()),
        }
    }

    /// What of the party decides, in texts, besides evidence and time: for answers that are kept.
    pub(crate) fn fingerprint(&self) -> Vec<String> {
        let entry = &self.principal;
        let mut parts = vec![entry.name.to_string(), format!("{:?} {:?}", entry.required, entry.at_least)];
        parts.extend(self.policies().map(|policy| policy.digest().to_string()));
        parts.extend(self.key().map(|key| key.to_string()));
        parts.extend(entry.sha256.map(|pinned| pinned.to_string()));
        let filed = self.filed();
        parts
            .extend(filed.into_iter().flat_map(Provenance::editions).map(|edition| edition.id().to_string()));
        parts.extend(filed.into_iter().flat_map(Provenance::waivers).map(|waiver| waiver.id().to_string()));
        parts
    }

    /// What the configuration's file has, as far as the principal's key has signed it.
    pub(crate) fn filed(&self) -> Option<&Provenance> {
        match &self.source {
            Source::Document(_) => None,
            Source::Editions { filed, .. } => filed.as_deref().map(Verified::get),
        }
    }

    /// The policy that is known before any evidence is.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &Policy> {
        match &self.source {
            Source::Document(policy) => Some(policy.policy()),
            Source::Editions { .. } => None,
        }
        .into_iter()
    }

    /// What comes of the configuration's file alone, before any bundle; nothing for a principal that signs and has no file.
    pub(crate) fn filed_in_force(
        &self,
        seen: Option<Seen>,
        hearing: Hearing<'_>,
    ) -> Vec<Result<InForce, EditionError>> {
        match (&self.source, self.filed()) {
            (Source::Document(policy), _) => vec![Ok(InForce::clone(policy))],
            // A bundle that carries what the file has adds nothing.
            (Source::Editions { key, .. }, Some(filed)) => {
                self.principal.in_force(key.key_id(), Some(filed), filed, seen, hearing)
            }
            (Source::Editions { .. }, None) => Vec::new(),
        }
    }

    /// The policies by which the principal is asked about an artifact, each with what it excuses.
    pub(crate) fn seats(
        &self,
        carried: &Provenance,
        artifact: ArtifactDigest,
        seen: Option<Seen>,
        hearing: Hearing<'_>,
    ) -> Vec<Seat> {
        match &self.source {
            Source::Document(policy) => vec![Seat::InForce(policy.clone(), Waivers::default())],
            Source::Editions { key, .. } => {
                let found = self.principal.in_force(key.key_id(), self.filed(), carried, seen, hearing);
                let seat = |found: Result<InForce, EditionError>| match found {
                    Ok(policy) => {
                        let waivers =
                            policy.waivers(self.filed().into_iter().chain([carried]), artifact, hearing);
                        Seat::InForce(Box::new(policy), waivers)
                    }
                    Err(error) => Seat::Empty(self.principal.name.clone(), error),
                };
                found.into_iter().map(seat).collect()
            }
        }
    }
}

impl Seat {
    pub(crate) fn policy(&self) -> Option<&Policy> {
        match self {
            Self::InForce(policy, _) => Some(policy.policy()),
            Self::Empty(..) => None,
        }
    }

    pub(crate) fn facts(
        &self,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        runtime: Option<&Arc<Runtime>>,
        vantage: Vantage<'_>,
    ) -> Option<Result<Facts, AppraiseError>> {
        let policy = self.policy()?;
        let questions = asked(policy, runtime, vantage.clock());
        Some(appraise(provenance, policy.trust()?, artifact, &questions, vantage))
    }

    /// The edition, if the policy is signed.
    pub(crate) fn edition(&self) -> Option<&Edition> {
        match self {
            Self::InForce(policy, _) => policy.edition(),
            Self::Empty(..) => None,
        }
    }

    pub(crate) fn case<'a>(&'a self, facts: Option<Result<&'a Facts, &'a AppraiseError>>) -> Case<'a> {
        match self {
            Self::InForce(policy, waivers) => Case::InForce { policy, facts, waivers },
            Self::Empty(principal, error) => Case::NotInForce { principal, error },
        }
    }
}

/// What is asked for a policy: of the artifact, and of the runtime that it is to run in.
pub(crate) fn asked(policy: &Policy, runtime: Option<&Arc<Runtime>>, clock: Clock) -> BTreeSet<Question> {
    let of_runtime = runtime.map(|runtime| policy.questions_of(runtime, clock.now())).unwrap_or_default();
    policy.questions(clock.now()).into_iter().chain(of_runtime).collect()
}

/// The editions in a file that the key has signed. A file without one is an error: it was named for its policy.
fn editions(path: &Path, key: &PublicKey) -> Result<Verified<Provenance>, Failure> {
    let bundle = read_bundles([path])?;
    let provenance = verify(&bundle.together, &[KnownKey::from(key.clone())])
        .map_err(|error| Failure::failed(error.code(), error.to_string()))?;
    if !provenance.get().editions().iter().any(|edition| edition.issuer() == key.key_id()) {
        let message = format!("no edition that the policy key {} has signed is in it", key.key_id());
        let failure = Failure::failed("policy-unsigned", message);
        return Err(failure.hint("sign the document with `cdi policy sign`, or leave out `key`"));
    }
    Ok(provenance)
}

/// Verifies a bundle once for all parties: with the keys of their policies, and of the policies that it carries itself.
pub(crate) fn verified(
    bundle: &Unverified<Bundle>,
    parties: &[Party],
    catalogues: &Catalogues,
) -> Result<Verified<Provenance>, VerifyError> {
    let named = |edition: &PolicyEdition| {
        let policy = Policy::load(edition.document.as_bytes(), catalogues);
        policy.map(|policy| policy.keyring().to_vec()).unwrap_or_default()
    };
    let keys = parties.iter().filter_map(|party| match &party.source {
        Source::Document(_) => None,
        Source::Editions { key, .. } => Some(KnownKey::from(key.clone())),
    });
    let keys: Vec<KnownKey> = keys.collect();
    let filed = parties.iter().filter_map(Party::filed).flat_map(Provenance::editions);
    let filed: Vec<_> = filed.flat_map(|edition| named(edition.predicate())).collect();
    let documents = parties.iter().flat_map(Party::policies).flat_map(Policy::keyring);
    let ids: Vec<KeyId> = parties.iter().filter_map(Party::key).collect();
    // A stranger's edition brings no keys: nobody asks what it says.
    let mut names = |edition: &PolicyEdition| {
        if ids.contains(&edition.issuer) { named(edition) } else { Vec::new() }
    };
    verify_editions(bundle, documents.chain(&keys).chain(&filed), &mut names)
}

/// Says which anchors have a scope that gives them nothing: most likely it is misspelt.
fn warn_of_scopes(principal: &RequiredPrincipal, policy: &Policy, catalogues: &Catalogues) {
    for anchor in policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default() {
        if let Err(failure) = words::scope_meant(&anchor.scope.properties, catalogues) {
            terminal::warning(
                &failure.about(format!("policy of `{}`, anchor `{}`", principal.name, anchor.name)),
            );
        }
    }
}
