//! Tools that record themselves.

use cdi_recorder::{EnvironmentPolicy, SelfRecorder, write_bundle};
use cdi_types::{ArtifactDigest, CaptureLevel, FileDigest, PropertyName, ReportKind};

use crate::support::{Folder, digest, key, libraries, statement};

fn start(policy: EnvironmentPolicy) -> SelfRecorder {
    SelfRecorder::start("tool", vec!["-x".to_owned()], policy).unwrap()
}

#[test]
fn a_transformation_is_recorded_and_joins_the_chain() {
    let folder = Folder::new();
    let (source, middle, end) = (folder.write("a", "one"), folder.path("b"), folder.path("c"));
    let mut ids = Vec::new();
    for (from, to) in [(&source, &middle), (&middle, &end)] {
        let mut recorder = start(EnvironmentPolicy::ReadsNone);
        let mut bytes = recorder.input(from).unwrap();
        bytes.push(b'!');
        recorder.output(to, &bytes).unwrap();
        recorder.setting("level", "2");
        let sealed = recorder.finish(ReportKind::Transform, &key(), &[]).unwrap();
        write_bundle(to, [from.as_str()], &[], &sealed).unwrap();
        ids.push(sealed);
    }
    assert_eq!(std::fs::read_to_string(&end).unwrap(), "one!!");
    let last = statement(&ids[1].line);
    let report = last.predicate();
    assert_eq!(report.inputs[0].reports, [ids[0].id]);
    assert_eq!(report.capture, CaptureLevel::SelfRecorded);
    assert!(report.operation.environment.is_empty());
    assert_eq!(report.operation.settings["level"], "2");
    assert_eq!(report.tool.executables[0].sha256, FileDigest::new(digest(std::env::current_exe().unwrap())));
    assert_eq!(report.tool.executables[0].sha256, report.recorder.sha256);
    assert!(libraries(report).iter().any(|path| path.contains("libc.so")));
    let bundle = std::fs::read_to_string(folder.path("c.intoto.jsonl")).unwrap();
    assert_eq!(bundle.lines().count(), 2, "the report and the one behind its input");
}

#[test]
fn an_inspection_is_about_its_inputs() {
    let folder = Folder::new();
    let path = folder.write("a", "module");
    let mut recorder = start(EnvironmentPolicy::Recorded);
    let found = ArtifactDigest::of(&recorder.input(&path).unwrap());
    recorder.finding(found, PropertyName::parse("WASM_VALIDATES").unwrap());
    let sealed = recorder.finish(ReportKind::Inspection, &key(), &[]).unwrap();
    let statement = statement(&sealed.line);
    assert_eq!(statement.subject()[0].digest, found);
    assert_eq!(statement.predicate().findings.len(), 1);
    assert!(statement.predicate().operation.environment.contains_key("PATH"));
}

#[test]
fn a_file_is_recorded_once_and_something_must_be_recorded() {
    let folder = Folder::new();
    let path = folder.write("a", "x");
    let mut recorder = start(EnvironmentPolicy::ReadsNone);
    recorder.input(&path).unwrap();
    assert_eq!(recorder.input(&path).unwrap_err().code(), "path-repeated");
    assert_eq!(recorder.output(&path, b"y").unwrap_err().code(), "path-repeated");
    assert_eq!(recorder.input(&folder.path("none")).unwrap_err().code(), "file-missing");
    let error = recorder.finish(ReportKind::Transform, &key(), &[]).unwrap_err();
    assert_eq!(error.code(), "output-undeclared");
}

#[test]
fn a_false_proc_is_rejected() {
    let folder = Folder::new();
    let script = "mkdir -p \"$1/self\" && ln -s /usr/bin/true \"$1/self/exe\" && mount --bind \"$1\" /proc && shift && exec \"$@\"";
    let test = std::env::current_exe().unwrap();
    let mut inside = std::process::Command::new("unshare");
    inside.args(["-Urm", "sh", "-ec", script, "sh", &folder.path("fake")]).arg(test);
    let told = inside.args(["--ignored", "--exact", "self_recorded::under_a_false_proc"]).output().unwrap();
    let (said, failed) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    if failed.contains("unshare") {
        assert!(
            std::env::var_os("CDI_TEST_ENVIRONMENTS").is_none(),
            "tests were told that all is here: {failed}"
        );
        eprintln!("skipped: this machine gives no namespaces: {failed}");
        return;
    }
    assert!(said.contains("1 passed"), "{said}{failed}");
}

/// What happens inside [`a_false_proc_is_rejected`].
#[test]
#[ignore = "run by another test, in a namespace of its own"]
fn under_a_false_proc() {
    let error = SelfRecorder::start("tool", Vec::new(), EnvironmentPolicy::ReadsNone).unwrap_err();
    assert_eq!(error.code(), "proc-not-the-kernels");
}
