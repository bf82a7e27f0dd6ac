use std::collections::BTreeSet;

use cdi_types::{ArtifactDigest, Bundle, Clock, Unverified};
use cdi_verify::{Trust, appraise};

fn skip(bundle: &Unverified<Bundle>, trust: &Trust, artifact: ArtifactDigest, clock: Clock) {
    let _ = appraise(bundle, trust, artifact, &BTreeSet::new(), clock);
}

fn main() {
    let _ = skip;
}
