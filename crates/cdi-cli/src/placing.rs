//! From a workload to a place: the decision about the code, once for each principal, and then the choice among what nodes
//! offer (rules P-WORKLOAD, P-NODES, P-LEVEL, PL-CHOICE).

mod answer;
mod form;
mod inputs;
mod market;

use answer::Verdict;
pub(crate) use answer::{Compared, Placed};
pub(crate) use inputs::{Changes, Inputs};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cdi_decider::{Considered, Decider, Seat};
use cdi_policy::{AcceptedNodes, Decision, PrincipalFindings};
use cdi_types::{Clock, KeyId, PolicyDigest, Runtime};
use cdi_verify::{KnownKey, Provenance, Vantage, Verified, revoked_nodes};

use crate::embedded;
use crate::failure::Failure;
use crate::fleet::Fleet;
use market::{Market, Stand};

/// Decides about the workload, and chooses a place for it. Nothing is run, and nothing remembered.
pub(crate) fn placed(inputs: &Inputs, clock: Clock) -> Result<Placed, Failure> {
    let walk = &inputs.walk;
    let decider = Decider::new(&walk.configuration, &walk.catalogues, &walk.parties, walk.request.clone())
        .map_err(|error| Failure::failed(error.code(), error))?;
    let provenance =
        decider.verify(&inputs.evidence).map_err(|error| Failure::failed(error.code(), error))?;
    let in_force = decider.seats(&provenance, clock, |party| walk.memory.edition(party));
    let policies = || in_force.iter().filter_map(Seat::policy);
    let keys: Vec<KnownKey> = policies().flat_map(|policy| policy.keyring().to_vec()).collect();
    let fleet = Fleet::read(&inputs.nodes, &walk.configuration, &keys)?;
    let named: BTreeSet<KeyId> = policies().flat_map(named_nodes).collect();
    let mut market = Market::open(inputs, (&fleet, &named), clock, embedded::asked_for(&provenance))?;
    let runtimes = runtimes(&market.stands);
    let seen = walk.memory.first_seen(&provenance)?;
    let vantage = Vantage::remembering(clock, &seen);
    let considered = decider.consider(&provenance, &runtimes, vantage, |party| walk.memory.edition(party));
    let Considered { seats, decision } = &considered;
    market.shun(revoked(seats, [&provenance, fleet.provenance()], &market, vantage));
    let answer = Placed::about(inputs, clock.now(), &market);
    match decision {
        Decision::Allow(admitted) => market.choose(inputs, admitted.principals(), answer),
        Decision::Deny(denial) => Ok(answer.refused(Verdict::Denied, &denial.principals)),
        Decision::Unknown(denial) => Ok(answer.refused(Verdict::Unknown, &denial.principals)),
    }
}

/// Every runtime that is offered, each once.
fn runtimes(stands: &[Stand]) -> Vec<Arc<Runtime>> {
    let all: BTreeSet<&Arc<Runtime>> =
        stands.iter().filter_map(|stand| stand.place.runtime.as_ref()).collect();
    all.into_iter().cloned().collect()
}

/// The nodes that a policy names by their keys. Its keyring has those of authorities and scanners too, which are no nodes.
fn named_nodes(policy: &cdi_policy::Policy) -> Vec<KeyId> {
    match policy.places().nodes() {
        AcceptedNodes::Keys(keys) => keys.keys().copied().collect(),
        AcceptedNodes::Nobodys | AcceptedNodes::Configured => Vec::new(),
    }
}

/// The nodes that an authority has revoked for the principal of a policy, by a list beside the artifact or beside the reports
/// (rule M-NODE).
fn revoked(
    seats: &[Seat],
    evidence: [&Verified<Provenance>; 2],
    market: &Market,
    vantage: Vantage<'_>,
) -> BTreeMap<PolicyDigest, BTreeSet<KeyId>> {
    let nodes = market.keys();
    let policies = seats.iter().filter_map(Seat::policy);
    let of = |policy: &cdi_policy::Policy| {
        let trust = policy.trust()?;
        let revoked = evidence.map(|provenance| revoked_nodes(provenance, trust, &nodes, vantage));
        Some((policy.digest(), revoked.into_iter().flat_map(BTreeMap::into_keys).collect()))
    };
    policies.filter_map(of).collect()
}

/// Whether a principal accepts the place, as far as it matters whose that is.
fn accepts(
    findings: &PrincipalFindings,
    stand: &Stand,
    shunned: &BTreeMap<PolicyDigest, BTreeSet<KeyId>>,
) -> bool {
    let own = findings.policy.and_then(|policy| shunned.get(&policy));
    let revoked = own.zip(stand.key).is_some_and(|(shunned, key)| shunned.contains(&key));
    findings.places.accepts(stand.place.of) && !revoked
}
