//! Who must agree, and by which policies: documents and signed editions, from the configuration's files and from bundles.

use cdi_envelope::PublicKey;
use cdi_policy::{
    Catalogues, Configuration, EditionError, Hearing, InForce, Policy, RequiredPrincipal, Seen, Waivers,
};
use cdi_types::{ArtifactDigest, Bundle, KeyId, Unverified};
use cdi_verify::{KnownKey, Provenance, Verified, verify};

use crate::error::PartyError;
use crate::seat::Seat;

/// A principal that must agree, with what the configuration says of its policies.
#[derive(Debug)]
pub struct Party {
    principal: RequiredPrincipal,
    source: Source,
}

/// Where a principal's policies come from.
#[derive(Debug)]
enum Source {
    /// A document that is not signed.
    Document(Box<InForce>),
    /// Editions that the policy key signs: those of the file, if the configuration names one, and carried ones.
    Editions { key: PublicKey, filed: Option<Box<Verified<Provenance>>> },
}

impl Party {
    /// A principal with the bytes of the file that the configuration names for it: a document, or, if it has a key by which it
    /// signs its policies, a bundle of editions. A document in the place of signed editions is an error, whatever it asks for.
    ///
    /// # Errors
    /// [`PartyError`] if the file is not there though one is needed, cannot be read, or is not the principal's.
    pub fn new(
        principal: &RequiredPrincipal,
        file: Option<Vec<u8>>,
        configuration: &Configuration,
        catalogues: &Catalogues,
    ) -> Result<Self, PartyError> {
        match (configuration.policy_key(&principal.name), file) {
            (Some(key), Some(file)) => Self::signing(principal, key, Some(&Bundle::parse(file)?)),
            (Some(key), None) => Self::signing(principal, key, None),
            (None, Some(document)) => Self::unsigned(principal, &document, catalogues),
            (None, None) => Err(PartyError::NoPolicy { principal: principal.name.clone() }),
        }
    }

    /// A principal whose policy is a document that is not signed: it is what the configuration's file says.
    fn unsigned(
        principal: &RequiredPrincipal,
        document: &[u8],
        catalogues: &Catalogues,
    ) -> Result<Self, PartyError> {
        let policy = principal.unsigned(document, catalogues)?;
        Ok(Self { principal: principal.clone(), source: Source::Document(Box::new(policy)) })
    }

    /// A principal that signs its policies. A file in which its key has signed nothing gives no policy, and so refuses.
    fn signing(
        principal: &RequiredPrincipal,
        key: &PublicKey,
        file: Option<&Unverified<Bundle>>,
    ) -> Result<Self, PartyError> {
        let keys = [KnownKey::from(key.clone())];
        let filed = file.map(|bundle| verify(bundle, &keys)).transpose()?.map(Box::new);
        let source = Source::Editions { key: key.clone(), filed };
        Ok(Self { principal: principal.clone(), source })
    }

    /// What the configuration says of the principal.
    #[must_use]
    pub const fn principal(&self) -> &RequiredPrincipal {
        &self.principal
    }

    /// The policy key, if the principal has one.
    #[must_use]
    pub fn key(&self) -> Option<KeyId> {
        self.policy_key().map(PublicKey::key_id)
    }

    pub(crate) const fn policy_key(&self) -> Option<&PublicKey> {
        match &self.source {
            Source::Document(_) => None,
            Source::Editions { key, .. } => Some(key),
        }
    }

    /// What of the party decides, in texts, besides evidence and time: for answers that are kept.
    #[must_use]
    pub fn fingerprint(&self) -> Vec<String> {
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
    #[must_use]
    pub fn filed(&self) -> Option<&Provenance> {
        match &self.source {
            Source::Document(_) => None,
            Source::Editions { filed, .. } => filed.as_deref().map(Verified::get),
        }
    }

    /// The policy that is known before any evidence is.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        match &self.source {
            Source::Document(policy) => Some(policy.policy()),
            Source::Editions { .. } => None,
        }
        .into_iter()
    }

    /// What comes of the configuration's file alone, before any bundle; nothing for a principal that signs and has no file.
    #[must_use]
    pub fn filed_in_force(
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
    #[must_use]
    pub fn seats(
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
