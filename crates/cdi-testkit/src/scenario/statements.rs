//! Sound statements of each kind, as JSON.

use std::collections::BTreeMap;

use cdi_types::{FileDigest, Libraries, MeasuredFile, RecordedPath, Runtime};
use serde_json::{Value, json};

use super::policy::catalogue_digest;
use super::{DECIDER, Part, key_id, public_key, sha256};

/// The start of every window.
pub const WINDOW_START: &str = "2026-01-01T00:00:00Z";
/// The end of every window.
pub const WINDOW_END: &str = "2027-01-01T00:00:00Z";
/// When the revocation lists were issued.
pub const LIST_START: &str = "2026-06-01T00:00:00Z";
/// When the next ones are due.
pub const LIST_END: &str = "2026-06-08T00:00:00Z";

fn statement(kind: &str, subject: &Value, predicate: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": format!("https://code-deployment-integrity.io/{kind}/v1"),
        "predicate": predicate,
    })
}

/// A file as a subject.
fn file(path: &str, digest: &str) -> Value {
    json!({ "name": path, "digest": { "sha256": digest } })
}

/// The digest of a tool's executable.
#[must_use]
pub fn executable(tool: &str) -> String {
    sha256(format!("executable {tool}"))
}

/// The executable or library of this name, as it is measured.
#[must_use]
pub fn measured(name: &str) -> MeasuredFile {
    MeasuredFile {
        path: RecordedPath::parse(&format!("/opt/{name}")).expect("a path"),
        sha256: FileDigest::parse(&executable(name)).expect("a digest"),
    }
}

/// A runtime that is executed by itself: this executable, with nothing else measured and no settings.
#[must_use]
pub fn runtime(program: &str) -> Runtime {
    Runtime {
        executable: measured(program).sha256,
        libraries: Libraries::Unmeasured,
        program: program.to_owned(),
        arguments: Vec::new(),
        environment: BTreeMap::new(),
        settings: BTreeMap::new(),
    }
}

/// The digest of the artifact of this path.
#[must_use]
pub fn artifact(path: &str) -> String {
    sha256(format!("artifact {path}"))
}

impl Part {
    /// An authority's endorsement of another, for all properties.
    #[must_use]
    pub fn endorsement(parent: &str, child: &str, depth: u8) -> Self {
        let subject = json!([{ "digest": { "sha256": key_id(child) } }]);
        let predicate = json!({
            "issuer": key_id(parent), "serial": 1, "notBefore": WINDOW_START, "notAfter": WINDOW_END,
            "name": child, "publicKey": public_key(child), "scope": { "properties": ["*"], "depth": depth },
        });
        Self::new(
            &format!("{parent}-endorses-{child}"),
            parent,
            &statement("endorsement", &subject, &predicate),
        )
    }

    /// An authority's certification of a tool: it claims nothing yet and describes one way of running it.
    #[must_use]
    pub fn certification(authority: &str, tool: &str, claims: &Value, arguments: &Value) -> Self {
        let subject = json!([file(tool, &executable(tool))]);
        let predicate = json!({
            "issuer": key_id(authority), "serial": 2, "notBefore": WINDOW_START, "notAfter": WINDOW_END,
            "tool": { "name": tool, "version": "1.0.0", "supplier": "acme" },
            "reportKey": public_key(tool), "custody": "software", "recorder": executable(tool),
            "linkage": "static", "claims": claims, "catalogue": catalogue_digest(),
            "invocations": { "default": {
                "program": [tool], "arguments": arguments, "environment": {}, "exitStatus": [0] } },
            "vetting": { "method": "review" },
        });
        let name = format!("{authority}-certifies-{tool}");
        Self::new(&name, authority, &statement("tool-certification", &subject, &predicate))
    }

    /// A report of a run of `tool`, its own recorder.
    #[must_use]
    pub fn report(tool: &str, kind: &str, arguments: &[&str], inputs: &[&str], subject: &[&str]) -> Self {
        let subject: Vec<_> = subject.iter().map(|path| file(path, &artifact(path))).collect();
        let inputs: Vec<_> =
            inputs.iter().map(|path| json!({ "path": path, "sha256": artifact(path) })).collect();
        let measured = json!({ "path": format!("/opt/{tool}"), "sha256": executable(tool) });
        let predicate = json!({
            "issuer": key_id(tool), "kind": kind, "recorder": measured, "capture": "self", "inputs": inputs,
            "tool": { "executables": [measured], "libraries": "unmeasured" },
            "operation": {
                "program": tool, "arguments": arguments, "directory": "/build", "environment": {},
                "exit": { "code": 0 },
                "startedAt": "2026-05-01T10:00:00Z", "finishedAt": "2026-05-01T10:00:01Z",
                "platform": { "os": "linux", "architecture": "x86_64" } },
            "algorithms": { "digest": "sha256", "signature": "by-key" },
        });
        Self::new(&format!("{tool}-runs"), tool, &statement("report", &json!(subject), &predicate))
    }

    /// A developer's word that artifacts are theirs.
    #[must_use]
    pub fn origin(developer: &str, kind: &str, paths: &[&str]) -> Self {
        let subject: Vec<_> = paths.iter().map(|path| file(path, &artifact(path))).collect();
        let predicate = json!({ "issuer": key_id(developer), "kind": kind });
        Self::new("origin", developer, &statement("origin", &json!(subject), &predicate))
    }

    /// An authority's list of what it has revoked.
    #[must_use]
    pub fn list(authority: &str, serial: u64, revoked: &Value) -> Self {
        let subject = json!([{ "digest": { "sha256": key_id(authority) } }]);
        let predicate = json!({
            "issuer": key_id(authority), "serial": serial, "notBefore": LIST_START, "notAfter": LIST_END,
            "revoked": revoked,
        });
        Self::new(&format!("{authority}-revokes"), authority, &statement("revocations", &subject, &predicate))
    }

    /// An authority's list that revokes nothing.
    #[must_use]
    pub fn empty_list(authority: &str) -> Self {
        Self::list(authority, 0, &json!([]))
    }

    /// What a node says of itself.
    #[must_use]
    pub fn node(signer: &str, serial: u64) -> Self {
        let subject = json!([{ "digest": { "sha256": key_id(signer) } }]);
        let amount = json!({ "cpuMilli": 4000, "memoryBytes": 1_u64 << 33 });
        let overheads =
            json!({ "startUpMicros": 20, "memoryBytes": 1 << 20, "cpuMilli": 0, "slowdownPermille": 1200 });
        let predicate = json!({
            "issuer": key_id(signer), "serial": serial, "notBefore": LIST_START, "notAfter": LIST_END,
            "name": signer, "architecture": "x86_64", "capacity": amount, "allocatable": amount,
            "environments": [{ "name": "embedded", "kind": "embedded", "asserts": ["PROCESS_ISOLATION"],
                "overheads": overheads }],
            "asserts": ["LOCATION=eu-de"],
        });
        Self::new(&format!("{signer}-reports-{serial}"), signer, &statement("node", &subject, &predicate))
    }

    /// A statement of any type, its predicate as given.
    #[must_use]
    pub fn foreign(name: &str, signer: &str, predicate_type: &str, path: &str, predicate: &Value) -> Self {
        let mut value = statement("report", &json!([file(path, &artifact(path))]), predicate);
        value["predicateType"] = json!(predicate_type);
        Self::new(name, signer, &value)
    }
}

impl Part {
    /// An edition of a policy, for the decider of all scenarios.
    #[must_use]
    pub fn edition(signer: &str, principal: &str, version: u64, document: &str) -> Self {
        let subject = json!([{ "digest": { "sha256": sha256(document) } }]);
        let predicate = json!({
            "issuer": key_id(signer), "principal": principal, "audience": [DECIDER], "version": version,
            "notBefore": WINDOW_START, "notAfter": WINDOW_END, "mode": "enforce",
            "document": base64_simd::STANDARD.encode_to_string(document),
        });
        Self::new(&format!("edition-{version}"), signer, &statement("policy", &subject, &predicate))
    }

    /// A waiver of parts of a policy for the artifact of all scenarios.
    #[must_use]
    pub fn waiver(signer: &str, principal: &str, document: &str, requirements: &[&str]) -> Self {
        let subject = json!([{ "digest": { "sha256": sha256(document) } }]);
        let predicate = json!({
            "issuer": key_id(signer), "principal": principal, "audience": [DECIDER],
            "notBefore": WINDOW_START, "notAfter": WINDOW_END, "artifacts": [artifact("app.cwasm")],
            "requirements": requirements, "reason": "the inspector is being repaired",
        });
        Self::new("waiver", signer, &statement("waiver", &subject, &predicate))
    }
}
