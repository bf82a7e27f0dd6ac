use cdi_verify::{Provenance, Verified};

fn main() {
    let _: Verified<Provenance> = Verified::mint(Provenance::default());
}
