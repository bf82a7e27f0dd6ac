//! A folder in which `cdi verify app` allows: a chain of runs, all of which are needed for that, and a policy.

use std::path::Path;

use cdi_testkit::scenario::{NOW, Part, Scenario, artifact};

/// What decides about the artifact of such a folder, at the time of its evidence.
pub(crate) fn verify() -> Vec<String> {
    let words = format!("verify app --config cdi.yaml --environment none --at {NOW}");
    words.split(' ').map(str::to_owned).collect()
}

/// Writes an artifact, its evidence and who must agree. Each of so many reports is by a tool of its own.
pub(crate) fn write(folder: &Path, reports: usize) {
    let last = format!("a{}", reports - 1);
    let world = chain(reports, &last);
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    write("app", format!("artifact {last}").as_bytes());
    write("app.intoto.jsonl", &world.bundle());
    let mut principals = String::new();
    for (name, policy) in &world.policies {
        write(&format!("{name}.yaml"), policy.as_bytes());
        principals.push_str(&format!("    - {{name: {name}, policy: {name}.yaml, required: always}}\n"));
    }
    let configuration = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata:\n  name: test\nspec:\n  host: \
         {}\n  principals:\n{principals}",
        world.policies[0].0
    );
    write("cdi.yaml", configuration.as_bytes());
}

/// A chain of runs, from the developer's module to the artifact.
fn chain(reports: usize, last: &str) -> Scenario {
    let mut world = Scenario::linked(&["app.wasm"], "a0", &["app.wasm"]);
    for step in 1..reports {
        let tool = format!("tool-{step}");
        world.parts.push(Part::linker("north", &tool));
        let (from, to) = (format!("a{}", step - 1), format!("a{step}"));
        world.parts.push(Part::linking(&tool, &[&from], &to));
    }
    world.deploying(&artifact(last))
}
