#![deny(unused_must_use)]

use cdi_policy::{Request, decide};
use cdi_types::{ArtifactDigest, Timestamp};

fn main() {
    decide(Request::bare(ArtifactDigest::of(b"")), &[], Timestamp::from_unix(0));
}
