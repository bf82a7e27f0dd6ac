//! How long answers stay as they are.

use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::swap;
use cdi_testkit::vectors::all;
use cdi_types::{Bundle, Clock, Timestamp};
use cdi_verify::{settled, verify};

#[test]
fn an_answer_lasts_no_longer_than_a_summary_that_it_may_rest_on() {
    let vector = &all()["sem/summary"];
    // Verified at six o'clock; it is noon, and the authorities' lists are good till midnight.
    let text = swap(vector.policies[0].document.as_ref().unwrap(), "maxAge: 30d", "maxAge: 7h");
    let policy = Policy::load(text.as_bytes(), &Catalogues::builtin().unwrap()).unwrap();
    let lines: Vec<Vec<u8>> = vector.bundle.iter().map(|line| line.bytes().unwrap()).collect();
    let provenance = verify(&Bundle::parse(lines.join(&b'\n')).unwrap(), policy.keyring()).unwrap();
    let now = Clock::at(Timestamp::parse(&vector.time).unwrap());
    let range = settled(&provenance, policy.trust(), now);
    let time = |text| Timestamp::parse(text).unwrap();
    assert_eq!(range, time("2026-06-01T05:58:00Z")..time("2026-06-01T13:00:00Z"));
}
