//! Smoke.
use cdi_testkit::scenario::Scenario;
fn main() {
    for (n, s) in [("small", Scenario::small()), ("endorsed", Scenario::endorsed()), ("history", Scenario::history()), ("linked", Scenario::linked(&["a", "b"], "c", &["a", "b"])), ("full", Scenario::full())] {
        println!("{n} {} {:?}", s.bundle().len(), s.decide());
    }
}
