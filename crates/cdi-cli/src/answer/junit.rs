//! Cases that pass or fail, in the XML that test reports are read from.
//!
//! The form is the one that JUnit's tools and forges agree on: `testsuites`, `testsuite` with counts, `testcase` with
//! `failure` or `error`.

/// Cases under one name.
#[derive(Debug, Clone)]
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
}

/// A case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
}

/// How a case came out.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Passed,
    /// It is not as it has to be.
    Failed {
        code: String,
        message: String,
    },
    /// It could not be told.
    Undecided {
        code: String,
        message: String,
    },
}

pub(super) fn xml(suites: &[Suite]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cdi\"".to_owned();
    counts(suites.iter().flat_map(|suite| &suite.cases), &mut out);
    out.push_str(">\n");
    for suite in suites {
        out.push_str("  <testsuite");
        attribute("name", &suite.name, &mut out);
        counts(suite.cases.iter(), &mut out);
        out.push_str(">\n");
        suite.cases.iter().for_each(|case| one(case, &suite.name, &mut out));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>, out: &mut String) {
    let (mut tests, mut failures, mut errors) = (0_usize, 0_usize, 0_usize);
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed { .. } => failures += 1,
            Outcome::Undecided { .. } => errors += 1,
        }
    }
    out.push_str(&format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\""));
}

fn one(case: &Case, suite: &str, out: &mut String) {
    out.push_str("    <testcase");
    attribute("classname", suite, out);
    attribute("name", &case.name, out);
    let (element, code, message) = match &case.outcome {
        Outcome::Passed => return out.push_str("/>\n"),
        Outcome::Failed { code, message } => ("failure", code, message),
        Outcome::Undecided { code, message } => ("error", code, message),
    };
    out.push_str(">\n      <");
    out.push_str(element);
    attribute("type", code, out);
    attribute("message", message, out);
    out.push_str("/>\n    </testcase>\n");
}

fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    value.chars().for_each(|c| escape(c, out));
    out.push('"');
}

/// A character in an attribute's value. Some are not allowed in XML 1.0 (production 2 `Char`), not even as a reference:
/// they become the replacement character, as do those that steer a display.
fn escape(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        '\n' => out.push_str("&#10;"),
        '\t' => out.push_str("&#9;"),
        '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
        c if cdi_types::steers_a_display(c) => out.push('\u{fffd}'),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_an_attribute_and_nothing_else() {
        let message = "\"/><x a='&'>\u{0}\u{1b}[2J\u{fffe}\u{202e}\n]]>".to_owned();
        let case = Case { name: "a".to_owned(), outcome: Outcome::Failed { code: "c".to_owned(), message } };
        let text = xml(&[Suite { name: "s".to_owned(), cases: vec![case] }]);
        assert!(
            text.contains(
                "message=\"&quot;/&gt;&lt;x a=&apos;&amp;&apos;&gt;\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}&#10;]]&gt;\""
            ),
            "{text}"
        );
        assert!(text.contains("<testsuites name=\"cdi\" tests=\"1\" failures=\"1\" errors=\"0\">"), "{text}");
    }
}
