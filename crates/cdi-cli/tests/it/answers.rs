//! That what a verdict says, and what it says would help, is so.

use cdi_testkit::scenario::{NOW, Part, Scenario, swap};
use serde_json::Value;

use crate::deployment::{Deployment, verify};
use crate::schema::Schema;
use crate::support::{Ended, ended};

const OWNER: &str = "cloud-provider";
const KEY: &str = "cloud-policy";

/// The small world's document, which asks for something else.
fn asking(require: &str) -> String {
    let small = Scenario::small();
    let (_, document) = small.policies.first().unwrap();
    swap(document, "require: WASM_SPECTRE_MITIGATED", &format!("require: {require}"))
}

/// The world of a signed policy, at a host that has a place of virtual machines with a network.
fn at_open_vm(world: &Scenario) -> Deployment {
    let places = "  host: cloud-provider\n  environments: [{name: open-vm, provides: [VM_ISOLATION]}]\n";
    Deployment::of(world).with_configuration("  host: cloud-provider\n", places)
}

fn said(deployment: &Deployment, line: &str, status: i32) -> String {
    let Ended { status: found, stdout, stderr } = ended(&deployment.cdi(line));
    assert_eq!(found, status, "{line}: {stdout}{stderr}");
    format!("{stdout}{stderr}")
}

fn has(said: &str, text: &str) {
    assert!(said.contains(text), "`{text}` is not in {said}");
}

fn lacks(said: &str, text: &str) {
    assert!(!said.contains(text), "`{text}` is in {said}");
}

#[test]
fn what_is_excused_is_not_called_provided() {
    let document = asking("{allOf: [VM_ISOLATION, NETWORK_ISOLATION]}");
    let world = |mode: &str| {
        let edition = Part::edition(KEY, OWNER, 3, &document);
        let world = Scenario::small().signing_with(edition);
        world.with("edition-3", |statement| statement["predicate"]["mode"] = mode.into())
    };
    let waived = world("enforce").and(Part::waiver(KEY, OWNER, &document, &["NETWORK_ISOLATION"]));
    for world in [waived, world("warn")] {
        let deployment = at_open_vm(&world);
        let line = verify("--environment open-vm");
        let text = said(&deployment, &line, 0);
        has(&text, "excused NETWORK_ISOLATION: ");
        has(&text, "    VM_ISOLATION is provided by `open-vm`, on the word of `cloud-provider`\n");
        lacks(&text, "NETWORK_ISOLATION is provided");
        let verdict: Value =
            serde_json::from_slice(&deployment.cdi(&format!("{line} --output json")).stdout).unwrap();
        Schema::published("verdict.v1.json").hold(&verdict);
        assert_eq!(
            verdict["principals"][0]["provided"],
            serde_json::json!([{ "property": "VM_ISOLATION", "by": "word" }])
        );
    }
}

#[test]
fn of_words_that_would_do_only_those_are_provided_that_the_place_has() {
    let world = Scenario {
        policies: vec![(OWNER.to_owned(), asking("{anyOf: [VM_ISOLATION, NETWORK_ISOLATION]}"))],
        ..Scenario::small()
    };
    let text = said(&at_open_vm(&world), &verify("--environment open-vm"), 0);
    has(&text, "    VM_ISOLATION is provided by `open-vm`, on the word of `cloud-provider`\n");
}

/// A policy that asks for nothing.
fn accepting(principal: &str) -> (String, String) {
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: {principal}}}\nspec: \
         {{principal: {principal}, rule: accept-all}}\n"
    );
    (principal.to_owned(), text)
}

/// A host whose word the policy does not take.
fn of_a_landlord() -> Deployment {
    let world = Scenario { policies: vec![(OWNER.to_owned(), asking("VM_ISOLATION"))], ..Scenario::small() };
    let places = "  host: landlord\n  environments: [{name: flat, provides: [VM_ISOLATION]}]\n  principals:\n    \
                  - {name: landlord, policy: landlord.yaml, required: always}\n";
    let deployment =
        Deployment::of(&world).with_configuration("  host: cloud-provider\n  principals:\n", places);
    deployment.write("landlord.yaml", accepting("landlord").1.as_bytes());
    deployment
}

#[test]
fn a_word_that_is_not_taken_is_mended_by_taking_it() {
    let deployment = of_a_landlord();
    let text = said(&deployment, &verify("--environment flat"), 1);
    has(&text, "does not take the word of `landlord` for `flat`");
    has(&text, "hint: take that word with `acceptAsserted: [landlord]` in the policy");
    lacks(&text, "name an environment");
    let text = said(&deployment, &verify("--environment embedded"), 1);
    has(&text, "`embedded` does not provide it");
    has(&text, "hint: name another environment, that provides it");
    has(&said(&deployment, &verify("--environment none"), 1), "hint: name an environment that provides it");
}

#[test]
fn a_strangers_line_is_a_cause_only_if_it_could_be_what_is_missing() {
    let bare = Scenario::small().without("compiler-runs");
    let missing = "add what brings the missing key";
    let document = asking("VM_ISOLATION");
    let waived = bare.clone().and(Part::waiver("stranger", "stranger", &document, &["VM_ISOLATION"]));
    let text = said(&Deployment::of(&waived), &verify(""), 1);
    has(&text, "[issuer-key-unknown]");
    lacks(&text, missing);
    let mut of_another = Part::compiling("app.wasm", "other.cwasm");
    of_another.signers = vec!["stranger".to_owned()];
    of_another.change(|statement| {
        statement["predicate"]["issuer"] = cdi_testkit::scenario::key_id("stranger").into()
    });
    lacks(&said(&Deployment::of(&bare.clone().and(of_another)), &verify(""), 1), missing);
    let mut of_this = Part::compiling("app.wasm", "app.cwasm");
    of_this.signers = vec!["stranger".to_owned()];
    of_this.change(|statement| {
        statement["predicate"]["issuer"] = cdi_testkit::scenario::key_id("stranger").into()
    });
    has(&said(&Deployment::of(&bare.and(of_this)), &verify(""), 1), missing);
}

#[test]
fn lines_that_nobody_needed_do_not_stand_before_the_answer() {
    let document = asking("VM_ISOLATION");
    let world = Scenario::small().and(Part::waiver("stranger", "stranger", &document, &["VM_ISOLATION"]));
    let deployment = Deployment::of(&world);
    let text = said(&deployment, &verify(""), 0);
    lacks(&text, "discarded line");
    let (answer, after) = text.split_once("verdict: allow").unwrap();
    lacks(answer, "nobody vouches");
    has(after, "\n1 line that nobody vouches for was left out; `cdi inspect` shows a bundle's lines\n");
    let explained = said(&deployment, &format!("explain app.cwasm --at {NOW}"), 0);
    lacks(&explained, "discarded line");
    has(&explained, "1 line that nobody vouches for was left out");
    let verdict: Value = serde_json::from_slice(&deployment.cdi(&verify("--output json")).stdout).unwrap();
    assert_eq!(verdict["evidence"]["discarded"][0]["code"], "issuer-key-unknown");
}

#[test]
fn words_that_no_place_provides_are_told_as_what_they_are() {
    let providing = |word: &str| {
        let places = format!("  host: cloud-provider\n  environments: [{{name: vm, provides: [{word}]}}]\n");
        let deployment =
            Deployment::of(&Scenario::small()).with_configuration("  host: cloud-provider\n", &places);
        let text = said(&deployment, &verify(""), 2);
        lacks(&text, &format!("did you mean `{word}`"));
        text
    };
    let text = providing("LOCATION");
    has(&text, "provides `LOCATION`, which wants a value [configuration-unknown-property]");
    has(&text, "hint: give it one, as `LOCATION=...`");
    has(
        &providing("STACK_CANARIES"),
        "provides `STACK_CANARIES`, which is a property of code, and not of places",
    );
    has(&providing("CODE_SANDBOXING"), "which is a tag, and no property of places");
    has(&providing("VM_ISOLATION=x"), "which has a value that the catalogue does not allow");
    has(&providing("VM_ISOLATON"), "did you mean `VM_ISOLATION`?");
}

#[test]
fn a_key_of_two_anchors_is_told_as_that() {
    let deployment = Deployment::of(&Scenario::small());
    said(&deployment, &format!("authority create lab --name lab --at {NOW}"), 0);
    let text = said(
        &deployment,
        "policy suggest app.cwasm --principal me --anchor one=lab/public.pem --anchor two=lab/public.pem",
        2,
    );
    has(&text, "hint: two `--anchor` have one key");
}

#[test]
fn a_policy_about_the_place_alone_is_begun() {
    let deployment = Deployment::of(&Scenario::small());
    said(&deployment, &format!("authority create lab --name lab --at {NOW}"), 0);
    let line = "init new --host me --anchor a=lab/public.pem --require LOCATION=eu-de --custody software";
    said(&deployment, line, 0);
    let policy = String::from_utf8(deployment.read("new/policies/me.yaml")).unwrap();
    has(&policy, "scope: [\"LOCATION\"]");
    said(&deployment, "policy lint new/policies/me.yaml", 0);
}

/// What the engine's compiler writes about a module of software checks, and no module.
fn of_software_checks() -> Vec<u8> {
    let engine = b"\x00\x0648.0.8\x18x86_64-unknown-linux-gnu\x00\x00\x00\x00\x00".as_slice();
    let names = b"\0.wasmtime.engine\0".as_slice();
    let mut file = vec![0; 64];
    // An ELF file of the engine's own system, a module.
    file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\xc8");
    for (place, value) in [(0x14, 1), (0x30, 1), (0x34, 64), (0x3a, 64), (0x3c, 3), (0x3e, 1)] {
        file[place] = value;
    }
    let (names_at, engine_at) = (file.len(), file.len() + names.len());
    file.extend([names, engine].concat());
    file[0x28..0x30].copy_from_slice(&((engine_at + engine.len()) as u64).to_le_bytes());
    for (name, kind, start, size) in
        [(0, 0, 0, 0), (0, 3, names_at, names.len()), (1, 1, engine_at, engine.len())]
    {
        let mut header = [0_u8; 64];
        (header[0], header[4]) = (name, kind);
        header[24..32].copy_from_slice(&(start as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        file.extend_from_slice(&header);
    }
    file
}

#[test]
fn a_module_for_another_environment_is_told_as_that() {
    let world = Scenario { policies: vec![accepting(OWNER)], ..Scenario::small() };
    let deployment = Deployment::of(&world);
    deployment.write("app.cwasm", &of_software_checks());
    let remark = "`cdi run` cannot run it in `embedded`: it was compiled for `embedded-software-checks`";
    has(&said(&deployment, &verify(""), 0), remark);
    lacks(&said(&deployment, &verify("--environment embedded-software-checks"), 0), "cannot run it");
    lacks(&said(&deployment, &verify("--environment none"), 0), "cannot run it");
    let text = said(&deployment, "run app.cwasm", 125);
    has(&text, "[artifact-refused-by-engine]");
    has(&text, "hint: it was compiled for `embedded-software-checks`");
}

#[test]
fn what_an_environment_runs_is_not_said_to_be_something_else() {
    let world = Scenario { policies: vec![accepting(OWNER)], ..Scenario::small() };
    let deployment = Deployment::of(&world);
    // The head of an archive.
    let mut archive = vec![0; 1024];
    archive[257..262].copy_from_slice(b"ustar");
    deployment.write("app.cwasm", &archive);
    lacks(&said(&deployment, &verify("--environment gvisor"), 0), "cannot run it");
    let remark = "its kind is `root-file-system`, and that takes a `static-elf`";
    has(&said(&deployment, &verify("--environment confined"), 0), remark);
    deployment.write("app.cwasm", b"nothing");
    let remark = "its kind is `unknown`, and that takes a `static-elf` or a `root-file-system`";
    has(&said(&deployment, &verify("--environment gvisor"), 0), remark);
}
