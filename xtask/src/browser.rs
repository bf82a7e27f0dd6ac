//! Pages of `cdi report` in a real browser: made from the demo's real artifacts, and handed to `xtask/browser/checks.mjs`.
//!
//! What it needs beyond Rust is looked for and never skipped: Debian's `chromium`, `nodejs` and `npm`. The browser's driver
//! and the accessibility rules come from npm, pinned by `package-lock.json`, into `target/browser`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::build::{Programs, programs, run as finish};
use crate::demo;
use crate::repository::root;

const APP: &str = "app/fraud-scoring.cwasm";
const BUNDLE: &str = "app/fraud-scoring.cwasm.intoto.jsonl";
/// Of the browser's side.
const FILES: [&str; 7] = [
    "package.json",
    "package-lock.json",
    "checks.mjs",
    "accessible.mjs",
    "keyboard.mjs",
    "picture.mjs",
    "switches.mjs",
];

/// Makes pages of an allow, a deny and an unknown, and opens each in a browser; fails unless all is as it should be.
pub(crate) fn run() -> Result<(), String> {
    let chromium = found("chromium")?;
    let (node, npm) = (found("node")?, found("npm")?);
    let folder = root().join("target/browser");
    let modules = installed(&npm, &folder.join("checks"))?;
    let story = folder.join("demo");
    demo::run(&story.display().to_string())?;
    let pages = pages(&programs()?, &story)?;
    let list = story.join("pages.json");
    std::fs::write(&list, pages.to_string()).map_err(|error| format!("{}: {error}", list.display()))?;
    let mut checks = Command::new(node);
    checks.arg(modules.join("checks.mjs")).arg(chromium).arg(programs()?.cdi).args([&story, &list]);
    finish(checks.env("CDI_STATE", story.join("none")))
}

/// A program in the path; it is an error that it is not there.
fn found(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| file.is_file()).ok_or_else(|| {
        format!("`{program}` is missing: this recipe needs Debian's packages chromium, nodejs and npm")
    })
}

/// The browser's side with its libraries, of which no script is run while they are installed.
fn installed(npm: &Path, folder: &Path) -> Result<PathBuf, String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for file in FILES {
        let from = root().join("xtask/browser").join(file);
        let copied = std::fs::copy(&from, folder.join(file));
        copied.map_err(|error| format!("{}: {error}", from.display()))?;
    }
    let ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
    finish(Command::new(npm).args(ci).current_dir(folder))?;
    Ok(folder.to_owned())
}

/// The pages, each with what `cdi verify` is to be asked for the same, and what it says.
fn pages(programs: &Programs, story: &Path) -> Result<Value, String> {
    let cdi = |line: &str| output(&programs.cdi, story, line);
    // More authorities certify both tools: of so many switches not all combinations are computed.
    let mut certified = Vec::new();
    for (authority, request, tool) in [
        ("cirrus", "aot", "cdi-wasm-aot"),
        ("acme", "aot", "cdi-wasm-aot"),
        ("acme", "inspect", "cdi-wasm-inspect"),
    ] {
        let out = format!("evidence/{request}-by-{authority}.intoto.jsonl");
        cdi(&format!(
            "authority certify authorities/{authority} --request requests/{request}.intoto.jsonl \
             --claims claims/{tool}.json --for 90d --vetting-method review --out {out}"
        ))?;
        certified.push(out);
    }
    let many: Vec<&str> = std::iter::once(BUNDLE).chain(certified.iter().map(String::as_str)).collect();
    let now = format!("--at {}", date("now")?);
    // By then no revocation list is fresh any more, and the certifications still stand.
    let later = format!("--at {}", date("8 days")?);
    let wide = format!("{now} --dir transactions:rw");
    let cases = [
        ("allow", "allow", vec![BUNDLE], &now, 24),
        ("deny", "deny", vec!["attacks/stripped.intoto.jsonl"], &wide, 8),
        ("unknown", "unknown", vec![BUNDLE], &later, 8),
        ("many", "allow", many, &now, 12),
    ];
    let mut pages = Vec::new();
    for (name, verdict, bundles, besides, off) in cases {
        let named: Vec<String> = bundles.iter().map(|bundle| format!("--bundle {bundle}")).collect();
        let page = format!("{name}.html");
        let line = format!("report {APP} {besides} --out {page} {}", named.join(" "));
        let said = cdi(&line)?;
        if !said.starts_with(&format!("verdict: {verdict};")) {
            return Err(format!("cdi {line}: expected {verdict}, found {said}"));
        }
        let arguments: Vec<&str> = std::iter::once(APP).chain(besides.split_whitespace()).collect();
        pages.push(json!({ "name": name, "page": page, "verdict": verdict, "arguments": arguments,
                           "bundles": bundles, "off": off }));
    }
    Ok(json!(pages))
}

/// A time as `cdi` takes it.
fn date(when: &str) -> Result<String, String> {
    let date = Command::new("date").args(["--utc", "--date", when, "+%Y-%m-%dT%H:%M:%SZ"]).output();
    let date = date.map_err(|error| format!("date: {error}"))?;
    Ok(String::from_utf8_lossy(&date.stdout).trim().to_owned())
}

/// What `cdi` prints in the demo's folder, with a memory of its own. A refusal is an answer here.
fn output(cdi: &Path, story: &Path, line: &str) -> Result<String, String> {
    let mut command = Command::new(cdi);
    command.args(line.split_whitespace()).current_dir(story).env_remove("CDI_CONFIG");
    let output = command.env("CDI_STATE", story.join("none")).output();
    let output = output.map_err(|error| format!("cdi {line}: {error}"))?;
    if output.stdout.is_empty() {
        return Err(format!("cdi {line}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
