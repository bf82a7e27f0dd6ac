//! What there is to choose from, and the choice: this machine's environments and those of nodes whose reports count.

use std::collections::{BTreeMap, BTreeSet};

use cdi_gate::{ArtifactKind, Embedded};
use cdi_placement::{
    CostError, CostModel, Environment, EnvironmentKind, Explanation, Fleet as Engine, Form, Inventory,
    InventoryError, Joined, Level, Node, Offer, OfferId, Overheads, Rates, Requirement, Resources, Wanted,
    Workload, explain, left_open_by, meets, requirements,
};
use cdi_policy::{Acceptance, Heard, PlaceOf, PlatformProperty, PrincipalFindings, Request};
use cdi_types::{Clock, KeyId, Name, NodeReport};

use super::answer::{Placed, RuledOut, Verdict, Why};
use super::declared::Takes;
use super::form::form;
use super::inputs::Inputs;
use super::{DRAWN, LISTED};
use crate::at_hand::{AtHand, at_hand};
use crate::command::node::machine;
use crate::embedded;
use crate::failure::Failure;
use crate::node_reports::NodeReports;

/// The name of this machine among the nodes, and of its class, and of the class of nodes that have none.
pub(crate) const HERE: &str = "this-machine";
const UNCLASSED: &str = "default";

/// The same rates for every class where nobody has said what resources cost: 0.04 for a core and 0.005 for a gibibyte an
/// hour, as clouds of 2026 ask for about.
const RATES: Rates = Rates { core_hour: 40_000, gibibyte_hour: 5_000 };

/// An environment on offer.
pub(super) struct Stand {
    pub(super) node: Name,
    pub(super) environment: Name,
    pub(super) place: Environment,
    /// The key of the node; `None` for this machine.
    pub(super) key: Option<KeyId>,
    kind: EnvironmentKind,
    /// What the gate of this machine runs there; of a node its report does not say it but of declared runtimes.
    runs: Option<&'static [ArtifactKind]>,
    /// What its runtime takes, if a host has declared that.
    takes: Option<Takes>,
    overheads: Overheads,
}

/// A node on offer, its environments aside.
struct Host {
    name: Name,
    /// The key of the node; `None` for this machine.
    key: Option<KeyId>,
    class: Name,
    architecture: Name,
    capacity: Resources,
    allocatable: Resources,
}

/// What is on offer.
pub(super) struct Market {
    hosts: Vec<Host>,
    pub(super) stands: Vec<Stand>,
    /// Why reports of nodes do not count: by a code, in words.
    pub(super) faults: Vec<(&'static str, String)>,
}

impl Market {
    /// Reads what is on offer. This machine's runtime is measured if somebody asks about runtimes.
    pub(super) fn open(
        inputs: &Inputs,
        (reported, named_by_policies): (&NodeReports<'_>, &BTreeSet<KeyId>),
        clock: Clock,
        measured: bool,
    ) -> Result<Self, Failure> {
        let mut market = Self { hosts: Vec::new(), stands: Vec::new(), faults: Vec::new() };
        if inputs.walk.configuration.nodes().iter().any(|node| node.name.as_str() == HERE) {
            let message = format!(
                "`{HERE}` is the name of this machine, and the configuration lists a node of that name"
            );
            return Err(Failure::failed("configuration-name-twice", message));
        }
        market.this_machine(inputs, measured)?;
        let (reports, faults) = reported.in_force(clock);
        market.faults = faults;
        for report in reports {
            if reported.lists(report) || named_by_policies.contains(&report.issuer) {
                market.add(reported, report);
            } else {
                let message = format!(
                    "no configuration lists the node `{}`, and no policy names its key",
                    reported.name(report)
                );
                market.faults.push(("issuer-key-unknown", message));
            }
        }
        Ok(market)
    }

    /// Takes a node's report; what cannot be named spoils nothing for the others.
    fn add(&mut self, reported: &NodeReports<'_>, report: &NodeReport) {
        let class = reported.class(report);
        let class = Name::parse(class.as_deref().unwrap_or(UNCLASSED));
        let (node, class) = match (Name::parse(&reported.name(report)), class) {
            (Ok(node), Ok(class)) => (node, class),
            (Err(error), _) | (_, Err(error)) => {
                return self
                    .faults
                    .push((error.code(), format!("a node of the key {}: {error}", report.issuer)));
            }
        };
        self.hosts.push(Host {
            name: node.clone(),
            key: Some(report.issuer),
            class,
            architecture: report.architecture.clone(),
            capacity: report.capacity,
            allocatable: report.allocatable,
        });
        self.stands.extend(report.environments.iter().map(|environment| {
            let settings = environment.runtime.as_ref().map(|runtime| runtime.settings.clone());
            let takes = takes(environment.kind, &settings.unwrap_or_default());
            Stand {
                node: node.clone(),
                environment: environment.name.clone(),
                place: reported.place(report, environment),
                key: Some(report.issuer),
                kind: environment.kind,
                runs: takes.as_ref().map(|takes| takes.runs),
                takes,
                overheads: environment.overheads,
            }
        }));
    }

    fn this_machine(&mut self, inputs: &Inputs, measured: bool) -> Result<(), Failure> {
        let (capacity, free) = machine::resources()?;
        self.hosts.push(Host {
            name: named(HERE)?,
            key: None,
            class: named(HERE)?,
            architecture: named(std::env::consts::ARCH)?,
            capacity,
            allocatable: free,
        });
        let configuration = &inputs.walk.configuration;
        let drivers = embedded::drivers(Some(configuration))?;
        embedded::warn_of_unknown(configuration, &drivers);
        for AtHand { name, kind, provides, runs, overheads } in at_hand(Some(configuration), &inputs.state)? {
            let settings = embedded::driver(&drivers, &name)?.settings();
            self.stands.push(Stand {
                node: named(HERE)?,
                environment: named(&name)?,
                place: Environment {
                    name: format!("{HERE}/{name}"),
                    provides: configuration.environment(&name, Some(&provides))?,
                    asserted_by: configuration.host().clone(),
                    of: PlaceOf::Decider,
                    runtime: if measured { embedded::runtime(&drivers, &name)? } else { None },
                },
                key: None,
                kind,
                runs: Some(runs),
                takes: takes(kind, &settings),
                overheads,
            });
        }
        Ok(())
    }

    /// Chooses the cheapest lawful place with enough that is free, and explains.
    pub(super) fn choose(
        &self,
        inputs: &Inputs,
        principals: &[PrincipalFindings],
        answer: Placed,
    ) -> Result<Placed, Failure> {
        let asked = self.asked(principals);
        let joined = Joined::of(&asked).map_err(|error| Failure::failed(error.code(), error))?;
        let bytes = inputs.walk.artifact.bytes();
        let mut unfit = Vec::new();
        let cost = inputs.cost.clone().map_or_else(|| self.rates(), Ok)?;
        let inventory =
            self.inventory(principals, joined.atoms(), (bytes, &inputs.walk.request, &cost), &mut unfit)?;
        let engine = Engine::new(inventory, &cost).map_err(|error| Failure::failed(error.code(), error))?;
        let workload = workload(inputs, bytes)?;
        let explanation = explain(&engine, &asked, &workload, DRAWN)
            .map_err(|error| Failure::failed(error.code(), error))?;
        let untold = self.could_be_told_otherwise(principals, &form_of(inputs, bytes)?, &unfit);
        let otherwise = if untold { Verdict::Unknown } else { Verdict::Nowhere };
        let ruled_out = self.ruled_out(&explanation, principals).chain(unfit).collect();
        Ok(answer.chosen((&explanation, &asked), otherwise, cost.currency.as_str(), ruled_out))
    }

    /// Whether there is a place that runs the artifact, and of all that it leaves open it only could not be told (rule P-PLACE).
    fn could_be_told_otherwise(
        &self,
        principals: &[PrincipalFindings],
        form: &Form,
        unfit: &[RuledOut],
    ) -> bool {
        let unfit: BTreeSet<(&str, &str)> = unfit
            .iter()
            .filter_map(|one| Some((one.environment.as_str(), one.nodes.first()?.as_str())))
            .collect();
        let architectures: BTreeMap<_, _> =
            self.hosts.iter().map(|host| (host.key, &host.architecture)).collect();
        let runs = |stand: &Stand| {
            let on_it = |own: &Name| architectures.get(&stand.key).is_some_and(|found| *found == own);
            let of_form = form.kinds.contains(&stand.kind) && form.architecture.as_ref().is_none_or(on_it);
            of_form && !unfit.contains(&(stand.environment.as_str(), stand.node.as_str()))
        };
        let untold = |stand: &Stand| {
            let unmet = left_open_by(principals, &stand.place);
            !unmet.is_empty() && unmet.iter().all(|unmet| unmet.undecided)
        };
        self.stands.iter().filter(|stand| runs(stand)).any(untold)
    }

    /// What the principals leave to the place, and that each accepts its node.
    fn asked(&self, principals: &[PrincipalFindings]) -> Vec<Requirement> {
        let heard = |findings: &PrincipalFindings| {
            let mut places = self.stands.iter().map(|stand| &stand.place);
            places.any(|place| findings.hears(&place.asserted_by, place.of) == Heard::Taken)
        };
        let level = |findings: &PrincipalFindings, property: &PlatformProperty| {
            let unstated = || if heard(findings) { Level::Asserted } else { Level::Certified };
            findings.places.stated(&property.name).unwrap_or_else(unstated)
        };
        let accepted = binding(principals).map(|findings| Requirement::accepted_node(&findings.principal));
        requirements(principals, &level).into_iter().chain(accepted).collect()
    }

    /// What can be taken into an inventory. What cannot is ruled out by itself: no node spoils the choice among others.
    fn inventory(
        &self,
        principals: &[PrincipalFindings],
        wanted: &[Wanted],
        (artifact, request, cost): (&[u8], &Request, &CostModel),
        unfit: &mut Vec<RuledOut>,
    ) -> Result<Inventory, Failure> {
        let failed = |error: InventoryError| Failure::failed(error.code(), error);
        let mut inventory = Inventory::new();
        let nothing = inventory.describe([]).map_err(failed)?;
        for host in &self.hosts {
            let (mut offered, mut environments) = (Vec::new(), Vec::new());
            for stand in self.stands.iter().filter(|stand| stand.key == host.key) {
                if !cost.classes.contains_key(&host.class) {
                    let (node, class) = (host.name.clone(), host.class.clone());
                    let error = CostError::ClassUnknown { node, class };
                    unfit.push(stand.ruled_out(error.code(), error.to_string()));
                    continue;
                }
                if let Some(other) = compiled_for_another(artifact, stand) {
                    let message = format!("the module was compiled for `{other}`");
                    unfit.push(stand.ruled_out("place-unfit", message));
                    continue;
                }
                let sort = ArtifactKind::sniff(artifact);
                if stand.runs.is_some_and(|runs| !runs.contains(&sort)) {
                    let message = format!("no `{sort}` runs in `{}`", stand.environment);
                    unfit.push(stand.ruled_out("place-unfit", message));
                    continue;
                }
                if stand.kind == EnvironmentKind::Process && !request.directories.is_empty() {
                    let message = "a plain process can be given no directory".to_owned();
                    unfit.push(stand.ruled_out("place-unfit", message));
                    continue;
                }
                if let Some(what) = stand.takes.as_ref().and_then(|takes| takes.lacks(request)) {
                    let message = format!("the runtime of `{}` has no place for {what}", stand.environment);
                    unfit.push(stand.ruled_out("place-unfit", message));
                    continue;
                }
                match self.offer(&mut inventory, stand, principals, wanted) {
                    Ok(offer) => {
                        environments.push(offer);
                        offered.push(stand);
                    }
                    Err(error) => unfit.push(stand.ruled_out(error.code(), error.to_string())),
                }
            }
            if offered.is_empty() {
                continue;
            }
            let node = Node {
                name: host.name.clone(),
                class: host.class.clone(),
                architecture: host.architecture.clone(),
                capacity: host.capacity,
                allocatable: host.allocatable,
                // What can be given is what nobody uses. That nobody uses any is not known: see `offer`.
                in_use: Resources::default(),
                meets: nothing,
                environments,
            };
            if let Err(error) = inventory.node(node) {
                unfit.extend(offered.iter().map(|stand| stand.ruled_out(error.code(), error.to_string())));
            }
        }
        Ok(inventory)
    }

    fn offer(
        &self,
        inventory: &mut Inventory,
        stand: &Stand,
        principals: &[PrincipalFindings],
        wanted: &[Wanted],
    ) -> Result<OfferId, InventoryError> {
        let (accepting, refusing): (Vec<_>, Vec<_>) = binding(principals)
            .partition(|findings| findings.acceptance(stand.place.of) == Acceptance::Accepted);
        // Of several policies of one principal that are enforced each must accept.
        let refused: BTreeSet<Wanted> = refusing.into_iter().map(acceptance).collect();
        let mut met = meets(principals, wanted, &stand.place);
        // No report says that nothing runs on a node, and nobody asks this machine: no node is known to be free to be taken whole.
        met.retain(|wanted| !wanted.takes_the_whole_node());
        let all = met.into_iter().chain(accepting.into_iter().map(acceptance));
        let described = inventory.describe(all.filter(|wanted| !refused.contains(wanted)))?;
        let (name, kind, overheads) = (stand.environment.clone(), stand.kind, stand.overheads);
        inventory.offer(Offer { name, kind, meets: described, overheads })
    }

    fn rates(&self) -> Result<CostModel, Failure> {
        let classes = self.hosts.iter().map(|host| (host.class.clone(), RATES)).collect();
        Ok(CostModel { currency: named("units")?, classes })
    }

    /// What was ruled out, each with codes and words.
    fn ruled_out<'m>(
        &'m self,
        explanation: &'m Explanation,
        principals: &'m [PrincipalFindings],
    ) -> impl Iterator<Item = RuledOut> + 'm {
        explanation.ruled_out.iter().map(|group| {
            let stand = self.stands.iter().find(|stand| {
                stand.environment == group.environment && group.nodes.first() == Some(&stand.node)
            });
            let unmet = stand.map(|stand| left_open_by(principals, &stand.place)).unwrap_or_default();
            let why = group.reasons.iter().map(|reason| Why::of(&group.environment, reason, &unmet));
            RuledOut {
                environment: group.environment.to_string(),
                nodes: group.nodes.iter().take(LISTED.nodes).map(ToString::to_string).collect(),
                count: group.count,
                reasons: why.collect(),
                drawn: group.nodes.iter().map(ToString::to_string).collect(),
            }
        })
    }
}

impl Stand {
    fn ruled_out(&self, code: &'static str, message: String) -> RuledOut {
        RuledOut {
            environment: self.environment.to_string(),
            nodes: vec![self.node.to_string()],
            count: 1,
            reasons: vec![Why { principal: None, requirement: None, code, message }],
            drawn: vec![self.node.to_string()],
        }
    }
}

/// Those whose policies are enforced: a trial refuses nothing (rule P-MODE).
fn binding(principals: &[PrincipalFindings]) -> impl Iterator<Item = &PrincipalFindings> {
    principals.iter().filter(|findings| findings.mode().is_none())
}

fn acceptance(findings: &PrincipalFindings) -> Wanted {
    Wanted::accepted_node(&findings.principal)
}

/// What a declared runtime takes.
fn takes(kind: EnvironmentKind, settings: &BTreeMap<String, String>) -> Option<Takes> {
    (kind == EnvironmentKind::WasmRuntime).then(|| Takes::of(settings))
}

/// The environment of the gate that a module says it was compiled for, if the stand is one of the gate's and another.
fn compiled_for_another(artifact: &[u8], stand: &Stand) -> Option<&'static str> {
    let claimed = Embedded::claimed_by(artifact)?.name();
    (stand.kind == EnvironmentKind::Embedded && claimed != stand.environment.as_str()).then_some(claimed)
}

fn workload(inputs: &Inputs, artifact: &[u8]) -> Result<Workload, Failure> {
    let request = inputs.workload.resources();
    let lifetime = inputs.workload.lifetime().seconds().saturating_mul(1_000_000);
    Workload::new(request, lifetime, form_of(inputs, artifact)?)
        .map_err(|error| Failure::failed(error.code(), error))
}

fn form_of(inputs: &Inputs, artifact: &[u8]) -> Result<Form, Failure> {
    form(artifact, &inputs.walk.request.arguments)
}

fn named(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|error| Failure::failed(error.code(), error))
}
