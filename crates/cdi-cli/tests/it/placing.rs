//! Where a workload may run, and what rules the other places out.

use cdi_policy::Catalogues;
use cdi_testkit::scenario::{NOW, Part, key_id, public_key, runtime};
use cdi_types::PolicyDigest;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::Scene;

const WORKLOAD: &str = "apiVersion: code-deployment-integrity.io/v1
kind: Workload
metadata: {name: scoring}
spec:
  artifact: {path: app}
  resources: {cpuMilli: 500, memoryBytes: 1073741824}
  lifetime: 24h
";

const COST: &str = "apiVersion: code-deployment-integrity.io/v1
kind: CostModel
metadata: {name: prices}
spec:
  currency: EUR
  classes:
    this-machine: {coreHour: 90000, gibibyteHour: 9000}
    large: {coreHour: 20000, gibibyteHour: 2000}
    small: {coreHour: 40000, gibibyteHour: 4000}
";

/// A policy of somebody, under the newest catalogue.
fn policy(principal: &str, places: &str, require: &str) -> String {
    let digest = Catalogues::builtin().unwrap().newest().digest().to_string();
    format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: {principal}-1}}\nspec:\n  principal: \
         {principal}\n  rule: default-deny\n  catalogue: \"{digest}\"\n{places}  require: {require}\n"
    )
}

const CONFIGURED: &str = "  acceptAsserted: [me]\n  places: {nodes: configured}\n";

/// A report of a node with a process and gVisor, and these properties.
fn node(name: &str, asserts: &[&str]) -> Part {
    let mut part = Part::node(name, 1);
    part.change(|statement| {
        let environment = |name: &str, asserts: &[&str], slower: u64| {
            let overheads = json!({ "startUpMicros": 85_000, "memoryBytes": 0, "cpuMilli": 0, "slowdownPermille": slower });
            json!({ "name": name, "kind": name, "asserts": asserts, "overheads": overheads })
        };
        statement["predicate"]["environments"] =
            json!([environment("process", &[], 1_000), environment("gvisor", &["SYSCALL_INTERPOSITION"], 1_300)]);
        statement["predicate"]["asserts"] = json!(asserts);
    });
    part
}

/// The header of a program for a processor, by ELF's number of it.
fn program(machine: u8) -> Vec<u8> {
    [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, machine, 0]].concat()
}

/// A folder with a fleet of a large node in the east and a small one in the west, and somebody who must agree.
fn scene(places: &str, require: &str) -> Scene {
    let scene = Scene::new();
    scene.write("app", &program(62));
    scene.write("workload.yaml", WORKLOAD.as_bytes());
    scene.write("prices.yaml", COST.as_bytes());
    scene.write("me.yaml", policy("me", places, require).as_bytes());
    scene.write("auditor.yaml", policy("auditor", CONFIGURED, "LOCATION=west").as_bytes());
    let listed = |name: &str, class: &str| {
        format!("    - {{name: {name}, key: \"{}\", class: {class}}}\n", public_key(name))
    };
    let configuration = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: host}}\nspec:\n  host: me\n  \
         principals:\n    - {{name: me, policy: me.yaml, required: always}}\n    - {{name: auditor, policy: auditor.yaml, required: \
         when-granted}}\n  nodes:\n{}{}",
        listed("east", "large"),
        listed("west", "small"),
    );
    scene.write("cdi.yaml", configuration.as_bytes());
    std::fs::create_dir(scene.path("nodes")).unwrap();
    scene.write("nodes/east.intoto.jsonl", &node("east", &["LOCATION=east"]).line());
    scene.write("nodes/west.intoto.jsonl", &node("west", &["LOCATION=west"]).line());
    scene
}

fn place(scene: &Scene, rest: &str, status: i32) -> Value {
    let line = format!("place workload.yaml --cost prices.yaml --at {NOW} --output json {rest}");
    let ended = scene.run(&line);
    assert_eq!(ended.status, status, "{line}: {}", ended.stderr);
    let answer = serde_json::from_str(&ended.stdout).unwrap();
    Schema::published("place.v1.json").hold(&answer);
    answer
}

/// The codes of why an environment of a node is ruled out.
fn why<'a>(answer: &'a Value, node: &str, environment: &str) -> Vec<&'a str> {
    let groups = answer["ruledOut"].as_array().unwrap();
    let of = |group: &&Value| {
        group["environment"] == environment && group["nodes"].as_array().unwrap().contains(&json!(node))
    };
    let group = groups.iter().find(of).unwrap();
    group["reasons"].as_array().unwrap().iter().map(|why| why["code"].as_str().unwrap()).collect()
}

fn chosen(answer: &Value) -> (&str, &str) {
    (answer["choice"]["node"].as_str().unwrap_or(""), answer["choice"]["environment"].as_str().unwrap_or(""))
}

#[test]
fn the_cheapest_lawful_place_is_chosen_and_the_others_are_told_why_not() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    let answer = place(&scene, "--nodes nodes", 0);
    assert_eq!(chosen(&answer), ("west", "process"));
    assert_eq!(answer["runnersUp"][0]["environment"], "gvisor");
    assert_eq!(why(&answer, "east", "process"), ["residual-unmet"]);
    assert_eq!(why(&answer, "this-machine", "embedded"), ["place-unfit"]);
    let anywhere =
        place(&self::scene(CONFIGURED, "{anyOf: [LOCATION=west, LOCATION=east]}"), "--nodes nodes", 0);
    assert_eq!(chosen(&anywhere), ("east", "process"));
    let isolated = "{allOf: [LOCATION=west, SYSCALL_INTERPOSITION]}";
    assert_eq!(chosen(&place(&self::scene(CONFIGURED, isolated), "--nodes nodes", 0)), ("west", "gvisor"));
    let text = scene.done(&format!("place workload.yaml --nodes nodes --at {NOW}"));
    assert!(text.starts_with("scoring: west/process: "), "{text}");
    assert!(
        scene
            .done(&format!("place workload.yaml --nodes nodes --at {NOW} --output table"))
            .contains("ruled out")
    );
}

#[test]
fn a_picture_shows_what_became_of_every_place_and_is_drawn_anew() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    let line = format!("place workload.yaml --nodes nodes --cost prices.yaml --at {NOW}");
    scene.done(&format!("{line} --output svg=placement.svg"));
    let picture = String::from_utf8(scene.read("placement.svg")).unwrap();
    assert!(picture.contains("aria-label=\"west in process: ✓ chosen; "), "{picture}");
    assert!(picture.contains("aria-label=\"west in gvisor: would do; "), "{picture}");
    let ruled_out =
        "aria-label=\"east in process: × ruled out; `me` requires `LOCATION=west` [residual-unmet]\"";
    assert!(picture.contains(ruled_out), "{picture}");
    assert!(picture.contains(">me: LOCATION=west<"), "{picture}");
    let supposed =
        format!("{line} --what-if node=nodes/west.intoto.jsonl --output svg=placement.svg --output json");
    scene.done(&supposed);
    assert!(
        String::from_utf8(scene.read("placement.svg"))
            .unwrap()
            .contains("as it is, and not as it is supposed here: west/process")
    );
    let nowhere = self::scene("  acceptAsserted: [me]\n", "LOCATION=west");
    assert_eq!(nowhere.run(&format!("{line} --output svg")).status, 1);
}

#[test]
fn a_plain_process_is_no_place_for_what_is_given_a_directory() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let given = "  directories: [{name: data, path: ., owner: me}]\n";
    scene.write("cdi.yaml", format!("{configuration}{given}").as_bytes());
    let granted = format!("{CONFIGURED}  grants: {{directories: [{{name: data, access: read}}]}}\n");
    scene.write("me.yaml", policy("me", &granted, "LOCATION=west").as_bytes());
    let wanted = format!("{WORKLOAD}  directories: [{{name: data, access: read}}]\n");
    scene.write("workload.yaml", wanted.as_bytes());
    let answer = place(&scene, "--nodes nodes", 0);
    assert_eq!(chosen(&answer), ("west", "gvisor"));
    assert_eq!(why(&answer, "west", "process"), ["place-unfit"]);
}

#[test]
fn a_program_is_placed_on_its_own_processor_also_where_another_is_cheaper() {
    let scene = scene(CONFIGURED, "{anyOf: [LOCATION=west, LOCATION=east]}");
    let mut east = node("east", &["LOCATION=east"]);
    east.change(|statement| statement["predicate"]["architecture"] = json!("aarch64"));
    scene.write("nodes/east.intoto.jsonl", &east.line());
    let answer = place(&scene, "--nodes nodes", 0);
    assert_eq!(chosen(&answer), ("west", "process"));
    assert_eq!(why(&answer, "east", "process"), ["place-unfit"]);
    scene.write("app", &program(183));
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)), ("east", "process"));
}

#[test]
fn no_node_is_taken_whole_of_which_nobody_says_that_nothing_runs_there() {
    let scene = scene(CONFIGURED, "{allOf: [LOCATION=west, SINGLE_TENANT]}");
    scene.write("nodes/west.intoto.jsonl", &node("west", &["LOCATION=west", "SINGLE_TENANT"]).line());
    let answer = place(&scene, "--nodes nodes", 1);
    assert_eq!(why(&answer, "west", "process"), ["residual-unmet"]);
    let either = "{allOf: [LOCATION=west, {anyOf: [SINGLE_TENANT, SYSCALL_INTERPOSITION]}]}";
    scene.write("me.yaml", policy("me", CONFIGURED, either).as_bytes());
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)), ("west", "gvisor"));
}

#[test]
fn nobody_is_believed_or_accepted_whom_a_policy_does_not_name() {
    let accepting_nobody = place(&scene("  acceptAsserted: [me]\n", "LOCATION=west"), "--nodes nodes", 1);
    assert_eq!(accepting_nobody["verdict"], "nowhere");
    assert!(why(&accepting_nobody, "west", "process").contains(&"node-not-accepted"));
    let certified = "  places: {nodes: configured, level: certified}\n";
    let certified = place(&scene(certified, "LOCATION=west"), "--nodes nodes", 1);
    assert_eq!(why(&certified, "west", "process"), ["residual-unmet"]);
    let attested = "  places: {nodes: configured, levels: {LOCATION: attested}}\n";
    let attested = place(&scene(attested, "LOCATION=west"), "--nodes nodes", 1);
    assert_eq!(why(&attested, "west", "process"), ["attestation-unavailable"]);
}

#[test]
fn where_nothing_is_lawful_the_least_that_would_have_to_be_given_up_is_named() {
    let nowhere =
        place(&scene(CONFIGURED, "{allOf: [LOCATION=west, MEMORY_ENCRYPTION]}"), "--nodes nodes", 1);
    assert_eq!(nowhere["relief"]["because"], "inventory");
    let lacking = json!([[{ "principal": "me", "requirement": "MEMORY_ENCRYPTION" }]]);
    assert_eq!(nowhere["relief"]["giveUp"], lacking);
    let scene = scene(CONFIGURED, "LOCATION=east");
    scene.write("workload.yaml", format!("{WORKLOAD}  principals: [auditor]\n").as_bytes());
    let conflict = place(&scene, "--nodes nodes", 1);
    assert_eq!(conflict["relief"]["because"], "conflict");
    assert_eq!(conflict["relief"]["conflict"].as_array().unwrap().len(), 2);
    scene.write("workload.yaml", WORKLOAD.replace("1073741824", "99999999999").as_bytes());
    let full = place(&scene, "--nodes nodes", 1);
    assert_eq!(why(&full, "east", "process"), ["place-full"]);
    assert_eq!(full["relief"]["because"], "no-room");
}

#[test]
fn a_node_that_says_what_cannot_be_spoils_nothing_for_the_others() {
    let scene = scene(CONFIGURED, "{anyOf: [LOCATION=west, LOCATION=east]}");
    for (pointer, code) in [
        ("/predicate/environments/0/overheads/slowdownPermille", "inventory-overheads"),
        ("/predicate/capacity/memoryBytes", "limit-node-size"),
    ] {
        let mut wild = node("east", &["LOCATION=east"]);
        wild.change(|statement| *statement.pointer_mut(pointer).unwrap() = json!(1_u64 << 52));
        scene.write("nodes/east.intoto.jsonl", &wild.line());
        let answer = place(&scene, "--nodes nodes", 0);
        assert_eq!(why(&answer, "east", "process"), [code]);
    }
    let east = public_key("east");
    let taken =
        std::fs::read_to_string(scene.path("cdi.yaml")).unwrap().replace("name: east", "name: this-machine");
    assert!(taken.contains(&east));
    scene.write("cdi.yaml", taken.as_bytes());
    scene.fails(&format!("place workload.yaml --nodes nodes --at {NOW}"), "configuration-name-twice");
}

#[test]
fn a_file_of_one_node_spoils_nothing_for_the_others() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    scene.write("nodes/east.intoto.jsonl", &b"{}\n".repeat(65_537));
    std::fs::create_dir(scene.path("nodes/folder.intoto.jsonl")).unwrap();
    let answer = place(&scene, "--nodes nodes", 0);
    assert_eq!(chosen(&answer), ("west", "process"));
    let told: Vec<&Value> = answer["notCounted"].as_array().unwrap().iter().map(|why| &why["code"]).collect();
    assert!(told.contains(&&json!("limit-bundle-lines")) && told.len() == 2, "{told:?}");
    // Whoever names a file wants it read.
    scene.fails(
        &format!("place workload.yaml --nodes nodes/east.intoto.jsonl --at {NOW}"),
        "limit-bundle-lines",
    );
}

#[test]
fn a_node_that_a_trusted_authority_has_revoked_is_no_place() {
    let trusting = |anchor: &str| {
        let anchor = format!("{{name: {anchor}, keys: [\"{}\"], scope: [\"*\"]}}", public_key(anchor));
        let terms = "quorum: {default: 1}, custody: software, revocation: dangerously-none";
        format!("{CONFIGURED}  trust: {{anchors: [{anchor}], {terms}}}\n")
    };
    let entry = json!([{ "id": { "key": key_id("west") }, "reason": "key-compromise", "date": NOW }]);
    let list = Part::list("north", 1, &entry).line();
    let scene = scene(&trusting("north"), "LOCATION=west");
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)).0, "west");
    scene.write("app.intoto.jsonl", &list);
    let answer = place(&scene, "--nodes nodes", 1);
    assert!(why(&answer, "west", "process").contains(&"node-revoked"));
    std::fs::rename(scene.path("app.intoto.jsonl"), scene.path("nodes/lists.intoto.jsonl")).unwrap();
    let answer = place(&scene, "--nodes nodes", 1);
    assert!(why(&answer, "west", "process").contains(&"node-revoked"));
    // Of one who may have revoked it nothing is heard: it cannot be told.
    let waiting = trusting("north").replace("dangerously-none", "{maxAge: 7d}");
    let waiting = self::scene(&waiting, "LOCATION=west");
    let answer = place(&waiting, "--nodes nodes", 2);
    assert_eq!(
        (why(&answer, "west", "process"), &answer["verdict"]),
        (vec!["node-revocation-unknown"], &json!("unknown"))
    );
    waiting.write("nodes/lists.intoto.jsonl", &Part::empty_list("north").line());
    assert_eq!(chosen(&place(&waiting, "--nodes nodes", 0)).0, "west");
    let of_another = self::scene(&trusting("south"), "LOCATION=west");
    of_another.write("app.intoto.jsonl", &list);
    assert_eq!(chosen(&place(&of_another, "--nodes nodes", 0)).0, "west");
}

#[test]
fn an_edition_that_is_tried_out_keeps_nothing_from_its_place() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    let (enforced, tried) = (policy("me", CONFIGURED, "LOCATION=west"), policy("me", "", "LOCATION=west"));
    let mut trial = Part::edition("me-policy", "me", 2, &tried);
    let mut first = Part::edition("me-policy", "me", 1, &enforced);
    trial.change(|statement| statement["predicate"]["mode"] = json!("warn"));
    for part in [&mut first, &mut trial] {
        part.change(|statement| statement["predicate"]["audience"] = json!(["host"]));
    }
    let signing = format!("{{name: me, key: \"{}\", policy: me.intoto.jsonl,", public_key("me-policy"));
    let configuration = std::fs::read_to_string(scene.path("cdi.yaml")).unwrap();
    scene.write("cdi.yaml", configuration.replace("{name: me, policy: me.yaml,", &signing).as_bytes());
    scene.write("me.intoto.jsonl", &first.line());
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)).0, "west");
    scene.write("me.intoto.jsonl", &[first.line(), trial.line()].join(&b'\n'));
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)).0, "west");
}

#[test]
fn only_nodes_that_somebody_names_as_nodes_are_on_offer_and_none_spoils_the_others() {
    let anchor = format!("{{name: north, keys: [\"{}\"], scope: [\"*\"]}}", public_key("north"));
    let terms = "quorum: {default: 1}, custody: software, revocation: dangerously-none";
    let key = |name: &str| format!("{{name: {name}, key: \"{}\"}}", public_key(name));
    let nodes = format!("nodes: {{keys: [{}, {}]}}, level: asserted", key("west"), key("far"));
    let places =
        format!("  acceptAsserted: [me]\n  places: {{{nodes}}}\n  trust: {{anchors: [{anchor}], {terms}}}\n");
    let scene = scene(&places, "LOCATION=west");
    scene.write("nodes/north.intoto.jsonl", &node("north", &["LOCATION=west"]).line());
    let mut far = node("far", &["LOCATION=west"]);
    far.change(|statement| statement["predicate"]["name"] = json!("n".repeat(256)));
    scene.write("nodes/far.intoto.jsonl", &far.line());
    let answer = place(&scene, "--nodes nodes", 0);
    assert_eq!(chosen(&answer), ("west", "process"));
    let codes: Vec<&Value> =
        answer["notCounted"].as_array().unwrap().iter().map(|why| &why["code"]).collect();
    assert_eq!(codes, ["name-too-long", "issuer-key-unknown"]);
    // A stranger has no class, and these prices none for nodes that have none.
    scene.write("nodes/far.intoto.jsonl", &node("far", &["LOCATION=west"]).line());
    let answer = place(&scene, "--nodes nodes", 0);
    assert_eq!(chosen(&answer), ("west", "process"));
    let unpriced = answer["ruledOut"].as_array().unwrap().iter();
    assert!(
        unpriced
            .flat_map(|group| group["reasons"].as_array().unwrap())
            .any(|why| why["code"] == "cost-class-unknown")
    );
}

#[test]
fn what_cannot_be_told_of_a_place_is_not_decided() {
    let anchor = format!("{{name: north, keys: [\"{}\"], scope: [\"*\"]}}", public_key("north"));
    let terms = "quorum: {default: 1}, custody: software, revocation: {maxAge: 7d}";
    let places = format!("  places: {{nodes: configured}}\n  trust: {{anchors: [{anchor}], {terms}}}\n");
    let scene = scene(&places, "VM_ISOLATION");
    let mut west = node("west", &[]);
    west.change(|statement| {
        statement["predicate"]["environments"][0]["runtime"] = json!(runtime("host-runtime"))
    });
    scene.write("nodes/west.intoto.jsonl", &west.line());
    let claims = json!([{ "property": "VM_ISOLATION", "effect": "supplies", "invocation": "default" }]);
    let certified = Part::certification("north", "host-runtime", &claims, &json!([])).line();
    scene.write("app.intoto.jsonl", &certified);
    let answer = place(&scene, "--nodes nodes", 2);
    assert_eq!((&answer["verdict"], &answer["leftOff"]), (&json!("unknown"), &json!(0)));
    let list = Part::empty_list("north").line();
    scene.write("app.intoto.jsonl", &[certified, list].join(&b'\n'));
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)), ("west", "process"));
}

#[test]
fn what_would_be_otherwise_is_decided_anew() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    let both = place(&scene, "--nodes nodes/east.intoto.jsonl --what-if node=nodes/west.intoto.jsonl", 0);
    assert_eq!(
        (&both["asItIs"]["verdict"], &both["supposed"]["verdict"]),
        (&json!("nowhere"), &json!("placed"))
    );
    scene.write("eastern.yaml", policy("me", CONFIGURED, "LOCATION=east").as_bytes());
    let both = place(&scene, "--nodes nodes --what-if policy=eastern.yaml", 0);
    assert_eq!((chosen(&both["asItIs"]).0, chosen(&both["supposed"]).0), ("west", "east"));
    let pinned = format!(
        "policy: me.yaml, sha256: \"{}\",",
        PolicyDigest::of(&std::fs::read(scene.path("me.yaml")).unwrap())
    );
    let configuration = std::fs::read_to_string(scene.path("cdi.yaml")).unwrap();
    scene.write("cdi.yaml", configuration.replacen("policy: me.yaml,", &pinned, 1).as_bytes());
    let both = place(&scene, "--nodes nodes --what-if policy=eastern.yaml", 0);
    assert_eq!((chosen(&both["asItIs"]).0, chosen(&both["supposed"]).0), ("west", "east"));
    let line = format!("place workload.yaml --nodes nodes --at {NOW} --what-if");
    scene.fails(&format!("{line} policy=auditor.yaml"), "usage");
    scene.fails(&format!("{line} without-certification=00000000"), "usage");
    scene.fails(&format!("{line} luck=more"), "usage");
}

#[test]
fn the_policy_of_an_owner_travels_with_its_data() {
    let scene = scene(CONFIGURED, "{anyOf: [LOCATION=west, LOCATION=east]}");
    let configuration = std::fs::read_to_string(scene.path("cdi.yaml")).unwrap();
    let carried =
        format!("{{name: auditor, key: \"{}\", required: when-carried}}", public_key("auditor-policy"));
    let filed = "{name: auditor, policy: auditor.yaml, required: when-granted}";
    assert!(configuration.contains(filed));
    scene.write("cdi.yaml", configuration.replace(filed, &carried).as_bytes());
    let mut edition =
        Part::edition("auditor-policy", "auditor", 1, &policy("auditor", CONFIGURED, "LOCATION=west"));
    edition.change(|statement| statement["predicate"]["audience"] = json!(["host"]));
    scene.write("cards.intoto.jsonl", &edition.line());
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)), ("east", "process"));
    // Whose data it is must agree, also if it is asked by what is carried only: and has no policy where nothing is.
    let data = |rest: &str| format!("{WORKLOAD}  data: [{{name: cards, owner: auditor{rest}}}]\n");
    scene.write("workload.yaml", data("").as_bytes());
    assert_eq!(place(&scene, "--nodes nodes", 1)["verdict"], "denied");
    scene.write("workload.yaml", data(", policy: cards.intoto.jsonl").as_bytes());
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)), ("west", "process"));
    // One that is for another decider is none.
    edition.change(|statement| statement["predicate"]["audience"] = json!(["elsewhere"]));
    scene.write("cards.intoto.jsonl", &edition.line());
    assert_eq!(place(&scene, "--nodes nodes", 1)["verdict"], "denied");
}

#[test]
fn a_workload_adds_principals_and_takes_none_away() {
    let scene = scene(CONFIGURED, "{anyOf: [LOCATION=west, LOCATION=east]}");
    let data = "  data: [{name: cards, owner: auditor}]\n";
    scene.write("workload.yaml", format!("{WORKLOAD}{data}").as_bytes());
    assert_eq!(chosen(&place(&scene, "--nodes nodes", 0)), ("west", "process"));
    scene.write("workload.yaml", format!("{WORKLOAD}{}", data.replace("auditor", "nobody")).as_bytes());
    let line = format!("place workload.yaml --nodes nodes --at {NOW}");
    scene.fails(&line, "configuration-unknown-principal");
    let pinned = WORKLOAD.replace("{path: app}", &format!("{{path: app, sha256: \"{}\"}}", "00".repeat(32)));
    scene.write("workload.yaml", pinned.as_bytes());
    scene.fails(&line, "workload-artifact-digest");
}

#[test]
fn a_misspelt_member_is_told_for_what_it_may_have_been() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    for (file, from, to, code, meant) in [
        ("workload.yaml", "lifetime:", "lifetme:", "workload-malformed", "`lifetime`"),
        ("cdi.yaml", "  nodes:", "  node:", "configuration-malformed", "`nodes`"),
        (
            "prices.yaml",
            "gibibyteHour: 2000",
            "gibibyteHours: 2000",
            "cost-model-malformed",
            "`gibibyteHour`",
        ),
        ("me.yaml", "acceptAsserted:", "acceptsAsserted:", "policy-malformed", "`acceptAsserted`"),
    ] {
        let sound = String::from_utf8(scene.read(file)).unwrap();
        scene.write(file, sound.replacen(from, to, 1).as_bytes());
        let said = scene.fails(&format!("place workload.yaml --cost prices.yaml --at {NOW}"), code);
        assert!(said.contains(&format!("did you mean {meant}?")), "{file}: {said}");
        scene.write(file, sound.as_bytes());
    }
}

#[test]
fn what_runs_nowhere_is_told_for_what_it_is() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    scene.write("app", &std::fs::read("/bin/sh").unwrap());
    let answer = place(&scene, "", 1);
    assert_eq!(answer["relief"]["because"], "unfit", "{answer:#}");
    assert!(answer["missingBundle"].as_str().unwrap().ends_with("app.intoto.jsonl"), "{answer:#}");
    let text = scene.run(&format!("place workload.yaml --at {NOW}")).stdout;
    for words in [
        "no place on offer runs a file of this kind\n",
        "  its digest does not cover the libraries that are loaded with it: link it statically\n",
        "no bundle is beside the artifact: there is no file `app.intoto.jsonl`\n",
        "name it under `artifact.bundles` of the workload\n",
    ] {
        assert!(text.contains(words), "`{words}`: {text}");
    }
}

#[test]
fn what_nothing_can_show_yet_is_not_said_to_be_on_offer_elsewhere() {
    let attested = "  acceptAsserted: [me]\n  places: {nodes: configured, levels: {LOCATION: attested}}\n";
    for (places, require) in [(attested, "LOCATION=west"), (CONFIGURED, "SINGLE_TENANT")] {
        let scene = scene(places, require);
        let answer = place(&scene, "--nodes nodes", 1);
        let relief = &answer["relief"];
        assert_eq!(relief["because"], "unverifiable", "{answer:#}");
        assert_eq!(relief["unverifiable"][0]["principal"], "me", "{answer:#}");
        let text = scene.run(&format!("place workload.yaml --nodes nodes --at {NOW}")).stdout;
        assert!(text.contains("no place can be shown to meet all of it yet\n"), "{text}");
        assert!(text.contains(&format!("  nothing can show yet: `{require}")), "{text}");
    }
}

#[test]
fn a_node_that_is_supposed_and_that_nobody_knows_is_told() {
    let scene = scene(CONFIGURED, "LOCATION=west");
    scene.write("north.intoto.jsonl", &node("north", &["LOCATION=west"]).line());
    let said =
        |rest: &str| scene.run(&format!("place workload.yaml --at {NOW} --what-if node={rest}")).stdout;
    let told = said("north.intoto.jsonl");
    assert!(told.contains("[issuer-key-unknown]"), "{told}");
    assert!(told.contains("only if its key stands under `nodes` of the configuration"), "{told}");
    let known = said("nodes/west.intoto.jsonl");
    assert!(!known.contains("only if its key stands"), "{known}");
}
