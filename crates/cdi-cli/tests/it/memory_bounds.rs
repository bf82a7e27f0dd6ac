//! What evidence that is made to be large takes of memory.

use std::process::{Command, Stdio};

use cdi_testkit::scenario::{Part, Scenario};
use serde_json::json;

use crate::deployment::{Deployment, verify};

/// So many reports under one key, and as many certifications of it.
const EACH: usize = 9_000;

/// All that `cdi` may take, in KiB: eight bytes for each report and certification would be 630 MB by themselves.
const MOST: usize = 400_000;

#[test]
fn reports_under_one_key_do_not_take_memory_for_each_of_its_certifications() {
    let mut world = Scenario::small();
    for (name, member) in [("north-certifies-compiler", "serial"), ("compiler-runs", "annotations")] {
        let numbered = |n: usize| {
            let mut copy: Part = world.part(name).clone();
            copy.change(|statement| {
                statement["predicate"][member] =
                    if member == "serial" { json!(1_000 + n) } else { json!({ "n": n }) };
            });
            copy
        };
        let copies: Vec<Part> = (0..EACH).map(numbered).collect();
        world.parts.extend(copies);
    }
    let deployment = Deployment::of(&world);
    let script = format!("ulimit -d {MOST}; exec \"$0\" {}", verify(""));
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_cdi")]).stdin(Stdio::null());
    command.current_dir(deployment.folder.path()).env("CDI_STATE", deployment.folder.path().join(".state"));
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("[limit-chain-search]"), "{said}");
}
