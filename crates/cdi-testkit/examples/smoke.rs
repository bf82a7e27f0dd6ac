//! Smoke.
use cdi_testkit::vectors::{Expected, all};
fn main() {
    let mut n = 0;
    for (path, vector) in all() {
        let outcome = vector.run();
        let failures = outcome.failures.clone();
        let found = Expected::from(outcome);
        if found != vector.expected {
            n += 1;
            println!("{path}:\n   expected {:?} {} {} {:?}\n   found    {:?} {} {} {:?} {failures:?}", vector.expected.verdict, vector.expected.principal, vector.expected.code, vector.expected.discarded, found.verdict, found.principal, found.code, found.discarded);
        }
    }
    println!("{n} differ");
}
