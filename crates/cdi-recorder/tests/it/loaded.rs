//! Libraries that a traced run makes or writes to, and loads.

use std::process::Command;

use cdi_recorder::Run;
use cdi_types::Report;

use crate::support::{Folder, digest, ran, recorded, report};
use crate::traced::{inputs, script};

/// A folder with a library in it and the source of another, and a script that has them as NEW and OLD, and its output as OUT.
fn with_libraries(script_of_it: &str) -> (Folder, String, String, Run) {
    let folder = Folder::new();
    let (source, new, old) =
        (folder.write("one.c", "int one = 1;"), folder.path("new.so"), folder.path("old.so"));
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o", &old, &source]).status();
    assert!(made.unwrap().success());
    let text = format!("cc -shared -fPIC -o NEW {source}; {script_of_it}; : >OUT");
    let out = folder.path("out");
    let text = text.replace("NEW", &new).replace("OLD", &old).replace("OUT", &out);
    (folder, new, old, Run { outputs: vec![out], ..script(&text) })
}

/// The digests of a library in a report, by its path.
fn as_library(report: &Report, path: &str) -> Vec<cdi_types::Sha256> {
    let cdi_types::Libraries::Measured(files) = &report.tool.libraries else { return Vec::new() };
    files.iter().filter(|file| file.path.as_str() == path).map(|file| file.sha256.sha256()).collect()
}

#[test]
fn a_library_that_the_run_made_is_measured_when_it_is_loaded() {
    let (_folder, new, old, run) =
        with_libraries("LD_PRELOAD=NEW /bin/true; LD_PRELOAD=NEW /bin/true; LD_PRELOAD=OLD /bin/true");
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    assert_eq!(as_library(statement.predicate(), &new), [digest(&new)]);
    assert_eq!(as_library(statement.predicate(), &old), [digest(&old)]);
    assert!(!inputs(statement.predicate()).contains_key(new.as_str()));
}

#[test]
fn a_library_that_the_run_wrote_to_counts_as_it_was_loaded() {
    let (_folder, new, old, run) = with_libraries(
        "cat OLD >OUT; printf x >>OLD; LD_PRELOAD=OLD /bin/true; LD_PRELOAD=NEW /bin/true; cat OLD >>NEW; LD_PRELOAD=NEW /bin/true",
    );
    let before = digest(&old);
    let ran = ran(run).unwrap();
    // What was loaded twice was written to in between: what ran the first time is not told any more.
    assert_eq!(ran.tool().libraries, cdi_types::Libraries::Unmeasured, "{:?}", ran.notes());
    assert!(ran.notes().iter().any(|note| note.contains(&new)), "{:?}", ran.notes());
    let (_folder, _, old, run) = with_libraries("cat OLD >OUT; printf x >>OLD; LD_PRELOAD=OLD /bin/true");
    let recorded = recorded(run).unwrap();
    assert_eq!(as_library(report(&recorded).predicate(), &old), [digest(&old)]);
    assert_ne!(digest(&old), before);
}

#[test]
fn a_library_that_is_written_to_in_use_is_not_measured() {
    for library in ["NEW", "OLD"] {
        let (_folder, _, _, run) =
            with_libraries(&format!("LD_PRELOAD={library} sh -c 'printf x >>{library}'"));
        let ran = ran(run).unwrap();
        assert_eq!(ran.tool().libraries, cdi_types::Libraries::Unmeasured);
        assert!(ran.notes().iter().any(|note| note.contains("after it was loaded")), "{:?}", ran.notes());
    }
}

#[test]
fn a_library_that_the_run_made_may_be_moved_and_removed() {
    let (folder, new, _, run) = with_libraries(
        "LD_PRELOAD=NEW sh -c 'mv NEW NEW.2; rm NEW.2'; cp OLD NEW; printf x >>NEW; LD_PRELOAD=NEW /bin/true",
    );
    let recorded = recorded(run).unwrap();
    let statement = report(&recorded);
    assert_eq!(
        as_library(statement.predicate(), &new).len(),
        2,
        "{:?}",
        statement.predicate().tool.libraries
    );
    drop(folder);
}
