//! What certifications claim, by numbers: worked out for a bundle by the first decision about it, for all later ones.
//!
//! Most claims are asked about something else than they say. To find those that are not, nothing but these numbers is read.

use std::collections::BTreeSet;

use cdi_types::{CatalogueDigest, Claim, ClaimedProperty, Effect, PropertyName, Role, ToolCertification};

use crate::index::Lists;
use crate::provenance::Signed;
use crate::trust::Vocabulary;

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The property of this number.
    Named(usize),
    /// Every property that the certification's catalogue marks preservable.
    EveryPreservable,
    /// What a runtime supplies, with a value.
    Valued,
}

/// A claim of a certification.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claimed {
    about: About,
    pub(crate) effect: Effect,
    /// Its place among the certification's claims.
    pub(crate) place: usize,
    /// The place of its invocation among those that the certification describes.
    pub(crate) invocation: usize,
}

/// The claims of the certifications of a bundle.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllClaimed {
    /// The properties that claims name, in ascending order.
    properties: Vec<PropertyName>,
    /// The catalogues of certifications, in ascending order.
    catalogues: Vec<CatalogueDigest>,
    /// For each certification the number of its catalogue.
    under: Vec<usize>,
    /// For each certification its claims, in their order.
    claims: Lists<Claimed>,
    /// For each certification those that have a condition.
    conditional: Lists<Claimed>,
}

/// A property as one principal means it, to be looked for in claims.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    /// Its number, if any claim names it.
    number: Option<usize>,
    preservable: bool,
    /// Whether to look at bytes can find it.
    of_bytes: bool,
    /// For each catalogue whether certifications under it mean by the property what the policy means, and whether `*` in one is
    /// about it.
    under: Vec<(bool, bool)>,
}

impl AllClaimed {
    pub(crate) fn of(certifications: &[Signed<ToolCertification>]) -> Self {
        let all = || certifications.iter().map(Signed::predicate);
        let named = all().flat_map(|one| &one.claims).filter_map(|claim| match &claim.property {
            ClaimedProperty::Named(name) => Some(name),
            ClaimedProperty::Valued(_) | ClaimedProperty::EveryPreservable => None,
        });
        let properties: Vec<PropertyName> = named.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let catalogues: BTreeSet<CatalogueDigest> = all().map(|one| one.catalogue).collect();
        let catalogues: Vec<CatalogueDigest> = catalogues.into_iter().collect();
        let under = all().map(|one| catalogues.binary_search(&one.catalogue).unwrap_or(usize::MAX)).collect();
        let (mut claims, mut conditional) = (Lists::default(), Lists::default());
        for certification in all() {
            let invocations: Vec<&Role> = certification.invocations.keys().collect();
            let claimed = certification.claims.iter().enumerate().map(|(place, claim)| {
                let about = match &claim.property {
                    ClaimedProperty::Named(name) => {
                        About::Named(properties.binary_search(name).unwrap_or(usize::MAX))
                    }
                    ClaimedProperty::EveryPreservable => About::EveryPreservable,
                    ClaimedProperty::Valued(_) => About::Valued,
                };
                let invocation = invocations.binary_search(&&claim.invocation).unwrap_or(usize::MAX);
                Claimed { about, effect: claim.effect, place, invocation }
            });
            let has_condition = |(_, claim): &(Claimed, &Claim)| claim.condition.is_some();
            let with_conditions = claimed.clone().zip(&certification.claims).filter(has_condition);
            conditional.push(with_conditions.map(|(claimed, _)| claimed));
            claims.push(claimed);
        }
        Self { properties, catalogues, under, claims, conditional }
    }

    /// A property as a policy's vocabulary means it.
    pub(crate) fn sought(&self, property: &PropertyName, vocabulary: &Vocabulary) -> Sought {
        let under = self.catalogues.iter().map(|catalogue| {
            let means = vocabulary.means_the_same(property, *catalogue);
            (means, vocabulary.ranges_over(property, *catalogue))
        });
        Sought {
            number: self.properties.binary_search(property).ok(),
            preservable: vocabulary.preservable.contains(property),
            of_bytes: !vocabulary.of_making.contains(property),
            under: under.collect(),
        }
    }

    /// The claims of the certification of this number that have a condition.
    pub(crate) fn conditional(&self, certification: usize) -> &[Claimed] {
        self.conditional.get(certification)
    }

    /// The claims of the certification of this number about a property. A property that is not preservable is never preserved;
    /// one of making is never found by looking at bytes. A property that an extension adds is claimed only under a catalogue
    /// that has it, and `*` is about what the certification's catalogue shares with the policy's.
    pub(crate) fn about<'i>(
        &'i self,
        certification: usize,
        sought: &'i Sought,
    ) -> impl Iterator<Item = Claimed> + 'i {
        let under = self.under.get(certification).and_then(|catalogue| sought.under.get(*catalogue));
        let (means, every) = under.copied().unwrap_or_default();
        self.claims.get(certification).iter().copied().filter(move |claim| {
            match (claim.about, claim.effect) {
                (About::Named(_), Effect::Supplies) | (About::Valued, _) => false,
                (About::Named(number), effect) => {
                    let fits = match effect {
                        Effect::Preserves => sought.preservable,
                        Effect::Attests => sought.of_bytes,
                        Effect::Establishes | Effect::Supplies => true,
                    };
                    Some(number) == sought.number && means && fits
                }
                (About::EveryPreservable, _) => every,
            }
        })
    }
}
