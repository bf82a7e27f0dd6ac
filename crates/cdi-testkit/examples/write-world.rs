//! Writes a world as a folder that `cdi` can be run in: an artifact, its bundle, policies and a configuration.
//!
//! `cargo run -p cdi-testkit --example write-world -- KIND COUNT FOLDER`, where KIND is `full`, `project` (so many sources
//! compiled, and linked), `chain` (so many runs one after the other), `woven` (layers of four, each run by a tool of its
//! own) or `strangers` (so many reports by people whom nobody knows). The time of all of them is 2026-06-01T12:00:00Z.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a tool for looking at pictures"
)]

use std::path::Path;

use cdi_testkit::scenario::{Part, Scenario};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count, folder] = arguments.as_slice() else { panic!("KIND COUNT FOLDER") };
    let count: usize = count.parse().unwrap();
    let (world, name) = match kind.as_str() {
        "full" => (Scenario::full(), "app.cwasm".to_owned()),
        "project" => (project(count), "app".to_owned()),
        "chain" => Scenario::woven(count, 1),
        "woven" => Scenario::woven(count / 4, 4),
        "strangers" => (strangers(count), "app.cwasm".to_owned()),
        other => panic!("no world is called `{other}`"),
    };
    write(&world, &name, Path::new(folder));
}

/// So many sources with a header that all read, one of them compiled by somebody else; then a linker.
fn project(count: usize) -> Scenario {
    let sources: Vec<String> = (0..count).map(|n| format!("src/part-{n:05}.c")).collect();
    let objects: Vec<String> = (0..count).map(|n| format!("build/part-{n:05}.o")).collect();
    let all: Vec<&str> = objects.iter().map(String::as_str).collect();
    let mut world = Scenario::linked(&all, "app", &["src/common.h"]);
    world.parts.retain(|part| part.name != "origin");
    let listed: Vec<&str> = sources.iter().map(String::as_str).chain(["src/common.h"]).collect();
    for files in listed.chunks(1_000) {
        world.parts.push(Part::origin("developer", "binary", files));
    }
    world.parts.push(Part::linker("north", "cc"));
    for (n, (source, object)) in sources.iter().zip(&objects).enumerate() {
        let tool = if n == count / 2 { "strange-cc" } else { "cc" };
        world.parts.push(Part::linking(tool, &[source, "src/common.h"], object));
    }
    world.parts.push(Part::linker("north", "strange-cc"));
    world
}

/// The whole world, and reports by tools that only a stranger has certified.
fn strangers(count: usize) -> Scenario {
    let mut world = Scenario::full();
    for n in 0..count {
        let tool = format!("stranger-{n}");
        let inputs: Vec<String> = (0..3).map(|input| format!("strange-{n}-{input}")).collect();
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        world.parts.push(Part::linker("nobody", &tool));
        world.parts.push(Part::linking(&tool, &inputs, "app.cwasm"));
    }
    world
}

fn write(world: &Scenario, name: &str, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), format!("artifact {name}")).unwrap();
    std::fs::write(folder.join(format!("{name}.intoto.jsonl")), world.bundle()).unwrap();
    let mut principals = String::new();
    for (principal, text) in &world.policies {
        std::fs::write(folder.join(format!("{principal}.yaml")), text).unwrap();
        principals
            .push_str(&format!("    - {{name: {principal}, policy: {principal}.yaml, required: always}}\n"));
    }
    let configuration = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: host}}\nspec:\n  \
         host: cloud-provider\n  principals:\n{principals}"
    );
    std::fs::write(folder.join("cdi.yaml"), configuration).unwrap();
}
