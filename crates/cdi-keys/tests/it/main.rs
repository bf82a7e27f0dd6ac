//! Integration tests of `cdi-keys`. The keys under `tests/keys` are throwaway keys.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod agent;
mod openssl;
mod pkcs8;
mod seal;
mod signer;
