//! Runs that look at files and make none.

use cdi_recorder::{Capture, RecordError, Recorded, Run};
use cdi_types::{PropertyName, ReportKind};

use crate::support::{Folder, command, key, ran, report};

fn property(name: &str) -> PropertyName {
    PropertyName::parse(name).unwrap()
}

/// An inspection of the first argument behind the program, which is declared.
fn inspected(words: &[&str], file: &str, capture: Capture) -> Result<Recorded, RecordError> {
    let run = Run { inputs: vec![file.to_owned()], capture, ..command(words) };
    let found = [property("PIE"), property("NX_STACK"), property("PIE")];
    ran(run)?.products()?.inspecting(&[file.to_owned()], &found)?.seal(&key(), &[])
}

#[test]
fn an_inspection_is_about_what_it_read_and_says_what_it_found() {
    let folder = Folder::new();
    let app = folder.write("app", "a program");
    for capture in [Capture::Declared, Capture::Traced] {
        let recorded = inspected(&["grep", "-q", "program", &app], &app, capture).unwrap();
        let report = report(&recorded);
        assert_eq!(report.predicate().kind, ReportKind::Inspection);
        let [subject] = report.subject() else { panic!("{:?}", report.subject()) };
        assert_eq!(subject.path.as_ref().unwrap().as_str(), app);
        let findings = &report.predicate().findings;
        assert_eq!(
            findings.iter().map(|found| found.property.as_str()).collect::<Vec<_>>(),
            ["PIE", "NX_STACK"]
        );
        assert!(findings.iter().all(|found| found.digest == subject.digest));
    }
}

#[test]
fn a_file_that_nothing_read_was_not_inspected() {
    let folder = Folder::new();
    let (app, other) = (folder.write("app", "a program"), folder.write("other", "a program"));
    let refused = inspected(&["grep", "-q", "program", &other], &app, Capture::Traced).unwrap_err();
    assert_eq!(refused.code(), "inspected-unread");
    let run = command(&["grep", "-q", "program", &app]);
    let refused = ran(run).unwrap().products().unwrap().inspecting(&[app], &[property("PIE")]);
    assert_eq!(refused.unwrap_err().code(), "inspected-unread", "it is no input");
}

#[test]
fn an_inspector_that_leaves_a_file_is_none() {
    let folder = Folder::new();
    let app = folder.write("app", "a program");
    let copy = folder.path("copy");
    let run = Run {
        inputs: vec![app.clone()],
        outputs: vec![copy.clone()],
        capture: Capture::Traced,
        ..command(&["cp", &app, &copy])
    };
    let refused = ran(run).unwrap().products().unwrap().inspecting(&[app], &[property("PIE")]).unwrap_err();
    assert_eq!(refused.code(), "inspection-wrote");
    assert!(refused.to_string().contains(&copy), "{refused}");
}
