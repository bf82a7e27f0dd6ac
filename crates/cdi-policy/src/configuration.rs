//! The decider's configuration: who must agree, and what this host has to give (rule P-CONFIG). It comes from whoever runs
//! the host, never from a bundle: what is carried along can only add to what is required.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{CatalogueDigest, KeyId, Name, PlatformProperty, PolicyDigest, PublicKeyInfo};
use serde::Deserialize;

use crate::catalogues::Catalogues;
use crate::configuration_error::ConfigurationError;
use crate::document::Document;
use crate::edition::InForce;
use crate::grants::{Request, RunLimits};
use crate::policy::Policy;
use crate::wasm_runtime::{Declared, WasmRuntime};

pub(crate) use self::rules::MOST_RUNTIMES;
use self::rules::{distinct, node_keys, not_of_places, policy_keys, runtimes};

/// When a principal must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// To every decision.
    Always,
    /// When something of its own is given to the program.
    #[serde(rename = "when-granted")]
    Granted,
    /// When a bundle brings a policy that its key has signed.
    #[serde(rename = "when-carried")]
    Carried,
}

/// A principal, and where its policy is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredPrincipal {
    /// The principal.
    pub name: Name,
    /// The path of its policy, from the folder of the configuration: a document, or with `key` a file of signed editions.
    #[serde(default)]
    pub policy: Option<String>,
    /// The key that signs its policies.
    #[serde(default)]
    pub key: Option<PublicKeyInfo>,
    /// The lowest version of a signed policy that is taken.
    #[serde(default)]
    pub at_least: Option<u64>,
    /// The digest that the policy's document must have, if the configuration pins it.
    #[serde(default)]
    pub sha256: Option<PolicyDigest>,
    /// When it must agree.
    pub required: When,
}

/// A directory that can be given to a program, and whose it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryRule {
    /// The name by which requests and policies speak of it; the program sees it as `/NAME`.
    pub name: Name,
    /// The path, from the folder of the configuration.
    pub path: String,
    /// Its owner: giving the directory makes it a principal that must agree.
    pub owner: Name,
}

/// An execution environment of this host, as the host describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedEnvironment {
    /// The name, for `--environment`.
    pub name: Name,
    /// What the host asserts of it.
    pub provides: Vec<PlatformProperty>,
    #[serde(default)]
    runtime: Option<Declared>,
}

/// A node of the fleet: the decider takes its reports from this key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FleetNode {
    /// Its name at this decider; what it calls itself is for people.
    pub name: Name,
    /// The key by which it signs its reports.
    pub key: PublicKeyInfo,
    /// The principal whose word it is what the node asserts; the host's, if it is left out.
    #[serde(default)]
    pub operator: Option<Name>,
    /// The class by which it is priced.
    #[serde(default)]
    pub class: Option<Name>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    host: Name,
    principals: Vec<RequiredPrincipal>,
    #[serde(default)]
    directories: Vec<DirectoryRule>,
    #[serde(default)]
    environments: Vec<NamedEnvironment>,
    #[serde(default)]
    nodes: Vec<FleetNode>,
    #[serde(default)]
    limits: Option<RunLimits>,
    #[serde(default)]
    catalogues: Vec<CatalogueEntry>,
}

/// A catalogue that extends one that ships or stands before it, and where its document is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The path of the document, from the folder of the configuration.
    pub path: String,
    /// The digest that it must have, if the configuration pins it.
    #[serde(default)]
    pub sha256: Option<CatalogueDigest>,
}

impl CatalogueEntry {
    /// Takes the document in.
    ///
    /// # Errors
    /// [`ConfigurationError`] if it is not the pinned one, or cannot be used.
    pub fn load(&self, bytes: &[u8], catalogues: &mut Catalogues) -> Result<(), ConfigurationError> {
        let found = CatalogueDigest::of(bytes);
        if let Some(expected) = self.sha256.filter(|expected| *expected != found) {
            return Err(ConfigurationError::CatalogueDigest { expected, found });
        }
        catalogues.extend(bytes).map(drop).map_err(ConfigurationError::from)
    }
}

/// The decider's configuration, held to its rules.
#[derive(Debug, Clone)]
pub struct Configuration {
    name: Name,
    spec: Spec,
    keys: BTreeMap<Name, PublicKey>,
    node_keys: BTreeMap<KeyId, PublicKey>,
    runtimes: BTreeMap<Name, WasmRuntime>,
}

impl Configuration {
    /// The catalogues that a configuration names, in its order: they are read before the rest is, which uses their words.
    ///
    /// # Errors
    /// [`ConfigurationError::Document`] if it cannot be read at all.
    pub fn catalogues(bytes: &[u8]) -> Result<Vec<CatalogueEntry>, ConfigurationError> {
        let document: Document<Spec> = Document::load(bytes, "Configuration")?;
        Ok(document.spec.catalogues)
    }

    /// The same, with no document of this principal pinned: for a supposition, which puts another in its place.
    #[must_use]
    pub fn unpinned(mut self, principal: &Name) -> Self {
        for entry in self.spec.principals.iter_mut().filter(|entry| entry.name == *principal) {
            entry.sha256 = None;
        }
        self
    }

    /// The same, as if it did not have this principal: for whoever wants to know whether others refuse, and cannot hear that one. An allow
    /// by what is left is none.
    #[must_use]
    pub fn unheard(mut self, principal: &Name) -> Self {
        self.spec.principals.retain(|entry| entry.name != *principal);
        self
    }

    /// Reads a configuration under these catalogues, which are those that it names.
    ///
    /// # Errors
    /// [`ConfigurationError`] names the first rule that it breaks.
    pub fn load(bytes: &[u8], catalogues: &Catalogues) -> Result<Self, ConfigurationError> {
        let document: Document<Spec> = Document::load(bytes, "Configuration")?;
        let spec = document.spec;
        if !spec.principals.iter().any(|principal| principal.required == When::Always) {
            return Err(ConfigurationError::NobodyRequired);
        }
        distinct(spec.principals.iter().map(|principal| &principal.name))?;
        distinct(spec.directories.iter().map(|directory| &directory.name))?;
        distinct(spec.environments.iter().map(|environment| &environment.name))?;
        let known = |name: &&Name| spec.principals.iter().any(|principal| principal.name == **name);
        distinct(spec.nodes.iter().map(|node| &node.name))?;
        let operators = spec.nodes.iter().filter_map(|node| node.operator.as_ref());
        let named =
            spec.directories.iter().map(|directory| &directory.owner).chain(operators).chain([&spec.host]);
        if let Some(name) = named.into_iter().find(|name| !known(name)) {
            return Err(ConfigurationError::UnknownPrincipal { name: name.clone() });
        }
        for environment in &spec.environments {
            for property in &environment.provides {
                if let Some(why) = not_of_places(property, catalogues) {
                    let (environment, word) = (environment.name.clone(), property.to_string());
                    return Err(ConfigurationError::UnknownProperty { environment, word, why });
                }
            }
        }
        let keys = policy_keys(&spec.principals)?;
        let node_keys = node_keys(&spec.nodes)?;
        let runtimes = runtimes(&spec.environments)?;
        Ok(Self { name: document.metadata.name, spec, keys, node_keys, runtimes })
    }

    /// The catalogues that it names, in its order.
    #[must_use]
    pub fn catalogue_entries(&self) -> &[CatalogueEntry] {
        &self.spec.catalogues
    }

    /// The decider's own name, for which policies are signed.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The policy key of a principal, if it has one.
    #[must_use]
    pub fn policy_key(&self, principal: &Name) -> Option<&PublicKey> {
        self.keys.get(principal)
    }

    /// The principal who runs the host, and whose word stands behind what it provides.
    #[must_use]
    pub const fn host(&self) -> &Name {
        &self.spec.host
    }

    /// All principals, those too who must agree only when something of theirs is given.
    #[must_use]
    pub fn principals(&self) -> &[RequiredPrincipal] {
        &self.spec.principals
    }

    /// How much a program may use, if the configuration says so.
    #[must_use]
    pub const fn limits(&self) -> Option<RunLimits> {
        self.spec.limits
    }

    /// The directories that can be given to a program.
    #[must_use]
    pub fn directories(&self) -> &[DirectoryRule] {
        &self.spec.directories
    }

    /// The environments that the host describes.
    #[must_use]
    pub fn environments(&self) -> &[NamedEnvironment] {
        &self.spec.environments
    }

    /// The WebAssembly runtimes that it declares, by the names of their environments.
    #[must_use]
    pub const fn runtimes(&self) -> &BTreeMap<Name, WasmRuntime> {
        &self.runtimes
    }

    /// The nodes of the fleet.
    #[must_use]
    pub fn nodes(&self) -> &[FleetNode] {
        &self.spec.nodes
    }

    /// The node of the fleet that has this key.
    #[must_use]
    pub fn node(&self, key: KeyId) -> Option<&FleetNode> {
        self.spec.nodes.iter().find(|node| node.key.key_id() == key)
    }

    /// The keys of the fleet: a verifier needs them to verify what nodes report.
    pub fn node_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.node_keys.values()
    }

    /// The directory of this name.
    ///
    /// # Errors
    /// [`ConfigurationError::UnknownDirectory`].
    pub fn directory(&self, name: &Name) -> Result<&DirectoryRule, ConfigurationError> {
        let mut directories = self.spec.directories.iter();
        let found = directories.find(|directory| directory.name == *name);
        found.ok_or_else(|| ConfigurationError::UnknownDirectory { name: name.clone() })
    }

    /// The principals who must agree to a request: all that are always required, the owners of what is given, and those
    /// who must if a policy of theirs is carried.
    ///
    /// # Errors
    /// [`ConfigurationError::UnknownDirectory`] for a request for something that is not here,
    /// [`ConfigurationError::AboveLimit`] for one of more than the host lets a program use.
    pub fn required(&self, request: &Request) -> Result<Vec<&RequiredPrincipal>, ConfigurationError> {
        self.hold_to_limits(request.limits)?;
        let given = request.directories.iter().map(|wanted| Ok(&self.directory(&wanted.name)?.owner));
        let owners: BTreeSet<&Name> = given.collect::<Result<_, ConfigurationError>>()?;
        let must = |principal: &&RequiredPrincipal| {
            principal.required != When::Granted || owners.contains(&principal.name)
        };
        Ok(self.spec.principals.iter().filter(must).collect())
    }

    fn hold_to_limits(&self, asked: RunLimits) -> Result<(), ConfigurationError> {
        let Some(most) = self.spec.limits else { return Ok(()) };
        let memory = ("memory", asked.memory_bytes, most.memory_bytes, "bytes");
        let time = ("time", asked.time.seconds(), most.time.seconds(), "seconds");
        match [memory, time].into_iter().find(|(_, asked, most, _)| asked > most) {
            None => Ok(()),
            Some((what, asked, most, unit)) => {
                Err(ConfigurationError::AboveLimit { what, asked, most, unit })
            }
        }
    }

    /// What the host asserts of one of its environments: what the configuration says, or for an environment of the gate in
    /// this program, which the configuration need not describe, what the gate `provides`.
    ///
    /// # Errors
    /// [`ConfigurationError::UnknownEnvironment`].
    pub fn environment(
        &self,
        name: &str,
        provides: Option<&[PlatformProperty]>,
    ) -> Result<Vec<PlatformProperty>, ConfigurationError> {
        let mut environments = self.spec.environments.iter();
        match (environments.find(|environment| environment.name.as_str() == name), provides) {
            (Some(environment), _) => Ok(environment.provides.clone()),
            (None, Some(provides)) => Ok(provides.to_vec()),
            (None, None) => {
                Err(ConfigurationError::UnknownEnvironment { name: name.escape_debug().to_string() })
            }
        }
    }
}

impl RequiredPrincipal {
    /// Takes a document that is not signed for the policy in force.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn unsigned(&self, bytes: &[u8], catalogues: &Catalogues) -> Result<InForce, ConfigurationError> {
        self.load(bytes, catalogues).map(InForce::unsigned)
    }

    /// Reads the principal's policy.
    ///
    /// # Errors
    /// [`ConfigurationError`] if it cannot be used, is of somebody else, or is not the pinned one.
    pub fn load(&self, bytes: &[u8], catalogues: &Catalogues) -> Result<Policy, ConfigurationError> {
        let found = PolicyDigest::of(bytes);
        if let Some(expected) = self.sha256.filter(|expected| *expected != found) {
            return Err(ConfigurationError::PolicyDigest { expected, found });
        }
        let policy = Policy::load(bytes, catalogues)?;
        if *policy.principal() == self.name {
            return Ok(policy);
        }
        let (expected, found) = (self.name.clone(), policy.principal().clone());
        Err(ConfigurationError::PolicyOfAnother { expected, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::{Access, RequestedDirectory};

    const SOUND: &str = "apiVersion: code-deployment-integrity.io/v1
kind: Configuration
metadata: {name: host}
spec:
  host: provider
  principals:
    - {name: provider, policy: provider.yaml, required: always}
    - {name: owner, policy: owner.yaml, required: when-granted}
  directories:
    - {name: data, path: data, owner: owner}
  environments:
    - {name: vm, provides: [VM_ISOLATION]}
";

    fn load(from: &str, to: &str) -> Result<Configuration, ConfigurationError> {
        assert!(SOUND.contains(from));
        Configuration::load(SOUND.replace(from, to).as_bytes(), &Catalogues::builtin().unwrap())
    }

    #[test]
    fn a_configuration_that_requires_nobody_or_names_nobody_is_rejected() {
        for (from, to, code) in [
            ("always", "when-granted", "configuration-nobody-required"),
            ("host: provider", "host: nobody", "configuration-unknown-principal"),
            ("owner: owner", "owner: nobody", "configuration-unknown-principal"),
            ("name: owner", "name: provider", "configuration-name-twice"),
            ("policy: provider.yaml, ", "", "configuration-no-policy"),
            ("VM_ISOLATION", "VM_ISOLATON", "configuration-unknown-property"),
            ("VM_ISOLATION", "WASM_VALIDATED", "configuration-unknown-property"),
            ("VM_ISOLATION", "CODE_SANDBOXING", "configuration-unknown-property"),
            ("kind: Configuration", "kind: Policy", "policy-wrong-kind"),
        ] {
            assert_eq!(load(from, to).unwrap_err().code(), code, "{to}");
        }
        for (word, why) in [("LOCATION", "wants a value"), ("VM_ISOLATION=x", "has a value")] {
            let told = load("VM_ISOLATION", word).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn whoever_owns_what_is_given_must_agree() {
        let configuration = load("", "").unwrap();
        let mut request = Request::bare(cdi_types::ArtifactDigest::of(b"artifact"));
        let names = |request: &Request| {
            let required = configuration.required(request).unwrap();
            required.iter().map(|principal| principal.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&request), ["provider"]);
        request
            .directories
            .push(RequestedDirectory { name: Name::parse("data").unwrap(), access: Access::Read });
        assert_eq!(names(&request), ["provider", "owner"]);
        request
            .directories
            .push(RequestedDirectory { name: Name::parse("else").unwrap(), access: Access::Read });
        assert_eq!(configuration.required(&request).unwrap_err().code(), "directory-unknown");
        let limited = load("  host: ", "  limits: {memoryBytes: 1024, time: 5s}\n  host: ").unwrap();
        let asked = |memory_bytes, seconds| {
            let limits = RunLimits { memory_bytes, time: cdi_types::Duration::from_seconds(seconds) };
            let request = Request { limits, ..Request::bare(cdi_types::ArtifactDigest::of(b"artifact")) };
            limited.required(&request).map(drop).map_err(|error| error.code())
        };
        assert_eq!(asked(1024, 5), Ok(()));
        assert_eq!(asked(1025, 5), Err("limit-above-configured"));
        assert_eq!(asked(1024, 6), Err("limit-above-configured"));
        assert_eq!(configuration.environment("else", None).unwrap_err().code(), "environment-unknown");
        assert!(configuration.environment("vm", Some(&[])).is_ok_and(|provides| provides.len() == 1));
    }

    #[test]
    fn a_principal_that_is_not_heard_is_left_out() {
        let left = load("", "").unwrap().unheard(&Name::parse("owner").unwrap());
        let names: Vec<&str> = left.principals().iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["provider"]);
    }

    #[test]
    fn nodes_of_the_fleet_are_told_apart() {
        const ONE: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEh4EIKTJ/detbWc7wwKcipr2mBRBapvLL5j75JC4Z0WUeNOHNBlJlvprSJDqJBRnw5Nsr79CwphCay0nYBrJlNA==";
        let with = |nodes: &str| {
            let nodes = format!("  nodes: [{nodes}]\n  environments:").replace("KEY", ONE);
            load("  environments:", &nodes)
        };
        let sound = with("{name: edge, key: \"KEY\", operator: owner, class: large}").unwrap();
        let node = sound.nodes().first().unwrap();
        assert_eq!(sound.node(node.key.key_id()), Some(node));
        assert_eq!(sound.node_keys().count(), 1);
        for (nodes, code) in [
            ("{name: edge, key: \"KEY\", operator: nobody}", "configuration-unknown-principal"),
            ("{name: edge, key: \"KEY\"}, {name: other, key: \"KEY\"}", "configuration-key-twice"),
            ("{name: edge, key: \"KEY\"}, {name: edge, key: \"KEY\"}", "configuration-name-twice"),
            ("{name: edge}", "configuration-malformed"),
            ("{name: edge, key: \"AAAA\"}", "key-not-spki"),
        ] {
            assert_eq!(with(nodes).unwrap_err().code(), code, "{nodes}");
        }
    }

    #[test]
    fn so_many_runtimes_are_declared_and_no_more() {
        let with = |many: usize| {
            let entry = |number| {
                format!(
                    "    - {{name: r{number}, provides: [], runtime: {{program: /opt/r, arguments: ['{{module}}']}}}}\n"
                )
            };
            let entries: String = (0..many).map(entry).collect();
            load("    - {name: vm, provides: [VM_ISOLATION]}\n", &entries)
        };
        assert_eq!(with(MOST_RUNTIMES).unwrap().runtimes().len(), MOST_RUNTIMES);
        assert_eq!(with(MOST_RUNTIMES + 1).unwrap_err().code(), "limit-runtimes");
    }

    #[test]
    fn a_policy_of_another_or_of_another_digest_is_rejected() {
        let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\nspec: {principal: provider, rule: accept-all}\n";
        let catalogues = Catalogues::builtin().unwrap();
        let load = |name: &str, pinned: &[u8]| {
            let name = Name::parse(name).unwrap();
            let sha256 = Some(PolicyDigest::of(pinned));
            let required = When::Always;
            let principal =
                RequiredPrincipal { name, policy: None, key: None, at_least: None, sha256, required };
            principal.load(text.as_bytes(), &catalogues).map(drop).map_err(|error| error.code())
        };
        assert_eq!(load("provider", text.as_bytes()), Ok(()));
        assert_eq!(load("owner", text.as_bytes()), Err("policy-of-another-principal"));
        assert_eq!(load("provider", b"another"), Err("policy-digest"));
    }
}
