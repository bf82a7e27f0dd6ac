//! What is recorded about tools that do what they should.

use cdi_recorder::{Disclosure, Environment, Run, commitment};
use cdi_types::{CaptureLevel, EnvironmentValue, Exit, FileDigest};

use crate::support::{Folder, command, digest, libraries, names, ran, real, recorded, report, shell};

#[test]
fn a_copy_is_recorded_with_digests_and_circumstances() {
    let folder = Folder::new();
    let (from, to) = (folder.write("a", "one"), folder.path("b"));
    let run = Run { inputs: vec![from.clone()], outputs: vec![to.clone()], ..command(&["cp", &from, &to]) };
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    let report = statement.predicate();
    assert_eq!(statement.subject()[0].digest.digits(), digest(&to));
    assert_eq!(statement.subject()[0].path.as_ref().unwrap().as_str(), to);
    assert_eq!(
        (report.inputs[0].path.as_str(), report.inputs[0].digest.digits()),
        (from.as_str(), digest(&from))
    );
    assert_eq!(report.tool.executables[0].sha256, FileDigest::new(digest(real("cp"))));
    assert_eq!(names(report), ["cp"]);
    assert!(libraries(report).iter().any(|path| path.contains("libc.so")), "{:?}", libraries(report));
    assert!(libraries(report).iter().any(|path| path.contains("ld-linux")), "{:?}", libraries(report));
    let operation = &report.operation;
    assert_eq!((operation.program.as_str(), &operation.arguments), ("cp", &vec![from, to]));
    assert_eq!((operation.exit, report.capture), (Exit::Code(0), CaptureLevel::Declared));
    assert_eq!(report.recorder.sha256, FileDigest::new(digest(std::env::current_exe().unwrap())));
}

#[test]
fn a_script_is_recorded_with_its_interpreter_first() {
    let folder = Folder::new();
    let out = folder.path("out");
    let inner = folder.script("inner", "#!/bin/sh\nexec cp \"$1\" \"$2\"\n");
    let outer = folder.script("outer", &format!("#!{inner}\n"));
    let input = folder.write("in", "x");
    let run = Run { outputs: vec![out.clone()], ..command(&[&inner, &input, &out]) };
    let one = recorded(run).unwrap();
    let shell = real("sh").file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(report(&one).predicate()), [shell.as_str(), "inner", "cp"]);
    // A script whose interpreter is a script: the kernel passes the outer one's name as an argument.
    std::fs::remove_file(&out).unwrap();
    let two = ran(command(&[&outer, &folder.path("copy")])).unwrap();
    let found: Vec<_> = two.tool().executables.iter().map(|file| file.path.to_string()).collect();
    assert_eq!(&found[1..3], [outer, inner]);
}

#[test]
fn libraries_of_a_replaced_image_are_recorded() {
    let folder = Folder::new();
    // The shell is gone when the run ends; `true` never loads its libraries by itself.
    let recorded = recorded(shell(&folder, ": >OUT; exec perl -e 1")).unwrap();
    let statement = report(&recorded);
    assert!(names(statement.predicate()).contains(&"perl".to_owned()));
    assert!(libraries(statement.predicate()).iter().any(|path| path.contains("libc.so")));
}

#[test]
fn a_compiler_is_recorded_with_all_that_it_starts() {
    let folder = Folder::new();
    let (source, out) = (folder.write("hello.c", "int main(void) { return 0; }\n"), folder.path("hello"));
    let command = command(&["gcc", "-O1", "-o", &out, &source]);
    let recorded = recorded(Run { inputs: vec![source], outputs: vec![out], ..command }).unwrap();
    let statement = report(&recorded);
    let names = names(statement.predicate());
    assert!(names[0].contains("gcc"), "{names:?}");
    for part in ["cc1", "as", "collect2", "ld"] {
        assert!(
            names.iter().any(|name| name == part || name.contains(&format!("-{part}"))),
            "{part}: {names:?}"
        );
    }
    let libraries = libraries(statement.predicate());
    assert!(libraries.iter().any(|path| path.contains("libbfd")), "{libraries:?}");
    assert!(libraries.iter().any(|path| path.contains("liblto_plugin")), "{libraries:?}");
}

#[test]
fn a_linked_executable_is_recorded_as_what_it_is() {
    let folder = Folder::new();
    let (link, out) = (folder.path("copy-it"), folder.path("out"));
    std::os::unix::fs::symlink(real("cp"), &link).unwrap();
    let input = folder.write("in", "x");
    let recorded = recorded(Run { outputs: vec![out.clone()], ..command(&[&link, &input, &out]) }).unwrap();
    let statement = report(&recorded);
    assert_eq!(statement.predicate().operation.program, link);
    assert_eq!(names(statement.predicate()), ["cp"]);
}

#[test]
fn an_executable_that_replaces_itself_is_recorded_as_it_ran() {
    let folder = Folder::new();
    let own = folder.path("own-sh");
    std::fs::copy(real("sh"), &own).unwrap();
    let before = digest(&own);
    let script = format!("cp /bin/cat {own}.new; mv {own}.new {own}; : >{}", folder.path("out"));
    let run = Run { outputs: vec![folder.path("out")], ..command(&[&own, "-c", &script]) };
    let recorded = recorded(run).unwrap();
    assert_ne!(digest(&own), before);
    let entry = &report(&recorded).predicate().tool.executables[0].clone();
    assert_eq!((entry.sha256.sha256(), entry.path.as_str()), (before, own.as_str()));
}

#[test]
fn the_environment_is_only_what_was_named() {
    let folder = Folder::new();
    let mut run = shell(&folder, "env >OUT");
    run.environment = Environment::default();
    run.environment.set("LANG", "C", Disclosure::Open).unwrap();
    run.environment.set("TOKEN", "hunter2", Disclosure::Committed).unwrap();
    let recorded = recorded(run).unwrap();
    let seen = std::fs::read_to_string(folder.path("out")).unwrap();
    let mut seen: Vec<&str> =
        seen.lines().filter(|line| !line.starts_with("PWD=") && !line.starts_with("_=")).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["LANG=C", "PATH=/usr/bin:/bin", "TOKEN=hunter2"]);
    let statement = report(&recorded);
    let environment = &statement.predicate().operation.environment;
    assert_eq!(environment["LANG"], EnvironmentValue::Value("C".to_owned()));
    let salt = &recorded.salts[0];
    assert_eq!(salt.name, "TOKEN");
    assert_eq!(
        environment["TOKEN"],
        EnvironmentValue::Commitment(commitment(&salt.salt, "TOKEN", "hunter2"))
    );
    let payload = serde_json::to_string(&environment).unwrap();
    assert!(!payload.contains("hunter2") && environment.len() == 3);
}

#[test]
fn standard_input_is_empty_unless_a_file_is_named_and_recorded() {
    let folder = Folder::new();
    let empty = recorded(shell(&folder, "cat >OUT")).unwrap();
    assert!(report(&empty).predicate().inputs.is_empty());
    assert_eq!(std::fs::read_to_string(folder.path("out")).unwrap(), "");
    let run = Run { stdin: Some(folder.write("in", "text")), ..shell(&folder, "cat >OUT") };
    let fed = recorded(run).unwrap();
    assert_eq!(report(&fed).predicate().inputs[0].path.as_str(), folder.path("in"));
    assert_eq!(std::fs::read_to_string(folder.path("out")).unwrap(), "text");
}

#[test]
fn a_tool_gets_no_other_descriptors() {
    let folder = Folder::new();
    let _open = std::fs::File::open("/dev/zero").unwrap();
    recorded(shell(&folder, "ls /proc/self/fd | tr '\\n' ' ' >OUT")).unwrap();
    let seen = std::fs::read_to_string(folder.path("out")).unwrap();
    // 0 to 2, and the folder that `ls` itself reads.
    assert!(matches!(seen.trim(), "0 1 2 3"), "{seen}");
}
