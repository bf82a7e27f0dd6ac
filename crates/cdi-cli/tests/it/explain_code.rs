//! `cdi explain-code`, and the pages of docs/codes that it shows.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use snapbox::{assert_data_eq, file};

use crate::schema::Schema;
use crate::support::Scene;

fn json(scene: &Scene, line: &str) -> Value {
    serde_json::from_str(&scene.done(&format!("explain-code {line} --output json"))).unwrap()
}

/// All codes, with their sentences.
fn listed(scene: &Scene) -> Vec<(String, String)> {
    let list = json(scene, "--list");
    Schema::published("explain-code.v1.json").hold(&list);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list["codes"].as_array().unwrap().iter().map(|one| (text(&one["code"]), text(&one["title"]))).collect()
}

#[test]
fn a_code_is_explained() {
    let scene = Scene::new();
    let said = scene.done("explain-code quorum-unmet");
    assert_data_eq!(said.clone(), file!["snapshots/explain-code.txt"].raw());
    // As it is copied from a message.
    assert_eq!(scene.done("explain-code [quorum-unmet]"), said);
}

#[test]
fn a_code_that_there_is_not_is_answered_with_those_that_may_be_meant() {
    let scene = Scene::new();
    let said = scene.fails("explain-code quorum-unmeet", "code-unknown");
    assert!(said.contains("did you mean `quorum-unmet`?"), "{said}");
    let said = scene.fails("explain-code quorum", "code-unknown");
    assert!(said.contains("codes with that word: `quorum-beyond-anchors`, "), "{said}");
    scene.fails("explain-code []", "code-unknown");
    let neither = scene.run("explain-code");
    assert_eq!(neither.status, 2);
    assert_eq!(scene.run("explain-code expired --list").status, 2);
}

#[test]
fn every_page_is_of_the_published_form() {
    let (scene, schema) = (Scene::new(), Schema::published("explain-code.v1.json"));
    for (code, title) in listed(&scene) {
        let page = json(&scene, &code);
        schema.hold(&page);
        assert_eq!((&page["code"], &page["title"]), (&Value::from(code), &Value::from(title)));
    }
}

/// The commands that pages show, and those that they say give a code.
fn named(scene: &Scene) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut shown, mut givers) = (BTreeSet::new(), BTreeSet::new());
    for (code, _) in listed(scene) {
        let page = json(scene, &code);
        let by = page["givenBy"].as_str().unwrap();
        if by.split(", ").all(|giver| giver.starts_with("cdi")) {
            givers.extend(by.split(", ").map(str::to_owned));
        }
        let commands =
            page["remedy"].as_array().unwrap().iter().filter_map(|piece| piece["commands"].as_array());
        shown.extend(commands.flatten().map(|command| command.as_str().unwrap().to_owned()));
    }
    (shown, givers)
}

/// The command as it would ask for its help: then it is read, and nothing is done.
fn helped(command: &str) -> String {
    match command.split_once(" -- ") {
        Some((ours, theirs)) => format!("{ours} --help -- {theirs}"),
        None => format!("{command} --help"),
    }
}

#[test]
fn every_command_that_a_page_shows_or_names_is_one() {
    let scene = Scene::new();
    let (shown, givers) = named(&scene);
    assert!(shown.len() > 100 && givers.len() > 30, "{} {}", shown.len(), givers.len());
    let programs = Path::new(env!("CARGO_BIN_EXE_cdi")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    for command in shown.iter().chain(&givers).filter(|command| command.starts_with("cdi ")) {
        let output = Command::new("sh").args(["-c", &helped(command)]).env("PATH", &path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let read = output.status.success() && (said.contains("Usage: cdi") || said.starts_with("cdi "));
        assert!(read, "{command}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    }
    // The certified tools are a workspace of their own.
    let tools = ["cdi ", "cdi-wasm-aot ", "cdi-wasm-inspect ", "cdi-provenance-inspect "];
    let others = shown.iter().filter(|command| !tools.iter().any(|tool| command.starts_with(tool)));
    for command in others {
        assert!(!command.contains("rm -r") && !command.contains("sudo"), "{command}");
    }
}

/// `SNAPSHOTS=overwrite` writes it anew.
#[test]
fn the_index_of_the_pages_has_them_all() {
    let mut index = String::from(
        "# Codes\n\nWhat each code means, what usually causes it, and what to do. `cdi explain-code CODE` shows the same \
         pages; `cdi\nexplain-code --list` this list, which is made of them. Codes never change their meaning ([what \
         stays](../compatibility.md)).\n\n| code | what happened |\n|---|---|\n",
    );
    for (code, title) in listed(&Scene::new()) {
        writeln!(index, "| [{code}]({code}.md) | {} |", title.replace('|', "\\|")).unwrap();
    }
    assert_data_eq!(index, file!["../../../../docs/codes/README.md"].raw());
}
