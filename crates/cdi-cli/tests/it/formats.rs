//! The forms of an answer: each says the same, several come at once, and files are written whole or not at all.

use cdi_testkit::scenario::{Part, Scenario};
use serde_json::{Value, json};
use snapbox::file;

use crate::deployment::{Deployment, verify};
use crate::schema::Schema;
use crate::support::{Scene, ended};

fn denied() -> Deployment {
    Deployment::of(&Scenario::full().without("inspector-runs").without("north-certifies-compiler"))
}

fn stdout(deployment: &Deployment, line: &str) -> String {
    String::from_utf8(deployment.cdi(line).stdout).unwrap()
}

/// What YAML reads to, by the reader of policies.
fn yaml(text: &str) -> Value {
    serde_json::from_str(&cdi_policy::yaml_to_json(text.as_bytes()).unwrap()).unwrap()
}

#[test]
fn yaml_reads_to_the_same_value_as_json() {
    let deployment = Deployment::of(&Scenario::full().and_line("garbage", "{]"));
    for line in
        [verify(""), "inspect app.cwasm.intoto.jsonl".to_owned(), verify("").replace("verify", "explain")]
    {
        let json: Value =
            serde_json::from_str(&stdout(&deployment, &format!("{line} --output json"))).unwrap();
        assert_eq!(yaml(&stdout(&deployment, &format!("{line} --output yaml"))), json, "{line}");
    }
}

#[test]
fn a_verdict_has_every_form() {
    let (full, denied) = (Deployment::of(&Scenario::full()), denied());
    full.says(&verify("--output table"), 0, file!["snapshots/verify-table.txt"]);
    denied.says(&verify("--output markdown"), 1, file!["snapshots/verify-markdown.txt"]);
    denied.says(&verify("--output junit"), 1, file!["snapshots/verify-junit.txt"]);
    denied.says(&verify("--output yaml"), 1, file!["snapshots/verify-yaml.txt"]);
}

#[test]
fn several_forms_come_at_once_and_files_have_no_colours() {
    let deployment = denied();
    let files = "--output json=a.json --output yaml=a.yaml --output markdown=a.md --output junit=a.xml --output text=a.txt";
    let mut command = deployment.command(&verify(&format!("{files} --output table=a.table")));
    let said = ended(&command.env("CLICOLOR_FORCE", "1").output().unwrap());
    assert!(said.status == 1 && said.stdout.contains("\u{1b}["), "{}", said.stderr);
    let read = |name: &str| String::from_utf8(deployment.read(name)).unwrap();
    let json: Value = serde_json::from_str(&read("a.json")).unwrap();
    Schema::published("verdict.v1.json").hold(&json);
    assert_eq!(yaml(&read("a.yaml")), json);
    assert!(read("a.md").starts_with("### verdict: deny\n"));
    assert!(read("a.xml").contains("<testsuites name=\"cdi\" tests=\"3\" failures=\""));
    assert!(read("a.txt").contains("verdict: deny\n") && read("a.table").contains("PRINCIPAL"));
    assert!(["a.txt", "a.table"].iter().all(|name| !read(name).contains('\u{1b}')));
    assert_eq!(deployment.mode("a.json") & 0o777, 0o644);
}

#[test]
fn standard_output_has_room_for_one_answer_and_a_file_for_one_too() {
    let deployment = denied();
    for twice in ["--output json --output yaml", "--output json=a --output yaml=./a"] {
        let said = ended(&deployment.cdi(&verify(twice)));
        assert!(said.status == 2 && said.stderr.contains("[output-twice]"), "{twice}: {}", said.stderr);
        assert!(said.stdout.is_empty());
    }
    let said = ended(&deployment.cdi(&verify("--output json=no/such/folder.json")));
    assert!(said.status == 2 && said.stderr.contains("[folder-missing]"), "{}", said.stderr);
    let said = ended(&deployment.cdi(&verify("--output json=")));
    assert!(said.status == 2 && said.stderr.contains("[usage]"), "{}", said.stderr);
}

#[test]
fn nothing_that_is_kept_is_written_over() {
    let deployment = denied();
    deployment.cdi("key generate --out k.pem");
    std::os::unix::fs::symlink("app.cwasm", deployment.folder.path().join("link")).unwrap();
    std::fs::hard_link(
        deployment.folder.path().join("app.cwasm"),
        deployment.folder.path().join("other-name"),
    )
    .unwrap();
    deployment.write("list.txt", b"");
    deployment.write("table.csv", b"a,b\n1,2\n");
    deployment.write("quoted.yaml", b"\"apiVersion\": code-deployment-integrity.io/v1\n\"kind\": Policy\n");
    deployment.write("blank.jsonl", &[b"\n", deployment.read("app.cwasm.intoto.jsonl").as_slice()].concat());
    deployment.write("authority.json", b"{\n  \"name\": \"acme\",\n  \"key\": \"key.pem\"\n}\n");
    deployment.write("empty-policy.yaml", b"");
    let configuration = String::from_utf8(deployment.read("cdi.yaml")).unwrap();
    deployment.write("cdi.yaml", format!("{configuration}# not yet: empty-policy.yaml\n").as_bytes());
    std::fs::hard_link(deployment.folder.path().join("cdi.yaml"), deployment.folder.path().join("same.yaml"))
        .unwrap();
    for file in [
        "app.cwasm",
        "./app.cwasm",
        "other-name",
        "app.cwasm.intoto.jsonl",
        "cdi.yaml",
        "same.yaml",
        "developer.yaml",
        "table.csv",
        "quoted.yaml",
        "blank.jsonl",
        "authority.json",
        "empty-policy.yaml",
        "k.pem",
        "k.pub.pem",
        "link",
        ".",
    ] {
        let path = deployment.folder.path().join(file);
        let before = std::fs::read(&path).ok();
        let said = ended(&deployment.cdi(&verify(&format!("--output json={file}"))));
        assert!(said.status == 2 && said.stderr.contains("[output-over-input]"), "{file}: {}", said.stderr);
        assert_eq!(std::fs::read(&path).ok(), before, "{file}");
    }
    let memory = "--state state --output json=state/memory.json";
    std::fs::create_dir(deployment.folder.path().join("state")).unwrap();
    assert!(ended(&deployment.cdi(&verify(memory))).stderr.contains("[output-over-input]"));
    let at = verify("--bundle list.txt --output json=list.txt");
    assert!(ended(&deployment.cdi(&at)).stderr.contains("[output-over-input]"));
}

/// What an earlier run has said must not be taken for what this one says.
#[test]
fn a_run_that_fails_leaves_no_answer_of_another() {
    let deployment = Deployment::of(&Scenario::full());
    assert_eq!(deployment.cdi(&verify("--output json=verdict.json")).status.code(), Some(0));
    let verdict: Value = serde_json::from_slice(&deployment.read("verdict.json")).unwrap();
    assert_eq!(verdict["verdict"], json!("allow"));
    for form in ["yaml", "markdown", "junit", "json"] {
        let again = verify(&format!("--output {form}=verdict.json"));
        assert_eq!(deployment.cdi(&again).status.code(), Some(0), "{form}");
    }
    // What is no usage of the command has no answer, and takes none away.
    assert_eq!(deployment.cdi(&verify("--no-such --output json=verdict.json")).status.code(), Some(2));
    assert!(deployment.folder.path().join("verdict.json").exists());
    deployment.write("cdi.yaml", b"{");
    assert_eq!(deployment.cdi(&verify("--output json=verdict.json")).status.code(), Some(2));
    assert!(!deployment.folder.path().join("verdict.json").exists());
}

#[test]
fn hostile_text_stays_text_in_every_form() {
    let said = "\u{1b}[2J\u{202e}`` | <img src=x> @all & \"q\" 'p' ]]>\u{0}\n# h";
    let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "predicateType": format!("https://x/{said}"),
        "subject": [ { "name": said, "digest": { "sha256": "0".repeat(64) } } ], "predicate": { said: said } });
    let hostile = Part::new("hostile", "nobody", &statement);
    let deployment = Deployment::of(&Scenario { parts: vec![hostile], ..Scenario::full() });
    for form in ["yaml", "table", "markdown"] {
        let text = stdout(&deployment, &format!("inspect app.cwasm.intoto.jsonl --output {form}"));
        assert!(!text.chars().any(|c| c != '\n' && cdi_types::steers_a_display(c)), "{form}: {text}");
    }
    let markdown = stdout(&deployment, "inspect app.cwasm.intoto.jsonl --output markdown");
    let row = markdown.lines().last().unwrap();
    assert!(row.contains("\\|") && row.ends_with("|  |"), "{row}");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 7, "{row}");
}

/// Whatever a command does, it says so in a form for programs as well.
#[test]
fn what_was_done_is_told_to_programs() {
    let scene = Scene::new().with_request();
    let schema = Schema::published("done.v1.json");
    let done = |line: &str| -> Value {
        let said = scene.done(&format!("{line} --output json"));
        let document: Value = serde_json::from_str(&said).unwrap();
        schema.hold(&document);
        document
    };
    done("key generate --out dev.pem");
    done(&crate::support::request("tool.pem", "cc", "again.jsonl"));
    done("request endorsement --key dev.pem --name Dev --scope STACK_CANARIES --out child.jsonl");
    assert_eq!(done("bundle add b.jsonl request.jsonl")["added"], json!(1));
    let init = "init --host me --anchor root=root/public.pem --require STACK_CANARIES --custody software";
    assert_eq!(done(init)["configuration"], json!("./cdi.yaml"));
    done("trust add anchor dev --key dev.pub.pem --scope STACK_CANARIES");
    done("trust remove anchor dev");
    done("state reset");
    let sign = "policy sign policies/me.yaml --key dev.pem --version 1 --audience me --for 9d --out p.jsonl";
    assert_eq!(done(sign)["file"], json!("p.jsonl"));
    done("man --out man1");
}

#[test]
fn a_summary_that_is_long_is_cut_and_ids_never_are() {
    let paths: Vec<Value> = (0..2_000)
        .map(|n| json!({ "name": format!("src/file-{n}.c"), "digest": { "sha256": format!("{n:064x}") } }))
        .collect();
    let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "subject": paths,
        "predicateType": "https://code-deployment-integrity.io/origin/v1",
        "predicate": { "issuer": cdi_testkit::scenario::key_id("developer-tools"), "kind": "source" } });
    let deployment = Deployment::of(&Scenario {
        parts: vec![Part::new("wide", "nobody", &statement)],
        ..Scenario::full()
    });
    let text = stdout(&deployment, "inspect app.cwasm.intoto.jsonl");
    assert!(text.lines().all(|line| line.len() < 1_000), "{text}");
    assert!(text.contains("more characters: `--id` shows all"), "{text}");
    let verdict = deployment.command(&verify("")).env("COLUMNS", "40").output().unwrap().stdout;
    let digest = cdi_types::ArtifactDigest::of(b"artifact app.cwasm").to_string();
    assert!(String::from_utf8(verdict).unwrap().lines().any(|line| line.trim() == digest));
}
