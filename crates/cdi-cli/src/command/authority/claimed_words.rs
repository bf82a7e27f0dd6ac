//! The words of claims, held to the catalogue that ships in this program: a word that no policy can ask for is a typing error.

use cdi_authority::Claims;
use cdi_policy::{Catalogue, Kind};
use cdi_types::{CatalogueDigest, Claim, ClaimedProperty, Effect};

use crate::failure::Failure;

/// The catalogue's digest, if all claims use its words as they are meant.
pub(super) fn in_catalogue(claims: &Claims) -> Result<CatalogueDigest, Failure> {
    let catalogue = Catalogue::builtin()?;
    claims.claims.iter().try_for_each(|claim| meant(claim, &catalogue))?;
    Ok(catalogue.digest())
}

fn meant(claim: &Claim, catalogue: &Catalogue) -> Result<(), Failure> {
    let ClaimedProperty::Named(name) = &claim.property else { return Ok(()) };
    if name.is_step() {
        return Ok(());
    }
    let wrong = |code, what: &str| {
        let message = format!("the property `{name}` {what} in the catalogue `{}`", catalogue.name());
        Err(Failure::failed(code, message))
    };
    match catalogue.properties().get(name) {
        None if catalogue.tags().contains_key(name) => wrong("claim-of-tag", "is a tag")
            .map_err(|failure| failure.hint("claim the properties that the tag stands for")),
        None => wrong("claim-word-unknown", "is not"),
        Some(property) if property.kind == Kind::Platform => {
            wrong("claim-of-platform", "is one of places, not of code,")
        }
        Some(property) if claim.effect == Effect::Preserves && !property.preservable => {
            wrong("claim-not-preservable", "cannot be preserved, it says")
        }
        Some(_) => Ok(()),
    }
}
