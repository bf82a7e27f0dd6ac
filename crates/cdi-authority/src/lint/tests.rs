use super::*;

/// The codes and places that are found in claims with these members.
fn found(claims: &str, invocation: &str) -> Vec<(String, &'static str)> {
    let text = format!(
        r#"{{"claims":[{claims}],"invocations":{{"default":{{"program":["cc"],"exitStatus":[0],"environment":{{}},{invocation}}}}}}}"#
    );
    let text = text.replace(r#""environment":{},"environment""#, r#""environment""#);
    let text =
        text.replace(r#""exitStatus":[0],"environment":{},"exitStatus""#, r#""environment":{},"exitStatus""#);
    let claims = Claims::parse(text.as_bytes()).unwrap();
    lint(&claims, None).into_iter().map(|finding| (finding.place, finding.code)).collect()
}

const CLAIM: &str = r#"{"property":"STACK_CANARIES","effect":"establishes","invocation":"default"}"#;
const ARGUMENTS: &str = r#""arguments":[{"input":"code"},{"output":"code"}]"#;

fn on(condition: &str) -> String {
    CLAIM.replace('}', &format!(r#","condition":"{condition}"}}"#))
}

fn one(place: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(place.to_owned(), code)]
}

#[test]
fn sound_claims_have_no_findings() {
    assert_eq!(found(CLAIM, ARGUMENTS), []);
    assert_eq!(found(&on("operation.exit == 0"), ARGUMENTS), []);
    let environment = r#""environment":{"PATH":{"oneOf":["/bin"]},"LC_*":"any","TMPDIR":"any"},"#;
    let line = r#""arguments":{"options":{"-O":{"value":{"oneOf":["2"]},"spelling":["adjoined"]},"--config":{"value":{"knownInput":{"role":"config","sha256":["1111111111111111111111111111111111111111111111111111111111111111"]}},"spelling":["joined"]}},"positional":[{"output":"code"}]}"#;
    assert_eq!(found(CLAIM, &format!("{environment}{line}")), []);
}

#[test]
fn vacuous_and_contradictory_conditions_are_found() {
    for (condition, code) in [
        ("true", "condition-vacuous"),
        ("1 < 2 || 'a' == 'b'", "condition-vacuous"),
        ("false", "condition-never-holds"),
        ("1 / 0 == 1", "condition-malformed"),
        ("1 < 'a'", "condition-never-holds"),
        ("operation.nothing == 1", "condition-malformed"),
    ] {
        assert_eq!(found(&on(condition), ARGUMENTS), one("claims[0].condition", code), "{condition}");
    }
    let both = format!("{},{CLAIM}", on("operation.exit == 0"));
    assert_eq!(found(&both, ARGUMENTS), one("claims[0].condition", "condition-vacuous"));
}

#[test]
fn what_leaves_open_what_runs_is_found() {
    for variable in ["PATH", "LD_PRELOAD", "LD_*", "L*", "WAMRC_*"] {
        let environment = format!(r#""environment":{{"{variable}":"any"}},{ARGUMENTS}"#);
        let place = format!("invocations.default.environment.{variable}");
        assert_eq!(found(CLAIM, &environment), one(&place, "variable-open"));
    }
    let line = r#""arguments":{"options":{"-specs":{"value":{"input":"specs"},"spelling":["joined"]}},"positional":[{"output":"code"}]}"#;
    assert_eq!(found(CLAIM, line), one("invocations.default.arguments.options.-specs", "option-open"));
}

#[test]
fn what_nothing_can_match_is_found() {
    let environment = format!(r#""environment":{{"LANG":{{"oneOf":[]}}}},{ARGUMENTS}"#);
    assert_eq!(
        found(CLAIM, &environment),
        one("invocations.default.environment.LANG", "value-never-matches")
    );
    let line = r#""arguments":{"options":{"-O":{"value":{"oneOf":["","2"]},"spelling":["adjoined"]}},"positional":[{"output":"code"}]}"#;
    assert_eq!(found(CLAIM, line), one("invocations.default.arguments.options.-O", "value-never-matches"));
    assert_eq!(found(CLAIM, r#""arguments":[{"input":"code"}]"#), one("claims[0]", "claim-never-counts"));
    assert_eq!(
        found(CLAIM, &format!(r#""exitStatus":[0,1],{ARGUMENTS}"#)),
        one("invocations.default.exitStatus", "exit-status-of-failure")
    );
}

#[test]
fn manifests_that_excuse_nothing_are_found() {
    // Any bytes have the form of a key here.
    let manifests = r#""manifests":[{"key":"AAAA","kind":"toolchain","role":"header"}]"#;
    let unused = one("invocations.default.manifests", "manifest-unused");
    assert_eq!(found(CLAIM, &format!("{manifests},{ARGUMENTS}")), unused);
    for (property, effect) in [("STEP", "establishes"), ("*", "preserves")] {
        let claim = CLAIM.replace("STACK_CANARIES", property).replace("establishes", effect);
        assert_eq!(found(&claim, &format!("{manifests},{ARGUMENTS}")), [], "{property}");
    }
    // To name an input matters to every claim, and so does it that nothing else may be read.
    let listed = format!(r#""unnamed":"listed",{manifests},{ARGUMENTS}"#);
    let traced = CLAIM.replace("establishes\"", "establishes\",\"lowestCapture\":\"traced\"");
    assert_eq!(found(&traced, &listed), []);
    let named = r#""arguments":[{"manifestInput":{"key":"AAAA","kind":"toolchain","role":"start"}},{"output":"code"}]"#;
    assert_eq!(found(CLAIM, named), []);
}
