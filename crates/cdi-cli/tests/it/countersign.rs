//! `cdi authority countersign`.

use cdi_testkit::scenario::{NOW, Scenario};

use crate::deployment::{Deployment, verify};
use crate::support::ended;

const BUNDLE: &str = "app.cwasm.intoto.jsonl";

/// A host that wants a laboratory to have signed the compiler's report too.
fn wanting() -> (Deployment, String) {
    let scenario = Scenario::small();
    let report = scenario.id("compiler-runs");
    let deployment = Deployment::of(&scenario);
    let done = |line: &str| {
        let output = deployment.cdi(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    done(&format!("authority create lab --name Laboratory --at {NOW}"));
    let shown = done("key show lab/public.pem --output json");
    let shown: serde_json::Value = serde_json::from_slice(&shown).unwrap();
    let key = shown["publicKey"].as_str().unwrap();
    let policy = String::from_utf8(deployment.read("cloud-provider.yaml")).unwrap();
    let anchor = format!("    anchors:\n      - {{name: lab, keys: [\"{key}\"], scope: [\"*\"]}}");
    let policy = cdi_testkit::scenario::swap(&policy, "    anchors:", &anchor);
    let asking = "custody: software\n    countersigned: {WASM_SPECTRE_MITIGATED: 1}";
    let policy = cdi_testkit::scenario::swap(&policy, "custody: software", asking);
    deployment.write("cloud-provider.yaml", policy.as_bytes());
    (deployment, report)
}

fn verified() -> String {
    verify("--bundle app.cwasm.intoto.jsonl --bundle lab/revocations.intoto.jsonl")
}

#[test]
fn a_report_that_an_authority_signed_too_is_accepted_where_that_is_asked_for() {
    let (deployment, report) = wanting();
    let refused = ended(&deployment.cdi(&verified()));
    assert_eq!(refused.status, 1);
    assert!(refused.stdout.contains("countersignatures-missing"), "{}", refused.stdout);
    let prefix = report.get(..12).unwrap();
    let signed = ended(&deployment.cdi(&format!("authority countersign lab {BUNDLE} --report {prefix}")));
    assert!(signed.stdout.contains(&format!("id    {report}")), "{}{}", signed.stdout, signed.stderr);
    let allowed = ended(&deployment.cdi(&verified()));
    assert_eq!(allowed.status, 0, "{}{}", allowed.stdout, allowed.stderr);
    assert!(allowed.stdout.contains("countersigned by lab"), "{}", allowed.stdout);
    // What it has countersigned, the authority knows by the beginning of its id.
    for line in [
        format!("revoke {prefix} --authority lab --what-if --reason unspecified --at {NOW}"),
        format!("revoke {report} --authority lab --what-if --reason unspecified --at {NOW}"),
        format!("authority revoke lab --report {prefix} --reason unspecified --at {NOW} --out lists.jsonl"),
    ] {
        let revoked = ended(&deployment.cdi(&line));
        assert_eq!(revoked.status, 0, "{line}: {}", revoked.stderr);
        assert!(revoked.stdout.contains(&report), "{line}: {}", revoked.stdout);
    }
    let listed = ended(&deployment.cdi("authority list lab"));
    assert!(
        listed.stdout.contains(&format!("countersigned report\n  id      {report}")),
        "{}",
        listed.stdout
    );
}

#[test]
fn nothing_is_countersigned_twice_or_unverified_or_unknown() {
    let (deployment, report) = wanting();
    let line = format!("authority countersign lab {BUNDLE} --report {report}");
    let fails = |line: &str, code: &str| {
        let failed = ended(&deployment.cdi(line));
        assert!(failed.status == 2 && failed.stderr.contains(code), "{line}: {}", failed.stderr);
    };
    fails(&format!("authority countersign lab {BUNDLE} --report 00000000"), "report-unknown");
    fails(&format!("{line} --out lab/countersigned.intoto.jsonl"), "output-is-record");
    let whole = deployment.read(BUNDLE);
    let lines: Vec<&[u8]> = whole.split(|byte| *byte == b'\n').collect();
    deployment.write("alone.jsonl", lines[0]);
    fails(&format!("authority countersign lab alone.jsonl --report {report}"), "issuer-key-unknown");
    assert!(deployment.cdi(&line).status.success());
    fails(&line, "seal-signed-already");
    let revoke =
        format!("authority revoke lab --report {report} --reason superseded --at {NOW} --out r.jsonl");
    assert!(deployment.cdi(&revoke).status.success());
    fails(&format!("{line} --out other.jsonl"), "countersigns-revoked");
}
