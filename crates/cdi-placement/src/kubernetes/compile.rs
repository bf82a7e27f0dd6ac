//! From a joined residual to what a pod asks of the scheduler (rule PL-COMPILE).

use std::collections::BTreeSet;

use serde::Serialize;

use super::intersect::{Expression, SelectorTerm};
use super::label::Label;
use super::runtime::{RuntimeClass, RuntimeError, Toleration, distinct};
use crate::cost::{Form, Tenancy};
use crate::residual::{Joined, Wanted};

/// What a pod asks of the scheduler to run in one runtime class, in one tenancy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Constraint {
    /// The pod's `runtimeClassName`; `None` for the cluster's default.
    pub runtime_class_name: Option<String>,
    /// The environment that this is.
    pub environment: cdi_types::Name,
    /// Whether the pod must be alone on its node.
    #[serde(serialize_with = "tenancy")]
    pub tenancy: Tenancy,
    /// `requiredDuringSchedulingIgnoredDuringExecution`: any of these; never empty, and none of them is.
    pub node_selector_terms: Vec<SelectorTerm>,
    /// What the pod tolerates.
    pub tolerations: Vec<Toleration>,
    /// The pods that may not be on its node, in any namespace; `None` where others may.
    pub anti_affinity: Option<PodAntiAffinity>,
}

fn tenancy<S: serde::Serializer>(tenancy: &Tenancy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match tenancy {
        Tenancy::Shared => "shared",
        Tenancy::WholeNode => "whole-node",
    })
}

/// A required pod anti-affinity. Kubernetes holds later pods to it as well: none that it selects is put beside this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodAntiAffinity {
    /// The pods that may not be there.
    pub match_expressions: Vec<Expression>,
    /// In which namespaces: an empty selector, all of them.
    pub namespace_selector: std::collections::BTreeMap<String, String>,
    /// What is meant by the same place.
    pub topology_key: &'static str,
}

/// The label of every pod that was placed by what is compiled here; system pods do not have it.
const PLACED: &str = "code-deployment-integrity.io/placed";

impl PodAntiAffinity {
    /// Alone among all pods that have the label of placed ones.
    fn alone() -> Self {
        Self {
            match_expressions: vec![Expression::exists(PLACED)],
            namespace_selector: std::collections::BTreeMap::new(),
            topology_key: "kubernetes.io/hostname",
        }
    }
}

/// The constraints of every runtime class that can be lawful, by environment, shared before whole. A pod has one runtime class: it takes
/// one of these, by price, and the others are what it could have had. None at all: nothing is lawful anywhere.
///
/// # Errors
/// [`RuntimeError`] for a catalogue that says something twice.
pub fn compile(
    joined: &Joined,
    catalogue: &[RuntimeClass],
    form: &Form,
) -> Result<Vec<Constraint>, RuntimeError> {
    distinct(catalogue)?;
    let mut runtimes: Vec<&RuntimeClass> =
        catalogue.iter().filter(|runtime| form.kinds.contains(&runtime.kind)).collect();
    runtimes.sort_by_key(|runtime| &runtime.environment);
    let of_one = |runtime: &&RuntimeClass| {
        [Tenancy::Shared, Tenancy::WholeNode].map(|tenancy| constraint(joined, runtime, form, tenancy))
    };
    Ok(runtimes.iter().flat_map(of_one).flatten().collect())
}

fn constraint(joined: &Joined, runtime: &RuntimeClass, form: &Form, tenancy: Tenancy) -> Option<Constraint> {
    // A place that is taken whole meets what a shared one does as well; what is the same is not said twice.
    let takes_all = |term: &BTreeSet<&Wanted>| term.iter().any(|wanted| wanted.takes_the_whole_node());
    let of_tenancy = |term: &BTreeSet<&Wanted>| takes_all(term) == (tenancy == Tenancy::WholeNode);
    let terms: BTreeSet<SelectorTerm> =
        joined.terms().filter(of_tenancy).filter_map(|term| selector(&term, runtime, form)).collect();
    (!terms.is_empty()).then(|| Constraint {
        runtime_class_name: runtime.class.clone(),
        environment: runtime.environment.clone(),
        tenancy,
        node_selector_terms: terms.into_iter().collect(),
        tolerations: runtime.tolerations.clone(),
        anti_affinity: (tenancy == Tenancy::WholeNode).then(PodAntiAffinity::alone),
    })
}

/// The nodes that have the runtime, and all of the term that it does not bring along. It is never empty: an empty term would select
/// nothing, and a pod without terms anything. `None` if no node can be both what the term asks and what the runtime is.
fn selector(term: &BTreeSet<&Wanted>, runtime: &RuntimeClass, form: &Form) -> Option<SelectorTerm> {
    if term.iter().any(|wanted| runtime.meets.iter().any(|met| met.contradicts(wanted))) {
        return None;
    }
    let mut expressions = vec![is(Label::of_runtime(&runtime.environment, &runtime.runtime))];
    expressions.extend(
        form.architecture
            .iter()
            .map(|own| Expression::is("kubernetes.io/arch", kubernetes_architecture(own.as_str()))),
    );
    let left = term.iter().filter(|wanted| !runtime.meets.contains(**wanted));
    expressions.extend(left.map(|wanted| is(Label::of(wanted))));
    expressions.sort();
    Some(SelectorTerm { match_expressions: expressions, match_fields: Vec::new() })
}

fn is(Label { key, value }: Label) -> Expression {
    Expression::is(&key, &value)
}

/// The architecture as Kubernetes calls it: as Go does.
pub(super) fn kubernetes_architecture(own: &str) -> &str {
    match own {
        "x86-64" | "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
