//! A program under Pulley, the engine's own interpreter, and as machine code: what is won by compiling it for the processor.
//!
//! `cargo xtask speed` runs it: `pulley BYTECODE TRANSACTIONS ROUNDS`. Both are compiled by the same compiler and run by the same
//! engine. What the program puts out goes to standard output.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

// The recipe's own, without what else it is built with: that would be a large part of the host.
#[path = "../../../crates/cdi-testkit/src/speed.rs"]
#[allow(dead_code, unreachable_pub, reason = "the bench uses the rest of it, and from outside")]
mod speed;

use std::path::Path;

use speed::{Clock, Row, in_turns, publish};
use wasmtime::{Config, Engine, Linker, Module, Store};
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

const ARGUMENTS: [&str; 2] = ["fraud-scoring.cwasm", "/transactions/today.csv"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bytecode, transactions, rounds] = arguments.as_slice() else {
        panic!("pulley BYTECODE TRANSACTIONS ROUNDS")
    };
    let (bytecode, transactions) = (std::fs::read(bytecode).unwrap(), Path::new(transactions));
    let rounds = rounds.parse::<usize>().expect("a number of rounds");
    let (machine, pulley) = (Program::of(&bytecode, None), Program::of(&bytecode, Some("pulley64")));
    let [interpreted, compiled] = in_turns(
        rounds.div_ceil(2),
        Clock::Process,
        [&mut || pulley.run(transactions), &mut || machine.run(transactions)],
    );
    let what = "the same program under Pulley, over machine code by the same compiler";
    publish("program", &[Row::beside(what, Clock::Process, &interpreted, &compiled)]);
}

/// A program that is ready to run.
struct Program {
    engine: Engine,
    module: Module,
}

impl Program {
    /// For a target by its name, or for this machine.
    fn of(bytecode: &[u8], target: Option<&str>) -> Self {
        let mut config = Config::new();
        if let Some(target) = target {
            config.target(target).unwrap();
        }
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, bytecode).unwrap();
        Self { engine, module }
    }

    fn run(&self, transactions: &Path) {
        let mut context = WasiCtxBuilder::new();
        context.inherit_stdio().allow_blocking_current_thread(true).args(&ARGUMENTS);
        context.preopened_dir(transactions, "/transactions", FsPerms::ReadOnly).unwrap();
        let mut linker = Linker::<WasiP1Ctx>::new(&self.engine);
        add_to_linker_sync(&mut linker, |context| context).unwrap();
        let mut store = Store::new(&self.engine, context.build_p1());
        let instance = linker.instantiate(&mut store, &self.module).unwrap();
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
        if let Err(error) = start.call(&mut store, ()) {
            let exit = error.downcast_ref::<I32Exit>().expect("the program exits by itself");
            assert_eq!(exit.0, 0);
        }
    }
}
