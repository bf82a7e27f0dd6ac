//! The words of claims and scopes, held to the catalogues that are known: a word that no policy can ask for is a typing
//! error.

use std::collections::BTreeSet;

use cdi_authority::Claims;
use cdi_policy::{Catalogue, Catalogues, ConfigurationError, Kind, NotOfPlaces, PolicyError, Value};
use cdi_types::{CatalogueDigest, Claim, ClaimedProperty, Effect, PropertyName, PropertyPattern};

use crate::failure::Failure;

/// The digest of the last of these catalogues, if all claims use its words as they are meant.
pub(crate) fn claims_meant(claims: &Claims, catalogues: &Catalogues) -> Result<CatalogueDigest, Failure> {
    let catalogue = catalogues.newest();
    claims.claims.iter().try_for_each(|claim| meant(claim, catalogue))?;
    Ok(catalogue.digest())
}

fn meant(claim: &Claim, catalogue: &Catalogue) -> Result<(), Failure> {
    let Some(name) = claim.property.name() else { return Ok(()) };
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
        None => wrong("claim-word-unknown", "is not")
            .map_err(|failure| meant_of(failure, name.as_str(), [catalogue])),
        Some(property) if property.kind == Kind::Platform && claim.effect != Effect::Supplies => {
            wrong("claim-of-platform", "is one of places, not of code,").map_err(|failure| {
                failure.hint("what a runtime gives to the code that it runs, it `supplies`")
            })
        }
        Some(property) if property.kind == Kind::Code && claim.effect == Effect::Supplies => {
            wrong("claim-supplies-code", "is one of code, which no runtime supplies,")
        }
        Some(property) if property.kind == Kind::Platform => {
            let wants_value = property.value == Some(Value::Required);
            match (&claim.property, wants_value) {
                (ClaimedProperty::Valued(_), true) | (ClaimedProperty::Named(_), false) => Ok(()),
                (_, true) => wrong("claim-wrong-value", "wants a value, as `NAME=value`,"),
                (_, false) => wrong("claim-wrong-value", "has no value"),
            }
        }
        Some(property) if claim.effect == Effect::Preserves && !property.preservable => {
            wrong("claim-not-preservable", "cannot be preserved, it says")
        }
        Some(_) => Ok(()),
    }
}

/// Holds if each pattern names some property of the catalogues: one that names none gives nothing.
pub(crate) fn scope_meant(scope: &[PropertyPattern], catalogues: &Catalogues) -> Result<(), Failure> {
    let names_some = |pattern: &&PropertyPattern| {
        let mut names = catalogues.all().flat_map(|catalogue| catalogue.properties().keys());
        names.any(|name| pattern.matches(name))
    };
    let Some(wrong) = scope.iter().find(|pattern| !names_some(pattern)) else { return Ok(()) };
    let names: Vec<String> = catalogues.all().map(|catalogue| format!("`{}`", catalogue.name())).collect();
    let of = match names.as_slice() {
        [only] => format!("the catalogue {only}"),
        several => format!("the catalogues {}", several.join(", ")),
    };
    let failure =
        Failure::failed("scope-word-unknown", format!("the scope `{wrong}` names no property of {of}"));
    Err(match wrong {
        PropertyPattern::Exact(name) if catalogues.all().any(|known| known.tags().contains_key(name)) => {
            failure.hint("it is a tag; name the properties that it stands for, as `cdi catalogue` lists them")
        }
        PropertyPattern::Exact(name) | PropertyPattern::Prefix(name) => {
            meant_of(failure, name.as_str(), catalogues.all())
        }
        PropertyPattern::All => failure,
    })
}

/// Holds for a word that a policy may ask for.
pub(crate) fn known(word: &str, catalogues: &Catalogues) -> Result<(), Failure> {
    let wrong = |error| unread(ConfigurationError::Document(error), catalogues);
    catalogues.meaning(word).map(drop).map_err(wrong)
}

/// Why a policy or configuration cannot be used; of a misspelt word also what it may have been.
pub(crate) fn unread(error: ConfigurationError, catalogues: &Catalogues) -> Failure {
    match &error {
        ConfigurationError::Document(PolicyError::UnknownWord { word })
        | ConfigurationError::UnknownProperty { word, why: NotOfPlaces::Unknown, .. } => {
            let word = word.clone();
            meant_of(error.into(), &word, catalogues.all())
        }
        ConfigurationError::UnknownProperty { word, why, .. } => {
            let hint = match why {
                NotOfPlaces::OfCode => "policies ask for it, and code must have it".to_owned(),
                NotOfPlaces::Tag => {
                    "name the properties of places that it stands for, as `cdi catalogue` lists them".to_owned()
                }
                NotOfPlaces::WantsValue => format!("give it one, as `{word}=...`"),
                NotOfPlaces::HasNoValue | NotOfPlaces::Unknown => "`cdi catalogue` lists all words".to_owned(),
            };
            Failure::from(error).hint(hint)
        }
        ConfigurationError::Document(PolicyError::QuorumBeyondAnchors { .. }) => Failure::from(error)
            .hint("an anchor may speak about what its `scope` names, in the catalogue's words"),
        ConfigurationError::Document(PolicyError::UnknownCatalogue { .. }) => Failure::from(error)
            .hint("a configuration names the catalogues that it takes in `catalogues`, other commands with `--catalogue FILE`"),
        ConfigurationError::Document(document) => misspelt(document),
        _ => error.into(),
    }
}

/// Why a document cannot be used; of a misspelt member also what it may have been.
pub(crate) fn misspelt(error: &PolicyError) -> Failure {
    let failure = Failure::failed(error.code(), error);
    match error.unknown() {
        Some(unknown) => failure.meant(&unknown.word, unknown.known.iter().map(String::as_str)),
        None => failure,
    }
}

fn meant_of<'c>(
    failure: Failure,
    word: &str,
    catalogues: impl IntoIterator<Item = &'c Catalogue>,
) -> Failure {
    let known: BTreeSet<&PropertyName> = catalogues
        .into_iter()
        .flat_map(|catalogue| catalogue.properties().keys().chain(catalogue.tags().keys()))
        .collect();
    failure.meant(word, known.into_iter().map(PropertyName::as_str)).hint("`cdi catalogue` lists all words")
}
