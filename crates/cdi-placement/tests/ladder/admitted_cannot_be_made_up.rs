use cdi_policy::{Admitted, Request};
use cdi_types::{ArtifactDigest, CatalogueDigest, Timestamp};

fn main() {
    let _ = Admitted {
        request: Request::bare(ArtifactDigest::of(b"")),
        principals: Vec::new(),
        catalogue: CatalogueDigest::of(b""),
        decided_at: Timestamp::from_unix(0),
    };
}
