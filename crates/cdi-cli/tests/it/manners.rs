//! How the program speaks: quiet, in colours or without, to programs as to people, and never wider than the terminal.

use cdi_testkit::scenario::Scenario;
use serde_json::{Value, json};
use snapbox::file;

use crate::deployment::{Deployment, verify};
use crate::schema::Schema;
use crate::support::{Ended, Scene, ended};

fn full() -> Deployment {
    Deployment::of(&Scenario::full())
}

fn denied() -> Deployment {
    Deployment::of(&Scenario::full().without("inspector-runs"))
}

fn with(deployment: &Deployment, line: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = deployment.command(line);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "CI"] {
        command.env_remove(name);
    }
    ended(&command.envs(variables.iter().copied()).output().unwrap())
}

/// The objects on standard error, each as docs/schema has them.
fn objects(said: &Ended) -> Vec<Value> {
    let schema = Schema::published("log.v1.json");
    let object = |line: &str| -> Value {
        let object: Value = serde_json::from_str(line).unwrap();
        schema.hold(&object);
        object
    };
    said.stderr.lines().map(object).collect()
}

#[test]
fn colours_are_for_terminals_and_for_whoever_forces_them() {
    let deployment = denied();
    let coloured = |variables: &[(&str, &str)]| {
        let said = with(&deployment, &verify(""), variables);
        assert_eq!(said.status, 1);
        said.stdout.contains('\u{1b}')
    };
    assert!(!coloured(&[]) && !coloured(&[("CI", "true")]) && !coloured(&[("TERM", "xterm-256color")]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    let said = with(&deployment, &verify("--output json"), &[("CLICOLOR_FORCE", "1")]);
    assert!(!said.stdout.contains('\u{1b}'));
    let said = with(&deployment, "verify nothing", &[("CLICOLOR_FORCE", "1")]);
    assert!(said.stderr.contains('\u{1b}'), "{}", said.stderr);
}

/// What a terminal of sixty columns shows; `script` gives a program one, where it is there.
fn on_a_terminal(deployment: &Deployment, line: &str) -> Option<String> {
    let line = format!("stty cols 60 rows 24; {} {line}", env!("CARGO_BIN_EXE_cdi"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(deployment.folder.path());
    script.env("TERM", "xterm").env_remove("COLUMNS").env_remove("NO_COLOR");
    let output = script.env("CDI_STATE", deployment.folder.path().join(".state")).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_terminal_gets_colours_and_lines_of_its_width() {
    let Some(said) = on_a_terminal(&denied(), &verify("")) else { return };
    assert!(said.contains("\u{1b}[1m\u{1b}[31mdeny") || said.contains("\u{1b}[31m"), "{said}");
    let seen = anstream::adapter::strip_str(&said).to_string();
    let words = |line: &str| line.split_whitespace().count();
    assert!(seen.lines().all(|line| line.trim_end().chars().count() <= 60 || words(line) < 3), "{seen}");
}

#[test]
fn who_looks_on_is_told_where_a_code_is_explained() {
    let deployment = full();
    let Some(said) = on_a_terminal(&deployment, "verify nothing") else { return };
    assert!(said.contains("`cdi explain-code file-missing` says more"), "{said}");
    let quiet = on_a_terminal(&deployment, "verify nothing -q").unwrap();
    assert!(quiet.contains("[file-missing]") && !quiet.contains("explain-code"), "{quiet}");
    let piped = with(&deployment, "verify nothing", &[]);
    assert!(!piped.stderr.contains("explain-code"), "{}", piped.stderr);
}

#[test]
fn quiet_says_nothing_but_what_is_asked_for() {
    let (full, denied) = (full(), denied());
    for (deployment, status) in [(&full, 0), (&denied, 1)] {
        for line in [verify("--quiet"), verify("-q"), format!("-q {}", verify(""))] {
            let said = with(deployment, &line, &[]);
            assert_eq!((said.status, said.stdout.as_str(), said.stderr.as_str()), (status, "", ""), "{line}");
        }
        let said = with(deployment, &verify("--quiet --output json"), &[]);
        assert!(said.status == status && serde_json::from_str::<Value>(&said.stdout).is_ok());
        let said = with(deployment, &verify("--quiet --output markdown=v.md"), &[]);
        assert!(said.status == status && said.stdout.is_empty() && !deployment.read("v.md").is_empty());
    }
    let said = with(&full, "verify nothing --quiet", &[]);
    assert!(said.status == 2 && said.stderr.contains("[file-missing]"), "{}", said.stderr);
    let said = with(&denied, "run app.cwasm -q", &[]);
    assert!(said.status == 125 && said.stderr.contains("[artifact-kind]"), "{}", said.stderr);
    let scene = Scene::new();
    let said = scene.run("wrap --quiet --input tool -- cat tool");
    assert_eq!((said.status, said.stdout.as_str(), said.stderr.as_str()), (0, "the tool's executable", ""));
}

#[test]
fn an_error_is_an_object_for_programs() {
    let deployment = full();
    for (line, code, kind) in [
        ("verify nothing --output json", "file-missing", "failed"),
        ("verify nothing --log-format json", "file-missing", "failed"),
        ("verify nothing --log-format=json -q", "file-missing", "failed"),
        ("verify app.cwasm --what --output json", "usage", "failed"),
        ("verfy app.cwasm --log-format json", "usage", "failed"),
        ("verify app.cwasm --output=json --environment moon", "environment-unknown", "failed"),
    ] {
        let said = with(&deployment, line, &[]);
        assert!(said.status == 2 && said.stdout.is_empty(), "{line}: {}", said.stdout);
        let objects = objects(&said);
        assert_eq!(objects.len(), 1, "{line}: {}", said.stderr);
        let object = &objects[0];
        assert_eq!(
            (&object["level"], &object["code"], &object["kind"]),
            (&json!("error"), &json!(code), &json!(kind)),
            "{line}"
        );
        assert!(code == "file-missing" || object["hints"].is_array(), "{object}");
    }
    let said = with(&deployment, "verify nothing --output json --log-format text", &[]);
    assert!(said.stderr.starts_with("cdi: error: ") && said.stderr.contains("[file-missing]"));
    let said = with(&deployment, "verify nothing", &[("CDI_LOG_FORMAT", "json")]);
    assert_eq!(objects(&said).len(), 1);
}

#[test]
fn a_refusal_to_run_is_one_object_for_programs() {
    let world = Scenario::full().without("inspector-runs");
    let deployment = Deployment::of(&world);
    deployment.write("app.cwasm", b"\x7fELF");
    let said = with(&deployment, "run app.cwasm --log-format json", &[]);
    assert_eq!((said.status, objects(&said)[0]["code"].as_str()), (125, Some("artifact-kind")));
}

#[test]
fn what_is_done_is_logged_by_its_level() {
    let deployment = Deployment::of(&Scenario::full().and_line("garbage", "{]"));
    let codes = |line: &str, variables: &[(&str, &str)]| -> Vec<String> {
        let said = with(&deployment, line, variables);
        assert_eq!(said.status, 0, "{}", said.stderr);
        objects(&said).iter().map(|object| object["code"].as_str().unwrap().to_owned()).collect()
    };
    let json = verify("--log-format json");
    assert!(codes(&json, &[]).is_empty());
    let info = codes(&json, &[("CDI_LOG_LEVEL", "info")]);
    let each = ["principal-decided"; 3];
    let expected =
        [&["bundle-read", "evidence-read", "signatures-verified"][..], &each[..], &["decided"]].concat();
    assert_eq!(info, expected);
    let debug = codes(&format!("{json} --log-level debug"), &[]);
    assert_eq!(debug.len(), info.len() + 1);
    assert!(
        debug.contains(&"envelope-malformed".to_owned()) || debug.contains(&"json-syntax".to_owned()),
        "{debug:?}"
    );
    let said = with(&deployment, &verify("--log-level info"), &[]);
    assert!(said.stderr.contains("cdi: info: the decision is made; "), "{}", said.stderr);
    assert!(said.stderr.contains("verdict `allow`"), "{}", said.stderr);
}

/// Names of files come from others.
#[test]
fn hostile_names_are_harmless_in_logs() {
    let deployment = full();
    let name = "a\u{1b}[2J\u{202e}\"}\nb";
    deployment.write(name, b"x");
    for format in ["text", "json"] {
        let mut command = deployment.command("verify --log-level debug --log-format");
        let said = ended(&command.args([format, "app.cwasm", "--bundle", name]).output().unwrap());
        assert!(!said.stderr.chars().any(|c| c != '\n' && cdi_types::steers_a_display(c)), "{}", said.stderr);
        if format == "json" {
            assert!(objects(&said).iter().any(|object| object["fields"]["bundle"] == json!(name)));
        }
    }
}

/// No value of a variable, no passphrase and no key is ever told, however much is told.
#[test]
fn secrets_are_not_logged() {
    let deployment = full();
    deployment.write("pass", b"correct horse battery\n");
    deployment.cdi("key generate --out k.pem --encrypt --passphrase-file pass");
    for line in [
        verify("--env TOKEN=swordfish --log-level debug"),
        "key show k.pem --passphrase-file pass --log-level debug".to_owned(),
        "wrap --env TOKEN=swordfish --log-level debug --verbose -- true".to_owned(),
    ] {
        let said = with(&deployment, &line, &[]);
        let all = said.stdout + &said.stderr;
        assert!(
            !["swordfish", "horse", "PRIVATE"].iter().any(|secret| all.contains(secret)),
            "{line}: {all}"
        );
    }
}

#[test]
fn no_line_is_wider_than_the_terminal_unless_a_word_is() {
    let deployment = denied();
    for columns in ["20", "40", "80", "132"] {
        for line in [verify(""), verify("").replace("verify", "explain"), "verify --help".to_owned()] {
            let said = with(&deployment, &line, &[("COLUMNS", columns)]);
            let wide: usize = columns.parse().unwrap();
            let fits = |line: &str| line.chars().count() <= wide || line.split_whitespace().count() < 3;
            let too_wide: Vec<&str> = said.stdout.lines().filter(|line| !fits(line)).collect();
            assert!(too_wide.is_empty() || columns == "20", "{columns}: {line}: {too_wide:#?}");
        }
    }
}

#[test]
fn what_is_given_twice_is_refused() {
    let deployment = crate::verdicts::granting();
    for twice in ["--dir transactions --dir transactions:rw", "--env TZ=UTC --env TZ=CET"] {
        let said = with(&deployment, &verify(twice), &[]);
        assert!(said.status == 2 && said.stderr.contains("is given twice [usage]"), "{}", said.stderr);
    }
    let said = with(&deployment, "wrap --env A=1 --env A=2 -- true", &[]);
    assert!(said.status == 125 && said.stderr.contains("[usage]"), "{}", said.stderr);
}

#[test]
fn slips_get_a_hint() {
    let deployment = full();
    deployment.cdi("key generate --out k.pem");
    deployment.cdi("authority create acme --name acme");
    let hints = [
        ("verfy app.cwasm", "'verify'"),
        ("policy lnit", "'lint'"),
        ("verify app.cwasm --bundel x", "'--bundle'"),
        ("verify app.cwasm --output jsn", "'json'"),
        ("explain app.cwasm --property WASM_VALIDTED", "did you mean `WASM_VALIDATED`?"),
        ("explain app.cwasm --principal developr", "did you mean `developer`?"),
        ("verify app.cwasm --environment embeded", "did you mean `embedded`?"),
        ("trust remove anchor nort --principal developer", "did you mean `"),
        ("wrap gcc -c a.c", "behind `--`"),
        ("origin sign --key k.pub.pem --kind source app.cwasm", "the private key is perhaps k.pem"),
        ("origin sign --key acme --kind source app.cwasm", "its keys are acme/public.pem and acme/key.pem"),
        (
            "trust add anchor x --principal developer --key k.pem --scope STACK_CANARIES",
            "the public key that belongs to it is k.pub.pem",
        ),
        ("man verfy", "did you mean `verify`?"),
        ("affected wset", "did you mean `west`?"),
    ];
    for (line, hint) in hints {
        let said = with(&deployment, line, &[]);
        assert!(said.status != 0 && said.stderr.contains(hint), "{line}: {}", said.stderr);
        assert!(said.stderr.contains("cdi: hint: "), "{line}: {}", said.stderr);
    }
}

#[test]
fn help_and_errors_fit_eighty_columns() {
    let deployment = full();
    deployment.says("--help", 0, file!["snapshots/help.txt"]);
    deployment.says("verify --help", 0, file!["snapshots/help-verify.txt"]);
    deployment.says("authority certify --help", 0, file!["snapshots/help-authority-certify.txt"]);
    deployment.says("verify -h", 0, file!["snapshots/help-verify-short.txt"]);
    deployment.says("verfy app.cwasm", 2, file!["snapshots/usage-command.txt"]);
    deployment.says("verify", 2, file!["snapshots/usage-missing.txt"]);
    deployment.says("wrap gcc -c a.c", 125, file!["snapshots/usage-wrap.txt"]);
}

/// Which pages there are, and that each says how it is used; how they look is seen by hand.
#[test]
fn there_is_a_page_of_the_manual_for_each_command() {
    let scene = Scene::new();
    scene.done("man --out man1");
    let pages: Vec<_> = std::fs::read_dir(scene.path("man1")).unwrap().map(Result::unwrap).collect();
    assert!(pages.len() > 50, "{}", pages.len());
    for page in pages {
        let text = std::fs::read_to_string(page.path()).unwrap();
        for part in [".TH cdi", ".SH NAME", ".SH SYNOPSIS", ".SH \"EXIT STATUS\"", ".SH ENVIRONMENT"] {
            assert!(text.contains(part), "{}: {part}", page.path().display());
        }
        assert!(!text.contains('\u{1b}'));
        let leaf = text.contains(".SH EXAMPLES") || text.contains(".SH SUBCOMMANDS");
        assert!(leaf, "{}", page.path().display());
    }
    let page = scene.done("man authority certify");
    assert_eq!(page.as_bytes(), scene.read("man1/cdi-authority-certify.1"));
    // Earlier pages are replaced; what else has their names is neither written over nor followed.
    scene.write("man1/cdi-run.1", &[scene.read("man1/cdi-run.1").as_slice(), b"old"].concat());
    scene.done("man --out man1");
    assert!(!scene.read("man1/cdi-run.1").ends_with(b"old"));
    scene.write("kept", &scene.read("man1/cdi-verify.1"));
    std::fs::remove_file(scene.path("man1/cdi-verify.1")).unwrap();
    std::os::unix::fs::symlink(scene.path("kept"), scene.path("man1/cdi-verify.1")).unwrap();
    scene.write("man1/cdi-run.1", b"old");
    scene.fails("man --out man1", "file-exists");
    std::fs::remove_file(scene.path("man1/cdi-verify.1")).unwrap();
    scene.write("man1/cdi-verify.1", b"precious");
    scene.fails("man --out man1", "file-exists");
    assert_eq!(scene.read("man1/cdi-verify.1"), b"precious");
}

#[test]
fn completions_know_every_command() {
    let scene = Scene::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = scene.done(&format!("completions {shell}"));
        for word in ["verify", "countersign", "explain", "log-format", "markdown"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn what_was_most_likely_meant_is_hinted() {
    let scene = Scene::new();
    for (line, hint) in [
        ("verfy", "'verify'"),
        ("help verfy", "'verify'"),
        ("help key generat", "'generate'"),
        ("graph tool --output json=picture.json", "`--out FILE`"),
    ] {
        let said = scene.run(line);
        assert_eq!(said.status, 2, "cdi {line}");
        assert!(said.stderr.contains("hint: ") && said.stderr.contains(hint), "cdi {line}: {}", said.stderr);
    }
    let said = scene.run("graph tool --output json");
    assert!(!said.stderr.contains("--out FILE"), "{}", said.stderr);
}
