//! What refers to what among verified statements, by numbers: worked out once for a bundle, whoever asks later. Whom to believe
//! is no part of it.
//!
//! An artifact's number is its place among all that the reports name, in ascending order; those of reports and certifications are
//! their places in the provenance.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use cdi_types::{ArtifactDigest, Invocation, KeyId, Report, ToolCertification};

use crate::claimed::AllClaimed;
use crate::provenance::{Provenance, Signed};

/// Lists one after the other, by their numbers.
#[derive(Debug, Clone)]
pub(crate) struct Lists<T> {
    /// Where each ends.
    ends: Vec<usize>,
    items: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { ends: Vec::new(), items: Vec::new() }
    }
}

impl<T> Lists<T> {
    /// One more list.
    pub(crate) fn push(&mut self, list: impl IntoIterator<Item = T>) {
        self.items.extend(list);
        self.ends.push(self.items.len());
    }

    /// The list of this number; empty if there is none.
    pub(crate) fn get(&self, number: usize) -> &[T] {
        let start = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(number).copied());
        range.and_then(|(start, end)| self.items.get(start..end)).unwrap_or_default()
    }

    /// The items by the numbers that stand with them, as many lists as asked for; in each list they stay in their order. One with
    /// another number is in none.
    pub(crate) fn of(lists: usize, items: &[(usize, T)]) -> Self
    where
        T: Copy,
    {
        // Counted, not sorted: where each list begins is where those before it end.
        let mut next = vec![0; lists];
        for (number, _) in items {
            next.get_mut(*number).into_iter().for_each(|count| *count += 1);
        }
        let mut before = 0;
        for next in &mut next {
            before += std::mem::replace(next, before);
        }
        let mut order = vec![0; before];
        for (item, (number, _)) in items.iter().enumerate() {
            let Some(next) = next.get_mut(*number) else { continue };
            order.get_mut(*next).into_iter().for_each(|place| *place = item);
            *next += 1;
        }
        let items = order.into_iter().filter_map(|item| items.get(item).map(|(_, item)| *item));
        Self { items: items.collect(), ends: next }
    }
}

/// What a certification costs to be held against a run, whoever asks: how much its invocations describe, how many there are,
/// and how many manifests they name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// The number of who signed it.
    certifier: usize,
    pub(crate) described: usize,
    pub(crate) invocations: usize,
    pub(crate) manifests: usize,
}

/// The numbers of what the statements of a bundle name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// Every artifact that a report is about or has read.
    artifacts: Vec<ArtifactDigest>,
    /// For each report its inputs, in their order.
    read: Lists<usize>,
    /// For each artifact the reports about it, and at which places of their subjects it stands.
    about: Lists<(usize, usize)>,
    /// For each report the number of its key. Any number of reports can be under one that is certified any number of times.
    keys: Vec<usize>,
    /// For each key of a report its certifications.
    certified: Lists<usize>,
    /// For each report how many things it records that an invocation looks at.
    recorded: Vec<usize>,
    /// For each certification what it costs, and who signed it.
    sizes: Vec<Size>,
    /// Who signed certifications, in ascending order.
    certifiers: Vec<KeyId>,
    /// What certifications claim, once somebody decides.
    claimed: OnceLock<AllClaimed>,
}

impl Index {
    /// The index of statements that are in their order.
    pub(crate) fn of(provenance: &Provenance) -> Self {
        let reports = &provenance.reports;
        let Numbered { artifacts, numbers } = Numbered::of(reports);
        let mut numbers = numbers.into_iter();
        let (mut read, mut about) = (Lists::default(), Vec::with_capacity(reports.len()));
        for (report, signed) in reports.iter().enumerate() {
            let subjects = signed.statement().subject().len();
            about.extend(
                numbers.by_ref().take(subjects).enumerate().map(|(place, number)| (number, (report, place))),
            );
            read.push(numbers.by_ref().take(signed.predicate().inputs.len()));
        }
        let about = Lists::of(artifacts.len(), &about);
        let report_keys: BTreeSet<KeyId> = reports.iter().map(Signed::issuer).collect();
        let report_keys: Vec<KeyId> = report_keys.into_iter().collect();
        let key = |key: KeyId| report_keys.binary_search(&key).ok();
        let keys = reports.iter().map(|report| key(report.issuer()).unwrap_or(usize::MAX)).collect();
        let certifications = provenance.certifications.iter().enumerate();
        let of_keys = certifications
            .filter_map(|(place, one)| Some((key(one.predicate().report_key.key_id())?, place)));
        let certified = Lists::of(report_keys.len(), &of_keys.collect::<Vec<_>>());
        let recorded = reports.iter().map(recorded).collect();
        let certifiers: BTreeSet<KeyId> = provenance.certifications.iter().map(|one| one.issuer()).collect();
        let certifiers: Vec<KeyId> = certifiers.into_iter().collect();
        let sizes = provenance.certifications.iter().map(|certification| {
            let invocations = &certification.predicate().invocations;
            Size {
                certifier: certifiers.binary_search(&certification.issuer()).unwrap_or(usize::MAX),
                described: invocations.values().map(Invocation::size).sum(),
                invocations: invocations.len(),
                manifests: invocations.values().map(|one| one.all_manifests().count()).sum(),
            }
        });
        let sizes = sizes.collect();
        let claimed = OnceLock::new();
        Self { artifacts, read, about, keys, certified, recorded, sizes, certifiers, claimed }
    }

    /// What the certifications claim that the index is of.
    pub(crate) fn claimed(&self, certifications: &[Signed<ToolCertification>]) -> &AllClaimed {
        self.claimed.get_or_init(|| AllClaimed::of(certifications))
    }

    /// How many artifacts there are.
    pub(crate) const fn artifacts(&self) -> usize {
        self.artifacts.len()
    }

    /// The number of an artifact.
    pub(crate) fn number(&self, artifact: &ArtifactDigest) -> Option<usize> {
        self.artifacts.binary_search(artifact).ok()
    }

    /// The artifact of a number.
    pub(crate) fn artifact(&self, number: usize) -> Option<ArtifactDigest> {
        self.artifacts.get(number).copied()
    }

    /// The inputs of a report, in their order.
    pub(crate) fn read(&self, report: usize) -> &[usize] {
        self.read.get(report)
    }

    /// The reports about an artifact in ascending order, each with the places of its subjects that are the artifact.
    pub(crate) fn about(&self, artifact: usize) -> &[(usize, usize)] {
        self.about.get(artifact)
    }

    /// The certifications of a report's key.
    pub(crate) fn certified(&self, report: usize) -> &[usize] {
        self.keys.get(report).map(|key| self.certified.get(*key)).unwrap_or_default()
    }

    /// How many things a report records that an invocation looks at.
    pub(crate) fn recorded(&self, report: usize) -> usize {
        self.recorded.get(report).copied().unwrap_or_default()
    }

    /// Which certifications are by one of these, each asked for once.
    pub(crate) fn certified_by(&self, is_one: impl Fn(&KeyId) -> bool) -> Certifiers<'_> {
        Certifiers { index: self, chosen: self.certifiers.iter().map(is_one).collect() }
    }
}

/// The artifacts that reports name, and the number of each where it is named.
struct Numbered {
    /// Each once, in ascending order.
    artifacts: Vec<ArtifactDigest>,
    /// Of each report's subjects and then of its inputs, report after report.
    numbers: Vec<usize>,
}

impl Numbered {
    fn of(reports: &[Signed<Report>]) -> Self {
        let named = reports.iter().flat_map(|report| {
            let made = report.statement().subject().iter().map(|subject| subject.digest);
            made.chain(report.predicate().inputs.iter().map(|input| input.digest))
        });
        let mut named: Vec<(ArtifactDigest, usize)> = named.enumerate().map(|(at, one)| (one, at)).collect();
        named.sort_unstable();
        let (mut artifacts, mut numbers) = (Vec::new(), vec![0; named.len()]);
        for (artifact, at) in named {
            if artifacts.last() != Some(&artifact) {
                artifacts.push(artifact);
            }
            numbers.get_mut(at).into_iter().for_each(|number| *number = artifacts.len() - 1);
        }
        artifacts.shrink_to_fit();
        Self { artifacts, numbers }
    }
}

fn recorded(report: &Signed<Report>) -> usize {
    let run = report.predicate();
    let operation = &run.operation;
    let told = operation.arguments.len() + operation.environment.len() + operation.settings.len();
    told + run.inputs.len() + report.statement().subject().len()
}

/// Some of those who signed certifications.
pub(crate) struct Certifiers<'i> {
    index: &'i Index,
    chosen: Vec<bool>,
}

impl Certifiers<'_> {
    /// What a certification costs that is by one of them; `None` for another.
    pub(crate) fn size(&self, certification: usize) -> Option<Size> {
        let size = *self.index.sizes.get(certification)?;
        self.chosen.get(size.certifier).is_some_and(|chosen| *chosen).then_some(size)
    }

    /// Whether one of them has certified the key of a report.
    pub(crate) fn has_certified(&self, report: usize) -> bool {
        self.index.certified(report).iter().any(|certification| self.size(*certification).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_where_the_next_begins() {
        let mut lists = Lists::default();
        lists.push([1, 2]);
        lists.push([]);
        lists.push([3]);
        assert_eq!([0, 1, 2, 3].map(|number| lists.get(number)), [&[1, 2][..], &[], &[3], &[]]);
    }

    #[test]
    fn items_come_into_their_lists_in_their_order_and_others_into_none() {
        let lists = Lists::of(4, &[(3, 'd'), (4, 'x'), (1, 'b'), (3, 'a'), (usize::MAX, 'x'), (1, 'c')]);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|number| lists.get(number)),
            [&[][..], &['b', 'c'], &[], &['d', 'a'], &[]]
        );
    }
}
