//! A requirement as masks of a fleet: made once a workload.

use crate::cost::Workload;
use crate::inventory::Inventory;
use crate::residual::{Joined, Wanted};

use super::bits::Rows;
use super::layout::Layout;

/// What is asked of a place, in the numbers of one fleet.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of which fleet.
    pub(super) print: u64,
    pub(super) workload: Workload,
    /// What a row must meet all of, any of these, for others to run beside.
    pub(super) shared: Vec<Vec<u16>>,
    /// The same, where the whole node is to be taken.
    pub(super) whole: Vec<Vec<u16>>,
    /// The forms of row that run it; `None` for all that there are.
    pub(super) forms: Option<Vec<usize>>,
}

impl Asked {
    pub(super) fn of(inventory: &Inventory, layout: &Layout, joined: &Joined, workload: &Workload) -> Self {
        let (mut shared, mut whole) = (Vec::new(), Vec::new());
        for term in joined.terms() {
            let takes_all = term.iter().any(|wanted| wanted.takes_the_whole_node());
            let number = |wanted: &&Wanted| inventory.numbered(wanted);
            // What nobody here meets takes its term with it.
            if let Some(numbers) = term.iter().map(number).collect() {
                if takes_all { whole.push(numbers) } else { shared.push(numbers) }
            }
        }
        let runs = |(kind, architecture)| workload.form().runs_in(kind, architecture);
        let all = layout.forms.iter().enumerate();
        let forms: Vec<usize> = all
            .filter(|(_, ((kind, architecture), _))| runs((*kind, architecture)))
            .map(|(n, _)| n)
            .collect();
        let forms = (forms.len() < layout.forms.len()).then_some(forms);
        Self { print: 0, workload: workload.clone(), shared, whole, forms }
    }

    /// What is asked for besides requirements.
    #[must_use]
    pub const fn workload(&self) -> &Workload {
        &self.workload
    }
}

/// Terms over sets of rows.
pub(super) struct Lawful<'f> {
    terms: Vec<Vec<&'f Rows>>,
    forms: Option<Vec<&'f Rows>>,
}

impl<'f> Lawful<'f> {
    pub(super) fn of(layout: &'f Layout, terms: &[Vec<u16>], forms: Option<&Vec<usize>>) -> Self {
        let rows =
            |term: &Vec<u16>| term.iter().filter_map(|atom| layout.atoms.get(usize::from(*atom))).collect();
        let forms = forms
            .map(|forms| forms.iter().filter_map(|n| layout.forms.get(*n)).map(|(_, rows)| rows).collect());
        Self { terms: terms.iter().map(rows).collect(), forms }
    }

    pub(super) const fn is_nowhere(&self) -> bool {
        self.terms.is_empty()
    }

    /// The blocks of a stretch that may have a lawful row: all that have one are among them.
    #[inline]
    pub(super) fn blocks(&self, stretch: usize) -> u64 {
        let formed = self
            .forms
            .as_ref()
            .map_or(u64::MAX, |forms| forms.iter().fold(0, |word, rows| word | rows.blocks(stretch)));
        self.any_term(formed, |rows| rows.blocks(stretch))
    }

    /// The lawful rows of a block, among these.
    #[inline]
    pub(super) fn rows(&self, block: usize, among: u64) -> u64 {
        let formed = self
            .forms
            .as_ref()
            .map_or(among, |forms| forms.iter().fold(0, |word, rows| word | rows.word(block)) & among);
        self.any_term(formed, |rows| rows.word(block))
    }

    #[inline]
    fn any_term(&self, among: u64, word: impl Fn(&Rows) -> u64) -> u64 {
        let mut lawful = 0;
        for term in &self.terms {
            let mut left = among & !lawful;
            for rows in term {
                if left == 0 {
                    break;
                }
                left &= word(rows);
            }
            lawful |= left;
            if lawful == among {
                break;
            }
        }
        lawful
    }
}
