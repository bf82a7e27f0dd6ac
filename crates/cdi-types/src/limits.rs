//! The limits of what is read, each with its reason. All are inclusive: the number itself is still allowed.

/// A bundle's size in bytes. A record of 32,768 runs at 4 KB each, in base64, is 180 MB.
pub const BUNDLE_BYTES: usize = 256 << 20;
/// A bundle's lines: as many envelopes as [`SIGNATURE_VERIFICATIONS`] allows to verify.
pub const BUNDLE_LINES: usize = 65_536;
/// A line's bytes: a report that lists 20,000 files of a large build.
pub const LINE_BYTES: usize = 4 << 20;
/// Signatures in an envelope: the issuer's and a few countersignatures (CVE-2020-6173 is the case without a bound).
pub const ENVELOPE_SIGNATURES: usize = 16;
/// Nesting of JSON. CDI's own statements need 7; a report's parser must not exhaust a 256 KiB stack.
pub const JSON_DEPTH: usize = 32;
/// Reports considered: the steps of a very large product's build.
pub const REPORTS: usize = 32_768;
/// Inputs of all reports together: what a walk over the chain visits.
pub const EDGES: usize = 131_072;
/// Levels of the provenance chain: the steps from the deployed artifact back to what lies farthest by the shortest way.
pub const GRAPH_DEPTH: usize = 4_096;
/// Keys in an authority chain, the anchor's and the certifier's included; webpki stops at six as well.
pub const AUTHORITY_CHAIN: usize = 6;
/// The largest depth that an anchor or an endorsement may give: it makes a chain of [`AUTHORITY_CHAIN`] keys.
pub const ENDORSEMENT_DEPTH: u8 = 5;
/// Signature verifications in one decision: 2.4 s on one core, inside the ten seconds of an admission webhook.
pub const SIGNATURE_VERIFICATIONS: usize = 65_536;
/// Signature verifications that show nothing new, in a decision about what runs already: honest evidence has next to none, and
/// whoever runs something here must not hold up the decisions about everybody else (4 s for 65,536).
pub const VERIFICATIONS_IN_VAIN: usize = 1_024;
/// Lines of strangers that are looked at: enough to say whose word a policy does not take, and a tenth of a second.
pub const STRANGERS: usize = 1_024;
/// The bytes of their payloads together: a few certifications with long lists of values, and what strangers cannot fill.
pub const STRANGERS_BYTES: usize = 8 << 20;
/// A condition's bytes: a few clauses. CEL's parser has no budget of its own (CVE-class: 125 bytes once took 2 GB).
pub const CONDITION_BYTES: usize = 2_048;
/// Step conditions of a policy: each is evaluated over every run.
pub const STEP_CONDITIONS: usize = 16;
/// A foreign predicate's bytes that conditions are put to: a test report of some hundred cases.
pub const EVIDENCE_BYTES: usize = 64 << 10;
/// Kinds of others' evidence that a policy names: each is asked of every statement of its type.
pub const EVIDENCE_RULES: usize = 32;
/// Steps behind a run to which a policy can limit a history: beyond so many, asking for all of it says the same and costs less.
pub const HISTORY_DEPTH: u8 = 16;
/// Renewals between a certification and one that a report names: a yearly one for a lifetime.
pub const RENEWALS: usize = 64;
/// A policy document's bytes: written by people.
pub const POLICY_BYTES: usize = 256 << 10;
/// The bytes of a run's summary: what a report of [`LINE_BYTES`] tells, laid out for people, takes less than twice as many.
pub const SUMMARY_BYTES: usize = 2 * LINE_BYTES;
/// Catalogues of one decider: the one that ships, and what its principals add, edition by edition.
pub const CATALOGUES: usize = 16;
/// Words in a tag's formula, the tags that it names written out: tags may name tags of the catalogue that they extend, so
/// that sixteen documents could multiply.
pub const TAG_WORDS: usize = 4_096;
/// The longest window of a node's report: a node that nobody hears of for a week has nothing to give.
pub const NODE_WINDOW: crate::Duration = crate::Duration::from_seconds(7 * 86_400);
/// Environments of a node: each kind of runtime, and a few ways to set each up.
pub const NODE_ENVIRONMENTS: usize = 64;
/// Properties that a node asserts of itself, and of each environment.
pub const NODE_ASSERTS: usize = 64;
/// Features of a node's kernel, and of its processors: a processor of 2026 has some 150.
pub const NODE_FEATURES: usize = 512;
/// Pieces of evidence of a node's hardware.
pub const NODE_EVIDENCE: usize = 8;
/// Programs of a traced run that are told one by one: a build of some thousand files, at 40 bytes each.
pub const TRACE_PROGRAMS: usize = 16_384;
/// Files of a traced run that are neither inputs nor outputs: what some thousand compilations leave in their temporary folder.
pub const TRACE_FILES: usize = 8_192;
/// Files of a tree, and its folders: ten times a large repository's, measured in some ten seconds.
pub const TREE_FILES: usize = 1_000_000;
/// The bytes of their names together: what a list of them takes in memory, and 268 for each.
pub const TREE_NAME_BYTES: usize = 256 << 20;
/// Families of sockets: Linux has fewer.
pub const TRACE_SOCKETS: usize = 64;
/// Paths of each kind that a confined run can reach: a toolchain has a few folders, a careful user some hundred files.
pub const TRACE_REACH: usize = 1_024;
/// The largest quorum: the search for a hitting set grows with the power of it.
pub const QUORUM: u8 = 5;
/// Steps of the search for authority chains in one decision: far above any honest graph, and about a second.
pub const CHAIN_SEARCH_STEPS: usize = 20_000_000;
/// An artifact's bytes: read into memory once, decided about and loaded from there.
pub const ARTIFACT_BYTES: usize = 1 << 30;
