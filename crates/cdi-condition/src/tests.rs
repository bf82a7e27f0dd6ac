use std::time::Instant;

use cdi_types::Operation;

use super::*;

fn operation() -> Operation {
    serde_json::from_str(
        r#"{"program":"/opt/wamrc","arguments":["--bounds-checks=1","-o","app.aot","app.wasm"],"directory":"/build",
        "environment":{"LANG":{"value":"C"},"SECRET":{"commitment":"1111111111111111111111111111111111111111111111111111111111111111"}},
        "settings":{"opt-level":"speed"},"exit":{"code":0},
        "startedAt":"2026-05-01T10:00:00Z","finishedAt":"2026-05-01T10:00:01Z",
        "platform":{"os":"linux","architecture":"x86_64"}}"#,
    )
    .unwrap()
}

fn outcome(text: &str) -> Result<(), &'static str> {
    let condition = Condition::parse(text).map_err(|error| error.code())?;
    condition.holds(&operation()).map_err(|unmet| unmet.code())
}

#[test]
fn what_is_true_of_the_operation_holds() {
    for text in [
        "true",
        "operation.arguments[0] == '--bounds-checks=1'",
        "size(operation.arguments.filter(a, a.startsWith('-'))) == 2",
        "operation.arguments.all(a, !a.startsWith('@')) && operation.exit == 0",
        "'-o' in operation.arguments",
        "operation.settings['opt-level'] in ['speed', 'size']",
        "operation.environment.LANG == 'C' && !('LD_PRELOAD' in operation.environment)",
        "!has(operation.environment.LD_PRELOAD)",
        "operation.platform.os == 'linux' && operation.directory == '/build'",
        "operation.program.endsWith('wamrc') ? operation.exit < 1 : false",
    ] {
        assert_eq!(outcome(text), Ok(()), "{text}");
    }
}

#[test]
fn what_is_false_or_fails_does_not_hold() {
    for (text, code) in [
        ("false", "condition-false"),
        ("operation.arguments[0] == '--bounds-checks=0'", "condition-false"),
        ("operation.arguments[9] == 'x'", "condition-error"),
        ("operation.settings.missing == 'x'", "condition-error"),
        ("operation.environment.MISSING == 'x'", "condition-error"),
        ("operation.environment.MISSING != 'x'", "condition-error"),
        ("operation.exit == 'x' || 1", "condition-error"),
        ("size(operation.arguments)", "condition-error"),
        ("operation.exit.startsWith('x')", "condition-error"),
    ] {
        assert_eq!(outcome(text), Err(code), "{text}");
    }
}

#[test]
fn a_committed_value_satisfies_no_condition() {
    for text in [
        "operation.environment.SECRET == 'x'",
        "operation.environment.SECRET != 'x'",
        "operation.environment['SECRET'] != 'x'",
        "has(operation.environment.SECRET)",
        "!('SECRET' in operation.environment)",
        "operation.environment.LANG == 'C' || operation.environment.SECRET == 'x'",
    ] {
        assert_eq!(outcome(text), Err("condition-committed"), "{text}");
    }
}

#[test]
fn what_no_condition_may_have_is_refused() {
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + "1" + &close.repeat(n);
    for text in [
        "".to_owned(),
        " ".to_owned(),
        "(".to_owned(),
        "operation".to_owned(),
        "operation.environment".to_owned(),
        "operation.environment.all(n, n == 'x')".to_owned(),
        "size(operation.environment) == 0".to_owned(),
        "operation.environment[operation.program] == 'x'".to_owned(),
        "operation.nothing == 1".to_owned(),
        "has(operation.arguments)".to_owned(),
        "other == 1".to_owned(),
        "operation['arguments'] == 1".to_owned(),
        "operation.arguments.all(operation, operation == 'x')".to_owned(),
        "operation.arguments.all(a, operation.arguments.all(b, a == b))".to_owned(),
        "operation.arguments.all(a, [a].exists(b, a == b))".to_owned(),
        "operation.program.matches('x')".to_owned(),
        "string(1) == '1'".to_owned(),
        "dyn(1) == 1".to_owned(),
        "1.5 > 1.0".to_owned(),
        "null == null".to_owned(),
        "{'a': 1}.a == 1".to_owned(),
        "b'x' == b'x'".to_owned(),
        "r'x' == 'x'".to_owned(),
        "'''x''' == 'x'".to_owned(),
        "'a\\n' == 'x'".to_owned(),
        "true // false".to_owned(),
        "1 + 1 == 2".to_owned(),
        "'a' + 'a' == 'aa'".to_owned(),
        "operation.exit == -1".to_owned(),
        "[1].map(a, a) == [1]".to_owned(),
        "['x']".to_owned() + &".map(a,a+a+a+a+a+a+a+a)".repeat(11) + " == []",
        "operation.arguments.all(a, size(operation.arguments) > 0)".to_owned(),
        "operation.arguments.all(a, a in operation.arguments)".to_owned(),
        "operation.arguments.all(a, operation.program.contains(a))".to_owned(),
        "operation.arguments.all(a, a != operation.environment.LANG)".to_owned(),
        "operation.arguments.all(a, a != operation.environment['LANG'])".to_owned(),
        "operation.arguments.all(a, operation == a)".to_owned(),
        "operation.`program` == 'x'".to_owned(),
        "true; false".to_owned(),
        "true ".repeat(600),
        "true && ".repeat(130) + "true",
        format!("'{}' == 'x'", "x".repeat(2_048)),
        deep("(", ")", 13) + " == 1",
        deep("[", "]", 100) + " == 1",
        deep("(", ")", 100_000),
        "!".repeat(100_000) + "true",
        "true ? true : ".repeat(9) + "true",
        "[".repeat(100_000),
    ] {
        assert_eq!(
            outcome(&text),
            Err("condition-malformed"),
            "{}",
            text.chars().take(60).collect::<String>()
        );
    }
}

/// The worst that the bounds let through, in the smallest stack that anything is verified in.
#[test]
fn the_deepest_conditions_need_little_stack() {
    let (most, open) = (255, 12);
    let texts = [
        format!("{}1{} == 1", "(".repeat(open), ")".repeat(open)),
        format!("{}1{} == 1", "[".repeat(open), "]".repeat(open)),
        "[".repeat(open),
        "a(".repeat(open),
        "{a:".repeat(open),
        "!".repeat(most) + "true",
        "operation.arguments.filter(a, true)".to_owned() + &".filter(a, true)".repeat(20) + " == []",
        vec!["1"; most / 2].join(" == "),
        vec!["true"; most / 2].join(" && "),
        vec!["1 == 1"; most / 4].join(" || "),
        "true ? ".repeat(8) + "true" + &" : true".repeat(8),
        "true ? true : ".repeat(8) + "true",
        format!("operation.settings{} == 'x'", ".a".repeat(most / 2 - 5)),
        format!("operation.arguments{} == 'x'", "[0]".repeat(most / 3 - 5)),
        format!("operation.program{} == 'x'", ".size()".repeat(most / 4 - 5)),
        format!("{}true{}", "[true].exists(a, a || true) && (".repeat(5), ")".repeat(5)),
        "operation.arguments.all(a, a in ['x', 'y']) && ".repeat(14) + "true",
    ];
    let work = move || {
        for text in texts {
            let _ = Condition::parse(&text).map(|condition| condition.holds(&operation()));
        }
    };
    let small = std::thread::Builder::new().stack_size(256 << 10);
    small.spawn(work).unwrap().join().unwrap();
}

#[test]
fn large_operations_are_not_bound() {
    let condition = Condition::parse("operation.arguments.exists(a, a == 'x')").unwrap();
    let mut operation = operation();
    operation.arguments = vec!["y".to_owned(); 1_024];
    assert_eq!(condition.holds(&operation), Err(Unmet::False));
    operation.arguments.push("x".to_owned());
    assert_eq!(condition.holds(&operation).unwrap_err().code(), "condition-too-large");
    operation.arguments = vec!["y".repeat(64 << 10)];
    assert_eq!(condition.holds(&operation), Err(Unmet::False));
    operation.arguments.push("x".to_owned());
    assert_eq!(condition.holds(&operation).unwrap_err().code(), "condition-too-large");
    let elsewhere = Condition::parse("operation.exit == 0").unwrap();
    assert_eq!(elsewhere.holds(&operation), Ok(()));
}

/// Numbers that look random, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    /// An expression of so many levels, most often a sound one.
    fn expression(&mut self, levels: usize) -> String {
        const LEAVES: [&str; 14] = [
            "true",
            "false",
            "0",
            "1",
            "'x'",
            "a",
            "[1, 2]",
            "operation.exit",
            "operation.program",
            "operation.arguments",
            "operation.settings",
            "operation.settings.x",
            "operation.environment.LANG",
            "has(operation.environment.X)",
        ];
        const BETWEEN: [&str; 12] = ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in", "in"];
        if levels == 0 {
            return self.of(&LEAVES).to_owned();
        }
        let mut inner = || self.expression(levels - 1);
        let (one, two, three) = (inner(), inner(), inner());
        match self.below(9) {
            0..=3 => format!("{one} {} {two}", self.of(&BETWEEN)),
            4 => format!("({one})"),
            5 => format!("{}{one}", self.of(&["!", "!!"])),
            6 => format!("({one} ? {two} : {three})"),
            7 => format!("{one}.{}(a, {two})", self.of(&["all", "exists", "exists_one", "filter"])),
            _ => format!("size({one})[{two}]"),
        }
    }
}

/// Any text is a condition or is not, soon and without a panic: expressions, and expressions with something cut out.
#[test]
fn any_text_is_read_in_little_time() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let operation = operation();
    let (mut worst, mut worst_text) = (std::time::Duration::ZERO, String::new());
    let (mut read, mut held) = (0, 0);
    for _ in 0..4_000 {
        let levels = chance.below(5);
        let mut text = chance.expression(levels);
        if chance.below(4) == 0 {
            let (one, other) = (chance.below(text.len() + 1), chance.below(text.len() + 1));
            text.replace_range(one.min(other)..one.max(other), "");
        }
        let start = Instant::now();
        if let Ok(condition) = Condition::parse(&text) {
            read += 1;
            held += usize::from(condition.holds(&operation).is_ok());
        }
        if start.elapsed() > worst {
            (worst, worst_text) = (start.elapsed(), text);
        }
    }
    println!("{read} of 4000 read, {held} held; the slowest took {worst:?}: {worst_text}");
    assert!(read > 500 && held > 50, "{read} read, {held} held");
    assert!(worst < std::time::Duration::from_secs(2), "{worst:?}: {worst_text}");
}

#[test]
fn the_conditions_that_vetters_are_shown_are_sound() {
    let page = include_str!("../../../docs/vetting.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let conditions: Vec<String> = rows.map(|(condition, _)| condition.replace(r"\|", "|")).collect();
    assert_eq!(conditions.len(), 4, "{conditions:?}");
    for text in conditions {
        assert!(Condition::parse(&text).is_ok(), "{text}");
    }
}
