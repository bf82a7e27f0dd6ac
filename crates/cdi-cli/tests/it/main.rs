//! The command line as a user has it: the real binary, in a folder of its own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail loudly")]

mod affected;
mod answers;
mod authority;
mod bundles;
mod catalogues;
mod countersign;
mod declared_runtimes;
mod deploying;
mod deployment;
mod doctor;
mod documents;
mod environments;
mod explain;
mod explain_code;
mod export;
mod faults;
mod forged;
mod formats;
mod graph;
mod keys;
mod manners;
mod memory;
mod nodes;
mod pages;
mod placing;
mod policies;
mod policy_lint;
mod policy_words;
mod report;
mod requests;
mod revoke;
mod running;
mod runtime;
mod runtimes_inside;
mod schema;
mod succession;
mod support;
mod together;
mod trust;
mod trusted_time;
mod verdicts;
mod walls;
mod watching;
mod wrap;
