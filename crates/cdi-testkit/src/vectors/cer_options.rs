//! A-CER-01 to 09: the command line of a compiler that is known for the ways to talk it out of its checks.
//!
//! The options are those of WAMR's `wamrc`: any value of `--bounds-checks` but 1 turns the checks off, the last of two
//! counts, options after the first positional argument are ignored, and several others change or load code.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, RUN, discarded};
use crate::scenario::{Scenario, artifact};

const RULE: &str = "M-INVOCATION";
const BESIDE: &str = "cer/options";
const SOUND: [&str; 5] = ["--bounds-checks=1", "--opt-level=3", "-o", "app.cwasm", "app.wasm"];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        allow("options", "A-CER-01", "options as they were described", &SOUND, |_| {}),
        allow(
            "options-in-another-order",
            "A-CER-01",
            "the same options in another order",
            &["-o", "app.cwasm", "--opt-level=3", "--bounds-checks=1", "app.wasm"],
            |_| {},
        ),
        allow(
            "option-left-out",
            "A-CER-01",
            "without an option that need not be there",
            &["--bounds-checks=1", "-o", "app.cwasm", "app.wasm"],
            |_| {},
        ),
    ];
    cases.extend(values());
    cases.extend(repeats());
    cases.extend(order());
    cases.extend(undescribed());
    cases.extend(adjoined());
    cases.extend(response_files());
    cases.extend(variables());
    cases.extend(ambiguous());
    cases
}

/// The small world with a compiler that has options; `change` alters what is described.
fn world(arguments: &[&str], change: impl FnOnce(&mut Value)) -> Scenario {
    let mut described = json!({
        "options": {
            "--bounds-checks": { "value": { "oneOf": ["1"] }, "spelling": ["joined"], "required": true },
            "--opt-level": { "value": { "oneOf": ["0", "1", "2", "3"] }, "spelling": ["joined"] },
            "-o": { "value": { "output": "code" }, "spelling": ["separate"], "required": true },
        },
        "positional": [{ "input": "code" }],
    });
    change(&mut described);
    let certified = |statement: &mut Value| {
        statement["predicate"]["invocations"]["default"]["arguments"] = described;
    };
    Scenario::small().with(CERTIFICATION, certified).with(RUN, |statement| {
        statement["predicate"]["operation"]["arguments"] = json!(arguments);
    })
}

fn allow(
    name: &str,
    attack: &'static str,
    title: &str,
    arguments: &[&str],
    change: impl FnOnce(&mut Value),
) -> Case {
    Case::allow(&format!("cer/{name}"), attack, RULE, title, world(arguments, change))
}

fn deny(name: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("cer/{name}"), attack, RULE, title, world, code).beside(BESIDE)
}

/// As sound, with the first argument replaced.
fn first(arguments: &[&str]) -> Vec<&'static str> {
    let all = arguments.iter().copied().map(|text| &*String::from(text).leak());
    all.chain(SOUND.into_iter().skip(1)).collect()
}

fn values() -> Vec<Case> {
    let off = [
        ("two", "2"),
        ("true", "true"),
        ("on", "on"),
        ("empty", ""),
        ("zeros", "00"),
        ("zero", "0"),
        ("leading-zero", "01"),
        ("plus", "+1"),
        ("blank", " 1"),
        ("trailing", "1x"),
    ];
    let mut cases: Vec<Case> = off
        .into_iter()
        .map(|(name, value)| {
            let argument = format!("--bounds-checks={value}");
            let title = format!("a value that is not listed: `{value}`");
            let world = world(&first(&[&argument]), |_| {});
            deny(&format!("option-value-{name}"), "A-CER-01", &title, world, "invocation-arguments")
        })
        .collect();
    cases.push(deny(
        "option-bare",
        "A-CER-01",
        "an option without its value",
        world(&first(&["--bounds-checks"]), |_| {}),
        "invocation-option",
    ));
    cases.push(deny(
        "option-separate",
        "A-CER-01",
        "a value as the next argument, where only a joined one is described",
        world(&first(&["--bounds-checks", "1"]), |_| {}),
        "invocation-option",
    ));
    cases.push(deny(
        "option-value-missing",
        "A-CER-01",
        "an option whose value would be the next argument, at the end",
        world(&["--bounds-checks=1", "app.wasm", "-o"], |line| {
            line["optionsAfterPositional"] = json!("accept");
        }),
        "invocation-arguments",
    ));
    cases.push(deny(
        "option-missing",
        "A-CER-04",
        "without an option that must be there",
        world(&first(&[]), |_| {}),
        "invocation-option-missing",
    ));
    cases
}

fn repeats() -> Vec<Case> {
    let same = |line: &mut Value| line["options"]["--opt-level"]["repeats"] = json!("same");
    let any = |line: &mut Value| line["options"]["--opt-level"]["repeats"] = json!("any");
    let repeated = "invocation-option-repeated";
    let twice = first(&["--bounds-checks=1", "--opt-level=3"]);
    let other = first(&["--bounds-checks=1", "--opt-level=0"]);
    let title = "an option twice";
    vec![
        deny("option-twice", "A-CER-02", title, world(&twice, |_| {}), repeated),
        allow("option-twice-the-same", "A-CER-02", "an option twice, where the same twice is", &twice, same),
        deny("option-twice-another", "A-CER-02", "an option with two values", world(&other, same), repeated),
        allow("option-twice-any", "A-CER-02", "an option with two values that any may follow", &other, any),
        deny(
            "option-thrice",
            "A-CER-02",
            "an option three times, of which one has another value",
            world(&first(&["--bounds-checks=1", "--opt-level=3", "--opt-level=2"]), same),
            repeated,
        ),
        deny(
            "option-off-and-on",
            "A-CER-02",
            "the checks off, and then on",
            world(&first(&["--bounds-checks=0", "--bounds-checks=1"]), |_| {}),
            "invocation-arguments",
        ),
        deny(
            "option-on-and-off",
            "A-CER-02",
            "the checks on, and then off",
            world(&first(&["--bounds-checks=1", "--bounds-checks=0"]), |_| {}),
            "invocation-arguments",
        ),
    ]
}

/// What stands where.
fn order() -> Vec<Case> {
    let late = ["-o", "app.cwasm", "app.wasm", "--bounds-checks=1"];
    let first_word = |line: &mut Value| line["first"] = json!([{ "is": "compile" }]);
    let mut word = vec!["compile"];
    word.extend(SOUND);
    let two = ["--bounds-checks=1", "-o", "app.cwasm", "app.wasm", "app.wasm"];
    let rest = |line: &mut Value| line["rest"] = json!({ "input": "code" });
    vec![
        deny(
            "option-after-the-input",
            "A-CER-01",
            "an option that the tool ignores where it stands",
            world(&late, |_| {}),
            "invocation-option-position",
        ),
        allow(
            "option-after-the-input-accepted",
            "A-CER-01",
            "an option that the tool reads where it stands",
            &late,
            |line| {
                line["optionsAfterPositional"] = json!("accept");
            },
        ),
        allow("subcommand", "A-CER-05", "a subcommand before the options", &word, first_word),
        deny(
            "subcommand-missing",
            "A-CER-05",
            "options without their subcommand",
            world(&SOUND, first_word),
            "invocation-arguments",
        ),
        deny(
            "positional-extra",
            "A-CER-05",
            "one positional argument more",
            world(&two, |_| {}),
            "invocation-arguments",
        ),
        allow(
            "positional-rest",
            "A-CER-05",
            "further positional arguments, where there may be any",
            &two,
            rest,
        ),
        deny(
            "positional-missing",
            "A-CER-05",
            "no positional argument",
            world(&SOUND[..4], |_| {}),
            "invocation-arguments",
        ),
    ]
}

fn undescribed() -> Vec<Case> {
    let hatches = [
        ("mllvm", "--mllvm=-x"),
        ("llvm-passes", "--enable-llvm-passes=x"),
        ("native-lib", "--native-lib=x.so"),
        ("prof-file", "--use-prof-file=x"),
        ("cpu-features", "--cpu-features=-x"),
        ("abbreviated", "--bounds=0"),
        ("terminator", "--"),
        ("text-in-a-value", "--emit-custom-sections=--bounds-checks=1"),
    ];
    let mut cases: Vec<Case> = hatches
        .into_iter()
        .map(|(name, option)| {
            let attack = if name == "text-in-a-value" { "A-CER-09" } else { "A-CER-05" };
            let title = format!("an option that nobody described: `{option}`");
            let world = world(&first(&["--bounds-checks=1", option]), |_| {});
            deny(&format!("option-{name}"), attack, &title, world, "invocation-option")
        })
        .collect();
    let both = |line: &mut Value| {
        line["options"]["--stack-bounds-checks"] =
            json!({ "value": { "is": "1" }, "spelling": ["joined"], "required": true });
    };
    let half = first(&["--bounds-checks=1", "--stack-bounds-checks=0"]);
    let whole = first(&["--bounds-checks=1", "--stack-bounds-checks=1"]);
    cases.push(allow("option-both-halves", "A-CER-06", "both halves of a property on", &whole, both));
    cases.push(deny(
        "option-one-half",
        "A-CER-06",
        "one half of a property off",
        world(&half, both),
        "invocation-arguments",
    ));
    let named = ["--opt-level=3", "-o", "app.cwasm", "./--bounds-checks=1"];
    let title = "a file of the wanted option's name";
    let file = world(&named, |_| {}).with(RUN, |statement| {
        statement["predicate"]["inputs"][0]["path"] = json!("--bounds-checks=1");
    });
    cases.push(deny("option-as-a-file", "A-CER-09", title, file, "invocation-path"));
    cases
}

/// A path right after the name of its option.
fn adjoined() -> Vec<Case> {
    let both = |line: &mut Value| line["options"]["-o"]["spelling"] = json!(["separate", "adjoined"]);
    vec![
        allow(
            "option-adjoined-path",
            "A-CER-09",
            "a path right after its option's name, plainly a path",
            &["--bounds-checks=1", "-o./app.cwasm", "app.wasm"],
            both,
        ),
        deny(
            "option-adjoined-name",
            "A-CER-09",
            "a path right after its option's name, which could be another option",
            world(&["--bounds-checks=1", "-oapp.cwasm", "app.wasm"], both),
            "invocation-path",
        ),
    ]
}

/// More arguments in a file: of known content, or not at all.
fn response_files() -> Vec<Case> {
    let read = |digest: &'static str| {
        let known = move |line: &mut Value| {
            let rule = json!({ "role": "options", "sha256": [artifact("flags")] });
            line["options"]["@"] = json!({ "value": { "knownInput": rule }, "spelling": ["adjoined"] });
        };
        world(&first(&["--bounds-checks=1", "@flags"]), known).with(RUN, |statement| {
            if let Some(inputs) = statement["predicate"]["inputs"].as_array_mut() {
                inputs.push(json!({ "path": "flags", "sha256": artifact(digest) }));
            }
        })
    };
    let undescribed = world(&first(&["--bounds-checks=1", "@flags"]), |_| {});
    vec![
        Case::allow(
            "cer/response-file-known",
            "A-CER-08",
            RULE,
            "arguments in a file that is known",
            read("flags"),
        ),
        deny(
            "response-file-changed",
            "A-CER-08",
            "arguments in a file of other content",
            read("other flags"),
            "invocation-input",
        ),
        deny(
            "response-file-undescribed",
            "A-CER-08",
            "arguments in a file, where none is described",
            undescribed,
            "invocation-option",
        ),
    ]
}

fn variables() -> Vec<Case> {
    let prefixed = |name: &str, value: Value| {
        let certified = |statement: &mut Value| {
            statement["predicate"]["invocations"]["default"]["environment"] =
                json!({ "LC_*": "any", "LC_ALL*": { "oneOf": ["C"] }, "LC_ALLOW": "any" });
        };
        Scenario::small().with(CERTIFICATION, certified).with(RUN, |statement| {
            statement["predicate"]["operation"]["environment"] = json!({ name: value });
        })
    };
    let value = |text: &str| json!({ "value": text });
    let environment = "invocation-environment";
    let beside = |case: Case| case.beside("cer/variable-by-prefix");
    let allow =
        |name: &str, title: &str, world| Case::allow(&format!("cer/{name}"), "A-CER-07", RULE, title, world);
    vec![
        allow("variable-by-prefix", "a variable described by its prefix", prefixed("LC_TIME", value("de"))),
        beside(deny(
            "variable-of-another-prefix",
            "A-CER-07",
            "a variable of another prefix",
            prefixed("LD_PRELOAD", value("x")),
            environment,
        )),
        beside(deny(
            "variable-by-the-longest-prefix",
            "A-CER-07",
            "a value that a shorter prefix would let pass",
            prefixed("LC_ALL", value("de")),
            environment,
        )),
        allow(
            "variable-by-name-before-prefix",
            "a value that its own name lets pass, and a prefix would not",
            prefixed("LC_ALLOW", value("de")),
        ),
        beside(deny(
            "variable-with-a-star",
            "A-CER-07",
            "a variable whose name ends in a star",
            prefixed("LD*", value("x")),
            environment,
        )),
    ]
}

/// A name, a title, and what is described otherwise.
type Change = (&'static str, &'static str, fn(&mut Value));

/// Descriptions that a run could match in two ways, or that describe too much.
fn ambiguous() -> Vec<Case> {
    let changes: [Change; 14] = [
        ("terminator-first", "the end of options before them", |line| {
            line["first"] = json!([{ "is": "--" }])
        }),
        ("output-twice", "one output by two options, of which a tool writes one", |line| {
            line["options"]["--output"] = json!({ "value": { "output": "code" }, "spelling": ["joined"] });
        }),
        ("output-repeated", "one output by an option that may be there again", |line| {
            line["options"]["-o"]["repeats"] = json!("any");
        }),
        ("adjoined-prefix", "an option that is also another one with its value", |line| {
            line["options"] = json!({
                "-O": { "value": { "oneOf": ["1", "fast"] }, "spelling": ["adjoined"] }, "-Og": {} });
        }),
        ("bare-and-separate", "an option that may or may not take the next argument", |line| {
            line["options"]["-o"]["spelling"] = json!(["bare", "separate"]);
        }),
        ("joined-and-adjoined", "a value that may or may not begin with `=`", |line| {
            line["options"]["-o"]["spelling"] = json!(["joined", "adjoined"]);
        }),
        ("value-unspelt", "a value that is written in no way", |line| {
            line["options"]["-o"]["spelling"] = json!([]);
        }),
        ("spelling-of-no-value", "a spelling of a value that there is not", |line| {
            line["options"]["-g"] = json!({ "spelling": ["joined"] });
        }),
        ("option-without-a-sign", "an option that begins as none", |line| line["options"]["o"] = json!({})),
        ("option-of-a-sign", "an option that is a sign alone", |line| line["options"]["-"] = json!({})),
        ("option-terminator", "the end of options as an option", |line| line["options"]["--"] = json!({})),
        ("option-with-a-value-in-it", "an option with `=` in its name", |line| {
            line["options"]["--a=b"] = json!({});
        }),
        ("positional-like-an-option", "a positional argument that begins as an option", |line| {
            line["positional"] = json!([{ "oneOf": ["x", "--bounds-checks=0"] }, { "input": "code" }]);
        }),
        ("response-file-unknown", "a response file of any content", |line| {
            line["options"]["@"] = json!({ "value": { "input": "options" }, "spelling": ["adjoined"] });
        }),
    ];
    let case = |(name, title, change): Change| {
        let (path, world) = (format!("cer/ambiguous-{name}"), world(&SOUND, change));
        let rule = "F-INVOCATION";
        discarded(&path, "A-CER-05", rule, title, CERTIFICATION, world, "invocation-ambiguous").beside(BESIDE)
    };
    let mut cases: Vec<Case> = changes.into_iter().map(case).collect();
    for (name, title, variable) in [
        ("every-variable", "every variable described at once", "*".to_owned()),
        ("long-prefix", "a prefix of 65 bytes", "X".repeat(65) + "*"),
    ] {
        let world = Scenario::small().with(CERTIFICATION, |statement| {
            statement["predicate"]["invocations"]["default"]["environment"][&variable] = json!("any");
        });
        let path = format!("cer/ambiguous-{name}");
        let rule = "F-INVOCATION";
        cases.push(discarded(&path, "A-CER-07", rule, title, CERTIFICATION, world, "invocation-ambiguous"));
    }
    cases
}
