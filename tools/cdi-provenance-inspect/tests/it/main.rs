//! The inspector of others' provenance, by its library and by its command line.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod by_key;
mod sigstore;
mod walk;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../../crates/cdi-import/tests/fixtures/", $name)).as_slice()
    };
}
pub(crate) use fixture;

/// An artifact that GitHub's builder made, its bundle, and Sigstore's trusted root.
const ARTIFACT: &[u8] = fixture!("gh-custom-issuer-artifact");
const BUNDLE: &[u8] = fixture!("gh-custom-issuer.sigstore.json");
const ROOT: &[u8] = fixture!("sigstore-public-good.json");
