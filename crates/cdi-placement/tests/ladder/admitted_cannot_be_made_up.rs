use cdi_policy::{Admitted, Request};
use cdi_types::{ArtifactDigest, Timestamp};

fn main() {
    let _ = Admitted {
        request: Request::bare(ArtifactDigest::of(b"")),
        principals: Vec::new(),
        decided_at: Timestamp::from_unix(0),
    };
}
