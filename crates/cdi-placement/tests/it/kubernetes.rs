//! What is compiled for Kubernetes selects the nodes that the engine finds lawful: by a plain reading of its operators.

use std::collections::{BTreeMap, BTreeSet};

use cdi_placement::kubernetes::{
    Constraint, Expression, Operator, RuntimeClass, SelectorTerm, by_price, compile, intersect, node_labels,
};
use cdi_placement::{Bounds, Tenancy, explain};
use fastrand::Rng;
use proptest::prelude::{ProptestConfig, any, proptest};

use crate::world::{self, PlainNode, PlainOffer, World, name};

type Labels = BTreeMap<String, String>;

fn matches(expression: &Expression, labels: &Labels) -> bool {
    let Expression { key, operator, values } = expression;
    let value = labels.get(key);
    let integer = |text: &String| text.parse::<i64>().ok();
    let compared = || Some((integer(value?)?, integer(values.first()?)?));
    match operator {
        Operator::In => value.is_some_and(|value| values.contains(value)),
        Operator::NotIn => value.is_none_or(|value| !values.contains(value)),
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
        Operator::Gt => compared().is_some_and(|(one, other)| one > other),
        Operator::Lt => compared().is_some_and(|(one, other)| one < other),
    }
}

/// As Kubernetes reads terms: any of them, all of each; a term without expressions selects nothing.
fn selects(terms: &[SelectorTerm], labels: &Labels) -> bool {
    let term = |term: &SelectorTerm| {
        let empty = term.match_expressions.is_empty() && term.match_fields.is_empty();
        !empty && term.match_expressions.iter().all(|expression| matches(expression, labels))
    };
    terms.iter().any(term)
}

/// A world in which a runtime is the same wherever it is: as labels say it.
struct Cluster {
    world: World,
    catalogue: Vec<RuntimeClass>,
}

fn cluster(seed: u64) -> Cluster {
    let rng = &mut Rng::with_seed(seed);
    let mut world = world::world(seed);
    let offers: Vec<PlainOffer> = (0..3).map(|n| world::offer(rng, &format!("runtime {n}"))).collect();
    while world.nodes.len() < 8 {
        let of = format!("more-{}", world.nodes.len());
        world.nodes.push(world::node(rng, &of));
    }
    for node in &mut world.nodes {
        node.offers = offers.iter().filter(|_| rng.bool()).cloned().collect();
    }
    let class = |offer: &PlainOffer| RuntimeClass {
        class: Some(offer.name.replace(' ', "-")),
        environment: name(&offer.name),
        kind: offer.kind,
        runtime: "5beab423b29faddf397861f326ae3acf27dc52f5459c18398601e7e976368656".to_owned(),
        meets: offer.meets.clone(),
        tolerations: Vec::new(),
    };
    Cluster { catalogue: offers.iter().map(class).collect(), world }
}

impl Cluster {
    fn labels(&self, node: &PlainNode) -> Labels {
        let own = |runtime: &&RuntimeClass| {
            node.offers.iter().any(|offer| offer.name == runtime.environment.as_str())
        };
        let runtimes = self.catalogue.iter().filter(own);
        let runtimes = runtimes.map(|runtime| (&runtime.environment, runtime.runtime.as_str()));
        let mut labels = node_labels(&node.meets, runtimes);
        let arch = if node.architecture == "x86-64" { "amd64" } else { "arm64" };
        labels.insert("kubernetes.io/arch".to_owned(), arch.to_owned());
        labels.insert("zone".to_owned(), node.class.clone());
        labels.insert("size".to_owned(), node.capacity.cpu_milli.to_string());
        labels
    }

    fn compiled(&self) -> Vec<Constraint> {
        compile(&self.world.joined(), &self.catalogue, self.world.workload.form()).unwrap()
    }

    fn selected(&self, terms: &[SelectorTerm]) -> BTreeSet<String> {
        let nodes = self.world.nodes.iter().filter(|node| selects(terms, &self.labels(node)));
        nodes.map(|node| node.name.clone()).collect()
    }

    /// The nodes where the engine finds the environment lawful, in this tenancy or any.
    fn lawful(&self, environment: &str, tenancy: Tenancy) -> BTreeSet<String> {
        let fleet = self.world.fleet();
        let asked = fleet.ask(&self.world.joined(), &self.world.workload);
        let lawful = fleet.lawful(&asked).filter(|(_, offer, of)| {
            offer.name.as_str() == environment && (*of == tenancy || tenancy == Tenancy::WholeNode)
        });
        lawful.map(|(node, ..)| node.name.to_string()).collect()
    }
}

fn terms_of(all: &[Constraint], environment: &str, tenancies: &[Tenancy]) -> Vec<SelectorTerm> {
    let own =
        all.iter().filter(|one| one.environment.as_str() == environment && tenancies.contains(&one.tenancy));
    own.flat_map(|one| one.node_selector_terms.clone()).collect()
}

fn own_terms(rng: &mut Rng) -> Option<Vec<SelectorTerm>> {
    let expression = |rng: &mut Rng| {
        let (operator, values): (_, &[&str]) = match rng.u8(..6) {
            0 => (Operator::In, &["small"]),
            1 => (Operator::NotIn, &["small"]),
            2 => (Operator::Exists, &[]),
            3 => (Operator::DoesNotExist, &[]),
            4 => {
                return Expression {
                    key: "size".to_owned(),
                    operator: Operator::Gt,
                    values: vec!["1500".to_owned()],
                };
            }
            _ => {
                return Expression {
                    key: "size".to_owned(),
                    operator: Operator::Lt,
                    values: vec!["2500".to_owned()],
                };
            }
        };
        let key = if rng.u8(..4) > 0 { "zone" } else { "none" };
        Expression { key: key.to_owned(), operator, values: values.iter().map(ToString::to_string).collect() }
    };
    let term = |rng: &mut Rng| SelectorTerm {
        match_expressions: (0..rng.usize(..3)).map(|_| expression(rng)).collect(),
        match_fields: Vec::new(),
    };
    rng.bool().then(|| (0..rng.usize(..4)).map(|_| term(rng)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// PL-COMPILE.
    #[test]
    fn the_terms_select_the_nodes_that_are_lawful(seed in any::<u64>()) {
        let cluster = cluster(seed);
        let all = cluster.compiled();
        for runtime in &cluster.catalogue {
            let environment = runtime.environment.as_str();
            let shared = terms_of(&all, environment, &[Tenancy::Shared]);
            assert_eq!(cluster.selected(&shared), cluster.lawful(environment, Tenancy::Shared));
            let either = terms_of(&all, environment, &[Tenancy::Shared, Tenancy::WholeNode]);
            assert_eq!(cluster.selected(&either), cluster.lawful(environment, Tenancy::WholeNode));
        }
        for constraint in &all {
            assert!(!constraint.node_selector_terms.is_empty());
            assert!(constraint.node_selector_terms.iter().all(|term| !term.match_expressions.is_empty()));
            assert_eq!(constraint.anti_affinity.is_some(), constraint.tenancy == Tenancy::WholeNode);
        }
    }

    /// PL-INTERSECT.
    #[test]
    fn a_pods_own_terms_and_ours_select_what_both_select(seed in any::<u64>()) {
        let cluster = cluster(seed);
        let own = own_terms(&mut Rng::with_seed(seed));
        for constraint in cluster.compiled() {
            let ours = cluster.selected(&constraint.node_selector_terms);
            let anywhere = || cluster.world.nodes.iter().map(|node| node.name.clone()).collect();
            let pods: BTreeSet<String> = own.as_ref().map_or_else(anywhere, |own| cluster.selected(own));
            let both = ours.intersection(&pods).cloned().collect::<BTreeSet<_>>();
            match intersect(own.as_deref(), &constraint.node_selector_terms) {
                Ok(terms) => assert_eq!(cluster.selected(&terms), both),
                Err(error) => assert!(error.code() == "selector-terms-nothing" && both.is_empty()),
            }
        }
    }

    /// The pod gets the class of the cheapest place.
    #[test]
    fn of_several_classes_the_pod_gets_the_cheapest(seed in any::<u64>()) {
        let cluster = cluster(seed);
        let World { requirements, workload, .. } = &cluster.world;
        let explanation = explain(&cluster.world.fleet(), requirements, workload, Bounds::default()).unwrap();
        let priced = by_price(cluster.compiled(), &explanation.by_environment);
        let first = priced.first().filter(|first| first.price.is_some());
        assert_eq!(first.and_then(|first| first.price), explanation.choice.as_ref().map(|choice| choice.price));
        let environment = first.map(|first| &first.constraint.environment);
        assert!(explanation.by_environment.iter().any(|offered| Some(&offered.environment) == environment) == first.is_some());
    }
}

#[test]
fn a_catalogue_that_says_something_twice_is_rejected() {
    let Cluster { world, catalogue } = cluster(3);
    let compiled = |catalogue: &[RuntimeClass]| compile(&world.joined(), catalogue, world.workload.form());
    assert!(compiled(&catalogue).is_ok());
    let again = RuntimeClass { class: Some("again".to_owned()), ..catalogue[0].clone() };
    let twice = compiled(&[&catalogue[..], &[again]].concat());
    assert_eq!(twice.unwrap_err().code(), "runtime-class-twice");
    let same = RuntimeClass { environment: name("another"), ..catalogue[0].clone() };
    assert_eq!(compiled(&[&catalogue[..], &[same]].concat()).unwrap_err().code(), "runtime-class-twice");
    for bad in ["", "Runc", "a_b", "-a", "a.", "a/b", &"a".repeat(254)] {
        let bad = RuntimeClass { class: Some(bad.to_owned()), ..catalogue[0].clone() };
        assert_eq!(compiled(&[bad]).unwrap_err().code(), "runtime-class-malformed");
    }
}
