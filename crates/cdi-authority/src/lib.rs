//! Certify, endorse and revoke.
