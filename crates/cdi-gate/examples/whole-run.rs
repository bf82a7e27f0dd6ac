//! What a decision adds to a program that runs for a tenth of a second: the demo's program over many transactions, from bytes to its
//! end, with everything that a decision is and without any; and the same program as bytecode under an interpreter.
//!
//! `cargo xtask speed` runs it: `whole-run DEMO TRANSACTIONS ROUNDS`, the last but one a folder that the transactions are written to.
//! What the program puts out goes to standard output.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

mod demo;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use cdi_envelope::CheckId;
use cdi_gate::wasm::{Access, Grant, GuestLimits, Profile, WasiRequest, run_bytecode, run_precompiled};
use cdi_gate::{Delivery, Driver, HostDirectory};
use cdi_testkit::speed::{Clock, Row, Target, in_turns, publish};
use cdi_types::{Artifact, Name};
use cdi_verify::{Alone, CheckedBefore, Help};

use demo::Host;

/// The shortest run that the figure is about, and a little.
const LONG: Duration = Duration::from_millis(110);
const PROGRAM: &str = "fraud-scoring.cwasm";
const ARGUMENT: &str = "/transactions/today.csv";
const PROFILE: &str = "wasmtime-48-guard-pages";
const LIMITS: GuestLimits = GuestLimits { memory_bytes: 1 << 30, time: Duration::from_secs(30) };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [demo, transactions, rounds] = arguments.as_slice() else {
        panic!("whole-run DEMO TRANSACTIONS ROUNDS")
    };
    let (demo, transactions) = (Path::new(demo), Path::new(transactions));
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let read = |name: &str| std::fs::read(demo.join("app").join(name)).unwrap();
    let (artifact, bytecode) = (read(PROGRAM), read("fraud-scoring.wasm"));
    let evidence = read("fraud-scoring.cwasm.intoto.jsonl");
    let profile: Profile = PROFILE.parse().unwrap();
    let request = WasiRequest {
        arguments: vec![PROGRAM.to_owned(), ARGUMENT.to_owned()],
        environment: Vec::new(),
        directories: vec![Grant {
            host: transactions.to_owned(),
            guest: "/transactions".to_owned(),
            access: Access::Read,
        }],
    };
    let mut bare = || {
        let ended = run_precompiled(&artifact, profile, &request, LIMITS).unwrap();
        assert_eq!(ended.status, 0);
    };
    let today = std::fs::read_to_string(demo.join("data/transactions/today.csv")).unwrap();
    let lines = lengthen(&today, transactions, &bare);
    let host = Host::of(demo, "");
    let drivers = Driver::all();
    let embedded = Driver::named(&drivers, "embedded").unwrap();
    let directories =
        [HostDirectory { name: Name::parse("transactions").unwrap(), path: transactions.to_owned() }];
    // A host has the bytes in memory, with a decision and without: to copy them is part of neither.
    let copies = || (0..=rounds.max(1)).map(|_| (artifact.clone(), evidence.clone())).collect::<Vec<_>>();
    let run = |(artifact, evidence): (Vec<u8>, Vec<u8>), help: Help<'_>| {
        let artifact = Artifact::new(artifact);
        let arguments = [ARGUMENT.to_owned()];
        let placement = host.admit(&artifact, (evidence, help), host.environment(embedded), &arguments);
        let delivery =
            Delivery { artifact: &artifact, program: PROGRAM, directories: &directories, now: host.now };
        let ended = cdi_gate::run(placement, std::slice::from_ref(embedded), delivery).unwrap();
        assert_eq!(ended.status, 0);
    };
    let (mut copied, mut once_more) = (copies(), copies());
    let mut decided = || run(copied.pop().expect("one for each round"), Help::NONE);
    let nothing = Known(BTreeSet::new());
    let first = host.verify(evidence.clone(), Help { crew: &Alone, before: Some(&nothing) });
    let known = Known(first.checks.into_iter().collect());
    let warm = Help { crew: &Alone, before: Some(&known) };
    let mut again = || run(once_more.pop().expect("one for each round"), warm);
    let mut interpreted = || {
        let ended = run_bytecode(&bytecode, &request, LIMITS).unwrap();
        assert_eq!(ended.status, 0);
    };
    let [bare, decided, again] = in_turns(rounds, Clock::Process, [&mut bare, &mut decided, &mut again]);
    let [interpreted] = in_turns(rounds.div_ceil(4), Clock::Process, [&mut interpreted]);
    let with = "a program of a tenth of a second, decided about for three principals, over undecided";
    let warm = "the same where its signatures were verified before";
    let rows = [
        Row::ratio(with, Target::AtMost(1.01), Clock::Process, &decided, &bare),
        Row::ratio(warm, Target::AtMost(1.01), Clock::Process, &again, &bare),
        Row::beside(
            "the same program as bytecode under wasmi, over precompiled",
            Clock::Process,
            &interpreted,
            &bare,
        ),
    ];
    eprintln!("{lines} lines");
    publish("program", &rows);
}

/// Checks that have succeeded before.
#[derive(Debug)]
struct Known(BTreeSet<CheckId>);

impl CheckedBefore for Known {
    fn verified(&self, check: &CheckId) -> bool {
        self.0.contains(check)
    }
}

/// Writes transactions, so many that the program takes long enough; how many lines that are.
fn lengthen(today: &str, folder: &Path, run: &impl Fn()) -> usize {
    let (head, body) = today.split_once('\n').expect("a line that names the columns");
    let mut times = 8;
    loop {
        // Each copy is of other cards: the lines of a card must follow each other in time.
        let copies = (1..=times).map(|copy| body.replace("card-", &format!("card-{copy}")));
        let text = format!("{head}\n{}", copies.collect::<String>());
        std::fs::write(folder.join("today.csv"), &text).unwrap();
        let least = (0..3).map(|_| Clock::Process.of(run)).min().unwrap();
        if least >= LONG {
            return text.lines().count();
        }
        times += times / 2;
    }
}
