//! Policies that are signed and carried, what they excuse, and the commands that sign them.

use cdi_testkit::scenario::{NOW, Part, Scenario, swap};
use serde_json::Value;
use snapbox::file;

use crate::deployment::{Deployment, verify};
use crate::memory::as_of_today;

const OWNER: &str = "cloud-provider";
const KEY: &str = "cloud-policy";

/// The small world's document, which asks for something more that the artifact has not.
fn strict() -> String {
    let small = Scenario::small();
    let (_, document) = small.policies.first().unwrap();
    swap(
        document,
        "require: WASM_SPECTRE_MITIGATED",
        "require: {allOf: [WASM_SPECTRE_MITIGATED, WASM_VALIDATED]}",
    )
}

/// The world by an edition of this document in this mode.
pub(crate) fn in_mode(mode: &str) -> Scenario {
    let edition = Part::edition(KEY, OWNER, 3, &strict());
    Scenario::small()
        .signing_with(edition)
        .with("edition-3", |statement| statement["predicate"]["mode"] = mode.into())
}

pub(crate) fn waived() -> Scenario {
    in_mode("enforce").and(Part::waiver(KEY, OWNER, &strict(), &["WASM_VALIDATED"]))
}

#[test]
fn a_signed_policy_is_told_with_its_version() {
    Deployment::of(&Scenario::signed()).says(&verify(""), 0, file!["snapshots/policy-signed.txt"]);
}

#[test]
fn a_policy_that_is_missing_is_told_beside_the_rest() {
    let world = Scenario::signed().without("edition-3");
    Deployment::of(&world).says(&verify(""), 1, file!["snapshots/policy-missing.txt"]);
}

#[test]
fn what_is_waived_is_always_told() {
    Deployment::of(&waived()).says(&verify(""), 0, file!["snapshots/policy-waived.txt"]);
    Deployment::of(&in_mode("warn")).says(&verify(""), 0, file!["snapshots/policy-warns.txt"]);
    let output = Deployment::of(&waived()).cdi(&format!("{} --output json", verify("")));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    let excused = &verdict["principals"][0]["excused"];
    assert_eq!(excused.as_array().unwrap().len(), 1);
    assert_eq!(
        (&excused[0]["code"], &excused[0]["excuse"]["by"]),
        (&"property-lost".into(), &"waiver".into())
    );
}

#[test]
fn a_file_without_a_signed_policy_is_rejected() {
    let mut world = Scenario::signed();
    world.signing.iter_mut().for_each(|party| party.document = Some("{}\n".to_owned()));
    Deployment::of(&world).says(&verify(""), 2, file!["snapshots/policy-unsigned.txt"]);
}

/// A-POL-24: the mode is what was signed, whatever the surroundings say.
#[test]
fn no_variable_and_no_option_turns_enforcement_off() {
    let deployment = Deployment::of(&in_mode("enforce"));
    let mut command = deployment.command(&verify(""));
    for name in ["MODE", "POLICY_MODE", "AUDIT", "WARN", "DRY_RUN", "ENFORCE", "PERMISSIVE", "INSECURE"] {
        for value in ["warn", "audit", "off", "1", "0", "false"] {
            command.env(format!("CDI_{name}"), value);
        }
    }
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    for option in ["--mode=warn", "--audit", "--warn", "--dry-run", "--force", "--no-enforce"] {
        assert_eq!(deployment.cdi(&format!("{} {option}", verify(""))).status.code(), Some(2), "{option}");
    }
}

/// A-POL-09, across decisions: an older edition is not taken again, nor another of the same version.
#[test]
fn an_older_policy_is_not_taken_again() {
    let version = |version: u64, document: &str| {
        let mut world = Scenario::signed().without("edition-3");
        world.parts.push(Part::edition(KEY, OWNER, version, document));
        as_of_today(world)
    };
    let small = Scenario::small();
    let document = &small.policies.first().unwrap().1;
    let deployment = Deployment::of(&version(4, document));
    let verified = |world: &Scenario| {
        std::fs::write(deployment.folder.path().join("app.cwasm.intoto.jsonl"), world.bundle()).unwrap();
        let output = deployment.cdi("verify app.cwasm");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code(), said)
    };
    let (status, said) = verified(&version(4, document));
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = verified(&version(3, document));
    assert!(status == Some(1) && said.contains("[policy-rolled-back]"), "{said}");
    // A decision without the policy makes the host forget nothing.
    let remembered = |what: &str| {
        let shown = String::from_utf8(deployment.cdi("state show").stdout).unwrap();
        assert!(shown.contains(what), "{shown}");
    };
    remembered("1 revocation list");
    let (status, said) = verified(&version(4, &format!("{document}# other bytes\n")));
    assert!(status == Some(1) && said.contains("[policy-versions-contradict]"), "{said}");
    assert_eq!(verified(&version(5, document)).0, Some(0));
    let (status, said) = verified(&version(4, document));
    assert!(status == Some(1) && said.contains("gone by version 5"), "{said}");
    remembered("policy of cloud-provider");
    remembered("version   5");
}

/// A-POL-09, with the other version in the configuration's file: a trial binds nobody, and what was enforced is not withheld.
#[test]
fn a_trial_binds_nobody_and_an_enforced_edition_is_not_withheld() {
    let small = Scenario::small();
    let document = &small.policies.first().unwrap().1;
    let edition = |version: u64, document: &str, mode: &str| {
        let world = as_of_today(Scenario::small().signing_with(Part::edition(KEY, OWNER, version, document)));
        let name = format!("edition-{version}");
        let line = world.with(&name, |statement| statement["predicate"]["mode"] = mode.into());
        let line = line.part(&name).line();
        String::from_utf8(line).unwrap()
    };
    let mut world = as_of_today(Scenario::small().signing_with(Part::edition(KEY, OWNER, 1, document)));
    world = world.without("edition-1");
    world.signing.iter_mut().for_each(|party| party.document = Some(edition(1, document, "enforce")));
    let deployment = Deployment::of(&world);
    let write = |name: &str, text: &str| std::fs::write(deployment.folder.path().join(name), text).unwrap();
    write("trial.intoto.jsonl", &edition(3, &strict(), "warn"));
    write("next.intoto.jsonl", &edition(2, document, "enforce"));
    let verified = |bundles: &str| {
        let output = deployment.cdi(&format!("verify app.cwasm --bundle app.cwasm.intoto.jsonl {bundles}"));
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), said)
    };
    let allowed = |bundles: &str| {
        let (status, said) = verified(bundles);
        assert_eq!(status, 0, "{bundles}: {said}");
    };
    let withheld = |bundles: &str, said_so: &str| {
        let (status, said) = verified(bundles);
        assert!(status == 1 && said.contains("[policy-rolled-back]") && said.contains(said_so), "{said}");
        assert!(said.contains("give the bundle") && said.contains("configuration names"), "{said}");
    };
    allowed("--bundle trial.intoto.jsonl");
    allowed("--bundle trial.intoto.jsonl");
    allowed("");
    allowed("--bundle next.intoto.jsonl");
    allowed("--bundle next.intoto.jsonl");
    allowed("--bundle next.intoto.jsonl --bundle trial.intoto.jsonl");
    withheld("", "version 1 of the policy is at hand, this host has gone by version 2");
    withheld("--bundle trial.intoto.jsonl", "version 3 of the policy only tries it out");
}

#[test]
fn a_version_below_the_configured_one_is_told_as_that() {
    let mut world = Scenario::signed();
    world.signing.iter_mut().for_each(|party| party.at_least = Some(4));
    let output = Deployment::of(&world).cdi(&verify(""));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(said.contains("the configuration takes version 4 and newer ones"), "{said}");
    assert!(!said.contains("give the bundle"), "{said}");
}

#[test]
fn a_policy_is_signed_and_waived_by_its_principal() {
    let deployment = Deployment::of(&Scenario::small());
    let write = |name: &str, text: &str| std::fs::write(deployment.folder.path().join(name), text).unwrap();
    write("strict.yaml", &strict());
    let done = |line: &str| {
        let output = deployment.cdi(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let fails = |line: &str, code: &str| {
        let output = deployment.cdi(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(&format!("[{code}]")), "{line}: {said}");
    };
    done("key generate --out policy.pem");
    let shown: Value = serde_json::from_str(&done("key show policy.pem --output json")).unwrap();
    let key = shown["publicKey"].as_str().unwrap();
    let deployment_key = format!("key: \"{key}\", policy: signed.intoto.jsonl");
    let sign =
        "policy sign strict.yaml --key policy.pem --audience host --for 90d --from 2026-05-01T00:00:00Z";
    let waive = "policy waive strict.yaml --key policy.pem --audience host --for 30d --from 2026-05-15T00:00:00Z \
                 --artifact app.cwasm --reason repair --out waiver.intoto.jsonl";
    done(&format!("{sign} --version 1 --out signed.intoto.jsonl"));
    fails(&format!("{sign} --version 1 --out signed.intoto.jsonl"), "file-exists");
    fails(
        &format!("{} --version 2 --out other.intoto.jsonl", sign.replace("90d", "800d")),
        "lifetime-too-long",
    );
    fails(&format!("{waive} --requirement WASM_VALIDATE"), "waiver-of-nothing");
    fails(&format!("{} --requirement WASM_VALIDATED", waive.replace("30d", "91d")), "lifetime-too-long");
    fails(
        &sign
            .replace("strict.yaml", "cdi.yaml")
            .replace("policy sign", "policy sign --version 1 --out x.jsonl"),
        "policy-wrong-kind",
    );
    let deployment = deployment.with_configuration("policy: cloud-provider.yaml", &deployment_key);
    let at = format!("verify app.cwasm --at {NOW}");
    assert_eq!(deployment.cdi(&at).status.code(), Some(1));
    assert_eq!(deployment.cdi(&format!("{waive} --requirement WASM_VALIDATED")).status.code(), Some(0));
    let lines = std::fs::read(deployment.folder.path().join("waiver.intoto.jsonl")).unwrap();
    let path = deployment.folder.path().join("app.cwasm.intoto.jsonl");
    let bundle = [std::fs::read(&path).unwrap(), lines].concat();
    std::fs::write(&path, bundle).unwrap();
    assert_eq!(deployment.cdi(&at).status.code(), Some(0));
    // The waiver ends by itself.
    assert_eq!(deployment.cdi("verify app.cwasm --at 2026-06-14T00:00:00Z").status.code(), Some(1));
    let shown = deployment.cdi("inspect app.cwasm.intoto.jsonl signed.intoto.jsonl");
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("version 1 of `cloud-provider` for `host`, enforce") && shown.contains("waiver"),
        "{shown}"
    );
}
