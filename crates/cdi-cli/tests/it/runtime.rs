//! What this very program is certified to supply as a runtime (rule M-SUPPLY).

use cdi_testkit::scenario::{NOW, Scenario, swap};

use crate::deployment::{Deployment, verify};
use crate::support::ended;

const GUARDED: &str = "GUARD_PAGES=WASMTIME_4GIB_32MIB";
const PROGRAM: &str = env!("CARGO_BIN_EXE_cdi");

/// A host that says nothing of guard pages, and a policy that wants them and trusts a laboratory.
fn wanting() -> Deployment {
    let asking = format!("require: {GUARDED}");
    let scenario =
        Scenario::small().with_policy("cloud-provider", "require: WASM_SPECTRE_MITIGATED", &asking);
    let places = "  host: cloud-provider\n  environments:\n    - {name: embedded, provides: [NETWORK_ISOLATION]}\n    \
                  - {name: embedded-software-checks, provides: [NETWORK_ISOLATION]}\n";
    let deployment = Deployment::of(&scenario).with_configuration("  host: cloud-provider\n", places);
    done(&deployment, &format!("authority create lab --name Laboratory --at {NOW}"));
    let shown = done(&deployment, "key show lab/public.pem --output json");
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let key = shown["publicKey"].as_str().unwrap();
    let policy = String::from_utf8(deployment.read("cloud-provider.yaml")).unwrap();
    let anchor = format!("    anchors:\n      - {{name: lab, keys: [\"{key}\"], scope: [GUARD_PAGES]}}");
    deployment.write("cloud-provider.yaml", swap(&policy, "    anchors:", &anchor).as_bytes());
    deployment
}

fn done(deployment: &Deployment, line: &str) -> String {
    let ended = ended(&deployment.cdi(line));
    assert_eq!(ended.status, 0, "{line}: {}{}", ended.stdout, ended.stderr);
    ended.stdout
}

/// Has this program certified as a runtime.
fn certify(deployment: &Deployment) {
    done(deployment, "key generate --out runtime.pem");
    done(deployment, &format!("wrap --summary cdi.json -- {PROGRAM} --version"));
    done(
        deployment,
        "request certification --key runtime.pem --tool-name cdi --tool-version 0.1.0 --supplier cdi \
         --summary cdi.json --linkage dynamic --custody software --out request.intoto.jsonl",
    );
    done(
        deployment,
        &format!("authority template --runtime embedded --supplies {GUARDED} --out claims.json"),
    );
    done(deployment, "authority lint claims.json");
    done(
        deployment,
        &format!(
            "authority certify lab --request request.intoto.jsonl --claims claims.json --for 90d --vetting-method review --at {NOW} \
             --out certified.intoto.jsonl"
        ),
    );
}

fn asked(rest: &str) -> String {
    verify(&format!(
        "--bundle app.cwasm.intoto.jsonl --bundle certified.intoto.jsonl --bundle lab/revocations.intoto.jsonl {rest}"
    ))
}

#[test]
fn what_this_program_is_certified_to_supply_counts_where_it_runs_the_code() {
    let deployment = wanting();
    let refused = ended(&deployment.cdi(&verify("")));
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    assert!(refused.stdout.contains("`embedded` does not provide it [residual-unmet]"), "{}", refused.stdout);
    certify(&deployment);
    let allowed = ended(&deployment.cdi(&asked("")));
    assert_eq!(allowed.status, 0, "{}{}", allowed.stdout, allowed.stderr);
    assert!(allowed.stdout.contains("cdi: this runtime supplies it"), "{}", allowed.stdout);
    assert!(allowed.stdout.contains("certified by lab"), "{}", allowed.stdout);
    let provided =
        format!("    {GUARDED} is provided by the runtime of `embedded`, which is certified to supply it\n");
    assert!(allowed.stdout.contains(&provided), "{}", allowed.stdout);
    let verdict: serde_json::Value =
        serde_json::from_slice(&deployment.cdi(&asked("--output json")).stdout).unwrap();
    assert_eq!(verdict["environment"]["runtime"]["program"], "cdi");
    crate::schema::Schema::published("verdict.v1.json").hold(&verdict);
    let explained = asked(&format!("--property {GUARDED}")).replacen("verify", "explain", 1);
    let json = deployment.cdi(&format!("{explained} --output json")).stdout;
    let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
    crate::schema::Schema::published("explain.v1.json").hold(&document);
    let explained = ended(&deployment.cdi(&explained));
    assert_eq!(explained.status, 0, "{}{}", explained.stdout, explained.stderr);
    assert!(explained.stdout.contains("The runtime `cdi`"), "{}", explained.stdout);
}

#[test]
fn what_it_is_certified_for_in_one_environment_says_nothing_of_another() {
    let deployment = wanting();
    certify(&deployment);
    let refused = ended(&deployment.cdi(&asked("--environment embedded-software-checks")));
    assert_eq!(refused.status, 1, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stdout.contains("residual-unmet"), "{}", refused.stdout);
    assert!(refused.stdout.contains("invocation-settings"), "{}", refused.stdout);
    let nowhere = ended(&deployment.cdi(&asked("--environment none")));
    assert_eq!(nowhere.status, 1, "{}{}", nowhere.stdout, nowhere.stderr);
}

#[test]
fn claims_about_places_are_held_to_the_catalogue() {
    let deployment = wanting();
    let fails = |rest: &str, code: &str| {
        let line = format!("authority template --runtime {rest} --out claims.json");
        let failed = ended(&deployment.cdi(&line));
        assert!(failed.status == 2 && failed.stderr.contains(code), "{line}: {}", failed.stderr);
    };
    fails("embedded --supplies GUARD_PAGES", "claim-wrong-value");
    fails("embedded --supplies VM_ISOLATION=yes", "claim-wrong-value");
    fails("embedded --supplies WASM_VALIDATED", "claim-supplies-code");
    fails("embedded --supplies VM_ISOLATIONS", "claim-word-unknown");
    fails("kubernetes --supplies VM_ISOLATION", "environment-not-here");
    fails("embedded", "supplies");
}
