//! The files of those who must agree, as the configuration names them.

use std::path::Path;

use cdi_decider::{Party, PartyError};
use cdi_policy::{Catalogues, Configuration, ConfigurationError, Policy, RequiredPrincipal, When};
use cdi_store::{read_bundles, read_document};
use cdi_types::Name;

use crate::failure::Failure;
use crate::{terminal, words};

/// A principal with its file. Scopes that give an anchor nothing are warned of.
pub(crate) fn read(
    folder: &Path,
    principal: &RequiredPrincipal,
    configuration: &Configuration,
    catalogues: &Catalogues,
) -> Result<Party, Failure> {
    let path = principal.policy.as_ref().map(|policy| folder.join(policy));
    let shown = path.as_ref().map(|path| format!(", {}", path.display())).unwrap_or_default();
    let about = |failure: Failure| failure.about(format!("policy of `{}`{shown}", principal.name));
    let signs = configuration.policy_key(&principal.name).is_some();
    let bytes = path.as_deref().map(|path| if signs { bundle(path) } else { document(path) });
    let bytes = bytes.transpose().map_err(about)?;
    let party = Party::new(principal, bytes, configuration, catalogues)
        .map_err(|error| about(unread(error, catalogues)))?;
    signed_something(&party).map_err(about)?;
    party.policies().for_each(|policy| warn_of_scopes(principal, policy, catalogues));
    Ok(party)
}

/// Has those agree, too, whom a workload names, and who are not asked anyhow: each as if it were always required.
///
/// # Errors
/// One of them is not known to the configuration, or its policy cannot be used.
pub(crate) fn name<'n>(
    parties: &mut Vec<Party>,
    names: impl IntoIterator<Item = &'n Name>,
    folder: &Path,
    (configuration, catalogues): (&Configuration, &Catalogues),
) -> Result<(), Failure> {
    for name in names {
        let Some(entry) = configuration.principals().iter().find(|entry| entry.name == *name) else {
            return Err(ConfigurationError::UnknownPrincipal { name: name.clone() }.into());
        };
        let asked = |party: &Party| {
            let principal = party.principal();
            principal.name == entry.name && principal.required != When::Carried
        };
        if !parties.iter().any(asked) {
            let always = RequiredPrincipal { required: When::Always, ..entry.clone() };
            parties.push(read(folder, &always, configuration, catalogues)?);
        }
    }
    Ok(())
}

fn document(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(read_document(path)?)
}

fn bundle(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(read_bundles([path])?.together.into_untrusted().into_bytes())
}

fn unread(error: PartyError, catalogues: &Catalogues) -> Failure {
    match error {
        PartyError::Policy(error) => words::unread(error, catalogues),
        other => Failure::failed(other.code(), other),
    }
}

/// A file for signed policies in which the policy key has signed none is an error: it was named for them.
fn signed_something(party: &Party) -> Result<(), Failure> {
    let (Some(key), Some(filed)) = (party.key(), party.filed()) else { return Ok(()) };
    if filed.editions().iter().any(|edition| edition.issuer() == key) {
        return Ok(());
    }
    let message = format!("no edition that the policy key {key} has signed is in it");
    let failure = Failure::failed("policy-unsigned", message);
    Err(failure.hint("sign the document with `cdi policy sign`, or leave out `key`"))
}

/// Says which anchors have a scope that gives them nothing: most likely it is misspelt.
fn warn_of_scopes(principal: &RequiredPrincipal, policy: &Policy, catalogues: &Catalogues) {
    for anchor in policy.trust().map(|trust| trust.terms().anchors.as_slice()).unwrap_or_default() {
        if let Err(failure) = words::scope_meant(&anchor.scope.properties, catalogues) {
            terminal::warning(
                &failure.about(format!("policy of `{}`, anchor `{}`", principal.name, anchor.name)),
            );
        }
    }
}
