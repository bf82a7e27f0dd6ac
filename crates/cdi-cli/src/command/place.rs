//! `cdi place`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use cdi_types::{Clock, Timestamp};
use clap::Args;

use crate::answer::{Outputs, PICTURES};
use crate::command::verify::now;
use crate::failure::{Failure, Kind};
use crate::id_prefix::IdPrefix;
use crate::memory::StateArguments;
use crate::placing::{Changes, Compared, Inputs, Wanted, placed};

/// Choose the cheapest place where a workload may run, and say why.
///
/// The workload's evidence is appraised once for each principal that must agree; what the code has not proved is left to the
/// place. Offers come from the reports of nodes and from this machine. The answer is the choice with its price, what would
/// be next, and for every place that is ruled out the requirement and the principal that rule it out. If no place is
/// lawful, it names the fewest requirements whose removal would make one so. With `--what-if` the same is decided again
/// with something changed, and the difference is shown. Exit status: 0 there is a place, 1 there is none, 2 not decided.
///
///   cdi place workload.yaml --nodes nodes
///   cdi place workload.yaml --nodes nodes --cost prices.yaml --output table
///   cdi place workload.yaml --nodes nodes --output svg=placement.svg
///   cdi place workload.yaml --nodes nodes --what-if node=edge-9.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Place {
    /// The workload
    workload: PathBuf,
    /// Who must agree, and whose nodes there are
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// A report of a node, or a folder of them, whose names end in `.intoto.jsonl`; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    nodes: Vec<PathBuf>,
    /// What resources cost, by class of node [default: the same everywhere]
    #[arg(long, value_name = "FILE")]
    cost: Option<PathBuf>,
    /// Decide again as if this were so: `without-certification=ID`, `node=FILE` or `policy=FILE`; may be repeated
    #[arg(long, value_name = "CHANGE")]
    what_if: Vec<Change>,
    /// Decide as of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<PICTURES>,
}

/// Something that is supposed to be otherwise.
#[derive(Debug, Clone)]
enum Change {
    Without(IdPrefix),
    Node(PathBuf),
    Policy(PathBuf),
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').unwrap_or_default();
        match name {
            "without-certification" => value.parse().map(Self::Without),
            "node" if !value.is_empty() => Ok(Self::Node(value.into())),
            "policy" if !value.is_empty() => Ok(Self::Policy(value.into())),
            _ => Err("expected `without-certification=ID`, `node=FILE` or `policy=FILE`".to_owned()),
        }
    }
}

impl Place {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let inputs = Inputs::read(&self.wanted(), &Changes::default())?;
        let clock = Clock::at(self.at.map_or_else(|| inputs.walk.memory.time(now()?), Ok)?);
        let as_it_is = placed(&inputs, clock)?;
        if self.at.is_none() {
            inputs.walk.memory.keep_nodes(as_it_is.seen(), clock.now());
        }
        if self.what_if.is_empty() {
            let end = as_it_is.end();
            self.output.say(&as_it_is)?;
            return ended(end);
        }
        let supposed = placed(&Inputs::read(&self.wanted(), &self.changes())?, clock)?;
        let end = supposed.end();
        self.output.say(&Compared { as_it_is, supposed })?;
        ended(end)
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            workload: &self.workload,
            config: &self.config,
            nodes: &self.nodes,
            cost: self.cost.as_deref(),
            state: &self.state,
        }
    }

    fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for change in &self.what_if {
            match change {
                Change::Without(id) => changes.without.push(id.clone()),
                Change::Node(file) => changes.nodes.push(file.clone()),
                Change::Policy(file) => changes.policies.push(file.clone()),
            }
        }
        changes
    }
}

fn ended(refusal: Option<Kind>) -> Result<ExitCode, Failure> {
    refusal.map_or(Ok(ExitCode::SUCCESS), |kind| Err(Failure::told(kind, "not-placed")))
}
