//! Outputs that no argument names whole, what options set, and what names of files must end in (M-FILES, M-TEXT). The
//! options are those that build tools give compilers: a folder, a name, settings in one option, libraries under names.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, RUN, discarded};
use crate::scenario::{Scenario, artifact};

const MEANING: &str = "M-FILES";
const FORM: &str = "F-FILES";
const ARGUMENTS: &str = "M-TEXT";
const BESIDE: &str = "cer/made-output";
const SOUND: [&str; 9] = ["--dir", "build", "--name", "app", "-C", "checks=on", "-C", "extra=-1", "app.wasm"];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = outputs();
    cases.extend(settings());
    cases.extend(texts());
    cases.extend(endings());
    cases.extend(forms());
    cases
}

/// The small world with a compiler that writes where its options say; `change` alters the whole invocation.
fn world(arguments: &[&str], output: &str, change: impl FnOnce(&mut Value)) -> Scenario {
    let described = json!({
        "options": {
            "--dir": { "value": { "any": "path" }, "spelling": ["separate"] },
            "--name": { "value": { "any": "word" }, "spelling": ["separate"] },
            "-C": { "value": { "assigns": {
                "checks": { "value": { "is": "on" }, "required": true },
                "extra": { "value": { "any": "tail" } },
                "quick": {},
            } }, "spelling": ["separate"], "repeats": "any" },
            "--target": { "value": { "equals": [
                { "option": { "name": "--name" } }, { "text": ".o" } ] }, "spelling": ["separate"] },
        },
        "positional": [{ "input": "code" }],
    });
    let path = json!([
        { "option": { "name": "--dir" } }, { "text": "/" }, { "option": { "name": "--name" } },
        { "option": { "name": "-C", "assigned": "extra", "otherwise": "" } }, { "text": ".cwasm" } ]);
    let certified = |statement: &mut Value| {
        let invocation = &mut statement["predicate"]["invocations"]["default"];
        invocation["arguments"] = described;
        invocation["outputs"] = json!([{ "role": "code", "path": path }]);
        change(invocation);
    };
    Scenario::small().with(CERTIFICATION, certified).with(RUN, |statement| {
        statement["predicate"]["operation"]["arguments"] = json!(arguments);
        statement["subject"][0]["name"] = json!(output);
    })
}

const OUTPUT: &str = "build/app-1.cwasm";

/// As sound, with these arguments before the last.
fn more<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let (last, before) = SOUND.split_last().unwrap_or((&"", &[]));
    before.iter().copied().chain(arguments.iter().copied()).chain([*last]).collect()
}

fn allow(name: &str, rule: &'static str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("cer/{name}"), "A-CER-05", rule, title, world)
}

fn deny(
    name: &str,
    attack: &'static str,
    rule: &'static str,
    title: &str,
    world: Scenario,
    code: &str,
) -> Case {
    Case::deny(&format!("cer/{name}"), attack, rule, title, world, code).beside(BESIDE)
}

fn outputs() -> Vec<Case> {
    let short = ["--dir", "build", "--name", "app", "-C", "checks=on", "app.wasm"];
    let nameless = ["--dir", "build", "-C", "checks=on", "-C", "extra=-1", "app.wasm"];
    let role = "output-role";
    let other = |name: &str, title: &str, arguments: &[&str], output: &str| {
        deny(name, "A-CER-05", MEANING, title, world(arguments, output, |_| {}), role)
    };
    let again = |invocation: &mut Value| {
        let mut log = invocation["outputs"][0].clone();
        log["role"] = json!("log");
        invocation["outputs"].as_array_mut().into_iter().for_each(|all| all.push(log.clone()));
    };
    let stem = |invocation: &mut Value| {
        let without = json!({ "name": "--dir", "without": ".txt" });
        invocation["outputs"][0]["path"] = json!([{ "option": without }, { "text": ".cwasm" }]);
    };
    let dir = ["--dir", "build/app.txt", "--name", "app", "-C", "checks=on", "app.wasm"];
    let folder = ["--name", "../app", "--dir", "build", "-C", "checks=on", "app.wasm"];
    vec![
        allow("made-output", MEANING, "an output where the options say", world(&SOUND, OUTPUT, |_| {})),
        allow(
            "made-output-otherwise",
            MEANING,
            "an output where the options say, of which one may be left out",
            world(&short, "build/app.cwasm", |_| {}),
        ),
        allow(
            "made-output-by-stem",
            MEANING,
            "an output that is called as another file but for the ending",
            world(&dir, "build/app.cwasm", stem),
        ),
        other(
            "made-output-of-another-name",
            "an output beside the one that the options say",
            &SOUND,
            "build/other.cwasm",
        ),
        other(
            "made-output-elsewhere",
            "an output of the right name in another folder",
            &SOUND,
            "app-1.cwasm",
        ),
        other("made-output-of-nothing", "an option that the path is made of is left out", &nameless, OUTPUT),
        deny(
            "made-output-by-stem-of-another",
            "A-CER-05",
            MEANING,
            "a file whose ending is to be taken off has another",
            world(&SOUND, "build.cwasm", stem),
            role,
        ),
        deny(
            "made-output-two-roles",
            "A-CER-05",
            MEANING,
            "one path with two roles",
            world(&SOUND, OUTPUT, again),
            "invocation-roles",
        ),
        deny(
            "made-output-folder-in-a-word",
            "A-CER-09",
            ARGUMENTS,
            "a name that leads to another folder",
            world(&folder, "build/../app.cwasm", |_| {}).with(RUN, |statement| {
                statement["subject"][0]["name"] = json!("app.cwasm");
            }),
            "invocation-arguments",
        ),
        deny(
            "made-output-folder-behind",
            "A-CER-09",
            MEANING,
            "a path with a folder in a part that is not the first",
            world(
                &["--dir", "build", "--name", "x/app", "-C", "checks=on", "app.wasm"],
                "build/x/app.cwasm",
                |invocation| {
                    invocation["arguments"]["options"]["--name"]["value"] = json!({ "any": "path" });
                },
            ),
            role,
        ),
    ]
}

fn settings() -> Vec<Case> {
    let refused = |name: &str, attack: &'static str, title: &str, extra: &[&str], code: &str| {
        deny(name, attack, ARGUMENTS, title, world(&more(extra), OUTPUT, |_| {}), code)
    };
    let arguments = "invocation-arguments";
    let unset = ["--dir", "build", "--name", "app", "-C", "extra=-1", "app.wasm"];
    let named = |role: &'static str, text: &'static str| {
        let extern_ = |invocation: &mut Value| {
            let every = json!({ "*": { "value": { "input": role } }, "core": {} });
            let option = json!({ "value": { "assigns": every }, "spelling": ["separate"], "repeats": "any" });
            invocation["arguments"]["options"]["--extern"] = option;
        };
        world(&more(&["--extern", text]), OUTPUT, extern_).with(RUN, |statement| {
            let library = json!({ "path": "lib.wasm", "sha256": artifact("lib") });
            statement["predicate"]["inputs"]
                .as_array_mut()
                .into_iter()
                .for_each(|all| all.push(library.clone()));
        })
    };
    let path = |name: &str, title: &str, text: &'static str| {
        deny(name, "A-CER-09", ARGUMENTS, title, named("library", text), "invocation-path")
    };
    vec![
        allow(
            "setting-alone",
            ARGUMENTS,
            "a setting that has no value",
            world(&more(&["-C", "quick"]), OUTPUT, |_| {}),
        ),
        refused(
            "setting-of-another-value",
            "A-CER-01",
            "a setting of another value",
            &["-C", "checks=off"],
            arguments,
        ),
        refused("setting-bare", "A-CER-01", "a setting without its value", &["-C", "extra"], arguments),
        refused("setting-with-a-value", "A-CER-01", "a value where none is", &["-C", "quick=1"], arguments),
        refused(
            "setting-undescribed",
            "A-CER-05",
            "a setting that nobody described",
            &["-C", "link-arg=x"],
            arguments,
        ),
        refused(
            "setting-twice",
            "A-CER-02",
            "a setting twice, in an option that may be there again",
            &["-C", "checks=on"],
            "invocation-option-repeated",
        ),
        refused(
            "setting-in-a-setting",
            "A-CER-09",
            "a setting in the value of another",
            &["-C", "other=checks=on"],
            arguments,
        ),
        deny(
            "setting-left-out",
            "A-CER-04",
            ARGUMENTS,
            "without a setting that must be there",
            world(&unset, OUTPUT, |_| {}),
            "invocation-option-missing",
        ),
        deny(
            "setting-left-out-but-for-its-text",
            "A-CER-09",
            ARGUMENTS,
            "the text of a setting that must be there, as the value of another",
            world(&["--dir", "build", "--name", "app", "-C", "extra=checks=on", "app.wasm"], OUTPUT, |_| {}),
            arguments,
        ),
        allow(
            "setting-of-a-path",
            ARGUMENTS,
            "a file under a name of its own",
            named("library", "lib=lib.wasm"),
        ),
        path("setting-of-no-path", "a file that nobody recorded, under a name", "lib=none.wasm"),
        path("setting-of-two-paths", "two names before a file", "lib=more=lib.wasm"),
        deny(
            "setting-of-a-path-under-no-word",
            "A-CER-09",
            ARGUMENTS,
            "a file under what is no word",
            named("library", "a:b=lib.wasm"),
            arguments,
        ),
        deny(
            "setting-named-every-word",
            "A-CER-09",
            ARGUMENTS,
            "a file under the name that stands for all",
            named("library", "*=lib.wasm"),
            arguments,
        ),
    ]
}

fn texts() -> Vec<Case> {
    let arguments = "invocation-arguments";
    let with = |rule: &'static str, text: &'static str| {
        let option = |invocation: &mut Value| {
            let value: Value = serde_json::from_str(rule).unwrap_or_default();
            invocation["arguments"]["options"]["--text"] =
                json!({ "value": value, "spelling": ["separate"] });
        };
        world(&more(&["--text", text]), OUTPUT, option)
    };
    let mut cases = vec![
        allow(
            "value-equal",
            ARGUMENTS,
            "a value that is made of others, and stands before one of them",
            world(&[&["--target", "app.o"][..], &SOUND].concat(), OUTPUT, |_| {}),
        ),
        deny(
            "value-unequal",
            "A-CER-05",
            ARGUMENTS,
            "a value that is not what is made of others",
            world(&more(&["--target", "other.o"]), OUTPUT, |_| {}),
            arguments,
        ),
    ];
    let (word, quoted, path, begins) =
        (r#"{"any": "word"}"#, r#"{"any": "quoted"}"#, r#"{"any": "path"}"#, r#"{"begins": "cfg("}"#);
    for (name, rule, text) in [
        ("word", word, "a-B_0.9+x"),
        ("quoted", quoted, "\"std\""),
        ("path", path, "../a b/c"),
        ("begun", begins, "cfg(feature, values(\"a\"))"),
    ] {
        let title = format!("a text that is one of its kind: {name}");
        cases.push(allow(&format!("text-{name}"), ARGUMENTS, &title, with(rule, text)));
    }
    for (name, rule, text) in [
        ("word-with-a-sign", word, "-x"),
        ("word-with-a-slash", word, "a/b"),
        ("word-with-a-line", word, "a\nb"),
        ("word-empty", word, ""),
        ("quoted-open", quoted, "\"std"),
        ("quoted-twice", quoted, "\"a\"b\""),
        ("path-like-an-option", path, "-x"),
        ("path-list", path, "a:b"),
        ("path-empty", path, ""),
        ("begun-otherwise", begins, "notcfg("),
    ] {
        let title = format!("a text that is none of its kind: {name}");
        cases.push(deny(&format!("text-{name}"), "A-CER-09", ARGUMENTS, &title, with(rule, text), arguments));
    }
    cases
}

/// The input is called so, and must end so.
fn ended(path: &'static str, ending: &'static str) -> Scenario {
    let mut arguments = SOUND;
    arguments[8] = path;
    let named = |one: &mut Value| {
        one["arguments"]["positional"] = json!([{ "namedInput": { "role": "code", "endings": [ending] } }]);
    };
    world(&arguments, OUTPUT, named)
        .with(RUN, |statement| statement["predicate"]["inputs"][0]["path"] = json!(path))
}

fn endings() -> Vec<Case> {
    let beside = "cer/ending-of-an-argument";
    let refused = |name: &str, title: &str, path: &'static str| {
        deny(name, "A-CER-05", ARGUMENTS, title, ended(path, ".wat"), "invocation-path").beside(beside)
    };
    vec![
        allow(
            "ending-of-an-argument",
            ARGUMENTS,
            "a file that an argument names ends as it must",
            ended("app.wasm", ".wasm"),
        ),
        refused("ending-of-an-argument-another", "a file that ends otherwise", "app.wasm"),
        refused("ending-of-an-argument-within", "a file that has the ending before another", "app.wat.wasm"),
        refused("ending-of-an-argument-in-capitals", "a file that has the ending in capitals", "app.WAT"),
        refused("ending-of-an-argument-alone", "a file that is called like the ending", "x/.wat"),
        refused("ending-of-an-argument-folder", "a file in a folder that has the ending", "x.wat/app"),
    ]
}

/// A name, a title, the code, and what is described otherwise.
type Change = (&'static str, &'static str, &'static str, fn(&mut Value));

/// Descriptions that a run could match in two ways, or that describe too much.
fn forms() -> Vec<Case> {
    let (ambiguous, malformed, empty) =
        ("invocation-ambiguous", "statement-malformed", "predicate-empty-list");
    let changes: [Change; 19] = [
        ("output-of-no-option", "an output that is made of no option", empty, |one| {
            one["outputs"][0]["path"] = json!([{ "text": "build/app.cwasm" }]);
        }),
        (
            "output-of-an-unknown-option",
            "an output that is made of an option that is not described",
            ambiguous,
            |one| {
                one["outputs"][0]["path"] = json!([{ "option": { "name": "--out" } }]);
            },
        ),
        (
            "output-of-an-option-that-repeats",
            "an output that is made of one of several values",
            ambiguous,
            |one| {
                one["arguments"]["options"]["--name"]["repeats"] = json!("any");
            },
        ),
        ("output-of-settings", "an output that is made of all that an option sets", ambiguous, |one| {
            one["outputs"][0]["path"] = json!([{ "option": { "name": "-C" } }]);
        }),
        (
            "output-of-a-setting-that-repeats",
            "an output that is made of one of several settings",
            ambiguous,
            |one| {
                one["arguments"]["options"]["-C"]["value"]["assigns"]["extra"]["repeats"] = json!("any");
            },
        ),
        ("output-of-every-word", "an output that is made of whatever is set", ambiguous, |one| {
            one["arguments"]["options"]["-C"]["value"]["assigns"]["*"] =
                json!({ "value": { "any": "word" } });
            one["outputs"][0]["path"] = json!([{ "option": { "name": "-C", "assigned": "*" } }]);
        }),
        ("output-of-a-flag", "an output that is made of an option without a value", ambiguous, |one| {
            one["arguments"]["options"]["-g"] = json!({});
            one["outputs"][0]["path"] = json!([{ "option": { "name": "-g" } }]);
        }),
        (
            "output-of-a-sequence",
            "an output that is made of options, where none are described",
            ambiguous,
            |one| {
                one["arguments"] = json!([{ "input": "code" }]);
            },
        ),
        (
            "value-of-an-unknown-option",
            "a value that is made of an option that is not described",
            ambiguous,
            |one| {
                one["arguments"]["options"]["--target"]["value"] =
                    json!({ "equals": [{ "option": { "name": "--out" } }] });
            },
        ),
        ("value-of-a-value", "a value that is made of one that is made", ambiguous, |one| {
            one["arguments"]["options"]["--twice"] = json!({
                "value": { "equals": [{ "option": { "name": "--target" } }] }, "spelling": ["separate"] });
        }),
        ("positional-equal", "a positional argument that is made of options", ambiguous, |one| {
            one["arguments"]["positional"] = json!([{ "equals": [{ "option": { "name": "--name" } }] }]);
        }),
        ("positional-with-settings", "a positional argument that sets something", ambiguous, |one| {
            one["arguments"]["positional"] = json!([{ "assigns": { "quick": {} } }]);
        }),
        ("option-of-any-tail", "a value that may begin as an option", ambiguous, |one| {
            one["arguments"]["options"]["--name"]["value"] = json!({ "any": "tail" });
        }),
        ("settings-in-settings", "a setting that sets something", ambiguous, |one| {
            one["arguments"]["options"]["-C"]["value"]["assigns"]["extra"]["value"] =
                json!({ "assigns": { "quick": {} } });
        }),
        ("setting-with-a-value-in-it", "a setting whose name has a value in it", ambiguous, |one| {
            one["arguments"]["options"]["-C"]["value"]["assigns"]["a=b"] = json!({});
        }),
        ("ending-of-no-file", "a file that may end in nothing", empty, |one| {
            one["arguments"]["positional"] = json!([{ "namedInput": { "role": "code", "endings": [] } }]);
        }),
        ("every-word-writes", "one output under any word", ambiguous, |one| {
            one["arguments"]["options"]["-C"]["value"]["assigns"]["*"] =
                json!({ "value": { "output": "log" } });
        }),
        ("text-begun-by-a-sign", "a text that begins with one sign", ambiguous, |one| {
            one["arguments"]["options"]["--name"]["value"] = json!({ "begins": "c" });
        }),
        ("ending-without-a-dot", "an ending that is no ending", malformed, |one| {
            one["arguments"]["positional"] = json!([{ "namedInput": { "role": "code", "endings": ["c"] } }]);
        }),
    ];
    let case = |(name, title, code, change): Change| {
        let (path, world) = (format!("cer/described-{name}"), world(&SOUND, OUTPUT, change));
        discarded(&path, "A-CER-05", FORM, title, CERTIFICATION, world, code).beside(BESIDE)
    };
    changes.into_iter().map(case).collect()
}
