//! From a workload to a place: the decision about the code, once for each principal, and then the choice among what nodes
//! offer (rules P-WORKLOAD, P-NODES, P-LEVEL, PL-CHOICE).

mod answer;
mod declared;
mod form;
mod inputs;
mod market;
mod picture;
mod relieved;

use answer::Verdict;
pub(crate) use answer::{Compared, Placed};
pub(crate) use inputs::{Changes, Inputs, Known, Wanted};
pub(crate) use market::HERE;

use std::collections::BTreeSet;
use std::sync::Arc;

use cdi_decider::{Considered, Decider, Offered, Seat};
use cdi_placement::Bounds;
use cdi_policy::{AcceptedNodes, Decision, PlaceOf};
use cdi_types::{Clock, KeyId, Runtime};
use cdi_verify::{KnownKey, Patience, Vantage, Verification};

use crate::checked::Checked;
use crate::embedded;
use crate::failure::Failure;
use crate::node_reports::NodeReports;
use market::{Market, Stand};

/// What is listed for people and programs.
const LISTED: Bounds = Bounds { runners_up: 5, groups: 64, nodes: 16 };
/// What is known by name, for a picture.
const DRAWN: Bounds = Bounds { runners_up: 1024, groups: LISTED.groups, nodes: 1024 };

/// Decides about the workload, and chooses a place for it. Nothing is run, and nothing remembered.
pub(crate) fn placed(inputs: &Inputs, clock: Clock) -> Result<Placed, Failure> {
    let walk = &inputs.walk;
    let decider = Decider::new(&walk.configuration, &walk.catalogues, &walk.parties, walk.request.clone())
        .map_err(|error| Failure::failed(error.code(), error))?;
    let kept = walk.memory.checks();
    let checked = Checked::about(walk.request.artifact, kept.as_ref());
    let verified = decider.verify_helped(&inputs.evidence, Patience::Whole, checked.help());
    let Verification { provenance, checks } =
        verified.map_err(|error| Failure::failed(error.code(), error))?;
    checked.made(checks).keep(kept.as_ref());
    let in_force = decider.seats(&provenance, clock, |party| walk.memory.edition(party));
    let policies = || in_force.iter().filter_map(Seat::policy);
    let keys: Vec<KnownKey> = policies().flat_map(|policy| policy.keyring().to_vec()).collect();
    let reported = NodeReports::verified(&inputs.reports, &walk.configuration, &keys, walk.memory.nodes())?;
    let named: BTreeSet<KeyId> = policies().flat_map(named_nodes).collect();
    let market = Market::open(inputs, (&reported, &named), clock, embedded::asked_for(&provenance))?;
    let runtimes = runtimes(&market.stands);
    let seen = walk.memory.first_seen(&provenance)?;
    let vantage = Vantage::remembering(clock, &seen);
    let nodes: BTreeSet<PlaceOf> = market.stands.iter().map(|stand| stand.place.of).collect();
    let offered = Offered { runtimes: &runtimes, nodes: &nodes };
    let Considered { decision, .. } =
        decider.consider(&provenance, &offered, vantage, |party| walk.memory.edition(party));
    let answer = Placed::about(inputs, clock.now(), &market, reported.to_remember(clock));
    match &decision {
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
