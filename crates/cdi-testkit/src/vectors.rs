//! Language-neutral vectors: what a decider is given, in full bytes, and what it must say (`vectors/README.md`).
//!
//! [`all`] makes every vector from a [`Scenario`](crate::scenario::Scenario); the example `write-vectors` writes them;
//! a test compares the committed files with what is made now, and runs them through the production core.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests only: a vector that cannot be made is a fault of the test"
)]

mod case;
mod cer;
mod cer_conditions;
mod cer_files;
mod cer_options;
mod cer_tools;
mod chn;
mod chn_beside;
mod chn_paths;
mod cry;
mod dag;
mod dag_runs;
mod dag_subjects;
mod dag_trees;
mod discarded;
mod file;
mod fmt;
mod fmt_fields;
mod fmt_predicates;
mod fmt_text;
mod fmt_traces;
mod fmt_types;
mod pol;
mod pol_carried;
mod pol_catalogues;
mod pol_forbid;
mod pol_members;
mod pol_place;
mod pol_places;
mod pol_seen;
mod pol_signed;
mod pol_steps;
mod pol_trust;
mod pol_waived;
mod rev;
mod rev_above;
mod rev_lists;
mod rev_runs;
mod rev_since;
mod sem;
mod sem_catalogues;
mod sem_countersigned;
mod sem_depth;
mod sem_evidence;
mod sem_history;
mod sem_linked;
mod sem_making;
mod sem_manifests;
mod sem_reproduced;
mod sem_steps;
mod sem_summary;
mod sem_supply;
mod thr;
mod thr_votes;
mod tim;
mod tim_lists;

use std::collections::BTreeMap;

pub use case::Case;
pub use file::{Expected, Line, Vector};

/// Every vector by its path under `vectors/`, without the suffix `.json`.
#[must_use]
pub fn all() -> BTreeMap<String, Vector> {
    cases().into_iter().map(|(path, case)| (path, case.vector())).collect()
}

/// Every vector in the making, by its path.
#[must_use]
pub fn cases() -> BTreeMap<String, Case> {
    let groups = [
        fmt::cases(),
        fmt_fields::cases(),
        fmt_types::cases(),
        fmt_text::cases(),
        fmt_predicates::cases(),
        fmt_traces::cases(),
        cry::cases(),
        chn::cases(),
        chn_paths::cases(),
        chn_beside::cases(),
        dag::cases(),
        dag_subjects::cases(),
        dag_trees::cases(),
        dag_runs::cases(),
        thr::cases(),
        thr_votes::cases(),
        cer::cases(),
        cer_files::cases(),
        cer_options::cases(),
        cer_conditions::cases(),
        cer_tools::cases(),
        pol::cases(),
        pol_forbid::cases(),
        pol_steps::cases(),
        pol_trust::cases(),
        pol_place::cases(),
        pol_places::cases(),
        pol_members::cases(),
        pol_signed::cases(),
        pol_waived::cases(),
        pol_carried::cases(),
        pol_catalogues::cases(),
        sem_catalogues::cases(),
        rev::cases(),
        rev_above::cases(),
        rev_lists::cases(),
        rev_runs::cases(),
        rev_since::cases(),
        tim::cases(),
        tim_lists::cases(),
        sem::cases(),
        sem_steps::cases(),
        sem_supply::cases(),
        sem_summary::cases(),
        sem_depth::cases(),
        sem_evidence::cases(),
        sem_history::cases(),
        sem_countersigned::cases(),
        sem_linked::cases(),
        sem_making::cases(),
        sem_manifests::cases(),
        sem_reproduced::cases(),
    ];
    let mut all = BTreeMap::new();
    for case in groups.into_iter().flatten() {
        assert!(!all.contains_key(&case.path), "two vectors are called `{}`", case.path);
        all.insert(case.path.clone(), case);
    }
    all
}
