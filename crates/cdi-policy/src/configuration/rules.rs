//! What a configuration is held to beyond its form, rule by rule.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{KeyId, Name, PlatformProperty};

use super::{FleetNode, NamedEnvironment, RequiredPrincipal, When};
use crate::catalogues::Catalogues;
use crate::configuration_error::{ConfigurationError, NotOfPlaces};
use crate::formula::{Atom, Formula};
use crate::policy_error::PolicyError;
use crate::wasm_runtime::WasmRuntime;

/// The most runtimes that a configuration declares: each is read and hashed wherever environments are compared.
pub(crate) const MOST_RUNTIMES: usize = 16;

/// The keys that sign policies, each of one principal; and every principal has a policy from somewhere.
pub(super) fn policy_keys(
    principals: &[RequiredPrincipal],
) -> Result<BTreeMap<Name, PublicKey>, ConfigurationError> {
    let mut keys: BTreeMap<Name, PublicKey> = BTreeMap::new();
    for principal in principals {
        let name = principal.name.clone();
        let needs_key = [
            ("atLeast", principal.at_least.is_some()),
            ("required: when-carried", principal.required == When::Carried),
        ];
        match (&principal.key, needs_key.into_iter().find(|(_, there)| *there)) {
            (None, Some((member, _))) => return Err(ConfigurationError::NoKey { name, member }),
            (None, None) if principal.policy.is_none() => return Err(ConfigurationError::NoPolicy { name }),
            (Some(_), _) if principal.required == When::Carried && principal.policy.is_some() => {
                return Err(ConfigurationError::CarriedFile { name });
            }
            (None, None) => {}
            (Some(info), _) => {
                let key = PublicKey::from_info(info);
                let key = key.map_err(|error| ConfigurationError::Key { name: name.clone(), error })?;
                if keys.values().any(|known| known.key_id() == key.key_id()) {
                    return Err(ConfigurationError::KeyTwice { name });
                }
                keys.insert(name, key);
            }
        }
    }
    Ok(keys)
}

/// The keys of nodes, each of one node: two names for one would be two places.
pub(super) fn node_keys(nodes: &[FleetNode]) -> Result<BTreeMap<KeyId, PublicKey>, ConfigurationError> {
    let mut keys = BTreeMap::new();
    for FleetNode { name, key, .. } in nodes {
        let key = PublicKey::from_info(key)
            .map_err(|error| ConfigurationError::NodeKey { name: name.clone(), error })?;
        if keys.insert(key.key_id(), key).is_some() {
            return Err(ConfigurationError::NodeKeyTwice { name: name.clone() });
        }
    }
    Ok(keys)
}

/// The runtimes of environments that have one (rule P-RUNTIME).
pub(super) fn runtimes(
    environments: &[NamedEnvironment],
) -> Result<BTreeMap<Name, WasmRuntime>, ConfigurationError> {
    let declared =
        environments.iter().filter_map(|environment| Some((environment, environment.runtime.as_ref()?)));
    let parsed = declared.map(|(NamedEnvironment { name, .. }, declared)| {
        let refused = |error| ConfigurationError::Runtime { environment: name.clone(), error };
        Ok((name.clone(), WasmRuntime::parse(declared).map_err(refused)?))
    });
    let runtimes: BTreeMap<_, _> = parsed.collect::<Result<_, ConfigurationError>>()?;
    if runtimes.len() > MOST_RUNTIMES {
        return Err(ConfigurationError::ManyRuntimes { found: runtimes.len() });
    }
    Ok(runtimes)
}

/// Why no place can provide this word; `None` if a place can.
pub(super) fn not_of_places(property: &PlatformProperty, catalogues: &Catalogues) -> Option<NotOfPlaces> {
    match catalogues.meaning(&property.to_string()) {
        Ok(Formula::Atom(Atom::Platform(_))) => None,
        Ok(Formula::Atom(Atom::Code(_) | Atom::Evidence(_))) => Some(NotOfPlaces::OfCode),
        Ok(Formula::All(_) | Formula::Any(_) | Formula::AtLeast(..)) => Some(NotOfPlaces::Tag),
        Err(PolicyError::WrongValue { .. }) if property.value.is_none() => Some(NotOfPlaces::WantsValue),
        Err(PolicyError::WrongValue { .. }) => Some(NotOfPlaces::HasNoValue),
        Err(_) => Some(NotOfPlaces::Unknown),
    }
}

pub(super) fn distinct<'n>(names: impl Iterator<Item = &'n Name>) -> Result<(), ConfigurationError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ConfigurationError::NameTwice { name: name.clone() });
        }
    }
    Ok(())
}
