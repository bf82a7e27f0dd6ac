use cdi_types::{Bundle, Unverified};

fn lines(bundle: &Unverified<Bundle>) -> usize {
    bundle.lines().count()
}

fn main() {
    let _ = lines;
}
