//! A policy of five conditions over what a report records, against one signature.

use std::hint::black_box;

use cdi_condition::Condition;
use cdi_testkit::speed::{Clock, Row, Target, in_turns};
use cdi_types::Operation;

use crate::verifying::Bare;
use crate::world::woven;

/// Done so often a round: once is too short to be measured.
const TIMES: u32 = 1_000;

const OPERATION: &str = r#"{"program":"/usr/bin/gcc-12","arguments":["-O2","-fstack-protector-strong","-fPIE","-D_FORTIFY_SOURCE=2",
    "-std=c17","-Wall","-c","-o","build/main.o","src/main.c"],"directory":"/build",
    "environment":{"LANG":{"value":"C"},"PATH":{"value":"/usr/bin:/bin"},"SOURCE_DATE_EPOCH":{"value":"1700000000"}},
    "settings":{"opt-level":"speed"},"exit":{"code":0},"startedAt":"2026-05-01T10:00:00Z","finishedAt":"2026-05-01T10:00:01Z",
    "platform":{"os":"linux","architecture":"x86_64"}}"#;

const CONDITIONS: [&str; 5] = [
    "operation.program == '/usr/bin/gcc-12'",
    "'-D_FORTIFY_SOURCE=2' in operation.arguments",
    "operation.environment.LANG == 'C'",
    "operation.settings['opt-level'] in ['speed', 'size']",
    "operation.platform.os == 'linux' && operation.exit == 0",
];

pub(crate) fn rows(rounds: usize) -> Vec<Row> {
    let operation: Operation = serde_json::from_str(OPERATION).unwrap();
    let apart = CONDITIONS.map(|text| Condition::parse(text).unwrap());
    let together = CONDITIONS.map(|text| format!("({text})")).join(" && ");
    let together = Condition::parse(&together).unwrap();
    let bare = Bare::all(&woven(1, 1));
    let bare = bare.last().unwrap();
    let often = |work: &dyn Fn()| (0..TIMES).for_each(|_| work());
    let [one, five, signature] = in_turns(
        rounds,
        Clock::Processor,
        [
            &mut || often(&|| together.holds(black_box(&operation)).unwrap()),
            &mut || {
                often(&|| apart.iter().for_each(|condition| condition.holds(black_box(&operation)).unwrap()))
            },
            &mut || often(&|| black_box(bare).verify()),
        ],
    );
    let [one, five, signature] = [one, five, signature].map(|times| times.each(TIMES));
    let row = |what, of| Row::ratio(what, Target::AtMost(0.10), Clock::Processor, of, &signature);
    vec![
        row("five conditions in one text over a report's operation, over one P-256 verification", &one),
        row("five conditions, each by itself, over one P-256 verification", &five),
    ]
}
