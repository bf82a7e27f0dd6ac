//! Every command that a page of docs/ shows does what the page says, in the order in which they are shown.

use std::path::Path;
use std::process::Command;

use saphyr_parser::{Event, Parser};

/// What stands behind the last command of a block that is meant to fail.
const STATUS: &str = "# exit status ";

/// The fenced `sh` blocks of a page, each with the exit status that it is to have.
fn blocks(page: &str) -> Vec<(String, i32)> {
    let mut blocks: Vec<(String, i32)> = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            fenced = kind == "sh";
            if fenced {
                blocks.push((String::new(), 0));
            }
        } else if let (true, Some((block, status))) = (fenced, blocks.last_mut()) {
            assert_eq!(*status, 0, "only a block's last command may fail: {line}");
            *status = line.split_once(STATUS).map_or(0, |(_, status)| status.parse().unwrap());
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// Runs a page's blocks in a folder of its own, with `cdi` in the path; the folder, as they leave it.
fn walk(name: &str, blocks: &[(String, i32)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    walk_in(folder.path(), name, blocks);
    folder
}

/// As [`walk`], in a folder that is there.
fn walk_in(folder: &Path, name: &str, blocks: &[(String, i32)]) {
    let programs = Path::new(env!("CARGO_BIN_EXE_cdi")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    for (block, status) in blocks {
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", block])
            .current_dir(folder)
            .env("PATH", &path)
            .env_remove("CDI_CONFIG")
            .env("RUNNER_TEMP", folder)
            .env("GITHUB_STEP_SUMMARY", folder.join("step-summary.md"))
            .env("CDI_STATE", folder.join(".state"));
        let output = shell.output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(output.status.code(), Some(*status), "{name}:\n{block}\n{}", said.concat());
    }
}

#[test]
fn every_page_shows_commands_that_do_what_it_says() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut shown = 0;
    for page in std::fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_some_and(|extension| extension == "md") {
            let blocks = blocks(&std::fs::read_to_string(&page).unwrap());
            walk(&page.display().to_string(), &blocks);
            shown += blocks.len();
        }
    }
    assert!(shown >= 13, "only {shown} blocks: are the pages still read right?");
}

/// Where a pipeline's file is being read.
enum Reading {
    Elsewhere,
    AfterKey,
    InList,
}

/// The commands of a pipeline's file, in order: what stands under `run` or `script`.
fn commands_of_pipeline(file: &str) -> Vec<String> {
    let (mut commands, mut reading) = (Vec::new(), Reading::Elsewhere);
    for event in Parser::new_from_str(file) {
        reading = match (reading, event.unwrap().0) {
            (Reading::Elsewhere, Event::Scalar(key, ..)) if key == "run" || key == "script" => {
                Reading::AfterKey
            }
            (Reading::AfterKey, Event::Scalar(command, ..)) => {
                commands.push(command.into_owned());
                Reading::Elsewhere
            }
            (Reading::InList, Event::Scalar(command, ..)) => {
                commands.push(command.into_owned());
                Reading::InList
            }
            (Reading::AfterKey, Event::SequenceStart(..)) => Reading::InList,
            (Reading::InList, Event::SequenceEnd) => Reading::Elsewhere,
            (reading, _) => reading,
        };
    }
    commands
}

#[test]
fn each_pipeline_records_and_decides_in_the_folder_that_its_page_leaves() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = std::fs::read_to_string(docs.join("ci.md")).unwrap();
    for recipe in ["github-actions.yml", "gitlab-ci.yml"] {
        let folder = walk("ci.md", &blocks(&page));
        let file = std::fs::read_to_string(docs.join("ci").join(recipe)).unwrap();
        let (install, commands): (Vec<String>, Vec<String>) =
            commands_of_pipeline(&file).into_iter().partition(|command| command.contains("cargo install"));
        assert!(
            install
                .iter()
                .all(|command| command.trim() == "cargo install --locked --path cdi/crates/cdi-cli")
        );
        assert!(commands.len() >= 2, "{recipe}: {commands:?}");
        let secret = "export REPORT_KEY=\"$(cat report-key.pem)\" CDI_REPORT_KEY=report-key.pem\n";
        let commands: Vec<_> = commands.iter().map(|command| (format!("{secret}{command}"), 0)).collect();
        walk_in(folder.path(), recipe, &commands);
        let left = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        assert!(!left("first.o.intoto.jsonl").is_empty(), "{recipe}");
        // What is met is named in the summary; a test that passed has its principal's name only.
        let (shown, tests) = (left("step-summary.md"), left("decision.xml"));
        assert!(shown.contains("STACK_CANARIES") || tests.contains(" name=\"us\"/>"), "{recipe}");
    }
}

#[test]
fn a_block_ends_as_its_last_command_says() {
    let page = "```sh\na\nb    # exit status 2\n```\n```text\nno\n```\n```sh\nc # why\n```\n";
    assert_eq!(blocks(page), [("a\nb    # exit status 2\n".to_owned(), 2), ("c # why\n".to_owned(), 0)]);
}
