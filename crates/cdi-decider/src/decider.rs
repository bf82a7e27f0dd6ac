//! The walk from verified evidence to what comes of it: who is heard, what each knows, the decision, the place.

use cdi_envelope::PublicKey;
use cdi_placement::{Environment, Settled, settle};
use cdi_policy::{
    Case, Catalogues, Configuration, Decision, Hearing, Policy, Request, RequiredPrincipal, Seen, decide,
};
use cdi_types::{Bundle, Clock, KeyId, PolicyEdition, Unverified};
use cdi_verify::{
    AppraiseError, Facts, Help, KnownKey, Patience, Provenance, ProvenanceChain, Vantage, Verification,
    Verified, VerifyError, verify_helped,
};

use crate::error::{Error, PartyError};
use crate::party::Party;
use crate::seat::{Offered, Seat};

/// A request at a host, and who must agree to it.
#[derive(Debug)]
pub struct Decider<'a> {
    configuration: &'a Configuration,
    catalogues: &'a Catalogues,
    parties: &'a [Party],
    request: Request,
}

/// What came of a decision, and the policies that it was made by.
#[derive(Debug)]
#[must_use]
pub struct Decided {
    /// The policies, and the principals that have none.
    pub seats: Vec<Seat>,
    /// Allow, deny or unknown, at the place.
    pub settled: Settled,
}

/// What came of a decision before any place is chosen.
#[derive(Debug)]
#[must_use]
pub struct Considered {
    /// The policies, and the principals that have none.
    pub seats: Vec<Seat>,
    /// What each principal makes of the code, and leaves to the place.
    pub decision: Decision,
}

impl<'a> Decider<'a> {
    /// When this returns, every principal of [`Configuration::required`] is among the parties, as this configuration has it;
    /// others may be, and must agree too.
    ///
    /// # Errors
    /// [`PartyError::NotHeard`] if one is not; [`cdi_policy::ConfigurationError`] if the request asks for a directory that is not configured.
    pub fn new(
        configuration: &'a Configuration,
        catalogues: &'a Catalogues,
        parties: &'a [Party],
        request: Request,
    ) -> Result<Self, Error> {
        // A party of another configuration may have been read by other rules: unsigned, or with another key.
        let is_of = |party: &Party, entry: &RequiredPrincipal| {
            let key = configuration.policy_key(&entry.name).map(PublicKey::key_id);
            party.principal() == entry && party.key() == key
        };
        let heard = |entry: &RequiredPrincipal| parties.iter().any(|party| is_of(party, entry));
        if let Some(unheard) = configuration.required(&request)?.into_iter().find(|entry| !heard(entry)) {
            return Err(PartyError::NotHeard { principal: unheard.name.clone() }.into());
        }
        Ok(Self { configuration, catalogues, parties, request })
    }

    /// Verifies a bundle, as [`verified`] does.
    ///
    /// # Errors
    /// [`VerifyError`] if the bundle as a whole is over a limit.
    pub fn verify(&self, bundle: &Unverified<Bundle>) -> Result<Verified<Provenance>, VerifyError> {
        verified(bundle, self.parties, self.catalogues)
    }

    /// As [`Self::verify`], with help; also where others wait for the answer ([`Patience::Little`]).
    ///
    /// # Errors
    /// As [`Self::verify`]; also if too much is verified in vain.
    pub fn verify_helped(
        &self,
        bundle: &Unverified<Bundle>,
        patience: Patience,
        help: Help<'_>,
    ) -> Result<Verification, VerifyError> {
        verified_helped(bundle, self.parties, self.catalogues, patience, help)
    }

    /// Settles which policies are in force, appraises for each, decides and places. `place` is where the artifact is to run; without
    /// one, what the code leaves open refuses. `seen` is the newest edition of a party's policy that this host has decided by: an
    /// older one is not taken again (rule M-MEMORY).
    pub fn decide(
        &self,
        provenance: &Verified<Provenance>,
        place: Option<Environment>,
        vantage: Vantage<'_>,
        seen: impl Fn(&Party) -> Option<Seen>,
    ) -> Decided {
        let (chain, clock) = (ProvenanceChain::of(provenance, self.request.artifact), vantage.clock());
        let seats = self.seats(provenance, clock, seen);
        let at = place.as_ref();
        let facts = seats.iter().map(|seat| seat.facts(&chain, at, vantage)).collect();
        let decision = self.judged(&seats, facts, clock);
        Decided { settled: settle(decision, place), seats }
    }

    /// As [`Self::decide`], and leaves the place open: what is certified of each of these runtimes, and whether these nodes are
    /// revoked, is asked once for each principal. Nothing may be run by what comes of it.
    pub fn consider(
        &self,
        provenance: &Verified<Provenance>,
        places: &Offered<'_>,
        vantage: Vantage<'_>,
        seen: impl Fn(&Party) -> Option<Seen>,
    ) -> Considered {
        let (chain, clock) = (ProvenanceChain::of(provenance, self.request.artifact), vantage.clock());
        let seats = self.seats(provenance, clock, seen);
        let facts = seats.iter().map(|seat| seat.facts_of(&chain, places, vantage)).collect();
        Considered { decision: self.judged(&seats, facts, clock), seats }
    }

    /// The policies in force by this evidence, and the principals that have none; what a decision by it goes by.
    pub fn seats(
        &self,
        provenance: &Verified<Provenance>,
        clock: Clock,
        seen: impl Fn(&Party) -> Option<Seen>,
    ) -> Vec<Seat> {
        let hearing = Hearing { decider: self.configuration.name(), clock, catalogues: self.catalogues };
        let of = |party: &Party| party.seats(provenance.get(), self.request.artifact, seen(party), hearing);
        self.parties.iter().flat_map(of).collect()
    }

    fn judged(
        &self,
        seats: &[Seat],
        facts: Vec<Option<Result<Facts, AppraiseError>>>,
        clock: Clock,
    ) -> Decision {
        let each = seats.iter().zip(&facts);
        let cases: Vec<Case<'_>> =
            each.map(|(seat, facts)| seat.case(facts.as_ref().map(Result::as_ref))).collect();
        decide(self.request.clone(), &cases, clock.now())
    }
}

/// Verifies a bundle once for all parties: with the keys of their policies, and of the policies that it carries itself. When
/// this returns, who signed what is known; whom to believe is not.
///
/// # Errors
/// [`VerifyError`] if the bundle as a whole is over a limit.
pub fn verified(
    bundle: &Unverified<Bundle>,
    parties: &[Party],
    catalogues: &Catalogues,
) -> Result<Verified<Provenance>, VerifyError> {
    let found = verified_helped(bundle, parties, catalogues, Patience::Whole, Help::NONE);
    found.map(|verification| verification.provenance)
}

/// As [`verified`], with help: what comes of the bundle is the same.
///
/// # Errors
/// As [`verified`].
pub fn verified_helped(
    bundle: &Unverified<Bundle>,
    parties: &[Party],
    catalogues: &Catalogues,
    patience: Patience,
    help: Help<'_>,
) -> Result<Verification, VerifyError> {
    let named = |edition: &PolicyEdition| {
        let policy = Policy::load(edition.document.as_bytes(), catalogues);
        policy.map(|policy| policy.keyring().to_vec()).unwrap_or_default()
    };
    let keys: Vec<KnownKey> =
        parties.iter().filter_map(Party::policy_key).cloned().map(KnownKey::from).collect();
    let filed = parties.iter().filter_map(Party::filed).flat_map(Provenance::editions);
    let filed: Vec<_> = filed.flat_map(|edition| named(edition.predicate())).collect();
    let documents = parties.iter().flat_map(Party::policies).flat_map(Policy::keyring);
    let ids: Vec<KeyId> = parties.iter().filter_map(Party::key).collect();
    // A stranger's edition brings no keys: nobody asks what it says.
    let mut names = |edition: &PolicyEdition| {
        if ids.contains(&edition.issuer) { named(edition) } else { Vec::new() }
    };
    verify_helped(bundle, documents.chain(&keys).chain(&filed), &mut names, patience, help)
}
