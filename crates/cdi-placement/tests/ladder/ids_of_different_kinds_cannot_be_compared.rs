use cdi_types::{ArtifactDigest, StatementId};

fn main() {
    let _ = ArtifactDigest::of(b"") == StatementId::of(b"");
}
