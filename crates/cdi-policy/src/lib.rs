//! Policy documents, the catalogue that gives their words meaning, and the decision.
//!
//! In go documents as bytes and each principal's facts; out comes one [`Decision`], with the reason for each part of
//! it. Nothing here verifies a signature, reads a clock or touches a file. Rules: `docs/spec/policy.md` (P-...).

mod catalogue;
mod catalogue_error;
mod catalogues;
mod chosen;
mod configuration;
mod configuration_error;
mod contradiction;
mod decide;
mod decision;
mod document;
mod edition;
mod formula;
mod grants;
mod history_document;
mod lines;
mod lint;
mod places;
mod policy;
mod policy_error;
mod policy_test;
mod reading;
mod residual;
mod suggest;
mod suppose;
mod trust_document;
mod waiver;
mod wasm_runtime;
mod workload;
mod yaml;

pub use catalogue::{Catalogue, Kind, Property, Tag, Value};
pub use catalogue_error::CatalogueError;
pub use catalogues::Catalogues;
pub use cdi_types::PlatformProperty;
pub use configuration::{
    CatalogueEntry, Configuration, DirectoryRule, FleetNode, NamedEnvironment, RequiredPrincipal, When,
};
pub use configuration_error::{ConfigurationError, NotOfPlaces};
pub use contradiction::contradiction;
pub use decide::{Case, decide};
pub use decision::{Acceptance, Admitted, Decision, Denial, Excused, Failure, PrincipalFindings, Reason};
pub use document::load_spec;
pub use edition::{Edition, EditionError, Hearing, InForce, Seen};
pub use formula::{Atom, Formula};
pub use grants::{Access, DirectoryGrant, GrantRules, Request, RequestedDirectory, RunLimits};
pub use lines::Lines;
pub use lint::{Conflict, Finding, Level, Quoted, Setting, Voice, Written, conflicts, lint};
pub use places::{AcceptedNodes, PlaceLevel, PlaceOf, Places};
pub use policy::{Demand, Part, Policy, Rule};
pub use policy_error::{PolicyError, UnknownWord};
pub use policy_test::{Expectation, Expected, PolicyTest, TestCase, Tested};
pub use reading::{Reading, Topic, Word};
pub use residual::{Causes, Heard, Lack, OpenPart, ProvidedBy, Provision, Residual};
pub use suggest::{Good, Pins, SuggestError, Wanted, suggest};
pub use suppose::foresee;
pub use waiver::{Excuse, Waivers};
pub use wasm_runtime::{Each, Group, Inside, Modules, Piece, RuntimeError, Template, WasmRuntime};
pub use workload::{WorkloadArtifact, WorkloadData, WorkloadDocument, WorkloadDocumentError};
pub use yaml::{YamlError, to_json as yaml_to_json};
