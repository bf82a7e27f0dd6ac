//! `cdi node show`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use cdi_types::{Clock, Timestamp};
use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Cell, Outputs, TABLES, Table};
use crate::command::verify::now;
use crate::decision::configuration;
use crate::failure::Failure;
use crate::layout::Page;
use crate::memory::{Remembered, StateArguments};
use crate::node_reports::{NodeReports, Reported, reports};
use crate::terminal::{STRONG, plain};

/// Show which reports of nodes count, and what they say.
///
/// Reports are verified with the keys of the nodes that the configuration lists. Of each node the newest one counts, and
/// none that is older than one by which `cdi place` has placed here; what does not count is told with the reason.
///
///   cdi node show --nodes nodes
///   cdi node show --nodes edge-1.intoto.jsonl --config cdi.yaml --output table
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    /// A report of a node, or a folder of them, whose names end in `.intoto.jsonl`; may be repeated
    #[arg(long, value_name = "FILE|DIR", required = true)]
    nodes: Vec<PathBuf>,
    /// Whose nodes there are
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// As of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

/// What was found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    nodes: Vec<Reported>,
    discarded: Vec<Refused>,
}

/// Something that does not count.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    code: &'static str,
    reason: String,
}

impl Show {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (configuration, _) = configuration(&self.config)?;
        let at = self.at.map_or_else(now, Ok)?;
        let seen = Remembered::read(&self.state)?.nodes();
        let files = reports(&self.nodes)?;
        let nodes = NodeReports::verified(&files, &configuration, &[], seen)?;
        let (reported, faults) = nodes.reported(Clock::at(at));
        let refused = faults.into_iter().map(|(code, reason)| Refused { code, reason }).collect();
        self.output.say(&Shown { nodes: reported, discarded: refused })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Answer for Shown {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for node in &self.nodes {
            writeln!(
                page,
                "{STRONG}{}{STRONG:#}  report {}, until {}",
                plain(&node.name),
                node.serial,
                node.until
            )?;
            writeln!(page, "  key       {}", node.key)?;
            writeln!(
                page,
                "  to give   {} milli of {}, {} bytes",
                node.cpu_milli,
                plain(&node.architecture),
                node.memory_bytes
            )?;
            if !node.asserts.is_empty() {
                writeln!(page, "  asserts   {}", plain(&node.asserts.join(", ")))?;
            }
            for environment in &node.environments {
                let asserts = environment.asserts.join(", ");
                let apart = if asserts.is_empty() { "" } else { ": " };
                let runtime =
                    environment.executable.map(|digest| format!(" by {digest}")).unwrap_or_default();
                let (name, kind) = (plain(&environment.name), environment.kind);
                writeln!(page, "  {name} ({kind}){runtime}{apart}{}", plain(&asserts))?;
            }
        }
        if self.nodes.is_empty() {
            writeln!(page, "no report of a node counts")?;
        }
        self.discarded
            .iter()
            .try_for_each(|one| writeln!(page, "does not count: {} [{}]", plain(&one.reason), one.code))
    }

    fn tables(&self) -> Vec<Table> {
        let mut nodes = Table::new(
            "Nodes",
            &[
                "node",
                "serial",
                "until",
                "architecture",
                "cpu (milli)",
                "memory (bytes)",
                "environments",
                "asserts",
            ],
        );
        for node in &self.nodes {
            let environments: Vec<&str> = node.environments.iter().map(|one| one.name.as_str()).collect();
            nodes.row([
                Cell::text(&node.name),
                Cell::text(node.serial),
                Cell::text(node.until),
                Cell::text(&node.architecture),
                Cell::text(node.cpu_milli),
                Cell::text(node.memory_bytes),
                Cell::text(environments.join(", ")),
                Cell::text(node.asserts.join(", ")),
            ]);
        }
        let mut refused = Table::new("What does not count", &["code", "reason"]);
        for one in &self.discarded {
            refused.row([Cell::Word(one.code), Cell::text(&one.reason)]);
        }
        vec![nodes, refused]
    }
}
