//! Bundles in files, and files that are never half written.
